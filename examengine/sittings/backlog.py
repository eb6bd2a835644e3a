"""How long it takes until an attempt whose time is up is recorded: told from what waits in SQL before it, and from
how fast that has become less. Asking it costs SQL one statement every two seconds, however many ask.
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
USUAL_A_SECOND = 200.0
"""What is recorded a second, as long as nothing was seen."""
LEAST_A_SECOND = 20.0
ROUND_MS = 1_500
"""A sweep in between."""
UNKNOWN_MS = 5_000

log = structlog.get_logger("examengine.backlog")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What waited at an instant, by when it is due."""

    at_ms: int
    batches: tuple[Batch, ...]

    def overdue(self, at_ms: int) -> int:
        return sum(batch.count for batch in self.batches if batch.due_ms <= at_ms)


class Backlog:
    """What a worker knows of the attempts that are to be recorded."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: _Seen | None = None
        self._a_second = USUAL_A_SECOND
        self._looking = asyncio.Lock()

    async def wait_ms(self, attempt_id: int, deadline_ms: int, now_ms: int) -> int:
        """When an attempt of that deadline is probably recorded, from now on. It is a promise of nothing: nobody is
        recorded before the rules let him, and extra time may still come.
        """
        seen = await self._look(now_ms)
        if seen is None:
            return UNKNOWN_MS
        own = next((batch for batch in seen.batches if batch.due_ms >= deadline_ms + CLAMP_MS), None)
        if own is None:
            return UNKNOWN_MS
        before = sum(batch.count for batch in seen.batches if batch.due_ms < own.due_ms) + own.before(attempt_id)
        return max(own.due_ms - now_ms, 0) + ROUND_MS + int(before * 1_000 / self._a_second)

    async def is_long(self, now_ms: int) -> bool:
        """Whether so many are due that each page had better wait for its turn than be recorded by itself."""
        seen = await self._look(now_ms)
        return seen is not None and seen.overdue(now_ms) >= MANY

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
        """How many of those that were due then have gone since. A few say nothing of how fast it can go."""
        gone = before.overdue(before.at_ms) - after.overdue(before.at_ms)
        if after.overdue(before.at_ms) >= MANY and gone > 0:
            newest = max(LEAST_A_SECOND, gone * 1_000 / (after.at_ms - before.at_ms))
            self._a_second = (self._a_second + newest) / 2
