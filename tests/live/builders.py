"""Sittings for tests."""

from examengine.live import Deadline, Desk, Opening, Operation, Pen

DEADLINE_MS = 1_700_003_600_000
LOOK_MS = 32_000
OWNER = 500
ATTEMPT = 71


def deadline(at_ms: int = DEADLINE_MS, version: int = 1, reason: str = "time_limit") -> Deadline:
    return Deadline(at_ms, reason, version, at_ms + LOOK_MS)


def opening(
    *,
    attempt_id: int = ATTEMPT,
    generation: int = 1,
    items: int = 50,
    deadline_ms: int = DEADLINE_MS,
    leave_grace_ms: int = 0,
) -> Opening:
    return Opening(attempt_id, OWNER, 1, generation, items, deadline(deadline_ms), leave_grace_ms)


async def a_running_sitting(
    desk: Desk,
    *,
    attempt_id: int = ATTEMPT,
    items: int = 50,
    left_ms: int = 3_600_000,
    leave_grace_ms: int = 0,
    deadline_ms: int = DEADLINE_MS,
) -> Pen:
    """Opened with so much time left, its first page holding the pen."""
    now_ms = deadline_ms - left_ms
    given = opening(attempt_id=attempt_id, items=items, deadline_ms=deadline_ms, leave_grace_ms=leave_grace_ms)
    await desk.open(given, now_ms)
    return await a_page_of(desk, now_ms, attempt_id=attempt_id)


async def a_page_of(desk: Desk, now_ms: int, *, attempt_id: int = ATTEMPT, page: str = "page") -> Pen:
    """The pen of a newer page."""
    claimed = await desk.claim(attempt_id, OWNER, 1, page, "test", now_ms)
    assert claimed.word == "claimed"
    return Pen(attempt_id, OWNER, 1, claimed.generation, claimed.epoch)


def answer(sequence: int, position: int, value: str, base_revision: int = 0) -> Operation:
    return Operation(sequence, "a", position, base_revision, value)


def flag(sequence: int, position: int, value: str = "1") -> Operation:
    return Operation(sequence, "f", position, 0, value)
