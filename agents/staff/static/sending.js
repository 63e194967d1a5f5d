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
  try {
    const response = await fetch(url, { method: "POST", body, redirect: "manual" });
    const took = response.ok || response.type === "opaqueredirect";
    say(took ? "" : await response.text());
    document.dispatchEvent(new CustomEvent("pult:look-again"));
    return took;
  } catch {
    // The line on top says that the connection is lost; nothing was changed.
    return false;
  }
}

function say(words) {
  failed.textContent = words;
  failed.hidden = !words;
}
