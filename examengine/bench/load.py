"""The load: keep-alive connections, one request at a time each, answers looked at. Its own CPU is not counted."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of request. Times in ms; ``server_cpu_ms`` is of all server processes (app and Redis) a request."""

    per_s: float
    server_cpu_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int


Request = Callable[[], tuple[bytes, bytes]]
"""Makes the next request, and the bytes that its answer must hold."""


async def run(port: int, make: Request, seconds: float, connections: int, pids: tuple[int, ...]) -> Row:
    """Ask as fast as the server answers."""
    latencies: list[float] = []
    errors = 0
    ends = time.perf_counter() + seconds

    async def ask() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < ends:
            request, wanted = make()
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            latencies.append(time.perf_counter() - began)
            if not head.startswith(b"HTTP/1.1 200") or wanted not in body:
                errors += 1
        writer.close()
        await writer.wait_closed()

    cpu_before, began = cpu_seconds(pids), time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(connections)))
    took, cpu = time.perf_counter() - began, cpu_seconds(pids) - cpu_before
    latencies.sort()
    count = max(1, len(latencies))
    return Row(
        per_s=round(len(latencies) / took, 1),
        server_cpu_ms=round(cpu * 1000 / count, 4),
        p50_ms=_percentile(latencies, 0.50),
        p95_ms=_percentile(latencies, 0.95),
        p99_ms=_percentile(latencies, 0.99),
        errors=errors,
    )


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """User and system time of processes so far."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_SECOND


def _length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(b"content-length:") + len(b"content-length:")
    return int(lowered[start : lowered.index(b"\r\n", start)])


def _percentile(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2)
