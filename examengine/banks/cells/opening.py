"""A file that is a sheet, as its grid."""

from examengine.banks.cells.grid import Grid
from examengine.banks.cells.separated import read_separated
from examengine.banks.cells.sniff import nature_of
from examengine.banks.cells.workbook import read_workbook


def open_grid(data: bytes, encoding: str | None = None) -> Grid:
    """The grid of a workbook or of separated text. Raises ``UnreadableFileError``."""
    nature = nature_of(data)
    return read_separated(data, encoding) if nature == "separated" else read_workbook(data, nature)
