"""An attempt's archive: header, journal lines in order, closing line, one chained hash over all of them.

``h0 = SHA-256("examengine/attempt/1\\n" header)``, ``hn = SHA-256(hn-1 line)``,
``head = SHA-256(h "\\n" closing)``: a line never holds a line feed, so the closing line cannot be taken for one.

Beside the head each hash leaves a mark of 4 bytes. Marks prove nothing; they say *which* line was altered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from examengine.evidence.canonical import canonical
from examengine.evidence.faults import Fault, What

LABEL = b"examengine/attempt/1\n"
MARK_BYTES = 4


@dataclass(frozen=True, slots=True)
class Archive:
    """What is kept of an attempt that has ended. ``header`` and ``closing`` are canonical JSON."""

    header: str
    lines: tuple[str, ...] = field(repr=False)
    closing: str = field(repr=False)
    head: bytes
    marks: bytes = field(repr=False, default=b"")


def seal(header: Mapping[str, Any], lines: Sequence[str], closing: Mapping[str, Any]) -> Archive:
    """Chain an attempt's lines between its header and its closing line.

    Raises:
        ValueError: a line holds a line feed.
    """
    if "\n" in "".join(lines):
        raise ValueError("a journal line holds a line feed")
    top, end = canonical(header), canonical({**closing, "lines": len(lines)})
    head, marks = _chained(top, lines, end)
    return Archive(top.decode(), tuple(lines), end.decode(), head, marks)


def head_of(archive: Archive) -> bytes:
    """The head that the contents come to."""
    return _chained(archive.header.encode(), archive.lines, archive.closing.encode())[0]


def fault_in(archive: Archive, digest: bytes) -> Fault | None:
    """The first place at which the contents do not come to ``digest``, which the log has linked; None: they do."""
    found, marks = _chained(archive.header.encode(), archive.lines, archive.closing.encode())
    if found == digest:
        return None if archive.head == digest else Fault(What.HEAD_ALTERED)
    kept = archive.marks
    if kept[:MARK_BYTES] != marks[:MARK_BYTES]:
        return Fault(What.HEADER_ALTERED)
    for place in range(MARK_BYTES, min(len(kept), len(marks)), MARK_BYTES):
        if kept[place : place + MARK_BYTES] != marks[place : place + MARK_BYTES]:
            return Fault(What.LINE_ALTERED, line=place // MARK_BYTES)
    if len(kept) != len(marks):
        return Fault(What.LINES_MISSING, line=min(len(kept), len(marks)) // MARK_BYTES)
    return Fault(What.CLOSING_ALTERED)


def _chained(header: bytes, lines: Sequence[str], closing: bytes) -> tuple[bytes, bytes]:
    link = sha256(LABEL + header).digest()
    marks = [link[:MARK_BYTES]]
    for line in lines:
        link = sha256(link + line.encode()).digest()
        marks.append(link[:MARK_BYTES])
    return sha256(link + b"\n" + closing).digest(), b"".join(marks)
