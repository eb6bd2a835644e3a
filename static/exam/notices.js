// Announcements on the exam page: in the slot under the header, one at a time, until they are dismissed. What concerns
// the exam itself (a dead line, the deadline) goes before. That there is something new comes with any answer; what it
// is is asked for a moment later, each page at another one.

import { readSeen, see } from "../notices.js";
import { button } from "./strip.js";
import { post } from "./wire.js";
import { say } from "./wording.js";

const AGAIN_MS = 10_000;

export class Notices {
  constructor({ form, base, strip, storage, token, timeOf, random = Math.random }) {
    Object.assign(this, { base, strip, storage, token, timeOf, random });
    this.about = form.dataset.about ?? "";
    this.number = Number(form.dataset.news ?? 0);
    this.timer = 0;
    this.seen = readSeen(storage);
    this.spoken = new Set();
    this.waiting = [...form.querySelectorAll("[data-notice]")].map((node) => ({
      id: Number(node.dataset.notice),
      text: node.dataset.noticeText,
      at: Number(node.dataset.noticeAt),
    }));
    strip.idle = () => this.show();
    this.show();
  }

  // An answer of the server says up to which number something may concern this page, and how long it may wait.
  heard(reply) {
    const [number, within] = reply.news ?? [];
    if (!(number > this.number) || this.timer || !this.about) return;
    this.timer = setTimeout(() => this.ask(), 1000 * within * this.random());
  }

  async ask() {
    let result = null;
    try {
      result = await post(`${this.base}/announcements`, { t: this.token(), about: this.about });
    } catch {
      // asked again below
    }
    this.timer = 0;
    if (result?.status === 200) {
      this.number = result.reply.number;
      this.waiting = result.reply.notices;
      this.show();
    } else if (!this.stopped && (result === null || result.status >= 500)) {
      this.timer = setTimeout(() => this.ask(), AGAIN_MS * (1 + this.random()));
    }
  }

  show() {
    const { strip } = this;
    if (this.stopped) return;
    const next = this.waiting.find((one) => !this.seen.has(one.id));
    const kind = next ? `notice-${next.id}` : "";
    if (strip.kind.startsWith("notice-") && strip.kind !== kind) {
      strip.idle = () => {};
      strip.clear(strip.kind);
      strip.idle = () => this.show();
    }
    if (!next || strip.kind) return;
    const act = button(say("notice-seen"), () => {
      this.seen = see(this.storage, next.id);
      strip.clear(kind);
    });
    const text = say("notice", { at: this.timeOf(next.at).slice(0, 5), text: next.text });
    // what stands there again after something else was said is not read out again
    strip.show(kind, "info", text, { act, spoken: !this.spoken.has(next.id) });
    this.spoken.add(next.id);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
