"""``examengine demo``: an authority with banks, people and an exam that is open now."""

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from examengine.cli.output import fail
from examengine.settings import Settings

Sheet = dict[str, Any]
"""What is printed at the start, and the clock's shift: kept beside the data so that a demo goes on where it was."""

ZONE = ZoneInfo("Asia/Shanghai")
STATE_FILE = "demo.json"


def demo(
    data: Annotated[Path, typer.Option(help="folder that keeps the demo")] = Path(".demo"),
    host: str = "127.0.0.1",
    port: int = 8000,
    as_of: Annotated[
        str | None, typer.Option(help="live through another day: 2014-06-01 or 2014-06-01T09:00+08:00")
    ] = None,
) -> None:
    """Start the demo at http://HOST:PORT; accounts are printed. It keeps its data between runs."""
    import logging

    from examengine.cli.serve import listening_socket
    from examengine.embedded.redis import KeeperError
    from examengine.embedded.standalone import embedded_settings, run
    from examengine.embedded.supervisor import RefusedToServe
    from examengine.logs import write_log

    write_log(logging.WARNING)
    offset_ms = _offset_ms(as_of)
    folder = data / ("today" if as_of is None else as_of.replace(":", "").replace("+", "_"))
    settings = embedded_settings(folder, f"http://{host}:{port}", demo=True)
    state_path = folder / STATE_FILE
    state = json.loads(state_path.read_text("utf-8")) if state_path.exists() else None

    def keep(sheet: Sheet) -> None:
        state_path.write_text(json.dumps(sheet, ensure_ascii=False), "utf-8")

    listening = listening_socket(host, port)

    async def work(hurry: asyncio.Event) -> None:
        await _serve(settings, state, keep, listening, offset_ms, hurry)

    try:
        run(work)
    except KeeperError as error:
        fail(str(error), code=1)
    except RefusedToServe:
        fail("没有启动：原因见上 Not started: the log above says why.", code=1)
    except KeyboardInterrupt:
        pass
    typer.echo("已停止 Stopped.")


def _offset_ms(as_of: str | None) -> int:
    from examengine.clock import SystemClock

    if as_of is None:
        return 0
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        fail(f"--as-of {as_of!r}：写成 2014-06-01 或 2014-06-01T09:00+08:00")
    if len(as_of) == len("2014-06-01"):
        moment = moment.replace(hour=9)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZONE)
    return int(moment.timestamp() * 1000) - SystemClock().now_ms()


async def _serve(
    settings: Settings,
    state: Sheet | None,
    keep: Callable[[Sheet], None],
    listening: socket.socket,
    offset_ms: int,
    hurry: asyncio.Event,
) -> None:
    from examengine.clock import ShiftedClock
    from examengine.demo.build import HOTLINE_HOURS, Builder
    from examengine.embedded.orders import Orders
    from examengine.embedded.standalone import serve
    from examengine.web.services import Services

    clock = ShiftedClock(state["offset_ms"] if state else offset_ms)
    sheet: Sheet = state or {}

    async def build(services: Services) -> None:
        typer.echo("正在准备演示数据… Preparing the demo…")
        built = await Builder(services, clock.now_ms()).build()
        sheet.update(
            offset_ms=clock.offset_ms,
            subject=built.subject,
            rulebook=built.rulebook.meta.id,
            cards=[[card.number, card.code] for card in built.cards],
        )
        keep(sheet)

    def ready() -> None:
        _print_sheet(sheet, clock.now_ms(), *listening.getsockname()[:2])

    orders = Orders(
        settings, clock_ms=clock.offset_ms, log_level=30, hotline="400-000-0000", hotline_hours=HOTLINE_HOURS
    )
    await serve(orders, listening, 1, ready, hurry, prepare=None if state else (clock, build))


def _print_sheet(sheet: Sheet, now_ms: int, host: str, port: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from examengine.demo.people import CANDIDATES, PASSWORD, STAFF
    from examengine.rules.calendar import iso

    console = Console()
    table = Table(
        title=f"{sheet['subject']}（{sheet['rulebook']}）  现在 {iso(now_ms - now_ms % 1000, 'Asia/Shanghai')}"
    )
    for heading in ("证件号码 sign-in", "姓名", "状态 who"):
        table.add_column(heading)
    for person in (*CANDIDATES, *STAFF):
        table.add_row(person.document, person.name, person.about)
    console.print(table)
    console.print(f"密码都是 Password of all: [bold]{PASSWORD}[/bold]")
    if sheet["cards"]:
        console.print("激活卡（卡号 / 激活码）Activation cards:")
        for number, code in sheet["cards"][:4]:
            console.print(f"  {number} / {code}")
    console.print(f"\n[bold]http://{host}:{port}[/bold]   （Ctrl+C 停止 to stop）\n")
