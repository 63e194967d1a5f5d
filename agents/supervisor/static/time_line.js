// The time line of a call: a click anywhere in it plays the recording from there, and shows the step that was then; in
// the recording's own lane it says where there is nothing to play.
const line = document.querySelector(".time-line");
const playheads = line.querySelectorAll(".playhead");
const said = line.querySelector("[data-said]");
const began = Date.parse(line.dataset.beganAt) / 1000;
const whole = Number(line.dataset.seconds);

line.addEventListener("click", (event) => {
  const lane = event.target.closest("svg[data-lane]");
  if (!lane) return;
  const piece = event.target.closest("a");
  // By the keyboard a stretch is chosen as a whole: from its beginning.
  const second = event.detail === 0 ? Number(piece.dataset.second) : pointed(lane, event.clientX);
  if (event.detail !== 0) {
    event.preventDefault();
    showStep(second);
  }
  const isPlayed = playFrom(second);
  said.textContent = isPlayed || lane.dataset.lane !== "recording" ? "" : said.dataset.nothingRecorded;
});

// What plays tells where it is; media events do not bubble.
document.addEventListener("timeupdate", ({ target }) => {
  const player = target.closest("[data-recording]");
  const share = (startOf(player) + target.currentTime) / whole;
  for (const playhead of playheads) {
    for (const end of ["x1", "x2"]) playhead.setAttribute(end, `${100 * Math.min(1, Math.max(0, share))}%`);
    playhead.classList.add("plays");
  }
}, true);

function pointed(lane, x) {
  const { left, width } = lane.getBoundingClientRect();
  return (whole * (x - left)) / width;
}

// Whether anything was recorded then.
function playFrom(second) {
  const players = [...document.querySelectorAll("[data-recording]")];
  const player = players.find((one) => startOf(one) <= second && second < startOf(one) + Number(one.dataset.seconds));
  player?.dispatchEvent(new CustomEvent("pult:play-from", { detail: second - startOf(player) }));
  return player !== undefined;
}

function startOf(player) {
  return Date.parse(player.dataset.beganAt) / 1000 - began;
}

function showStep(second) {
  const steps = [...document.querySelectorAll(".steps li[data-second]")].filter((one) => one.checkVisibility());
  const step = steps.filter((one) => Number(one.dataset.second) <= second).at(-1) ?? steps[0];
  if (step) location.hash = step.id;
}
