// Answers that an older page of this browser could not save, beside the saved ones; the candidate decides.

import { Paper } from "./paper.js";
import { button } from "./strip.js";
import { say } from "./wording.js";

export class SideAnswers {
  constructor(form, paper, use) {
    this.root = form.querySelector("[data-side]");
    this.paper = paper;
    this.use = use;
    this.values = new Map();
  }

  add(id, value) {
    this.values.set(id, value);
    this.show();
  }

  drop(id) {
    if (this.values.delete(id)) this.show();
  }

  show() {
    this.root.hidden = this.values.size === 0;
    if (this.root.hidden) return;
    const title = document.createElement("h2");
    title.textContent = say("side-title", { n: this.values.size });
    const list = document.createElement("ul");
    for (const [id, value] of this.values) list.append(this.#line(id, value));
    this.root.replaceChildren(title, list);
  }

  #line(id, value) {
    const position = Paper.position(id);
    const [here, saved] = [value, this.paper.get(id)].map((v) => this.paper.letters(position, v));
    const line = document.createElement("li");
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
