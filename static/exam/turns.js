// One page of this browser sends at a time: by the browser's own locks, else by a lease in local storage.
// A turn that does not come in time is not waited for: an operation that is sent twice is written once.

import { leaseOf } from "./store.js";

const LEASE_MS = 5_000;
// what another page has written to local storage is seen here with a delay: its lock may be free before that
const SEEN_MS = 150;

const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

export class Turns {
  constructor({ attempt, page, storage, locks = globalThis.navigator?.locks, random = Math.random }) {
    this.name = leaseOf(attempt);
    this.page = page;
    this.storage = storage;
    this.locks = locks;
    this.random = random;
  }

  // Does the work while no other page does; answers what it answers. Being sure of what the page before has left takes
  // a moment that a save does not wait for.
  async take(work, { patienceMs, sure = false }) {
    if (this.locks) return this.#locked(work, patienceMs, sure);
    if (this.storage) return this.#leased(work, patienceMs, sure);
    return work();
  }

  async #locked(work, patienceMs, sure) {
    const impatience = new AbortController();
    const timer = setTimeout(() => impatience.abort(), patienceMs);
    let begun = false;
    const once = async () => {
      begun = true;
      clearTimeout(timer);
      if (sure) await sleep(SEEN_MS);
      return work();
    };
    try {
      return await this.locks.request(this.name, { signal: impatience.signal }, once);
    } catch (error) {
      if (begun) throw error;
      return once();
    }
  }

  async #leased(work, patienceMs, sure) {
    const mine = `${this.page}.${this.random()}`;
    for (const until = Date.now() + patienceMs; Date.now() < until; ) {
      if (!this.#holder()) {
        this.#hold(mine);
        if (!sure) break;
        // whoever wrote last has it
        await sleep(SEEN_MS + 100 * this.random());
        if (this.#holder() === mine) break;
      } else {
        await sleep(50 + 50 * this.random());
      }
    }
    const renewal = setInterval(() => this.#hold(mine), LEASE_MS / 3);
    const leave = () => this.#release(mine);
    addEventListener("pagehide", leave);
    try {
      return await work();
    } finally {
      clearInterval(renewal);
      removeEventListener("pagehide", leave);
      leave();
    }
  }

  #holder() {
    const [by, until] = (this.storage.getItem(this.name) ?? "").split(" ");
    const left = Number(until) - Date.now();
    // a lease that is longer than leases are is from before the device's clock was set
    return left > 0 && left <= LEASE_MS ? by : "";
  }

  #hold(mine) {
    try {
      this.storage.setItem(this.name, `${mine} ${Date.now() + LEASE_MS}`);
    } catch {
      // no room even for this: the patience runs out and the work is done without
    }
  }

  #release(mine) {
    if (this.#holder() === mine) this.storage.removeItem(this.name);
  }
}
