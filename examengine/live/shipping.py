"""Journal lines on their way to SQL: what waits in each slot, what has arrived, and what may be told of it."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress

import msgspec

from examengine.live.coalesce import Coalescer
from examengine.live.desk import CLAMP_MS
from examengine.live.errors import Unavailable
from examengine.live.journal import instant_of
from examengine.live.scripts import load
from examengine.live.slots import unshipped_key

WAITING = load("waiting", "_stamp")
GATHER = load("gather")
SHIPPED = load("shipped")

LOOK_S = 2.0
_SHIPPED_UNTIL = "{shipped}:until"


class Unshipped(msgspec.Struct, array_like=True, frozen=True):
    """Lines of one sitting that SQL does not have, from line number ``first`` on. Written as a part of a segment is
    (:class:`examengine.records.segments.Part`).
    """

    attempt_id: int
    generation: int
    first: int
    lines: list[bytes]


def parts_of(waiting: Iterable[bytes]) -> list[Unshipped]:
    """Lines of a slot as they wait, by sitting: each one's in the order in which they were written."""
    parts: list[Unshipped] = []
    latest: dict[bytes, tuple[bytes, int, list[bytes]]] = {}
    for entry in waiting:
        attempt, generation, number, line = entry.split(b" ", 3)
        known = latest.get(attempt)
        if known is not None and known[0] == generation and int(number) == known[1] + len(known[2]):
            known[2].append(line)
        else:
            first, lines = int(number), [line]
            latest[attempt] = (generation, first, lines)
            parts.append(Unshipped(int(attempt), int(generation), first, lines))
    return parts


class Unshippeds:
    """The lists of lines to ship. All raise ``Unavailable`` where Redis does not answer."""

    def __init__(self, calls: Coalescer, *, clamp: bool = True) -> None:
        self._calls = calls
        self._clamp_ms = CLAMP_MS if clamp else -1

    async def waiting(self, slot: int, now_ms: int) -> tuple[int, int]:
        """How many lines of a slot wait, and when that was, ms."""
        count, at_ms = await self._calls.run(WAITING, (unshipped_key(slot),), (now_ms, self._clamp_ms))
        return count, at_ms

    async def since_ms(self, slot: int) -> int | None:
        """When the line of a slot was written that has waited longest; None where none waits."""
        first: bytes | None = await self._calls.command("LINDEX", unshipped_key(slot), 0)
        return None if first is None else instant_of(first.split(b" ", 3)[3])

    async def gather(self, slot: int, most: int, max_bytes: int) -> list[bytes]:
        """The lines of a slot that have waited longest, for :func:`parts_of`: at most so many, and until so many
        bytes are full.
        """
        waiting: list[bytes] = await self._calls.run(GATHER, (unshipped_key(slot),), (most, max_bytes))
        return waiting

    async def shipped(self, slot: int, arrived: Sequence[bytes]) -> bool:
        """What was gathered is in SQL by now: it waits no more. False where it does not stand there as it was read:
        what stands there is shipped again.
        """
        args = (len(arrived), arrived[0], arrived[-1])
        return bool(await self._calls.run(SHIPPED, (unshipped_key(slot),), args))


class ShippedUntil:
    """Until when every line that was written is in SQL, as the shipper found it last: pages that hear of it need not
    keep any longer what was acknowledged by then. An instant that has been told stays true, also where Redis has lost
    it since.
    """

    def __init__(self, calls: Coalescer) -> None:
        self._calls = calls
        self.at_ms = 0

    async def tell(self, looked_ms: int) -> None:
        """Every line that waited at ``looked_ms``, in any slot, is in SQL. One that is written later may be stamped
        earlier, by as far as a stamp may be off; so may ``looked_ms`` itself.

        Raises:
            Unavailable: nobody else was told.
        """
        at_ms = max(0, looked_ms - 2 * CLAMP_MS - 1)
        await self._calls.command("SET", _SHIPPED_UNTIL, at_ms)
        self.at_ms = at_ms

    async def run(self) -> None:
        """Read what the shipper of another worker has told, until cancelled."""
        while True:
            with suppress(Unavailable):
                await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Read it.

        Raises:
            Unavailable: it is as it was.
        """
        told = await self._calls.command("GET", _SHIPPED_UNTIL)
        if told is not None:
            self.at_ms = int(told)
