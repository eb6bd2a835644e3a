"""Tables of web pages and of "XML Spreadsheet 2003", which systems export as .xls. For the child process."""

from collections.abc import Iterator
from typing import Final

from lxml import etree, html

from examengine.banks.cells.workbook_scan import RefusedError

Rows = list[tuple[int, list[str]]]

SPAN_LIMIT: Final = 60
CELLS_LIMIT: Final = 2_000_000
SHEET_NAMESPACE: Final = "urn:schemas-microsoft-com:office:spreadsheet"


def sheets_of(text: str) -> list[tuple[str, Rows]]:
    """Names and rows (0-based number, cells) of the tables in a text. Raises ``RefusedError``."""
    if "<!ENTITY" in text:
        raise RefusedError("xml_entities", {})
    try:
        if SHEET_NAMESPACE in text[:20_000]:
            return list(_worksheets(text))
        return list(_tables(text))
    except (etree.LxmlError, ValueError, AssertionError) as broken:
        raise RefusedError("file_unreadable", {}) from broken


def _worksheets(text: str) -> Iterator[tuple[str, Rows]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=True)
    root = etree.fromstring(text.lstrip("\ufeff \r\n\t").encode("utf-8", "replace"), parser)
    left = [CELLS_LIMIT]
    for sheet in root.iter(f"{{{SHEET_NAMESPACE}}}Worksheet"):
        rows: Rows = []
        number = -1
        for row in sheet.iter(f"{{{SHEET_NAMESPACE}}}Row"):
            number = _at(row, number + 1)
            cells: list[str] = []
            for cell in row.iter(f"{{{SHEET_NAMESPACE}}}Cell"):
                cells += [""] * (min(_at(cell, len(cells)), 400) - len(cells))
                data = next(cell.iter(f"{{{SHEET_NAMESPACE}}}Data"), None)
                cells.append("" if data is None else "".join(str(part) for part in data.itertext()))
            rows.append((number, _counted(cells, left)))
        yield sheet.get(f"{{{SHEET_NAMESPACE}}}Name") or "", rows


def _at(element: etree._Element, default: int) -> int:
    """The 0-based place an element names itself (ss:Index), or the next."""
    written = element.get(f"{{{SHEET_NAMESPACE}}}Index") or ""
    return max(default, int(written) - 1) if written.isdigit() and len(written) < 8 else default


def _tables(text: str) -> Iterator[tuple[str, Rows]]:
    root = html.document_fromstring(_undeclared(text), parser=html.HTMLParser(no_network=True, huge_tree=False))
    left = [CELLS_LIMIT]
    for number, table in enumerate(root.iter("table"), start=1):
        rows: Rows = []
        if any(True for _ in table.iterdescendants("table")):
            # A table around tables lays out a page.
            continue
        for index, row in enumerate(table.iter("tr")):
            cells: list[str] = []
            for cell in row.iterchildren("td", "th"):
                cells.append(_text(cell))
                span = cell.get("colspan") or ""
                cells += [""] * (min(int(span), SPAN_LIMIT) - 1 if span.isdigit() and len(span) < 4 else 0)
            rows.append((index, _counted(cells, left)))
        yield f"表格 {number}", rows


def _undeclared(text: str) -> str:
    text = text.lstrip("\ufeff \r\n\t")
    return text[text.index("?>") + 2 :] if text.startswith("<?xml") and "?>" in text[:400] else text


def _text(cell: etree._Element) -> str:
    parts: list[str] = []
    for part in cell.iter():
        if part.tag in {"br", "p", "div"} and parts:
            parts.append("\n")
        if isinstance(part.tag, str) and part.tag not in {"script", "style"}:
            parts.append(part.text or "")
        if part is not cell:
            parts.append(part.tail or "")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _counted(cells: list[str], left: list[int]) -> list[str]:
    left[0] -= len(cells)
    if left[0] < 0:
        raise RefusedError("workbook_too_large", {})
    return cells
