"""One deadline for many sittings: nothing is accepted after it, all are recorded soon, nobody else is held up."""

import asyncio
import zlib
from array import array
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from examengine.bench import rows
from examengine.bench.jobs import Load, Subject, Tally
from examengine.bench.live import CONNECTIONS
from examengine.bench.run import of_machine
from examengine.bench.stage import Asked, CannotMeasure, Stage, stage
from examengine.bench.telling import say, told_every
from examengine.records.tables import attempt_journals, open_attempts
from examengine.rules.closing import grace_ms, presence_ms

BEFORE_S = 35.0
"""The pages are there so long before the deadline: each says its last word in this time."""
HEARS_WITHIN_S = 8.0
"""Workers that begin have proved within this time that they hear."""
LOOK_S = 0.25
AT_ONCE = 1_000
TOLD_SHARE, TOLD_S = 0.2, 5.0
"""A result came as was told where it was by so much of the wait, or so many s, sooner or later."""


@dataclass(frozen=True, slots=True)
class Ending:
    """``sittings`` end at one instant, while ``others`` save ``rate`` times a second. The deadline lies
    ``prepared_s`` after the beginning of the preparation, and what follows it is watched for ``patience_s``.
    """

    sittings: int
    others: int
    rate: float
    prepared_s: float
    patience_s: float


async def deadline(asked: Asked, work: Ending) -> dict[str, Any]:
    """Let them end, and tell what became of all.

    Raises:
        CannotMeasure: the preparation took too long; and see :func:`examengine.bench.stage.stage`.
    """
    async with stage(asked) as put_up:
        services = put_up.services
        clock = services.clock
        far = await put_up.crowd.sitting(work.others)
        async with services.database.reading() as tx:
            loaded = await services.shelf.rulebook(tx, put_up.crowd.rulebook_digest)
        deadline_ms = clock.now_ms() + int(work.prepared_s * 1000)
        doomed = await put_up.crowd.sitting(
            work.sittings, deadline_ms=deadline_ms, answers=rows.ANSWERED, tell=told_every("sittings", work.sittings)
        )
        await services.shipper.ship_all(clock.now_ms())
        async with put_up.serving() as served:
            await served.enlist("doomed", doomed)
            await served.enlist("others", far)
            left_s = (deadline_ms - clock.now_ms()) / 1000
            heard_long_enough(presence_ms(loaded) / 1000, left_s, work.prepared_s)
            say(f"{work.sittings:,} sittings end in {left_s:.0f} s")
            await asyncio.sleep(left_s - BEFORE_S)
            ends_in_s = (deadline_ms - clock.now_ms()) / 1000
            working = asyncio.create_task(
                served.do(
                    ends_in_s + work.patience_s,
                    Load("pages", "doomed", CONNECTIONS, pages=True, ends_in_s=ends_in_s),
                    Load("save", "others", rows.BESIDE, work.rate),
                )
            )
            recorded = await _watch(put_up, deadline_ms, work)
            done, cpu = await working
        pages, saves = done.tallies
        late = await _late_answers(put_up, doomed, deadline_ms)
        return {
            "machine": of_machine(put_up),
            "sittings": work.sittings,
            "grace_s": grace_ms(loaded) / 1000,
            "recorded": recorded,
            "accepted_after_the_deadline": late,
            "newest_acknowledged_ms_before_the_deadline": deadline_ms - pages.newest_saved_ms
            if pages.newest_saved_ms
            else None,
            "results": _results(pages),
            "pages": {"words": pages.words, "errors": pages.errors, "faults": pages.faults},
            "saves_of_others": {
                "per_s": round(saves.done / saves.took_s, 1),
                "errors": saves.errors,
                "faults": saves.faults,
                "before": _within(saves, 0.0, ends_in_s),
                "after": _within(saves, ends_in_s, ends_in_s + (recorded["all_after_s"] or work.patience_s)),
            },
            "server_cpu_ms_a_sitting": round(cpu.server * 1000 / work.sittings, 2),
        }


def heard_long_enough(presence_s: float, left_s: float, prepared_s: float) -> None:
    """Workers that begin ``left_s`` before the deadline must be able to prove before it that they heard for as long
    as presence is asked for.

    Raises:
        CannotMeasure: they cannot; says which preparation would do.
    """
    heard_s = presence_s + HEARS_WITHIN_S
    if left_s >= max(BEFORE_S, heard_s):
        return
    took_s = prepared_s - left_s
    raise CannotMeasure(
        f"the preparation took {took_s:.0f} s, and workers have to hear for {heard_s:.0f} s before the "
        f"deadline, or it is one of an outage: repeat with --prepare {1.2 * took_s + heard_s:.0f}"
    )


async def _watch(put_up: Stage, deadline_ms: int, work: Ending) -> dict[str, Any]:
    """When the first, half and all of them stood in the record, in s after the deadline."""
    database, clock = put_up.services.database, put_up.services.clock
    wanted = work.sittings
    counted = select(func.count()).select_from(open_attempts)
    first = half = every = None
    left = wanted
    while every is None and clock.now_ms() < deadline_ms + work.patience_s * 1000:
        async with database.reading() as tx:
            left = int(await tx.value(counted)) - work.others
        after_s = round((clock.now_ms() - deadline_ms) / 1000, 2)
        if left < wanted and first is None:
            first = after_s
        if left <= wanted / 2 and half is None:
            half = after_s
        if left <= 0:
            every = after_s
        await asyncio.sleep(LOOK_S)
    return {"first_after_s": first, "half_after_s": half, "all_after_s": every, "left": max(0, left)}


async def _late_answers(put_up: Stage, doomed: list[Subject], deadline_ms: int) -> int:
    """Answers and flags in the archived journals whose stamp is not before the deadline."""
    late = 0
    for start in range(0, len(doomed), AT_ONCE):
        ids = [one.attempt_id for one in doomed[start : start + AT_ONCE]]
        wanted = select(attempt_journals.c.lines).where(attempt_journals.c.attempt_id.in_(ids))
        async with put_up.services.database.reading() as tx:
            packed = [row.lines for row in await tx.rows(wanted)]
        for journal in packed:
            lines = zlib.decompress(journal).split(b"\n")
            late += sum(
                1 for line in lines if line[:1] in (b"a", b"f") and int(line.split(b" ", 2)[1]) >= deadline_ms
            )
    return late


def _results(pages: Tally) -> dict[str, Any]:
    """When pages had their results, in s after the time was up, and how many s more than they were first told."""
    came, told = sorted(array("d", pages.results)), array("d", pages.told)
    over = sorted(came_s - told_s for came_s, told_s in zip(array("d", pages.results), told, strict=True))
    if not came:
        return {"shown": 0}
    right = sum(
        abs(came_s - told_s) <= max(TOLD_S, TOLD_SHARE * told_s)
        for came_s, told_s in zip(array("d", pages.results), told, strict=True)
    )
    return {
        "shown": len(came),
        **{f"p{share}_s": round(came[min(len(came) - 1, len(came) * share // 100)], 1) for share in (1, 50, 100)},
        **{
            f"later_than_told_p{share}_s": round(over[min(len(over) - 1, len(over) * share // 100)], 1)
            for share in (5, 50, 95)
        },
        "as_told": round(right / len(came), 3),
    }


def _within(tally: Tally, from_s: float, until_s: float) -> dict[str, float]:
    """Percentiles of the operations that ended in this time, in ms."""
    times: array[float] = array("d")
    for latency, end_s in zip(tally.latencies_s(), tally.ends_s(), strict=True):
        if from_s <= end_s < until_s:
            times.append(latency)
    ordered = sorted(times)
    return {f"p{share}_ms": rows.percentile_ms(ordered, share / 100) for share in (50, 95, 99)}
