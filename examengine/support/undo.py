"""Taking back a grant or extra time: by a counter-entry, and only what has not been used."""

from dataclasses import dataclass

from examengine.records import audit, entries, outbox
from examengine.records.as_rules import history_of
from examengine.records.database import Database
from examengine.records.enrolments import lock_enrolment
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.shelf import Shelf
from examengine.records.words import EntryKind, OutboxKind
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.decide import left
from examengine.rules.rulebook import Rulebook
from examengine.support.extra_time import still_runs

UNDOABLE = (EntryKind.GRANT, EntryKind.EXTRA_TIME)
"""What one person may take back; what two persons made takes two persons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoOrder:
    """What an agent orders. An entry can be undone once, so a form sent twice is one counter-entry."""

    entry_id: int
    by_person: int
    reason_category: str
    reason: str
    ticket: str


def unused(rulebook: Rulebook, record: EnrolmentRecord, entry: Entry) -> int:
    """How many of a grant's attempts can be taken back: what was started or has been sat stays."""
    round_no = next(round_.no for round_ in record.rounds if round_.id == entry.round_id)
    return min(entry.amount or 0, left(rulebook, history_of(record).rounds[round_no - 1], 0))


def may_undo(rulebook: Rulebook, record: EnrolmentRecord, entry: Entry, now_ms: int) -> Refusal | None:
    """Why the entry cannot be taken back, or None."""
    if entry.kind not in UNDOABLE or entry.id in record.undone:
        return Refusal(Reason.NO_SUCH_ENTRY, Next.NONE)
    if entry.kind is EntryKind.GRANT:
        return None if unused(rulebook, record, entry) else Refusal(Reason.ENTRY_ALREADY_USED, Next.NONE)
    row = next(a for a in record.attempts if a.id == entry.attempt_id)
    return None if still_runs(rulebook, record, row, now_ms) else Refusal(Reason.NOT_RUNNING, Next.NONE)


async def undo(database: Database, shelf: Shelf, order: UndoOrder, stamp_ms: int) -> Entry | Refusal:
    """Write the counter-entry; a moved deadline goes to the live sitting in the same transaction.

    Raises:
        Missing: there is no such entry.
        ValueError: no reason.
    """
    if not order.reason.strip():
        raise ValueError("taking back needs a reason")
    source = f"undo:{order.entry_id}"
    async with database.writing() as tx:
        entry = await entries.get_entry(tx, order.entry_id)
        enrolment = await lock_enrolment(tx, entry.enrolment_id)
        if enrolment.person_id == order.by_person:
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)
        known = await entries.find_by_source(tx, source)
        if known is not None:
            return known
        rulebook = await shelf.rulebook(tx, enrolment.rulebook_digest)
        record = await load_history(tx, enrolment.id)
        now_ms = max(stamp_ms, record.newest_fact_ms)
        refusal = may_undo(rulebook, record, entry, now_ms)
        if refusal is not None:
            return refusal
        is_grant = entry.kind is EntryKind.GRANT
        counter, _ = await entries.add_entry(
            tx,
            NewEntry(
                enrolment_id=enrolment.id,
                kind=EntryKind.UNDO,
                amount=unused(rulebook, record, entry) if is_grant else None,
                attempt_id=entry.attempt_id,
                round_id=entry.round_id,
                undoes=entry.id,
                by_person=order.by_person,
                reason_category=order.reason_category,
                reason=order.reason,
                ticket=order.ticket,
                source=source,
            ),
            now_ms,
        )
        if entry.attempt_id is not None:
            await outbox.put(tx, entry.attempt_id, OutboxKind.DEADLINE, {"entry": counter.id}, now_ms)
        facts = {"entry": counter.id, "undoes": entry.id, "reason": order.reason_category}
        await audit.append(tx, now_ms, order.by_person, "undo", "enrolment", enrolment.id, facts)
        return counter
