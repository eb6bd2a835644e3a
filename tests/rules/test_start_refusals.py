"""Why a start is refused, what helps next, and which reason is named where several hold."""

import pytest

from tests.rules.cases import (
    TWO,
    Event,
    as_of,
    ev,
    failed,
    may_start,
    places,
    ready_2014,
    ready_2024,
    refusals,
    sat,
    sitting_2024,
    why,
    with_card,
)

MAY = "2024-06-01 09:00"
GAOMING_ENROLLED = [ev("enrol", "2015-06-01 09:00")]
GAOMING_REGISTERED = [*GAOMING_ENROLLED, ev("register_batch", "2015-06-02 09:00", batch=2)]
GAOMING_TAUGHT = [*GAOMING_REGISTERED, ev("learning", "2015-07-05 17:00", percent=100)]

NO_REASON = [
    # id, rulebook, events, asked at, override
    ("open year", "guangxi-2024", ready_2024(), MAY, {}),
    ("card year", "guangxi-2014", ready_2014(), "2014-06-01 09:00", {}),
    ("learning not asked for", "guangxi-2024", [ev("enrol", MAY)], MAY, {"learning.required_before_exam": False}),
    ("second attempt", "guangxi-2024", [*ready_2024(), *failed("2024-06-01")], "2024-06-01 12:00", {}),
    (
        "after a pass where the rules allow it",
        "guangxi-2024",
        [*ready_2024(), *sat(MAY, "2024-06-01 09:30", 90)],
        "2024-06-01 10:00",
        {"exam.retake_after_pass": True},
    ),
    (
        "while people mark, where a pass would not end it",
        "guangxi-2024",
        sitting_2024(ev("submit", "2024-06-01 09:30", score=None)),
        "2024-06-01 12:00",
        {"exam.retake_after_pass": True},
    ),
    (
        "after people have marked it a fail",
        "guangxi-2024",
        sitting_2024(
            ev("submit", "2024-06-01 09:30", score=None),
            ev("rescore", "2024-06-01 11:00", attempt=1, score=59, by=TWO),
        ),
        "2024-06-01 12:00",
        {},
    ),
]


@pytest.mark.parametrize(
    ("rulebook", "events", "moment", "override"), [row[1:] for row in NO_REASON], ids=[row[0] for row in NO_REASON]
)
def test_a_start_is_allowed(rulebook: str, events: list[Event], moment: str, override: dict) -> None:
    answer = may_start(rulebook, events, moment, override=override)
    assert answer["allowed"] is True
    assert why(answer) == (None, None)


AWAITING = sitting_2024(ev("submit", "2024-06-01 09:30", score=None))

ONE_REASON = [
    ("not_enrolled", "enrol", "guangxi-2024", [], MAY, {}),
    ("window_not_open", "wait_for_window", "guangxi-2024", [ev("enrol", "2024-04-01 09:00")], "2024-04-02 09:00", {}),
    ("window_closed", "none", "guangxi-2024", ready_2024(), "2025-01-01 09:00", {}),
    (
        "already_passed",
        "none",
        "guangxi-2024",
        [*ready_2024(), *sat(MAY, "2024-06-01 09:30", 60)],
        "2024-06-02 09:00",
        {},
    ),
    ("attempt_running", "resume", "guangxi-2024", sitting_2024(), "2024-06-01 09:30", {}),
    ("result_pending", "none", "guangxi-2024", AWAITING, "2024-06-01 12:00", {}),
    ("card_required", "buy_card", "guangxi-2014", [ev("enrol", "2014-06-01 09:00")], "2014-06-01 09:00", {}),
    (
        "card_required",
        "activate_card",
        "guangxi-2014",
        [ev("enrol", "2014-06-01 09:00"), ev("card_out", "2014-06-01 09:00", card="C1")],
        "2014-06-01 09:00",
        {},
    ),
    ("batch_required", "register_batch", "gaoming-2015", GAOMING_ENROLLED, "2015-07-01 09:00", {}),
    (
        "attempts_exhausted",
        "call_support",
        "guangxi-2024",
        [*ready_2024(), *failed("2024-06-01", 3)],
        "2024-06-02 09:00",
        {},
    ),
    (
        "attempts_exhausted",
        "buy_card",
        "guangxi-2014",
        [*ready_2014(), *failed("2014-06-01", 2)],
        "2014-06-02 09:00",
        {},
    ),
    (
        "attempts_exhausted",
        "activate_card",
        "guangxi-2014",
        [*ready_2014(), *failed("2014-06-01", 2), ev("card_out", "2014-06-01 20:00", card="C2")],
        "2014-06-02 09:00",
        {},
    ),
    (
        "attempts_exhausted",
        "reregister",
        "guangxi-2024",
        [*ready_2024(), *failed("2024-06-01", 3)],
        "2024-06-02 09:00",
        {"exam.on_exhausted": "reregister"},
    ),
    (
        "attempts_exhausted",
        "none",
        "guangxi-2024",
        [*ready_2024(), *failed("2024-06-01", 3)],
        "2024-06-02 09:00",
        {"exam.on_exhausted": "none"},
    ),
    (
        "learning_incomplete",
        "finish_learning",
        "guangxi-2024",
        [ev("enrol", MAY), ev("learning", MAY, percent=99)],
        MAY,
        {},
    ),
    (
        "wait_between_attempts",
        "wait",
        "guangxi-2024",
        [*ready_2024(), *failed("2024-06-01")],
        "2024-06-01 10:00",
        {"exam.wait_minutes_between_attempts": 60},
    ),
    (
        "too_little_time_left",
        "none",
        "guangxi-2024",
        ready_2024(),
        "2024-12-31 23:30",
        {"window.min_remaining_minutes_to_start": 45},
    ),
    (
        "too_little_time_left",
        "none",
        "guangxi-2024",
        ready_2024(),
        "2024-12-31 23:30",
        {"window.end_policy": "refuse_if_not_full"},
    ),
    ("not_online", "none", "gaoming-2015", GAOMING_TAUGHT, "2015-07-05 18:00", {}),
]


@pytest.mark.parametrize(
    ("reason", "next_step", "rulebook", "events", "moment", "override"),
    ONE_REASON,
    ids=[f"{row[0]}-{row[1]}" for row in ONE_REASON],
)
def test_a_refused_start_names_its_reason_and_the_next_step(
    reason: str, next_step: str, rulebook: str, events: list[Event], moment: str, override: dict
) -> None:
    answer = may_start(rulebook, events, moment, override=override)
    assert why(answer) == (reason, next_step)
    assert answer["allowed"] is False
    assert {answer[key] for key in ("round", "no", "label", "left", "deadline", "deadline_reason")} == {None}


PASSED = [*ready_2024(), *sat(MAY, "2024-06-01 09:30", 90)]
FAILED = [*ready_2024(), *failed("2024-06-01")]
EXHAUSTED = [*ready_2024(), *failed("2024-06-01", 3)]
LAST_DAY = "2024-12-31 23:30"
RELEARN = {"exam.relearn_before_makeup": True}
AN_HOUR = {"exam.wait_minutes_between_attempts": 60}
NEVER_LATE = {"window.min_remaining_minutes_to_start": 45}
ONSITE = {"exam.delivery": "onsite"}
ENROLLED_EARLY = [ev("enrol", "2024-04-01 09:00")]
ENROLLED_2014 = [ev("enrol", "2014-06-01 09:00")]
LAST_DAY_2014 = "2014-10-31 23:30"

PAIRS = [
    # named first, holds as well, rulebook, events, asked at, override
    ("not_enrolled", "window_not_open", "guangxi-2024", [], "2024-04-01 09:00", {}),
    ("not_enrolled", "window_closed", "guangxi-2024", [], "2025-01-01 09:00", {}),
    ("not_enrolled", "card_required", "guangxi-2014", [], "2014-06-01 09:00", {}),
    ("not_enrolled", "batch_required", "gaoming-2015", [], "2015-07-01 09:00", {}),
    ("not_enrolled", "too_little_time_left", "guangxi-2024", [], LAST_DAY, NEVER_LATE),
    ("not_enrolled", "not_online", "guangxi-2024", [], MAY, ONSITE),
    ("window_not_open", "card_required", "guangxi-2014", [ev("enrol", "2014-04-01 09:00")], "2014-04-01 09:00", {}),
    ("window_not_open", "batch_required", "gaoming-2015", GAOMING_ENROLLED, "2015-06-01 09:00", {}),
    ("window_not_open", "learning_incomplete", "guangxi-2024", ENROLLED_EARLY, "2024-04-01 09:00", {}),
    ("window_not_open", "not_online", "guangxi-2024", ENROLLED_EARLY, "2024-04-01 09:00", ONSITE),
    ("window_closed", "already_passed", "guangxi-2024", PASSED, "2025-01-01 09:00", {}),
    (
        "window_closed",
        "attempt_running",
        "guangxi-2024",
        [*ready_2024(), ev("start", LAST_DAY)],
        "2025-01-01 00:10",
        {"window.end_policy": "let_finish"},
    ),
    ("window_closed", "card_required", "guangxi-2014", ENROLLED_2014, "2014-11-01 00:00", {}),
    ("window_closed", "attempts_exhausted", "guangxi-2024", EXHAUSTED, "2025-01-01 09:00", {}),
    ("window_closed", "learning_incomplete", "guangxi-2024", [ev("enrol", MAY)], "2025-01-01 09:00", {}),
    ("window_closed", "too_little_time_left", "guangxi-2024", ready_2024(), "2025-01-01 00:00", NEVER_LATE),
    (
        "already_passed",
        "attempt_running",
        "guangxi-2024",
        [
            *FAILED,
            ev("start", "2024-06-01 12:00"),
            ev("rescore", "2024-06-01 12:10", attempt=1, score=80, by=TWO),
        ],
        "2024-06-01 12:20",
        {},
    ),
    (
        "already_passed",
        "attempts_exhausted",
        "guangxi-2024",
        [*ready_2024(), *failed("2024-06-01", 2), *sat("2024-06-01 15:00", "2024-06-01 15:30", 60)],
        "2024-06-02 09:00",
        {},
    ),
    ("already_passed", "learning_incomplete", "guangxi-2024", PASSED, "2024-06-02 09:00", RELEARN),
    ("already_passed", "wait_between_attempts", "guangxi-2024", PASSED, "2024-06-01 09:31", AN_HOUR),
    ("already_passed", "too_little_time_left", "guangxi-2024", PASSED, LAST_DAY, NEVER_LATE),
    (
        "attempt_running",
        "attempts_exhausted",
        "guangxi-2024",
        sitting_2024(),
        "2024-06-01 09:30",
        {"exam.attempts": 1},
    ),
    ("attempt_running", "learning_incomplete", "guangxi-2024", sitting_2024(), "2024-06-01 09:30", RELEARN),
    (
        "attempt_running",
        "too_little_time_left",
        "guangxi-2024",
        [*ready_2024(), ev("start", "2024-12-31 23:00")],
        LAST_DAY,
        NEVER_LATE,
    ),
    ("result_pending", "attempts_exhausted", "guangxi-2024", AWAITING, "2024-06-01 12:00", {"exam.attempts": 1}),
    ("result_pending", "wait_between_attempts", "guangxi-2024", AWAITING, "2024-06-01 09:31", AN_HOUR),
    ("result_pending", "too_little_time_left", "guangxi-2024", AWAITING, LAST_DAY, NEVER_LATE),
    ("card_required", "learning_incomplete", "guangxi-2014", ENROLLED_2014, "2014-06-01 09:00", {}),
    ("card_required", "too_little_time_left", "guangxi-2014", ENROLLED_2014, LAST_DAY_2014, NEVER_LATE),
    ("card_required", "not_online", "guangxi-2014", ENROLLED_2014, "2014-06-01 09:00", ONSITE),
    ("batch_required", "learning_incomplete", "gaoming-2015", GAOMING_ENROLLED, "2015-07-01 09:00", {}),
    ("batch_required", "not_online", "gaoming-2015", GAOMING_ENROLLED, "2015-07-01 09:00", {}),
    ("batch_required", "too_little_time_left", "gaoming-2015", GAOMING_ENROLLED, "2015-12-31 23:30", NEVER_LATE),
    (
        "attempts_exhausted",
        "learning_incomplete",
        "guangxi-2024",
        FAILED,
        MAY[:11] + "12:00",
        {"exam.attempts": 1, **RELEARN},
    ),
    (
        "attempts_exhausted",
        "wait_between_attempts",
        "guangxi-2024",
        FAILED,
        "2024-06-01 09:31",
        {"exam.attempts": 1, **AN_HOUR},
    ),
    ("attempts_exhausted", "too_little_time_left", "guangxi-2024", EXHAUSTED, LAST_DAY, NEVER_LATE),
    ("learning_incomplete", "wait_between_attempts", "guangxi-2024", FAILED, "2024-06-01 09:31", RELEARN | AN_HOUR),
    ("learning_incomplete", "too_little_time_left", "guangxi-2024", [ev("enrol", MAY)], LAST_DAY, NEVER_LATE),
    ("learning_incomplete", "not_online", "gaoming-2015", GAOMING_REGISTERED, "2015-07-05 18:00", {}),
    (
        "wait_between_attempts",
        "too_little_time_left",
        "guangxi-2024",
        [*ready_2024(), *sat("2024-12-31 22:00", "2024-12-31 23:00", 10)],
        LAST_DAY,
        AN_HOUR | NEVER_LATE,
    ),
    ("too_little_time_left", "not_online", "gaoming-2015", GAOMING_TAUGHT, "2015-12-31 23:30", NEVER_LATE),
]


@pytest.mark.parametrize(
    ("first", "rulebook", "events", "moment", "override"),
    [(row[0], *row[2:]) for row in PAIRS],
    ids=[f"{row[0]} before {row[1]}" for row in PAIRS],
)
def test_where_two_reasons_hold_the_first_is_named(
    first: str, rulebook: str, events: list[Event], moment: str, override: dict
) -> None:
    assert may_start(rulebook, events, moment, override=override)["reason"] == first


def test_a_refused_start_among_the_events_is_listed_with_the_same_words_and_changes_nothing() -> None:
    result = as_of("guangxi-2024", [ev("enrol", MAY), ev("start", MAY, 1)], MAY, 2)
    assert refusals(result) == [("start", "learning_incomplete", "finish_learning")]
    assert result["refused"][0]["at"] == "2024-06-01T09:00:00.001+08:00"
    assert places(result) == [(3, 0, 3)]
    assert result["attempts"] == []


def test_a_person_whose_second_card_is_used_up_too_is_sent_for_a_third() -> None:
    events = [
        *ready_2014(),
        *failed("2014-06-01", 2),
        *with_card("C2", "2014-06-02 08:00"),
        *failed("2014-06-02", 2),
    ]
    assert why(may_start("guangxi-2014", events, "2014-06-03 09:00")) == ("attempts_exhausted", "buy_card")


def test_the_year_of_another_enrolment_is_asked_about_by_its_credit_year() -> None:
    events = ready_2024()
    assert may_start("guangxi-2024", events, MAY, credit_year=2023)["reason"] == "not_enrolled"
    assert may_start("guangxi-2024", ready_2024(credit_year=2023), MAY)["reason"] == "not_enrolled"


def test_no_further_round_is_opened_while_people_mark_the_last_attempt() -> None:
    waits = sitting_2024(ev("submit", "2024-06-01 09:30", score=None), ev("grant", "2024-06-01 10:00", by="周敏"))
    result = as_of("guangxi-2024", waits, "2024-06-01 12:00", override={"exam.attempts": 1})
    assert refusals(result) == [("grant", "result_pending", "none")]
