// Drafts on their way. Each is named by a number that no other has, and names what it may be written over: what the page
// shows, or a draft that the page sent before. So the last words may follow at once when the page goes, and whichever
// comes first, no older draft is written over a newer one.
const MOST_SENT = 20;

let sent = [];

/** Resolves to the answer, to null without one, to undefined where a newer draft was sent meanwhile: its answer counts. */
export async function sendDraft(form, url) {
  // Nine digits, with room to be counted on.
  const name = 100_000_000 + Math.floor(Math.random() * 800_000_000);
  const body = new URLSearchParams(new FormData(form));
  body.set("sent_before", sent.join(" "));
  body.set("becomes", String(name));
  sent = [...sent, name].slice(-MOST_SENT);
  const response = await fetch(url, { method: "POST", body, keepalive: true }).catch(() => null);
  if (sent.at(-1) !== name) return undefined;
  if (response?.ok) form.elements.version.value = (await response.clone().json()).version;
  return response;
}
