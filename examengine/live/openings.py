"""What a sitting is opened with, as SQL gives it."""

from dataclasses import dataclass

MAX_NAME_BYTES = 64


@dataclass(frozen=True, slots=True)
class Deadline:
    """The effective deadline as SQL gives it.

    ``version`` rises with every change; ``look_at_ms`` is when a sweeper should look.
    """

    at_ms: int
    reason: str
    version: int
    look_at_ms: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What a sitting is opened with. ``leave_grace_ms`` 0: leaving the page does not matter (only logged)."""

    attempt_id: int
    owner_id: int
    session_version: int
    generation: int
    items: int
    deadline: Deadline
    leave_grace_ms: int = 0


def bounded(name: str, most: int = MAX_NAME_BYTES) -> str:
    """A short text that Redis keeps: one word of a journal line, at most ``most`` bytes."""
    if len(name.encode()) > most or any(mark.isspace() for mark in name):
        raise ValueError(f"too long, or with spaces: {name[:80]!r}")
    return name


def deadline_args(deadline: Deadline) -> tuple[int, str, int, int]:
    """A deadline as the scripts take it."""
    return (deadline.at_ms, bounded(deadline.reason), deadline.version, deadline.look_at_ms)
