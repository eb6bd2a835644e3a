"""Journal lines on their way to SQL: what waits in each slot, and what has arrived."""

from collections.abc import Sequence

import msgspec

from examengine.live.coalesce import Coalescer
from examengine.live.journal import instant_of, newest_revision
from examengine.live.scripts import load
from examengine.live.slots import hashes_and_journals, unshipped_key

GATHER = load("gather")
SHIPPED = load("shipped")

MAX_LINES = 1_000


class Unshipped(msgspec.Struct, array_like=True, frozen=True):
    """Lines of one sitting that SQL does not have, from line number ``first`` on. Generation 0: there is no journal
    any more. It is written as a part of a segment is (:class:`examengine.records.segments.Part`).
    """

    attempt_id: int
    generation: int
    first: int
    lines: Sequence[bytes]

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

    async def gather(self, slot: int, attempt_ids: Sequence[int], max_bytes: int) -> list[Unshipped]:
        """The lines of attempts of a slot, until ``max_bytes`` are full. A sitting for which there was no room is
        left out.
        """
        told = await self._calls.run(GATHER, hashes_and_journals(slot, attempt_ids), (max_bytes, MAX_LINES))
        parts, at = [], 0
        for attempt_id in attempt_ids:
            if at == len(told):
                break
            lines = at + 3
            generation, first, count = told[at:lines]
            at = lines + count
            parts.append(Unshipped(attempt_id, generation, first, told[lines:at]))
        return parts

    async def shipped(self, slot: int, arrived: Sequence[Unshipped]) -> None:
        """Note what is in SQL by now; a sitting that has more to ship by then waits on."""
        keys = [unshipped_key(slot), *hashes_and_journals(slot, [part.attempt_id for part in arrived])]
        args: list[int] = []
        for part in arrived:
            lines = part.lines
            args += (part.attempt_id, part.generation, part.first + len(lines), newest_revision(lines))
        await self._calls.run(SHIPPED, keys, args)
