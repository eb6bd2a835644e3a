// Before a sign-in the form asks whether it is its turn: in a crowd it waits here, with what was typed, instead of
// being sent, turned away and typed again. Where that cannot be asked the form is sent as it is.

const SAY_AGAIN_MS = 20_000;
const TIMEOUT_MS = 4_000;
const LEAST_MS = 500;

const form = document.querySelector("form[data-queue]");
const told = form.querySelector("[data-queue-told]");
const said = form.querySelector("[data-queue-said]");
const { username, password, t: token } = form.elements;

let moments = {};
let asking = false;
let saidAt = -Infinity;

function tell(reply) {
  told.hidden = false;
  told.querySelector("[data-lead]").textContent = reply.lead;
  told.querySelector("[data-before]").textContent = `，${reply.before}`;
  const note = told.querySelector("[data-note]");
  note.textContent = reply.note;
  note.hidden = !reply.note;
  if (!reply.note && performance.now() - saidAt < SAY_AGAIN_MS) return;
  said.textContent = [reply.note, reply.lead, reply.before].filter(Boolean).join("，");
  saidAt = performance.now();
}

async function ask() {
  const response = await fetch("/login/place", {
    method: "POST",
    body: new URLSearchParams({ t: token.value, username: username.value, ...moments }),
    headers: { Accept: "application/json" },
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.timeout?.(TIMEOUT_MS),
  });
  return response.ok ? response.json() : { word: "turn" };
}

async function untilTurn() {
  for (;;) {
    let reply;
    try {
      reply = await ask();
    } catch {
      // a line that fails while one waits is tried again; before, the browser says what is wrong
      if (told.hidden) return;
      reply = { retry_ms: 3_000 * (1 + 0.3 * Math.random()) };
    }
    if (reply.word === "turn") return;
    if (reply.word === "wait") {
      moments = { since: reply.since, until: reply.until };
      tell(reply);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(LEAST_MS, reply.retry_ms)));
  }
}

form.addEventListener("submit", async (event) => {
  if (!username.value || !password.value) return;
  event.preventDefault();
  if (asking) return;
  asking = true;
  await untilTurn();
  // sends the form as it stands, and asks nobody again
  form.submit();
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  asking = false;
  told.hidden = true;
});
