from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from examengine.papers.allocation import Allocation


def can_be_met(cells_of: Sequence[Sequence[int]], wanted: Sequence[int], stock: Sequence[int]) -> bool:
    """Hall's condition, looked at for every set of cells."""
    cells = range(len(wanted))
    return all(
        sum(wanted[c] for c in some)
        <= sum(items for items, accepting in zip(stock, cells_of, strict=True) if set(some) & set(accepting))
        for size in cells
        for some in combinations(cells, size + 1)
    )


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[list[int]], list[int], list[int]]:
    """Who accepts each class, what each cell wants, how many items each class has."""
    cells = draw(st.integers(1, 4))
    accepting = st.sets(st.integers(0, cells - 1), min_size=1).map(sorted)
    cells_of = draw(st.lists(accepting, min_size=1, max_size=5))
    wanted = draw(st.lists(st.integers(0, 4), min_size=cells, max_size=cells))
    stock = draw(st.lists(st.integers(0, 5), min_size=len(cells_of), max_size=len(cells_of)))
    return cells_of, wanted, stock


@given(networks())
def test_wants_are_met_exactly_where_halls_condition_holds(network):
    assert Allocation(*network).fill() is can_be_met(*network)


@st.composite
def networks_with_a_plan(draw: st.DrawFn) -> tuple[list[list[int]], list[int], list[int]]:
    """Networks whose wants can be met, mostly with little or nothing to spare."""
    cells = draw(st.integers(2, 3))
    accepting = st.sets(st.integers(0, cells - 1), min_size=1).map(sorted)
    cells_of = draw(st.lists(accepting, min_size=2, max_size=4))
    wanted, stock = [0] * cells, []
    for accepted_by in cells_of:
        given_to = draw(st.lists(st.sampled_from(accepted_by), max_size=4))
        for cell in given_to:
            wanted[cell] += 1
        stock.append(len(given_to) + draw(st.sampled_from((0, 0, 0, 1))))
    return cells_of, wanted, stock


@given(networks_with_a_plan(), st.randoms(use_true_random=False))
def test_an_item_may_be_taken_exactly_where_all_other_wants_can_still_be_met(network, random):
    cells_of, wanted, stock = network
    held_back = [random.randint(0, items) for items in stock]
    in_stock = [items - back for items, back in zip(stock, held_back, strict=True)]
    plan = Allocation(cells_of, wanted, in_stock)
    plan.fill()
    late = [k for k, back in enumerate(held_back) for _ in range(back)]
    random.shuffle(late)
    for k in late:
        in_stock[k] += plan.admit(k)
    assert not any(plan.unmet)

    acts = [(k, cell) for k, cells in enumerate(cells_of) for cell in cells] * 4
    random.shuffle(acts)
    for k, cell in acts:
        if not wanted[cell] or not in_stock[k]:
            continue
        wanted[cell] -= 1
        in_stock[k] -= 1
        may = can_be_met(cells_of, wanted, in_stock)
        assert plan.take(k, cell) is may
        if not may:
            wanted[cell] += 1
            in_stock[k] += 1


@given(networks(), st.lists(st.integers(0, 4), max_size=16))
def test_an_item_is_admitted_exactly_where_it_meets_one_more_want(network, acts):
    cells_of, wanted, stock = network
    plan = Allocation(*network)
    plan.fill()
    for k in acts:
        if k >= len(cells_of):
            continue
        unmet = sum(plan.unmet)
        more = [items + (other == k) for other, items in enumerate(stock)]
        bigger = Allocation(cells_of, wanted, more)
        bigger.fill()
        admitted = plan.admit(k)
        assert admitted is (sum(bigger.unmet) < unmet)
        assert sum(plan.unmet) == unmet - admitted
        if admitted:
            stock = more


@given(networks())
def test_the_starved_cells_want_more_than_there_is_for_them(network):
    cells_of, wanted, stock = network
    plan = Allocation(*network)
    if plan.fill():
        return
    starved = plan.starved()
    reachable = sum(s for s, accepting in zip(stock, cells_of, strict=True) if set(accepting) & set(starved))
    assert sum(wanted[c] for c in starved) == reachable + sum(plan.unmet)


def test_no_more_moves_along_a_path_than_the_cells_on_it_hold():
    # cell 1 lives on class 0 alone; cell 0 can give back the one item it holds of it, and no second
    plan = Allocation([[0, 1], [0]], [1, 3], [2, 3])
    assert not plan.fill()
    assert plan.unmet == [0, 1]
    assert plan.starved() == (1,)
