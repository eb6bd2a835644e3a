"""The ledger of entitlement and time: grants, compensations, extra time, voids, new scores, and what undoes them."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from examengine.records import evidence
from examengine.records.archives import digest_of_row
from examengine.records.database import Missing, Reading, Writing
from examengine.records.fixed import Fixed
from examengine.records.shapes import columns
from examengine.records.tables import entries
from examengine.records.words import EntryKind, FactKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to append. ``amount``: attempts, minutes, percent, or the new score in hundredths. ``source`` is
    unique: the same form sent twice is one entry. An accommodation counts for attempts started at or after
    ``begins_ms`` and before ``expires_ms``.
    """

    enrolment_id: int
    kind: EntryKind
    amount: int | None = None
    attempt_id: int | None = None
    round_id: int | None = None
    undoes: int | None = None
    by_person: int
    second_person: int | None = None
    reason_category: str
    reason: str
    ticket: str = ""
    begins_ms: int | None = None
    expires_ms: int | None = None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(NewEntry):
    """An entry as recorded. One that another entry ``undoes`` no longer counts."""

    id: int
    at_ms: int


ENTRY = columns(entries, Entry)
_OF_ENROLMENT = Fixed(
    select(*ENTRY).where(entries.c.enrolment_id == bindparam("wanted")).order_by(entries.c.at_ms, entries.c.id)
)


def entry_of(row: tuple[object, ...]) -> Entry:
    """From a row of the columns :data:`ENTRY`."""
    values = dict(zip((column.name for column in ENTRY), row, strict=True))
    values["kind"] = EntryKind(str(values["kind"]))
    return Entry(**values)  # type: ignore[arg-type]


async def add_entry(tx: Writing, new: NewEntry, at_ms: int) -> tuple[Entry, bool]:
    """Append an entry, unless one of this source is there; the entry, and whether it is new. Hold the enrolment's
    lock.

    Raises:
        Conflict: it undoes what is undone already, or lacks a different second person where two are needed.
    """
    known = await find_by_source(tx, new.source)
    if known is not None:
        return known, False
    values = {column.name: getattr(new, column.name) for column in ENTRY if column.name not in {"id", "at_ms"}}
    entry_id = await tx.insert(entries, {**values, "at_ms": at_ms})
    digest = digest_of_row(FactKind.ENTRY, {**values, "id": entry_id, "at_ms": at_ms})
    await evidence.note(tx, FactKind.ENTRY, entry_id, digest)
    return Entry(**values, id=entry_id, at_ms=at_ms), True


async def list_of_enrolment(tx: Reading, enrolment_id: int) -> tuple[Entry, ...]:
    """Every entry of an enrolment, oldest first."""
    rows = await tx.fetch(_OF_ENROLMENT, {"wanted": enrolment_id})
    return tuple(entry_of(tuple(row)) for row in rows)


async def find_by_source(tx: Reading, source: str) -> Entry | None:
    """The entry of a source."""
    row = await tx.row(select(*ENTRY).where(entries.c.source == source))
    return None if row is None else entry_of(tuple(row))


async def get_entry(tx: Reading, entry_id: int) -> Entry:
    """One entry.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*ENTRY).where(entries.c.id == entry_id))
    if row is None:
        raise Missing("entry", entry_id)
    return entry_of(tuple(row))
