// Redis was lost: what the server had acknowledged, and says so by its own signature, is brought back before this page
// joins the rebuilt sitting. The server takes that also when the time has run out meanwhile.

import { recordsOf } from "./store.js";
import { post } from "./wire.js";

const AT_ONCE = 20_000; // characters
const WATCH_MS = 4_000;
const PASSING = new Set(["pen_lost", "too_late", "alive", "opening", "absent", "unavailable", undefined]);
const SPOKEN = new Set(["redeemed", "closed", "absent", "not_owner", "revoked"]);

// Everything that pages of this browser were told is saved, and that is not known to be in SQL: [id, e, n, value, ack].
export function proved(storage, attempt, record) {
  const newest = new Map();
  for (const { kept } of [record, ...recordsOf(storage, attempt).map(([, each]) => each)]) {
    for (const [id, { e, n, v, k }] of Object.entries(kept)) {
      const known = newest.get(id);
      if (k && (!known || (e - known[1] || n - known[2]) > 0)) newest.set(id, [id, e, n, v, k]);
    }
  }
  return [...newest.values()];
}

// Pieces of a size that the server takes.
function* pieces(lost) {
  let [piece, size] = [[], 0];
  for (const one of lost) {
    const length = JSON.stringify(one).length;
    if (piece.length && size + length > AT_ONCE) {
      yield piece;
      [piece, size] = [[], 0];
    }
    piece.push(one);
    size += length;
  }
  if (piece.length) yield piece;
}

// Answers how many the rebuilt sitting had lacked; throws where the server has not spoken.
export async function redeem({ base, token, lost }) {
  let written = 0;
  for (const piece of pieces(lost)) {
    const { status, reply } = await post(`${base}/redeem`, { t: token, lost: JSON.stringify(piece) });
    if (status >= 500 || (!SPOKEN.has(reply.word) && status !== 401 && status !== 403)) throw new Error("redeem");
    written += reply.written ?? 0;
  }
  return written;
}

// A page without the pen: what it was told is saved may not be in SQL yet, and it alone can prove it. It asks until that
// is so, and brings it back where Redis was lost meanwhile. lost(): what it can prove; shipped(revision): is in SQL.
export async function watch({ base, token, number, lost, shipped, isOver, random = Math.random }) {
  while (lost().length && !isOver()) {
    await new Promise((done) => setTimeout(done, WATCH_MS * (0.75 + random() / 2)));
    try {
      const { status, reply } = await post(`${base}/pulse`, { t: token, n: number() });
      if (reply.word === "stale_generation") {
        await redeem({ base, token, lost: lost() });
        return;
      }
      if (status === 401 || status === 403 || !PASSING.has(reply.word)) return;
      if (typeof reply.ship === "number") shipped(reply.ship);
    } catch {
      // the line is away, or Redis: once more
    }
  }
}
