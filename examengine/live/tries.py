"""Counts tries by anyone, in spans of time: what is public is slowed down, nobody is shut out for long."""

import hashlib

from examengine.live.coalesce import Coalescer

SPAN_MS = 600_000


class Tries:
    """How often something was tried in the current span of ten minutes. Raises ``Unavailable`` where Redis does not
    answer.
    """

    def __init__(self, calls: Coalescer) -> None:
        self._calls = calls

    async def count(self, what: str, who: str, now_ms: int) -> int:
        """One more try; how many with it. ``who`` may be anything: it becomes a key of bounded length."""
        name = hashlib.sha256(who.encode()).hexdigest()[:32]
        key = f"{{{what}:{name}}}:{now_ms // SPAN_MS}"
        tries = int(await self._calls.command("INCR", key))
        await self._calls.command("PEXPIRE", key, 2 * SPAN_MS)
        return tries
