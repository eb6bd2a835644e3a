"""Banks, blueprints and seeds for the tests of this room."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from itertools import count

from hypothesis import strategies as st

from examengine.banks.item import Kind
from examengine.papers.blueprint import Blueprint, Cell
from examengine.papers.release import Release, ReleaseItem
from examengine.papers.supply import accepts

OPTIONS = {
    Kind.SINGLE_CHOICE: tuple("qkdw"),
    Kind.MULTIPLE_CHOICE: tuple("yncbh"),
    Kind.TRUE_FALSE: ("t", "f"),
}
TOPICS = ("", "总论", "实务")
DIFFICULTIES = ("易", "难")


def a_seed(number: int) -> bytes:
    return sha256(f"seed {number}".encode()).digest()[:16]


def an_item(
    number: int,
    kind: Kind = Kind.SINGLE_CHOICE,
    topic: str = "",
    difficulty: str = "",
    *,
    options: str | None = None,
    fixed: str = "",
    valid_until: date | None = None,
) -> ReleaseItem:
    """Version ``1000 + number`` of item ``number``."""
    ids = tuple(options) if options is not None else OPTIONS[kind]
    stays = frozenset(ids) if kind is Kind.TRUE_FALSE else frozenset(fixed)
    return ReleaseItem(1000 + number, number, kind, ids, stays, topic, difficulty, valid_until)


def a_release(*items: ReleaseItem) -> Release:
    return Release(7, items)


def a_bank(single: int = 90, multiple: int = 45, judge: int = 45) -> Release:
    """Items numbered from 1: single choice first, then multiple choice, then true/false."""
    numbers = count(1)
    kinds = (Kind.SINGLE_CHOICE, single), (Kind.MULTIPLE_CHOICE, multiple), (Kind.TRUE_FALSE, judge)
    return a_release(*(an_item(next(numbers), kind) for kind, size in kinds for _ in range(size)))


def a_blueprint(single: int = 30, multiple: int = 10, judge: int = 10) -> Blueprint:
    return of_cells(
        Cell(Kind.SINGLE_CHOICE, single, 200),
        Cell(Kind.MULTIPLE_CHOICE, multiple, 300),
        Cell(Kind.TRUE_FALSE, judge, 100),
    )


def of_cells(*cells: Cell) -> Blueprint:
    return Blueprint(cells, sum(cell.count * cell.points_hundredths for cell in cells))


def single_choice(count: int, topic: str | None = None, difficulty: str | None = None) -> Cell:
    return Cell(Kind.SINGLE_CHOICE, count, 100, topic=topic, difficulty=difficulty)


def subsets(blueprint: Blueprint) -> Iterator[list[Cell]]:
    for choice in range(1, 1 << len(blueprint.cells)):
        yield [cell for i, cell in enumerate(blueprint.cells) if choice >> i & 1]


def most_that_fits(blueprint: Blueprint, items: list[ReleaseItem]) -> int:
    """How many places of a paper ``items`` can fill at once, by König's theorem instead of a flow."""
    return min(
        blueprint.count,
        *(
            blueprint.count
            - sum(cell.count for cell in cells)
            + sum(any(accepts(cell, item) for cell in cells) for item in items)
            for cells in subsets(blueprint)
        ),
    )


KINDS = (Kind.SINGLE_CHOICE, Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE)

sorts = st.tuples(st.sampled_from(KINDS), st.sampled_from(TOPICS), st.sampled_from(DIFFICULTIES))


def releases(most: int = 24) -> st.SearchStrategy[Release]:
    """Any release of up to ``most`` items, numbered from 1."""
    return st.lists(sorts, min_size=1, max_size=most).map(
        lambda drawn: a_release(*(an_item(number, *sort) for number, sort in enumerate(drawn, start=1)))
    )


@st.composite
def blueprints(draw: st.DrawFn, most: int = 4) -> Blueprint:
    cells = st.builds(
        Cell,
        kind=st.sampled_from(KINDS),
        count=st.integers(1, most),
        points_hundredths=st.integers(1, 400),
        topic=st.sampled_from((None, *TOPICS)),
        difficulty=st.sampled_from((None, *DIFFICULTIES)),
    )
    return of_cells(*draw(st.lists(cells, min_size=1, max_size=5)))


@st.composite
def fillable(draw: st.DrawFn) -> tuple[Blueprint, Release]:
    """A blueprint and a release that can fill it, often just so."""
    blueprint = draw(blueprints())
    needed = [
        (
            cell.kind,
            draw(st.sampled_from(TOPICS)) if cell.topic is None else cell.topic,
            draw(st.sampled_from(DIFFICULTIES)) if cell.difficulty is None else cell.difficulty,
        )
        for cell in blueprint.cells
        for _ in range(cell.count)
    ]
    drawn = draw(st.permutations(needed + draw(st.lists(sorts, max_size=8))))
    return blueprint, a_release(*(an_item(number, *sort) for number, sort in enumerate(drawn, start=1)))


seeds = st.binary(min_size=16, max_size=16)
