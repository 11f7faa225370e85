// The instrument: one state, which everything shows and everything changes.

import { Controls, element } from "./controls.js";
import { Diagram } from "./diagram.js";
import { History, changed, isItself } from "./history.js";
import { Piano, writes } from "./piano.js";
import { Player } from "./player.js";
import { about, ask, askBytes, askSound } from "./server.js";
import { Wave } from "./wave.js";
import { figure, noteName, withUnit } from "./words.js";

const MOST_FILE = 1e6; // bytes of a preset; the server takes no more
const QUIET = 180, STILL = 500; // milliseconds without a change until meters and neighbours are asked for

const at = (id) => document.getElementById(id);
const { synth, diagram: picture } = await about();
const columns = synth.modules.flatMap((module) => module.parameters).sort((a, b) => a.column - b.column);
const history = new History();
const player = new Player(synth.sample_rate);
const wave = new Wave();
const controls = new Controls(synth, { slide, slid, type, restore });
const diagram = new Diagram(picture, synth);
const ends = { a: null, b: null };
let sound = null; // what was rendered last
let note = null; // that was played last

document.title = `${synth.synth} – play`;
at("synth").textContent = synth.synth;

// ---- rendering: one request at a time, of the newest state alone

let wanted = null, busy = false, later = [], shows = 0;

function render(play, since = performance.now()) {
  wanted = { play, since, state: history.now };
  later.forEach(clearTimeout);
  later = [];
  if (!busy) pump();
  show();
}

async function pump() {
  busy = true;
  while (wanted) {
    const { play, since, state } = wanted;
    wanted = null;
    try {
      const made = await askSound(state);
      sound = { ...made, state };
      if (play) {
        player.start(sound, { goOn: play === "go on" });
        tellHeard(since);
      }
      if (!shows) shows = requestAnimationFrame(showSound);
    } catch (error) {
      complain(error);
    }
  }
  busy = false;
  const state = history.now;
  later = [setTimeout(() => meters(state), QUIET), setTimeout(() => nearest(state), STILL)];
}

// How long it took from an input to its sound, and how long the machine's own output takes.
function tellHeard(since) {
  const { baseLatency, outputLatency } = player.context;
  const detail = { milliseconds: performance.now() - since, output: 1000 * (outputLatency || baseLatency) };
  document.dispatchEvent(new CustomEvent("heard", { detail }));
}

const given = (state) => ({ parameters: state.numbers, noise_row: state.row });

async function meters(state) {
  try {
    const levels = await ask("meters", given(state));
    if (state === history.now) diagram.set(levels);
  } catch (error) {
    complain(error);
  }
}

async function nearest(state) {
  try {
    const found = await ask("nearest", given(state));
    if (state !== history.now) return;
    showNearest(found, state);
    if (found.ready < found.total) later.push(setTimeout(() => nearest(state), 1500));
  } catch (error) {
    complain(error);
  }
}

// ---- changes

function put(column, number, gesture) {
  const numbers = [...history.now.numbers];
  numbers[column] = number;
  history.set({ ...history.now, numbers }, gesture);
}

function slide(column, number, since) {
  const goesOn = history.open;
  put(column, number, true);
  render(goesOn ? "go on" : "play", since);
}

function slid() {
  history.close();
}

async function type(column, name, value) {
  try {
    const { number } = await ask("number", { name, value });
    put(column, number, false);
    render("play");
  } catch (error) {
    complain(error);
    show();
  }
}

function restore(column) {
  put(column, history.now.base.numbers[column], false);
  render("play");
}

function begin(drawn, label, kept = []) {
  const numbers = [...drawn.parameters];
  for (const column of kept) numbers[column] = history.now.numbers[column];
  const base = { numbers: drawn.parameters, values: drawn.values, row: drawn.noise_row, number: drawn.number, split: drawn.split ?? null, label };
  history.set({ numbers, row: drawn.noise_row, base });
}

async function byNumber(number, { keep = false, play = true } = {}) {
  try {
    const drawn = await ask("draw", { number });
    begin(drawn, `sound ${drawn.number}`, keep ? [...controls.locked] : []);
    render(play ? "play" : null);
  } catch (error) {
    complain(error);
  }
}

function random() {
  const draw = new Uint32Array(1);
  do crypto.getRandomValues(draw); // so that each is as likely
  while (draw[0] >= Math.floor(2 ** 32 / synth.num_sounds) * synth.num_sounds);
  return byNumber(draw[0] % synth.num_sounds, { keep: true });
}

// Between A and B; the ends are A and B to the bit, but for what is kept.
function morph(way, since) {
  const { a, b } = ends;
  const near = way < 0.5 ? a : b;
  const numbers = a.numbers.map((one, column) => {
    if (controls.locked.has(column)) return history.now.numbers[column];
    return way === 0 ? one : way === 1 ? b.numbers[column] : one + (b.numbers[column] - one) * way;
  });
  const goesOn = history.open;
  history.set({ numbers, row: near.row, base: near.base }, true);
  render(goesOn ? "go on" : "play", since);
}

async function save(kind) {
  const state = history.now;
  const given = { parameters: state.numbers, noise_row: state.row, kind, name: at("name").value, number: state.base.number };
  const suffix = { wav: "wav", preset: "json", nebula: "nebula.json" }[kind];
  const stem = at("name").value.replace(/[^\p{L}\p{N} _-]+/gu, "").trim().slice(0, 80) || `${state.base.label.replace(/\W+/g, "_")}${isItself(state) ? "" : "_changed"}`;
  try {
    const bytes = await askBytes("save", given);
    const link = element("a", { href: URL.createObjectURL(new Blob([bytes])), download: `${stem}.${suffix}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say(`saved ${stem}.${suffix}`);
  } catch (error) {
    complain(error);
  }
}

async function load(file) {
  try {
    if (!file) return;
    if (file.size > MOST_FILE) throw new Error("a preset has at most a million bytes, this file is larger");
    const found = await ask("load", { text: await file.text() });
    begin(found, found.name || file.name.replace(/\.json$/, ""));
    at("name").value = found.name;
    render("play");
    if (found.remark) complain(new Error(found.remark));
  } catch (error) {
    complain(error);
  }
}

// ---- showing

function show() {
  const state = history.now;
  controls.show(state, null);
  at("undo").disabled = !history.past.length;
  at("redo").disabled = !history.future.length;
}

function showSound() {
  shows = 0;
  const { told, samples, state } = sound;
  controls.show(history.now, state === history.now ? told.values : null);
  wave.set(samples);
  const others = changed(state);
  const itself = isItself(state);
  const { number, label, split } = state.base;
  if (document.activeElement !== at("number")) at("number").value = number ?? "";
  const name = itself || !others.length ? [] : [` with ${others.length} of ${columns.length} parameters changed`];
  at("which").replaceChildren(element("strong", { text: label }), ...(itself && split ? [` of ${split}, as it is`] : name));
  const facts = [
    ["peak", told.peak === null ? "no number" : told.peak > 0 ? `${(20 * Math.log10(told.peak)).toFixed(1)} dB` : "silence"],
    ["heard", `${figure(told.samples_heard / synth.sample_rate)} of ${figure(synth.num_samples / synth.sample_rate)} s`],
    ["noise row", String(state.row)],
    ["SHA-256", `${told.sha256.slice(0, 16)}…`],
  ];
  at("facts").replaceChildren(...facts.flatMap(([term, text]) => [element("dt", { text: term }), element("dd", { text, title: term === "SHA-256" ? told.sha256 : "" })]));
  document.documentElement.dataset.ready = "yes";
  at("unchanged").hidden = others.length > 0;
  at("unchanged").textContent = itself ? `Nothing: this is ${label}.` : "No parameter, but the row of noise.";
  at("back").hidden = others.length === 0;
  showChanged(others, state, told.values);
}

const lines = new Map(); // of the changed parameters, by column

function showChanged(others, state, values) {
  for (const [column, line] of lines) {
    if (others.includes(column)) continue;
    line.remove();
    lines.delete(column);
  }
  others.forEach((column, place) => {
    const { name, unit } = columns[column];
    const text = `${withUnit(state.base.values[column], unit)} → ${withUnit(values[column], unit)}`;
    let line = lines.get(column);
    if (!line) {
      const back = element("button", { type: "button", text: "back", ariaLabel: `Take ${name} back` });
      back.addEventListener("click", () => restore(column));
      line = element("li", {}, element("span", { className: "what", text: name }), element("span", { className: "how" }), back);
      lines.set(column, line);
      at("changed").insertBefore(line, at("changed").children[place] || null);
    }
    if (line.children[1].textContent !== text) line.children[1].textContent = text;
  });
}

function showNearest({ ready, total, sounds }, state) {
  at("nearest-about").textContent = ready < total ? `Among the first ${ready} of ${total} sounds, so far.` : `Among sounds 0 to ${total - 1}, by log-mel.`;
  const own = isItself(state) ? state.base.number : null;
  at("nearest").replaceChildren(...sounds.filter((one) => one.number !== own).slice(0, 6).map(({ number, decibels }) => {
    const go = element("button", { type: "button", title: `Sound ${number}, ${decibels} dB away` }, String(number), element("span", { text: `${decibels.toFixed(1)} dB` }));
    go.addEventListener("click", () => byNumber(number));
    return element("li", {}, go);
  }));
}

let hide = 0;
function complain(error) {
  at("error").textContent = error.message;
  at("error").hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => { at("error").hidden = true; }, 8000);
}

function say(text) {
  at("which").textContent = text;
}

const BETWEEN = 40; // milliseconds: 25 pictures a second are enough for meters

function frame(now) {
  requestAnimationFrame(frame);
  if (now - frame.last < BETWEEN) return;
  frame.last = now;
  const position = player.position();
  const place = position === null ? null : (position * synth.sample_rate) / synth.num_samples;
  if (place === null && !frame.shown) return;
  diagram.at(place);
  wave.at(place);
  if (frame.shown !== (place !== null)) at("play").textContent = place === null ? "Play" : "Stop";
  frame.shown = place !== null;
}
frame.last = 0;

// ---- the piano's notes: the sound at another pitch, which changes nothing

const ringing = new Map();

async function down(pressed, loudness, since) {
  const column = columns.findIndex((one) => one.name === synth.keys.parameter);
  const numbers = [...history.now.numbers];
  numbers[column] = synth.keys.numbers[pressed];
  note = pressed;
  at("take-note").disabled = false;
  at("take-note").textContent = `Keep ${noteName(pressed)}`;
  player.open();
  const turn = {};
  ringing.set(pressed, turn);
  try {
    const made = await askSound({ numbers, row: history.now.row });
    if (turn.over && !at("ring").checked) return;
    turn.voice = player.voice(made.samples, 0, loudness);
    tellHeard(since);
  } catch (error) {
    complain(error);
  }
}

function up(pressed) {
  const turn = ringing.get(pressed);
  ringing.delete(pressed);
  if (!turn || at("ring").checked) return;
  turn.over = true;
  if (turn.voice) player.stop(turn.voice, 0.08);
}

if (synth.keys) new Piano(synth.keys.numbers, { down, up });
else at("piano").hidden = true;

// ---- buttons and keys

function playOrStop() {
  if (player.isPlaying) player.stopAll();
  else if (sound) {
    player.start(sound);
  }
}

function go(back) {
  if (back ? history.undo() : history.redo()) render("play");
}

at("by-number").addEventListener("submit", (event) => {
  event.preventDefault();
  byNumber(at("number").value.trim());
});
at("random").addEventListener("click", random);
at("play").addEventListener("click", playOrStop);
at("loop").addEventListener("click", () => {
  player.loop = !player.loop;
  at("loop").setAttribute("aria-pressed", String(player.loop));
  if (player.isPlaying) player.start(sound);
});
at("undo").addEventListener("click", () => go(true));
at("redo").addEventListener("click", () => go(false));
at("back").addEventListener("click", () => {
  const { base } = history.now;
  history.set({ numbers: [...base.numbers], row: base.row, base });
  render("play");
});
at("take-note").addEventListener("click", () => {
  put(columns.findIndex((one) => one.name === synth.keys.parameter), synth.keys.numbers[note], false);
  render("play");
});
for (const end of ["a", "b"]) {
  at(`take-${end}`).addEventListener("click", () => {
    ends[end] = history.now;
    const { base } = history.now;
    at(`name-${end}`).textContent = `${end.toUpperCase()}: ${base.label}${isItself(history.now) ? "" : ", changed"}`;
    at("morph").disabled = !(ends.a && ends.b);
    at("morph").value = end === "a" ? 0 : 1;
  });
}
at("morph").addEventListener("input", (event) => morph(at("morph").valueAsNumber, event.timeStamp));
at("morph").addEventListener("change", slid);
for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => save(button.dataset.save));
at("file").addEventListener("change", async () => {
  await load(at("file").files[0]);
  at("file").value = "";
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  load(event.dataTransfer.files[0]);
});
document.addEventListener("keydown", (event) => {
  if (writes(event.target)) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.code === "KeyZ") go(!event.shiftKey);
  else if (command && event.code === "KeyY") go(false);
  else if (command || event.altKey) return;
  else if (event.key === " " && !event.target.closest("button, label, input[type=checkbox]")) playOrStop();
  else if (event.code === "KeyR" && at("letters").checked) random();
  else return;
  event.preventDefault();
});

requestAnimationFrame(frame);
byNumber(0, { play: false });
