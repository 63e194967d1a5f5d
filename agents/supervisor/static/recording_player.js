// Recordings in a page: the sound is asked for when it is first played, by a link that holds for a few minutes.
import { ask } from "/static/sending.js";

const HEARD_WIDTH = 400;

for (const player of document.querySelectorAll("[data-recording]")) prepare(player);

function prepare(player) {
  const sound = player.querySelector("[data-sound]");
  const seek = player.querySelector("[data-seek]");
  player.querySelector("[data-toggle]").addEventListener("click", () => (sound.paused ? play(player) : sound.pause()));
  seek.addEventListener("input", () => {
    if (sound.readyState > 0) sound.currentTime = Number(seek.value);
    show(player);
  });
  player.addEventListener("pult:play-from", ({ detail }) => {
    seek.value = String(Math.floor(detail));
    if (sound.readyState > 0) sound.currentTime = detail;
    if (sound.paused) play(player);
  });
  sound.addEventListener("loadedmetadata", () => {
    sound.currentTime = Number(seek.value);
  });
  sound.addEventListener("timeupdate", () => {
    if (!sound.seeking) seek.value = String(Math.floor(sound.currentTime));
    show(player);
  });
  for (const change of ["play", "pause", "ended"]) sound.addEventListener(change, () => show(player));
  // A link that holds no longer: the next press of the button asks for another.
  sound.addEventListener("error", () => {
    sound.removeAttribute("src");
    show(player);
  });
  show(player);
}

async function play(player) {
  const sound = player.querySelector("[data-sound]");
  for (const other of document.querySelectorAll("[data-sound]")) if (other !== sound) other.pause();
  // Each play is asked for anew, so that each is on record and no old link is followed.
  const body = new URLSearchParams({ form_token: document.querySelector('meta[name="form-token"]').content });
  const answer = await ask(player.dataset.play, body);
  if (!answer) return;
  sound.src = answer.url;
  await sound.play().catch(() => sound.pause());
}

function show(player) {
  const sound = player.querySelector("[data-sound]");
  const seek = player.querySelector("[data-seek]");
  const toggle = player.querySelector("[data-toggle]");
  toggle.textContent = sound.paused ? toggle.dataset.playWord : toggle.dataset.pauseWord;
  const seconds = Number(seek.value);
  player.querySelector("[data-time]").textContent = written(seconds);
  seek.setAttribute("aria-valuetext", written(seconds));
  const share = Math.min(1, seconds / Math.max(1, Number(player.dataset.seconds)));
  player.querySelector("[data-heard]").setAttribute("width", String(share * HEARD_WIDTH));
}

function written(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
