"""Writers that remember what was acknowledged to them, and one who mends shut slots as the rebuilder does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from examengine.live import Coalescer, Unavailable
from examengine.live.scripts import Script
from examengine.live.slots import SLOTS, fence_key

# Between two writes of one writer.
PAUSE_SECONDS = 0.02
COUNT = Script("count", "return redis.call('SET', KEYS[1], ARGV[1])")


@dataclass
class Writers:
    """One writer a slot; each writes 1, 2, 3, … and goes on to the next number whatever it was told."""

    calls: Coalescer
    acknowledged: dict[int, int] = field(default_factory=dict)
    tried: dict[int, int] = field(default_factory=dict)
    refused: int = 0
    reasons: set[str] = field(default_factory=set)

    async def write(self, slot: int) -> None:
        number = self.tried[slot] = self.tried.get(slot, 0) + 1
        try:
            await self.calls.run(COUNT, (key_of(slot),), (number,))
            self.acknowledged[slot] = number
            await asyncio.sleep(PAUSE_SECONDS)
        except Unavailable as error:
            self.refused += 1
            self.reasons.add(str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Inside the block all write, and what is shut is mended."""
        tasks = [asyncio.create_task(self._forever(slot)) for slot in range(SLOTS)]
        tasks.append(asyncio.create_task(keep_mending(self.calls)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def until_acknowledged(self, slots: range | set[int] = range(SLOTS), seconds: float = 40) -> None:
        """Until each of these slots has had something newly acknowledged."""
        before = {slot: self.acknowledged.get(slot, 0) for slot in slots}
        await eventually(lambda: all(self.acknowledged.get(slot, 0) > old for slot, old in before.items()), seconds)

    async def lost(self) -> list[str]:
        """What was acknowledged and is not there, and what is there and nobody wrote."""
        found = []
        for slot, number in sorted(self.acknowledged.items()):
            there = await self._there(slot)
            if not number <= there <= self.tried[slot]:
                found.append(f"slot {slot}: {number} was acknowledged, {there} is there")
        return found

    async def _there(self, slot: int) -> int:
        while True:  # on a busy machine Sentinels replace a primary that was only slow
            with suppress(Unavailable):
                return int(await self.calls.past_fence.command("GET", key_of(slot)) or 0)
            await asyncio.sleep(0.1)

    async def _forever(self, slot: int) -> None:
        while True:
            await self.write(slot)


def key_of(slot: int) -> str:
    return f"{{{slot:02d}}}:thing"


async def mend(calls: Coalescer) -> None:
    """Set the fences of shut slots as one does who has reconciled them."""
    for gap in await calls.shut():
        await calls.past_fence.command("HSET", fence_key(gap.slot), "id", gap.wanted, "hb", 77)


async def keep_mending(calls: Coalescer) -> None:
    """As ``mend``, but it takes its time: long enough for every writer to find its slot shut."""
    while True:
        with suppress(Unavailable):
            if await calls.shut():
                await asyncio.sleep(5 * PAUSE_SECONDS)
                await mend(calls)
        await asyncio.sleep(PAUSE_SECONDS)


async def eventually(holds: Callable[[], bool], seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)
