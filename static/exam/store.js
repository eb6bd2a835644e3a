// What this browser keeps of a sitting: one record a page in local storage, and nothing that names a person.
//
//   token, who   the page's signed token; an opaque mark of the person, for the sign-out
//   g, epoch, page, n   generation, epoch and id of the page, and the highest number it has used
//   ops   id → { n, v, b, told }   not acknowledged yet; told: the server has it as a side entry, never as an answer
//   kept  id → { e, n, v, r, k }   acknowledged under mark e.n as revision r, not known to be in SQL yet; k proves it
//   side  id → v                   could not be saved; stands beside the saved answer until the candidate decides
//
// Records outlive deploys and may be tampered with: what cannot be read is dropped, piece by piece.

const PREFIX = "examengine:outbox:";
const LEASE = "examengine:drain:";
const FORGOTTEN_MS = 7 * 24 * 3_600_000;
const ID = /^[af][1-9]\d{0,3}$/;

export const prefixOf = (attempt) => `${PREFIX}${attempt}:`;
export const keyOf = (attempt, epoch, page) => `${PREFIX}${attempt}:${epoch}:${page}`;
export const leaseOf = (attempt) => `${LEASE}${attempt}`;

// Local storage, or null where it is switched off.
export function storageOrNull() {
  try {
    const probe = "examengine:probe";
    localStorage.setItem(probe, "1");
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return null;
  }
}

const count = (n) => Number.isSafeInteger(n) && n >= 0;
const value = (v) => typeof v === "string" && v.length <= 16_448;
const proof = (k) => k === undefined || (typeof k === "string" && k.length <= 64);

function entries(part, fits) {
  if (typeof part !== "object" || part === null) return {};
  return Object.fromEntries(Object.entries(part).filter(([id, one]) => ID.test(id) && fits(one)));
}

export function readRecord(text) {
  let made;
  try {
    made = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof made !== "object" || made === null || typeof made.token !== "string") return null;
  if (!count(made.epoch) || typeof made.page !== "string") return null;
  return {
    token: made.token,
    who: typeof made.who === "string" ? made.who : "",
    g: count(made.g) ? made.g : 0,
    epoch: made.epoch,
    page: made.page,
    n: count(made.n) ? made.n : 0,
    at: count(made.at) ? made.at : 0,
    ops: entries(made.ops, (op) => op && count(op.n) && op.n > 0 && value(op.v) && count(op.b)),
    kept: entries(made.kept, (op) => op && count(op.e) && count(op.n) && value(op.v) && count(op.r) && proof(op.k)),
    side: entries(made.side, value),
  };
}

// [key, record] of every page of an attempt; of every attempt where none is named.
export function recordsOf(storage, attempt = null) {
  const found = [];
  const prefix = attempt === null ? PREFIX : prefixOf(attempt);
  for (const key of storage ? Object.keys(storage) : []) {
    if (!key.startsWith(prefix)) continue;
    const record = readRecord(storage.getItem(key));
    if (record) found.push([key, record]);
    else storage.removeItem(key);
  }
  return found;
}

// The end of a sitting: what was kept for it goes, whichever page kept it.
export function forgetAttempt(storage, attempt) {
  for (const key of Object.keys(storage)) if (key.startsWith(prefixOf(attempt))) storage.removeItem(key);
  storage.removeItem(leaseOf(attempt));
}

// The sign-out: nothing of this person stays on a computer that others use.
export function forgetPerson(storage, who) {
  for (const [key, record] of recordsOf(storage)) if (record.who === who) storage.removeItem(key);
}

// Questions of this person that no server has acknowledged, over all attempts.
export function unsentOf(storage, who) {
  const mine = recordsOf(storage).filter(([, record]) => record.who === who);
  return mine.reduce((sum, [, { ops }]) => sum + new Set(Object.keys(ops).map((id) => id.slice(1))).size, 0);
}

// Other attempts' records that nobody has come back for.
export function sweep(storage, attempt) {
  for (const [key, record] of recordsOf(storage)) {
    if (!key.startsWith(prefixOf(attempt)) && Date.now() - record.at > FORGOTTEN_MS) storage.removeItem(key);
  }
}
