// The last ten decisions open beside the case instead of on a page of their own.

const panel = document.getElementById("past");

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-past]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return location.assign(link.href);
  panel.innerHTML = await answer.text();
  panel.showPopover();
  panel.querySelector("a, button")?.focus();
});
