// Answers of this browser that were not saved, beside the saved ones; the candidate decides. On a page that has lost
// the pen they are only listed: whoever takes the pen back decides there.

import { Paper } from "./paper.js";
import { button } from "./strip.js";
import { say } from "./wording.js";

export class SideAnswers {
  // kept(id, value): to be remembered over a reload, null: settled
  constructor({ form, paper, use, kept }) {
    this.root = form.querySelector("[data-side]");
    this.paper = paper;
    this.use = use;
    this.kept = kept;
    this.values = new Map();
    this.only = false;
  }

  add(id, value) {
    if (this.paper.get(id) === value) return;
    this.values.set(id, value);
    this.kept(id, value);
    this.show();
  }

  drop(id) {
    if (!this.values.delete(id)) return;
    this.kept(id, null);
    this.show();
  }

  clear() {
    this.values.clear();
    this.show();
  }

  // What a page without the pen could not save.
  list(unsent) {
    this.only = true;
    for (const [id, value] of unsent) if (id.startsWith("a")) this.values.set(id, value);
    this.show();
  }

  show() {
    this.root.hidden = this.values.size === 0;
    if (this.root.hidden) return;
    const title = document.createElement("h2");
    title.textContent = say(this.only ? "side-unsent" : "side-title", { n: this.values.size });
    const list = document.createElement("ul");
    for (const [id, value] of this.values) list.append(this.#line(id, value));
    this.root.replaceChildren(title, list);
  }

  #line(id, value) {
    const position = Paper.position(id);
    const here = this.paper.letters(position, value);
    const line = document.createElement("li");
    if (this.only) {
      line.textContent = say("side-here", { n: position, here });
      return line;
    }
    const saved = this.paper.letters(position, this.paper.get(id));
    line.textContent = say("side-line", { n: position, here, saved });
    const acts = document.createElement("span");
    acts.append(
      button(say("side-use"), () => {
        this.drop(id);
        this.use(id, value);
      }),
      " ",
      button(say("side-drop"), () => this.drop(id)),
    );
    line.append(acts);
    return line;
  }
}
