"""Handing a running attempt in for its candidate (代为交卷): an entry first, then the live sitting hears of it."""

from dataclasses import dataclass

from examengine.records import attempts, audit, entries, outbox
from examengine.records.as_rules import closing_of
from examengine.records.attempts import lock_attempt
from examengine.records.database import Reading, Writing
from examengine.records.enrolments import lock_enrolment
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_history
from examengine.records.words import EntryKind, OutboxKind
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.rulebook import Rulebook
from examengine.support.acts import Kind, Means, Owner, facts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class HandInOrder:
    """What an agent orders. An attempt is handed in once, so a form sent twice is one entry."""

    attempt_id: int
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str = ""
    second_person: int | None = None


def may_hand_in(rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, now_ms: int) -> Refusal | None:
    """Why an attempt cannot be handed in for its candidate, or None. At the deadline the rules end it."""
    ordered = any(entry.kind is EntryKind.HAND_IN and entry.attempt_id == row.id for entry in record.entries)
    is_over = ordered or row.outcome is not None or now_ms >= closing_of(rulebook, record, row).deadline_ms
    return Refusal(Reason.NOT_RUNNING, Next.NONE) if is_over else None


async def order_hand_in(tx: Writing, means: Means, order: HandInOrder, stamp_ms: int) -> Entry | Refusal:
    """Write the entry and the message to the live sitting.

    From the entry's instant on it counts: whatever ends the sitting later does not, but a hand-in by the candidate
    himself. What is acknowledged until the sitting hears of it is marked.

    Raises:
        Missing: there is no such attempt.
    """
    owned = await attempts.get_attempt(tx, order.attempt_id)
    enrolment = await lock_enrolment(tx, owned.attempt.enrolment_id)
    await lock_attempt(tx, order.attempt_id)
    source = f"hand_in:{order.attempt_id}"
    known = await entries.find_by_source(tx, source)
    if known is not None:
        return known
    record = await load_history(tx, enrolment.id)
    row = next(a for a in record.attempts if a.id == order.attempt_id)
    rulebook = await means.shelf.rulebook(tx, row.rulebook_digest)
    now_ms = max(stamp_ms, record.newest_fact_ms)
    refusal = may_hand_in(rulebook, record, row, now_ms)
    if refusal is not None:
        return refusal
    entry, _ = await entries.add_entry(
        tx,
        NewEntry(
            enrolment_id=enrolment.id,
            kind=EntryKind.HAND_IN,
            attempt_id=order.attempt_id,
            by_person=order.by_person,
            reason_category=order.reason_category,
            reason=order.reason,
            ticket=order.ticket,
            source=source,
        ),
        now_ms,
    )
    await outbox.put(tx, order.attempt_id, OutboxKind.HAND_IN, {"entry": entry.id}, now_ms)
    await attempts.look_again(tx, order.attempt_id, now_ms)
    facts = facts_of(order, enrolment.person_id, entry=entry.id)
    await audit.append(tx, now_ms, order.by_person, "hand_in_for", "attempt", order.attempt_id, facts)
    return entry


async def _owner(tx: Reading, order: HandInOrder) -> Owner:
    owned = await attempts.get_attempt(tx, order.attempt_id)
    return Owner(owned.person_id, owned.attempt.enrolment_id)


KIND = Kind(slug="hand_in", order=HandInOrder, subject="attempt_id", owner=_owner, perform=order_hand_in)
