// The newest page holds the pen. An older one turns read-only, says where the pen went, and can take it back.

import { button } from "./strip.js";
import { say } from "./wording.js";

export class Pen {
  constructor({ attempt, epoch, page, onLost }) {
    this.epoch = Number(epoch);
    this.lost = false;
    this.onLost = onLost;
    if ("BroadcastChannel" in window) {
      this.channel = new BroadcastChannel(`examengine:${attempt}`);
      this.channel.addEventListener("message", ({ data }) => {
        if (data.epoch > this.epoch) this.lose({ pen_where: say("other-tab") });
        // a page that woke up late asks who writes now
        else if (data.epoch < this.epoch && !this.lost) this.#announce();
      });
    }
    this.page = page;
    this.#announce();
  }

  // The same page writes on under a new epoch.
  hold(epoch) {
    this.epoch = epoch;
    this.#announce();
  }

  #announce() {
    this.channel?.postMessage({ epoch: this.epoch, page: this.page });
  }

  // An answer of the server under another epoch means the same as its word pen_lost.
  heard(reply) {
    if (reply.word === "pen_lost" || (typeof reply.epoch === "number" && reply.epoch > this.epoch)) this.lose(reply);
  }

  lose(reply) {
    if (this.lost) return;
    this.lost = true;
    this.onLost(reply);
  }
}

export function takeBackButton() {
  return button(say("take-back"), () => document.getElementById("take-back").requestSubmit());
}
