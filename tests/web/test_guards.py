"""The body in bounds, the stamp after it, and only our own pages post."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from examengine.clock import MovableClock
from examengine.web import guards
from examengine.web.guards import Guard, refuse_bare
from examengine.web.security import SecurityHeaders
from examengine.web.tokens import PageToken, Tokens

TOKENS = Tokens(["k" * 32])
NOW = 1_400_000_000_000
OURS = {"sec-fetch-site": "same-origin"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Told:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.reached: dict[str, object] | None = None
        self.body = b""


async def ask(
    path: str,
    *chunks: bytes,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    cookie: str = "",
    trust_host: bool = False,
    clock: MovableClock | None = None,
    waits: float = 0,
) -> Told:
    """One request through the guard; the app behind it reads the body again."""
    clock = clock or MovableClock(NOW)
    told = Told()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive() if method == "POST" else {"body": b""}
        told.reached = dict(scope["state"])
        told.body = message["body"]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def parts() -> AsyncIterator[Message]:
        for number, chunk in enumerate(chunks or (b"",), 1):
            if waits:
                await asyncio.sleep(waits)
            clock.advance(1000)
            yield {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        yield {"type": "http.disconnect"}

    stream = parts()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            told.status = message["status"]
            told.headers = {k.decode(): v.decode() for k, v in message["headers"]}

    sent = {**(headers or {}), **({"cookie": f"a=1; session={cookie}"} if cookie else {})}
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "scheme": "http",
        "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
    }
    guard = Guard(
        app,
        tokens=TOKENS,
        clock=clock,
        origin="https://exam.example/",
        cookie="session",
        refuse=refuse_bare,
        trust_host=trust_host,
    )
    await SecurityHeaders(guard, https=True)(scope, stream.__anext__, send)
    return told


async def test_the_stamp_is_taken_when_the_whole_body_is_there() -> None:
    told = await ask("/sittings/7/answers", b"t=", b"x&", b"n=1", headers=OURS)
    assert told.reached is not None
    assert told.reached["now_ms"] == NOW + 3000
    assert told.reached["body"] == told.body == b"t=x&n=1"


async def test_reading_is_stamped_on_arrival_and_needs_no_origin() -> None:
    told = await ask("/my", method="GET")
    assert told.reached is not None
    assert told.reached["now_ms"] == NOW


@pytest.mark.parametrize(
    ("path", "octets", "status"),
    [
        ("/sittings/7/pulse", 8 * 1024, 204),
        ("/sittings/7/pulse", 8 * 1024 + 1, 413),
        ("/sittings/7/answers", 52 * 1024, 204),
        ("/sittings/7/answers", 52 * 1024 + 1, 413),
        ("/sittings/7/form", 512 * 1024, 204),
        ("/sittings/7/form", 512 * 1024 + 1, 413),
        ("/login", 64 * 1024 + 1, 413),
    ],
)
async def test_a_body_has_a_bound(path: str, octets: int, status: int) -> None:
    whole = await ask(path, b"x" * octets, headers=OURS)
    in_parts = await ask(path, b"x" * (octets - 1), b"x", headers=OURS)
    announced = await ask(path, b"", headers={**OURS, "content-length": str(octets)})
    assert [whole.status, in_parts.status, announced.status] == [status] * 3


async def test_a_length_that_is_no_number_is_refused() -> None:
    assert (await ask("/login", b"", headers={**OURS, "content-length": "-1"})).status == 413


async def test_only_the_signed_in_may_upload_much() -> None:
    cookie = TOKENS.session(7, 1, NOW)
    large = b"x" * 100_000
    assert (await ask("/author/banks/1/upload", large, headers=OURS)).status == 413
    assert (await ask("/author/banks/1/upload", large, headers=OURS, cookie=cookie)).status == 204


async def test_a_body_that_does_not_arrive_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "ANSWER", guards.Limit(8192, 0.05))
    told = await ask("/sittings/7/answers", b"a", b"b", headers=OURS, waits=0.04)
    assert told.status == 408


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 204),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "https://exam.example"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "https://exam.example"}, 204),
        ({"origin": "https://exam.example.evil"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://exam.example"}, 403),
        ({}, 403),
    ],
)
async def test_only_our_own_pages_post(headers: dict[str, str], status: int) -> None:
    assert (await ask("/logout", b"t=x", headers=headers)).status == status


async def test_a_demo_is_reached_by_any_host_name() -> None:
    headers = {"origin": "http://box:8000", "host": "box:8000"}
    assert (await ask("/logout", headers=headers)).status == 403
    assert (await ask("/logout", headers=headers, trust_host=True)).status == 204


async def test_an_old_browser_shows_the_page_token() -> None:
    cookie = TOKENS.session(7, 1, NOW)
    page = TOKENS.page(PageToken(1, 7, 1, 1, "p"))
    other = TOKENS.page(PageToken(1, 8, 1, 1, "p"))
    form = TOKENS.form(7, NOW)
    for token, status in ((page, 204), (other, 403), (form, 204), (TOKENS.form(0, NOW), 403), ("", 403)):
        told = await ask("/sittings/1/answers", f"t={token}&n=1".encode(), headers=FORM, cookie=cookie)
        assert told.status == status
    anonymous = f"t={TOKENS.form(0, NOW)}".encode()
    assert (await ask("/login", anonymous, headers=FORM)).status == 204


async def test_an_old_browser_may_upload() -> None:
    cookie = TOKENS.session(7, 1, NOW)
    body = b'--b\r\nContent-Disposition: form-data; name="t"\r\n\r\n%b\r\n--b--' % TOKENS.form(7, NOW).encode()
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert (await ask("/author/banks/1/upload", body, headers=headers, cookie=cookie)).status == 204
    assert (await ask("/author/banks/1/upload", body, headers=headers)).status == 403


async def test_the_session_is_read_once() -> None:
    told = await ask("/my", method="GET", cookie=TOKENS.session(7, 3, NOW))
    assert told.reached is not None
    session = told.reached["session"]
    assert session is not None
    assert (session.person_id, session.version) == (7, 3)  # type: ignore[attr-defined]
    over = await ask("/my", method="GET", cookie=TOKENS.session(7, 3, NOW - 13 * 3_600_000))
    assert over.reached is not None
    assert over.reached["session"] is None


async def test_every_answer_carries_the_headers() -> None:
    page = await ask("/my", method="GET")
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" in page.headers
    refused = await ask("/login", b"x" * 70_000, headers=OURS)
    assert "content-security-policy" in refused.headers
    static = await ask("/static/v/app.css", method="GET")
    assert "cache-control" not in static.headers
