"""A Word document as lines of text: automatic numbers written out, pictures and formulas marked, tables row by row.

Our own reader because automatic numbers, text in formulas and deleted text matter here, and python-docx shows none
of the three.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.files.archive import ENCODING
from examengine.banks.files.docx_math import latex
from examengine.banks.files.docx_numbering import Numbering
from examengine.banks.files.xml import BadXmlError, attribute, child, children, descendants, name_of, parse
from examengine.banks.markup.media import joined

PARAGRAPHS_LIMIT: Final = 120_000
DOCUMENT: Final = "word/document.xml"

_UP: Final = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_DOWN: Final = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_SYMBOLS: Final = {
    "F0D6": "√",
    "F0FC": "√",
    "F050": "√",
    "F0D7": "×",
    "F0FB": "×",
    "F04F": "×",
    "F0FE": "☑",
    "F0A8": "□",
}
_BREAKS: Final = frozenset({"br", "cr"})


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``number`` counts the document's paragraphs from 1; a text may have several lines."""

    number: int
    text: str


@dataclass(slots=True)
class Text:
    """A document's paragraphs; its tables as rows of cells by the paragraph they begin at; pictures by number."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    tables: list[list[tuple[int, list[str]]]] = field(default_factory=list)
    pictures: dict[int, bytes] = field(default_factory=dict)
    macros: bool = False


def text_of_docx(parts: Mapping[str, bytes]) -> Text:
    """The text of a document. Raises ``UnreadableFileError``."""
    by_low = {name.lower(): name for name in parts}
    if DOCUMENT not in by_low:
        raise UnreadableFileError("not_a_docx", "这不是 Word 文档（.docx），请用 Word 或 WPS 另存为 .docx", ENCODING)
    try:
        document = parse(parts[by_low[DOCUMENT]])
        if document.broken_line is not None:
            raise BadXmlError("xml_malformed", "", document.broken_line)
        root = document.root
        numbering = Numbering(_part(parts, "word/numbering.xml"), _part(parts, "word/styles.xml"))
        targets = _targets(_part(parts, "word/_rels/document.xml.rels"))
    except BadXmlError as broken:
        code = "xml_entities" if broken.code == "xml_entities" else "file_unreadable"
        message = "Word 文档的内容读不出来，可能已损坏；请用 Word 或 WPS 打开后另存为新的 .docx"
        raise UnreadableFileError(code, message, ENCODING) from broken
    reader = _Reader(parts, targets, numbering)
    body = child(root, "body")
    if body is not None:
        reader.blocks(body)
    reader.text.macros = any(name.endswith("vbaproject.bin") for name in by_low)
    return reader.text


def _part(parts: Mapping[str, bytes], name: str) -> etree._Element | None:
    found = next((key for key in parts if key.lower() == name), None)
    return None if found is None else parse(parts[found]).root


def _targets(rels: etree._Element | None) -> dict[str, str]:
    """Paths of internal parts by relation; external ones are never followed."""
    if rels is None:
        return {}
    return {
        attribute(found, "Id"): joined("word", attribute(found, "Target"))
        for found in children(rels, "Relationship")
        if attribute(found, "TargetMode").lower() != "external"
    }


class _Reader:
    def __init__(self, parts: Mapping[str, bytes], targets: Mapping[str, str], numbering: Numbering) -> None:
        self._parts, self._targets, self._numbering = parts, targets, numbering
        self._count = 0
        self.text = Text()

    def blocks(self, element: etree._Element) -> None:
        """Paragraphs and tables in order, through content controls and accepted insertions."""
        for found in children(element):
            name = name_of(found)
            if name == "p":
                self._paragraph(found)
            elif name == "tbl":
                self._table(found)
            elif name in {"sdt", "sdtContent", "ins", "customXml", "smartTag", "AlternateContent", "Choice"}:
                self.blocks(found)

    def _paragraph(self, element: etree._Element) -> None:
        self._count += 1
        if self._count > PARAGRAPHS_LIMIT:
            raise UnreadableFileError("file_too_large", f"文档超过 {PARAGRAPHS_LIMIT} 段，请拆成几个文件", ENCODING)
        text = self._numbering.label(child(element, "pPr")) + self._inline(element)
        self.text.paragraphs.append(Paragraph(self._count, text))

    def _table(self, element: etree._Element) -> None:
        rows: list[tuple[int, list[str]]] = []
        for row in children(element, "tr"):
            start = self._count + 1
            cells: list[str] = []
            for cell in children(row, "tc"):
                paragraphs = [
                    self._numbering.label(child(part, "pPr")) + self._inline(part) for part in descendants(cell, "p")
                ]
                self._count += len(paragraphs)
                cells.append("\n".join(paragraphs).strip())
            rows.append((start, cells))
            lone = [cell for cell in cells if cell]
            text = lone[0] if len(lone) == 1 else "\t".join(cells)
            self.text.paragraphs.append(Paragraph(start, text))
        self.text.tables.append(rows)
        if self._count > PARAGRAPHS_LIMIT:
            raise UnreadableFileError("file_too_large", f"文档超过 {PARAGRAPHS_LIMIT} 段，请拆成几个文件", ENCODING)

    def _inline(self, element: etree._Element) -> str:
        return "".join(self._pieces(element))

    def _pieces(self, element: etree._Element) -> Iterator[str]:
        for found in children(element):
            name = name_of(found)
            if name == "r":
                yield self._run(found)
            elif name in {"oMath", "oMathPara"}:
                formula = latex(found)
                yield f"\\({formula}\\)" if formula else ""
            elif name in {"hyperlink", "ins", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "moveTo"}:
                yield from self._pieces(found)

    def _run(self, run: etree._Element) -> str:
        properties = child(run, "rPr")
        if child(properties, "vanish") is not None:
            return ""
        parts: list[str] = []
        for found in children(run):
            name = name_of(found)
            if name == "t":
                parts.append(found.text or "")
            elif name == "tab":
                parts.append("\t")
            elif name in _BREAKS:
                parts.append("\n")
            elif name == "noBreakHyphen":
                parts.append("-")
            elif name == "sym":
                parts.append(_SYMBOLS.get(attribute(found, "char").upper(), ""))
            elif name in {"drawing", "pict", "object", "AlternateContent"}:
                parts.append(self._picture(found))
        text = "".join(parts)
        raised = child(properties, "vertAlign")
        return _raised(text, attribute(raised, "val")) if raised is not None and text.strip() else text

    def _picture(self, element: etree._Element) -> str:
        marks = []
        for found in descendants(element, "blip", "imagedata"):
            data = self._parts.get(self._targets.get(attribute(found, "embed", "id"), ""))
            number = len(self.text.pictures) + 1
            self.text.pictures[number] = data or b""
            marks.append(f"[图{number}]")
            if name_of(element) == "AlternateContent":
                break
        return "".join(marks)


def _raised(text: str, how: str) -> str:
    table = {"superscript": _UP, "subscript": _DOWN}.get(how)
    if table is None:
        return text
    moved = text.translate(table)
    if all(before != after for before, after in zip(text, moved, strict=True)):
        return moved
    return f"{'^' if how == 'superscript' else '_'}({text})"
