"""Pictures of a sheet put into the texts of their rows, as "[图12]"."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from examengine.banks.cells.grid import Anchor, Row, Sheet
from examengine.banks.dialects.headers import Columns, Field

OWN = re.compile(r"[0-9a-f]{20,64}\.[a-z0-9]{2,4}")
"""The name of a picture that our own workbook carries along; its markup says where it belongs."""


def by_row(sheet: Sheet) -> dict[int, list[Anchor]]:
    """The pictures of a sheet by the number of their row, those of our own workbook apart."""
    found: dict[int, list[Anchor]] = defaultdict(list)
    for anchor in sheet.pictures:
        found[anchor.row].append(anchor)
    return found


def illustrated(row: Row, columns: Columns, anchors: Sequence[Anchor], placed: set[tuple[int, int]]) -> Row:
    """The row with its pictures behind the text they stand at; ``placed`` collects (row, column) of those taken.

    A picture in a column without a meaning belongs to the stem; one in the key's or the explanation's is not taken.
    """
    if not anchors:
        return row
    stem = columns.single[Field.STEM]
    shown = {stem} | {column for _, column in columns.options}
    meant = set(columns.single.values()) | set(columns.blanks)
    cells = list(row.cells)
    for anchor in anchors:
        if OWN.fullmatch(anchor.name):
            placed.add((anchor.row, anchor.column))
            continue
        if anchor.column in meant and anchor.column not in shown:
            continue
        column = anchor.column if anchor.column in shown else stem
        cells += [""] * (column + 1 - len(cells))
        cells[column] += f"[图{anchor.number}]"
        placed.add((anchor.row, anchor.column))
    return replace(row, cells=tuple(cells))
