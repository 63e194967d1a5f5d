// <button data-opens-dialog="id"> opens the dialog of that id, <button data-closes> within it closes it, as Esc does.
export function watchDialogs() {
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-opens-dialog]");
    if (opener) open(document.getElementById(opener.dataset.opensDialog));
    if (target.closest("[data-closes]")) target.closest("dialog").close();
  });
}

function open(dialog) {
  for (const refusal of dialog.querySelectorAll("[data-refusal]")) refusal.hidden = true;
  dialog.showModal();
}
