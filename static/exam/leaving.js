// Reports that the page is left, returned to, or lost the focus: only where the rulebook asks for them.
// Our own navigation and reload send none. A reload by the browser's own button cannot be told from closing the
// page; the page that follows at once is the return.

export class Leaving {
  // report(kind, { urgent }) sends leave, return or focus
  constructor({ form, report }) {
    this.wantsLeave = "leaveGrace" in form.dataset;
    this.wantsFocus = "focusLimit" in form.dataset;
    this.report = report;
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
    if (this.wantsLeave) this.report("leave", { urgent: true });
    this.#lostFocus();
  }

  #back() {
    if (!this.away || this.stopped) return;
    this.away = false;
    if (this.wantsLeave) this.report("return", { urgent: false });
  }

  #lostFocus() {
    if (!this.wantsFocus || this.blurred || this.own || this.stopped) return;
    this.blurred = true;
    this.report("focus", { urgent: true });
  }

  stop() {
    this.stopped = true;
  }
}
