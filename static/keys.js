// The keyboard: an element says its usual key (data-key="a") and is clicked, or focused when one can type into it. The
// page says which keys this person presses instead (body data-keys: pressed → usual). Digits choose the reason in the
// form that is open. All stay silent in fields, except Ctrl/⌘+Enter, which submits.
const chosen = JSON.parse(document.body.dataset.keys || "{}");
const typing = (element) => element.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
export const visible = (element) => element.checkVisibility();

// Scripts that know a key beyond clicking something: usual key → what it does, true when it did.
const known = new Map();
export const onKey = (key, deed) => known.set(key, deed);

function press(element) {
  if (element.matches("input, textarea, select")) {
    element.focus();
    element.select?.();
  } else if (element.matches("summary")) {
    element.click();
    const details = element.parentElement;
    if (details.open) details.querySelector("form :is(input, select, textarea):not([type=hidden])")?.focus();
  } else {
    element.click();
  }
}

function walk(step) {
  const rows = [...document.querySelectorAll("[data-walk] a[data-step]")].filter(visible);
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
  return true;
}
onKey("j", () => walk(1));
onKey("k", () => walk(-1));

function reason(digit) {
  const scope = [...document.querySelectorAll("[data-reasons]")].find(visible);
  const radio = scope?.querySelectorAll("input[type=radio]")[digit - 1];
  radio?.click();
  radio?.focus();
  return Boolean(radio);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.form ?? event.target.closest("form") ?? document.getElementById("edit");
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details.act[open]")) {
      const inside = open.contains(document.activeElement);
      open.open = false;
      if (inside) open.querySelector("summary").focus();
    }
    if (event.target.matches("input, textarea")) event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (/^[1-9]$/.test(event.key)) {
    if (reason(Number(event.key))) event.preventDefault();
    return;
  }
  const key = chosen[event.key] ?? event.key;
  const target = key && [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(visible);
  if (target) {
    event.preventDefault();
    press(target);
  } else if (known.get(key)?.()) {
    event.preventDefault();
  }
});

// Hints show the keys that this person presses.
const shown = {};
for (const [pressed, usual] of Object.entries(chosen)) if (usual) shown[usual] ??= pressed;
export function showHints(within = document) {
  for (const element of within.querySelectorAll("[data-key]:has(> kbd)")) {
    const key = shown[element.dataset.key];
    if (key) element.querySelector(":scope > kbd").textContent = key;
  }
  for (const hint of within.querySelectorAll("kbd[data-hint]")) hint.textContent = shown[hint.dataset.hint] ?? hint.dataset.hint;
}
showHints();

// What can be taken back for some seconds says how many are left, and goes when they are over.
export function countDown(element) {
  const until = Date.now() + Number(element.dataset.seconds) * 1000;
  const left = element.querySelector("[data-left]");
  const timer = setInterval(() => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    if (left) left.textContent = `${Math.max(seconds, 0)} s`;
    if (seconds > 0 && element.isConnected) return;
    clearInterval(timer);
    if (element.contains(document.activeElement)) document.querySelector("#stage h1, #main")?.focus();
    element.remove();
  }, 250);
}
for (const element of document.querySelectorAll("[data-seconds]")) countDown(element);
