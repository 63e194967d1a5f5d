// A form that is kept as a draft while it is written. Each draft is named by a number that no other has, and names what
// it may be written over: what the page shows, or a draft that the page sent before. So the last words may follow at once
// when the page goes, and whichever comes first, no older draft is written over a newer one.
const PAUSE_MILLISECONDS = 400;
const AGAIN_MILLISECONDS = 3000;
const MOST_SENT = 20;

/**
 * `formNow` gives the form, or null while there is none; `url` the address of its drafts; `heard` is given the server's
 * answer to the newest draft, null without one. What the server failed to take is tried again.
 */
export class Drafts {
  constructor(formNow, url, heard) {
    Object.assign(this, { _formNow: formNow, _url: url, _heard: heard, _timer: null, _sent: [] });
    this.sending = null;
    document.addEventListener("visibilitychange", () => document.hidden && this._timer !== null && this._keepAtOnce());
    addEventListener("pagehide", () => this._timer !== null && this._keepAtOnce());
    document.addEventListener("pult:connection", ({ detail }) => detail.isUp && this._timer !== null && this.keep());
  }

  /** Something was written: keep it soon. */
  written() {
    this.stop();
    this._timer = setTimeout(() => this.keep(), PAUSE_MILLISECONDS);
  }

  /** Keep nothing more of what was written so far. */
  stop() {
    clearTimeout(this._timer);
    this._timer = null;
  }

  /** One draft at a time; what is written meanwhile leads to one more. */
  keep() {
    if (this.sending === null) this._keepAtOnce();
    else this.written();
  }

  // Whoever leaves the page has no time to wait for the answer to the one before.
  async _keepAtOnce() {
    this.stop();
    const form = this._formNow();
    if (!form) return;
    const own = this._send(form);
    this.sending = own;
    await own;
    if (this.sending === own) this.sending = null;
  }

  async _send(form) {
    // Nine digits, with room to be counted on.
    const name = 100_000_000 + Math.floor(Math.random() * 800_000_000);
    const body = new URLSearchParams(new FormData(form));
    body.set("sent_before", this._sent.join(" "));
    body.set("becomes", String(name));
    this._sent = [...this._sent, name].slice(-MOST_SENT);
    const response = await fetch(this._url(form), { method: "POST", body, keepalive: true }).catch(() => null);
    // Where a newer one was sent meanwhile, the answer to that counts.
    if (this._sent.at(-1) !== name) return;
    if (response?.ok) form.elements.version.value = (await response.clone().json()).version;
    // Nothing typed is lost: it is tried again, at the latest when the page is connected again.
    if (!response || response.status >= 500) this._timer ??= setTimeout(() => this.keep(), AGAIN_MILLISECONDS);
    await this._heard(response, form);
  }
}
