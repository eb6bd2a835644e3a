"""Finishing an attempt: close in Redis, mark, record in one transaction, leave a tombstone.

Anyone may finish anything; a second finisher is given the first one's outcome. What the candidate is told stands in
SQL already. Absence across a time in which we could not hear is not recorded: it is listed for a person.
"""

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeVar

import msgspec
import structlog

from examengine.batches import Batches
from examengine.live import CloseReason, Desk, Pen, Sitting, Standing, Unavailable, Word
from examengine.live.desk import CLAMP_MS
from examengine.live.journal import instant_of
from examengine.live.slots import slot_of
from examengine.logs import step
from examengine.records import attempts, endings, errors, hearing, marking, outcomes
from examengine.records.as_rules import closing_of
from examengine.records.database import Database, Writing
from examengine.records.errors import Missing
from examengine.records.hearing import Case
from examengine.records.marking import Waiting
from examengine.records.outcomes import Finish, FinishWord, Outcome
from examengine.records.shelf import Shelf
from examengine.records.words import CaseKind
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.closing import focus_losses_exceeded, grace_ms, presence_ms
from examengine.rules.hearing import Deaf, leave_is_excused
from examengine.rules.history import Closing, State
from examengine.sittings.deadlines import closes_early, deadline_of, early_ms, final_ms, over_ms
from examengine.sittings.ending import case_of, lost_sitting
from examengine.sittings.hearing import Prober
from examengine.sittings.known import Known, read_known
from examengine.sittings.recording import finish_of, judged
from examengine.sittings.scoring import Scorer, waiting_of
from examengine.sittings.together import Closed, Together
from examengine.sittings.voided import settle_void

AT_ONCE = 50
"""So many that wait together are read, and recorded, at once."""
PARKED_MS = 24 * 3_600_000
"""When to look again at an attempt that waits for a person; the decision moves it to now."""

T = TypeVar("T")

log = structlog.get_logger("examengine.finish")


@dataclass(frozen=True, slots=True)
class Ended:
    """The outcome that stands in SQL."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Finish:
    """What a finish writes, and the answers that a person has to mark."""

    recorded: Finish
    waiting: Sequence[Waiting] = ()


class Finisher:
    """Ends sittings, for candidates, sweeper and staff alike."""

    def __init__(self, database: Database, desk: Desk, shelf: Shelf, prober: Prober) -> None:
        self._database = database
        self._desk = desk
        self._shelf = shelf
        self._prober = prober
        self._scorer = Scorer(shelf)
        self._together = Together(database, desk, shelf, prober)
        self._readings: Batches[int, Known] = Batches(self._read_all, most=AT_ONCE, everybodys=(errors.Unavailable,))
        self._recordings: Batches[Closed, Outcome | None] = Batches(
            self._together.record, most=AT_ONCE, everybodys=(errors.Unavailable,)
        )

    async def by_page(self, pen: Pen, reason: CloseReason, now_ms: int) -> Ended | Refusal | Standing:
        """A hand-in or a confirmed give-up by the page that holds the pen.

        Returns what stands in SQL; a refusal (too early, or after the deadline); or the desk's word where the page
        may not act (pen lost, not the owner, revoked).

        Raises:
            records.Unavailable, live.Unavailable: not registered yet; the same call may be repeated. A hand-in has
                been closed all the same where the desk took it: it keeps its own time.
        """
        try:
            known = await self._read(pen.attempt_id)
        except errors.Unavailable:
            if reason is CloseReason.HAND_IN:
                await self._desk.hand_in(pen, reason, now_ms)
            raise
        if known.row.outcome is not None:
            return Ended(known.row.outcome)
        if reason is CloseReason.HAND_IN and now_ms < known.earliest_ms:
            return Refusal(Reason.TOO_EARLY_TO_SUBMIT, Next.WAIT, {"until_ms": known.earliest_ms})
        if now_ms >= known.closing.deadline_ms:
            return await self._late(known, pen, now_ms)
        sitting = await self._desk.hand_in(pen, reason, now_ms)
        match sitting.word:
            case Word.CLOSING | Word.CLOSED:
                return await self._record(known, sitting, now_ms) or sitting
            case Word.TOO_LATE:
                return await self._late(known, pen, now_ms)
            case Word.FORCED:
                ended = await self.forced(pen.attempt_id, now_ms)
                if ended is not None:
                    return ended
                sitting = await self._desk.hand_in(pen, reason, now_ms)  # the leave may have been excused
                if sitting.word in {Word.CLOSING, Word.CLOSED}:
                    return await self._record(known, sitting, now_ms) or sitting
                return sitting
            case _:
                return sitting

    async def when_due(self, attempt_id: int, now_ms: int, known: Known | None = None) -> Ended | None:
        """End an attempt whose time has run out, whose page was left for too long, or that staff hand in; None where
        it still runs, or where it cannot be decided (yet) because we could not hear.

        One that ended before gets the tombstone that a crash kept from it.

        Args:
            known: what :meth:`load` read of it just now.
        """
        if known is None:
            known = await self._read(attempt_id)
        sitting = await self._desk.read(attempt_id, now_ms)
        if known.row.outcome is not None:
            outcome = known.row.outcome
            if sitting.state not in {"", "closed"} and outcome.state == State.VOID:
                await settle_void(self._database, self._desk, sitting, attempt_id, outcome.ended_ms, now_ms)
            elif sitting.state not in {"", "closed"}:
                await self._settle(attempt_id, sitting, outcome, now_ms)
            return Ended(outcome)
        ended = await self._if_due(known, sitting, now_ms)
        gave_up_grace = sitting.all_sent_at_ms == known.closing.deadline_ms
        is_early = known.order is None and now_ms < final_ms(known.rulebook, known.closing)
        if ended is None and is_early and not gave_up_grace:
            await self._look_again(known)
        return ended

    async def all_due(self, known: Iterable[Known], now_ms: int) -> frozenset[int]:
        """End together what :meth:`when_due` would end one by one, as far as there is nothing to think about; ids of
        those that have ended. The others stay as they are.

        Args:
            known: what :meth:`load` read just now.
        """
        return await self._together.end(known, now_ms)

    async def forced(self, attempt_id: int, now_ms: int) -> Ended | None:
        """End an attempt whose page came back too late, by the desk's own word; None where that does not count: the
        page may have come back before, unheard, or it is not proved yet that we would have heard it.
        """
        known = await self._read(attempt_id)
        sitting = await self._desk.read(attempt_id, now_ms)
        if known.row.outcome is not None:
            return Ended(known.row.outcome)
        return await self._end_left(known, sitting, now_ms)

    async def after_focus_loss(self, attempt_id: int, focus_losses: int, now_ms: int) -> Ended | None:
        """End the attempt where the page's focus was lost more often than the rulebook allows (A-02)."""
        known = await self._read(attempt_id)
        if known.row.outcome is not None:
            return Ended(known.row.outcome)
        if not focus_losses_exceeded(known.rulebook, focus_losses):
            return None
        return await self._close(known, CloseReason.FOCUS_LOSS, now_ms, now_ms, None)

    async def look_at(self, attempt_id: int, now_ms: int) -> Outcome | None:
        """The outcome for a person who looks: one that is due, or that a crash left unrecorded, is recorded first."""
        known = await self._read(attempt_id)
        if known.row.outcome is not None:
            return known.row.outcome
        ended = await self._if_due(known, await self._desk.read(attempt_id, now_ms), now_ms)
        return None if ended is None else ended.outcome

    async def _late(self, known: Known, pen: Pen, now_ms: int) -> Refusal:
        """A hand-in after the deadline is refused, but within the grace it says that the candidate was there."""
        standing = await self._desk.knock(pen, grace_ms(known.rulebook), now_ms)
        facts = {"deadline_ms": known.closing.deadline_ms, "heard": int(standing.word is Word.KNOCKED)}
        return Refusal(Reason.NOT_RUNNING, Next.NONE, facts)

    async def _if_due(self, known: Known, sitting: Sitting, now_ms: int) -> Ended | None:
        if sitting.word is Word.ABSENT:
            return await self._lost(known, now_ms, "sitting_lost")
        if sitting.state == "closing":
            return await self._record(known, sitting, now_ms)
        if known.order is not None:
            return await self._close(known, CloseReason.STAFF, known.order.at_ms, now_ms, None)
        back_by_ms = sitting.back_by_ms
        if back_by_ms is not None and back_by_ms + CLAMP_MS <= now_ms and back_by_ms < known.closing.deadline_ms:
            return await self._end_left(known, sitting, now_ms)
        deadline_ms, seen_since_ms = known.closing.deadline_ms, None
        if now_ms < final_ms(known.rulebook, known.closing):
            if now_ms < early_ms(known.closing) or not closes_early(known.rulebook, known.closing, sitting):
                return None
            seen_since_ms = deadline_ms - presence_ms(known.rulebook)
            if await self._prober.deaf(slot_of(known.row.id), seen_since_ms, deadline_ms, now_ms) != ():
                return None  # an outage: whoever answers for it may still give time within the grace
        return await self._close(known, CloseReason.DEADLINE, deadline_ms, now_ms, deadline_ms, seen_since_ms)

    async def _end_left(self, known: Known, sitting: Sitting, now_ms: int) -> Ended | None:
        """A page was left for too long. Where we could not hear all the while, it may have come back: that is an
        interruption, and the sitting goes on.
        """
        if sitting.left_page_ms is None or sitting.back_by_ms is None:
            return None
        attempt_id, left_ms, back_by_ms = known.row.id, sitting.left_page_ms, sitting.back_by_ms
        deaf = await self._prober.deaf(slot_of(attempt_id), left_ms, back_by_ms, now_ms)
        if deaf is None:
            return None
        span = leave_is_excused(left_ms, back_by_ms, deaf)
        if span is None:
            return await self._close(known, CloseReason.PAGE_LEAVE, back_by_ms, now_ms, None)
        async with self._database.writing() as tx:
            await hearing.add_case(tx, case_of(attempt_id, CaseKind.LEAVE_EXCUSED, span, sitting), now_ms)
        await self._desk.excuse(attempt_id, sitting.generation, now_ms)
        log.warning("leave_excused", attempt=attempt_id)
        return None

    async def _told_before(self, known: Known, now_ms: int) -> Ended | None:
        """A tombstone: its outcome. Where SQL has lost that the answers went with it: not for us to guess."""
        async with self._database.reading() as tx:
            outcome = await outcomes.find_newest(tx, known.row.id)
        return Ended(outcome) if outcome is not None else await self._lost(known, now_ms, "outcome_lost")

    async def _lost(self, known: Known, now_ms: int, event: str) -> Ended | None:
        """Redis does not know a sitting that runs. That is ours to explain, not his: a person decides."""
        if now_ms < final_ms(known.rulebook, known.closing):
            return None
        attempt = known.owned.attempt
        sitting = lost_sitting(known.row.started_ms, attempt.generation, known.closing, now_ms)
        async with self._database.writing() as tx:
            cases = await hearing.cases_of(tx, attempt.id)
            if not any(case.decision is not None for case in cases):
                span = Deaf(known.row.started_ms, now_ms)
                if await hearing.add_case(tx, case_of(attempt.id, CaseKind.LOST, span, sitting), now_ms):
                    log.error(event, attempt=attempt.id)
                await attempts.look_again(tx, attempt.id, now_ms + PARKED_MS)
                return None
        return await self._record(known, sitting, now_ms)

    async def _close(
        self,
        known: Known,
        reason: CloseReason,
        instant_ms: int,
        now_ms: int,
        only_if_due_ms: int | None,
        seen_since_ms: int | None = None,
    ) -> Ended | None:
        attempt = known.owned.attempt
        sitting = await self._desk.close(
            attempt.id,
            attempt.generation,
            reason,
            instant_ms,
            now_ms,
            only_if_due_ms=only_if_due_ms,
            seen_since_ms=seen_since_ms,
        )
        if sitting.word not in {Word.CLOSING, Word.CLOSED}:
            return None
        return await self._record(known, sitting, now_ms)

    async def _record(self, known: Known, sitting: Sitting, now_ms: int) -> Ended | None:
        """Record what a closed sitting comes to; None where its deadline has moved and it runs again, where a person
        must decide, or where it is not proved yet that we would have heard the candidate.
        """
        attempt = known.owned.attempt
        if sitting.state == "closed":
            return await self._told_before(known, now_ms)
        if sitting.close_reason == CloseReason.HAND_IN and (sitting.closed_at_ms or 0) < known.earliest_ms:
            # taken while SQL was away, which alone could have said that it is too early: as if it had not been
            sitting = msgspec.structs.replace(
                sitting, close_reason=CloseReason.DEADLINE.value, closed_at_ms=known.closing.deadline_ms
            )
        closed = Closed(known, sitting, now_ms)
        if closed.is_plain:
            outcome = await _timed(self._recordings.ask(closed))
            if outcome is not None:
                await self._settle(attempt.id, sitting, outcome, now_ms)
                return Ended(outcome)
        return await self._record_alone(known, sitting, now_ms)

    async def _record_alone(self, known: Known, sitting: Sitting, now_ms: int) -> Ended | None:
        attempt = known.owned.attempt
        # whoever waited for SQL meanwhile has an older stamp than the closing: its deadline had passed all the same
        now_ms = max(now_ms, *(instant_of(line) for line in sitting.journal if line[:1] == b"z"), 0)
        deaf = await self._deaf_before(known, sitting, now_ms)
        if deaf is None:
            return None
        finish: _Finish | None = None
        async with self._database.writing() as tx:
            found = await endings.lock_to_finish(tx, attempt.id, attempt.enrolment_id)
            now_known, closing = known, known.closing
            if found.entries != known.record.entries:
                now_known = replace(known, record=replace(known.record, entries=found.entries))
                closing = closing_of(known.rulebook, now_known.record, known.row)
            by_deadline = sitting.close_reason == CloseReason.DEADLINE and now_known.order is None
            moved = by_deadline and now_ms < over_ms(known.rulebook, closing, sitting) and found.newest is None
            if by_deadline and not moved and closing.deadline_ms != known.closing.deadline_ms:
                return None  # it has moved while we read, and is over again: the next look reads everything anew
            if not moved:
                finish = await self._finish(tx, now_known, sitting, closing, deaf, now_ms)
                if finish is None:
                    return None
                if not finish.waiting:
                    finished = await endings.record_finish_and_end(tx, finish.recorded, now_ms, found)
                else:
                    finished = await endings.record_finish(tx, finish.recorded, now_ms, found)
                    if finished.word is FinishWord.RECORDED:
                        await marking.wait_for(tx, attempt.id, known.owned.exam_id, finish.waiting, now_ms)
        if finish is None:
            deadline = deadline_of(known.rulebook, now_known.record, known.row)
            await self._desk.reopen(attempt.id, sitting.generation, sitting.closing, deadline, now_ms)
            await self._look_again(known, deadline.look_at_ms)
            return None
        if finished.word is FinishWord.STALE_GENERATION or finished.outcome is None:
            return None
        await self._settle(attempt.id, sitting, finished.outcome, now_ms)
        return Ended(finished.outcome)

    async def _deaf_before(self, known: Known, sitting: Sitting, now_ms: int) -> tuple[Deaf, ...] | None:
        """Our deafness as far as it may bear on presence at the deadline; None while no proof covers the deadline."""
        if sitting.close_reason != CloseReason.DEADLINE or known.order is not None or sitting.word is Word.ABSENT:
            return ()
        if now_ms < over_ms(known.rulebook, known.closing, sitting):
            return ()  # the deadline has moved: nothing is decided now
        deadline_ms = known.closing.deadline_ms
        from_ms = min(sitting.seen_ms, deadline_ms - presence_ms(known.rulebook))
        return await self._prober.deaf(slot_of(known.row.id), from_ms, deadline_ms, now_ms)

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

    async def _finish(
        self, tx: Writing, known: Known, sitting: Sitting, closing: Closing, deaf: Sequence[Deaf], now_ms: int
    ) -> _Finish | None:
        """What to record; None where a person must decide, for whom it is listed then."""
        attempt, rulebook = known.owned.attempt, known.rulebook
        cases: Sequence[Case] = ()
        if deaf or sitting.word is Word.ABSENT:
            cases = await hearing.cases_of(tx, attempt.id)
        scored = await self._scorer.score(tx, known.owned.exam_id, attempt.paper, sitting.given, now_ms)
        by = judged(rulebook, sitting, closing, known.order, deaf, cases, scored)
        if by.verdict.deaf is not None:
            decides = by.outcome.state is State.EXPIRED_NO_SCORE
            kind = CaseKind.UNDECIDED if decides else CaseKind.AUTO_SUBMITTED
            await hearing.add_case(tx, case_of(attempt.id, kind, by.verdict.deaf, sitting), now_ms)
            if decides:
                await attempts.look_again(tx, attempt.id, now_ms + PARKED_MS)
                log.warning("undecided", attempt=attempt.id)
                return None
        return _Finish(finish_of(attempt.id, sitting, closing, by), waiting_of(scored) if by.waits else ())

    async def load(self, attempt_ids: Iterable[int]) -> dict[int, Known]:
        """What a finish reads of attempts, in one query; an id that is none is left out."""
        return await read_known(self._database, self._shelf, attempt_ids)

    async def _read(self, attempt_id: int) -> Known:
        """Together with others that are asked for while SQL answers.

        Raises:
            Missing: there is none of that id.
        """
        return await _timed(self._readings.ask(attempt_id))

    async def _read_all(self, attempt_ids: Sequence[int]) -> list[Known | Exception]:
        found = await self.load(attempt_ids)
        return [found.get(attempt_id) or Missing("attempt", attempt_id) for attempt_id in attempt_ids]

    async def _look_again(self, known: Known, look_at_ms: int | None = None) -> None:
        at_ms = final_ms(known.rulebook, known.closing) if look_at_ms is None else look_at_ms
        async with self._database.writing() as tx:
            await attempts.look_again(tx, known.row.id, at_ms)


async def _timed(asked: Awaitable[T]) -> T:
    """What is done for several is noted as a step of each."""
    began_s = perf_counter()
    try:
        return await asked
    finally:
        step("records", began_s)
