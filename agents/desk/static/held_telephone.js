// The agent's one telephone: the tab that holds the lock has it, the others show its state and work it from afar.
//
// State that is told: {phase: "opening" | "ready" | "lost" | "none", why, call: null | "ringing" | "talking", dialled: null
// or whom the agent calls, isMuted, warning}. Which carrier's telephone it is, only the server knows.
import { formToken } from "./tokens.js";
import { Ringer } from "./ringer.js";

const AGAIN_MILLISECONDS = 3000;
const EARLY = 0.75;

const channel = new BroadcastChannel("pult-telephone");
const ringer = new Ringer();
let state = { phase: "opening", why: "", call: null, dialled: null, isMuted: false, warning: "" };
let isHere = false;
let telephone = null;
let call = null;
let later = null;
let show = () => {};
let say = () => {};

/** `shown` is given the state whenever it changes, `said` why a call that the agent made reached nobody. */
export function holdTelephone(shown, said) {
  show = shown;
  say = said;
  channel.onmessage = ({ data }) => (isHere ? asOwner(data) : asGuest(data));
  channel.postMessage({ type: "who" });
  navigator.locks.request("pult-telephone", () => new Promise(() => own()));
}

/** Do something with the telephone, wherever it is: accept, decline, mute, keys, volume, input, output. */
export function work(what, value) {
  if (isHere) perform(what, value);
  else channel.postMessage({ type: "work", what, value });
}

function asOwner(message) {
  if (message.type === "who") channel.postMessage({ type: "state", state });
  if (message.type === "work") perform(message.what, message.value);
}

function asGuest(message) {
  if (message.type === "state") show(message.state, { isHere: false });
  if (message.type === "said") say(message.why);
}

function tell(change) {
  state = { ...state, ...change };
  channel.postMessage({ type: "state", state });
  show(state, { isHere: true });
}

function own() {
  isHere = true;
  // What the tab before had is over with it.
  tell({ phase: "opening", call: null, dialled: null, isMuted: false, warning: "" });
  open();
}

async function open() {
  let given;
  try {
    const response = await post("/desk/telephone");
    if (response.status === 409) return tell({ phase: "none", why: await response.text() });
    if (!response.ok) throw new Error(`the desk answered ${response.status}`);
    given = await response.json();
    if (!telephone) {
      const driver = await import(`/softphone/${given.script}`);
      telephone = listenedTo(new driver[given.name](...given.given));
    }
    await telephone.register(given.token);
    tell({ phase: "ready" });
    document.dispatchEvent(new CustomEvent("pult:telephone"));
    setTimeout(open, given.seconds * 1000 * EARLY);
  } catch {
    tell({ phase: "lost" });
    setTimeout(open, AGAIN_MILLISECONDS);
  }
}

function listenedTo(one) {
  one.addEventListener("registered", () => tell({ phase: "ready" }));
  one.addEventListener("unregistered", () => tell({ phase: "lost" }));
  one.addEventListener("incoming", ({ detail }) => incoming(detail.call));
  return one;
}

function incoming(next) {
  if (call) return keepForLater(next);
  keep(next);
  tell({ call: "ringing", isMuted: false, warning: "" });
  ringer.start();
}

// Offered before the server saw what was dialled here: that it refuses, and then this one may ring.
function keepForLater(next) {
  later?.decline();
  later = next;
  next.addEventListener("ended", () => {
    if (later === next) later = null;
  });
}

function ringLater() {
  const next = later;
  later = null;
  if (next) incoming(next);
}

function keep(next) {
  call = next;
  next.addEventListener("quality", ({ detail }) => next === call && tell({ warning: detail.warning, isHeard: true }));
  next.addEventListener("ended", () => {
    if (next !== call) return;
    call = null;
    ringer.stop();
    tell({ call: null, dialled: null, isMuted: false, warning: "", isHeard: false });
    ringLater();
  });
}

async function perform(what, value) {
  switch (what) {
    case "accept":
      if (call && state.call === "ringing") await accept();
      break;
    case "mute":
      call?.mute(!state.isMuted);
      if (call) tell({ isMuted: !state.isMuted });
      break;
    case "dial":
      await dial(value);
      break;
    case "decline":
      if (state.call === "ringing") call?.decline();
      break;
    case "hang-up":
      call?.hangUp();
      break;
    case "keys":
      call?.sendKeys(value);
      break;
    case "volume":
      telephone?.setVolume(value);
      break;
    case "input":
      await telephone?.setInput(value);
      break;
    case "output":
      await telephone?.setOutput(value);
  }
}

// What is dialled only the server knows: the carrier asks it by the dial's id.
async function dial({ dial, whom }) {
  if (!telephone) return over(dial);
  if (call) return;
  try {
    const made = await telephone.call({ To: dial });
    made.addEventListener("ended", () => over(dial), { once: true });
    // What rings here meanwhile has the agent.
    if (call) return made.hangUp();
    keep(made);
    tell({ call: "talking", dialled: whom, isMuted: false, warning: "" });
  } catch {
    if (!call) tell({ call: null, dialled: null });
    await over(dial);
  }
}

async function over(dial) {
  const response = await post(`/desk/dials/${dial}/over`);
  const { why } = response.ok ? await response.json() : {};
  if (!why) return;
  channel.postMessage({ type: "said", why });
  say(why);
}

function post(url) {
  return fetch(url, { method: "POST", headers: { "X-Form-Token": formToken() }, keepalive: true });
}

async function accept() {
  ringer.stop();
  tell({ call: "talking" });
  await call.accept();
}
