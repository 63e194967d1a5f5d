// The desk: its telephone, the parts of the card that have an address of their own, what is said aloud when a call rings.
import { controlCalls, show } from "./call_controls.js";

const desk = () => document.getElementById("desk-now");
const announced = document.getElementById("announced");

const AGAIN_MILLISECONDS = 3000;

// A part is put in the place that the card keeps for it; while there is none, what stands instead stays.
async function fill(place) {
  place.dataset.asked = "";
  const response = await fetch(place.dataset.part).catch(() => null);
  const part = response?.ok ? await response.text().catch(() => null) : null;
  if (part !== null) {
    place.innerHTML = part;
    document.dispatchEvent(new CustomEvent("pult:shown"));
  } else if (response?.status !== 404) {
    // Nothing else asks again for as long as the call lasts. 404 says that it is not theirs any more.
    setTimeout(() => place.isConnected && fill(place), AGAIN_MILLISECONDS);
  }
}

let told = null;

function announce() {
  const now = desk();
  const ringing = now.dataset.stage === "ringing" ? now.dataset.call : null;
  if (ringing && ringing !== told) announced.textContent = now.querySelector(".desk-call").innerText;
  if (!ringing) announced.textContent = "";
  told = ringing;
}

function lookAround() {
  for (const place of document.querySelectorAll("[data-part]:not([data-asked])")) fill(place);
  announce();
  show();
}

controlCalls();
document.addEventListener("pult:shown", lookAround);
document.addEventListener("change", (event) => event.target.closest("form[data-send-on-change]")?.requestSubmit());
lookAround();
