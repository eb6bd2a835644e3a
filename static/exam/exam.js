// The exam page: reads what the server wrote into the page and puts the parts together.

import { Backoff } from "./backoff.js";
import { Card } from "./card.js";
import { Clock } from "./clock.js";
import { Endings } from "./endings.js";
import { HandIn } from "./hand_in.js";
import { listenToKeys } from "./keys.js";
import { Leaving } from "./leaving.js";
import { Leftovers } from "./leftovers.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { Paper } from "./paper.js";
import { Pen } from "./pen.js";
import { Pulse } from "./pulse.js";
import { proved, redeem, watch } from "./redeem.js";
import { compare, itemsOf } from "./rejoin.js";
import { SaveState } from "./save_state.js";
import { SideAnswers } from "./side_answers.js";
import { SignInAgain } from "./sign_in.js";
import { prefixOf, storageOrNull } from "./store.js";
import { Strip } from "./strip.js";
import { Turns } from "./turns.js";
import { post } from "./wire.js";
import { readWording, say } from "./wording.js";

const BARRED = new Set(["closed", "too_late", "forced", "pen_lost", "revoked", "not_owner", "stale_generation"]);

const AWAY = new Set(["revoked", "not_owner", "stale_generation"]);

const NO_TYPING = { size: 0, done() {}, flushAll() {}, stop() {} };

// typed: the module typed.js, where the paper has questions that are typed
export function start(form, typed = null) {
  readWording();
  const { exam: attempt, page, who, base, zone } = form.dataset;
  const [epoch, generation] = [Number(form.dataset.epoch), Number(form.dataset.generation)];
  let { token } = form.dataset;
  const storage = storageOrNull();
  const paper = new Paper(form, typed?.Fields);
  const strip = new Strip(form);
  const turns = new Turns({ attempt, page, storage });
  let deadline = Number(form.dataset.deadline);
  let resentCount = 0;
  let rejoining = false;
  let brought = 0;
  let settling = "";
  let sentAtZero = false;
  let hasSaid = false;

  const timeOf = (ms) =>
    new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit" })
      .format(ms);
  // what the server's clock shows now, as far as this page knows
  const serverNow = () => deadline - clock.left();
  const unsynced = (position) => [`a${position}`, `f${position}`].some((id) => outbox.failed.has(id));

  const send = (op) => {
    const fields = { t: op.token ?? token, n: op.n, i: Paper.position(op.id), k: op.id[0], b: op.b, v: op.v };
    return post(`${base}/answers`, fields);
  };

  const outbox = new Outbox({
    attempt, epoch, generation, page, who, token, storage, turns, send,
    on: {
      state(id, state, reply) {
        const position = Paper.position(id);
        if (state === "superseded") {
          if (typeof reply.value === "string" && !outbox.of(id).next) paper.set(id, reply.value);
          strip.show("superseded", "info", say("superseded", { n: position }), { forMs: 15_000 });
        }
        saveState.item(id, state === "superseded" ? "saved" : state, reply?.at);
      },
      reply: heard,
      trouble(kind) {
        strip.show(kind, "warn", say(kind, { at: timeOf(serverNow()) }));
      },
      recovered(count) {
        strip.show("back", "good", say("back", { n: count }), { forMs: 20_000 });
      },
      unkept() {
        strip.show("no-storage", "warn", say("no-storage"));
      },
      final: (word, reply) => ended(word, reply),
    },
  });
  for (const id of paper.ids()) {
    const { value, revision, mark } = paper.written(id);
    outbox.stands(id, value, revision, mark);
  }
  for (const [id, item] of outbox.items) if (item.next && paper.has(id)) paper.set(id, item.next.v);

  const typing = !typed ? NO_TYPING : new typed.Typing({
    form, paper,
    left: () => clock.left(),
    hold(id) {
      outbox.hold(id, paper.get(id));
      card.showCell(Paper.position(id));
      card.count();
    },
    save: changed,
  });
  const card = new Card(form, paper, unsynced);
  const clock = new Clock({
    form,
    leftMs: Number(form.dataset.left),
    // the number was true when the answer left the server, not when this script came to run
    at: performance.getEntriesByType("navigation")[0]?.responseStart ?? performance.now(),
    blank: () => paper.blank().length,
    onZero() {
      sentAtZero = hasSentAll();
      hasSaid = false;
      endings.timeIsUp();
    },
  });
  const notices = new Notices({ form, base, strip, storage, token: () => token, timeOf });
  const signIn = new SignInAgain({ base, token: () => token, signedIn });
  const handIn = new HandIn({
    paper, card, outbox,
    unsynced: () => saveState.waiting(),
    shutOut: () => signIn.shown,
  });
  const saveState = new SaveState({ form, paper, card, handIn, outbox, unsynced, timeOf });
  const side = new SideAnswers({
    form, paper,
    use(id, value) {
      paper.set(id, value);
      outbox.put(id, value);
    },
    kept: (id, value) => outbox.aside(id, value),
  });
  for (const [id, value] of Object.entries(outbox.record.side)) if (paper.has(id)) side.add(id, value);
  const pen = new Pen({ attempt, epoch, page, onLost: lostPen });
  const pulse = new Pulse({ ask, left: () => clock.left() });
  const leaving = new Leaving({
    form, base, strip,
    fields: () => ({ t: token, n: outbox.number() }),
    heard(result) {
      heard(result);
      if (BARRED.has(result.reply.word)) ended(result.reply.word, result.reply);
    },
  });
  const endings = new Endings({ base, strip, clock, ask, stop: stopWriting, sign, said: () => hasSaid });
  const line = new Backoff({
    retry: ask,
    speak: (kind) => kind === "offline" && strip.show(kind, "warn", say(kind, { at: timeOf(serverNow()) })),
  });
  const leftovers = new Leftovers({
    attempt, storage, turns, send, outbox, paper,
    on: {
      aside: (id, value) => side.add(id, value),
      resent() {
        resentCount += 1;
      },
    },
  });
  const later = new Backoff({ retry: settle, speak: () => {}, firstMs: 1_000 });
  const again = new Backoff({
    retry: askToRejoin,
    speak: () => strip.show("rejoining", "info", say("rejoining")),
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
    } else {
      typing.flushAll();
      if (pressed?.value === "hand_in" && !handIn.open()) return;
      event.preventDefault();
      outbox.kick(true);
    }
  });
  // on a slow line people answer before this script has come: what they chose then is saved now
  for (const id of paper.touched()) if (!outbox.pending(id)) changed(id);
  addEventListener("online", () => {
    outbox.kick();
    ask();
  });
  addEventListener("offline", () => strip.show("offline", "warn", say("offline", { at: timeOf(serverNow()) })));
  document.addEventListener("visibilitychange", () => {
    if (endings.over) return;
    typing.flushAll();
    if (document.hidden) return;
    outbox.kick(true);
    ask();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted && !endings.over) checkPen();
  });
  // an older page of this browser that has only now heard of this one leaves what it could not send
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== outbox.key) {
      if (newValue && key?.startsWith(prefixOf(attempt))) settle();
    } else if (newValue === null && pen.lost) {
      side.clear();
      endings.takenOver();
    }
  });
  addEventListener("beforeunload", (event) => {
    const isSafe = endings.over || pen.lost || leaving.own || handIn.sent;
    if ((outbox.waiting().length || typing.size) && !isSafe) event.preventDefault();
  });
  clock.start();
  saveState.begin();
  outbox.kick();
  settle();

  function changed(id) {
    typing.done(id);
    // a field is left as it was entered, or after its text was saved
    if (!paper.isTyped(id) || !outbox.settled(id, paper.get(id))) outbox.put(id, paper.get(id));
    else saveState.item(id, "saved");
    side.drop(id);
    card.showCell(Paper.position(id));
    card.count();
  }

  // Every answer of the server carries the time left, the deadline and who holds the pen.
  function heard({ status, reply, tripMs = 0 }) {
    pulse.touched();
    // that of the rebuilt sitting, which this page has not joined yet
    if (reply.word === "stale_generation") return;
    if (status < 400 && signIn.shown && !BARRED.has(reply.word)) {
      signIn.hide();
      goOn();
    }
    if (typeof reply.spread === "number") endings.upToMs = reply.spread;
    if (typeof reply.ship === "number") outbox.shipped(reply.ship);
    if (typeof reply.left === "number") clock.set(reply.left, performance.now() - tripMs / 2);
    if (typeof reply.deadline === "number" && reply.deadline !== deadline) {
      const minutes = Math.round((reply.deadline - deadline) / 60_000);
      deadline = reply.deadline;
      form.querySelector("[data-deadline-text]").textContent = timeOf(deadline);
      const name = minutes > 0 ? "extended" : "shortened";
      strip.show("deadline", "info", say(name, { at: timeOf(deadline), n: minutes }), { forMs: 60_000 });
    }
    if (!BARRED.has(reply.word)) pen.heard(reply);
    notices.heard(reply);
  }

  function hasSentAll() {
    return !outbox.waiting().length && !typing.size && !leftovers.left && !rejoining;
  }

  // A page whose time is up says that all was sent: the server need not wait for more. What somebody chose after zero
  // cannot count any more.
  function sign() {
    const isDone = clock.left() <= 0 && !rejoining && (sentAtZero || hasSentAll());
    return { t: token, n: outbox.number(), ...(isDone ? { done: 1 } : {}) };
  }

  async function ask() {
    if (endings.over || pen.lost) return null;
    try {
      const fields = sign();
      const result = await post(`${base}/pulse`, fields);
      hasSaid ||= "done" in fields;
      line.succeeded();
      heard(result);
      const word = result.status === 401 ? "revoked" : (result.reply.word ?? "");
      if (BARRED.has(word)) ended(word, result.reply);
      else if (result.status < 400) {
        if (strip.kind === "offline" && outbox.waiting().length === 0) strip.clear("offline");
        outbox.kick(true);
      }
      return result;
    } catch {
      line.failed(null);
      return null;
    }
  }

  // The session stands, by this panel or by another page of the browser.
  function goOn() {
    if (rejoining || outbox.paused !== "shown") return;
    handIn.refresh();
    strip.release("signed-out");
    paper.lock(false);
    outbox.resume();
    settle();
  }

  function signedIn({ must_change: mustChange }) {
    strip.release("signed-out");
    const text = say(mustChange ? "signed-in-change" : "signed-in");
    strip.show("signed-in", mustChange ? "info" : "good", text, { forMs: mustChange ? 0 : 10_000 });
    goOn();
    ask();
  }

  function ended(word, reply = {}) {
    // without the pen there is nothing to sign in for: who writes now has his own page for it
    if (endings.over || (pen.lost && AWAY.has(word))) return;
    if (word === "pen_lost") {
      pen.lose(reply);
    } else if (word === "stale_generation") {
      rejoin();
    } else if (word === "revoked" || word === "not_owner") {
      outbox.pause({ shown: true });
      if (word === "not_owner") paper.lock(true);
      signIn.show(word);
      strip.show("signed-out", "warn", say(word === "not_owner" ? "signed-out-other" : "signed-out"), { final: true });
      handIn.refresh();
    } else {
      endings.end(word, reply);
    }
  }

  // Redis was lost: this page goes on in the sitting that was rebuilt from SQL, without a reload.
  async function rejoin() {
    if (rejoining || endings.over || pen.lost) return;
    rejoining = true;
    outbox.pause({ shown: false });
    await outbox.quiet();
    askToRejoin();
  }

  async function askToRejoin() {
    let result = null;
    try {
      brought += await redeem({ base, token, lost: proved(storage, attempt, outbox.record) });
      result = await post(`${base}/rejoin`, { t: token });
    } catch {
      // asked again below
    }
    const word = result?.status === 401 ? "revoked" : (result?.reply.word ?? "");
    if (word !== "claimed" && !BARRED.has(word)) {
      again.failed(result);
      return;
    }
    again.succeeded();
    strip.clear("rejoining");
    rejoining = false;
    if (word === "claimed") joined(result);
    else ended(word, result.reply);
  }

  function joined(result) {
    const { reply } = result;
    const former = token;
    token = reply.token;
    for (const field of document.querySelectorAll("input[name=t]")) if (field.value === former) field.value = token;
    pen.hold(reply.epoch);
    const items = itemsOf(reply);
    const commit = outbox.rename({ token, epoch: reply.epoch, generation: reply.generation, items });
    const count = brought + compare({ items, outbox, paper, aside: (id, value) => side.add(id, value) });
    brought = 0;
    commit();
    heard(result);
    outbox.resume();
    if (count) strip.show("rejoined", "good", say("rejoined", { n: count }), { forMs: 20_000 });
    settle();
  }

  function stopWriting() {
    outbox.stop();
    stopAll();
  }

  function stopAll() {
    typing.stop();
    line.stop();
    later.stop();
    again.stop();
    pulse.stop();
    leaving.stop();
    notices.stop();
    handIn.lock();
    signIn.hide();
    paper.lock(true);
    form.querySelector("[data-hand-in]").disabled = true;
    saveState.stop();
  }

  function lostPen(reply) {
    typing.flushAll();
    outbox.resume();
    outbox.losePen();
    stopAll();
    const unsent = outbox.waiting().map((id) => [id, paper.get(id)]);
    side.list(unsent);
    endings.lostPen(reply, { at: timeOf(reply.pen_since ?? serverNow()), unsent: saveState.waiting().length });
    watch({
      base, token,
      number: () => outbox.number(),
      lost: () => proved(null, attempt, outbox.record),
      shipped: (revision) => outbox.shipped(revision),
      isOver: () => endings.over,
    });
  }

  async function checkPen() {
    paper.lock(true);
    strip.show("checking", "info", say("checking"));
    const result = await ask();
    if (endings.over || pen.lost) return;
    if (result === null) {
      setTimeout(checkPen, 3_000);
      return;
    }
    paper.lock(false);
    strip.clear("checking");
  }

  async function settle() {
    if (settling || rejoining || endings.over || pen.lost || outbox.paused) {
      if (settling) settling = "again";
      return;
    }
    settling = "once";
    let unsettled = null;
    try {
      unsettled = await leftovers.settle();
      if (unsettled) later.failed(unsettled);
      else later.succeeded();
    } catch {
      later.failed(null);
    }
    const isDue = settling === "again";
    settling = "";
    if (isDue) settle();
    if (unsettled?.status === 401) ended("revoked");
    if (resentCount && !unsettled) {
      strip.show("resent", "good", say("resent", { n: resentCount }), { forMs: 20_000 });
      resentCount = 0;
    }
  }
}

const form = document.querySelector("form[data-exam]");
if (form?.querySelector(".q .part")) import("./typed.js").then((typed) => start(form, typed));
else if (form) start(form);
