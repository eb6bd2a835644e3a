"""Every edge of time at -1, 0 and +1 ms: intervals are half-open, presence is inclusive."""

from typing import Any

import pytest

from tests.rules.cases import (
    Event,
    as_of,
    ev,
    may_start,
    outcomes,
    places,
    ready_2014,
    ready_2024,
    refusals,
    run,
    sat,
    sitting_2024,
    why,
)

AROUND = (-1, 0, 1)
MAY = (None, None)
WINDOW_CLOSED = ("window_closed", "none")
TOO_LITTLE = ("too_little_time_left", "none")


def table(*before_at_after: Any) -> pytest.MarkDecorator:
    """Parametrizes a test with one expectation each for -1, 0 and +1 ms."""
    return pytest.mark.parametrize(("ms", "expected"), list(zip(AROUND, before_at_after, strict=True)))


# -- the window


@table(("window_not_open", "wait_for_window"), MAY, MAY)
def test_the_window_opens_with_its_first_day(ms: int, expected: tuple) -> None:
    events = [ev("enrol", "2024-04-01 09:00")]
    override = {"learning.required_before_exam": False}
    assert why(may_start("guangxi-2024", events, "2024-04-29 00:00", ms, override)) == expected


@table(MAY, WINDOW_CLOSED, WINDOW_CLOSED)
def test_the_window_closes_at_the_end_of_its_last_day(ms: int, expected: tuple) -> None:
    assert why(may_start("guangxi-2024", ready_2024(), "2025-01-01 00:00", ms)) == expected


@table(MAY, WINDOW_CLOSED, WINDOW_CLOSED)
def test_an_earlier_year_closes_on_its_own_day(ms: int, expected: tuple) -> None:
    events = ready_2024(credit_year=2023)
    override = {"backfill.closes_on": "2024-08-31"}
    answer = may_start("guangxi-2024", events, "2024-09-01 00:00", ms, override, credit_year=2023)
    assert why(answer) == expected
    # the year's own exam goes on
    assert may_start("guangxi-2024", ready_2024(), "2024-09-01 00:00", ms, override)["allowed"]


@table("time_limit", "time_limit", "window_end")
def test_a_start_too_late_for_the_full_time_is_cut_at_the_windows_end(ms: int, expected: str) -> None:
    answer = may_start("guangxi-2024", ready_2024(), "2024-12-31 23:00", ms)
    assert answer["deadline_reason"] == expected
    ends = "2024-12-31T23:59:59.999+08:00" if ms < 0 else "2025-01-01T00:00:00+08:00"
    assert answer["deadline"] == ends


@table(MAY, MAY, TOO_LITTLE)
def test_refuse_if_not_full_wants_every_millisecond_of_the_time_limit(ms: int, expected: tuple) -> None:
    override = {"window.end_policy": "refuse_if_not_full"}
    assert why(may_start("guangxi-2024", ready_2024(), "2024-12-31 23:00", ms, override)) == expected


@table(MAY, MAY, TOO_LITTLE)
def test_the_least_remaining_time_is_enough_to_start(ms: int, expected: tuple) -> None:
    override = {"window.min_remaining_minutes_to_start": 20}
    assert why(may_start("guangxi-2024", ready_2024(), "2024-12-31 23:40", ms, override)) == expected


@table(MAY, WINDOW_CLOSED, WINDOW_CLOSED)
def test_let_finish_opens_no_door_after_the_window_but_keeps_the_full_time(ms: int, expected: tuple) -> None:
    override = {"window.end_policy": "let_finish"}
    answer = may_start("guangxi-2024", ready_2024(), "2025-01-01 00:00", ms, override)
    assert why(answer) == expected
    if ms < 0:
        assert (answer["deadline"], answer["deadline_reason"]) == ("2025-01-01T00:59:59.999+08:00", "time_limit")


# -- the deadline and the grace after it


@table([], ["not_running"], ["not_running"])
@pytest.mark.parametrize("what", ["answers", "alive", "give_up", "focus_loss", "leave_page", "return_page", "submit"])
def test_nothing_is_taken_at_or_after_the_deadline(what: str, ms: int, expected: list[str]) -> None:
    more = {"score": 70} if what in {"answers", "submit"} else {}
    events = sitting_2024(ev(what, "2024-06-01 10:00", ms, **more))
    result = as_of("guangxi-2024", events, "2024-06-01 10:00", ms)
    assert [refused["reason"] for refused in result["refused"]] == expected


@table(
    ("submitted", "70.00", "pass", "pass"),
    ("auto_submitted", "30.00", "fail", "fail_score"),
    ("auto_submitted", "30.00", "fail", "fail_score"),
)
def test_a_hand_in_at_the_deadline_is_late_and_what_was_acknowledged_counts(ms: int, expected: tuple) -> None:
    events = sitting_2024(ev("answers", "2024-06-01 09:40", score=30), ev("submit", "2024-06-01 10:00", ms, score=70))
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 11:00")) == [expected]


@table("auto_submitted", "expired_no_score", "expired_no_score")
def test_a_hand_in_within_the_grace_is_a_sign_of_life(ms: int, expected: str) -> None:
    events = sitting_2024(ev("submit", "2024-06-01 10:00:30", ms, score=70))
    result = as_of("guangxi-2024", events, "2024-06-01 11:00")
    assert outcomes(result)[0][0] == expected
    assert refusals(result) == [("submit", "not_running", "none")]


@table("running", "auto_submitted", "auto_submitted")
def test_nothing_is_closed_for_good_before_the_grace_is_over(ms: int, expected: str) -> None:
    events = sitting_2024(ev("alive", "2024-06-01 09:59"))
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 10:00:30", ms))[0][0] == expected


@table("running", "expired_no_score", "expired_no_score")
def test_absence_too_is_decided_only_when_the_grace_is_over(ms: int, expected: str) -> None:
    assert outcomes(as_of("guangxi-2024", sitting_2024(), "2024-06-01 10:00:30", ms))[0][0] == expected


@table("running", "auto_submitted", "auto_submitted")
def test_without_a_grace_the_deadline_closes(ms: int, expected: str) -> None:
    events = sitting_2024(ev("alive", "2024-06-01 09:59:59"))
    override = {"exam.timeout.submit_grace_seconds": 0}
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 10:00", ms, override))[0][0] == expected


@table("attempt_running", None, None)
def test_the_next_attempt_may_begin_when_the_grace_of_the_last_is_over(ms: int, expected: str | None) -> None:
    assert may_start("guangxi-2024", sitting_2024(), "2024-06-01 10:00:30", ms)["reason"] == expected


@table("expired_no_score", "auto_submitted", "auto_submitted")
@pytest.mark.parametrize("what", ["alive", "answers", "return_page"])
def test_a_sign_of_life_exactly_presence_seconds_before_the_deadline_counts(
    what: str, ms: int, expected: str
) -> None:
    more = {"score": 70} if what == "answers" else {}
    events = sitting_2024(ev(what, "2024-06-01 09:58:30", ms, **more))
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 11:00"))[0][0] == expected


@table("expired_no_score", "auto_submitted", "auto_submitted")
def test_the_start_is_a_sign_of_life_too(ms: int, expected: str) -> None:
    events = [*ready_2024(), ev("start", "2024-12-31 23:58:30", ms)]
    result = as_of("guangxi-2024", events, "2025-01-01 01:00")
    assert result["attempts"][0]["deadline_reason"] == "window_end"
    assert outcomes(result)[0][0] == expected


# -- leaving the page, losing the focus

PAGE_LEAVE = {"exam.forced_exit.detect": "page_leave", "exam.forced_exit.page_leave_grace_seconds": 20}


@table("running", "forced_exit", "forced_exit")
@pytest.mark.parametrize("back", ["return_page", "answers", "alive"])
def test_who_is_back_within_the_grace_goes_on(back: str, ms: int, expected: str) -> None:
    more = {"score": 70} if back == "answers" else {}
    events = sitting_2024(ev("leave_page", "2024-06-01 09:10"), ev(back, "2024-06-01 09:10:20", ms, **more))
    result = as_of("guangxi-2024", events, "2024-06-01 09:30", override=PAGE_LEAVE)
    assert outcomes(result)[0][0] == expected
    assert [refused["reason"] for refused in result["refused"]] == ([] if ms < 0 else ["not_running"])


@table("running", "forced_exit", "forced_exit")
def test_a_left_page_is_a_forced_exit_at_leaving_plus_grace(ms: int, expected: str) -> None:
    events = sitting_2024(ev("leave_page", "2024-06-01 09:10"))
    result = as_of("guangxi-2024", events, "2024-06-01 09:10:20", ms, PAGE_LEAVE)
    assert outcomes(result)[0][0] == expected
    assert places(result) == [(3, 1, 2)]


@table("forced_exit", "auto_submitted", "auto_submitted")
def test_a_leave_whose_grace_reaches_the_deadline_ends_with_the_deadline(ms: int, expected: str) -> None:
    events = sitting_2024(ev("alive", "2024-06-01 09:59"), ev("leave_page", "2024-06-01 09:59:40", ms))
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 11:00", override=PAGE_LEAVE))[0][0] == expected


@pytest.mark.parametrize(
    ("losses", "expected"), [(1, "running"), (2, "running"), (3, "forced_exit"), (4, "forced_exit")]
)
def test_focus_may_be_lost_up_to_the_limit(losses: int, expected: str) -> None:
    events = sitting_2024(*(ev("focus_loss", "2024-06-01 09:10", n) for n in range(losses)))
    override = {"exam.forced_exit.detect": "focus_loss", "exam.forced_exit.focus_loss_limit": 2}
    result = as_of("guangxi-2024", events, "2024-06-01 09:30", override=override)
    assert outcomes(result)[0][0] == expected
    assert len(result["refused"]) == max(0, losses - 3)


def test_with_a_limit_of_none_the_first_loss_of_focus_is_a_forced_exit() -> None:
    events = sitting_2024(ev("focus_loss", "2024-06-01 09:10"))
    override = {"exam.forced_exit.detect": "focus_loss"}
    result = as_of("guangxi-2024", events, "2024-06-01 09:30", override=override)
    assert outcomes(result) == [("forced_exit", None, "fail", "fail_forced_exit")]


def test_neither_leaving_nor_losing_the_focus_means_anything_unless_a_rulebook_asks_for_it() -> None:
    events = sitting_2024(
        ev("leave_page", "2024-06-01 09:10"), *(ev("focus_loss", "2024-06-01 09:20", n) for n in range(50))
    )
    result = as_of("guangxi-2024", events, "2024-06-01 09:50")
    assert outcomes(result)[0][0] == "running"
    assert result["refused"] == []


# -- between attempts, before a hand-in


@table("wait_between_attempts", None, None)
def test_the_wait_between_attempts_is_over_on_the_millisecond(ms: int, expected: str | None) -> None:
    events = [*ready_2024(), *sat("2024-06-01 09:00", "2024-06-01 09:30", 10)]
    override = {"exam.wait_minutes_between_attempts": 60}
    assert may_start("guangxi-2024", events, "2024-06-01 10:30", ms, override)["reason"] == expected


@table("wait_between_attempts", None, None)
def test_the_wait_after_an_attempt_that_ran_out_counts_from_its_deadline(ms: int, expected: str | None) -> None:
    override = {"exam.wait_minutes_between_attempts": 60}
    assert may_start("guangxi-2024", sitting_2024(), "2024-06-01 11:00", ms, override)["reason"] == expected


def test_a_voided_attempt_makes_nobody_wait() -> None:
    events = [
        *ready_2024(),
        *sat("2024-06-01 09:00", "2024-06-01 09:30", 10),
        ev("void", "2024-06-01 09:40", attempt=1, by=["李四", "王五"], reason="停电"),
    ]
    override = {"exam.wait_minutes_between_attempts": 60}
    assert may_start("guangxi-2024", events, "2024-06-01 09:41", override=override)["allowed"] is True


@table("learning_incomplete", None, None)
def test_learning_again_counts_from_the_end_of_the_last_attempt(ms: int, expected: str | None) -> None:
    events = [
        *ready_2024(),
        *sat("2024-06-01 09:00", "2024-06-01 09:30", 10),
        ev("learning", "2024-06-01 09:30", ms, percent=100),
    ]
    override = {"exam.relearn_before_makeup": True}
    assert may_start("guangxi-2024", events, "2024-06-01 10:00", override=override)["reason"] == expected


@table("running", "submitted", "submitted")
def test_a_hand_in_waits_for_the_least_minutes(ms: int, expected: str) -> None:
    events = sitting_2024(ev("submit", "2024-06-01 09:20", ms, score=70))
    override = {"exam.min_minutes_before_submit": 20}
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 09:40", override=override))[0][0] == expected


# -- cards and grants


@table(1, 0, 0)
@pytest.mark.parametrize(
    ("override", "moment"),
    [({}, "2014-11-01 00:00"), ({"card.expires_on": "2014-08-31"}, "2014-09-01 00:00")],
    ids=["with the window", "on its own day"],
)
def test_a_card_lapses_at_the_end_of_its_last_day(override: dict, moment: str, ms: int, expected: int) -> None:
    events = [
        ev("enrol", "2014-06-01 08:00"),
        ev("card_out", "2014-06-01 08:00", card="C1"),
        ev("activate_card", moment, ms, card="C1"),
    ]
    result = as_of("guangxi-2014", events, moment, 2, override)
    assert len(result["rounds"]) == expected
    if not expected:
        assert [refused["reason"] for refused in result["refused"]] == ["outside_training_period"]


@table(("outside_training_period", "wait_for_window"), MAY, MAY)
def test_a_card_may_be_activated_from_the_windows_first_instant(ms: int, expected: tuple) -> None:
    events = [ev("enrol", "2014-05-01 08:00"), ev("card_out", "2014-05-01 08:00", card="C1")]
    result = run("guangxi-2014", events, ev("activate_card", "2014-05-05 00:00", ms, card="C1"))
    assert why(result["answers"][0]) == expected


@table(MAY, ("outside_training_period", "none"), ("outside_training_period", "none"))
def test_a_grant_is_given_inside_the_training_period(ms: int, expected: tuple) -> None:
    events: list[Event] = [*ready_2024()]
    for hour in (9, 10, 11):
        events += sat(f"2024-12-31 {hour:02}:00", f"2024-12-31 {hour:02}:30", 10)
    result = run("guangxi-2024", events, ev("grant", "2025-01-01 00:00", ms, attempts=1, by="李四", reason="电话"))
    assert why(result["answers"][0]) == expected


# -- registration for a batch


@table(("window_not_open", "wait_for_window"), MAY, MAY)
def test_registration_opens_with_its_first_day(ms: int, expected: tuple) -> None:
    ask = ev("register_batch", "2015-05-25 00:00", ms, batch=1)
    assert why(run("gaoming-2015", [ev("enrol", "2015-05-01 08:00")], ask)["answers"][0]) == expected


@table(MAY, WINDOW_CLOSED, WINDOW_CLOSED)
def test_registration_closes_at_the_end_of_its_last_day(ms: int, expected: tuple) -> None:
    ask = ev("register_batch", "2015-08-08 00:00", ms, batch=6)
    assert why(run("gaoming-2015", [ev("enrol", "2015-05-01 08:00")], ask)["answers"][0]) == expected


# -- extra time moves the edge


@table([], ["not_running"], ["not_running"])
def test_extra_time_moves_the_deadline_to_the_millisecond(ms: int, expected: list[str]) -> None:
    events = sitting_2024(
        ev("extra_time", "2024-06-01 09:30", minutes=10, by="李四", reason="停电"),
        ev("answers", "2024-06-01 10:10", ms, score=70),
    )
    result = as_of("guangxi-2024", events, "2024-06-01 10:10", ms)
    assert [refused["reason"] for refused in result["refused"]] == expected


def test_an_activated_card_whose_window_is_over_opens_nothing_any_more() -> None:
    assert why(may_start("guangxi-2014", ready_2014(), "2014-11-01 00:00")) == WINDOW_CLOSED
