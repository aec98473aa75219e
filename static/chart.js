// A cross-hair for charts that the server drew: point at one, or focus it and use the arrow keys.
"use strict";
{
  // Where the cross-hair of each stood: a chart that was drawn anew goes on there.
  const stood = new Map();
  const ready = (chart) => {
    const readout = document.getElementById(chart.dataset.readout), cross = chart.querySelector(".cross");
    let at = stood.get(chart.dataset.readout) ?? -1;
    const list = (name) => chart.dataset[name].split(" "), xs = () => list("xs").map(Number);
    const read = (n) => {
      const places = xs();
      at = Math.max(0, Math.min(n, places.length - 1));
      stood.set(chart.dataset.readout, at);
      cross.setAttribute("d", `M${places[at]} ${chart.dataset.top}V${chart.dataset.bottom}`);
      if (chart.dataset.words) { readout.textContent = chart.dataset.words.split("|")[at]; return; }
      const kw = list("kws")[at], soc = list("socs")[at];
      readout.textContent = [list("times")[at], kw ? `${kw}\u00a0kW` : "power unknown", soc && `${soc}\u00a0%`].filter(Boolean).join(" · ");
    };
    const nearest = (x) => { const places = xs(); let best = 0; places.forEach((place, n) => { if (Math.abs(place - x) < Math.abs(places[best] - x)) best = n; }); return best; };
    chart.tabIndex = 0;
    chart.addEventListener("pointermove", (event) => read(nearest(new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse()).x)));
    chart.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 20, PageUp: -20 }[event.key];
      if (step) { event.preventDefault(); read(at < 0 ? Number(chart.dataset.start ?? xs().length - 1) : at + step); }
      if (event.key === "Home") read(0);
      if (event.key === "End") read(xs().length - 1);
    });
    // A long curve starts at its newest end; one that looks ahead, at its beginning.
    if (!chart.dataset.words) chart.parentElement.scrollLeft = chart.parentElement.scrollWidth;
    chart.readAgain = () => { if (at >= 0) read(at); };
  };
  const find = () => $$("svg[data-xs]").forEach((chart) => { if (!chart.readAgain) ready(chart); chart.readAgain(); });
  document.addEventListener("DOMContentLoaded", find);
  document.addEventListener("patched", find);
}
