import math
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given

from examengine.banks.item import Kind
from examengine.papers.blueprint import Blueprint, Cell
from examengine.papers.proof import Shortfall, prove, shortfalls
from examengine.papers.release import Release
from examengine.papers.supply import accepts
from tests.papers.builders import (
    a_bank,
    a_blueprint,
    a_release,
    an_item,
    blueprints,
    most_that_fits,
    of_cells,
    releases,
    single_choice,
)


def of_topics(**sizes: int) -> Release:
    """Single-choice items: as many of each topic."""
    topics = [topic for topic, size in sizes.items() for _ in range(size)]
    return a_release(*(an_item(number, topic=topic) for number, topic in enumerate(topics, start=1)))


@pytest.mark.parametrize(("bank", "short"), [(29, True), (30, False), (31, False)])
def test_a_cell_with_one_item_too_few_is_named(bank, short):
    expected = (Shortfall((0,), 30, 29),) if short else ()
    assert shortfalls(a_blueprint(), a_bank(single=bank)) == expected


def test_every_short_cell_is_named_with_what_it_wants_and_what_there_is():
    found = shortfalls(a_blueprint(), a_bank(single=3, multiple=10, judge=0))
    assert found == (Shortfall((0,), 30, 3), Shortfall((2,), 10, 0))


def test_cells_that_fail_only_together_are_named_together():
    blueprint = of_cells(single_choice(5, "甲"), single_choice(5, "乙"), single_choice(4))
    found = shortfalls(blueprint, of_topics(甲=7, 乙=6))
    assert found == (Shortfall((0, 1, 2), 14, 13),)


def test_a_cell_that_can_be_filled_is_not_named_with_those_that_cannot():
    blueprint = of_cells(single_choice(3, "甲"), single_choice(3, "甲"), single_choice(2, "乙"), single_choice(1))
    assert shortfalls(blueprint, of_topics(甲=5, 乙=4)) == (Shortfall((0, 1), 6, 5),)


def test_crossing_filters_are_filled_when_any_division_does():
    blueprint = of_cells(single_choice(1, topic="甲"), single_choice(1, difficulty="难"))
    only_if_divided_well = a_release(an_item(1, topic="甲", difficulty="难"), an_item(2, topic="甲"))
    assert shortfalls(blueprint, only_if_divided_well) == ()


def test_attempts_without_a_repeat_want_as_many_papers():
    assert shortfalls(a_blueprint(), a_bank(90, 30, 29), papers=3) == (Shortfall((2,), 30, 29),)


def test_nothing_can_be_asked_of_no_papers():
    with pytest.raises(ValueError, match="0 papers"):
        shortfalls(a_blueprint(), a_bank(), papers=0)


@pytest.mark.parametrize(
    ("on_date", "short"),
    [(date(2014, 6, 29), False), (date(2014, 6, 30), False), (date(2014, 7, 1), True), (None, False)],
)
def test_an_item_counts_up_to_its_last_day(on_date, short):
    release = a_release(an_item(1), an_item(2, valid_until=date(2014, 6, 30)))
    expected = (Shortfall((0,), 2, 1),) if short else ()
    assert shortfalls(of_cells(single_choice(2)), release, on_date) == expected


@given(blueprints(), releases())
def test_shortfalls_are_found_exactly_where_no_paper_exists(blueprint, release):
    can_be_filled = most_that_fits(blueprint, list(release.items)) == blueprint.count
    assert (shortfalls(blueprint, release) == ()) is can_be_filled


@given(blueprints(), releases())
def test_every_shortfall_is_true(blueprint, release):
    for shortfall in shortfalls(blueprint, release):
        cells = [blueprint.cells[i] for i in shortfall.cells]
        assert shortfall.wanted == sum(cell.count for cell in cells)
        assert shortfall.available == sum(any(accepts(cell, item) for cell in cells) for item in release.items)
        assert shortfall.available < shortfall.wanted


@given(blueprints(), releases())
def test_so_many_disjoint_papers_can_be_drawn_and_no_more(blueprint, release):
    papers = prove(blueprint, release).disjoint_papers
    if papers:
        assert shortfalls(blueprint, release, papers=papers) == ()
    assert shortfalls(blueprint, release, papers=papers + 1)


def all_papers(cells: tuple[Cell, ...], items: frozenset[int], release: Release) -> int:
    """Papers counted one by one."""
    if not cells:
        return 1
    pool = [item.item_id for item in release.items if item.item_id in items and accepts(cells[0], item)]
    return sum(
        all_papers(cells[1:], items.difference(chosen), release) for chosen in combinations(pool, cells[0].count)
    )


@given(blueprints(most=2).filter(lambda b: b.count <= 5), releases(most=8))
def test_distinct_papers_are_counted_right_or_too_low(blueprint, release):
    proof = prove(blueprint, release)
    counted = all_papers(blueprint.cells, frozenset(item.item_id for item in release.items), release)
    if proof.distinct_is_exact:
        assert proof.distinct_papers == counted
    else:
        assert min(counted, 1) <= proof.distinct_papers <= counted


def test_the_house_bank_holds_three_disjoint_papers_and_more_distinct_ones_than_candidates():
    proof = prove(a_blueprint(), a_bank())
    assert proof.shortfalls == ()
    assert proof.disjoint_papers == 3
    assert proof.distinct_is_exact
    assert proof.distinct_papers == math.comb(90, 30) * math.comb(45, 10) ** 2
    assert 42 < proof.distinct_papers_log10 < 43


def test_a_bank_that_fills_no_paper_holds_none():
    proof = prove(a_blueprint(), a_bank(judge=9))
    assert (proof.distinct_papers, proof.disjoint_papers) == (0, 0)
    assert proof.distinct_papers_log10 == -math.inf


def test_nested_filters_are_counted_exactly():
    proof = prove(of_cells(single_choice(3), single_choice(2, "甲")), of_topics(甲=4, 乙=6))
    assert proof.distinct_is_exact
    assert proof.distinct_papers == math.comb(4, 2) * math.comb(8, 3)


def test_the_size_of_a_bank_does_not_slow_its_proof():
    blueprint = Blueprint(
        tuple(Cell(Kind.SINGLE_CHOICE, 10, 100, topic=f"第{n}章") for n in range(20))
        + tuple(Cell(Kind.SINGLE_CHOICE, 10, 100, difficulty=d) for d in "易中难"),
        23_000,
    )
    release = a_release(*(an_item(n, topic=f"第{n % 20}章", difficulty="易中难"[n // 20 % 3]) for n in range(20_000)))
    proof = prove(blueprint, release)
    assert proof.disjoint_papers == 20_000 // 230
    assert not proof.distinct_is_exact
