"""A worker: one process that takes requests on a socket that the supervisor holds.

``python -m examengine.embedded.worker SOCKET LINE``, both inherited descriptors. SIGTERM: answer what is under way,
then end; a second one ends at once. When the line breaks the supervisor has gone, and the worker goes as well.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import structlog
import uvicorn
from starlette.types import ASGIApp

from examengine import live
from examengine.clock import ShiftedClock, SystemClock
from examengine.embedded.orders import BEAT, BEAT_SECONDS, READY, REFUSED, Orders
from examengine.embedded.room import Room
from examengine.live.mending import Superseded
from examengine.logs import write_log
from examengine.records import migrate
from examengine.records.errors import Unavailable, WrongSchema
from examengine.web.app import create_app
from examengine.web.protocol import protocol_of
from examengine.web.services import Services, always, open_services

DRAIN_SECONDS = 10
"""How long requests under way may take once a worker was asked to go."""
KEEP_ALIVE_SECONDS = 75
"""Longer than a page is silent (it pulses every 40 s), and longer than nginx keeps an idle line to us."""
STORES_AGAIN_SECONDS = 1.0
OWN_HOST = "127.0.0.1"
COLLECT_AFTER = (10_000, 20, 50)
"""So many new objects, rounds over the young, rounds over the middle-aged until the next are looked through."""
FIRST_LOOK_SECONDS = 10.0

log = structlog.get_logger("examengine.worker")

Around = Callable[[ASGIApp, Services], ASGIApp]
"""Puts something around the app: the bench has addresses of its own beside it."""


class _Server(uvicorn.Server):
    """uvicorn, but the signals are the worker's, and it says when it takes requests."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_started()


class Worker:
    """Serves until it is asked to go."""

    def __init__(
        self, orders: Orders, listening: socket.socket, line: socket.socket, around: Around | None = None
    ) -> None:
        self._orders = orders
        self._around = around
        self._listening = listening
        self._line = line
        self._leaving = asyncio.Event()
        self._orphaned = False
        self._server: _Server | None = None

    async def work(self) -> int:
        """The exit code."""
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection(sock=self._line)
        serving = asyncio.create_task(self._serve(writer))

        def leave() -> None:
            if self._leaving.is_set() and self._server is not None:
                self._server.force_exit = True
            self._leaving.set()
            if self._server is None:
                serving.cancel()

        async def follow() -> None:
            with contextlib.suppress(OSError):
                await reader.read()
            self._orphaned = True
            log.warning("supervisor_gone")
            leave()

        loop.add_signal_handler(signal.SIGTERM, leave)
        beside = asyncio.create_task(follow()), asyncio.create_task(_beat(writer))
        try:
            await serving
        except asyncio.CancelledError:
            return 0
        except WrongSchema as error:
            log.error("wrong_schema", error=str(error), remedy="examengine upgrade")
            return REFUSED
        except live.WrongServer as error:
            log.error("wrong_redis", error=str(error), remedy="docs/running.md")
            return REFUSED
        finally:
            for task in beside:
                task.cancel()
            writer.close()
        return 0

    async def _serve(self, writer: asyncio.StreamWriter) -> None:
        orders = self._orders
        async with self._opened() as services:
            app = create_app(
                services,
                hotline=orders.hotline,
                hotline_hours=orders.hotline_hours,
                proxies=os.environ.get("FORWARDED_ALLOW_IPS", OWN_HOST),
            )
            config = uvicorn.Config(
                app if self._around is None else self._around(app, services),
                loop="uvloop",
                http=protocol_of(app.short_way),
                lifespan="on",
                log_level="warning",
                access_log=False,
                proxy_headers=False,  # the application believes proxies itself, where it matters who asks
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
            self._server = _Server(config, lambda: writer.write(READY))
            await self._look_first(services)
            _settle()
            serving = asyncio.create_task(self._server.serve(sockets=[self._listening]))
            leaving = asyncio.create_task(self._leaving.wait())
            await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            services.serving.draining = True
            # For a moment browsers are asked, in each answer, to take another connection: closing one under a
            # browser's next request would cost it a try. An orphan makes way at once: its successor wants the port.
            if not serving.done() and not self._orphaned:
                await asyncio.sleep(orders.notice_ms / 1000)
            self._server.should_exit = True
            await serving

    @staticmethod
    async def _look_first(services: Services) -> None:
        """Open what of the live side is shut, as all of it is over a new Redis, before the first candidate comes: but
        much of it takes long, and signing in needs none of it.
        """
        with contextlib.suppress(live.Unavailable, Unavailable, Superseded, TimeoutError):
            async with asyncio.timeout(FIRST_LOOK_SECONDS):
                await services.rebuilder.look(services.clock.now_ms())

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Services]:
        """The services, waited for: a worker that dies while a store is away must not take the house with it."""
        orders, settings = self._orders, self._orders.settings
        clock = ShiftedClock(orders.offset_ms) if orders.offset_ms else SystemClock()
        async with contextlib.AsyncExitStack() as stack:
            accepts = always
            if orders.redis_folder:
                room = Room(Path(orders.redis_folder), settings.redis_url)
                stack.push_async_callback(_ended, asyncio.create_task(room.watch()))
                accepts = room.accepts_starts
            while True:
                try:
                    await migrate.bring_up_to_date(settings.database_url)
                    services = await stack.enter_async_context(open_services(settings, clock, accepts))
                except Unavailable as error:
                    log.warning("waiting_for_stores", error=str(error))
                    await asyncio.sleep(STORES_AGAIN_SECONDS)
                else:
                    break
            yield services


async def _beat(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(BEAT)
        await asyncio.sleep(BEAT_SECONDS)


def _settle() -> None:
    """What is there now stays for good: the collector of cycles need not go through it again and again (a fifth of an
    answer's time), and may wait until much more is new than its default of 700 objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _ended(task: asyncio.Task[None]) -> None:
    while not task.done():  # a client of Redis that is just connecting may swallow a cancellation
        task.cancel()
        await asyncio.wait([task], timeout=1)


def main(around: Around | None = None) -> int:
    """Entry point; answers the exit code."""
    import uvloop

    # The terminal's signals are for the supervisor, who then stops its workers in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    listening, line = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    try:
        orders = Orders.received(line)
    except EOFError:
        return 0
    write_log(orders.log_level)

    async def work() -> int:
        return await Worker(orders, listening, line, around).work()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work())


if __name__ == "__main__":
    sys.exit(main())
