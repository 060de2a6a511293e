// Says every half minute that this person still has the case open, and for how much of that time they were idle. What
// somebody else took over meanwhile is told at once, and is not shown as the next one.
import { drop, held, post, token } from "./ahead.js";

const EVERY = 30_000; // ms
const IDLE_AFTER = 60_000; // ms without a key, a touch or a move
const clock = () => performance.now();

let active = 0; // ms of work since the last beat
let settled = clock();
let moved = settled;

function settle() {
  const now = clock();
  if (!document.hidden) active += Math.max(0, Math.min(now, moved + IDLE_AFTER) - settled);
  settled = now;
}

for (const kind of ["keydown", "pointerdown", "pointermove", "scroll", "touchstart"]) {
  document.addEventListener(kind, () => {
    settle();
    moved = settled;
  }, { passive: true, capture: true });
}
document.addEventListener("visibilitychange", () => {
  settled = clock(); // hidden time is nobody's work
  if (!document.hidden) moved = settled;
});

const since = new WeakMap(); // stage → when its last beat was
function beat({ fresh = false } = {}) {
  settle();
  const all = held();
  for (const [place, each] of (fresh ? all.slice(0, 1) : all).entries()) { // the others were set aside just now
    const interval = clock() - (since.get(each) ?? 0);
    const worked = place === 0 && !fresh ? active : 0; // what waits in memory is nobody's work
    since.set(each, clock());
    say(each, Math.round(Math.max(0, interval - worked) / 1000));
  }
  active = 0;
}

async function say(stage, idle) {
  const body = new FormData();
  body.append("idle", idle);
  const answer = await post(stage.dataset.hold, body).catch(() => null); // the lease outlasts some silence
  if (answer?.status === 409) lose(stage, (await answer.json()).problem);
}

function lose(stage, why) {
  drop(stage.dataset.number);
  if (!stage.isConnected) return;
  delete stage.dataset.hold;
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  notice.textContent = why;
  stage.prepend(notice);
  for (const button of document.querySelectorAll("#stage [data-decides] button, #stage button[form]")) button.disabled = true;
}

setInterval(beat, EVERY);
document.addEventListener("stage", () => beat({ fresh: true }));
// What was set aside is free again when the page is left, before its lease is over.
addEventListener("pagehide", () => {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", token);
  for (const each of held().filter((stage) => !stage.isConnected)) navigator.sendBeacon(each.dataset.release, body);
});
