"""Journal lines reach SQL: soon, at least once, in order, and never out of an earlier life of their slot."""

from itertools import count
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from examengine import live
from examengine.live import CloseReason, Operation, Pen
from examengine.live.desk import CLAMP_MS, Acknowledged
from examengine.live.replies import shipped_revision
from examengine.live.shipping import GATHER, SHIPPED, ShippedUntil, Unshippeds
from examengine.live.slots import sitting_keys, slot_of
from examengine.records import segments
from examengine.records.errors import Unavailable
from examengine.records.tables import journal_segments
from examengine.sittings.ship import Shipper
from tests.faults import Line, sql_away, sql_failing_at
from tests.live.builders import opening
from tests.world import World


async def a_page(world: World) -> Pen:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    return await world.pen(attempt_id, person_id)


def a_shipper(world: World, owner: str) -> Shipper:
    """Another one."""
    services = world.services
    unshipped = Unshippeds(services.calls, clamp=False)
    return Shipper(services.database, unshipped, ShippedUntil(services.calls), services.leases, world.clock, owner)


async def told(world: World, pen: Pen) -> tuple[int, int]:
    """The revision that a page hears of, and up to which it hears that all is in SQL."""
    standing = await world.services.desk.pulse(pen, world.now_ms)
    return standing.revision, shipped_revision(standing, world.services.shipped_until.at_ms)


def some_time_passes(world: World) -> None:
    """More than stamps may be off by."""
    world.clock.advance(2 * CLAMP_MS + 1)


async def waiting(world: World, attempt_id: int) -> list[bytes]:
    """What waits in the slot of an attempt."""
    lines: list[bytes] = await world.services.calls.command("LRANGE", sitting_keys(attempt_id)[3], 0, -1)
    return lines


async def in_sql(world: World, attempt_id: int) -> list[bytes]:
    """The lines that SQL has of an attempt."""
    async with world.services.database.reading() as tx:
        return (await segments.journals(tx, slot_of(attempt_id))).of(attempt_id)


async def in_redis(world: World, attempt_id: int) -> list[bytes]:
    return list((await world.services.desk.read(attempt_id, world.now_ms)).journal)


async def rows(world: World) -> int:
    async with world.services.database.reading() as tx:
        return len(await tx.rows(select(journal_segments.c.id)))


async def test_what_was_acknowledged_is_in_sql_after_a_round_and_the_page_is_told(world: World) -> None:
    pen = await a_page(world)
    await world.answer(pen, {1: "a", 2: "b"})
    assert await told(world, pen) == (2, 0)
    some_time_passes(world)

    assert await world.services.shipper.ship(world.now_ms) == 4

    assert await in_sql(world, pen.attempt_id) == await in_redis(world, pen.attempt_id)
    assert await told(world, pen) == (2, 2)
    assert await world.services.shipper.ship(world.now_ms) == 0
    assert await rows(world) == 1


async def test_a_page_is_told_when_nothing_has_been_written_for_longer_than_stamps_may_be_off(world: World) -> None:
    pen = await a_page(world)
    await world.answer(pen, {1: "a"})
    assert await world.services.shipper.ship(world.now_ms) == 3
    assert await told(world, pen) == (1, 0), "a line that waits may be stamped as early as that"
    world.clock.advance(2 * CLAMP_MS)
    await world.services.shipper.ship(world.now_ms)
    assert await told(world, pen) == (1, 0)
    world.clock.advance(2 * CLAMP_MS + 1)
    assert await world.services.shipper.ship(world.now_ms) == 0
    assert await told(world, pen) == (1, 1)


async def test_an_answer_hears_only_of_those_before_it(world: World) -> None:
    pen = await a_page(world)
    await world.answer(pen, {1: "a", 2: "b"})
    some_time_passes(world)
    await world.services.shipper.ship(world.now_ms)
    third = await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    assert (third.revision, shipped_revision(third, world.services.shipped_until.at_ms)) == (3, 2)
    again = await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    assert (again.word, shipped_revision(again, world.services.shipped_until.at_ms)) == ("repeated", 0)


async def test_whoever_has_just_taken_the_pen_hears_of_nothing_yet(world: World) -> None:
    """What another page has brought back may be on its way, under stamps of long ago."""
    pen = await a_page(world)
    await world.answer(pen, {1: "a"})
    some_time_passes(world)
    await world.services.shipper.ship(world.now_ms)
    page = await world.services.desk.claim(pen.attempt_id, pen.owner_id, 1, "next", "test", world.now_ms)
    assert (page.revision, shipped_revision(page, world.services.shipped_until.at_ms)) == (1, 0)


async def test_a_page_without_the_pen_hears_of_its_own_answers_while_the_next_one_writes(world: World) -> None:
    first = await a_page(world)
    await world.answer(first, {1: "a"})
    world.clock.advance(1_000)
    second = await world.pen(first.attempt_id, first.owner_id)
    some_time_passes(world)
    await world.services.shipper.ship(world.now_ms)
    await world.answer(second, {2: "b"})
    assert await told(world, first) == (2, 2)
    assert await told(world, second) == (2, 0)


async def test_other_workers_hear_of_it_in_redis(world: World) -> None:
    pen = await a_page(world)
    await world.answer(pen, {1: "a"})
    some_time_passes(world)
    await world.services.shipper.ship(world.now_ms)
    elsewhere = ShippedUntil(world.services.calls)
    assert elsewhere.at_ms == 0
    await elsewhere.look()
    told_ms = world.now_ms - 2 * CLAMP_MS - 1
    assert elsewhere.at_ms == world.services.shipped_until.at_ms == told_ms
    await world.services.calls.command("FLUSHALL")
    await elsewhere.look()
    assert elsewhere.at_ms == told_ms, "what was true stays true"


async def test_later_lines_go_in_a_later_segment_and_only_they(world: World) -> None:
    pen = await a_page(world)
    await world.services.shipper.ship(world.now_ms)
    await world.answer(pen, {1: "a"})
    assert await told(world, pen) == (1, 0)
    assert await world.services.shipper.ship(world.now_ms) == 1
    assert await rows(world) == 2
    assert await in_sql(world, pen.attempt_id) == await in_redis(world, pen.attempt_id)


async def test_one_row_a_slot_and_round_however_many_sittings(world: World) -> None:
    for attempt_id in range(1, 71):
        await world.services.desk.open(opening(attempt_id=attempt_id), world.now_ms)
    assert await world.services.shipper.ship(world.now_ms) == 70
    async with world.services.database.reading() as tx:
        found = [row.slot for row in await tx.rows(select(journal_segments.c.slot))]
    assert sorted(found) == list(range(64))


async def test_nothing_to_ship_asks_sql_for_nothing(world: World) -> None:
    async with sql_away(world.services.database):
        assert await world.services.shipper.ship(world.now_ms) == 0


@pytest.mark.parametrize("statement", ["INSERT INTO journal_segments", "INSERT INTO lease_tokens"])
async def test_a_round_that_sql_fails_is_made_good_by_the_next(world: World, statement: str) -> None:
    pen = await a_page(world)
    await world.answer(pen, {1: "a"})
    some_time_passes(world)
    with sql_failing_at(world.services.database, statement), pytest.raises(Unavailable):
        await world.services.shipper.ship(world.now_ms)
    assert await in_sql(world, pen.attempt_id) == []
    assert await told(world, pen) == (1, 0)
    assert await world.services.shipper.ship(world.now_ms) == 3
    assert await in_sql(world, pen.attempt_id) == await in_redis(world, pen.attempt_id)


@pytest.mark.parametrize("carried_out", [False, True])
async def test_lines_whose_mark_broke_off_are_shipped_again_and_count_once(
    world_on_a_line: World, line: Line, carried_out: bool
) -> None:
    world = world_on_a_line
    pen = await a_page(world)
    await world.answer(pen, {1: "a", 2: "b"})
    line.cut_at(SHIPPED, carried_out=carried_out)
    await world.services.shipper.ship(world.now_ms)
    line.mend()
    await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    some_time_passes(world)
    await world.services.shipper.ship_all(world.now_ms)
    assert await in_sql(world, pen.attempt_id) == await in_redis(world, pen.attempt_id)
    assert await told(world, pen) == (3, 3)
    assert await rows(world) == 2


async def test_a_slow_shipper_writes_nothing_after_the_next_one(world: World) -> None:
    pen = await a_page(world)
    services = world.services
    slow = a_shipper(world, "slow")
    await slow.ship(world.now_ms)
    await services.calls.command("DEL", "{lease:shipper}:holder")
    await world.answer(pen, {1: "a"})
    await services.shipper.ship(world.now_ms)
    before = await rows(world)
    kept = segments.pack(slot_of(pen.attempt_id), 0, [segments.Part(pen.attempt_id, 1, 0, (b"c 1 99 x y",))])
    assert slow._lease is not None
    assert await slow._keep(slow._lease, [kept], world.now_ms) == frozenset()
    assert await rows(world) == before


async def test_only_one_ships_at_a_time(world: World) -> None:
    await a_page(world)
    services = world.services
    other = a_shipper(world, "other")
    await services.shipper.ship(world.now_ms)
    await a_page(world)
    assert await other.ship(world.now_ms) == 0
    await services.leases.release_all()
    assert await other.ship(world.now_ms) == 2


async def test_lines_read_before_their_slot_was_rebuilt_are_not_kept(world: World) -> None:
    pen = await a_page(world)
    slot = slot_of(pen.attempt_id)
    read_before = segments.pack(slot, 0, [segments.Part(pen.attempt_id, 1, 0, (b"c 1 99 x y",))])
    async with world.services.database.writing() as tx:
        await segments.new_lives(tx, [slot])
    async with world.services.database.writing() as tx:
        assert await segments.ship(tx, [read_before], world.now_ms) == frozenset()
    assert await in_sql(world, pen.attempt_id) == []
    assert await world.services.shipper.ship(world.now_ms) == 2


async def test_lines_of_a_sitting_that_is_settled_meanwhile_are_shipped_and_go_with_the_next_pruning(
    world: World,
) -> None:
    pen = await a_page(world)
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert await world.services.shipper.ship(world.now_ms) == 3
    assert await world.services.shipper.oldest_unshipped_ms() is None
    assert await world.services.shipper.prune() == 1
    assert await rows(world) == 0


async def test_a_mark_that_comes_late_takes_nothing_away_that_waits_now(world: World) -> None:
    pen = await a_page(world)
    unshipped, slot = Unshippeds(world.services.calls), slot_of(pen.attempt_id)
    gathered = await unshipped.gather(slot, 500, 1_000)
    await unshipped.shipped(slot, gathered)
    await world.answer(pen, {1: "a"})
    left = await waiting(world, pen.attempt_id)
    await unshipped.shipped(slot, gathered)
    assert await waiting(world, pen.attempt_id) == left
    assert len(left) == 1


async def test_a_mark_takes_nothing_away_where_the_list_went_back_and_on_since(world: World) -> None:
    pen = await a_page(world)
    unshipped, slot = Unshippeds(world.services.calls), slot_of(pen.attempt_id)
    await world.answer(pen, {1: "a"})
    gathered = await unshipped.gather(slot, 500, 1_000)
    await world.services.calls.command("LTRIM", sitting_keys(pen.attempt_id)[3], 0, 0)
    await world.services.desk.save(pen, Operation(2, "a", 2, 0, "b"), world.now_ms)
    await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    left = await waiting(world, pen.attempt_id)
    assert len(left) == len(gathered) == 3
    assert not await unshipped.shipped(slot, gathered)
    assert await waiting(world, pen.attempt_id) == left


async def test_what_was_brought_back_with_old_stamps_is_no_older_than_what_has_arrived(world: World) -> None:
    pen = await a_page(world)
    world.clock.advance(600_000)
    await world.services.shipper.ship(world.now_ms)
    lost = [Acknowledged("a", 3, pen.epoch, 53, world.now_ms - 500_000, "a")]
    await world.services.desk.redeem(pen.attempt_id, pen.owner_id, 1, lost, world.now_ms)
    await world.services.calls.command("LTRIM", sitting_keys(pen.attempt_id)[3], 1, -1)  # a round ended after its `q`
    assert await world.services.shipper.oldest_unshipped_ms() == world.now_ms - 2 * CLAMP_MS - 1


async def test_a_long_journal_goes_in_several_rounds_and_nothing_is_told_before_the_last(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examengine.sittings.ship.LINES_A_SLOT", 5)
    pen = await a_page(world)
    await world.answer(pen, dict.fromkeys(range(1, 21), "a"))
    some_time_passes(world)
    assert await world.services.shipper.ship(world.now_ms) == 5
    assert await told(world, pen) == (20, 0)
    assert await world.services.shipper.ship_all(world.now_ms) == 17
    assert await in_sql(world, pen.attempt_id) == await in_redis(world, pen.attempt_id)
    some_time_passes(world)
    await world.services.shipper.ship_all(world.now_ms)
    assert await told(world, pen) == (20, 20)


async def test_lines_of_two_sittings_of_a_slot_come_to_each_his_own(world: World) -> None:
    for attempt_id in (3, 67, 131):
        await world.services.desk.open(opening(attempt_id=attempt_id), world.now_ms)
    for number in range(1, 4):
        for attempt_id in (131, 3, 67):
            await world.services.desk.push(attempt_id, 1, world.now_ms, session_version=1 + number)
    assert await world.services.shipper.ship(world.now_ms) == 12
    for attempt_id in (3, 67, 131):
        assert await in_sql(world, attempt_id) == await in_redis(world, attempt_id)
    assert await rows(world) == 1


async def test_only_what_a_bound_has_left_behind_is_shipped_without_a_pause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipper, page = world.services.shipper, await a_page(world)
    keep, sequences = shipper._keep, count(1)

    async def meanwhile(*args: Any) -> frozenset[int]:
        await world.services.desk.save(page, Operation(next(sequences), "a", 1, 0, "a"), world.now_ms)
        return await keep(*args)

    monkeypatch.setattr(shipper, "_keep", meanwhile)
    assert await shipper.ship(world.now_ms, 1.0) == 2
    assert not shipper._is_behind
    monkeypatch.setattr("examengine.sittings.ship.LINES_A_SLOT", 1)
    await world.answer(page, {5: "a"})
    assert await shipper.ship(world.now_ms, 1.0) == 1
    assert shipper._is_behind


async def test_a_round_takes_no_more_bytes_than_its_bound_and_at_least_a_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examengine.sittings.ship.BYTES_A_SLOT", 1)
    pen = await a_page(world)
    assert await world.services.shipper.ship(world.now_ms) == 1
    assert await world.services.shipper.ship_all(world.now_ms) == 1
    assert await in_sql(world, pen.attempt_id) == await in_redis(world, pen.attempt_id)


async def test_the_age_of_what_waits_is_known_and_alarmed_above_fifteen_seconds(world: World) -> None:
    shipper = world.services.shipper
    assert await shipper.oldest_unshipped_ms() is None
    await a_page(world)
    since_ms = world.now_ms
    world.clock.advance(5_000)
    await a_page(world)
    assert await shipper.oldest_unshipped_ms() == since_ms
    with capture_logs() as logs:
        world.clock.advance(10_000)
        await shipper._alarm()
        assert logs == []
        world.clock.advance(1)
        await shipper._alarm()
        await shipper._alarm()
    assert [(entry["event"], entry["age_ms"]) for entry in logs] == [("unshipped_for_long", 15_001)]
    await shipper.ship(world.now_ms)
    assert await shipper.oldest_unshipped_ms() is None


async def test_segments_go_when_all_their_attempts_are_archived_and_not_before(world: World) -> None:
    pens = [await a_page(world), await a_page(world)]
    parts = [segments.Part(pen.attempt_id, 1, 0, (b"o 1",)) for pen in pens]
    async with world.services.database.writing() as tx:
        await segments.ship(tx, [segments.pack(slot_of(pens[0].attempt_id), 0, parts)], world.now_ms)
    for pen in reversed(pens):
        await world.services.shipper.prune()
        assert await rows(world) == 1
        await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert await world.services.shipper.prune() == 1
    assert await rows(world) == 0
    assert await world.services.shipper.prune() == 0


async def test_a_desk_that_is_away_is_told_as_such(world_on_a_line: World, line: Line) -> None:
    line.cut()
    with pytest.raises(live.Unavailable):
        await world_on_a_line.services.shipper.ship(world_on_a_line.now_ms)


async def test_a_line_that_breaks_at_the_journals_is_told_as_such_and_nothing_is_marked(
    world_on_a_line: World, line: Line
) -> None:
    pen = await a_page(world_on_a_line)
    line.cut_at(GATHER)
    with pytest.raises(live.Unavailable):
        await world_on_a_line.services.shipper.ship(world_on_a_line.now_ms)
    line.mend()
    assert await world_on_a_line.services.shipper.ship(world_on_a_line.now_ms) == 2
    assert len(await in_sql(world_on_a_line, pen.attempt_id)) == 2
