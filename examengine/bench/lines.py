"""Keep-alive connections of the load generator, as cheap as the interpreter allows: raw requests, raw answers."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import cast

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD_ENDS = b"\r\n\r\n"

Answered = Callable[[bytes], None]
"""Gets head and body as they came; nothing where there was no answer."""


class _Line(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, lines: "Lines") -> None:
        self._lines = lines
        self._transport: asyncio.WriteTransport | None = None
        self._kept = b""
        self._wanted = 0
        self._answered: Answered | None = None

    def ask(self, request: bytes, answered: Answered) -> None:
        assert self._transport is not None
        self._answered = answered
        self._transport.write(request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's are none by descent

    def data_received(self, data: bytes) -> None:
        if self._kept:
            data = self._kept + data
        if not self._wanted:
            end = data.find(HEAD_ENDS)
            if end < 0:
                self._kept = data
                return
            found = CONTENT_LENGTH.search(data, 0, end + 2)
            # an answer without a length is none that this server gives: counted as a fault
            self._wanted = end + len(HEAD_ENDS) + (int(found[1]) if found else 0)
        if len(data) < self._wanted:
            self._kept = data
            return
        self._kept, self._wanted = b"", 0
        answered, self._answered = self._answered, None
        self._lines.back(self)
        if answered is not None:
            answered(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        answered, self._answered = self._answered, None
        self._lines.lost(self)
        if answered is not None:
            answered(b"")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Lines:
    """At most ``most`` connections to a port of this machine; a request that finds none free waits its turn."""

    def __init__(self, port: int, most: int) -> None:
        self._port = port
        self._most = most
        self._open: set[_Line] = set()
        self._free: list[_Line] = []
        self._opening = 0
        self._waiting: deque[tuple[bytes, Answered]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, request: bytes, answered: Answered) -> None:
        """Send a request as soon as a line is free."""
        if self._free:
            self._free.pop().ask(request, answered)
            return
        self._waiting.append((request, answered))
        if len(self._open) + self._opening < self._most:
            self._opening += 1
            task = asyncio.get_running_loop().create_task(self._connect())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def back(self, line: _Line) -> None:
        """A line has its answer."""
        if self._waiting:
            line.ask(*self._waiting.popleft())
        else:
            self._free.append(line)

    def lost(self, line: _Line) -> None:
        """A line has ended; whoever waits gets another."""
        self._open.discard(line)
        if line in self._free:
            self._free.remove(line)
        if self._waiting:
            self.ask(*self._waiting.popleft())

    def close(self) -> None:
        """End all of them; what waits is answered with nothing."""
        self._give_up()
        for line in tuple(self._open):
            line.close()

    def _give_up(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        for _request, answered in waiting:
            answered(b"")

    async def _connect(self) -> None:
        try:
            _, line = await asyncio.get_running_loop().create_connection(lambda: _Line(self), "127.0.0.1", self._port)
        except OSError:
            self._opening -= 1
            if not self._open and not self._opening:
                self._give_up()
            return
        self._opening -= 1
        self._open.add(line)
        self.back(line)
