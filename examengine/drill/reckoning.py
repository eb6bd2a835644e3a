"""What so many candidates in an hour need, out of measured figures: the arithmetic of ``docs/capacity.md``.

``python -m examengine.drill.reckoning docs/capacity.md`` reads the table of figures at the top of that page and
writes what follows from it between its two marks; a test holds the page to its figures. Pure but for that.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import ceil
from pathlib import Path

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
BEGIN_WITHIN_S = 600
"""In the crowded hour everybody begins within its first ten minutes and hands in within its last ten."""
CHANGE_EVERY_S = 40
PULSES_A_CHANGE = 0.5
"""A page pulses when nothing was heard for 40 ± 5 s; changes come every 20 to 60 s, so every other gap has one."""
BUSY = 0.6
"""So busy a core may be on the average: above it waits grow quickly."""
REDIS_BUSY = 0.5
REWRITE = 2
"""Redis' memory while its file is rewritten."""
WAL = 3
"""Octets of write-ahead log and full pages for one of a finished attempt."""
WORKERS_A_HOST = 14
"""A host of 16 cores: two are left for the kernel, nginx and the supervisor."""
SLOTS = 64
SMALL_CORES = 2
PG_CORES = 32
PG_COMMITS = 10_000
"""The largest PostgreSQL primary that is reckoned with, and what it commits a second with a good disk (a start is one
commit, and so is a hand-in); past it, exams are split between installations.
"""

BEGIN, END = "<!-- reckoned -->", "<!-- end -->"
_ROW = re.compile(r"^\|\s*`(\w+)`\s*\|\s*([0-9.]+)\s*\|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Measured:
    """Server CPU in ms an act, all server processes together; of these what Redis and PostgreSQL take, for each is a
    place of its own that gets full. Octets over the wire and at rest.
    """

    save_ms: float
    pulse_ms: float
    start_ms: float
    submit_ms: float
    sign_in_ms: float
    hash_ms: float
    redis_save_ms: float
    pg_start_ms: float
    pg_submit_ms: float
    tls_ms: float
    page_bytes: float
    save_bytes: float
    redis_bytes: float
    aof_bytes: float
    sql_bytes: float
    worker_mib: float


@dataclass(frozen=True, slots=True)
class Needs:
    """Of one crowded hour; rates a second, cores at ``BUSY``, sizes in GiB, network in Gbit/s."""

    people: int
    starts: float
    saves: float
    pulses: float
    hash_cores: float
    start_cores: float
    save_cores: float
    submit_cores: float
    tls_cores: float
    redis_nodes: int
    redis_gib: float
    pg_cores: float
    disk_gib: float
    wal_mb: float
    gbit: float

    @property
    def cores(self) -> float:
        """At the worst moment: the last of the ten minutes in which all begin, with almost everybody at work."""
        return self.hash_cores + self.start_cores + self.save_cores + self.tls_cores

    @property
    def early_cores(self) -> float:
        """The same where people have signed in before: over the hour before the exam instead of ten minutes."""
        return self.cores - self.hash_cores * (1 - BEGIN_WITHIN_S / 3600)

    def hosts(self, cores: float) -> int:
        """Hosts of 16 cores for the workers."""
        return ceil(cores / WORKERS_A_HOST)


def needs(measured: Measured, people: int) -> Needs:
    """What ``people`` candidates in one hour need."""
    m = measured
    starts, saves = people / BEGIN_WITHIN_S, people / CHANGE_EVERY_S
    pulses = saves * PULSES_A_CHANGE

    def cores(rate: float, ms: float, busy: float = BUSY) -> float:
        return rate * ms / 1000 / busy

    redis_gib = people * m.redis_bytes * REWRITE / 2**30
    redis_busy = cores(saves + pulses, m.redis_save_ms, REDIS_BUSY)
    return Needs(
        people=people,
        starts=starts,
        saves=saves,
        pulses=pulses,
        hash_cores=cores(starts, m.hash_ms),
        start_cores=cores(starts, m.sign_in_ms + m.start_ms),
        save_cores=cores(saves, m.save_ms) + cores(pulses, m.pulse_ms),
        submit_cores=cores(starts, m.submit_ms),
        tls_cores=cores(starts, m.tls_ms),
        redis_nodes=max(1, ceil(redis_busy), ceil(redis_gib / 16)),
        redis_gib=redis_gib,
        pg_cores=cores(starts, max(m.pg_start_ms, m.pg_submit_ms)),
        disk_gib=people * m.sql_bytes / 2**30,
        wal_mb=starts * m.sql_bytes * WAL / 1e6,
        gbit=(starts * m.page_bytes + saves * m.save_bytes * (1 + PULSES_A_CHANGE)) * 8 / 1e9,
    )


def figures_in(text: str) -> Measured:
    """The figures of the page's table.

    Raises:
        ValueError: one is missing; the text names it.
    """
    found = {name: float(value) for name, value in _ROW.findall(text)}
    lacking = [one.name for one in fields(Measured) if one.name not in found]
    if lacking:
        raise ValueError(f"the table of figures lacks {', '.join(lacking)}")
    return Measured(**{one.name: found[one.name] for one in fields(Measured)})


def reckoned(text: str) -> str:
    """The page with what follows from its figures between its marks.

    Raises:
        ValueError: a figure or a mark is missing.
    """
    measured = figures_in(text)
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks {BEGIN} or {END}")
    return f"{head}{BEGIN}\n{_tables(measured)}\n{END}{tail}"


def _tables(measured: Measured) -> str:
    all_needs = [needs(measured, people) for people in SIZES]
    rows: Mapping[str, Sequence[str]] = {
        "starts, hand-ins a second": [_short(one.starts) for one in all_needs],
        "changes / pulses a second": [f"{_short(one.saves)} / {_short(one.pulses)}" for one in all_needs],
        "cores: password hashing": [_short(one.hash_cores) for one in all_needs],
        "cores: the rest of sign-ins, starts": [_short(one.start_cores) for one in all_needs],
        "cores: changes and pulses": [_short(one.save_cores) for one in all_needs],
        "cores: TLS handshakes (nginx)": [_short(one.tls_cores) for one in all_needs],
        "**cores at the worst minute**": [f"**{_short(one.cores)}**" for one in all_needs],
        "… when people have signed in during the hour before": [_short(one.early_cores) for one in all_needs],
        "cores at the end: hand-ins, in place of starts": [_short(one.submit_cores) for one in all_needs],
        "hosts of 16 cores for workers (sign-ins before)": [str(one.hosts(one.early_cores)) for one in all_needs],
        "Redis primaries / memory of all": [f"{one.redis_nodes} / {_short(one.redis_gib)} GiB" for one in all_needs],
        "PostgreSQL: cores": [_short(one.pg_cores) for one in all_needs],
        "PostgreSQL: disk an exam / log while all begin": [
            f"{_short(one.disk_gib)} GiB / {_short(one.wal_mb)} MB/s" for one in all_needs
        ],
        "network outwards": [f"{one.gbit:.2g} Gbit/s" for one in all_needs],
        "**what is full first**": [f"**{_first_full(one)}**" for one in all_needs],
    }
    head = "| in one hour | " + " | ".join(f"{size:,}" for size in SIZES) + " |"
    lines = [head, "|---" * (len(SIZES) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()]
    return "\n".join([*lines, "", _worked(measured, needs(measured, 1_000_000))])


def _worked(m: Measured, one: Needs) -> str:
    """The arithmetic of the column of a million, shown."""
    people, starts, saves, pulses = (f"{value:,.0f}" for value in (one.people, one.starts, one.saves, one.pulses))
    pg_ms, waits = max(m.pg_start_ms, m.pg_submit_ms), f"/ {BUSY:g}"
    aof_mb = (one.saves + one.pulses) * m.aof_bytes / 1e6
    steps = (
        f"starts: {people} / {BEGIN_WITHIN_S} s = {starts}/s; changes: {people} / {CHANGE_EVERY_S} s = {saves}/s; "
        f"pulses: half as many, {pulses}/s",
        f"hashing: {starts}/s × {m.hash_ms:g} ms {waits} = {one.hash_cores:,.0f} cores",
        f"starts: {starts}/s × ({m.sign_in_ms:g} + {m.start_ms:g}) ms {waits} = {one.start_cores:,.1f} cores",
        f"changes: ({saves} × {m.save_ms:g} + {pulses} × {m.pulse_ms:g}) ms/s {waits} = {one.save_cores:,.1f} cores",
        f"Redis, one thread a node: ({saves} + {pulses})/s × {m.redis_save_ms:g} ms / {REDIS_BUSY:g}, and at most "
        f"16 GiB a node: {one.redis_nodes}",
        f"Redis' memory, twice while its file is rewritten: {people} × {m.redis_bytes:,.0f} octets × {REWRITE} = "
        f"{one.redis_gib:,.1f} GiB; appended to its files: {aof_mb:,.1f} MB/s",
        f"PostgreSQL: {starts}/s × {pg_ms:g} ms {waits} = {one.pg_cores:,.1f} cores; its log: {starts}/s × "
        f"{m.sql_bytes:,.0f} octets × {WAL} = {one.wal_mb:,.0f} MB/s; at rest: {one.disk_gib:,.1f} GiB",
        f"network: ({starts} × {m.page_bytes:,.0f} + {saves} × {m.save_bytes:,.0f} × {1 + PULSES_A_CHANGE:g}) "
        f"octets/s × 8 = {one.gbit:.2g} Gbit/s",
        f"memory of workers, one a core: {one.early_cores:,.0f} × {m.worker_mib:g} MiB = "
        f"{one.early_cores * m.worker_mib / 1024:,.1f} GiB",
    )
    return "\n".join(("The column of a million, step by step:", "", *(f"- {step}." for step in steps)))


def _first_full(one: Needs) -> str:
    """In the order in which they stop being bought by adding a host."""
    if one.pg_cores > PG_CORES or one.starts > PG_COMMITS:
        return "one PostgreSQL primary: split by region"
    if one.redis_nodes > SLOTS:
        return "64 slots"
    if one.cores <= SMALL_CORES:
        return "nothing: one machine of two cores"
    return "password hashing" if one.hash_cores > one.cores / 2 else "workers: add hosts"


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def main(path: Path) -> None:
    """Write the page anew."""
    path.write_text(reckoned(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
