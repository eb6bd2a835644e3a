"""Journal lines on their way to SQL: what waits in each slot, and what has arrived."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from examengine.live.coalesce import Coalescer
from examengine.live.journal import instant_of, newest_revision
from examengine.live.scripts import load
from examengine.live.slots import sitting_keys, unshipped_key

GATHER = load("gather")
SHIPPED = load("shipped")

MAX_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Unshipped:
    """Lines of one sitting that SQL does not have, from line number ``first`` on. Generation 0: there is no journal
    any more.
    """

    attempt_id: int
    generation: int
    first: int
    lines: tuple[bytes, ...]

    @property
    def since_ms(self) -> int:
        """When the oldest of them was written."""
        return instant_of(self.lines[0])


class Unshippeds:
    """The lists of sittings with lines to ship. All raise ``Unavailable`` where Redis does not answer."""

    def __init__(self, calls: Coalescer) -> None:
        self._calls = calls

    async def waiting(self, slot: int, limit: int) -> list[int]:
        """Attempts of a slot with lines to ship, the longest waiting first."""
        members: list[bytes] = await self._calls.command("LRANGE", unshipped_key(slot), 0, limit - 1)
        return [int(member) for member in members]

    async def gather(self, attempt_ids: Sequence[int], max_bytes: int) -> list[Unshipped]:
        """Their lines, until ``max_bytes`` are full; those of one slot only. A sitting for which there was no room is
        left out.
        """
        keys = [key for attempt_id in attempt_ids for key in sitting_keys(attempt_id)[:2]]
        parts = await self._calls.run(GATHER, keys, (max_bytes, MAX_LINES))
        return [
            Unshipped(attempt_id, part[0], part[1], tuple(part[2]))
            for attempt_id, part in zip(attempt_ids, parts, strict=True)
            if part
        ]

    async def shipped(self, slot: int, arrived: Iterable[Unshipped]) -> int:
        """Note what is in SQL by now; how many of the sittings have more to ship."""
        keys, args = [unshipped_key(slot)], []
        for part in arrived:
            keys += sitting_keys(part.attempt_id)[:2]
            end = part.first + len(part.lines)
            args += [part.attempt_id, part.generation, end, newest_revision(part.lines)]
        return int(await self._calls.run(SHIPPED, keys, args))
