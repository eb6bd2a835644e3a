"""Generator 1: the stream of integers behind a draw.

Python's own ``random`` may change its sequences between versions; a paper must be drawable again in ten years.
The stream is therefore defined here, completely:

- Block ``i`` (from 0) is the first 1,024 bytes of SHAKE-256(``label`` ‖ 0x00 ‖ ``seed`` ‖ ``i`` as 4 bytes
  big-endian). The blocks in turn, cut into big-endian 32-bit words, are the stream.
- ``below(n)`` takes ``w`` words, ``w`` being the least number (at least 1) with ``n <= 2**(32 * w)``, and reads
  them as one big-endian integer ``v``. It is taken again while ``v >= n * (2**(32 * w) // n)``; the result is
  ``v % n``. Every value is equally likely.
- ``shuffle(items)``: for ``i`` from the last index down to 1, swap ``items[i]`` with ``items[below(i + 1)]``.

This text is frozen by vectors in the tests. A different stream is a new generator number beside this one.
"""

import struct
from collections.abc import Iterator
from hashlib import shake_256
from itertools import count
from typing import TypeVar

T = TypeVar("T")

SEED_BYTES = 16
DRAW_LABEL = b"examengine/draw/1"

_BLOCK_BYTES = 1024
_WORDS = struct.Struct(f">{_BLOCK_BYTES // 4}I")
_WORD_VALUES = 1 << 32


class Stream:
    """Integers from a seed of 16 bytes, separated by ``label`` from other uses of the same seed."""

    __slots__ = ("_next_word",)

    def __init__(self, seed: bytes, label: bytes = DRAW_LABEL) -> None:
        """Raises ValueError where the seed is not 16 bytes long."""
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a seed has {SEED_BYTES} bytes, not {len(seed)}")
        self._next_word = _words(label + b"\x00" + seed).__next__

    def below(self, n: int) -> int:
        """An integer in ``0 <= value < n``; raises ValueError where ``n < 1``."""
        if n <= 0:
            raise ValueError(f"no integer lies in 0 <= value < {n}")
        if n > _WORD_VALUES:
            return self._below_wide(n)
        limit = _WORD_VALUES - _WORD_VALUES % n
        word = self._next_word()
        while word >= limit:
            word = self._next_word()
        return word % n

    def _below_wide(self, n: int) -> int:
        words = -(-(n - 1).bit_length() // 32)
        values = 1 << (32 * words)
        limit = values - values % n
        while True:
            value = 0
            for _ in range(words):
                value = value << 32 | self._next_word()
            if value < limit:
                return value % n

    def shuffle(self, items: list[T]) -> None:
        """Put ``items`` into one of their orders, each equally likely."""
        next_word = self._next_word  # as ``below``, without a call an item
        for i in range(len(items) - 1, 0, -1):
            n = i + 1
            limit = _WORD_VALUES - _WORD_VALUES % n
            word = next_word()
            while word >= limit:
                word = next_word()
            j = word % n
            items[i], items[j] = items[j], items[i]


def _words(prefix: bytes) -> Iterator[int]:
    for block in count():
        yield from _WORDS.unpack(shake_256(prefix + block.to_bytes(4, "big")).digest(_BLOCK_BYTES))
