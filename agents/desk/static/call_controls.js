// The buttons of a call: what the telephone itself does (accept, mute, keys, sound) and the lists that they open.
import { ask, say, send } from "/static/sending.js";
import { holdTelephone, work } from "./held_telephone.js";
import { keepSound, phoneWords, tellTelephone, telephoneWords } from "./sound.js";
import { formToken } from "./tokens.js";

const title = document.title;
let state = { phase: "opening", call: null };
let isHere = false;

export function controlCalls() {
  holdTelephone((told, where) => {
    if (told.call !== state.call) document.dispatchEvent(new CustomEvent("pult:look-again"));
    state = told;
    isHere = where.isHere;
    show();
  }, say);
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", typed);
  document.addEventListener("input", ({ target }) => filter(target));
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-dial]");
    if (!form) return;
    event.preventDefault();
    dial(form, { number: form.elements.number.value }, form.elements.number.value);
  });
  keepSound(show);
  show();
}

/** Bring the controls to what the telephone does; also after the page has put new ones. */
export function show() {
  const isRinging = document.getElementById("desk-now").dataset.stage === "ringing" && state.call === "ringing";
  const accept = document.getElementById("phone-accept");
  if (accept) {
    // Also where the page was renewed under it and nothing has the focus any more.
    if (isRinging && (accept.disabled || hasNoFocus()) && mayTakeFocus()) setTimeout(() => accept.focus());
    accept.disabled = !isRinging;
  }
  for (const one of document.querySelectorAll("[data-own-telephone]")) one.hidden = state.phase === "none";
  for (const mute of document.querySelectorAll('[data-phone="mute"]')) {
    mute.disabled = state.call !== "talking";
    mute.setAttribute("aria-pressed", String(Boolean(state.isMuted)));
  }
  const dialled = document.getElementById("dialled");
  dialled.hidden = !state.dialled;
  document.getElementById("dialled-whom").textContent = state.dialled ?? "";
  document.title = isRinging ? `☎ ${phoneWords.rings}` : title;
  tellTelephone(state, isHere);
  for (const button of document.querySelectorAll("[data-opens]")) {
    button.setAttribute("aria-expanded", String(!document.getElementById(button.dataset.opens)?.hidden));
  }
}

function hasNoFocus() {
  return !document.activeElement || document.activeElement === document.body;
}

function mayTakeFocus() {
  return !document.activeElement || !document.activeElement.matches("input, textarea, select");
}

function clicked({ target }) {
  const button = target.closest("button");
  if (!button) return;
  const { phone, digit, opens } = button.dataset;
  if (phone) work(phone);
  if (digit) press(digit);
  if (opens) toggle(document.getElementById(opens));
  if (button.dataset.target) passOn(button);
  const { colleague } = button.dataset;
  if (colleague) dial(button.closest("form"), { agent: colleague }, button.dataset.whom);
  if (button.dataset.whose) dial(button.closest("form"), { whose: button.dataset.whose }, button.textContent);
}

async function dial(form, wanted, whom) {
  // What is asked for is kept for a minute only: until the telephone can place it, nothing is.
  if (state.phase !== "ready") return say(telephoneWords(state, isHere));
  const body = new URLSearchParams({ ...wanted, call: form.dataset.about, form_token: formToken() });
  const answer = await ask(form.dataset.dial, body);
  if (!answer) return;
  form.hidden = true;
  work("dial", { dial: answer.dial, whom });
}

function press(key) {
  work("keys", key);
  const button = document.querySelector(`[data-digit="${CSS.escape(key)}"]`);
  button.classList.add("lit");
  setTimeout(() => button.classList.remove("lit"), 200);
}

// While the keypad is open, the keyboard's digits are the telephone's.
function typed(event) {
  if (event.key === "Escape") return closePanels();
  const keypad = document.getElementById("keypad");
  if (!keypad || keypad.hidden || event.target.closest("input, textarea, select") || !/^[0-9*#]$/.test(event.key)) return;
  event.preventDefault();
  press(event.key);
}

function closePanels(but) {
  for (const panel of document.querySelectorAll("#keypad, #transfer, #dialling")) {
    if (panel === but || panel.hidden) continue;
    const hadFocus = panel.contains(document.activeElement);
    panel.hidden = true;
    // Else the next key would still be typed into a field that is gone.
    if (hadFocus) document.querySelector(`[data-opens="${panel.id}"]`)?.focus();
  }
  show();
}

async function toggle(panel) {
  panel.hidden = !panel.hidden;
  closePanels(panel);
  if (panel.hidden) return;
  const field = panel.querySelector("input");
  if (!field) return;
  // There before its list is: what is typed meanwhile is typed into it, and no key that does something.
  field.value = "";
  field.focus();
  const list = panel.querySelector("[data-list]");
  const response = await fetch(list.dataset.list);
  if (!response.ok) return;
  const items = await response.text();
  const hadFocus = list.contains(document.activeElement);
  list.innerHTML = items;
  if (hadFocus) field.focus();
  filter(field);
}

async function passOn(button) {
  const { target, typed, ...to } = button.dataset;
  if (typed) to.number = document.getElementById(typed).value;
  const panel = button.closest(".transfer");
  const body = new URLSearchParams({ ...to, form_token: formToken() });
  if (await send(`${panel.dataset.callUrl}/${target}`, body)) panel.hidden = true;
}

function filter(field) {
  const list = document.getElementById(field.dataset.filters ?? "");
  if (!list) return;
  const wanted = field.value.trim().toLowerCase();
  for (const item of list.children) item.hidden = !("always" in item.dataset) && !item.dataset.search.toLowerCase().includes(wanted);
}
