// Waveforms, spectrograms, curves on canvases.
const BANDS = 64;
const LETTERS = new Uint8Array(128);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach(
  (letter, level) => { LETTERS[letter.charCodeAt(0)] = level; });

// Dark to bright, even steps of lightness to every eye.
const STOPS = [[0, 0, 4], [40, 11, 84], [101, 21, 110], [159, 42, 99], [212, 72, 66], [245, 125, 21],
  [250, 193, 39], [252, 255, 164]];
function shade(share) {
  const place = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1);
  const below = Math.min(Math.floor(place), STOPS.length - 2);
  return STOPS[below].map((one, i) => one + (STOPS[below + 1][i] - one) * (place - below));
}
const SHADES = Array.from({ length: 64 }, (_, level) => shade(level / 63));

function fitted(canvas, size = [canvas.clientWidth, canvas.clientHeight]) {
  const scale = Math.min(devicePixelRatio || 1, 2);
  const width = Math.max(1, Math.round(size[0] * scale));
  const height = Math.max(1, Math.round(size[1] * scale));
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return [canvas.getContext("2d"), width, height, scale];
}

const images = new Kept(300, (picture) => {
  const image = document.createElement("canvas");
  image.width = picture.frames;
  image.height = BANDS;
  const context = image.getContext("2d");
  const data = context.createImageData(picture.frames, BANDS);
  for (let band = 0; band < BANDS; band++) {
    for (let frame = 0; frame < picture.frames; frame++) {
      const level = LETTERS[picture.mel.charCodeAt(band * picture.frames + frame)];
      const at = 4 * ((BANDS - 1 - band) * picture.frames + frame);
      const colour = SHADES[level];
      data.data[at] = colour[0];
      data.data[at + 1] = colour[1];
      data.data[at + 2] = colour[2];
      data.data[at + 3] = 255;
    }
  }
  context.putImageData(data, 0, 0);
  return image;
});

function drawMel(canvas, picture) {
  const [context, width, height] = fitted(canvas);
  context.imageSmoothingEnabled = true;
  context.drawImage(images.get(picture), 0, 0, width, height);
}

function wavePath(context, wave, width, top, height) {
  const columns = wave.length / 2;
  const y = (level) => top + height * (1 - level / 255);
  context.beginPath();
  for (let i = 0; i < columns; i++) context.lineTo(((i + .5) / columns) * width, y(wave[2 * i + 1]));
  for (let i = columns - 1; i >= 0; i--) context.lineTo(((i + .5) / columns) * width, y(wave[2 * i]));
  context.closePath();
}

// The waveform under the spectrogram, small: for lists.
// They are all of one size, which is asked for once: asked of each, the page is laid out each time.
let thumbSize = null;
redraws.push(() => { thumbSize = null; });
function drawThumb(canvas, picture) {
  if (!thumbSize?.[0]) thumbSize = [canvas.clientWidth, canvas.clientHeight];
  const [context, width, height, scale] = fitted(canvas, thumbSize);
  const split = Math.round(height * .55);
  context.fillStyle = colours.card;
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = true;
  context.drawImage(images.get(picture), 0, 0, width, split);
  wavePath(context, picture.wave, width, split + scale, height - split - scale);
  context.fillStyle = context.strokeStyle = colours.wave;
  context.lineWidth = scale * .75;
  context.fill();
  context.stroke();
}

function drawWave(canvas, picture, shown = []) {
  const [context, width, height, scale] = fitted(canvas);
  context.clearRect(0, 0, width, height);
  context.fillStyle = colours.line;
  context.fillRect(0, height / 2 - scale / 2, width, scale);
  const margin = 6 * scale;
  wavePath(context, picture.wave, width, margin, height - 2 * margin);
  context.fillStyle = context.strokeStyle = colours.wave;
  context.globalAlpha = shown.length ? .38 : 1;
  context.lineWidth = scale;
  context.fill();
  context.stroke();
  context.globalAlpha = 1;
  for (const place of shown) {
    const curve = picture.curves[place];
    if (!curve) continue;
    const points = curve.values.length / curve.lines;
    const y = (level) => margin + (height - 2 * margin) * (1 - level / 255);
    context.beginPath();
    context.strokeStyle = context.fillStyle = colours.curves[place];
    context.lineWidth = 2 * scale;
    context.lineJoin = "round";
    if (curve.lines === 1) {
      for (let i = 0; i < points; i++) context.lineTo(((i + .5) / points) * width, y(curve.values[i]));
      context.stroke();
    } else {
      // Faster than its columns: what it sweeps over.
      for (let i = 0; i < points; i++) context.lineTo(((i + .5) / points) * width, y(curve.values[2 * i + 1]));
      for (let i = points - 1; i >= 0; i--) context.lineTo(((i + .5) / points) * width, y(curve.values[2 * i]));
      context.closePath();
      context.lineWidth = scale;
      context.globalAlpha = .35;
      context.fill();
      context.globalAlpha = 1;
      context.stroke();
    }
  }
}

const melOf = (hertz) => Math.log10(1 + hertz / 700);

function hertzMarks(element, rate) {
  element.replaceChildren();
  let last = -1;
  for (const hertz of [100, 500, 1000, 2000, 5000, 10000, 20000]) {
    const share = melOf(hertz) / melOf(rate / 2);
    if (share > .95) break;
    if (last >= 0 && (share - last) * element.clientHeight < 15) continue;
    last = share;
    const mark = make("span", { text: hertz >= 1000 ? hertz / 1000 + " kHz" : hertz + " Hz" });
    mark.style.bottom = 100 * share + "%";
    element.append(mark);
  }
}

function secondMarks(element, seconds) {
  const step = [.05, .1, .25, .5, 1, 2, 5, 10].find((one) => seconds / one <= 8) || 20;
  element.replaceChildren();
  for (let at = 0; at <= seconds + 1e-9; at += step) {
    const mark = make("span", { text: +at.toFixed(2) + " s" });
    mark.style.left = (100 * at) / seconds + "%";
    element.append(mark);
  }
}
