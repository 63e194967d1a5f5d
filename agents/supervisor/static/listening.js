// The bar of who listens in: the supervisor's own telephone, by the desk's modules. What they asked to be rung into it
// answers by itself; what else rings belongs to the desk.
import { say } from "/static/sending.js";
import { holdTelephone, work } from "/desk/static/held_telephone.js";
import { keepSound, tellTelephone } from "/desk/static/sound.js";

let state = { phase: "opening", call: null };
let isHere = false;

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
  // An agent is offered one thing at a time: when the page says that this rings, nothing else does.
  if ("rings" in bar.dataset && state.call === "ringing") work("accept");
  tellTelephone(state, isHere);
  for (const one of document.querySelectorAll("[data-own-telephone]")) one.hidden = state.phase === "none";
  const isConnected = document.documentElement.dataset.connection !== "lost";
  const isReady = isConnected && ["ready", "none"].includes(state.phase) && !("listening" in bar.dataset);
  for (const button of document.querySelectorAll("[data-listens]")) {
    button.hidden = button.dataset.listens === bar.dataset.code;
    if (!("waits" in button.dataset)) button.disabled = !isReady;
  }
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
