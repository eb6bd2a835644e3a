"""Bank files made on the spot: separated text where the dialect matters, workbooks where the program does."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.banks.readers import BankReading, read_bank

HEADER = (
    *("题型", "题干", "选项A", "选项B", "选项C", "选项D", "正确答案"),
    *("分值", "难度", "知识点", "解析", "依据", "有效期", "适用年度", "外部编号"),
)
A_QUESTION = ("单选", "首都是哪座城市？", "上海", "北京", "广州", "深圳", "B")


def csv_of(*rows: Sequence[str], encoding: str = "utf-8", separator: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def read_rows(*rows: Sequence[str]) -> BankReading:
    return read_bank(csv_of(*rows), "题库.csv")


def read_question(**cells: str) -> BankReading:
    """One question under the canonical header: the usual single choice but for the cells given."""
    row = dict(zip(HEADER, A_QUESTION, strict=False)) | cells
    return read_rows(HEADER, [row.get(name, "") for name in HEADER])


def workbook_of(
    *sheets: tuple[str, Iterable[Sequence[object]]], touch: Callable[[Worksheet], None] | None = None
) -> bytes:
    """An .xlsx of these sheets; ``touch`` may do to the first what a spreadsheet program would."""
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    if touch is not None:
        touch(book.worksheets[0])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def repacked(workbook: bytes, change: Callable[[str, bytes], bytes | None], **added: bytes) -> bytes:
    """The archive with parts changed, left out (None) or added."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            content = change(info.filename, source.read(info))
            if content is not None:
                target.writestr(info.filename, content)
        for name, content in added.items():
            target.writestr(name, content)
    return packed.getvalue()


def with_result(workbook: bytes, cell: str, text: str) -> bytes:
    """The workbook with the result that a spreadsheet program stores beside a formula."""
    formula = re.compile(rf'<c r="{cell}"[^>]*>(<f>.*?</f>)<v\s*(?:/>|></v>)'.encode())

    def change(name: str, content: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return content
        changed, count = formula.subn(rf'<c r="{cell}" t="str">\g<1><v>{text}</v>'.encode(), content)
        assert count == 1
        return changed

    return repacked(workbook, change)


def a_single_choice(stem: str = "首都是哪座城市？", texts: Sequence[str] = ("上海", "北京"), key: str = "b") -> Item:
    options = tuple(Option("abcdefghijklmnopqrstuvwxyz!"[i], text) for i, text in enumerate(texts))
    return Item(Kind.SINGLE_CHOICE, stem, options, frozenset(key))


def a_true_false(stem: str = "一周有七天。", key: str = "t") -> Item:
    return Item(Kind.TRUE_FALSE, stem, TRUE_FALSE_OPTIONS, frozenset(key))


def codes(reading: BankReading, severity: str | None = None) -> list[str]:
    return [finding.code for finding in reading.findings if severity in {None, finding.severity}]


def the_item(reading: BankReading) -> Item:
    assert len(reading.items) == 1, reading.findings
    return reading.items[0].item


def letters(item: Item) -> str:
    """The key by the letters an author would write."""
    return "".join(sorted(item.key)).upper()
