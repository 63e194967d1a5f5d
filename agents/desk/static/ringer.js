// The desk's ring: a Russian telephone's 425 Hz, one second in five, made here so that nothing must be loaded.
const HERTZ = 425;
const LOUD = 0.08;
const EVERY_MILLISECONDS = 4000;

export class Ringer {
  start() {
    this.stop();
    this._context ??= new AudioContext();
    this._context.resume();
    this._ring();
    this._timer = setInterval(() => this._ring(), EVERY_MILLISECONDS);
  }

  stop() {
    clearInterval(this._timer);
    this._tone?.stop();
    this._tone = null;
  }

  _ring() {
    const now = this._context.currentTime;
    const gain = new GainNode(this._context, { gain: LOUD });
    this._tone = new OscillatorNode(this._context, { frequency: HERTZ });
    this._tone.connect(gain).connect(this._context.destination);
    this._tone.start(now);
    this._tone.stop(now + 1);
  }
}
