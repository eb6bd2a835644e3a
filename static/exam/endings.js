// How a page comes to its end: the time is up, the exam is over, or the pen is elsewhere.

import { takeBackButton } from "./pen.js";
import { link } from "./strip.js";
import { post } from "./wire.js";
import { say } from "./wording.js";

const UP_TO_MS = 8_000; // until the server has said how many ask at zero
const A_WHILE_MS = 1_500;
// a longer wait is told whole, and asked about once a minute: recording may be faster or slower than it was thought
const WAIT_MOST_MS = 60_000;
const SPREAD = 0.1; // the places that the server tells are spread already
const MARKED_WITHIN_MS = 30 * 60_000;

const aWhile = (ms) => new Promise((wake) => setTimeout(wake, ms * (1 + Math.random())));

// The same, or until somebody comes back to this page to look.
const aWhileUnseen = (ms, spread) =>
  new Promise((wake) => {
    const done = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      wake();
    };
    const seen = () => document.hidden || done();
    const timer = setTimeout(done, ms * (1 + spread * Math.random()));
    document.addEventListener("visibilitychange", seen);
  });

// In steps of ten seconds, upwards, as the page of the result says it.
function waitTold(ms) {
  const seconds = Math.max(10, Math.ceil(ms / 10_000) * 10);
  return seconds <= 90 ? say("wait-s", { n: seconds }) : say("wait-min", { n: Math.ceil(seconds / 60) });
}

export class Endings {
  // ask() asks the server how it stands, sign() is what such a question says, said() whether it knows that all was sent;
  // stop() ends all writing of this page
  constructor({ base, strip, clock, ask, stop, sign, said, random = Math.random }) {
    Object.assign(this, { base, strip, clock, ask, stop, sign, said, random });
    this.over = false;
    this.upToMs = UP_TO_MS;
  }

  // At zero the server is asked before anything is locked; not by all pages of an exam at once. Whoever changes an
  // answer meanwhile, or comes back to the page, asks by that.
  async timeIsUp() {
    if (this.over) return;
    this.strip.show("time-up", "info", say("time-up"));
    await new Promise((wake) => setTimeout(wake, this.upToMs * this.random()));
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
      this.#waitForResult(reply.wait);
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

  // The server says how long it will be: whoever asks sooner only makes it longer for all. Only a page that has not yet
  // said that all was sent, says so.
  async #waitForResult(wait = A_WHILE_MS) {
    let isSaid = this.said();
    for (const began = performance.now(); performance.now() - began < MARKED_WITHIN_MS; ) {
      this.strip.show("time-up", "info", say("collected", { wait: waitTold(wait) }), { final: true });
      if (isSaid) await aWhileUnseen(Math.min(Math.max(wait, A_WHILE_MS), WAIT_MOST_MS), wait > A_WHILE_MS ? SPREAD : 1);
      else await aWhileUnseen(this.upToMs * this.random(), 0);
      isSaid = true;
      try {
        const { reply } = await post(`${this.base}/pulse`, this.sign());
        // of another generation this page hears nothing more: the result page tells
        if (reply.word === "closed" || reply.word === "stale_generation") break;
        if (reply.left > 0) {
          location.reload();
          return;
        }
        wait = reply.wait ?? A_WHILE_MS;
      } catch {
        wait = 2 * A_WHILE_MS;
      }
    }
    location.assign(`${this.base}/result`);
  }
}
