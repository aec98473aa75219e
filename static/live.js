// The live page: one socket that only tells. Whatever it says, the server has rendered; this file puts it in place.
// An element takes part by an id and data-live="charger:12", "session:7", "trace:12", "chargers" or "board" (several, with
// blanks): told that it changed, the page is fetched again and the element patched; the board's parts are sent.
"use strict";
{
  const KEPT = new Set(["hidden", "open", "aria-pressed", "aria-selected", "data-open", "data-picked", "tabindex"]);
  const SILENT_MS = 5000, GIVE_UP_MS = 12000;
  let socket = null, heardAt = Date.now(), tries = 0, seq = 0, isLost = false, wasUp = false, stopped = false;

  const patchAttributes = (old, fresh) => {
    for (const { name, value } of fresh.attributes) if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!KEPT.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  };
  // Change in place what is different, so that focus, selection and scrolling stay where the hand left them.
  const patch = (old, fresh) => {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || (old.id ?? "") !== (fresh.id ?? "")) return replace(old, fresh);
    if (old.nodeType !== Node.ELEMENT_NODE) { if (old.data !== fresh.data) old.data = fresh.data; return old; }
    // What a person asked for stays until asked for again: the fresh page does not have it.
    if (old.hasAttribute("data-asked") && fresh.hasAttribute("data-asked")) return old;
    if (old.hasAttribute("hx-post") !== fresh.hasAttribute("hx-post")) return replace(old, fresh);
    patchAttributes(old, fresh);
    const children = [...fresh.childNodes], isKeyed = children.length && children.every((child) => child.id);
    if (!isKeyed && old.childNodes.length !== children.length) {
      const focused = document.activeElement?.id;
      old.replaceChildren(...children);
      htmx.process(old);
      if (focused && old.querySelector(`#${CSS.escape(focused)}`)) document.getElementById(focused).focus();
      return old;
    }
    children.forEach((child, n) => {
      const mine = isKeyed ? [...old.childNodes].find((node) => node.id === child.id) : old.childNodes[n];
      const node = mine ? patch(mine, child) : child;
      if (old.childNodes[n] !== node) old.insertBefore(node, old.childNodes[n] ?? null);
      if (!mine) htmx.process(node);
    });
    while (old.childNodes.length > children.length) old.lastChild.remove();
    return old;
  };
  const replace = (old, fresh) => {
    const hadFocus = old === document.activeElement;
    old.replaceWith(fresh);
    if (fresh.nodeType === Node.ELEMENT_NODE) { htmx.process(fresh); if (hadFocus) fresh.focus(); }
    return fresh;
  };
  const patchById = (id, html) => {
    const old = document.getElementById(id), held = document.createElement("template");
    if (!old) return;
    held.innerHTML = html.trim();
    const fresh = held.content.firstElementChild, words = (node) => node.querySelector(".status")?.textContent;
    const said = words(old) !== words(fresh);
    announce(old, fresh);
    const node = patch(old, fresh);
    if (said) { node.classList.add("changed"); node.addEventListener("animationend", () => node.classList.remove("changed"), { once: true }); }
    document.dispatchEvent(new CustomEvent("patched", { detail: { id } }));
  };

  // A row that comes with the answer to a button is put in place like one from the socket.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const row = event.detail.fragment.firstElementChild;
    if (!row?.matches("li[data-shape]")) return;
    event.detail.shouldSwap = false;
    row.removeAttribute("hx-swap-oob");
    patchById(row.id, row.outerHTML);
  });

  // Nor is an answer lost whose button was replaced while it was under way: htmx would look for its places in the button's tree.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, serverResponse, shouldSwap, target } = event.detail;
    if (!shouldSwap || target !== document.body || requestConfig.elt.isConnected) return;
    event.detail.shouldSwap = false;
    htmx.swap(document.body, serverResponse, { swapStyle: "none" });
  });

  // Said aloud: what came of your commands, what newly needs somebody, and the link. Never a kilowatt.
  const announce = (old, fresh) => {
    const before = new Set($$("[data-news]", old).map((node) => node.id));
    $$("[data-news]", fresh).forEach((node) => { if (!before.has(node.id)) say(`To do: ${node.dataset.news}`); });
    $$("[data-mine]", fresh).forEach((node) => {
      const known = node.id && old.querySelector(`#${CSS.escape(node.id)}`);
      if (!known || known.dataset.said !== node.dataset.said) say(node.dataset.said);
    });
  };

  // The page as a fresh load would show it: fetched, and put in place element by element.
  let isFetching = false, missed = new Set();
  const refetch = async (elements) => {
    elements.forEach((element) => missed.add(element.id));
    if (isFetching || !missed.size) return undefined;
    // What is told from here on is not in this answer: it stays in `missed` for the next.
    const wanted = missed;
    missed = new Set();
    isFetching = true;
    try {
      // What a refused form answers with stands at an address that only takes forms.
      const shown = location.href, from = $("[data-live-from]")?.dataset.liveFrom ?? shown;
      const answer = await fetch(from, { headers: { "X-Live": "1" }, cache: "no-store" });
      if (answer.redirected && new URL(answer.url).pathname !== new URL(from, location.href).pathname) return location.reload();
      if (!answer.ok) throw new Error(`${answer.status}`);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      // A person has gone on meanwhile, as to another message: this answer is of the place that was left, and asked for again.
      if (location.href !== shown) { wanted.forEach((id) => missed.add(id)); wanted.clear(); }
      for (const id of wanted) {
        const old = document.getElementById(id), now = fresh.getElementById(id);
        if (!old || !now) continue;
        announce(old, now);
        patch(old, document.importNode(now, true));
        document.dispatchEvent(new CustomEvent("patched", { detail: { id } }));
      }
    } catch (error) {
      wanted.forEach((id) => missed.add(id));  // the link bar says it; the next connection fetches again
      return undefined;
    } finally {
      isFetching = false;
    }
    return refetch([]);
  };
  const lastTold = new WeakMap(), toldLater = new WeakSet();
  const tell = (streams) => {
    const stale = [];
    for (const element of $$("[data-live]")) {
      if (!element.dataset.live.split(" ").some((stream) => streams.includes(stream))) continue;
      const wait = (lastTold.get(element) ?? 0) + Number(element.dataset.liveEvery ?? 0) * 1000 - Date.now();
      if (wait > 0) {
        // The last change of a busy while is not lost: it is told when the while is over.
        if (!toldLater.has(element)) { toldLater.add(element); setTimeout(() => { toldLater.delete(element); tell(element.dataset.live.split(" ")); }, wait); }
        continue;
      }
      lastTold.set(element, Date.now());
      if (element.hasAttribute("hx-get")) htmx.trigger(element, "live");
      else if (element.id) stale.push(element);
    }
    if (stale.length) refetch(stale);
  };
  const resync = () => {
    const [asked, own] = [[], []];
    $$("[data-live]").forEach((element) => (element.hasAttribute("hx-get") ? asked : own).push(element));
    asked.forEach((element) => htmx.trigger(element, "live"));
    refetch(own.filter((element) => element.id));
  };

  const heard = (message) => {
    heardAt = Date.now();
    if (message.type === "tick") return;
    if (message.type === "hello") { seq = 0; tries = 0; setLink(true); if (wasUp || message.resync) resync(); wasUp = true; return; }
    if (message.seq !== seq + 1) resync();
    seq = message.seq;
    Object.entries(message.patch ?? {}).forEach(([id, html]) => patchById(id, html));
    if (message.told?.length) tell(message.told);
    if (message.resync) resync();
  };
  const connect = () => {
    const streams = new Set($$("[data-live]").flatMap((element) => element.dataset.live.split(" ")));
    if (!streams.size) return;
    const query = new URLSearchParams([...streams].map((stream) => ["on", stream]));
    query.set("seen", $("[data-seen]")?.dataset.seen ?? "");
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/?${query}`);
    socket.addEventListener("message", (event) => heard(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      socket = null;
      if (event.code === 4401) return location.reload();
      if (event.code === 4403) { stopped = true; return setLink(false); }
      const wait = Math.min(2500, 250 * 2 ** tries) * (0.6 + 0.4 * Math.random());
      tries += 1;
      setTimeout(connect, wait);
    });
  };

  const setLink = (isUp) => {
    const live = $("#live");
    if (live) { live.hidden = false; live.textContent = isUp ? "Live" : "Not live"; live.className = `live ${isUp ? "" : "lost"}`; }
    if (isUp && isLost) say("The link to the depot is back");
    if (!isUp && !isLost) say("The link to the depot is lost. Trying again.");
    isLost = !isUp;
    root.toggleAttribute("data-link-lost", isLost);
    if (isUp) $("#link-bar").hidden = true;
    $$(ACTS).forEach((button) => {
      if (isLost && !button.hasAttribute("aria-disabled")) { button.setAttribute("aria-disabled", "true"); button.dataset.lost = button.title || " "; button.title = "No link to the depot: nothing can be asked now"; }
      if (!isLost && button.dataset.lost !== undefined) { button.removeAttribute("aria-disabled"); button.title = button.dataset.lost.trim(); delete button.dataset.lost; }
    });
  };
  const ACTS = "main form[method=post] button, main [hx-post], main button[formaction]";
  const refuse = (event) => { if (isLost && event.target.closest?.(ACTS)) { event.preventDefault(); event.stopImmediatePropagation(); say("No link to the depot: nothing can be asked now"); } };
  document.addEventListener("click", refuse, true);
  document.addEventListener("submit", refuse, true);
  // A button that says why it cannot be pressed is not pressed.
  document.addEventListener("click", (event) => { if (event.target.closest("[aria-disabled=true]")) { event.preventDefault(); event.stopImmediatePropagation(); } }, true);

  const age = (seconds) => (seconds < 60 ? `${seconds}\u00a0s` : seconds < 3600 ? `${Math.floor(seconds / 60)}\u00a0m` : seconds < 172800 ? `${Math.floor(seconds / 3600)}\u00a0h` : `${Math.floor(seconds / 86400)}\u00a0d`);
  const everySecond = () => {
    $$("[data-since]").forEach((node) => {
      const seconds = Math.max(0, Math.floor((realNow() - Number(node.dataset.since)) / 1000)), words = age(seconds);
      if (node.textContent !== words) node.textContent = words;
      if (node.dataset.late) node.classList.toggle("late", seconds > Number(node.dataset.late));
    });
    const silentMs = Date.now() - heardAt;
    if (!$("[data-live]") || silentMs < SILENT_MS || stopped) return;
    if (!isLost) setLink(false);
    const bar = $("#link-bar");
    bar.hidden = false;
    bar.textContent = `This page last heard from the depot ${age(Math.floor(silentMs / 1000))} ago. Trying again…`;
    if (silentMs > GIVE_UP_MS && socket?.readyState === WebSocket.OPEN) { heardAt = Date.now() - SILENT_MS; socket.close(); }
  };

  document.addEventListener("DOMContentLoaded", () => { connect(); setInterval(everySecond, 1000); });
  // Back from sleep or from another network: do not wait for the timer.
  addEventListener("online", () => { if (!socket) connect(); });
}
