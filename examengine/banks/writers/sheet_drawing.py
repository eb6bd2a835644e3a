"""Pictures put into a finished .xlsx: small, over the cell they are anchored at, under their own names."""

import io
import zipfile
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

from examengine.banks.writers.written import zipped

SIDE_EMU: Final = 360_000
"""One centimetre: pictures here are only carried along; the page shows them in full."""

_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006"
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006"
_SHEET: Final = "xl/worksheets/sheet1.xml"
_TYPES: Final = "[Content_Types].xml"
_MIME: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
}


def with_pictures(workbook: bytes, anchored: Sequence[tuple[int, int, str, bytes]]) -> bytes:
    """The workbook with (1-based row, 0-based column, name, bytes) on its first sheet."""
    if not anchored:
        return workbook
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    names = list(dict.fromkeys(name for _, _, name, _ in anchored))
    data = {name: content for _, _, name, content in anchored}
    for name in names:
        parts[f"xl/media/{name}"] = data[name]
    anchors = "".join(
        _anchor(number, row, column, name, names.index(name) + 1)
        for number, (row, column, name, _) in enumerate(anchored, start=1)
    )
    spaces = f'xmlns:xdr="{_DRAWING}/spreadsheetDrawing" xmlns:a="{_DRAWING}/main" xmlns:r="{_OFFICE}/relationships"'
    parts["xl/drawings/drawing1.xml"] = f"{_XML}<xdr:wsDr {spaces}>{anchors}</xdr:wsDr>".encode()
    images = [(f"rId{n}", "image", f"../media/{name}") for n, name in enumerate(names, start=1)]
    parts["xl/drawings/_rels/drawing1.xml.rels"] = _relations(images)
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = _relations([("rId1", "drawing", "../drawings/drawing1.xml")])
    drawing = f'<drawing xmlns:r="{_OFFICE}/relationships" r:id="rId1"/></worksheet>'
    parts[_SHEET] = parts[_SHEET].replace(b"</worksheet>", drawing.encode())
    endings = sorted({name.rsplit(".", 1)[-1] for name in names})
    added = "".join(
        f'<Default Extension={quoteattr(ending)} ContentType="{_MIME.get(ending, "image/png")}"/>'
        for ending in endings
    )
    added += (
        '<Override PartName="/xl/drawings/drawing1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>'
    )
    parts[_TYPES] = parts[_TYPES].replace(b"</Types>", added.encode())
    return zipped(parts)


_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _relations(listed: Sequence[tuple[str, str, str]]) -> bytes:
    inside = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/relationships/{kind}" Target={quoteattr(target)}/>'
        for name, kind, target in listed
    )
    return f'{_XML}<Relationships xmlns="{_RELATIONS}">{inside}</Relationships>'.encode()


def _anchor(number: int, row: int, column: int, name: str, relation: int) -> str:
    corner = (
        f"<xdr:from><xdr:col>{column}</xdr:col><xdr:colOff>0</xdr:colOff>"
        f"<xdr:row>{row - 1}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
    )
    size = f'<xdr:ext cx="{SIDE_EMU}" cy="{SIDE_EMU}"/>'
    picture = (
        f'<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="{number + 1}" name={quoteattr(name)}/><xdr:cNvPicPr/></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip r:embed="rId{relation}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        f'<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{SIDE_EMU}" cy="{SIDE_EMU}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>'
    )
    return f"<xdr:oneCellAnchor>{corner}{size}{picture}<xdr:clientData/></xdr:oneCellAnchor>"
