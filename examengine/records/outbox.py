"""The outbox: facts that touch a live sitting wait here until they have been pushed to Redis.

Written in the transaction of the fact; pushed at least once, idempotent by version within attempt and kind.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from examengine.records.database import Reading, Writing
from examengine.records.shapes import from_json_text, json_text
from examengine.records.tables import outbox
from examengine.records.words import OutboxKind


@dataclass(frozen=True, slots=True)
class Push:
    """A message for one live sitting."""

    id: int
    attempt_id: int
    kind: OutboxKind
    version: int
    payload: Mapping[str, Any]
    at_ms: int


async def put(
    tx: Writing,
    attempt_id: int,
    kind: OutboxKind,
    payload: Mapping[str, Any],
    at_ms: int,
    *,
    version: int | None = None,
) -> int:
    """Add a message; its version. Without ``version`` the next one is taken: hold the enrolment's or the attempt's
    lock then.
    """
    if version is None:
        newest = select(func.coalesce(func.max(outbox.c.version), 0)).where(
            outbox.c.attempt_id == attempt_id, outbox.c.kind == kind
        )
        version = int(await tx.value(newest)) + 1
    await tx.insert(
        outbox,
        {
            "attempt_id": attempt_id,
            "kind": kind,
            "version": version,
            "payload": json_text(payload),
            "at_ms": at_ms,
        },
    )
    return version


async def waiting(tx: Reading, limit: int = 200, *, after_id: int = 0) -> tuple[Push, ...]:
    """Messages not pushed yet, oldest first; page on with ``after_id``."""
    open_ones = select(outbox).where(outbox.c.done_ms.is_(None), outbox.c.id > after_id)
    statement = open_ones.order_by(outbox.c.id).limit(limit)
    return tuple(
        Push(row.id, row.attempt_id, OutboxKind(row.kind), row.version, from_json_text(row.payload), row.at_ms)
        for row in await tx.rows(statement)
    )


async def done(tx: Writing, ids: Iterable[int], at_ms: int) -> None:
    """Note that messages were pushed."""
    await tx.run(update(outbox).where(outbox.c.id.in_(list(ids)), outbox.c.done_ms.is_(None)).values(done_ms=at_ms))
