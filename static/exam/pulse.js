// A sign of life when nothing else was said for 40 ± 5 s, and once more in the last 30 s.

export class Pulse {
  constructor({ ask, left, random = Math.random }) {
    this.ask = ask;
    this.left = left;
    this.random = random;
    this.stopped = false;
    this.lastAskedFor = false;
    this.touched();
    this.#watchTheEnd();
  }

  // Something was heard from the server: wait anew.
  touched() {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => this.beat(), 35_000 + 10_000 * this.random());
  }

  async beat() {
    this.touched();
    await this.ask();
  }

  #watchTheEnd() {
    const wait = this.left() - (4_000 + 22_000 * this.random());
    clearTimeout(this.end);
    if (wait <= 0 || this.stopped) return;
    // a deadline that was moved is looked at again
    this.end = setTimeout(() => (this.left() > 30_000 ? this.#watchTheEnd() : this.beat()), Math.min(wait, 600_000));
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.end);
  }
}
