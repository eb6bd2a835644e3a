"""Proving, every few seconds, that candidates can be heard: from a worker over Redis to the record.

Each worker tries; any worker's proof counts, and where another has just made one there is nothing to do. What was
never proved counts as deaf: before the first proof, while no worker ran, while Redis or SQL was away.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.live import Desk
from examengine.records import hearing
from examengine.records.database import Database
from examengine.records.errors import Unavailable
from examengine.records.hearing import SLOTS, Stretch
from examengine.rules.hearing import GAP_MS, Deaf

EVERY_S = 5.0
ENOUGH_MS = 4_000
"""A proof younger than this is as good as a new one."""
PROOF_S = 4.0
"""A path that takes longer than this does not work."""

REMEMBER_MS = 1_000
"""How long what was read is good: a whole evening's attempts ask for the same hour."""
REMEMBER_BEFORE_MS = 3_600_000

log = structlog.get_logger("examengine.hearing")


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What was read of hearing since an instant; ``good_until_ms`` in real time."""

    since_ms: int
    stretches: tuple[Stretch, ...]
    good_until_ms: int

    def proves(self, slot: int, until_ms: int) -> bool:
        """Whether it tells of the slot up to ``until_ms``."""
        return any(stretch.until_ms >= until_ms for stretch in self.stretches if stretch.has(slot))


_NOTHING = _Remembered(0, (), 0)


def monotonic_ms() -> int:
    """Time that runs on whatever the clock does, from some instant on."""
    return time.monotonic_ns() // 1_000_000


class Prober:
    """Proves that we hear, and tells when we could not.

    ``moved_clocks``: this is a demo or a test, whose clock is moved: an hour that it leaps over is not an hour of
    silence. Elsewhere a clock that leaps may be a host that was frozen, so the leap counts as deaf.
    """

    def __init__(
        self,
        database: Database,
        desk: Desk,
        clock: Clock,
        *,
        moved_clocks: bool = False,
        real_ms: Callable[[], int] = monotonic_ms,
    ) -> None:
        self._database = database
        self._desk = desk
        self._clock = clock
        self._moved_clocks = moved_clocks
        self._real_ms = real_ms
        self._runs = False
        self._proved: tuple[int, int] | None = None  # by the clock, and in real time
        self._hears = True
        self._remembered = _NOTHING

    async def run(self) -> None:
        """Prove until cancelled."""
        self._runs = True
        try:
            while True:
                try:
                    await self.prove(self._clock.now_ms())
                except (live.Unavailable, Unavailable) as error:
                    self._say(hears=False, error=type(error).__name__)
                except Exception:
                    log.exception("hearing_not_proved")
                await asyncio.sleep(EVERY_S)
        finally:
            self._runs = False

    async def prove(self, now_ms: int, *, needed_ms: int | None = None) -> None:
        """Prove it now, unless it was proved up to ``needed_ms`` (a few seconds ago) already.

        Raises:
            records.Unavailable, live.Unavailable: the path does not work.
        """
        try:
            async with asyncio.timeout(PROOF_S):
                await self._prove(now_ms, now_ms - ENOUGH_MS if needed_ms is None else needed_ms)
        except TimeoutError:
            raise Unavailable("too slow") from None

    async def deaf(self, slot: int, from_ms: int, until_ms: int, now_ms: int) -> tuple[Deaf, ...] | None:
        """When in ``[from_ms, until_ms)`` a slot could not be heard; None while no proof covers its end: nothing that
        depends on absence can be decided yet.

        Raises:
            records.Unavailable: SQL does not answer.
        """
        known = self._remembered
        if not (known.since_ms <= from_ms and known.proves(slot, until_ms) and self._real_ms() < known.good_until_ms):
            known = await self._look(from_ms)
        if not known.proves(slot, until_ms):
            try:
                # a sweep that takes long goes on with its old stamp; a proof is of this very moment
                await self.prove(max(now_ms, self._clock.now_ms()), needed_ms=until_ms)
            except live.Unavailable:
                return None
            known = await self._look(from_ms)
            if not known.proves(slot, until_ms):
                return None
        return hearing.deaf_of(known.stretches, slot, from_ms, until_ms)

    def forget(self) -> None:
        """Read anew what was heard, the next time it is asked for."""
        self._remembered = _NOTHING

    async def _look(self, from_ms: int) -> _Remembered:
        since_ms = from_ms - REMEMBER_BEFORE_MS
        async with self._database.reading() as tx:
            found = await hearing.stretches(tx, since_ms)
        self._remembered = _Remembered(since_ms, found, self._real_ms() + REMEMBER_MS)
        return self._remembered

    async def _prove(self, now_ms: int, needed_ms: int) -> None:
        async with self._database.reading() as tx:
            newest = await hearing.find_newest(tx)
        if newest is not None and needed_ms <= newest.until_ms <= now_ms + GAP_MS:
            return
        began_ms = self._real_ms()
        slots = sum(1 << slot for slot in await self._desk.hear(range(SLOTS), now_ms))
        if not slots:
            self._say(hears=False, error="every slot is shut")
            return
        async with self._database.writing() as tx:
            newest = await hearing.find_newest(tx)
            if newest is not None and newest.until_ms > now_ms + GAP_MS:
                log.warning("clock_went_back", by_ms=newest.until_ms - now_ms)
                await hearing.take_back(tx, now_ms)
                self.forget()
                newest = await hearing.find_newest(tx)
            if newest is not None and newest.slots == slots and self._is_close(newest, now_ms, began_ms):
                await hearing.extend(tx, newest.id, now_ms)
            else:
                await hearing.begin(tx, now_ms, slots)
        self._proved = (now_ms, began_ms)
        self._say(hears=slots.bit_count() == SLOTS, error="slots are shut")

    def _is_close(self, newest: Stretch, now_ms: int, real_ms: int) -> bool:
        """Whether nothing was missed since the newest proof. Where the clock may have been moved since a proof of
        this process, real time tells, as long as somebody was there to prove.
        """
        if self._moved_clocks and self._proved is not None and self._proved[0] == newest.until_ms:
            return not self._runs or real_ms - self._proved[1] <= GAP_MS
        return now_ms - newest.until_ms <= GAP_MS

    def _say(self, *, hears: bool, error: str) -> None:
        if hears and not self._hears:
            log.info("hears_again")
        elif not hears and self._hears:
            log.error("deaf", error=error)
        self._hears = hears
