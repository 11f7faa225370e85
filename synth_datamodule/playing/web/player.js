// What is heard: one voice for the sound itself, some for the piano's notes.

const FADE = 0.012; // seconds, in which one voice hands over to the next without a click
const MOST_VOICES = 16;

export class Player {
  constructor(sampleRate) {
    this.sampleRate = sampleRate;
    this.context = null;
    this.voices = [];
    this.main = null;
    this.loop = false;
  }

  // Browsers let a page sound once somebody has touched it.
  open() {
    if (!this.context) {
      try {
        this.context = new AudioContext({ latencyHint: "interactive", sampleRate: this.sampleRate });
      } catch {
        this.context = new AudioContext({ latencyHint: "interactive" });
      }
    }
    if (this.context.state === "suspended") this.context.resume();
    return this.context;
  }

  buffer(samples) {
    const made = this.open().createBuffer(1, samples.length, this.sampleRate);
    made.copyToChannel(samples, 0);
    return made;
  }

  // Play the sound; where it sounds already, it goes on from there if asked to.
  start(sound, { goOn = false } = {}) {
    const context = this.open();
    const before = this.main;
    const heard = Math.max(sound.told.samples_heard, 1) / this.sampleRate;
    let at = 0;
    if (goOn && before && !before.ended) {
      at = context.currentTime - before.began;
      if (this.loop) at %= heard;
      if (at >= heard) at = 0;
    }
    this.main = this.voice(sound.samples, at, 1);
    this.main.heard = heard;
    if (this.loop) {
      this.main.source.loop = true;
      this.main.source.loopEnd = Math.min(heard + 0.05, this.main.source.buffer.duration);
    }
    if (before) this.stop(before);
  }

  voice(samples, at, loudness) {
    const context = this.open();
    const source = context.createBufferSource();
    const gain = context.createGain();
    source.buffer = this.buffer(samples);
    source.connect(gain).connect(context.destination);
    const now = context.currentTime;
    gain.gain.setValueAtTime(at > 0 ? 0 : loudness, now);
    if (at > 0) gain.gain.linearRampToValueAtTime(loudness, now + FADE);
    source.start(0, at);
    const voice = { source, gain, began: now - at, ended: false };
    this.voices.push(voice);
    source.onended = () => {
      voice.ended = true;
      source.disconnect();
      gain.disconnect();
      this.voices = this.voices.filter((one) => one !== voice);
    };
    const notes = this.voices.filter((one) => one !== this.main && !one.stopping);
    if (notes.length > MOST_VOICES) this.stop(notes[0]);
    return voice;
  }

  stop(voice, fade = FADE) {
    if (voice.ended || voice.stopping) return;
    voice.stopping = true;
    const now = this.context.currentTime;
    voice.gain.gain.cancelScheduledValues(now);
    voice.gain.gain.setTargetAtTime(0, now, fade / 3);
    voice.source.stop(now + 2 * fade);
  }

  stopAll() {
    for (const voice of this.voices) this.stop(voice);
  }

  // How far the sound is, in seconds; null where it is silent.
  position() {
    const voice = this.main;
    if (!voice || voice.ended || voice.stopping) return null;
    const length = voice.source.loop ? voice.source.loopEnd : voice.source.buffer.duration;
    const at = this.context.currentTime - voice.began;
    return voice.source.loop ? at % length : Math.min(at, length);
  }

  get isPlaying() {
    return !!this.main && !this.main.ended && !this.main.stopping;
  }
}
