// Rules are put in order by hand: Alt and an arrow, or the arrows' buttons, move a sentence without asking the server.
"use strict";
{
  const move = (row, way) => {
    const other = way === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (!other?.matches(".rule[id]")) return;
    if (way === "up") other.before(row); else other.after(row);
    const rows = $$("#rule-rows > .rule[id]");
    rows.forEach((one, n) => {
      const title = $("b", one);
      title.firstChild.textContent = title.firstChild.textContent.replace(/^\d+/, n + 1);
      $("[data-move=up]", one).disabled = n === 0;
      $("[data-move=down]", one).disabled = n === rows.length - 1;
    });
    say(`Now rule ${rows.indexOf(row) + 1} of ${rows.length}`);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    move(button.closest(".rule"), button.dataset.move);
    if (!button.disabled) button.focus();
  });
  document.addEventListener("keydown", (event) => {
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key], row = event.target.closest?.(".rule[id]");
    if (!event.altKey || !way || !row) return;
    event.preventDefault();
    move(row, way);
    event.target.focus();
  });
}
