// The piano: by mouse, touch, the computer's letters, and Web MIDI.

import { element } from "./controls.js";
import { noteName } from "./words.js";

const FIRST = 21, LAST = 108; // A0 to C8
const LETTERS = ["KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU", "KeyJ", "KeyK", "KeyO", "KeyL", "KeyP"];
const BLACK = new Set([1, 3, 6, 8, 10]);

export class Piano {
  // `on` has down(note, loudness) and up(note).
  constructor(numbers, on) {
    this.on = on;
    this.playable = (note) => numbers[note] !== null && numbers[note] !== undefined;
    this.buttons = new Map();
    this.held = new Map(); // what holds a note, a key's code or a pointer: the note
    this.base = 60;
    this.letters = document.getElementById("letters");
    this.letters.addEventListener("change", () => this.tell());
    this.build();
    this.listen();
    this.tell();
  }

  build() {
    const place = document.getElementById("keys");
    for (let note = FIRST; note <= LAST; note++) {
      const black = BLACK.has(note % 12);
      const key = element("button", { type: "button", className: black ? "black" : "white", tabIndex: -1, ariaLabel: noteName(note).replace("♯", " sharp "), disabled: !this.playable(note) });
      if (note % 12 === 0) key.textContent = noteName(note);
      key.dataset.note = note;
      this.buttons.set(note, key);
      place.append(key);
    }
    const first = [...this.buttons].find(([note]) => note >= 60 && this.playable(note));
    if (first) first[1].tabIndex = 0;
    const middle = this.buttons.get(60);
    place.scrollLeft = middle.offsetLeft - place.offsetLeft - 20;
    place.addEventListener("pointerdown", (event) => {
      const note = this.noteAt(event);
      if (note === null || event.button !== 0) return;
      if (event.pointerType === "mouse") {
        event.preventDefault();
        place.setPointerCapture(event.pointerId);
      }
      this.down(event.pointerId, note, 1, event.timeStamp);
    });
    place.addEventListener("pointermove", (event) => {
      if (!this.held.has(event.pointerId) || event.pointerType !== "mouse") return;
      const note = this.noteAt(event);
      if (note === null || note === this.held.get(event.pointerId)) return;
      this.up(event.pointerId);
      this.down(event.pointerId, note, 1, event.timeStamp);
    });
    for (const end of ["pointerup", "pointercancel"]) place.addEventListener(end, (event) => this.up(event.pointerId));
    place.addEventListener("keydown", (event) => this.walk(event));
    place.addEventListener("keyup", (event) => this.up(`button-${event.key}`));
  }

  noteAt(event) {
    const key = document.elementFromPoint(event.clientX, event.clientY)?.closest("#keys button");
    return key && !key.disabled ? Number(key.dataset.note) : null;
  }

  // Arrows go from key to key, Enter and space play: one stop of the Tab key.
  walk(event) {
    const key = event.target.closest("button");
    if (!key) return;
    const note = Number(key.dataset.note);
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) this.down(`button-${event.key}`, note, 1, event.timeStamp);
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 12, ArrowDown: -12 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = this.buttons.get(note + step);
    if (!next || next.disabled) return;
    key.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  listen() {
    document.addEventListener("keydown", (event) => {
      if (!this.letters.checked || event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
      if (event.code === "KeyZ" || event.code === "KeyX") {
        this.base = Math.min(96, Math.max(24, this.base + (event.code === "KeyZ" ? -12 : 12)));
        this.tell();
        return;
      }
      const place = LETTERS.indexOf(event.code);
      if (place < 0 || event.repeat) return;
      event.preventDefault();
      this.down(event.code, this.base + place, 1, event.timeStamp);
    });
    document.addEventListener("keyup", (event) => this.up(event.code));
    addEventListener("blur", () => [...this.held.keys()].forEach((what) => this.up(what)));
    const midi = document.getElementById("midi");
    if (!navigator.requestMIDIAccess) {
      midi.hidden = true;
      return;
    }
    midi.addEventListener("click", async () => {
      try {
        const access = await navigator.requestMIDIAccess();
        const connect = () => {
          for (const input of access.inputs.values()) input.onmidimessage = (event) => this.heard(event);
          midi.textContent = access.inputs.size ? `MIDI: ${[...access.inputs.values()].map((one) => one.name).join(", ")}` : "MIDI: plug a keyboard in";
        };
        access.onstatechange = connect;
        connect();
      } catch {
        midi.textContent = "MIDI is not allowed";
      }
    });
  }

  // A message of a MIDI keyboard: note on, with its velocity, or off.
  heard({ data, timeStamp }) {
    const [status, note, velocity] = data;
    const kind = status & 0xf0;
    if (kind === 0x90 && velocity > 0) this.down(`midi-${note}`, note, velocity / 127, timeStamp);
    else if (kind === 0x80 || kind === 0x90) this.up(`midi-${note}`);
  }

  tell() {
    document.getElementById("octave").textContent = this.letters.checked ? `letters: ${noteName(this.base)} to ${noteName(this.base + LETTERS.length - 1)}` : "";
  }

  down(what, note, loudness, since) {
    if (!this.playable(note)) return;
    this.up(what);
    this.held.set(what, note);
    this.buttons.get(note)?.classList.add("down");
    this.on.down(note, loudness, since);
  }

  up(what) {
    const note = this.held.get(what);
    if (note === undefined) return;
    this.held.delete(what);
    if ([...this.held.values()].includes(note)) return;
    this.buttons.get(note)?.classList.remove("down");
    this.on.up(note);
  }
}

export function writes(target) {
  return target instanceof HTMLInputElement && !["range", "checkbox", "file"].includes(target.type);
}
