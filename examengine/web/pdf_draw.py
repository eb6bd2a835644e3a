"""Draws a document: runs in a process of its own, under limits of memory and time.

Standard input is a :class:`examengine.web.pdf.Document` as MessagePack, standard output the PDF. The font comes with
the program (Noto Sans SC, embedded as far as it is used); characters that it lacks, as in rare names, are taken from
a font of the system where there is one, and are written as their number elsewhere.
"""

import io
import re
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

import msgspec
import pylopdf_fonts_zh_cn
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos
from fpdf.errors import FPDFException
from fpdf.fonts import TTFFont
from PIL import Image

from examengine.web.pdf import Block, Document, Facts, Heading, Paragraph, Picture, Rule, Table

MEMORY_BYTES_LIMIT: Final = 1024 * 1024 * 1024
CPU_SECONDS_LIMIT: Final = 50
PIXELS_LIMIT: Final = 40_000_000
FONT: Final = "sc"
SPARE: Final = "spare"
MARGIN_MM: Final = 18
FOOT_MM: Final = 18
LINE_MM: Final = 6.0
STEP_MM: Final = 6.0
TERM_MM: Final = 38.0
PAD_MM: Final = 1.6
PICTURE_MM: Final = (150.0, 110.0)
DOTS_A_MM: Final = 96 / 25.4
SIZE: Final = 10.5
INK: Final = (26, 31, 43)
QUIET: Final = (86, 96, 116)
HAIR: Final = (213, 218, 227)
GROUND: Final = (246, 247, 249)
WASH: Final = (232, 234, 239)
HEADINGS: Final = {1: 13.0, 2: 11.5}

_NEVER_FIRST: Final = frozenset("，。、；：？！）》】」』”’…—·％,.;:?!)]}%")
_NEVER_LAST: Final = frozenset("（《【「『“‘([{")
_WORD = re.compile(r"[!-~\u00a1-\u02ff]+|.", re.DOTALL)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


class Sheet(FPDF):
    """A4 with foot, number and mark on every page."""

    def __init__(self, document: Document) -> None:
        super().__init__(format="A4")
        self.about = document
        self.add_font(FONT, "", pylopdf_fonts_zh_cn.sans_path())
        self.known = set(_font(self, FONT).cmap)
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=FOOT_MM)
        self.set_creation_date(datetime.fromtimestamp(document.at_ms / 1000, tz=UTC))
        self.set_title(document.title)
        self.set_author(document.authority)
        self.set_lang("zh-CN")
        self.alias_nb_pages("{all}")

    def close(self) -> None:
        """Let go of the files of its fonts."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    def header(self) -> None:
        """The mark across the page, behind everything."""
        if not self.about.mark:
            return
        self.set_font(FONT, size=13)
        self.set_text_color(*WASH)
        mark = self.text_of(self.about.mark)
        for down in range(4):
            with self.rotation(28, self.w / 2, 55 + down * 65):
                self.text((self.w - self.get_string_width(mark)) / 2, 55 + down * 65, mark)
        self.set_text_color(*INK)
        self.set_xy(MARGIN_MM, MARGIN_MM)

    def footer(self) -> None:
        """Whose document, and which page of how many."""
        self.set_y(-FOOT_MM + 6)
        self.set_font(FONT, size=8)
        self.set_text_color(*QUIET)
        told = self.text_of("　".join(part for part in (self.about.authority, self.about.foot) if part))
        number = f"第 {self.page_no()} 页，共 {{all}} 页"
        self.cell(self.epw - 40, 5, self.fitted(told, self.epw - 42))
        self.cell(40, 5, number, align=Align.R)
        self.set_text_color(*INK)

    def text_of(self, text: str) -> str:
        """What can be drawn of a text: characters without a glyph as their number."""
        seen = _UNSEEN.sub("", text).replace("\t", "    ")
        return "".join(sign if ord(sign) in self.known or sign == "\n" else f"[U+{ord(sign):04X}]" for sign in seen)

    def fitted(self, text: str, width: float) -> str:
        """The text, cut where it is longer than the line."""
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text + "…"

    def lines_of(self, text: str, width: float) -> list[str]:
        """The text in lines of at most ``width``: words stay whole where they fit, and no line begins with what
        closes or ends with what opens.
        """
        lines = []
        for part in self.text_of(text).split("\n"):
            lines += self._broken(part, width)
        return lines

    def _broken(self, text: str, width: float) -> list[str]:
        pieces = [piece for word in _WORD.findall(text) for piece in self._pieces(word, width)]
        lines: list[str] = []
        line: list[str] = []
        taken = 0.0
        for place, piece in enumerate(pieces):
            wide = self.get_string_width(piece)
            if line and taken + wide > width and piece[0] not in _NEVER_FIRST:
                carried = [line.pop()] if len(line) > 1 and line[-1][-1] in _NEVER_LAST else []
                lines.append("".join(line).rstrip())
                line = carried
                taken = sum(map(self.get_string_width, line))
            if piece == " " and not line and place:
                continue
            line.append(piece)
            taken += wide
        return [*lines, "".join(line).rstrip()]

    def _pieces(self, word: str, width: float) -> list[str]:
        if self.get_string_width(word) <= width:
            return [word]
        return list(word)

    def room_for(self, height: float) -> None:
        """Begin a page where less than ``height`` is left of this one."""
        if self.get_y() + height > self.page_break_trigger:
            self.add_page()


def draw(document: Document) -> bytes:
    """The document as PDF."""
    with closing(Sheet(document)) as sheet:
        _take_spare_font(sheet, document)
        sheet.add_page()
        sheet.set_font(FONT, size=18)
        for line in sheet.lines_of(document.title, sheet.epw):
            sheet.cell(sheet.epw, 10, line, align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        sheet.ln(3)
        for block in document.blocks:
            _draw(sheet, block)
        return bytes(sheet.output())


def _draw(sheet: Sheet, block: Block) -> None:
    match block:
        case Heading():
            _heading(sheet, block)
        case Facts():
            _facts(sheet, block)
        case Paragraph():
            _paragraph(sheet, block)
        case Table():
            _table(sheet, block)
        case Picture():
            _picture(sheet, block)
        case Rule():
            sheet.ln(1.5)
            _hairline(sheet)
            sheet.ln(1.5)


def _hairline(sheet: Sheet) -> None:
    sheet.set_draw_color(*HAIR)
    sheet.set_line_width(0.2)
    sheet.line(sheet.l_margin, sheet.get_y(), sheet.l_margin + sheet.epw, sheet.get_y())


def _heading(sheet: Sheet, block: Heading) -> None:
    size = HEADINGS[min(max(block.level, 1), 2)]
    sheet.room_for(size + LINE_MM * 2)  # a heading stands with what it heads
    sheet.ln(3.5 if block.level == 1 else 2)
    sheet.set_font(FONT, size=size)
    _lines(sheet, sheet.lines_of(block.text, sheet.epw), sheet.l_margin, sheet.epw, size * 0.6)
    sheet.ln(1)


def _facts(sheet: Sheet, block: Facts) -> None:
    sheet.set_font(FONT, size=SIZE)
    left, width = sheet.l_margin + TERM_MM, sheet.epw - TERM_MM
    for term, value in block.rows:
        terms, values = sheet.lines_of(term, TERM_MM - 3), sheet.lines_of(value, width)
        sheet.room_for(LINE_MM * min(max(len(terms), len(values)), 8) + PAD_MM)
        top = sheet.get_y()
        sheet.set_text_color(*QUIET)
        _lines(sheet, terms, sheet.l_margin, TERM_MM, LINE_MM)
        after = sheet.get_y()
        sheet.set_text_color(*INK)
        sheet.set_y(top)
        _lines(sheet, values, left, width, LINE_MM)
        sheet.set_y(max(after, sheet.get_y()) if sheet.get_y() > top else sheet.get_y())
        sheet.ln(0.6)
        _hairline(sheet)
        sheet.ln(0.6)
    sheet.ln(1)


def _paragraph(sheet: Sheet, block: Paragraph) -> None:
    sheet.set_font(FONT, size=SIZE if not block.strong else SIZE + 0.5)
    left = sheet.l_margin + STEP_MM * min(max(block.indent, 0), 8)
    mark = sheet.text_of(block.mark)
    hang = sheet.get_string_width(mark) + 2 if mark else 0.0
    width = sheet.l_margin + sheet.epw - left - hang
    sheet.set_text_color(*(QUIET if block.quiet else INK))
    sheet.room_for(LINE_MM)
    if mark:
        sheet.text(left, sheet.get_y() + LINE_MM * 0.72, mark)
    with sheet.local_context(text_mode="FILL_STROKE" if block.strong else "FILL", line_width=0.05):
        sheet.set_draw_color(*(QUIET if block.quiet else INK))
        _lines(sheet, sheet.lines_of(block.text, width), left + hang, width, LINE_MM)
    sheet.set_text_color(*INK)
    sheet.ln(0.8)


def _lines(sheet: Sheet, lines: list[str], left: float, width: float, height: float) -> None:
    for line in lines:
        sheet.room_for(height)
        sheet.set_x(left)
        sheet.cell(width, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(sheet: Sheet, block: Table) -> None:
    sheet.set_font(FONT, size=9)
    whole = sum(block.widths) or 1
    widths = [sheet.epw * share / whole for share in block.widths]
    _row(sheet, block, block.header, widths, is_header=True)
    for row in block.rows:
        height = _height(sheet, row, widths)
        if sheet.get_y() + height > sheet.page_break_trigger:
            sheet.add_page()
            sheet.set_font(FONT, size=9)
            _row(sheet, block, block.header, widths, is_header=True)
        _row(sheet, block, row, widths, is_header=False)
    sheet.ln(2)


def _height(sheet: Sheet, row: tuple[str, ...], widths: list[float]) -> float:
    lines = max((len(sheet.lines_of(text, width - 2 * PAD_MM)) for text, width in zip(row, widths, strict=False)))
    return min(lines, 40) * 4.8 + 2 * PAD_MM


def _row(sheet: Sheet, block: Table, row: tuple[str, ...], widths: list[float], *, is_header: bool) -> None:
    height = _height(sheet, row, widths)
    top, left = sheet.get_y(), sheet.l_margin
    if is_header:
        sheet.set_fill_color(*GROUND)
        sheet.rect(left, top, sheet.epw, height, style="F")
    for column, (text, width) in enumerate(zip(row, widths, strict=False)):
        align = Align.R if column in block.right else Align.L
        for number, line in enumerate(sheet.lines_of(text, width - 2 * PAD_MM)[:40]):
            sheet.set_xy(left + PAD_MM, top + PAD_MM + number * 4.8)
            sheet.cell(width - 2 * PAD_MM, 4.8, line, align=align)
        left += width
    sheet.set_xy(sheet.l_margin, top + height)
    _hairline(sheet)


def _picture(sheet: Sheet, block: Picture) -> None:
    try:
        with Image.open(io.BytesIO(block.content)) as image:
            if image.width * image.height > PIXELS_LIMIT:
                raise ValueError("too many pixels")
            width, height = image.width / DOTS_A_MM, image.height / DOTS_A_MM
        scale = min(1.0, PICTURE_MM[0] / width, PICTURE_MM[1] / height)
        sheet.room_for(height * scale + 2)
        sheet.image(
            io.BytesIO(block.content),
            x=sheet.l_margin + STEP_MM,
            w=width * scale,
            h=height * scale,
            alt_text=block.told or None,
        )
        sheet.ln(1.5)
    except (Image.DecompressionBombError, FPDFException, OSError, ValueError, ZeroDivisionError):
        _paragraph(sheet, Paragraph(f"[图：{block.told}]" if block.told else "[图]", quiet=True, indent=1))


def _take_spare_font(sheet: Sheet, document: Document) -> None:
    """A font of the system for the characters that ours lacks, where one font has all of them."""
    lacking = {ord(sign) for sign in _UNSEEN.sub("", _all_text(document)) if sign not in "\n\t"} - sheet.known
    listing = shutil.which("fc-list")
    if not lacking or listing is None:
        return
    asked = f":charset={' '.join(f'{code:x}' for code in sorted(lacking)[:50])}"
    try:
        found = subprocess.run(  # noqa: S603 - numbers of characters only
            [listing, asked, "--format=%{file}\t%{index}\n"], capture_output=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in sorted(found.stdout.decode(errors="replace").splitlines()):
        path, _tab, index = line.partition("\t")
        if not path.lower().endswith((".ttf", ".otf", ".ttc", ".otc")) or not index.isdecimal():
            continue
        try:
            sheet.add_font(SPARE, "", path, collection_font_number=int(index) & 0xFFFF)
        except Exception:  # noqa: S112 - somebody else's font: the next one, or none
            continue
        sheet.set_fallback_fonts([SPARE])
        sheet.known |= set(_font(sheet, SPARE).cmap)
        return


def _font(sheet: Sheet, name: str) -> TTFFont:
    font = sheet.fonts[name]
    assert isinstance(font, TTFFont)
    return font


def _all_text(document: Document) -> str:
    texts = [document.title, document.authority, document.foot, document.mark]
    for block in document.blocks:
        match block:
            case Heading(text=text):
                texts.append(text)
            case Facts(rows=rows):
                texts += [part for row in rows for part in row]
            case Paragraph(text=text, mark=mark):
                texts += [text, mark]
            case Table(header=header, rows=rows):
                texts += [*header, *(part for row in rows for part in row)]
            case Picture(told=told):
                texts.append(told)
    return "".join(texts)


def _limit_this_process() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_LIMIT, MEMORY_BYTES_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_LIMIT, CPU_SECONDS_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    _limit_this_process()
    try:
        document = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Document)
        sys.stdout.buffer.write(draw(document))
    except Exception as error:
        sys.stderr.write(type(error).__name__)  # its text may quote the document
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
