"""``examengine serve`` and ``examengine upgrade``: running an installation."""

from typing import Annotated

import typer

from examengine.cli.options import DataOption
from examengine.cli.output import fail


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
    hotline: Annotated[str, typer.Option(help="shown on every page")] = "",
    hotline_hours: Annotated[str, typer.Option(help="shown beside it")] = "",
) -> None:
    """Serve the installation of the environment; docs/settings.md lists what has to be set."""
    from examengine.cli.connection import settings_of
    from examengine.clock import SystemClock
    from examengine.embedded.redis import KeeperError
    from examengine.embedded.standalone import run
    from examengine.embedded.standalone import serve as serve_embedded
    from examengine.web.services import Services

    async def ready(_services: Services) -> None:
        typer.echo(f"examengine: http://{host}:{port}")

    try:
        run(
            serve_embedded(
                settings_of(None), SystemClock(), host, port, ready, hotline=hotline, hotline_hours=hotline_hours
            )
        )
    except KeeperError as error:
        fail(str(error), code=1)
    except KeyboardInterrupt:
        typer.echo("stopped")
