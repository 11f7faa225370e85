// Ratings in MUSHRA's layout: an open reference; candidates, a hidden reference and an anchor, shuffled.
const SIGNALS = [["reference", null, 0], ...about.candidates.map((name, i) => ["candidate", name, i + 1]),
  ["anchor", null, about.candidates.length + 1]];
const trials = shuffled(about.rows.map((_, row) => row)).map((row) => ({ row, signals: shuffled(SIGNALS) }));

function showTrial() {
  const place = given.length;
  if (place === trials.length) return done();
  const { row, signals } = trials[place];
  // The open reference is the first; the others follow in their order.
  const ids = [`s${row}_0`, ...signals.map(([, , system]) => `s${row}_${system}`)];
  const heard = new Set();
  const rated = new Map();
  trialBegan = performance.now();
  switcher.stop();

  const listen = async (k) => {
    if (k >= ids.length) return;
    if (switcher.playing) switcher.change(k);
    else await switcher.play(place, ids, k);
    if (switcher.playing && switcher.key === place) heard.add(switcher.heard);
    marked();
  };
  const reference = make("button", { id: "reference", "aria-pressed": "false", text: "Reference", onclick: () => listen(0) });
  const columns = signals.map((_, i) => {
    const output = make("output", { text: "–" });
    const slider = make("input", { type: "range", min: 0, max: 100, value: 50, step: 1, "aria-label": `Rating of sound ${i + 1}`, oninput: () => {
      rated.set(i, +slider.value);
      marked();
    } });
    const button = make("button", { "aria-pressed": "false", "aria-label": `Hear sound ${i + 1}`, text: String(i + 1), onclick: () => listen(i + 1) });
    return { output, slider, button, element: make("div", { class: "rating" }, button, slider, output) };
  });
  const missing = make("p", { class: "soft small", role: "status" });
  const next = make("button", { class: "main", id: "next", disabled: "", text: place + 1 === trials.length ? "Finish" : "Next", onclick: () => {
    given.push({ sound: about.rows[row].name, seconds: +((performance.now() - trialBegan) / 1000).toFixed(1),
      ratings: signals.map(([kind, system], i) => ({ kind, system, rating: rated.get(i) })) });
    unsaved = true;
    showTrial();
  } });
  const marked = show.marked = () => {
    reference.setAttribute("aria-pressed", String(switcher.playing && switcher.heard === 0));
    columns.forEach(({ output, button, slider }, i) => {
      slider.classList.toggle("untouched", !rated.has(i));
      button.setAttribute("aria-pressed", String(switcher.playing && switcher.heard === i + 1));
      output.textContent = rated.has(i) ? rated.get(i) : "–";
    });
    const unheard = signals.filter((_, i) => !heard.has(i + 1)).length;
    const unrated = signals.length - rated.size;
    next.disabled = unheard > 0 || unrated > 0;
    const count = (number, word) => number ? `${number} not ${word} yet` : "";
    missing.textContent = [count(unheard, "heard"), count(unrated, "rated")].filter(Boolean).join(", ");
  };
  const rate = (by) => {
    const i = switcher.heard - 1;
    if (i < 0 || !heard.has(i + 1)) return;
    const { slider } = columns[i];
    slider.value = +slider.value + by;
    rated.set(i, +slider.value);
    marked();
  };
  Object.assign(show, { listen, rate, next: () => { if (!next.disabled) next.click(); } });
  const scale = make("div", { class: "rated" }, make("div", { class: "words5", "aria-hidden": "true" },
    ...["Excellent", "Good", "Fair", "Poor", "Bad"].map((word) => make("span", { text: word }))), ...columns.map(({ element }) => element));
  scale.style.setProperty("--columns", signals.length);
  sheet(progressOf(place, trials.length),
    make("section", { class: "box" },
      make("h2", { text: "How close is each sound to the reference?" }),
      make("div", { class: "line" }, reference, make("button", { id: "stop", text: "Stop", onclick: () => switcher.stop() }), loopSwitch()),
      timeline(), scale,
      make("p", { class: "soft small", text: "100 is no difference to the reference, which is among the sounds: at least one is to be rated 100." }),
      make("div", { class: "line" }, next, missing)));
  marked();
}

const call = (name, ...words) => { if (show[name]) show[name](...words); };
onKeys({
  0: () => call("listen", 0), r: () => call("listen", 0), digit: (digit) => call("listen", digit),
  ArrowUp: () => call("rate", 1), ArrowDown: () => call("rate", -1), PageUp: () => call("rate", 10), PageDown: () => call("rate", -10),
  Enter: () => call("next"), " ": () => switcher.playing ? switcher.stop() : call("listen", switcher.heard),
  l: () => $("loop") && $("loop").click(), d: () => $("theme").click(), "?": () => $("help").showModal(),
});
helpOf([["r", "hear the reference"], ["1 – 9", "hear a sound, at the same place"], ["↑ ↓", "rate the sound that is heard"],
  ["PgUp PgDn", "rate in steps of ten"], ["Enter", "next trial"], ["space", "play, stop"], ["l", "loop"], ["d", "light or dark"]]);
intro("Listening test with ratings", [
  `${trials.length} trial${trials.length === 1 ? "" : "s"} of ${SIGNALS.length} sounds each. Rate how close each sound is to the reference, from 0 to 100.`,
  "The reference itself is hidden among the sounds, and so is a dull one.",
  "Hear every sound and move every slider; you may go back and forth as often as you like.",
  "Nothing is sent anywhere: at the end you save your answers as a file.",
], showTrial);
