"""Frequencies over fixed seeds: deterministic, with bounds of five standard deviations and more."""

from collections import Counter

from examengine.papers.draw import DrawPool
from tests.papers.builders import a_bank, a_blueprint, a_release, a_seed, an_item, of_cells, single_choice

DRAWS = 3000


def test_every_item_of_a_cell_is_drawn_about_equally_often():
    pool = DrawPool(a_blueprint(10, 5, 5), a_bank(40, 20, 20))
    times = Counter(item.version_id for n in range(DRAWS) for item in pool.draw(a_seed(n)).items)
    # expected 750 of 3,000, standard deviation 24
    assert len(times) == 80
    assert all(630 < count < 870 for count in times.values())


def test_every_item_comes_to_every_position_of_its_section():
    pool = DrawPool(of_cells(single_choice(4)), a_bank(4, 0, 0))
    places = Counter(
        (item.version_id, position) for n in range(DRAWS) for position, item in enumerate(pool.draw(a_seed(n)).items)
    )
    # expected 750 of 3,000, standard deviation 24
    assert len(places) == 16
    assert all(630 < count < 870 for count in places.values())


def test_every_pair_of_items_meets_about_equally_often():
    pool = DrawPool(of_cells(single_choice(2)), a_bank(6, 0, 0))
    pairs = Counter(frozenset(i.version_id for i in pool.draw(a_seed(n)).items) for n in range(DRAWS))
    # expected 200 of 3,000, standard deviation 14
    assert len(pairs) == 15
    assert all(130 < count < 270 for count in pairs.values())


def test_an_unseen_item_does_not_gain_by_its_place_in_the_bank():
    pool = DrawPool(of_cells(single_choice(2)), a_bank(12, 0, 0))
    seen = [2, 3, 5, 7, 11, 12]
    times = Counter(i.version_id - 1000 for n in range(DRAWS) for i in pool.draw(a_seed(n), seen).items)
    # expected 1,000 of 3,000, standard deviation 26
    assert set(times) == {1, 4, 6, 8, 9, 10}
    assert all(870 < count < 1130 for count in times.values())


def test_every_option_stands_at_every_place_about_equally_often():
    pool = DrawPool(of_cells(single_choice(1)), a_bank(1, 0, 0))
    orders = Counter(pool.draw(a_seed(n)).items[0].option_order for n in range(DRAWS))
    # expected 125 of 3,000, standard deviation 11
    assert len(orders) == 24
    assert all(70 < count < 180 for count in orders.values())


def test_with_nested_filters_every_paper_is_equally_likely():
    release = a_release(*(an_item(n, topic="总论" if n <= 3 else "实务") for n in range(1, 7)))
    pool = DrawPool(of_cells(single_choice(2), single_choice(1, topic="总论")), release)
    papers = Counter(frozenset((i.version_id, i.cell) for i in pool.draw(a_seed(n)).items) for n in range(DRAWS))
    # 3 × C(5, 2) papers, expected 100 of 3,000 each, standard deviation 10
    assert len(papers) == 30
    assert all(50 < count < 150 for count in papers.values())
