"""What is measured while a drill runs: latencies by kind of request, failures, the host's processor, the disk."""

import asyncio
import os
import time
from array import array
from collections import Counter, defaultdict
from pathlib import Path

from examengine.drill.plan import Row

LAG_LOOK_S = 0.05
FSYNCS = 40
BLOCK = b"\0" * 4096
IDLE = (3, 4)
"""Places of idle and of waiting for the disk in /proc/stat."""


class Figures:
    """Of one step; ``hopeless`` is set once more requests than ``most_errors`` have failed."""

    def __init__(self, most_errors: int) -> None:
        self._most_errors = most_errors
        self.hopeless = asyncio.Event()
        self._ms: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self.failures: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._lags = array("d")
        self.queued_s = 0.0
        self.sitting = 0

    def took(self, what: str, seconds: float) -> None:
        self._ms[what].append(seconds * 1000)

    def failed(self, what: str, why: str) -> None:
        """A request that was not answered as it should be."""
        self._errors[what] += 1
        self.failures[f"{what} {why}"] += 1
        if self.errors > self._most_errors:
            self.hopeless.set()

    @property
    def errors(self) -> int:
        return self._errors.total()

    def p99_ms(self, what: str) -> float:
        return _row(self._ms[what], 0).p99_ms

    def rows(self) -> dict[str, Row]:
        """By kind of request."""
        return {what: _row(self._ms[what], self._errors[what]) for what in sorted({*self._ms, *self._errors})}

    async def watch_itself(self) -> None:
        """See how late the drill's own event loop is, until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LAG_LOOK_S)
            self._lags.append((time.perf_counter() - began - LAG_LOOK_S) * 1000)

    @property
    def lag_p99_ms(self) -> float:
        return _row(self._lags, 0).p99_ms


def _row(values: "array[float]", errors: int) -> Row:
    ordered = sorted(values)
    if not ordered:
        return Row(0, errors, 0.0, 0.0, 0.0, 0.0)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)

    return Row(len(ordered), errors, at(0.5), at(0.95), at(0.99), round(ordered[-1], 1))


class Processor:
    """How busy this host's cores are, and how much of that is the drill's own doing, since it was made."""

    def __init__(self) -> None:
        self._began_s, self._busy_s, self._own_s = time.perf_counter(), _busy_s(), time.process_time()

    def cores(self) -> tuple[float, float]:
        """Cores in use on the average: of everybody, and of this process; (0, own) where the system does not say."""
        took_s = max(1e-6, time.perf_counter() - self._began_s)
        return (_busy_s() - self._busy_s) / took_s, (time.process_time() - self._own_s) / took_s


def _busy_s() -> float:
    try:
        first = Path("/proc/stat").read_text("ascii").split("\n", 1)[0]
    except OSError:
        return 0.0
    ticks = [int(part) for part in first.split()[1:9]]
    return sum(count for place, count in enumerate(ticks) if place not in IDLE) / os.sysconf("SC_CLK_TCK")


def fsync_ms(folder: Path) -> tuple[float, float]:
    """Median and slowest of some small durable writes in ``folder``: what the disk allows at best."""
    path, took = folder / f".drill-{os.getpid()}", array("d")
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for _ in range(FSYNCS):
            began = time.perf_counter()
            os.pwrite(file, BLOCK, 0)
            os.fsync(file)
            took.append((time.perf_counter() - began) * 1000)
    finally:
        os.close(file)
        path.unlink()
    ordered = sorted(took)
    return round(ordered[len(ordered) // 2], 2), round(ordered[-1], 2)
