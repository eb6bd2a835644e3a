"""The canonical workbook: the template authors fill in, and a bank written out in the same columns.

Reading back what was written gives the identical items, for items without findings (``check_item``). The same
items give the same bytes: the document carries no time of its own.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from examengine.banks.checks import FIXED_MARK, MOVABLE_MARK
from examengine.banks.dialects.options import LETTERS
from examengine.banks.item import DIFFICULTIES, Item, Kind, Option
from examengine.banks.samples import SAMPLE_ITEMS
from examengine.banks.wording import fixed_options

SHEET: Final = "题库"
GUIDE: Final = "填写说明"
LEAST_OPTION_COLUMNS: Final = 8
DROP_DOWN_ROWS: Final = 20_000
MIME_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_KIND_WORDS: Final = {Kind.SINGLE_CHOICE: "单选", Kind.MULTIPLE_CHOICE: "多选", Kind.TRUE_FALSE: "判断"}
_BEHIND: Final = ("正确答案*", "分值", "难度", "知识点", "解析", "依据", "有效期", "适用年度", "外部编号")
_WIDTHS: Final = {"题型*": 8, "题干*": 60, "解析": 40, "依据": 24, "知识点": 16, "正确答案*": 10}
_STAMP: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a constant of the document, no moment of ours
_ZIP_STAMP: Final = (1980, 1, 1, 0, 0, 0)
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_COMMAND_LIKE: Final = ("=", "+", "-", "@", "\t")
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_GUIDE_LINES: Final = (
    ("题型*", "单选、多选、判断。也可以每种题型一张工作表，用工作表名写明题型。"),
    ("题干*", "题目文字，不写题号。图片不会读入。"),
    ("选项A–选项H", "从 A 起连续填写，不必再写“A.”。判断题留空。选项不够可在 H 之后加“选项I”等列。"),
    ("", f"“以上都对”一类的选项自动保持原位；在选项末尾写 {FIXED_MARK} 或 {MOVABLE_MARK} 可以指定。"),
    ("正确答案*", "单选写一个字母，如 B；多选连写，如 ACD；判断写 正确 或 错误。"),
    ("分值", "可留空，以组卷规则为准。最多两位小数。"),
    ("难度", "易、中、难，可留空。"),
    ("知识点", "可留空；组卷时可按知识点抽题。"),
    ("解析、依据", "可留空。选项会打乱，解析里请写选项内容，不要写字母。"),
    ("有效期", "最后有效的日期，如 2026-12-31；留空为长期有效。"),
    ("适用年度", "如 2014、2015 或 2014-2016；留空为各年通用。"),
    ("外部编号", "题目的固定编号，全库不重复；再次上传时按它认出同一道题。"),
    ("示例行", "前六行是示例，可以删除；不删除也不会导入。"),
)


def write_workbook(items: Iterable[Item]) -> bytes:
    """An .xlsx with the items in their order, in the canonical columns.

    Raises ``ValueError`` for an item that the columns cannot hold: another kind, no key, over 26 options.
    """
    return _write(tuple(items))


def write_template() -> bytes:
    """The empty template: six example rows, which a reader recognises and skips, and a sheet of guidance."""
    return _write(SAMPLE_ITEMS)


def _write(items: Sequence[Item]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    for item in items:
        if item.kind not in _KIND_WORDS or not item.key or len(item.options) > len(LETTERS):
            raise ValueError(f"the canonical workbook has no columns for this {item.kind}: {item.stem[:40]!r}")
    width = max([LEAST_OPTION_COLUMNS, *(len(item.options) for item in items)])
    header = ("题型*", "题干*", *(f"选项{LETTERS[index]}" for index in range(width)), *_BEHIND)
    _lay_out(sheet, header)
    for row, item in enumerate(items, start=2):
        for column, text in enumerate(_row(item, width), start=1):
            if text:
                _put(sheet, row, column, text)
    _write_guide(book.create_sheet(GUIDE))
    book.properties.creator = "examengine"
    book.properties.created = _STAMP
    packed = io.BytesIO()
    book.save(packed)
    return _without_times(packed.getvalue())


def _row(item: Item, width: int) -> tuple[str, ...]:
    if item.kind is Kind.TRUE_FALSE:
        texts: list[str] = []
        key = "正确" if item.key == {"t"} else "错误"
    else:
        texts = _option_texts(item.options)
        key = "".join(LETTERS[i] for i, option in enumerate(item.options) if option.id in item.key)
    return (
        _KIND_WORDS[item.kind],
        item.stem,
        *texts,
        *("" for _ in range(width - len(texts))),
        key,
        _points(item.points_hundredths),
        item.difficulty,
        item.topic,
        item.explanation,
        item.source,
        item.valid_until.isoformat() if item.valid_until is not None else "",
        "、".join(map(str, item.years)),
        item.external_no,
    )


def _option_texts(options: Sequence[Option]) -> list[str]:
    """The options' texts, marked where a reader would not come to the same place-keeping by itself."""
    derived = fixed_options([option.text for option in options])
    return [
        option.text if option.fixed == stays else option.text + (FIXED_MARK if option.fixed else MOVABLE_MARK)
        for option, stays in zip(options, derived, strict=True)
    ]


def _points(hundredths: int | None) -> str:
    if hundredths is None:
        return ""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def _put(sheet: Worksheet, row: int, column: int, text: str) -> None:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    # "_x0041_" is how the format writes A: a text that looks so must be escaped to stay itself.
    cell.value = _ESCAPE_LIKE.sub("_x005F_", text)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = _WRAPPED
    # The prefix keeps a spreadsheet program from computing the text when its author edits the cell.
    cell.quotePrefix = text.startswith(_COMMAND_LIKE)


def _lay_out(sheet: Worksheet, header: Sequence[str]) -> None:
    for column, name in enumerate(header, start=1):
        _put(sheet, 1, column, name)
        cell = sheet.cell(1, column)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8EEF7")
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = _WIDTHS.get(name, 18 if name.startswith("选项") else 12)
        dimension.number_format = "@"
    sheet.freeze_panes = "A2"
    _drop_down(sheet, "A", tuple(_KIND_WORDS.values()), "题型只能是 单选、多选、判断")
    _drop_down(sheet, get_column_letter(header.index("难度") + 1), DIFFICULTIES, "难度只能是 易、中、难")


def _drop_down(sheet: Worksheet, column: str, words: Sequence[str], message: str) -> None:
    choice = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True, showErrorMessage=True)
    choice.error = message
    choice.add(f"{column}2:{column}{DROP_DOWN_ROWS}")
    sheet.add_data_validation(choice)


def _write_guide(sheet: Worksheet) -> None:
    sheet.column_dimensions["A"].width = 16
    sheet.column_dimensions["B"].width = 90
    for row, (what, how) in enumerate(_GUIDE_LINES, start=1):
        for column, text in enumerate((what, how), start=1):
            if text:
                _put(sheet, row, column, text)
        sheet.cell(row, 1).font = Font(bold=True)


def _without_times(packed: bytes) -> bytes:
    """The same document without the times that its library writes into it."""
    stamped = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as source,
        zipfile.ZipFile(stamped, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "docProps/core.xml":
                moment = f"{_STAMP.isoformat()}Z".encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment, content)
            fresh = zipfile.ZipInfo(info.filename, _ZIP_STAMP)
            fresh.compress_type = zipfile.ZIP_DEFLATED
            fresh.external_attr = 0o600 << 16
            target.writestr(fresh, content)
    return stamped.getvalue()
