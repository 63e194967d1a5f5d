// The form of a wrap-up, wherever it stands in a page: digits pick outcomes, Ctrl and Enter save, and what is written is
// kept as a draft while it is written.
import { Drafts } from "./drafts.js";

let drafts = null;
let focused = null;

export function keepWrapUps() {
  drafts = new Drafts(theForm, (form) => form.dataset.draft, tell);
  document.addEventListener("input", ({ target }) => written(target));
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", ({ target }) => target.closest("[data-to-outcome]") && toOutcome());
  // What is sent for good needs no draft.
  document.addEventListener("submit", ({ target }) => target.matches("form[data-draft]") && drafts.stop(), true);
  new MutationObserver(looked).observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["data-stage"],
  });
  setInterval(measure, 1000);
  looked();
}

const theForm = () => document.querySelector("form[data-draft]");

function written(target) {
  const form = target.closest("form[data-draft]");
  if (!form) return;
  one(form, target);
  drafts.written();
}

// One primary outcome, from the list or from the others.
function one(form, target) {
  if (target.name === "other" && target.value) {
    for (const radio of form.querySelectorAll("[name=primary]")) radio.checked = false;
  }
  if (target.name === "primary") form.elements.other.value = "";
  if (target.name === "also") tellAdded(form);
}

// The server's words are of the last draft: what is ticked now counts.
function tellAdded(form) {
  const words = [...form.querySelectorAll("[name=also]:checked + span")].map((span) => span.textContent);
  const shown = form.querySelector("[data-also]");
  const text = words.join(", ") || shown.dataset.none;
  if (shown.textContent !== text) shown.textContent = text;
}

async function tell(response, form) {
  const state = form.querySelector("[data-draft-state]");
  if (response?.ok) {
    const { saved } = await response.json();
    state.textContent = `${state.dataset.saved} ${saved}`;
  } else if (response?.status === 409) {
    state.textContent = state.dataset.elsewhere;
  } else if (!response || response.status >= 500) {
    state.textContent = state.dataset.lost;
  }
}

function pressed(event) {
  const form = theForm();
  if (!form || event.repeat || document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && event.code === "Enter") {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".save button"));
    return;
  }
  const digit = event.code.match(/^(?:Digit|Numpad)(\d)$/);
  const isWriting = event.target.matches?.("textarea, select, input:not([type=radio], [type=checkbox])");
  if (!digit || isWriting || event.ctrlKey || event.altKey || event.metaKey || !form.contains(event.target)) return;
  event.preventDefault();
  pick(form, Number(digit[1]), event.shiftKey);
}

function pick(form, digit, isAdded) {
  if (digit === 0) {
    form.elements.other.focus();
    return;
  }
  const radio = form.querySelectorAll("[name=primary]")[digit - 1];
  if (!radio) return;
  const control = isAdded ? form.querySelector(`[name=also][value="${CSS.escape(radio.value)}"]`) : radio;
  control.checked = isAdded ? !control.checked : true;
  if (!isAdded) control.focus();
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

function toOutcome() {
  const form = theForm();
  const first = form?.querySelector("[name=primary]:checked") ?? form?.querySelector("[name=primary]");
  first?.focus();
}

function looked() {
  const form = theForm();
  if (form) tellAdded(form);
  greet(form);
}

// The call is over: what came of it is written down now, unless somebody already writes.
function greet(form) {
  const stage = form && `${form.action} ${form.dataset.stage}`;
  if (stage === focused) return;
  focused = stage;
  const isBusy = document.activeElement?.matches("textarea, input, select") || document.querySelector("dialog[open]");
  if (form?.dataset.stage === "wrap_up" && !isBusy) toOutcome();
}

// How much of the time for it is used.
function measure() {
  const used = document.querySelector("[data-used]");
  if (!used) return;
  const [minutes, seconds] = used.querySelector("time").textContent.split(":").slice(-2).map(Number);
  const bar = used.querySelector("progress");
  bar.value = used.querySelector("time").textContent.length > 5 ? bar.max : minutes * 60 + seconds;
  used.classList.toggle("late", bar.value >= bar.max);
}
