"""Workbooks (.xlsx, .xls) to a grid. The file is parsed by a child process under limits."""

import itertools
import math
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from examengine.banks.cells.grid import (
    CELL_CHARACTERS_LIMIT,
    COLUMNS_LIMIT,
    ROWS_LIMIT,
    Anchor,
    Grid,
    Oddity,
    Remark,
    Row,
    Sheet,
    UnreadableFileError,
)
from examengine.banks.cells.sniff import Nature
from examengine.banks.cells.workbook_child import Cell, Outcome, RawSheet
from examengine.banks.findings import column_letters

WAIT_SECONDS: Final = 16
DIGITS_KEPT: Final = 1e15

_DISPIMG = re.compile(r'DISPIMG\("([^"]{1,80})"')

_PACKAGE_ROOT: Final = Path(__file__).resolve().parents[3]
_ENCODINGS: Final = {"xlsx": "binary (zip)", "xls": "binary (OLE2)", "tables": "text (HTML/XML table)"}
_REFUSALS: Final = {
    "zip_bomb": "文件解压后超过 200 MB，不予读取；请只保留题目，另存为新的 .xlsx",
    "xml_entities": "文件里带有 XML 实体声明，不予读取；请用 Excel 或 WPS 打开后另存为新的 .xlsx",
    "file_truncated": "文件不完整或已损坏（可能没有上传完），请重新导出后再上传",
    "file_unreadable": "文件读不出来，可能已损坏；请用 Excel 或 WPS 打开后另存为 .xlsx 再上传",
    "password_protected": "工作簿设有打开密码，请取消密码（另存为时不设密码）后再上传",
    "too_many_rows": f"超过 {ROWS_LIMIT} 行，请拆成几个文件分别上传",
    "workbook_too_large": "工作簿内容过多，读取它需要的内存超过上限；请删去多余的工作表和空白区域，或拆成几个文件",
    "too_slow": "读取工作簿超过时限；请删去多余的工作表、公式和格式，或拆成几个文件",
}


def read_workbook(data: bytes, nature: Nature) -> Grid:
    """The grid of a workbook. Raises ``UnreadableFileError``; takes at most ``WAIT_SECONDS`` and bounded memory."""
    encoding = _ENCODINGS[nature]
    outcome = _in_a_child(data, nature)
    if outcome.refused:
        message = _REFUSALS.get(outcome.refused, _REFUSALS["file_unreadable"])
        if outcome.refused == "sheet_reaches_too_far":
            at = f"{column_letters(int(outcome.facts['column']))}{outcome.facts['row']}"
            message = f"工作表“{outcome.facts['sheet']}”一直用到 {at}，范围过大；请删除题目以外的行和列后再上传"
        raise UnreadableFileError(outcome.refused, message, encoding)
    infos = (Remark("macros_ignored", "工作簿带有宏，宏没有运行也不会保存"),) if outcome.macros else ()
    sheets = _numbered([_sheet(raw, outcome.cell_images) for raw in outcome.sheets])
    return Grid(encoding, sheets, infos=infos, media=outcome.media)


def _numbered(sheets: Sequence[Sheet]) -> tuple[Sheet, ...]:
    count = itertools.count(1)
    return tuple(
        replace(sheet, pictures=tuple(replace(one, number=next(count)) for one in sheet.pictures)) for sheet in sheets
    )


def _in_a_child(data: bytes, nature: Nature) -> Outcome:
    command = [sys.executable, "-m", "examengine.banks.cells.workbook_child", nature]
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "SYSTEMROOT"}}
    environment["PYTHONPATH"] = str(_PACKAGE_ROOT)
    try:
        child = subprocess.run(  # noqa: S603 - our own module, nothing of the upload in the arguments
            command, input=data, capture_output=True, timeout=WAIT_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return Outcome(refused="too_slow")
    except OSError:
        return Outcome(refused="workbook_too_large")
    try:
        return msgspec.json.decode(child.stdout, type=Outcome)
    except msgspec.DecodeError:
        # Ended from outside: a native reader that gets no memory ends its process without a word.
        return Outcome(refused="too_slow" if child.returncode in {-24, -9} else "workbook_too_large")


def _sheet(raw: RawSheet, cell_images: Mapping[str, str]) -> Sheet:
    within: list[Anchor] = []
    percents = {(row, column) for row, column in raw.notes.percents}
    odd: dict[tuple[int, int], Oddity] = dict.fromkeys(raw.notes.formulas, Oddity.FORMULA)
    odd |= dict.fromkeys(raw.notes.errors, Oddity.ERROR)
    unread = {(row, column) for row, column in odd if column < COLUMNS_LIMIT}
    rows: dict[int, Row] = {}
    for number, cells in raw.rows:
        texts = [""] * min(raw.first_column, COLUMNS_LIMIT)
        found: dict[int, Oddity] = {}
        for column, cell in enumerate(cells[: COLUMNS_LIMIT - len(texts)], start=len(texts)):
            text, oddity = text_of(cell, percent=(number, column) in percents)
            texts.append(text)
            unread.discard((number, column))
            oddity = odd.get((number, column), oddity)
            if oddity is Oddity.FORMULA and "DISPIMG" in text:
                oddity = Oddity.IMAGE
            if oddity is Oddity.IMAGE:
                named = _DISPIMG.search(text)
                part = cell_images.get(named[1]) if named else None
                if named and part:
                    within.append(Anchor(number + 1, column, named[1], part))
                    texts[-1], oddity = "", None
            elif oddity is Oddity.FORMULA and not text:
                oddity = Oddity.FORMULA_WITHOUT_RESULT
            if oddity is not None:
                found[column] = oddity
        rows[number] = Row(number + 1, tuple(texts), found)
    for number, column in unread:
        row = rows.get(number, Row(number + 1, ()))
        oddity = odd[number, column]
        lost = Oddity.FORMULA_WITHOUT_RESULT if oddity is Oddity.FORMULA else oddity
        rows[number] = Row(row.number, row.cells, {**row.odd, column: lost})
    return Sheet(
        raw.name,
        tuple(rows[number] for number in sorted(rows)),
        raw.hidden,
        frozenset(raw.notes.hidden_rows),
        tuple(raw.merged),
        tuple((row + 1, column) for row, column in raw.notes.images),
        (*(Anchor(row + 1, column, name, part) for row, column, name, part in raw.notes.pictures), *within),
    )


def text_of(cell: Cell, *, percent: bool = False) -> tuple[str, Oddity | None]:
    """A cell as its author saw it in the sheet, as far as that can be told, and what is odd about it."""
    if cell is None:
        return "", None
    if isinstance(cell, bool):
        return ("TRUE" if cell else "FALSE"), None
    if isinstance(cell, list):
        return cell[0], Oddity.DATE
    if isinstance(cell, str):
        if len(cell) > CELL_CHARACTERS_LIMIT:
            return cell[:CELL_CHARACTERS_LIMIT], Oddity.TOO_LONG
        return cell, Oddity.IMAGE if cell.startswith(("=DISPIMG(", "=_xlfn.DISPIMG(")) else None
    if not math.isfinite(cell):
        return str(cell), Oddity.ERROR
    if percent:
        return f"{cell * 100:.15g}%", None
    return f"{cell:.15g}", Oddity.ROUNDED if abs(cell) >= DIGITS_KEPT else None
