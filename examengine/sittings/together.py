"""Ending many sittings at once: on the last evening everybody has the same deadline.

Sittings whose time is up and about which there is nothing to think are closed in one pipeline, marked one after
another with others served between, recorded in one transaction and settled in one pipeline. The decision is made by
the functions that end one. Everything out of the ordinary (an order of staff, a page that was left, a hand-in that a
crash left unrecorded, a time in which we could not hear, answers that people mark, a fault) is not ours: it stays as
it is, and :class:`examengine.sittings.finish.Finisher` ends it by itself.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from examengine import live
from examengine.live import CloseReason, Desk, Sitting, Word
from examengine.live.journal import instant_of
from examengine.live.slots import slot_of
from examengine.records import finishes
from examengine.records.database import Database, Reading
from examengine.records.errors import Unavailable
from examengine.records.finishes import Ready
from examengine.records.outcomes import Outcome
from examengine.records.shapes import chunks
from examengine.records.shelf import Shelf
from examengine.rules.closing import presence_ms
from examengine.rules.history import OutcomeReason
from examengine.sittings.deadlines import final_ms, leave_grace_ms
from examengine.sittings.ending import ended_of, verdict_of
from examengine.sittings.hearing import Prober
from examengine.sittings.known import Known
from examengine.sittings.recording import finish_of, outcome_by
from examengine.sittings.scoring import Scorer

CLOSED_AT_ONCE = 20
"""Calls to the desk in one pipeline: what it answers is read in one go."""
MARKED_BETWEEN = 2
"""So many are marked, a few milliseconds, before requests have their turn."""

log = structlog.get_logger("examengine.together")


@dataclass(frozen=True, slots=True)
class _Closed:
    """A sitting that its deadline has closed, all that is decided about it made out."""

    known: Known
    sitting: Sitting
    ready: Ready


class Together:
    """Ends many sittings whose time is up."""

    def __init__(self, database: Database, desk: Desk, shelf: Shelf, prober: Prober) -> None:
        self._database = database
        self._desk = desk
        self._prober = prober
        self._scorer = Scorer(shelf)

    async def end(self, known: Iterable[Known], now_ms: int) -> frozenset[int]:
        """End what can be ended together; ids of the attempts that have ended, their outcomes recorded. The others
        are to be looked at one by one: nothing was decided about them.

        Raises:
            records.Unavailable: SQL is away.
        """
        plain = [one for one in known if _is_plain(one, now_ms)]
        sittings: list[Sitting | None] = []
        for part in chunks(plain, CLOSED_AT_ONCE):
            sittings += await asyncio.gather(*(self._close(one, now_ms) for one in part))
        try:
            async with self._database.reading() as tx:
                made = [
                    await self._made(tx, one, sitting, now_ms, place)
                    for place, (one, sitting) in enumerate(zip(plain, sittings, strict=True))
                    if sitting is not None
                ]
            closed = {one.known.row.id: one for one in made if one is not None}
            if not closed:
                return frozenset()
            async with self._database.writing() as tx:
                # whoever waited has an older stamp than the closing: the deadline had passed all the same
                at_ms = max(now_ms, *(_closed_ms(one.sitting) for one in closed.values()))
                recorded = await finishes.record_finishes(tx, [one.ready for one in closed.values()], at_ms)
        except Unavailable:
            raise
        except Exception:
            log.exception("not_ended_together", attempts=len(plain))
            return frozenset()
        await self._settle(closed, recorded, now_ms)
        return frozenset(recorded)

    async def _close(self, known: Known, now_ms: int) -> Sitting | None:
        """Closed by its deadline, and nothing else; None where the desk says otherwise, or is away."""
        attempt, deadline_ms = known.owned.attempt, known.closing.deadline_ms
        try:
            sitting = await self._desk.close(
                attempt.id,
                attempt.generation,
                CloseReason.DEADLINE,
                deadline_ms,
                now_ms,
                only_if_due_ms=deadline_ms,
            )
        except live.Unavailable:
            return None
        is_ours = sitting.word in {Word.CLOSING, Word.CLOSED} and sitting.state == "closing"
        return sitting if is_ours and sitting.close_reason == CloseReason.DEADLINE else None

    async def _made(self, tx: Reading, known: Known, sitting: Sitting, now_ms: int, place: int) -> _Closed | None:
        """What it comes to; None where there is something to think about, or it cannot be marked."""
        if place % MARKED_BETWEEN == 0:
            await asyncio.sleep(0)
        rulebook, closing, attempt = known.rulebook, known.closing, known.owned.attempt
        if not sitting.journal or sitting.closed_at_ms != closing.deadline_ms:
            return None
        from_ms = min(sitting.seen_ms, closing.deadline_ms - presence_ms(rulebook))
        if await self._prober.deaf(slot_of(attempt.id), from_ms, closing.deadline_ms, now_ms) != ():
            return None
        ended = ended_of(sitting, closing, None)
        verdict = verdict_of(rulebook, sitting, ended, closing, (), ())
        try:
            scored = await self._scorer.score(tx, known.owned.exam_id, attempt.paper, sitting.given, now_ms)
            score = scored.final()
            outcome = outcome_by(rulebook, verdict, ended, closing, score)
        except Unavailable:
            raise
        except Exception:
            log.warning("not_made_together", attempt=attempt.id)  # told in full when it is looked at by itself
            return None
        if outcome.reason is OutcomeReason.AWAITING_MARKING:
            return None
        finish = finish_of(attempt.id, sitting, verdict, ended, closing, scored, score, outcome)
        entries = frozenset(entry.id for entry in known.record.entries)
        return _Closed(known, sitting, Ready(finish, attempt, entries))

    async def _settle(self, closed: Mapping[int, _Closed], recorded: Mapping[int, Outcome], now_ms: int) -> None:
        """Leave the tombstones; one that cannot be left now is left when the due set leads there again."""
        told = await asyncio.gather(
            *(
                self._desk.settle(
                    attempt_id,
                    closed[attempt_id].sitting.generation,
                    CloseReason.DEADLINE,
                    outcome.ended_ms,
                    outcome.state,
                    now_ms,
                )
                for attempt_id, outcome in recorded.items()
            ),
            return_exceptions=True,
        )
        away = [failed for failed in told if isinstance(failed, BaseException)]
        if away:
            log.warning("not_settled", attempts=len(away))
        for failed in away:
            if not isinstance(failed, live.Unavailable):
                raise failed


def _closed_ms(sitting: Sitting) -> int:
    return next((instant_of(line) for line in reversed(sitting.journal) if line[:1] == b"z"), 0)


def _is_plain(known: Known, now_ms: int) -> bool:
    """Whether its deadline has closed it for good and nothing else can have."""
    return (
        known.row.outcome is None
        and known.order is None
        and now_ms >= final_ms(known.rulebook, known.closing)
        and leave_grace_ms(known.rulebook) == 0
    )
