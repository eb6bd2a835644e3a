"""Extra time, accommodations, compensations, and taking them back."""

from typing import Any

import pytest

from tests.rules.cases import (
    TWO,
    Event,
    as_of,
    ev,
    failed,
    may_start,
    outcomes,
    places,
    ready_2014,
    ready_2024,
    refusals,
    run,
    sitting_2024,
    why,
    with_card,
)


def extra(minutes: int, moment: str = "2024-06-01 09:10", ms: int = 0, **more: Any) -> Event:
    return ev("extra_time", moment, ms, minutes=minutes, by="李四", reason="停电", **more)


def accommodate(moment: str = "2024-06-01 08:00", **more: Any) -> Event:
    return ev("accommodate", moment, by="李四", reason="视力障碍", **more)


def compensate(moment: str = "2024-06-01 09:10", **more: Any) -> Event:
    return ev("compensate", moment, **({"by": TWO, "reason": "服务器故障"} | more))


def undo(entry: str, moment: str, ms: int = 0) -> Event:
    return ev("undo", moment, ms, undo=entry, by="李四", reason="误操作")


def deadline(events: list[Event], moment: str = "2024-06-01 09:30", override: dict | None = None) -> tuple[str, str]:
    """When the only attempt closes, and why."""
    attempt = as_of("guangxi-2024", events, moment, override=override)["attempts"][0]
    return attempt["deadline"][11:16], attempt["deadline_reason"]


LET_FINISH = {"window.end_policy": "let_finish"}

DEADLINES = [
    # id, entries, override, deadline, reason
    ("nothing added", [], {}, "10:00", "time_limit"),
    ("extra time", [extra(10)], {}, "10:10", "extra_time"),
    ("extra time twice", [extra(10), extra(5)], {}, "10:15", "extra_time"),
    ("an incident's minutes", [compensate(minutes=15)], {}, "10:15", "extra_time"),
    ("a standing accommodation in minutes", [accommodate(minutes=20)], {}, "10:20", "extra_time"),
    ("a standing accommodation in per cent", [accommodate(percent=25)], {}, "10:15", "extra_time"),
    ("per cent of other minutes", [accommodate(percent=50)], {"exam.minutes": 90}, "11:15", "extra_time"),
    ("accommodation and extra time add up", [accommodate(percent=25), extra(10)], {}, "10:25", "extra_time"),
    (
        "everything adds up, and per cent is of the rulebook's minutes alone",
        [accommodate(percent=50), accommodate(minutes=5), extra(10), compensate(minutes=10)],
        {},
        "10:55",
        "extra_time",
    ),
]


@pytest.mark.parametrize(
    ("entries", "override", "closes", "reason"), [row[1:] for row in DEADLINES], ids=[row[0] for row in DEADLINES]
)
def test_added_time_adds_up(entries: list[Event], override: dict, closes: str, reason: str) -> None:
    assert deadline(sitting_2024(*entries), override=override) == (closes, reason)


@pytest.mark.parametrize(
    ("entry", "override", "closes", "reason"),
    [
        (accommodate(minutes=19), {}, "23:59", "extra_time"),
        (accommodate(minutes=20), {}, "00:00", "extra_time"),
        (accommodate(minutes=21), {}, "00:00", "window_end"),
        (extra(30, "2024-12-31 23:00"), {}, "00:00", "window_end"),
        (extra(30, "2024-12-31 23:00"), LET_FINISH, "00:10", "extra_time"),
        (accommodate(percent=100), LET_FINISH, "00:40", "extra_time"),
    ],
)
def test_the_windows_end_cuts_added_time_too(entry: Event, override: dict, closes: str, reason: str) -> None:
    events = [*ready_2024(), ev("start", "2024-12-31 22:40"), entry]
    assert deadline(events, "2024-12-31 23:30", override) == (closes, reason)


def test_a_sitting_cut_at_the_windows_end_gains_nothing_by_extra_time() -> None:
    events = [*ready_2024(), ev("start", "2024-12-31 23:30"), extra(10, "2024-12-31 23:40")]
    assert deadline(events, "2024-12-31 23:50") == ("00:00", "window_end")


def test_a_start_is_answered_with_the_time_a_person_would_really_have() -> None:
    answer = may_start("guangxi-2024", [*ready_2024(), accommodate(percent=30)], "2024-06-01 09:00")
    assert (answer["deadline"], answer["deadline_reason"]) == ("2024-06-01T10:18:00+08:00", "extra_time")


def test_an_accommodation_stands_for_every_attempt() -> None:
    events = [*ready_2024(), accommodate(minutes=30), *failed("2024-06-01"), ev("start", "2024-06-02 09:00")]
    result = as_of("guangxi-2024", events, "2024-06-02 10:00")
    assert [attempt["deadline"][11:16] for attempt in result["attempts"]] == ["10:30", "10:30"]


def test_an_accommodation_may_be_entered_before_the_enrolment() -> None:
    events = [accommodate("2024-05-01 08:00", minutes=30), *ready_2024()]
    result = as_of("guangxi-2024", events, "2024-06-01 09:00")
    assert result["refused"] == []
    assert result["answers"][0]["deadline"] == "2024-06-01T10:30:00+08:00"


def test_extra_time_is_for_one_attempt() -> None:
    events = sitting_2024(extra(10), ev("submit", "2024-06-01 10:05", score=10))
    answer = may_start("guangxi-2024", events, "2024-06-02 09:00")
    assert (answer["deadline"][11:16], answer["deadline_reason"]) == ("10:00", "time_limit")


@pytest.mark.parametrize("entry", [extra(10, "2024-06-01 20:00"), compensate("2024-06-01 20:00", minutes=10)])
@pytest.mark.parametrize("events", [ready_2024(), sitting_2024(), sitting_2024(ev("give_up", "2024-06-01 09:30"))])
def test_time_can_be_added_to_a_running_attempt_only(entry: Event, events: list[Event]) -> None:
    assert why(run("guangxi-2024", events, entry)["answers"][0]) == ("not_running", "none")


def test_present_is_measured_against_the_moved_deadline() -> None:
    events = sitting_2024(ev("alive", "2024-06-01 09:59"), extra(10))
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 11:00"))[0][0] == "expired_no_score"
    events = sitting_2024(ev("answers", "2024-06-01 10:09", score=80), extra(10))
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 11:00")) == [
        ("auto_submitted", "80.00", "pass", "pass")
    ]


def test_a_finished_attempt_keeps_the_deadline_it_ended_under() -> None:
    events = sitting_2024(ev("submit", "2024-06-01 09:30", score=10), accommodate("2024-06-01 09:40", minutes=30))
    assert deadline(events, "2024-06-01 11:00") == ("10:00", "time_limit")


# -- compensation


def test_compensated_attempts_count_whatever_the_rules_say_of_grants() -> None:
    events = [*ready_2014(), *failed("2014-06-01", 2), compensate("2014-06-02 08:00", attempts=1)]
    result = as_of("guangxi-2014", events, "2014-06-02 09:00")
    assert result["refused"] == []
    assert result["answers"][0]["allowed"] is True
    assert result["answers"][0]["left"] == 1
    assert sum(left for _, _, left in places(result)) == 1


def test_compensated_attempts_need_no_learning_again() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 3), compensate("2024-06-02 08:00", attempts=2)]
    answer = may_start("guangxi-2024", events, "2024-06-02 09:00")
    assert (answer["allowed"], answer["left"]) == (True, 2)


def test_a_compensation_before_anything_was_opened_is_refused() -> None:
    events = [ev("enrol", "2014-06-01 08:00"), compensate("2014-06-01 08:00", attempts=1)]
    result = as_of("guangxi-2014", events, "2014-06-01 09:00")
    assert [refused["what"] for refused in result["refused"]] == ["compensate"]


# -- undo


@pytest.mark.parametrize(
    "entry",
    [
        extra(10, id="e"),
        compensate(minutes=10, id="e"),
        accommodate("2024-06-01 09:10", minutes=10, id="e"),
        accommodate("2024-06-01 09:10", percent=10, id="e"),
    ],
)
def test_added_time_can_be_taken_back(entry: Event) -> None:
    events = sitting_2024(entry)
    assert deadline(events)[1] == "extra_time"
    assert deadline([*events, undo("e", "2024-06-01 09:20")]) == ("10:00", "time_limit")


def test_only_the_named_entry_is_taken_back() -> None:
    events = sitting_2024(extra(10, id="a"), extra(5, id="b"), undo("a", "2024-06-01 09:20"))
    assert deadline(events) == ("10:05", "extra_time")


GRANTED = [
    *ready_2024(),
    *failed("2024-06-01", 3),
    ev("grant", "2024-06-02 08:00", attempts=2, by="李四", reason="电话", id="g"),
    ev("learning", "2024-06-02 08:00", percent=100),
]


def test_an_unused_grant_can_be_taken_back() -> None:
    result = as_of("guangxi-2024", [*GRANTED, undo("g", "2024-06-02 08:30")], "2024-06-02 09:00")
    assert why(result["answers"][0]) == ("attempts_exhausted", "call_support")
    assert [left for _, _, left in places(result)] == [0, 0]


def test_taking_back_a_grant_leaves_what_was_used() -> None:
    events = [*GRANTED, *failed("2024-06-02"), undo("g", "2024-06-02 10:00")]
    result = as_of("guangxi-2024", events, "2024-06-02 10:00")
    assert places(result)[1] == (1, 1, 0)


def test_a_compensated_attempt_can_be_taken_back() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 3), compensate("2024-06-02 08:00", attempts=1, id="c")]
    result = as_of("guangxi-2024", [*events, undo("c", "2024-06-02 08:30")], "2024-06-02 09:00")
    assert places(result) == [(3, 3, 0)]


@pytest.mark.parametrize("entry", ["g", "c"])
def test_what_is_used_up_cannot_be_taken_back(entry: str) -> None:
    events = {
        "g": [*GRANTED, *failed("2024-06-02", 2)],
        "c": [
            *ready_2024(),
            *failed("2024-06-01", 3),
            compensate("2024-06-01 20:00", attempts=1, id="c"),
            *failed("2024-06-02"),
        ],
    }[entry]
    before = as_of("guangxi-2024", events, "2024-06-03 09:00")
    after = as_of("guangxi-2024", [*events, undo(entry, "2024-06-03 08:00")], "2024-06-03 09:00")
    assert [refused["what"] for refused in after["refused"]] == ["undo"]
    assert after["rounds"] == before["rounds"]


@pytest.mark.parametrize("undone", ["nobody", "e"])
def test_what_does_not_exist_or_is_undone_cannot_be_taken_back(undone: str) -> None:
    events = sitting_2024(extra(10, id="e"), undo("e", "2024-06-01 09:15"), undo(undone, "2024-06-01 09:20"))
    result = as_of("guangxi-2024", events, "2024-06-01 09:30")
    assert [refused["what"] for refused in result["refused"]] == ["undo"]
    assert deadline(events) == ("10:00", "time_limit")


def test_a_refused_entry_cannot_be_undone() -> None:
    events = [*ready_2024(), extra(10, id="e"), undo("e", "2024-06-01 09:20")]
    assert [refused["what"] for refused in as_of("guangxi-2024", events, "2024-06-01 09:30")["refused"]] == [
        "extra_time",
        "undo",
    ]


def test_what_was_said_under_added_time_stays_said() -> None:
    """An answer acknowledged in extra time is kept when the extra time is taken back later."""
    events = sitting_2024(
        extra(30, id="e"),
        ev("answers", "2024-06-01 10:10", score=80),
        undo("e", "2024-06-01 10:15"),
    )
    result = as_of("guangxi-2024", events, "2024-06-01 11:00")
    assert result["refused"] == []
    assert outcomes(result) == [("auto_submitted", "80.00", "pass", "pass")]


def test_taking_back_extra_time_of_a_finished_attempt_is_refused() -> None:
    events = sitting_2024(
        extra(10, id="e"), ev("submit", "2024-06-01 10:05", score=70), undo("e", "2024-06-01 10:06")
    )
    result = as_of("guangxi-2024", events, "2024-06-01 11:00")
    assert refusals(result) == [("undo", "not_running", "none")]
    assert outcomes(result) == [("submitted", "70.00", "pass", "pass")]


def test_a_second_card_after_a_used_up_compensation_is_taken() -> None:
    events = [
        *ready_2014(),
        *failed("2014-06-01", 2),
        compensate("2014-06-01 20:00", attempts=1),
        *failed("2014-06-02"),
        *with_card("C2", "2014-06-03 08:00"),
    ]
    assert as_of("guangxi-2014", events, "2014-06-03 09:00")["refused"] == []
