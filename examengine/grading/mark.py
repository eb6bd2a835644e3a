"""Marking. Marks are integers in hundredths of a point.

The one rounding: what an answer earns in part is exact until it is counted in hundredths, and a rest is cut off, once
an item – a third of 2 points is 0.66. Papers and blueprints are taken by shape, since this room and ``papers`` do not
know each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal, Protocol

import msgspec

from examengine.banks.responses import FULL_WEIGHT, Expected, GapsExpected, PairsExpected, needs_person
from examengine.grading.parts import PartMark, parts_marked

PartialCredit = Literal["none", "half", "per_option"]
Key = frozenset[str] | Expected
"""What is right: option ids, or what is expected where there are no options."""


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
    def partial_credit(self) -> PartialCredit: ...


class MarkedBlueprint(Protocol):
    @property
    def cells(self) -> Sequence[MarkedCell]: ...


class Verdict(StrEnum):
    """What an answer is, whatever it earns. ``waiting``: only a person can say."""

    RIGHT = "right"
    PARTIAL = "partial"
    WRONG = "wrong"
    BLANK = "blank"
    WAITING = "waiting"


class ItemMark(msgspec.Struct, frozen=True):
    """``position`` counts from 1; ``hundredths`` of ``full_hundredths`` were earned. (A msgspec struct: fifty are
    made a paper, each in a tenth of the time.)
    """

    position: int
    version_id: int
    cell: int
    verdict: Verdict
    hundredths: int
    full_hundredths: int


@dataclass(frozen=True, slots=True)
class CellMark:
    """The items of one cell (an index into the blueprint) taken together; those not counted here are wrong, or
    wait for a person.
    """

    cell: int
    items: int
    right: int
    partial: int
    blank: int
    hundredths: int
    full_hundredths: int


@dataclass(frozen=True, slots=True)
class Score:
    """The mark of a paper, by item in the order shown and by cell in the order of the blueprint. Items that wait for
    a person have earned nothing yet.
    """

    total_hundredths: int
    full_hundredths: int
    items: tuple[ItemMark, ...]
    cells: tuple[CellMark, ...]

    @property
    def waiting(self) -> tuple[ItemMark, ...]:
        """Items that a person has to mark."""
        return tuple(item for item in self.items if item.verdict is Verdict.WAITING)


class MarkingError(ValueError):
    """Answers or keys do not belong to the paper: a broken invariant, never the candidate's doing."""


def mark(
    paper: ShownPaper,
    blueprint: MarkedBlueprint,
    answers: Mapping[int, str],
    keys: Mapping[int, Key],
) -> Score:
    """Mark ``answers`` (position from 1 → response, see :mod:`examengine.banks.responses`; "" or absent for a blank).

    ``keys`` gives what is right by item version and may hold more versions than the paper. An answer with an option
    that the item does not have is wrong. A written essay, and a short answer for which no text is named, wait for a
    person; a blank one is blank. Raises :class:`MarkingError` where a key is missing, empty or names options that
    were not shown, and where an answer's position is not on the paper.
    """
    if answers and not 1 <= min(answers) <= max(answers) <= len(paper.items):
        raise MarkingError(f"answers beyond the {len(paper.items)} items of the paper: {sorted(answers)}")
    marks: list[ItemMark] = []
    cells = [(cell.points_hundredths, cell.partial_credit) for cell in blueprint.cells]
    for position, item in enumerate(paper.items, start=1):
        version_id, in_cell = item.version_id, item.cell
        key, answer = keys.get(version_id), answers.get(position, "")
        points, partial_credit = cells[in_cell]
        if isinstance(key, frozenset):
            if not key or not key.issubset(item.option_order):
                raise MarkingError(f"version {version_id} has no key among the options shown: {key}")
            verdict, hundredths = _judged(answer, key, points, partial_credit)
        elif key is None:
            raise MarkingError(f"version {version_id} has no key")
        else:
            verdict, hundredths = _judge_expected(answer, key, points, partial_credit)
        marks.append(ItemMark(position, version_id, in_cell, verdict, hundredths, points))
    return scored(marks, len(cells))


def scored(marks: Sequence[ItemMark], cells: int) -> Score:
    """The score of marked items on a paper of so many cells."""
    by_cell: list[list[ItemMark]] = [[] for _ in range(cells)]
    for item_mark in marks:
        by_cell[item_mark.cell].append(item_mark)
    taken = tuple(_cell_mark(index, of_cell) for index, of_cell in enumerate(by_cell))
    return Score(
        total_hundredths=sum(cell.hundredths for cell in taken),
        full_hundredths=sum(cell.full_hundredths for cell in taken),
        items=tuple(marks),
        cells=taken,
    )


def with_marks(score: Score, by_hand: Mapping[int, int]) -> Score:
    """The score once people have marked: ``by_hand`` gives hundredths by position. What they have not marked waits.

    Raises :class:`MarkingError` for a mark of an item that does not wait, or outside its points.
    """
    waiting = {item.position: item for item in score.waiting}
    for position, hundredths in by_hand.items():
        if position not in waiting or not 0 <= hundredths <= waiting[position].full_hundredths:
            raise MarkingError(f"no mark of {hundredths} is due at position {position}")
    marks = [_marked(item, by_hand[item.position]) if item.position in by_hand else item for item in score.items]
    return scored(marks, len(score.cells))


def _marked(item: ItemMark, hundredths: int) -> ItemMark:
    if hundredths == item.full_hundredths:
        return msgspec.structs.replace(item, verdict=Verdict.RIGHT, hundredths=hundredths)
    verdict = Verdict.PARTIAL if hundredths else Verdict.WRONG
    return msgspec.structs.replace(item, verdict=verdict, hundredths=hundredths)


@lru_cache(maxsize=8_192)
def _judged(answer: str, key: frozenset[str], points: int, partial_credit: PartialCredit) -> tuple[Verdict, int]:
    """A few thousand cases are all that papers hold."""
    return _judge(frozenset(answer), key, points, partial_credit)


def _judge(
    chosen: frozenset[str], key: frozenset[str], points: int, partial_credit: PartialCredit
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


def _judge_expected(answer: str, key: Expected, points: int, partial_credit: PartialCredit) -> tuple[Verdict, int]:
    if not answer:
        return Verdict.BLANK, 0
    if needs_person(key):
        return Verdict.WAITING, 0
    parts = parts_marked(key, answer)
    if not parts or all(part.share == 0 for part in parts):
        raise MarkingError("nothing is expected of any part")
    if all(part.is_blank for part in parts):
        return Verdict.BLANK, 0
    if all(part.is_right for part in parts if part.share):
        return Verdict.RIGHT, points
    has_parts = isinstance(key, PairsExpected | GapsExpected)
    earned = _in_part(parts, points, partial_credit if has_parts else "per_option")
    return (Verdict.PARTIAL, earned) if earned else (Verdict.WRONG, 0)


def _in_part(parts: Sequence[PartMark], points: int, partial_credit: PartialCredit) -> int:
    """What parts earn that are not all right. ``half``: nothing that was filled in is wrong, but some is missing."""
    if partial_credit == "none":
        return 0
    if partial_credit == "half":
        return points // 2 if all(part.is_right or part.is_blank for part in parts) else 0
    earned = sum(part.weight * part.share for part in parts)
    return points * earned // (FULL_WEIGHT * sum(part.share for part in parts))


def _cell_mark(cell: int, marks: Sequence[ItemMark]) -> CellMark:
    verdicts = [item.verdict for item in marks]
    return CellMark(
        cell=cell,
        items=len(marks),
        right=verdicts.count(Verdict.RIGHT),
        partial=verdicts.count(Verdict.PARTIAL),
        blank=verdicts.count(Verdict.BLANK),
        hundredths=sum([item.hundredths for item in marks]),
        full_hundredths=sum([item.full_hundredths for item in marks]),
    )
