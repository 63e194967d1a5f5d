// The bar of who listens in: the supervisor's own telephone, by the desk's modules. What they asked to be rung into it
// answers by itself; what else rings belongs to the desk.
import { say } from "/static/sending.js";
import { holdTelephone, work } from "/desk/static/held_telephone.js";
import { keepSound, tellTelephone } from "/desk/static/sound.js";

let state = { phase: "opening", call: null };
let isHere = false;
let isAsking = false;

holdTelephone((told, where) => {
  if (told.call !== state.call) document.dispatchEvent(new CustomEvent("pult:look-again"));
  state = told;
  isHere = where.isHere;
  show();
}, say);
keepSound(show);
document.addEventListener("pult:shown", show);
document.addEventListener("click", keepThisPage);
addEventListener("beforeunload", (event) => {
  if (holdsCall()) event.preventDefault();
});
show();

function show() {
  const bar = document.getElementById("listening");
  if (state.call === "ringing") answerIfAskedFor(bar.dataset.from);
  tellTelephone(state, isHere);
  for (const one of document.querySelectorAll("[data-own-telephone]")) one.hidden = state.phase === "none";
  const isConnected = document.documentElement.dataset.connection !== "lost";
  const isReady = isConnected && ["ready", "none"].includes(state.phase) && !("listening" in bar.dataset);
  for (const button of document.querySelectorAll("[data-listens]")) {
    button.hidden = button.dataset.listens === bar.dataset.code;
    if (!("waits" in button.dataset)) button.disabled = !isReady;
  }
}

// An agent is offered one thing at a time: where the server says that it is this, nothing else rings. The page itself may
// be a moment behind.
async function answerIfAskedFor(from) {
  if (isAsking) return;
  isAsking = true;
  try {
    const response = await fetch(from);
    const bar = new DOMParser().parseFromString(await response.text(), "text/html");
    if (bar.querySelector("#listening[data-rings]")) work("accept");
  } catch {
    // Asked again when the page is connected again and looks at everything.
  }
  isAsking = false;
}

function holdsCall() {
  return isHere && state.call !== null;
}

// Another page in this tab would put the receiver down.
function keepThisPage(event) {
  const link = event.target.closest("a[href]");
  if (!link || link.target || event.defaultPrevented || !holdsCall()) return;
  if (link.origin === location.origin && link.pathname === location.pathname && link.hash) return;
  event.preventDefault();
  open(link.href, "_blank", "noopener");
}
