"""Which column of a sheet was taken for what, shown to its author, and changed where he knows better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from examengine.banks.cells.grid import Grid, Row, Sheet
from examengine.banks.dialects.headers import Columns, Field, recognise, with_second_row
from examengine.banks.dialects.options import LETTERS
from examengine.banks.findings import column_letters
from examengine.banks.wording import tidy_line

HEADER_SEARCH_ROWS: Final = 40
GUIDE_SHEET: Final = "填写说明"
SAMPLE_CHARACTERS: Final = 60
SHEETS_SHOWN: Final = 30
COLUMNS_SHOWN: Final = 40
IGNORED: Final = "不用"
MEANINGS: Final = (
    *(field.value for field in Field if field not in {Field.REFERENCE, Field.TIME, Field.ORDINAL, Field.OPTIONS}),
    *(f"选项{letter}" for letter in LETTERS[:10]),
    "选项",
)
"""What a column may be said to hold: the canonical headers, and 选项 for all options in one cell."""


class SheetChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an author says of one sheet: the number of its header row (0: it has none), and what columns hold, by
    their letters. A column that is not named keeps its header; ``IGNORED`` takes it out.
    """

    header: int
    columns: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """``letter`` names the column, ``sample`` is its first text below the header; a column without a ``meaning`` is
    not used.
    """

    letter: str
    header: str
    sample: str
    meaning: str


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """The columns of one sheet. ``header`` is the number of the header row, 0 where none was found."""

    sheet: str
    header: int
    columns: tuple[ShownColumn, ...]


def columns_shown(sheets: Sequence[Sheet]) -> tuple[SheetColumns, ...]:
    """How the columns of every sheet with content were understood."""
    filled = [sheet for sheet in sheets if sheet.rows and sheet.name != GUIDE_SHEET]
    return tuple(_shown(sheet) for sheet in filled[:SHEETS_SHOWN])


def _shown(sheet: Sheet) -> SheetColumns:
    for index, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        columns = recognise(row.cells)
        if columns is not None:
            below = sheet.rows[index + 1 :]
            names = row.cells
            both = with_second_row(row.cells, below[0].cells) if below else None
            if both is not None:
                columns, names, below = both, _joined(row.cells, below[0].cells), below[1:]
            return SheetColumns(sheet.name, row.number, _columns(names, below, columns))
    return SheetColumns(sheet.name, 0, _columns((), sheet.rows, None))


def _joined(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    width = max(len(first), len(second))
    pairs = zip([*first, *[""] * (width - len(first))], [*second, *[""] * (width - len(second))], strict=True)
    return tuple(below or above for above, below in pairs)


def _columns(names: Sequence[str], rows: Sequence[Row], columns: Columns | None) -> tuple[ShownColumn, ...]:
    meanings: dict[int, str] = {}
    if columns is not None:
        meanings |= {column: what.value for what, column in columns.single.items()}
        meanings |= {column: f"选项{LETTERS[index]}" for index, column in columns.options if index < len(LETTERS)}
        meanings |= {column: f"填空{n}" for n, column in enumerate(columns.blanks, start=1)}
    width = min(COLUMNS_SHOWN, max([len(names), *(len(row.cells) for row in rows[:HEADER_SEARCH_ROWS])], default=0))
    shown = []
    for column in range(width):
        sample = next((text for row in rows[:HEADER_SEARCH_ROWS] if (text := tidy_line(row.cell(column)))), "")
        header = tidy_line(names[column]) if column < len(names) else ""
        if header or sample:
            shown.append(
                ShownColumn(
                    column_letters(column),
                    header[:SAMPLE_CHARACTERS],
                    sample[:SAMPLE_CHARACTERS],
                    meanings.get(column, ""),
                )
            )
    return tuple(shown)


def with_choices(grid: Grid, choices: Mapping[str, SheetChoice]) -> Grid:
    """The grid with its headers as the author says: readers then need not know of it."""
    return replace(
        grid,
        sheets=tuple(
            _chosen(sheet, choices[sheet.name]) if sheet.name in choices else sheet for sheet in grid.sheets
        ),
    )


def _chosen(sheet: Sheet, choice: SheetChoice) -> Sheet:
    rows = [row for row in sheet.rows if row.number >= choice.header]
    header = next((row for row in rows if row.number == choice.header), None)
    width = max((len(row.cells) for row in rows), default=0)
    names = list(header.cells) if header is not None else []
    names += [""] * (width - len(names))
    for column in range(width):
        said = choice.columns.get(column_letters(column))
        if said is not None:
            names[column] = "" if said == IGNORED else said
    body = [row for row in rows if row is not header]
    return replace(sheet, rows=(Row(choice.header, tuple(names)), *body))
