// What an earlier page of this attempt could not send. It is offered to the server under its own token first:
// the server saves it, or keeps it as a side entry where the pen has moved on. Never is it sent under a newer
// epoch: if nobody has answered the question since, the candidate's choice becomes a new operation of this page;
// otherwise it is shown beside the saved answer and the candidate decides.

import { storagePrefix } from "./outbox.js";

const MOVED_ON = new Set(["pen_lost", "stale_generation"]);
// anything else is no judgement on the operation: it is offered again later
const SPOKEN = new Set([...MOVED_ON, "saved", "repeated", "superseded", "closed", "too_late", "forced", "out_of_range"]);

// resent() is called for each one that was saved or made a new operation. True when nothing is left over; false,
// or a throw, asks to be called again.
export async function settleLeftovers({ attempt, epoch, ownKey, storage, send, outbox, paper, conflict, resent }) {
  if (!storage) return true;
  for (const key of Object.keys(storage)) {
    if (!key.startsWith(storagePrefix(attempt)) || key === ownKey) continue;
    let record;
    try {
      record = JSON.parse(storage.getItem(key));
    } catch {
      storage.removeItem(key);
      continue;
    }
    if (record.epoch > epoch) continue;
    for (const [id, op] of Object.entries(record.ops)) {
      const { reply } = await send({ id, ...op, token: record.token });
      const word = reply?.word ?? "";
      if (!SPOKEN.has(word)) return false;
      if (word === "saved" || word === "repeated") {
        if (typeof reply.rev === "number") outbox.setRevision(id, reply.rev);
        if (!outbox.pending(id)) paper.set(id, op.v);
        resent();
      } else if (MOVED_ON.has(word) && !reply.kept && !outbox.pending(id) && paper.get(id) !== op.v) {
        if (outbox.revision(id) === op.b) {
          paper.set(id, op.v);
          outbox.put(id, op.v);
          resent();
        } else if (id.startsWith("a")) {
          conflict(id, op.v);
        }
      }
      delete record.ops[id];
      storage.setItem(key, JSON.stringify(record));
    }
    storage.removeItem(key);
  }
  return true;
}
