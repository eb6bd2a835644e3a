"""The machine that is measured on: processor time of processes, what its disk takes for a durable write, its name."""

import contextlib
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CPU_OF_PROCESS = 2
"""The kernel's clock of a process' processor time, in nanoseconds: ``clock_getcpuclockid`` counts it so."""
DISK_WRITES = 200
BLOCK = b"\0" * 4096


def cpu_s(pid: int) -> float:
    """User and system time of a process so far, its ended threads included.

    Raises:
        ProcessLookupError: it has ended.
    """
    try:
        return time.clock_gettime((~pid << 3) | CPU_OF_PROCESS)
    except OSError as error:
        raise ProcessLookupError(f"process {pid} has ended while it was measured") from error


def threads_cpu_s(pid: int, threads: Iterable[int]) -> float:
    """The same of some threads of a process; one that has ended counts nothing."""
    total = 0
    for thread in threads:
        path = Path(f"/proc/{pid}/task/{thread}/schedstat")
        total += int(path.read_text().split()[0]) if path.exists() else 0
    return total / 1e9


def resident_bytes(pid: int) -> int:
    """Memory of a process that is really there, shared pages included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def family_cpu_s(pid: int) -> float:
    """Processor time of a process, of its children and of those of them that have ended."""
    total = cpu_s(pid) + _ended_children_cpu_s(pid)
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and parent_of(child := int(path.name)) == pid:
            with contextlib.suppress(ProcessLookupError):
                total += cpu_s(child)
    return total


def is_here(pid: int, name: str) -> bool:
    """Whether there is a process of this number on this machine, of a program whose name begins so."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith(name)
    except OSError:
        return False


def parent_of(pid: int) -> int:
    """The process that began it; 0 where it has ended."""
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def _ended_children_cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str]:
    """Fields of the process from its state on; none where it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


@dataclass(frozen=True, slots=True)
class Disk:
    """How long a durable write of one block takes, in ms."""

    p50_ms: float
    p99_ms: float


def disk(folder: Path, writes: int = DISK_WRITES) -> Disk:
    """Append blocks to a file in ``folder`` and have each on the disk before the next, as Redis does with its log."""
    took = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(writes):
            file.write(BLOCK)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return Disk(round(statistics.median(took), 3), round(took[int(len(took) * 0.99)], 3))


def described() -> dict[str, str | int]:
    """What a reader must know of this machine to compare figures."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
