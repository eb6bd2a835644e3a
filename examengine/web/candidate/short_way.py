"""The way that answers and signs of life take: past the layers that pages need, to the same desk.

A province sends them by the thousand a second, and what stands around them (a task, ASGI's messages, nine layers)
cost as much as the desk behind it. Each of its duties is done here: the body is whole and bounded before the stamp,
only our own pages may post, a slow one is told in the log with its steps. Whatever is not quite ordinary (a browser
that does not say where a request comes from, a drill's mark, a body still on its way, another act) goes the long way,
and ends at the same :class:`LiveAnswers`.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from time import perf_counter
from typing import Any

import structlog

from examengine.logs import Step
from examengine.web.candidate.live import Answer, Asked, Headers, LiveAnswers, answer_headers, packed
from examengine.web.guards import ANSWER, REPORT, Guard
from examengine.web.services import Services
from examengine.web.slow import SlowRequests

WAYS = re.compile(rb"/sittings/(\d{1,18})/(answers|pulse)")
OCTETS: Mapping[bytes, int] = {b"answers": ANSWER.octets, b"pulse": REPORT.octets}
LENGTH = re.compile(rb"\d{1,6}")
UNUSUAL = frozenset({b"transfer-encoding", b"expect", b"upgrade"})
BROKEN: Answer = (500, {"word": "unavailable"})
_LINES = {status.value: b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode()) for status in HTTPStatus}

Reply = Callable[[bytes, bool], None]
"""Sends an answer, head and body; and whether the connection ends with it."""

log = structlog.get_logger("examengine.web")


class ShortWay:
    """Takes requests that have arrived whole, and answers each when the desk has."""

    def __init__(
        self, answers: LiveAnswers, guard: Guard, slow: SlowRequests, services: Services, *, not_mine: bytes
    ) -> None:
        """``not_mine``: the header that marks requests which are not for this application, whoever sends them."""
        self._answers = answers
        self._guard = guard
        self._slow = slow
        self._services = services
        self._unusual = UNUSUAL | {not_mine}
        self._always = _head(answer_headers(https=services.settings.secure_cookies))
        self._thinking: set[asyncio.Task[None]] = set()

    def way_of(self, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> "Way | None":
        """Where a POST goes here, by its head, names in small letters; None: the long way."""
        found = WAYS.fullmatch(target)
        if found is None:
            return None
        sent = dict(headers)
        if len(sent) != len(headers) or sent.get(b"sec-fetch-site") != b"same-origin":
            return None  # said twice, or by nobody knows whom
        length = sent.get(b"content-length", b"")
        if not self._unusual.isdisjoint(sent) or not LENGTH.fullmatch(length) or int(length) > OCTETS[found[2]]:
            return None
        return Way(self, int(found[1]), found[2].decode(), sent.get(b"cookie", b""))

    def ask(self, way: "Way", body: bytes) -> Asked | Answer:
        """Ask the desk what a request wants to know, or what to answer without."""
        now_ms = self._services.clock.now_ms()
        session = self._guard.session_in(way.cookies, now_ms)
        if way.act == "answers":
            way.counted_s = self._services.figures.began()
        return self._answers.ask(way.attempt_id, way.act, session, body, now_ms)

    def told(self, way: "Way", asked: Asked) -> Answer | None:
        """The answer by what the desk has said; None: it comes later, from a task."""
        error = asked.reply.exception()
        if error is not None:
            return self._answers.failed(asked.pen, asked.act, error)
        reply = asked.reply.result()
        answer = self._answers.tell(asked, reply)
        if answer is None:
            task = asyncio.get_running_loop().create_task(self._think(way, asked, reply))
            self._thinking.add(task)
            task.add_done_callback(self._thinking.discard)
        return answer

    def send(self, way: "Way", answer: Answer) -> None:
        """Send an answer, count it, and tell of it where it was slow."""
        status, content = answer
        body, headers = packed(status, content)
        draining = self._services.serving.draining
        ends = b"connection: close\r\n\r\n" if draining else b"\r\n"
        way.reply(b"".join((_LINES[status], _head(headers), self._always, ends, body)), draining)
        if way.counted_s:
            self._services.figures.ended(way.counted_s, refused=status >= 500)
        steps: list[Step] = [("desk", way.asked_s, way.told_s)] if way.told_s else []
        self._slow.tell("POST", f"/sittings/{way.attempt_id}/{way.act}", status, way.began_s, perf_counter(), steps)

    async def _think(self, way: "Way", asked: Asked, reply: Sequence[Any]) -> None:
        try:
            answer = await self._answers.think(asked, reply)
        except Exception:
            log.exception("answer_failed", attempt=way.attempt_id, act=way.act)
            answer = BROKEN
        self.send(way, answer)


class Way:
    """A request on the short way, from its head to its answer. Seconds of ``perf_counter``."""

    __slots__ = (
        "_asked",
        "_short",
        "act",
        "asked_s",
        "attempt_id",
        "began_s",
        "cookies",
        "counted_s",
        "reply",
        "told_s",
    )

    reply: Reply

    def __init__(self, short: ShortWay, attempt_id: int, act: str, cookies: bytes) -> None:
        self._short = short
        self.attempt_id = attempt_id
        self.act = act
        self.cookies = cookies
        self.began_s = perf_counter()
        self.asked_s = self.told_s = self.counted_s = 0.0

    def take(self, body: bytes, reply: Reply) -> None:
        """Answer it, now that its body is there; ``reply`` is called once, now or later."""
        self.reply = reply
        try:
            asked = self._short.ask(self, body)
            if isinstance(asked, Asked):
                self._asked = asked
                self.asked_s = perf_counter()
                asked.reply.add_done_callback(self._told)
                return
        except Exception:
            log.exception("answer_failed", attempt=self.attempt_id, act=self.act)
            asked = BROKEN
        self._short.send(self, asked)

    def _told(self, _reply: object) -> None:
        self.told_s = perf_counter()
        try:
            answer = self._short.told(self, self._asked)
        except Exception:
            log.exception("answer_failed", attempt=self.attempt_id, act=self.act)
            answer = BROKEN
        if answer is not None:
            self._short.send(self, answer)


def _head(headers: Headers) -> bytes:
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])
