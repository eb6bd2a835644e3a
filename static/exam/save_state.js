// Whether the answers are safe: a word and a shape at each question, and one line in the header.

import { Paper } from "./paper.js";
import { say } from "./wording.js";

const CALM_MS = 400;
const NARROW = 640;

export class SaveState {
  // unsynced(position): known not to be saved
  constructor({ form, paper, card, handIn, outbox, unsynced, timeOf }) {
    Object.assign(this, { paper, card, handIn, outbox, unsynced, timeOf });
    this.box = form.querySelector("[data-save]");
    this.text = form.querySelector("[data-save-text]");
    this.lastMs = null;
    this.timer = 0;
    this.stopped = false;
  }

  begin() {
    if (this.box.dataset.save === "idle" && !this.outbox.waiting().length) this.text.textContent = say("idle");
  }

  // Positions that the server has not acknowledged yet.
  waiting() {
    return [...new Set(this.outbox.waiting().map(Paper.position))].sort((a, b) => a - b);
  }

  item(id, state, atMs) {
    const position = Paper.position(id);
    if (atMs) this.lastMs = atMs;
    const other = this.outbox.pending(`${id[0] === "a" ? "f" : "a"}${position}`);
    this.paper.setState(position, state === "saved" && other ? "saving" : state);
    this.card.showCell(position);
    this.show();
  }

  show() {
    if (this.stopped) return;
    const waiting = this.waiting().length;
    const failed = this.paper.positions.filter(this.unsynced).length;
    this.card.count();
    this.handIn.refresh();
    clearTimeout(this.timer);
    if (failed) {
      const long = this.outbox.paused ? "unsynced-shut-out" : "unsynced";
      this.#tell("unsynced", say(innerWidth < NARROW ? "unsynced-short" : long, { n: failed }));
    } else if (waiting) {
      this.timer = setTimeout(() => {
        if (this.waiting().length && this.box.dataset.save !== "unsynced") this.#tell("saving", say("saving"));
      }, CALM_MS);
    } else if (this.lastMs) {
      this.#tell("saved", say("saved", { at: this.timeOf(this.lastMs) }));
    }
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const position of this.waiting()) this.paper.setState(position, "unsaved");
    this.#tell("stopped", say("stopped"));
  }

  #tell(state, text) {
    this.box.dataset.save = state;
    this.text.textContent = text;
  }
}
