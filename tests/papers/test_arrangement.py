from itertools import permutations

import pytest

from examengine.papers.arrangement import Arrangement


@pytest.mark.parametrize("movable", [(), (0,), (0, 1), (0, 1, 2, 3), (0, 2, 3), (1, 4)])
def test_ranks_count_the_orders_of_the_movable_places_in_lexicographic_order(movable):
    ids = tuple("qwert")
    arrangement = Arrangement(5, movable)
    orders = [arrangement.arrange(ids, rank) for rank in range(arrangement.count)]
    assert [tuple(ids.index(order[place]) for place in movable) for order in orders] == list(permutations(movable))
    assert all(order[place] == ids[place] for order in orders for place in set(range(5)) - set(movable))


def test_orders_that_are_computed_follow_the_same_rule_as_those_in_the_table():
    ids = tuple("abcdefgh")
    arrangement = Arrangement(8, (0, 1, 2, 3, 4, 5, 6))
    expected = [(*order, "h") for order in permutations(ids[:7])]
    assert [arrangement.arrange(ids, rank) for rank in range(arrangement.count)] == expected
