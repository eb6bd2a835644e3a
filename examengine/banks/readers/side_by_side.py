"""Sheets with several questions in a row: the same columns again, beside one another, to spare paper."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from examengine.banks.cells.grid import Row, Sheet
from examengine.banks.dialects.headers import Field, header_word, recognise

_BESIDE: Final = re.compile(r"（左起第 (\d{1,3}) 题）$")


def beside_place(row: str, number: int) -> str:
    """The place of a question in a row of several, counted from the left."""
    return f"{row}（左起第 {number} 题）"


def is_leftmost(where: str) -> bool:
    """True for the place of a question that is alone in its row, or the first of several."""
    match = _BESIDE.search(where)
    return match is None or match[1] == "1"


def shift_of(where: str, starts: Sequence[int]) -> int:
    """How many columns right of the first question in its row the question of this place stands."""
    match = _BESIDE.search(where)
    number = int(match[1]) if match else 1
    return starts[number - 1] - starts[0] if 0 < number <= len(starts) else 0


def parts_of(sheet: Sheet, header: int) -> list[Sheet]:
    """The sheet once for every run of its columns, with the other cells empty; itself where they come once.

    ``header`` is the index of its header row.
    """
    starts = starts_of(sheet.rows[header].cells)
    if len(starts) < 2:
        return [sheet]
    ends = [*starts[1:], max(len(row.cells) for row in sheet.rows)]
    return [
        replace(sheet, rows=tuple(_only(row, start, end) for row in sheet.rows))
        for start, end in zip(starts, ends, strict=True)
    ]


def starts_of(header: Sequence[str]) -> list[int]:
    """The columns in which runs of the same names begin; none where names come once."""
    names = [header_word(cell) if len(cell) < 80 else "" for cell in header]
    first = next((name for name in names if name), "")
    starts = [column for column, name in enumerate(names) if name == first]
    if not first or len(starts) < 2:
        return []
    runs = [names[start:end] for start, end in zip(starts, [*starts[1:], len(names)], strict=True)]
    told = [[name for name in run if name] for run in runs]
    columns = recognise(header[: starts[1]])
    # A column may follow the last run: what the check of a file said of its rows, for one.
    alike = all(run[: len(told[0])] == told[0] for run in told)
    return starts if alike and columns is not None and columns.get(Field.KEY) is not None else []


def _only(row: Row, start: int, end: int) -> Row:
    cells = ("",) * min(start, len(row.cells)) + row.cells[start:end]
    odd = {column: what for column, what in row.odd.items() if start <= column < end}
    return replace(row, cells=cells, odd=odd)
