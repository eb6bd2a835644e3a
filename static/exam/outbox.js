// Every change is an operation that the server acknowledges by itself. What is not acknowledged lies in local
// storage under the attempt, the epoch and the page, and is sent again until the server has spoken.
//
// Within one question only one operation is on its way; a newer change waits behind it and replaces an older
// one that waits. The server orders by (epoch, n), never by time.

const AT_ONCE = 4;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const DONE = new Set(["saved", "repeated"]);
const FINAL = new Set(["pen_lost", "closed", "too_late", "forced", "not_owner", "revoked", "stale_generation"]);

export function storagePrefix(attempt) {
  return `examengine:outbox:${attempt}:`;
}

export class Outbox {
  // send(op) -> { status, reply, retryMs }, throws when the network fails
  // on: { state(id, state, reply), reply(result), trouble(kind), recovered(count), final(word, reply) }
  constructor({ attempt, epoch, page, token, storage, send, on, random = Math.random }) {
    this.key = `${storagePrefix(attempt)}${epoch}:${page}`;
    this.record = { token, epoch: Number(epoch), page, n: 0, ops: {} };
    this.storage = storage;
    this.send = send;
    this.on = on;
    this.random = random;
    this.items = new Map();
    this.active = 0;
    this.tries = 0;
    this.timer = 0;
    this.busyServer = false;
    this.stopped = false;
    this.failed = new Set();
    this.troubled = false;
    this.recoveredCount = 0;
    this.kept = storage !== null;
    this.#resume(attempt);
  }

  // Two pages of one epoch must not count alike, and a page that was thrown away mid-flight goes on counting.
  #resume(attempt) {
    for (const record of this.#records(storagePrefix(attempt))) {
      if (record.epoch !== this.record.epoch) continue;
      this.record.n = Math.max(this.record.n, record.n);
      if (record.page === this.record.page) {
        for (const [id, op] of Object.entries(record.ops)) this.#item(id).next = op;
      }
    }
  }

  *#records(prefix) {
    if (!this.storage) return;
    for (const key of Object.keys(this.storage)) {
      if (!key.startsWith(prefix)) continue;
      try {
        yield JSON.parse(this.storage.getItem(key));
      } catch {
        this.storage.removeItem(key);
      }
    }
  }

  #item(id) {
    let item = this.items.get(id);
    if (!item) {
      item = { revision: 0, flying: null, next: null };
      this.items.set(id, item);
    }
    return item;
  }

  setRevision(id, revision) {
    this.#item(id).revision = revision;
  }

  revision(id) {
    return this.#item(id).revision;
  }

  // The next number of this page; reports that are not answers count along.
  number() {
    this.record.n += 1;
    return this.record.n;
  }

  put(id, value) {
    const item = this.#item(id);
    item.next = { n: this.number(), v: value, b: item.revision };
    this.#persist();
    if (this.troubled) this.failed.add(id);
    this.on.state(id, this.troubled ? "unsynced" : "saving");
    this.kick(this.busyServer);
  }

  pending(id) {
    const item = this.items.get(id);
    return Boolean(item && (item.flying || item.next));
  }

  // Ids that are not acknowledged yet.
  waiting() {
    return [...this.items].filter(([, item]) => item.flying || item.next).map(([id]) => id);
  }

  // Try now, unless the server itself asked for patience.
  kick(patient = false) {
    if (this.timer && patient) return;
    clearTimeout(this.timer);
    this.timer = 0;
    this.#pump();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  #pump() {
    if (this.stopped || this.timer) return;
    const ready = [...this.items]
      .filter(([, item]) => item.next && !item.flying)
      .sort(([, a], [, b]) => a.next.n - b.next.n);
    for (const [id, item] of ready) {
      // after a failure one operation goes ahead to find out whether the line is back
      if (this.active >= (this.tries ? 1 : AT_ONCE)) break;
      this.#fly(id, item);
    }
  }

  async #fly(id, item) {
    const op = item.next;
    item.flying = op;
    item.next = null;
    this.active += 1;
    let result = null;
    try {
      result = await this.send({ id, ...op });
    } catch {
      result = null;
    }
    this.active -= 1;
    item.flying = null;
    if (this.stopped) {
      item.next ??= op;
      return;
    }
    if (result) this.on.reply(result);
    const word = result?.reply?.word ?? "";
    if (DONE.has(word) || word === "superseded") {
      this.#acknowledged(id, item, result.reply, word);
    } else if (FINAL.has(word) || result?.status === 401 || result?.status === 403) {
      // kept: this very operation had been acknowledged before, only the answer was lost
      if (!result.reply.kept) item.next ??= op;
      this.#persist();
      this.stop();
      this.on.final(word || "revoked", result.reply);
      return;
    } else if (word === "out_of_range" || result?.status === 400 || result?.status === 413) {
      this.failed.delete(id);
      this.#persist();
      this.on.state(id, "refused", result.reply);
    } else {
      item.next ??= op;
      this.#failed(result);
      return;
    }
    this.#pump();
  }

  #acknowledged(id, item, reply, word) {
    if (typeof reply.rev === "number") item.revision = reply.rev;
    if (item.next) item.next.b = item.revision;
    this.tries = 0;
    this.busyServer = false;
    this.failed.delete(id);
    this.#persist();
    this.on.state(id, item.next ? "saving" : word === "superseded" ? "superseded" : "saved", reply);
    if (!this.troubled) return;
    this.recoveredCount += 1;
    if (this.waiting().length > 0) return;
    this.troubled = false;
    this.on.recovered(this.recoveredCount);
    this.recoveredCount = 0;
  }

  #failed(result) {
    this.tries += 1;
    this.troubled = true;
    this.busyServer = result !== null;
    for (const id of this.waiting()) {
      this.failed.add(id);
      this.on.state(id, "unsynced");
    }
    this.on.trouble(result === null ? "offline" : "trouble");
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.tries - 1)) * (0.7 + 0.6 * this.random());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.kick(), Math.max(wait, result?.retryMs ?? 0));
  }

  #persist() {
    const ops = {};
    for (const [id, item] of this.items) {
      const op = item.next ?? item.flying;
      if (op) ops[id] = op;
    }
    this.record.ops = ops;
    if (!this.storage) return;
    try {
      this.storage.setItem(this.key, JSON.stringify(this.record));
    } catch {
      this.kept = false;
    }
  }
}
