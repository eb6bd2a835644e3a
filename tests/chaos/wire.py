"""A browser's line: HTTP/1.1 over a few kept connections, nothing hidden and nothing retried."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

PATIENCE_S = 10.0
CONNECT_S = 5.0
MAX_BODY = 4_000_000


class LineDown(Exception):  # noqa: N818 – a state of things
    """No answer came; whether the request was heard nobody knows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    def json(self) -> dict[str, Any]:
        """The JSON of the answer; empty where it is none."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


@dataclass
class Wire:
    """One browser's connections to the public address."""

    port: int
    cookie: str
    agent: str
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def get(self, path: str) -> Answer:
        return await self._ask("GET", path, None, json_wanted=False)

    async def post(
        self, path: str, fields: Mapping[str, Any] | list[tuple[str, Any]], *, json_wanted: bool = False
    ) -> Answer:
        return await self._ask("POST", path, urlencode(fields, doseq=True).encode(), json_wanted=json_wanted)

    def close(self) -> None:
        """Hang up."""
        while self.free:
            self.free.pop()[1].close()

    async def _ask(self, method: str, path: str, body: bytes | None, *, json_wanted: bool) -> Answer:
        while self.free and self.free[-1][0].at_eof():
            self.free.pop()[1].close()
        pair = self.free.pop() if self.free else None
        try:
            async with asyncio.timeout(PATIENCE_S):
                if pair is None:
                    async with asyncio.timeout(CONNECT_S):
                        pair = await asyncio.open_connection("127.0.0.1", self.port)
                reader, writer = pair
                writer.write(self._head(method, path, body, json_wanted=json_wanted) + (body or b""))
                answer = await self._read(reader)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as error:
            if pair is not None:
                pair[1].close()
            raise LineDown(type(error).__name__) from None
        except asyncio.CancelledError:
            if pair is not None:
                pair[1].close()
            raise
        if answer.headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self.free.append(pair)
        return answer

    def _head(self, method: str, path: str, body: bytes | None, *, json_wanted: bool) -> bytes:
        host = f"127.0.0.1:{self.port}"
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Cookie: session={self.cookie}"]
        lines += [f"User-Agent: {self.agent}", f"Accept: {'application/json' if json_wanted else 'text/html'}"]
        if body is not None:
            lines += [f"Origin: http://{host}", "Sec-Fetch-Site: same-origin", f"Content-Length: {len(body)}"]
            lines.append("Content-Type: application/x-www-form-urlencoded")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        status = int(head[0].split(" ", 2)[1])
        length = int(headers.get("content-length", 0))
        if "transfer-encoding" in headers or not 0 <= length <= MAX_BODY:
            raise ValueError("an answer without a length")
        return Answer(status, headers, await reader.readexactly(length))
