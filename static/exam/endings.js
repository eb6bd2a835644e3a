// How a page comes to its end: the time is up, the exam is over, or the pen is elsewhere.

import { takeBackButton } from "./pen.js";
import { link } from "./strip.js";
import { post } from "./wire.js";
import { say } from "./wording.js";

const A_WHILE_MS = 1_500;

const aWhile = (ms) => new Promise((wake) => setTimeout(wake, ms * (1 + Math.random())));

export class Endings {
  // ask() asks the server how it stands; stop() ends all writing of this page
  constructor({ base, strip, clock, ask, stop, token, number }) {
    Object.assign(this, { base, strip, clock, ask, stop, token, number });
    this.over = false;
  }

  // At zero the server is asked before anything is locked.
  async timeIsUp() {
    if (this.over) return;
    this.strip.show("time-up", "info", say("time-up"));
    for (let tries = 0; !this.over && this.clock.left() <= 0; tries += 1) {
      const result = await this.ask();
      if (result && result.reply.left > 0) break;
      await aWhile(2_000);
      if (tries >= 10 && result && result.status < 500) location.assign(`${this.base}/result`);
    }
    if (!this.over) this.strip.clear("time-up");
  }

  end(word, reply) {
    if (this.over) return;
    this.over = true;
    this.stop();
    if (word === "too_late") {
      this.strip.show("time-up", "info", say("time-up"), { final: true });
      this.#waitForResult();
      return;
    }
    const where = reply.go ?? `${this.base}/result`;
    const text = say(word === "forced" ? "forced" : "ended");
    this.strip.show("ended", "info", text, { act: link(where, say("see-result")), final: true });
    if (word === "closed") setTimeout(() => location.assign(where), A_WHILE_MS);
  }

  lostPen(reply, { at, unsent }) {
    const where = reply.pen_where || say("elsewhere");
    const text = say(unsent ? "taken-unsent" : "taken", { at, where, n: unsent });
    this.strip.show("taken", "bad", text, { act: takeBackButton(), final: true });
  }

  // A newer page of this browser has taken what this one could not save, and answers for it.
  takenOver() {
    this.strip.show("taken", "bad", say("taken-over"), { act: takeBackButton(), final: true });
  }

  async #waitForResult() {
    for (let tries = 0; tries < 10; tries += 1) {
      await aWhile(A_WHILE_MS);
      try {
        const { reply } = await post(`${this.base}/pulse`, { t: this.token(), n: this.number() });
        // of another generation this page hears nothing more: the result page tells
        if (reply.word === "closed" || reply.word === "stale_generation") break;
        if (reply.left > 0) {
          location.reload();
          return;
        }
      } catch {
        // the result page waits as well as this one
      }
    }
    location.assign(`${this.base}/result`);
  }
}
