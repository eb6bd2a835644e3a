"""What runs beside the requests goes on after a fault of its own, and ends with its worker."""

import asyncio
from contextlib import suppress

import pytest

from examengine.live.leases import Leases
from examengine.sittings.ship import LEASE
from examengine.web import background
from examengine.web.background import GivesWay, running
from tests.world import World


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(background, "CANCEL_AGAIN_SECONDS", 0.01)


class Failing:
    turns = 0

    async def run(self) -> None:
        self.turns += 1
        raise ValueError(self.turns)


class Deaf:
    """Loses the first cancellation, as a client that is just connecting may."""

    cancelled = 0

    async def run(self) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        self.cancelled += 1
        await asyncio.Event().wait()


async def test_a_task_that_fails_begins_again() -> None:
    task = Failing()
    async with running([task]), asyncio.timeout(30):
        while task.turns < 3:
            await asyncio.sleep(0.01)


async def test_a_task_that_loses_its_cancellation_is_cancelled_again() -> None:
    task = Deaf()
    async with asyncio.timeout(30):
        async with running([task]):
            await asyncio.sleep(0.02)

    assert task.cancelled == 1
    assert len(asyncio.all_tasks()) == 1


class Noting:
    def __init__(self) -> None:
        self.began = asyncio.Event()

    async def run(self) -> None:
        self.began.set()
        await asyncio.Event().wait()


async def test_a_heavy_task_leaves_its_lease_to_the_worker_that_does_not_ship(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "SETTLE_SECONDS", 0.01)
    monkeypatch.setattr(background, "GIVE_WAY_SECONDS", 0.2)
    ours, others = Leases(world.services.calls), Leases(world.services.calls)
    await ours.take(LEASE, "ours", 60_000)
    mine, theirs = Noting(), Noting()
    async with running([GivesWay(mine, ours), GivesWay(theirs, others)]), asyncio.timeout(30):
        await theirs.began.wait()
        assert not mine.began.is_set()
        await mine.began.wait()  # who is alone does all


async def test_every_task_of_a_worker_gives_its_lease_back(world: World) -> None:
    services = world.services
    lease = await services.leases.take("sweeper", "this worker", 60_000)
    assert lease is not None
    assert await services.leases.take("sweeper", "the next worker", 60_000) is None

    await background.take_leave(services)

    assert await services.leases.take("sweeper", "the next worker", 60_000) is not None


async def test_a_worker_takes_its_leave_though_everything_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "SHIP_SECONDS", 0.2)
    await world.services.leases.take("sweeper", "this worker", 60_000)
    await world.services.calls.aclose()

    await background.take_leave(world.services)
