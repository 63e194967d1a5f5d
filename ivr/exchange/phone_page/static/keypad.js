// The sounds that a telephone makes by itself: its keys, and the tone of a line that the other side has left.

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477];
const KEYS = "123456789*0#";
const KEY_SECONDS = 0.13;

let context = null;

/** Sound the two frequencies of a key (ITU-T Q.23). */
export function soundKey(key, volume) {
  const index = KEYS.indexOf(key);
  if (index >= 0) sound([ROWS[Math.floor(index / 3)], COLUMNS[index % 3]], [[0, KEY_SECONDS]], volume * 0.12);
}

/** Three short tones: the other side has hung up. */
export function soundBusy(volume) {
  sound([425], [[0, 0.35], [0.7, 0.35], [1.4, 0.35]], volume * 0.1);
}

function sound(frequencies, stretches, level) {
  context ??= new AudioContext();
  const gain = context.createGain();
  gain.gain.value = 0;
  gain.connect(context.destination);
  const now = context.currentTime;
  const end = now + stretches.at(-1)[0] + stretches.at(-1)[1];
  for (const [at, length] of stretches) {
    gain.gain.setTargetAtTime(level / frequencies.length, now + at, 0.004);
    gain.gain.setTargetAtTime(0, now + at + length, 0.004);
  }
  for (const frequency of frequencies) {
    const oscillator = context.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(gain);
    oscillator.start(now);
    oscillator.stop(end + 0.05);
  }
}
