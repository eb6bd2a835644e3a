// Signing in again in the page: a panel that takes nothing away. Whoever goes on answering may; what is answered
// waits in this browser until the password has been given.

import { post } from "./wire.js";
import { say } from "./wording.js";

export class SignInAgain {
  // signedIn(reply) is called when the session stands again
  constructor({ base, token, signedIn }) {
    this.base = base;
    this.token = token;
    this.signedIn = signedIn;
    this.panel = document.querySelector("[data-sign-in]");
    this.why = this.panel.querySelector("[data-sign-in-why]");
    this.told = this.panel.querySelector("[data-sign-in-told]");
    this.form = document.getElementById("sign-in-form");
    this.password = document.getElementById("sign-in-password");
    this.button = this.panel.querySelector("button");
    this.label = this.button.textContent;
    this.busy = false;
    this.waitUntil = 0;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
  }

  get shown() {
    return !this.panel.hidden;
  }

  show(reason) {
    this.why.textContent = say(reason === "not_owner" ? "sign-in-other" : "sign-in-why");
    this.panel.dataset.reason = reason;
    this.panel.hidden = false;
  }

  hide() {
    // who was typing there is not left on nothing
    const hadFocus = this.panel.contains(document.activeElement);
    this.panel.hidden = true;
    this.password.value = "";
    this.told.textContent = "";
    if (hadFocus) document.getElementById("main").focus({ preventScroll: true });
  }

  async #ask() {
    if (this.busy || performance.now() < this.waitUntil) return;
    if (!this.password.value) {
      this.#tell("sign-in-empty");
      return;
    }
    this.busy = true;
    this.button.setAttribute("aria-disabled", "true");
    this.button.textContent = say("sign-in-busy");
    let reply = {};
    try {
      ({ reply } = await post(`${this.base}/sign-in`, { t: this.token(), password: this.password.value }));
    } catch {
      reply = { word: "unavailable" };
    }
    this.busy = false;
    this.button.removeAttribute("aria-disabled");
    this.button.textContent = this.label;
    this.#heard(reply);
  }

  #heard(reply) {
    if (reply.word === "signed_in") {
      this.hide();
      this.signedIn(reply);
      return;
    }
    if (reply.word === "wait") {
      this.waitUntil = performance.now() + reply.wait_s * 1000;
      this.#countDown();
      return;
    }
    const known = { wrong: "sign-in-wrong", not_owner: "sign-in-elsewhere" };
    this.#tell(known[reply.word] ?? "sign-in-unavailable");
  }

  #countDown() {
    const left = Math.ceil((this.waitUntil - performance.now()) / 1000);
    this.button.toggleAttribute("disabled", left > 0);
    if (left <= 0) {
      this.told.textContent = "";
      return;
    }
    // said once: a number that is read out every second drowns everything else
    if (!this.told.textContent) this.#tell("sign-in-wait", { n: left });
    setTimeout(() => this.#countDown(), Math.min(1_000, left * 1_000));
  }

  #tell(name, values = {}) {
    this.told.textContent = "";
    this.told.textContent = say(name, values);
    if (!this.button.disabled) {
      this.password.focus({ preventScroll: true });
      this.password.select();
    }
  }
}
