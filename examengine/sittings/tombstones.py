"""Tombstones of attempts that are over, made again from SQL: late pages hear how it ended."""

from examengine.live import CloseReason, Deadline, Desk, Opening
from examengine.live.desk import TOMBSTONE_MS
from examengine.records.slots import Ended

LEAST_MS = 3_600_000


async def entomb(desk: Desk, ended: Ended, now_ms: int) -> None:
    """Leave the tombstone of an attempt with an outcome, until a day after that was recorded; an hour at least.

    Raises:
        live.Unavailable: nothing was left; whoever asks for it asks SQL again.
    """
    outcome = ended.outcome
    opening = Opening(
        attempt_id=ended.id,
        owner_id=ended.person_id,
        session_version=ended.session_version,
        generation=ended.generation,
        items=0,
        deadline=Deadline(outcome.deadline_ms, outcome.deadline_reason, 0, outcome.deadline_ms),
    )
    cause = CloseReason(outcome.cause) if outcome.cause in set(CloseReason) else CloseReason.VOID
    left_ms = min(TOMBSTONE_MS, max(TOMBSTONE_MS - (now_ms - outcome.recorded_ms), LEAST_MS))
    await desk.entomb(opening, cause, outcome.ended_ms, outcome.state, now_ms, tombstone_ms=left_ms)
