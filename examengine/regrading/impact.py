"""What a correction does to one attempt, and the counts over many. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from examengine.grading.correction import Standing
from examengine.records.outcomes import NewOutcome, Outcome
from examengine.regrading.scores import Loaded, marked, position_of
from examengine.rules.closing import rescored
from examengine.rules.history import Closing, DeadlineReason, OutcomeReason, State
from examengine.rules.history import Outcome as Ruled

STEP_HUNDREDTHS = 100
"""Width of a bar of the histogram of changes: one point."""


class Counts(msgspec.Struct, omit_defaults=True):
    """Attempts that were looked at; ``had`` the item on their paper, ``unscored`` of these have no score (void, no
    score, or still to be marked by a person) and stay as they are. ``steps``: scores by change in whole points,
    rounded away from zero.
    """

    seen: int = 0
    had: int = 0
    unscored: int = 0
    same: int = 0
    up: int = 0
    down: int = 0
    fail_to_pass: int = 0
    pass_to_fail: int = 0
    steps: dict[int, int] = {}

    def add(self, impact: "Impact | None") -> None:
        """Count an attempt; None: the item is not on its paper."""
        self.seen += 1
        if impact is None:
            return
        self.had += 1
        if impact.new is None:
            self.unscored += 1
            return
        delta = impact.delta_hundredths
        if not delta:
            self.same += 1
            return
        if delta > 0:
            self.up += 1
        else:
            self.down += 1
        step = -(-abs(delta) // STEP_HUNDREDTHS) * (1 if delta > 0 else -1)
        self.steps[step] = self.steps.get(step, 0) + 1
        if impact.old.result != impact.new.result:
            if impact.new.result == "pass":
                self.fail_to_pass += 1
            else:
                self.pass_to_fail += 1


def counts_of(kept: Mapping[str, Any] | None) -> Counts:
    """Counts as SQL keeps them."""
    return msgspec.convert(kept or {}, Counts, strict=False)


def to_kept(counts: Counts) -> Any:
    """The form in which SQL keeps counts."""
    return msgspec.to_builtins(counts, str_keys=True)


@dataclass(frozen=True, slots=True)
class Impact:
    """What becomes of an attempt that has the item at ``position``; ``new`` None: it has no score to change."""

    attempt_id: int
    enrolment_id: int
    position: int
    old: Outcome
    new: NewOutcome | None

    @property
    def delta_hundredths(self) -> int:
        if self.new is None or self.new.score_hundredths is None or self.old.score_hundredths is None:
            return 0
        return self.new.score_hundredths - self.old.score_hundredths


def impact_of(
    loaded: Loaded, place: int, version_id: int, stands: Mapping[int, Standing], cause: str, by_person: int | None
) -> Impact | None:
    """What the attempt at a place comes to; None where the item is not on its paper."""
    attempt = loaded.attempts[place]
    position = position_of(loaded.papers[place], version_id)
    if position is None:
        return None
    old = attempt.outcome
    if old.score_hundredths is None or old.result is None or old.state == State.VOID:
        return Impact(attempt.attempt_id, attempt.enrolment_id, position, old, None)
    again = marked(loaded, place, stands)
    ruled = Ruled(
        State(old.state),
        Decimal(old.score_hundredths) / 100,
        old.result,
        OutcomeReason(old.reason),
        old.ended_ms,
        Closing(old.deadline_ms, DeadlineReason(old.deadline_reason)),
    )
    rulebook = loaded.rulebooks[attempt.rulebook_digest]
    counts = rescored(rulebook, ruled, Decimal(again.after.total_hundredths) / 100)
    assert counts.score is not None
    new = NewOutcome(
        state=old.state,
        score_hundredths=int(counts.score * 100),
        full_hundredths=old.full_hundredths,
        result=counts.result,
        reason=counts.reason.value,
        cause=cause,
        key_version=again.key_version,
        ended_ms=old.ended_ms,
        deadline_ms=old.deadline_ms,
        deadline_reason=old.deadline_reason,
        by_person=by_person,
    )
    return Impact(attempt.attempt_id, attempt.enrolment_id, position, old, new)
