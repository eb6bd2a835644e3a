"""One process with everything: the bundled Redis, the SQLite file, the web server."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn

from examengine.clock import Clock
from examengine.embedded.redis import RedisKeeper
from examengine.records import migrate
from examengine.settings import Settings
from examengine.web.app import create_app
from examengine.web.services import Services, open_services

KEY_FILE = "keys"
SQLITE_FILE = "record.db"
KEYS = 3


@asynccontextmanager
async def embedded_services(settings: Settings, clock: Clock) -> AsyncIterator[Services]:
    """Services on a Redis and an SQLite file in ``settings.data_dir``, where the settings name no others.

    Raises:
        KeeperError: the bundled Redis cannot be had.
    """
    keeper = None if settings.redis_url else RedisKeeper(settings.data_dir / "redis")
    try:
        if keeper is not None:
            settings = replace(settings, redis_url=await keeper.start())
        await migrate.upgrade(settings.database_url)
        accepts = keeper.accepts_starts if keeper is not None else (lambda: True)
        async with open_services(settings, clock, accepts) as services:
            yield services
    finally:
        if keeper is not None:
            await keeper.stop()


def embedded_settings(data_dir: Path, public_url: str, *, demo: bool) -> Settings:
    """Settings of an installation that keeps everything, its keys too, in one folder."""
    data_dir.mkdir(parents=True, exist_ok=True)
    signing, field, evidence = _keys(data_dir / KEY_FILE)
    return Settings(
        data_dir=data_dir,
        database_url=f"sqlite:///{(data_dir / SQLITE_FILE).resolve()}",
        redis_url="",
        public_url=public_url,
        signing_keys=(signing,),
        field_keys=(field,),
        evidence_keys=(evidence,),
        demo=demo,
    )


def _keys(path: Path) -> tuple[str, str, str]:
    """The keys of this folder, readable by its owner alone: made at the first start, and where an older version has
    made fewer.
    """
    if not path.exists():
        path.touch(mode=0o600)
    made = path.read_text("utf-8").split()
    if len(made) < KEYS:
        made += [secrets.token_urlsafe(32) for _ in range(KEYS - len(made))]
        path.write_text("".join(f"{key}\n" for key in made), "utf-8")
    signing, field, evidence = made
    return signing, field, evidence


async def serve(
    settings: Settings,
    clock: Clock,
    host: str,
    port: int,
    ready: Callable[[Services], Awaitable[None]],
    *,
    hotline: str = "",
    hotline_hours: str = "",
) -> None:
    """Serve until interrupted; ``ready`` runs once the stores are open and before the first request is taken."""
    async with embedded_services(settings, clock) as services:
        await ready(services)
        app = create_app(services, hotline=hotline, hotline_hours=hotline_hours)
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=10,
        )
        await uvicorn.Server(config).serve()


def run(work: Awaitable[None]) -> None:
    """Run ``work`` on uvloop."""

    async def main() -> None:
        await work

    with asyncio.Runner(loop_factory=_uvloop) as runner:
        runner.run(main())


def _uvloop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()
