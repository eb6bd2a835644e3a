"""Candidates who ask for make-up study and exam (S2024-23): their queue, and what they were answered."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select, update

from examengine.records.database import AnyRow, Missing, Reading, Writing
from examengine.records.shapes import columns
from examengine.records.tables import grant_requests
from examengine.records.words import GrantAnswer

NOTE = "grant_requests.note"
MAX_LISTED = 100


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """``id`` is the number the candidate is told; ``decision`` None: it waits. ``note_enc``: the candidate's words,
    under his key.
    """

    id: int
    enrolment_id: int
    at_ms: int
    decision: GrantAnswer | None
    decided_by: int | None
    decided_ms: int | None
    answer: str
    entry_id: int | None
    note_enc: bytes | None = field(repr=False, default=None)

    @property
    def waits(self) -> bool:
        return self.decision is None


_REQUEST = columns(grant_requests, GrantRequest)
_WAITS = grant_requests.c.decision.is_(None)


async def ask(tx: Writing, enrolment_id: int, note_enc: bytes | None, at_ms: int) -> tuple[GrantRequest, bool]:
    """Put a request into the queue, unless one of this enrolment waits there; it, and whether it is new. Hold the
    enrolment's lock.
    """
    known = await _listed(tx, grant_requests.c.enrolment_id == enrolment_id, _WAITS)
    if known:
        return known[0], False
    row = {"enrolment_id": enrolment_id, "note_enc": note_enc, "at_ms": at_ms}
    return await get(tx, await tx.insert(grant_requests, row)), True


async def decide(
    tx: Writing, request_id: int, decision: GrantAnswer, by_person: int | None, answer: str, at_ms: int
) -> bool:
    """Answer a request, or take it out of the queue; False where that was done before."""
    waiting = update(grant_requests).where(grant_requests.c.id == request_id, _WAITS)
    values = {"decision": decision, "decided_by": by_person, "decided_ms": at_ms, "answer": answer}
    return await tx.run(waiting.values(**values)) > 0


async def grant(
    tx: Writing, enrolment_id: int, entry_id: int, by_person: int, answer: str, at_ms: int
) -> GrantRequest | None:
    """Answer what waits for an enrolment that has just been granted attempts, whoever granted them and where; the
    request answered. Hold the enrolment's lock.
    """
    waiting = await _listed(tx, grant_requests.c.enrolment_id == enrolment_id, _WAITS)
    if not waiting:
        return None
    values = {
        "decision": GrantAnswer.GRANTED,
        "decided_by": by_person,
        "decided_ms": at_ms,
        "answer": answer,
        "entry_id": entry_id,
    }
    await tx.run(update(grant_requests).where(grant_requests.c.id == waiting[0].id).values(**values))
    return waiting[0]


async def get(tx: Reading, request_id: int) -> GrantRequest:
    """One request.

    Raises:
        Missing: there is none of that id.
    """
    found = await _listed(tx, grant_requests.c.id == request_id)
    if not found:
        raise Missing("grant_request", request_id)
    return found[0]


async def of_enrolment(tx: Reading, enrolment_id: int) -> tuple[GrantRequest, ...]:
    """All of an enrolment, oldest first."""
    return await _listed(tx, grant_requests.c.enrolment_id == enrolment_id)


async def newest_of(tx: Reading, enrolment_ids: Collection[int]) -> dict[int, GrantRequest]:
    """The newest of each enrolment that has any; one query."""
    last = (
        select(func.max(grant_requests.c.id))
        .where(grant_requests.c.enrolment_id.in_(enrolment_ids))
        .group_by(grant_requests.c.enrolment_id)
    )
    return {one.enrolment_id: one for one in await _listed(tx, grant_requests.c.id.in_(last))}


async def list_waiting(tx: Reading) -> tuple[GrantRequest, ...]:
    """The queue, oldest first, at most 100."""
    return await _listed(tx, _WAITS)


async def list_answered(tx: Reading, limit: int = 20) -> tuple[GrantRequest, ...]:
    """What the desk has answered, the newest answer first."""
    by_staff = select(*_REQUEST).where(grant_requests.c.decided_by.is_not(None))
    statement = by_staff.order_by(grant_requests.c.decided_ms.desc(), grant_requests.c.id.desc()).limit(limit)
    return tuple(_request(row) for row in await tx.rows(statement))


async def count_waiting(tx: Reading, before_id: int | None = None) -> int:
    """How many wait, or wait before a request."""
    where = (_WAITS,) if before_id is None else (_WAITS, grant_requests.c.id < before_id)
    return int(await tx.value(select(func.count()).select_from(grant_requests).where(*where)))


async def _listed(tx: Reading, *where: ColumnElement[bool]) -> tuple[GrantRequest, ...]:
    statement = select(*_REQUEST).where(*where).order_by(grant_requests.c.id).limit(MAX_LISTED)
    return tuple(_request(row) for row in await tx.rows(statement))


def _request(row: AnyRow) -> GrantRequest:
    values = dict(zip((column.name for column in _REQUEST), row, strict=True))
    decision = None if row.decision is None else GrantAnswer(row.decision)
    return GrantRequest(**{**values, "decision": decision})
