// Makes one element like another in place, so that focus, open menus and what is being typed stay as they are.
const KEPT = new Set(["open", "data-waits"]);

export function morph(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
    return;
  }
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

function children(old, fresh) {
  const wanted = [...fresh.childNodes];
  wanted.forEach((next, index) => {
    const now = old.childNodes[index];
    if (!now) old.append(next);
    else if (now.nodeType !== next.nodeType) now.replaceWith(next);
    else if (now.nodeType === Node.ELEMENT_NODE) morph(now, next);
    else if (now.data !== next.data) now.data = next.data;
  });
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}
