"""A blueprint in the bank's own proportions."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from examengine.banks.item import Kind
from examengine.papers.apportion import By, apportioned
from examengine.papers.blueprint import MAX_CELLS, Blueprint, Cell
from examengine.papers.proof import prove
from tests.papers.builders import KINDS, a_release, an_item, releases, single_choice

TEN = single_choice(10)


def shares(cells: tuple[Cell, ...]) -> list[tuple[str | None, str | None, int]]:
    return [(cell.topic, cell.difficulty, cell.count) for cell in cells]


def test_shares_follow_the_proportions_and_add_up() -> None:
    release = a_release(*(an_item(n, topic="甲" if n <= 50 else "乙" if n <= 83 else "丙") for n in range(1, 101)))
    assert shares(apportioned([TEN], release, None, By())) == [("丙", None, 2), ("乙", None, 3), ("甲", None, 5)]


def test_a_topic_too_small_for_one_item_has_no_cell() -> None:
    release = a_release(*(an_item(n, topic="大" if n <= 99 else "小") for n in range(1, 101)))
    assert shares(apportioned([TEN], release, None, By())) == [("大", None, 10)]


def test_items_that_nothing_tells_apart_are_one_cell_without_a_filter() -> None:
    release = a_release(*(an_item(n) for n in range(1, 20)))
    assert shares(apportioned([TEN], release, None, By())) == [(None, None, 10)]
    assert shares(apportioned([TEN], a_release(), None, By())) == [(None, None, 10)]


def test_what_the_bank_lacks_stands_on_the_largest_cell() -> None:
    release = a_release(*(an_item(n, topic="甲" if n <= 5 else "乙") for n in range(1, 9)))
    assert shares(apportioned([TEN], release, None, By())) == [("乙", None, 3), ("甲", None, 7)]


def test_more_sorts_than_cells_share_one_without_a_filter() -> None:
    release = a_release(*(an_item(n, topic=f"第 {n % 100} 章") for n in range(1, 501)))
    cells = apportioned([single_choice(100)], release, None, By())
    assert (len(cells), sum(cell.count for cell in cells)) == (MAX_CELLS, 100)
    assert shares(cells)[-1] == (None, None, 37)


def test_items_past_their_day_do_not_count() -> None:
    release = a_release(
        *(an_item(n, topic="甲", valid_until=date(2026, 1, 1)) for n in range(1, 50)),
        *(an_item(n, topic="乙") for n in range(50, 70)),
        *(an_item(n, topic="丙") for n in range(70, 90)),
    )
    assert shares(apportioned([TEN], release, date(2026, 1, 2), By())) == [("丙", None, 5), ("乙", None, 5)]


@settings(max_examples=40)
@given(releases(60), st.sampled_from([By(), By(False, True), By(True, True)]))
def test_whenever_every_kind_has_enough_items_the_result_can_be_filled(release, by) -> None:
    sections = [
        Cell(kind, max(1, sum(item.kind is kind for item in release.items) * 2 // 3), 100)
        for kind in sorted(set(KINDS))
    ]
    there = {item.kind for item in release.items}
    sections = [section for section in sections if section.kind in there]
    cells = apportioned(sections, release, None, by)
    assert [sum(c.count for c in cells if c.kind is s.kind) for s in sections] == [s.count for s in sections]
    blueprint = Blueprint(cells, sum(cell.count * 100 for cell in cells))
    assert prove(blueprint, release).shortfalls == ()


def test_how_a_section_is_marked_stays_with_its_cells() -> None:
    release = a_release(*(an_item(n, Kind.MULTIPLE_CHOICE, "甲" if n % 2 else "乙") for n in range(1, 20)))
    cells = apportioned([Cell(Kind.MULTIPLE_CHOICE, 4, 300, "half")], release, None, By())
    assert {(cell.points_hundredths, cell.partial_credit) for cell in cells} == {(300, "half")}
