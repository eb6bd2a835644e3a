"""Generator 1: the draw of one person's paper.

The draw is a function of blueprint, release (with the day, where items have a last one), seed and items seen; the
order in which a release lists its items does not matter. From one :class:`~examengine.papers.stream.Stream`:

1. Groups of cells that share items come in order of their first cell, within one the cell with fewer eligible
   items first. A cell takes its items one by one: ``below(number of items left in its open classes)`` counts
   through these classes in order of the cells that accept them, and within a class through its items by
   ascending version id, those taken or barred being replaced by the last (a partial Fisher–Yates shuffle). A
   class whose item would leave another cell of the group unfillable is closed to the cell and drawn again.
   Where filters are nested or apart that never happens, and every paper is equally likely.
2. Items seen are barred as long as the group can be filled without; else the least recently seen are let in, no
   more than needed. Barred items of a class are taken out from the highest version id down.
3. Section by section, the section's items in order of their cells are shuffled; then each in the order shown has
   its movable options arranged by rank ``below(number of arrangements)`` (nothing is taken from the stream where
   there is one only).

A change of any of this is a new generator number beside this one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from examengine.papers.allocation import Allocation
from examengine.papers.arrangement import Arrangement, arrangement_of
from examengine.papers.blueprint import Blueprint
from examengine.papers.paper import Paper, PaperItem
from examengine.papers.proof import shortfalls_of
from examengine.papers.release import Release, ReleaseItem
from examengine.papers.stream import Stream
from examengine.papers.supply import Group, groups_of

GENERATOR = 1


class BlueprintUnmetError(RuntimeError):
    """A paper is asked for that the release cannot fill: publishing should have refused it."""


def draw(
    blueprint: Blueprint, release: Release, seed: bytes, seen: Sequence[int] = (), on_date: date | None = None
) -> Paper:
    """One paper without preparation; see :class:`DrawPool`, which whoever draws often keeps."""
    return DrawPool(blueprint, release, on_date).draw(seed, seen)


@dataclass(frozen=True, slots=True)
class _Drawable:
    version_id: int
    option_ids: tuple[str, ...]
    arrangement: Arrangement


class _Deck:
    """Items of one class during one draw: shuffled as far as it is drawn from, never copied."""

    __slots__ = ("_items", "_moved", "left")

    def __init__(self, items: tuple[_Drawable, ...]) -> None:
        self._items = items
        self._moved: dict[int, int] = {}
        self.left = len(items)

    def take(self, place: int) -> _Drawable:
        """Take out what lies at ``place``; the last one comes to lie there."""
        moved = self._moved
        index = moved.get(place, place)
        self.left -= 1
        moved[place] = moved.get(self.left, self.left)
        return self._items[index]


@dataclass(frozen=True, slots=True)
class _PreparedGroup:
    """A group with the draw's order of cells; ``wanted`` and ``classes_of`` are by local index of the cell."""

    cells: tuple[int, ...]
    order: tuple[int, ...]
    wanted: tuple[int, ...]
    classes_of: tuple[tuple[int, ...], ...]
    cells_of: tuple[tuple[int, ...], ...]
    classes: tuple[tuple[_Drawable, ...], ...]


class DrawPool:
    """A release sorted for one blueprint and day, so that a draw does not look at the whole bank.

    Immutable once made; keep one for each (blueprint, release, ``on_date``). ``on_date`` is the local day on which
    the attempts start; items whose last day lies before it are left out. Raises :class:`BlueprintUnmetError` where
    the release cannot fill the blueprint.
    """

    __slots__ = ("_groups", "_sections", "_where", "blueprint")

    def __init__(self, blueprint: Blueprint, release: Release, on_date: date | None = None) -> None:
        groups = groups_of(blueprint, release, on_date)
        missing = shortfalls_of(blueprint, groups)
        if missing:
            raise BlueprintUnmetError(f"release {release.id} cannot fill the blueprint: {missing}")
        self.blueprint = blueprint
        self._sections = blueprint.sections
        self._groups = tuple(_prepared(blueprint, group) for group in groups)
        self._where = {
            item.item_id: (g, k, place)
            for g, group in enumerate(groups)
            for k, item_class in enumerate(group.classes)
            for place, item in enumerate(item_class.items)
        }

    def draw(self, seed: bytes, seen: Sequence[int] = ()) -> Paper:
        """The paper that ``seed`` (16 bytes) gives a person who has seen the items ``seen``.

        ``seen`` holds item ids of all papers before, oldest first; an item seen twice counts as seen when it was
        seen last. It has none of them while the blueprint can be met without, else as few as possible and the
        least recently seen. Raises ValueError for a seed of another length.
        """
        stream = Stream(seed)
        sightings = self._sightings(seen)
        drawn: list[list[_Drawable]] = [[] for _ in self.blueprint.cells]
        for g, group in enumerate(self._groups):
            _draw_group(group, stream, sightings.get(g, ()), drawn)

        below = stream.below
        items: list[PaperItem] = []
        for section in self._sections:
            shown = [(cell, item) for cell in section for item in drawn[cell]]
            stream.shuffle(shown)
            for cell, item in shown:
                options = item.option_ids
                if item.arrangement.count > 1:
                    options = item.arrangement.arrange(options, below(item.arrangement.count))
                items.append(PaperItem(item.version_id, cell, options))
        return Paper(GENERATOR, tuple(items))

    def _sightings(self, seen: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """Class and place of the items seen, by group, least recently seen first."""
        by_group: dict[int, list[tuple[int, int]]] = {}
        for item_id in reversed(dict.fromkeys(reversed(seen))):
            found = self._where.get(item_id)
            if found is not None:
                g, k, place = found
                by_group.setdefault(g, []).append((k, place))
        return by_group


def _prepared(blueprint: Blueprint, group: Group) -> _PreparedGroup:
    local = {cell: c for c, cell in enumerate(group.cells)}
    by_width = sorted(group.cells, key=lambda cell: (group.available([cell]), cell))
    return _PreparedGroup(
        cells=group.cells,
        order=tuple(local[cell] for cell in by_width),
        wanted=tuple(blueprint.cells[cell].count for cell in group.cells),
        classes_of=tuple(group.accepted_by(cell) for cell in group.cells),
        cells_of=tuple(tuple(local[cell] for cell in c.cells) for c in group.classes),
        classes=tuple(tuple(_drawable(item) for item in c.items) for c in group.classes),
    )


def _drawable(item: ReleaseItem) -> _Drawable:
    ids = item.option_ids
    movable = tuple(place for place, option in enumerate(ids) if option not in item.fixed)
    return _Drawable(item.version_id, ids, arrangement_of(len(ids), movable))


def _draw_group(
    group: _PreparedGroup,
    stream: Stream,
    sightings: Sequence[tuple[int, int]],
    drawn: list[list[_Drawable]],
) -> None:
    if len(group.cells) == len(group.classes) == 1 and not sightings:
        _draw_alone(group, stream, drawn[group.cells[0]])
        return
    plan, barred = _plan(group, sightings)
    decks = [_Deck(items) for items in group.classes]
    for k, place in sorted(barred, reverse=True):
        decks[k].take(place)

    for c in group.order:
        taken = drawn[group.cells[c]]
        open_classes = list(group.classes_of[c])
        left = sum(decks[k].left for k in open_classes)
        while len(taken) < group.wanted[c]:
            place = stream.below(left)
            for k in open_classes:
                if place < decks[k].left:
                    break
                place -= decks[k].left
            if plan.take(k, c):
                taken.append(decks[k].take(place))
                left -= 1
            else:
                open_classes.remove(k)
                left -= decks[k].left


def _draw_alone(group: _PreparedGroup, stream: Stream, taken: list[_Drawable]) -> None:
    """A cell whose items nobody else accepts, none of them seen: the same draw, with nothing to weigh."""
    below, items = stream.below, group.classes[0]
    moved: dict[int, int] = {}
    for left in range(len(items), len(items) - group.wanted[0], -1):
        place = below(left)
        taken.append(items[moved.get(place, place)])
        moved[place] = moved.get(left - 1, left - 1)


def _plan(group: _PreparedGroup, sightings: Sequence[tuple[int, int]]) -> tuple[Allocation, set[tuple[int, int]]]:
    """A way to meet the group's wants, and the items seen that it does without."""
    stock = [len(items) for items in group.classes]
    for k, _ in sightings:
        stock[k] -= 1
    plan = Allocation(group.cells_of, group.wanted, stock)
    barred = set(sightings)
    if not plan.fill():
        # what does not help now never will: greedy from the oldest on is the best choice (a matroid)
        useless: set[int] = set()
        for k, place in sightings:
            if k in useless:
                continue
            if plan.admit(k):
                barred.remove((k, place))
            else:
                useless.add(k)
    return plan, barred
