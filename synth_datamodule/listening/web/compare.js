// A comparison: a row for each target, in it what every candidate made of it.
const { rows, systems } = about;
const FIGURES = Object.fromEntries(about.figures);
const WORDS = { log_mel: "log-mel", spectral_convergence: "spectral convergence", log_magnitude: "log magnitude",
  parameter_error: "parameter error", pitch_error: "pitch error" };
const narrow = matchMedia("(max-width: 760px)");
let order = [];
let chosen = 0;
let heard = 0; // 0 is the target
let rival = 1; // the candidate that stands beside it
let following = false;

const blockOf = (row, system) => `s${row}_${system}`;
const idsOf = (row) => systems.map((_, system) => blockOf(row, system));
const switcher = new Switcher(() => marked());
switcher.loop = true;

function keyOf(row) {
  const key = $("sort").value;
  if (key === "name") return row.number ?? row.name;
  const values = row.figures[key].filter((value) => value !== null);
  if ($("of").value === "all") return values.length ? Math.max(...values) : null;
  return row.figures[key][+$("of").value - 1];
}

function arrange() {
  const words = $("search").value.trim().toLowerCase();
  const down = $("order").getAttribute("aria-pressed") === "true";
  order = rows.map((_, i) => i).filter((i) => `${rows[i].name} ${rows[i].corpus}`.toLowerCase().includes(words));
  const keyed = rows.map(keyOf);
  order.sort((a, b) => {
    const [x, y] = [keyed[a], keyed[b]];
    if (x === null || y === null) return (x === null) - (y === null) || a - b;
    return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1) || a - b;
  });
  $("of").disabled = $("sort").value === "name";
  $("order").textContent = $("sort").value === "name" ? (down ? "Last first" : "First first") : down ? "Worst first" : "Best first";
  $("count").textContent = order.length ? `${order.length} target${order.length === 1 ? "" : "s"}` : "No target is so.";
  list.chosen = order.indexOf(chosen);
  list.reset(order.length);
  if (list.chosen >= 0) list.choose(list.chosen);
}

function makeRow() {
  const row = make("div", { class: "row compared", role: "option" });
  row.name = make("div", { class: "name clip" });
  row.under = make("div", { class: "soft small clip" });
  row.cells = systems.map((name, system) => {
    const cell = make("div", { class: "cell", "data-system": system });
    cell.canvas = make("canvas", { "aria-hidden": "true" });
    cell.label = make("span", { class: "clip" });
    cell.value = make("span");
    cell.append(make("div", { class: "thumb" }, cell.canvas), make("div", { class: "under" }, cell.label, cell.value));
    return cell;
  });
  row.append(make("div", { class: "words" }, row.name, row.under), make("div", { class: "cells" }, ...row.cells));
  return row;
}

function fillRow(row, place) {
  const index = order[place];
  const about = rows[index];
  const key = $("sort").value === "name" ? "log_mel" : $("sort").value;
  row.name.textContent = about.name;
  row.under.textContent = about.corpus || `${number(about.seconds)} s`;
  row.cells.forEach((cell, system) => {
    cell.label.textContent = system ? WORDS[key] : "";
    cell.value.textContent = system ? withUnit(about.figures[key][system - 1], FIGURES[key]) : "";
    cell.classList.toggle("heard", index === chosen && system === heard);
    pictures.get(blockOf(index, system)).then((picture) => {
      if (order[+row.dataset.place] === index) drawThumb(cell.canvas, picture);
    });
  });
}

const heightOf = () => narrow.matches ? 104 : 84;
const list = new Listbox($("list"), heightOf(), makeRow, fillRow, (place, target) => {
  const cell = target.closest(".cell");
  if (cell) setHeard(+cell.dataset.system);
  const again = order[place] === chosen && switcher.playing && switcher.key === chosen;
  if (!(again && cell)) play(order[place]);
});

function setHeard(system) {
  heard = system;
  if (system > 0) rival = system;
  switcher.change(system);
  showStage();
}

function choose(index) {
  chosen = index;
  const place = order.indexOf(index);
  if (place >= 0) list.choose(place);
  marked();
  showStage();
}

// The row from its start, with what is heard now.
async function play(index, at = 0) {
  choose(index);
  following = true;
  try {
    await switcher.play(index, idsOf(index), heard, at);
  } catch {
    say("This browser cannot play it.");
    $("time").textContent = $("said").textContent;
  }
}

function stop() {
  following = false;
  switcher.stop();
}
const playOrStop = () => switcher.playing ? stop() : play(chosen);

function move(by) {
  if (!order.length) return;
  const place = order.indexOf(chosen);
  const next = order[Math.min(Math.max(place < 0 ? 0 : place + by, 0), order.length - 1)];
  if (next === chosen && place >= 0) return;
  if (following) play(next);
  else choose(next);
}

const step = (by) => setHeard((heard + by + systems.length) % systems.length);

const stageFigures = [...document.querySelectorAll("#stage figure")];
async function showStage() {
  const index = chosen;
  const row = rows[index];
  if (!row) return;
  const pair = [0, rival];
  $("now").textContent = row.name;
  pair.forEach(async (system, side) => {
    const figure = stageFigures[side];
    const figures = system ? about.figures.filter(([key]) => key in row.figures)
      .map(([key, unit]) => `${WORDS[key]} ${withUnit(row.figures[key][system - 1], unit)}`) : [`SHA-256 ${row.sha256[0].slice(0, 16)}`];
    figure.querySelector("figcaption").replaceChildren(make("strong", { class: "clip", text: systems[system] }),
      make("span", { class: "soft clip grow", text: figures.join(" · "), title: figures.join(" · ") }));
    const picture = await pictures.get(blockOf(index, system));
    if (index !== chosen || (side && system !== rival)) return;
    const [wave, mel] = figure.querySelectorAll("canvas");
    wave.setAttribute("aria-label", `Waveform of ${systems[system]}, ${row.name}`);
    drawWave(wave, picture);
    drawMel(mel, picture);
    hertzMarks(figure.querySelector(".hertz"), row.rate);
  });
}

function marked() {
  const on = switcher.playing;
  $("play").textContent = on ? "■" : "▶";
  $("play").setAttribute("aria-label", on ? "Stop" : "Play");
  for (const button of $("switches").children) {
    button.setAttribute("aria-pressed", String(+button.dataset.system === heard));
  }
  for (const [place, row] of list.rows) {
    row.cells.forEach((cell, system) => cell.classList.toggle("heard", order[place] === chosen && system === heard));
  }
  if (on) tick();
  else heads(null);
}

function heads(share) {
  for (const head of document.querySelectorAll("#stage .head")) {
    head.hidden = share === null;
    if (share !== null) head.style.transform = `translateX(${share * head.parentElement.clientWidth}px)`;
  }
}

let ticking = false;
function tick() {
  if (ticking) return;
  ticking = true;
  requestAnimationFrame(() => {
    ticking = false;
    if (!switcher.playing) return;
    const share = switcher.position / switcher.seconds;
    heads(switcher.key === chosen ? share : null);
    $("time").textContent = `${switcher.position.toFixed(1)} / ${switcher.seconds.toFixed(1)} s`;
    tick();
  });
}

$("subtitle").textContent = about.subtitle;
for (const [key] of about.figures) $("sort").append(make("option", { value: key, text: WORDS[key] }));
$("sort").append(make("option", { value: "name", text: rows.some((row) => row.number !== null) ? "number" : "name" }));
if (systems.length > 2) $("of").append(make("option", { value: "all", text: "of any candidate" }));
systems.slice(1).forEach((name, i) => $("of").append(make("option", { value: i + 1, text: `of ${name}` })));
systems.forEach((name, system) => {
  $("columns").querySelector(".cells").append(make("span", { class: "clip", text: name }));
  $("switches").append(make("button", { "data-system": system, "aria-pressed": "false", onclick: () => {
    setHeard(system);
    if (!switcher.playing) play(chosen);
  } }, make("kbd", { text: system < 9 ? system + 1 : "" }), " " + name));
});
for (const id of ["sort", "of"]) $(id).addEventListener("change", arrange);
$("search").addEventListener("input", later(arrange));
$("order").addEventListener("click", () => {
  $("order").setAttribute("aria-pressed", String($("order").getAttribute("aria-pressed") !== "true"));
  arrange();
});
$("play").addEventListener("click", playOrStop);
const setLoop = () => {
  switcher.setLoop(!switcher.loop);
  $("loop").setAttribute("aria-pressed", String(switcher.loop));
};
$("loop").addEventListener("click", setLoop);
for (const [side, figure] of stageFigures.entries()) {
  for (const plot of figure.querySelectorAll(".plot")) {
    plot.addEventListener("click", (event) => {
      const box = plot.getBoundingClientRect();
      setHeard(side ? rival : 0);
      play(chosen, ((event.clientX - box.x) / box.width) * rows[chosen].seconds);
    });
  }
}
narrow.addEventListener("change", () => {
  list.setHeight(heightOf());
  arrange();
});
onKeys({
  ArrowDown: () => move(1), ArrowUp: () => move(-1), ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  PageDown: () => move(list.page), PageUp: () => move(-list.page),
  Home: () => move(-rows.length), End: () => move(rows.length),
  " ": playOrStop, Enter: () => play(chosen),
  Escape: () => { if (document.activeElement.matches("input, select")) $("list").focus(); else stop(); },
  digit: (digit) => { if (digit <= systems.length) setHeard(digit - 1); },
  l: setLoop, "/": () => $("search").focus(), d: () => $("theme").click(), "?": () => $("help").showModal(),
});
helpOf([["1 – 9", "hear the target (1) or a candidate, at the same place"], ["← →", "hear the one before or after"],
  ["↑ ↓", "another target"], ["space", "play from the start, stop"], ["l", "loop"], ["/", "search"],
  ["d", "light or dark"], ["Esc", "stop; leave the search"]]);
redraws.push(() => list.refill(), showStage);
arrange();
choose(order[0]);
