"""The matrix of a blueprint as a form: rows of text in, cells out, and back."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from examengine.banks.item import DELIVERABLE, Kind
from examengine.papers.blueprint import (
    KIND_OF,
    MAX_CELLS,
    MAX_ITEMS,
    Blueprint,
    Cell,
    in_hundredths,
    section_cell,
    section_kinds,
)
from examengine.rules.rulebook import Rulebook
from examengine.web import times
from examengine.web.contexts.frame import FieldError
from examengine.web.wording import gettext as _

COLUMNS = ("kind", "topic", "difficulty", "count", "points")
MAX_FIELD = 300
MAX_POINTS = 1000
NO_TOPIC = _("（无知识点）")
NO_DIFFICULTY = _("（无难度）")
IN_ORDER = tuple(kind for kind in KIND_OF.values() if kind in DELIVERABLE)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as typed; a filter of "" takes everything."""

    kind: str = ""
    topic: str = ""
    difficulty: str = ""
    count: str = ""
    points: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing was asked for yet: such a row is no cell and no fault."""
        return self.count in ("", "0")


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows, the cell of each row that is one, and what is wrong with the others."""

    rows: tuple[Row, ...]
    cells: tuple[Cell | None, ...]
    errors: tuple[FieldError, ...]

    @property
    def blueprint(self) -> Blueprint | None:
        """The cells in the order of a paper; None where there is none or where a row is faulty."""
        cells = in_order([cell for cell in self.cells if cell is not None])
        if self.errors or not cells:
            return None
        return Blueprint(cells, sum(cell.count * cell.points_hundredths for cell in cells))


def rows_of(form: Mapping[str, list[str]]) -> tuple[Row, ...]:
    """The rows of a form, in which every column is a list; at most ``MAX_CELLS`` and one of them are looked at."""
    columns = [[_normal(value) for value in form.get(name, [])][: MAX_CELLS + 1] for name in COLUMNS]
    length = max(len(column) for column in columns)
    padded = [column + [""] * (length - len(column)) for column in columns]
    return tuple(Row(*values) for values in zip(*padded, strict=True))


def matrix_of(rows: Sequence[Row], rulebook: Rulebook | None) -> Matrix:
    """What the rows ask for; points that are left open and the way of marking come from the rulebook."""
    cells: list[Cell | None] = []
    errors: list[FieldError] = []
    for no, row in enumerate(rows, 1):
        cell = None
        if not row.is_blank:
            cell, wrong = _cell_of(row, no, rulebook)
            errors += wrong
        cells.append(cell)
    if len(rows) > MAX_CELLS:
        errors.append(FieldError("rows", _("最多 {n} 行").format(n=MAX_CELLS)))
    asked = sum(cell.count for cell in cells if cell is not None)
    if asked > MAX_ITEMS:
        told = _("一份试卷最多 {n} 题，现在合计 {asked} 题").format(n=MAX_ITEMS, asked=asked)
        errors.append(FieldError("rows", told))
    return Matrix(tuple(rows), tuple(cells), tuple(errors))


def rows_from(cells: Sequence[Cell]) -> tuple[Row, ...]:
    """Cells as rows, to be looked at and changed."""
    return tuple(
        Row(
            cell.kind.value,
            NO_TOPIC if cell.topic == "" else cell.topic or "",
            NO_DIFFICULTY if cell.difficulty == "" else cell.difficulty or "",
            str(cell.count),
            times.points(cell.points_hundredths),
        )
        for cell in cells
    )


def in_order(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Cells with the kinds in the order of a paper, within a kind as they come."""
    return tuple(sorted(cells, key=lambda cell: IN_ORDER.index(cell.kind)))


def _cell_of(row: Row, no: int, rulebook: Rulebook | None) -> tuple[Cell | None, list[FieldError]]:
    errors: list[FieldError] = []
    kind = next((kind for kind in IN_ORDER if kind.value == row.kind), None)
    if kind is None:
        errors.append(FieldError(f"kind-{no}", _("第 {n} 行：请选择题型").format(n=no)))
    count = int(row.count) if row.count.isascii() and row.count.isdecimal() and len(row.count) < 6 else 0
    if not 1 <= count <= MAX_ITEMS:
        told = _("第 {n} 行：抽取数应是 1 到 {most} 的整数").format(n=no, most=MAX_ITEMS)
        errors.append(FieldError(f"count-{no}", told))
    section = _section(kind, rulebook)
    points = section.points_hundredths if section is not None and not row.points else _points(row.points)
    if points is None:
        told = _("第 {n} 行：每题分应大于 0，最多两位小数").format(n=no)
        errors.append(FieldError(f"points-{no}", told))
    if errors or kind is None or points is None:
        return None, errors
    plain = replace(section, points_hundredths=points) if section is not None else Cell(kind, 1, points)
    topic, difficulty = _filter(row.topic, NO_TOPIC), _filter(row.difficulty, NO_DIFFICULTY)
    return replace(plain, count=count, topic=topic, difficulty=difficulty), []


def _section(kind: Kind | None, rulebook: Rulebook | None) -> Cell | None:
    if kind is None or rulebook is None or kind not in section_kinds(rulebook):
        return None
    return section_cell(rulebook, kind)


def _filter(text: str, nothing: str) -> str | None:
    if text == nothing:
        return ""
    return text or None


def _points(text: str) -> int | None:
    try:
        points = Decimal(text)
        if not points.is_finite() or not 0 < points <= MAX_POINTS:
            return None
        return in_hundredths(points)
    except (InvalidOperation, ValueError):
        return None


def _normal(text: str) -> str:
    """Full-width digits as people type them become plain ones; a topic keeps its own signs."""
    text = text[:MAX_FIELD].strip()
    plain = unicodedata.normalize("NFKC", text)
    return plain if plain.replace(".", "", 1).isdecimal() else text
