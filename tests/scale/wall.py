"""What the wall costs with a province sitting: 200,000 sittings in 2,000 units, each page heard every 40 s.

Run: python -m tests.scale.wall [sittings]

The clock is moved by hand in rounds of five seconds; before each an eighth of the sittings is heard again. What a
round of the collector takes is told in CPU time of Redis and of its own process, so that it does not matter what else
runs on the machine; what a refresh takes, through the whole application, also by the clock. Signs of life are written
past the desk, and where attempts belong is made up: 200,000 starts would take minutes, and neither is measured here.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from examengine.clock import MovableClock
from examengine.embedded.redis import RedisKeeper
from examengine.live.slots import sitting_keys
from examengine.monitoring.collector import Collector
from examengine.records import migrate
from examengine.records import wall as records
from examengine.records.database import Reading
from examengine.records.wall import Place
from examengine.records.words import Role
from tests.world import OPENS, World, a_world, ms

ITEMS = 50
UNITS, REGIONS = 2_000, 100
ROUND_MS = 5_000
PARTS = 8
WARM_UP, ROUNDS = 9, 8
PIPELINE = 2_000
Fields = dict[bytes | bytearray | memoryview | str | int | float, bytes | bytearray | memoryview | str | int | float]


async def places(tx: Reading, attempt_ids: Sequence[int]) -> dict[int, Place]:
    """Where attempts belong, instead of SQL."""
    return {one: Place(1, f"45{one % REGIONS:02d}00", f"桂东市第 {one % UNITS} 单位") for one in attempt_ids}


async def open_all(client: Redis, sittings: int, now_ms: int) -> None:
    """Sittings as ``open.lua`` and a page that took the pen leave them, with twenty answers."""
    for start in range(1, sittings + 1, PIPELINE):
        async with client.pipeline(transaction=False) as pipeline:
            for no in range(start, min(start + PIPELINE, sittings + 1)):
                sitting, _journal, due, _unshipped = sitting_keys(no)
                head: Fields = {
                    "st": "running",
                    "g": 1,
                    "ow": no,
                    "sv": 1,
                    "d": now_ms + 5_400_000,
                    "dr": "duration",
                    "dv": 1,
                }
                head |= {"e": 1, "es": now_ms, "ls": now_ms, "lv": "", "lg": 0, "fl": 0, "rv": 20, "sh": 21, "sr": 20}
                head |= {"cr": "", "ca": "", "cn": 0, "oc": "", "n": ITEMS, "sq": 20, "du": 0, "p": "page"}
                answers: Fields = {f"a{place}": f"{place} 1.{place} {now_ms} a" for place in range(1, 21)}
                pipeline.hset(sitting, mapping={**head, **answers})
                pipeline.zadd(due, {str(no): now_ms + 5_460_000})
            await pipeline.execute()


async def hear(client: Redis, sittings: int, part: int, now_ms: int) -> None:
    """One part of the sittings is heard."""
    heard = range(part + 1, sittings + 1, PARTS)
    for start in range(0, len(heard), PIPELINE):
        async with client.pipeline(transaction=False) as pipeline:
            for no in heard[start : start + PIPELINE]:
                pipeline.hset(sitting_keys(no)[0], "ls", str(now_ms - no % ROUND_MS))
            await pipeline.execute()


@dataclass
class Used:
    """CPU seconds of Redis and of this process, beside the time by the clock."""

    redis_s: float
    own_s: float
    clock_s: float


class Meter:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def now(self) -> Used:
        info = await self._client.info("cpu")
        redis_s = float(info["used_cpu_user_main_thread"]) + float(info["used_cpu_sys_main_thread"])
        return Used(redis_s, time.process_time(), time.perf_counter())

    async def since(self, before: Used) -> Used:
        after = await self.now()
        return Used(after.redis_s - before.redis_s, after.own_s - before.own_s, after.clock_s - before.clock_s)


async def rounds(
    world: World, collector: Collector, meter: Meter, count: int, before_each: Callable[[int], object]
) -> list[Used]:
    """Rounds of the collector five seconds apart."""
    assert isinstance(world.clock, MovableClock)
    found = []
    for no in range(count):
        world.clock.advance(ROUND_MS)
        heard = before_each(no)
        if asyncio.iscoroutine(heard):
            await heard
        before = await meter.now()
        assert await collector.collect()
        found.append(await meter.since(before))
    return found


def told(used: Iterable[Used]) -> str:
    known = list(used)
    redis_s, own_s = statistics.mean(one.redis_s for one in known), statistics.mean(one.own_s for one in known)
    shares = f"{redis_s / ROUND_MS * 1000:.1%} of a core of Redis, {own_s / ROUND_MS * 1000:.1%} of its process"
    return f"Redis {redis_s * 1000:.0f} ms, process {own_s * 1000:.0f} ms; every 5 s that is {shares}"


async def refresh(world: World, address: str, times: int = 15) -> str:
    """What the server takes for what htmx asks every five seconds; a new snapshot is read the first time."""
    took, own = [], []
    async with world.browser(await world.person(Role.OPERATOR)) as browser:
        for _ in range(times):
            began_s, own_began_s = time.perf_counter(), time.process_time()
            answer = await browser.get(address, headers={"hx-request": "true"})
            took.append((time.perf_counter() - began_s) * 1000)
            own.append((time.process_time() - own_began_s) * 1000)
            assert answer.status_code == 200, answer.text
    first = f"first, with a new snapshot, {own[0]:.0f} ms of CPU"
    rest = f"then {statistics.median(own[1:]):.0f} ms of CPU, by the clock {statistics.median(took[1:]):.0f} ms"
    return f"{address}: {first}; {rest}"


async def measure(world: World, client: Redis, sittings: int) -> None:
    records.places = places  # the collector asks the module
    collector, meter = world.services.collector, Meter(client)
    await open_all(client, sittings, world.now_ms)
    before = await meter.now()
    assert await collector.collect()
    used = await meter.since(before)
    print(
        f"{sittings:,} sittings; the first round: Redis {used.redis_s:.2f} s, process {used.own_s:.2f} s", flush=True
    )

    def heard(no: int) -> object:
        return hear(client, sittings, no % PARTS, world.now_ms)

    await rounds(world, collector, meter, WARM_UP, heard)
    print(f"a round: {told(await rounds(world, collector, meter, ROUNDS, heard))}", flush=True)
    await _refreshes(world, client)

    await rounds(world, collector, meter, 13, lambda _no: None)
    print(f"all silent for a minute, a round: {told(await rounds(world, collector, meter, 2, lambda _no: None))}")
    await _refreshes(world, client)


async def _refreshes(world: World, client: Redis) -> None:
    shown = await world.services.wall.shown()
    assert shown is not None
    counts = shown.counts(world.now_ms, lambda _place: True, lambda _place: None)[None]
    sizes = [f"{name} {await client.strlen('{wall}:' + name):,} bytes" for name in ("now", "listed")]
    print(f"writing {counts.writing:,}, silent {counts.silent:,}; {', '.join(sizes)}", flush=True)
    world.services.wall.forget()
    for address in ("/operator/wall", "/operator/wall/table?state=silent", "/operator/wall/table?state=live"):
        print(await refresh(world, address), flush=True)


async def main(sittings: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        keeper = RedisKeeper(Path(folder) / "redis", min_free_bytes=0, max_memory_bytes=4 * 1024**3)
        url = await keeper.start()
        database_url = f"sqlite:///{folder}/record.db"
        await migrate.upgrade(database_url)
        client = Redis.from_url(url)
        try:
            async with a_world(database_url, url, clock=MovableClock(ms(OPENS))) as world:
                await measure(world, client, sittings)
        finally:
            await client.aclose()
            await keeper.stop()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))
