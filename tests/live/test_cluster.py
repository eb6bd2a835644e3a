"""A cluster of three primaries with a replica each: calls find their node, and outlive it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from examengine.live import Coalescer, Unavailable, WrongServer, connect
from examengine.live.cluster import hash_slot
from examengine.live.leases import Leases
from examengine.live.scripts import Script
from examengine.live.slots import SLOTS, fence_key
from tests.harness import ClusterForTests, RedisForTests, Server, free_ports
from tests.live.writers import COUNT, Writers, eventually, key_of, mend
from tests.programs import replicating_server

INSTALLATION = "a1b2c3"


@pytest.fixture(scope="module")
def cluster() -> Iterator[ClusterForTests]:
    if replicating_server() is None:
        pytest.skip("no redis-server of 7.2 or newer here")
    made = ClusterForTests()
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
async def calls(cluster: ClusterForTests) -> AsyncIterator[Coalescer]:
    coalescer = connect(cluster.url, installation=INSTALLATION, durable=True)
    yield coalescer
    await coalescer.aclose()


async def put(calls: Coalescer, slot: int = 7, number: int = 1) -> bytes:
    reply: bytes = await calls.run(COUNT, (key_of(slot),), (number,))
    return reply


async def test_calls_of_one_turn_go_to_the_nodes_of_their_keys(cluster: ClusterForTests, calls: Coalescer) -> None:
    await mend(calls)
    assert await calls.shut() == ()
    told = await asyncio.gather(*(put(calls, slot, slot) for slot in range(SLOTS)))
    assert told == [b"OK"] * SLOTS
    serving = cluster.serving()
    for slot, node in enumerate(serving):
        assert node.ask("GET", key_of(slot)) == str(slot).encode()
    assert len({node.ask("HGET", fence_key(slot), "id") for slot, node in enumerate(serving)}) == 3


async def test_leases_and_other_keys_lie_on_whatever_node_their_tag_names(calls: Coalescer) -> None:
    leases = Leases(calls)
    for name in ("sweep", "shipper", "rebuild", "notary"):
        lease = await leases.take(name, "me", 1_000)
        assert lease is not None
        assert await leases.take(name, "you", 1_000) is None
        assert await leases.release(lease)


@pytest.mark.parametrize("key", ["{07}:fence", "{lease:sweep}:holder", "plain", "{}odd", "a{b}c", "{{x}}"])
def test_hash_slots_are_those_that_the_servers_compute(cluster: ClusterForTests, key: str) -> None:
    assert hash_slot(key) == cluster.primary.ask("CLUSTER", "KEYSLOT", key)


async def test_after_a_failover_by_hand_calls_follow_and_the_fences_were_asked_first(
    cluster: ClusterForTests, calls: Coalescer
) -> None:
    await mend(calls)
    writers = Writers(calls)
    async with writers.at_work():
        await writers.until_acknowledged()
        old = cluster.primary_of(7)
        fence = old.ask("HGET", fence_key(7), "id")
        await asyncio.to_thread(cluster.replica_of(old).ask, "CLUSTER", "FAILOVER")
        await eventually(lambda: cluster.primary_of(7) is not old)
        await writers.until_acknowledged()  # by the old one, perhaps: on its way before
        await writers.until_acknowledged()
    assert await writers.lost() == []
    # it names the new server: nothing was written there before the slot had been looked at
    assert cluster.primary_of(7).ask("HGET", fence_key(7), "id") not in {None, fence}
    await asyncio.to_thread(cluster.heal)


async def test_a_slot_on_the_move_waits_until_it_has_arrived_and_is_looked_at_there(
    cluster: ClusterForTests, calls: Coalescer
) -> None:
    await mend(calls)
    await put(calls, 7, 1)
    source, moving = cluster.primary_of(7), hash_slot("{07}")
    target = next(node for node in cluster.serving() if node is not source)
    stranger = next(key for n in range(10_000, 200_000) if hash_slot(key := f"{{{n}}}:x") == moving)
    begin_move(moving, source, target)
    # What is still there is served there. A new key of another kind goes to its new place; one of ours waits.
    assert await put(calls, 7, 2) == b"OK"
    assert await calls.run(COUNT, (stranger,), ("there",)) == b"OK"
    assert target.ask("CLUSTER", "COUNTKEYSINSLOT", moving) == 1
    with pytest.raises(Unavailable, match="ASK"):
        await calls.command("GET", "{07}:nothing")
    end_move(moving, source, target)
    writers = Writers(calls, tried={7: 2})
    while "slot 07 is being rebuilt" not in writers.reasons:
        await writers.write(7)
    assert writers.acknowledged == {}
    async with writers.at_work():
        await writers.until_acknowledged({7})
    assert await writers.lost() == []
    assert cluster.primary_of(7) is target


async def test_acknowledged_writes_survive_the_kill_of_a_primary_under_load(
    cluster: ClusterForTests, calls: Coalescer
) -> None:
    await mend(calls)
    writers = Writers(calls)
    async with writers.at_work():
        await writers.until_acknowledged()
        serving = cluster.serving()
        old = serving[7]
        others = {slot for slot, node in enumerate(serving) if node is not old}
        refused = writers.refused
        old.kill()
        await eventually(lambda: writers.refused > refused)
        await writers.until_acknowledged(others, seconds=4)  # nobody else waits for it
        await eventually(lambda: cluster.primary_of(7) is not old)
        old.start()
        await writers.until_acknowledged()
    assert await writers.lost() == []
    await asyncio.to_thread(cluster.heal)
    assert await writers.lost() == []


async def test_a_script_is_brought_to_each_node_that_does_not_know_it(calls: Coalescer) -> None:
    await mend(calls)
    fresh = Script("fresh", "return redis.call('SET', KEYS[1], ARGV[1]) -- never seen before")
    told = await asyncio.gather(*(calls.run(fresh, (key_of(slot),), (1,)) for slot in range(SLOTS)))
    assert told == [b"OK"] * SLOTS


async def test_one_server_is_no_cluster() -> None:
    alone = RedisForTests(port=free_ports(1)[0])
    alone.start()
    calls = connect(alone.url.replace("redis://", "redis+cluster://"))
    try:
        with pytest.raises(WrongServer, match="is no node of a cluster"):
            await calls.check()
    finally:
        await calls.aclose()
        alone.stop()


def begin_move(slot: int, source: Server, target: Server) -> None:
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.ask("CLUSTER", "MYID").decode())
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.ask("CLUSTER", "MYID").decode())


def end_move(slot: int, source: Server, target: Server) -> None:
    for key in source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
        source.ask("MIGRATE", "127.0.0.1", target.port, key, 0, 2_000)
    name = target.ask("CLUSTER", "MYID").decode()
    for node in (target, source):
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", name)
