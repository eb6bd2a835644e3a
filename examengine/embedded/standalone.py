"""An installation from one command: the stores it has to bring along, its workers, their supervisor."""

import asyncio
import errno
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examengine.clock import Clock
from examengine.embedded.orders import Orders
from examengine.embedded.redis import RedisKeeper
from examengine.embedded.supervisor import Supervisor
from examengine.settings import IDLE_MINUTES_USUAL, Settings, SettingsError

if TYPE_CHECKING:
    from examengine.web.services import Services

KEY_FILE = "keys"
SQLITE_FILE = "record.db"
REDIS_FOLDER = "redis"
KEYS = 3
BACKLOG = 2048
"""Connections that wait while nobody takes them: a whole exam hall may come back at once."""
PORT_SECONDS = 5.0
"""How long a start waits for a port: workers whose supervisor was killed let go of it within this time."""

Prepare = Callable[["Services"], Awaitable[None]]


def embedded_settings(data_dir: Path, public_url: str, *, demo: bool) -> Settings:
    """Settings of an installation that keeps everything, its keys too, in one folder."""
    bare = Settings(data_dir, "", "", public_url, signing_keys=(), field_keys=(), evidence_keys=(), demo=demo)
    return completed(replace(bare, staff_idle_ms=IDLE_MINUTES_USUAL * 60_000))


def completed(settings: Settings) -> Settings:
    """Settings with the SQLite file and the key file of the data folder, where none are named.

    Raises:
        SettingsError: the folder cannot be used.
    """
    folder = settings.data_dir
    if not settings.database_url:
        settings = replace(settings, database_url=f"sqlite:///{(folder / SQLITE_FILE).resolve()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        signing, field, evidence = ("", "", "") if settings.signing_keys else _keys(folder / KEY_FILE)
    except OSError as error:
        raise SettingsError(f"{folder}: {error.strerror}") from error
    if not settings.signing_keys:
        settings = replace(settings, signing_keys=(signing,), field_keys=(field,), evidence_keys=(evidence,))
    return settings


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
    if len(made) != KEYS:
        raise SettingsError(
            f"{path}: one key a line, {KEYS} in all; several of a kind are named in EXAMENGINE_*_KEYS"
        )
    signing, field, evidence = made
    return signing, field, evidence


@asynccontextmanager
async def with_redis(settings: Settings) -> AsyncIterator[tuple[Settings, str]]:
    """Settings that name a Redis, and the folder of ours where they named none: it runs inside the block.

    Raises:
        KeeperError: the bundled Redis cannot be had.
    """
    if settings.redis_url:
        yield settings, ""
        return
    folder = settings.data_dir / REDIS_FOLDER
    keeper = RedisKeeper(folder)
    try:
        url = await keeper.start()
        _stop_if_asked()
        yield replace(settings, redis_url=url), str(folder.resolve())
    finally:
        await keeper.stop()


def _stop_if_asked() -> None:
    """A cancellation that came while a client of Redis was connecting may have been lost in it.

    Raises:
        asyncio.CancelledError: there was one.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def listen(host: str, port: int, *, wait_s: float = 0.0) -> socket.socket:
    """A listening socket; a port that is taken is tried again for ``wait_s``.

    Raises:
        OSError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    gives_up = time.monotonic() + wait_s
    while True:
        try:
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= gives_up:
                raise
        time.sleep(0.1)


def inherited(descriptor: int) -> socket.socket:
    """A listening socket that whoever started us has opened (systemd hands over the first one as 3).

    Raises:
        OSError: it is none.
    """
    listening = socket.socket(fileno=descriptor)
    if not listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        listening.close()
        raise OSError(errno.EINVAL, f"descriptor {descriptor} does not listen")
    return listening


async def serve(
    orders: Orders,
    listening: socket.socket,
    workers: int,
    ready: Callable[[], None],
    hurry: asyncio.Event,
    *,
    prepare: tuple[Clock, Prepare] | None = None,
) -> None:
    """Serve until cancelled, then stop in order, or at once where ``hurry`` is set.

    ``prepare`` works on the opened services before the first request is taken; ``ready`` is called when one can be.

    Raises:
        KeeperError: the bundled Redis cannot be had.
        RefusedToServe: the workers cannot serve as things are.
    """
    async with with_redis(orders.settings) as (settings, redis_folder):
        if prepare is not None:
            await _prepare(settings, *prepare)
            _stop_if_asked()
        orders = replace(orders, settings=settings, redis_folder=redis_folder)
        await Supervisor(listening, orders, workers, ready, hurry).run()


async def _prepare(settings: Settings, clock: Clock, work: Prepare) -> None:
    # Imported here: a supervisor that prepares nothing needs none of it, and stays small.
    from examengine.records import migrate
    from examengine.web.services import open_services

    await migrate.bring_up_to_date(settings.database_url)
    async with open_services(settings, clock) as services:
        await services.rebuilder.look(clock.now_ms())
        await work(services)


def run(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> bool:
    """Run ``work`` until it ends or SIGTERM or SIGINT comes: then it is cancelled, and has the time it takes to end
    in order. A second signal sets the event that it was given. Answers whether it was asked to stop.
    """

    async def main() -> bool:
        loop = asyncio.get_running_loop()
        hurry = asyncio.Event()
        task = asyncio.create_task(work(hurry))

        def on_signal() -> None:
            if task.cancelling():
                hurry.set()
            else:
                task.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal)
        try:
            await task
        except asyncio.CancelledError:
            return True
        return False

    return asyncio.run(main())
