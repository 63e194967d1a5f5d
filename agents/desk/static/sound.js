// What a page says of its telephone, how loud it is and by which devices: the page includes desk/sound.html.
import { work } from "./held_telephone.js";

export const phoneWords = document.getElementById("phone-words").dataset;
let hasMicrophone = true;

/** Keep volume and devices as chosen on this computer; `changed` is called when leave to use the microphone changes. */
export function keepSound(changed) {
  sound();
  watchMicrophone(changed);
}

/** Say how the telephone is; `state` is what `holdTelephone` tells. */
export function tellTelephone(state, isHere) {
  document.getElementById("phone-state").textContent = telephoneWords(state, isHere);
}

/** A sentence on how the telephone is. */
export function telephoneWords(state, isHere) {
  if (state.phase === "none") return state.why;
  if (state.phase !== "ready") return state.phase === "lost" ? phoneWords.lost : phoneWords.opening;
  if (!hasMicrophone) return phoneWords.noMicrophone;
  if (state.call === "talking" && state.isHeard) {
    const how = { "": phoneWords.good, "no-sound": phoneWords.silent }[state.warning] ?? phoneWords.poor;
    return `${phoneWords.line}: ${how}`;
  }
  return isHere ? phoneWords.ready : phoneWords.elsewhere;
}

// Volume and devices are this computer's, and kept here.
function sound() {
  for (const [id, what] of [["volume", "volume"], ["microphone", "input"], ["loudspeaker", "output"]]) {
    const control = document.getElementById(id);
    const use = () => work(what, id === "volume" ? control.value / 100 : control.value);
    control.addEventListener("change", () => {
      localStorage.setItem(`pult-${id}`, control.value);
      use();
    });
    const kept = localStorage.getItem(`pult-${id}`);
    if (kept === null) continue;
    if (id === "volume") control.value = kept;
    else control.add(new Option(kept, kept, true, true));
    document.addEventListener("pult:telephone", use);
  }
  document.querySelector("#sound details").addEventListener("toggle", listDevices);
}

async function watchMicrophone(changed) {
  const leave = await navigator.permissions.query({ name: "microphone" }).catch(() => null);
  const look = () => {
    hasMicrophone = leave?.state !== "denied";
    changed();
  };
  leave?.addEventListener("change", look);
  look();
}

async function listDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  for (const [id, kind] of [["microphone", "audioinput"], ["loudspeaker", "audiooutput"]]) {
    const control = document.getElementById(id);
    const [first] = control.options;
    const chosen = control.value;
    const found = devices.filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "default");
    control.replaceChildren(first, ...found.map((one) => new Option(one.label || one.deviceId.slice(0, 8), one.deviceId)));
    control.value = found.some((one) => one.deviceId === chosen) ? chosen : "";
  }
}
