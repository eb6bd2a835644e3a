"""A slot takes writes only from a server whose life its fence names."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from examengine.live import Coalescer, Unavailable, connect
from examengine.live.scripts import Script
from examengine.live.slots import SLOTS, fence_key
from tests.harness import RedisForTests

PUT = Script("put", "return redis.call('SET', KEYS[1], ARGV[1])")
INSTALLATION = "a1b2c3"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisForTests]:
    """A Redis that may be killed."""
    made = RedisForTests()
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def calls(server: RedisForTests) -> AsyncIterator[Coalescer]:
    server.flush()
    coalescer = connect(server.url, installation=INSTALLATION)
    yield coalescer
    await coalescer.aclose()


async def put(calls: Coalescer, slot: int, value: str = "x") -> bytes:
    reply: bytes = await calls.run(PUT, (f"{{{slot:02d}}}:thing",), (value,))
    return reply


async def mend(calls: Coalescer, *slots: int) -> None:
    """Set the fences of shut slots as one does who has reconciled them."""
    for gap in await calls.shut():
        if gap.slot in (slots or range(SLOTS)):
            await calls.past_fence.command("HSET", fence_key(gap.slot), "id", gap.wanted, "hb", 77)


async def test_an_empty_server_takes_no_call_of_any_slot(calls: Coalescer, server: RedisForTests) -> None:
    told = await asyncio.gather(*(put(calls, slot) for slot in range(SLOTS)), return_exceptions=True)
    assert [str(error) for error in told] == [f"slot {slot:02d} is being rebuilt" for slot in range(SLOTS)]
    assert server.server.ask("DBSIZE") == 0


async def test_every_shut_slot_is_told_with_the_fence_it_wants(calls: Coalescer) -> None:
    shut = await calls.shut()
    assert [gap.slot for gap in shut] == list(range(SLOTS))
    assert len({gap.wanted for gap in shut}) == 1
    installation, run_id, replication_id = shut[0].wanted.split(":")
    assert (installation, len(run_id), len(replication_id)) == (INSTALLATION, 40, 40)
    assert {(gap.found, gap.heard_ms) for gap in shut} == {(None, None)}


async def test_what_has_no_two_digits_as_its_tag_stands_behind_no_fence(calls: Coalescer) -> None:
    for key in ("{lease:sweep}:holder", "{signin:0707}:known", "{64}:thing", "{7}:thing", "07:thing", "{xx}:thing"):
        assert await calls.run(PUT, (key,), ("x",)) == b"OK"
    assert await calls.command("PING") == b"PONG"
    assert await calls.command("GET", "{lease:sweep}:holder") == b"x"


async def test_who_mends_goes_past_the_fence_and_nobody_else_does(calls: Coalescer) -> None:
    assert await put(calls.past_fence, 7) == b"OK"
    with pytest.raises(Unavailable, match="slot 07"):
        await put(calls, 7)
    with pytest.raises(Unavailable, match="slot 07"):
        await calls.command("GET", "{07}:thing")


async def test_a_mended_slot_takes_calls_at_once_and_the_others_stay_shut(calls: Coalescer) -> None:
    await mend(calls, 7)
    assert [gap.slot for gap in await calls.shut()] == [slot for slot in range(SLOTS) if slot != 7]
    told = await asyncio.gather(put(calls, 6), put(calls, 7), put(calls, 8), return_exceptions=True)
    assert [isinstance(reply, Unavailable) for reply in told] == [True, False, True]


async def test_other_lines_notice_within_a_moment_that_a_slot_was_mended(
    calls: Coalescer, server: RedisForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examengine.live.node.LOOK_AGAIN_SECONDS", 2.0)
    other = connect(server.url, installation=INSTALLATION)
    with pytest.raises(Unavailable):
        await put(other, 7)
    await mend(calls)
    with pytest.raises(Unavailable):  # it has looked just now
        await put(other, 7)
    await asyncio.sleep(2)
    assert await put(other, 7) == b"OK"
    assert await other.shut() == ()
    await other.aclose()


async def test_a_restart_with_its_files_shuts_every_slot_and_tells_what_was_there(
    calls: Coalescer, server: RedisForTests
) -> None:
    await mend(calls)
    assert await put(calls, 7, "kept") == b"OK"
    before = server.server.ask("HGET", fence_key(7), "id").decode()
    server.server.restart()
    with pytest.raises(Unavailable, match="slot 07"):
        await put(calls, 7, "lost")
    shut = await calls.shut()
    assert len(shut) == SLOTS
    assert {(gap.found, gap.heard_ms) for gap in shut} == {(before, 77)}
    assert before not in {gap.wanted for gap in shut}
    assert await calls.past_fence.command("GET", "{07}:thing") == b"kept"


async def test_of_a_pipeline_that_meets_a_restarted_server_nothing_is_written(
    calls: Coalescer, server: RedisForTests
) -> None:
    await mend(calls)
    await put(calls, 7, "before")
    server.server.restart()  # the connection is open as far as we know
    told = await asyncio.gather(*(put(calls, 7, "after") for _ in range(20)), return_exceptions=True)
    assert {type(error) for error in told} == {Unavailable}
    assert await calls.past_fence.command("GET", "{07}:thing") == b"before"


async def test_another_installation_over_the_same_server_finds_its_slots_shut(
    calls: Coalescer, server: RedisForTests
) -> None:
    await mend(calls)
    other = connect(server.url, installation="d4e5f6")
    with pytest.raises(Unavailable, match="slot 07"):
        await put(other, 7)
    assert {str(gap.found).split(":")[0] for gap in await other.shut()} == {INSTALLATION}
    await other.aclose()


async def test_a_server_emptied_under_us_is_seen_by_whoever_asks_for_shut_slots(
    calls: Coalescer, server: RedisForTests
) -> None:
    await mend(calls)
    assert await calls.shut() == ()
    server.flush()
    assert len(await calls.shut()) == SLOTS
    with pytest.raises(Unavailable, match="slot 07"):
        await put(calls, 7)


async def test_without_a_server_nothing_is_said_to_be_open(calls: Coalescer, server: RedisForTests) -> None:
    await mend(calls)
    server.server.kill()
    try:
        with pytest.raises(Unavailable):
            await calls.shut()
        with pytest.raises(Unavailable):
            await put(calls, 7)
    finally:
        server.server.start()
