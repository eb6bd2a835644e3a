"""Carries a person's standing accommodations into his enrolments: entries that every deadline is computed from.

One entry an accommodation, enrolment and measure, named by its source, so that carrying twice changes nothing.
"""

from collections.abc import Sequence

from examengine.records import accommodations, entries, outbox
from examengine.records.accommodations import Accommodation
from examengine.records.database import Writing
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import EnrolmentRecord
from examengine.records.words import EntryKind, OutboxKind

CATEGORY = "accommodation"
"""The reason category of every entry that carries an accommodation."""


def entries_for(one: Accommodation, enrolment_id: int) -> tuple[NewEntry, ...]:
    """What stands for an accommodation in the ledger of an enrolment: its time, then its breaks."""
    amounts = (
        (EntryKind.ACCOMMODATE_PERCENT, one.percent, ""),
        (EntryKind.ACCOMMODATE_MINUTES, one.minutes, ""),
        (EntryKind.ACCOMMODATE_MINUTES, one.breaks_minutes, ":breaks"),
    )
    return tuple(
        NewEntry(
            enrolment_id=enrolment_id,
            kind=kind,
            amount=amount,
            by_person=one.by_person,
            second_person=one.second_person,
            reason_category=CATEGORY,
            reason=f"accommodation:{one.id}",
            ticket=one.ticket,
            begins_ms=one.begins_ms,
            expires_ms=one.expires_ms,
            source=f"accommodation:{one.id}:{enrolment_id}{part}",
        )
        for kind, amount, part in amounts
        if amount
    )


def carried_by(record: EnrolmentRecord, accommodation_id: int) -> tuple[Entry, ...]:
    """The entries of an accommodation in a ledger that nobody has undone."""
    begins = f"accommodation:{accommodation_id}:"
    return tuple(e for e in record.entries if e.source.startswith(begins) and e.id not in record.undone)


def is_for_breaks(entry: Entry) -> bool:
    """Whether an accommodation's entry gives its breaks."""
    return entry.reason_category == CATEGORY and entry.source.endswith(":breaks")


async def carry(tx: Writing, one: Accommodation, record: EnrolmentRecord, now_ms: int) -> Sequence[Entry]:
    """Write an accommodation into an enrolment's ledger and tell the attempt that runs. Hold the enrolment's lock."""
    written = [await entries.add_entry(tx, new, now_ms) for new in entries_for(one, record.enrolment.id)]
    await _tell(tx, record, max(entry.id for entry, _is_new in written), now_ms)
    return [entry for entry, _is_new in written]


async def take_back(
    tx: Writing, one: Accommodation, said: accommodations.End, record: EnrolmentRecord, now_ms: int
) -> Sequence[Entry]:
    """Write the counter-entries of what still counts, and tell the attempt that runs. Hold the enrolment's lock."""
    written = []
    for entry in carried_by(record, one.id):
        new = NewEntry(
            enrolment_id=record.enrolment.id,
            kind=EntryKind.UNDO,
            undoes=entry.id,
            by_person=said.by_person,
            second_person=said.second_person,
            reason_category=said.reason_category,
            reason=said.reason,
            ticket=said.ticket,
            source=f"undo:{entry.id}",
        )
        written.append((await entries.add_entry(tx, new, now_ms))[0])
    if written:
        await _tell(tx, record, max(entry.id for entry in written), now_ms)
    return written


async def carry_standing(tx: Writing, record: EnrolmentRecord, now_ms: int) -> None:
    """Write all that stands for a person into an enrolment that was made in this transaction."""
    for one in await accommodations.for_new_enrolment(tx, record.enrolment.person_id, now_ms):
        await carry(tx, one, record, now_ms)


async def _tell(tx: Writing, record: EnrolmentRecord, entry_id: int, now_ms: int) -> None:
    running = next((row for row in record.attempts if row.outcome is None), None)
    if running is not None:
        await outbox.put(tx, running.id, OutboxKind.DEADLINE, {"entry": entry_id}, now_ms)
