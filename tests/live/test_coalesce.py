"""Calls of one turn share a pipeline, and nothing else."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from examengine.live import Coalescer, Desk, ScriptFailed, Unavailable, connect
from examengine.live.scripts import Script
from examengine.live.wire import Command, Wire
from tests.live.builders import DEADLINE_MS, a_running_sitting, answer

ECHO = Script("echo", "return ARGV[1]")
BROKEN = Script("broken", "return redis.call('NO_SUCH_COMMAND')")
NOW_MS = DEADLINE_MS - 1_800_000


class Exchanges(list[int]):
    """How many commands each pipeline carried."""

    def watch(self, calls: Coalescer, monkeypatch: pytest.MonkeyPatch) -> "Exchanges":
        send = calls._servers._exchange

        async def counted(wire: Wire, commands: list[Command]) -> list[object]:
            self.append(len(commands))
            return await send(wire, commands)

        monkeypatch.setattr(calls._servers, "_exchange", counted)
        return self


async def test_calls_of_one_turn_go_as_one_pipeline(calls: Coalescer, monkeypatch: pytest.MonkeyPatch) -> None:
    await calls.run(ECHO, (), ("known",))
    sent = Exchanges().watch(calls, monkeypatch)
    replies = await asyncio.gather(*(calls.run(ECHO, (), (i,)) for i in range(50)))
    assert replies == [str(i).encode() for i in range(50)]
    assert sent == [50]


async def test_while_one_is_under_way_the_next_gathers(calls: Coalescer, monkeypatch: pytest.MonkeyPatch) -> None:
    await calls.run(ECHO, (), ("known",))
    sent = Exchanges().watch(calls, monkeypatch)

    async def later(i: int) -> bytes:
        for _ in range(i):
            await asyncio.sleep(0)
        reply: bytes = await calls.run(ECHO, (), (i,))
        return reply

    assert await asyncio.gather(*(later(i) for i in range(12))) == [str(i).encode() for i in range(12)]
    assert sum(sent) == 12
    assert len(sent) < 12


async def test_more_than_a_pipeline_holds_goes_as_several(calls: Coalescer, monkeypatch: pytest.MonkeyPatch) -> None:
    await calls.run(ECHO, (), ("known",))
    sent = Exchanges().watch(calls, monkeypatch)
    replies = await asyncio.gather(*(calls.run(ECHO, (), (i,)) for i in range(1_100)))
    assert replies[-1] == b"1099"
    assert sent == [512, 512, 76]


async def test_an_error_of_one_call_does_not_touch_the_others(calls: Coalescer) -> None:
    first, broken, last = await asyncio.gather(
        calls.run(ECHO, (), ("a",)),
        calls.run(BROKEN, (), ()),
        calls.run(ECHO, (), ("b",)),
        return_exceptions=True,
    )
    assert (first, last) == (b"a", b"b")
    assert isinstance(broken, ScriptFailed)


async def test_scripts_that_redis_forgot_are_brought_again(desk: Desk, calls: Coalescer) -> None:
    pen = await a_running_sitting(desk)
    await calls.command("SCRIPT", "FLUSH")
    told = await asyncio.gather(
        *(desk.save(pen, answer(i, i, "a"), NOW_MS) for i in range(1, 6)), calls.command("PING")
    )
    assert [reply if isinstance(reply, bytes) else reply.word for reply in told] == ["saved"] * 5 + [b"PONG"]


async def test_no_server_is_unavailable_for_each_caller(tmp_path: Path) -> None:
    calls = connect(f"unix://{tmp_path}/nobody")
    told = await asyncio.gather(*(calls.run(ECHO, (), ()) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in told] == [Unavailable] * 3
    await calls.aclose()


async def test_a_lost_connection_is_made_anew(calls: Coalescer) -> None:
    await calls.command("PING")
    # The server cuts us off, as one that restarts does.
    await asyncio.gather(calls.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"), return_exceptions=True)
    assert await calls.command("PING") == b"PONG"


async def test_a_server_that_does_not_answer_takes_down_what_waits_and_no_more(redis_url: str) -> None:
    calls = connect(redis_url, timeout_s=0.2)
    other = Redis.from_url(redis_url)
    await calls.command("PING")
    await other.execute_command("CLIENT", "PAUSE", "2000", "ALL")
    first = asyncio.create_task(calls.command("PING"))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(calls.command("PING"))
    told = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(error) for error in told] == [Unavailable, Unavailable]
    await asyncio.sleep(2)
    assert await calls.command("PING") == b"PONG"
    await calls.aclose()
    await other.aclose()


async def test_a_caller_that_goes_away_disturbs_nobody(calls: Coalescer) -> None:
    gone = asyncio.create_task(calls.run(ECHO, (), ("gone",)))
    stays = asyncio.create_task(calls.run(ECHO, (), ("stays",)))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == b"stays"


async def test_what_waits_is_bounded(redis_url: str) -> None:
    calls = connect(redis_url, max_waiting=3)
    told = await asyncio.gather(*(calls.command("PING") for _ in range(5)), return_exceptions=True)
    assert [type(reply) for reply in told] == [bytes] * 3 + [Unavailable] * 2
    await calls.aclose()


async def test_a_closed_line_refuses(redis_url: str) -> None:
    calls = connect(redis_url)
    waits = asyncio.create_task(calls.command("PING"))
    await asyncio.sleep(0)
    await calls.aclose()
    with pytest.raises(Unavailable):
        await waits
    with pytest.raises(Unavailable):
        await calls.command("PING")


async def test_a_full_server_is_unavailable_and_not_a_fault_of_the_script(calls: Coalescer, desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await calls.command("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(Unavailable, match="maxmemory"):
            await desk.save(pen, answer(1, 1, "a"), NOW_MS)
        assert (await desk.read(pen.attempt_id, NOW_MS)).given == {}
    finally:
        await calls.command("CONFIG", "SET", "maxmemory", "0")
