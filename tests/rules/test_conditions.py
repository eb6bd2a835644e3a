"""Every condition of a start with its evidence, what would help, and until when a start stays allowed."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import MINUTE_MS, window_of
from examengine.rules.conditions import Condition
from examengine.rules.decide import Permission, decide, examine
from examengine.rules.history import (
    Attempt,
    Closing,
    DeadlineReason,
    History,
    LearningReport,
    OpenedBy,
    Outcome,
    OutcomeReason,
    Round,
    State,
)
from examengine.rules.load import load, packaged_text, usable
from examengine.rules.prospects import Prospect, Suppose, prospect, starts_until_ms
from examengine.rules.rulebook import Rulebook

DAY_MS = 24 * 60 * MINUTE_MS


@lru_cache
def book(name: str = "guangxi-2024", **override: object) -> Rulebook:
    """A packaged rulebook; ``exam__minutes`` stands for ``exam.minutes``."""
    return usable(load(packaged_text(name), override={key.replace("__", "."): v for key, v in override.items()}))


OPENS_MS, CLOSES_MS = window_of(book(), 2024).opens_ms, window_of(book(), 2024).closes_ms
NOW_MS = OPENS_MS + 30 * DAY_MS


def attempt(no: int, ended_ms: int | None, score: int = 0) -> Attempt:
    """One that ran ten minutes, or still runs."""
    begins_ms = NOW_MS - 20 * MINUTE_MS if ended_ms is None else ended_ms - 10 * MINUTE_MS
    closing = Closing(begins_ms + 60 * MINUTE_MS, DeadlineReason.TIME_LIMIT)
    passed = score >= 60
    reason = OutcomeReason.PASS if passed else OutcomeReason.FAIL_SCORE
    outcome = Outcome(State.SUBMITTED, Decimal(score), "pass" if passed else "fail", reason, ended_ms or 0, closing)
    return Attempt(no, begins_ms, closing, outcome=None if ended_ms is None else outcome)


def round_of(*attempts: Attempt, learned: int = 100, places: int = 3, expires_ms: int | None = None) -> Round:
    learning = (LearningReport(OPENS_MS, learned),)
    return Round(1, OpenedBy.OPEN, OPENS_MS, places, tuple(attempts), learning, expires_ms)


def history(*rounds: Round) -> History:
    return History(2024, tuple(rounds))


FRESH = history(round_of())
FAILED = history(round_of(*(attempt(no, NOW_MS - (5 - no) * DAY_MS) for no in (1, 2, 3))))


def met(rulebook: Rulebook, happened: History | None, now_ms: int) -> dict[Condition, bool | None]:
    return {one.condition: one.met for one in examine(rulebook, happened, now_ms)}


def test_where_all_is_met_a_start_is_allowed() -> None:
    assert isinstance(decide(book(), FRESH, NOW_MS), Permission)
    assert set(met(book(), FRESH, NOW_MS).values()) == {True}
    assert [one.condition for one in examine(book(), FRESH, NOW_MS)] == [
        Condition.ENROLLED,
        Condition.OPENED,
        Condition.NOT_CLOSED,
        Condition.NOT_PASSED,
        Condition.NONE_RUNNING,
        Condition.PLACE_LEFT,
        Condition.LEARNED,
    ]


def test_every_condition_that_fails_is_shown_not_the_first_alone() -> None:
    tired = book(exam__wait_minutes_between_attempts=60 * 24 * 7, window__min_remaining_minutes_to_start=30)
    happened = history(replace(FAILED.rounds[0], learning=()))
    shown = met(tired, happened, CLOSES_MS)
    assert shown[Condition.NOT_CLOSED] is False
    assert shown[Condition.PLACE_LEFT] is False
    assert shown[Condition.LEARNED] is None
    assert shown[Condition.TIME_LEFT] is None
    refusal = decide(tired, happened, CLOSES_MS)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.WINDOW_CLOSED
    assert met(tired, happened, NOW_MS)[Condition.WAITED] is False


def test_of_somebody_not_enrolled_nothing_else_is_asked() -> None:
    assert met(book(), None, NOW_MS) == {Condition.ENROLLED: False}


@pytest.mark.parametrize(("learned", "is_met"), [(0, False), (99, False), (100, True)])
def test_learning_is_shown_with_its_per_cent(learned: int, is_met: bool) -> None:
    [one] = [x for x in examine(book(), history(round_of(learned=learned)), NOW_MS) if x.condition == "learned"]
    assert (one.met, one.facts) == (is_met, {"percent": learned})


def test_places_are_shown_over_all_rounds() -> None:
    two = history(FAILED.rounds[0], replace(round_of(places=1), no=2, opened_by=OpenedBy.GRANT))
    [one] = [x for x in examine(book(), two, NOW_MS) if x.condition is Condition.PLACE_LEFT]
    assert one.facts == {"left": 1, "allowed": 4}


@pytest.mark.parametrize(
    ("override", "expires_ms", "until_ms"),
    [
        ({}, None, CLOSES_MS),
        ({}, NOW_MS + DAY_MS, NOW_MS + DAY_MS),
        ({"window__min_remaining_minutes_to_start": 30}, None, CLOSES_MS - 30 * MINUTE_MS + 1),
        ({"window__end_policy": "refuse_if_not_full"}, None, CLOSES_MS - 60 * MINUTE_MS + 1),
    ],
)
def test_a_start_is_allowed_until_just_before_the_instant_that_is_told(
    override: dict[str, object], expires_ms: int | None, until_ms: int
) -> None:
    rulebook, happened = book(**override), history(round_of(expires_ms=expires_ms))
    minutes = rulebook.exam.minutes
    if "window__end_policy" in override:
        until_ms = CLOSES_MS - minutes * MINUTE_MS + 1
    assert starts_until_ms(rulebook, happened, NOW_MS) == until_ms
    assert isinstance(decide(rulebook, happened, until_ms - 1), Permission)
    assert isinstance(decide(rulebook, happened, until_ms), Refusal)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    now_ms=st.integers(OPENS_MS, CLOSES_MS - 1),
    lapses_ms=st.none() | st.integers(OPENS_MS, CLOSES_MS),
    spare=st.sampled_from([0, 30, 600]),
)
def test_until_then_it_is_allowed_and_from_then_on_refused(now_ms: int, lapses_ms: int | None, spare: int) -> None:
    rulebook = book(window__min_remaining_minutes_to_start=spare)
    happened = history(round_of(expires_ms=lapses_ms), replace(round_of(places=1), no=2, expires_ms=None))
    if isinstance(decide(rulebook, happened, now_ms), Refusal):
        with pytest.raises(ValueError, match="refused already"):
            starts_until_ms(rulebook, happened, now_ms)
        return
    until_ms = starts_until_ms(rulebook, happened, now_ms)
    for at_ms in (now_ms, (now_ms + until_ms) // 2, until_ms - 1):
        assert isinstance(decide(rulebook, happened, at_ms), Permission)
    for at_ms in (until_ms, (until_ms + CLOSES_MS) // 2, CLOSES_MS):
        assert isinstance(decide(rulebook, happened, at_ms), Refusal)


def helping(rulebook: Rulebook, happened: History, now_ms: int = NOW_MS, given_before: int = 0) -> Prospect:
    found = prospect(rulebook, happened, now_ms, given_before)
    assert found is not None
    return found


def test_a_grant_would_help_whoever_has_failed_all() -> None:
    found = helping(book(grant__relearn=False), FAILED)
    assert found.suppose is Suppose.GRANT
    assert isinstance(found.decision, Permission)
    assert (found.decision.round_no, found.decision.no, found.until_ms) == (2, 1, CLOSES_MS)


def test_a_grant_that_asks_for_learning_again_says_so() -> None:
    found = helping(book(), FAILED)
    assert isinstance(found.decision, Refusal)
    assert (found.decision.reason, found.decision.next) == (Reason.LEARNING_INCOMPLETE, Next.FINISH_LEARNING)
    assert found.until_ms is None


def test_where_the_rules_allow_no_grant_none_is_supposed() -> None:
    assert prospect(book(grant__enabled=False, exam__on_exhausted="none"), FAILED, NOW_MS, 0) is None
    assert helping(book(grant__max_per_enrolment=1), FAILED).suppose is Suppose.GRANT
    assert prospect(book(grant__max_per_enrolment=1), FAILED, NOW_MS, 1) is None


def test_learning_would_help_whoever_has_not_finished_it() -> None:
    found = helping(book(), history(round_of(learned=99)))
    assert (found.suppose, found.at_ms, found.until_ms) == (Suppose.LEARNING, NOW_MS, CLOSES_MS)


def test_time_would_help_before_the_opening_and_between_two_attempts() -> None:
    early = helping(book(), FRESH, OPENS_MS - 1)
    assert (early.suppose, early.at_ms, early.until_ms) == (Suppose.TIME, OPENS_MS, CLOSES_MS)
    waits = book(exam__wait_minutes_between_attempts=30)
    between = helping(waits, history(round_of(attempt(1, NOW_MS - MINUTE_MS))))
    assert (between.suppose, between.at_ms) == (Suppose.TIME, NOW_MS + 29 * MINUTE_MS)


def test_a_card_would_help_in_a_year_of_cards() -> None:
    cards = book("guangxi-2014")
    window = window_of(cards, 2014)
    now_ms = window.opens_ms + DAY_MS
    without = History(2014)
    refusal = decide(cards, without, now_ms)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.CARD_REQUIRED
    assert met(cards, without, now_ms)[Condition.LEARNED] is None
    found = helping(cards, without, now_ms)
    assert found.suppose is Suppose.CARD
    assert isinstance(found.decision, Refusal)  # a new card's round begins with its learning
    assert found.decision.reason is Reason.LEARNING_INCOMPLETE


@pytest.mark.parametrize(
    ("happened", "now_ms"),
    [
        (FRESH, NOW_MS),
        (FRESH, CLOSES_MS),
        (FAILED, CLOSES_MS),
        (history(round_of(attempt(1, NOW_MS - DAY_MS, score=60))), NOW_MS),
        (history(round_of(attempt(1, None))), NOW_MS),
    ],
    ids=["allowed", "over", "over and failed", "passed", "running"],
)
def test_where_nothing_helps_nothing_is_supposed(happened: History, now_ms: int) -> None:
    assert prospect(book(), happened, now_ms, 0) is None
