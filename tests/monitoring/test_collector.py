"""The collector over a real Redis and a real record: what the wall shows of a few sittings."""

import asyncio

import pytest

from examengine import live
from examengine.live.slots import SLOTS, fence_key, slot_of
from examengine.live.wall import LOOKS_AT_ONCE, RUNNING
from examengine.monitoring import silence
from examengine.monitoring.collector import Collector
from examengine.monitoring.snapshot import Counts, is_silent
from examengine.records.wall import Place
from tests.faults import sql_away
from tests.harness import RedisForTests
from tests.live.builders import opening
from tests.world import World

SILENT_MS = 60_000
HOME = Place(1, "450702", "第一中学")


async def seen(world: World) -> Counts:
    """What the wall shows now."""
    shown = await world.services.wall.shown()
    assert shown is not None
    found = shown.counts(world.now_ms, lambda _place: True, lambda _place: None)
    return found.get(None, Counts())


def a_collector(world: World, owner: str = "one") -> Collector:
    """One that counts in SQL whenever the world's clock has moved on."""
    services = world.services
    return Collector(
        services.database,
        services.wall.board,
        services.leases,
        services.shelf,
        services.shipper.oldest_unshipped_ms,
        world.clock,
        owner,
        lambda: world.now_ms / 1000,
    )


@pytest.fixture
def collector(world: World) -> Collector:
    return a_collector(world)


async def counted(world: World, collector: Collector, after_ms: int = 0) -> Counts:
    """Let time pass, collect, and look."""
    world.clock.move_to(world.now_ms + after_ms)
    assert await collector.collect()
    return await seen(world)


async def test_people_pass_through_the_states(world: World, collector: Collector) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    exam = next(iter(world.exams.values()))
    await world.crowd(exam, 3)
    assert (await counted(world, collector)).not_started == 3
    counts = await seen(world)
    assert (counts.writing, counts.silent, counts.handed_in) == (1, 0, 0)

    counts = await counted(world, collector, SILENT_MS + 5_000)
    assert (counts.writing, counts.silent) == (0, 1)

    pen = await world.pen(attempt_id, person_id)
    counts = await counted(world, collector, 5_000)
    assert (counts.writing, counts.silent) == (1, 0)

    await world.services.finisher.by_page(pen, live.CloseReason.HAND_IN, world.now_ms)
    counts = await counted(world, collector, 5_000)
    assert (counts.live, counts.handed_in) == (0, 1)


async def test_who_came_where_another_went_is_found_within_three_rounds(world: World, collector: Collector) -> None:
    person_id, _, first = await world.a_candidate_in_an_exam()
    await counted(world, collector)
    pen = await world.pen(first, person_id)
    await world.services.finisher.by_page(pen, live.CloseReason.HAND_IN, world.now_ms)
    await world.services.desk.open(opening(attempt_id=first + SLOTS), world.now_ms)
    for _ in range(3):
        counts = await counted(world, collector, 5_000)
    assert counts.live == 1
    assert collector._watch is not None
    assert collector._watch.unknown(slot_of(first), [first + SLOTS]) == []


async def test_the_wall_does_not_wait_for_a_round_to_call_somebody_silent(world: World, collector: Collector) -> None:
    await world.a_candidate_in_an_exam()
    await counted(world, collector)
    assert (await counted(world, collector, SILENT_MS - 10_000)).silent == 0
    world.clock.move_to(world.now_ms + 18_000)
    assert (await seen(world)).silent == 1


async def test_places_and_the_last_half_hour_are_kept(world: World, collector: Collector) -> None:
    await world.a_candidate_in_an_exam()
    began_ms = world.now_ms
    await counted(world, collector)
    await counted(world, collector, SILENT_MS + 5_000)
    shown = await world.services.wall.shown()
    assert shown is not None
    places = {place for place in shown.places if place.exam_id}
    assert {(place.region, place.unit) for place in places} == {(HOME.region, HOME.unit)}
    [listed] = await world.services.wall.listed()
    assert is_silent(listed, world.now_ms)
    moments = await world.services.wall.moments(0)
    assert [(moment.live, moment.silent) for moment in moments] == [(1, 0), (1, 1)]
    fallen = await silence.fallen(world.services.wall.board, began_ms - 5_000, began_ms + 5_000)
    assert fallen.total == 1


async def test_one_collects_at_a_time_and_the_next_one_goes_on(world: World, collector: Collector) -> None:
    await world.a_candidate_in_an_exam()
    await counted(world, collector)
    await counted(world, collector, SILENT_MS + 5_000)
    second = a_collector(world, "another")
    assert not await second.collect()
    await world.services.leases.release_all()
    assert await second.collect()
    assert (await seen(world)).silent == 1
    fallen = await silence.fallen(world.services.wall.board, 0, world.now_ms)
    assert fallen.total == 1, "who fell silent before is not counted again"


async def test_what_is_known_of_a_shut_slot_stands(
    world: World, collector: Collector, redis_for_tests: RedisForTests
) -> None:
    _person, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    await counted(world, collector)
    key = fence_key(slot_of(attempt_id))
    await world.services.calls.past_fence.command("HSET", key, "id", "another life")
    # fences are read anew on every connection
    redis_for_tests.server.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert (await counted(world, collector, 5_000)).live == 1
    shown = await world.services.wall.shown()
    assert shown is not None
    assert shown.snapshot.shut == 1


async def test_the_wall_goes_on_without_the_record(world: World, collector: Collector) -> None:
    await world.a_candidate_in_an_exam()
    async with sql_away(world.services.database):
        assert (await counted(world, collector)).live == 1
    await counted(world, collector, 5_000)
    shown = await world.services.wall.shown()
    assert shown is not None
    [row] = shown.snapshot.rows
    assert shown.place(row.place).unit == HOME.unit


async def test_a_look_reads_what_the_desk_knows(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a", 2: "b"})
    known = await world.services.desk.read(attempt_id, world.now_ms)
    board = world.services.wall.board
    [(state, seen_ms, deadline_ms, since_ms)] = await board.look([attempt_id])
    assert (state, seen_ms, deadline_ms, since_ms) == (RUNNING, known.seen_ms, known.deadline_ms, 0)
    detail = await board.detail(attempt_id, 0)
    assert detail is not None
    assert (detail.answered, detail.items, detail.pages) == (2, known.items, known.epoch)
    assert detail.unshipped == known.revision == 2
    shipped = await board.detail(attempt_id, world.now_ms)
    assert shipped is not None
    assert shipped.unshipped == 0
    assert await board.detail(attempt_id + 64, 0) is None
    absent = await board.look([attempt_id + 64 * no for no in range(1, LOOKS_AT_ONCE)])
    assert {sign[0] for sign in absent} == {0}


async def test_workers_publish_and_are_added_up(world: World) -> None:
    world.services.figures.saves += 5
    await world.services.publisher.publish()
    [published] = await world.services.wall.workers()
    assert (published.saves, published.at_ms) == (5, world.now_ms)


async def test_the_collector_runs_beside_and_can_be_stopped(world: World) -> None:
    await world.a_candidate_in_an_exam()
    running = asyncio.create_task(world.services.collector.run())
    async with asyncio.timeout(20):
        while await world.services.wall.shown() is None:
            await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
