"""How long an attempt has to wait for its record: by what waits before it, and how fast that becomes less."""

import pytest

from examengine.records import attempts
from examengine.sittings.backlog import ROUND_MS, UNKNOWN_MS, USUAL_A_SECOND, Backlog
from tests.faults import sql_away
from tests.world import World

MINUTE_MS = 60_000
FINAL_MS = 32_000


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examengine.sittings.backlog.MANY", 2)


async def a_house(world: World, size: int = 5) -> tuple[list[int], int]:
    ids = [await world.started(enrolment) for enrolment in await world.crowd(await world.exam(), size)]
    return ids, (await world.attempt(ids[0])).base_deadline_ms


async def test_nobody_is_told_less_than_the_grace_and_the_last_of_the_line_the_most(world: World) -> None:
    ids, deadline_ms = await a_house(world)
    backlog = Backlog(world.services.database)
    first, *_, last = [await backlog.wait_ms(one, deadline_ms, deadline_ms + 5_000) for one in ids]
    assert FINAL_MS - 5_000 <= first - ROUND_MS < FINAL_MS - 4_000
    assert last - first == 5 * 1_000 / USUAL_A_SECOND
    assert not await backlog.is_long(deadline_ms + 5_000)


async def test_the_wait_follows_what_is_recorded_a_second(world: World) -> None:
    ids, deadline_ms = await a_house(world)
    backlog, now_ms = Backlog(world.services.database), deadline_ms + FINAL_MS + 1_000
    world.clock.move_to(now_ms)
    assert await backlog.is_long(now_ms)
    slow = await backlog.wait_ms(ids[-1], deadline_ms, now_ms)
    for attempt_id in ids[:3]:
        await world.services.finisher.when_due(attempt_id, now_ms)
    assert await backlog.wait_ms(ids[-1], deadline_ms, now_ms + 1_000) == slow  # what was seen is fresh
    assert await backlog.wait_ms(ids[-1], deadline_ms, now_ms + 2_000) < slow


async def test_without_sql_a_page_is_told_to_ask_again_soon(world: World) -> None:
    ids, deadline_ms = await a_house(world, 1)
    backlog = Backlog(world.services.database)
    async with sql_away(world.services.database):
        assert await backlog.wait_ms(ids[0], deadline_ms, deadline_ms) == UNKNOWN_MS
        assert not await backlog.is_long(deadline_ms)
    assert await backlog.wait_ms(ids[0], deadline_ms, deadline_ms) > UNKNOWN_MS


async def test_those_that_are_due_in_one_second_are_one_batch(world: World) -> None:
    ids, deadline_ms = await a_house(world, 3)
    async with world.services.database.reading() as tx:
        assert await attempts.ending_until(tx, deadline_ms + FINAL_MS - 1) == ()
        (batch,) = await attempts.ending_until(tx, deadline_ms + FINAL_MS)
    assert (batch.count, batch.first_id, batch.last_id) == (3, min(ids), max(ids))
    assert 0 <= batch.due_ms - deadline_ms - FINAL_MS < 1_000
