"""Who competes for which items: a release seen from a blueprint.

Items that the same cells accept are one *class*; a class that two cells accept ties them together. Cells that are
tied, directly or through others, are a *group*: whether one can be filled depends on the rest of its group only.
Most blueprints filter by kind alone, and each of their groups is one cell and one class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from examengine.papers.blueprint import Blueprint, Cell
from examengine.papers.release import Release, ReleaseItem


@dataclass(frozen=True, slots=True)
class ItemClass:
    """Items, in the order of their version ids, and the cells (indexes into the blueprint) that accept them."""

    cells: tuple[int, ...]
    items: tuple[ReleaseItem, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Cells that are tied by common items, ascending, and all classes that they accept."""

    cells: tuple[int, ...]
    classes: tuple[ItemClass, ...]

    def accepted_by(self, cell: int) -> tuple[int, ...]:
        """Indexes of the classes that ``cell`` accepts."""
        return tuple(k for k, item_class in enumerate(self.classes) if cell in item_class.cells)

    def available(self, cells: Sequence[int]) -> int:
        """How many items at least one of ``cells`` accepts."""
        return sum(len(c.items) for c in self.classes if not set(cells).isdisjoint(c.cells))


def accepts(cell: Cell, item: ReleaseItem) -> bool:
    """Whether ``item`` passes the filter of ``cell``; its validity is another question."""
    return item.kind is cell.kind and cell.topic in (None, item.topic) and cell.difficulty in (None, item.difficulty)


def groups_of(blueprint: Blueprint, release: Release, on_date: date | None = None) -> tuple[Group, ...]:
    """Every cell of ``blueprint`` in exactly one group, with the items that may be drawn on the day ``on_date``.

    Without a day an item's ``valid_until`` is not looked at.
    """
    # the filters look at three values only: ten thousand items ask a few dozen times
    accepting: dict[tuple[str, str, str], tuple[int, ...]] = {}
    members: dict[tuple[int, ...], list[ReleaseItem]] = {}
    for item in release.items:
        if on_date is not None and item.valid_until is not None and item.valid_until < on_date:
            continue
        sort = (item.kind, item.topic, item.difficulty)
        cells = accepting.get(sort)
        if cells is None:
            cells = tuple(i for i, cell in enumerate(blueprint.cells) if accepts(cell, item))
            accepting[sort] = cells
        if cells:
            members.setdefault(cells, []).append(item)

    classes = [
        ItemClass(cells, tuple(sorted(items, key=lambda item: item.version_id)))
        for cells, items in sorted(members.items())
    ]
    return tuple(
        Group(cells, tuple(c for c in classes if c.cells[0] in cells))
        for cells in _tied(len(blueprint.cells), [c.cells for c in classes])
    )


def _tied(cells: int, ties: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    group_of = list(range(cells))
    for tie in ties:
        joined = {group_of[cell] for cell in tie}
        first = min(joined)
        group_of = [first if group in joined else group for group in group_of]
    return [tuple(cell for cell in range(cells) if group_of[cell] == group) for group in sorted(set(group_of))]
