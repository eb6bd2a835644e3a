// The hand-in dialog: counts, blanks as links, and nothing is handed in before it is saved unless one insists.

import { say } from "./wording.js";

const NAMED = 10;

export class HandIn {
  // unsynced() lists the questions that are not saved; shutOut() says that one has to sign in first
  constructor({ paper, card, outbox, unsynced, shutOut }) {
    this.dialog = document.getElementById("hand-in-dialog");
    this.paper = paper;
    this.card = card;
    this.outbox = outbox;
    this.unsynced = unsynced;
    this.shutOut = shutOut;
    this.anyway = document.getElementById("hand-in-anyway");
    this.confirm = this.dialog.querySelector("[data-hand-in-confirm]");
    this.form = this.dialog.querySelector("[data-hand-in-form]");
    this.locked = false;
    this.dialog.querySelector("[data-close]").addEventListener("click", () => this.dialog.close());
    this.anyway.addEventListener("change", () => this.refresh());
    this.form.addEventListener("submit", (event) => {
      if (this.confirm.disabled || this.sent) event.preventDefault();
      else this.sent = true;
    });
  }

  // False where the browser has no dialogs: then the page of its own is used.
  open() {
    if (!this.dialog.showModal) return false;
    if (this.locked || this.dialog.open) return true;
    const [blank, partly, flagged] = [this.paper.blank(), this.paper.unfinished(), this.paper.marked()];
    const text = partly.length ? "hand-in-partly" : blank.length || flagged.length ? "hand-in" : "hand-in-all";
    const total = this.paper.positions.length;
    const counts = { blank: blank.length, partly: partly.length, flagged: flagged.length, total };
    const open = [...blank, ...partly].sort((a, b) => a - b);
    this.dialog.querySelector("[data-hand-in-text]").textContent = say(text, counts);
    this.dialog.querySelector("[data-hand-in-blank]").hidden = open.length === 0;
    this.dialog.querySelector("[data-hand-in-blanks]").replaceChildren(...open.map((p) => this.#cell(p)));
    this.anyway.checked = false;
    this.refresh();
    this.dialog.showModal();
    this.outbox.kick(true);
    return true;
  }

  #cell(position) {
    const [item, cell] = [document.createElement("li"), document.createElement("a")];
    cell.className = "cell";
    cell.href = `#q${position}`;
    cell.textContent = position;
    cell.classList.toggle("is-partly", this.paper.partly(position));
    cell.setAttribute("aria-label", say("cell", { n: position }) + (this.paper.partly(position) ? say("cell-partly") : ""));
    cell.addEventListener("click", (event) => {
      event.preventDefault();
      this.dialog.close();
      this.card.go(position, { focus: true });
    });
    item.append(cell);
    return item;
  }

  refresh() {
    const [waiting, isShutOut] = [this.unsynced(), this.shutOut()];
    this.dialog.querySelector("[data-hand-in-shut-out]").hidden = !isShutOut;
    const note = this.dialog.querySelector("[data-hand-in-unsynced]");
    note.hidden = waiting.length === 0 || isShutOut;
    if (waiting.length) {
      const which = waiting.slice(0, NAMED).join("、") + (waiting.length > NAMED ? say("and-more") : "");
      const text = say("hand-in-unsynced", { n: waiting.length, which });
      this.dialog.querySelector("[data-hand-in-unsynced-text]").textContent = text;
    }
    this.confirm.disabled = isShutOut || (waiting.length > 0 && !this.anyway.checked);
  }

  lock() {
    this.locked = true;
    if (this.dialog.open) this.dialog.close();
  }
}
