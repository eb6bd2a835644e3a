// The exam page: reads what the server wrote into the page and puts the parts together.

import { Card } from "./card.js";
import { Clock } from "./clock.js";
import { HandIn } from "./hand_in.js";
import { listenToKeys } from "./keys.js";
import { Leaving } from "./leaving.js";
import { settleLeftovers } from "./leftovers.js";
import { Outbox } from "./outbox.js";
import { Paper } from "./paper.js";
import { Pen, takeBackButton } from "./pen.js";
import { Pulse } from "./pulse.js";
import { SideAnswers } from "./side_answers.js";
import { Strip, button, link } from "./strip.js";
import { post } from "./wire.js";
import { readWording, say } from "./wording.js";

const ENDING = new Set(["closed", "too_late", "forced"]);
const BARRED = new Set([...ENDING, "pen_lost", "revoked", "not_owner", "stale_generation"]);

export function start(form) {
  readWording();
  const { exam: attempt, epoch, page, token, base, zone } = form.dataset;
  const storage = localStorageOrNull();
  const paper = new Paper(form);
  const strip = new Strip(form);
  const saveBox = form.querySelector("[data-save]");
  const saveText = form.querySelector("[data-save-text]");
  let deadline = Number(form.dataset.deadline);
  let over = false;

  const timeOf = (ms) =>
    new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit" })
      .format(ms);
  // what the server's clock shows now, as far as this page knows
  const serverNow = () => deadline - clock.left();

  const positionsWaiting = () => [...new Set(outbox.waiting().map(Paper.position))];
  const unsynced = (position) => [`a${position}`, `f${position}`].some((id) => outbox?.failed.has(id));

  let outbox = null;
  let card = null;
  let lastSavedMs = null;
  let resentCount = 0;

  const send = (op) => {
    const fields = { t: op.token ?? token, n: op.n, i: Paper.position(op.id), k: op.id[0], b: op.b, v: op.v };
    return post(`${base}/answers`, fields);
  };

  outbox = new Outbox({
    attempt, epoch, page, token, storage, send,
    on: {
      state(id, state, reply) {
        const position = Paper.position(id);
        if (state === "superseded") {
          if (typeof reply.value === "string") paper.set(id, reply.value);
          strip.show("superseded", "info", say("superseded", { n: position }), { forMs: 15_000 });
        }
        if (reply?.at) lastSavedMs = reply.at;
        const other = outbox.pending(`${id[0] === "a" ? "f" : "a"}${position}`);
        const shown = state === "superseded" ? "saved" : state;
        paper.setState(position, shown === "saved" && other ? "saving" : shown);
        card?.showCell(position);
        showSaved();
      },
      reply: heard,
      trouble(kind) {
        strip.show(kind, "warn", say(kind, { at: timeOf(serverNow()) }));
      },
      recovered(count) {
        strip.show("back", "good", say("back", { n: count }), { forMs: 20_000 });
      },
      final: ended,
    },
  });
  for (const [position, { node }] of paper.questions) {
    outbox.setRevision(`a${position}`, Number(node.dataset.rev));
    outbox.setRevision(`f${position}`, Number(node.dataset.flagRev));
  }
  for (const [id, item] of outbox.items) if (item.next) paper.set(id, item.next.v);

  card = new Card(form, paper, unsynced);
  const clock = new Clock({
    form,
    leftMs: Number(form.dataset.left),
    // the number was true when the answer left the server, not when this script came to run
    at: performance.getEntriesByType("navigation")[0]?.responseStart ?? performance.now(),
    blank: () => paper.blank().length,
    onZero: timeIsUp,
  });
  const handIn = new HandIn({ paper, card, outbox, unsyncedCount: () => positionsWaiting().length });
  const pen = new Pen({ attempt, epoch, page, onLost: lostPen });
  const pulse = new Pulse({ ask, left: () => clock.left() });
  const leaving = new Leaving({ form, report });
  const side = new SideAnswers(form, paper, (id, value) => {
    paper.set(id, value);
    outbox.put(id, value);
  });
  listenToKeys({ form, paper, card, clock, handIn, storage });
  if (!outbox.kept) strip.show("no-storage", "warn", say("no-storage"));

  form.addEventListener("change", (event) => {
    const question = event.target.closest(".q");
    if (question) changed(event.target.closest(".flag") ? `f${question.dataset.pos}` : `a${question.dataset.pos}`);
  });
  form.addEventListener("exam:changed", (event) => {
    card.showCell(event.detail);
    card.count();
  });
  form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (pressed?.name === "clear") {
      event.preventDefault();
      paper.set(`a${pressed.value}`, "");
      changed(`a${pressed.value}`);
    } else if (pressed?.value !== "hand_in" || handIn.open()) {
      event.preventDefault();
      outbox.kick();
    }
  });
  // on a slow line people answer before this script has come: what they chose then is saved now
  for (const id of paper.touched()) if (!outbox.pending(id)) changed(id);
  addEventListener("online", () => outbox.kick());
  addEventListener("offline", () => strip.show("offline", "warn", say("offline", { at: timeOf(serverNow()) })));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !over) {
      outbox.kick(outbox.busyServer);
      ask();
    }
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted && !over) checkPen();
  });
  addEventListener("beforeunload", (event) => {
    if (outbox.waiting().length && !over && !pen.lost && !leaving.own && !handIn.sent) event.preventDefault();
  });
  clock.start();
  if (saveBox.dataset.save === "idle" && !outbox.waiting().length) saveText.textContent = say("idle");
  outbox.kick();
  settle();

  function changed(id) {
    outbox.put(id, paper.get(id));
    side.drop(id);
    card.showCell(Paper.position(id));
    card.count();
  }

  function showSaved() {
    if (outbox.stopped) return;
    const waiting = positionsWaiting().length;
    const failed = paper.positions.filter(unsynced).length;
    card?.count();
    handIn?.refresh();
    let state = lastSavedMs ? "saved" : saveBox.dataset.save;
    let text = lastSavedMs ? say("saved", { at: timeOf(lastSavedMs) }) : saveText.textContent;
    if (failed) {
      state = "unsynced";
      text = innerWidth < 640 ? say("unsynced-short", { n: failed }) : say("unsynced", { n: failed });
    } else if (waiting) {
      clearTimeout(showSaved.timer);
      showSaved.timer = setTimeout(() => {
        if (positionsWaiting().length && saveBox.dataset.save !== "unsynced") {
          saveBox.dataset.save = "saving";
          saveText.textContent = say("saving");
        }
      }, 400);
      return;
    }
    saveBox.dataset.save = state;
    saveText.textContent = text;
  }

  // Every answer of the server carries the time left, the deadline and who holds the pen.
  function heard({ reply, tripMs = 0 }) {
    pulse.touched();
    if (typeof reply.left === "number") clock.set(reply.left, performance.now() - tripMs / 2);
    if (typeof reply.deadline === "number" && reply.deadline !== deadline) {
      const minutes = Math.round((reply.deadline - deadline) / 60_000);
      deadline = reply.deadline;
      form.querySelector("[data-deadline-text]").textContent = timeOf(deadline);
      const name = minutes > 0 ? "extended" : "shortened";
      strip.show("deadline", "info", say(name, { at: timeOf(deadline), n: minutes }), { forMs: 60_000 });
    }
    if (reply.word !== "pen_lost") pen.heard(reply);
  }

  async function ask() {
    if (over || pen.lost) return null;
    try {
      const result = await post(`${base}/pulse`, { t: token, n: outbox.number() });
      heard(result);
      const word = result.reply.word ?? "";
      if (BARRED.has(word) || result.status === 401) ended(word || "revoked", result.reply);
      else if (result.status < 400) {
        if (strip.kind === "offline" && outbox.waiting().length === 0) strip.clear("offline");
        outbox.kick(outbox.busyServer);
      }
      return result;
    } catch {
      strip.show("offline", "warn", say("offline", { at: timeOf(serverNow()) }));
      return null;
    }
  }

  async function timeIsUp() {
    if (over) return;
    strip.show("time-up", "info", say("time-up"));
    for (let tries = 0; !over && clock.left() <= 0; tries += 1) {
      const result = await ask();
      if (result && result.reply.left > 0) break;
      await new Promise((wake) => setTimeout(wake, 2_000 + 2_000 * Math.random()));
      if (tries >= 10 && result) location.assign(`${base}/result`);
    }
    if (!over) strip.clear("time-up");
  }

  function ended(word, reply = {}) {
    if (word === "pen_lost") {
      pen.lose(reply);
      return;
    }
    if (word === "stale_generation" || word === "revoked" || word === "not_owner") {
      paper.lock(true);
      const stale = word === "stale_generation";
      const act = stale
        ? button(say("reload-act"), () => location.reload())
        : link(`/login?next=${encodeURIComponent(location.pathname)}`, say("sign-in"));
      strip.show(word, "bad", say(stale ? "reload" : "revoked"), { act, final: true });
      return;
    }
    lockForGood();
    if (word === "too_late") {
      strip.show("time-up", "info", say("time-up"), { final: true });
      waitForResult();
    } else {
      const act = link(reply.go ?? `${base}/result`, say("see-result"));
      strip.show("ended", "info", say(word === "forced" ? "forced" : "ended"), { act, final: true });
      if (word === "closed") setTimeout(() => location.assign(reply.go ?? `${base}/result`), 1_500);
    }
  }

  async function waitForResult() {
    for (let tries = 0; tries < 10; tries += 1) {
      await new Promise((wake) => setTimeout(wake, 1_500 + 1_500 * Math.random()));
      try {
        const { reply } = await post(`${base}/pulse`, { t: token, n: outbox.number() });
        if (reply.word === "closed") break;
        if (reply.left > 0) {
          location.reload();
          return;
        }
      } catch {
        // the result page waits as well as this one
      }
    }
    location.assign(`${base}/result`);
  }

  function lockForGood() {
    over = true;
    stopWriting();
  }

  function stopWriting() {
    outbox.stop();
    pulse.stop();
    leaving.stop();
    handIn.lock();
    paper.lock(true);
    form.querySelector("[data-hand-in]").disabled = true;
    for (const position of positionsWaiting()) paper.setState(position, "unsaved");
    clearTimeout(showSaved.timer);
    saveBox.dataset.save = "stopped";
    saveText.textContent = say("stopped");
  }

  function lostPen(reply) {
    stopWriting();
    const at = timeOf(reply.pen_since ?? serverNow());
    const where = reply.pen_where || say("elsewhere");
    const unsent = positionsWaiting().length;
    const text = say(unsent ? "taken-unsent" : "taken", { at, where, n: unsent });
    strip.show("taken", "bad", text, { act: takeBackButton(), final: true });
  }

  async function checkPen() {
    paper.lock(true);
    strip.show("checking", "info", say("checking"));
    const result = await ask();
    if (over || pen.lost) return;
    if (result === null) {
      setTimeout(checkPen, 3_000);
      return;
    }
    paper.lock(false);
    strip.clear("checking");
  }

  async function settle() {
    let settled = false;
    try {
      settled = await settleLeftovers({
        attempt, epoch: Number(epoch), ownKey: outbox.key, storage, send, outbox, paper,
        conflict: (id, value) => side.add(id, value),
        resent: () => { resentCount += 1; },
      });
    } catch {
      // the line is dead: try again below
    }
    if (!settled) setTimeout(settle, 5_000);
    else if (resentCount) strip.show("resent", "good", say("resent", { n: resentCount }), { forMs: 20_000 });
  }

  function report(kind, { urgent }) {
    const fields = { t: token, n: outbox.number() };
    if (urgent && navigator.sendBeacon && document.hidden) {
      navigator.sendBeacon(`${base}/${kind}`, new URLSearchParams(fields));
      return;
    }
    post(`${base}/${kind}`, fields, { keepalive: true }).then((result) => {
      heard(result);
      const { reply } = result;
      if (kind === "return") {
        strip.show("left", "warn", say("left-page", { n: form.dataset.leaveGrace }), { forMs: 30_000 });
      }
      if (kind === "focus" && reply.focus_losses) {
        const counts = { n: reply.focus_losses, limit: form.dataset.focusLimit };
        strip.show("focus", "warn", say("focus-lost", counts), { forMs: 30_000 });
      }
      if (BARRED.has(reply.word)) ended(reply.word, reply);
    }, () => {});
  }
}

function localStorageOrNull() {
  try {
    const probe = "examengine:probe";
    localStorage.setItem(probe, "1");
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return null;
  }
}

const form = document.querySelector("form[data-exam]");
if (form) start(form);
