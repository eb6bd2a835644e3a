"""What one agent of the desk may do alone; append-only, the newest row of a measure counts."""

from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from examengine.records.database import Reading, Writing
from examengine.records.tables import bounds
from examengine.records.words import Measure


@dataclass(frozen=True, slots=True)
class Bounds:
    """In 24 hours, in one act, and how many acts on one person in seven days."""

    per_day: int
    at_once: int
    on_one_person: int


async def newest(tx: Reading) -> dict[Measure, Bounds]:
    """The newest bounds of each measure that has any."""
    last = select(func.max(bounds.c.id)).group_by(bounds.c.measure)
    rows = await tx.rows(select(bounds).where(bounds.c.id.in_(last)))
    return {Measure(row.measure): Bounds(row.per_day, row.at_once, row.on_one_person) for row in rows}


async def add(tx: Writing, measure: Measure, wanted: Bounds, by_person: int, at_ms: int) -> None:
    """Let other bounds count from now on."""
    await tx.insert(bounds, {"measure": measure, **asdict(wanted), "by_person": by_person, "at_ms": at_ms})
