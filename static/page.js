// What every page has: light or dark, the depot's clock, keys to other places, messages that can be closed.
// Loaded before the body, so that nothing flickers; the server renders, this file helps.
"use strict";
const root = document.documentElement;
root.classList.add("js");
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const say = (words) => { const log = $("#say"); if (log) log.append(Object.assign(document.createElement("p"), { textContent: words })); };
const isTyping = (target) => target.matches?.("input, select, textarea, [contenteditable]");

// The server's clock, by which ages are counted; the browser's own may be wrong.
const serverAhead = Number(root.dataset.realNow) * 1000 - Date.now();
const realNow = () => Date.now() + (Math.abs(serverAhead) > 5000 ? serverAhead : 0);

document.addEventListener("DOMContentLoaded", () => {
  const now = $("#now"), opened = performance.now();
  if (now) {
    const at = Number(now.dataset.at) * 1000, rate = Number(now.dataset.rate);
    const zone = { timeZone: now.dataset.zone }, time = new Intl.DateTimeFormat("en-GB", { ...zone, hour: "2-digit", minute: "2-digit" });
    const day = new Intl.DateTimeFormat("en-GB", { ...zone, weekday: "short", day: "numeric", month: "short" });
    const tick = () => {
      const moment = at + (performance.now() - opened) * rate;
      now.textContent = time.format(moment);
      $("#today").textContent = day.format(moment).replace(",", "");
    };
    setInterval(tick, 1000);
  }
  // Without this, the same form is posted and the page comes back in the other light.
  $("#theme")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter, theme = button.value, icons = { light: "sun", dark: "moon", "": "auto" };
    const order = ["", "light", "dark"], next = order[(order.indexOf(theme) + 1) % 3];
    fetch(event.target.action, { method: "POST", body: new FormData(event.target, button) });
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    $("use", button).setAttribute("href", `#i-${icons[theme]}`);
    const words = { light: "Light", dark: "Dark", "": "Light or dark as the system says" };
    button.value = next;
    button.setAttribute("aria-label", `${words[theme]}; switch to ${words[next].toLowerCase()}`);
  });
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest("p").remove();
  if (event.target.closest("[data-show-keys]")) $("#keys").showModal();
  const copied = event.target.closest("[data-copy]");
  if (copied) navigator.clipboard.writeText(copied.dataset.copy).then(() => say("Copied"));
  $$("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});

let goes = false;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") $$("details.menu[open]").forEach((menu) => { menu.open = false; $("summary", menu).focus(); });
  if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  if (goes) {
    goes = false;
    const link = /^[a-z]$/.test(event.key) && $(`[data-key="${event.key}"]`);
    if (link) { event.preventDefault(); event.stopImmediatePropagation(); location.assign(link.href); }
    return;
  }
  if (event.key === "g") { goes = true; setTimeout(() => { goes = false; }, 1500); }
  if (event.key === "?" && !$("dialog[open]")) $("#keys")?.showModal();
}, true);

// Where tabs or chips scroll sideways, the one that is chosen is seen.
document.addEventListener("DOMContentLoaded", () => $$(".tabs > [aria-current], .chips > [aria-current]").forEach((chosen) => {
  const row = chosen.parentElement, right = chosen.offsetLeft + chosen.offsetWidth - row.offsetLeft;
  if (right > row.clientWidth) row.scrollLeft = right - row.clientWidth + 24;
}));

// Tabs (role=tab with aria-controls): arrows move between them.
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]"), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = $$("[role=tab]", tab.closest("[role=tablist]")), to = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  to.focus(); to.click();
});
