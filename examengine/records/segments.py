"""Journal lines of running attempts in SQL: one compressed row a slot and batch.

A segment holds parts: lines of one attempt from line number ``first`` on. The same lines may be shipped twice, also
older ones after newer; put together in the order of shipping, a part says what the journal holds at its own numbers.
The first part of a higher generation says besides that nothing is behind it.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import msgspec
from sqlalchemy import delete, exists, or_, select, update

from examengine.records.database import Reading, Writing
from examengine.records.shapes import chunks
from examengine.records.tables import attempt_journals, attempts, journal_segments, live_slots, open_attempts

MAX_BODY_BYTES = 16 * 1024 * 1024
LEVEL = 3
PAGE = 200
READ_AT_ONCE = 25
SLOTS = 64
LOCK = "shipping"


class Part(msgspec.Struct, array_like=True, frozen=True):
    """Lines of one attempt, of the generation under which Redis kept them; ``first`` counts from 0."""

    attempt_id: int
    generation: int
    first: int
    lines: tuple[bytes, ...]

    @property
    def end(self) -> int:
        """The number of the line that comes next."""
        return self.first + len(self.lines)


class Packable(Protocol):
    """A msgspec struct that is written as a ``Part`` is: an array of the same four. What Redis has told is packed as
    it lies.
    """

    @property
    def attempt_id(self) -> int: ...
    @property
    def generation(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def lines(self) -> Sequence[bytes]: ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A batch of one slot, packed."""

    slot: int
    life: int
    newest_attempt_id: int
    count: int
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Part, ...]).decode


def pack(slot: int, life: int, parts: Sequence[Packable]) -> Segment:
    """A segment of ``parts``, read in the slot's ``life``.

    Raises:
        ValueError: more than 16 MiB.
    """
    body = _encode(parts)
    if len(body) > MAX_BODY_BYTES:
        raise ValueError("the segment is too large")
    newest = max(part.attempt_id for part in parts)
    return Segment(slot, life, newest, sum(len(part.lines) for part in parts), zlib.compress(body, LEVEL))


def unpack(body: bytes) -> tuple[Part, ...]:
    """The parts of a segment.

    Raises:
        ValueError: it is damaged.
    """
    try:
        unpacking = zlib.decompressobj()
        packed = unpacking.decompress(body, MAX_BODY_BYTES)
        if not unpacking.eof:
            raise ValueError("the segment is damaged")
        return _decode(packed)
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError("the segment is damaged") from error


class Journals:
    """Journals put together from parts, given in the order in which they were shipped."""

    def __init__(self) -> None:
        self.lines: dict[int, list[bytes]] = {}
        self.damaged: list[int] = []  # ids of segments that could not be read
        self._generations: dict[int, int] = {}

    def add(self, part: Part) -> None:
        """Take a part. Of an older generation it says nothing new; of a newer one it cuts off what is behind."""
        known = self._generations.get(part.attempt_id, 0)
        if part.generation < known:
            return
        self._generations[part.attempt_id] = part.generation
        lines = self.lines.setdefault(part.attempt_id, [])
        lines[part.first : part.end if part.generation == known else None] = part.lines

    def of(self, attempt_id: int) -> list[bytes]:
        """The lines known of an attempt."""
        return self.lines.get(attempt_id, [])


async def lives(tx: Reading) -> dict[int, int]:
    """How often each slot was rebuilt; one that never was is not in it."""
    return {row.slot: row.life for row in await tx.rows(select(live_slots))}


async def new_lives(tx: Writing, slots: Iterable[int]) -> None:
    """Begin the next life of slots: what a shipper has read before is void. Holds shippers off until the end of the
    transaction.
    """
    await tx.lock_name(LOCK)
    for slot in slots:
        await tx.insert_unless_known(live_slots, {"slot": slot, "life": 0}, "slot")
    next_one = update(live_slots).where(live_slots.c.slot.in_(list(slots)))
    await tx.run(next_one.values(life=live_slots.c.life + 1))


async def ship(tx: Writing, segments: Sequence[Segment], at_ms: int) -> frozenset[int]:
    """Keep segments; the slots whose segment was kept. One that was read before its slot was rebuilt is not: the
    rebuilt journals go on without its lines.
    """
    await tx.lock_name(LOCK)
    now = await lives(tx)
    kept = [segment for segment in segments if segment.life == now.get(segment.slot, 0)]
    await tx.insert_all(
        journal_segments,
        [
            {
                "slot": segment.slot,
                "waits_for": segment.newest_attempt_id,
                "count": segment.count,
                "body": segment.body,
                "shipped_ms": at_ms,
            }
            for segment in kept
        ],
    )
    return frozenset(segment.slot for segment in kept)


async def journals(tx: Reading, slot: int, wanted: Iterable[int] | None = None) -> Journals:
    """What is known of the attempts of a slot that are not archived, or of the ``wanted`` ones. A segment that is
    damaged is left out and named.
    """
    only = None if wanted is None else frozenset(wanted)
    found, last = Journals(), 0
    while True:
        page = (
            select(journal_segments.c.id, journal_segments.c.body)
            .where(journal_segments.c.slot == slot, journal_segments.c.id > last)
            .order_by(journal_segments.c.id)
            .limit(READ_AT_ONCE)
        )
        rows = await tx.rows(page)
        for row in rows:
            try:
                parts = unpack(row.body)
            except ValueError:
                found.damaged.append(row.id)
                continue
            for part in parts:
                if only is None or part.attempt_id in only:
                    found.add(part)
        if len(rows) < READ_AT_ONCE:
            return found
        last = rows[-1].id


async def shipped_since(tx: Reading, slot: int, since_ms: int) -> Mapping[int, int]:
    """How many lines SQL has of the attempts of a slot whose lines were shipped since then."""
    statement = (
        select(journal_segments.c.body)
        .where(journal_segments.c.slot == slot, journal_segments.c.shipped_ms >= since_ms)
        .order_by(journal_segments.c.id)
    )
    ends: dict[int, tuple[int, int]] = {}
    for row in await tx.rows(statement):
        with suppress(ValueError):
            for part in unpack(row.body):
                ends[part.attempt_id] = max(ends.get(part.attempt_id, (0, 0)), (part.generation, part.end))
    return {attempt_id: end for attempt_id, (_, end) in ends.items()}


@dataclass(frozen=True, slots=True)
class Prunable:
    """Segments to delete, and those that still wait: for which attempt. ``looked_at`` counts both."""

    finished: tuple[int, ...]
    waiting: Mapping[int, int]

    @property
    def looked_at(self) -> int:
        return len(self.finished) + len(self.waiting)


async def prunable(tx: Reading, limit: int = PAGE) -> Prunable:
    """Look through segments the newest of whose attempts is archived, at most ``limit``."""
    done = ~exists().where(open_attempts.c.attempt_id == journal_segments.c.waits_for)
    archived = exists().where(attempt_journals.c.attempt_id == journal_segments.c.waits_for)
    gone = ~exists().where(attempts.c.id == journal_segments.c.waits_for)
    statement = (
        select(journal_segments.c.id, journal_segments.c.body)
        .where(done, or_(archived, gone))
        .order_by(journal_segments.c.id)
        .limit(limit)
    )
    finished: list[int] = []
    waits: dict[int, int] = {}
    for row in await tx.rows(statement):
        if waiting := await _waiting(tx, _attempts_in(row.body)):
            waits[row.id] = max(waiting)
        else:
            finished.append(row.id)
    return Prunable(tuple(finished), waits)


async def prune(tx: Writing, found: Prunable) -> None:
    """Delete segments all of whose attempts are archived, and note for whom the others wait."""
    for segment_id, attempt_id in found.waiting.items():
        still = update(journal_segments).where(journal_segments.c.id == segment_id)
        await tx.run(still.values(waits_for=attempt_id))
    if found.finished:
        await tx.run(delete(journal_segments).where(journal_segments.c.id.in_(found.finished)))


def _attempts_in(body: bytes) -> set[int]:
    """Nobody, where it is damaged: it is good for nothing any more."""
    try:
        return {part.attempt_id for part in unpack(body)}
    except ValueError:
        return set()


async def _waiting(tx: Reading, attempt_ids: Iterable[int]) -> set[int]:
    """Those attempts that are not archived: running, or voided and not settled yet."""
    waiting: set[int] = set()
    for some in chunks(sorted(attempt_ids), 500):
        statement = select(attempts.c.id).where(
            attempts.c.id.in_(some),
            or_(
                exists().where(open_attempts.c.attempt_id == attempts.c.id),
                ~exists().where(attempt_journals.c.attempt_id == attempts.c.id),
            ),
        )
        waiting |= {row.id for row in await tx.rows(statement)}
    return waiting
