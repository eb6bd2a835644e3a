"""One holder at a time, and a token by which a slow one is known."""

import asyncio

import pytest

from examengine.live import Coalescer
from examengine.live.leases import Lease, Leases


@pytest.fixture
def leases(calls: Coalescer) -> Leases:
    return Leases(calls)


async def test_only_one_holds_a_lease(leases: Leases) -> None:
    mine = await leases.take("sweep", "a", 5_000)
    assert mine is not None
    assert await leases.take("sweep", "b", 5_000) is None
    assert await leases.take("ship", "b", 5_000) is not None
    assert await leases.take("sweep", "a", 5_000) == mine


async def test_a_lease_given_back_goes_to_the_next_with_a_higher_token(leases: Leases) -> None:
    mine = await leases.take("sweep", "a", 5_000)
    assert mine is not None
    assert await leases.release(mine)
    theirs = await leases.take("sweep", "b", 5_000)
    assert theirs is not None
    assert theirs.token > mine.token
    assert not await leases.release(mine)
    assert not await leases.renew(mine, 5_000)
    assert await leases.renew(theirs, 5_000)


async def test_a_lease_runs_out_unless_it_is_renewed(leases: Leases, calls: Coalescer) -> None:
    mine = await leases.take("sweep", "a", 60_000)
    assert mine is not None
    assert await leases.renew(mine, 120_000)
    assert 60_000 < await calls.command("PTTL", "{lease:sweep}:holder") <= 120_000
    assert await leases.take("sweep", "b", 50) is None
    await calls.command("PEXPIRE", "{lease:sweep}:holder", 1)
    await asyncio.sleep(0.01)
    theirs = await leases.take("sweep", "b", 5_000)
    assert theirs is not None
    assert theirs.token > mine.token
    assert not await leases.renew(mine, 5_000)


async def test_the_same_owner_after_running_out_is_a_new_holding(leases: Leases) -> None:
    mine = await leases.take("sweep", "a", 5_000)
    assert mine is not None
    await leases.release(mine)
    again = await leases.take("sweep", "a", 5_000)
    assert again is not None
    assert not await leases.renew(mine, 5_000)
    assert not await leases.release(Lease("sweep", "a", mine.token))


async def test_a_server_that_lost_everything_gives_no_token_twice(leases: Leases, calls: Coalescer) -> None:
    mine = await leases.take("sweep", "a", 5_000)
    await calls.command("FLUSHALL")
    await asyncio.sleep(0.005)
    theirs = await leases.take("sweep", "b", 5_000)
    assert mine is not None
    assert theirs is not None
    assert theirs.token > mine.token


async def test_who_holds_a_lease_goes_on_holding_it_and_who_lost_it_waits_for_the_other(leases: Leases) -> None:
    first = await leases.hold(None, "sweeper", "one", 60_000)
    assert first is not None
    assert await leases.hold(first, "sweeper", "one", 60_000) == first
    assert await leases.hold(None, "sweeper", "two", 60_000) is None
    await leases.release(first)
    second = await leases.hold(None, "sweeper", "two", 60_000)
    assert second is not None
    assert await leases.hold(first, "sweeper", "one", 60_000) is None
