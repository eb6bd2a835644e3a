// Answers that are typed, or chosen from lists: their fields as one value, and when what is typed is saved.
//
// A text is saved when its field is left, when the page is hidden, and while somebody types: 2 s after he began, then
// every 10 s, of long texts less often (a second for every 50 characters, at most 60 s) – the server's journal keeps
// every saved version – and in any case 4 s before the end. Between two saves the text lies in this browser's storage.

const FIRST_MS = 2_000;
const [LEAST_MS, MOST_MS, MS_A_CHARACTER] = [10_000, 60_000, 20];
const KEEP_MS = 1_000;
// before the end nothing waits: what the deadline finds only here is lost
const [LAST_MS, AT_LAST_MS] = [4_000, 700];

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/g;
const LINE_ENDS = /\r\n?|\u2028|\u2029|\u0085/g;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// As the server writes a part, so that both agree on what is saved.
const tidied = (text) => text.normalize("NFC").replace(LONE, "").replace(LINE_ENDS, "\n").replace(CONTROLS, "").trim();

export function encode(texts) {
  const parts = texts.map(tidied);
  return parts.some(Boolean) ? JSON.stringify(parts) : "";
}

export function decode(value) {
  try {
    const parts = JSON.parse(value || "[]");
    return Array.isArray(parts) && parts.every((part) => typeof part === "string") ? parts : [];
  } catch {
    return [];
  }
}

const first = (field) =>
  field.tagName === "SELECT" ? ([...field.options].find((o) => o.defaultSelected)?.value ?? "") : field.defaultValue;

export class Fields {
  constructor(node) {
    this.fields = [...node.querySelectorAll(".part")];
    this.counts = node.querySelector("[data-part-count]");
    this.show();
  }

  get value() {
    return encode(this.fields.map((field) => field.value));
  }

  // What somebody is typing is not taken from under his hands when it says the same.
  set value(value) {
    if (this.value === value) return;
    const parts = decode(value);
    for (const [index, field] of this.fields.entries()) {
      const part = parts[index] ?? "";
      if (tidied(field.value) !== part) field.value = part;
    }
    this.show();
  }

  get written() {
    return encode(this.fields.map(first));
  }

  get given() {
    return this.fields.filter((field) => field.value.trim()).length;
  }

  get partly() {
    return this.given > 0 && this.given < this.fields.length;
  }

  // A value in the candidate's words.
  told(value, none) {
    const parts = decode(value);
    const texts = this.fields.map((field, index) => {
      const part = parts[index] ?? "";
      if (field.tagName !== "SELECT") return part || none;
      return [...field.options].find((o) => o.value && o.value === part)?.textContent ?? none;
    });
    return texts.length === 1 ? texts[0] : texts.map((text, index) => `${index + 1}. ${text}`).join("；");
  }

  show() {
    if (this.counts) this.counts.textContent = [...tidied(this.fields[0].value)].length;
  }
}

// When what is typed is saved. hold(id) keeps it in this browser, save(id) sends it.
export class Typing {
  // left(): ms until the deadline
  constructor({ form, paper, hold, save, left, now = () => performance.now() }) {
    Object.assign(this, { paper, hold, save, left, now });
    this.saves = new Map();
    this.keeps = new Map();
    this.saved = new Map();
    form.addEventListener("input", (event) => {
      const field = event.target.closest("input.part, textarea.part");
      if (field && !event.isComposing) this.#typed(field);
    });
    form.addEventListener("compositionend", (event) => {
      const field = event.target.closest("input.part, textarea.part");
      if (field) this.#typed(field);
    });
  }

  #typed(field) {
    const { pos } = field.closest(".q").dataset;
    const id = `a${pos}`;
    this.paper.questions.get(Number(pos)).typed.show();
    this.paper.setState(Number(pos), "typing");
    if (!this.keeps.has(id)) {
      this.keeps.set(id, setTimeout(() => {
        this.keeps.delete(id);
        if (this.saves.has(id)) this.hold(id);
      }, KEEP_MS));
    }
    if (this.saves.has(id)) return;
    const pause = Math.min(MOST_MS, Math.max(LEAST_MS, this.paper.get(id).length * MS_A_CHARACTER));
    const due = (this.saved.get(id) ?? -MOST_MS) + pause - this.now();
    const last = Math.max(AT_LAST_MS, this.left() - LAST_MS);
    this.saves.set(id, setTimeout(() => this.flush(id), Math.min(Math.max(FIRST_MS, due), last)));
  }

  // How many texts are not even on their way.
  get size() {
    return this.saves.size;
  }

  // It is being saved now, by whatever way.
  done(id) {
    for (const timers of [this.saves, this.keeps]) {
      clearTimeout(timers.get(id));
      timers.delete(id);
    }
    this.saved.set(id, this.now());
  }

  flush(id) {
    this.done(id);
    this.save(id);
  }

  // What is still only here.
  flushAll() {
    for (const id of [...this.saves.keys()]) this.flush(id);
  }

  stop() {
    for (const id of [...this.saves.keys()]) this.done(id);
  }
}
