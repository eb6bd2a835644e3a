"""Many live sittings at once, each page as it really behaves, with everything on that runs beside them."""

from typing import Any

from examengine.bench import rows
from examengine.bench.jobs import Load
from examengine.bench.run import of_machine, resident_mib
from examengine.bench.stage import Asked, stage
from examengine.bench.telling import say, told_every

CONNECTIONS = 256
"""As a proxy before the workers keeps them open; candidates' own end at the proxy."""


async def live(asked: Asked, minutes: float, change_s: float) -> dict[str, Any]:
    """Run the pages of ``asked.live`` sittings for so long, a change each ``change_s`` seconds on average.

    Raises:
        CannotMeasure, KeeperError: see :func:`examengine.bench.stage.stage`.
    """
    count, seconds = asked.live, minutes * 60
    async with stage(asked) as put_up:
        services = put_up.services
        subjects = await put_up.crowd.sitting(count, tell=told_every("sittings", count))
        await services.shipper.ship_all(services.clock.now_ms())
        memory_before = await _redis_bytes(put_up.services)
        async with put_up.serving() as served:
            await served.enlist("pages", subjects)
            await served.settled()
            say(f"{count:,} pages for {minutes:g} minutes")
            done, cpu = await served.do(seconds, Load("pages", "pages", CONNECTIONS, pages=True, change_s=change_s))
            since_ms = await services.shipper.oldest_unshipped_ms()
            behind_ms = 0 if since_ms is None else services.clock.now_ms() - since_ms
            resident = resident_mib(served)
        (tally,) = done.tallies
        halves = _by_part(tally.latencies_s(), tally.ends_s(), seconds)
        return {
            "machine": of_machine(put_up),
            "live_sittings": count,
            "minutes": minutes,
            "per_s": round(tally.done / tally.took_s, 1),
            "words": tally.words,
            "errors": tally.errors,
            "faults": tally.faults,
            **rows.latencies([tally]),
            "p99_ms_by_fifth": halves,
            "server_cores": round(cpu.server / tally.took_s, 3),
            "cores_of": {
                "workers": round(cpu.workers / tally.took_s, 3),
                "redis": round(cpu.redis / tally.took_s, 3),
                "sql": round(cpu.sql / tally.took_s, 3),
                "generator": round(done.cpu_s / tally.took_s, 3),
            },
            "server_cpu_ms": round(cpu.server * 1000 / max(1, tally.done), 4),
            "unshipped_behind_ms": behind_ms,
            "worker_resident_mib": resident,
            "redis_used_bytes_before": memory_before,
        }


async def _redis_bytes(services: Any) -> int:
    told = (await services.calls.command("INFO", "memory")).decode()
    return int(told.partition("used_memory:")[2].partition("\r\n")[0])


def _by_part(latencies: Any, ends: Any, seconds: float, parts: int = 5) -> list[float]:
    """The p99 of each part of the time: what grows shows itself."""
    found: list[list[float]] = [[] for _ in range(parts)]
    for latency, end_s in zip(latencies, ends, strict=True):
        found[min(parts - 1, int(end_s / seconds * parts))].append(latency)
    return [rows.percentile_ms(sorted(each), 0.99) for each in found]
