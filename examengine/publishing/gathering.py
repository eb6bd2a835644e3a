"""The facts behind the checks before publishing: what SQL, Redis and this machine say."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from examengine.live import Coalescer, Unavailable
from examengine.live.server_time import ahead_ms
from examengine.publishing.checks import (
    DAY_MS,
    Check,
    ClockFacts,
    DrillFacts,
    PaperFacts,
    Surroundings,
    checks_of,
)
from examengine.publishing.exams import Readiness
from examengine.publishing.time_server import is_synchronised
from examengine.records import bank_pages, checks, duties
from examengine.records.checks import Drill
from examengine.records.database import Reading
from examengine.records.releases import StoredRelease, list_releases
from examengine.rules.calendar import Window, window_of
from examengine.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Installation:
    """Where to look. ``system_ms`` is the time that is held against the stores' own; ``moved``: what decides is
    another clock, a demo's.
    """

    calls: Coalescer
    data_dir: Path
    system_ms: Callable[[], int]
    moved: bool


@dataclass(frozen=True, slots=True)
class Telephone:
    """What pages show now."""

    number: str
    hours: str


async def look(
    tx: Reading,
    at: Installation,
    telephone: Telephone,
    rulebook: Rulebook,
    unconfirmed: int,
    ready: Readiness | None,
    release: StoredRelease | None,
    now_ms: int,
) -> tuple[Check, ...]:
    """All checks for a rulebook, with a release and what stands between them and an exam where one is chosen."""
    paper = None
    if ready is not None and release is not None:
        paper = await _paper(tx, ready, release)
    window = window_of(rulebook, rulebook.meta.year)
    return checks_of(unconfirmed, paper, await _surroundings(tx, at, telephone, rulebook, window, now_ms))


async def _paper(tx: Reading, ready: Readiness, release: StoredRelease) -> PaperFacts:
    newest = max(known.no for known in await list_releases(tx, release.bank_id))
    return PaperFacts(
        newer_no=newest if newest > release.no else 0,
        unreleased=await bank_pages.count_unreleased(tx, release.bank_id),
        leaving=len(ready.leaving),
        corrections=await checks.count_corrections(tx, release.id),
        differences=len(ready.differences),
        lacking_cells=len(ready.lacks),
        disjoint=ready.proof.disjoint_papers,
        attempts=ready.rulebook.exam.attempts,
    )


async def _surroundings(
    tx: Reading, at: Installation, telephone: Telephone, rulebook: Rulebook, window: Window, now_ms: int
) -> Surroundings:
    covered = set(rulebook.population.include) - set(rulebook.population.exclude)
    begins_ms = max(now_ms, window.opens_ms)
    disk = shutil.disk_usage(at.data_dir)
    backup, drill = await checks.newest_backup(tx), await checks.newest_drill(tx)
    return Surroundings(
        now_ms=now_ms,
        opens_ms=window.opens_ms,
        closes_ms=window.closes_ms,
        trial=at.moved,
        people=await checks.count_candidates(tx, sorted(covered)),
        clock=await _clock(tx, at),
        free_bytes=disk.free,
        total_bytes=disk.total,
        backup_ms=backup.made_ms if backup else None,
        drill=None if drill is None else _told(drill),
        first_day=len(await duties.on_duty(tx, begins_ms, begins_ms + DAY_MS)),
        last_day=len(await duties.on_duty(tx, window.closes_ms - DAY_MS, window.closes_ms)),
        number=telephone.number,
        hours=telephone.hours,
        asked_number=rulebook.exam.support_phone,
    )


def _told(drill: Drill) -> DrillFacts:
    return DrillFacts(
        at_ms=drill.at_ms,
        people=drill.people,
        minutes=drill.minutes,
        p99_ms=drill.p99_ms,
        lost=drill.lost,
        starts_p99_ms=drill.starts_p99_ms,
        errors=drill.errors,
    )


async def _clock(tx: Reading, at: Installation) -> ClockFacts:
    asked_ms = at.system_ms()
    record_ms = await checks.own_time_ms(tx)
    answered_ms = at.system_ms()
    try:
        live_ms = await ahead_ms(at.calls, at.system_ms)
    except Unavailable:
        live_ms = None
    return ClockFacts(
        record_ms=None if record_ms is None else record_ms - (asked_ms + answered_ms) // 2,
        live_ms=live_ms,
        synchronised=is_synchronised(),
        moved=at.moved,
    )
