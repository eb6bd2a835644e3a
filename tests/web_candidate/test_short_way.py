"""Answers and signs of life pass by the layers of pages; what they are told must not depend on it.

Over real connections: the short way begins where uvicorn reads them.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
import uvicorn

from examengine.web.guards import ANSWER, REPORT
from examengine.web.protocol import protocol_of
from examengine.web.shadow import HEADER
from tests.web_candidate.exam_page import ExamPage, an_open_exam
from tests.world import World

PATIENT_S = 60
PAGES_ONLY = "content-security-policy"
"""A header that the layers of pages add: it tells which way an answer came."""


@dataclass(frozen=True)
class Told:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def answer(self) -> dict[str, object]:
        answer: dict[str, object] = json.loads(self.body)
        return answer

    @property
    def was_short(self) -> bool:
        return PAGES_ONLY not in self.headers


class Line:
    """A connection to the server, on which exactly this is sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))

    async def told(self) -> Told:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:-2])
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return Told(int(head[0].split()[1]), headers, body)

    async def ends(self) -> bool:
        """Whether the server has closed it, waited for."""
        return await self._reader.read(1) == b""


@dataclass(frozen=True)
class Wire:
    """A page, and the server that it talks to."""

    page: ExamPage
    address: tuple[str, int]
    server: uvicorn.Server

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        reader, writer = await asyncio.open_connection(*self.address)
        try:
            yield Line(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def post(self, act: str, fields: Mapping[str, object], **headers: str | None) -> bytes:
        """A request as the page's script sends it, with other headers where they are named; None: without."""
        body = urlencode({"t": self.page.token, **fields}).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in self.page.browser.cookies.items())
        sent: dict[str, str | None] = {
            "Host": "localhost",
            "Cookie": cookies,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
            "Sec-Fetch-Site": "same-origin",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"{name}: {value}\r\n" for name, value in sent.items() if value is not None]
        return f"POST {self.page.path(act)} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body

    async def posted(self, act: str, fields: Mapping[str, object], **headers: str | None) -> Told:
        async with self.line() as line:
            line.send(self.post(act, fields, **headers))
            return await line.told()


def answer_of(position: int = 1, value: str = "a", n: int = 1) -> dict[str, object]:
    return {"n": n, "k": "a", "i": position, "b": 0, "v": value}


@asynccontextmanager
async def served(world: World, idle_s: int = PATIENT_S) -> AsyncIterator[Wire]:
    """An open exam page before a server with the short way; ``idle_s``: how long it leaves a connection unused."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(16)
    config = uvicorn.Config(
        world.app,
        http=protocol_of(world.app.short_way),
        log_level="warning",
        lifespan="off",
        server_header=False,
        date_header=False,
        timeout_keep_alive=idle_s,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # the signals of this process are the test's
    serving = asyncio.create_task(server.serve([listening]))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        async with an_open_exam(world) as page:
            yield Wire(page, listening.getsockname(), server)
    finally:
        server.should_exit = True
        await serving
        listening.close()


async def given(world: World, wire: Wire) -> dict[int, str]:
    return (await world.services.desk.read(wire.page.attempt_id, world.now_ms)).given


@pytest.mark.parametrize("act", ["answers", "pulse"])
async def test_both_ways_end_at_the_same_answer(world: World, act: str) -> None:
    async with served(world) as wire:
        short = await wire.posted(act, answer_of())
        again = await wire.posted(act, answer_of())
        long = await wire.page.browser.post(wire.page.path(act), data={"t": wire.page.token, **answer_of()})
        assert again.answer == long.json()
        assert {**short.answer, "word": ""} == {**again.answer, "word": ""}
        assert (short.status, long.status_code) == (200, 200)
        assert short.was_short
        assert PAGES_ONLY in long.headers
        for name in ("cache-control", "x-content-type-options", "content-type"):
            assert short.headers[name] == long.headers[name]


async def test_what_is_not_simply_saved_is_told_as_on_the_long_way(world: World) -> None:
    async with served(world) as wire:
        assert (await wire.posted("answers", answer_of(n=5))).answer["word"] == "saved"
        assert (await wire.posted("answers", answer_of(value="b", n=4))).answer["word"] == "superseded"
        outside = await wire.posted("answers", answer_of(position=51, n=6))
        long = await wire.page.save(51, "a", n=7)
        assert outside.answer["word"] == long["word"] == "out_of_range"
        nonsense = await wire.posted("answers", {**answer_of(n=8), "v": "<>"})
        assert (nonsense.status, nonsense.answer["word"]) == (400, "out_of_range")
        world.clock.move_to(wire.page.deadline_ms)
        late, told = await wire.posted("answers", answer_of(value="c", n=9)), await wire.page.save(1, "c", n=9)
        assert late.answer["word"] == told["word"] == "too_late"
        assert late.was_short
        assert await given(world, wire) == {1: "a"}


async def test_who_is_not_signed_in_is_told_so(world: World) -> None:
    async with served(world) as wire:
        for cookie in (None, "session=made.up", "other=1"):
            told = await wire.posted("answers", answer_of(), Cookie=cookie)
            assert (told.status, told.answer) == (401, {"word": "revoked"})
        stranger = await wire.posted("answers", {**answer_of(), "t": "made.up"})
        assert (stranger.status, stranger.answer) == (403, {"word": "not_owner"})
        assert await given(world, wire) == {}


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
async def test_another_site_does_not_get_on_the_short_way(world: World, site: str) -> None:
    async with served(world) as wire:
        assert (await wire.posted("answers", answer_of(), Sec_Fetch_Site=site)).status == 403
        assert await given(world, wire) == {}


async def test_a_browser_that_does_not_say_where_it_comes_from_goes_the_long_way(world: World) -> None:
    async with served(world) as wire:
        told = await wire.posted("answers", answer_of(), Sec_Fetch_Site=None)
        assert (told.status, told.was_short) == (200, False)


async def test_what_is_said_twice_goes_the_long_way(world: World) -> None:
    async with served(world) as wire:
        told = await wire.posted("answers", answer_of(), Cookie=None, cookie="a=b\r\nX-Said: 1\r\nX-Said: 2")
        assert not told.was_short


async def test_a_drills_request_goes_the_long_way_to_where_no_drill_is(world: World) -> None:
    async with served(world) as wire:
        marked = await wire.posted("answers", answer_of(), **{HEADER.decode(): "x"})
        assert not marked.was_short


@pytest.mark.parametrize(("act", "octets"), [("pulse", REPORT.octets), ("answers", ANSWER.octets)])
async def test_a_body_is_bounded(world: World, act: str, octets: int) -> None:
    async with served(world) as wire:
        body = len(urlencode({"t": wire.page.token, **answer_of(), "x": ""}))
        full = await wire.posted(act, {**answer_of(), "x": "y" * (octets - body)})
        assert full.status == 200
        async with wire.line() as line:
            line.send(wire.post(act, {**answer_of(n=2), "x": "y" * (octets - body + 1)}))
            assert (await line.told()).status == 413


async def test_an_answer_in_pieces_is_an_answer(world: World) -> None:
    async with served(world) as wire, wire.line() as line:
        request = wire.post("answers", answer_of())
        for cut in (20, len(request) - 30, len(request) - 1):
            line.send(request[:cut])
            await asyncio.sleep(0.05)
            line.send(request[cut:])
            told = await line.told()
            assert (told.status, told.answer["word"] in {"saved", "repeated"}) == (200, True)
        line.send(wire.post("answers", answer_of(2, n=2)))
        assert (await line.told()).was_short
        assert await given(world, wire) == {1: "a", 2: "a"}


async def test_requests_sent_without_waiting_are_answered_in_their_order(world: World) -> None:
    async with served(world) as wire, wire.line() as line:
        page = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        line.send(*(wire.post("answers", answer_of(i, n=i)) for i in (1, 2)), page, wire.post("pulse", {"n": 9}))
        told = [await line.told() for _ in range(4)]
        assert [one.answer.get("rev") for one in (told[0], told[1], told[3])] == [1, 2, 2]
        assert [one.status for one in told] == [200, 200, 200, 200]
        assert await given(world, wire) == {1: "a", 2: "a"}


async def test_answers_sent_side_by_side_are_all_written(world: World) -> None:
    async with served(world) as wire:
        told = await asyncio.gather(*(wire.posted("answers", answer_of(i, n=i)) for i in range(1, 21)))
        assert {each.answer["word"] for each in told} == {"saved"}
        assert await given(world, wire) == dict.fromkeys(range(1, 21), "a")


async def test_an_answer_whose_sender_has_gone_is_written(world: World) -> None:
    async with served(world) as wire:
        async with wire.line() as line:
            line.send(wire.post("answers", answer_of()))
            await line.writer.drain()
        async with asyncio.timeout(30):
            while await given(world, wire) != {1: "a"}:
                await asyncio.sleep(0.02)
        assert (await wire.posted("pulse", {"n": 0})).status == 200


async def test_a_desk_that_is_away_is_told_with_a_time_to_come_back(world: World) -> None:
    async with served(world) as wire:
        await world.services.calls.aclose()
        told = await wire.posted("answers", answer_of())
        assert (told.status, told.answer["word"], told.was_short) == (503, "unavailable", True)
        assert 1 <= int(told.headers["retry-after"]) <= 3
        assert world.services.figures.refused == 1


async def test_answers_are_counted_and_pulses_are_not(world: World) -> None:
    async with served(world) as wire:
        await wire.posted("answers", answer_of())
        await wire.posted("pulse", {"n": 0})
        assert (world.services.figures.saves, world.services.figures.pending) == (1, 0)


async def test_a_worker_that_drains_lets_go_of_browsers_here_too(world: World) -> None:
    async with served(world) as wire, wire.line() as line:
        world.services.serving.draining = True
        line.send(wire.post("pulse", {"n": 0}))
        assert (await line.told()).headers["connection"] == "close"
        assert await line.ends()


async def test_a_page_that_asks_for_it_gets_its_connection_closed(world: World) -> None:
    async with served(world) as wire, wire.line() as line:
        line.send(wire.post("pulse", {"n": 0}, Connection="close"))
        assert (await line.told()).status == 200
        assert await line.ends()


async def test_only_a_connection_that_nobody_uses_ends(world: World) -> None:
    async with served(world, idle_s=1) as wire, wire.line() as used, wire.line() as idle:
        idle.send(wire.post("pulse", {"n": 0}))
        assert (await idle.told()).status == 200
        async with asyncio.timeout(30):
            ends = asyncio.create_task(idle.ends())
            while not ends.done():
                used.send(wire.post("pulse", {"n": 0}))
                assert (await used.told()).status == 200
                await asyncio.sleep(0.02)
            assert await ends
        used.send(wire.post("pulse", {"n": 0}))
        assert (await used.told()).status == 200
