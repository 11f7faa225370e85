// The patch, with a meter on every box: what flows through it over the sound, and now.
// What moves is on a canvas above the picture, which is not painted anew for it.

const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export class Diagram {
  constructor(text, synth) {
    this.boxes = new Map();
    this.levels = {};
    const place = document.getElementById("diagram");
    if (!text) {
      document.getElementById("patch").hidden = true;
      return;
    }
    const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `Patch of ${synth.synth}, from left to right`);
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.svg = svg;
    const sheet = document.createElement("div");
    sheet.className = "sheet";
    sheet.append(svg, this.canvas);
    place.append(sheet);
    this.wide = Number(svg.getAttribute("width"));
    const fit = () => {
      const { width, height } = svg.getBoundingClientRect();
      const dense = Math.min(devicePixelRatio, 2);
      Object.assign(this.canvas, { width: Math.round(width * dense), height: Math.round(height * dense) });
    };
    new ResizeObserver(fit).observe(svg);
    for (const part of svg.querySelectorAll(".part")) {
      const frame = part.querySelector("rect");
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(frame.getAttribute(name)));
      const area = shape("path", { class: "shape" });
      frame.after(area);
      this.boxes.set(part.dataset.part, { area, x: x + 1, y: y + 1, width: width - 2, height: height - 2 });
      const card = document.getElementById(`module-${part.dataset.part.split(".")[0]}`);
      if (card) {
        part.classList.add("has-card");
        part.addEventListener("click", () => {
          const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
          card.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
          card.querySelector("input:not(:disabled)")?.focus({ preventScroll: true });
        });
      }
    }
  }

  // Take the levels of a sound.
  set(levels) {
    this.levels = levels;
    for (const [name, box] of this.boxes) {
      const found = levels[name];
      const steps = found && found.peak > 0 ? found.levels : [];
      const step = box.width / Math.max(steps.length, 1);
      const foot = box.y + box.height;
      const line = steps.map((level, i) => `L${(box.x + (i + 0.5) * step).toFixed(1)} ${(foot - (level / 99) * box.height * 0.92).toFixed(1)}`);
      box.area.setAttribute("d", steps.length ? `M${box.x} ${foot}${line.join("")}L${(box.x + box.width).toFixed(1)} ${foot}Z` : "");
    }
  }

  // Show the levels at a place in [0, 1] of the sound; null is silence.
  at(place) {
    if (!this.canvas) return;
    const pen = this.canvas.getContext("2d");
    const scale = this.canvas.width / this.wide;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (place === null) return;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.fillStyle = getComputedStyle(this.svg).getPropertyValue("--meter");
    for (const [name, box] of this.boxes) {
      const steps = this.levels[name]?.levels;
      if (!steps) continue;
      const level = steps[Math.min(steps.length - 1, Math.floor(place * steps.length))] / 99;
      pen.fillRect(box.x, box.y + box.height - 3, level * box.width, 3);
      pen.fillRect(box.x + place * box.width - 0.5, box.y, 1, box.height);
    }
  }
}
