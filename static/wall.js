// The wall is drawn anew every few seconds; not while somebody is selected, nor where nobody looks at it.

const wall = () => document.querySelector("[data-wall]");
const chosen = () => wall().querySelectorAll("input[name=enrolment]:checked").length;

function told() {
  const state = wall().querySelector("[data-wall-state]");
  if (!state?.dataset.paused) return;
  const count = chosen();
  state.textContent = count ? state.dataset.paused.replace("{n}", count) : state.dataset.running;
}

let asked = false;
let before = null;

function refresh() {
  if (asked || document.hidden || chosen()) return;
  asked = true;
  window.htmx?.trigger(wall(), "wall-refresh");
}

// who works by keyboard, or has scrolled a table, stays where he is
document.addEventListener("htmx:beforeSwap", () => {
  const at = wall().contains(document.activeElement) ? document.activeElement : null;
  before = { href: at?.getAttribute("href"), scrolled: [...wall().querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]) };
});
document.addEventListener("htmx:afterSettle", () => {
  if (!before) return;
  [...wall().querySelectorAll(".scroll")].forEach((box, no) => {
    [box.scrollLeft, box.scrollTop] = before.scrolled[no] ?? [0, 0];
  });
  if (before.href) wall().querySelector(`a[href="${CSS.escape(before.href)}"]`)?.focus({ preventScroll: true });
  before = null;
});
for (const done of ["htmx:afterRequest", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(done, () => { asked = false; });
}

document.addEventListener("change", (event) => {
  if (!wall().contains(event.target)) return;
  if (event.target.matches("[data-wall-all]")) {
    for (const box of wall().querySelectorAll("input[name=enrolment]")) box.checked = event.target.checked;
  }
  told();
});
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, Number(wall().dataset.every) * 1000);
told();
