// Several sounds that run together, of which one is heard: from one to another without a gap, at
// the same place. Every sound is decoded before any begins.
class Switcher {
  constructor(onChange) {
    this.onChange = onChange;
    this.running = [];
    this.buffers = [];
    this.key = null;
    this.heard = 0;
    this.loop = false;
    this.turn = 0;
  }
  async decode(id) {
    this.decoded ??= new Kept(40, async (one) => {
      const bytes = await audioOf(one);
      return this.context.decodeAudioData(bytes.buffer);
    });
    return this.decoded.get(id);
  }
  get seconds() { return this.buffers.length ? Math.max(...this.buffers.map((one) => one.duration)) : 0; }
  get playing() { return this.running.length > 0; }
  get position() {
    if (!this.playing) return 0;
    const passed = Math.max(0, this.context.currentTime - this.began);
    return this.loop ? passed % this.seconds : Math.min(passed, this.seconds);
  }
  // Begin all of ids, of which place is heard.
  async play(key, ids, place, at = 0) {
    const turn = ++this.turn;
    this.context ??= new AudioContext();
    const awake = this.context.resume(); // at once: later it would be no answer to a click
    const buffers = await Promise.all(ids.map((id) => this.decode(id)));
    if (turn !== this.turn) return;
    await awake;
    if (turn !== this.turn) return;
    this.silence();
    this.buffers = buffers;
    this.key = key;
    this.heard = place;
    this.began = this.context.currentTime + .02 - at;
    this.running = buffers.map((buffer, i) => {
      const source = new AudioBufferSourceNode(this.context, { buffer, loop: this.loop });
      const gain = new GainNode(this.context, { gain: i === place ? 1 : 0 });
      source.connect(gain).connect(this.context.destination);
      source.start(this.began + at, at);
      return { source, gain };
    });
    const longest = buffers.indexOf(buffers.reduce((a, b) => a.duration >= b.duration ? a : b));
    this.running[longest].source.onended = () => { if (turn === this.turn && !this.loop) this.stop(); };
    this.onChange();
  }
  // Hear another at the same place: a fade of 8 ms each way, which neither clicks nor gaps.
  change(place) {
    this.heard = place;
    if (this.playing) {
      const now = this.context.currentTime;
      this.running.forEach(({ gain }, i) => {
        gain.gain.cancelScheduledValues(now);
        gain.gain.setValueAtTime(gain.gain.value, now);
        gain.gain.linearRampToValueAtTime(i === place ? 1 : 0, now + .008);
      });
    }
    this.onChange();
  }
  setLoop(on) {
    if (this.playing) this.began = this.context.currentTime - this.position;
    this.loop = on;
    for (const { source } of this.running) source.loop = on;
  }
  silence() {
    for (const { source } of this.running) {
      source.onended = null;
      source.stop();
      source.disconnect();
    }
    this.running = [];
  }
  stop() {
    this.turn++;
    this.silence();
    this.onChange();
  }
}
