"""What every draw keeps to."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.item import Kind
from examengine.papers.blueprint import Cell
from examengine.papers.draw import GENERATOR, BlueprintUnmetError, DrawPool, draw
from examengine.papers.paper import Paper
from examengine.papers.proof import prove, shortfalls
from examengine.papers.release import Release
from examengine.papers.supply import accepts
from tests.papers.builders import (
    a_bank,
    a_blueprint,
    a_release,
    a_seed,
    an_item,
    blueprints,
    fillable,
    most_that_fits,
    of_cells,
    releases,
    seeds,
    single_choice,
)


def item_ids(paper: Paper) -> list[int]:
    """The builders give version 1000 + n to item n."""
    return [item.version_id - 1000 for item in paper.items]


def drawn_in_a_row(pool: DrawPool, papers: int) -> list[list[int]]:
    seen: list[int] = []
    drawn = []
    for number in range(papers):
        drawn.append(item_ids(pool.draw(a_seed(number), seen)))
        seen += drawn[-1]
    return drawn


seen_lists = st.lists(st.integers(1, 30), max_size=40)


@given(fillable(), seeds, seen_lists)
def test_a_draw_meets_its_blueprint(case, seed, seen):
    blueprint, release = case
    paper = draw(blueprint, release, seed, seen)
    by_version = {item.version_id: item for item in release.items}
    assert Counter(item.cell for item in paper.items) == {i: cell.count for i, cell in enumerate(blueprint.cells)}
    assert len(set(item_ids(paper))) == blueprint.count
    for shown in paper.items:
        assert accepts(blueprint.cells[shown.cell], by_version[shown.version_id])


@given(blueprints(), releases(), seeds)
def test_a_blueprint_that_cannot_be_met_is_a_broken_invariant_and_nothing_else_is(blueprint, release, seed):
    if shortfalls(blueprint, release):
        with pytest.raises(BlueprintUnmetError, match="release 7 cannot fill"):
            draw(blueprint, release, seed)
    else:
        assert len(draw(blueprint, release, seed).items) == blueprint.count


@given(fillable(), seeds, seen_lists)
def test_as_few_items_seen_as_possible_are_drawn_again(case, seed, seen):
    blueprint, release = case
    repeats = set(item_ids(draw(blueprint, release, seed, seen))).intersection(seen)
    unseen = [item for item in release.items if item.item_id not in seen]
    assert len(repeats) == blueprint.count - most_that_fits(blueprint, unseen)


@given(fillable(), seeds, seen_lists)
def test_of_the_items_seen_the_least_recent_come_back(case, seed, seen):
    blueprint, release = case
    repeats = set(item_ids(draw(blueprint, release, seed, seen))).intersection(seen)
    available = [item for item in release.items if item.item_id not in seen]
    by_id = {item.item_id: item for item in release.items}
    latest_last = sorted(set(seen), key=lambda item_id: max(i for i, s in enumerate(seen) if s == item_id))
    for item_id in latest_last:
        if item_id not in by_id:
            continue
        helps = most_that_fits(blueprint, [*available, by_id[item_id]]) > most_that_fits(blueprint, available)
        assert (item_id in repeats) is helps
        if helps:
            available.append(by_id[item_id])


@given(fillable(), seeds, seen_lists, st.data())
def test_a_draw_is_the_same_whatever_order_the_release_lists_its_items_in(case, seed, seen, data):
    blueprint, release = case
    reordered = Release(release.id, tuple(data.draw(st.permutations(release.items))))
    assert draw(blueprint, reordered, seed, seen) == draw(blueprint, release, seed, seen)


@given(seeds, st.lists(st.integers(1, 180), max_size=60, unique=True), st.data())
def test_while_the_bank_allows_the_order_in_which_items_were_seen_does_not_matter(seed, seen, data):
    other_order = data.draw(st.permutations(seen))
    pool = DrawPool(a_blueprint(5, 5, 5), a_bank(90, 70, 70))
    assert pool.draw(seed, seen) == pool.draw(seed, other_order)


@given(seeds)
def test_a_pool_gives_the_same_paper_every_time(seed):
    pool = DrawPool(a_blueprint(), a_bank())
    assert pool.draw(seed, [1, 2, 3]) == pool.draw(seed, [1, 2, 3]) == draw(a_blueprint(), a_bank(), seed, [1, 2, 3])


def test_another_seed_gives_another_paper():
    pool = DrawPool(a_blueprint(), a_bank())
    papers = {pool.draw(a_seed(n)) for n in range(200)}
    assert len(papers) == 200


def test_three_attempts_on_the_house_bank_share_no_item():
    drawn = drawn_in_a_row(DrawPool(a_blueprint(), a_bank()), 3)
    assert len({item for paper in drawn for item in paper}) == 150


def test_the_fourth_attempt_comes_back_to_the_first_paper_where_the_bank_is_used_up():
    drawn = drawn_in_a_row(DrawPool(a_blueprint(), a_bank(90, 30, 30)), 4)
    assert set(drawn[3]) == set(drawn[0])


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 5))
def test_attempts_share_nothing_as_long_as_the_bank_holds_disjoint_papers(single, judge, spare):
    blueprint = a_blueprint(single, 1, judge)
    release = a_bank(single * 4 + spare, 4, judge * 5)
    papers = prove(blueprint, release).disjoint_papers
    drawn = drawn_in_a_row(DrawPool(blueprint, release), papers)
    assert len({item for paper in drawn for item in paper}) == papers * blueprint.count


def test_an_item_seen_in_an_older_version_is_not_drawn_again():
    # the person saw item 1 as version 900; since then it has been corrected
    release = a_release(an_item(1), an_item(2))
    assert item_ids(draw(of_cells(single_choice(1)), release, a_seed(1), [1])) == [2]


def test_an_item_seen_twice_counts_as_seen_when_it_was_seen_last():
    release = a_release(an_item(1), an_item(2))
    assert item_ids(draw(of_cells(single_choice(1)), release, a_seed(1), [1, 2, 1])) == [2]


def test_items_seen_that_are_not_in_the_release_change_nothing():
    pool = DrawPool(a_blueprint(), a_bank())
    assert pool.draw(a_seed(1), [9001, 9002]) == pool.draw(a_seed(1))


def test_crossing_cells_never_take_the_item_that_only_another_could_use():
    # one item suits both cells, one suits the topic only: the difficulty must get the first
    blueprint = of_cells(single_choice(1, topic="总论"), single_choice(1, difficulty="难"))
    release = a_release(an_item(1, topic="总论", difficulty="难"), an_item(2, topic="总论", difficulty="易"))
    pool = DrawPool(blueprint, release)
    for n in range(50):
        assert {item.cell: item.version_id for item in pool.draw(a_seed(n)).items} == {0: 1002, 1: 1001}


def test_crossing_cells_come_to_every_paper_that_meets_them():
    # 1 suits both cells, 2 and 3 the topic only, 4 the difficulty only
    blueprint = of_cells(single_choice(2, topic="总论"), single_choice(1, difficulty="难"))
    release = a_release(
        an_item(1, topic="总论", difficulty="难"),
        an_item(2, topic="总论", difficulty="易"),
        an_item(3, topic="总论", difficulty="易"),
        an_item(4, topic="实务", difficulty="难"),
    )
    pool = DrawPool(blueprint, release)
    papers = {
        tuple(sorted((item.cell, item.version_id - 1000) for item in pool.draw(a_seed(n)).items)) for n in range(100)
    }
    assert papers == {
        ((0, 1), (0, 2), (1, 4)),
        ((0, 1), (0, 3), (1, 4)),
        ((0, 2), (0, 3), (1, 4)),
        ((0, 2), (0, 3), (1, 1)),
    }


def test_an_item_is_drawn_on_its_last_day_and_not_after():
    release = a_release(an_item(1, valid_until=date(2014, 6, 30)), an_item(2))
    both, one = of_cells(single_choice(2)), of_cells(single_choice(1))
    assert sorted(item_ids(draw(both, release, a_seed(1), on_date=date(2014, 6, 30)))) == [1, 2]
    assert item_ids(draw(one, release, a_seed(1), [2], on_date=date(2014, 7, 1))) == [2]
    with pytest.raises(BlueprintUnmetError):
        draw(both, release, a_seed(1), on_date=date(2014, 7, 1))


def test_sections_follow_each_other_and_are_mixed_inside():
    blueprint = of_cells(
        Cell(Kind.SINGLE_CHOICE, 5, 100, topic="总论"),
        Cell(Kind.TRUE_FALSE, 3, 100),
        Cell(Kind.SINGLE_CHOICE, 5, 100, topic="实务"),
    )
    release = a_release(
        *(an_item(n, topic="总论") for n in range(1, 11)),
        *(an_item(n, topic="实务") for n in range(11, 21)),
        *(an_item(n, Kind.TRUE_FALSE) for n in range(21, 31)),
    )
    pool = DrawPool(blueprint, release)
    orders = {tuple(item.cell for item in pool.draw(a_seed(n)).items) for n in range(30)}
    assert all(sorted(order[:10]) == [0] * 5 + [2] * 5 and order[10:] == (1, 1, 1) for order in orders)
    assert len(orders) > 25


def test_items_seen_that_had_to_come_back_do_not_gather_at_the_end():
    pool = DrawPool(of_cells(single_choice(10)), a_bank(10, 0, 0))
    positions = {item_ids(pool.draw(a_seed(n), [1, 2])).index(1) for n in range(200)}
    assert positions == set(range(10))


@given(
    st.integers(0, 10).flatmap(
        lambda size: st.tuples(
            st.permutations("abcdefghij").map(lambda letters: "".join(letters[:size])),
            st.sets(st.integers(0, max(size - 1, 0)), max_size=size),
        )
    ),
    seeds,
)
def test_options_are_rearranged_and_fixed_ones_stay_at_their_place(item, seed):
    options, places = item
    fixed = "".join(options[place] for place in places if place < len(options))
    paper = draw(of_cells(single_choice(1)), a_release(an_item(1, options=options, fixed=fixed)), seed)
    order = paper.items[0].option_order
    assert sorted(order) == sorted(options)
    assert [order[options.index(letter)] for letter in fixed] == list(fixed)


def test_all_of_the_above_stays_last_and_the_rest_takes_every_order():
    release = a_release(an_item(1, options="abcd", fixed="d"))
    pool = DrawPool(of_cells(single_choice(1)), release)
    orders = {"".join(pool.draw(a_seed(n)).items[0].option_order) for n in range(100)}
    assert orders == {"abcd", "acbd", "bacd", "bcad", "cabd", "cbad"}


def test_true_and_false_keep_their_order():
    paper = draw(a_blueprint(), a_bank(), a_seed(1))
    assert {item.option_order for item in paper.items if item.cell == 2} == {("t", "f")}


def test_a_seed_of_another_length_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        draw(a_blueprint(), a_bank(), b"short")


def test_the_paper_names_the_generator():
    assert draw(a_blueprint(), a_bank(), a_seed(1)).generator == GENERATOR == 1
