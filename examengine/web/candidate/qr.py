"""QR codes of links that differ in a few characters, drawn by adding.

Of a given length, correction level and mask every module of a code is a sum (in GF(2)) of bits of the text: data,
Reed-Solomon remainder and mask are all linear or fixed. So the library draws one code, and one more for each bit that
turns out to differ; every further code is the sum of such pictures, a hundredth of the work.
"""

import re
from dataclasses import dataclass, field
from functools import cache

import segno
from markupsafe import Markup

BORDER = 4
MOST_LENGTHS = 64
"""Links of one installation have one length; whatever else is drawn here must not fill the memory."""
_RUNS = re.compile("1+")


@dataclass(slots=True)
class _Pictures:
    """Modules as one number, row by row. ``of_bits``: by place in the text and bit, what changes with it."""

    text: bytes
    size: int
    modules: int
    of_bits: dict[tuple[int, int], int] = field(default_factory=dict)


_known: dict[int, _Pictures] = {}


def qr_of(text: str) -> Markup:
    """A QR code as an inline picture. The mask is fixed: to try all eight costs four times as much and reads no
    better.

    Raises:
        ValueError: the text is not ASCII.
    """
    wanted = text.encode("ascii")
    pictures = _known.get(len(wanted))
    if pictures is None:
        if len(_known) >= MOST_LENGTHS:
            _known.clear()
        size, modules = _drawn(wanted)
        pictures = _known[len(wanted)] = _Pictures(wanted, size, modules)
    modules = pictures.modules
    for place, (here, there) in enumerate(zip(wanted, pictures.text, strict=True)):
        differs = here ^ there
        while differs:
            bit = differs & -differs
            modules ^= _change(pictures, place, bit)
            differs ^= bit
    return _svg(modules, pictures.size)


def _change(pictures: _Pictures, place: int, bit: int) -> int:
    known = pictures.of_bits.get((place, bit))
    if known is None:
        text = bytearray(pictures.text)
        text[place] ^= bit
        known = pictures.of_bits[place, bit] = _drawn(bytes(text))[1] ^ pictures.modules
    return known


def _drawn(text: bytes) -> tuple[int, int]:
    """Modules in a row, and all of them."""
    made = segno.make(text, mode="byte", encoding="iso-8859-1", micro=False, error="m", mask=0, boost_error=False)
    rows = ["".join("1" if module else "0" for module in row) for row in made.matrix]
    return len(rows), int("".join(rows), 2)


@cache
def _stroke(right: int, down: int, length: int) -> str:
    """One of the few hundred that there are."""
    return f"m{right} {down}h{length}"


def _svg(modules: int, size: int) -> Markup:
    """Dark runs as strokes, each from where the one before it ended."""
    bits = f"{modules:0{size * size}b}"
    parts: list[str] = []
    at_x, at_y = 0, 0
    for y in range(size):
        for run in _RUNS.finditer(bits, y * size, (y + 1) * size):
            x, length = run.start() - y * size, run.end() - run.start()
            parts.append(_stroke(x - at_x, y - at_y, length))
            at_x, at_y = x + length, y
    whole = size + 2 * BORDER
    path = f"M{BORDER} {BORDER}.5{''.join(parts).removeprefix('m0 0')}"
    return Markup(f'<svg viewBox="0 0 {whole} {whole}"><path stroke="#000" d="{path}"/></svg>')  # noqa: S704 - numbers
