"""A capacity drill in a worker: a second set of services over an empty record, beside the real ones.

While the flag of a drill is up (``live/drills.py``), every worker keeps the drill's shadow open: the same program, in
the same process and event loop, against the same SQL server and the same Redis, but over tables and keys of its own.
A request that carries the drill's secret goes there, any other never; so a drill loads what real candidates would
load, and leaves no trace in what they see.
"""

import asyncio
import hashlib
import hmac
import secrets
import shutil
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

import msgspec
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from examengine.live import Unavailable
from examengine.live.drills import SHADOW_PREFIX, Drills
from examengine.records import shadow
from examengine.settings import Settings
from examengine.web.background import background_tasks, running
from examengine.web.services import Services, open_services

HEADER = b"x-examengine-drill"
LOOK_SECONDS = 2.0
SAY_SECONDS = 1.0
FOLDER = "drill"

log = structlog.get_logger("examengine.drill")


class Flag(msgspec.Struct, frozen=True):
    """What the flag says. ``secret``: whoever carries it belongs to the drill; the shadow's keys come from it."""

    name: str
    secret: str


def shadow_settings(settings: Settings, flag: Flag) -> Settings:
    """The shadow's settings: keys that nobody's real cookie, name or receipt was made with, and places of its own."""
    return replace(
        settings,
        data_dir=settings.data_dir / FOLDER,
        database_url=shadow.shadow_url(settings.database_url),
        signing_keys=(_key(flag, "signing"),),
        field_keys=(_key(flag, "field"),),
        evidence_keys=(_key(flag, "evidence"),),
        metrics_token="",
        live_prefix=SHADOW_PREFIX,
    )


def _key(flag: Flag, what: str) -> str:
    return urlsafe_b64encode(hmac.digest(flag.secret.encode(), what.encode(), hashlib.sha256)).decode().rstrip("=")


class Shadow:
    """Follows the flag; a task beside the requests (``run``), and a fork in their way (``around``)."""

    def __init__(self, services: Services, make_app: Callable[[Services], ASGIApp]) -> None:
        self._services = services
        self._make_app = make_app
        self._owner = secrets.token_hex(8)
        self._drills = Drills(services.calls)
        self._open: tuple[bytes, ASGIApp] | None = None

    async def run(self) -> None:
        """Follow the flag until cancelled."""
        while True:
            flag = await self._flag()
            if flag is not None:
                await self._serve(flag)
            await asyncio.sleep(LOOK_SECONDS)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, with the drill's requests taken out."""

        async def forked(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                for name, value in scope["headers"]:
                    if name == HEADER:
                        await self._drilled(value, scope, receive, send)
                        return
            await app(scope, receive, send)

        return forked

    async def _drilled(self, secret: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """A drill's request never reaches the real application, whatever it carries."""
        if self._open is not None and hmac.compare_digest(secret, self._open[0]):
            await self._open[1](scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"9")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b"no drill\n"})

    async def _flag(self) -> Flag | None:
        try:
            said = await self._drills.find()
            return None if said is None else msgspec.json.decode(said, type=Flag)
        except (Unavailable, msgspec.DecodeError):
            return None

    async def _serve(self, flag: Flag) -> None:
        """Keep the shadow open until the flag is down, or another one's is up."""
        log.info("drill_begins", drill=flag.name)
        try:
            async with self._opened(flag) as app:
                self._open = (flag.secret.encode(), app)
                while await self._flag() == flag:
                    with suppress(Unavailable):
                        await self._drills.enter(self._owner)
                    await asyncio.sleep(SAY_SECONDS)
        except Exception as error:
            # whatever ails the shadow, the real application goes on; the flag is looked at again
            log.warning("drill_failed", drill=flag.name, error=type(error).__name__)
        finally:
            self._open = None
            with suppress(Unavailable):
                await self._drills.leave(self._owner)
        log.info("drill_ends", drill=flag.name)

    @asynccontextmanager
    async def _opened(self, flag: Flag) -> AsyncIterator[ASGIApp]:
        real = self._services
        settings = shadow_settings(real.settings, flag)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            stack.callback(shutil.rmtree, settings.data_dir, ignore_errors=True)
            opened = await stack.enter_async_context(open_services(settings, real.clock, real.accepts_starts))
            services = replace(opened, serving=real.serving)
            await services.rebuilder.look(real.clock.now_ms())
            await stack.enter_async_context(running(background_tasks(services)))
            yield self._make_app(services)
