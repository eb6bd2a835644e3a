"""What runs beside the requests in every worker, and how a worker takes its leave.

Each task is one of many that could do its work and finds out by a lease whether it is the one. A stop goes in this
order: the requests under way are answered (the server's part), the tasks end, what they would still have carried to
SQL is carried there, their leases are given back. The stores are closed by whoever opened them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from examengine.live.leases import Leases
from examengine.sittings import ship
from examengine.web.services import Services

SHIP_SECONDS = 5.0
"""How long a stop waits for the last lines to reach SQL; Redis has them on its disk anyway."""
SHIP_AGAIN_SECONDS = 0.1
RELEASE_SECONDS = 1.0
AGAIN_SECONDS = 1.0
CANCEL_AGAIN_SECONDS = 1.0
SETTLE_SECONDS, GIVE_WAY_SECONDS = 0.25, 2.0

log = structlog.get_logger("examengine.background")


class Task(Protocol):
    """Does its work again and again until it is cancelled; stores that are away are its own affair."""

    async def run(self) -> None: ...


class GivesWay:
    """A task of which much comes beside many sittings. In a worker that ships it begins a little later: another that
    was started beside it has taken the lease by then, and the two share what is to be done.
    """

    def __init__(self, task: Task, leases: Leases) -> None:
        self._task = task
        self._leases = leases

    async def run(self) -> None:
        await asyncio.sleep(SETTLE_SECONDS)
        if self._leases.has(ship.LEASE):
            await asyncio.sleep(GIVE_WAY_SECONDS)
        await self._task.run()


def background_tasks(services: Services) -> tuple[Task, ...]:
    """What every worker runs."""
    return (
        services.rebuilder,
        services.shipper,
        services.shipped_until,
        services.prober,
        services.sweeper,
        services.notary,
        services.regrader,
        services.counter,
        services.tallier,
        services.publisher,
        GivesWay(services.collector, services.leases),
        services.compensator,
        services.notices,
    )


@asynccontextmanager
async def running(tasks: Sequence[Task]) -> AsyncIterator[None]:
    """Run the tasks inside the block; they have ended when it is left."""
    started = [asyncio.create_task(_again(task), name=type(task).__name__) for task in tasks]
    try:
        yield
    finally:
        left = set(started)
        while left:
            for task in left:
                task.cancel()
            # again where it was lost: a client of Redis that is just connecting may swallow it
            _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)


async def _again(task: Task) -> None:
    """A task that ends by a fault of ours begins anew: one fault must not cost sweeping until the next restart."""
    while True:
        try:
            await task.run()
        except Exception:
            log.exception("background_task_failed", task=type(task).__name__)
        await asyncio.sleep(AGAIN_SECONDS)


async def take_leave(services: Services) -> None:
    """Carry to SQL what waits and give the leases back, so that the next worker need not wait for them to run out."""
    await _within(SHIP_SECONDS, "not_all_shipped", ship_up_to(services, services.clock.now_ms()))
    await _within(RELEASE_SECONDS, "leases_not_released", services.leases.release_all())


async def ship_up_to(services: Services, stamp_ms: int) -> None:
    """Wait until every line that was written before ``stamp_ms`` is in SQL; ships itself unless another does.

    While exams run there is always a younger one: who waits for silence waits for ever.

    Raises:
        records.Unavailable, live.Unavailable: the rest still waits in Redis.
    """
    while True:
        await services.shipper.ship(services.clock.now_ms())
        since_ms = await services.shipper.oldest_unshipped_ms()
        if since_ms is None or since_ms > stamp_ms:
            return
        await asyncio.sleep(SHIP_AGAIN_SECONDS)


async def _within(seconds: float, otherwise: str, work: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await work
    except Exception as error:  # a stop goes on whatever is away
        log.warning(otherwise, error=type(error).__name__)
