"""How long it takes until an attempt whose time is up has its result: told from what waits in SQL before it, and from
how fast that has become less. Asking it costs SQL one statement every two seconds, however many ask.

Where many end at one deadline, recording goes first. Pages that wait by themselves are held until nearly all are
recorded, and then have their results one after the other, each at a place that does not change. Whoever asks for his
result himself is not held.
"""

import asyncio
from dataclasses import dataclass

import structlog

from examengine.live.desk import CLAMP_MS
from examengine.records import attempts
from examengine.records.attempts import Batch
from examengine.records.database import Database
from examengine.records.errors import RecordsError

FRESH_MS = 2_000
AHEAD_MS = 120_000
"""So far ahead it is known when who is due: more than any grace."""
MANY = 200
"""So many are recorded sooner together, by the sweeper, than each when its page is looked at."""
SHARE_LEFT = 50
"""One in so many may still be missing when the results of a deadline begin: who was not there has his grace."""
USUAL_FINAL_MS = 33_000
"""So long after its deadline an attempt is due where the rulebook has the usual grace; a second is one batch."""
USUAL_A_SECOND = 700.0
"""What is recorded a second, as long as nothing was seen."""
LEARN_FROM = 1_000
"""With so many under way, what is gone tells how fast it can go, and not how many came."""
RESULTS_A_SECOND = 250
"""Result pages that the installation carries beside everything else; more hold up who still sits an exam."""
LEAST_A_SECOND = 20.0
ROUND_MS = 1_500
"""A sweep in between."""
NOTICED_MS = 2_000
"""So late it may be seen that all are recorded."""
UNKNOWN_MS = 5_000
ASKS_A_SECOND = 2_500
"""So many pages whose time is up ask a second; more at once would hold up who still sits an exam."""
SPREAD_LEAST_MS, SPREAD_MS, SPREAD_MOST_MS = 1_000, 8_000, 20_000
"""Over which time pages ask after zero: few, an unknown number, a great many."""
OLD_MS = 10_000
REMEMBER_MS = 900_000
"""So long after a deadline its pages are told their places."""

log = structlog.get_logger("examengine.backlog")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What waited at an instant, by when it is due."""

    at_ms: int
    batches: tuple[Batch, ...]

    def until(self, due_ms: int) -> int:
        """How many of them are due by then."""
        return sum(batch.count for batch in self.batches if batch.due_ms <= due_ms)

    def left(self, deadline_ms: int) -> int:
        """How many of that deadline, and of those before it, are not recorded."""
        return self.until(deadline_ms + USUAL_FINAL_MS)


@dataclass(slots=True)
class _Crowd:
    """Many with one deadline; ``recorded_ms``: when nearly all of them were."""

    size: int
    recorded_ms: int | None = None

    def place_ms(self, attempt_id: int) -> int:
        """How long after the first result this one's turn comes; no two questions are answered differently."""
        share = (attempt_id * 2_654_435_761 % 2**32) / 2**32
        return int(share * self.size * 1_000 / RESULTS_A_SECOND)


class Backlog:
    """What a worker knows of the attempts that are to be recorded."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: _Seen | None = None
        self._a_second = USUAL_A_SECOND
        self._looking = asyncio.Lock()
        self._crowds: dict[int, _Crowd] = {}
        self._task: asyncio.Task[_Seen | None] | None = None

    async def wait_ms(self, attempt_id: int, deadline_ms: int, now_ms: int, *, all_sent: bool = False) -> int:
        """When the result of an attempt of that deadline probably has its turn, from now on. It is a promise of
        nothing: nobody is recorded before the rules let him, and extra time may still come.

        Args:
            all_sent: its page has given up the grace.
        """
        seen = await self._look(now_ms)
        if seen is None:
            return UNKNOWN_MS
        own = next((batch for batch in seen.batches if batch.due_ms >= deadline_ms + CLAMP_MS), None)
        if own is None:
            return UNKNOWN_MS
        first_ms = max(deadline_ms + CLAMP_MS - now_ms, 0) + ROUND_MS
        own_ms = first_ms if all_sent else max(own.due_ms - now_ms, 0) + ROUND_MS
        crowd = self._crowd(seen, deadline_ms)
        if crowd is not None:
            begins_ms = first_ms + self._recording_ms(seen.left(deadline_ms)) + NOTICED_MS
            return max(own_ms, begins_ms + crowd.place_ms(attempt_id))
        before = sum(batch.count for batch in seen.batches if batch.due_ms < own.due_ms) + own.before(attempt_id)
        return own_ms + self._recording_ms(before)

    async def held_ms(self, attempt_id: int, deadline_ms: int, now_ms: int) -> int:
        """How long the page of an attempt that its deadline has closed had better wait for its result, from now on;
        0: it may have it.
        """
        seen = await self._look(now_ms)
        crowd = None if seen is None else self._crowd(seen, deadline_ms)
        if seen is None or crowd is None:
            return 0
        place_ms = crowd.place_ms(attempt_id)
        if crowd.recorded_ms is not None:
            return max(0, crowd.recorded_ms + place_ms - now_ms)
        return self._recording_ms(seen.left(deadline_ms)) + NOTICED_MS + place_ms

    def spread_ms(self, deadline_ms: int, now_ms: int) -> int:
        """Over which time the pages of a deadline that is near had better ask how it stands, by how many they are.
        Waits for nothing: what is not known is looked up meanwhile.
        """
        seen = self._seen
        if (seen is None or abs(now_ms - seen.at_ms) > OLD_MS) and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._look(now_ms))
        if seen is None or abs(now_ms - seen.at_ms) > AHEAD_MS // 2:
            return SPREAD_MS
        return min(SPREAD_MOST_MS, max(SPREAD_LEAST_MS, seen.left(deadline_ms) * 1_000 // ASKS_A_SECOND))

    async def is_long(self, deadline_ms: int, now_ms: int) -> bool:
        """Whether so many of that deadline are to be recorded that each page had better wait for its turn than be
        recorded by itself.
        """
        seen = await self._look(now_ms)
        return seen is not None and seen.left(deadline_ms) >= MANY

    def _recording_ms(self, attempts_left: int) -> int:
        return int(attempts_left * 1_000 / self._a_second)

    def _crowd(self, seen: _Seen, deadline_ms: int) -> _Crowd | None:
        """The crowd of that deadline, as it has been seen up to now; None where there was none."""
        left, crowd = seen.left(deadline_ms), self._crowds.get(deadline_ms)
        if crowd is None:
            if left < MANY:
                return None
            for old_ms in [ms for ms in self._crowds if ms < seen.at_ms - REMEMBER_MS]:
                del self._crowds[old_ms]
            crowd = self._crowds[deadline_ms] = _Crowd(left)
        crowd.size = max(crowd.size, left)
        if crowd.recorded_ms is None and left < max(MANY, crowd.size // SHARE_LEFT):
            crowd.recorded_ms = seen.at_ms
        return crowd

    async def _look(self, now_ms: int) -> _Seen | None:
        known = self._seen
        if known is not None and (abs(now_ms - known.at_ms) < FRESH_MS or self._looking.locked()):
            return known
        async with self._looking:
            if self._seen is not known:
                return self._seen
            try:
                async with self._database.glancing() as tx:
                    seen = _Seen(now_ms, await attempts.ending_until(tx, now_ms + AHEAD_MS))
            except RecordsError as error:
                log.warning("backlog_not_seen", error=type(error).__name__)
                return known
            if known is not None and now_ms > known.at_ms:
                self._learn(known, seen)
            self._seen = seen
            return seen

    def _learn(self, before: _Seen, after: _Seen) -> None:
        """How many of those whose time was up then have gone since. A few say nothing of how fast it can go."""
        for until_ms, enough in ((before.at_ms, MANY), (before.at_ms + USUAL_FINAL_MS, LEARN_FROM)):
            left = after.until(until_ms)
            gone = before.until(until_ms) - left
            if left >= enough and gone > 0:
                newest = max(LEAST_A_SECOND, gone * 1_000 / (after.at_ms - before.at_ms))
                self._a_second = (self._a_second + newest) / 2
                return
