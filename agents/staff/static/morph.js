// Makes one element like another in place, so that focus, open menus and what is being typed stay as they are.
// A floating menu's place is its style.
const KEPT = new Set(["open", "data-waits", "style"]);

export function morph(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
    return;
  }
  // A place that another script fills stays as it is for as long as it is the same place.
  if (old.dataset.keep !== fresh.dataset.keep) {
    old.replaceWith(fresh);
    return;
  }
  if (old.dataset.keep !== undefined) return;
  attributes(old, fresh);
  // What somebody is typing into is theirs.
  if (old.matches("input, textarea, select") && old === document.activeElement) return;
  children(old, fresh);
}

function attributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    const isOurs = KEPT.has(name) || (name === "disabled" && "waits" in old.dataset);
    if (!fresh.hasAttribute(name) && !isOurs) old.removeAttribute(name);
  }
}

// By place; what has an id is found by it, so that it stays itself when something comes or goes before it.
function children(old, fresh) {
  const wanted = [...fresh.childNodes];
  wanted.forEach((next, index) => {
    const same = next.id ? [...old.children].find((one) => one.id === next.id) : null;
    while (same && old.childNodes[index] !== same) old.childNodes[index].remove();
    const now = old.childNodes[index];
    if (!now) old.append(next);
    else if (now.id && now.id !== next.id && wanted.slice(index).some((one) => one.id === now.id)) now.before(next);
    else if (now.nodeType !== next.nodeType) now.replaceWith(next);
    else if (now.nodeType === Node.ELEMENT_NODE) morph(now, next);
    else if (now.data !== next.data) now.data = next.data;
  });
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}
