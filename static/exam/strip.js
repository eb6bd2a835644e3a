// The one place under the header for what went wrong or was put right; its height is always there.

export class Strip {
  constructor(form) {
    this.root = form.querySelector("[data-strip]");
    this.plain = form.querySelector("[data-strip-plain]");
    this.alert = form.querySelector("[data-strip-alert]");
    this.text = form.querySelector("[data-strip-text]");
    this.acts = form.querySelector("[data-strip-acts]");
    this.status = document.querySelector("[data-status]");
    this.kind = "";
    this.final = false;
    this.timer = 0;
    this.idle = () => {};
  }

  // tone: warn, good, info, bad. A final message stays whatever comes after it.
  show(kind, tone, message, { act = null, final = false, forMs = 0, spoken = true } = {}) {
    if (this.final && !final) return;
    clearTimeout(this.timer);
    const news = this.kind !== kind;
    this.kind = kind;
    this.final = final;
    this.root.dataset.tone = tone;
    this.root.classList.add("is-alert");
    this.text.textContent = message;
    this.acts.replaceChildren(...(act ? [act] : []));
    this.alert.hidden = false;
    this.plain.hidden = true;
    if (news && spoken) this.status.textContent = message;
    if (forMs) this.timer = setTimeout(() => this.clear(kind), forMs);
  }

  // Only the message of that kind goes: another one may have taken its place.
  clear(kind) {
    if (this.kind !== kind || this.final) return;
    this.kind = "";
    this.root.classList.remove("is-alert");
    this.alert.hidden = true;
    this.plain.hidden = false;
    this.idle();
  }

  release(kind) {
    if (this.kind === kind) this.final = false;
    this.clear(kind);
  }
}

export function link(href, label) {
  const node = document.createElement("a");
  node.className = "button quiet";
  node.href = href;
  node.textContent = label;
  return node;
}

export function button(label, pressed) {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "button quiet";
  node.textContent = label;
  node.addEventListener("click", pressed);
  return node;
}
