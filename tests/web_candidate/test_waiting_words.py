"""What somebody who waits is told."""

import pytest

from examengine.live.admission import Place
from examengine.web.candidate.waiting_words import LATER_MS, before_told, noted, promised_ms, wait_told


@pytest.mark.parametrize(
    ("wait_ms", "told"),
    [
        (0, "预计等待不到 10 秒"),
        (10_000, "预计等待不到 10 秒"),
        (10_001, "预计等待 20 秒"),
        (31_000, "预计等待 40 秒"),
        (40_000, "预计等待 40 秒"),
        (90_000, "预计等待 90 秒"),
        (90_001, "预计等待 2 分钟"),
        (120_001, "预计等待 3 分钟"),
    ],
)
def test_a_wait_is_told_in_steps_and_never_too_short(wait_ms: int, told: str) -> None:
    assert wait_told(wait_ms) == told


def test_those_before_are_counted() -> None:
    assert (before_told(0), before_told(12)) == ("下一位就是您", "您前面还有 12 人")


@pytest.mark.parametrize(("later_ms", "is_said"), [(LATER_MS - 1, False), (LATER_MS, False), (LATER_MS + 1, True)])
def test_a_turn_that_comes_later_than_was_told_is_said(later_ms: int, is_said: bool) -> None:
    before = (1_000, 50_000)
    place = Place(False, 1_000, 3, 30_000 + later_ms)
    assert ("多等" in noted(place, 20_000, before)) is is_said
    assert promised_ms(place, 20_000, before) == (50_000 + later_ms if is_said else 50_000)


def test_small_delays_add_up_to_one_that_is_said() -> None:
    before, said = (1_000, 50_000), []
    for n in range(1, 4):
        place = Place(False, 1_000, 3, 30_000 + n * 6_000)
        said.append(noted(place, 20_000, before) != "")
        before = (1_000, promised_ms(place, 20_000, before))
    assert said == [False, True, False]


def test_a_turn_that_comes_sooner_is_the_new_promise() -> None:
    assert promised_ms(Place(False, 1_000, 0, 5_000), 20_000, (1_000, 50_000)) == 25_000
    assert noted(Place(False, 1_000, 0, 5_000), 20_000, (1_000, 50_000)) == ""


def test_a_place_taken_anew_is_said_and_at_ones_turn_nothing_is() -> None:
    assert "重新排队" in noted(Place(False, 70_000, 9, 60_000), 70_000, (1_000, 50_000))
    assert promised_ms(Place(False, 70_000, 9, 60_000), 70_000, (1_000, 50_000)) == 130_000
    assert noted(Place(True, 70_000), 70_000, (1_000, 50_000)) == ""
    assert noted(Place(False, 70_000, 9, 60_000), 70_000, None) == ""
