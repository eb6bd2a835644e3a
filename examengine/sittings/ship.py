"""The shipper: carries journal lines from Redis to SQL, one row a slot and batch. One at a time, under a lease.

Lines are first in SQL, then marked in Redis: whatever breaks between the two, they are shipped again, and nobody
minds (see :mod:`examengine.records.segments`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.live.leases import Lease, Leases
from examengine.live.shipping import ShippedUntil, Unshippeds, parts_of
from examengine.live.slots import SLOTS
from examengine.records import lease_tokens, segments
from examengine.records.database import Database
from examengine.records.errors import Unavailable
from examengine.records.segments import Segment

LEASE = "shipper"
LEASE_MS = 15_000
EVERY_S, LEAST_S = 1.5, 0.3
LINES_A_SLOT = 500
"""Also the most that one call to Redis is about: answers wait for it, some 0.2 ms."""
BYTES_A_SLOT = 256 * 1024
LINES_AT_ONCE = 400
"""Slots are asked together until about so many lines are: where much is to be shipped, one or two."""
REST, REST_MOST_S = 2.0, 0.03
"""How long the shipper rests after a portion, in times of what it took: answers go first, here and in Redis."""
ALARM_MS = 15_000
ALARM_EVERY_MS = 10_000
PRUNE_EVERY_MS = 30_000
PRUNE_BATCHES = 10

T = TypeVar("T")

log = structlog.get_logger("examengine.shipper")


@dataclass(frozen=True, slots=True)
class _Look:
    """How many lines wait, by slot where any do, and since when that is so: whatever was written until ``at_ms`` is
    among them. None where a slot did not answer.
    """

    waiting: Mapping[int, int]
    at_ms: int | None


class Shipper:
    """Ships what waits, again and again."""

    def __init__(
        self,
        database: Database,
        unshipped: Unshippeds,
        shipped_until: ShippedUntil,
        leases: Leases,
        clock: Clock,
        owner: str,
    ) -> None:
        self._database = database
        self._unshipped = unshipped
        self._shipped_until = shipped_until
        self._leases = leases
        self._clock = clock
        self._owner = owner
        self._lease: Lease | None = None
        self._is_behind = False
        self._alarmed_ms = 0
        self._pruned_ms = 0

    async def run(self) -> None:
        """Ship until cancelled; what is away for a moment is tried again."""
        while True:
            began_s = monotonic()
            try:
                # after an outage of SQL much waits: no pause while there is more
                while await self.ship(self._clock.now_ms(), REST) and self._is_behind:
                    await self._alarm()
                await self._prune_sometimes(self._clock.now_ms())
            except (live.Unavailable, Unavailable) as error:
                log.warning("ship_waits", error=type(error).__name__)
                await self._alarm()
            except Exception:
                log.exception("ship_failed")
                await self._alarm()
            await asyncio.sleep(max(LEAST_S, EVERY_S - (monotonic() - began_s)))

    async def ship(self, now_ms: int, rest: float = 0.0) -> int:
        """One round over all slots: at most 500 lines and 256 KiB a slot. The number of lines that are in SQL now;
        0 where nothing waits or another shipper is at work. ``rest``: how long to rest between portions, in times of
        what each took; nobody rests while there is more than a round takes.

        Raises:
            records.Unavailable, live.Unavailable: what was not shipped still waits.
        """
        lease = self._lease = await self._leases.hold(self._lease, LEASE, self._owner, LEASE_MS)
        if lease is None:
            return 0
        look = await self._look(now_ms)
        gathered: Mapping[int, list[bytes]] = {}
        kept: frozenset[int] = frozenset()
        if look.waiting:
            if self._is_behind:
                rest = 0.0
            async with self._database.reading() as tx:
                lives = await segments.lives(tx)
            gathered, batches = await self._gather(look.waiting, lives, rest)
            kept = await self._keep(lease, batches, now_ms) if batches else kept
        marked = await self._mark({slot: lines for slot, lines in gathered.items() if slot in kept}, rest)
        self._is_behind = any(len(lines) < look.waiting[slot] for slot, lines in gathered.items())
        if look.at_ms is not None and marked == look.waiting.keys() and not self._is_behind:
            await self._shipped_until.tell(look.at_ms)
        return sum(len(gathered[slot]) for slot in kept)

    async def ship_all(self, now_ms: int) -> int:
        """Ship until nothing waits; the number of lines. Where another shipper is at work it is waited for.

        Raises:
            records.Unavailable, live.Unavailable: as :meth:`ship`.
        """
        shipped = await self.ship(now_ms)
        while (await self._look(now_ms)).waiting:
            lines = await self.ship(now_ms)
            shipped += lines
            if not lines:
                await asyncio.sleep(0.05)
        return shipped

    async def oldest_unshipped_ms(self) -> int | None:
        """When the oldest line was written that is not in SQL; None where all are. Asks Redis, in any worker. What
        was brought back after a loss has stamps of long ago, but is no older than what has arrived.

        Raises:
            live.Unavailable: Redis does not answer.
        """
        found = await _of_slots(self._unshipped.since_ms)
        waiting = [since_ms for since_ms in found.values() if since_ms is not None]
        return max(min(waiting), self._shipped_until.at_ms) if waiting else None

    async def prune(self) -> int:
        """Delete segments all of whose attempts are archived; how many were looked at, at most 200."""
        async with self._database.reading() as tx:
            found = await segments.prunable(tx)
        if found.looked_at:
            async with self._database.writing() as tx:
                await segments.prune(tx, found)
        return found.looked_at

    async def _look(self, now_ms: int) -> _Look:
        """What waits. A slot that is being rebuilt is left out; where none answers, nothing can be said."""
        told = await _of_slots(lambda slot: self._unshipped.waiting(slot, now_ms))
        waiting = {slot: count for slot, (count, _) in told.items() if count}
        return _Look(waiting, min(at_ms for _, at_ms in told.values()) if len(told) == SLOTS else None)

    async def _gather(
        self, waiting: Mapping[int, int], lives: Mapping[int, int], rest: float
    ) -> tuple[dict[int, list[bytes]], list[Segment]]:
        """What waits, by slot, and packed. A slot that is shut by now is left out; where none answers nothing was
        gathered.
        """
        gathered: dict[int, list[bytes]] = {}
        batches: list[Segment] = []
        away: live.Unavailable | None = None
        for slots in _portions(waiting):
            began_s = monotonic()
            asked = (self._unshipped.gather(slot, LINES_A_SLOT, BYTES_A_SLOT) for slot in slots)
            told = await asyncio.gather(*asked, return_exceptions=True)
            for slot, lines in zip(slots, told, strict=True):
                if isinstance(lines, live.Unavailable):
                    away = lines
                elif isinstance(lines, BaseException):
                    raise lines
                elif lines:  # none where the slot was rebuilt meanwhile
                    gathered[slot] = lines
                    batches.append(segments.pack(slot, lives.get(slot, 0), parts_of(lines)))
            await _rested(began_s, rest)
        if away is not None and not gathered:
            raise away
        return gathered, batches

    async def _keep(self, lease: Lease, batches: list[Segment], now_ms: int) -> frozenset[int]:
        async with self._database.writing() as tx:
            if not await lease_tokens.hold(tx, LEASE, lease.token):
                log.warning("shipper_fenced")
                self._lease = None
                return frozenset()
            return await segments.ship(tx, batches, now_ms)

    async def _mark(self, arrived: Mapping[int, list[bytes]], rest: float) -> frozenset[int]:
        """Tell Redis; the slots that took it. Where it is away the lines are shipped again; where the slot is shut by
        now, whoever mends it finds them in SQL.
        """
        marked = []
        for slots in _portions({slot: len(lines) for slot, lines in arrived.items()}):
            began_s = monotonic()
            asked = (self._unshipped.shipped(slot, arrived[slot]) for slot in slots)
            for slot, reply in zip(slots, await asyncio.gather(*asked, return_exceptions=True), strict=True):
                if reply is True:
                    marked.append(slot)
                elif isinstance(reply, BaseException) and not isinstance(reply, live.Unavailable):
                    raise reply
            await _rested(began_s, rest)
        return frozenset(marked)

    async def _prune_sometimes(self, now_ms: int) -> None:
        if self._lease is not None and now_ms - self._pruned_ms >= PRUNE_EVERY_MS:
            self._pruned_ms = now_ms
            for _ in range(PRUNE_BATCHES):
                if await self.prune() < segments.PAGE:
                    break

    async def _alarm(self) -> None:
        """Say in the log that lines have been waiting for too long; not more often than every 10 s."""
        now_ms = self._clock.now_ms()
        if now_ms - self._alarmed_ms < ALARM_EVERY_MS:
            return
        with suppress(live.Unavailable):
            since_ms = await self.oldest_unshipped_ms()
            if since_ms is not None and now_ms - since_ms > ALARM_MS:
                self._alarmed_ms = now_ms
                log.error("unshipped_for_long", age_ms=now_ms - since_ms)


def _portions(lines: Mapping[int, int]) -> Iterator[list[int]]:
    """Slots by as many as hold about ``LINES_AT_ONCE`` lines together, at least one."""
    portion, total = [], 0
    for slot, count in lines.items():
        portion.append(slot)
        total += min(count, LINES_A_SLOT)
        if total >= LINES_AT_ONCE:
            yield portion
            portion, total = [], 0
    if portion:
        yield portion


async def _of_slots(ask: Callable[[int], Awaitable[T]]) -> dict[int, T]:
    """What each slot answers; one that is being rebuilt is left out.

    Raises:
        live.Unavailable: none answers.
    """
    told = await asyncio.gather(*(ask(slot) for slot in range(SLOTS)), return_exceptions=True)
    failed = [reply for reply in told if isinstance(reply, BaseException)]
    for error in failed:
        if len(failed) == SLOTS or not isinstance(error, live.Unavailable):
            raise error
    return {slot: reply for slot, reply in enumerate(told) if not isinstance(reply, BaseException)}


async def _rested(began_s: float, rest: float) -> None:
    await asyncio.sleep(min(REST_MOST_S, rest * (monotonic() - began_s)))
