"""Taking back what was given: by a counter-entry, and only what has not been used."""

from dataclasses import dataclass

from examengine.records import audit, entries, outbox
from examengine.records.as_rules import history_of
from examengine.records.database import Reading, Writing
from examengine.records.enrolments import get_enrolment, lock_enrolment
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.words import EntryKind, OutboxKind
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.decide import left
from examengine.rules.rulebook import Rulebook
from examengine.support.acts import Kind, Means, Owner, facts_of
from examengine.support.extra_time import still_runs

OF_ATTEMPTS = (EntryKind.GRANT, EntryKind.COMPENSATE_ATTEMPTS)
OF_TIME = (EntryKind.EXTRA_TIME, EntryKind.COMPENSATE_MINUTES)
UNDOABLE = (*OF_ATTEMPTS, *OF_TIME)
"""What may be taken back here; what two persons made takes two persons. An accommodation ends as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoOrder:
    """What an agent orders. An entry can be undone once, so a form sent twice is one counter-entry."""

    entry_id: int
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str = ""
    second_person: int | None = None


def unused(rulebook: Rulebook, record: EnrolmentRecord, entry: Entry) -> int:
    """How many of an entry's attempts can be taken back: what was started or has been sat stays."""
    round_no = next(round_.no for round_ in record.rounds if round_.id == entry.round_id)
    return min(entry.amount or 0, left(rulebook, history_of(record).rounds[round_no - 1], 0))


def may_undo(rulebook: Rulebook, record: EnrolmentRecord, entry: Entry, now_ms: int) -> Refusal | None:
    """Why the entry cannot be taken back, or None."""
    if entry.kind not in UNDOABLE or entry.id in record.undone:
        return Refusal(Reason.NO_SUCH_ENTRY, Next.NONE)
    if entry.kind in OF_ATTEMPTS:
        return None if unused(rulebook, record, entry) else Refusal(Reason.ENTRY_ALREADY_USED, Next.NONE)
    row = next(a for a in record.attempts if a.id == entry.attempt_id)
    return None if still_runs(rulebook, record, row, now_ms) else Refusal(Reason.NOT_RUNNING, Next.NONE)


async def undo(tx: Writing, means: Means, order: UndoOrder, stamp_ms: int) -> Entry | Refusal:
    """Write the counter-entry; a moved deadline goes to the live sitting in the same transaction.

    Raises:
        Missing: there is no such entry.
    """
    entry = await entries.get_entry(tx, order.entry_id)
    enrolment = await lock_enrolment(tx, entry.enrolment_id)
    source = f"undo:{order.entry_id}"
    known = await entries.find_by_source(tx, source)
    if known is not None:
        return known
    rulebook = await means.shelf.rulebook(tx, enrolment.rulebook_digest)
    record = await load_history(tx, enrolment.id)
    now_ms = max(stamp_ms, record.newest_fact_ms)
    refusal = may_undo(rulebook, record, entry, now_ms)
    if refusal is not None:
        return refusal
    counter, _ = await entries.add_entry(
        tx,
        NewEntry(
            enrolment_id=enrolment.id,
            kind=EntryKind.UNDO,
            amount=unused(rulebook, record, entry) if entry.kind in OF_ATTEMPTS else None,
            attempt_id=entry.attempt_id if entry.kind in OF_TIME else None,
            round_id=entry.round_id,
            undoes=entry.id,
            by_person=order.by_person,
            second_person=order.second_person,
            reason_category=order.reason_category,
            reason=order.reason,
            ticket=order.ticket,
            source=source,
        ),
        now_ms,
    )
    if counter.attempt_id is not None:
        await outbox.put(tx, counter.attempt_id, OutboxKind.DEADLINE, {"entry": counter.id}, now_ms)
    facts = facts_of(order, enrolment.person_id, entry=counter.id, undoes=entry.id)
    await audit.append(tx, now_ms, order.by_person, "undo", "enrolment", enrolment.id, facts)
    return counter


async def _owner(tx: Reading, order: UndoOrder) -> Owner:
    enrolment = await get_enrolment(tx, (await entries.get_entry(tx, order.entry_id)).enrolment_id)
    return Owner(enrolment.person_id, enrolment.id)


async def _known(tx: Reading, order: UndoOrder) -> bool:
    return await entries.find_by_source(tx, f"undo:{order.entry_id}") is not None


async def _refuses(tx: Reading, means: Means, order: UndoOrder, now_ms: int) -> Refusal | None:
    entry = await entries.get_entry(tx, order.entry_id)
    record = await load_history(tx, entry.enrolment_id)
    return may_undo(await means.shelf.rulebook(tx, record.enrolment.rulebook_digest), record, entry, now_ms)


async def _made_by_two(tx: Reading, order: UndoOrder) -> bool:
    return (await entries.get_entry(tx, order.entry_id)).second_person is not None


KIND = Kind(
    slug="undo",
    order=UndoOrder,
    subject="entry_id",
    owner=_owner,
    perform=undo,
    known=_known,
    refuses=_refuses,
    needs_second=_made_by_two,
)
