"""The composition root: routes, guards and headers around the services."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from examengine import live
from examengine.records import hearing
from examengine.records.errors import Unavailable
from examengine.web import door
from examengine.web.assets import VersionedStatic, folder, version_of
from examengine.web.audit.routes import ROUTES as AUDIT_ROUTES
from examengine.web.author.routes import ROUTES as AUTHOR_ROUTES
from examengine.web.background import background_tasks, running, take_leave
from examengine.web.candidate.live import LiveAnswers
from examengine.web.candidate.routes import ROUTES as CANDIDATE_ROUTES
from examengine.web.candidate.short_way import ShortWay
from examengine.web.guards import Guard, Refuse, refuse_bare, wants_json
from examengine.web.hotline import HotlineBoard
from examengine.web.http import NotAllowed, error_page, see_other
from examengine.web.media import ROUTES as MEDIA_ROUTES
from examengine.web.metrics import ROUTES as METRICS_ROUTES
from examengine.web.operator.routes import ROUTES as OPERATOR_ROUTES
from examengine.web.security import SecurityHeaders
from examengine.web.services import Services, Serving
from examengine.web.shadow import HEADER, Shadow
from examengine.web.slow import SlowRequests
from examengine.web.staff.routes import ROUTES as STAFF_ROUTES
from examengine.web.straight import Straight, Told
from examengine.web.support.routes import ROUTES as SUPPORT_ROUTES

log = structlog.get_logger("examengine.web")


def create_app(
    services: Services,
    *,
    hotline: str = "",
    hotline_hours: str = "",
    background: bool = True,
    proxies: str | None = None,
) -> "Application":
    """The application around opened services.

    Args:
        background: run what runs beside the requests (the sweeper and the like); tests call it themselves.
        proxies: addresses, separated by commas, of proxies that are believed who a browser is; None: there are none.
    """
    static = folder("static")
    # A drill's shadow is opened beside the real application, by its background, and has none of its own.
    drilled = Shadow(services, lambda shadow: create_app(shadow, background=False)) if background else None
    app = Starlette(
        routes=[
            # what is asked for most comes first: they are looked through one by one
            *CANDIDATE_ROUTES,
            Mount("/static", VersionedStatic(static, version_of(static))),
            Route("/health", _health),
            *MEDIA_ROUTES,
            *METRICS_ROUTES,
            *AUTHOR_ROUTES,
            *SUPPORT_ROUTES,
            *OPERATOR_ROUTES,
            *STAFF_ROUTES,
            *AUDIT_ROUTES,
        ],
        exception_handlers=_TOLD,
        lifespan=_lifespan(services, drilled, background=background),
    )
    app.state.services = services
    app.state.door = door.through
    app.state.hotline_board = HotlineBoard(hotline, hotline_hours)
    answers = LiveAnswers(Straight(app, CANDIDATE_ROUTES, _TOLD), services)
    guarded = Guard(
        answers,
        tokens=services.tokens,
        clock=services.clock,
        origin=services.settings.public_url,
        cookie=session_cookie(services),
        refuse=_refuser(app),
        trust_host=services.settings.demo,
    )
    secured = SecurityHeaders(guarded, https=services.settings.secure_cookies)
    slow = SlowRequests(secured, services.settings.slow_ms)
    outermost: ASGIApp = _Outermost(slow, app, services.serving)
    if drilled is not None:
        outermost = drilled.around(outermost)
    if proxies is not None:
        outermost = cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, outermost), proxies))
    return Application(outermost, ShortWay(answers, guarded, slow, services, not_mine=HEADER))


class Application:
    """The application as a server takes it. ``short_way``: past all that stands around answers and signs of life, for
    a server that knows it (``web/protocol.py``); any other finds the same at the end of the long one.
    """

    def __init__(self, around: ASGIApp, short_way: ShortWay) -> None:
        self._around = around
        self.short_way = short_way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._around(scope, receive, send)


def session_cookie(services: Services) -> str:
    """The session cookie's name: ``__Host-`` needs https."""
    return "__Host-session" if services.settings.secure_cookies else "session"


class _Outermost:
    """Gives the server's lifespan messages to Starlette past the guards; a worker that drains lets go of browsers."""

    def __init__(self, around: ASGIApp, app: Starlette, serving: Serving) -> None:
        self._around = around
        self._app = app
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif self._serving.draining:
            await self._around(scope, receive, _closing(send))
        else:
            await self._around(scope, receive, send)


def _closing(send: Send) -> Send:
    """Answers that say this connection ends here: the next request opens another, with the next worker."""

    async def send_closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", ()) if pair[0] != b"connection"]
            message["headers"] = [*kept, (b"connection", b"close")]
        await send(message)

    return send_closing


def _lifespan(
    services: Services, drilled: Shadow | None, *, background: bool
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        beside = (drilled,) if drilled is not None else ()
        async with running((*background_tasks(services), *beside) if background else ()):
            yield
        if background:
            await take_leave(services)

    return lifespan


async def _health(request: Request) -> Response:
    """Both stores answer, and this worker is not about to go; for operators, how far behind what runs beside is."""
    services: Services = request.app.state.services
    if services.serving.draining:
        return PlainTextResponse("draining\n", 503)
    try:
        await services.calls.check()
        async with services.database.reading() as tx:
            proof = await hearing.find_newest(tx)
        unshipped_ms = await services.shipper.oldest_unshipped_ms()
        shut = len(await services.calls.shut())  # of these nothing is known
    except (Unavailable, live.Unavailable) as error:
        return PlainTextResponse(f"unavailable: {type(error).__name__}\n", 503)
    now_ms: int = request.state.now_ms
    ages = {"unshipped_s": unshipped_ms, "last_proof_s": None if proof is None else proof.until_ms}
    told = [f"{name} {'-' if at is None else max(0, now_ms - at) // 1000}" for name, at in ages.items()]
    told.append(f"shut {shut}")
    told.append(f"failing {services.sweeper.failing + services.pusher.failing}")
    return PlainTextResponse("\n".join(["ok", *told]) + "\n")


async def _not_allowed(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotAllowed)
    if error.status == 401 and request.method == "GET":
        return see_other("/login")
    return await error_page(request, error.status)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = await error_page(request, error.status_code)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("unavailable", path=request.url.path, error=type(error).__name__)
    return await error_page(request, 503)


async def _our_fault(request: Request, error: Exception) -> Response:
    log.error("failed", path=request.url.path, error=type(error).__name__)
    return await error_page(request, 500)


_TOLD: dict[Any, Told] = {
    NotAllowed: _not_allowed,
    HTTPException: _http_error,
    Unavailable: _unavailable,
    live.Unavailable: _unavailable,
    Exception: _our_fault,
}
"""What becomes of what a handler raises."""


def _refuser(app: Starlette) -> Refuse:
    async def refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
        if wants_json(scope):
            await refuse_bare(scope, receive, send, status)
            return
        scope["app"] = app
        scope["state"].setdefault("now_ms", app.state.services.clock.now_ms())
        response = await error_page(Request(scope, receive), status)
        response.headers["connection"] = "close"
        await response(scope, receive, send)

    return refuse
