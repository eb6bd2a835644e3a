"""Voiding an attempt: asked for by one person, decided by another (A-15)."""

from dataclasses import dataclass

from examengine.records import approvals, attempts, audit, entries, outbox, outcomes
from examengine.records.approvals import Approval
from examengine.records.as_rules import closing_of
from examengine.records.database import Database, Writing
from examengine.records.enrolments import lock_enrolment
from examengine.records.entries import NewEntry
from examengine.records.history import AttemptRecord, load_history
from examengine.records.outcomes import NewOutcome
from examengine.records.shelf import Shelf
from examengine.records.words import Decision, EntryKind, OutboxKind
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.history import OutcomeReason, State

ACT = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidOrder:
    """What an agent asks for."""

    attempt_id: int
    asked_by: int
    reason_category: str
    reason: str
    ticket: str


async def ask_void(database: Database, order: VoidOrder, now_ms: int) -> int | Refusal:
    """Lay a void before a second person; the request's id. A request that waits already is answered again. Nobody
    asks for himself.

    Raises:
        Missing: there is no such attempt.
        ValueError: no reason.
    """
    if not order.reason.strip():
        raise ValueError("a void needs a reason")
    async with database.writing() as tx:
        owned = await attempts.get_attempt(tx, order.attempt_id)
        if owned.person_id == order.asked_by:
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)
        enrolment = await lock_enrolment(tx, owned.attempt.enrolment_id)
        newest = await outcomes.find_newest(tx, order.attempt_id)
        if newest is not None and newest.state == State.VOID:
            return Refusal(Reason.NO_SUCH_ATTEMPT, Next.NONE)
        for waiting in await approvals.of_enrolment(tx, enrolment.id):
            if waiting.decision is None and waiting.act.get("attempt_id") == order.attempt_id:
                return waiting.id
        act = {
            "act": ACT,
            "attempt_id": order.attempt_id,
            "reason_category": order.reason_category,
            "reason": order.reason,
            "ticket": order.ticket,
        }
        approval_id = await approvals.ask(tx, enrolment.id, act, order.asked_by, now_ms)
        facts = {"approval": approval_id, "reason": order.reason_category}
        await audit.append(tx, now_ms, order.asked_by, "ask_void", "attempt", order.attempt_id, facts)
        return approval_id


async def decide_void(
    database: Database, shelf: Shelf, approval_id: int, decision: Decision, by_person: int, stamp_ms: int
) -> Refusal | None:
    """The second person's word; one decided before stays. Approved, the attempt is void: its place goes back to its
    own round. Neither the asker nor the candidate decides.

    Raises:
        Missing: there is no such request.
    """
    async with database.writing() as tx:
        waiting = await approvals.get_approval(tx, approval_id)
        if waiting.asked_by == by_person:
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)
        enrolment = await lock_enrolment(tx, waiting.enrolment_id)
        if enrolment.person_id == by_person:
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)
        waiting = await approvals.get_approval(tx, approval_id)
        if waiting.decision is not None:
            return None
        now_ms = max(stamp_ms, (await load_history(tx, enrolment.id)).newest_fact_ms)
        newest = await outcomes.find_newest(tx, int(waiting.act["attempt_id"]))
        if decision is Decision.APPROVED and newest is not None and newest.state == State.VOID:
            return Refusal(Reason.NO_SUCH_ATTEMPT, Next.NONE)
        entry_id = None
        if decision is Decision.APPROVED:
            entry_id = await _void(tx, shelf, waiting, by_person, now_ms)
        await approvals.decide(tx, approval_id, decision, by_person, entry_id, now_ms)
        facts = {"approval": approval_id, "decision": decision.value}
        attempt_id = int(waiting.act["attempt_id"])
        await audit.append(tx, now_ms, by_person, "decide_void", "attempt", attempt_id, facts)
    return None


async def _void(tx: Writing, shelf: Shelf, waiting: Approval, by_person: int, now_ms: int) -> int:
    attempt_id = int(waiting.act["attempt_id"])
    record = await load_history(tx, waiting.enrolment_id)
    row = next(a for a in record.attempts if a.id == attempt_id)
    entry, _ = await entries.add_entry(
        tx,
        NewEntry(
            enrolment_id=waiting.enrolment_id,
            kind=EntryKind.VOID,
            attempt_id=attempt_id,
            by_person=waiting.asked_by,
            second_person=by_person,
            reason_category=str(waiting.act["reason_category"]),
            reason=str(waiting.act["reason"]),
            ticket=str(waiting.act["ticket"]),
            source=f"approval:{waiting.id}",
        ),
        now_ms,
    )
    rulebook = await shelf.rulebook(tx, row.rulebook_digest)
    closing = closing_of(rulebook, record, row)
    was_running = row.outcome is None
    await outcomes.append_outcome(
        tx,
        attempt_id,
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
            by_person=by_person,
        ),
        now_ms,
    )
    if was_running:
        await outbox.put(tx, attempt_id, OutboxKind.VOID, {"entry": entry.id}, now_ms)
    return entry.id


def _ended_ms(row: AttemptRecord, now_ms: int) -> int:
    return row.outcome.ended_ms if row.outcome is not None else now_ms
