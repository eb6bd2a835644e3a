"""The audit log: who did what to what, by internal ids; never personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from examengine.records import evidence
from examengine.records.archives import digest_of_row
from examengine.records.database import Reading, Writing
from examengine.records.shapes import from_json_text, json_text
from examengine.records.tables import audit
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
    return tuple(
        AuditLine(
            row.id, row.at_ms, row.person_id, row.act, row.object_kind, row.object_id, from_json_text(row.facts)
        )
        for row in await tx.rows(statement)
    )
