// Forms marked data-stay are sent without leaving the page; what the server refuses is said in its own words.
import { closeOthers } from "./menus.js";

const failed = document.querySelector(".failed");

export function sendInPlace() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-stay]")) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    closeOthers(null);
    await send(form.action, new URLSearchParams(body));
  });
}

// Resolves to whether the server took it.
export async function send(url, body) {
  const response = await posted(url, body);
  if (response) document.dispatchEvent(new CustomEvent("pult:look-again"));
  return response?.took ?? false;
}

// Resolves to what the server answers (JSON), or null where it refused.
export async function ask(url, body) {
  const response = await posted(url, body);
  return response?.took ? response.answer.json() : null;
}

async function posted(url, body) {
  // Parts that are the same for every reader hold no form token.
  const headers = { "X-Form-Token": document.querySelector('meta[name="form-token"]').content };
  try {
    const answer = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
    const took = answer.ok || answer.type === "opaqueredirect";
    say(took ? "" : await answer.text());
    return { took, answer };
  } catch {
    // The line on top says that the connection is lost; nothing was changed.
    return null;
  }
}

/** Say why something was not done; it stands until the next thing is. */
export function say(words) {
  failed.textContent = words;
  failed.hidden = !words;
}
