// A telephone at the exchange: its own signalling over a WebSocket, sound by WebRTC with PCMU.

import { Call, Telephone, tell } from "./telephone.js";
import { watchQuality } from "./line_quality.js";

const GATHERING_MS = 1000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;

export class ExchangeTelephone extends Telephone {
  /** `signalUrl`: where to signal (ws:// or wss://). `wantsMicrophone` false is a telephone that only listens. */
  constructor(signalUrl, { wantsMicrophone = true } = {}) {
    super();
    this.hello = null;
    this._signalUrl = signalUrl;
    this._wantsMicrophone = wantsMicrophone;
    this._calls = new Map();
    this._waiting = new Map();
    this._early = [];
    this._token = null;
    this._volume = 1;
    this._input = "";
    this._output = "";
    this._pauseMs = FIRST_PAUSE_MS;
    this._isClosed = false;
    this._connect();
  }

  async register(token) {
    await this._opened;
    return new Promise((resolve, reject) => {
      this._registering = { token, resolve, reject };
      this._send({ type: "register", token });
    });
  }

  async unregister() {
    this._token = null;
    this._send({ type: "unregister" });
  }

  async call(parameters) {
    await this._opened;
    const id = crypto.randomUUID();
    const line = await this._newLine();
    const sdp = line ? await line.offer() : null;
    // Somebody may have been asked for their microphone meanwhile, for however long.
    await this._opened.catch((error) => {
      line?.close();
      throw error;
    });
    return new Promise((resolve, reject) => {
      this._waiting.set(id, { resolve, reject, line, parameters });
      this._send({ type: "call", id, parameters, sdp });
    });
  }

  async setInput(deviceId) {
    this._input = deviceId;
    for (const call of this._calls.values()) await call.line?.setInput(deviceId);
  }

  async setOutput(deviceId) {
    this._output = deviceId;
    for (const call of this._calls.values()) await call.line?.setOutput(deviceId);
  }

  setVolume(volume) {
    this._volume = volume;
    for (const call of this._calls.values()) call.line?.setVolume(volume);
  }

  async close() {
    this._isClosed = true;
    for (const call of this._calls.values()) call.line?.close();
    this._socket.close();
  }

  _connect() {
    this._socket = new WebSocket(this._signalUrl);
    this._opened = new Promise((resolve, reject) => {
      this._helloHeard = resolve;
      this._helloMissed = reject;
    });
    // Nobody need be waiting.
    this._opened.catch(() => {});
    this._socket.addEventListener("message", (event) => this._take(JSON.parse(event.data)));
    this._socket.addEventListener("close", () => this._lost());
  }

  // The exchange hangs up what a lost page leaves behind, so there is nothing to go on with but new calls.
  // Whoever waits for an answer is told that none comes, and whoever asks before the next try, at once.
  _lost() {
    const error = new Error("the exchange does not answer");
    for (const call of this._calls.values()) call.ended("connection lost");
    for (const { reject, line } of this._waiting.values()) {
      line?.close();
      reject(error);
    }
    this._waiting.clear();
    this._registering?.reject(error);
    this._registering = null;
    this._helloMissed(error);
    this._opened = Promise.reject(error);
    this._opened.catch(() => {});
    if (this._isClosed) return;
    tell(this, "unregistered");
    setTimeout(() => this._connect(), this._pauseMs);
    this._pauseMs = Math.min(LONGEST_PAUSE_MS, this._pauseMs * 2);
  }

  _send(message) {
    if (this._socket.readyState === WebSocket.OPEN) this._socket.send(JSON.stringify(message));
  }

  _take(message) {
    switch (message.type) {
      case "hello":
        this.hello = message;
        this._pauseMs = FIRST_PAUSE_MS;
        this._helloHeard();
        tell(this, "connected", message);
        this._registerAgain().catch(() => {});
        break;
      case "registered":
        this._token = this._registering?.token ?? this._token;
        this._registering?.resolve(message.identity);
        this._registering = null;
        tell(this, "registered", { identity: message.identity });
        break;
      case "unregistered":
        tell(this, "unregistered");
        break;
      case "calling":
        this._calling(message);
        break;
      case "incoming":
        tell(this, "incoming", { call: this._keep(new ExchangeCall(this, message.call, message.parameters)) });
        break;
      case "accepted":
        this._calls.get(message.call)?.connected(message.sdp);
        break;
      case "event":
        this._happened(message);
        break;
      case "refused":
        this._refused(message);
        break;
    }
  }

  // With the token from before, unless somebody waited for this connection with a newer one: they come first.
  async _registerAgain() {
    await this._opened;
    if (this._token && !this._registering) await this.register(this._token);
  }

  _calling({ id, call: sid, sdp }) {
    const { resolve, line, parameters } = this._waiting.get(id);
    this._waiting.delete(id);
    const call = this._keep(new ExchangeCall(this, sid, { ...parameters, CallSid: sid }, line));
    call.connected(sdp);
    resolve(call);
  }

  _keep(call) {
    this._calls.set(call.id, call);
    call.addEventListener("ended", () => this._calls.delete(call.id), { once: true });
    const early = this._early.filter((message) => message.call === call.id);
    this._early = [];
    // After whoever asked for the call has had the time to listen to it.
    setTimeout(() => early.forEach((message) => call.happened(message)));
    return call;
  }

  // What happens on a call can be told before the page has heard which call it is.
  _happened(message) {
    const call = this._calls.get(message.call);
    if (call) call.happened(message);
    else if (this._waiting.size) this._early.push(message);
  }

  _refused({ code, message, id, call }) {
    const error = Object.assign(new Error(message), { code });
    const waiting = this._waiting.get(id);
    if (waiting) {
      this._waiting.delete(id);
      waiting.line?.close();
      waiting.reject(error);
    } else if (this._registering) {
      this._registering.reject(error);
      this._registering = null;
      this._token = null;
    } else if (this._calls.has(call)) {
      this._calls.get(call).ended(message);
    }
    tell(this, "error", { code, message });
  }

  async _newLine() {
    if (!this.hello?.audio) return null;
    const line = new Line(this._volume, this._output);
    await line.open(this._wantsMicrophone, this._input);
    return line;
  }
}

class ExchangeCall extends Call {
  constructor(telephone, id, parameters, line = null) {
    super(id, parameters);
    this.line = line;
    this._telephone = telephone;
    this._isOver = false;
  }

  async accept() {
    this.line = await this._telephone._newLine();
    const sdp = this.line ? await this.line.offer() : null;
    this._send({ type: "accept", sdp });
  }

  decline() {
    this._send({ type: "decline" });
  }

  hangUp() {
    this._send({ type: "hangup" });
  }

  mute(isMuted) {
    this.line?.mute(isMuted);
  }

  sendKeys(keys) {
    this._send({ type: "keys", keys });
  }

  async connected(sdp) {
    if (!sdp || !this.line) return;
    await this.line.answered(sdp);
    this._stopWatching = watchQuality(this.line.peer, (quality) => tell(this, "quality", quality));
  }

  happened(event) {
    if (event.kind === "ringing" || event.kind === "dialled") tell(this, "ringing");
    if (event.kind === "answered") tell(this, "accepted");
    if (event.kind === "hears") {
      tell(this, "heard", { text: event.text, language: event.language, seconds: event.round_seconds, keys: event.keys });
    }
    tell(this, "event", event);
    if (event.kind === "ended") this.ended(event.cause);
  }

  ended(reason) {
    if (this._isOver) return;
    this._isOver = true;
    this._stopWatching?.();
    this.line?.close();
    tell(this, "ended", { reason });
  }

  _send(message) {
    this._telephone._send({ call: this.id, ...message });
  }
}

// The sound of one call: a microphone, a loudspeaker and what is between them.
class Line {
  constructor(volume, output) {
    this.peer = new RTCPeerConnection({ iceServers: [] });
    this._loudspeaker = new Audio();
    this._loudspeaker.autoplay = true;
    this._loudspeaker.volume = volume;
    this.setOutput(output);
    this.peer.addEventListener("track", ({ track }) => {
      this.remote = new MediaStream([track]);
      this._loudspeaker.srcObject = this.remote;
    });
  }

  async open(wantsMicrophone, input) {
    const sound = wantsMicrophone ? await microphone(input) : null;
    this._track = sound?.getAudioTracks()[0] ?? null;
    this.transceiver = this.peer.addTransceiver(this._track ?? "audio", {
      direction: this._track ? "sendrecv" : "recvonly",
    });
    const codecs = RTCRtpReceiver.getCapabilities("audio").codecs;
    this.transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType.toLowerCase() === "audio/pcmu"));
  }

  async offer() {
    await this.peer.setLocalDescription();
    await gathered(this.peer);
    return this.peer.localDescription.sdp;
  }

  async answered(sdp) {
    await this.peer.setRemoteDescription({ type: "answer", sdp });
  }

  async setInput(deviceId) {
    const sound = await microphone(deviceId);
    const track = sound?.getAudioTracks()[0];
    if (!track) return;
    track.enabled = this._track?.enabled ?? true;
    await this.transceiver.sender.replaceTrack(track);
    this._track?.stop();
    this._track = track;
  }

  async setOutput(deviceId) {
    if (deviceId && this._loudspeaker.setSinkId) await this._loudspeaker.setSinkId(deviceId);
  }

  setVolume(volume) {
    this._loudspeaker.volume = volume;
  }

  mute(isMuted) {
    if (this._track) this._track.enabled = !isMuted;
  }

  close() {
    this._track?.stop();
    this._loudspeaker.srcObject = null;
    this.peer.close();
  }
}

// A page without a microphone, or without leave to use it, can still listen.
async function microphone(deviceId) {
  const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const audio = deviceId ? { ...wanted, deviceId: { exact: deviceId } } : wanted;
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch {
    return null;
  }
}

function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERING_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState === "complete") {
        clearTimeout(timer);
        resolve();
      }
    });
  });
}
