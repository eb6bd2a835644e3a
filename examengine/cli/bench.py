"""``examengine bench``: saves per second through the whole stack, beside an empty route and a bare durable write."""

from typing import Annotated

import typer

from examengine.cli.options import JsonFlag
from examengine.cli.output import fail, print_json


def bench(
    seconds: Annotated[float, typer.Option(help="for each row")] = 10.0,
    live: Annotated[int, typer.Option(help="running sittings")] = 200,
    only: Annotated[list[str] | None, typer.Option(help="rows: bare, bare_write, pulse, save")] = None,
    as_json_: JsonFlag = False,
) -> None:
    """Measure one worker with AOF always, on a fresh installation in a temporary folder."""
    import asyncio
    import logging

    import uvloop

    from examengine.bench.run import bench as measure
    from examengine.embedded.redis import KeeperError
    from examengine.logs import write_log

    write_log(logging.WARNING)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            report = runner.run(measure(seconds, live, only or ()))
    except KeeperError as error:
        fail(str(error), code=1)
    if as_json_:
        print_json(report)
        return
    headings = ("per s", "(spread)", "p50 ms", "p99 ms", "CPU ms", "of bare write", "errors")
    typer.echo(" " * 12 + "".join(f"{text:>14}" for text in headings))
    for name, row in report["rows"].items():
        low, high = row["per_s_spread"]
        cells = (
            f"{row['per_s']:.0f}",
            f"{low:.0f}–{high:.0f}",
            f"{row['p50_ms']:.1f}",
            f"{row['p99_ms']:.1f}",
            f"{row['server_cpu_ms']:.3f}",
            f"{row['ratio_to_bare_write']:.2f}",
            f"{row['errors']}",
        )
        typer.echo(f"{name:<12}" + "".join(f"{cell:>14}" for cell in cells))
