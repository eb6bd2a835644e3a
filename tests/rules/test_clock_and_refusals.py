"""The clock that everything is stamped by, and the words that refusals are made of."""

import dataclasses

import pytest

from examengine.clock import Clock, MovableClock, ShiftedClock, SystemClock
from examengine.refusals import Next, Reason, Refusal


def test_a_movable_clock_stands_still_until_it_is_moved() -> None:
    clock = MovableClock(1_000)
    assert [clock.now_ms(), clock.now_ms()] == [1_000, 1_000]
    clock.advance(1)
    assert clock.now_ms() == 1_001
    clock.move_to(5)
    assert clock.now_ms() == 5


def test_the_hosts_clock_tells_milliseconds_and_does_not_run_back() -> None:
    clock = SystemClock()
    first, second = clock.now_ms(), clock.now_ms()
    assert 1_700_000_000_000 < first <= second < first + 60_000


def test_a_shifted_clock_runs_on_from_where_it_was_moved_to() -> None:
    clock = ShiftedClock(0)
    assert abs(clock.now_ms() - SystemClock().now_ms()) < 60_000
    clock.move_to(1_401_584_400_000)
    first, second = clock.now_ms(), clock.now_ms()
    assert 1_401_584_400_000 <= first <= second < 1_401_584_400_000 + 60_000


@pytest.mark.parametrize("clock", [SystemClock(), ShiftedClock(5), MovableClock(5)])
def test_every_clock_tells_whole_milliseconds(clock: Clock) -> None:
    assert type(clock.now_ms()) is int


def test_the_reasons_of_a_start_stand_in_the_order_in_which_they_are_examined() -> None:
    assert [reason.value for reason in Reason][:13] == [
        "not_enrolled",
        "window_not_open",
        "window_closed",
        "already_passed",
        "attempt_running",
        "result_pending",
        "card_required",
        "batch_required",
        "attempts_exhausted",
        "learning_incomplete",
        "wait_between_attempts",
        "too_little_time_left",
        "not_online",
    ]


def test_the_next_steps_are_these() -> None:
    assert {step.value for step in Next} == {
        "enrol",
        "wait_for_window",
        "buy_card",
        "activate_card",
        "register_batch",
        "finish_learning",
        "resume",
        "wait",
        "call_support",
        "reregister",
        "none",
    }


def test_a_refusal_is_a_value() -> None:
    refusal = Refusal(Reason.NOT_RUNNING, Next.NONE)
    assert refusal == Refusal(Reason.NOT_RUNNING, Next.NONE, {})
    with pytest.raises(dataclasses.FrozenInstanceError):
        refusal.reason = Reason.NOT_ENROLLED  # type: ignore[misc]
