// The labelling page. Every answer is kept in this browser first and sent at once; it leaves the browser's store only
// when the server has it, so a lost connection or a closed window loses nothing. The next case is fetched ahead.
const WAIT = 400;
const RETRY = 5000;
let timer = 0;
let ahead = null; // {address, page}: the next case, as a promise of its document

const form = () => document.querySelector("#labelling");
const store = () => `label:${form().dataset.labeller}:`; // a browser may have several people
const key = (address) => store() + new URL(address, location.href).pathname;
const say = (words) => {
  const shown = document.querySelector("[data-saved]");
  if (shown) shown.textContent = words;
};

function contentOf(labelling) {
  const data = new FormData(labelling);
  data.delete("csrfmiddlewaretoken");
  data.delete("q");
  return [...data.entries()];
}

function keep(labelling, complete) {
  const entry = { content: contentOf(labelling), complete, at: Date.now() };
  localStorage.setItem(key(labelling.action), JSON.stringify(entry));
}

// Sends one at a time for each label, so that an older save never overtakes a newer one.
const sending = new Map();

async function send(address) {
  const name = key(address);
  if (sending.has(name)) return sending.get(name).then(() => send(address));
  const kept = localStorage.getItem(name);
  if (!kept) return;
  const going = post(address, name, kept).finally(() => sending.delete(name));
  sending.set(name, going);
  return going;
}

async function post(address, name, kept) {
  const { content, complete } = JSON.parse(kept);
  const body = new URLSearchParams(content);
  body.set("do", complete ? "complete" : "save");
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  let response;
  try {
    response = await fetch(address, { method: "POST", body, keepalive: true, headers: { Accept: "application/json", "X-CSRFToken": token } });
  } catch {
    return later(address, "No connection: kept in this browser, sent when it is back");
  }
  if (response.status >= 500 || response.status === 403) return later(address, "Not saved yet: kept in this browser, tried again soon");
  const answer = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
  const here = form() && key(form().action) === name;
  if (!response.ok) return say(`${here ? "" : "The case before was not saved. "}${answer.problem ?? "Load the page again."}`);
  const now = localStorage.getItem(name);
  if (now === kept) localStorage.removeItem(name);
  else if (now) { // answered on while this was under way: what is kept builds on the new revision
    const entry = JSON.parse(now);
    entry.content = entry.content.map(([field, value]) => (field === "revision" ? [field, String(answer.revision)] : [field, value]));
    localStorage.setItem(name, JSON.stringify(entry));
  }
  if (here) {
    form().elements.revision.value = answer.revision;
    say(complete ? "complete" : "saved");
  }
}

function later(address, words) {
  say(words);
  setTimeout(() => send(address), RETRY);
}

function changed() {
  const labelling = form();
  keep(labelling, false);
  say("…");
  clearTimeout(timer);
  timer = setTimeout(() => send(labelling.action), WAIT);
}

// What was kept and never confirmed comes back into the form, unless the server has something newer.
function restore(labelling) {
  const kept = localStorage.getItem(key(labelling.action));
  if (!kept) return;
  const { content, at } = JSON.parse(kept);
  if (at < Number(labelling.dataset.savedAt) * 1000) return localStorage.removeItem(key(labelling.action));
  for (const field of labelling.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const values = content.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (field.name && field.name !== "q") field.value = values[0] ?? "";
  }
  keep(labelling, false);
  say("brought back from this browser");
  send(labelling.action);
}

function fitDecisions(labelling) {
  const type = labelling.elements.case_type.value;
  const decision = labelling.elements.decision;
  for (const group of decision.querySelectorAll("optgroup")) group.disabled = group.hidden = Boolean(type) && group.dataset.type !== type;
  if (decision.selectedOptions[0]?.parentElement.disabled) decision.value = "";
}

function fetchAhead(labelling) {
  const address = labelling.dataset.following;
  if (!address) return;
  ahead = { address, page: fetch(address, { headers: { Accept: "text/html" } }).then(async (response) => ({ address: response.url, text: await response.text(), found: response.ok })) };
  ahead.page.catch(() => { ahead = null; });
}

async function goOn(address) {
  const fetched = ahead?.address === address ? await ahead.page.catch(() => null) : null;
  const next = fetched?.found ? new DOMParser().parseFromString(fetched.text, "text/html") : null;
  const main = next?.querySelector("main:has(#labelling)");
  if (!main) return location.assign(address);
  document.querySelector("main").replaceWith(document.adoptNode(main));
  document.title = next.title;
  history.pushState({}, "", fetched.address);
  window.htmx?.process(document.querySelector("main"));
  begin();
  scrollTo(0, 0);
  document.querySelector("main").focus();
}

function begin() {
  const labelling = form();
  if (!labelling) return;
  restore(labelling);
  fitDecisions(labelling);
  fetchAhead(labelling);
}

document.addEventListener("input", (event) => {
  const filter = event.target.closest("[data-filter]");
  if (filter) {
    const words = filter.value.toLowerCase();
    for (const label of document.getElementById(filter.dataset.filter).querySelectorAll("label")) label.hidden = !`${label.textContent} ${label.title}`.toLowerCase().includes(words);
  } else if (event.target.closest("#labelling") && event.target.name !== "q") {
    if (event.target.name === "case_type") fitDecisions(form());
    const found = event.target.closest("#found-passages li");
    if (found && event.target.checked) document.querySelector("#chosen-passages").append(found);
    changed();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
  const filter = event.target.closest("[data-filter], #labelling input[name=q]");
  if (!filter) return;
  event.preventDefault(); // Enter takes the first that was found, and sends nothing
  const list = document.getElementById(filter.dataset.filter ?? "found-passages");
  [...list.querySelectorAll("label")].find((label) => label.checkVisibility())?.click();
  filter.blur();
});

document.addEventListener("submit", (event) => {
  if (event.target !== form() || event.submitter?.hasAttribute("formaction")) return; // an adjudication is no label
  event.preventDefault();
  clearTimeout(timer);
  const { action, dataset } = event.target;
  keep(event.target, true);
  const sent = send(action);
  if (dataset.following) goOn(dataset.following);
  else sent.then(() => localStorage.getItem(key(action)) || location.assign(dataset.last));
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-following]");
  if (!link || event.ctrlKey || event.metaKey || !form()) return;
  event.preventDefault();
  goOn(link.getAttribute("href"));
});

addEventListener("popstate", () => location.reload());
addEventListener("online", () => form() && send(form().action));

// Labels of other cases that never reached the server, from an earlier visit.
function sendLeftOver() {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(store()) && name !== key(form().action)) send(name.slice(store().length));
  }
}

begin();
if (form()) sendLeftOver();
