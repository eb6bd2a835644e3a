"""A sitting's journal: compact lines, one an event, in the order in which they happened.

The journal is the state; the answers in the hash are its fold. Parts of a line are separated by a space, the last
may hold anything. ``at`` is in ms, ``mark`` is ``epoch.sequence``:

====================================================  ==================================================
``o at generation deadline version reason items``      opened
``c at epoch page``                                    a page took the pen
``a at mark position revision base value``             an answer was written; empty: cleared
``f at mark position revision base value``             a flag was written, ``1`` or empty
``p at mark``                                          a sign of life, at most every 20 s
``l at mark`` · ``b at mark`` · ``v at mark losses``   the page was left · is back · lost the focus
``L at mark`` · ``B at mark`` · ``V at mark``          such a report, too old to count
``k at``                                               a hand-in after the deadline knocked
``d at deadline version reason session``               a deadline or session version was pushed
``z at reason instant``                                closed
``r at deadline version reason``                       runs again
====================================================  ==================================================
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer or flag as it stands: its value, and which operation wrote it when."""

    value: str
    revision: int
    epoch: int
    sequence: int
    at_ms: int

    @property
    def mark(self) -> tuple[int, int]:
        """What operations on this item are ordered by."""
        return (self.epoch, self.sequence)


@dataclass(frozen=True, slots=True)
class Folded:
    """What a journal comes to. Answers and flags by position, 1-based."""

    answers: Mapping[int, Kept]
    flags: Mapping[int, Kept]
    revision: int
    epoch: int


def unpack_kept(packed: bytes) -> Kept:
    """Read a field of the hash: ``revision epoch.sequence at value``."""
    revision, mark, at, value = packed.split(b" ", 3)
    epoch, sequence = mark.split(b".")
    return Kept(value.decode(), int(revision), int(epoch), int(sequence), int(at))


def fold(lines: Iterable[bytes]) -> Folded:
    """Compute answers and flags from a journal.

    An item's mark orders, so that lines that are read twice (segments that overlap) change nothing.
    """
    answers: dict[int, Kept] = {}
    flags: dict[int, Kept] = {}
    revision = epoch = 0
    for line in lines:
        kind = line[:1]
        if kind == b"c":
            epoch = max(epoch, int(line.split(b" ", 3)[2]))
        elif kind in (b"a", b"f"):
            _, at, mark, position, written, _base, value = line.split(b" ", 6)
            of_epoch, sequence = mark.split(b".")
            kept = Kept(value.decode(), int(written), int(of_epoch), int(sequence), int(at))
            items = answers if kind == b"a" else flags
            known = items.get(int(position))
            if known is None or kept.mark > known.mark:
                items[int(position)] = kept
            revision = max(revision, kept.revision)
    return Folded(answers, flags, revision, epoch)
