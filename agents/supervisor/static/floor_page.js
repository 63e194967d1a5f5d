// Beside its parts: the tab's title counts the emergencies that go on, and what is pinned on top makes room for itself
// only while nobody points at the rows below it, which keep their place until then.
const words = document.title;
const main = document.querySelector("main");

document.addEventListener("pult:shown", show);
document.addEventListener("pointerover", settle);
show();

function show() {
  const { urgent } = pinned().dataset;
  document.title = urgent === "0" ? words : `(${urgent}) ${words}`;
  settle();
}

function settle() {
  if (main.querySelector(".sheet:hover")) return;
  main.style.setProperty("--pinned-lines", pinned().dataset.lines);
}

function pinned() {
  return main.querySelector(".pinned");
}
