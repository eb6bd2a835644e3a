"""The collector: goes round the slots beside the candidates' path and leaves one compact snapshot for all walls.

One at a time, under a lease. It asks Redis in small calls and rests after each for several times as long as the call
took, so that answers never wait for it; with more sittings its rounds take longer, not more.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.live.leases import Lease, Leases
from examengine.live.slots import SLOTS
from examengine.live.wall import LOOKS_AT_ONCE, Board
from examengine.monitoring import figures, silence, snapshot
from examengine.monitoring.figures import monotonic_s
from examengine.monitoring.silence import Moment, SilenceRow
from examengine.monitoring.snapshot import Counts, Shown, Snapshot
from examengine.monitoring.turnout import Turnout
from examengine.monitoring.watch import UNKNOWN, Watch
from examengine.records import wall
from examengine.records.database import CHUNK, Database
from examengine.records.errors import Unavailable
from examengine.records.shapes import chunks
from examengine.records.shelf import Shelf

LEASE = "wall"
LEASE_MS = 20_000
EVERY_S = 5.0
SPREAD_S = 4.0
"""A round over little is spread over so much of its time."""
REST, REST_MOST_S = 4.0, 0.05
"""How long the collector rests after a call, in times of what it took: a fifth of one server at most. A call that
took long for other reasons makes nobody wait longer than the latter.
"""
FIRST_REST = 1.0
"""In its first round, in which it gets to know everybody and the wall waits."""
MEMBERS_EVERY = 3
"""Rounds after which a slot's members are asked for although there are as many as before: as many may have come as
went.
"""
KEEP_MS = 600_000
NOW, LISTED = "now", "listed"
PLACES_A_ROW = 2_000
IN_A_THREAD = 20_000

log = structlog.get_logger("examengine.wall")


class Collector:
    """Collects, again and again. ``oldest_unshipped_ms``: since when lines wait to be carried to SQL; ``real_s``: by
    which counting in SQL is kept rare.
    """

    def __init__(
        self,
        database: Database,
        board: Board,
        leases: Leases,
        shelf: Shelf,
        oldest_unshipped_ms: Callable[[], Awaitable[int | None]],
        clock: Clock,
        owner: str,
        real_s: Callable[[], float] = monotonic_s,
    ) -> None:
        self._database = database
        self._board = board
        self._leases = leases
        self._shelf = shelf
        self._oldest_unshipped_ms = oldest_unshipped_ms
        self._clock = clock
        self._owner = owner
        self._lease: Lease | None = None
        self._watch: Watch | None = None
        self._turnout = Turnout(database, shelf, real_s)
        self._unplaced: set[int] = set()
        self._shut: set[int] = set()
        self._told_places = 0
        self._told_absent = ("", 0)
        self._left_s = 0.0
        self._round_ms = 0
        self._rounds = 0

    async def run(self) -> None:
        """Collect until cancelled."""
        while True:
            began_s = monotonic_s()
            try:
                await self.collect(SPREAD_S)
            except (live.Unavailable, Unavailable) as error:
                log.warning("wall_waits", error=type(error).__name__)
            except Exception:
                log.exception("wall_failed")
            await asyncio.sleep(max(0.5, EVERY_S - (monotonic_s() - began_s)))

    async def collect(self, spread_s: float = 0.0) -> bool:
        """One round, and what it came to; False where another collector is at work.

        Raises:
            live.Unavailable: Redis does not answer.
        """
        watch = await self._begin()
        if watch is None:
            return False
        rest = REST if spread_s else 0.0
        if not self._left_s:  # whoever has just begun shows something soon
            rest, spread_s = min(rest, FIRST_REST), 0.0
        began_s = monotonic_s()
        for slot in range(SLOTS):
            began_slot_s = monotonic_s()
            await self._look_at(watch, slot, rest)
            if spread_s and monotonic_s() - self._left_s > EVERY_S:  # a long round tells what it knows meanwhile
                await self._leave(watch)
                if not await self._hold():
                    return False
            if spread_s:
                await asyncio.sleep(max(0.0, spread_s / SLOTS - (monotonic_s() - began_slot_s)))
        if len(self._shut) == SLOTS:
            raise live.Unavailable("no slot can be read")
        self._rounds += 1
        self._round_ms = round((monotonic_s() - began_s) * 1000)
        await self._leave(watch)
        return True

    # ── going round ──

    async def _begin(self) -> Watch | None:
        if not await self._hold():
            return None
        if self._watch is None:
            last = await self._board.find(NOW)
            known = None if last is None else snapshot.read(zlib.decompress(last))
            self._watch = Watch(0 if known is None else known.at_ms)
            self._told_places = 0
        return self._watch

    async def _hold(self) -> bool:
        before = self._lease
        self._lease = await self._leases.hold(before, LEASE, self._owner, LEASE_MS)
        if self._lease is None or (before is not None and self._lease.token != before.token):
            self._watch = None  # another has counted meanwhile
        return self._lease is not None

    async def _look_at(self, watch: Watch, slot: int, rest: float) -> None:
        try:
            if await self._has_changed(watch, slot):
                began_s = monotonic_s()
                members = await self._board.members(slot)
                await _rested(began_s, rest)
                await self._place(watch, watch.unknown(slot, members), rest)
            for part in chunks(watch.due(slot, self._clock.now_ms()), LOOKS_AT_ONCE):
                began_s = monotonic_s()
                try:
                    signs = await self._board.look(part)
                except live.Unavailable:
                    watch.later(slot, part, self._clock.now_ms())
                    raise
                watch.seen(slot, part, signs, self._clock.now_ms())
                await _rested(began_s, rest)
            self._shut.discard(slot)
        except live.Unavailable:  # what was known of the slot stands
            self._shut.add(slot)

    async def _has_changed(self, watch: Watch, slot: int) -> bool:
        """Whether others may live in a slot than are known."""
        is_turn = (self._rounds + slot) % MEMBERS_EVERY == 0
        return await self._board.count(slot) != watch.count(slot) or is_turn

    async def _place(self, watch: Watch, attempt_ids: list[int], rest: float) -> None:
        """Ask SQL where new sittings belong; while it is away they are counted without."""
        for part in chunks(attempt_ids, CHUNK):
            began_s = monotonic_s()
            try:
                async with self._database.reading() as tx:
                    places = await wall.places(tx, part)
            except Unavailable:
                places = {}
                self._unplaced.update(part)
            for attempt_id in part:
                watch.put(attempt_id, places.get(attempt_id, UNKNOWN), self._clock.now_ms())
            await _rested(began_s, rest)

    # ── leaving what was counted ──

    async def _leave(self, watch: Watch) -> None:
        now_ms = self._clock.now_ms()
        due_ms, cases = None, 0
        try:
            await self._turnout.count(now_ms)
            async with self._database.reading() as tx:
                due_ms = await wall.oldest_due_ms(tx)
                cases = await wall.count_waiting_cases(tx)
                for attempt_id, place in (await wall.places(tx, sorted(self._unplaced))).items():
                    watch.move(attempt_id, place)
            self._unplaced.clear()
        except Unavailable as error:  # the wall goes on without SQL
            log.warning("wall_without_sql", error=type(error).__name__)
        ends = {watch.number(place): counts for place, counts in self._turnout.ends.items()}
        absent = [(watch.number(place), count) for place, count in self._turnout.not_started.items()]
        unshipped, unshipped_ms = await self._unshipped()
        await self._tell_places(watch)
        await self._tell_absent(absent)
        left = Snapshot(
            life=self._life,
            at_ms=now_ms,
            round_ms=self._round_ms,
            places=len(watch.places),
            rows=snapshot.rows_of(watch, ends, now_ms),
            shut=len(self._shut),
            unshipped=unshipped,
            unshipped_ms=unshipped_ms,
            due_ms=due_ms,
            cases=cases,
            counted_ms=self._turnout.counted_ms,
            day_ms=self._turnout.day_ms,
        )
        await self._board.put(NOW, await _packed(left, len(left.rows)), KEEP_MS)
        listed = snapshot.listed_of(watch.listed)
        await self._board.put(LISTED, await _packed(listed, len(listed)), KEEP_MS)
        await self._remember(watch, Shown(left, watch.places, ()))
        self._left_s = monotonic_s()

    @property
    def _life(self) -> str:
        assert self._lease is not None
        return f"places:{self._lease.token}"

    async def _unshipped(self) -> tuple[int, int | None]:
        counts = await asyncio.gather(*(self._board.unshipped(slot) for slot in range(SLOTS)), return_exceptions=True)
        try:
            since_ms = await self._oldest_unshipped_ms()
        except live.Unavailable:
            since_ms = None
        return sum(count for count in counts if isinstance(count, int)), since_ms

    async def _tell_places(self, watch: Watch) -> None:
        """Add the places that are new to the list that rows refer to."""
        if self._told_places and not await self._board.prolong(self._life, KEEP_MS):
            self._told_places = 0
        if not self._told_places:
            await self._board.drop(self._life)
        for part in chunks(watch.places[self._told_places :], PLACES_A_ROW):
            await self._board.append(self._life, snapshot.write(list(part)), PLACES_A_ROW * SLOTS, KEEP_MS)
        self._told_places = len(watch.places)

    async def _tell_absent(self, absent: list[tuple[int, int]]) -> None:
        """Who has not come is counted seldom, of all units there are: it does not go with every snapshot."""
        name, told = snapshot.absent_name(self._life), (self._life, self._turnout.counted_ms)
        if told != self._told_absent or not await self._board.prolong(name, KEEP_MS):
            await self._board.put(name, await _packed(absent, len(absent)), KEEP_MS)
            self._told_absent = told

    async def _remember(self, watch: Watch, shown: Shown) -> None:
        """Add this instant to the last half hour."""
        now_ms = shown.snapshot.at_ms
        states = shown.counts(now_ms, lambda _place: True, lambda place: (place.exam_id, place.region))
        whole = Counts()
        standing = []
        for (exam_id, region), counts in states.items():
            whole.add(counts)
            if counts.live:
                standing.append((exam_id, region, counts.live, counts.silent))
        told = [one for one in map(figures.read, await self._board.published()) if one is not None]
        totals = figures.added(told)
        fell, by_slot = watch.take_fallen()
        await silence.keep(
            self._board,
            Moment(
                now_ms,
                whole.live,
                whole.silent,
                whole.trouble,
                round(totals.starts_a_second, 2),
                round(totals.saves_a_second, 2),
                totals.p99_ms,
                shown.snapshot.unshipped,
            ),
            SilenceRow(
                now_ms,
                standing,
                [(*key, count) for key, count in fell.items()],
                [(*key, count) for key, count in by_slot.items()],
            ),
        )


async def _rested(began_s: float, rest: float) -> None:
    if rest:
        await asyncio.sleep(min(REST_MOST_S, rest * (monotonic_s() - began_s)))


async def _packed(content: object, size: int) -> bytes:
    def pack() -> bytes:
        return zlib.compress(snapshot.write(content), 1)

    # a province's snapshot takes some 50 ms: answers are served meanwhile
    return await asyncio.to_thread(pack) if size > IN_A_THREAD else pack()
