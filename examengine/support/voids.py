"""Voiding an attempt: asked for by one person, decided by another (A-15)."""

from dataclasses import dataclass

from examengine.records import attempts, audit, entries, outbox, outcomes
from examengine.records.as_rules import closing_of
from examengine.records.database import Reading, Writing
from examengine.records.enrolments import lock_enrolment
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import AttemptRecord, load_history
from examengine.records.outcomes import NewOutcome
from examengine.records.words import EntryKind, OutboxKind
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.history import OutcomeReason, State
from examengine.support.acts import Kind, Means, Owner, facts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidOrder:
    """What an agent asks for. An attempt is voided once."""

    attempt_id: int
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str = ""
    second_person: int | None = None


async def void(tx: Writing, means: Means, order: VoidOrder, stamp_ms: int) -> Entry | Refusal:
    """Void the attempt: its place goes back to its own round.

    Raises:
        Missing: there is no such attempt.
        Conflict: no second person.
    """
    owned = await attempts.get_attempt(tx, order.attempt_id)
    enrolment = await lock_enrolment(tx, owned.attempt.enrolment_id)
    refusal = await _is_void(tx, means, order, stamp_ms)
    if refusal is not None:
        return refusal
    record = await load_history(tx, enrolment.id)
    now_ms = max(stamp_ms, record.newest_fact_ms)
    row = next(a for a in record.attempts if a.id == order.attempt_id)
    entry, _ = await entries.add_entry(
        tx,
        NewEntry(
            enrolment_id=enrolment.id,
            kind=EntryKind.VOID,
            attempt_id=order.attempt_id,
            by_person=order.by_person,
            second_person=order.second_person,
            reason_category=order.reason_category,
            reason=order.reason,
            ticket=order.ticket,
            source=f"void:{order.attempt_id}",
        ),
        now_ms,
    )
    rulebook = await means.shelf.rulebook(tx, row.rulebook_digest)
    closing = closing_of(rulebook, record, row)
    await outcomes.append_outcome(
        tx,
        order.attempt_id,
        NewOutcome(
            state=State.VOID.value,
            score_hundredths=None,
            full_hundredths=None,
            result=None,
            reason=OutcomeReason.VOID.value,
            cause=f"entry:{entry.id}",
            ended_ms=_ended_ms(row, now_ms),
            deadline_ms=closing.deadline_ms,
            deadline_reason=closing.reason.value,
            by_person=order.second_person,
        ),
        now_ms,
    )
    if row.outcome is None:
        await outbox.put(tx, order.attempt_id, OutboxKind.VOID, {"entry": entry.id}, now_ms)
    facts = facts_of(order, enrolment.person_id, entry=entry.id)
    await audit.append(tx, now_ms, order.by_person, "void", "attempt", order.attempt_id, facts)
    return entry


def _ended_ms(row: AttemptRecord, now_ms: int) -> int:
    return row.outcome.ended_ms if row.outcome is not None else now_ms


async def _owner(tx: Reading, order: VoidOrder) -> Owner:
    owned = await attempts.get_attempt(tx, order.attempt_id)
    return Owner(owned.person_id, owned.attempt.enrolment_id)


async def _is_void(tx: Reading, _means: Means, order: VoidOrder, _now_ms: int) -> Refusal | None:
    newest = await outcomes.find_newest(tx, order.attempt_id)
    is_void = newest is not None and newest.state == State.VOID
    return Refusal(Reason.NO_SUCH_ATTEMPT, Next.NONE) if is_void else None


async def _always(_tx: Reading, _order: VoidOrder) -> bool:
    return True


KIND = Kind(
    slug="void",
    order=VoidOrder,
    subject="attempt_id",
    owner=_owner,
    perform=void,
    refuses=_is_void,
    needs_second=_always,
)
