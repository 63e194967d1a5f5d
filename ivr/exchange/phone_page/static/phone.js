// The phone page: choose a line, call it, hear it, press keys, and read what it says.

import { ExchangeTelephone } from "/exchange/phone/softphone/exchange_telephone.js";
import { soundBusy, soundKey } from "./keypad.js";
import { Story } from "./story.js";
import { dialled, speaker, written } from "./words.js";

const LIT_MS = 180;
const SHOWN_KEYS = 24;
const $ = (id) => document.getElementById(id);

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("en") ? "en" : "ru");
let say = speaker(language);
let telephone = null;
let call = null;
let state = "idle";
let begunAt = null;
let isMuted = false;

const story = new Story($("story"), $("nothing"), () => $("timer").textContent);

// What the page shows.

function show(next, why = "") {
  state = next;
  document.body.dataset.state = next;
  $("state").textContent = why ? `${say(next)}: ${why}` : say(next);
  const isBusy = ["dialling", "ringing", "up"].includes(next);
  $("call").disabled = isBusy || !telephone?.hello;
  $("end").disabled = !isBusy;
  $("mute").disabled = next !== "up";
  for (const field of ["to", "from"]) $(field).readOnly = isBusy;
  for (const line of document.querySelectorAll(".lines button")) line.disabled = isBusy;
  if (!isBusy) wantKeys(false);
}

function wantKeys(isWanted) {
  document.body.dataset.wantsKeys = isWanted;
}

function translate() {
  say = speaker(language);
  document.documentElement.lang = language;
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  $("language").textContent = say("other");
  $("language").lang = language === "ru" ? "en" : "ru";
  $("from").placeholder = say("hidden_number");
  show(state);
  showSound();
  listDevices();
}

function showSound() {
  const hello = telephone?.hello;
  if (!hello) return;
  const engine = hello.voices[language];
  $("sound-state").textContent = !hello.audio ? say("text_only") : engine ? say("speaks", { engine }) : say("no_voice");
}

function showQuality({ mos }) {
  const bars = mos >= 4 ? 4 : mos >= 3.5 ? 3 : mos >= 2.5 ? 2 : 1;
  $("quality").dataset.bars = bars;
  $("quality").hidden = false;
  $("quality").setAttribute("aria-label", say("quality", { mos }));
  $("quality").title = say("quality", { mos });
}

setInterval(() => {
  if (begunAt === null) return;
  const seconds = Math.floor((performance.now() - begunAt) / 1000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  $("timer").textContent = `${String(minutes).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}, 200);

// Calls.

async function dial() {
  if (call || $("call").disabled) return;
  story.clear();
  begunAt = null;
  $("timer").textContent = "00:00";
  $("pressed").textContent = "";
  show("dialling");
  try {
    follow(await telephone.call({ To: dialled($("to").value), From: dialled($("from").value) }));
    await listDevices();
  } catch (error) {
    call = null;
    show("failed", error.message);
  }
}

function follow(placed) {
  call = placed;
  show("ringing");
  call.addEventListener("accepted", () => {
    begunAt = performance.now();
    show("up");
  });
  call.addEventListener("event", ({ detail }) => happened(detail));
  call.addEventListener("quality", ({ detail }) => showQuality(detail));
  call.addEventListener("ended", ({ detail }) => ended(detail.reason));
}

function happened(event) {
  wantKeys(event.kind === "waits_for_input");
  switch (event.kind) {
    case "hears":
      if (event.text) story.say(event.text, event.language, event.round_seconds);
      else if (event.url) story.note(say("sound", { url: new URL(event.url).pathname }));
      else if (event.keys) story.note(event.keys);
      break;
    case "waits_for_input":
      story.hush();
      break;
    case "pressed":
      story.pressed(event.keys);
      break;
    case "hold_music":
      story.note(`♪ ${say("music")}`);
      break;
    case "bridged":
      story.note(`${say("connected")}: ${event.others.map(written).join(", ")}`);
      break;
    case "unbridged":
      story.note(say("alone"));
      break;
    case "beep":
      story.note(`▪ ${say("beep")}`);
      break;
    case "recorded":
      story.note(say("recorded", { seconds: event.seconds }));
      break;
    case "sms":
      story.note(say("sms", event));
      break;
  }
}

function ended(reason) {
  const wasUp = begunAt !== null;
  call = null;
  begunAt = null;
  isMuted = false;
  $("mute").setAttribute("aria-pressed", "false");
  $("quality").hidden = true;
  story.hush();
  if (reason !== "hung up") soundBusy($("volume").value / 100);
  show(wasUp || reason === "hung up" ? "ended" : "failed", reason === "hung up" ? "" : say("cause", { cause: reason }));
}

function press(key) {
  light(key);
  soundKey(key, $("volume").value / 100);
  if (call) {
    call.sendKeys(key);
    $("pressed").textContent = ($("pressed").textContent + key).slice(-SHOWN_KEYS);
  } else if (!$("to").readOnly) {
    $("to").value += key;
  }
}

function light(key) {
  const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  button.classList.add("lit");
  clearTimeout(button.timer);
  button.timer = setTimeout(() => button.classList.remove("lit"), LIT_MS);
}

function toggleMute() {
  if (!call || state !== "up") return;
  isMuted = !isMuted;
  call.mute(isMuted);
  $("mute").setAttribute("aria-pressed", String(isMuted));
}

// What the holder does.

$("pad").addEventListener("click", ({ target }) => target.dataset.key && press(target.dataset.key));
$("dial-form").addEventListener("submit", (event) => {
  event.preventDefault();
  dial();
});
$("end").addEventListener("click", () => call?.hangUp());
$("mute").addEventListener("click", toggleMute);
$("volume").addEventListener("input", () => telephone?.setVolume($("volume").value / 100));
$("input").addEventListener("change", () => telephone?.setInput($("input").value));
$("output").addEventListener("change", () => telephone?.setOutput($("output").value));
$("language").addEventListener("click", () => {
  language = language === "ru" ? "en" : "ru";
  localStorage.setItem("language", language);
  translate();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const isTyping = ["INPUT", "SELECT"].includes(event.target.tagName) && !event.target.readOnly && event.target.type !== "range";
  if (event.key === "Escape") call?.hangUp();
  else if (!isTyping && /^[0-9*#]$/.test(event.key)) press(event.key);
  else if (!isTyping && ["m", "M", "ь", "Ь"].includes(event.key)) toggleMute();
  else if (event.key === "Enter" && !isTyping && event.target.tagName !== "BUTTON") dial();
});

// The beginning.

async function listLines() {
  const { lines } = await (await fetch("/exchange/phone/lines")).json();
  $("no-lines").hidden = lines.length > 0;
  const named = new Map();
  for (const { number, name } of lines) named.set(name, [...(named.get(name) ?? []), number]);
  $("lines").replaceChildren(...[...named].map(lineItem));
  if (lines.length && !$("to").value) choose(document.querySelector(".lines button"));
}

// A line with all of its numbers.
function lineItem([name, numbers]) {
  const item = document.createElement("li");
  const title = Object.assign(document.createElement("p"), { textContent: name });
  item.append(...(name === numbers[0] ? [] : [title]), ...numbers.map((number) => numberButton(number, name)));
  return item;
}

function numberButton(number, name) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: written(number) });
  button.dataset.number = number;
  button.setAttribute("aria-label", `${name}, ${written(number)}`);
  button.addEventListener("click", () => choose(button));
  button.addEventListener("dblclick", dial);
  return button;
}

function choose(button) {
  for (const other of document.querySelectorAll(".lines button")) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  $("to").value = written(button.dataset.number);
}

async function listDevices() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  for (const [id, kind] of [["input", "audioinput"], ["output", "audiooutput"]]) {
    const chosen = $(id).value;
    const named = devices.filter((device) => device.kind === kind && device.deviceId && device.deviceId !== "default");
    const options = named.map(({ deviceId, label }) => new Option(label || deviceId.slice(0, 8), deviceId));
    $(id).replaceChildren(new Option(say("default_device"), ""), ...options);
    $(id).value = chosen;
  }
}

async function begin() {
  translate();
  await listLines();
  const { signal } = await (await fetch("/exchange/voice")).json();
  if (!signal) return warn(say("no_voice_part"));
  telephone = new ExchangeTelephone(signal);
  telephone.setVolume($("volume").value / 100);
  telephone.addEventListener("connected", () => {
    warn("");
    showSound();
    show(call ? state : "idle");
  });
  telephone.addEventListener("unregistered", () => warn(say("lost")));
}

function warn(text) {
  $("strip").textContent = text;
  $("strip").hidden = !text;
  if (text) $("call").disabled = true;
}

begin().catch(() => warn(say("lost")));
