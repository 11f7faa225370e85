"use strict";
// What all pages share: reading what the page holds, words, the theme, keys.
const about = JSON.parse(document.getElementById("about").textContent);
const $ = (id) => document.getElementById(id);

// Make an element; words are always text, never markup.
function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A block stands after this script, and may not have been read yet when it is asked for.
function blockText(id) {
  return new Promise((resolve) => {
    const look = () => {
      const found = $(id);
      // It is whole once something stands behind it, or the page is.
      if (found && (found.nextElementSibling || document.readyState !== "loading")) {
        resolve(found.textContent);
      } else if (!found && document.readyState !== "loading") resolve(null);
      else setTimeout(look, 15);
    };
    look();
  });
}

function bytesOf(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < characters.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

// The last few that were asked for are kept.
class Kept {
  constructor(most, make, drop = () => {}) {
    Object.assign(this, { most, make, drop, held: new Map() });
  }
  get(key) {
    let value = this.held.get(key);
    if (value !== undefined) this.held.delete(key);
    else value = this.make(key);
    this.held.set(key, value);
    if (this.held.size > this.most) {
      const [oldest, old] = this.held.entries().next().value;
      this.held.delete(oldest);
      this.drop(old);
    }
    return value;
  }
}

const pictures = new Kept(600, async (id) => {
  const text = await blockText(id);
  const picture = JSON.parse(text.slice(0, text.indexOf("\n")));
  picture.wave = bytesOf(picture.wave);
  picture.curves = picture.curves.map((curve) => {
    const [least, most, lines, values] = curve.split(" ");
    return { least: +least, most: +most, lines: +lines, values: bytesOf(values) };
  });
  return picture;
});

async function audioOf(id) {
  const text = await blockText(id);
  return bytesOf(text.slice(text.indexOf("\n") + 1));
}

const MIME = { ogg: "audio/ogg", flac: "audio/flac" };
const NOTES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

function noteOf(hertz) {
  const midi = Math.round(69 + 12 * Math.log2(hertz / 440));
  return NOTES[((midi % 12) + 12) % 12] + (Math.floor(midi / 12) - 1);
}

// Three figures or more, without an exponent where that reads well; a true minus.
function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  let text;
  if (size !== 0 && (size < 0.001 || size >= 1e6)) text = value.toExponential(2);
  else text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  return text.replace("-", "−");
}

function withUnit(value, unit) {
  return value === null || value === undefined ? "–" : number(value) + (unit ? " " + unit : "");
}

const later = (action) => {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; action(); });
  };
};

// Light and dark: as the system has it, until the switch is used.
const redraws = [];
const dark = matchMedia("(prefers-color-scheme: dark)");
let colours = {};

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ground", "card", "ink", "soft", "line", "accent", "wave", "bad"]) {
    colours[name] = style.getPropertyValue("--" + name).trim();
  }
  colours.curves = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => style.getPropertyValue("--c" + i).trim());
  const button = $("theme");
  if (button) {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Switch to light" : "Switch to dark");
  }
}

function newTheme() {
  readColours();
  for (const redraw of redraws) redraw();
}

dark.addEventListener("change", newTheme);
$("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  newTheme();
});
readColours();
addEventListener("resize", later(() => redraws.forEach((redraw) => redraw())));

$("title").textContent = about.title;
const say = (words) => { $("said").textContent = words; };

// Keys of the page, unless a field or an open dialog takes them. A button takes space and Enter.
function onKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    const target = event.target;
    const field = target.closest("input, select, textarea");
    if (field && event.key !== "Escape") return;
    if (target.closest("button, summary, a") && [" ", "Enter"].includes(event.key)) return;
    const digit = /^[1-9]$/.test(event.key) ? +event.key : 0;
    const action = digit ? keys.digit : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action(digit || event);
  });
}

// The mouse takes no focus to a button, or space would press it again instead of playing.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("button")) event.preventDefault();
});

function helpOf(lines) {
  const list = $("help").querySelector("dl");
  for (const [key, words] of lines) {
    list.append(make("dt", {}, make("kbd", { text: key })), make("dd", { text: words }));
  }
  $("keys").addEventListener("click", () => $("help").showModal());
  $("close").addEventListener("click", () => $("help").close());
}
