// Reports that the page is left, returned to, or lost the focus: only where the rulebook asks for them.
// Our own navigation and reload send none. A reload by the browser's own button cannot be told from closing the
// page; the page that follows at once is the return.

import { post } from "./wire.js";
import { say } from "./wording.js";

export class Leaving {
  // fields() are those of a report; heard(result) gets the answer to one
  constructor({ form, base, strip, fields, heard }) {
    Object.assign(this, { base, strip, fields, heard });
    this.leaveGrace = form.dataset.leaveGrace;
    this.focusLimit = form.dataset.focusLimit;
    this.wantsLeave = "leaveGrace" in form.dataset;
    this.wantsFocus = "focusLimit" in form.dataset;
    this.own = false;
    this.away = false;
    this.blurred = false;
    this.stopped = !this.wantsLeave && !this.wantsFocus;
    if (this.stopped) return;
    addEventListener("click", (event) => this.#ownIfLink(event), true);
    addEventListener("submit", () => this.#ours());
    globalThis.navigation?.addEventListener("navigate", (event) => {
      if (event.navigationType === "reload") this.#ours();
    });
    addEventListener("keydown", (event) => {
      if (event.key === "F5" || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "r")) this.#ours();
    });
    addEventListener("pagehide", () => this.#gone());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#gone() : this.#back()));
    addEventListener("blur", () => this.#lostFocus());
    addEventListener("focus", () => {
      this.blurred = false;
      if (!document.hidden) this.#back();
    });
  }

  #ownIfLink(event) {
    const target = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (target && !event.defaultPrevented && target.origin === location.origin && !target.target) this.#ours();
  }

  // If the navigation does not happen after all, reports are due again.
  #ours() {
    this.own = true;
    setTimeout(() => {
      this.own = false;
    }, 5_000);
  }

  #gone() {
    if (this.own || this.away || this.stopped) return;
    this.away = true;
    if (this.wantsLeave) this.#report("leave", { urgent: true });
    this.#lostFocus();
  }

  #back() {
    if (!this.away || this.stopped) return;
    this.away = false;
    if (this.wantsLeave) this.#report("return", { urgent: false });
  }

  #lostFocus() {
    if (!this.wantsFocus || this.blurred || this.own || this.stopped) return;
    this.blurred = true;
    this.#report("focus", { urgent: true });
  }

  #report(kind, { urgent }) {
    if (urgent && navigator.sendBeacon && document.hidden) {
      navigator.sendBeacon(`${this.base}/${kind}`, new URLSearchParams(this.fields()));
      return;
    }
    post(`${this.base}/${kind}`, this.fields(), { keepalive: true }).then((result) => {
      if (kind === "return") {
        this.strip.show("left", "warn", say("left-page", { n: this.leaveGrace }), { forMs: 30_000 });
      }
      if (kind === "focus" && result.reply.focus_losses) {
        const counts = { n: result.reply.focus_losses, limit: this.focusLimit };
        this.strip.show("focus", "warn", say("focus-lost", counts), { forMs: 30_000 });
      }
      this.heard(result);
    }, () => {});
  }

  stop() {
    this.stopped = true;
  }
}
