"""Cells in the bank's own proportions: a blueprint for those who have no wish of their own (按题库比例分配).

Each section is shared out over the topics, difficulties or both that the bank holds, by the method of largest
remainders, no cell getting more than it has items for. Every cell of the result is apart from the others, so whenever
a section's kind has enough items at all, the blueprint can be filled.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from examengine.papers.blueprint import MAX_CELLS, Cell
from examengine.papers.release import Release, ReleaseItem

Sort = tuple[str | None, str | None]
"""Topic and difficulty; None where the items are not told apart by it."""


@dataclass(frozen=True, slots=True)
class By:
    """What items are told apart by."""

    topic: bool = True
    difficulty: bool = False


def apportioned(sections: Sequence[Cell], release: Release, on_date: date | None, by: By) -> tuple[Cell, ...]:
    """``sections`` (one cell a kind, its filters unused) as cells in the proportions of what may be drawn on the day.

    A kind with fewer items than its section wants keeps all that there are and puts what is missing on its largest
    cell. Where there are more sorts of items than ``MAX_CELLS`` lets a section have, the smallest share one cell
    without a filter.
    """
    stock: dict[str, Counter[Sort]] = {cell.kind: Counter() for cell in sections}
    for item in release.items:
        expired = on_date is not None and item.valid_until is not None and item.valid_until < on_date
        if item.kind in stock and not expired:
            stock[item.kind][_sort_of(item, by)] += 1
    room = MAX_CELLS // max(1, len(sections))
    return tuple(cell for section in sections for cell in _shared_out(section, stock[section.kind], room))


def _sort_of(item: ReleaseItem, by: By) -> Sort:
    return (item.topic if by.topic else None, item.difficulty if by.difficulty else None)


def _shared_out(section: Cell, stock: Mapping[Sort, int], room: int) -> tuple[Cell, ...]:
    plain = replace(section, topic=None, difficulty=None)
    if len(stock) < 2:  # nothing tells the items apart
        return (plain,)
    shares = _largest_remainders(section.count, stock)
    ranked = sorted((sort for sort in shares if shares[sort]), key=lambda sort: (-shares[sort], _order(sort)))
    named = ranked if len(ranked) <= room else ranked[: room - 1]
    cells = [
        replace(section, count=shares[sort], topic=sort[0], difficulty=sort[1]) for sort in sorted(named, key=_order)
    ]
    rest = section.count - sum(cell.count for cell in cells)
    if not rest:
        return tuple(cells)
    if len(ranked) > len(named):
        return (*cells, replace(plain, count=rest))
    largest = max(range(len(cells)), key=lambda index: cells[index].count)
    cells[largest] = replace(cells[largest], count=cells[largest].count + rest)
    return tuple(cells)


def _largest_remainders(wanted: int, stock: Mapping[Sort, int]) -> dict[Sort, int]:
    """``wanted`` by the proportions of ``stock``, at most what there is of each sort."""
    total = sum(stock.values())
    if wanted >= total:
        return dict(stock)
    shares = {sort: wanted * there // total for sort, there in stock.items()}
    by_remainder = sorted(stock, key=lambda sort: (-(wanted * stock[sort] % total), -stock[sort], _order(sort)))
    for sort in by_remainder[: wanted - sum(shares.values())]:
        shares[sort] += 1
    return shares


def _order(sort: Sort) -> tuple[str, str]:
    return (sort[0] or "", sort[1] or "")
