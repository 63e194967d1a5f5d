// Live parts of a page: <… data-live="kinds of news" data-from="address"> is asked for anew when such news comes.
//
// One stream of news a browser: the tab that holds the lock has it and passes on what comes; when that tab goes, the
// next one gets the lock. News carry ids only, and whoever (re)connects asks for the state first, so none is missed.
//
// A part that is the same for many readers, <… data-pushed data-from="address">, is sent down the stream whenever it is
// new. Each tab holds a shared lock for each such part that it shows; by these the tab that leads knows what to watch.
import { setServerNow } from "./durations.js";
import { morph } from "./morph.js";

const SILENT_MILLISECONDS = 12000;
const AGAIN_MILLISECONDS = 1500;
// News that reach every desk at once: the desks ask at different moments, not all together.
const SPREAD_MILLISECONDS = 400;
// A page that is left has let go of its locks by then.
const LEFT_MILLISECONDS = 500;
// A part looked at so much earlier than the one shown was overtaken on its way; by more, the server's clock was set back.
const OVERTAKEN_MILLISECONDS = 10000;
const SHOWN = "pult-shown ";

const channel = new BroadcastChannel("pult-news");
const lost = document.querySelector(".lost");
let isConnected = null;

export async function follow(url) {
  channel.onmessage = ({ data }) => hear(data);
  channel.postMessage({ type: "who-leads" });
  document.addEventListener("pult:look-again", lookAgain);
  document.addEventListener("submit", ({ target }) => mayMove(target));
  // A page that was kept in the browser's memory is as old as when it was left.
  addEventListener("pageshow", (event) => event.persisted && lookAgain());
  const shown = [...document.querySelectorAll("[data-pushed]")].map((part) => part.dataset.from);
  await Promise.all(shown.map(holdShown));
  if (shown.length) {
    channel.postMessage({ type: "shown" });
    addEventListener("pagehide", () => channel.postMessage({ type: "left" }));
  }
  navigator.locks.request("pult-news", () => new Promise(() => lead(url)));
}

// Resolves when every tab can see that this one shows the part.
function holdShown(from) {
  return new Promise((isHeld) => {
    navigator.locks.request(SHOWN + from, { mode: "shared" }, () => new Promise(() => isHeld()));
  });
}

async function withShown(url) {
  const { held } = await navigator.locks.query();
  const shown = new Set(held.map(({ name }) => name).filter((name) => name.startsWith(SHOWN)));
  const watched = [...shown].sort().map((name) => ["watch", name.slice(SHOWN.length)]);
  return watched.length ? `${url}?${new URLSearchParams(watched)}` : url;
}

function lead(url) {
  let source, address, watchdog, again, turn = 0;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(reopen, SILENT_MILLISECONDS);
  };
  const reopen = () => {
    clearTimeout(watchdog);
    source.close();
    tell({ type: "connection", isUp: false });
    again = setTimeout(open, AGAIN_MILLISECONDS);
  };
  const open = async () => {
    const mine = ++turn;
    address = await withShown(url);
    // Meanwhile another tab may have come.
    if (mine !== turn) return;
    clearTimeout(again);
    clearTimeout(watchdog);
    source?.close();
    source = new EventSource(address);
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
    source.addEventListener("part", async (event) => {
      alive();
      const { from, packed } = JSON.parse(event.data);
      tell({ type: "part", from, html: await unpacked(packed) });
    });
    source.addEventListener("beat", alive);
    source.addEventListener("over", over);
    source.onerror = () => {
      tell({ type: "connection", isUp: false });
      // The browser tries again by itself unless it was answered with an error: then the reason is asked for.
      if (source.readyState === EventSource.CLOSED) {
        const mine = turn;
        isOver(address).then((isSo) => mine === turn && (isSo ? over() : reopen()));
      }
    };
  };
  const over = () => {
    source.close();
    clearTimeout(watchdog);
    tell({ type: "over" });
  };
  const withoutThoseLeft = async () => {
    if ((await withShown(url)) !== address) open();
  };
  channel.addEventListener("message", ({ data }) => {
    if (data.type === "who-leads" && isConnected !== null) channel.postMessage({ type: "connection", isUp: isConnected });
    // A tab that comes is sent its parts at once by a new stream, and in the language that its reader has now.
    if (data.type === "shown") open();
    if (data.type === "left") setTimeout(withoutThoseLeft, LEFT_MILLISECONDS);
  });
  open();
}

function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
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
      moving.clear();
      for (const part of document.querySelectorAll("[data-live][data-from]")) later(part.dataset.from, 0);
      break;
    case "part":
      put(message.from, message.html);
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

function lookAgain() {
  for (const part of document.querySelectorAll("[data-from]")) later(part.dataset.from, 0);
}

function refresh(news) {
  for (const part of document.querySelectorAll("[data-live][data-from]")) {
    if (!part.dataset.live.split(" ").includes(news.kind)) continue;
    const isMine = news.agent || news.call;
    later(part.dataset.from, isMine ? 0 : Math.random() * SPREAD_MILLISECONDS);
  }
}

// One question at a time for each part; news that come meanwhile lead to one more.
function later(from, milliseconds) {
  const state = asked.get(from) ?? { timer: null, isAsking: false, isStale: false, whenShown: [] };
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
    await outerIsShown(from);
    // What stood there may be over: then there is nothing to ask for.
    if (partOf(from)) {
      const response = await fetch(from);
      if (response.ok) put(from, await response.text());
    }
  } catch {
    // The stream finds out by itself that the connection is lost, and asks for everything when it is back.
  }
  state.isAsking = false;
  for (const goOn of state.whenShown.splice(0)) goOn();
  if (state.isStale) later(from, 0);
  else moving.delete(from);
}

// A part within another waits until that is there anew, which may take it away.
function outerIsShown(from) {
  const outer = partOf(from)?.parentElement.closest("[data-from]");
  const state = outer && asked.get(outer.dataset.from);
  const isAwaited = state && (state.timer !== null || state.isAsking);
  return isAwaited ? new Promise((goOn) => state.whenShown.push(goOn)) : undefined;
}

function partOf(from) {
  return [...document.querySelectorAll("[data-from]")].find((one) => one.dataset.from === from);
}

// Who has just done something with a row wants to see it: until it is answered the rows move under the pointer too.
const moving = new Set();
// What is to be shown where somebody points at a row, when they do not any more.
const kept = new Map();

function mayMove(form) {
  const part = form.closest("[data-keep-still]");
  if (part) moving.add(part.dataset.from);
}

function put(from, html) {
  const part = partOf(from);
  if (!part) return;
  // Rows keep their place while somebody points at them.
  if (part.hasAttribute("data-keep-still") && part.matches(":hover") && !moving.has(from)) {
    if (!kept.has(from)) part.addEventListener("pointerleave", () => putKept(from), { once: true });
    kept.set(from, html);
    return;
  }
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  kept.delete(from);
  if (isOvertaken(fresh, part)) return;
  morph(part, fresh);
  mayAct();
  document.dispatchEvent(new CustomEvent("pult:shown"));
}

function putKept(from) {
  if (kept.has(from)) put(from, kept.get(from));
}

// What is sent and what was asked for come by different ways.
function isOvertaken(fresh, shown) {
  const ahead = Date.parse(shown.dataset.at) - Date.parse(fresh.dataset.at);
  return ahead > 0 && ahead < OVERTAKEN_MILLISECONDS;
}
