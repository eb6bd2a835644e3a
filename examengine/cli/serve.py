"""``examengine serve`` and ``examengine upgrade``: running an installation."""

from typing import TYPE_CHECKING, Annotated

import typer

from examengine.cli.options import DataOption
from examengine.cli.output import fail

if TYPE_CHECKING:
    import socket

    from examengine.settings import Settings


def upgrade(data: DataOption = None) -> None:
    """Bring the database to this version's schema."""
    import asyncio

    from examengine.cli.connection import settings_of
    from examengine.records import migrate
    from examengine.records.errors import RecordsError

    try:
        asyncio.run(migrate.upgrade(settings_of(data).database_url))
    except RecordsError as error:
        fail(f"数据库：{error}", code=1)
    typer.echo("数据库结构已是最新 The schema is up to date.")


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    fd: Annotated[int | None, typer.Option(help="an open listening socket instead (systemd: 3)")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="processes; more than one needs PostgreSQL")] = 1,
    notice: Annotated[
        float, typer.Option(min=0.0, max=60.0, help="seconds between being asked to stop and letting go")
    ] = 0.5,
    hotline: Annotated[str, typer.Option(help="shown on every page")] = "",
    hotline_hours: Annotated[str, typer.Option(help="shown beside it")] = "",
) -> None:
    """Serve the installation of the environment; docs/settings.md lists what has to be set.

    SIGHUP restarts the workers one by one, SIGTERM stops in order, a second one at once.
    """
    import asyncio

    from examengine.cli.connection import settings_of
    from examengine.embedded.orders import Orders
    from examengine.embedded.redis import KeeperError
    from examengine.embedded.standalone import run
    from examengine.embedded.standalone import serve as serve_all
    from examengine.embedded.supervisor import RefusedToServe
    from examengine.logs import write_log

    write_log()
    settings = settings_of(None)
    _check(settings, workers, host if fd is None else "")
    listening = listening_socket(host, port, fd)
    name = ":".join(map(str, listening.getsockname()[:2]))
    orders = Orders(
        settings, log_level=20, notice_ms=int(notice * 1000), hotline=hotline, hotline_hours=hotline_hours
    )

    def ready() -> None:
        typer.echo(f"examengine: {settings.public_url} on {name}, workers: {workers}")

    async def work(hurry: asyncio.Event) -> None:
        await serve_all(orders, listening, workers, ready, hurry)

    try:
        run(work)
    except KeeperError as error:
        fail(str(error), code=1)
    except RefusedToServe:
        fail("没有启动：原因见上 Not started: the log above says why.", code=1)
    except KeyboardInterrupt:
        pass
    typer.echo("已停止 Stopped.")


def _check(settings: "Settings", workers: int, host: str) -> None:
    from examengine.live import WrongServer, connect
    from examengine.settings import is_loopback

    try:
        if settings.redis_url:
            connect(settings.redis_url)
    except WrongServer as error:
        fail(f"EXAMENGINE_REDIS_URL 不能用 cannot be used：{error}")
    if workers > 1 and settings.database_url.startswith("sqlite"):
        fail(
            "SQLite 只能用一个进程（--workers 1）；需要更多时请改用 PostgreSQL\n"
            "SQLite takes exactly one worker: name a PostgreSQL in EXAMENGINE_DATABASE_URL for more."
        )
    if host and not settings.secure_cookies and not is_loopback(host):
        fail("EXAMENGINE_PUBLIC_URL 是 http://，只能在 127.0.0.1 上服务 Plain http is served on loopback only.")


def listening_socket(host: str, port: int, fd: int | None = None) -> "socket.socket":
    """The socket to serve on; leaves with a clear word where it cannot be had."""
    from examengine.embedded.standalone import PORT_SECONDS, inherited, listen

    try:
        return inherited(fd) if fd is not None else listen(host, port, wait_s=PORT_SECONDS)
    except OSError as error:
        where = f"fd {fd}" if fd is not None else f"{host}:{port}"
        fail(f"{where} 不能监听 cannot be listened on：{error.strerror}", code=1)
