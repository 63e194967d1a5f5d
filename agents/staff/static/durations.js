// Durations that count up, <time data-since="instant">, or down, <time data-until="instant">: by the server's clock,
// however wrong this machine's is.
const meta = document.querySelector('meta[name="server-now"]');
let ahead = meta ? Date.now() - Date.parse(meta.content) : 0;

export function setServerNow(text) {
  ahead = Date.now() - Date.parse(text);
}

export function show(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

export function tick() {
  for (const element of document.querySelectorAll("time[data-since], time[data-until]")) {
    const { since, until } = element.dataset;
    const now = Date.now() - ahead;
    const text = show(since ? now - Date.parse(since) : Date.parse(until) - now);
    if (element.textContent !== text) element.textContent = text;
  }
  setTimeout(tick, 250);
}
