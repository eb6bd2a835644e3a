"""Acts that need a second person: asked for by one, decided by another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from examengine.records.database import AnyRow, Missing, Reading, Writing
from examengine.records.shapes import columns, from_json_text, json_text
from examengine.records.tables import approvals
from examengine.records.words import Decision


@dataclass(frozen=True, slots=True)
class Approval:
    """``act`` is what is to be done, on whose record, in which enrolment (None: the person as a whole); ``entry_id``
    the entry that was made when it was approved.
    """

    id: int
    person_id: int
    enrolment_id: int | None
    act: Mapping[str, Any]
    asked_by: int
    asked_ms: int
    decided_by: int | None
    decided_ms: int | None
    decision: Decision | None
    entry_id: int | None


_APPROVAL = columns(approvals, Approval)


async def ask(
    tx: Writing, person_id: int, enrolment_id: int | None, act: Mapping[str, Any], asked_by: int, at_ms: int
) -> int:
    """Lay an act before a second person; the request's id."""
    row = {
        "person_id": person_id,
        "enrolment_id": enrolment_id,
        "act": json_text(act),
        "asked_by": asked_by,
        "asked_ms": at_ms,
    }
    return await tx.insert(approvals, row)


async def get_approval(tx: Reading, approval_id: int) -> Approval:
    """One request.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*_APPROVAL).where(approvals.c.id == approval_id))
    if row is None:
        raise Missing("approval", approval_id)
    return _approval(row)


async def decide(
    tx: Writing, approval_id: int, decision: Decision, decided_by: int, entry_id: int | None, at_ms: int
) -> bool:
    """Record the second person's word; False where it was decided before. Make the entry first, in this transaction.

    Raises:
        Conflict: the second person is the first.
    """
    waiting = update(approvals).where(approvals.c.id == approval_id, approvals.c.decision.is_(None))
    decided = waiting.values(decided_by=decided_by, decided_ms=at_ms, decision=decision, entry_id=entry_id)
    return await tx.run(decided) > 0


async def list_waiting(tx: Reading, limit: int = 100) -> tuple[Approval, ...]:
    """Requests not decided yet, oldest first."""
    statement = (
        select(*_APPROVAL)
        .where(approvals.c.decision.is_(None))
        .order_by(approvals.c.asked_ms, approvals.c.id)
        .limit(limit)
    )
    return tuple(_approval(row) for row in await tx.rows(statement))


async def list_decided(tx: Reading, limit: int = 20) -> tuple[Approval, ...]:
    """Requests decided, the newest decision first."""
    statement = (
        select(*_APPROVAL)
        .where(approvals.c.decision.is_not(None))
        .order_by(approvals.c.decided_ms.desc(), approvals.c.id.desc())
        .limit(limit)
    )
    return tuple(_approval(row) for row in await tx.rows(statement))


async def of_enrolment(tx: Reading, enrolment_id: int) -> tuple[Approval, ...]:
    """All requests about an enrolment, oldest first."""
    statement = select(*_APPROVAL).where(approvals.c.enrolment_id == enrolment_id).order_by(approvals.c.id)
    return tuple(_approval(row) for row in await tx.rows(statement))


async def of_person(tx: Reading, person_id: int) -> tuple[Approval, ...]:
    """All requests about a person, oldest first."""
    statement = select(*_APPROVAL).where(approvals.c.person_id == person_id).order_by(approvals.c.id)
    return tuple(_approval(row) for row in await tx.rows(statement))


def _approval(row: AnyRow) -> Approval:
    decision = None if row.decision is None else Decision(row.decision)
    return Approval(
        row.id,
        row.person_id,
        row.enrolment_id,
        from_json_text(row.act),
        row.asked_by,
        row.asked_ms,
        row.decided_by,
        row.decided_ms,
        decision,
        row.entry_id,
    )
