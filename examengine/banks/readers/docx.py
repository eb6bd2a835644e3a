"""Word documents: a table with the columns of a bank, or else a typed paper."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from examengine.banks.cells.grid import COLUMNS_LIMIT, Grid, Remark, Row, Sheet
from examengine.banks.dialects.headers import recognise
from examengine.banks.files.archive import ENCODING
from examengine.banks.files.docx import Text, text_of_docx
from examengine.banks.findings import Findings
from examengine.banks.markup import MediaShelf
from examengine.banks.readers.lines import Line
from examengine.banks.readers.prose.reader import Source, read_prose
from examengine.banks.readers.reading import BankReading
from examengine.banks.readers.sheet import read_sheets

FORMAT: Final = "docx"


def read_docx(parts: Mapping[str, bytes]) -> BankReading:
    """The questions of a Word document."""
    text = text_of_docx(parts)
    sheets = _banks_in_tables(text)
    infos = (Remark("macros_ignored", "文档带有宏，宏没有运行也不会保存"),) if text.macros else ()
    if sheets:
        return replace(read_sheets(Grid(ENCODING, sheets, infos=infos)), format=FORMAT)
    findings = Findings(unit="段")
    shelf = MediaShelf()
    names: dict[int, str] = {}
    for number, data in text.pictures.items():
        kept = shelf.take(data)
        if "." in kept:
            names[number] = kept
        else:
            message = f"文档中的第 {number} 张图片不是可以显示的图片（PNG、JPEG、GIF、WebP），没有读入"
            findings.add("warning", "image_unreadable", "文件", message)
    for remark in infos:
        findings.add("info", remark.code, "文件", remark.message)
    lines = [Line(one.number, part) for one in text.paragraphs for part in one.text.split("\n")]
    source = Source(FORMAT, ENCODING, names, tuple(shelf.taken.values()), unit="段")
    return read_prose(lines, source, findings)


def _banks_in_tables(text: Text) -> tuple[Sheet, ...]:
    sheets = []
    for number, rows in enumerate(text.tables, start=1):
        if len(rows) > 1 and any(recognise(cells) is not None for _, cells in rows[:3]):
            held = tuple(Row(index, tuple(cells[:COLUMNS_LIMIT])) for index, (_, cells) in enumerate(rows, start=1))
            sheets.append(Sheet(f"表格 {number}", held))
    return tuple(sheets)
