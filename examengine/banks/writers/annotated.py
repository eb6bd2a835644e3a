"""An author's file given back with what was found in it: red cells with comments, and a last column that says it all.

A sheet keeps its rows and columns where they were; every other format comes as rows of the canonical columns. What
was put right on the page stands in its cells, green. Read again, the workbook says what the file said.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from examengine.banks.assess import Assessment, CheckedQuestion, Outcome
from examengine.banks.cells.grid import Sheet
from examengine.banks.dialects.options import LETTERS
from examengine.banks.findings import Finding
from examengine.banks.fixing import SINGLE
from examengine.banks.readers.side_by_side import shift_of, starts_of
from examengine.banks.written import Written

RESULT: Final = "检查结果"
COMMENT_CHARACTERS: Final = 800
RESULT_CHARACTERS: Final = 4_000
SHEET_NAME: Final = "题库"

_FILLS: Final = {
    "error": PatternFill("solid", fgColor="F9D2CF"),
    "warning": PatternFill("solid", fgColor="FFF0C2"),
    "fixed": PatternFill("solid", fgColor="D8EFDD"),
}
_WORDS: Final = {"error": "错误", "warning": "提醒", "info": "说明"}
_OUTCOMES: Final = {
    Outcome.NEW: "可导入",
    Outcome.CHANGED: "可导入，更新题库中同编号的题",
    Outcome.SAME: "题库中已有，未改动",
    Outcome.DUPLICATE: "题库中已有这道题",
    Outcome.OUT: "不能导入",
    Outcome.LEFT_OUT: "不导入",
}
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_COMMAND_LIKE: Final = ("=", "+", "-", "@", "\t")
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_COLUMN = re.compile(r" ([A-Z]{1,3}) 列$")
_FIRST: Final = ("题型", "题干")
_BEHIND: Final = ("正确答案", "分值", "难度", "知识点", "解析", "依据", "有效期", "适用年度", "外部编号")
_FIELD: Final = {what.value: name for what, name in SINGLE}


@dataclass(slots=True)
class _Marks:
    """What is to be seen in one row: texts that replace cells, severities and comments, all by column index."""

    texts: dict[int, str] = field(default_factory=dict)
    severities: dict[int, str] = field(default_factory=dict)
    comments: dict[int, list[str]] = field(default_factory=dict)
    result: list[str] = field(default_factory=list)

    def add(self, more: "_Marks") -> None:
        """Those of another question in the same row."""
        self.texts |= more.texts
        self.severities |= more.severities
        self.comments |= more.comments
        self.result += more.result


def write_annotated(assessment: Assessment, sheets: Sequence[Sheet] = ()) -> bytes:
    """The workbook; ``sheets`` is the file's grid where it was a sheet."""
    book = Workbook(write_only=True)
    if sheets:
        for sheet in sheets:
            _write_sheet(book, sheet, assessment)
    else:
        _write_rows(book, assessment)
    if assessment.remarks:
        about = _sheet(book, "关于整个文件")
        for finding in assessment.remarks:
            about.append([_cell(about, text) for text in (_WORDS[finding.severity], finding.where, finding.message)])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _write_sheet(book: Workbook, sheet: Sheet, assessment: Assessment) -> None:
    target = _sheet(book, sheet.name or SHEET_NAME)
    shown = next((one for one in assessment.reading.columns if one.sheet == sheet.name), None)
    header = shown.header if shown is not None else 0
    width = max((len(row.cells) for row in sheet.rows), default=0)
    places = {column.meaning: _index(column.letter) for column in shown.columns if column.meaning} if shown else {}
    starts = next((starts_of(row.cells) for row in sheet.rows if row.number == header), [])
    marks: dict[int, _Marks] = {}
    for one in assessment.questions:
        if one.question.sheet == sheet.name:
            shift = shift_of(one.question.where, starts)
            shifted = {name: column + shift for name, column in places.items()} if shift else places
            marks.setdefault(one.question.row, _Marks()).add(_marks_of(one, shifted))
    target.column_dimensions[get_column_letter(width + 1)].width = 60
    number: int = 0
    for row in sheet.rows:
        while number + 1 < row.number:
            target.append([])
            number += 1
        cells = [row.cells[column] if column < len(row.cells) else "" for column in range(width)]
        mark = marks.get(row.number, _Marks())
        result = RESULT if row.number == header else "；".join(mark.result)
        _append(target, cells, mark, result)
        number = row.number


def _write_rows(book: Workbook, assessment: Assessment) -> None:
    target = _sheet(book, SHEET_NAME)
    width = max([4, *(len(one.written.options) for one in assessment.questions)])
    names = (*_FIRST, *(f"选项{LETTERS[index]}" for index in range(min(width, len(LETTERS)))), *_BEHIND)
    places = {name: index for index, name in enumerate(names)}
    target.column_dimensions["B"].width = 60
    target.column_dimensions[get_column_letter(len(names) + 2)].width = 60
    _append(target, [*names, "位置"], _Marks(), RESULT)
    for one in assessment.questions:
        cells = [_value(one.written, name) for name in names]
        _append(target, [*cells, one.question.where], _marks_of(one, places, is_sheet=False), "")


def _marks_of(one: CheckedQuestion, places: Mapping[str, int], *, is_sheet: bool = True) -> _Marks:
    marks = _Marks()
    if one.is_fixed and one.outcome is not Outcome.LEFT_OUT:
        for name, column in places.items():
            if is_sheet and (text := _value(one.written, name)):
                marks.texts[column] = text
        marks.result.append("已在页面上改正")
    marks.result.append(_OUTCOMES[one.outcome])
    for finding in one.findings:
        told = f"{_WORDS[finding.severity]}：{finding.message}"
        marks.result.append(told)
        at = _column_of(finding, one, places)
        if finding.severity != "info" and at is not None:
            if finding.severity == "error" or at not in marks.severities:
                marks.severities[at] = finding.severity
            marks.comments.setdefault(at, []).append(told)
    return marks


def _column_of(finding: Finding, one: CheckedQuestion, places: Mapping[str, int]) -> int | None:
    match = _COLUMN.search(finding.where)
    if match is not None:
        return _index(match[1])
    behind = finding.where.removeprefix(one.question.where).strip()
    return places.get(behind, places.get("题干"))


def _append(target: Any, cells: Sequence[str], marks: _Marks, result: str) -> None:
    row = []
    for column, text in enumerate(cells):
        cell = _cell(target, marks.texts.get(column, text))
        if column in marks.texts and marks.texts[column] != text:
            cell.fill = _FILLS["fixed"]
        if column in marks.severities:
            cell.fill = _FILLS[marks.severities[column]]
        if column in marks.comments:
            cell.comment = Comment("\n".join(marks.comments[column])[:COMMENT_CHARACTERS], "examengine", 160, 320)
        row.append(cell)
    last = _cell(target, (result or "；".join(marks.result))[:RESULT_CHARACTERS])
    if "error" in marks.severities.values() or any(text.startswith("错误") for text in marks.result):
        last.font = Font(color="B3261E")
    target.append([*row, last])


def _cell(target: Any, text: str) -> Any:
    cell = WriteOnlyCell(target)
    if text:
        # Text stays text, whatever it looks like: no formula, no number, no date.
        cell.value = _ESCAPE_LIKE.sub("_x005F_", _CONTROLS.sub("", text))
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = text.startswith(_COMMAND_LIKE)
    cell.alignment = _WRAPPED
    return cell


def _sheet(book: Workbook, name: str) -> Any:
    plain = re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:31] or SHEET_NAME
    return book.create_sheet(plain)


def _value(written: Written, name: str) -> str:
    if name in _FIELD:
        return str(getattr(written, _FIELD[name]))
    letter = name.removeprefix("选项")
    index = LETTERS.index(letter) if len(letter) == 1 and letter in LETTERS else -1
    return written.options[index] if 0 <= index < len(written.options) else ""


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
