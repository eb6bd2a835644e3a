"""The counter: adds finished attempts to the sums of their exams, beside everything that candidates wait for.

Under a lease, a page of outcomes in one transaction that moves the exam's cursor from where it was read: nothing is
counted twice. What is younger than a minute and a half waits on PostgreSQL, where an outcome with a lower id may
still be about to commit.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from examengine import live
from examengine.banks.item import Item, Kind
from examengine.clock import Clock
from examengine.grading.correction import NothingLeft, Standing
from examengine.grading.mark import MarkingError, Score, Verdict
from examengine.grading.statistics import ItemFigures, ItemTally, Sat, Sums, Taken, figures_of
from examengine.grading.timing import seconds_on
from examengine.live.leases import Lease, Leases
from examengine.records import archives, corrections, finished, statistics
from examengine.records.database import Database, Reading
from examengine.records.errors import Unavailable
from examengine.records.finished import Counted
from examengine.records.shelf import Shelf
from examengine.regrading.scores import Loaded, load, marked

LEASE = "counter"
LEASE_MS = 30_000
EVERY_S = 20.0
"""Every time all items of a page of outcomes are written, however few those are."""
PAGE = 200
SETTLED_MS = 90_000
"""After so long no transaction that stamped an outcome can still commit."""

log = structlog.get_logger("examengine.counter")


class Counter:
    """Counts, again and again."""

    def __init__(self, database: Database, shelf: Shelf, leases: Leases, clock: Clock, owner: str) -> None:
        self._database = database
        self._shelf = shelf
        self._leases = leases
        self._clock = clock
        self._owner = owner
        self._empty: dict[int, tuple[int, int]] = {}  # exams that had nothing between a cursor and an outcome

    async def run(self) -> None:
        """Count until cancelled; what is away for a moment is tried again."""
        lease: Lease | None = None
        while True:
            try:
                lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
                while lease is not None and await self.count(self._clock.now_ms()):
                    lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
            except (live.Unavailable, Unavailable) as error:
                log.warning("counter_waits", error=type(error).__name__)
            except Exception:
                log.exception("counting_failed")
            await asyncio.sleep(EVERY_S)

    async def count(self, now_ms: int) -> bool:
        """One page of one exam; False where all that is settled is counted."""
        async with self._database.reading() as tx:
            before_ms = now_ms + 1 if tx.is_sqlite else now_ms - SETTLED_MS
            before_id = await finished.newest_settled(tx, before_ms)
            cursors = await statistics.cursors(tx)
        for exam_id, cursor in cursors.items():
            if self._empty.get(exam_id) != (cursor, before_id) and cursor + 1 < before_id:
                if await self._count_page(exam_id, cursor, before_id, now_ms):
                    return True
                self._empty[exam_id] = (cursor, before_id)
        return False

    async def count_all(self, now_ms: int) -> None:
        """All that is settled."""
        while await self.count(now_ms):
            pass

    async def _count_page(self, exam_id: int, cursor: int, before_id: int, now_ms: int) -> bool:
        """Count a page of an exam; whether there was one."""
        async with self._database.reading() as tx:
            page = await finished.counted_after(tx, exam_id, cursor, before_id, PAGE)
            if not page:
                await self._figure(exam_id)
                return False
            known = await statistics.find_sums(tx, exam_id)
            loaded, items, stands = await self._loaded(tx, exam_id, page)
            journals = await archives.get_journals(tx, [attempt.attempt_id for attempt in loaded.attempts])
            sums = Sums.empty()
            if known is not None:
                sums.exam = known.tally
            sums.items = await statistics.tallies_of(tx, exam_id, items)
        signs = dict.fromkeys((one.attempt_id for one in page), 0)
        for one in page:
            signs[one.attempt_id] += one.sign
        await asyncio.to_thread(_add, sums, loaded, items, stands, journals, signs)
        async with self._database.writing() as tx:
            upto = page[-1].outcome_id
            kept = await statistics.keep_sums(tx, exam_id, cursor, upto, sums.exam, sums.items, now_ms)
        if kept and len(page) < PAGE:
            await self._figure(exam_id)
        return True

    async def _figure(self, exam_id: int) -> None:
        """Compute the figures of items whose sums have changed."""
        async with self._database.reading() as tx:
            tallies = await statistics.without_figures(tx, exam_id)
            items = await self._shelf.items(tx, sorted(tallies))
            stands = await corrections.in_force(tx, exam_id)
        figures = await asyncio.to_thread(_figures, tallies, items, stands)
        if figures:
            async with self._database.writing() as tx:
                await statistics.keep_figures(tx, exam_id, figures)

    async def _loaded(
        self, tx: Reading, exam_id: int, page: Sequence[Counted]
    ) -> tuple[Loaded, Mapping[int, Item], Mapping[int, Standing]]:
        wanted = sorted({one.attempt_id for one in page if one.sign})
        found = await finished.scored_of(tx, exam_id, wanted)
        loaded = await load(tx, self._shelf, exam_id, found)
        items = await self._shelf.items(tx, sorted(loaded.keys))
        return loaded, items, await corrections.in_force(tx, exam_id)


def _add(
    sums: Sums,
    loaded: Loaded,
    items: Mapping[int, Item],
    stands: Mapping[int, Standing],
    journals: Mapping[int, Sequence[str]],
    signs: Mapping[int, int],
) -> None:
    for place, attempt in enumerate(loaded.attempts):
        sign = signs[attempt.attempt_id]
        if sign:
            try:
                score = marked(loaded, place, stands).after
            except (MarkingError, NothingLeft):  # one attempt must not stop the counting of all others
                log.exception("not_counted", attempt=attempt.attempt_id)
                continue
            seconds = _seconds(journals.get(attempt.attempt_id, ()))
            sums.add(sat_of(loaded, place, items, score, seconds), sign)


def _seconds(journal: Sequence[str]) -> Mapping[int, int]:
    """A journal that cannot be read costs its times, not the counting."""
    try:
        return seconds_on(journal)
    except (ValueError, IndexError):
        return {}


def sat_of(loaded: Loaded, place: int, items: Mapping[int, Item], score: Score, seconds: Mapping[int, int]) -> Sat:
    """An attempt as statistics see it. ``seconds`` by position."""
    attempt, paper = loaded.attempts[place], loaded.papers[place]
    zone = loaded.rulebooks[attempt.rulebook_digest].meta.timezone
    taken = []
    for mark, shown in zip(score.items, paper.items, strict=True):
        item, cell = items[shown.version_id], loaded.blueprint.cells[shown.cell]
        given = attempt.answers.get(shown.version_id, "")
        taken.append(
            Taken(
                shown.version_id,
                given if item.options else _word(mark.verdict, given),
                mark.hundredths,
                mark.full_hundredths,
                f"{item.kind.value}:{cell.points_hundredths}",
                seconds.get(mark.position),
            )
        )
    return Sat(
        score_hundredths=attempt.outcome.score_hundredths or 0,
        full_hundredths=score.full_hundredths,
        passed=attempt.outcome.result == "pass",
        day=_day(attempt.outcome.ended_ms, zone),
        items=taken,
    )


def _word(verdict: Verdict, given: str) -> str:
    """What is counted of an answer in words: how it was judged, never the words, which may name a person."""
    return verdict.value if given else ""


def _day(at_ms: int, zone: str) -> str:
    return datetime.fromtimestamp(at_ms / 1000, tz=ZoneInfo(zone)).date().isoformat()


def key_counted(item: Item, stands: Standing | None) -> str:
    """The one right answer as answers are counted; "" where several are right, all or none."""
    if not item.options or item.kind is Kind.ESSAY:
        return ""
    if stands is None:
        return "".join(sorted(item.key))
    only = stands[-1] if len(stands) == 1 else None
    return getattr(only, "options", "")


def _figures(
    tallies: Mapping[int, ItemTally], items: Mapping[int, Item], stands: Mapping[int, Standing]
) -> dict[int, ItemFigures]:
    return {
        version_id: figures_of(tally, key_counted(items[version_id], stands.get(version_id)))
        for version_id, tally in tallies.items()
        if version_id in items
    }
