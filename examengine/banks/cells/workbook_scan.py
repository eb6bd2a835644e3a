"""What the reader of values does not tell about an .xlsx, in one bounded pass over its XML.

Formulas, error values, percentages, hidden rows, anchors of pictures, and how far the sheet reaches. Runs in
the child process (see ``workbook_child``); takes nothing but the standard library.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

UNPACKED_BYTES_LIMIT: Final = 200 * 1024 * 1024
PARTS_LIMIT: Final = 5_000
BOX_CELLS_LIMIT: Final = 4_000_000
NOTES_LIMIT: Final = 100_000
MEDIA_BYTES_LIMIT: Final = 40 * 1024 * 1024

_NOT_NEEDED = re.compile(
    r"^(?:xl/(?:media|charts|embeddings|pivot|externalLinks|printerSettings)|docProps|customXml)"
)
_REFERENCE = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")
_BUILT_IN_PERCENT: Final = frozenset({9, 10})


class RefusedError(Exception):
    """The workbook is not read on; ``args`` is (code, facts)."""


@dataclass(slots=True)
class SheetNotes:
    """0-based (row, column) of odd cells; 1-based hidden rows. ``pictures`` are (row, column, name, part)."""

    formulas: list[tuple[int, int]] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    percents: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    images: list[tuple[int, int]] = field(default_factory=list)
    pictures: list[tuple[int, int, str, str]] = field(default_factory=list)


def unpack(data: bytes) -> tuple[dict[str, bytes], bool]:
    """The XML parts by name and whether there are macros. Raises ``RefusedError`` beyond the limits."""
    parts: dict[str, bytes] = {}
    left = UNPACKED_BYTES_LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > PARTS_LIMIT:
                raise RefusedError("zip_bomb", {})
            macros = any(info.filename.lower().endswith("vbaproject.bin") for info in infos)
            for info in infos:
                name = info.filename.replace("\\", "/").lstrip("/")
                if not name.endswith((".xml", ".rels")) or _NOT_NEEDED.match(name):
                    continue
                if info.flag_bits & 1:
                    raise RefusedError("password_protected", {})
                with archive.open(info) as part:
                    parts[name] = part.read(left + 1)
                left -= len(parts[name])
                if left < 0:
                    raise RefusedError("zip_bomb", {})
                if b"<!DOCTYPE" in parts[name] or b"<!ENTITY" in parts[name]:
                    raise RefusedError("xml_entities", {})
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as broken:
        raise RefusedError("file_truncated", {}) from broken
    except Exception as broken:
        if isinstance(broken, RefusedError | MemoryError):
            raise
        raise RefusedError("file_truncated", {}) from broken
    return parts, macros


def media_of(data: bytes) -> dict[str, bytes]:
    """The pictures of a workbook by the name of their part, as far as limits allow."""
    media: dict[str, bytes] = {}
    left = MEDIA_BYTES_LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                name = info.filename.replace("\\", "/").lstrip("/")
                if not name.startswith("xl/media/") or len(media) >= PARTS_LIMIT or info.file_size > left:
                    continue
                with archive.open(info) as part:
                    content = part.read(left + 1)
                left -= len(content)
                if left >= 0:
                    media[name] = content
    except Exception:
        # What is wrong with the archive is said by who reads its cells.
        return media
    return media


def cell_images(parts: dict[str, bytes]) -> dict[str, str]:
    """Parts of the pictures that WPS keeps within cells (DISPIMG), by their name there."""
    found: dict[str, str] = {}
    targets = _targets(parts, "xl/cellimages.xml")
    name = ""

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        if tag == "cNvPr":
            name = attributes.get("name", "")[:200]
        elif tag == "blip" and len(found) < NOTES_LIMIT:
            part = targets.get(next((value for key, value in attributes.items() if key.endswith(" embed")), ""), "")
            if name and part:
                found[name] = part

    _walk(parts.get("xl/cellimages.xml", b""), on_start)
    return found


def repack(parts: dict[str, bytes]) -> bytes:
    """A plain archive of just these parts: what was measured is what is read, and nothing beside it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def scan(parts: dict[str, bytes]) -> dict[str, SheetNotes]:
    """Notes by sheet name. Raises ``RefusedError`` for entities, broken XML and sheets that reach too far."""
    sheets: list[tuple[str, str]] = []
    percents = _percent_styles(parts.get("xl/styles.xml", b""))
    targets = _targets(parts, "xl/workbook.xml")

    def on_sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            name = attributes.get("name", "")
            link = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            sheets.append((name, targets.get(link, "")))

    _walk(parts.get("xl/workbook.xml", b""), on_sheet)
    return {name: _scan_sheet(parts, path, percents, name) for name, path in sheets if path in parts}


def _walk(
    content: bytes,
    on_start: Callable[[str, dict[str, str]], None],
    on_end: Callable[[str], None] | None = None,
    on_text: Callable[[str], None] | None = None,
) -> None:
    def refuse(*_: object) -> None:
        raise RefusedError("xml_entities", {})

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: on_start(name.rpartition(" ")[2], attributes)
    if on_end is not None:
        parser.EndElementHandler = lambda name: on_end(name.rpartition(" ")[2])
    if on_text is not None:
        parser.CharacterDataHandler = on_text
    if not content:
        return
    try:
        parser.Parse(content, True)
    except expat.ExpatError as broken:
        raise RefusedError("file_truncated", {}) from broken


def _targets(parts: dict[str, bytes], of: str) -> dict[str, str]:
    folder, name = posixpath.split(of)
    found: dict[str, str] = {}

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            absolute = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            found[attributes.get("Id", "")] = posixpath.normpath(absolute)

    _walk(parts.get(f"{folder}/_rels/{name}.rels", b""), on_start)
    return found


def _percent_styles(styles: bytes) -> frozenset[str]:
    formats: set[int] = set(_BUILT_IN_PERCENT)
    found: set[str] = set()
    within = [False]
    position = [0]

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt" and "%" in attributes.get("formatCode", ""):
            formats.add(int(attributes.get("numFmtId", "0") or 0))
        elif tag == "cellXfs":
            within[0] = True
        elif tag == "xf" and within[0]:
            if int(attributes.get("numFmtId", "0") or 0) in formats:
                found.add(str(position[0]))
            position[0] += 1

    def on_end(tag: str) -> None:
        if tag == "cellXfs":
            within[0] = False

    try:
        _walk(styles, on_start, on_end)
    except ValueError:
        return frozenset()
    return frozenset(found)


def _scan_sheet(parts: dict[str, bytes], path: str, percents: frozenset[str], name: str) -> SheetNotes:
    notes = SheetNotes()
    row = column = -1
    box = [1 << 30, 1 << 30, -1, -1]

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        if tag == "row":
            number = attributes.get("r", "")
            row = int(number) - 1 if number.isdigit() else row + 1
            column = -1
            if attributes.get("hidden") in {"1", "true"} and len(notes.hidden_rows) < NOTES_LIMIT:
                notes.hidden_rows.append(row + 1)
        elif tag == "c":
            match = _REFERENCE.match(attributes.get("r", ""))
            if match:
                row, column = int(match[2]) - 1, _column(match[1])
            else:
                column += 1
            if attributes.get("t") == "e":
                _note(notes.errors, row, column)
            elif attributes.get("s") in percents:
                _note(notes.percents, row, column)
        elif tag in {"v", "is", "f"}:
            box[0], box[1] = min(box[0], row), min(box[1], column)
            box[2], box[3] = max(box[2], row), max(box[3], column)
            if tag == "f":
                _note(notes.formulas, row, column)

    _walk(parts[path], on_start)
    if box[2] >= 0 and (box[2] - box[0] + 1) * (box[3] - box[1] + 1) > BOX_CELLS_LIMIT:
        raise RefusedError("sheet_reaches_too_far", {"sheet": name, "row": box[2] + 1, "column": box[3]})
    for target in _targets(parts, path).values():
        if "drawing" in target and target.endswith(".xml") and target in parts:
            _scan_drawing(parts[target], notes, _targets(parts, target))
    return notes


def _note(where: list[tuple[int, int]], row: int, column: int) -> None:
    if len(where) < NOTES_LIMIT:
        where.append((row, column))


def _column(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _scan_drawing(content: bytes, notes: SheetNotes, targets: dict[str, str]) -> None:
    inside: list[str] = []
    corner: dict[str, str] = {}
    name = ""

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        inside.append(tag)
        if tag == "cNvPr":
            name = attributes.get("name", "")[:200]
        elif tag == "blip" and "pic" in inside and len(notes.pictures) < NOTES_LIMIT:
            part = targets.get(next((value for key, value in attributes.items() if key.endswith(" embed")), ""), "")
            at = corner.get("row", ""), corner.get("col", "")
            if part and all(number.isdigit() for number in at):
                notes.pictures.append((int(at[0]), int(at[1]), name, part))
        if tag == "from":
            corner.clear()
        elif tag == "pic" and len(notes.images) < NOTES_LIMIT:
            row, column = corner.get("row", "0"), corner.get("col", "0")
            if row.isdigit() and column.isdigit():
                notes.images.append((int(row), int(column)))

    def on_end(_tag: str) -> None:
        inside.pop()

    def on_text(text: str) -> None:
        if len(inside) > 1 and inside[-2] == "from" and text.strip():
            corner[inside[-1]] = corner.get(inside[-1], "") + text.strip()[:8]

    _walk(content, on_start, on_end, on_text)
