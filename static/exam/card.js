// The answer card, moving between questions, one by one or the whole paper, and the phone's bottom bar.

import { say } from "./wording.js";

const WIDE = matchMedia("(min-width: 64rem)");

export class Card {
  constructor(form, paper, unsynced) {
    this.form = form;
    this.paper = paper;
    this.unsynced = unsynced;
    this.body = form.querySelector("[data-card]");
    this.home = this.body.parentElement;
    this.cells = new Map();
    for (const cell of this.body.querySelectorAll("[data-cell]")) this.cells.set(Number(cell.dataset.cell), cell);
    this.dialog = document.getElementById("card-dialog");
    this.slot = this.dialog.querySelector("[data-card-slot]");
    this.filter = "";
    this.chosenView = "";
    this.current = paper.positions[0];
    this.#listen();
    this.#watchScrolling();
    this.setView();
    const asked = /^#q(\d+)$/.exec(location.hash);
    this.go(asked && this.cells.has(Number(asked[1])) ? Number(asked[1]) : this.current, { move: Boolean(asked) });
    for (const position of paper.positions) this.showCell(position);
    this.count();
  }

  #listen() {
    this.body.addEventListener("click", (event) => {
      const cell = event.target.closest("[data-cell]");
      if (cell) {
        event.preventDefault();
        this.close();
        this.go(Number(cell.dataset.cell), { focus: true });
      }
      const filter = event.target.closest("[data-filter]");
      if (filter) this.setFilter(filter.dataset.filter);
    });
    this.form.addEventListener("click", (event) => {
      const step = event.target.closest("[data-go]");
      if (step) this.step(Number(step.dataset.go));
      const view = event.target.closest("[data-view]");
      if (view) {
        this.chosenView = view.dataset.view;
        this.setView();
        this.go(this.current, { move: true });
      }
      const size = event.target.closest("[data-size]");
      if (size) setSize(size.dataset.size);
    });
    this.form.querySelector("[data-open-card]").addEventListener("click", () => this.open());
    this.form.querySelector("[data-flag-current]").addEventListener("click", () => this.toggleFlag());
    this.form.addEventListener("focusin", (event) => {
      const question = event.target.closest(".q");
      if (question) this.#setCurrent(Number(question.dataset.pos));
    });
    this.dialog.addEventListener("close", () => this.home.prepend(this.body));
    WIDE.addEventListener("change", () => {
      this.close();
      this.setView();
      this.go(this.current);
    });
    markSize(document.documentElement.dataset.size);
  }

  #watchScrolling() {
    if (!("IntersectionObserver" in window)) return;
    const seen = new IntersectionObserver(
      (entries) => {
        if (this.view === "one" || this.steered) return;
        for (const entry of entries) if (entry.isIntersecting) this.#setCurrent(Number(entry.target.dataset.pos));
      },
      { rootMargin: "-35% 0px -60% 0px" },
    );
    for (const { node } of this.paper.questions.values()) seen.observe(node);
    // whoever went to a question stays on it until he scrolls himself
    const released = () => {
      this.steered = false;
    };
    for (const kind of ["wheel", "touchmove", "pointerdown"]) addEventListener(kind, released, { passive: true });
    addEventListener("keydown", (event) => {
      if (["PageUp", "PageDown", "Home", "End", " ", "ArrowUp", "ArrowDown"].includes(event.key)) released();
    });
  }

  setView() {
    this.view = this.chosenView || (WIDE.matches ? "all" : "one");
    this.form.dataset.show = this.view;
    for (const button of this.form.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === this.view));
    }
    this.#setCurrent(this.current);
  }

  setFilter(filter) {
    this.filter = filter;
    for (const button of this.body.querySelectorAll("[data-filter]")) {
      button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
    }
    let shown = 0;
    for (const [position, cell] of this.cells) {
      const fits =
        !filter ||
        (filter === "blank"
          ? !this.paper.answered(position) || this.paper.partly(position)
          : this.paper.flagged(position));
      cell.parentElement.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const heading of this.body.querySelectorAll("h3")) {
      heading.hidden = ![...heading.nextElementSibling.children].some((cell) => !cell.hidden);
    }
    this.body.querySelector("[data-card-none]").hidden = shown > 0;
  }

  showCell(position) {
    const cell = this.cells.get(position);
    const [answered, flagged] = [this.paper.answered(position), this.paper.flagged(position)];
    const [unsynced, partly] = [this.unsynced(position), this.paper.partly(position)];
    cell.classList.toggle("is-answered", answered);
    cell.classList.toggle("is-partly", partly);
    cell.classList.toggle("is-flagged", flagged);
    cell.classList.toggle("is-unsynced", unsynced);
    if (unsynced && !cell.querySelector("i")) cell.append(document.createElement("i"));
    if (!unsynced) cell.querySelector("i")?.remove();
    cell.setAttribute(
      "aria-label",
      say("cell", { n: position }) +
        say(partly ? "cell-partly" : answered ? "cell-answered" : "cell-blank") +
        (flagged ? say("cell-flagged") : "") +
        (unsynced ? say("cell-unsynced") : ""),
    );
    if (position === this.current) this.#showFlagButton();
  }

  count() {
    const total = this.paper.positions.length;
    const blank = this.paper.blank().length;
    const counts = {
      answered: total - blank,
      blank,
      flagged: this.paper.marked().length,
      unsynced: this.paper.positions.filter(this.unsynced).length,
    };
    for (const [name, value] of Object.entries(counts)) {
      this.body.querySelector(`[data-count="${name}"]`).textContent = value;
    }
    this.body.querySelector("[data-progress]").value = counts.answered;
    this.form.querySelector("[data-bar-count]").textContent = `${counts.answered}/${total}`;
    if (this.filter) this.setFilter(this.filter);
  }

  #setCurrent(position) {
    this.cells.get(this.current)?.classList.remove("is-current");
    this.cells.get(this.current)?.removeAttribute("aria-current");
    const before = this.paper.questions.get(this.current).node;
    before.classList.remove("is-current");
    before.closest("section.part")?.classList.remove("has-current");
    this.current = position;
    const { node } = this.paper.questions.get(position);
    node.classList.add("is-current");
    node.closest("section.part")?.classList.add("has-current");
    const cell = this.cells.get(position);
    cell.classList.add("is-current");
    cell.setAttribute("aria-current", "true");
    for (const step of this.form.querySelectorAll("[data-go]")) {
      const to = this.paper.positions.indexOf(position) + Number(step.dataset.go);
      step.disabled = to < 0 || to >= this.paper.positions.length;
    }
    this.#showFlagButton();
  }

  #showFlagButton() {
    const flagged = this.paper.flagged(this.current);
    const button = this.form.querySelector("[data-flag-current]");
    button.setAttribute("aria-pressed", String(flagged));
    button.textContent = say("mark");
  }

  go(position, { focus = false, move = true } = {}) {
    this.steered = true;
    this.#setCurrent(position);
    const { node, options } = this.paper.questions.get(position);
    if (move) node.scrollIntoView({ block: "start" });
    // a field to type into would bring the phone's keyboard up over the question
    if (focus) (options.find((o) => o.checked) ?? options[0] ?? node).focus({ preventScroll: true });
  }

  step(by) {
    const to = this.paper.positions[this.paper.positions.indexOf(this.current) + by];
    if (to !== undefined) this.go(to, { focus: true });
  }

  toggleFlag(position = this.current) {
    const { flag } = this.paper.questions.get(position);
    if (!flag.disabled) flag.click();
  }

  open() {
    if (WIDE.matches || !this.dialog.showModal) {
      this.cells.get(this.current).focus();
      return;
    }
    this.slot.append(this.body);
    this.dialog.showModal();
    this.cells.get(this.current).scrollIntoView({ block: "center" });
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }
}

function markSize(size) {
  for (const button of document.querySelectorAll("button[data-size]")) {
    button.setAttribute("aria-pressed", String(button.dataset.size === size));
  }
}

function setSize(size) {
  document.documentElement.dataset.size = size;
  document.cookie = `size=${size}; Path=/; Max-Age=31536000; SameSite=Lax`;
  markSize(size);
}
