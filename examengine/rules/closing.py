"""When a sitting closes, and what becomes of it. One function computes the deadline for page, desk and record."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from examengine.rules.calendar import MINUTE_MS, SECOND_MS, Window
from examengine.rules.history import (
    Attempt,
    Closing,
    DeadlineReason,
    Outcome,
    OutcomeReason,
    State,
    TimeEntry,
)
from examengine.rules.rulebook import EndPolicy, ForcedExitDetection, Rulebook

Ending = Literal["submit", "present_at_deadline", "decided_present", "absent_at_deadline", "forced_exit", "void"]
"""``decided_present``: we could not hear the candidate at the deadline, and a person let his answers be handed in."""


def base_closing(rulebook: Rulebook, window: Window, started_ms: int) -> Closing:
    """The deadline an attempt starts with: its minutes, cut at the window's end where the rules say so (A-07)."""
    limit = Closing(started_ms + rulebook.exam.minutes * MINUTE_MS, DeadlineReason.TIME_LIMIT)
    return _cut(rulebook, window, limit)


def closes_at(rulebook: Rulebook, window: Window, base: Closing, time_entries: Iterable[TimeEntry]) -> Closing:
    """The effective deadline: the frozen base, plus every time entry, never past the window's end.

    Entries add up (planned need and incident); per cent is of the rulebook's minutes.
    """
    added_ms = sum(added_time_ms(rulebook, entry) for entry in time_entries)
    if added_ms == 0:
        return base
    return _cut(rulebook, window, Closing(base.deadline_ms + added_ms, DeadlineReason.EXTRA_TIME))


def standing_at(standing: Iterable[TimeEntry], started_ms: int) -> tuple[TimeEntry, ...]:
    """The accommodations that count for an attempt started then; it keeps them when they expire while it runs."""
    return tuple(
        entry
        for entry in standing
        if (entry.begins_ms is None or entry.begins_ms <= started_ms)
        and (entry.expires_ms is None or started_ms < entry.expires_ms)
    )


def added_time_ms(rulebook: Rulebook, entry: TimeEntry) -> int:
    """What one entry adds."""
    return entry.minutes * MINUTE_MS + rulebook.exam.minutes * MINUTE_MS * entry.percent // 100


def _cut(rulebook: Rulebook, window: Window, closing: Closing) -> Closing:
    if rulebook.window.end_policy is not EndPolicy.LET_FINISH and window.closes_ms < closing.deadline_ms:
        return Closing(window.closes_ms, DeadlineReason.WINDOW_END)
    return closing


def grace_ms(rulebook: Rulebook) -> int:
    """How long after the deadline a late hand-in still tells that the candidate was there (A-05)."""
    return rulebook.exam.timeout.submit_grace_seconds * SECOND_MS


def presence_ms(rulebook: Rulebook) -> int:
    """How long a sign of life tells that the candidate is there."""
    return rulebook.exam.timeout.presence_seconds * SECOND_MS


def was_present(rulebook: Rulebook, deadline_ms: int, last_seen_ms: int) -> bool:
    """Whether the last sign of life is at most ``presence_seconds`` older than the deadline (inclusive)."""
    return last_seen_ms >= deadline_ms - presence_ms(rulebook)


def leave_expires_ms(rulebook: Rulebook, left_page_ms: int | None, deadline_ms: int) -> int | None:
    """When a left page becomes a forced exit, or None: the rule is off, or the deadline comes first."""
    if left_page_ms is None or rulebook.exam.forced_exit.detect is not ForcedExitDetection.PAGE_LEAVE:
        return None
    expires_ms = left_page_ms + rulebook.exam.forced_exit.page_leave_grace_seconds * SECOND_MS
    return expires_ms if expires_ms < deadline_ms else None


def focus_losses_exceeded(rulebook: Rulebook, focus_losses: int) -> bool:
    """Whether leaving the page's focus so often is a forced exit (A-02)."""
    rules = rulebook.exam.forced_exit
    return rules.detect is ForcedExitDetection.FOCUS_LOSS and focus_losses > rules.focus_loss_limit


def passes(rulebook: Rulebook, score: Decimal) -> bool:
    """Exact comparison: 60 passes where the mark is inclusive, 59.99 never (S2014-09)."""
    if rulebook.exam.pass_inclusive:
        return score >= rulebook.exam.pass_score
    return score > rulebook.exam.pass_score


def rounded(rulebook: Rulebook, score: Decimal) -> Decimal:
    """The score that counts."""
    if rulebook.exam.score_rounding == "half_up_to_int":
        return score.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return score


def outcome_of(rulebook: Rulebook, ending: Ending, ended_ms: int, closing: Closing, score: Decimal | None) -> Outcome:
    """What an ending means under the rules.

    Args:
        score: what the acknowledged answers are marked, exact; None where a person still has to mark.
    """

    def scored(state: State) -> Outcome:
        if score is None:
            return Outcome(state, None, None, OutcomeReason.AWAITING_MARKING, ended_ms, closing)
        counts = rounded(rulebook, score)
        if passes(rulebook, counts):
            return Outcome(state, counts, "pass", OutcomeReason.PASS, ended_ms, closing)
        return Outcome(state, counts, "fail", OutcomeReason.FAIL_SCORE, ended_ms, closing)

    def unscored(state: State, reason: OutcomeReason) -> Outcome:
        return Outcome(state, None, "fail", reason, ended_ms, closing)

    void = Outcome(State.VOID, None, None, OutcomeReason.VOID, ended_ms, closing)
    match ending:
        case "submit":
            return scored(State.SUBMITTED)
        case "present_at_deadline":
            if rulebook.exam.timeout.connected == "auto_submit":
                return scored(State.AUTO_SUBMITTED)
            return unscored(State.EXPIRED_NO_SCORE, OutcomeReason.FAIL_NO_SCORE)
        case "decided_present":
            return scored(State.AUTO_SUBMITTED)
        case "absent_at_deadline":
            if rulebook.exam.interruption.unresumed == "grade_saved":
                return scored(State.AUTO_SUBMITTED)
            return unscored(State.EXPIRED_NO_SCORE, OutcomeReason.FAIL_NO_SCORE)
        case "forced_exit":
            match rulebook.exam.forced_exit.outcome:
                case "fail":
                    return unscored(State.FORCED_EXIT, OutcomeReason.FAIL_FORCED_EXIT)
                case "grade_saved":
                    return scored(State.FORCED_EXIT)
                case "void":
                    return void
        case "void":
            return void


def uses_place(rulebook: Rulebook, attempt: Attempt) -> bool:
    """Whether the attempt takes one of its round's places (A-03, S2014-54)."""
    if attempt.outcome is None:
        return True
    match attempt.outcome.state:
        case State.VOID:
            return False
        case State.EXPIRED_NO_SCORE:
            return rulebook.exam.interruption.unresumed_uses_attempt
        case State.FORCED_EXIT:
            return rulebook.exam.forced_exit.uses_attempt
        case _:
            return True


def settle(rulebook: Rulebook, attempt: Attempt, closing: Closing, now_ms: int) -> Attempt:
    """The attempt as of ``now_ms``: ended where its time has run out, else unchanged.

    Nothing is closed for good before the grace after the deadline is over, so that a late hand-in can still
    say that the candidate was there.
    """
    if attempt.outcome is not None:
        return attempt
    forced_ms = leave_expires_ms(rulebook, attempt.left_page_ms, closing.deadline_ms)
    if forced_ms is not None and forced_ms <= now_ms:
        return ended(rulebook, attempt, "forced_exit", forced_ms, closing)
    if now_ms < closing.deadline_ms + grace_ms(rulebook):
        return attempt
    present = was_present(rulebook, closing.deadline_ms, attempt.last_seen_ms)
    ending: Ending = "present_at_deadline" if present else "absent_at_deadline"
    return ended(rulebook, attempt, ending, closing.deadline_ms, closing)


def ended(rulebook: Rulebook, attempt: Attempt, ending: Ending, ended_ms: int, closing: Closing) -> Attempt:
    """The attempt with its outcome."""
    return replace(attempt, outcome=outcome_of(rulebook, ending, ended_ms, closing, attempt.saved_score))


def rescored(rulebook: Rulebook, outcome: Outcome, score: Decimal) -> Outcome:
    """The outcome with a new score; state and end stay."""
    marked = outcome_of(rulebook, "submit", outcome.ended_ms, outcome.closing, score)
    return replace(marked, state=outcome.state)


def can_be_rescored(outcome: Outcome) -> bool:
    """Whether there is a score to change: 无成绩 and void stay what they are."""
    return outcome.score is not None or outcome.reason is OutcomeReason.AWAITING_MARKING
