// How good a call sounds, from the browser's own statistics, as a mean opinion score of 1 to 4.5 (ITU-T G.107, shortened).

const PERIOD_MS = 2000;

/** Calls `heard({mos, warning})` every two seconds until the function that it returns is called. */
export function watchQuality(peer, heard) {
  let before = { received: 0, lost: 0 };
  const timer = setInterval(async () => {
    const now = await incoming(peer);
    if (now === null) return;
    const received = now.received - before.received;
    const lost = Math.max(0, now.lost - before.lost);
    before = now;
    heard(judged(received, lost, now.jitterMs));
  }, PERIOD_MS);
  return () => clearInterval(timer);
}

async function incoming(peer) {
  const report = await peer.getStats().catch(() => new Map());
  for (const entry of report.values()) {
    if (entry.type === "inbound-rtp" && entry.kind === "audio") {
      return { received: entry.packetsReceived, lost: entry.packetsLost, jitterMs: (entry.jitter || 0) * 1000 };
    }
  }
  return null;
}

function judged(received, lost, jitterMs) {
  if (received === 0) return { mos: 1, warning: "no-sound" };
  const lossPercent = (100 * lost) / (received + lost);
  const delayMs = 40 + 2 * jitterMs;
  const rating = Math.max(0, 93.2 - delayMs / 40 - 2.5 * lossPercent);
  const mos = 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating);
  return { mos: Math.round(mos * 10) / 10, warning: mos < 3.5 ? "poor-line" : "" };
}
