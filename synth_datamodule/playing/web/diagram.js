// The patch, with a meter on every box: what flows through it over the sound, and now.

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
    place.append(svg);
    for (const part of svg.querySelectorAll(".part")) {
      const frame = part.querySelector("rect");
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(frame.getAttribute(name)));
      const area = shape("path", { class: "shape" });
      const head = shape("line", { class: "head", y1: y + 1, y2: y + height - 1, x1: x, x2: x, visibility: "hidden" });
      const meter = shape("rect", { class: "meter", x: x + 1, y: y + height - 4, width: 0, height: 3, rx: 1.5 });
      frame.after(area, head);
      part.append(meter);
      this.boxes.set(part.dataset.part, { area, head, meter, x: x + 1, y: y + 1, width: width - 2, height: height - 2 });
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
    for (const [name, box] of this.boxes) {
      const steps = this.levels[name]?.levels;
      if (place === null || !steps) {
        box.meter.setAttribute("width", 0);
        box.head.setAttribute("visibility", "hidden");
        continue;
      }
      const level = steps[Math.min(steps.length - 1, Math.floor(place * steps.length))] / 99;
      const x = box.x + place * box.width;
      box.meter.setAttribute("width", (level * box.width).toFixed(1));
      box.head.setAttribute("x1", x);
      box.head.setAttribute("x2", x);
      box.head.setAttribute("visibility", "visible");
    }
  }
}
