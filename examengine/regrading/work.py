"""The regrader: previews and executes corrections, a page of attempts at a time, under a lease.

Every page moves the correction's cursor in the transaction that writes what the page came to, and only from where it
was read: a worker that was killed is taken up where it stood, one that was only slow writes nothing. A sitting that
ended while workers still went by what they knew before the approval is found by a second pass, once all of them know.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.grading.correction import NothingLeft, Standing, standing
from examengine.grading.mark import MarkingError
from examengine.live.leases import Lease, Leases
from examengine.records import audit, corrections, finished, outcomes, statistics
from examengine.records.corrections import KEPT_MS, Change, Correction
from examengine.records.database import Database, Reading, Writing
from examengine.records.enrolments import lock_enrolment
from examengine.records.errors import Conflict, Unavailable
from examengine.records.shelf import Shelf
from examengine.records.words import CorrectionPhase, CorrectionState
from examengine.regrading.impact import Counts, Impact, counts_of, impact_of, to_kept
from examengine.regrading.scores import Loaded, load

LEASE = "regrader"
LEASE_MS = 30_000
EVERY_S = 1.0
PAGE = 200
WRITES = 40
"""Outcomes in one transaction: on SQLite everybody else waits for it."""
SETTLE_MS = KEPT_MS + 70_000
"""How long after an approval a finish may still be written by what was known before: the time that is kept, and the
longest transaction."""
BEFORE_MS = 600_000
"""How much older than its commit the stamp of a finish may be."""

log = structlog.get_logger("examengine.regrader")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of attempts, and what the correction does to each."""

    last_id: int
    is_last: bool
    impacts: Sequence[Impact | None]
    attempt_ids: Sequence[int]


class Regrader:
    """Works on corrections, again and again."""

    def __init__(self, database: Database, shelf: Shelf, leases: Leases, clock: Clock, owner: str) -> None:
        self._database = database
        self._shelf = shelf
        self._leases = leases
        self._clock = clock
        self._owner = owner

    async def run(self) -> None:
        """Work until cancelled; what is away for a moment is tried again."""
        lease: Lease | None = None
        while True:
            try:
                lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
                while lease is not None and await self.work(self._clock.now_ms()):
                    lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
            except (live.Unavailable, Unavailable) as error:
                log.warning("regrader_waits", error=type(error).__name__)
            except Conflict:
                log.info("regrader_again")  # an attempt was voided meanwhile, or another worker was quicker
            except Exception:
                log.exception("regrading_failed")
            await asyncio.sleep(EVERY_S)

    async def work(self, now_ms: int) -> bool:
        """One page of one correction; False where there is nothing to do now.

        Raises:
            Conflict: what was read has changed; the next call reads it anew.
        """
        async with self._database.reading() as tx:
            waiting = await corrections.to_do(tx)
        for correction in waiting:
            if correction.phase is CorrectionPhase.SETTLE and now_ms < (correction.decided_ms or 0) + SETTLE_MS:
                continue
            await self._work_on(correction, now_ms)
            return True
        return False

    async def work_all(self, now_ms: int) -> None:
        """All that can be done now."""
        while await self.work(now_ms):
            pass

    async def _work_on(self, correction: Correction, now_ms: int) -> None:
        page = await self._page(correction)
        counts = counts_of(correction.counts)
        if correction.phase is CorrectionPhase.PREVIEW:
            for impact in page.impacts:
                counts.add(impact)
            await self._keep_preview(correction, page, counts, now_ms)
            return
        at = correction
        for part in _parts(page):
            for impact in part.impacts:
                # the second pass comes by what the first has counted
                if at.phase is CorrectionPhase.EXECUTE or _changes(impact):
                    counts.add(impact)
            async with self._database.writing() as tx:
                if not await corrections.advance(tx, at, part.last_id, to_kept(counts), _phase(at)):
                    return
                await self._record(tx, at, part.impacts, now_ms)
                if part.is_last:
                    await self._end_phase(tx, at, counts, now_ms)
            at = replace(at, cursor=part.last_id)

    async def _page(self, correction: Correction) -> _Page:
        async with self._database.reading() as tx:
            since_ms = None
            if correction.phase is CorrectionPhase.SETTLE:
                since_ms = (correction.decided_ms or 0) - BEFORE_MS
            cause = f"correction:{correction.id}"
            found = await finished.finished_after(tx, correction.exam_id, correction.cursor, PAGE, since_ms, cause)
            loaded = await load(tx, self._shelf, correction.exam_id, found)
            stands = await _stands(tx, correction)
        impacts = await asyncio.to_thread(_impacts, loaded, correction, stands)
        is_last = len(found) < PAGE
        last_id = found[-1].attempt_id if found else correction.cursor
        return _Page(last_id, is_last, impacts, [attempt.attempt_id for attempt in found])

    async def _keep_preview(self, correction: Correction, page: _Page, counts: Counts, now_ms: int) -> None:
        changes = [_change(correction, impact, None) for impact in page.impacts if _changes(impact)]
        async with self._database.writing() as tx:
            kept = to_kept(counts)
            if not await corrections.advance(tx, correction, page.last_id, kept, CorrectionPhase.PREVIEW):
                return
            await corrections.put_changes(tx, changes)
            if page.is_last:
                await corrections.move(tx, correction.id, phase=None, preview=kept, previewed_ms=now_ms)

    async def _record(
        self, tx: Writing, correction: Correction, impacts: Iterable[Impact | None], now_ms: int
    ) -> None:
        """Append the outcomes. Each attempt gets one of a correction, whatever is repeated."""
        wanted = [impact for impact in impacts if impact is not None and _changes(impact)]
        done = await corrections.changed_already(tx, correction.id, [impact.attempt_id for impact in wanted])
        changes = []
        for impact in sorted(wanted, key=lambda one: one.enrolment_id):
            if impact.attempt_id in done or impact.new is None:
                continue
            await lock_enrolment(tx, impact.enrolment_id)
            newest = await outcomes.find_newest(tx, impact.attempt_id)
            if newest is None or newest.id != impact.old.id:
                raise Conflict("an attempt has a newer outcome than the one that was read")
            outcome = await outcomes.append_outcome(tx, impact.attempt_id, impact.new, now_ms)
            changes.append(_change(correction, impact, outcome.id))
        await corrections.put_changes(tx, changes)

    async def _end_phase(self, tx: Writing, correction: Correction, counts: Counts, now_ms: int) -> None:
        if correction.phase is CorrectionPhase.EXECUTE:
            # what ends from now on goes by the correction; what ended before is looked at once more
            await corrections.move(tx, correction.id, phase=CorrectionPhase.SETTLE, cursor=0)
            return
        await corrections.move(tx, correction.id, phase=None, state=CorrectionState.DONE, done_ms=now_ms)
        await statistics.forget(tx, correction.exam_id)
        facts = {name: value for name, value in to_kept(counts).items() if name != "steps"}
        await audit.append(tx, now_ms, None, "finish_correction", "correction", correction.id, facts)


async def _stands(tx: Reading, correction: Correction) -> Mapping[int, Standing]:
    """What stands with the correction: all that is in force, and a draft after it."""
    decided = [one.decided for one in await corrections.decided_of(tx, correction.exam_id)]
    if correction.state not in corrections.IN_FORCE:
        decided.append(correction.decided)
    return standing(decided)


def _impacts(loaded: Loaded, correction: Correction, stands: Mapping[int, Standing]) -> list[Impact | None]:
    cause, by_person = f"correction:{correction.id}", correction.decided_by
    found: list[Impact | None] = []
    for place in range(len(loaded.attempts)):
        try:
            found.append(impact_of(loaded, place, correction.version_id, stands, cause, by_person))
        except (MarkingError, NothingLeft):
            # one attempt that contradicts itself must not stop all others; it keeps its score
            log.exception("not_regraded", attempt=loaded.attempts[place].attempt_id)
            found.append(None)
    return found


def _changes(impact: Impact | None) -> bool:
    """Whether an attempt gets another score or another result."""
    return (
        impact is not None
        and impact.new is not None
        and (impact.delta_hundredths != 0 or impact.old.result != impact.new.result)
    )


def _change(correction: Correction, impact: Impact | None, outcome_id: int | None) -> Change:
    assert impact is not None
    assert impact.new is not None
    assert impact.new.result is not None
    return Change(
        correction.id,
        impact.attempt_id,
        impact.position,
        impact.old.score_hundredths or 0,
        impact.new.score_hundredths or 0,
        impact.old.result or "",
        impact.new.result,
        outcome_id,
    )


def _parts(page: _Page) -> list[_Page]:
    """The page in parts with at most ``WRITES`` new outcomes each; the last part ends where the page ends."""
    parts: list[_Page] = []
    begin, writes = 0, 0
    for place, impact in enumerate(page.impacts):
        if _changes(impact):
            writes += 1
        if writes == WRITES and place + 1 < len(page.impacts):
            parts.append(_Page(page.attempt_ids[place], False, page.impacts[begin : place + 1], ()))
            begin, writes = place + 1, 0
    parts.append(_Page(page.last_id, page.is_last, page.impacts[begin:], ()))
    return parts


def _phase(correction: Correction) -> CorrectionPhase:
    assert correction.phase is not None
    return correction.phase
