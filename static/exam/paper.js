// The questions as they stand in the page. An id is a12 (answer of question 12) or f12 (its flag).

import { say } from "./wording.js";

const CALM_MS = 300;

export class Paper {
  // Fields: of typed.js, where the paper has questions that are typed
  constructor(form, Fields = null) {
    this.form = form;
    this.questions = new Map();
    this.delays = new Map();
    for (const node of form.querySelectorAll(".q")) {
      const position = Number(node.dataset.pos);
      this.questions.set(position, {
        node,
        options: [...node.querySelectorAll(".opt input")],
        typed: Fields && node.querySelector(".part") ? new Fields(node) : null,
        flag: node.querySelector(".flag input"),
        stateNode: node.querySelector(".q-state"),
        state: node.querySelector(".q-state").dataset.state,
      });
    }
    this.positions = [...this.questions.keys()];
  }

  static position(id) {
    return Number(id.slice(1));
  }

  has(id) {
    return this.questions.has(Paper.position(id));
  }

  ids() {
    return this.positions.flatMap((position) => [`a${position}`, `f${position}`]);
  }

  // What the server wrote into the page for an id: value, revision, and the mark [epoch, n] of who wrote it.
  written(id) {
    const { node, options, typed, flag } = this.questions.get(Paper.position(id));
    const { rev, mark, flagRev, flagMark } = node.dataset;
    const isFlag = id.startsWith("f");
    const chosen = options.filter((o) => o.defaultChecked).map((o) => o.value);
    return {
      value: isFlag ? (flag.defaultChecked ? "1" : "") : (typed?.written ?? chosen.sort().join("")),
      revision: Number(isFlag ? flagRev : rev),
      mark: ((isFlag ? flagMark : mark) || "0.0").split(".").map(Number),
    };
  }

  get(id) {
    const question = this.questions.get(Paper.position(id));
    if (id.startsWith("f")) return question.flag.checked ? "1" : "";
    if (question.typed) return question.typed.value;
    return question.options.filter((o) => o.checked).map((o) => o.value).sort().join("");
  }

  set(id, value) {
    const question = this.questions.get(Paper.position(id));
    if (id.startsWith("f")) question.flag.checked = value === "1";
    else if (question.typed) question.typed.value = value;
    else for (const option of question.options) option.checked = value.includes(option.value);
    this.form.dispatchEvent(new CustomEvent("exam:changed", { detail: Paper.position(id) }));
  }

  // Ids whose controls no longer stand as the server wrote them into the page.
  touched() {
    const moved = (input) => input.checked !== input.defaultChecked;
    const ids = [];
    for (const [position, { options, typed, flag }] of this.questions) {
      if (typed ? typed.value !== typed.written : options.some(moved)) ids.push(`a${position}`);
      if (moved(flag)) ids.push(`f${position}`);
    }
    return ids;
  }

  // The letters shown for a value: what the candidate calls his answer.
  letters(position, value) {
    const question = this.questions.get(position);
    if (question.typed) return value ? question.typed.told(value, say("none")) : say("none");
    const shown = question.options.filter((o) => value.includes(o.value));
    return shown.map((o) => o.nextElementSibling.querySelector(".letter").textContent).join("") || say("none");
  }

  answered(position) {
    const { options, typed } = this.questions.get(position);
    return typed ? typed.given > 0 : options.some((o) => o.checked);
  }

  isTyped(id) {
    return id.startsWith("a") && this.questions.get(Paper.position(id)).typed !== null;
  }

  // Some of several parts are answered.
  partly(position) {
    return Boolean(this.questions.get(position).typed?.partly);
  }

  flagged(position) {
    return this.questions.get(position).flag.checked;
  }

  blank() {
    return this.positions.filter((p) => !this.answered(p));
  }

  unfinished() {
    return this.positions.filter((p) => this.partly(p));
  }

  marked() {
    return this.positions.filter((p) => this.flagged(p));
  }

  // Saving is shown only when it takes a while: a line that flickers at every click makes nobody calmer.
  setState(position, state) {
    const question = this.questions.get(position);
    clearTimeout(this.delays.get(position));
    if (state === "saving" && question.state !== "unsynced") {
      this.delays.set(position, setTimeout(() => this.#show(question, state), CALM_MS));
    } else {
      this.#show(question, state === "saved" && !this.answered(position) ? "blank" : state);
    }
  }

  #show(question, state) {
    question.state = state;
    question.stateNode.dataset.state = state;
    question.stateNode.textContent = say(`q-${state}`);
  }

  lock(locked) {
    this.form.classList.toggle("is-locked", locked);
    for (const { options, typed, flag, node } of this.questions.values()) {
      const fields = typed?.fields ?? [];
      for (const input of [...options, ...fields, flag, ...node.querySelectorAll("button")]) input.disabled = locked;
    }
  }
}
