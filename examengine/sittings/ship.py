"""The shipper: carries journal lines from Redis to SQL, one row a slot and batch. One at a time, under a lease.

Lines are first in SQL, then marked in Redis: whatever breaks between the two, they are shipped again, and nobody
minds (see :mod:`examengine.records.segments`).
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from time import monotonic

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.live import Coalescer, shipping
from examengine.live.leases import Lease, Leases
from examengine.live.shipping import Unshipped, Unshippeds
from examengine.live.slots import SLOTS
from examengine.records import lease_tokens, segments
from examengine.records.database import Database
from examengine.records.errors import Unavailable
from examengine.records.segments import Segment

LEASE = "shipper"
LEASE_MS = 15_000
EVERY_S, LEAST_S = 1.5, 0.3
SITTINGS_A_SLOT = 200
"""Also the most that one call to Redis is about: answers wait for it, some 2 ms."""
BYTES_A_SLOT = 256 * 1024
SITTINGS_AT_ONCE = 150
"""Slots are asked together until about so many sittings are: where much is to be shipped, one or two."""
REST, REST_MOST_S = 2.0, 0.03
"""How long the shipper rests after a portion, in times of what it took: answers go first, here and in Redis."""
ALARM_MS = 15_000
ALARM_EVERY_MS = 10_000
PRUNE_EVERY_MS = 30_000
PRUNE_BATCHES = 10

log = structlog.get_logger("examengine.shipper")


class Shipper:
    """Ships what waits, again and again."""

    def __init__(self, database: Database, calls: Coalescer, leases: Leases, clock: Clock, owner: str) -> None:
        self._database = database
        self._unshipped = Unshippeds(calls)
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
        """One round over all slots: at most 200 sittings and 256 KiB a slot. The number of lines that are in SQL now;
        0 where nothing waits or another shipper is at work. ``rest``: how long to rest between portions, in times of
        what each took; nobody rests while there is more than a round takes.

        Raises:
            records.Unavailable, live.Unavailable: what was not shipped still waits.
        """
        lease = self._lease = await self._leases.hold(self._lease, LEASE, self._owner, LEASE_MS)
        if lease is None:
            return 0
        waiting = await self._waiting()
        if not waiting:
            return 0
        if self._is_behind:
            rest = 0.0
        async with self._database.reading() as tx:
            lives = await segments.lives(tx)
        gathered, batches = await self._gather(waiting, lives, rest)
        kept = await self._keep(lease, batches, now_ms) if batches else frozenset()
        unlined = gathered.keys() - {batch.slot for batch in batches}
        await self._mark({slot: parts for slot, parts in gathered.items() if slot in kept | unlined}, rest)
        self._is_behind = any(_is_cut(waiting[slot], parts) for slot, parts in gathered.items())
        return sum(batch.count for batch in batches if batch.slot in kept)

    async def ship_all(self, now_ms: int) -> int:
        """Ship until nothing waits; the number of lines. Where another shipper is at work it is waited for.

        Raises:
            records.Unavailable, live.Unavailable: as :meth:`ship`.
        """
        shipped = 0
        while await self._waiting():
            lines = await self.ship(now_ms)
            shipped += lines
            if not lines:
                await asyncio.sleep(0.05)
        return shipped

    async def oldest_unshipped_ms(self) -> int | None:
        """When the oldest line was written that is not in SQL; None where all are. Asks Redis, in any worker.

        Raises:
            live.Unavailable: Redis does not answer.
        """
        heads = await self._waiting(limit=1)
        found = await asyncio.gather(*(self._unshipped.gather(slot, ids, 1) for slot, ids in heads.items()))
        return min((part.since_ms for parts in found for part in parts if part.lines), default=None)

    async def prune(self) -> int:
        """Delete segments all of whose attempts are archived; how many were looked at, at most 200."""
        async with self._database.reading() as tx:
            found = await segments.prunable(tx)
        if found.looked_at:
            async with self._database.writing() as tx:
                await segments.prune(tx, found)
        return found.looked_at

    async def _waiting(self, limit: int = SITTINGS_A_SLOT) -> dict[int, list[int]]:
        """By slot. A slot that is being rebuilt is left out; where none answers, nothing can be said."""
        asked = (self._unshipped.waiting(slot, limit) for slot in range(SLOTS))
        told = await asyncio.gather(*asked, return_exceptions=True)
        failed = [reply for reply in told if isinstance(reply, BaseException)]
        for error in failed:
            if len(failed) == SLOTS or not isinstance(error, live.Unavailable):
                raise error
        return {slot: ids for slot, ids in enumerate(told) if not isinstance(ids, BaseException) and ids}

    async def _gather(
        self, waiting: Mapping[int, list[int]], lives: Mapping[int, int], rest: float
    ) -> tuple[dict[int, list[Unshipped]], list[Segment]]:
        """What waits, by slot, and packed where there are lines. A slot that is shut by now is left out; where none
        answers nothing was gathered.
        """
        gathered: dict[int, list[Unshipped]] = {}
        batches: list[Segment] = []
        away: live.Unavailable | None = None
        for slots in _portions(waiting):
            began_s = monotonic()
            asked = (self._unshipped.gather(slot, waiting[slot], BYTES_A_SLOT) for slot in slots)
            told = await asyncio.gather(*asked, return_exceptions=True)
            for slot, parts in zip(slots, told, strict=True):
                if isinstance(parts, live.Unavailable):
                    away = parts
                elif isinstance(parts, BaseException):
                    raise parts
                else:
                    gathered[slot] = parts
                    if lined := [part for part in parts if part.lines]:
                        batches.append(segments.pack(slot, lives.get(slot, 0), lined))
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

    async def _mark(self, arrived: Mapping[int, list[Unshipped]], rest: float) -> None:
        """Tell Redis."""
        for slots in _portions(arrived):
            began_s = monotonic()
            asked = (self._unshipped.shipped(slot, arrived[slot]) for slot in slots)
            for reply in await asyncio.gather(*asked, return_exceptions=True):
                if isinstance(reply, BaseException) and not isinstance(reply, live.Unavailable):
                    raise reply
                # where it is away the slot is shut by now: whoever mends it finds the lines in SQL
            await _rested(began_s, rest)

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


def _portions(sittings: Mapping[int, list[int]] | Mapping[int, list[Unshipped]]) -> Iterator[list[int]]:
    """Slots by as many as hold about ``SITTINGS_AT_ONCE`` sittings together, at least one."""
    portion, count = [], 0
    for slot, of_slot in sittings.items():
        portion.append(slot)
        count += len(of_slot)
        if count >= SITTINGS_AT_ONCE:
            yield portion
            portion, count = [], 0
    if portion:
        yield portion


def _is_cut(waiting: list[int], parts: list[Unshipped]) -> bool:
    """Whether a bound of the round has left something behind; lines written since then are for the next one."""
    has_most = len(waiting) == SITTINGS_A_SLOT or any(len(part.lines) == shipping.MAX_LINES for part in parts)
    return has_most or len(parts) < len(waiting)


async def _rested(began_s: float, rest: float) -> None:
    await asyncio.sleep(min(REST_MOST_S, rest * (monotonic() - began_s)))
