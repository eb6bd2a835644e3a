"""``examengine drill``: how many candidates this installation carries, tried on itself."""

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from examengine.cli.options import DataOption, JsonFlag
from examengine.cli.output import fail, print_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from examengine.clock import Clock
    from examengine.drill.plan import Plan
    from examengine.drill.run import Report
    from examengine.settings import Settings

T = TypeVar("T")

NAMES = {
    "sign_in": "登录",
    "my": "我的考试",
    "contract": "考试说明",
    "start": "开始到试卷",
    "save": "保存答案",
    "pulse": "心跳",
    "reopen": "重新打开",
    "hand_in": "交卷到成绩",
}


def drill(
    candidates: Annotated[int, typer.Option(min=1, max=200_000, help="synthetic candidates of the last step")] = 500,
    minutes: Annotated[float, typer.Option(min=0.05, max=240, help="how long they sit once all have begun")] = 5.0,
    starts_within: Annotated[float, typer.Option(min=1, max=7200, help="seconds in which all of them begin")] = 300.0,
    steps: Annotated[int, typer.Option(min=1, max=10, help="half, a quarter … of them first")] = 3,
    url: Annotated[str, typer.Option(help="where to connect to; else the public URL")] = "",
    sign_in: Annotated[
        bool, typer.Option("--sign-in/--sessions", help="with password (hashing included), or with made sessions")
    ] = True,
    anyway: Annotated[bool, typer.Option("--anyway", help="although real candidates may be there")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="only remove what a drill that died has left")] = False,
    data: DataOption = None,
    as_json_: JsonFlag = False,
) -> None:
    """Have synthetic candidates sit an exam on this running installation, in a shadow that leaves no trace.

    What it carried is recorded and stands among the checks before publishing. Ctrl-C ends it and cleans up.
    """
    import logging

    from examengine.cli.connection import settings_of
    from examengine.drill.plan import Plan
    from examengine.drill.run import drill as hold
    from examengine.drill.shadow import remove
    from examengine.logs import write_log

    write_log(logging.ERROR)
    settings = _with_redis_of_the_engine(settings_of(data))
    if clean:
        found = _run(lambda _clock: remove(settings))
        typer.echo("已清理 Removed." if found else "没有需要清理的 Nothing was left.")
        return
    plan = Plan(candidates=candidates, minutes=minutes, starts_within_s=starts_within, steps=steps, signs_in=sign_in)

    def tell(text: str) -> None:
        typer.echo(text, err=True)

    where = (url or settings.public_url).rstrip("/")
    report = _run(lambda clock: hold(settings, clock, plan, where, tell, anyway=anyway))
    if as_json_:
        print_json(report.as_json())
    else:
        _show(report, plan)
    if not report.verdict.carries:
        raise typer.Exit(1)


def _with_redis_of_the_engine(settings: "Settings") -> "Settings":
    """Settings that name the Redis of an engine that brings its own; leaves where that does not run."""
    import asyncio
    from dataclasses import replace

    from examengine.embedded.redis import KeeperError, KeptElsewhere
    from examengine.embedded.standalone import with_redis

    async def ask() -> "Settings":
        try:
            async with with_redis(settings) as (named, _):
                if named is settings:
                    return settings
                fail("examengine serve 没有在运行：演练要在运行着的系统上进行", code=1)
        except KeptElsewhere as running:
            return replace(settings, redis_url=running.url)

    try:
        return asyncio.run(ask())
    except KeeperError as error:
        fail(str(error), code=1)


def _run(work: "Callable[[Clock], Awaitable[T]]") -> T:
    """Do it; SIGINT and SIGTERM end it in order, trouble becomes one line."""
    import asyncio
    import signal

    import uvloop

    from examengine import live
    from examengine.clock import SystemClock
    from examengine.drill.shadow import DrillError
    from examengine.records.errors import RecordsError

    async def main() -> "T":
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await work(SystemClock())

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main())
    except DrillError as error:
        fail(str(error), code=1)
    except (RecordsError, live.Unavailable) as error:
        fail(f"{type(error).__name__}：{error}\n清理请运行 Clean up with: examengine drill --clean", code=1)
    except asyncio.CancelledError:
        fail("已中断，什么也没有留下 Interrupted; nothing is left behind.", code=130)


def _padded(name: str, columns: int) -> str:
    """A Chinese character takes two columns."""
    return name + " " * (columns - 2 * len(name))


def _show(report: "Report", plan: "Plan") -> None:
    within = f"{plan.starts_within_s:.0f} 秒内开始、同时作答 {plan.minutes:g} 分钟、全部交卷"
    for step in report.steps:
        typer.echo(f"\n{step.people} 人：忙碌 {step.cpu:.2f} 核，其中演练程序 {step.own_cpu:.2f} 核")
        typer.echo(f"{'':<12}{'次数':>6}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}{'max ms':>10}{'出错':>4}")
        for name in (*(name for name in NAMES if name in step.rows), *(step.rows.keys() - NAMES.keys())):
            row = step.rows[name]
            figures = "".join(f"{value:>10.1f}" for value in (row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms))
            typer.echo(f"{_padded(NAMES.get(name, name), 12)}{row.count:>8}{figures}{row.errors:>6}")
    typer.echo("")
    if report.verdict.carries:
        typer.echo(f"本配置可承受 {report.verdict.carries} 人（{within}）")
    else:
        typer.echo(f"本配置承受不了 {report.steps[0].people} 人（{within}）")
    for reason in report.verdict.why:
        typer.echo(f"  再多不行：{reason}" if report.verdict.carries else f"  原因：{reason}")
    for note in report.notes:
        typer.echo(f"  注意：{note}")
