// The waveform, and where in it the sound is.

export class Wave {
  constructor() {
    this.canvas = document.getElementById("wave");
    this.head = document.getElementById("wave-head");
    this.extremes = null;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  set(samples) {
    const width = this.canvas.width;
    const step = samples.length / width;
    this.extremes = Array.from({ length: width }, (_, x) => {
      let low = 0, high = 0;
      const end = Math.max(Math.floor(x * step) + 1, Math.floor((x + 1) * step));
      for (let i = Math.floor(x * step); i < end && i < samples.length; i++) {
        if (samples[i] < low) low = samples[i];
        if (samples[i] > high) high = samples[i];
      }
      return [low, high];
    });
    this.draw();
  }

  draw() {
    if (!this.extremes) return;
    const { width, height } = this.canvas;
    const style = getComputedStyle(document.documentElement);
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = style.getPropertyValue("--line");
    pen.fillRect(0, height / 2, width, 1);
    pen.fillStyle = style.getPropertyValue("--strong");
    this.extremes.forEach(([low, high], x) => {
      const top = (1 - Math.min(high, 1)) * height / 2, foot = (1 - Math.max(low, -1)) * height / 2;
      if (high > low) pen.fillRect(x, top, 1, Math.max(1, foot - top));
    });
  }

  at(place) {
    this.head.hidden = place === null;
    if (place !== null) this.head.style.transform = `translateX(${(place * this.canvas.clientWidth).toFixed(1)}px)`;
  }
}
