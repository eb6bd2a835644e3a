"""Statistics grow with the outcomes, and follow corrections and voids."""

import pytest

from examengine.grading.correction import Dropped, FullMarks
from examengine.live import CloseReason, Operation
from examengine.records import statistics
from examengine.records.statistics import ItemSums
from examengine.regrading import counting
from examengine.regrading.counting import SETTLED_MS
from tests.regrading.hall import Hall, a_hall
from tests.world import World


async def count(world: World) -> None:
    """Let everything be counted, also what PostgreSQL keeps waiting."""
    world.clock.advance(SETTLED_MS + 1)
    await world.services.counter.count_all(world.now_ms)


async def item_of(hall: Hall, number: str) -> ItemSums:
    async with hall.world.services.database.reading() as tx:
        [found] = await statistics.items_of_exam(tx, hall.exam.id, [hall.versions[number]])
    return found


def answers_of(found: ItemSums) -> dict[str, int]:
    counted = {answer: sum(bands.values()) for answer, bands in found.tally.answers.items()}
    return {answer: count for answer, count in counted.items() if count}


async def test_what_is_handed_in_is_counted_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "PAGE", 2)
    hall = await a_hall(world)
    await hall.starts()
    await hall.sat("S0 M0")
    await hall.sat("", {"S0": "乙"})
    await count(world)
    first = await item_of(hall, "S0")
    assert answers_of(first) == {"": 1, hall.option("S0", "乙"): 1}
    for wrong in ("", "J0", "S0"):
        await hall.sat(wrong)
    await count(world)
    await world.services.counter.count_all(world.now_ms)
    found = await item_of(hall, "S0")
    assert (found.n, found.tally.x) == (5, 2 * 1200)
    assert answers_of(found) == {"": 2, hall.option("S0", "乙"): 1, hall.option("S0", "甲"): 2}
    async with world.services.database.reading() as tx:
        sums = await statistics.find_sums(tx, hall.exam.id)
    assert sums is not None
    assert (sums.tally.n, sums.tally.passes) == (5, 5)
    assert sums.tally.scores == {78: 1, 88: 2, 100: 1, 90: 1}
    assert sums.tally.days == {"2026-06-01": [5, 78_00 + 88_00 * 2 + 100_00 + 90_00, 5]}


async def test_the_time_on_an_item_comes_from_the_journal(world: World) -> None:
    hall = await a_hall(world)
    who = await hall.starts()
    pen, paper = await world.pen(who.attempt_id, who.person_id), await world.paper(who.attempt_id)
    for sequence, seconds in ((1, 12), (2, 33)):
        world.clock.advance(seconds * 1000)
        value = paper.items[sequence - 1].option_order[0]
        operation = Operation(sequence, "a", sequence, 0, value)
        assert (await world.services.desk.save(pen, operation, world.now_ms)).word == "saved"
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    await count(world)
    async with world.services.database.reading() as tx:
        found = {one.version_id: one.tally.times for one in await statistics.items_of_exam(tx, hall.exam.id)}
    assert found[paper.items[0].version_id] == {2: 1}
    assert found[paper.items[1].version_id] == {6: 1}
    assert found[paper.items[2].version_id] == {}


async def test_a_void_takes_its_attempt_back(world: World) -> None:
    hall = await a_hall(world)
    await hall.sat()
    voided = await hall.sat("S0")
    await count(world)
    await world.voided(voided.attempt_id)
    await count(world)
    found = await item_of(hall, "S0")
    assert (found.n, answers_of(found)) == (1, {hall.option("S0", "甲"): 1})


async def test_statistics_follow_a_correction(world: World) -> None:
    hall = await a_hall(world)
    for _ in range(4):
        await hall.sat("S1", {"S0": "乙"})
    await count(world)
    await hall.executed("S0", hall.new_key("S0", "乙"))
    await count(world)
    assert (await item_of(hall, "S0")).tally.x == 4 * 1200
    await hall.executed("S0", Dropped())
    await hall.executed("S1", FullMarks())
    await count(world)
    dropped, given = await item_of(hall, "S0"), await item_of(hall, "S1")
    assert (dropped.n, answers_of(dropped)) == (0, {hall.option("S0", "乙"): 4})
    assert (given.tally.x, answers_of(given)) == (4 * 1200, {"": 4})
    async with world.services.database.reading() as tx:
        sums = await statistics.find_sums(tx, hall.exam.id)
    assert sums is not None
    assert sums.tally.scores == {100: 4}
