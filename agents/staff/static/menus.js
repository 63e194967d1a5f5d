// Menus are <details data-menu>: one open at a time, closed by Esc or by a look elsewhere.
export function watchMenus() {
  document.addEventListener("click", (event) => closeOthers(event.target));
  document.addEventListener("focusin", (event) => closeOthers(event.target));
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("details[data-menu][open]");
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
}

export function closeOthers(target) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!target || !menu.contains(target)) menu.open = false;
  }
}
