// Forms marked data-stay are sent without leaving the page; what the server refuses is said in its own words.
import { closeOthers } from "./menus.js";

const failed = document.querySelector(".failed");

export function sendInPlace() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-stay]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    // A form with a place for it says there what was refused, and stays open with what was typed.
    const refusal = form.querySelector("[data-refusal]");
    if (!refusal) closeOthers(null);
    const took = await send(form.action, body, refusal ?? failed);
    if (took && refusal) {
      form.reset();
      form.closest("dialog").close();
    }
  });
  failed.addEventListener("click", () => say(""));
  document.addEventListener("keydown", (event) => event.key === "Escape" && say(""));
}

// Resolves to whether the server took it.
export async function send(url, body, place = failed) {
  const response = await posted(url, body, place);
  if (response) document.dispatchEvent(new CustomEvent("pult:look-again"));
  return response?.took ?? false;
}

// Resolves to what the server answers (JSON), or null where it refused.
export async function ask(url, body) {
  const response = await posted(url, body);
  return response?.took ? response.answer.json() : null;
}

async function posted(url, body, place = failed) {
  // Parts that are the same for every reader hold no form token.
  const headers = { "X-Form-Token": document.querySelector('meta[name="form-token"]').content };
  try {
    const answer = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
    const took = answer.ok || answer.type === "opaqueredirect";
    sayIn(place, took ? "" : await answer.text());
    if (took) say("");
    return { took, answer };
  } catch {
    // The line on top says that the connection is lost; nothing was changed.
    return null;
  }
}

/** Say why something was not done; it stands until the next thing is, or somebody closes it. */
export function say(words) {
  sayIn(failed, words);
}

function sayIn(place, words) {
  place.textContent = words;
  place.hidden = !words;
}
