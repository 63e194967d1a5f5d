// The picture of a flow is larger than its frame: it opens where calls begin, or at the step that the address names.
const frame = document.querySelector(".flow-frame");
if (frame) {
  show(document.querySelector(".flow-picture :target") ?? frame.querySelector(".start"));
  addEventListener("hashchange", () => show(frame.querySelector(":target")));
}

function show(step) {
  if (!step) return;
  const box = step.querySelector(".box").getBoundingClientRect();
  const place = frame.getBoundingClientRect();
  frame.scrollLeft += box.left + box.width / 2 - (place.left + place.width / 2);
  frame.scrollTop += box.top - place.top - Math.min(24, place.height / 4);
}
