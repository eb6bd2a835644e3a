"""Proof, before publishing, that a bank can fill a blueprint, and how far it goes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from examengine.papers.allocation import Allocation
from examengine.papers.blueprint import Blueprint
from examengine.papers.release import Release
from examengine.papers.supply import Group, groups_of


@dataclass(frozen=True, slots=True)
class Shortfall:
    """``cells`` (indexes into the blueprint) want more items than any of them accepts.

    Several cells stand together where their filters overlap and each of them alone could be filled.
    """

    cells: tuple[int, ...]
    wanted: int
    available: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What a release can do for a blueprint.

    ``distinct_papers`` counts papers that differ in an item or in the cell it stands for, whatever the order; 0
    where there are shortfalls. It is exact where filters are nested or apart, and a lower bound where they cross
    (``distinct_is_exact``). ``disjoint_papers`` is how many papers could be drawn without any common item.
    """

    shortfalls: tuple[Shortfall, ...]
    distinct_papers: int
    distinct_is_exact: bool
    disjoint_papers: int

    @property
    def distinct_papers_log10(self) -> float:
        """Order of magnitude of ``distinct_papers``; minus infinity for none."""
        return math.log10(self.distinct_papers) if self.distinct_papers else -math.inf


def prove(blueprint: Blueprint, release: Release, on_date: date | None = None) -> Proof:
    """Examine what may be drawn on the local day ``on_date``; publishing asks for the last day of the window."""
    groups = groups_of(blueprint, release, on_date)
    missing = shortfalls_of(blueprint, groups)
    if missing:
        return Proof(missing, 0, True, 0)
    distinct = 1
    for group in groups:
        distinct *= _distinct_papers(blueprint, group)
    exact = all(is_nested_or_apart(group) for group in groups)
    return Proof((), distinct, exact, min(disjoint_papers_of(blueprint, group) for group in groups))


def shortfalls(
    blueprint: Blueprint, release: Release, on_date: date | None = None, *, papers: int = 1
) -> tuple[Shortfall, ...]:
    """Cells that ``release`` cannot fill on the local day ``on_date``; empty where it can.

    With ``papers`` above 1: cells for which that many papers without a common item cannot be drawn (a person's
    attempts without a repeat). ``wanted`` then counts the items of all these papers. A cell that is short by
    itself is named alone; cells that fail only together are named together. Raises ValueError for ``papers < 1``.
    """
    if papers < 1:
        raise ValueError(f"cannot fill {papers} papers")
    return shortfalls_of(blueprint, groups_of(blueprint, release, on_date), papers)


def shortfalls_of(blueprint: Blueprint, groups: Sequence[Group], papers: int = 1) -> tuple[Shortfall, ...]:
    """:func:`shortfalls` for a release that is sorted into its groups already."""
    found: list[Shortfall] = []
    for group in groups:
        wanted = {cell: blueprint.cells[cell].count * papers for cell in group.cells}
        can_have = {cell: min(wanted[cell], group.available([cell])) for cell in group.cells}
        found += [
            Shortfall((cell,), wanted[cell], can_have[cell]) for cell in group.cells if can_have[cell] < wanted[cell]
        ]
        plan = _plan(group, [can_have[cell] for cell in group.cells])
        if not plan.fill():
            cells = tuple(group.cells[c] for c in plan.starved())
            found.append(Shortfall(cells, sum(wanted[cell] for cell in cells), group.available(cells)))
    return tuple(sorted(found, key=lambda shortfall: (len(shortfall.cells), shortfall.cells)))


def _plan(group: Group, wanted: Sequence[int]) -> Allocation:
    local = {cell: c for c, cell in enumerate(group.cells)}
    return Allocation(
        [[local[cell] for cell in item_class.cells] for item_class in group.classes],
        wanted,
        [len(item_class.items) for item_class in group.classes],
    )


def disjoint_papers_of(blueprint: Blueprint, group: Group) -> int:
    """How many times the cells of a group can be filled without using an item twice."""
    counts = [blueprint.cells[cell].count for cell in group.cells]
    enough, too_many = 0, group.available(group.cells) // sum(counts) + 1
    while too_many - enough > 1:
        papers = (enough + too_many) // 2
        if _plan(group, [count * papers for count in counts]).fill():
            enough = papers
        else:
            too_many = papers
    return enough


def _distinct_papers(blueprint: Blueprint, group: Group) -> int:
    """Ways to fill the group's cells one after the other, narrow ones first.

    A narrower cell's items lie either all or not at all in the pool of a wider one where filters are nested or
    apart, so each factor is exact there. Elsewhere all of them are taken off, which can only count too few; where
    that leaves nothing, one feasible paper remains certain.
    """
    pools = {cell: set(group.accepted_by(cell)) for cell in group.cells}
    ways = 1
    done: list[int] = []
    for cell in sorted(group.cells, key=lambda cell: (group.available([cell]), cell)):
        taken = sum(blueprint.cells[other].count for other in done if pools[other] & pools[cell])
        left = max(0, group.available([cell]) - taken)
        ways *= math.comb(left, blueprint.cells[cell].count)
        done.append(cell)
    return max(ways, 1)


def is_nested_or_apart(group: Group) -> bool:
    """Whether of any two cells one accepts all that the other does, or nothing of it."""
    pools = [set(group.accepted_by(cell)) for cell in group.cells]
    return all(a <= b or b <= a or a.isdisjoint(b) for number, a in enumerate(pools) for b in pools[:number])
