// No waiting: the next two cases are set aside and fetched while one reads this one, a decision is sent while the next
// case is on screen already, and what the server refuses comes back with every word. Kept in this page's memory only.
import { countDown, showHints } from "./keys.js";

const WANTED = 2;
const ahead = []; // stages that are set aside for this person, in order
const refused = new Set(); // stages whose decision was not taken or could not be sent
const slot = document.getElementById("undo");
export const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const stage = () => document.getElementById("stage");

// The case on screen, and those set aside, as far as this person holds them.
export const held = () => [stage(), ...ahead].filter((each) => each?.dataset.hold);

export function post(address, body, options = {}) {
  return fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token, "HX-Request": "true" }, ...options });
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html.replaceAll(" autofocus", " data-first"); // focus is set by hand
  return template.content.querySelector("#stage");
}

// --- the next cases

let fetching = null; // a promise while it is under way
function lookAhead() {
  fetching ??= fetchAhead().finally(() => {
    fetching = null;
  });
}

async function fetchAhead() {
  try {
    while (ahead.length < WANTED && stage()?.dataset.ahead) {
      const body = new FormData();
      for (const each of [stage(), ...ahead]) body.append("have", each.dataset.number);
      const answer = await post(stage().dataset.ahead, body);
      const next = answer.status === 200 && parsed(await answer.text());
      if (!next || [stage(), ...ahead].some((each) => each.dataset.number === next.dataset.number)) break;
      showHints(next);
      ahead.push(next);
    }
  } catch {
    // Without a connection there is nothing to show ahead; the next decision waits for the server as any form does.
  }
}

export function drop(number) {
  const at = ahead.findIndex((each) => each.dataset.number === number);
  if (at >= 0) ahead.splice(at, 1);
}

// --- what is on screen

function show(next, focus) {
  document.getElementById("past").hidePopover();
  document.querySelector("#main > .notices")?.remove(); // it was about the case before
  stage().replaceWith(next);
  document.title = next.dataset.title;
  (focus?.(next) ?? next.querySelector("h1")).focus({ preventScroll: true });
  window.scrollTo(0, 0);
  // What can wait until the case is on screen, waits.
  requestAnimationFrame(() => setTimeout(() => {
    if (!next.isConnected) return;
    htmx.process(next);
    next.dispatchEvent(new CustomEvent("stage", { bubbles: true }));
  }));
}

function go(next, focus) {
  if (next.dataset.address !== location.pathname + location.search) history.pushState({}, "", next.dataset.address);
  show(next, focus);
}

addEventListener("popstate", () => {
  if (!stage().dataset.address.startsWith(location.pathname)) location.reload();
});
document.addEventListener("stage", lookAhead);

// A link inside of the case: the case that it leads to may be here already; else its part of the page is fetched.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const position = document.querySelector(".claim.on")?.dataset.position;
  const kept = ahead.find((each) => each.dataset.address === link.getAttribute("href"));
  if (kept) {
    drop(kept.dataset.number);
    return go(kept);
  }
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  const next = answer?.ok && parsed(await answer.text());
  if (!next) return location.assign(link.href);
  next.dataset.address = link.getAttribute("href");
  const field = position && `textarea[name="claim-${position}"]`;
  go(next, (within) => (field && within.querySelector(field)) ?? within.querySelector("[data-first]"));
});

// --- decisions

function complete(form) {
  const kind = form.dataset.decides;
  const reason = form.querySelector("[name=reason_code]:checked");
  const said = form.querySelector("[name=rationale]")?.value.trim();
  if (kind === "approve") return true;
  if (kind === "escalate") return Boolean(said);
  const changed = kind === "reject" || [...form.querySelectorAll("[name^=claim-]")].some((each) => each.value !== each.defaultValue);
  if (!changed) return true;
  return Boolean(reason) && (Boolean(said) || !("explained" in reason.dataset || "weighty" in form.dataset));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-decides]") || !complete(form)) return; // the server answers with a page
  if (!ahead.length && !fetching) return;
  event.preventDefault();
  if (form.dataset.sent) return; // pressed twice
  form.dataset.sent = "yes";
  if (!ahead.length) await fetching;
  if (ahead.length) decide(form);
  else form.submit();
});

function decide(form) {
  const decided = stage();
  const body = new FormData(form);
  delete form.dataset.sent;
  tell(`<p class="notice" role="status" data-sending="${decided.dataset.number}"><strong>${decided.dataset.number}</strong> <span>is being sent.</span></p>`);
  go(ahead.shift());
  send(form.action, body, decided);
}

async function send(address, body, decided) {
  let answer;
  try {
    answer = await post(address, body, { keepalive: true });
  } catch {
    return offer(decided, "could not be sent: there is no connection. It is kept here.", "Send again", () => send(address, body, decided));
  }
  const html = await answer.text();
  if (answer.ok) {
    tell(html);
    return lookAhead();
  }
  const back = parsed(html) ?? decided;
  const why = back.querySelector("[role=alert]")?.textContent.replace(/^\s*Not done\s*/, "").trim();
  offer(decided, why || `was refused (${answer.status}).`, "Go back to it", () => {
    ahead.unshift(stage());
    go(back, (within) => within.querySelector("[role=alert]"));
  });
}

// The last decision, in its place; what was refused stays beside it until somebody goes back to it.
function tell(html) {
  slot.querySelector(":scope > :not(.refused)")?.remove();
  slot.insertAdjacentHTML("afterbegin", html);
  for (const element of slot.querySelectorAll("[data-seconds]")) countDown(element);
}

function offer(decided, why, label, deed) {
  refused.add(decided);
  slot.querySelector(`[data-sending="${decided.dataset.number}"]`)?.remove();
  const notice = document.createElement("div");
  notice.className = "notice bad refused";
  notice.setAttribute("role", "alert");
  notice.innerHTML = '<strong></strong> <span></span> <button class="btn small" type="button" data-key="b"></button>';
  notice.querySelector("strong").textContent = `Not done: ${decided.dataset.number}`;
  notice.querySelector("span").textContent = why;
  const button = notice.querySelector("button");
  button.innerHTML = `${label} <kbd aria-hidden="true">b</kbd>`;
  button.addEventListener("click", () => {
    refused.delete(decided);
    notice.remove();
    deed();
  });
  slot.append(notice);
}

addEventListener("beforeunload", (event) => {
  if (refused.size) event.preventDefault();
});

lookAhead();
