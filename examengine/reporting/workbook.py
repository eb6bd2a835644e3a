"""A workbook written as it is made: rows go in, octets of an .xlsx come out, and nothing is kept of either.

openpyxl would keep a million rows in a file on the disk until the end; these rows name people. Text is text whatever
it looks like: a name that begins like a formula is quoted, a number of 18 digits is not rounded.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, Final
from xml.sax.saxutils import escape, quoteattr

MIME_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET_ROWS: Final = 1_000_000
"""Rows in one sheet; Excel takes 1,048,576."""
CELL_CHARACTERS: Final = 32_767
PACKING: Final = 3
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_COMMAND_LIKE: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.00"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Microsoft YaHei"/></font>'
    '<font><b/><sz val="11"/><name val="Microsoft YaHei"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE8EEF7"/></patternFill></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/>'
    '<xf fontId="1" fillId="2" applyFont="1" applyFill="1"/><xf numFmtId="49" applyNumberFormat="1"/>'
    '<xf numFmtId="49" applyNumberFormat="1" quotePrefix="1"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list; ``width`` in characters."""

    title: str
    width: int


class _Drain:
    """Takes octets from the archive and hands them on; says that it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


class StreamedWorkbook:
    """A list under ``columns``, in as many sheets as it needs, and a sheet that says what it is.

    Call :meth:`rows` as often as there are rows, then :meth:`end`; send what they answer.
    """

    def __init__(self, title: str, columns: Sequence[Column], foot: str) -> None:
        self._title = title
        self._columns = tuple(columns)
        self._foot = foot
        self._drain = _Drain()
        self._archive = zipfile.ZipFile(self._drain, "w", zipfile.ZIP_DEFLATED, compresslevel=PACKING)  # type: ignore[call-overload]
        self._sheet: IO[bytes] | None = None
        self._sheets: list[str] = []
        self._row = 0

    def rows(self, rows: Sequence[Sequence[Value]]) -> bytes:
        """Write rows; the octets that are ready."""
        written: list[str] = []
        for row in rows:
            if self._sheet is None or self._row > SHEET_ROWS:
                self._put(written)
                written = []
                self._begin_sheet()
            self._row += 1
            written.append(_row(self._row, row))
        self._put(written)
        return self._drain.taken()

    def end(self, about: Sequence[tuple[str, str]]) -> bytes:
        """The last octets, with the sheet that says what the list is."""
        if self._sheet is None:
            self._begin_sheet()
        self._end_sheet()
        name = "说明"
        self._sheets.append(name)
        with self._archive.open(_part(f"xl/worksheets/sheet{len(self._sheets)}.xml"), "w") as sheet:
            rows = "".join(_row(number, pair) for number, pair in enumerate(about, start=1))
            columns = "<cols>" + "".join(_width(number, wide) for number, wide in ((1, 16), (2, 70))) + "</cols>"
            sheet.write(
                f'{_HEAD}<worksheet xmlns="{_MAIN}">{columns}<sheetData>{rows}</sheetData></worksheet>'.encode()
            )
        for path, content in self._parts():
            self._archive.writestr(_part(path), content)
        self._archive.close()
        return self._drain.taken()

    def _put(self, written: Sequence[str]) -> None:
        if written and self._sheet is not None:
            self._sheet.write("".join(written).encode())

    def _begin_sheet(self) -> None:
        self._end_sheet()
        self._sheets.append(self._title if not self._sheets else f"{self._title}（{len(self._sheets) + 1}）")
        self._sheet = self._archive.open(_part(f"xl/worksheets/sheet{len(self._sheets)}.xml"), "w")
        columns = "".join(_width(number, column.width) for number, column in enumerate(self._columns, start=1))
        header = "".join(
            f'<c r="{_letters(number)}1" s="1" t="inlineStr"><is><t>{escape(column.title)}</t></is></c>'
            for number, column in enumerate(self._columns)
        )
        self._sheet.write(
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f'<cols>{columns}</cols><sheetData><row r="1">{header}</row>'.encode()
        )
        self._row = 1

    def _end_sheet(self) -> None:
        if self._sheet is None:
            return
        foot = escape(f"&L{self._foot.replace('&', '&&')}&R第 &P 页，共 &N 页")
        self._sheet.write(
            f"</sheetData><headerFooter><oddFooter>{foot}</oddFooter></headerFooter></worksheet>".encode()
        )
        self._sheet.close()
        self._sheet = None

    def _parts(self) -> Iterator[tuple[str, str]]:
        numbers = range(1, len(self._sheets) + 1)
        kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        yield "xl/styles.xml", _STYLES
        listed = "".join(
            f'<sheet name={quoteattr(name[:31])} sheetId="{number}" r:id="rId{number}"/>'
            for number, name in zip(numbers, self._sheets, strict=True)
        )
        yield (
            "xl/workbook.xml",
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        links += f'<Relationship Id="rId{len(self._sheets) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        space = f"{_PACKAGE}/relationships"
        yield "xl/_rels/workbook.xml.rels", f'{_HEAD}<Relationships xmlns="{space}">{links}</Relationships>'
        document = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        yield "_rels/.rels", f'{_HEAD}<Relationships xmlns="{space}">{document}</Relationships>'
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kinds}.worksheet+xml"/>'
            for number in numbers
        )
        yield (
            "[Content_Types].xml",
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>{types}</Types>',
        )


def _part(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _width(number: int, characters: int) -> str:
    return f'<col min="{number}" max="{number}" width="{characters}" customWidth="1"/>'


@cache
def _letters(column: int) -> str:
    """A, B, … Z, AA for 0, 1, …"""
    letters = ""
    number = column + 1
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def _row(number: int, values: Sequence[Value]) -> str:
    cells = "".join(_cell(f"{_letters(column)}{number}", value) for column, value in enumerate(values))
    return f'<row r="{number}">{cells}</row>'


def _cell(place: str, value: Value) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, float):
        return f'<c r="{place}" s="4"><v>{value:.2f}</v></c>'
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    style = 3 if value.startswith(_COMMAND_LIKE) else 2
    text = _ESCAPE_LIKE.sub("_x005F_", _NO_XML.sub("", value)[:CELL_CHARACTERS])
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
