// Remaining time: what the server said last, less what a monotonic clock has counted since. The device's own
// clock is never used. At zero the server is asked before anything is locked.

import { say } from "./wording.js";

const MINUTE_MS = 60_000;
const ANNOUNCED_MIN = [30, 10, 5, 1];
const ALWAYS_SHOWN_MS = 5 * MINUTE_MS;

function text(leftMs) {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export class Clock {
  // left_ms was true at performance.now() === at
  constructor({ form, leftMs, at, blank, onZero }) {
    this.box = form.querySelector("[data-clock-box]");
    this.face = form.querySelector("[data-clock]");
    this.note = form.querySelector("[data-clock-note]");
    this.hides = form.querySelectorAll("[data-clock-hide]");
    this.status = document.querySelector("[data-status]");
    this.urgent = document.querySelector("[data-urgent]");
    this.copies = document.querySelectorAll("[data-clock-copy]");
    this.blank = blank;
    this.onZero = onZero;
    this.asked = false;
    this.hidden = false;
    this.stopped = false;
    this.set(leftMs, at);
    this.last = this.left();
    for (const hide of this.hides) {
      hide.addEventListener("click", () => {
        this.hidden = !this.hidden;
        this.show();
      });
    }
    for (const say of form.querySelectorAll("[data-clock-say]")) say.addEventListener("click", () => this.speak());
  }

  // Apart from the constructor: where the time is already up, the page must be able to answer for it.
  start() {
    this.tick();
  }

  set(leftMs, at = performance.now()) {
    this.base = leftMs;
    this.at = at;
    if (leftMs > 0) this.asked = false;
  }

  left() {
    return this.base - (performance.now() - this.at);
  }

  stop() {
    this.stopped = true;
  }

  tick() {
    if (this.stopped) return;
    const left = this.left();
    for (const minutes of ANNOUNCED_MIN) {
      const edge = minutes * MINUTE_MS;
      if (this.last > edge && left <= edge) {
        const region = minutes === 1 ? this.urgent : this.status;
        region.textContent = say("announce", { n: minutes, blank: this.blank() });
      }
    }
    this.last = left;
    this.show();
    if (left <= 0 && !this.asked) {
      this.asked = true;
      this.onZero();
    }
    setTimeout(() => this.tick(), left > 0 ? Math.max(50, ((left - 1) % 1000) + 1) : 1000);
  }

  show() {
    const left = Math.max(0, this.left());
    const near = left <= MINUTE_MS ? "last" : left <= 10 * MINUTE_MS ? "soon" : "";
    this.box.dataset.near = near;
    const noted = near === "last" ? say("last-minute") : near === "soon" ? say("soon") : "";
    if (this.note.textContent !== noted) this.note.textContent = noted;
    const hidden = this.hidden && left > ALWAYS_SHOWN_MS;
    this.box.classList.toggle("is-hidden", hidden);
    this.face.textContent = hidden ? say("hidden-clock") : text(left);
    for (const hide of this.hides) {
      const label = this.hidden ? say("show-clock") : say("hide-clock");
      if (hide.textContent !== label) hide.textContent = label;
      hide.hidden = left <= ALWAYS_SHOWN_MS;
    }
    for (const copy of this.copies) copy.textContent = text(left);
  }

  speak() {
    const seconds = Math.max(0, Math.round(this.left() / 1000));
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const span = h ? say("span-hm", { h, m }) : say("span-ms", { m, s });
    // the same words twice in a row would not be read again
    this.status.textContent = "";
    setTimeout(() => {
      this.status.textContent = say("tell-time", { span, blank: this.blank() });
    }, 50);
  }
}
