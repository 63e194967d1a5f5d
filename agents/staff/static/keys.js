// Keys: whatever has data-key (a KeyboardEvent.code, so that it is the same key on a Russian keyboard) is clicked by
// it; data-key-label is the key's cap, data-key-words what it does. `?` shows all of the page's, and what
// data-later-keys says of those that there are at other times.
const help = document.querySelector("dialog.help");

export function listenForKeys() {
  if (!help) return;
  document.querySelector("[data-help]").addEventListener("click", showHelp);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isTyping(event.target) || isAsked()) return;
    if (isQuestion(event)) {
      event.preventDefault();
      showHelp();
      return;
    }
    const control = shown().find((one) => one.dataset.key === event.code);
    if (!control || control.disabled || control.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    control.focus();
    control.click();
  });
}

// On a Russian keyboard "?" is Shift and the key with the digit 7; on both, Shift and Slash is where hands know it.
function isQuestion(event) {
  return event.key === "?" || (event.shiftKey && event.code === "Slash");
}

// Behind a dialog nothing can be pressed.
function isAsked() {
  return document.querySelector("dialog[open]") !== null;
}

function isTyping(target) {
  // Into a box that is ticked nobody types.
  return target.isContentEditable || target.closest("input:not([type=radio], [type=checkbox]), textarea, select") !== null;
}

function shown() {
  return [...document.querySelectorAll("[data-key]")].filter((control) => control.checkVisibility());
}

function showHelp() {
  const rows = shown().map((control) => {
    const row = document.createElement("div");
    const cap = row.appendChild(document.createElement("dt")).appendChild(document.createElement("kbd"));
    cap.textContent = control.dataset.keyLabel;
    row.appendChild(document.createElement("dd")).textContent = control.dataset.keyWords;
    return row;
  });
  help.querySelector("[data-keys]").replaceChildren(...rows);
  const later = [...document.querySelectorAll("[data-later-keys]")].flatMap((one) => [...one.cloneNode(true).children]);
  help.querySelector("[data-later]").replaceChildren(...later);
  help.showModal();
}
