// The map: similar sounds near each other; the mouse over one plays it.
class SoundMap {
  constructor(box, onHover, onChoose) {
    this.box = box;
    this.canvas = box.querySelector("canvas");
    this.tip = box.querySelector(".tip");
    this.scale = box.querySelector(".scale");
    this.points = [];
    this.chosen = -1;
    this.under = -1;
    this.canvas.addEventListener("pointermove", (event) => {
      const found = this.at(event);
      if (found === this.under) return;
      this.under = found;
      this.draw();
      if (found >= 0) onHover(this.points[found].index);
    });
    this.canvas.addEventListener("pointerleave", () => { this.under = -1; this.draw(); });
    this.canvas.addEventListener("click", (event) => {
      const found = this.at(event);
      if (found >= 0) onChoose(this.points[found].index);
    });
  }
  // points: {index, place, share, label}, where share in [0, 1] is the colour, null for none.
  reset(points, legend) {
    this.points = points;
    const [least, most] = this.box.querySelectorAll(".legend span");
    least.textContent = legend[0];
    most.textContent = legend[1];
    this.draw();
  }
  xy(point, width, height) {
    const margin = 26;
    return [margin + point.place[0] * (width - 2 * margin),
      margin + (1 - point.place[1]) * (height - 2 * margin - 20)];
  }
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.x, event.clientY - box.y];
    let best = -1;
    let nearest = 18 ** 2;
    this.points.forEach((point, i) => {
      const [px, py] = this.xy(point, box.width, box.height);
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (far < nearest) { nearest = far; best = i; }
    });
    return best;
  }
  draw() {
    if (this.box.hidden) return;
    const [context, width, height, scale] = fitted(this.canvas);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const [w, h] = [width / scale, height / scale];
    context.clearRect(0, 0, w, h);
    this.points.forEach((point, i) => {
      const [x, y] = this.xy(point, w, h);
      const marked = point.index === this.chosen || i === this.under;
      context.beginPath();
      context.arc(x, y, marked ? 9 : 5.5, 0, 2 * Math.PI);
      context.fillStyle = point.share === null ? colours.line : mapShade(point.share);
      context.fill();
      context.strokeStyle = marked ? colours.ink : colours.card;
      context.lineWidth = marked ? 2.5 : 1;
      context.stroke();
    });
    const [context2, width2, height2] = fitted(this.scale);
    for (let x = 0; x < width2; x++) {
      context2.fillStyle = mapShade(x / width2);
      context2.fillRect(x, 0, 1, height2);
    }
    const point = this.points[this.under];
    this.tip.hidden = !point;
    if (point) {
      const [x, y] = this.xy(point, w, h);
      this.tip.textContent = point.label;
      const left = Math.min(Math.max(4, x + 12), w - this.tip.offsetWidth - 4);
      this.tip.style.transform = `translate(${left}px, ${Math.max(4, y - 34)}px)`;
    }
  }
}

// Away from both ends, which vanish on a light or a dark ground.
function mapShade(share) {
  const [red, green, blue] = shade(.18 + .68 * share);
  return `rgb(${red},${green},${blue})`;
}
