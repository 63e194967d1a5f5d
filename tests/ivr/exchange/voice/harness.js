// Put into every page under test: a microphone that sounds one tone, and a measure of what is heard.

window.tone = 440;
window.calls = [];
window.happenings = [];

navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const oscillator = context.createOscillator();
  oscillator.frequency.value = window.tone;
  const gain = context.createGain();
  gain.gain.value = 0.5;
  const microphone = context.createMediaStreamDestination();
  oscillator.connect(gain).connect(microphone);
  oscillator.start();
  window.microphoneGain = gain;
  return microphone.stream;
};

window.keepCall = (call) => {
  window.calls.push(call);
  for (const type of ["ringing", "accepted", "ended", "event", "quality"]) {
    call.addEventListener(type, ({ detail }) => window.happenings.push({ type, ...detail }));
  }
  return window.calls.length - 1;
};

window.openTelephone = async (module, name, ...given) => {
  const found = await import(module);
  window.telephone = new found[name](...given);
  for (const type of ["registered", "unregistered", "error", "connected"]) {
    window.telephone.addEventListener(type, ({ detail }) => window.happenings.push({ type, ...detail }));
  }
  window.telephone.addEventListener("incoming", ({ detail }) => {
    window.happenings.push({ type: "incoming", index: window.keepCall(detail.call), parameters: detail.call.parameters });
  });
};

window.mediaOf = (call) => call.remoteStream ?? call.line?.remote;

// The share of the sound's power at some frequencies, and its level, over a third of a second.
window.listen = async (index, frequencies) => {
  const stream = window.mediaOf(window.calls[index]);
  if (!stream) return { level: 0, shares: frequencies.map(() => 0) };
  window.ear ??= new AudioContext();
  const analyser = new AnalyserNode(window.ear, { fftSize: 16384 });
  const source = window.ear.createMediaStreamSource(stream);
  source.connect(analyser);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  source.disconnect();
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  return { level: Math.sqrt(power), shares: frequencies.map((frequency) => share(samples, window.ear.sampleRate, frequency, power)) };
};

function share(samples, rate, frequency, power) {
  let real = 0;
  let imaginary = 0;
  samples.forEach((value, n) => {
    const turn = (2 * Math.PI * frequency * n) / rate;
    real += value * Math.cos(turn);
    imaginary += value * Math.sin(turn);
  });
  return power < 1e-9 ? 0 : (2 * (real * real + imaginary * imaginary)) / (samples.length * samples.length * power);
}
