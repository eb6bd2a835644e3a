"""Small pictures, made of their own bytes."""

import struct
import zlib

from examengine.banks.markup import Media


def a_png(width: int = 3, height: int = 2, grey: int = 128) -> bytes:
    """A picture of one grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([grey]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def a_picture(name: str = "1.png", **size: int) -> Media:
    """The same on a reader's shelf."""
    return Media(name, "image/png", a_png(**size))
