"""Where the evidence points when others fell silent, or did not."""

import pytest

from examengine.records.looks import Beside
from examengine.rules.hearing import Deaf
from examengine.support.faults import Alike, Compared, Lean, Other, compare, lean_of, numbers_beside

MINE = Beside(1000, "第一中学", "450702", None)


def other(number: int, *, fell: bool = False, unit: str = "人民医院", region: str = "450900", net: str = "") -> Other:
    return Other(Beside(number, unit, region, None), net, fell)


def group(alike: Alike, sitting: int, silent: int) -> Compared:
    return Compared(alike, sitting, silent)


@pytest.mark.parametrize(
    ("groups", "lean"),
    [
        ([group(Alike.ALL, 100, 20)], Lean.PLATFORM),
        ([group(Alike.ALL, 100, 19)], Lean.UNCLEAR),
        ([group(Alike.ALL, 100, 5)], Lean.UNCLEAR),
        ([group(Alike.ALL, 100, 4)], Lean.OWN),
        ([group(Alike.ALL, 10, 0)], Lean.OWN),
        ([group(Alike.ALL, 9, 0)], Lean.UNCLEAR),
        ([group(Alike.ALL, 9, 9)], Lean.UNCLEAR),
        ([group(Alike.ALL, 100, 3), group(Alike.NODE, 10, 2)], Lean.PLATFORM),
        ([group(Alike.ALL, 100, 3), group(Alike.NODE, 9, 9)], Lean.OWN),
        ([group(Alike.ALL, 100, 3), group(Alike.NETWORK, 2, 1)], Lean.PLACE),
        ([group(Alike.ALL, 100, 3), group(Alike.NETWORK, 1, 1)], Lean.OWN),
        ([group(Alike.ALL, 100, 3), group(Alike.UNIT, 5, 2)], Lean.OWN),
        ([group(Alike.ALL, 100, 3), group(Alike.UNIT, 4, 2)], Lean.PLACE),
        ([group(Alike.ALL, 100, 3), group(Alike.REGION, 10, 2)], Lean.PLACE),
        ([group(Alike.ALL, 0, 0)], Lean.UNCLEAR),
    ],
)
def test_it_leans_on_many_then_on_a_place_then_on_the_candidate(groups: list[Compared], lean: Lean) -> None:
    assert lean_of(groups, ()) is lean


def test_our_own_deafness_stands_before_everything() -> None:
    assert lean_of([group(Alike.ALL, 100, 0)], (Deaf(1, 2),)) is Lean.PLATFORM


def test_others_are_counted_by_what_they_share() -> None:
    others = [
        other(1064, fell=True),
        other(936),
        other(1001, unit="第一中学", region="450702", fell=True, net="aaaaa"),
        other(1002, region="450702"),
        other(1003, net="bbbbb"),
    ]
    found = {one.alike: (one.sitting, one.silent) for one in compare(MINE, "aaaaa", others)}
    assert found == {
        Alike.ALL: (5, 2),
        Alike.NODE: (2, 1),
        Alike.REGION: (2, 1),
        Alike.UNIT: (1, 1),
        Alike.NETWORK: (1, 1),
    }


def test_a_network_that_everybody_shares_is_our_own_door() -> None:
    office = [other(number, net="aaaaa") for number in range(1, 9)]
    away = [other(9, net="bbbbb"), other(10, net="ccccc")]
    assert Alike.NETWORK in {one.alike for one in compare(MINE, "aaaaa", [*office, *away])}
    assert Alike.NETWORK not in {one.alike for one in compare(MINE, "aaaaa", [*office, *office, *away])}
    assert Alike.NETWORK not in {one.alike for one in compare(MINE, "", [*office, *away])}


def test_the_sample_has_neighbours_and_the_same_slot_and_no_number_below_one() -> None:
    numbers = numbers_beside(100)
    assert {99, 100, 101, 164, 36} <= numbers
    assert min(numbers) == 1
    assert len(numbers_beside(10_000_000)) <= 500
