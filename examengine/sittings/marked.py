"""Results that waited for people: recorded once every mark of an attempt is in.

Anyone may settle anything, a second time nothing happens. A crash between the last mark and the result costs nothing,
since what is due stands in SQL.
"""

from decimal import Decimal

import structlog

from examengine.records import attempts, marking, outcomes
from examengine.records.as_rules import history_of
from examengine.records.attempts import OwnedAttempt
from examengine.records.database import Database, Reading
from examengine.records.enrolments import lock_enrolment
from examengine.records.errors import Unavailable
from examengine.records.history import load_history
from examengine.records.outcomes import NewOutcome, Outcome
from examengine.records.shelf import Shelf
from examengine.rules.closing import rescored
from examengine.rules.history import OutcomeReason
from examengine.sittings.patience import Patience
from examengine.sittings.scoring import Scored, Scorer

CAUSE = "marking"
BATCH = 100
RETRY_MS, RETRY_MOST_MS = 2_000, 300_000

log = structlog.get_logger("examengine.marked")


class Settler:
    """Records the results of attempts whose last mark is in."""

    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._database = database
        self._shelf = shelf
        self._scorer = Scorer(shelf)
        self._failing = Patience(RETRY_MS, RETRY_MOST_MS)

    async def settle_due(self, now_ms: int) -> int:
        """Record what is due; how many results. What fails by a fault of ours waits longer every time and keeps
        nobody else.

        Raises:
            records.Unavailable: SQL is away.
        """
        waiting = self._failing.waiting(now_ms)
        async with self._database.reading() as tx:
            due = await marking.due(tx, now_ms, BATCH + len(waiting))
        recorded = 0
        for attempt_id in due:
            if attempt_id in waiting:
                continue
            try:
                recorded += await self.settle(attempt_id, now_ms) is not None
            except Unavailable:
                raise
            except Exception:
                tries, wait_ms = self._failing.failed(attempt_id, now_ms)
                log.exception("marks_not_settled", attempt=attempt_id, tries=tries, again_in_ms=wait_ms)
            else:
                self._failing.succeeded(attempt_id)
        self._failing.forget_old(now_ms)
        return recorded

    async def settle(self, attempt_id: int, now_ms: int) -> Outcome | None:
        """Record the result of one attempt; None where a mark is missing, or nothing waits any more.

        Raises:
            Missing: there is no such attempt.
        """
        async with self._database.writing() as tx:
            owned = await attempts.get_attempt(tx, attempt_id)
            await lock_enrolment(tx, owned.attempt.enrolment_id)
            newest = await outcomes.find_newest(tx, attempt_id)
            if newest is None or newest.reason != OutcomeReason.AWAITING_MARKING:
                await marking.no_longer_waits(tx, attempt_id)
                return None
            by_hand = await marking.hold_marks(tx, attempt_id)
            if by_hand is None:
                return None
            scored = await self._scored(tx, owned, now_ms)
            score = Decimal(scored.final(by_hand).total_hundredths) / 100
            outcome = await outcomes.append_outcome(
                tx, attempt_id, await self._new(tx, owned, newest, score, scored.key_version), now_ms
            )
        log.info("marked", attempt=attempt_id)
        return outcome

    async def _scored(self, tx: Reading, owned: OwnedAttempt, now_ms: int) -> Scored:
        final = await outcomes.get_answers(tx, owned.attempt.id)
        return await self._scorer.score_final(tx, owned.exam_id, owned.attempt.paper, final.answers, now_ms)

    async def _new(
        self, tx: Reading, owned: OwnedAttempt, newest: Outcome, score: Decimal, key_version: str
    ) -> NewOutcome:
        """The outcome with a score; how and when the attempt ended stays."""
        record = await load_history(tx, owned.attempt.enrolment_id)
        rulebook = await self._shelf.rulebook(tx, owned.attempt.rulebook_digest)
        row = next(each for each in record.attempts if each.id == owned.attempt.id)
        place = next(index for index, round_ in enumerate(record.rounds) if round_.id == row.round_id)
        ended = next(each.outcome for each in history_of(record).rounds[place].attempts if each.no == row.no)
        assert ended is not None
        marked = rescored(rulebook, ended, score)
        assert marked.score is not None
        return NewOutcome(
            state=newest.state,
            score_hundredths=int(marked.score * 100),
            full_hundredths=newest.full_hundredths,
            result=marked.result,
            reason=marked.reason.value,
            cause=CAUSE,
            key_version=key_version,
            ended_ms=newest.ended_ms,
            deadline_ms=newest.deadline_ms,
            deadline_reason=newest.deadline_reason,
        )
