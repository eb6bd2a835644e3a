"""What is said of exposure and overlap agrees with papers that are really drawn."""

import time
from collections import Counter
from datetime import date
from itertools import count, pairwise

import pytest
from hypothesis import given, settings

from examengine.banks.item import Kind
from examengine.papers.blueprint import Blueprint
from examengine.papers.draw import DrawPool
from examengine.papers.exposure import Estimate, Exposure, expose, seed_of
from examengine.papers.release import Release
from tests.papers.builders import (
    a_bank,
    a_blueprint,
    a_release,
    a_seed,
    an_item,
    fillable,
    of_cells,
    single_choice,
)

SMALL = a_release(
    *(an_item(n, topic="总论" if n <= 24 else "实务", difficulty="易" if n % 2 else "难") for n in range(1, 61))
)
APART = of_cells(single_choice(8, "总论"), single_choice(5, "实务"))
NESTED = of_cells(single_choice(10), single_choice(4, "总论", "易"), single_choice(6, "总论"))
CROSSING = of_cells(single_choice(6, "总论"), single_choice(5, None, "易"), single_choice(4))


def observed(blueprint: Blueprint, release: Release, papers: int) -> tuple[Counter[int], float]:
    """How often each version was on a paper, and the mean of what two papers have in common."""
    pool, shown, common, last = DrawPool(blueprint, release), Counter[int](), 0, set[int]()
    for number in range(papers):
        drawn = {item.version_id for item in pool.draw(a_seed(number)).items}
        shown.update(drawn)
        common += len(drawn & last)
        last = drawn
    return shown, common / (papers - 1)


def confirm(blueprint: Blueprint, release: Release, said: Exposure, papers: int) -> None:
    shown, common = observed(blueprint, release, papers)
    assert sum(shown.values()) == papers * said.count
    for each in said.classes:
        share = sum(shown[version] for version in each.version_ids) / len(each.version_ids) / papers
        # papers vary in how many items they take of a class by less than a binomial of as many items
        error = (each.exposure.value * (1 - each.exposure.value) / papers) ** 0.5
        assert abs(share - each.exposure.value) < 4 * (error + each.exposure.standard_error) + 1e-9, each.cells
    error = (said.two_candidates.value / papers) ** 0.5
    assert abs(common - said.two_candidates.value) < 4 * (error + said.two_candidates.standard_error)


@pytest.mark.parametrize("blueprint", [APART, NESTED, CROSSING], ids=["apart", "nested", "crossing"])
def test_exposure_and_overlap_are_those_of_two_thousand_papers(blueprint: Blueprint) -> None:
    confirm(blueprint, SMALL, expose(blueprint, SMALL), 2_000)


def test_exposure_and_overlap_are_those_of_ten_thousand_papers() -> None:
    blueprint = of_cells(single_choice(3, "总论"), single_choice(2, None, "易"), single_choice(3))
    confirm(blueprint, SMALL, expose(blueprint, SMALL, draws=2_000), 10_000)


def test_of_one_cell_overlap_is_the_mean_of_the_hypergeometric_distribution() -> None:
    said = expose(a_blueprint(30, 10, 10), a_bank(90, 45, 45), attempts=3)
    assert said.two_candidates == Estimate(pytest.approx(30 * 30 / 90 + 2 * 10 * 10 / 45))
    assert {each.exposure.value for each in said.classes} == {1 / 3, 10 / 45}
    assert (said.least, said.most, said.mean) == (10 / 45, 1 / 3, pytest.approx(50 / 180))
    assert said.attempts == (Estimate(0.0), Estimate(0.0))
    assert (said.without_repeat, said.draws, said.idle) == (3, 0, ())
    assert (said.tightest.cells, said.tightest.wanted, said.tightest.available) == ((0,), 30, 90)
    assert [each.cells for each in said.most_exposed()] == [(0,), (1,), (2,)]


@pytest.mark.parametrize(
    ("there", "repeats"),
    [(10, (10, 10)), (19, (1, 10)), (20, (0, 10)), (21, (0, 9)), (29, (0, 1)), (30, (0, 0)), (31, (0, 0))],
)
def test_attempts_repeat_only_what_the_bank_no_longer_has(there: int, repeats: tuple[int, int]) -> None:
    release, blueprint = a_release(*(an_item(n) for n in range(1, there + 1))), of_cells(single_choice(10))
    assert tuple(each.value for each in expose(blueprint, release, attempts=3).attempts) == repeats
    pool, seen, found = DrawPool(blueprint, release), list[int](), []
    for number in range(3):
        drawn = [item.version_id - 1000 for item in pool.draw(a_seed(number), seen).items]
        found.append(len(set(drawn) & set(seen)))
        seen += drawn
    assert tuple(found[1:]) == repeats


@pytest.mark.parametrize("blueprint", [NESTED, CROSSING], ids=["nested", "crossing"])
def test_attempts_over_several_cells_repeat_as_simulated(blueprint: Blueprint) -> None:
    said = expose(blueprint, SMALL, attempts=4)
    assert said.draws == 400
    pool, repeats = DrawPool(blueprint, SMALL), [0, 0, 0]
    for person in range(200):
        seen: list[int] = []
        for attempt in range(4):
            drawn = [item.version_id - 1000 for item in pool.draw(a_seed(1000 + 4 * person + attempt), seen).items]
            if attempt:
                repeats[attempt - 1] += len(set(drawn) & set(seen))
            seen += drawn
    assert said.attempts[-1].value > 1
    for found, estimate in zip(repeats, said.attempts, strict=True):
        assert abs(found / 200 - estimate.value) < 5 * 1.7 * estimate.standard_error + 0.05


def test_where_every_paper_is_the_same_all_is_repeated() -> None:
    said = expose(APART, SMALL, attempts=2, fresh=False)
    assert said.attempts == (Estimate(13.0),)
    assert expose(CROSSING, SMALL, attempts=2, fresh=False).attempts == (Estimate(15.0),)


def test_a_large_pool_is_exact_without_a_draw_although_cells_share_it() -> None:
    release = a_release(*(an_item(n, difficulty="易" if n % 2 else "难") for n in range(1, 201)))
    blueprint = of_cells(single_choice(10, None, "易"), single_choice(20))
    said = expose(blueprint, release, attempts=3)
    assert (said.draws, said.attempts) == (0, (Estimate(0.0), Estimate(0.0)))
    narrow = expose(blueprint, a_release(*release.items[:60]), attempts=3)
    assert (narrow.draws, narrow.attempts[-1].value > 0) == (400, True)


def test_items_that_no_cell_accepts_and_items_past_their_day_are_told_apart() -> None:
    release = a_release(
        *(an_item(n) for n in range(1, 5)),
        an_item(5, valid_until=date(2026, 1, 31)),
        an_item(6, Kind.TRUE_FALSE),
    )
    said = expose(of_cells(single_choice(2)), release, date(2026, 2, 1))
    assert (said.items, said.idle) == (4, (1006,))
    assert expose(of_cells(single_choice(2)), release, date(2026, 1, 31)).items == 5


def test_the_tightest_cells_are_named_together_where_none_is_tight_alone() -> None:
    release = a_release(
        *(an_item(n, topic="总论", difficulty="易") for n in range(1, 13)), *(an_item(n) for n in range(13, 60))
    )
    said = expose(of_cells(single_choice(4, "总论"), single_choice(4, None, "易"), single_choice(1, "")), release)
    assert (said.tightest.cells, said.tightest.wanted, said.tightest.available) == ((0, 1), 8, 12)
    assert (said.tightest.ratio, said.without_repeat) == (1.5, 1)


def test_what_cannot_be_filled_has_no_exposure() -> None:
    for asked in ({"attempts": 0}, {"draws": 1}):
        with pytest.raises(ValueError, match="cannot say"):
            expose(APART, SMALL, **asked)
    with pytest.raises(ValueError, match="cannot fill"):
        expose(of_cells(single_choice(25, "总论")), SMALL)


@settings(max_examples=40)
@given(fillable())
def test_exposures_add_up_to_a_paper_and_overlap_lies_between_chance_and_certainty(
    drawn: tuple[Blueprint, Release],
) -> None:
    blueprint, release = drawn
    said = expose(blueprint, release, attempts=2, draws=20)
    assert sum(len(each.version_ids) * each.exposure.value for each in said.classes) == pytest.approx(said.count)
    assert all(0 <= each.exposure.value <= 1 + 1e-9 for each in said.classes)
    least = said.count**2 / said.items
    assert least - 1e-9 <= said.two_candidates.value + 6 * said.two_candidates.standard_error
    assert said.two_candidates.value <= said.count + 1e-9
    assert said.without_repeat >= 1
    assert said.items + len(said.idle) == len(release.items)


def test_simulated_seeds_are_frozen() -> None:
    assert seed_of(0).hex() == "c2cfca07a0aca49ae1c96c49953ab624"
    assert len({seed_of(number) for number in range(100)}) == 100
    assert all(one != other for one, other in pairwise(map(seed_of, range(9))))


def test_fifty_thousand_items_and_sixty_four_cells_take_well_under_a_second() -> None:
    numbers, topics = count(1), [f"第 {n} 章" for n in range(32)]
    release = a_release(
        *(
            an_item(next(numbers), topic=topic, difficulty=level)
            for _ in range(782)
            for topic in topics
            for level in "易难"
        )
    )
    assert len(release.items) > 50_000
    blueprint = of_cells(*(single_choice(1, topic, level) for topic in topics for level in "易难"))
    began = time.process_time()
    said = expose(blueprint, release, attempts=3)
    assert time.process_time() - began < 1.0
    assert (said.draws, len(said.classes)) == (0, 64)
