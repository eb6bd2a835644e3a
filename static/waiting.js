// Waiting one's turn: the page asks when the server said, shows what it hears, and sends the start when the turn has
// come and somebody is looking. The clock of an exam must not begin in a tab that nobody sees.

import { Backoff } from "./exam/backoff.js";

const SAY_AGAIN_MS = 20_000;
const TIMEOUT_MS = 10_000;

const page = document.querySelector("[data-waiting]");
const part = (name) => page.querySelector(`[data-${name}]`);
const go = part("go");

let href = page.dataset.waiting;
let timer = 0;
let saidAt = -Infinity;
let turned = "turn" in page.dataset;

function say(text, now = performance.now()) {
  part("said").textContent = text;
  saidAt = now;
}

function put(name, text) {
  const node = part(name);
  if (node && node.textContent !== text) node.textContent = text;
}

function tell(reply) {
  for (const name of ["title", "lead", "before", "note", "cost"]) put(name, reply[name]);
  part("note").hidden = !reply.note;
  document.title = `${reply.title} · ${document.title.split(" · ").pop()}`;
  if (reply.note || performance.now() - saidAt > SAY_AGAIN_MS) say([reply.note, reply.lead, reply.before].join("，"));
}

// who stands at his turn is taken in as soon as he looks
function takeTurn() {
  if (!turned || !go || document.visibilityState !== "visible" || go.dataset.sent) return;
  go.dataset.sent = "1";
  go.submit();
}

function turn(reply) {
  turned = true;
  tell(reply);
  part("keep")?.remove();
  go.hidden = false;
  say(reply.title);
  takeTurn();
}

async function ask() {
  clearTimeout(timer);
  timer = 0;
  let retryMs = 0;
  try {
    const response = await fetch(href, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "follow",
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
    });
    retryMs = Number(response.headers.get("retry-after") ?? 0) * 1000;
    if (!response.ok) throw new Error(String(response.status));
    if (!(response.headers.get("content-type") ?? "").includes("json")) {
      // a session that has ended, for one
      location.replace(response.url);
      return;
    }
    hear(await response.json());
  } catch {
    backoff.failed(retryMs ? { retryMs } : null);
  }
}

function hear(reply) {
  backoff.succeeded();
  if (reply.word === "go") {
    location.replace(reply.href);
    return;
  }
  href = reply.href;
  if (reply.word === "turn") {
    // before a sign-in the form itself is the answer
    if (go) turn(reply);
    else location.replace(href);
    return;
  }
  tell(reply);
  timer = setTimeout(ask, reply.retry_ms);
}

const backoff = new Backoff({
  retry: ask,
  speak() {
    put("note", page.dataset.offline);
    part("note").hidden = false;
    say(page.dataset.offline);
  },
  firstMs: 1_000,
});

document.addEventListener("visibilitychange", () => {
  if (turned) takeTurn();
  else if (document.visibilityState === "visible" && !backoff.waits) ask();
});
addEventListener("online", () => {
  if (!turned && backoff.skip()) ask();
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  turned = false;
  ask();
});

if (turned) takeTurn();
else timer = setTimeout(ask, Number(page.dataset.retryMs));
