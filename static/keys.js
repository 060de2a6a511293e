// The keyboard: an element says its key (data-key="a") and is clicked, or focused when one can type into it.
// Digits choose the reason in the form that is open. All stay silent in fields, except Ctrl/⌘+Enter, which submits.
const typing = (element) => element.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
const visible = (element) => element.checkVisibility();

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

function citation() {
  const links = [...document.querySelectorAll("a[data-citation]")].filter(visible);
  if (!links.length) return;
  const at = links.findIndex((link) => link.hasAttribute("data-current"));
  const next = links[(at + 1) % links.length];
  links[at]?.removeAttribute("data-current");
  next.setAttribute("data-current", "");
  next.click();
  next.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.form ?? event.target.closest("form");
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details.act[open]")) open.open = false;
    if (event.target.matches("input, textarea")) event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (/^[1-9]$/.test(event.key)) {
    const scope = [...document.querySelectorAll("[data-reasons]")].find(visible);
    const radio = scope?.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
    if (radio) {
      event.preventDefault();
      radio.click();
      radio.focus();
    }
    return;
  }
  if (event.key === "c") return citation();
  const target = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)].find(visible);
  if (target) {
    event.preventDefault();
    press(target);
  } else if (event.key === "j" || event.key === "k") {
    if (walk(event.key === "j" ? 1 : -1)) event.preventDefault();
  }
});

// What can be taken back for some seconds says how many are left, and goes when they are over.
function countDown(element) {
  const until = Date.now() + Number(element.dataset.seconds) * 1000;
  const shown = element.querySelector("[data-left]");
  const timer = setInterval(() => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (shown) shown.textContent = `${Math.max(left, 0)} s`;
    if (left <= 0) {
      clearInterval(timer);
      element.remove();
    }
  }, 250);
}

for (const element of document.querySelectorAll("[data-seconds]")) countDown(element);
