"""The audit log: who did what to what, by internal ids; never personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from examengine.records import evidence
from examengine.records.archives import digest_of_row
from examengine.records.database import AnyRow, Reading, Writing
from examengine.records.shapes import from_json_text, json_text
from examengine.records.tables import audit
from examengine.records.tables.audit import BOUNDED
from examengine.records.words import FactKind


@dataclass(frozen=True, slots=True)
class AuditLine:
    """``person_id`` is who did it, None for the system."""

    id: int
    at_ms: int
    person_id: int | None
    act: str
    object_kind: str
    object_id: int | None
    facts: Mapping[str, Any]


async def append(
    tx: Writing,
    at_ms: int,
    person_id: int | None,
    act: str,
    object_kind: str,
    object_id: int | None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write a line; ``facts`` holds ids, counts, digests and names of fields, never a person's data. It waits for its
    link from now on.
    """
    row = {
        "at_ms": at_ms,
        "person_id": person_id,
        "act": act,
        "object_kind": object_kind,
        "object_id": object_id,
        "facts": json_text(facts or {}),
    }
    line_id = await tx.insert(audit, row)
    digest = digest_of_row(FactKind.AUDIT, {**row, "id": line_id})
    await evidence.note(tx, FactKind.AUDIT, line_id, digest)


async def newest(
    tx: Reading,
    *,
    object_kind: str | None = None,
    object_id: int | None = None,
    person_id: int | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> tuple[AuditLine, ...]:
    """Lines that fit, newest first; page on with ``before_id``."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if object_kind is not None:
        statement = statement.where(audit.c.object_kind == object_kind)
    if object_id is not None:
        statement = statement.where(audit.c.object_id == object_id)
    if person_id is not None:
        statement = statement.where(audit.c.person_id == person_id)
    if before_id is not None:
        statement = statement.where(audit.c.id < before_id)
    return tuple(_line(row) for row in await tx.rows(statement))


async def newest_views(tx: Reading, by_person: int, limit: int = 8) -> tuple[AuditLine, ...]:
    """The people whose pages someone opened last: one line each, the newest, by the newest 200 views."""
    statement = (
        select(audit)
        .where(audit.c.act == text("'view_person'"), audit.c.person_id == by_person)
        .order_by(audit.c.id.desc())
        .limit(200)
    )
    newest: dict[int | None, AuditLine] = {}
    for row in await tx.rows(statement):
        newest.setdefault(row.object_id, _line(row))
    return tuple(newest.values())[:limit]


async def bounded_of(tx: Reading, since_ms: int, by_person: int | None = None) -> tuple[AuditLine, ...]:
    """What was done since an instant of the acts that bounds count (:data:`records.words.BOUNDED_ACTS`), oldest
    first; of one agent, or of all.
    """
    statement = select(audit).where(BOUNDED, audit.c.at_ms >= since_ms).order_by(audit.c.at_ms, audit.c.id)
    if by_person is not None:
        statement = statement.where(audit.c.person_id == by_person)
    return tuple(_line(row) for row in await tx.rows(statement))


def _line(row: AnyRow) -> AuditLine:
    return AuditLine(
        row.id, row.at_ms, row.person_id, row.act, row.object_kind, row.object_id, from_json_text(row.facts)
    )
