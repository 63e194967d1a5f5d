// Scoring while listening: moments lead to their place in the recording, and what is answered is kept as it is answered.
import { Drafts } from "/static/drafts.js";
import { say } from "/static/sending.js";

const form = document.querySelector("form[data-scoring]");
let question = null;

document.addEventListener("click", ({ target }) => {
  const moment = target.closest("[data-moment]");
  if (moment) listenFrom(moment.dataset.recordingId, Number(moment.dataset.second));
  if (target.closest("[data-mark]")) mark(target.closest("[data-question]"));
  if (target.closest("[data-forget]")) forget(target.closest("[data-question]"));
});
document.addEventListener("change", ({ target }) => answered(target.closest("fieldset.lacks")));
document.addEventListener("focusin", ({ target }) => (question = target.closest("[data-question]") ?? question));
for (const place of document.querySelectorAll("[data-moments]")) show(place.closest("[data-question]"));
nameKeys();
if (form) keepDraft();

// What lacked an answer has one: its mark goes, and the error on top counts those that are left.
function answered(asked) {
  if (!asked?.querySelector("[type=radio]:checked")) return;
  asked.classList.remove("lacks");
  asked.querySelector("[data-no-answer]").remove();
  const error = document.querySelector("[data-lacks-word]");
  const left = document.querySelectorAll("fieldset.lacks").length;
  if (left > 0) error.textContent = error.dataset.lacksWord.replace("{count}", String(left));
  else error.remove();
}

// The player plays from the place where its slider stands, or goes there while it plays.
function listenFrom(recordingId, second) {
  const player = document.querySelector(`[data-recording="${CSS.escape(recordingId)}"]`);
  if (!player) return;
  const seek = player.querySelector("[data-seek]");
  seek.value = String(second);
  seek.dispatchEvent(new Event("input"));
  if (player.querySelector("[data-sound]").paused) player.querySelector("[data-toggle]").click();
  player.scrollIntoView({ block: "nearest" });
}

// The player that plays, or else the one that has been listened to furthest.
function playerHeard() {
  const players = [...document.querySelectorAll("[data-recording]")];
  const playing = players.find((one) => !one.querySelector("[data-sound]").paused);
  return playing ?? players.sort((one, other) => secondOf(other) - secondOf(one))[0];
}

// While it plays the slider is up to a quarter of a second behind.
function secondOf(player) {
  const sound = player.querySelector("[data-sound]");
  return sound.readyState > 0 ? Math.floor(sound.currentTime) : Number(player.querySelector("[data-seek]").value);
}

function mark(asked) {
  const player = playerHeard();
  if (!asked || !player) return;
  put(asked, player.dataset.recording, String(secondOf(player)));
}

function forget(asked) {
  put(asked, "", "");
  asked.querySelector("[data-mark]").focus();
}

function put(asked, recordingId, second) {
  const name = asked.dataset.question;
  asked.querySelector(`[name="recording.${name}"]`).value = recordingId;
  asked.querySelector(`[name="second.${name}"]`).value = second;
  show(asked);
  asked.dispatchEvent(new Event("input", { bubbles: true }));
}

function show(asked) {
  const name = asked.dataset.question;
  const place = asked.querySelector("[data-moments]");
  const recordingId = asked.querySelector(`[name="recording.${name}"]`).value;
  const second = Number(asked.querySelector(`[name="second.${name}"]`).value);
  place.replaceChildren(...(recordingId ? [listenButton(place, recordingId, second), forgetButton(place)] : []));
}

function listenButton(place, recordingId, second) {
  const button = small(`▶ ${written(second)}`, place.dataset.listenWord.replace("{time}", written(second)));
  button.classList.add("moment", "figures");
  Object.assign(button.dataset, { moment: "", recordingId, second: String(second) });
  return button;
}

function forgetButton(place) {
  const button = small("×", place.dataset.forgetWord);
  button.dataset.forget = "";
  return button;
}

function small(text, label) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "small", textContent: text });
  button.setAttribute("aria-label", label);
  return button;
}

function written(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

// P and M work wherever nobody types, and leave the focus where it is.
function nameKeys() {
  const names = document.querySelector("[data-key-names]");
  const toggle = document.querySelector("[data-recording] [data-toggle]");
  if (!names || !toggle) return;
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("textarea, select, input:not([type=radio], [type=range])");
    if (isTyping || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.code === "KeyP") playerHeard().querySelector("[data-toggle]").click();
    if (event.code === "KeyM") mark(question);
  });
}

function keepDraft() {
  const drafts = new Drafts(() => form, () => form.dataset.scoring, heard);
  form.addEventListener("input", () => drafts.written());
  // What is submitted is kept by that; it must not be overtaken by a draft, nor carry the number of an older one.
  form.addEventListener("submit", async (event) => {
    drafts.stop();
    if (drafts.sending === null) return;
    event.preventDefault();
    await drafts.sending;
    drafts.stop();
    form.requestSubmit(event.submitter);
  });
  drafts.keep();
}

async function heard(response) {
  const saved = form.querySelector("[data-saved]");
  if (response?.ok) tell(await response.json());
  else if (response && response.status < 500) say(await response.text());
  else saved.textContent = saved.dataset.lost;
}

function tell({ saved, score, fails, open }) {
  form.querySelector("[data-saved]").textContent = saved;
  const soFar = form.querySelector("[data-so-far]");
  const words = [score];
  if (fails) words.push(soFar.dataset.failsWord);
  if (open > 0) words.push(soFar.dataset.openWord.replace("{count}", String(open)));
  soFar.textContent = words.join(" · ");
  soFar.classList.toggle("fails", fails);
}
