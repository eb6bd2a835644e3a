// The page that waits for a result: should Redis have been lost over the deadline, it still brings back what this
// browser can prove to have been acknowledged.

import { proved, redeem } from "./redeem.js";
import { recordsOf, storageOrNull } from "./store.js";

const attempt = location.pathname.match(/^\/sittings\/(\d+)\//)?.[1];
const storage = storageOrNull();
const newest = attempt && recordsOf(storage, attempt).sort(([, a], [, b]) => b.epoch - a.epoch)[0];
const lost = newest ? proved(storage, attempt, { kept: {} }) : [];
if (lost.length) {
  redeem({ base: `/sittings/${attempt}`, token: newest[1].token, lost }).catch(() => {
    // this page asks again in a moment, and so does this
  });
}
