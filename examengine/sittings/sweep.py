"""The sweeper: ends what is due, working from SQL; the desk's due set is a hint. Results whose last mark is in are
recorded beside that. Each half of the slots is swept by one worker at a time, under a lease
(:mod:`examengine.sittings.halves`).

It is fair: what cannot be ended, by a fault of ours or because it cannot be decided yet, waits longer every time and
never stands before the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum, auto

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.live import Desk
from examengine.live.leases import Leases
from examengine.live.slots import SLOTS, slot_of
from examengine.records import attempts
from examengine.records.database import Database
from examengine.records.errors import Missing, Unavailable
from examengine.records.shapes import chunks
from examengine.sittings.finish import Finisher
from examengine.sittings.halves import HALVES, Halves, slots_of
from examengine.sittings.known import Known
from examengine.sittings.marked import Settler
from examengine.sittings.patience import Patience
from examengine.sittings.push import Pusher

FIRST = 0
EVERYTHING = frozenset(range(HALVES))
EVERY_S = 1.0
PUSH_EVERY_S = 0.5
BATCH = 200
LOAD = 100
PARTS_AT_ONCE = 2
"""One is marked while SQL writes the other."""
MANY = 20
"""So many are ended together."""
HINTS_A_SLOT = 12
"""So many of each slot's are looked at in a round: those whose grace is not over are found in no other way."""
AT_ONCE = 3
"""Attempts ended beside each other: they take a connection each, and requests want some too."""
WAIT_MS, WAIT_MOST_MS = 2_000, 60_000
RETRY_MS, RETRY_MOST_MS = 2_000, 300_000

log = structlog.get_logger("examengine.sweeper")


class _Became(Enum):
    """What became of a look at an attempt."""

    ENDED = auto()
    NOT_ENDED = auto()
    NO_RECORD = auto()
    FAILED = auto()
    AWAY = auto()


class Sweeper:
    """Ends due attempts and pushes facts, again and again."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        leases: Leases,
        finisher: Finisher,
        pusher: Pusher,
        settler: Settler,
        clock: Clock,
        owner: str,
    ) -> None:
        self._database = database
        self._desk = desk
        self._finisher = finisher
        self._pusher = pusher
        self._settler = settler
        self._clock = clock
        self._halves = Halves(leases, owner)
        self._has_more = False
        self._waiting = Patience(WAIT_MS, WAIT_MOST_MS, free=1)
        self._failing = Patience(RETRY_MS, RETRY_MOST_MS)

    @property
    def failing(self) -> int:
        """How many attempts cannot be ended by a fault of ours: somebody must look."""
        return len(self._failing)

    async def run(self) -> None:
        """Sweep until cancelled; what is away for a moment is tried again. Facts do not wait for a long sweep."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again(self._sweep_all, EVERY_S))
            group.create_task(self._again(self._push_all, PUSH_EVERY_S))

    async def sweep(self, now_ms: int, halves: frozenset[int] = EVERYTHING) -> int:
        """End what is due in these halves; the number of attempts ended. Who has the first one also pushes what waits
        and records results that people have marked.

        Raises:
            live.Unavailable, records.Unavailable: nothing could be ended.
        """
        if FIRST in halves:
            await self._pusher.push_waiting(now_ms)
            await self._settler.settle_due(now_ms)
        due = await self._due(now_ms, halves)
        hinted = [one for one in await self._hinted(now_ms, slots_of(halves)) if not self._waiting.waits(one, now_ms)]
        batch = [one for one in dict.fromkeys([*due, *hinted]) if not self._failing.waits(one, now_ms)]
        ended, by_record = 0, frozenset(due)
        gate = asyncio.Semaphore(AT_ONCE)
        for parts in chunks(list(chunks(batch, LOAD)), PARTS_AT_ONCE):
            try:
                async with asyncio.TaskGroup() as group:
                    ending = [group.create_task(self._end_all(part, by_record, gate, now_ms)) for part in parts]
            except ExceptionGroup as away:
                raise away.exceptions[0] from None
            ended += sum(task.result() for task in ending)
        self._has_more = (len(due) >= BATCH or len(hinted) >= BATCH) and ended > 0
        for patience in (self._waiting, self._failing):
            patience.forget_old(now_ms)
        return ended

    async def _again(self, work: Callable[[], Awaitable[None]], every_s: float) -> None:
        while True:
            try:
                await work()
            except (live.Unavailable, Unavailable) as error:
                log.warning("sweep_waits", error=type(error).__name__)
            except Exception:
                log.exception("sweep_failed")
            await asyncio.sleep(every_s)

    async def _sweep_all(self) -> None:
        self._has_more = True
        while self._has_more:  # on the last evening everyone has the same deadline: no pause while there is more
            self._has_more = False
            passed_s = asyncio.get_running_loop().time
            halves = await self._halves.hold(int(passed_s() * 1_000))
            if halves and not await self.sweep(self._clock.now_ms(), halves):
                await self._halves.rest(int(passed_s() * 1_000))

    async def _push_all(self) -> None:
        if FIRST in self._halves.held:
            await self._pusher.push_waiting(self._clock.now_ms())

    async def _due(self, now_ms: int, halves: frozenset[int]) -> list[int]:
        part = None if halves == EVERYTHING else (HALVES, halves)
        async with self._database.reading() as tx:
            return [row.attempt_id for row in await attempts.due(tx, now_ms, BATCH, part)]

    async def _hinted(self, now_ms: int, slots: Sequence[int]) -> list[int]:
        """What the desk thinks is due; of each slot a few beside those that wait. A shut slot says nothing."""
        wait = [0] * SLOTS
        for attempt_id in self._waiting.waiting(now_ms) | self._failing.waiting(now_ms):
            wait[slot_of(attempt_id)] += 1
        told_by = await asyncio.gather(
            *(self._desk.due(slot, now_ms, HINTS_A_SLOT + wait[slot]) for slot in slots),
            return_exceptions=True,
        )
        away = [told for told in told_by if isinstance(told, BaseException)]
        if len(away) == len(slots) or any(not isinstance(told, live.Unavailable) for told in away):
            raise away[0]
        return [attempt_id for told in told_by if not isinstance(told, BaseException) for attempt_id in told]

    async def _end_all(
        self, part: Sequence[int], by_record: frozenset[int], gate: asyncio.Semaphore, now_ms: int
    ) -> int:
        """End attempts; how many. Where the desk is away for some, the others are ended all the same.

        Args:
            by_record: those of which SQL says that someone should look; it is put off where they cannot be ended.
        """
        known = await self._load(part)
        together: frozenset[int] = frozenset()
        if len(known) >= MANY:
            together = await self._finisher.all_due(known.values(), now_ms)
            for attempt_id in together:
                self._failing.succeeded(attempt_id)
                self._waiting.succeeded(attempt_id)
            part = [attempt_id for attempt_id in part if attempt_id not in together]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._end(gate, attempt_id, known, now_ms)) for attempt_id in part]
        except ExceptionGroup as away:
            raise away.exceptions[0] from None
        became = dict(zip(part, (task.result() for task in tasks), strict=True))
        ended = sum(one is _Became.ENDED for one in became.values())
        if became and all(one is _Became.AWAY for one in became.values()):
            raise live.Unavailable("the desk is away for all that are due")
        later = [one for one, what in became.items() if what is not _Became.ENDED and one in by_record]
        if later:
            async with self._database.writing() as tx:
                for attempt_id in later:
                    wait_ms = max(WAIT_MS, self._failing.wait_ms(attempt_id, now_ms))
                    await attempts.put_off(tx, attempt_id, now_ms, now_ms + wait_ms)
        return ended + len(together)

    async def _load(self, part: Sequence[int]) -> Mapping[int, Known]:
        """What is known of the attempts, read together; where one of them cannot be read each is read by itself."""
        try:
            return await self._finisher.load(part)
        except Unavailable:
            raise
        except Exception:
            log.exception("not_loaded")
            return {}

    async def _end(
        self, gate: asyncio.Semaphore, attempt_id: int, known: Mapping[int, Known], now_ms: int
    ) -> _Became:
        async with gate:
            try:
                ended = await self._finisher.when_due(attempt_id, now_ms, known.get(attempt_id))
            except Missing:
                log.warning("due_without_record", attempt=attempt_id)
                self._waiting.failed(attempt_id, now_ms)
                return _Became.NO_RECORD
            except live.Unavailable:
                return _Became.AWAY
            except Unavailable:
                raise
            except Exception:
                tries, wait_ms = self._failing.failed(attempt_id, now_ms)
                log.exception("attempt_not_ended", attempt=attempt_id, tries=tries, again_in_ms=wait_ms)
                return _Became.FAILED
        self._failing.succeeded(attempt_id)
        if ended is None:
            self._waiting.failed(attempt_id, now_ms)
            return _Became.NOT_ENDED
        self._waiting.succeeded(attempt_id)
        return _Became.ENDED
