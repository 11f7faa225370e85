// What blind tests share: a run of trials in an order of its own, answers as a file.
$("subtitle").textContent = about.subtitle;

// Integers from a seed, so that a run can be told again from its file: mulberry32.
const run = [...crypto.getRandomValues(new Uint32Array(2))].map((one) => one.toString(16).padStart(8, "0")).join("");
let state = parseInt(run.slice(0, 8), 16);
function below(bound) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * bound);
}
function shuffled(list) {
  const mixed = [...list];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
  }
  return mixed;
}

const switcher = new Switcher(() => show.marked && show.marked());
switcher.loop = true;
const show = {}; // what the trial at hand does with news
const given = [];
let started = null;
let trialBegan = 0;
let unsaved = false;
let listener = "";
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

function sheet(...boxes) {
  $("sheet").replaceChildren(...boxes);
  document.querySelector(".blind").scrollTop = 0;
}

function intro(heading, lines, begin) {
  const name = make("input", { id: "listener", autocomplete: "off", maxlength: 40, value: listener });
  sheet(make("section", { class: "box" },
    make("h2", { text: heading }),
    make("ul", { class: "plain" }, ...lines.map((line) => make("li", { text: line }))),
    make("p", { class: "note", text: "Use headphones in a quiet room. Set the volume with the first sounds, then leave it." }),
    make("div", { class: "line" }, make("label", { for: "listener", text: "Listener, any word that is not your name" }), name),
    make("div", { class: "line" }, make("button", { class: "main", id: "begin", text: "Begin", onclick: () => {
      listener = name.value;
      started = new Date().toISOString();
      begin();
    } }))));
  name.focus();
}

function progressOf(done, total) {
  const bar = make("i");
  bar.style.transform = `scaleX(${done / total})`;
  return make("div", {}, make("p", { class: "soft small", id: "where", text: `Trial ${Math.min(done + 1, total)} of ${total}` }),
    make("div", { class: "progress", role: "progressbar", "aria-label": "Trials done", "aria-valuemin": 0,
      "aria-valuemax": total, "aria-valuenow": done }, bar));
}

function timeline() {
  const bar = make("i");
  const tick = () => {
    if (!bar.isConnected) return;
    bar.style.transform = `scaleX(${switcher.playing ? switcher.position / switcher.seconds : 0})`;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  return make("div", { class: "timeline", "aria-hidden": "true" }, bar);
}

function loopSwitch() {
  const button = make("button", { id: "loop", "aria-pressed": String(switcher.loop), text: "Loop", onclick: () => {
    switcher.setLoop(!switcher.loop);
    button.setAttribute("aria-pressed", String(switcher.loop));
  } });
  return button;
}

function answersFile() {
  return { version: 1, test: about.test, page: about.page, run, title: about.title, candidates: about.candidates,
    listener, started, ended: new Date().toISOString(), trials: given };
}

function done() {
  switcher.stop();
  for (const name of Object.keys(show)) delete show[name];
  const text = JSON.stringify(answersFile(), null, 1);
  const word = listener.replace(/[^\w-]+/g, "_").slice(0, 40);
  const file = `answers-${about.test}-${word ? word + "-" : ""}${run.slice(0, 8)}.json`;
  const saved = make("p", { class: "soft", role: "status" });
  sheet(make("section", { class: "box" },
    make("h2", { text: "Done, thank you" }),
    make("p", { text: `${given.length} trial${given.length === 1 ? "" : "s"} answered. Save the answers and hand the file in.` }),
    make("div", { class: "line" }, make("button", { class: "main", id: "save", text: "Save the answers", onclick: () => {
      const address = URL.createObjectURL(new Blob([text + "\n"], { type: "application/json" }));
      make("a", { href: address, download: file }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
      unsaved = false;
      saved.textContent = `Saved as ${file}.`;
    } }), saved),
    make("p", { class: "soft small" }, "Put together by ", make("code", { text: "synth-datamodule listen --score answers-*.json" }))));
  $("save").focus();
}
