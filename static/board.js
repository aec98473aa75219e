// The board's hands: chips, search, keys, drawer, selecting many. Without it every link leads to a page.
"use strict";
{
  const rows = () => $$(".rows li"), shown = () => rows().filter((row) => !row.hidden && row.closest("details")?.open !== false);
  const needs = ["card", "carpause", "replug", "fault"];
  let filter = "", search = "";
  const keepFilter = () => history.replaceState(null, "", filter || search ? `#show=${filter}&q=${encodeURIComponent(search)}` : location.pathname);
  const show = () => {
    const words = search.toLowerCase(), isNarrowed = Boolean(filter || search);
    let found = 0;
    rows().forEach((row) => {
      const shape = row.dataset.shape, fits = !filter || shape === filter || (filter === "needs" && needs.includes(shape));
      row.hidden = !(fits && (!words || row.textContent.toLowerCase().includes(words)));
      if (!row.hidden) found += 1;
    });
    $$("details.zone").forEach((zone) => {
      const any = Boolean($(".rows li:not([hidden])", zone));
      zone.hidden = isNarrowed && !any;
      if (isNarrowed && any && !zone.open) { zone.open = true; zone.dataset.unfolded = ""; }
      if (!isNarrowed && zone.dataset.unfolded !== undefined) { zone.open = false; delete zone.dataset.unfolded; }
    });
    $("#none-found").hidden = found > 0;
    $$("#chips .chip").forEach((chip) => chip.setAttribute("aria-pressed", chip.value === filter));
    return found;
  };
  const choose = (value) => { filter = value; keepFilter(); say(`${show()} bays shown`); };

  const drawer = $("#drawer");
  let openRow = "";
  const open = (url, row) => {
    openRow = row?.id ?? "";
    rows().forEach((other) => other.toggleAttribute("data-open", other === row));
    return htmx.ajax("GET", url, { target: "#drawer", swap: "innerHTML" }).then(() => {
      drawer.setAttribute("aria-labelledby", "drawer-title");
      if (!drawer.open) { if (matchMedia("(max-width: 720px)").matches) drawer.showModal(); else drawer.show(); }  // on a desk the board stays alive beside it
      (drawer.querySelector("input[type=search]") ?? drawer.querySelector("[data-close-drawer]"))?.focus();
    });
  };
  const close = () => {
    const row = openRow && document.getElementById(openRow);
    drawer.close(); drawer.replaceChildren();
    rows().forEach((other) => other.removeAttribute("data-open"));
    if (row) row.focus();
  };

  const picked = () => $$(".rows li[data-picked]");
  const showPicked = () => {
    const many = picked(), sessions = many.filter((row) => row.dataset.session);
    $("#picked").hidden = !many.length;
    $("#picked-count").textContent = many.length;
    const stop = $("#picked-stop");
    if (stop) { stop.textContent = sessions.length === 1 ? "Stop 1 bay" : `Stop ${sessions.length} bays`; stop.hidden = !sessions.length; }
  };
  const unpick = () => { picked().forEach((row) => row.removeAttribute("data-picked")); showPicked(); };

  document.addEventListener("click", (event) => {
    const target = event.target, row = target.closest(".rows li"), link = target.closest("a[data-drawer]");
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const chip = target.closest("#chips .chip");
    if (chip) { event.preventDefault(); choose(chip.value); }
    if (target.closest("[data-show-all]")) { search = $("#q").value = ""; choose(""); }
    if (target.closest("[data-close-drawer]")) close();
    if (target.closest("[data-unpick]")) unpick();
    if (target.closest("[data-all-tasks]")) { $("#todo-list").classList.add("all"); }
    if (target.closest("#picked-stop")) {
      const values = { session: picked().map((one) => one.dataset.session).filter(Boolean) };
      htmx.ajax("POST", target.closest("#picked-stop").dataset.url, { values, swap: "none" }).then(unpick);
    }
    if (link) { event.preventDefault(); open(link.href, row ?? document.getElementById(link.closest("[data-bay]")?.dataset.bay)); }
    else if (row && !target.closest("[data-do]")) { event.preventDefault(); open($(".bay", row).href, row); }
  });
  $("#filter")?.addEventListener("submit", (event) => event.preventDefault());
  $("#q")?.addEventListener("input", (event) => { search = event.target.value.trim(); show(); });
  $("#q")?.addEventListener("change", keepFilter);

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || $("dialog:modal")) return;
    if (event.key === "Escape") {
      if (drawer.open) close();
      else if (picked().length) unpick();
      else if (event.target === $("#q")) { event.target.value = search = ""; keepFilter(); show(); event.target.blur(); }
      return;
    }
    if (event.target.matches("input, select, textarea")) return;
    const list = shown(), row = document.activeElement?.closest?.(".rows li") ?? $(".rows li[data-open]"), at = list.indexOf(row);
    const go = (to) => { event.preventDefault(); list[Math.max(0, Math.min(to, list.length - 1))]?.focus(); };
    if (event.key === "j") go(at + 1);
    if (event.key === "k") go(at < 0 ? 0 : at - 1);
    if (event.key === "/" && $("#q")) { event.preventDefault(); $("#q").focus(); }
    if (/^[1-7]$/.test(event.key)) { const chip = $$("#chips .chip")[Number(event.key) - 1]; if (chip) choose(chip.value); }
    if (!row) return;
    if (event.key === "Enter" && document.activeElement === row) { event.preventDefault(); open($(".bay", row).href, row); }
    if (event.key === "x") { row.toggleAttribute("data-picked"); showPicked(); }
    if (event.key === "s") {
      const act = $("[data-do]", row);
      if (act) act.click();
      else open($(".bay", row).href, row);
    }
  });

  // The drawer shows the same bay: what changes its row changes the drawer.
  document.addEventListener("patched", (event) => {
    const body = $("#drawer-body");
    if (body && (event.detail.id === body.dataset.bay || event.detail.id === "board")) htmx.trigger(body, "live");
  });
  // Rows that came anew obey the filter too; what was on show stays on show.
  document.addEventListener("patched", (event) => { if (event.detail.id === "board" || filter || search) show(); });
  const kept = new URLSearchParams(location.hash.slice(1) || location.search.slice(1));
  if ($("#filter") && (kept.get("show") || kept.get("q"))) {
    if (location.search) location.replace(`${location.pathname}#${new URLSearchParams({ show: kept.get("show") ?? "", q: kept.get("q") ?? "" })}`);
    filter = kept.get("show") ?? ""; search = kept.get("q") ?? "";
    $("#q").value = search;
    show();
  }
}
