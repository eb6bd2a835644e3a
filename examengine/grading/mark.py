"""Marking of choice items. Marks are integers in hundredths of a point: nothing is rounded but a partial mark.

Papers and blueprints are taken by shape, since this room and ``papers`` do not know each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol


class ShownItem(Protocol):
    """An item version as it stood on the paper."""

    @property
    def version_id(self) -> int: ...
    @property
    def cell(self) -> int: ...
    @property
    def option_order(self) -> Sequence[str]: ...


class ShownPaper(Protocol):
    @property
    def items(self) -> Sequence[ShownItem]: ...


class MarkedCell(Protocol):
    """What each item of a cell is worth, and how an incomplete answer counts."""

    @property
    def points_hundredths(self) -> int: ...
    @property
    def partial_credit(self) -> Literal["none", "half", "per_option"]: ...


class MarkedBlueprint(Protocol):
    @property
    def cells(self) -> Sequence[MarkedCell]: ...


class Verdict(StrEnum):
    """What an answer is, whatever it earns."""

    RIGHT = "right"
    PARTIAL = "partial"
    WRONG = "wrong"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class ItemMark:
    """``position`` counts from 1; ``hundredths`` of ``full_hundredths`` were earned."""

    position: int
    version_id: int
    cell: int
    verdict: Verdict
    hundredths: int
    full_hundredths: int


@dataclass(frozen=True, slots=True)
class CellMark:
    """The items of one cell (an index into the blueprint) taken together; those not counted here are wrong."""

    cell: int
    items: int
    right: int
    partial: int
    blank: int
    hundredths: int
    full_hundredths: int


@dataclass(frozen=True, slots=True)
class Score:
    """The mark of a paper, by item in the order shown and by cell in the order of the blueprint."""

    total_hundredths: int
    full_hundredths: int
    items: tuple[ItemMark, ...]
    cells: tuple[CellMark, ...]


class MarkingError(ValueError):
    """Answers or keys do not belong to the paper: a broken invariant, never the candidate's doing."""


def mark(
    paper: ShownPaper,
    blueprint: MarkedBlueprint,
    answers: Mapping[int, str],
    keys: Mapping[int, frozenset[str]],
) -> Score:
    """Mark ``answers`` (position from 1 → option ids as one string, "" or absent for a blank).

    ``keys`` gives the right option ids by item version and may hold more versions than the paper. An answer with an
    option that the item does not have is wrong. Raises :class:`MarkingError` where a key is missing, empty or names
    options that were not shown, and where an answer's position is not on the paper.
    """
    if any(not 1 <= position <= len(paper.items) for position in answers):
        raise MarkingError(f"answers beyond the {len(paper.items)} items of the paper: {sorted(answers)}")
    marks: list[ItemMark] = []
    by_cell: list[list[ItemMark]] = [[] for _ in blueprint.cells]
    for position, item in enumerate(paper.items, start=1):
        key = keys.get(item.version_id)
        if not key or not key.issubset(item.option_order):
            raise MarkingError(f"version {item.version_id} has no key among the options shown: {key}")
        cell = blueprint.cells[item.cell]
        verdict, hundredths = _judge(
            frozenset(answers.get(position, "")), key, cell.points_hundredths, cell.partial_credit
        )
        item_mark = ItemMark(position, item.version_id, item.cell, verdict, hundredths, cell.points_hundredths)
        marks.append(item_mark)
        by_cell[item.cell].append(item_mark)
    cells = tuple(_cell_mark(index, of_cell) for index, of_cell in enumerate(by_cell))
    return Score(
        total_hundredths=sum(cell.hundredths for cell in cells),
        full_hundredths=sum(cell.full_hundredths for cell in cells),
        items=tuple(marks),
        cells=cells,
    )


def _judge(
    chosen: frozenset[str],
    key: frozenset[str],
    points: int,
    partial_credit: Literal["none", "half", "per_option"],
) -> tuple[Verdict, int]:
    if not chosen:
        return Verdict.BLANK, 0
    if chosen == key:
        return Verdict.RIGHT, points
    if partial_credit == "none" or not chosen < key:
        return Verdict.WRONG, 0
    if partial_credit == "half":
        return Verdict.PARTIAL, points // 2
    return Verdict.PARTIAL, points * len(chosen) // len(key)


def _cell_mark(cell: int, marks: Sequence[ItemMark]) -> CellMark:
    verdicts = [item.verdict for item in marks]
    return CellMark(
        cell=cell,
        items=len(marks),
        right=verdicts.count(Verdict.RIGHT),
        partial=verdicts.count(Verdict.PARTIAL),
        blank=verdicts.count(Verdict.BLANK),
        hundredths=sum(item.hundredths for item in marks),
        full_hundredths=sum(item.full_hundredths for item in marks),
    )
