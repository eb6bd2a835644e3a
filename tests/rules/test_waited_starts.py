"""A start that had to wait its turn: the window's end is asked of when it was asked for, the deadline of now."""

import pytest

from tests.rules.cases import at, may_start, ready_2024, run, why
from tests.rules.test_edges import MAY, TOO_LITTLE, WINDOW_CLOSED, table

CLOSES = "2025-01-01 00:00"
LET_FINISH = {"window.end_policy": "let_finish"}


@table(MAY, WINDOW_CLOSED, WINDOW_CLOSED)
def test_who_asked_before_the_window_closed_may_still_begin_and_has_his_whole_time(ms: int, expected: tuple) -> None:
    answer = may_start("guangxi-2024", ready_2024(), CLOSES, 40_000, LET_FINISH, asked_at=at(CLOSES, ms))
    assert why(answer) == expected
    if ms < 0:
        assert (answer["deadline"], answer["deadline_reason"]) == ("2025-01-01T01:00:40+08:00", "time_limit")


@table(MAY, WINDOW_CLOSED, WINDOW_CLOSED)
def test_where_the_windows_end_cuts_a_wait_beyond_it_begins_nothing(ms: int, expected: tuple) -> None:
    asked = at("2024-12-31 23:59")
    assert why(may_start("guangxi-2024", ready_2024(), CLOSES, ms, asked_at=asked)) == expected


@table(MAY, MAY, TOO_LITTLE)
def test_the_time_that_must_be_left_is_asked_of_when_it_was_asked_for(ms: int, expected: tuple) -> None:
    asked = at("2024-12-31 23:00", ms)
    override = {"window.end_policy": "refuse_if_not_full"}
    answer = may_start("guangxi-2024", ready_2024(), "2024-12-31 23:00", 40_000, override, asked_at=asked)
    assert why(answer) == expected
    if ms <= 0:
        assert (answer["deadline"], answer["deadline_reason"]) == ("2025-01-01T00:00:00+08:00", "window_end")
    least = {"window.min_remaining_minutes_to_start": 60}
    answer = may_start("guangxi-2024", ready_2024(), "2024-12-31 23:00", 40_000, least, asked_at=asked)
    assert why(answer) == expected


def test_nobody_begins_earlier_by_having_asked_later() -> None:
    answer = may_start("guangxi-2024", ready_2024(), CLOSES, 0, LET_FINISH, asked_at=at("2025-06-01 00:00"))
    assert why(answer) == WINDOW_CLOSED


def test_a_replay_begins_the_attempt_that_had_waited() -> None:
    events = [*ready_2024(), {"at": at(CLOSES, 40_000), "what": "start", "asked_at": at(CLOSES, -1)}]
    result = run("guangxi-2024", events, (), LET_FINISH)
    assert result["refused"] == []
    assert len(result["attempts"]) == 1


@pytest.mark.parametrize("ms", [-1, 0, 1])
def test_without_a_wait_nothing_is_different(ms: int) -> None:
    plain = may_start("guangxi-2024", ready_2024(), CLOSES, ms)
    assert may_start("guangxi-2024", ready_2024(), CLOSES, ms, asked_at=at(CLOSES, ms)) == plain
