// Menus are <details data-menu>: one open at a time, closed by Esc or by a look elsewhere. One in a list that scrolls
// would be cut off there, or make room for itself: with data-menu="floats" it lies over the page.
const GAP = 4;

export function watchMenus() {
  document.addEventListener("click", (event) => closeOthers(event.target));
  document.addEventListener("focusin", (event) => closeOthers(event.target));
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("details[data-menu][open]");
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  // Neither of these bubbles.
  document.addEventListener("toggle", floatOpen, true);
  document.addEventListener("scroll", floatOpen, true);
  document.addEventListener("pult:shown", floatOpen);
  addEventListener("resize", floatOpen);
}

function float(menu) {
  const list = menu.querySelector(".menu-list");
  const [from, size] = [menu.getBoundingClientRect(), list.getBoundingClientRect()];
  const isBelow = from.bottom + GAP + size.height <= innerHeight;
  list.style.top = `${Math.max(0, isBelow ? from.bottom + GAP : from.top - GAP - size.height)}px`;
  list.style.right = `${document.documentElement.clientWidth - from.right}px`;
}

// What it belongs to may have moved from under it.
function floatOpen() {
  for (const menu of document.querySelectorAll("details[data-menu=floats][open]")) float(menu);
}

export function closeOthers(target) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!target || !menu.contains(target)) menu.open = false;
  }
}
