"""Could we hear? Every edge at -1, 0 and +1 ms; presence is 90 s before a deadline, deafness is half-open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.demo.practice import practice_text
from examengine.rules.hearing import (
    GAP_MS,
    Deaf,
    Presence,
    deaf_between,
    first_deaf,
    leave_is_excused,
    presence_at,
)
from examengine.rules.load import load, usable

RULES = usable(load(practice_text(2026, "练习科目")))
D = 10_000_000
P = 90_000
PRESENT, UNHEARD, ABSENT, UNDECIDED = (
    Presence.PRESENT,
    Presence.PRESENT_UNHEARD,
    Presence.ABSENT,
    Presence.UNDECIDED,
)


def deaf(*spans: tuple[int, int]) -> tuple[Deaf, ...]:
    """Spans given by their distance from the deadline: negative before it."""
    return tuple(Deaf(D + from_ms, D + until_ms) for from_ms, until_ms in spans)


@pytest.mark.parametrize(
    ("spans", "seen_ms", "presence"),
    [
        # nothing was deaf: S2014-52, A-05
        ((), -P + 1, PRESENT),
        ((), -P, PRESENT),
        ((), -P - 1, ABSENT),
        # it ended when presence_seconds of hearing were left: it changes nothing
        (((-P - 60_000, -P - 1),), -P - 60_001, ABSENT),
        (((-P - 60_000, -P),), -P - 60_001, ABSENT),
        (((-P - 60_000, -P + 1),), -P - 60_001, UNHEARD),
        # it began at the deadline
        (((-1, 60_000),), -P - 1, UNHEARD),
        (((0, 60_000),), -P - 1, ABSENT),
        (((1, 60_000),), -P - 1, ABSENT),
        # who was there when it began
        (((-60_000, 60_000),), -60_000 - P + 1, UNHEARD),
        (((-60_000, 60_000),), -60_000 - P, UNHEARD),
        (((-60_000, 60_000),), -60_000 - P - 1, UNDECIDED),
        # heard in spite of it
        (((-60_000, -30_000),), -P, PRESENT),
        (((-60_000, -30_000),), -10, PRESENT),
        # long before it began he had gone
        (((-60_000, 60_000),), -3_600_000, UNDECIDED),
        # two, with less than presence_seconds of hearing between them: the first one counts
        (((-600_000, -60_000 - P + 1), (-60_000, 0)), -600_000 - P, UNHEARD),
        (((-600_000, -60_000 - P + 1), (-60_000, 0)), -600_000 - P - 1, UNDECIDED),
        # two, with as much as that between them: the first one is over
        (((-600_000, -60_000 - P), (-60_000, 0)), -600_000 - P, UNDECIDED),
        (((-600_000, -60_000 - P), (-60_000, 0)), -60_000 - P, UNHEARD),
        # both within the presence window: the earlier beginning counts
        (((-80_000, -70_000), (-20_000, -10_000)), -80_000 - P, UNHEARD),
        (((-80_000, -70_000), (-20_000, -10_000)), -80_000 - P - 1, UNDECIDED),
    ],
)
def test_presence_is_decided_over_audible_time(
    spans: tuple[tuple[int, int], ...], seen_ms: int, presence: Presence
) -> None:
    assert presence_at(RULES, D, D + seen_ms, deaf(*spans)) is presence


@pytest.mark.parametrize(
    ("span", "excused"),
    [
        ((-30_000 - 500, -30_000), False),
        ((-30_000 - 500, -30_000 + 1), True),
        ((-1, 500), True),
        ((0, 500), False),
        ((1, 500), False),
        ((-20_000, -10_000), True),
        ((-90_000, 90_000), True),
    ],
)
def test_a_leave_counts_only_where_a_return_would_have_been_heard(span: tuple[int, int], excused: bool) -> None:
    """Left 30 s before it expires."""
    assert (leave_is_excused(D - 30_000, D, deaf(span)) is not None) is excused


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        ([], [(0, 100_000)]),
        ([(0, 100_000)], []),
        ([(-5, 100_001)], []),
        ([(1, 99_999)], [(0, 1), (99_999, 100_000)]),
        ([(0, 40_000), (40_000 + GAP_MS - 1, 100_000)], []),
        ([(0, 40_000), (40_000 + GAP_MS, 100_000)], []),
        ([(0, 40_000), (40_000 + GAP_MS + 1, 100_000)], [(40_000, 40_000 + GAP_MS + 1)]),
        ([(0, 60_000), (10_000, 20_000), (61_000, 100_000)], []),
        ([(-90_000, -80_000), (50_000, 50_000)], [(0, 50_000), (50_000, 100_000)]),
        ([(200_000, 300_000)], [(0, 100_000)]),
        ([(-90_000, -80_000)], [(0, 100_000)]),
    ],
)
def test_what_was_not_proved_is_deaf(heard: list[tuple[int, int]], found: list[tuple[int, int]]) -> None:
    assert deaf_between(heard, 0, 100_000) == tuple(Deaf(*span) for span in found)


spans = st.lists(st.tuples(st.integers(-400, 50), st.integers(1, 200)), max_size=5).map(
    lambda found: deaf_between(
        [(D + a * 1000, D + (a + b) * 1000) for a, b in sorted(found)], D - 500_000, D + 300_000
    )
)


@given(spans, st.integers(-500_000, 20_000))
def test_deafness_never_makes_anyone_absent(found: tuple[Deaf, ...], seen_ms: int) -> None:
    """Promise 8: what is absent with deafness is absent without it, and what was present stays it."""
    with_it, without = presence_at(RULES, D, D + seen_ms, found), presence_at(RULES, D, D + seen_ms, ())
    if with_it is ABSENT:
        assert first_deaf(RULES, D, found) is None
        assert without is ABSENT
    if without is PRESENT:
        assert with_it is PRESENT


@given(spans, st.integers(-500_000, 20_000))
def test_a_later_sign_of_life_never_makes_it_worse(found: tuple[Deaf, ...], seen_ms: int) -> None:
    order = [ABSENT, UNDECIDED, UNHEARD, PRESENT]
    earlier, later = (presence_at(RULES, D, D + seen_ms + more, found) for more in (0, 1_000))
    assert order.index(later) >= order.index(earlier)
