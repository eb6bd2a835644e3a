"""A candidate's line to the installation: one connection that is kept, as a browser keeps it."""

import asyncio
import contextlib
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import httptools

from examengine.web.shadow import HEADER

PATIENCE_S = 30.0
READ_BYTES = 64 * 1024
GUNZIP = 16 + zlib.MAX_WBITS
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 examengine-drill"


class LineDown(Exception):  # noqa: N818 - it is the line that is down
    """No answer: refused, cut, or too late; the text says which."""


@dataclass(slots=True)
class Answer:
    """``seconds`` from sending to the last byte."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    keeps: bool = True

    @property
    def location(self) -> str:
        """Where a redirection leads, without scheme and host."""
        return urlsplit(self.headers.get("location", ""))._replace(scheme="", netloc="").geturl()

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (zlib.decompress(self.body, GUNZIP) if packed else self.body).decode()

    @property
    def cookies(self) -> list[str]:
        """``name=value`` of each cookie that it sets."""
        return [one.split(";", 1)[0] for one in self.headers.get("set-cookie", "").split("\n") if one]


class _Reading:
    """What httptools tells of one answer."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.is_whole = False
        self._parts: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        key, told = name.decode("latin-1").lower(), value.decode("latin-1")
        before = self.answer.headers.get(key)
        self.answer.headers[key] = told if before is None else f"{before}\n{told}"

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        self.answer.body = b"".join(self._parts)
        self.is_whole = True


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go. ``url`` is what is connected to; ``origin`` what pages of the installation come from."""

    url: str
    origin: str
    secret: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection; raises OSError."""
        parts = urlsplit(self.url)
        is_tls = parts.scheme == "https"
        context = ssl.create_default_context() if is_tls else None
        port = parts.port or (443 if is_tls else 80)
        return await asyncio.open_connection(parts.hostname, port, ssl=context)


class Line:
    """One kept connection; several may share it, one at a time."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._lock = asyncio.Lock()

    async def ask(
        self, path: str, fields: Mapping[str, str | int] | None = None, *, cookie: str = "", json: bool = False
    ) -> Answer:
        """GET, or POST where there are ``fields``. A kept connection that has ended is opened anew, as browsers do.

        Raises:
            LineDown: there is no answer.
        """
        body = None if fields is None else urlencode(fields).encode()
        request = self._request(path, body, cookie, is_json=json)
        async with self._lock:
            is_kept = self._ends is not None
            began = time.perf_counter()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    try:
                        answer = await self._exchange(request)
                    except (ConnectionError, EOFError):
                        if not is_kept:
                            raise
                        self.close()
                        answer = await self._exchange(request)
            except (OSError, EOFError, TimeoutError, httptools.HttpParserError) as error:
                self.close()
                raise LineDown(type(error).__name__) from error
            except BaseException:
                self.close()
                raise
            answer.seconds = time.perf_counter() - began
            if not answer.keeps:
                self.close()
            return answer

    def close(self) -> None:
        """Hang up."""
        if self._ends is not None:
            with contextlib.suppress(RuntimeError):
                self._ends[1].close()
            self._ends = None

    async def _exchange(self, request: bytes) -> Answer:
        if self._ends is None:
            self._ends = await self._target.connect()
        reader, writer = self._ends
        writer.write(request)
        reading = _Reading()
        parser = httptools.HttpResponseParser(reading)
        while not reading.is_whole:
            data = await reader.read(READ_BYTES)
            if not data:
                raise EOFError
            parser.feed_data(data)
        reading.answer.status = parser.get_status_code()
        reading.answer.keeps = parser.should_keep_alive()
        return reading.answer

    def _request(self, path: str, body: bytes | None, cookie: str, *, is_json: bool) -> bytes:
        target = self._target
        lines = [
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1",
            f"Host: {target.host}",
            f"{HEADER.decode()}: {target.secret}",
            f"User-Agent: {AGENT}",
            f"Accept: {'application/json' if is_json else 'text/html'}",
            "Accept-Encoding: gzip",
            "Accept-Language: zh-CN,zh;q=0.9",
        ]
        if cookie:
            lines.append(f"Cookie: {cookie}")
        if body is not None:
            lines += [f"Origin: {target.origin}", "Sec-Fetch-Site: same-origin", f"Content-Length: {len(body)}"]
            lines.append("Content-Type: application/x-www-form-urlencoded")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b"")
