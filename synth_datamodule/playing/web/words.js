// Numbers as people read them.

const SHORT = { semitones: "st" };
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

export function noteName(note) {
  return `${NAMES[note % 12]}${Math.floor(note / 12) - 1}`;
}

export function figure(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3) return value.toExponential(0);
  if (size < 1) return String(Number(value.toFixed(3)));
  if (size >= 1000) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}

export function withUnit(value, unit) {
  return unit ? `${figure(value)} ${SHORT[unit] || unit}` : figure(value);
}

export function spoken(value, unit) {
  return unit ? `${figure(value)} ${unit}` : figure(value);
}
