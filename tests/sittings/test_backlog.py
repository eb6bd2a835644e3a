"""How long an attempt has to wait for its record: by what waits before it, and how fast that becomes less."""

import pytest

from examengine.live.desk import CLAMP_MS
from examengine.records import attempts
from examengine.sittings import backlog as backlogs
from examengine.sittings.backlog import NOTICED_MS, RESULTS_A_SECOND, ROUND_MS, UNKNOWN_MS, USUAL_A_SECOND, Backlog
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


async def test_nobody_is_told_less_than_the_grace_and_the_last_of_the_line_the_most(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlogs, "MANY", 20)
    ids, deadline_ms = await a_house(world)
    backlog = Backlog(world.services.database)
    first, *_, last = [await backlog.wait_ms(one, deadline_ms, deadline_ms + 5_000) for one in ids]
    assert FINAL_MS - 5_000 <= first - ROUND_MS < FINAL_MS - 4_000
    assert last - first == int(5 * 1_000 / USUAL_A_SECOND)
    assert not await backlog.is_long(deadline_ms, deadline_ms + 5_000)


async def test_the_wait_follows_what_is_recorded_a_second(world: World) -> None:
    ids, deadline_ms = await a_house(world)
    backlog, now_ms = Backlog(world.services.database), deadline_ms + FINAL_MS + 1_000
    world.clock.move_to(now_ms)
    assert await backlog.is_long(deadline_ms, now_ms)
    slow = await backlog.wait_ms(ids[-1], deadline_ms, now_ms)
    for attempt_id in ids[:3]:
        await world.services.finisher.when_due(attempt_id, now_ms)
    assert await backlog.wait_ms(ids[-1], deadline_ms, now_ms + 1_000) == slow  # what was seen is fresh
    assert await backlog.wait_ms(ids[-1], deadline_ms, now_ms + 2_000) < slow


async def test_of_a_crowd_all_are_recorded_before_the_first_result_and_each_keeps_its_place(world: World) -> None:
    ids, deadline_ms = await a_house(world)
    backlog, now_ms = Backlog(world.services.database), deadline_ms + 1_000
    told = [await backlog.wait_ms(one, deadline_ms, now_ms, all_sent=True) for one in ids]
    recording_ms = ROUND_MS + int(5 * 1_000 / USUAL_A_SECOND) + NOTICED_MS
    places = [one - told[0] for one in told]
    assert len(set(told)) == len(ids)
    assert max(told) - min(told) < 5 * 1_000 / RESULTS_A_SECOND
    assert CLAMP_MS - 1_000 + recording_ms <= min(told) <= max(told) < CLAMP_MS + recording_ms
    assert await backlog.wait_ms(ids[0], deadline_ms, now_ms) >= FINAL_MS - 1_000 + ROUND_MS  # has its grace
    world.clock.move_to(now_ms := deadline_ms + FINAL_MS + 1_000)
    for attempt_id in ids[:3]:
        await world.services.finisher.when_due(attempt_id, now_ms)
    held = [await backlog.held_ms(one, deadline_ms, now_ms) for one in ids]
    assert [one - held[0] for one in held] == places
    for attempt_id in ids[3:]:
        await world.services.finisher.when_due(attempt_id, now_ms)
    now_ms += 2_000
    waits = [await backlog.held_ms(one, deadline_ms, now_ms) for one in ids]
    assert [one - waits[0] for one in waits] == places
    assert all(0 <= one < 5 * 1_000 / RESULTS_A_SECOND for one in waits)
    assert {await backlog.held_ms(one, deadline_ms, now_ms + wait) for one, wait in zip(ids, waits, strict=True)} == {
        0
    }


async def test_pages_are_told_over_which_time_they_ask_by_how_many_they_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, deadline_ms = await a_house(world)
    backlog, now_ms = Backlog(world.services.database), deadline_ms - 10_000
    assert backlog.spread_ms(deadline_ms, now_ms) == backlogs.SPREAD_MS
    await backlog.wait_ms(1, deadline_ms, now_ms)  # what was asked in the background is there
    assert backlog.spread_ms(deadline_ms, now_ms) == backlogs.SPREAD_LEAST_MS
    monkeypatch.setattr(backlogs, "ASKS_A_SECOND", 1)
    assert backlog.spread_ms(deadline_ms, now_ms) == 5_000
    monkeypatch.setattr(backlogs, "SPREAD_MOST_MS", 3_000)
    assert backlog.spread_ms(deadline_ms, now_ms) == 3_000


async def test_where_only_a_few_end_nobody_is_held(world: World) -> None:
    ids, deadline_ms = await a_house(world, 1)
    backlog = Backlog(world.services.database)
    assert await backlog.held_ms(ids[0], deadline_ms, deadline_ms + 1_000) == 0


async def test_without_sql_a_page_is_told_to_ask_again_soon(world: World) -> None:
    ids, deadline_ms = await a_house(world, 1)
    backlog = Backlog(world.services.database)
    async with sql_away(world.services.database):
        assert await backlog.wait_ms(ids[0], deadline_ms, deadline_ms) == UNKNOWN_MS
        assert not await backlog.is_long(deadline_ms, deadline_ms)
        assert await backlog.held_ms(ids[0], deadline_ms, deadline_ms) == 0
    assert await backlog.wait_ms(ids[0], deadline_ms, deadline_ms) > UNKNOWN_MS


async def test_those_that_are_due_in_one_second_are_one_batch(world: World) -> None:
    ids, deadline_ms = await a_house(world, 3)
    async with world.services.database.reading() as tx:
        assert await attempts.ending_until(tx, deadline_ms + FINAL_MS - 1) == ()
        (batch,) = await attempts.ending_until(tx, deadline_ms + FINAL_MS)
    assert (batch.count, batch.first_id, batch.last_id) == (3, min(ids), max(ids))
    assert 0 <= batch.due_ms - deadline_ms - FINAL_MS < 1_000
