"""uvicorn's protocol of HTTP, and a way past it for small posts that arrive whole.

An answer of a candidate is a few hundred bytes, comes in one piece, and is answered in one: it needs no task, no
queue of messages and no timer. What the short way does not know goes on as uvicorn does it, as if nothing had been
before.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from examengine.web.candidate.short_way import ShortWay, Way


def protocol_of(short_way: ShortWay) -> type[asyncio.Protocol]:
    """What uvicorn is to make its connections of."""

    def made(*args: Any, **kwargs: Any) -> Protocol:
        return Protocol(short_way, *args, **kwargs)

    return cast(type[asyncio.Protocol], made)


class _Passing:
    """Stands where uvicorn looks for the request under way."""

    def __init__(self) -> None:
        self.response_complete = True
        self.disconnected = False
        self.keep_alive = True
        self.message_event = asyncio.Event()


class AtOnce:
    """Stands where uvicorn writes a page: its head goes with the beginning of its body, where both come in one turn
    of the event loop. By itself each is a system call, and wakes whoever reads.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            head, self._head = self._head, b""
            if data:
                self._transport.writelines((head, data))
            else:
                self._transport.write(head)
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self._go)
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._go()
        self._transport.close()

    def _go(self) -> None:
        """Nothing came with it: it goes alone."""
        if self._head:
            head, self._head = self._head, b""
            if not self._transport.is_closing():
                self._transport.write(head)


_HEAD = b"HTTP/1."


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, short_way: ShortWay, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._short_way = short_way
        self._passing = _Passing()
        self._way: Way | None = None
        self._body = b""
        self._idle_since_s: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._at_once = AtOnce(transport, self.loop)

    # ── a request comes in ──

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        way = self._way
        if way is not None and not self.transport.is_closing():  # not all of it: that may take long
            self._way = None
            self._go_on()
            if self._body:
                super().on_body(self._body)

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        under_way: Any = self.cycle
        is_free = under_way is None or under_way.response_complete
        parser = self.parser
        if is_free and not self.flow.write_paused and parser.get_method() == b"POST":
            self._way, self._body = self._short_way.way_of(self.url, self.headers), b""
        if self._way is None:
            self._go_on()

    def on_body(self, body: bytes) -> None:
        if self._way is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        way, self._way = self._way, None
        if way is None:
            super().on_message_complete()
            return
        passing = self._passing
        passing.response_complete = False
        passing.keep_alive = self.parser.should_keep_alive()
        self.cycle = cast(RequestResponseCycle, passing)
        way.take(self._body, self._answered)

    def _go_on(self) -> None:
        """Say to uvicorn what it would have heard."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        super().on_url(url)
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.transport = cast(asyncio.Transport, self._at_once)

    # ── its answer goes out ──

    def _answered(self, answer: bytes, ends: bool) -> None:
        passing = self._passing
        passing.response_complete = True
        if passing.disconnected or self.transport.is_closing():
            return
        self.transport.write(answer)
        if ends or not passing.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """uvicorn's, with one timer a connection instead of one an answer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._idle_since_s = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again_in(self.timeout_keep_alive)

    # ── a connection that nobody uses ends ──

    def connection_lost(self, exc: Exception | None) -> None:
        self._way = None
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since_s is None:
            return  # it is used; its next answer looks again
        left_s = self._idle_since_s + self.timeout_keep_alive - self.loop.time()
        if left_s <= 0:
            super().timeout_keep_alive_handler()
        else:
            self._look_again_in(left_s)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since_s = None

    def _look_again_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
