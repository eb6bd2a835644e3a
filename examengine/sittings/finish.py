"""Finishing an attempt: close in Redis, mark, record in one transaction, leave a tombstone.

Anyone may finish anything; a second finisher is given the first one's outcome. What the candidate is told stands in
SQL already.
"""

from dataclasses import dataclass
from decimal import Decimal

import structlog

from examengine.grading.keys import key_version
from examengine.grading.mark import Score, mark
from examengine.live import CloseReason, Desk, Pen, Sitting, Standing, Unavailable, Word
from examengine.live.desk import CLAMP_MS
from examengine.papers.blueprint import from_json
from examengine.papers.paper import Paper, unpack
from examengine.records import attempts, exams, outcomes
from examengine.records.as_rules import closing_of
from examengine.records.attempts import OwnedAttempt
from examengine.records.database import Database, Reading
from examengine.records.enrolments import lock_enrolment
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_history
from examengine.records.outcomes import Finish, FinishWord, NewOutcome, Outcome
from examengine.records.shelf import Shelf
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import MINUTE_MS
from examengine.rules.closing import Ending, focus_losses_exceeded, grace_ms, outcome_of, was_present
from examengine.rules.history import Closing, State
from examengine.rules.rulebook import Rulebook
from examengine.sittings.deadlines import deadline_of, final_ms

log = structlog.get_logger("examengine.finish")


@dataclass(frozen=True, slots=True)
class Ended:
    """The outcome that stands in SQL."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Known:
    """What a finish reads before it acts."""

    owned: OwnedAttempt
    record: EnrolmentRecord
    row: AttemptRecord
    rulebook: Rulebook
    closing: Closing


class Finisher:
    """Ends sittings, for candidates, sweeper and staff alike."""

    def __init__(self, database: Database, desk: Desk, shelf: Shelf) -> None:
        self._database = database
        self._desk = desk
        self._shelf = shelf

    async def by_page(self, pen: Pen, reason: CloseReason, now_ms: int) -> Ended | Refusal | Standing:
        """A hand-in or a confirmed give-up by the page that holds the pen.

        Returns what stands in SQL; a refusal (too early, or after the deadline); or the desk's word where the page
        may not act (pen lost, not the owner, revoked).

        Raises:
            records.Unavailable, live.Unavailable: not registered yet; the same call may be repeated.
        """
        known = await self._read(pen.attempt_id)
        if known.row.outcome is not None:
            return Ended(known.row.outcome)
        if reason is CloseReason.HAND_IN:
            earliest_ms = known.row.started_ms + known.rulebook.exam.min_minutes_before_submit * MINUTE_MS
            if now_ms < earliest_ms:
                return Refusal(Reason.TOO_EARLY_TO_SUBMIT, Next.WAIT, {"until_ms": earliest_ms})
        if now_ms >= known.closing.deadline_ms:
            return await self._late(known, pen, now_ms)
        sitting = await self._desk.hand_in(pen, reason, now_ms)
        match sitting.word:
            case Word.CLOSING | Word.CLOSED:
                return await self._record(known, sitting, now_ms) or sitting
            case Word.TOO_LATE:
                return await self._late(known, pen, now_ms)
            case Word.FORCED:
                return await self.forced(pen.attempt_id, now_ms) or sitting
            case _:
                return sitting

    async def when_due(self, attempt_id: int, now_ms: int) -> Ended | None:
        """End an attempt whose time has run out or whose page was left for too long; None where it still runs.

        One that ended before gets the tombstone that a crash kept from it. Absence is not decided about a sitting
        that Redis does not know: that is ours to explain, not his.
        """
        known = await self._read(attempt_id)
        sitting = await self._desk.read(attempt_id, now_ms)
        if known.row.outcome is not None:
            if sitting.state not in {"", "closed"}:
                await self._settle(attempt_id, sitting, known.row.outcome, now_ms)
            return Ended(known.row.outcome)
        ended = await self._if_due(known, sitting, now_ms)
        if ended is None and now_ms < final_ms(known.rulebook, known.closing):
            await self._look_again(known)
        return ended

    async def forced(self, attempt_id: int, now_ms: int) -> Ended | None:
        """End an attempt whose page came back too late, by the desk's own word."""
        known = await self._read(attempt_id)
        sitting = await self._desk.read(attempt_id, now_ms)
        if known.row.outcome is not None:
            return Ended(known.row.outcome)
        if sitting.back_by_ms is None:
            return None
        return await self._close(known, CloseReason.PAGE_LEAVE, sitting.back_by_ms, now_ms, None)

    async def after_focus_loss(self, attempt_id: int, focus_losses: int, now_ms: int) -> Ended | None:
        """End the attempt where the page's focus was lost more often than the rulebook allows (A-02)."""
        known = await self._read(attempt_id)
        if known.row.outcome is not None:
            return Ended(known.row.outcome)
        if not focus_losses_exceeded(known.rulebook, focus_losses):
            return None
        return await self._close(known, CloseReason.FOCUS_LOSS, now_ms, now_ms, None)

    async def settle_void(self, attempt_id: int, generation: int, now_ms: int) -> None:
        """Leave a tombstone for an attempt that was voided in SQL while it ran."""
        await self._desk.settle(attempt_id, generation, CloseReason.VOID, now_ms, State.VOID, now_ms)

    async def look_at(self, attempt_id: int, now_ms: int) -> Outcome | None:
        """The outcome for a person who looks: one that is due, or that a crash left unrecorded, is recorded first."""
        known = await self._read(attempt_id)
        if known.row.outcome is not None:
            return known.row.outcome
        ended = await self._if_due(known, await self._desk.read(attempt_id, now_ms), now_ms)
        return None if ended is None else ended.outcome

    async def _late(self, known: _Known, pen: Pen, now_ms: int) -> Refusal:
        """A hand-in after the deadline is refused, but within the grace it says that the candidate was there."""
        standing = await self._desk.knock(pen, grace_ms(known.rulebook), now_ms)
        facts = {"deadline_ms": known.closing.deadline_ms, "heard": int(standing.word is Word.KNOCKED)}
        return Refusal(Reason.NOT_RUNNING, Next.NONE, facts)

    async def _if_due(self, known: _Known, sitting: Sitting, now_ms: int) -> Ended | None:
        if sitting.word is Word.ABSENT:
            return None
        if sitting.state == "closing":
            return await self._record(known, sitting, now_ms)
        back_by_ms = sitting.back_by_ms
        if back_by_ms is not None and back_by_ms + CLAMP_MS <= now_ms and back_by_ms < known.closing.deadline_ms:
            return await self._close(known, CloseReason.PAGE_LEAVE, back_by_ms, now_ms, None)
        if now_ms < final_ms(known.rulebook, known.closing):
            return None
        deadline_ms = known.closing.deadline_ms
        return await self._close(known, CloseReason.DEADLINE, deadline_ms, now_ms, deadline_ms)

    async def _close(
        self, known: _Known, reason: CloseReason, instant_ms: int, now_ms: int, only_if_due_ms: int | None
    ) -> Ended | None:
        attempt = known.owned.attempt
        sitting = await self._desk.close(
            attempt.id, attempt.generation, reason, instant_ms, now_ms, only_if_due_ms=only_if_due_ms
        )
        if sitting.word not in {Word.CLOSING, Word.CLOSED}:
            return None
        return await self._record(known, sitting, now_ms)

    async def _record(self, known: _Known, sitting: Sitting, now_ms: int) -> Ended | None:
        """Record what a closed sitting comes to; None where its deadline has moved and it runs again."""
        attempt = known.owned.attempt
        async with self._database.writing() as tx:
            await lock_enrolment(tx, attempt.enrolment_id)
            record = await load_history(tx, attempt.enrolment_id)
            row = next(a for a in record.attempts if a.id == attempt.id)
            if row.outcome is None and sitting.state == "closed":
                # SQL has lost an outcome that was told; the answers went when it was settled. Not for us to guess.
                log.error("outcome_lost", attempt=attempt.id)
                return None
            closing = closing_of(known.rulebook, record, row)
            moved = (
                row.outcome is None
                and sitting.close_reason == CloseReason.DEADLINE
                and now_ms < final_ms(known.rulebook, closing)
            )
            if not moved:
                finish = await self._finish(tx, known, sitting, closing)
                finished = await outcomes.record_finish(tx, finish, now_ms)
        if moved:
            deadline = deadline_of(known.rulebook, record, row)
            await self._desk.reopen(attempt.id, sitting.generation, sitting.closing, deadline, now_ms)
            await self._look_again(known, deadline.look_at_ms)
            return None
        if finished.word is FinishWord.STALE_GENERATION or finished.outcome is None:
            return None
        await self._settle(attempt.id, sitting, finished.outcome, now_ms)
        return Ended(finished.outcome)

    async def _settle(self, attempt_id: int, sitting: Sitting, outcome: Outcome, now_ms: int) -> None:
        """Leave the tombstone. Where Redis is away by now the outcome stands all the same; the due set brings the
        sweeper back here.
        """
        reason = CloseReason(sitting.close_reason) if sitting.close_reason else CloseReason.VOID
        closed_at_ms = outcome.ended_ms if sitting.closed_at_ms is None else sitting.closed_at_ms
        try:
            await self._desk.settle(attempt_id, sitting.generation, reason, closed_at_ms, outcome.state, now_ms)
        except Unavailable:
            log.warning("not_settled", attempt=attempt_id)

    async def _finish(self, tx: Reading, known: _Known, sitting: Sitting, closing: Closing) -> Finish:
        attempt = known.owned.attempt
        exam = await exams.get_exam(tx, known.owned.exam_id)
        blueprint = from_json(exam.blueprint.encode())
        paper = unpack(attempt.paper)
        items = await self._shelf.items(tx, [item.version_id for item in paper.items])
        keys = {version_id: item.key for version_id, item in items.items()}
        score = mark(paper, blueprint, sitting.given, keys)
        ended_ms = sitting.closed_at_ms if sitting.closed_at_ms is not None else closing.deadline_ms
        ending = _ending(known.rulebook, sitting, closing)
        outcome = outcome_of(known.rulebook, ending, ended_ms, closing, Decimal(score.total_hundredths) / 100)
        is_marked = outcome.score is not None
        return Finish(
            attempt_id=attempt.id,
            generation=sitting.generation,
            outcome=NewOutcome(
                state=outcome.state.value,
                score_hundredths=int(outcome.score * 100) if outcome.score is not None else None,
                full_hundredths=score.full_hundredths,
                result=outcome.result,
                reason=outcome.reason.value,
                cause=sitting.close_reason,
                key_version=key_version(keys) if is_marked else "",
                ended_ms=ended_ms,
                deadline_ms=closing.deadline_ms,
                deadline_reason=closing.reason.value,
            ),
            answers=_by_version(paper, sitting),
            detail=_detail(score) if is_marked else None,
            journal=[line.decode() for line in sitting.journal],
        )

    async def _read(self, attempt_id: int) -> _Known:
        async with self._database.reading() as tx:
            owned = await attempts.get_attempt(tx, attempt_id)
            record = await load_history(tx, owned.attempt.enrolment_id)
            rulebook = await self._shelf.rulebook(tx, owned.attempt.rulebook_digest)
        row = next(a for a in record.attempts if a.id == attempt_id)
        return _Known(owned, record, row, rulebook, closing_of(rulebook, record, row))

    async def _look_again(self, known: _Known, look_at_ms: int | None = None) -> None:
        at_ms = final_ms(known.rulebook, known.closing) if look_at_ms is None else look_at_ms
        async with self._database.writing() as tx:
            await attempts.look_again(tx, known.row.id, at_ms)


def _ending(rulebook: Rulebook, sitting: Sitting, closing: Closing) -> Ending:
    match CloseReason(sitting.close_reason):
        case CloseReason.HAND_IN:
            return "submit"
        case CloseReason.DEADLINE:
            present = was_present(rulebook, closing.deadline_ms, sitting.seen_ms)
            return "present_at_deadline" if present else "absent_at_deadline"
        case CloseReason.VOID:
            return "void"
        case _:
            return "forced_exit"


def _by_version(paper: Paper, sitting: Sitting) -> dict[int, str]:
    """Answers as they are kept: item version to option ids, never the letter shown."""
    return {paper.items[position - 1].version_id: value for position, value in sitting.given.items()}


def _detail(score: Score) -> object:
    return {
        "cells": [[cell.cell, cell.items, cell.right, cell.hundredths, cell.full_hundredths] for cell in score.cells],
        "items": [[item.position, item.verdict.value, item.hundredths] for item in score.items],
    }
