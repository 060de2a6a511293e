// The sentence in focus, and the words of the evidence that it quotes, scrolled to and marked.
import { onKey, visible } from "./keys.js";

const narrow = matchMedia("(max-width: 1100px)");
const sentences = () => [...document.querySelectorAll("#action .claim")].filter(visible);
const current = () => document.querySelector("#action .claim.on");

function scrollTo(source) {
  const box = source.closest(".sources");
  if (narrow.matches) source.scrollIntoView({ block: "nearest" });
  else box.scrollTop += source.getBoundingClientRect().top - box.getBoundingClientRect().top;
}

function light(claim, source) {
  for (const element of document.querySelectorAll(".claim.on, .source.on, mark.on")) element.classList.remove("on");
  if (!claim) return;
  claim.classList.add("on");
  const quotes = [...document.querySelectorAll(`mark[data-claims~="${claim.dataset.position}"]`)];
  for (const quote of quotes) quote.classList.add("on");
  const links = [...claim.querySelectorAll("a[data-citation]")];
  const sources = links.map((link) => document.querySelector(link.hash));
  for (const each of sources) each?.classList.add("on");
  const first = source ?? sources[0];
  if (first && (source || !narrow.matches)) scrollTo(first);
}

function step(by) {
  const all = sentences();
  if (!all.length) return false;
  const at = all.indexOf(current());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  light(next);
  (next.querySelector("textarea") ?? next).focus();
  return true;
}
onKey("n", () => step(1));
onKey("p", () => step(-1));

let cited; // the link that was followed last
onKey("c", () => {
  const links = [...document.querySelectorAll("#action a[data-citation]")].filter(visible);
  if (!links.length) return false;
  cited = links[(links.indexOf(cited) + 1) % links.length];
  cited.focus();
  light(cited.closest(".claim"), document.querySelector(cited.hash));
  return true;
});

document.addEventListener("click", (event) => {
  const claim = event.target.closest("#action .claim");
  const link = event.target.closest("a[data-citation]");
  if (link) {
    event.preventDefault();
    const source = document.querySelector(link.hash);
    light(claim, source);
    if (event.detail === 0) source?.focus(); // followed by keyboard: whoever listens wants to be there
  } else if (claim && !event.target.closest("textarea")) {
    light(claim);
  }
});

document.addEventListener("focusin", (event) => {
  const claim = event.target.closest("#action .claim");
  if (claim && claim !== current()) light(claim);
});

// What the server found out about a sentence as it is typed: its colour follows.
document.addEventListener("htmx:afterSwap", (event) => {
  const claim = event.target.closest?.(".claim.edited") ?? document.getElementById(event.target.id)?.closest(".claim.edited");
  if (!claim) return;
  claim.classList.toggle("un", Boolean(claim.querySelector(".tag.bad")));
  if (claim.classList.contains("on")) light(claim);
});
