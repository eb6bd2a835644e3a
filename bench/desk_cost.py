"""What the desk costs: µs of Redis and of this process for each script, with the append-only file on `always`.

Run: python bench/desk_cost.py [rounds]
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from redis.asyncio import Redis

from examengine.clock import SystemClock
from examengine.embedded.redis import RedisKeeper
from examengine.live import Deadline, Desk, Opening, Operation, Pen, connect

SITTINGS = 200
ITEMS = 50


async def measure(
    name: str, client: Redis, rounds: int, act: Callable[[int, int], Awaitable[object]], at_once: int = SITTINGS
) -> None:
    """Let every sitting do one act at once, `rounds` times, and print what a call cost."""
    await client.config_resetstat()
    before = await client.info("cpu")
    own = resource.getrusage(resource.RUSAGE_SELF)
    begin = time.perf_counter()
    for turn in range(rounds):
        await asyncio.gather(*(act(i, turn) for i in range(at_once)))
    wall_s = time.perf_counter() - begin
    now = resource.getrusage(resource.RUSAGE_SELF)
    after = await client.info("cpu")
    calls = rounds * at_once
    own_us = (now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime) / calls * 1e6
    redis_us = (
        sum(
            after[f"used_cpu_{part}_main_thread"] - before[f"used_cpu_{part}_main_thread"] for part in ("user", "sys")
        )
        / calls
        * 1e6
    )
    stats = (await client.info("commandstats")).get("cmdstat_evalsha", {})
    script_us = stats.get("usec_per_call", 0.0)
    print(
        f"{name:28} {calls:7} calls {calls / wall_s:9,.0f}/s   script {script_us:6.1f} µs   "
        f"Redis CPU {redis_us:6.1f} µs   our CPU {own_us:6.1f} µs"
    )


async def run(rounds: int) -> None:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        keeper = RedisKeeper(Path(folder), min_free_bytes=0)
        url = await keeper.start()
        calls = connect(url, timeout_s=10)
        desk = Desk(calls)
        client = Redis.from_url(url)
        start = clock.now_ms()
        deadline = Deadline(start + 3_600_000, "time_limit", 1, start + 3_632_000)
        for i in range(SITTINGS):
            await desk.open(Opening(i, i, 1, 1, ITEMS, deadline), start)
            await desk.claim(i, i, 1, "page", "bench", start)
        pens = [Pen(i, i, 1, 1, 1) for i in range(SITTINGS)]

        async def save(i: int, turn: int) -> object:
            operation = Operation(turn + 1, "a", turn % ITEMS + 1, turn, "abd")
            return await desk.save(pens[i], operation, clock.now_ms())

        async def repeat(i: int, _turn: int) -> object:
            return await desk.save(pens[i], Operation(1, "a", 1, 0, "abd"), clock.now_ms())

        async def pulse(i: int, _turn: int) -> object:
            return await desk.pulse(pens[i], clock.now_ms())

        async def bare(i: int, turn: int) -> object:
            return await calls.command("HSET", f"bare:{i}", f"a{turn % ITEMS}", "abd 1.17 1700000000000")

        await measure("bare HSET", client, rounds, bare)
        await measure("save", client, rounds, save)
        memory = await client.memory_usage("{07}:sitting:7")
        journal = await client.memory_usage("{07}:journal:7")
        kind = await client.object("encoding", "{07}:sitting:7")
        print(f"a sitting of {ITEMS} answers: {memory} B ({kind.decode()}), journal of {rounds} lines: {journal} B")
        await measure("save, repeated", client, rounds, repeat)
        await measure("pulse", client, rounds, pulse)
        await measure("read", client, max(1, rounds // 20), lambda i, _: desk.read(i, clock.now_ms()))
        await measure(
            "claim", client, max(1, rounds // 20), lambda i, _: desk.claim(i, i, 1, "page", "bench", clock.now_ms())
        )
        await client.aclose()
        await calls.aclose()
        await keeper.stop()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
