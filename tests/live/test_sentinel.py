"""A primary with two replicas under three Sentinels: what was acknowledged outlives the primary."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from examengine.live import Coalescer, Unavailable, WrongServer, connect
from examengine.live.replicas import Rival
from examengine.live.sentinel import View, chosen
from examengine.live.wire import Address
from tests.harness import SentinelForTests
from tests.live.writers import COUNT, Writers, eventually, key_of, mend
from tests.programs import replicating_server

INSTALLATION = "a1b2c3"


@pytest.fixture(scope="module")
def watched() -> Iterator[SentinelForTests]:
    if replicating_server() is None:
        pytest.skip("no redis-server of 7.2 or newer here")
    made = SentinelForTests()
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
async def calls(watched: SentinelForTests) -> AsyncIterator[Coalescer]:
    coalescer = connect(watched.url, installation=INSTALLATION, durable=True)
    yield coalescer
    await coalescer.aclose()


async def put(calls: Coalescer, slot: int = 7, number: int = 1) -> bytes:
    reply: bytes = await calls.run(COUNT, (key_of(slot),), (number,))
    return reply


async def acknowledged(calls: Coalescer, slot: int, number: int) -> None:
    """Repeated as a page repeats it: a replica that has just come back may still be busy with its file."""
    async with asyncio.timeout(40):
        while True:
            try:
                await put(calls, slot, number)
            except Unavailable:
                await asyncio.sleep(0.1)
            else:
                return


async def whole(watched: SentinelForTests) -> None:
    await asyncio.to_thread(watched.heal)


async def test_what_is_acknowledged_stands_on_the_disk_of_both_replicas(
    watched: SentinelForTests, calls: Coalescer
) -> None:
    await mend(calls)
    for number in range(1, 50):
        await put(calls, 7, number)
        assert {int(node.ask("GET", key_of(7))) for node in watched.nodes} == {number}
    for node in watched.nodes:
        assert b"49" in b"".join(file.read_bytes() for file in node.folder.glob("appendonlydir/*.incr.aof"))[-200:]


async def test_a_paused_replica_makes_saves_refused_until_it_counts_as_gone(
    watched: SentinelForTests, calls: Coalescer
) -> None:
    await mend(calls)
    await put(calls)
    paused = watched.replicas[0]
    paused.pause()
    try:
        with pytest.raises(Unavailable, match="1 of 2 replicas have it"):
            await put(calls, 7, 2)
        writers = Writers(calls)
        async with writers.at_work():
            await writers.until_acknowledged()
    finally:
        paused.resume()
    assert await writers.lost() == []
    await whole(watched)


async def test_a_replica_that_comes_back_must_have_everything_again(
    watched: SentinelForTests, calls: Coalescer
) -> None:
    gone = watched.replicas[0]
    gone.kill()
    await mend(calls)
    writers = Writers(calls)
    async with writers.at_work():
        await writers.until_acknowledged()
    gone.start()
    await whole(watched)
    await acknowledged(calls, 7, 1_000_000)
    assert int(gone.ask("GET", key_of(7))) == 1_000_000


async def test_acknowledged_writes_survive_the_kill_of_the_primary_under_load(
    watched: SentinelForTests, calls: Coalescer
) -> None:
    await whole(watched)
    writers = Writers(calls)
    async with writers.at_work():
        await writers.until_acknowledged()
        old = watched.primary
        before, refused = dict(writers.acknowledged), writers.refused
        old.kill()
        await eventually(lambda: writers.refused > refused)
        await writers.until_acknowledged()
        assert watched.primary is not old
    assert await writers.lost() == []
    assert all(writers.acknowledged[slot] > number for slot, number in before.items())
    # The new primary took nothing before each slot had been looked at.
    assert any("is being rebuilt" in reason for reason in writers.reasons)
    old.start()
    await whole(watched)
    assert await writers.lost() == []


async def test_a_primary_that_was_silent_and_replaced_gets_no_further_call(
    watched: SentinelForTests, calls: Coalescer
) -> None:
    await whole(watched)
    writers = Writers(calls)
    async with writers.at_work():
        await writers.until_acknowledged()
        old = watched.primary
        old.pause()
        await eventually(lambda: watched.primary is not old)
        old.resume()
        await writers.until_acknowledged()
    assert await writers.lost() == []
    await whole(watched)
    assert await writers.lost() == []


async def test_the_sentinels_are_asked_for_a_service_that_they_know(watched: SentinelForTests) -> None:
    calls = connect(watched.url.replace("/exam", "/other"), installation=INSTALLATION)
    with pytest.raises(WrongServer, match="no service named 'other'"):
        await calls.check()
    await calls.aclose()


async def test_a_primary_without_min_replicas_to_write_is_refused_at_the_start(
    watched: SentinelForTests, calls: Coalescer
) -> None:
    await calls.check()
    primary = watched.primary
    primary.ask("CONFIG", "SET", "min-replicas-to-write", 0)
    other = connect(watched.url, installation=INSTALLATION, durable=True)
    try:
        with pytest.raises(WrongServer, match="min-replicas-to-write is 0"):
            await other.check()
    finally:
        primary.ask("CONFIG", "SET", "min-replicas-to-write", 1)
        await other.aclose()


# ── what Sentinels say ──

OLD, NEW = Address("old", 1), Address("new", 1)


def test_the_newest_election_counts_though_most_have_not_heard_of_it() -> None:
    views = [View(OLD, 4, False), View(OLD, 4, False), View(NEW, 5, False)]
    assert chosen(views, 3) == (NEW, ())


def test_while_one_is_being_chosen_there_is_no_primary() -> None:
    with pytest.raises(Unavailable, match="being replaced"):
        chosen([View(OLD, 4, False), View(OLD, 4, False), View(OLD, 4, True)], 3)
    # One that has not heard of the election holds the old one to be down for ever.
    assert chosen([View(OLD, 4, True), View(NEW, 5, False)], 3) == (NEW, ())


@pytest.mark.parametrize(
    ("answering", "listed", "enough"), [(1, 1, True), (1, 2, False), (1, 3, False), (2, 3, True)]
)
def test_more_than_half_of_the_sentinels_listed_must_answer(answering: int, listed: int, enough: bool) -> None:
    views = [View(OLD, 1, False)] * answering
    if enough:
        assert chosen(views, listed) == (OLD, ())
    else:
        with pytest.raises(Unavailable, match=f"{answering} of {listed}"):
            chosen(views, listed)


def test_a_replica_that_any_sentinel_holds_to_be_alive_is_a_rival_at_its_highest() -> None:
    one = View(OLD, 1, False, (Rival("a", 5), Rival("b", 7)))
    two = View(OLD, 1, False, (Rival("a", 6),))
    assert chosen([one, two], 2)[1] == (Rival("a", 6), Rival("b", 7))
