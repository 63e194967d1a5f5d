// Live parts of a page: <… data-live="kinds of news" data-from="address"> is asked for anew when such news comes.
//
// One stream of news a browser: the tab that holds the lock has it and passes on what comes; when that tab goes, the
// next one gets the lock. News carry ids only, and whoever (re)connects asks for the state first, so none is missed.
import { setServerNow } from "./durations.js";
import { morph } from "./morph.js";

const SILENT_MILLISECONDS = 12000;
const AGAIN_MILLISECONDS = 1500;
// News that reach every desk at once: the desks ask at different moments, not all together.
const SPREAD_MILLISECONDS = 400;

const channel = new BroadcastChannel("pult-news");
const lost = document.querySelector(".lost");
let isConnected = null;

export function follow(url) {
  channel.onmessage = ({ data }) => hear(data);
  channel.postMessage({ type: "who-leads" });
  document.addEventListener("pult:look-again", () => refresh());
  document.addEventListener("submit", ({ target }) => mayMove(target));
  // A page that was kept in the browser's memory is as old as when it was left.
  addEventListener("pageshow", (event) => event.persisted && refresh());
  navigator.locks.request("pult-news", () => new Promise(() => lead(url)));
}

function lead(url) {
  let source, watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(reopen, SILENT_MILLISECONDS);
  };
  const reopen = () => {
    clearTimeout(watchdog);
    source.close();
    tell({ type: "connection", isUp: false });
    setTimeout(open, AGAIN_MILLISECONDS);
  };
  const open = () => {
    source = new EventSource(url);
    watchdog = setTimeout(reopen, SILENT_MILLISECONDS);
    source.addEventListener("state", (event) => {
      alive();
      tell({ type: "connection", isUp: true });
      tell({ type: "again", now: event.data });
    });
    source.addEventListener("news", (event) => {
      alive();
      tell({ type: "news", news: JSON.parse(event.data) });
    });
    source.addEventListener("beat", alive);
    source.addEventListener("over", () => {
      source.close();
      clearTimeout(watchdog);
      tell({ type: "over" });
    });
    source.onerror = () => {
      tell({ type: "connection", isUp: false });
      // The browser tries again by itself unless it was answered with an error: then the reason is asked for.
      if (source.readyState === EventSource.CLOSED) {
        isOver(url).then((over) => (over ? tell({ type: "over" }) : reopen()));
      }
    };
  };
  channel.addEventListener("message", ({ data }) => {
    if (data.type === "who-leads" && isConnected !== null) channel.postMessage({ type: "connection", isUp: isConnected });
  });
  open();
}

async function isOver(url) {
  try {
    const response = await fetch(url, { method: "HEAD", headers: { Accept: "text/event-stream" } });
    return response.status === 401 || response.status === 403;
  } catch {
    return false;
  }
}

function tell(message) {
  channel.postMessage(message);
  hear(message);
}

function hear(message) {
  switch (message.type) {
    case "connection":
      connection(message.isUp);
      break;
    case "again":
      if (message.now) setServerNow(message.now);
      refresh();
      break;
    case "news":
      document.dispatchEvent(new CustomEvent("pult:news", { detail: message.news }));
      refresh(message.news);
      break;
    case "over":
      // The session is over: sign in, and come back to this page.
      location.assign(`${document.body.dataset.entrance}?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
}

function connection(isUp) {
  if (isConnected === isUp) return;
  isConnected = isUp;
  lost.hidden = isUp;
  document.documentElement.dataset.connection = isUp ? "up" : "lost";
  mayAct();
  document.dispatchEvent(new CustomEvent("pult:connection", { detail: { isUp } }));
}

// What needs the server is disabled while there is none, and only what we disabled is enabled again.
function mayAct() {
  for (const control of document.querySelectorAll("[data-needs-connection]")) {
    if (isConnected === false && !control.disabled) {
      control.disabled = true;
      control.dataset.waits = "";
    } else if (isConnected !== false && "waits" in control.dataset) {
      control.disabled = false;
      delete control.dataset.waits;
    }
  }
}

const asked = new Map();

function refresh(news) {
  for (const part of document.querySelectorAll("[data-live][data-from]")) {
    if (news && !part.dataset.live.split(" ").includes(news.kind)) continue;
    const isMine = !news || news.agent || news.call;
    later(part.dataset.from, isMine ? 0 : Math.random() * SPREAD_MILLISECONDS);
  }
}

// One question at a time for each part; news that come meanwhile lead to one more.
function later(from, milliseconds) {
  const state = asked.get(from) ?? { timer: null, isAsking: false, isStale: false };
  asked.set(from, state);
  if (state.isAsking) {
    state.isStale = true;
  } else if (state.timer === null) {
    state.timer = setTimeout(() => ask(from, state), milliseconds);
  }
}

async function ask(from, state) {
  Object.assign(state, { timer: null, isAsking: true, isStale: false });
  try {
    const response = await fetch(from);
    if (response.ok) put(from, await response.text());
  } catch {
    // The stream finds out by itself that the connection is lost, and asks for everything when it is back.
  }
  state.isAsking = false;
  if (state.isStale) later(from, 0);
}

// Who has just done something with a row wants to see it: for once the rows move under the pointer too.
function mayMove(form) {
  form.closest("[data-keep-still]")?.removeAttribute("data-keep-still");
}

function put(from, html) {
  const part = [...document.querySelectorAll("[data-live][data-from]")].find((one) => one.dataset.from === from);
  if (!part) return;
  // Rows keep their place while somebody points at them.
  if (part.hasAttribute("data-keep-still") && part.matches(":hover")) {
    part.addEventListener("pointerleave", () => put(from, html), { once: true });
    return;
  }
  const template = document.createElement("template");
  template.innerHTML = html;
  morph(part, template.content.firstElementChild);
  mayAct();
  document.dispatchEvent(new CustomEvent("pult:shown"));
}
