// What earlier pages of this attempt left in this browser.
//
// What was not acknowledged is offered to the server under its own token first: the server saves it, or keeps it as
// a side entry where the pen has moved on. Never is it sent under a newer epoch: if nobody has answered the question
// since, the candidate's choice becomes a new operation of this page; otherwise it stands beside the saved answer.
// What was acknowledged before Redis was lost is held against the rebuilt sitting by its mark.

import { newer } from "./outbox.js";
import { recordsOf } from "./store.js";

const TURN_PATIENCE_MS = 12_000;
const MOVED_ON = new Set(["pen_lost", "stale_generation"]);
// anything else is no judgement on the operation: it is offered again later
const SPOKEN = new Set([...MOVED_ON, "saved", "repeated", "superseded", "closed", "too_late", "forced", "out_of_range"]);

export class Leftovers {
  // on: { resent(), aside(id, value) }
  constructor({ attempt, storage, turns, send, outbox, paper, on }) {
    Object.assign(this, { attempt, storage, turns, send, outbox, paper, on });
  }

  // How many earlier pages have left something that is not settled.
  get left() {
    return this.#older().length;
  }

  // Resolves to null when there is nothing left for this page to do, else to the answer after which to come back;
  // throws when the network fails.
  settle() {
    if (!this.#older().length) return Promise.resolve(null);
    return this.turns.take(() => this.#settleAll(), { patienceMs: TURN_PATIENCE_MS, sure: true });
  }

  // Records of pages before this one. A newer page's are none of ours.
  #older() {
    const { g, epoch } = this.outbox.record;
    return recordsOf(this.storage, this.attempt).filter(
      ([key, record]) => key !== this.outbox.key && (record.g < g || (record.g === g && record.epoch < epoch)),
    );
  }

  async #settleAll() {
    for (const [key, record] of this.#older()) {
      const isRebuilt = record.g > 0 && record.g < this.outbox.record.g;
      for (const [id, op] of Object.entries(record.ops)) {
        if (!isRebuilt && !op.told && this.paper.has(id)) {
          const unsettled = await this.#offer(id, op, record);
          if (unsettled) return unsettled;
          this.#write(key, record);
        }
        // a page that has lost the pen meanwhile leaves the rest to the one that has it
        if (this.outbox.penLost || this.outbox.stopped) return null;
        if (isRebuilt) this.#lost(id, op, [record.epoch, op.n]);
        else if (op.told) this.#movedOn(id, op);
        delete record.ops[id];
        delete record.kept[id];
        this.#write(key, record);
      }
      if (this.outbox.penLost || this.outbox.stopped) return null;
      for (const [id, op] of Object.entries(record.kept)) if (this.paper.has(id)) this.#acknowledged(id, op);
      for (const [id, value] of Object.entries(record.side)) {
        if (this.paper.has(id) && this.paper.get(id) !== value) this.on.aside(id, value);
      }
      this.storage.removeItem(key);
    }
    return null;
  }

  #write(key, record) {
    try {
      this.storage.setItem(key, JSON.stringify(record));
    } catch {
      // it only grows smaller; if even that fails, the operation is offered once more
    }
  }

  async #offer(id, op, record) {
    const result = await this.send({ id, ...op, token: record.token });
    const { reply } = result;
    // a token that the server no longer reads: the choice is still the candidate's
    const word = result.status === 403 && reply.word === "not_owner" ? "pen_lost" : (reply.word ?? "");
    if (!SPOKEN.has(word)) return result;
    if (word === "saved" || word === "repeated") {
      const { value, mark } = this.outbox.of(id);
      const isNewest = newer([record.epoch, op.n], mark) >= 0;
      if (isNewest) this.outbox.stands(id, op.v, reply.rev, [record.epoch, op.n]);
      if (isNewest && !this.outbox.pending(id)) this.paper.set(id, op.v);
      if (isNewest && value !== op.v) this.on.resent();
    } else if (MOVED_ON.has(word) && !reply.kept) {
      op.told = 1;
    }
    return null;
  }

  // The pen has moved on since: the base revision tells whether anybody has answered.
  #movedOn(id, op) {
    if (this.outbox.pending(id) || this.paper.get(id) === op.v) return;
    if (this.outbox.of(id).revision === op.b) this.#again(id, op.v);
    else this.#aside(id, op.v);
  }

  // Redis was lost since: revisions have begun anew, marks have not.
  #lost(id, op, mark) {
    if (this.outbox.pending(id) || this.paper.get(id) === op.v) return;
    if (newer(mark, this.outbox.of(id).mark) > 0) this.#again(id, op.v);
    else this.#aside(id, op.v);
  }

  #acknowledged(id, op) {
    const [mark, item] = [[op.e, op.n], this.outbox.of(id)];
    const age = newer(mark, item.mark);
    if (age > 0 && !this.outbox.pending(id) && item.value !== op.v) this.#again(id, op.v);
    else if (age === 0) this.outbox.keep(id, op);
  }

  #again(id, value) {
    this.paper.set(id, value);
    this.outbox.put(id, value);
    this.on.resent();
  }

  // A mark on a question is no answer: it is not asked about.
  #aside(id, value) {
    if (id.startsWith("a")) this.on.aside(id, value);
  }
}
