// Put into every page under test: a microphone that sounds one tone, and a measure of what the page's telephone hears.
window.remote = null;
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor(...given) {
    super(...given);
    this.addEventListener("track", ({ track }) => (window.remote = new MediaStream([track])));
  }
};

// The blank page that a context opens with has no devices.
const devices = navigator.mediaDevices ?? {};
devices.getUserMedia = async () => {
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: window.tone });
  const microphone = context.createMediaStreamDestination();
  oscillator.connect(new GainNode(context, { gain: 0.5 })).connect(microphone);
  oscillator.start();
  return microphone.stream;
};

// The level of what is heard, and the share of its power at each of these frequencies, over a third of a second.
window.listen = async (frequencies) => {
  if (!window.remote) return { level: 0, shares: frequencies.map(() => 0) };
  window.ear ??= new AudioContext();
  const analyser = new AnalyserNode(window.ear, { fftSize: 16384 });
  const source = window.ear.createMediaStreamSource(window.remote);
  source.connect(analyser);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  source.disconnect();
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  const share = (frequency) => {
    let real = 0;
    let imaginary = 0;
    samples.forEach((value, n) => {
      const turn = (2 * Math.PI * frequency * n) / window.ear.sampleRate;
      real += value * Math.cos(turn);
      imaginary += value * Math.sin(turn);
    });
    return power < 1e-9 ? 0 : (2 * (real * real + imaginary * imaginary)) / (samples.length * samples.length * power);
  };
  return { level: Math.sqrt(power), shares: frequencies.map(share) };
};
