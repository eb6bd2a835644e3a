"""Two incidents whose intervals overlap: what was lost in both is made good once."""

from examengine.incidents import asking
from examengine.incidents.loss import Span, without
from examengine.incidents.remedy import Why
from examengine.records.words import Decision, RemedyKind
from tests.incidents.outage import MINUTE, after_an_outage, one_lost
from tests.world import World


async def test_a_second_incident_of_the_same_interval_gives_nothing(world: World) -> None:
    room = await after_an_outage(world)
    await room.approved(await room.opened())

    counted = await room.losses((await room.opened()).id)

    assert {name: (loss.remedy, loss.why) for name, loss in counted.items() if name != "passed"} == dict.fromkeys(
        ("back", "gone", "failed"), (RemedyKind.NONE, Why.GIVEN)
    )
    assert {loss.lost_ms for loss in counted.values()} == {12 * MINUTE}


async def test_of_two_that_were_counted_before_either_was_given_only_the_first_gives(world: World) -> None:
    room = await after_an_outage(world)
    first, second = await room.opened(), await room.opened()
    assert (await room.losses(second.id))["back"].amount == 12

    await room.approved(first)
    await room.approved(second)

    for name in ("back", "gone", "failed"):
        assert len(await room.entries(name)) == 1
        assert (await room.losses(second.id))[name].why == Why.GIVEN


async def test_what_reaches_beyond_the_first_is_given_by_the_second(world: World) -> None:
    room = await one_lost(world)
    await room.approved(await room.opened(until=-7))

    known = await room.opened()
    await room.approved(known)

    assert [entry.amount for entry in await room.entries("back")] == [5, 7]


async def test_what_was_taken_back_is_given_again(world: World) -> None:
    room = await one_lost(world)
    first = await room.opened()
    await room.approved(first)
    database = world.services.database
    assert await asking.ask_undo(database, first.id, room.first, "填错了", world.now_ms) is None
    assert await asking.decide_undo(database, first.id, Decision.APPROVED, room.second, world.now_ms) is None
    await world.services.compensator.work_all(world.now_ms)

    assert (await room.losses((await room.opened()).id))["back"].amount == 12


def test_what_remains_of_a_stretch() -> None:
    whole = Span(10, 20)
    for taken, left in (
        ([], [whole]),
        ([Span(0, 10), Span(20, 30)], [whole]),
        ([Span(0, 11), Span(19, 30)], [Span(11, 19)]),
        ([Span(12, 14), Span(13, 16)], [Span(10, 12), Span(16, 20)]),
        ([Span(9, 21)], []),
        ([Span(10, 20)], []),
    ):
        assert without(whole, taken) == left, taken
