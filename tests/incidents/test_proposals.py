"""What looks like an incident."""

from examengine.incidents.proposals import RISE_LEAST, Proposal, Reading, deaf_proposals, propose, rises
from examengine.records.hearing import ALL_SLOTS, Stretch
from examengine.records.words import IncidentSource
from tests.incidents.outage import MINUTE, SECOND, one_lost
from tests.sittings.listening import heard
from tests.world import World

HOUR = 60 * MINUTE


def stretch(began: int, until: int, slots: int = ALL_SLOTS) -> Stretch:
    return Stretch(1, began, until, slots)


def test_what_no_proof_covers_is_proposed_with_its_interval() -> None:
    found = deaf_proposals([stretch(0, 10 * MINUTE), stretch(22 * MINUTE, HOUR)], 0, HOUR)

    assert found == [Proposal(IncidentSource.DEAF, 10 * MINUTE, 22 * MINUTE, 0, slots=64)]


def test_before_the_first_proof_there_was_nothing_to_hear() -> None:
    assert deaf_proposals([stretch(30 * MINUTE, HOUR)], 0, HOUR) == []
    assert deaf_proposals([], 0, HOUR) == []


def test_deafness_that_lasts_is_not_proposed_yet() -> None:
    assert deaf_proposals([stretch(0, 10 * MINUTE)], 0, HOUR) == []


def test_slots_that_were_deaf_about_the_same_time_are_one_incident() -> None:
    without_two = ALL_SLOTS & ~0b11
    found = deaf_proposals(
        [
            stretch(0, 10 * MINUTE),
            stretch(10 * MINUTE, 20 * MINUTE, without_two),
            stretch(20 * MINUTE, 21 * MINUTE, ALL_SLOTS & ~1),
            stretch(21 * MINUTE, HOUR),
        ],
        0,
        HOUR,
    )

    assert found == [Proposal(IncidentSource.DEAF, 10 * MINUTE, 21 * MINUTE, 0, slots=2)]


def readings(*silent: int, live: int = 400) -> list[Reading]:
    return [Reading(n * 5 * SECOND, live, count) for n, count in enumerate(silent)]


def test_a_rise_of_silence_begins_a_minute_before_it_shows() -> None:
    seen = readings(*[5] * 20, *[90] * 10, *[6] * 5)

    [found] = rises(seen, HOUR)

    assert (found.from_ms, found.until_ms, found.silent) == (100 * SECOND - MINUTE, 150 * SECOND, 85)


def test_a_rise_needs_a_tenth_of_those_who_write_and_twenty_of_them() -> None:
    for risen, live, count in ((40, 400, 1), (39, 400, 0), (RISE_LEAST, 100, 1), (RISE_LEAST - 1, 100, 0)):
        seen = readings(*[5] * 20, *[5 + risen] * 6, *[5] * 3, live=live)
        assert len(rises(seen, HOUR)) == count, (risen, live)


def test_a_rise_that_lasts_is_not_proposed_yet() -> None:
    assert rises(readings(*[5] * 20, *[90] * 10), HOUR) == []
    assert rises(readings(*[5] * 20, *[90] * 10, 5), 149 * SECOND) == []


async def test_only_what_concerned_somebody_and_is_no_incident_yet_is_proposed(world: World) -> None:
    room = await one_lost(world)
    now_ms = room.opened_ms + 30 * MINUTE
    await heard(
        world,
        (room.opened_ms - 5 * HOUR, room.opened_ms - 4 * HOUR),
        (room.opened_ms, room.began_ms),
        (room.ended_ms, now_ms),
    )
    world.clock.move_to(now_ms)

    [found] = await propose(world.services.database, (), now_ms)

    assert (found.from_ms, found.until_ms, found.running) == (room.began_ms, room.ended_ms, 1)
    await room.opened()
    assert await propose(world.services.database, (), now_ms) == ()
