"""Separated text (.csv, .tsv) to a grid: its encoding and its separator are found out, not asked for."""

import codecs
import csv
import io
import re
from collections import Counter
from typing import Final

from examengine.banks.cells.grid import (
    CELL_CHARACTERS_LIMIT,
    CELLS_LIMIT,
    COLUMNS_LIMIT,
    ROWS_LIMIT,
    Grid,
    Oddity,
    Remark,
    Row,
    Sheet,
    UnreadableFileError,
)
from examengine.banks.dialects.headers import recognise
from examengine.banks.wording import EXCEL_ERRORS

SAMPLE_ROWS: Final = 60
BLANK_ROWS_LIMIT: Final = 1_100_000
SEPARATORS: Final = (",", "\t", ";", "|", "，")

_SEPARATOR_NAMES: Final = {"\t": "制表符", ";": "分号", "|": "竖线", "，": "全角逗号"}
_NO_TEXT: Final = "这不是文本，也不是认得的表格或文档；请上传 Excel（.xlsx、.xls、.csv）或 Word（.docx）文件"
_RULE = re.compile(r"^\s{0,9}:?-{2,200}:?\s{0,9}$")
"""A cell of the line under the header of a Markdown table."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_separated(data: bytes, encoding: str | None = None) -> Grid:
    """The grid of a separated file. Raises ``UnreadableFileError``."""
    text, used = decode(data, encoding)
    warnings: list[Remark] = []
    broken = text.count("\ufffd")
    if broken:
        line = text[: text.index("\ufffd")].count("\n") + 1
        warnings.append(
            Remark(
                "encoding_broken", f"按 {used} 读取时有 {broken} 处无法识别的字符，首处约在第 {line} 行；请核对编码"
            )
        )
    if len(_CONTROLS.findall(text[:100_000])) * 50 > min(len(text), 100_000):
        raise UnreadableFileError("not_a_workbook", _NO_TEXT, used)
    separator, text = _separator_of(text.replace("\x00", ""))
    rows = _rows(text, separator, warnings)
    understood = (f"以{_SEPARATOR_NAMES[separator]}分列",) if separator in _SEPARATOR_NAMES else ()
    return Grid(used, (Sheet("", rows),), tuple(warnings), understood=understood)


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text and the name of its encoding; ``UnreadableFileError`` for an unknown name and for what is no text."""
    if encoding is not None:
        try:
            name = codecs.lookup(encoding).name
            text = data.decode("utf-8-sig" if name == "utf-8" else name, errors="replace")
        except (LookupError, UnicodeError, ValueError) as unknown:
            raise UnreadableFileError(
                "encoding_unknown", f"不认识编码“{encoding[:40]}”，请改用 utf-8 或 gb18030"
            ) from unknown
        if not isinstance(text, str):
            raise UnreadableFileError("encoding_unknown", f"“{encoding[:40]}”不是文字编码，请改用 utf-8 或 gb18030")
        return text, name
    for bom, name in _BOMS:
        if data.startswith(bom):
            return data.decode("utf-8-sig" if name == "utf-8" else name, errors="replace"), name
    if data.isascii():
        return data.decode("ascii"), "ascii"
    if _is_utf8(data):
        return data.decode("utf-8", errors="replace"), "utf-8"
    if b"\x00" in data[:2000]:
        wide = "utf-16-be" if data[0:1] == b"\x00" else "utf-16-le"
        text = data.decode(wide, errors="replace")
        if "\ufffd" in text[:-1] or "\n" not in text:
            raise UnreadableFileError("not_a_workbook", _NO_TEXT)
        return text, wide
    return _guess(data)


def _is_utf8(data: bytes) -> bool:
    try:
        # A character cut off at the very end is the file's fault, not the encoding's.
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        sample = data[:200_000].decode("utf-8", errors="replace")
        wide = sum(1 for character in sample if character > "\x7f")
        return sample.count("\ufffd") * 20 < wide
    return True


def _guess(data: bytes) -> tuple[str, str]:
    chinese = data.decode("gb18030", errors="replace")
    if _reads_as_chinese(chinese):
        return chinese, "gb18030"
    import charset_normalizer  # when a file gives a riddle; it takes a process two MiB

    best = charset_normalizer.from_bytes(data[:100_000]).best()
    if best is not None and best.encoding not in {"gb2312", "gbk", "gb18030"}:
        return data.decode(best.encoding, errors="replace"), best.encoding.replace("_", "-")
    return chinese, "gb18030"


def _reads_as_chinese(text: str) -> bool:
    """True where the text is what Chinese text looks like: common ideographs, hardly any rare ones.

    Any even run of high bytes decodes under GB18030; read wrongly, it gives ideographs that nobody writes.
    The 3,755 common ones are level 1 of GB 2312, whose lead bytes are B0 to D7.
    """
    wide = [character for character in text[:50_000] if character > "\x7f"]
    if not wide:
        return False
    common = 0
    for character in wide:
        code = character.encode("gb2312", errors="replace")
        common += len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3)
    return common >= 0.85 * len(wide)


def _separator_of(text: str) -> tuple[str, str]:
    declared = re.match(r"sep=(.)\r?\n", text)
    if declared and declared[1] in SEPARATORS:
        # The line stays in the count of rows, as it does on screen.
        return declared[1], "\n" + text[declared.end() :]
    best, best_score = ",", (-1, -1.0)
    for separator in SEPARATORS:
        sample = []
        try:
            reader = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=separator)
            for cells in reader:
                sample.append(cells[:COLUMNS_LIMIT])
                if len(sample) >= SAMPLE_ROWS:
                    break
        except csv.Error:
            continue
        header = any(recognise(cells) is not None for cells in sample)
        widths = Counter(len(cells) for cells in sample if cells)
        width, often = widths.most_common(1)[0] if widths else (1, 0)
        steady = often / max(1, sum(widths.values())) if width > 1 else 0.0
        if (int(header), steady) > best_score:
            best, best_score = separator, (int(header), steady)
    return best, text


def _rows(text: str, separator: str, warnings: list[Remark]) -> tuple[Row, ...]:
    rows: list[Row] = []
    cells_left = CELLS_LIMIT
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if not any(cell and not cell.isspace() for cell in cells):
                if number > BLANK_ROWS_LIMIT:
                    raise UnreadableFileError("too_many_rows", "空行过多，请删去题目以外的行后再上传")
                continue
            if separator == "|" and all(_RULE.match(cell) for cell in cells if cell.strip()):
                continue
            cells_left -= len(cells)
            if len(rows) >= ROWS_LIMIT or cells_left < 0:
                raise UnreadableFileError("too_many_rows", f"超过 {ROWS_LIMIT} 行或单元格过多，请拆成几个文件")
            odd: dict[int, Oddity] = {}
            for column, cell in enumerate(cells[:COLUMNS_LIMIT]):
                if len(cell) > CELL_CHARACTERS_LIMIT:
                    odd[column] = Oddity.TOO_LONG
                elif cell in EXCEL_ERRORS:
                    odd[column] = Oddity.ERROR
            rows.append(Row(number, tuple(cell[:CELL_CHARACTERS_LIMIT] for cell in cells[:COLUMNS_LIMIT]), odd))
    except csv.Error:
        message = f"第 {number + 1} 行起引号没有成对，其后的内容没有读入；请补上缺少的引号"
        warnings.append(Remark("quote_unclosed", message, number + 1))
    if rows and text.count('"') % 2 and any("\n" in cell for cell in rows[-1].cells):
        message = f"第 {rows[-1].number} 行的引号没有成对，其后的内容都并进了这一行；请补上缺少的引号"
        warnings.append(Remark("quote_unclosed", message, rows[-1].number))
    return tuple(rows)
