"""Sheets with several questions in a row: the same columns again, beside one another, to spare paper."""

from collections.abc import Sequence
from dataclasses import replace

from examengine.banks.cells.grid import Row, Sheet
from examengine.banks.dialects.headers import Field, header_word, recognise


def parts_of(sheet: Sheet, header: int) -> list[Sheet]:
    """The sheet once for every run of its columns, with the other cells empty; itself where they come once.

    ``header`` is the index of its header row.
    """
    starts = _starts(sheet.rows[header].cells)
    if len(starts) < 2:
        return [sheet]
    ends = [*starts[1:], max(len(row.cells) for row in sheet.rows)]
    return [
        replace(sheet, rows=tuple(_only(row, start, end) for row in sheet.rows))
        for start, end in zip(starts, ends, strict=True)
    ]


def _starts(header: Sequence[str]) -> list[int]:
    names = [header_word(cell) if len(cell) < 80 else "" for cell in header]
    first = next((name for name in names if name), "")
    starts = [column for column, name in enumerate(names) if name == first]
    if not first or len(starts) < 2:
        return []
    runs = [names[start:end] for start, end in zip(starts, [*starts[1:], len(names)], strict=True)]
    told = [[name for name in run if name] for run in runs]
    columns = recognise(header[: starts[1]])
    alike = all(run == told[0] for run in told)
    return starts if alike and columns is not None and columns.get(Field.KEY) is not None else []


def _only(row: Row, start: int, end: int) -> Row:
    cells = ("",) * min(start, len(row.cells)) + row.cells[start:end]
    odd = {column: what for column, what in row.odd.items() if start <= column < end}
    return replace(row, cells=cells, odd=odd)
