"""One person's paper and its packed form, which an attempt keeps beside the seed.

Packed form 1, about 4 bytes an item::

    0x01  generator  n  base  span  shapes  { cell  options } × shapes  places …

All but the last are variable-length integers (7 bits a byte, low ones first, the high bit announcing another
byte). ``places`` is one big-endian integer in mixed radix, the last item's digits the most significant. An item's
digits, least significant first, are: its shape (radix: number of shapes), its version id less ``base`` (radix:
``span``), and the order of its options as the lexicographic rank (from 0) of that arrangement of letters among
all arrangements of as many of the 26 letters.
"""

from collections import OrderedDict
from contextlib import suppress
from functools import lru_cache
from math import perm

from msgspec import Struct

from examengine.banks.item import OPTION_LETTERS
from examengine.papers.blueprint import MAX_CELLS, MAX_ITEMS

_FORM = 1
_MAX_BITS = 63
MAX_PACKED_BYTES = 64 * MAX_ITEMS
"""More than any paper takes; longer input is refused unread."""


class PaperItem(Struct, frozen=True, gc=False):
    """An item version as shown: the cell (index into the blueprint) it counts for, its options from the top."""

    version_id: int
    cell: int
    option_order: tuple[str, ...]


class Paper(Struct, frozen=True):
    """Items in the order shown, drawn by ``generator``. The item at position 1 is ``items[0]``."""

    generator: int
    items: tuple[PaperItem, ...]


def pack(paper: Paper) -> bytes:
    """``paper`` as bytes; raises ValueError for what no draw yields (options that are not distinct letters a–z)."""
    if len(paper.items) > MAX_ITEMS:
        raise ValueError(f"a paper holds at most {MAX_ITEMS} items, not {len(paper.items)}")
    versions = [item.version_id for item in paper.items]
    base = min(versions, default=0)
    span = max(versions, default=0) - base + 1
    shapes = sorted({(item.cell, len(item.option_order)) for item in paper.items})
    number = {shape: i for i, shape in enumerate(shapes)}

    packed = bytearray((_FORM,))
    for value in (paper.generator, len(versions), base, span, len(shapes)):
        _put(packed, value)
    for cell, options in shapes:
        _put(packed, cell)
        _put(packed, options)

    places, low = 0, span * len(shapes)
    for item in reversed(paper.items):
        order = item.option_order
        options = len(order)
        digits = (item.version_id - base) * len(shapes) + number[item.cell, options]
        places = places * (_orders(options) * low) + (_rank(order) * low + digits)
    packed += places.to_bytes((places.bit_length() + 7) // 8, "big")
    return bytes(packed)


_KEPT = 256
_known: OrderedDict[bytes, Paper] = OrderedDict()


def unpack(packed: bytes) -> Paper:
    """The paper that :func:`pack` packed; raises ValueError for bytes that it cannot have written. Those asked for
    last are remembered: a start, its page, a hand-in and its result ask for the same.
    """
    paper = _known.get(packed)
    if paper is None:
        paper = unpacked(packed)
        remember(packed, paper)
    return paper


def remember(packed: bytes, paper: Paper) -> None:
    """Know beforehand that this is what it packs: whoever has just drawn it will be asked for its page."""
    _known[packed] = paper
    if len(_known) > _KEPT:
        with suppress(KeyError):  # another thread was before us
            _known.popitem(last=False)


def unpacked(packed: bytes) -> Paper:
    """:func:`unpack` without remembering."""
    if len(packed) > MAX_PACKED_BYTES:
        raise ValueError(f"a packed paper has at most {MAX_PACKED_BYTES} bytes, not {len(packed)}")
    if not packed or packed[0] != _FORM:
        raise ValueError(f"not a packed paper of form {_FORM}")
    reader = _Reader(packed)
    generator, n, base, span, shape_count = (reader.number() for _ in range(5))
    if n > MAX_ITEMS or span < 1 or not min(n, 1) <= shape_count <= n:
        raise ValueError("a packed paper's header contradicts itself")
    shapes = [(reader.number(), reader.number()) for _ in range(shape_count)]
    if any(cell >= MAX_CELLS or options > len(OPTION_LETTERS) for cell, options in shapes):
        raise ValueError("a packed paper names a cell or a number of options that no paper has")

    places, low = int.from_bytes(reader.rest(), "big"), span * shape_count
    kinds = [(cell, options, perm(26, options)) for cell, options in shapes]
    items: list[PaperItem] = []
    for _ in range(n):
        places, digits = divmod(places, low)
        version, shape = divmod(digits, shape_count)
        cell, options, orders = kinds[shape]
        places, rank = divmod(places, orders)
        items.append(PaperItem(base + version, cell, _arrangement(rank, options)))
    if places:
        raise ValueError("a packed paper goes on after its last item")
    return Paper(generator, tuple(items))


@lru_cache(maxsize=32)
def _orders(options: int) -> int:
    return perm(26, options)


@lru_cache(maxsize=16_384)  # as for the arrangements below
def _rank(order: tuple[str, ...]) -> int:
    rank = 0
    left = OPTION_LETTERS
    for letter in order:
        place = left.find(letter) if len(letter) == 1 else -1
        if place < 0:
            raise ValueError(f"options are not distinct letters a–z: {order}")
        rank = rank * len(left) + place
        left = left[:place] + left[place + 1 :]
    return rank


@lru_cache(maxsize=16_384)  # an item's options have few orders, and each stands in many papers
def _arrangement(rank: int, options: int) -> tuple[str, ...]:
    places = []
    for radix in range(len(OPTION_LETTERS) - options + 1, len(OPTION_LETTERS) + 1):
        rank, place = divmod(rank, radix)
        places.append(place)
    left = OPTION_LETTERS
    order = []
    for place in reversed(places):
        order.append(left[place])
        left = left[:place] + left[place + 1 :]
    return tuple(order)


def _put(packed: bytearray, value: int) -> None:
    if not 0 <= value < 1 << _MAX_BITS:
        raise ValueError(f"{value} cannot be packed")
    while value > 0x7F:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    packed.append(value)


class _Reader:
    __slots__ = ("_at", "_packed")

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._at = 1

    def number(self) -> int:
        value = 0
        for shift in range(0, _MAX_BITS, 7):
            if self._at >= len(self._packed):
                break
            byte = self._packed[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte <= 0x7F:
                return value
        raise ValueError("a packed paper breaks off")

    def rest(self) -> bytes:
        return self._packed[self._at :]
