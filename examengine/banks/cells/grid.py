"""A file as a grid: sheets, rows with their spreadsheet numbers, cells as text with what is odd about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FILE_BYTES_LIMIT: Final = 25 * 1024 * 1024
ROWS_LIMIT: Final = 60_000
COLUMNS_LIMIT: Final = 200
CELLS_LIMIT: Final = 2_000_000
CELL_CHARACTERS_LIMIT: Final = 32_767


class Oddity(StrEnum):
    """What a spreadsheet program did to a cell, so that its text may not be what the author wrote."""

    DATE = "date"
    ROUNDED = "rounded"
    FORMULA = "formula"
    FORMULA_WITHOUT_RESULT = "formula_without_result"
    ERROR = "error"
    IMAGE = "image"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` is 1-based as the spreadsheet program shows it; ``odd`` maps 0-based columns."""

    number: int
    cells: tuple[str, ...]
    odd: Mapping[int, Oddity] = field(default_factory=dict)

    def cell(self, column: int | None) -> str:
        return self.cells[column] if column is not None and column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; rows without any content are left out.

    ``merged`` holds 0-based (first row, first column, last row, last column); ``hidden_rows`` row numbers;
    ``images`` (row number, 0-based column) of pictures' upper left corners, ``pictures`` the same for those whose
    bytes the grid holds. A separated file is one sheet without a name.
    """

    name: str
    rows: tuple[Row, ...]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    images: tuple[tuple[int, int], ...] = ()
    pictures: tuple["Anchor", ...] = ()


@dataclass(frozen=True, slots=True)
class Anchor:
    """A picture by the cell of its upper left corner (row number, 0-based column); ``part`` names it in the grid,
    ``number`` counts all anchors of a grid from 1.
    """

    row: int
    column: int
    name: str
    part: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding about the file as a whole, before any question is looked at."""

    code: str
    message: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """What a file holds. ``encoding`` says "binary (zip)" and the like; ``media`` are pictures by part."""

    encoding: str
    sheets: tuple[Sheet, ...]
    warnings: tuple[Remark, ...] = ()
    infos: tuple[Remark, ...] = ()
    understood: tuple[str, ...] = ()
    media: Mapping[str, bytes] = field(default_factory=dict)


class UnreadableFileError(Exception):
    """The file cannot be taken at all; ``remark`` says what it is and what to do."""

    def __init__(self, code: str, message: str, encoding: str = "") -> None:
        super().__init__(message)
        self.remark = Remark(code, message)
        self.encoding = encoding
