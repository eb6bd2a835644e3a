"""What is left of a sitting that was voided while it ran: its journal is archived before a tombstone replaces it."""

from examengine.live import CloseReason, Desk, Sitting
from examengine.records import outcomes
from examengine.records.database import Database
from examengine.rules.history import State


async def settle_void(
    database: Database, desk: Desk, sitting: Sitting, attempt_id: int, at_ms: int, now_ms: int
) -> None:
    """Archive the journal and leave the tombstone; again, nothing.

    Raises:
        records.Unavailable, live.Unavailable: repeat it.
    """
    async with database.writing() as tx:
        await outcomes.archive_voided(tx, attempt_id, [line.decode() for line in sitting.journal])
    await desk.settle(attempt_id, sitting.generation, CloseReason.VOID, at_ms, State.VOID, now_ms)
