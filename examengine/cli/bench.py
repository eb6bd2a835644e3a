"""``examengine bench``: what each kind of request costs through the whole stack, and the longer runs."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from examengine.cli.options import JsonFlag
from examengine.cli.output import fail, print_json

app = typer.Typer(help="Measure this program on this machine", invoke_without_command=True, add_completion=False)

Workers = Annotated[int, typer.Option(min=1, max=64, help="processes; more than one needs PostgreSQL")]
DatabaseUrl = Annotated[
    str, typer.Option(help="an empty PostgreSQL database; none: an SQLite file of the bench's own")
]
RedisUrl = Annotated[str, typer.Option(help="an empty Redis; none: one of the bench's own")]
MarkdownFlag = Annotated[bool, typer.Option("--markdown", help="figures as markdown")]


@app.callback()
def bench(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(min=0.1, help="for each row")] = 10.0,
    live: Annotated[int, typer.Option(min=1, help="running sittings")] = 200,
    only: Annotated[list[str] | None, typer.Option(help="this row; may be repeated")] = None,
    connections: Annotated[int, typer.Option(min=1, help="kept open by the load generator")] = 64,
    rate: Annotated[float, typer.Option(min=0, help="operations a second; 0: as fast as they are answered")] = 0.0,
    saves_beside: Annotated[float, typer.Option(min=0, help="saves a second beside each row of pages")] = 0.0,
    workers: Workers = 1,
    database_url: DatabaseUrl = "",
    redis_url: RedisUrl = "",
    markdown: MarkdownFlag = False,
    as_json_: JsonFlag = False,
) -> None:
    """Measure every kind of request with AOF always and durable commits, on an installation of the bench's own."""
    if context.invoked_subcommand is not None:
        return
    from examengine.bench import report, run
    from examengine.bench.rows import ROWS, Wish
    from examengine.bench.stage import Asked

    if strange := run.unknown(only or ()):
        fail(f"--only {strange[0]}: no such row; there are {', '.join(ROWS)}")
    asked = Asked(workers, database_url, redis_url, live)
    wish = Wish(seconds, live, tuple(only or ()), connections, rate, saves_beside)
    figures = _measured(lambda: run.bench(asked, wish))
    if as_json_:
        print_json(figures)
        return
    for line in report.markdown(figures) if markdown else report.table(figures):
        typer.echo(line)


def _measured(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    import asyncio
    import logging
    import signal

    import uvloop

    from examengine.bench.stage import CannotMeasure
    from examengine.embedded.redis import KeeperError
    from examengine.live import WrongServer
    from examengine.logs import write_log

    async def ended_in_order() -> Any:
        # also by SIGTERM: a Redis and workers are to be stopped
        working = asyncio.ensure_future(work())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
        return await working

    write_log(logging.ERROR)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(ended_in_order())
    except asyncio.CancelledError:
        fail("stopped", code=1)
    except (CannotMeasure, KeeperError, WrongServer, ProcessLookupError) as error:
        fail(str(error), code=1)


@app.command()
def growth(
    seconds: Annotated[float, typer.Option(min=0.1, help="for each row")] = 15.0,
    few: Annotated[int, typer.Option(min=1)] = 1_000,
    many: Annotated[int, typer.Option(min=2)] = 200_000,
    workers: Workers = 1,
    database_url: DatabaseUrl = "",
    redis_url: RedisUrl = "",
    markdown: MarkdownFlag = False,
    as_json_: JsonFlag = False,
) -> None:
    """Does a save cost more where more sittings live?"""
    from examengine.bench import growth as runs
    from examengine.bench.stage import Asked

    if many <= few:
        fail(f"--many {many}: must be more than --few {few}")
    asked = Asked(workers, database_url, redis_url, many)
    _tell(_measured(lambda: runs.growth(asked, seconds, few, many)), markdown=markdown, as_json=as_json_)


@app.command()
def live(
    sittings: Annotated[int, typer.Option(min=1)] = 120_000,
    minutes: Annotated[float, typer.Option(min=0.02)] = 5.0,
    change: Annotated[float, typer.Option(min=0.1, help="seconds between two changes of a page, on average")] = 40.0,
    workers: Workers = 1,
    database_url: DatabaseUrl = "",
    redis_url: RedisUrl = "",
    markdown: MarkdownFlag = False,
    as_json_: JsonFlag = False,
) -> None:
    """Many live sittings, whose pages change answers and pulse as real ones do."""
    from examengine.bench import live as runs
    from examengine.bench.stage import Asked

    asked = Asked(workers, database_url, redis_url, sittings)
    _tell(_measured(lambda: runs.live(asked, minutes, change)), markdown=markdown, as_json=as_json_)


@app.command()
def deadline(
    sittings: Annotated[int, typer.Option(min=1)] = 50_000,
    others: Annotated[int, typer.Option(min=1, help="sittings that go on")] = 2_000,
    rate: Annotated[float, typer.Option(min=0.1, help="their saves a second")] = 500.0,
    prepare: Annotated[float, typer.Option(min=36, help="seconds until the deadline, preparation included")] = 240.0,
    patience: Annotated[float, typer.Option(min=1, help="seconds that are watched after it")] = 120.0,
    workers: Workers = 1,
    database_url: DatabaseUrl = "",
    redis_url: RedisUrl = "",
    markdown: MarkdownFlag = False,
    as_json_: JsonFlag = False,
) -> None:
    """One deadline for many sittings, while others save."""
    from examengine.bench import deadline as runs
    from examengine.bench.stage import Asked

    asked = Asked(workers, database_url, redis_url, sittings + others)
    work = runs.Ending(sittings, others, rate, prepare, patience)
    _tell(_measured(lambda: runs.deadline(asked, work)), markdown=markdown, as_json=as_json_)


@app.command()
def flame(
    row: str,
    output: Annotated[Path, typer.Option(help="the SVG to write")] = Path("flame.svg"),
    seconds: Annotated[float, typer.Option(min=1.0)] = 20.0,
    live: Annotated[int, typer.Option(min=1, help="running sittings")] = 200,
    database_url: DatabaseUrl = "",
    redis_url: RedisUrl = "",
) -> None:
    """Draw where a worker's time goes in one kind of request."""
    from examengine.bench import flame as runs
    from examengine.bench import run
    from examengine.bench.rows import ROWS
    from examengine.bench.stage import Asked

    if run.unknown([row]):
        fail(f"{row}: no such row; there are {', '.join(ROWS)}")
    _measured(lambda: runs.flame(Asked(1, database_url, redis_url, live), row, seconds, output))
    typer.echo(str(output))


def _tell(figures: dict[str, Any], *, markdown: bool, as_json: bool) -> None:
    from examengine.bench import report

    if as_json:
        print_json(figures)
        return
    for line in report.flat(figures, markdown=markdown):
        typer.echo(line)
