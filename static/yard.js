// The messages of a charger: one opens beside the list without leaving it; without this file the same link does it.
"use strict";
let asked = null;
document.addEventListener("click", async (event) => {
  const line = event.target.closest("#trace a.line");
  if (!line || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  asked = line.href;
  const answer = await fetch(line.dataset.url, { headers: { "HX-Request": "true" } }).catch(() => null), words = await answer?.text();
  // Another was chosen before this one came.
  if (asked !== line.href) return undefined;
  if (!answer?.ok) return location.assign(line.href);
  $("#msg").innerHTML = words;
  $$("#trace a.line[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
  line.setAttribute("aria-current", "true");
  // What live.js fetches again is this address: the message stays open while others come in.
  history.replaceState(null, "", line.href);
  if (matchMedia("(max-width: 720px)").matches) $("#msg").scrollIntoView({ block: "start" });
});

// Up and down go through the list, as in any other.
document.addEventListener("keydown", (event) => {
  const line = event.target.closest?.("#trace a.line"), step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const to = line && step && $("a.line", line.parentElement[step] ?? document.createElement("i"));
  if (!to) return;
  event.preventDefault();
  to.focus();
  to.click();
});
