"""What a paper is made of: cells of items that count the same and answer to the same filter.

Points are integers in hundredths of a point throughout. The sections of a paper (single, multiple, true/false)
are the kinds of its cells, in the order in which the cells first name them.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, get_args

import msgspec

from examengine.banks.item import DELIVERABLE, Kind

PartialCredit = Literal["none", "half", "per_option"]
"""What an incomplete multiple-choice answer without a wrong option earns: nothing, half, or a share an option."""

MAX_CELLS = 64
MAX_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Cell:
    """``count`` items of one kind, ``points_hundredths`` each; ``topic`` and ``difficulty`` narrow the choice.

    A filter of None takes every item. Raises ValueError for a cell that no paper could be built of or marked by.
    """

    kind: Kind
    count: int
    points_hundredths: int
    partial_credit: PartialCredit = "none"
    topic: str | None = None
    difficulty: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in DELIVERABLE:
            raise ValueError(f"items of kind {self.kind} cannot be delivered")
        if self.count < 1 or self.points_hundredths < 1:
            raise ValueError("a cell needs at least one item, worth at least one hundredth of a point")
        if self.partial_credit not in get_args(PartialCredit):
            raise ValueError(f"unknown partial credit {self.partial_credit!r}")
        if self.partial_credit != "none" and self.kind is not Kind.MULTIPLE_CHOICE:
            raise ValueError(f"partial credit has no meaning for {self.kind}")


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The cells of a paper and its full mark in hundredths of a point.

    Raises ValueError where there is no cell, where the points of the cells do not sum to the full mark, or where
    the paper would be larger than ``MAX_CELLS`` cells or ``MAX_ITEMS`` items.
    """

    cells: tuple[Cell, ...]
    full_score_hundredths: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.cells) <= MAX_CELLS:
            raise ValueError(f"a blueprint has 1 to {MAX_CELLS} cells, not {len(self.cells)}")
        if self.count > MAX_ITEMS:
            raise ValueError(f"a paper holds at most {MAX_ITEMS} items, not {self.count}")
        points = sum(cell.count * cell.points_hundredths for cell in self.cells)
        if points != self.full_score_hundredths:
            raise ValueError(f"the cells' points sum to {points}, the full mark is {self.full_score_hundredths}")

    @property
    def count(self) -> int:
        """Number of items on a paper."""
        return sum(cell.count for cell in self.cells)

    @property
    def sections(self) -> tuple[tuple[int, ...], ...]:
        """Indexes of the cells of each section, sections in the order of the paper."""
        by_kind: dict[Kind, list[int]] = {}
        for index, cell in enumerate(self.cells):
            by_kind.setdefault(cell.kind, []).append(index)
        return tuple(tuple(indexes) for indexes in by_kind.values())


class Section(Protocol):
    """``count`` items of one kind, ``points`` each."""

    @property
    def count(self) -> int: ...
    @property
    def points(self) -> Decimal: ...


class MultipleChoiceSection(Section, Protocol):
    @property
    def partial_credit(self) -> PartialCredit: ...


class PaperRules(Protocol):
    """``exam.paper`` of a rulebook; an absent section is None."""

    @property
    def single(self) -> Section | None: ...
    @property
    def multiple(self) -> MultipleChoiceSection | None: ...
    @property
    def judge(self) -> Section | None: ...


class ExamRules(Protocol):
    @property
    def full_score(self) -> int: ...
    @property
    def paper(self) -> PaperRules: ...


class PaperRulebook(Protocol):
    """As much of a rulebook as a paper depends on."""

    @property
    def exam(self) -> ExamRules: ...


def blueprint_of(rulebook: PaperRulebook) -> Blueprint:
    """One cell a section of ``exam.paper``: single choice, multiple choice, true/false.

    A section of no items is absent. Raises ValueError as :class:`Blueprint` does, and for points finer than a
    hundredth.
    """
    rules = rulebook.exam.paper
    cells: list[Cell] = []
    if rules.single is not None and rules.single.count:
        cells.append(Cell(Kind.SINGLE_CHOICE, rules.single.count, in_hundredths(rules.single.points)))
    if rules.multiple is not None and rules.multiple.count:
        cells.append(
            Cell(
                Kind.MULTIPLE_CHOICE,
                rules.multiple.count,
                in_hundredths(rules.multiple.points),
                rules.multiple.partial_credit,
            )
        )
    if rules.judge is not None and rules.judge.count:
        cells.append(Cell(Kind.TRUE_FALSE, rules.judge.count, in_hundredths(rules.judge.points)))
    return Blueprint(tuple(cells), rulebook.exam.full_score * 100)


def in_hundredths(points: Decimal) -> int:
    """``points`` as a whole number of hundredths; raises ValueError where that is not exact."""
    scaled = points * 100
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{points} points are finer than a hundredth")
    return int(scaled)


_decoder = msgspec.json.Decoder(Blueprint)


def to_json(blueprint: Blueprint) -> bytes:
    """The form in which SQL keeps a blueprint."""
    return msgspec.json.encode(blueprint, order="deterministic")


def from_json(stored: bytes) -> Blueprint:
    """The blueprint that :func:`to_json` wrote. Raises ``msgspec.ValidationError`` or ``msgspec.DecodeError``."""
    return _decoder.decode(stored)
