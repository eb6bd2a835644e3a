"""What stands before every route: the whole body read in bounds, the stamp after it, and our own origin.

Plain ASGI, because an answer passes here. ``scope["state"]`` gets ``now_ms`` (taken when the body had fully
arrived), ``body`` (bytes) and ``session`` (``tokens.Session`` or None).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examengine.clock import Clock
from examengine.logs import step
from examengine.web.begun import Begun
from examengine.web.tokens import Session, Tokens

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a body may hold (bytes) and how long it may take to arrive (seconds)."""

    octets: int
    seconds: float


REPORT = Limit(8 * 1024, 5)
ANSWER = Limit(52 * 1024, 10)
"""An essay: 4,000 characters, up to 12 octets each as a form writes them."""
FORM = Limit(64 * 1024, 5)
WRITTEN = Limit(6 * 1024 * 1024, 20)
PAPER = Limit(512 * 1024, 20)
"""All answers at once, as a page without JavaScript posts them."""
UPLOAD = Limit(30 * 1024 * 1024, 120)


def limit_for(path: str) -> Limit:
    """Uploads are the addresses that end in ``/upload``; what a live sitting sends is small; what an
    author writes or pastes comes with its tags, every Chinese character as nine bytes.
    """
    if path.endswith("/upload"):
        return UPLOAD
    if path.startswith("/author/") and path.endswith(("/items/new", "/edit", "/items/paste")):
        return WRITTEN
    if not path.startswith("/sittings/"):
        return FORM
    if path.endswith("/answers"):
        return ANSWER
    return PAPER if path.endswith(("/form", "/redeem")) else REPORT


Refuse = Callable[[Scope, Receive, Send, int], Awaitable[None]]
"""Answers a request that the guard turns away, with the HTTP status given."""


def cookie_of(scope: Scope, name: str) -> str:
    """A cookie's value, "" when it was not sent."""
    for header, value in scope["headers"]:
        if header == b"cookie" and (found := cookie_in(value, name.encode() + b"=")) is not None:
            return found
    return ""


def cookie_in(header: bytes, wanted: bytes) -> str | None:
    """The value of the cookie of a header that begins with ``wanted``, its name and ``=``."""
    for part in header.split(b";"):
        found = part.strip()
        if found.startswith(wanted):
            return found[len(wanted) :].decode("latin-1")
    return None


def _header(scope: Scope, name: bytes) -> str | None:
    for header, value in scope["headers"]:
        if header == name:
            return str(value.decode("latin-1"))
    return None


async def body_of(scope: Scope, receive: Receive, limit: Limit) -> bytes | int | None:
    """The body; or the status to refuse with; or None when the client went away."""
    announced = _header(scope, b"content-length")
    if announced is not None and (not announced.isdigit() or int(announced) > limit.octets):
        return 413
    first = Begun(receive())
    if first.there:
        message = await first
        if message["type"] == "http.request" and not message.get("more_body", False):
            body: bytes = message.get("body", b"")
            return body if len(body) <= limit.octets else 413
    return await _rest_of(first, receive, limit)


async def _rest_of(first: Begun[Message], receive: Receive, limit: Limit) -> bytes | int | None:
    """The body of a browser that is still sending."""
    chunks: list[bytes] = []
    got = 0
    try:
        async with asyncio.timeout(limit.seconds):
            message = await first
            while message["type"] != "http.disconnect":
                chunk = message.get("body", b"")
                got += len(chunk)
                if got > limit.octets:
                    return 413
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
                message = await receive()
    except TimeoutError:
        return 408
    return None


class Guard:
    """Reads, stamps, and lets only our own pages post."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Tokens,
        clock: Clock,
        origin: str,
        cookie: str,
        refuse: Refuse,
        trust_host: bool = False,
    ) -> None:
        """``origin``: scheme and host of the public address. ``trust_host`` accepts the Host header's too (demo).
        ``refuse`` answers what is turned away.
        """
        self._app = app
        self._tokens = tokens
        self._clock = clock
        parts = urlsplit(origin)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._cookie = cookie
        self._cookie_is = cookie.encode() + b"="
        self.refuse = refuse
        self._trust_host = trust_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = perf_counter()
        state = scope.setdefault("state", {})
        arrived_ms = self._clock.now_ms()
        session = self.session_of(scope, arrived_ms)
        state["session"] = session
        if scope["method"] in _READING:
            state["now_ms"] = arrived_ms
            state["body"] = b""
            step("guard", began_s)
            await self._app(scope, receive, send)
            return
        limit = limit_for(scope["path"])
        if limit in {UPLOAD, WRITTEN} and session is None:
            limit = FORM
        asked_s = perf_counter()
        body = await body_of(scope, receive, limit)
        step("body", asked_s)
        if isinstance(body, int):
            await self.refuse(scope, receive, send, body)
            return
        if body is None:
            return
        now_ms = self._clock.now_ms()
        state["now_ms"] = now_ms
        state["body"] = body
        if not self._from_our_page(scope, body, session, now_ms):
            await self.refuse(scope, receive, send, 403)
            return
        step("guard", began_s)
        await self._app(scope, _replayed(body, receive), send)

    def session_of(self, scope: Scope, now_ms: int) -> Session | None:
        """Whose request it is, by the cookie."""
        token = cookie_of(scope, self._cookie)
        return self._tokens.read_session(token, now_ms) if token else None

    def session_in(self, cookies: bytes, now_ms: int) -> Session | None:
        """The same, by the one header of cookies that there is."""
        token = cookie_in(cookies, self._cookie_is)
        return self._tokens.read_session(token, now_ms) if token else None

    def _from_our_page(self, scope: Scope, body: bytes, session: Session | None, now_ms: int) -> bool:
        site = _header(scope, b"sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = _header(scope, b"origin")
        if origin is not None:
            return origin == self._origin or (self._trust_host and origin == _host_origin(scope))
        return self._token_holds(_token_in(scope, body), session, now_ms)

    def _token_holds(self, token: str, session: Session | None, now_ms: int) -> bool:
        page = self._tokens.read_page(token)
        if page is not None:
            return session is not None and page.person_id == session.person_id
        return self._tokens.read_form(token, session.person_id if session else 0, now_ms)


def _host_origin(scope: Scope) -> str:
    return f"{scope['scheme']}://{_header(scope, b'host') or ''}"


def _token_in(scope: Scope, body: bytes) -> str:
    """The form's field ``t``: urlencoded, or the part of that name in a multipart body."""
    kind = (_header(scope, b"content-type") or "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=2000)
        except ValueError:
            return ""
        return fields.get("t", [""])[0]
    if kind == "multipart/form-data":
        # the token is the first field of every form, so it stands before any file
        _, found, rest = body[:4096].partition(b'name="t"\r\n\r\n')
        return rest.partition(b"\r\n")[0].decode("ascii", "replace") if found else ""
    return ""


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def wants_json(scope: Scope) -> bool:
    """Whether the exam page's script asks, rather than a person."""
    return "application/json" in (_header(scope, b"accept") or "")


async def refuse_bare(scope: Scope, _receive: Receive, send: Send, status: int) -> None:
    """A refusal without a page: for scripts, and until the app gives its own."""
    json_asked = wants_json(scope)
    body = json.dumps({"word": "refused", "status": status}).encode() if json_asked else str(status).encode()
    kind = b"application/json" if json_asked else b"text/plain; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
