// The list of sounds, its search and sort, the chosen sound, one player.
const sounds = about.sounds;
const audio = $("audio");
const wide = matchMedia("(min-width: 761px)");
let order = sounds.map((_, i) => i);
let chosen = 0; // a sound, by its place in the page
let playing = -1;
let following = false; // whether choosing plays
let wanted = 0;
let shownCurves = new Set([0, 1, 2, 3]);

const FIGURES = Object.fromEntries(about.figures);
const first = (text) => text.split(".")[0];

function valueOf(sound, key) {
  if (key === "number") return sound.number;
  if (key === "name") return sound.name;
  if (key === "seconds") return sound.seconds;
  if (key in FIGURES) return sound.figures[key];
  if (sound.table === undefined) return null;
  const place = columnOf(sound.table, key);
  return place < 0 ? null : sound.values[place];
}

const columns = about.tables.map((table) => new Map(table.parameters.map(([name], i) => [name, i])));
const columnOf = (table, name) => columns[table].has(name) ? columns[table].get(name) : -1;

function unitOf(key) {
  if (key in FIGURES) return FIGURES[key];
  for (const table of about.tables) {
    for (const [name, , , unit] of table.parameters) if (name === key) return unit;
  }
  return key === "seconds" ? "s" : "";
}

// Words that all must be there, and limits: pitch<200, adsr_1.attack>=0.5.
function matcher(text) {
  const tests = text.trim().toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    const limit = word.match(/^([a-z_0-9.]+)(<=|>=|<|>|=)(-?[\d.]+)$/);
    // Every name in a corpus has the corpus's digits, which are no answer to "1".
    if (!limit) return (sound) => sound.words.includes(word) || (word.startsWith("synth") && sound.corpus.toLowerCase().includes(word));
    const [, key, sign, digits] = limit;
    const bound = +digits;
    return (sound) => {
      const value = valueOf(sound, key);
      if (typeof value !== "number") return false;
      return sign === "<" ? value < bound : sign === ">" ? value > bound
        : sign === "<=" ? value <= bound : sign === ">=" ? value >= bound : value === bound;
    };
  });
  return (sound) => tests.every((test) => test(sound));
}

for (const sound of sounds) {
  const note = sound.figures.pitch === null ? "" : noteOf(sound.figures.pitch);
  sound.words = [sound.name, sound.split, note].join(" ").toLowerCase();
}

function limitsTest() {
  const limits = [...$("limits").querySelectorAll("input")].filter((input) => input.value !== "");
  return (sound) => limits.every((input) => {
    const value = valueOf(sound, input.dataset.key);
    return value !== null && (input.dataset.end === "least" ? value >= +input.value : value <= +input.value);
  });
}

function arrange() {
  const key = $("sort").value;
  const down = $("order").getAttribute("aria-pressed") === "true";
  const [words, limits] = [matcher($("search").value), limitsTest()];
  order = sounds.map((_, i) => i).filter((i) => words(sounds[i]) && limits(sounds[i]));
  const keyed = new Map(order.map((i) => [i, valueOf(sounds[i], key)]));
  order.sort((a, b) => {
    const [x, y] = [keyed.get(a), keyed.get(b)];
    if (x === null || y === null) return (x === null) - (y === null) || a - b; // those without come last
    const difference = x < y ? -1 : x > y ? 1 : 0;
    return (down ? -difference : difference) || a - b;
  });
  const all = order.length === sounds.length;
  $("count").textContent = order.length === 0 ? "No sound is so."
    : all ? `${sounds.length} sound${sounds.length === 1 ? "" : "s"}` : `${order.length} of ${sounds.length} sounds`;
  list.chosen = order.indexOf(chosen);
  list.reset(order.length);
  if (list.chosen >= 0) list.choose(list.chosen);
  drawMap();
}

function labelOf(sound) {
  const { pitch, loudness } = sound.figures;
  return [sound.name, pitch === null ? "no pitch" : `pitch ${noteOf(pitch)}`,
    loudness === null ? "silent" : `${number(loudness)} LUFS`].join(", ");
}

function makeRow() {
  const row = make("div", { class: "row", role: "option" });
  row.digit = make("span", { class: "digit", "aria-hidden": "true" });
  row.name = make("div", { class: "name clip" });
  row.under = make("div", { class: "soft small clip" });
  row.thumb = make("canvas", { "aria-hidden": "true" });
  row.value = make("span");
  row.key = make("small", { class: "clip" });
  row.figure = make("div", { class: "figure" }, row.value, row.key);
  row.append(row.digit, make("div", { class: "words" }, row.name, row.under),
    make("div", { class: "thumb" }, row.thumb), row.figure);
  return row;
}

function fillRow(row, place) {
  const sound = sounds[order[place]];
  const key = $("sort").value;
  row.name.textContent = sound.name;
  const { pitch, loudness } = sound.figures;
  row.under.textContent = [pitch === null ? "no pitch" : noteOf(pitch), loudness === null ? "silent" : number(loudness) + " LUFS"].join(" · ");
  const shown = ["number", "name"].includes(key) ? "brightness" : key;
  row.value.textContent = withUnit(valueOf(sound, shown), unitOf(shown));
  row.key.textContent = shown;
  row.classList.toggle("playing", order[place] === playing);
  const id = "s" + order[place];
  pictures.get(id).then((picture) => {
    if (+row.dataset.place === place && order[place] === +id.slice(1)) drawThumb(row.thumb, picture);
  });
}

const list = new Listbox($("list"), 58, makeRow, fillRow, (place) => play(order[place]));

function choose(index) {
  chosen = index;
  const place = order.indexOf(index);
  if (place >= 0) list.choose(place);
  map.chosen = index;
  map.draw();
  showDetail();
}

function move(by) {
  if (!order.length) return;
  const place = order.indexOf(chosen);
  const next = order[Math.min(Math.max(place < 0 ? 0 : place + by, 0), order.length - 1)];
  if (next === chosen && place >= 0) return;
  if (following) play(next);
  else choose(next);
}

const addresses = new Kept(24, async (index) => {
  const bytes = await audioOf("s" + index);
  return URL.createObjectURL(new Blob([bytes], { type: MIME[about.format] }));
}, (address) => address.then(URL.revokeObjectURL));

// From the start, always; only a click into the waveform begins elsewhere.
async function play(index, at = 0) {
  const turn = ++wanted;
  choose(index);
  following = true;
  const address = await addresses.get(index);
  if (turn !== wanted) return;
  if (playing !== index || audio.getAttribute("src") !== address) audio.src = address;
  playing = index;
  audio.loop = isLooped();
  audio.currentTime = at;
  try {
    await audio.play();
  } catch (error) {
    if (turn !== wanted || error.name === "AbortError") return;
    playing = -1;
    say(error.name === "NotAllowedError" ? "Click or press a key, then it plays." : "This browser cannot play it.");
    $("time").textContent = $("said").textContent;
  }
  marked();
}

function stop() {
  wanted++;
  following = false;
  audio.pause();
  marked();
}

const isPlaying = () => playing >= 0 && !audio.paused && !audio.ended;
const isLooped = () => $("loop").getAttribute("aria-pressed") === "true";
const playOrStop = () => isPlaying() ? stop() : play(chosen);

function marked() {
  const on = isPlaying();
  $("play").textContent = on ? "■" : "▶";
  $("play").setAttribute("aria-label", on ? "Stop" : "Play");
  for (const [place, row] of list.rows) row.classList.toggle("playing", on && order[place] === playing);
  list.show();
  if (on) tick();
  else heads(null);
}
for (const event of ["playing", "pause", "ended"]) audio.addEventListener(event, marked);

function heads(share) {
  for (const head of document.querySelectorAll(".detail .head")) {
    head.hidden = share === null;
    if (share !== null) head.style.transform = `translateX(${share * head.parentElement.clientWidth}px)`;
  }
}

function tick() {
  const sound = sounds[playing];
  if (playing === chosen) heads(Math.min(audio.currentTime / sound.seconds, 1));
  else heads(null);
  const time = `${audio.currentTime.toFixed(1)} / ${sound.seconds.toFixed(1)} s`;
  if ($("time").textContent !== time) $("time").textContent = time;
  if (isPlaying()) requestAnimationFrame(tick);
}

// The chosen sound.
let detailed = null;
const drawDetail = async () => {
  const index = chosen;
  const picture = await pictures.get("s" + index);
  if (index !== chosen) return;
  drawWave($("wave"), picture, [...shownCurves]);
  drawMel($("mel"), picture);
};

function showDetail() {
  if (!sounds.length) return;
  const sound = sounds[chosen];
  const table = about.tables[sound.table];
  $("now").textContent = sound.name;
  if (!isPlaying()) $("time").textContent = `${sound.seconds.toFixed(1)} s`;
  if (!wide.matches && !document.body.classList.contains("detailed")) return;
  if (detailed !== chosen) {
    detailed = chosen;
    $("name").textContent = sound.name;
    $("called").textContent = [sound.corpus, sound.split].filter(Boolean).join(" · ");
    $("wave").setAttribute("aria-label", `Waveform of ${labelOf(sound)}`);
    hertzMarks(document.querySelector(".hertz"), sound.rate);
    secondMarks(document.querySelector(".axis"), sound.seconds);
    showChips(table);
    showFacts(sound, table);
    showModules(sound, table);
  }
  drawDetail();
}

function showChips(table) {
  const names = table ? table.curves : [];
  const held = [...$("chips").children].map((chip) => chip.dataset.name).join();
  if (held === names.join()) return;
  $("chips").replaceChildren(...names.map((name, place) => {
    const line = make("i");
    line.style.background = `var(--c${place})`;
    return make("button", {
      "aria-pressed": String(shownCurves.has(place)), "data-name": name,
      onclick: (event) => {
        if (!shownCurves.delete(place)) shownCurves.add(place);
        event.currentTarget.setAttribute("aria-pressed", String(shownCurves.has(place)));
        drawDetail();
      },
    }, line, name);
  }));
}

function showFacts(sound, table) {
  const facts = Object.entries(FIGURES).map(([key, unit]) => {
    const value = sound.figures[key];
    return [key, key === "pitch" && value !== null ? `${withUnit(value, unit)}, ${noteOf(value)}` : withUnit(value, unit)];
  });
  facts.push(["length", `${number(sound.seconds)} s`], ["sample rate", `${sound.rate / 1000} kHz`]);
  const wideFacts = [["SHA-256 of the float32 samples", sound.sha256]];
  if (table) {
    facts.push(["noise row", String(sound.noise)]);
    const changed = Object.entries(table.recipe).filter(([name]) => !["synth", "backend"].includes(name));
    wideFacts.push(["recipe", [table.fingerprint, table.synth, ...changed.map(([name, value]) => `${name}=${value}`)].join(" · ")]);
  }
  $("facts").replaceChildren(
    ...facts.map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: value }))),
    ...wideFacts.map(([name, value]) => make("div", { class: "wide" }, make("dt", { text: name }), make("dd", { class: "code", text: value }))));
}

function showModules(sound, table) {
  const modules = new Map();
  (table ? table.parameters : []).forEach(([name, least, most, unit], i) => {
    const module = first(name);
    if (!modules.has(module)) modules.set(module, []);
    const value = sound.values[i];
    const bar = make("i");
    bar.style.transform = `scaleX(${most > least ? (value - least) / (most - least) : 1})`;
    modules.get(module).push(make("tr", {}, make("th", { scope: "row", text: name.slice(module.length + 1).replaceAll("_", " ") }),
      make("td", {}, make("span", { class: "gauge", "aria-hidden": "true", title: `${least} to ${most}` }, bar)),
      make("td", { text: withUnit(value, unit) })));
  });
  $("modules").replaceChildren(...[...modules].map(([name, rows]) =>
    make("section", { class: "module", "aria-label": name }, make("h3", { text: name }), make("table", {}, make("tbody", {}, ...rows)))));
}

// The map.
const map = new SoundMap($("map"), (index) => {
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) say("Click once, then the mouse plays.");
  else play(index);
}, (index) => play(index));

function drawMap() {
  if ($("map").hidden) return;
  const key = ["number", "name"].includes($("sort").value) ? "brightness" : $("sort").value;
  const values = order.map((i) => valueOf(sounds[i], key)).filter((value) => value !== null);
  const scaled = ["pitch", "brightness"].includes(key) ? Math.log : (value) => value;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const share = (value) => value === null ? null
    : most > least ? (scaled(value) - scaled(least)) / (scaled(most) - scaled(least)) : .5;
  map.chosen = chosen;
  map.reset(order.map((i) => ({ index: i, place: sounds[i].place, share: share(valueOf(sounds[i], key)), label: labelOf(sounds[i]) })),
    values.length ? [withUnit(least, ""), `${withUnit(most, unitOf(key))} ${key}`] : ["", ""]);
}

function setView(asMap) {
  $("view").setAttribute("aria-pressed", String(asMap));
  $("map").hidden = !asMap;
  $("list").hidden = asMap;
  if (asMap) drawMap();
  else list.refill();
}

// What can be sorted by: what was measured, then every parameter.
const sort = $("sort");
const withNumbers = sounds.some((sound) => sound.number !== null);
for (const key of [...(withNumbers ? ["number"] : []), "name", ...Object.keys(FIGURES), "seconds"]) {
  sort.append(make("option", { value: key, text: key === "seconds" ? "length" : key }));
}
for (const table of about.tables) {
  const groups = new Map();
  for (const [name] of table.parameters) {
    if (sort.querySelector(`option[value="${CSS.escape(name)}"]`)) continue;
    const module = first(name);
    if (!groups.has(module)) sort.append(groups.set(module, make("optgroup", { label: module })).get(module));
    groups.get(module).append(make("option", { value: name, text: name }));
  }
}
for (const [key, unit] of Object.entries(FIGURES)) {
  const limit = (end, words) => make("input", { type: "number", step: "any", "data-key": key, "data-end": end,
    "aria-label": `${key}, ${words}, ${unit}`, placeholder: words, oninput: arrange });
  $("limits").append(make("span", { text: `${key} (${unit})` }), limit("least", "at least"), limit("most", "at most"));
}

$("subtitle").textContent = about.subtitle;
sort.addEventListener("change", arrange);
$("search").addEventListener("input", later(arrange));
$("order").addEventListener("click", () => {
  const down = $("order").getAttribute("aria-pressed") !== "true";
  $("order").setAttribute("aria-pressed", String(down));
  $("order").textContent = down ? "↓" : "↑";
  arrange();
});
$("filter").addEventListener("click", () => {
  $("limits").hidden = !$("limits").hidden;
  $("filter").setAttribute("aria-expanded", String(!$("limits").hidden));
});
$("view").addEventListener("click", () => setView($("list").hidden === false));
$("play").addEventListener("click", playOrStop);
$("previous").addEventListener("click", () => move(-1));
$("next").addEventListener("click", () => move(1));
const setLoop = () => {
  $("loop").setAttribute("aria-pressed", String(!isLooped()));
  audio.loop = isLooped();
};
$("loop").addEventListener("click", setLoop);
const setDetailed = (on) => {
  document.body.classList.toggle("detailed", on);
  $("details").hidden = on;
  if (on) showDetail();
  else list.refill();
};
$("details").addEventListener("click", () => setDetailed(true));
$("back").addEventListener("click", () => setDetailed(false));
wide.addEventListener("change", () => { setDetailed(false); showDetail(); });
for (const plot of document.querySelectorAll(".detail .plot")) {
  plot.addEventListener("click", (event) => {
    const box = plot.getBoundingClientRect();
    play(chosen, ((event.clientX - box.x) / box.width) * sounds[chosen].seconds);
  });
}
onKeys({
  ArrowDown: () => move(1), ArrowUp: () => move(-1), ArrowRight: () => move(1), ArrowLeft: () => move(-1),
  PageDown: () => move(list.page), PageUp: () => move(-list.page),
  Home: () => move(-sounds.length), End: () => move(sounds.length),
  " ": playOrStop, Enter: () => play(chosen),
  Escape: () => { if (document.activeElement.matches("input, select")) $("list").focus(); else stop(); },
  digit: (digit) => {
    const place = list.first + digit - 1;
    if (place < order.length) play(order[place]);
  },
  l: setLoop, m: () => setView($("list").hidden === false), "/": () => $("search").focus(),
  d: () => $("theme").click(), "?": () => $("help").showModal(),
});
helpOf([["↑ ↓", "move through the list; while it plays, what you come to plays"], ["space", "play from the start, stop"],
  ["1 – 9", "play the first to ninth row in view"], ["l", "loop"], ["m", "map or list"], ["/", "search"],
  ["d", "light or dark"], ["Esc", "stop; leave the search"]]);
redraws.push(() => list.refill(), () => map.draw(), () => { if (sounds.length) drawDetail(); });
arrange();
choose(order[0]);
