"""QR codes of links that differ in a few characters, drawn by adding.

Of a given length, correction level and mask every module of a code is a sum (in GF(2)) of bits of the text: data,
Reed-Solomon remainder and mask are all linear or fixed. So the library draws one code, and one more for each bit that
turns out to differ; every further code is the sum of such pictures, a hundredth of the work.
"""

import re
from dataclasses import dataclass, field

import segno
from markupsafe import Markup

BORDER = 4
MOST_LENGTHS = 64
"""Links of one installation have one length; whatever else is drawn here must not fill the memory."""
_RUNS = re.compile("[0\n]*1+")
"""Dark modules and what lies between them and those before."""
MOST_STROKES = 16_384


@dataclass(slots=True)
class _Pictures:
    """Modules as one number, row by row. ``of_bits``: by place in the text and bit, what changes with it;
    ``of_signs``: the same by all the bits of a sign that differ.
    """

    text: bytes
    size: int
    modules: int
    strokes: "_Strokes"
    of_bits: dict[tuple[int, int], int] = field(default_factory=dict)
    of_signs: dict[tuple[int, int], int] = field(default_factory=dict)


class _Strokes(dict[str, str]):
    """By the modules of a stroke and what lies before it, how it is written: from where the one before it ended."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __missing__(self, found: str) -> str:
        if len(self) >= MOST_STROKES:
            self.clear()
        down = found.count("\n")
        stroke = self[found] = f"m{found.count('0') - down * self._size} {down}h{found.count('1')}"
        return stroke


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
        pictures = _known[len(wanted)] = _Pictures(wanted, size, modules, _Strokes(size))
    modules = pictures.modules
    for place, (here, there) in enumerate(zip(wanted, pictures.text, strict=True)):
        if here != there:
            change = pictures.of_signs.get((place, here ^ there))
            modules ^= _changes(pictures, place, here ^ there) if change is None else change
    return _svg(modules, pictures)


def _changes(pictures: _Pictures, place: int, differs: int) -> int:
    change, left = 0, differs
    while left:
        bit = left & -left
        change ^= _change(pictures, place, bit)
        left ^= bit
    pictures.of_signs[place, differs] = change
    return change


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


def _svg(modules: int, pictures: _Pictures) -> Markup:
    """Dark runs as strokes, each from where the one before it ended."""
    size = pictures.size
    bits = f"{modules:0{size * size}b}"
    rows = "\n".join([bits[start : start + size] for start in range(0, size * size, size)])
    strokes = "".join(map(pictures.strokes.__getitem__, _RUNS.findall(rows)))
    whole = size + 2 * BORDER
    path = f"M{BORDER} {BORDER}.5{strokes.removeprefix('m0 0')}"
    return Markup(f'<svg viewBox="0 0 {whole} {whole}"><path stroke="#000" d="{path}"/></svg>')  # noqa: S704 - numbers
