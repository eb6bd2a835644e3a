"""Time on items from the lines of a journal."""

import pytest

from examengine.grading.timing import median_seconds, seconds_on, step_of

OPENED = "o 1000 1 3601000 1 time_limit 3"
PEN = "c 2000 1 p1 phone"


def a(at_ms: int, position: int, value: str = "a") -> str:
    return f"a {at_ms} 1.{at_ms} {position} 1 0 {value}"


@pytest.mark.parametrize(
    ("what", "lines", "seconds"),
    [
        ("one after the other", [OPENED, PEN, a(12_000, 1), a(42_000, 2)], {1: 10, 2: 30}),
        ("two clicks on one item add up", [PEN, a(12_000, 1), a(15_000, 1, "ab"), a(20_000, 2)], {1: 13, 2: 5}),
        ("coming back to an item", [PEN, a(12_000, 1), a(22_000, 2), a(32_000, 1)], {1: 20, 2: 10}),
        ("a signal says nothing", [PEN, "p 5000 1.2", "f 6000 1.3 2 1 0 1", a(12_000, 1)], {1: 10}),
        ("time away does not count", [PEN, "l 4000 1.1", "b 9000 1.2", a(12_000, 1)], {1: 3}),
        ("another page begins anew", [PEN, a(12_000, 1), "c 90000 2 p2 desk", a(95_000, 2)], {1: 10, 2: 5}),
        ("a whole form tells nothing", [PEN, a(12_000, 1), a(12_000, 2), a(20_000, 3)], {3: 8}),
        ("ten minutes of silence count", [PEN, a(602_000, 1)], {1: 600}),
        ("a millisecond more is a silence", [PEN, a(602_001, 1), a(603_001, 2)], {2: 1}),
        ("a text with blanks", [PEN, a(12_000, 1, '["a b c"]')], {1: 10}),
        ("nothing", [], {}),
    ],
)
def test_what_passes_between_saves_is_spent_on_the_item_that_is_saved(
    what: str, lines: list[str], seconds: dict[int, int]
) -> None:
    assert seconds_on(lines) == seconds, what


@pytest.mark.parametrize(("seconds", "step"), [(-1, 0), (0, 0), (4, 0), (5, 1), (299, 59), (300, 60), (9_000, 60)])
def test_steps_are_five_seconds_up_to_five_minutes(seconds: int, step: int) -> None:
    assert step_of(seconds) == step


@pytest.mark.parametrize(
    ("steps", "median"), [({}, None), ({0: 0}, None), ({2: 4}, 12.5), ({0: 1, 2: 1}, 5.0), ({0: 1, 1: 2, 2: 1}, 7.5)]
)
def test_the_median_lies_within_its_step(steps: dict[int, int], median: float | None) -> None:
    assert median_seconds(steps) == median
