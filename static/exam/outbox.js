// Every change is an operation that the server acknowledges by itself. What is not acknowledged lies in local
// storage (store.js) and is sent again until the server has spoken; what is acknowledged stays there until the
// server says that it is in SQL, so that even a lost Redis costs this page nothing.
//
// Within one question only one operation is on its way; a newer change waits behind it and replaces an older
// one that waits. The server orders by the mark (epoch, n), never by time.

import { Backoff } from "./backoff.js";
import { keyOf, recordsOf, sweep } from "./store.js";

const AT_ONCE = 4;
const TURN_PATIENCE_MS = 3_000;
const DONE = new Set(["saved", "repeated"]);
const ENDED = new Set(["closed", "too_late", "forced"]);
const SHUT_OUT = new Set(["revoked", "not_owner", "stale_generation"]);
const REFUSED = new Set(["out_of_range", "too_many"]);

// Which of two marks [epoch, n] is the newer one: above 0 the first.
export const newer = (one, other) => one[0] - other[0] || one[1] - other[1];

export class Outbox {
  // send(op) -> { status, reply, retryMs }, throws when the network fails
  // on: { state(id, state, reply), reply(result), trouble(kind), recovered(count), final(word, reply), unkept() }
  constructor({ attempt, epoch, generation, page, who, token, storage, turns, send, on, random = Math.random }) {
    this.attempt = attempt;
    this.key = keyOf(attempt, epoch, page);
    this.record = { token, who, g: generation, epoch, page, n: 0, at: 0, ops: {}, kept: {}, side: {} };
    this.storage = storage;
    this.turns = turns;
    this.send = send;
    this.on = on;
    this.items = new Map();
    this.active = 0;
    this.draining = null;
    this.finish = null;
    this.backoff = new Backoff({ random, retry: () => this.#pump(), speak: (kind) => this.#speak(kind) });
    this.stopped = false;
    this.paused = "";
    this.penLost = false;
    this.failed = new Set();
    this.recoveredCount = 0;
    this.kept = storage !== null;
    this.written = false;
    if (storage) sweep(storage, attempt);
    this.#resume();
  }

  // Two pages of one epoch must not count alike, and a page that a browser brings back as it was goes on.
  #resume() {
    for (const [key, record] of recordsOf(this.storage, this.attempt)) {
      if (record.epoch !== this.record.epoch) continue;
      this.record.n = Math.max(this.record.n, record.n);
      if (key !== this.key) continue;
      for (const [id, { held, ...op }] of Object.entries(record.ops)) this.#item(id).next = op;
      Object.assign(this.record, { kept: record.kept, side: record.side });
    }
  }

  #item(id) {
    let item = this.items.get(id);
    if (!item) {
      item = { value: "", revision: 0, mark: [0, 0], flying: null, next: null };
      this.items.set(id, item);
    }
    return item;
  }

  // What the server has for an id, as the page shows it.
  stands(id, value, revision, mark) {
    Object.assign(this.#item(id), { value, revision, mark });
  }

  of(id) {
    return this.#item(id);
  }

  get troubled() {
    return this.backoff.spoken;
  }

  // The next number of this page; reports that are not answers count along.
  number() {
    this.record.n += 1;
    return this.record.n;
  }

  // Kept here but not sent: somebody is still typing.
  hold(id, value) {
    const item = this.#item(id);
    item.next = { n: this.number(), v: value, b: item.revision, held: true };
    this.persist();
  }

  // Whether the server has this very value and nothing else is on its way; what was held is dropped then.
  settled(id, value) {
    const item = this.#item(id);
    if (item.flying || item.value !== value || (item.next && !item.next.held)) return false;
    item.next = null;
    this.persist();
    return true;
  }

  put(id, value) {
    const item = this.#item(id);
    item.next = { n: this.number(), v: value, b: item.revision };
    this.persist();
    const stuck = this.troubled || this.paused === "shown";
    if (stuck) this.failed.add(id);
    this.on.state(id, stuck ? "unsynced" : "saving");
    this.kick(true);
  }

  pending(id) {
    const item = this.items.get(id);
    return Boolean(item && (item.flying || item.next));
  }

  // Ids that are not acknowledged yet.
  waiting() {
    return [...this.items].filter(([, item]) => item.flying || item.next).map(([id]) => id);
  }

  // Everything up to this revision is in SQL: it need not be kept here.
  shipped(revision) {
    const known = Object.entries(this.record.kept).filter(([, op]) => op.r <= revision);
    for (const [id] of known) delete this.record.kept[id];
    if (known.length) this.persist();
  }

  // Try now, unless the server itself asked for patience.
  kick(patient = false) {
    if (this.backoff.skip({ patient })) this.#pump();
  }

  // What an earlier page of this browser was told is saved, and is not known to be in SQL.
  keep(id, op) {
    this.record.kept[id] = op;
    this.persist();
  }

  // No page of this sitting writes any more.
  stop() {
    this.stopped = true;
    this.backoff.stop();
  }

  // Nothing is sent until the person is known again, or the rebuilt sitting has been joined.
  pause({ shown }) {
    this.paused = shown ? "shown" : "quiet";
    this.backoff.clear();
    if (shown) for (const id of this.waiting()) this.#stuck(id);
  }

  resume() {
    if (!this.paused) return;
    this.paused = "";
    this.#pump();
  }

  // The pen is elsewhere: what waits is told to the server once, for the record, and is saved by nobody.
  losePen() {
    this.penLost = true;
    this.kick();
  }

  // Resolves when nothing is on its way.
  async quiet() {
    while (this.draining) await this.draining;
  }

  // The same page under the new epoch of a rebuilt sitting, whose items are those. What stands there as it was
  // acknowledged here is kept on, under the revision of now: it may not be in SQL yet.
  rename({ token, epoch, generation, items }) {
    const old = this.key;
    const kept = {};
    for (const [id, op] of Object.entries(this.record.kept)) {
      const theirs = items.get(id);
      if (theirs && newer([op.e, op.n], theirs.mark) === 0) kept[id] = { ...op, r: theirs.revision };
    }
    Object.assign(this.record, { token, epoch, g: generation, kept });
    this.key = keyOf(this.attempt, epoch, this.record.page);
    return () => {
      this.persist();
      if (this.storage && old !== this.key) this.storage.removeItem(old);
    };
  }

  // A value of this browser that was not saved: it waits beside the saved one.
  aside(id, value = null) {
    if (value === null) delete this.record.side[id];
    else this.record.side[id] = value;
    this.persist();
  }

  #ready() {
    const fits = ([, { next, flying }]) => next && !next.held && !flying && !(this.penLost && next.told);
    return [...this.items].filter(fits).sort(([, a], [, b]) => a.next.n - b.next.n);
  }

  #mayFly() {
    return !this.stopped && !this.paused && !this.backoff.waits && this.#ready().length > 0;
  }

  #pump() {
    if (this.draining) {
      this.#fill();
      return;
    }
    if (!this.#mayFly()) return;
    this.draining = this.turns.take(() => this.#drain(), { patienceMs: TURN_PATIENCE_MS }).finally(() => {
      this.draining = null;
      this.#pump();
    });
  }

  #drain() {
    if (this.#isTakenOver()) this.stop();
    return new Promise((done) => {
      this.finish = done;
      this.#fill();
    });
  }

  #fill() {
    if (!this.finish) return;
    if (this.#mayFly()) {
      for (const [id, item] of this.#ready()) {
        // after a failure one operation goes ahead to find out whether the line is back
        if (this.active >= (this.backoff.tries ? 1 : AT_ONCE)) break;
        this.#fly(id, item);
      }
    }
    if (this.active > 0) return;
    const done = this.finish;
    this.finish = null;
    done();
  }

  async #fly(id, item) {
    const op = item.next;
    item.flying = op;
    item.next = null;
    this.active += 1;
    const slow = this.backoff.watch();
    let result = null;
    try {
      result = await this.send({ id, ...op });
    } catch {
      result = null;
    }
    slow();
    this.active -= 1;
    item.flying = null;
    if (this.stopped) item.next ??= op;
    else this.#heard(id, item, op, result);
    this.#fill();
  }

  #heard(id, item, op, result) {
    const reply = result?.reply ?? {};
    const word = result?.status === 401 ? "revoked" : (reply.word ?? "");
    if (result) this.on.reply(result);
    if (DONE.has(word) || word === "superseded") {
      this.#acknowledged(id, item, op, reply, word);
    } else if (word === "pen_lost") {
      // kept: this very operation had been acknowledged before, only the answer was lost
      if (reply.kept) this.on.state(id, "saved", reply);
      else item.next ??= { ...op, told: 1 };
      this.penLost = true;
      this.backoff.clear();
      this.persist();
      this.on.final(word, reply);
    } else if (ENDED.has(word)) {
      if (!reply.kept) item.next ??= op;
      this.persist();
      this.stop();
      this.on.final(word, reply);
    } else if (SHUT_OUT.has(word)) {
      item.next ??= op;
      this.pause({ shown: word !== "stale_generation" });
      this.on.final(word, reply);
    } else if (REFUSED.has(word) || result?.status === 400 || result?.status === 413) {
      this.failed.delete(id);
      this.persist();
      this.on.state(id, "refused", reply);
    } else {
      item.next ??= op;
      this.backoff.failed(result);
      if (this.troubled) for (const each of this.waiting()) this.#stuck(each);
    }
  }

  #acknowledged(id, item, op, reply, word) {
    if (typeof reply.rev === "number") item.revision = reply.rev;
    if (item.next) item.next.b = item.revision;
    delete this.record.kept[id];
    if (word === "superseded") {
      if (typeof reply.value === "string") item.value = reply.value;
      if (Array.isArray(reply.mark)) item.mark = reply.mark;
    } else {
      Object.assign(item, { value: op.v, mark: [this.record.epoch, op.n] });
      this.record.kept[id] = { e: this.record.epoch, n: op.n, v: op.v, r: item.revision, k: reply.ack };
    }
    this.failed.delete(id);
    this.persist();
    const wasTroubled = this.backoff.succeeded({ all: this.waiting().length === 0 });
    this.on.state(id, item.next ? "saving" : word === "superseded" ? "superseded" : "saved", reply);
    if (!wasTroubled) return;
    this.recoveredCount += 1;
    if (this.waiting().length > 0) return;
    this.on.recovered(this.recoveredCount);
    this.recoveredCount = 0;
  }

  #stuck(id) {
    this.failed.add(id);
    this.on.state(id, "unsynced");
  }

  #speak(kind) {
    for (const id of this.waiting()) this.#stuck(id);
    this.on.trouble(kind);
  }

  persist() {
    if (!this.storage) return;
    if (this.#isTakenOver()) return;
    this.record.ops = {};
    for (const [id, item] of this.items) {
      const op = item.next ?? item.flying;
      if (op) this.record.ops[id] = op;
    }
    this.record.at = Date.now();
    // without room the unacknowledged ones alone; what stood there before would be sent as if it were true
    const whole = this.#write(this.record) || this.#write({ ...this.record, kept: {} });
    if (!whole) this.storage.removeItem(this.key);
    if (!whole && this.kept) this.on.unkept();
    this.kept = whole;
    this.written = whole;
  }

  // Without the pen: a newer page of this browser has taken what this one had.
  #isTakenOver() {
    return this.penLost && this.written && this.storage.getItem(this.key) === null;
  }

  #write(record) {
    try {
      this.storage.setItem(this.key, JSON.stringify(record));
      return true;
    } catch {
      return false;
    }
  }
}
