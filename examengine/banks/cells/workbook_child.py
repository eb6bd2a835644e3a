"""Reads a workbook in a process of its own, under limits of memory and time that hold whatever the file does.

A workbook of a few hundred kilobytes can ask its reader for terabytes: one cell in the last corner of a sheet,
one long text that a million cells share. Such a reader is ended here, and the web process goes on.

Standard input is the file, the only argument "xlsx", "xls" or "tables" (see ``tables``); standard output a JSON
``Outcome``.
"""

import io
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from examengine.banks.cells.grid import CELL_CHARACTERS_LIMIT, CELLS_LIMIT, FILE_BYTES_LIMIT, ROWS_LIMIT
from examengine.banks.cells.workbook_scan import RefusedError, SheetNotes, cell_images, media_of, repack, scan, unpack

if TYPE_CHECKING:
    import python_calamine

MEMORY_BYTES_LIMIT: Final = 768 * 1024 * 1024
CPU_SECONDS_LIMIT: Final = 14
TEXT_CHARACTERS_LIMIT: Final = 48_000_000

# A date is a one-element list, so that it is told from a text.
Cell = str | float | bool | None | list[str]


class RawSheet(msgspec.Struct):
    """A sheet's rows as (0-based row, cells from 0-based ``first_column``)."""

    name: str
    hidden: bool
    first_column: int
    rows: list[tuple[int, list[Cell]]]
    notes: SheetNotes
    merged: list[tuple[int, int, int, int]]


class Outcome(msgspec.Struct):
    """Either sheets, or the code of a refusal with its facts."""

    sheets: list[RawSheet] = []
    macros: bool = False
    refused: str = ""
    facts: dict[str, int | str] = {}
    media: dict[str, bytes] = {}
    cell_images: dict[str, str] = {}


def _limit_this_process() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_LIMIT, MEMORY_BYTES_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_LIMIT, CPU_SECONDS_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(data: bytes, nature: str) -> Outcome:
    """The sheets of a workbook, or why they are not read."""
    import python_calamine  # here: whoever starts this process knows the module for its answer alone

    try:
        if nature == "tables":
            return Outcome(_tables(data))
        notes: dict[str, SheetNotes] = {}
        macros = False
        within: dict[str, str] = {}
        media: dict[str, bytes] = {}
        if nature == "xlsx":
            parts, macros = unpack(data)
            notes = scan(parts)
            within = cell_images(parts)
            if within or any(note.pictures for note in notes.values()):
                media = media_of(data)
            data = repack(parts)
            del parts
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return Outcome(_sheets(book, notes), macros, media=media, cell_images=within)
    except RefusedError as refused:
        return Outcome(refused=refused.args[0], facts=refused.args[1])
    except python_calamine.PasswordError:
        return Outcome(refused="password_protected")
    except python_calamine.CalamineError as broken:
        locked = "password" in str(broken).lower() or "encrypt" in str(broken).lower()
        return Outcome(refused="password_protected" if locked else "file_unreadable")


def _tables(data: bytes) -> list[RawSheet]:
    from examengine.banks.cells.separated import decode
    from examengine.banks.cells.tables import sheets_of

    text, _ = decode(data)
    sheets: list[RawSheet] = []
    left = ROWS_LIMIT
    for name, rows in sheets_of(text):
        cells: list[tuple[int, list[Cell]]] = [
            (number, [value[: CELL_CHARACTERS_LIMIT + 1] or None for value in values])
            for number, values in rows
            if any(values)
        ]
        left -= len(cells)
        if left < 0:
            raise RefusedError("too_many_rows", {})
        if cells:
            sheets.append(RawSheet(name, False, 0, cells, SheetNotes(), []))
    return sheets


def _sheets(book: "python_calamine.CalamineWorkbook", notes: dict[str, SheetNotes]) -> list[RawSheet]:
    import python_calamine

    sheets: list[RawSheet] = []
    rows_left, cells_left, characters_left = ROWS_LIMIT, CELLS_LIMIT, TEXT_CHARACTERS_LIMIT
    for about in book.sheets_metadata:
        if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(about.name)
        first_row, first_column = sheet.start or (0, 0)
        rows: list[tuple[int, list[Cell]]] = []
        for offset, values in enumerate(sheet.to_python()):
            cells = [_cell(value) for value in values]
            while cells and cells[-1] is None:
                cells.pop()
            if not cells:
                continue
            rows.append((first_row + offset, cells))
            rows_left -= 1
            cells_left -= len(cells)
            characters_left -= sum(len(cell) for cell in cells if isinstance(cell, str))
            if rows_left < 0:
                raise RefusedError("too_many_rows", {})
            if cells_left < 0 or characters_left < 0:
                raise RefusedError("workbook_too_large", {})
        merged = [(*start, *end) for start, end in (sheet.merged_cell_ranges or [])[:CELLS_LIMIT]]
        hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
        found = notes.get(about.name, SheetNotes())
        sheets.append(RawSheet(about.name, hidden, first_column, rows, found, merged))
    return sheets


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        # One character more than a cell can hold, so that the reader can tell a cut text.
        return value[: CELL_CHARACTERS_LIMIT + 1] or None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return [value.date().isoformat()]
    if isinstance(value, datetime):
        return [value.isoformat(sep=" ")]
    return [value.isoformat() if isinstance(value, date) else str(value)]


def main() -> int:
    _limit_this_process()
    try:
        answer = msgspec.json.encode(read(sys.stdin.buffer.read(FILE_BYTES_LIMIT + 1), sys.argv[1]))
    except MemoryError:
        answer = msgspec.json.encode(Outcome(refused="workbook_too_large"))
    except BaseException as failed:
        # A panic of the native reader derives from BaseException; the file is at fault, not the reader.
        if isinstance(failed, KeyboardInterrupt | SystemExit):
            raise
        answer = msgspec.json.encode(Outcome(refused="file_unreadable"))
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
