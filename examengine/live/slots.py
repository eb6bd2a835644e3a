"""Where a sitting's keys lie: 64 slots by hash tag, so that a script's keys share a node."""

from collections.abc import Iterable

SLOTS = 64


def slot_of(attempt_id: int) -> int:
    """The slot, 0 to 63, of an attempt."""
    return attempt_id % SLOTS


def sitting_keys(attempt_id: int) -> tuple[str, str, str, str]:
    """The four keys of every desk script, in their order: sitting, journal, due, unshipped."""
    tag = f"{{{attempt_id % SLOTS:02d}}}"
    return (
        f"{tag}:sitting:{attempt_id}",
        f"{tag}:journal:{attempt_id}",
        f"{tag}:due",
        f"{tag}:lines",
    )


def hashes(slot: int, attempt_ids: Iterable[int]) -> list[str]:
    """The first key of each of many sittings of a slot."""
    before = f"{{{slot:02d}}}:sitting:"
    return [f"{before}{each}" for each in attempt_ids]


def due_key(slot: int) -> str:
    """Sorted set of a slot: attempt id → the millisecond at which someone should look."""
    return f"{{{slot:02d}}}:due"


def unshipped_key(slot: int) -> str:
    """List of a slot: journal lines that are not in SQL yet, each with attempt, generation and number of the line."""
    return f"{{{slot:02d}}}:lines"


def fence_key(slot: int) -> str:
    """Hash of a slot: ``id``, the life of the server for which the slot was last reconciled with SQL; ``hb``, the
    millisecond of the last proof that the slot can be heard.
    """
    return f"{{{slot:02d}}}:fence"
