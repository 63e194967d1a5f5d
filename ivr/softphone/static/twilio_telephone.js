// A telephone at Twilio: its Voice SDK 2.18.5, served by us (twilio.min.js, Apache-2.0), behind our interface.

import { Call, Telephone, tell } from "./telephone.js";

// Our pages make the sounds of their keys themselves, and ring by themselves: the SDK would fetch its own from outside.
const SOUNDS = [..."0123456789"].map((digit) => `dtmf${digit}`).concat("dtmfh", "dtmfs", "incoming", "outgoing", "disconnect");
const SILENCE = new URL("./silence.wav", import.meta.url).href;

let loading = null;

/** The SDK as Twilio publishes it: one script that leaves `Twilio` in the window. */
function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("./twilio.min.js", import.meta.url).href;
    script.addEventListener("load", () => resolve(window.Twilio));
    script.addEventListener("error", () => reject(new Error("the Voice SDK cannot be loaded")));
    document.head.append(script);
  });
  return loading;
}

export class TwilioTelephone extends Telephone {
  /** `options` are the SDK's own, such as {edge: "dublin"}. */
  constructor(options = {}) {
    super();
    this._options = options;
    this._device = null;
    this._calls = new Set();
    this._volume = 1;
  }

  async register(token) {
    const { Device } = await load();
    if (this._device) this._device.updateToken(token);
    else this._device = this._made(new Device(token, this._chosen()));
    if (this._device.state === Device.State.Registered) return this._device.identity;
    await this._registered();
    return this._device.identity;
  }

  async unregister() {
    if (this._device?.state === "registered") await this._device.unregister();
  }

  async call(parameters) {
    if (!this._device) throw new Error("register first");
    return this._keep(new TwilioCall(await this._device.connect({ params: parameters }), this));
  }

  async setInput(deviceId) {
    if (deviceId) await this._device?.audio.setInputDevice(deviceId);
    else await this._device?.audio.unsetInputDevice();
  }

  async setOutput(deviceId) {
    if (this._device?.audio.isOutputSelectionSupported) await this._device.audio.speakerDevices.set(deviceId || "default");
  }

  setVolume(volume) {
    this._volume = volume;
    for (const call of this._calls) call.setVolume(volume);
  }

  async close() {
    this._device?.destroy();
    this._device = null;
  }

  // The SDK tells a refused token by an event alone, and would wait for ever.
  async _registered() {
    let refuse;
    const refused = new Promise((_resolve, reject) => (refuse = reject));
    this._device.on("error", refuse);
    try {
      await Promise.race([this._device.register(), refused]);
    } finally {
      this._device.removeListener("error", refuse);
    }
  }

  _chosen() {
    const sounds = Object.fromEntries(SOUNDS.map((name) => [name, SILENCE]));
    return { logLevel: "error", codecPreferences: ["pcmu", "opus"], closeProtection: false, sounds, ...this._options };
  }

  _made(device) {
    device.on("registered", () => tell(this, "registered", { identity: device.identity }));
    device.on("unregistered", () => tell(this, "unregistered"));
    device.on("error", ({ code, message }) => tell(this, "error", { code, message }));
    device.on("tokenWillExpire", () => tell(this, "expiring"));
    device.on("incoming", (call) => tell(this, "incoming", { call: this._keep(new TwilioCall(call, this)) }));
    return device;
  }

  _keep(call) {
    this._calls.add(call);
    call.addEventListener("ended", () => this._calls.delete(call), { once: true });
    call.addEventListener("accepted", () => call.setVolume(this._volume), { once: true });
    return call;
  }
}

class TwilioCall extends Call {
  constructor(call, telephone) {
    super(call.parameters.CallSid, { ...Object.fromEntries(call.customParameters), ...call.parameters });
    this._call = call;
    this._telephone = telephone;
    this._warning = "";
    this._isOver = false;
    this._follow(call);
  }

  /** What is heard, for a page that shows its level. */
  get remoteStream() {
    return this._call.getRemoteStream();
  }

  async accept() {
    this._call.accept();
  }

  decline() {
    this._call.reject();
  }

  hangUp() {
    this._call.disconnect();
  }

  mute(isMuted) {
    this._call.mute(isMuted);
  }

  sendKeys(keys) {
    this._call.sendDigits(keys);
  }

  // The SDK has no way to set the volume; the element that it plays on has one.
  setVolume(volume) {
    const loudspeaker = this._call._mediaHandler?._masterAudio;
    if (loudspeaker) loudspeaker.volume = volume;
  }

  _follow(call) {
    call.on("ringing", () => {
      this._know();
      tell(this, "ringing");
    });
    call.on("accept", () => {
      this._know();
      tell(this, "accepted");
    });
    call.on("warning", (name) => (this._warning = name));
    call.on("warning-cleared", () => (this._warning = ""));
    call.on("sample", ({ mos }) => tell(this, "quality", { mos, warning: this._warning }));
    for (const [event, reason] of [["disconnect", "hung up"], ["cancel", "canceled"], ["reject", "declined"]]) {
      call.on(event, () => this._ended(reason));
    }
    call.on("error", ({ code, message }) => {
      tell(this._telephone, "error", { code, message });
      if (call.status() === "closed") this._ended(message);
    });
  }

  // An outgoing call has its sid only once the carrier has answered.
  _know() {
    this.id = this._call.parameters.CallSid ?? this.id;
    Object.assign(this.parameters, this._call.parameters);
  }

  _ended(reason) {
    if (this._isOver) return;
    this._isOver = true;
    tell(this, "ended", { reason });
  }
}
