"""``examengine bench``: puts an installation up, measures row by row in turns, weighs, reports."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from examengine.bench import machine, rows, sizes
from examengine.bench.rows import Wish
from examengine.bench.stage import Asked, Served, Stage, stage

WEIGHED = 200
"""So many sittings are filled and finished to be weighed."""
STEP = 20
QUIET_CORES = 0.05
MOST_LOOKS = 10


async def bench(asked: Asked, wish: Wish) -> dict[str, Any]:
    """Every row for about ``wish.seconds``, and what things weigh.

    Raises:
        CannotMeasure: a store that was named is not empty, or cannot be used.
        KeeperError: the bundled Redis cannot be had.
    """
    async with stage(asked) as put_up:
        # a fifth of the seconds' worth of sittings, so that a short look stays short
        weights = await sizes.weigh(put_up, min(WEIGHED, max(2, int(wish.seconds * STEP))))
        groups = await rows.prepare(put_up, wish)
        async with put_up.serving() as served:
            await rows.enlist(served, groups)
            turns = await rows.measure(served, wish)
            idle = await idle_cores(served, wish.seconds / rows.ROUNDS)
            someone = groups["live"][0]
            wire = await sizes.save_wire_bytes(put_up.port, put_up.settings.public_url, someone)
            page = await sizes.page_gzip_bytes(put_up.port, someone)
            resident = resident_mib(served)
        return {
            "machine": of_machine(put_up),
            "rows": rows.told(turns, compared=not wish.rate),
            "live_sittings": wish.live,
            "redis_bytes_per_sitting": weights.redis_short,
            "redis_bytes_per_sitting_at_120_lines": weights.redis_long,
            "sql_bytes_per_attempt": weights.sql,
            "sql_bytes_per_attempt_of": weights.sql_of,
            "page_gzip_bytes": page["total"],
            "page_gzip_bytes_of": page,
            "save_wire_bytes": wire["ours"],
            "save_wire_bytes_of": wire,
            "worker_resident_mib": resident,
            "idle_cores": idle,
            "asked": {
                "seconds": wish.seconds,
                "connections": wish.connections,
                "rate": wish.rate,
                "saves_beside": wish.beside,
            },
        }


def of_machine(put_up: Stage) -> dict[str, Any]:
    """The machine, what runs on it, and what its disk takes."""
    disk = machine.disk(put_up.folder)
    return {
        **machine.described(),
        **put_up.versions,
        "workers": put_up.asked.workers,
        "counted": [name for name, pid in (("redis", put_up.redis_pid), ("sql", put_up.sql_pid)) if pid]
        + ["workers"],
        "fsync_p50_ms": disk.p50_ms,
        "fsync_p99_ms": disk.p99_ms,
    }


async def idle_cores(served: Served, seconds: float) -> float:
    """What runs beside requests, as a share of one core: it is in every row's processor time. What the rows have
    left behind, statistics above all, is done before, or a while has passed.
    """
    for _ in range(MOST_LOOKS):
        if await cores(served, seconds) < QUIET_CORES:
            break
    return round(await cores(served, seconds), 4)


async def cores(served: Served, seconds: float) -> float:
    """What all server processes take in the next seconds, in cores."""
    before, began_s = served.cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    return served.cpu().since(before).server / (time.perf_counter() - began_s)


def resident_mib(served: Served) -> float:
    """Of the largest worker."""
    return round(max(machine.resident_bytes(pid) for pid in served.supervisor.pids) / 2**20, 1)


def unknown(only: Sequence[str]) -> list[str]:
    """Names that are no rows."""
    return [name for name in only if name not in rows.ROWS]
