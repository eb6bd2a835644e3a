"""How often an item is shown, and how much two papers have in common, before anybody has sat an exam.

Items of one class are interchangeable, so their exposure (曝光率, the probability of being on a paper) is the
expected number of items that a paper takes from the class, by its size. Where filters are nested or apart that number
follows from generator 1 exactly: cells draw narrow ones first, and when a cell draws, the items left in its pool are
a fixed number, of which each is equally likely. By linearity two independent papers then have ``sum of exposure²``
items in common: per class the mean of the hypergeometric distribution.

Where filters cross, and for a person's own attempts wherever a group has several cells (a draw that is random decides
what is left for the next), papers are drawn by generator 1 itself, from seeds ``SHAKE-256("examengine/exposure/1"
‖ 0x00 ‖ number as 4 bytes big-endian)``, and the result carries its standard error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import shake_256
from math import sqrt

from examengine.papers.blueprint import Blueprint
from examengine.papers.draw import DrawPool
from examengine.papers.proof import disjoint_papers_of, is_nested_or_apart, shortfalls_of
from examengine.papers.release import Release
from examengine.papers.stream import SEED_BYTES
from examengine.papers.supply import Group, groups_of

DRAWS = 400
"""Papers, or persons with all their attempts, that are drawn where no formula is exact."""
LABEL = b"examengine/exposure/1"


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expected value; ``standard_error`` is 0 where it is exact."""

    value: float
    standard_error: float = 0.0


@dataclass(frozen=True, slots=True)
class ClassExposure:
    """Items that the same cells accept: each of them is on a paper with probability ``exposure``."""

    cells: tuple[int, ...]
    version_ids: tuple[int, ...]
    exposure: Estimate


@dataclass(frozen=True, slots=True)
class Tightest:
    """The cells with the fewest items for what they want; several where only together they are tight."""

    cells: tuple[int, ...]
    wanted: int
    available: int

    @property
    def ratio(self) -> float:
        return self.available / self.wanted


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a release means for those who sit papers of a blueprint that it can fill.

    ``two_candidates``: items that papers of two persons have in common. ``attempts[n]``: items on attempt ``n + 2``
    of a person that stood on any of his papers before. ``idle``: versions open to draws that no cell accepts.
    ``draws``: papers or persons drawn for what is not exact, 0 where all is.
    """

    count: int
    classes: tuple[ClassExposure, ...]
    idle: tuple[int, ...]
    two_candidates: Estimate
    attempts: tuple[Estimate, ...]
    tightest: Tightest
    without_repeat: int
    draws: int

    @property
    def items(self) -> int:
        """How many items may come onto a paper."""
        return sum(len(each.version_ids) for each in self.classes)

    @property
    def least(self) -> float:
        return min(each.exposure.value for each in self.classes)

    @property
    def most(self) -> float:
        return max(each.exposure.value for each in self.classes)

    @property
    def mean(self) -> float:
        """Over the items that may come onto a paper."""
        return self.count / self.items

    def most_exposed(self) -> tuple[ClassExposure, ...]:
        """All classes, the most exposed first."""
        return tuple(sorted(self.classes, key=lambda each: (-each.exposure.value, each.cells)))


def expose(
    blueprint: Blueprint,
    release: Release,
    on_date: date | None = None,
    *,
    attempts: int = 1,
    fresh: bool = True,
    draws: int = DRAWS,
) -> Exposure:
    """Exposure and overlaps of papers drawn on the local day ``on_date``; a person has up to ``attempts`` attempts.

    ``fresh``: a person's attempts avoid what he has seen; without, he gets the same paper again. Raises ValueError
    where the release cannot fill the blueprint (``prove`` says which cells), for ``attempts < 1`` and ``draws < 2``.
    """
    if attempts < 1 or draws < 2:
        raise ValueError(f"cannot say what {attempts} attempts or {draws} draws lead to")
    groups = groups_of(blueprint, release, on_date)
    if shortfalls_of(blueprint, groups):
        raise ValueError(f"release {release.id} cannot fill the blueprint")
    classes: list[ClassExposure] = []
    common = Estimate(0.0)
    repeats = [Estimate(0.0)] * (attempts - 1)
    drawn = 0
    for group in groups:
        tallies = _Tallies(())
        count = sum(blueprint.cells[cell].count for cell in group.cells)
        crosses = not is_nested_or_apart(group)
        varies = fresh and len(group.cells) > 1 and not _is_ample(group, attempts * count)
        if crosses or (varies and attempts > 1):
            tallies = _drawn(blueprint, group, attempts if varies else 1, draws)
            drawn = draws
        taken = tallies.taken() if crosses else tuple(Estimate(mean) for mean in _taken(blueprint, group))
        for item_class, mean in zip(group.classes, taken, strict=True):
            size = len(item_class.items)
            share = Estimate(mean.value / size, mean.standard_error / size)
            classes.append(ClassExposure(item_class.cells, tuple(i.version_id for i in item_class.items), share))
        common = _sum(common, tallies.common(group) if crosses else _common(taken, group))
        for later in range(1, attempts):
            if not fresh:
                again = Estimate(float(count))
            elif varies:
                again = tallies.again(later)
            else:  # one cell: what is left of its pool; or a pool so large that it never matters
                left = max(0, group.available(group.cells) - later * count)
                again = Estimate(float(max(0, count - left)))
            repeats[later - 1] = _sum(repeats[later - 1], again)
    reached = {version_id for each in classes for version_id in each.version_ids}
    without_repeat = min(disjoint_papers_of(blueprint, group) for group in groups)
    return Exposure(
        count=blueprint.count,
        classes=tuple(classes),
        idle=_idle(release, reached, on_date),
        two_candidates=common,
        attempts=tuple(repeats),
        tightest=_tightest(blueprint, groups, without_repeat),
        without_repeat=without_repeat,
        draws=drawn,
    )


def seed_of(number: int) -> bytes:
    """The seed of simulated draw ``number``, as the module's text defines it."""
    return shake_256(LABEL + b"\x00" + number.to_bytes(4, "big")).digest(SEED_BYTES)


def _is_ample(group: Group, items: int) -> bool:
    """Whether each cell could still choose among enough if ``items`` were gone of it: no attempt meets a seen one."""
    return all(group.available([cell]) >= items for cell in group.cells)


def _taken(blueprint: Blueprint, group: Group) -> tuple[float, ...]:
    """Expected number of items that a paper takes from each class, filters being nested or apart."""
    left = [float(len(item_class.items)) for item_class in group.classes]
    # the draw's own order: the narrow cell first, the earlier one of two that are as wide
    for cell in sorted(group.cells, key=lambda cell: (group.available([cell]), cell)):
        pool = group.accepted_by(cell)
        share = blueprint.cells[cell].count / sum(left[k] for k in pool)
        for k in pool:
            left[k] -= left[k] * share
    return tuple(len(item_class.items) - rest for item_class, rest in zip(group.classes, left, strict=True))


def _common(taken: Sequence[Estimate], group: Group) -> Estimate:
    return Estimate(
        sum(mean.value**2 / len(item_class.items) for mean, item_class in zip(taken, group.classes, strict=True))
    )


@dataclass(frozen=True, slots=True)
class _Tallies:
    """For each simulated person: how many items of each class the first paper took, and how many items of the later
    papers had been seen.
    """

    persons: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

    def taken(self) -> tuple[Estimate, ...]:
        return tuple(_mean(column) for column in zip(*(took for took, _ in self.persons), strict=True))

    def common(self, group: Group) -> Estimate:
        """The mean over all pairs of different persons of what two papers are expected to have in common.

        A pair that took ``a`` and ``b`` of a class of ``n`` shares ``a·b/n`` on the average; the standard error is
        that of a mean over pairs (a U-statistic, by its projection onto single papers).
        """
        sizes = [len(item_class.items) for item_class in group.classes]
        n = len(self.persons)
        totals = [sum(column) for column in zip(*(took for took, _ in self.persons), strict=True)]
        rows = [
            sum(own * (total - own) / size / (n - 1) for own, total, size in zip(took, totals, sizes, strict=True))
            for took, _ in self.persons
        ]
        mean = _mean(rows)
        return Estimate(mean.value, 2 * mean.standard_error)

    def again(self, later: int) -> Estimate:
        return _mean([seen[later - 1] for _, seen in self.persons])


def _drawn(blueprint: Blueprint, group: Group, attempts: int, draws: int) -> _Tallies:
    cells = tuple(blueprint.cells[cell] for cell in group.cells)
    alone = Blueprint(cells, sum(cell.count * cell.points_hundredths for cell in cells))
    items = tuple(item for item_class in group.classes for item in item_class.items)
    pool = DrawPool(alone, Release(0, items))
    class_of = {item.version_id: k for k, item_class in enumerate(group.classes) for item in item_class.items}
    item_of = {item.version_id: item.item_id for item in items}
    persons = []
    for person in range(draws):
        seen: list[int] = []
        took = [0] * len(group.classes)
        known: set[int] = set()
        repeats = []
        for attempt in range(attempts):
            paper = pool.draw(seed_of(person * attempts + attempt), seen)
            drawn = [item_of[item.version_id] for item in paper.items]
            if attempt:
                repeats.append(len(known.intersection(drawn)))
            else:
                for item in paper.items:
                    took[class_of[item.version_id]] += 1
            known.update(drawn)
            seen += drawn
        persons.append((tuple(took), tuple(repeats)))
    return _Tallies(tuple(persons))


def _mean(values: Sequence[float]) -> Estimate:
    n = len(values)
    mean = sum(values) / n
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    return Estimate(mean, sqrt(variance / n))


def _sum(one: Estimate, other: Estimate) -> Estimate:
    # groups are drawn independently of each other
    return Estimate(one.value + other.value, sqrt(one.standard_error**2 + other.standard_error**2))


def _idle(release: Release, reached: set[int], on_date: date | None) -> tuple[int, ...]:
    return tuple(
        item.version_id
        for item in release.items
        if item.version_id not in reached
        and (on_date is None or item.valid_until is None or item.valid_until >= on_date)
    )


def _tightest(blueprint: Blueprint, groups: Sequence[Group], without_repeat: int) -> Tightest:
    """What fails first when one more paper without a common item is asked for."""
    failing = shortfalls_of(blueprint, groups, without_repeat + 1)
    scarce = [Tightest(short.cells, short.wanted // (without_repeat + 1), short.available) for short in failing]
    return min(scarce, key=lambda each: (each.ratio, each.cells))
