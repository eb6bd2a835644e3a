"""What a paper is made of: cells of items that count the same and answer to the same filter.

Points are integers in hundredths of a point throughout. The sections of a paper (single, multiple, true/false)
are the kinds of its cells, in the order in which the cells first name them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, Protocol, get_args

import msgspec

from examengine.banks.item import DELIVERABLE, Kind

PartialCredit = Literal["none", "half", "per_option"]
"""What an incomplete multiple-choice answer without a wrong option earns: nothing, half, or a share an option."""

WITH_PARTS = frozenset({Kind.MULTIPLE_CHOICE, Kind.MATCHING, Kind.CLOZE})
"""Kinds whose answers can be right in part by the plan; parts of a short answer's points are its author's to give."""
MAX_MARKERS = 2
MAX_CELLS = 64
MAX_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Cell:
    """``count`` items of one kind, ``points_hundredths`` each; ``topic`` and ``difficulty`` narrow the choice.

    ``markers``: how many people mark an answer that only people can mark. Where the marks of two differ by more than
    ``tolerance_hundredths`` a third decides. A filter of None takes every item. Raises ValueError for a cell that no
    paper could be built of or marked by.
    """

    kind: Kind
    count: int
    points_hundredths: int
    partial_credit: PartialCredit = "none"
    topic: str | None = None
    difficulty: str | None = None
    markers: int = 1
    tolerance_hundredths: int = 0

    def __post_init__(self) -> None:
        if self.kind not in DELIVERABLE:
            raise ValueError(f"items of kind {self.kind} cannot be delivered")
        if self.count < 1 or self.points_hundredths < 1:
            raise ValueError("a cell needs at least one item, worth at least one hundredth of a point")
        if self.partial_credit not in get_args(PartialCredit):
            raise ValueError(f"unknown partial credit {self.partial_credit!r}")
        if self.partial_credit != "none" and self.kind not in WITH_PARTS:
            raise ValueError(f"partial credit has no meaning for {self.kind}")
        if not 1 <= self.markers <= MAX_MARKERS or self.tolerance_hundredths < 0:
            raise ValueError(f"an answer has one or two markers and a tolerance of at least 0, not {self.markers}")


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
    """``count`` items of one kind, ``points`` each; some also ``partial_credit``, ``markers`` and ``tolerance``."""

    @property
    def count(self) -> int: ...
    @property
    def points(self) -> Decimal: ...


class PaperRules(Protocol):
    """``exam.paper`` of a rulebook: its sections by their keys, in the order of the paper."""

    def sections(self) -> Mapping[str, Section]: ...


class ExamRules(Protocol):
    @property
    def full_score(self) -> int: ...
    @property
    def paper(self) -> PaperRules: ...


class PaperRulebook(Protocol):
    """As much of a rulebook as a paper depends on."""

    @property
    def exam(self) -> ExamRules: ...


KIND_OF: Final[Mapping[str, Kind]] = {
    "single": Kind.SINGLE_CHOICE,
    "multiple": Kind.MULTIPLE_CHOICE,
    "judge": Kind.TRUE_FALSE,
    "short_answer": Kind.SHORT_ANSWER,
    "numeric": Kind.NUMERIC,
    "matching": Kind.MATCHING,
    "cloze": Kind.CLOZE,
    "essay": Kind.ESSAY,
}
"""What kind of item each section of ``exam.paper`` holds, in the order of a paper."""


def blueprint_of(rulebook: PaperRulebook) -> Blueprint:
    """One cell a section of ``exam.paper``, in the order of ``KIND_OF``.

    A section of no items is absent. Raises ValueError as :class:`Blueprint` does, and for points finer than a
    hundredth.
    """
    cells = tuple(section_cell(rulebook, kind) for kind in section_kinds(rulebook))
    return Blueprint(cells, rulebook.exam.full_score * 100)


def section_kinds(rulebook: PaperRulebook) -> tuple[Kind, ...]:
    """The kinds that a paper under the rulebook has items of, in its order."""
    sections = rulebook.exam.paper.sections()
    return tuple(kind for key, kind in KIND_OF.items() if key in sections and sections[key].count)


def section_cell(rulebook: PaperRulebook, kind: Kind) -> Cell:
    """The whole section of a kind as one cell. Raises KeyError where the rulebook has none."""
    section = rulebook.exam.paper.sections()[next(key for key, known in KIND_OF.items() if known is kind)]
    return Cell(
        kind,
        section.count,
        in_hundredths(section.points),
        getattr(section, "partial_credit", "none"),
        markers=getattr(section, "markers", 1),
        tolerance_hundredths=in_hundredths(getattr(section, "tolerance", Decimal(0))),
    )


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
