"""What a closed sitting is recorded as: ending, mark and journal put together. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from examengine.grading.mark import Score
from examengine.live import Sitting
from examengine.papers.paper import Paper
from examengine.records.entries import Entry
from examengine.records.hearing import Case
from examengine.records.outcomes import Finish, NewOutcome
from examengine.rules.closing import outcome_of
from examengine.rules.hearing import Deaf
from examengine.rules.history import Closing, Outcome, OutcomeReason
from examengine.rules.rulebook import Rulebook
from examengine.sittings.ending import Ended, Verdict, ended_of, verdict_of
from examengine.sittings.scoring import Scored


@dataclass(frozen=True, slots=True)
class Judged:
    """What a closed sitting comes to. ``score``: the keys' work, under the corrections in force."""

    ended: Ended
    verdict: Verdict
    scored: Scored
    score: Score
    outcome: Outcome

    @property
    def waits(self) -> bool:
        """Whether people have to mark first."""
        return self.outcome.reason is OutcomeReason.AWAITING_MARKING


def judged(
    rulebook: Rulebook,
    sitting: Sitting,
    closing: Closing,
    order: Entry | None,
    deaf: Sequence[Deaf],
    cases: Sequence[Case],
    scored: Scored,
) -> Judged:
    """Judge a sitting by the rules: the one place, whether it is recorded by itself or with others. ``deaf`` and
    ``cases`` as :func:`examengine.sittings.ending.verdict_of` takes them.
    """
    ended = ended_of(sitting, closing, order)
    verdict = verdict_of(rulebook, sitting, ended, closing, deaf, cases)
    score = scored.final()
    points = None if score.waiting else Decimal(score.total_hundredths) / 100
    return Judged(ended, verdict, scored, score, outcome_of(rulebook, verdict.ending, ended.at_ms, closing, points))


def finish_of(attempt_id: int, sitting: Sitting, closing: Closing, by: Judged) -> Finish:
    """All that is to be written of it."""
    ended, verdict, scored, score, outcome = by.ended, by.verdict, by.scored, by.score, by.outcome
    is_marked = by.waits or outcome.score is not None
    return Finish(
        attempt_id=attempt_id,
        generation=sitting.generation,
        questions=len(scored.paper.items),
        outcome=NewOutcome(
            state=outcome.state.value,
            score_hundredths=int(outcome.score * 100) if outcome.score is not None else None,
            full_hundredths=score.full_hundredths,
            result=outcome.result,
            reason=outcome.reason.value,
            cause=ended.reason.value,
            key_version=scored.key_version if is_marked else "",
            ended_ms=ended.at_ms,
            deadline_ms=closing.deadline_ms,
            deadline_reason=closing.reason.value,
            by_person=verdict.by_person,
        ),
        answers=_by_version(scored.paper, sitting),
        detail=_detail(score) if is_marked else None,
        journal=[line.decode() for line in sitting.journal],
    )


def _by_version(paper: Paper, sitting: Sitting) -> dict[int, str]:
    """Answers as they are kept: item version to option ids, never the letter shown."""
    return {paper.items[position - 1].version_id: value for position, value in sitting.given.items()}


def _detail(score: Score) -> object:
    return {
        "cells": [[cell.cell, cell.items, cell.right, cell.hundredths, cell.full_hundredths] for cell in score.cells],
        "items": [[item.position, item.verdict, item.hundredths] for item in score.items],
    }
