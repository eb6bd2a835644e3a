// Redis has lost the sitting and it was rebuilt from SQL: this page joins it again without a reload, and sends
// exactly what the rebuilt sitting lacks. What was answered elsewhere meanwhile has a newer mark and stands.

import { newer } from "./outbox.js";

const NOTHING = { value: "", revision: 0, mark: [0, 0] };

// The server's list [[id, value, revision, epoch, n], …] by id.
export function itemsOf(reply) {
  const listed = Array.isArray(reply.items) ? reply.items : [];
  return new Map(listed.map(([id, value, revision, epoch, n]) => [id, { value, revision, mark: [epoch, n] }]));
}

// Answers how many operations are sent again. aside(id, value): answered here, and elsewhere since.
export function compare({ items, outbox, paper, aside }) {
  let resent = 0;
  for (const id of paper.ids()) {
    const [theirs, ours] = [items.get(id) ?? NOTHING, outbox.of(id)];
    const { next } = ours;
    const isLost = newer(ours.mark, theirs.mark) > 0;
    const isNewer = newer(theirs.mark, ours.mark) > 0;
    const wanted = next ? next.v : isLost ? ours.value : theirs.value;
    ours.next = null;
    outbox.stands(id, theirs.value, theirs.revision, theirs.mark);
    if (wanted === theirs.value) {
      outbox.failed.delete(id);
      paper.set(id, theirs.value);
      outbox.on.state(id, "saved", {});
    } else if (next && isNewer) {
      outbox.failed.delete(id);
      paper.set(id, theirs.value);
      outbox.on.state(id, "saved", {});
      if (id.startsWith("a")) aside(id, wanted);
    } else {
      paper.set(id, wanted);
      outbox.put(id, wanted);
      resent += 1;
    }
  }
  return resent;
}
