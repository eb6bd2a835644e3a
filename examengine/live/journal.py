"""A sitting's journal: compact lines, one an event, in the order in which they happened.

The journal is the state; the answers in the hash are its fold. Parts of a line are separated by a space, the last
may hold anything. ``at`` is in ms, ``mark`` is ``epoch.sequence``:

====================================================  ==================================================
``o at generation deadline version reason items``      opened
``c at epoch page device``                             a page took the pen; see :mod:`examengine.live.devices`
``a at mark position revision base value``             an answer was written; empty: cleared. A text is JSON: no line
                                                       feed in it
``f at mark position revision base value``             a flag was written, ``1`` or empty
``p at mark``                                          a sign of life, at most every 20 s
``l at mark`` · ``b at mark`` · ``v at mark losses``   the page was left · is back · lost the focus
``L at mark`` · ``B at mark`` · ``V at mark``          such a report, too old to count
``s at mark position value``                           an answer of an older page, not written; a mark that ends in
                                                       ``.0``: it came with a whole form
``q at``                                               the page brought back what was acknowledged and lost; the lines
                                                       that follow have the instants of then
``k at``                                               a hand-in after the deadline knocked
``w at mark``                                          after the deadline: the page with the pen has sent all
``e at``                                               a leave was taken back: we could not have heard the return
``d at deadline version reason session``               a deadline or session version was pushed
``z at reason instant``                                closed
``r at deadline version reason``                       runs again
``x at generation lines``                              Redis lost this sitting; it goes on as this generation with so
                                                       many lines, what came after them is lost
====================================================  ==================================================
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

SIGNS_OF_LIFE = frozenset("ocafpqlbvsLBVk")
"""Lines that a page has brought about."""
BY_THE_PAGE = frozenset({"hand_in", "give_up"})
"""Reasons of closings that are signs of life as well: a person asked for them."""

LONG_BYTES = 64
"""Values longer than that are counted: the journal takes 1.5 MiB of them."""


class Kept(msgspec.Struct, frozen=True):
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


Written = Sequence[bytes]
"""The same as the hash has it: revision, ``epoch.sequence``, instant and value, each as it is written there."""


@dataclass(frozen=True, slots=True)
class Aside:
    """An answer of an older page that was not written. ``sequence`` 0: it came with a whole form."""

    position: int
    value: str
    epoch: int
    sequence: int
    at_ms: int


@dataclass(slots=True)
class Folded:
    """What a journal comes to. Answers and flags by position, 1-based.

    ``seen_ms`` is the last sign of life, ``sequence`` the highest of the page with the pen; ``closed`` and
    ``closed_at_ms`` stand while the sitting is closing, ``closings`` counts. Without an ``o`` line ``items`` is 0.
    """

    answers: dict[int, Kept] = field(default_factory=dict)
    flags: dict[int, Kept] = field(default_factory=dict)
    asides: list[Aside] = field(default_factory=list)
    revision: int = 0
    epoch: int = 0
    pen_since_ms: int = 0
    page_id: str = ""
    device: str = ""
    sequence: int = 0
    seen_ms: int = 0
    pulsed_ms: int = 0
    left_page_ms: int | None = None
    focus_losses: int = 0
    items: int = 0
    closed: str = ""
    closed_at_ms: int | None = None
    closings: int = 0


def unpack_kept(packed: bytes) -> Kept:
    """Read a field of the hash: ``revision epoch.sequence at value``."""
    revision, mark, at, value = packed.split(b" ", 3)
    epoch, sequence = mark.split(b".")
    return Kept(value.decode(), int(revision), int(epoch), int(sequence), int(at))


def written(kept: Kept) -> Written:
    """What :func:`unpack_kept` reads, in its four parts."""
    mark = b"%d.%d" % (kept.epoch, kept.sequence)
    return b"%d" % kept.revision, mark, b"%d" % kept.at_ms, kept.value.encode()


def instant_of(line: bytes) -> int:
    """When a line was written, ms."""
    return int(line.split(b" ", 2)[1])


def items_of(lines: Sequence[bytes]) -> int:
    """The number of items of the paper, by the line that opened the sitting; 0 where that is missing."""
    return int(lines[0].split(b" ")[6]) if lines and lines[0][:1] == b"o" else 0


def long_bytes_of(lines: Iterable[bytes]) -> int:
    """How many bytes of long values the lines of a journal hold, as ``lua/_page.lua`` counts them."""
    values = (line.split(b" ", 6 if line[:1] == b"a" else 4)[-1] for line in lines if line[:1] in b"as")
    return sum(len(value) for value in values if len(value) > LONG_BYTES)


def fold(lines: Iterable[bytes]) -> Folded:
    """Compute a sitting's state from its journal.

    An item's mark orders, so that lines that are read twice (segments that overlap) change no answer.
    """
    state = Folded()
    # A rebuild folds millions of lines, nearly all of them answers: these are read here, and made values at the end.
    newest: dict[tuple[bytes, bytes], tuple[tuple[int, int], int, bytes, bytes]] = {}
    seen_ms, highest = 0, (0, 0)
    for line in lines:
        kind = line[:1]
        if kind in b"af":
            _, at, said, position, revision, _base, value = line.split(b" ", 6)
            epoch, sequence = said.split(b".")
            mark, at_ms = (int(epoch), int(sequence)), int(at)
            known = newest.get((kind, position))
            if known is None or mark > known[0]:
                newest[kind, position] = (mark, at_ms, revision, value)
            highest = max(highest, mark)
            seen_ms = max(seen_ms, at_ms)
        else:
            if seen_ms:
                _alive(state, seen_ms, *highest)
                seen_ms = 0
            _other(state, kind, line)
    if seen_ms:
        _alive(state, seen_ms, *highest)
    for (kind, position), (mark, at_ms, revision, value) in newest.items():
        kept = Kept(value.decode(), int(revision), *mark, at_ms)
        (state.answers if kind == b"a" else state.flags)[int(position)] = kept
        state.revision = max(state.revision, kept.revision)
    return state


def _alive(state: Folded, at_ms: int, epoch: int = 0, sequence: int = 0) -> None:
    """A sign of life ends a leave."""
    state.seen_ms = max(state.seen_ms, at_ms)
    state.left_page_ms = None
    _said(state, epoch, sequence)


def _said(state: Folded, epoch: int, sequence: int) -> None:
    """What was said under an epoch tells of it, whatever became of its ``c`` line."""
    if epoch > state.epoch:
        state.epoch, state.sequence = epoch, sequence
    elif epoch == state.epoch and sequence > state.sequence:
        state.sequence = sequence


def _mark(text: str) -> tuple[int, int]:
    epoch, sequence = text.split(".")
    return int(epoch), int(sequence)


def _other(state: Folded, kind: bytes, line: bytes) -> None:
    parts = line.decode().split(" ")
    at_ms = int(parts[1])
    match kind:
        case b"o":
            state.items = int(parts[6])
            state.pulsed_ms = at_ms
            state.pen_since_ms = at_ms
            _alive(state, at_ms)
        case b"c":
            if int(parts[2]) >= state.epoch:
                state.epoch, state.sequence, state.pen_since_ms = int(parts[2]), 0, at_ms
                state.page_id = parts[3]
                state.device = parts[4] if len(parts) > 4 else ""
            _alive(state, at_ms)
        case b"p":
            state.pulsed_ms = at_ms
            _alive(state, at_ms, *_mark(parts[2]))
        case b"b":
            _alive(state, at_ms, *_mark(parts[2]))
        case b"l":
            if state.left_page_ms is None:
                state.left_page_ms = at_ms
            _said(state, *_mark(parts[2]))
        case b"v":
            state.focus_losses = int(parts[3])
            _said(state, *_mark(parts[2]))
        case b"k":
            state.seen_ms = max(state.seen_ms, at_ms)
        case b"e":
            state.left_page_ms = None
        case b"s":
            position, value = line.decode().split(" ", 4)[3:]
            epoch, sequence = _mark(parts[2])
            state.asides.append(Aside(int(position), value, epoch, sequence, at_ms))
        case b"z":
            state.closed, state.closed_at_ms = parts[2], int(parts[3])
            state.closings += 1
            if state.closed in BY_THE_PAGE:
                _alive(state, at_ms)
        case b"r":
            state.closed, state.closed_at_ms = "", None
