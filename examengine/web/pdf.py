"""Documents to print and to file: A4 as PDF, with a Chinese font inside.

A page hands over what the document says, as data; a process of its own draws it (:mod:`examengine.web.pdf_draw`), so
that fonts and pictures cost the sittings of this worker nothing.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import msgspec
import structlog

WAIT_SECONDS: Final = 60
AT_ONCE: Final = 2
DOCUMENT_BYTES_LIMIT: Final = 48 * 1024 * 1024
MIME_TYPE: Final = "application/pdf"
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]

log = structlog.get_logger("examengine.pdf")


class NotDrawnError(Exception):
    """The document came to nothing: too large, or its drawing failed; what it was is in the log."""


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """``level`` 1 begins a part, 2 a smaller one."""

    text: str
    level: int = 1


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Terms with their values, one a line."""

    rows: tuple[tuple[str, str], ...]


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """Text; a line feed begins a new line. ``indent`` in steps of 6 mm, ``mark`` stands before the first line."""

    text: str
    quiet: bool = False
    strong: bool = False
    indent: int = 0
    mark: str = ""


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Rows under a header that is repeated on every page. ``widths`` are shares of the line; ``right``: columns of
    numbers, from 0.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    right: tuple[int, ...] = ()


class Picture(msgspec.Struct, frozen=True, tag="picture"):
    """PNG, JPEG, GIF, BMP or WebP; ``told`` stands there where it cannot be drawn."""

    content: bytes
    told: str = ""


class Rule(msgspec.Struct, frozen=True, tag="rule"):
    """A hairline."""


Block = Heading | Facts | Paragraph | Table | Picture | Rule


class Document(msgspec.Struct, frozen=True):
    """``mark`` is drawn across every page: who made it, when and what for. ``foot`` stands at the bottom of each,
    before its number. ``at_ms``: the same document drawn twice is the same file.
    """

    title: str
    blocks: tuple[Block, ...]
    authority: str
    at_ms: int
    foot: str = ""
    mark: str = ""


class Press:
    """Draws a few documents at once, each in a process that ends with it."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def draw(self, document: Document) -> bytes:
        """The document as PDF.

        Raises:
            NotDrawnError: see there.
        """
        packed = msgspec.msgpack.encode(document)
        if len(packed) > DOCUMENT_BYTES_LIMIT:
            raise NotDrawnError("too large")
        async with self._free:
            return await _in_a_child(packed)


async def _in_a_child(packed: bytes) -> bytes:
    environment = {
        name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "HOME", "SYSTEMROOT"}
    }
    environment["PYTHONPATH"] = str(_PACKAGE_ROOT)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "examengine.web.pdf_draw",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            drawn, said = await child.communicate(packed)
    except BaseException as error:
        child.kill()
        await child.wait()
        if isinstance(error, TimeoutError):
            raise NotDrawnError("too slow") from None
        raise
    if child.returncode or not drawn.startswith(b"%PDF"):
        # the last line names the error; what the document says stands in no log
        log.error("pdf_not_drawn", code=child.returncode, error=said.decode(errors="replace").strip()[-200:])
        raise NotDrawnError("failed")
    return drawn
