// The sliders: a card for each module, a grid for a matrix.

import { figure, noteName, spoken, withUnit } from "./words.js";

const LOCK = `<svg viewBox="0 0 20 20" aria-hidden="true"><rect x="4.5" y="9" width="11" height="8" rx="1.6"/><path class="shut" d="M7 9V6.2a3 3 0 0 1 6 0V9"/><path class="open" d="M7 9V6.2a3 3 0 0 1 5.8-1.1"/></svg>`;
const lockIcon = new DOMParser().parseFromString(LOCK.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'), "image/svg+xml").documentElement;

export function element(tag, { text, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

export class Controls {
  // `on` has what to do: slide, slid, type, restore, lock.
  constructor(synth, on) {
    this.on = on;
    this.rows = [];
    this.key = synth.keys ? synth.keys.parameter : null;
    this.locked = new Set();
    const place = document.getElementById("modules");
    for (const module of synth.modules) place.append(this.card(module));
  }

  card(module) {
    const rows = module.parameters.map((one) => this.row(module, one));
    const free = module.parameters.filter((one) => !one.pinned).map((one) => one.column);
    const keep = element("button", { type: "button", text: "keep", ariaLabel: `Keep all of ${module.name}` });
    keep.setAttribute("aria-pressed", "false");
    keep.addEventListener("click", () => {
      const all = free.every((column) => this.locked.has(column));
      for (const column of free) this.setLock(column, !all);
    });
    const title = element("h2", {}, element("span", { text: module.name || "parameters" }), element("small", { text: module.kind }), ...(free.length ? [keep] : []));
    const card = element("section", { className: "module", id: `module-${module.name}` }, title);
    card.keep = keep;
    card.free = free;
    const matrix = matrixOf(module);
    if (matrix) {
      card.classList.add("matrix");
      const grid = element("div", { className: "grid" });
      grid.style.gridTemplateColumns = `auto repeat(${matrix.targets.length}, minmax(0, 1fr))`;
      grid.append(element("span"));
      for (const target of matrix.targets) grid.append(element("span", { className: "top", text: `→ ${target}` }));
      matrix.sources.forEach((source, i) => {
        grid.append(element("span", { className: "side", text: source }));
        matrix.targets.forEach((_, j) => grid.append(rows[i * matrix.targets.length + j]));
      });
      card.append(grid);
    } else card.append(...rows);
    for (const row of rows) row.card = card;
    return card;
  }

  row(module, one) {
    const short = one.name.slice(module.name ? module.name.length + 1 : 0);
    const label = `${module.name} ${short.replace("->", " to ")}`;
    const slider = element("input", { type: "range", min: 0, max: 1, step: "any", ariaLabel: label, disabled: one.pinned });
    const shown = element("input", { className: "shown", tabIndex: -1, inputMode: "decimal", disabled: one.pinned, autocomplete: "off", ariaLabel: `${label}${one.unit ? `, in ${one.unit}` : ""}` });
    const row = element("div", { className: `row${one.pinned ? " pinned" : ""}` }, element("span", { className: "label", text: short.replaceAll("_", " ").replace("->", " → "), title: short }), slider, shown);
    row.title = one.pinned ? `${one.name} is pinned` : `${figure(one.minimum)} to ${withUnit(one.maximum, one.unit)}`;
    Object.assign(row, { one, slider, shown, label });
    this.rows[one.column] = row;
    if (one.pinned) return row;
    row.lock = element("button", { type: "button", className: "lock", tabIndex: -1, ariaLabel: `Keep ${label}` }, lockIcon.cloneNode(true));
    row.lock.setAttribute("aria-pressed", "false");
    row.lock.title = "Keep it: random and morph leave it as it is";
    row.append(row.lock);
    row.lock.addEventListener("click", () => this.setLock(one.column, !this.locked.has(one.column)));
    slider.addEventListener("input", (event) => {
      row.number = slider.valueAsNumber;
      this.on.slide(one.column, row.number, event.timeStamp);
    });
    slider.addEventListener("change", () => this.on.slid());
    slider.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.shiftKey) this.setLock(one.column, !this.locked.has(one.column));
      else if (event.key === "Enter") shown.focus();
      else if (event.key === "Delete" || event.key === "Backspace") this.on.restore(one.column);
      else return;
      event.preventDefault();
    });
    shown.addEventListener("focus", () => {
      row.left = false;
      shown.value = String(Number(row.value.toPrecision(9)));
      shown.select();
    });
    shown.addEventListener("keydown", (event) => {
      if (event.key === "Escape") row.left = true;
      else if (event.key !== "Enter") return;
      event.preventDefault();
      slider.focus(); // what was typed is taken as the field is left
    });
    shown.addEventListener("blur", () => this.text(row));
    shown.addEventListener("change", () => this.type(row));
    return row;
  }

  type(row) {
    const value = typed(row);
    if (row.left || value === null || value === row.value) return this.text(row);
    this.on.type(row.one.column, row.one.name, value);
  }

  text(row) {
    const isKey = row.one.name === this.key;
    row.shown.value = isKey ? `${figure(row.value)} ${noteName(Math.round(row.value))}` : withUnit(row.value, row.one.unit);
  }

  setLock(column, on) {
    const row = this.rows[column];
    if (on) this.locked.add(column);
    else this.locked.delete(column);
    row.lock.setAttribute("aria-pressed", String(on));
    row.card.keep.setAttribute("aria-pressed", String(row.card.free.every((one) => this.locked.has(one))));
  }

  // Show a state; values come from the server, which alone knows the curves.
  show(state, values) {
    this.rows.forEach((row, column) => {
      const number = state.numbers[column];
      const isChanged = number !== state.base.numbers[column];
      if (row.number !== number) row.slider.value = row.number = number;
      if (row.isChanged !== isChanged) row.classList.toggle("changed", (row.isChanged = isChanged));
      if (!values || row.value === values[column]) return;
      row.value = values[column];
      row.slider.setAttribute("aria-valuetext", spoken(row.value, row.one.unit));
      if (document.activeElement !== row.shown) this.text(row);
    });
  }
}

function typed(row) {
  const text = row.shown.value.trim().replace(",", ".");
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? number : null;
}

// Rows and columns of a module whose parameters are all called SOURCE->TARGET.
function matrixOf(module) {
  const pairs = module.parameters.map((one) => one.name.slice(module.name.length + 1).split("->"));
  if (pairs.length < 4 || pairs.some((pair) => pair.length !== 2)) return null;
  const sources = [...new Set(pairs.map((pair) => pair[0]))];
  const targets = [...new Set(pairs.map((pair) => pair[1]))];
  const full = pairs.length === sources.length * targets.length;
  const inOrder = pairs.every(([s, t], i) => s === sources[Math.floor(i / targets.length)] && t === targets[i % targets.length]);
  return full && inOrder ? { sources, targets } : null;
}
