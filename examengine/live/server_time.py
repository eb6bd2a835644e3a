"""What Redis' own clock says."""

from collections.abc import Callable

from examengine.live.coalesce import Coalescer


async def ahead_ms(calls: Coalescer, now_ms: Callable[[], int]) -> int:
    """How far the clock of the server, or of one of several, is ahead of ours, in milliseconds; half of what the
    question took is allowed for.

    Raises:
        Unavailable: it does not answer.
    """
    asked_ms = now_ms()
    seconds, micros = await calls.command("TIME")
    answered_ms = now_ms()
    return int(seconds) * 1_000 + int(micros) // 1_000 - (asked_ms + answered_ms) // 2
