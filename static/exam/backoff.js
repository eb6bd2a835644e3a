// When to try again, and when to speak of it. The first retries are quick and silent, so that a worker that
// restarts is not noticed; what lasts longer is said. A server that names a time is not asked before it.

const FIRST_MS = 300;
const FACTOR = 2.5;
const LONGEST_MS = 30_000;
const SILENT_MS = 3_000;
const SLOW_MS = 5_000;

export class Backoff {
  // retry() tries again; speak(kind) says that it lasts: offline or trouble
  constructor({ random = Math.random, retry, speak, firstMs = FIRST_MS }) {
    this.random = random;
    this.retry = retry;
    this.speak = speak;
    this.firstMs = firstMs;
    this.tries = 0;
    this.timer = 0;
    this.silence = 0;
    this.spoken = false;
    this.busyServer = false;
  }

  get waits() {
    return this.timer !== 0;
  }

  failed(result) {
    this.busyServer = result !== null;
    const kind = this.busyServer ? "trouble" : "offline";
    // what failed side by side failed once
    if (!this.timer) {
      this.tries += 1;
      const jitter = 0.7 + 0.6 * this.random();
      const wait = Math.min(LONGEST_MS, this.firstMs * FACTOR ** (this.tries - 1)) * jitter;
      const asked = (result?.retryMs ?? 0) * (1 + 0.3 * this.random());
      this.timer = setTimeout(() => {
        this.timer = 0;
        this.retry();
      }, Math.max(wait, asked));
    }
    if (this.spoken || navigator.onLine === false) this.#say(kind);
    else if (!this.silence) this.silence = setTimeout(() => this.#say(kind), SILENT_MS);
  }

  // An answer that does not come is trouble before it is a failure; answers what ends the watch.
  watch() {
    const timer = setTimeout(() => this.#say("trouble"), SLOW_MS);
    return () => clearTimeout(timer);
  }

  #say(kind) {
    clearTimeout(this.silence);
    this.silence = 0;
    this.spoken = true;
    this.speak(kind);
  }

  // Whether there was trouble that had been spoken of; it is over when all went through.
  succeeded({ all = true } = {}) {
    const spoken = this.spoken;
    this.tries = 0;
    this.busyServer = false;
    clearTimeout(this.silence);
    this.silence = 0;
    if (all) this.spoken = false;
    return spoken;
  }

  // Ends a wait, unless one is patient with a server that asked for it; whether it may be tried now.
  skip({ patient = false } = {}) {
    if (this.timer && patient && this.busyServer) return false;
    clearTimeout(this.timer);
    this.timer = 0;
    return true;
  }

  // Nothing is tried again until someone kicks.
  clear() {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.timer = 0;
    this.silence = 0;
    this.tries = 0;
  }

  stop() {
    this.clear();
    this.spoken = false;
  }
}
