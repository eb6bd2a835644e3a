"""Holding a drill: the shadow is made, filled and opened, people sit step by step, what it came to is recorded."""

import asyncio
import os
import platform
import random
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from examengine.clock import Clock
from examengine.drill.candidate import Candidate
from examengine.drill.figures import Figures, Processor, fsync_ms
from examengine.drill.hindrances import hindrances
from examengine.drill.line import Line, Target
from examengine.drill.plan import LAG_P99_MS, WARM_UP, Plan, Step, Verdict, shortcomings, verdict
from examengine.drill.prepare import Prepared, Somebody, ended_answers, prepare
from examengine.drill.shadow import DrillError, Held, flag_up, remove
from examengine.records import audit, checks, shadow
from examengine.records.database import Database
from examengine.settings import Settings
from examengine.web.shadow import Flag, shadow_settings

RESERVED_FILES = 256
MOST_LINES = 25_000
"""Connections to one address that the ports of one host allow, with room."""
TELL_S = 5.0
FEW_ERRORS = 20
"""So many failures end a step, or a fifth of its people: going on would only keep an overrun installation down."""
OVERTIME_S = 90.0
"""How long a step may last beyond its plan: hand-ins that wait for their result."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a drill came to."""

    verdict: Verdict
    steps: tuple[Step, ...]
    configuration: dict[str, Any]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "carries": self.verdict.carries,
            "why": list(self.verdict.why),
            "notes": list(self.notes),
            "steps": [{**asdict(step), "errors": step.errors} for step in self.steps],
            "configuration": self.configuration,
        }


async def drill(settings: Settings, clock: Clock, plan: Plan, url: str, tell: Tell, *, anyway: bool) -> Report:
    """Hold a drill on the installation that ``settings`` name, through ``url``, and record it.

    Whatever happens, also when it is cancelled, nothing of it is left behind but the row of figures.

    Raises:
        DrillError: real candidates stand against it, another one is on, or the workers do not serve it.
        RecordsError, live.Unavailable: a store does not answer.
    """
    await _refuse(settings, clock, plan, anyway=anyway)
    lines = _open_files(max(plan.sizes))
    flag = Flag(secrets.token_hex(4), secrets.token_urlsafe(32))
    apart = shadow_settings(settings, flag)
    try:
        tell("准备影子数据")
        await shadow.make(settings.database_url)
        prepared = await prepare(apart, clock, WARM_UP + sum(plan.sizes), signs_in=plan.signs_in, tell=tell)
        target = Target(url, settings.public_url, flag.secret)
        async with flag_up(settings, flag, target) as held:
            tell(f"{held.workers} 个进程已就绪")
            steps = await _steps(plan, prepared, target, apart, held, lines, tell)
            configuration = await asyncio.to_thread(_configuration, settings, plan, held.workers, url)
    finally:
        tell("清理影子数据")
        await _removed(settings)
    found = verdict(steps, plan)
    report = Report(found, tuple(steps), configuration, _notes(steps, lines, plan))
    await _record(settings, clock, plan, report)
    return report


async def _refuse(settings: Settings, clock: Clock, plan: Plan, *, anyway: bool) -> None:
    if await shadow.stands(settings.database_url):
        raise DrillError("上一次演练没有清理（或正在进行）：请先运行 examengine drill --clean")
    database = await Database.open(settings.database_url)
    try:
        now_ms = clock.now_ms()
        against = await hindrances(database, now_ms, now_ms + plan.longest_ms)
    finally:
        await database.close()
    if against and not anyway:
        listed = "\n".join(f"  - {one}" for one in against)
        raise DrillError(f"现在不宜演练，会影响真正的考生：\n{listed}\n仍要进行请加 --anyway")


def _open_files(wanted: int) -> int:
    """Raise this process' limit as far as it goes; how many connections there can be."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + RESERVED_FILES if hard == resource.RLIM_INFINITY else min(hard, wanted + RESERVED_FILES)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(1, min(wanted, max(most, soft) - RESERVED_FILES, MOST_LINES))


async def _removed(settings: Settings) -> None:
    """Also when this is being cancelled: a second cancellation is not listened to before everything is gone."""
    removing = asyncio.create_task(remove(settings))
    while not removing.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([removing])
    removing.result()


# ── the steps ──


async def _steps(
    plan: Plan, prepared: Prepared, target: Target, apart: Settings, held: Held, lines: int, tell: Tell
) -> list[Step]:
    """One after the other, until one goes wrong."""
    done: list[Step] = []
    first, unused = prepared.people[:WARM_UP], list(prepared.people[WARM_UP:])
    tell("预热")
    await _step(plan.warm_up, first, target, apart, held, lines, prepared.exam_id, tell)
    for number, size in enumerate(plan.sizes, 1):
        people, unused = unused[:size], unused[size:]
        tell_step = partial(_told_of, tell, f"第 {number}/{len(plan.sizes)} 步，{size} 人")
        step = await _step(plan, people, target, apart, held, lines, prepared.exam_id, tell_step)
        done.append(step)
        short = shortcomings(step, plan)
        tell_step("；".join(short) if short else "通过")
        if short:
            break
    return done


def _told_of(tell: Tell, step: str, text: str) -> None:
    tell(f"{step}：{text}")


async def _step(
    plan: Plan,
    people: Sequence[Somebody],
    target: Target,
    apart: Settings,
    held: Held,
    lines: int,
    exam_id: int,
    tell: Tell,
) -> Step:
    loop, dice = asyncio.get_running_loop(), random.Random(len(people))  # noqa: S311 - no secret
    figures = Figures(max(FEW_ERRORS, len(people) // 5))
    kept = [Line(target) for _ in range(min(lines, len(people)))]
    cookie = "__Host-session" if apart.secure_cookies else "session"
    sitting = [
        Candidate(one, kept[place % len(kept)], figures, cookie, random.Random(place))  # noqa: S311 - no secret
        for place, one in enumerate(people)
    ]
    began_s = loop.time() + 0.5
    hand_in_s = began_s + plan.starts_within_s + plan.minutes * 60
    processor = Processor()
    beside = [asyncio.create_task(figures.watch_itself()), asyncio.create_task(_tell_often(figures, tell))]
    work = [
        asyncio.create_task(
            one.sit(began_s + dice.random() * plan.starts_within_s, hand_in_s + dice.random() * plan.hand_in_within_s)
        )
        for one in sitting
    ]
    lost = asyncio.create_task(held.lost.wait())
    hopeless = asyncio.create_task(figures.hopeless.wait())
    try:
        await _all_of(work, (lost, hopeless), plan.step_s + OVERTIME_S)
        if lost.done():
            raise DrillError("演练的标记在 Redis 里消失了：Redis 被重启或清空，或本命令停顿了 20 秒以上")
        cores, own = processor.cores()
    finally:
        for task in (*work, *beside, lost, hopeless):
            task.cancel()
        await asyncio.gather(*work, *beside, lost, hopeless, return_exceptions=True)
        for line in kept:
            line.close()
    return Step(
        people=len(people),
        rows=figures.rows(),
        lost=await _lost(sitting, apart.database_url, exam_id),
        unfinished=sum(not one.has_ended for one in sitting),
        cpu=round(cores, 2),
        own_cpu=round(own, 2),
        lag_p99_ms=figures.lag_p99_ms,
        queued_s=round(figures.queued_s, 1),
        failures=dict(figures.failures.most_common(20)),
    )


async def _all_of(work: "list[asyncio.Task[None]]", ends: "tuple[asyncio.Future[Any], ...]", seconds: float) -> None:
    """Wait for everybody, but not for ever, and not beyond what makes going on pointless."""
    everybody: asyncio.Future[Any] = asyncio.gather(*work)
    first: set[asyncio.Future[Any]] = {everybody, *ends}
    try:
        await asyncio.wait(first, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if everybody.done():
            everybody.result()
    finally:
        everybody.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait([everybody])
        if everybody.done() and not everybody.cancelled():
            everybody.exception()


async def _tell_often(figures: Figures, tell: Tell) -> None:
    while True:
        await asyncio.sleep(TELL_S)
        tell(
            f"{figures.sitting} 人在答题，开始 p99 {figures.p99_ms('start'):.0f} 毫秒，"
            f"保存 p99 {figures.p99_ms('save'):.0f} 毫秒，出错 {figures.errors}"
        )


async def _lost(sitting: Sequence[Candidate], database_url: str, exam_id: int) -> int:
    """Answers that a page was told are saved, of attempts that ended, and that the record has otherwise or not."""
    kept = await ended_answers(database_url, exam_id)
    sheets = [one.sheet for one in sitting if one.sheet is not None and one.has_ended]
    return sum(
        kept.get(sheet.attempt_id, {}).get(position) != answer
        for sheet in sheets
        for position, answer in sheet.acknowledged.items()
    )


# ── what it came to ──


def _configuration(settings: Settings, plan: Plan, workers: int, url: str) -> dict[str, Any]:
    median_ms, slowest_ms = fsync_ms(Path(settings.data_dir))
    return {
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "workers": workers,
        "database": urlsplit(settings.database_url).scheme,
        "redis": urlsplit(settings.redis_url).scheme,
        "through": url,
        "minutes": plan.minutes,
        "starts_within_s": plan.starts_within_s,
        "signs_in": plan.signs_in,
        "fsync_median_ms": median_ms,
        "fsync_slowest_ms": slowest_ms,
    }


def _notes(steps: Sequence[Step], lines: int, plan: Plan) -> tuple[str, ...]:
    """What makes the figures say less than they seem to."""
    told = []
    if lines < max(step.people for step in steps):
        told.append(f"本机只能打开 {lines} 条连接，几名考生共用一条：时延偏高（ulimit -n）")
    if any(step.lag_p99_ms > LAG_P99_MS for step in steps):
        told.append("演练程序自己忙不过来（它的事件循环迟到超过 50 毫秒）：时延偏高，可在另一台机器上运行")
    if not plan.signs_in:
        told.append("考生没有用密码登录：登录的耗费不在其中")
    return tuple(told)


async def _record(settings: Settings, clock: Clock, plan: Plan, report: Report) -> None:
    """Have the checks before publishing know of it."""
    step, now_ms = report.verdict.step, clock.now_ms()
    kept = checks.Drill(
        at_ms=now_ms,
        people=step.people,
        minutes=max(1, round(plan.starts_within_s / 60)),
        p99_ms=round(step.p99_ms("save")),
        lost=step.lost,
        configuration={**report.configuration, "carries": report.verdict.carries, "asked_for": plan.candidates},
        starts_p99_ms=round(step.p99_ms("start")),
        errors=step.errors + step.unfinished,
    )
    database = await Database.open(settings.database_url)
    try:
        async with database.writing() as tx:
            drill_id = await checks.add_drill(tx, kept)
            await audit.append(tx, now_ms, None, "drill", "drill", drill_id)
    finally:
        await database.close()
