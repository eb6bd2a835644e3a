"""A list with a header row (people, cards, progress) from any file that holds one: columns found by name."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from examengine.banks.cells.grid import ROWS_LIMIT, Grid, Oddity, Row, Sheet, UnreadableFileError
from examengine.banks.cells.separated import read_separated
from examengine.banks.cells.sniff import nature_of
from examengine.banks.cells.workbook import read_workbook
from examengine.banks.findings import column_letters, place
from examengine.findings import Finding

HEADER_ROWS: Final = 10
SAMPLE_MARKS: Final = ("示例", "样例", "范例")
MOST_FINDINGS: Final = 2_000

_BRACKETED = re.compile(r"\([^()]*\)")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d{2}", re.IGNORECASE)
_SERIAL_EPOCH: Final = date(1899, 12, 30)
_SERIAL = re.compile(r"\d{5}")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_MESSAGES: Final = {
    "not_a_workbook": "这不是工作簿或文本表格，请上传 .xlsx 或 .csv",
    "zip_bomb": "文件解压后超过 200 MB，不予读取；请只保留名单，另存为新的 .xlsx",
    "file_too_large": "文件超过 25 MB，请拆成几个文件后再上传",
    "sheet_reaches_too_far": "工作表的使用范围过大；请删除名单以外的行和列后再上传",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its names, the first of which messages use. ``exact``: its cells must be text, for a number would
    have lost digits.
    """

    field: str
    names: tuple[str, ...]
    required: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One row; ``values`` by field, tidied, "" where the cell is empty or the column missing."""

    sheet: str
    row: int
    values: Mapping[str, str] = field(repr=False)
    columns: Mapping[str, int] = field(repr=False)

    def where(self, name: str | None = None) -> str:
        """The place of the row, or of its cell in a column, as its author finds it again."""
        return place(self.sheet, self.row, self.columns.get(name) if name else None)


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows that could be read, the places of those that could not, and what was found."""

    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    refused: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What a row of a list comes to."""

    NEW = "new"
    SAME = "same"
    CHANGES = "changes"
    CONFLICT = "conflict"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """A row's place and verdict."""

    where: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ListReport:
    """What a file comes to, row by row. ``committed``: it was written, all of it; otherwise nothing was."""

    file_name: str
    sha256: str
    rows: tuple[RowVerdict, ...]
    findings: tuple[Finding, ...]
    committed: bool = False

    @property
    def counts(self) -> Counter[Verdict]:
        return Counter(row.verdict for row in self.rows)

    @property
    def is_importable(self) -> bool:
        """A file goes in as a whole or not at all."""
        return bool(self.rows) and not any(finding.severity == "error" for finding in self.findings)

    @property
    def facts(self) -> dict[str, str | int]:
        """What an audit line keeps of it."""
        return {"sha256": self.sha256, **{verdict.value: count for verdict, count in self.counts.items()}}

    def judged(self, rows: Iterable[RowVerdict], findings: Iterable[Finding]) -> "ListReport":
        """With the verdicts on the rows that could be read, before those that could not."""
        return replace(self, rows=(*rows, *self.rows), findings=(*self.findings, *findings))


def report_of(
    file_name: str, data: bytes, listing: Listing, findings: Iterable[Finding], refused: Iterable[str]
) -> ListReport:
    """The report of a list whose rows are still to be judged, with what was found and refused beyond the listing."""
    rows = tuple(RowVerdict(where, Verdict.ERROR) for where in (*listing.refused, *refused))
    return ListReport(file_name, hashlib.sha256(data).hexdigest(), rows, (*listing.findings, *findings))


def read_listing(data: bytes, columns: Sequence[Column]) -> Listing:
    """Every visible sheet that has the required columns, below its header row; rows marked 示例 are skipped."""
    try:
        nature = nature_of(data)
        grid = read_separated(data) if nature == "separated" else read_workbook(data, nature)
    except UnreadableFileError as unreadable:
        code = unreadable.remark.code
        message = _MESSAGES.get(code, unreadable.remark.message)
        known, comma, _advice = unreadable.remark.message.partition("，")
        if code == "not_a_workbook" and comma and known.startswith("这是"):
            message = f"{known}，{message.removeprefix('这')}"  # what it is, then that it is no list
        return Listing((), (Finding("error", code, "文件", message),))
    findings = [Finding("warning", remark.code, place("", remark.row), remark.message) for remark in grid.warnings]
    records: list[Record] = []
    refused: list[str] = []
    for sheet in _lists(grid, columns, findings):
        for record, is_read in sheet:
            if is_read:
                records.append(record)
            else:
                refused.append(record.where())
    if not records and not any(finding.severity == "error" for finding in findings):
        findings.append(Finding("error", "no_rows", "文件", "表头以下没有数据"))
    return Listing(tuple(records), tuple(findings[:MOST_FINDINGS]), tuple(refused))


def _lists(grid: Grid, columns: Sequence[Column], findings: list[Finding]) -> Iterator[list[tuple[Record, bool]]]:
    best: tuple[int, Sheet, Row | None, set[str]] | None = None
    found_any = False
    for sheet in grid.sheets:
        if sheet.hidden or not sheet.rows:
            continue
        header, known = _header(sheet, columns)
        missing = {column.names[0] for column in columns if column.required and column.field not in known}
        if header is not None and not missing:
            found_any = True
            yield _records(sheet, header, known, columns, findings)
        elif best is None or len(known) > best[0]:
            best = (len(known), sheet, header, missing)
    if found_any:
        return
    if best is None:
        findings.append(Finding("error", "no_rows", "文件", "文件里没有内容"))
        return
    _, sheet, header, missing = best
    where = place(sheet.name, header.number if header else None)
    findings.append(
        Finding("error", "column_missing", where, f"缺少列：{'、'.join(sorted(missing))}；请使用导入模板")
    )


def _header(sheet: Sheet, columns: Sequence[Column]) -> tuple[Row | None, dict[str, int]]:
    """The row among the first ten that names most columns, and where each stands."""
    by_name = {_form(name): column.field for column in columns for name in column.names}
    best: tuple[Row | None, dict[str, int]] = (None, {})
    for row in sheet.rows[:HEADER_ROWS]:
        known: dict[str, int] = {}
        for index, cell in enumerate(row.cells):
            name = by_name.get(_form(cell))
            if name is not None:
                known.setdefault(name, index)
        if len(known) > len(best[1]):
            best = (row, known)
    return best


def _records(
    sheet: Sheet, header: Row, known: Mapping[str, int], columns: Sequence[Column], findings: list[Finding]
) -> list[tuple[Record, bool]]:
    """The rows below the header, and whether each could be read."""
    records = []
    merged = {
        row
        for first_row, first_column, last_row, last_column in sheet.merged
        if any(first_column <= index <= last_column for index in known.values())
        for row in range(first_row, min(last_row, ROWS_LIMIT) + 1)
    }
    for row in sheet.rows:
        if row.number <= header.number or any(mark in cell for cell in row.cells for mark in SAMPLE_MARKS):
            continue
        values = {name: tidied(row.cell(index)) for name, index in known.items()}
        if not any(values.values()) and not row.odd:
            continue
        faults = list(_odd_cells(sheet, row, known, columns, values))
        if row.number - 1 in merged:
            where = place(sheet.name, row.number)
            faults.append(Finding("error", "merged_cells", where, "有合并的单元格，请取消合并后每行填全"))
        if row.number in sheet.hidden_rows:
            where = place(sheet.name, row.number)
            findings.append(Finding("warning", "hidden_row", where, "这一行是隐藏行，也会读入"))
        findings += faults
        records.append((Record(sheet.name, row.number, values, known), not faults))
    return records


def _odd_cells(
    sheet: Sheet, row: Row, known: Mapping[str, int], columns: Sequence[Column], values: Mapping[str, str]
) -> Iterator[Finding]:
    for column in columns:
        index = known.get(column.field)
        if index is None:
            continue
        where, name = place(sheet.name, row.number, index), column.names[0]
        match row.odd.get(index):
            case Oddity.FORMULA | Oddity.FORMULA_WITHOUT_RESULT:
                yield Finding("error", "formula", where, f"{name}是公式，请改为填写的内容（复制后选择性粘贴为值）")
            case Oddity.ERROR:
                yield Finding("error", "cell_error", where, f"{name}是错误值，请改正")
            case Oddity.TOO_LONG | Oddity.IMAGE:
                yield Finding("error", "cell_unreadable", where, f"{name}的内容无法读取，请改为文字")
            case odd:
                if column.exact and (odd is Oddity.ROUNDED or _SCIENTIFIC.fullmatch(values[column.field])):
                    letters = column_letters(index)
                    message = f"{name}是数值格式，末几位已经丢失；请把 {letters} 列设为文本格式后重新填写"
                    yield Finding("error", "number_rounded", where, message)


def day_of(text: str) -> date | None:
    """A day written 1980-01-02, 19800102, 1980/1/2, 1980年1月2日 or as a spreadsheet's serial number."""
    text = unicodedata.normalize("NFKC", text).strip()
    if _SERIAL.fullmatch(text):
        return _SERIAL_EPOCH + timedelta(days=int(text))
    match = _DAY.fullmatch(text.partition(" ")[0])
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def tidied(text: str) -> str:
    """A cell without control characters, line ends and outer blanks; a leading apostrophe is the program's."""
    text = "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text)
    return text.translate({0xA0: " ", 0x3000: " ", 0xFEFF: None, 0x200B: None}).strip().removeprefix("'").strip()


def _form(name: str) -> str:
    """Column names compare without blanks, marks of duty and remarks in brackets."""
    plain = "".join(unicodedata.normalize("NFKC", name).split()).strip("*:")
    return _BRACKETED.sub("", plain).strip("*:")
