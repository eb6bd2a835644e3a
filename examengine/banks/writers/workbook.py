"""The canonical workbook: the template authors fill in, and a bank written out in the same columns.

Reading back what was written gives the identical items, for items without findings (``check_item``). The same
items give the same bytes: the document carries no time of its own.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from examengine.banks.cells.grid import CELL_CHARACTERS_LIMIT
from examengine.banks.checks import FIXED_MARK, MOVABLE_MARK
from examengine.banks.dialects.expected import count_gaps, is_plain, with_marks, written
from examengine.banks.dialects.options import LETTERS
from examengine.banks.item import DIFFICULTIES, WITH_OPTIONS, Item, Kind, Option
from examengine.banks.readers.kept import Formatting
from examengine.banks.readers.shapes import NO_KEY
from examengine.banks.samples import SAMPLE_ITEMS
from examengine.banks.wording import fixed_options
from examengine.banks.writers.sheet_drawing import with_pictures
from examengine.banks.writers.written import WORKBOOK_TYPE, Losses, Written, media_of

SHEET: Final = "题库"
GUIDE: Final = "填写说明"
LEAST_OPTION_COLUMNS: Final = 8
DROP_DOWN_ROWS: Final = 20_000

_KIND_WORDS: Final = {
    Kind.SINGLE_CHOICE: "单选",
    Kind.MULTIPLE_CHOICE: "多选",
    Kind.TRUE_FALSE: "判断",
    Kind.SHORT_ANSWER: "填空",
    Kind.NUMERIC: "数值",
    Kind.MATCHING: "匹配",
    Kind.CLOZE: "多空填空",
    Kind.ESSAY: "问答",
}
_SETTINGS: Final = "作答设置"
_MARKUP: Final = "题目格式"
_BEHIND: Final = ("正确答案*", "分值", "难度", "知识点", "解析", "依据", "有效期", "适用年度", "外部编号")
_WIDTHS: Final = {"题型*": 8, "题干*": 60, "解析": 40, "依据": 24, "知识点": 16, "正确答案*": 10}
_STAMP: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a constant of the document, no moment of ours
_ZIP_STAMP: Final = (1980, 1, 1, 0, 0, 0)
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_COMMAND_LIKE: Final = ("=", "+", "-", "@", "\t")
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_GUIDE_LINES: Final = (
    ("题型*", "单选、多选、判断、填空、多空填空、数值、匹配、问答。也可以每种题型一张工作表，用工作表名写明题型。"),
    ("题干*", "题目文字，不写题号。图片放在题干或选项的单元格上，会一同读入。空用 ____ 或（ ）表示。"),
    ("选项A–选项H", "从 A 起连续填写，不必再写“A.”。其他题型留空。选项不够可在 H 之后加“选项I”等列。"),
    ("", f"“以上都对”一类的选项自动保持原位；在选项末尾写 {FIXED_MARK} 或 {MOVABLE_MARK} 可以指定。"),
    ("正确答案*", "单选写一个字母，如 B；多选连写，如 ACD；判断写 正确 或 错误。"),
    ("", "填空写答案，几种写法都算对时用 | 隔开；多空填空按先后用 | 隔开；数值写 3、2.9~3.1 或 3±0.1。"),
    ("", "匹配每行写一对，如 甲 → 1；多余的右项写 → 3。问答写参考答案，可留空。"),
    ("分值", "可留空，以组卷规则为准。最多两位小数。"),
    ("难度", "易、中、难，可留空。"),
    ("知识点", "可留空；组卷时可按知识点抽题。"),
    ("解析、依据", "可留空。选项会打乱，解析里请写选项内容，不要写字母。"),
    ("有效期", "最后有效的日期，如 2026-12-31；留空为长期有效。"),
    ("适用年度", "如 2014、2015 或 2014-2016；留空为各年通用。"),
    ("外部编号", "题目的固定编号，全库不重复；再次上传时按它认出同一道题。"),
    (_SETTINGS, "导出时才有：文字说不全的答案（得分比例、区分大小写等）。改了正确答案，这一格就不再有效。"),
    (_MARKUP, "导出时才有：图片、表格等格式。改了题干或选项，以文字为准，图片仍放在“[图]”的位置。"),
    ("示例行", "前六行是示例，可以删除；不删除也不会导入。"),
)


def write_workbook(items: Iterable[Item]) -> bytes:
    """An .xlsx with the items in their order, in the canonical columns, without pictures.

    Raises ``ValueError`` for an item that the columns cannot hold: another kind, no key, over 26 options.
    """
    listed = tuple(items)
    for item in listed:
        if not _fits(item):
            raise ValueError(f"the canonical workbook has no columns for this {item.kind}: {item.stem[:40]!r}")
    return _write(listed, {})


def write_bank_workbook(items: Iterable[Item], media: Mapping[str, bytes]) -> Written:
    """An .xlsx with the items in their order, their pictures within; ``media`` are bytes by name."""
    losses = Losses()
    kept: list[Item] = []
    for number, item in enumerate(items, start=1):
        losses.media(number, item, media)
        if not _fits(item):
            losses.say(number, item, "这道题没有答案、题型不支持，或选项多于 26 个，没有写入")
        elif any(len(cell) > CELL_CHARACTERS_LIMIT for cell in _row(item, len(item.options))):
            losses.say(number, item, f"有一格超过 {CELL_CHARACTERS_LIMIT} 字，没有写入；请另存为 Moodle XML")
        else:
            kept.append(item)
    return Written(_write(kept, media), "xlsx", WORKBOOK_TYPE, tuple(losses.listed))


def _fits(item: Item) -> bool:
    if item.kind not in _KIND_WORDS or len(item.options) > len(LETTERS):
        return False
    return bool(item.key) if item.kind in WITH_OPTIONS else item.expected is not None


def write_template() -> bytes:
    """The empty template: six example rows, which a reader recognises and skips, and a sheet of guidance."""
    return _write(SAMPLE_ITEMS, {})


def _write(items: Sequence[Item], media: Mapping[str, bytes]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    width = max([LEAST_OPTION_COLUMNS, *(len(item.options) for item in items)])
    header = ("题型*", "题干*", *(f"选项{LETTERS[index]}" for index in range(width)), *_BEHIND)
    header += (_SETTINGS,) * any(map(_settings, items)) + (_MARKUP,) * any(map(_markup, items))
    _lay_out(sheet, header)
    for row, item in enumerate(items, start=2):
        cells = _row(item, width)
        if _SETTINGS not in header:
            cells = (*cells[:-2], cells[-1])
        for column, text in enumerate(cells, start=1):
            if text:
                _put(sheet, row, column, text)
    _write_guide(book.create_sheet(GUIDE))
    book.properties.creator = "examengine"
    book.properties.created = _STAMP
    packed = io.BytesIO()
    book.save(packed)
    anchored = [
        (row, len(header) - 1, name, media[name])
        for row, item in enumerate(items, start=2)
        for name in media_of(item)
        if name in media
    ]
    return with_pictures(_without_times(packed.getvalue()), anchored)


def _row(item: Item, width: int) -> tuple[str, ...]:
    texts: list[str] = []
    if item.kind is Kind.TRUE_FALSE:
        key = "正确" if item.key == {"t"} else "错误"
    elif item.expected is not None:
        key = written(item.expected)
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
        _settings(item),
        _markup(item),
    )


def _settings(item: Item) -> str:
    """The key as JSON where a reader would not come to the same by the words."""
    if item.expected is None:
        return ""
    key = written(item.expected)
    plain = key.casefold() not in NO_KEY and not key.startswith("[")
    gaps = count_gaps(item.stem)
    if item.kind is Kind.SHORT_ANSWER:
        plain = plain and gaps < 2
    elif item.kind is Kind.CLOZE:
        plain = plain and with_marks(item.stem, gaps) == item.stem
    elif item.kind is Kind.ESSAY:
        plain = plain or not key
    if plain and is_plain(item.kind, item.expected, gaps):
        return ""
    return msgspec.json.encode(item.expected, order="deterministic").decode()


def _markup(item: Item) -> str:
    if not item.markup and not any(option.markup for option in item.options):
        return ""
    kept = Formatting(item.markup, tuple(option.markup for option in item.options))
    return msgspec.json.encode(kept).decode()


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
    _drop_down(sheet, "A", tuple(_KIND_WORDS.values()), f"题型只能是 {'、'.join(_KIND_WORDS.values())}")
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
