"""A minimal .xls (BIFF8 in a compound file), since nothing we keep writes one."""

import struct
from collections.abc import Iterable, Sequence

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xls_of(name: str, rows: Iterable[Sequence[str | float]], *, locked: bool = False) -> bytes:
    """One sheet; ``locked`` puts the record in front that says the rest is encrypted."""
    return _compound(_book(name, rows, locked=locked))


def _record(number: int, body: bytes) -> bytes:
    return struct.pack("<HH", number, len(body)) + body


def _book(name: str, rows: Iterable[Sequence[str | float]], *, locked: bool) -> bytes:
    def begin(kind: int) -> bytes:
        return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))

    end = _record(0x000A, b"")
    password = _record(0x002F, struct.pack("<HHH", 1, 1, 1)) if locked else b""
    title = struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")
    before = begin(0x0005) + password + _record(0x0042, struct.pack("<H", 1200))
    offset = len(before) + 4 + 6 + len(title) + len(end)
    book = before + _record(0x0085, struct.pack("<IBB", offset, 0, 0) + title) + end + begin(0x0010)
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                book += _record(0x0204, place + text) if cell else b""
            else:
                book += _record(0x0203, place + struct.pack("<d", cell))
    return book + end


def _compound(stream: bytes) -> bytes:
    # A stream below 4096 bytes would have to lie in the mini stream.
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    count = len(stream) // SECTOR
    chain = [FAT, END, *range(3, 2 + count), END]
    assert len(chain) <= SECTOR // 4
    table = struct.pack(f"<{SECTOR // 4}I", *chain, *[FREE] * (SECTOR // 4 - len(chain)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0)
    header += struct.pack("<109I", 0, *[FREE] * 108)
    directory = (
        _entry("Root Entry", 5, END, 0, child=1) + _entry("Workbook", 2, 2, len(stream)) + _entry("", 0, 0, 0) * 2
    )
    return header + table + directory + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    text = name.encode("utf-16-le")
    length = len(text) + 2 if name else 0
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", length, kind, 1, FREE, FREE, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)
