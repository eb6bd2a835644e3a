// A bank's list: how many are ticked is told while ticking, one tick takes the page, the tree folds on a narrow screen.

function count(form) {
  const ticked = form.querySelectorAll("input[name=v]:checked").length;
  const all = form.querySelector("[data-all]");
  const number = all?.checked ? all.dataset.all : ticked;
  const told = form.querySelector("[data-ticked]");
  if (told) told.textContent = number ? told.dataset.some.replace("{n}", number) : told.dataset.none;
  const page = form.querySelector("[data-tick-all]");
  if (page) {
    const boxes = form.querySelectorAll("input[name=v]").length;
    page.checked = ticked === boxes;
    page.indeterminate = ticked > 0 && ticked < boxes;
  }
}

addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-tick-all]")) {
    for (const box of form.querySelectorAll("input[name=v]")) box.checked = event.target.checked;
  }
  count(form);
});

function settle() {
  for (const form of document.querySelectorAll("form[data-bulk]")) count(form);
  if (matchMedia("(max-width: 60rem)").matches) {
    for (const tree of document.querySelectorAll("[data-tree]")) tree.open = Boolean(tree.querySelector("ul [aria-current]"));
  }
}

// ticks that the browser kept when one comes back
addEventListener("pageshow", settle);
document.addEventListener("htmx:afterSettle", settle);
settle();
