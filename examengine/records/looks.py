"""What a look at a person's page reads of all his attempts at once: the same few queries for one or for thirty."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import or_, select

from examengine.records.database import CHUNK, Reading
from examengine.records.shapes import chunks
from examengine.records.tables import attempt_answers, attempts, enrolments, outcomes, people, receipts

MAX_ATTEMPTS = 500


@dataclass(frozen=True, slots=True)
class Beside:
    """An attempt that ran at an instant, and where its candidate belongs. ``ended_ms`` None: it runs still."""

    attempt_id: int
    unit_name: str
    region: str
    ended_ms: int | None


async def answered_of(tx: Reading, attempt_ids: Collection[int]) -> dict[int, int]:
    """How many questions were answered, by attempt; of at most 500. One voided while it ran is left out."""
    if not attempt_ids:
        return {}
    wanted = list(attempt_ids)[:MAX_ATTEMPTS]
    stated = select(receipts.c.attempt_id, receipts.c.answered).where(receipts.c.attempt_id.in_(wanted))
    found = {row.attempt_id: int(row.answered) for row in await tx.rows(stated)}
    without = [attempt_id for attempt_id in wanted if attempt_id not in found]
    if without:  # ended before there were receipts
        kept = select(attempt_answers.c.attempt_id, attempt_answers.c.answers)
        for row in await tx.rows(kept.where(attempt_answers.c.attempt_id.in_(without))):
            found[row.attempt_id] = sum(map(bool, msgspec.json.decode(row.answers, type=dict).values()))
    return found


async def ran_at(tx: Reading, attempt_ids: Iterable[int], at_ms: int) -> tuple[Beside, ...]:
    """Those of the attempts that ran at ``at_ms``."""
    found: list[Beside] = []
    for part in chunks(sorted(set(attempt_ids)), CHUNK):
        statement = (
            select(attempts.c.id, people.c.unit_name, people.c.region, outcomes.c.ended_ms)
            .join_from(attempts, enrolments, enrolments.c.id == attempts.c.enrolment_id)
            .join(people, people.c.id == enrolments.c.person_id)
            .outerjoin(outcomes, (outcomes.c.attempt_id == attempts.c.id) & (outcomes.c.no == 1))
            .where(
                attempts.c.id.in_(part),
                attempts.c.started_ms <= at_ms,
                or_(outcomes.c.ended_ms.is_(None), outcomes.c.ended_ms > at_ms),
            )
            .order_by(attempts.c.id)
        )
        found += [Beside(*row) for row in await tx.rows(statement)]
    return tuple(found)
