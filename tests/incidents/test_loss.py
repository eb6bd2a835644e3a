"""What an attempt lost, by its signs of life."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examengine.incidents.loss import QUIET_MS, Lost, Span, lost_in, signs_of

SECOND, MINUTE = 1_000, 60_000
OUTAGE = Span(10 * MINUTE, 20 * MINUTE)
END = 60 * MINUTE


def every(step_ms: int, from_ms: int, until_ms: int) -> list[int]:
    return list(range(from_ms, until_ms, step_ms))


def test_who_is_heard_all_the_time_has_lost_nothing() -> None:
    assert lost_in(OUTAGE, 0, END, every(45 * SECOND, 1, END)) is None


def test_who_is_silent_all_the_incident_has_lost_all_of_it_and_no_more() -> None:
    signs = [*every(40 * SECOND, 1, 10 * MINUTE), 21 * MINUTE, 59 * MINUTE]

    lost = lost_in(OUTAGE, 0, END, signs)

    assert lost == Lost(10 * MINUTE, max(at for at in signs if at < OUTAGE.from_ms), 21 * MINUTE)


def test_only_what_lies_in_the_incident_is_lost() -> None:
    assert lost_in(OUTAGE, 0, END, [5 * MINUTE, 12 * MINUTE, *every(MINUTE, 12 * MINUTE, END)]) == Lost(
        2 * MINUTE, 5 * MINUTE, 12 * MINUTE
    )


def test_several_gaps_add_up_and_the_longest_is_named() -> None:
    signs = [
        *every(MINUTE, 1, 11 * MINUTE),
        *every(MINUTE, 13 * MINUTE, 14 * MINUTE),
        *every(MINUTE, 18 * MINUTE, END),
    ]

    lost = lost_in(OUTAGE, 0, END, signs)

    assert lost is not None
    assert lost.seen_ms == 13 * MINUTE
    assert lost.back_ms == 18 * MINUTE
    assert 7 * MINUTE < lost.ms <= 8 * MINUTE


@pytest.mark.parametrize(("gap_ms", "expected"), [(QUIET_MS - 1, 0), (QUIET_MS, 0), (QUIET_MS + 1, QUIET_MS + 1)])
def test_a_page_may_be_silent_for_a_minute(gap_ms: int, expected: int) -> None:
    seen = 12 * MINUTE
    signs = [*every(30 * SECOND, 1, seen), seen, *every(30 * SECOND, seen + gap_ms, END)]

    lost = lost_in(OUTAGE, 0, END, signs)

    assert (lost.ms if lost else 0) == expected


def test_a_short_incident_counts_where_nothing_was_heard_in_it() -> None:
    short = Span(10 * MINUTE, 10 * MINUTE + 30 * SECOND)

    assert lost_in(short, 0, END, [10 * MINUTE - 5 * SECOND, 10 * MINUTE + 40 * SECOND]) == Lost(
        30 * SECOND, 10 * MINUTE - 5 * SECOND, 10 * MINUTE + 40 * SECOND
    )
    assert lost_in(short, 0, END, every(20 * SECOND, 1, END)) is None


def test_only_running_time_is_lost() -> None:
    begins_in_it = lost_in(OUTAGE, 15 * MINUTE, END, [25 * MINUTE])
    ends_in_it = lost_in(OUTAGE, 0, 13 * MINUTE, [9 * MINUTE])

    assert begins_in_it == Lost(5 * MINUTE, 15 * MINUTE, 25 * MINUTE)
    assert ends_in_it == Lost(3 * MINUTE, 9 * MINUTE, None)


@pytest.mark.parametrize(("started", "ended"), [(0, 10 * MINUTE), (20 * MINUTE, END), (0, 9 * MINUTE)])
def test_who_did_not_sit_then_has_lost_nothing(started: int, ended: int) -> None:
    assert lost_in(OUTAGE, started, ended, []) is None


def test_whoever_never_comes_back_is_named_so() -> None:
    lost = lost_in(OUTAGE, 0, END, [9 * MINUTE])

    assert lost == Lost(10 * MINUTE, 9 * MINUTE, None)


def test_a_hand_in_is_a_sign_of_life_and_a_closing_by_us_is_none() -> None:
    lines = ["o 5 1 99 1 time_limit 50", "p 9 1.2", "d 12 99 2 extra_time 1", "z 15 hand_in 15"]

    assert signs_of(lines) == [5, 9, 15]
    assert signs_of([*lines[:3], "z 15 deadline 15", "r 16 99 3 extra_time", "x 17 2 5", "e 18"]) == [5, 9]
    assert signs_of([line.encode() for line in lines]) == [5, 9, 15]


def test_answers_brought_back_count_when_they_were_given() -> None:
    assert signs_of(["o 5 1 99 1 time_limit 50", "q 90", "a 30 1.4 3 9 0 a b", "f 31 1.5 3 10 0 1"]) == [
        5,
        30,
        31,
        90,
    ]


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, END), max_size=60),
    st.integers(0, END - 1),
    st.integers(1, END),
    st.integers(0, END),
    st.integers(1, END),
)
def test_a_loss_is_never_more_than_the_incident_and_the_running_time(
    signs: list[int], started: int, runs: int, begins: int, lasts: int
) -> None:
    incident = Span(begins, begins + lasts)
    ended = started + runs

    lost = lost_in(incident, started, ended, sorted(signs))

    if lost is not None:
        assert 0 < lost.ms <= incident.common_ms(started, ended)
        assert started <= lost.seen_ms < ended
        assert lost.back_ms is None or lost.seen_ms < lost.back_ms <= ended
