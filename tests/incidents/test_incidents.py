"""An incident from its opening to its undoing, on a real database and a real Redis."""

import asyncio
from dataclasses import replace

import pytest

from examengine.incidents import asking
from examengine.incidents.asking import Obstacle
from examengine.incidents.remedy import Policy, Why, to_kept
from examengine.records.announcements import list_announcements
from examengine.records.as_rules import closing_of, history_of
from examengine.records.errors import Conflict, Unavailable
from examengine.records.incidents import Incident, NewIncident, Scope
from examengine.records.words import Decision, EntryKind, IncidentSource, IncidentState, RemedyKind
from examengine.rules.decide import left
from tests.faults import sql_failing_at
from tests.incidents.outage import MINUTE, Room, a_room, after_an_outage, one_lost
from tests.world import World


async def deadline_ms(room: Room, name: str) -> int:
    record = await room.record(name)
    row = next(one for one in record.attempts if one.id == room.sitters[name].attempt_id)
    async with room.world.services.database.reading() as tx:
        rulebook = await room.world.services.shelf.rulebook(tx, row.rulebook_digest)
    return closing_of(rulebook, record, row).deadline_ms


async def attempts_left(room: Room, name: str) -> int:
    record = await room.record(name)
    async with room.world.services.database.reading() as tx:
        rulebook = await room.world.services.shelf.rulebook(tx, record.enrolment.rulebook_digest)
    return sum(left(rulebook, round_, room.world.now_ms) for round_ in history_of(record).rounds)


def again(known: Incident, **changed: object) -> NewIncident:
    """The form of a draft, sent again."""
    new = NewIncident(
        source=known.source,
        scope=known.scope,
        from_ms=known.from_ms,
        until_ms=known.until_ms,
        reason=known.reason,
        ticket=known.ticket,
        notice=known.notice,
        policy=known.policy,
        intent="",
        by_person=known.by_person,
    )
    return replace(new, **changed)  # type: ignore[arg-type]


async def test_each_gets_what_he_lost_time_while_he_sits_and_an_attempt_after(world: World) -> None:
    room = await after_an_outage(world)
    before = {name: await deadline_ms(room, name) for name in ("back", "gone", "through")}
    known = await room.opened()

    counted = await room.losses(known.id)
    assert known.state is IncidentState.DRAFTED
    assert {name: (loss.remedy.value, loss.amount, loss.why) for name, loss in counted.items()} == {
        "back": ("minutes", 12, ""),
        "gone": ("minutes", 12, ""),
        "failed": ("attempts", 1, ""),
        "passed": ("none", 0, "passed"),
    }
    assert {loss.lost_ms for loss in counted.values()} == {12 * MINUTE}
    assert (await room.entries("back"), await room.entries("failed")) == ((), ())

    places = await attempts_left(room, "failed")
    await room.approved(known)
    await world.services.pusher.push_waiting(world.now_ms)

    assert (await room.incident(known.id)).state is IncidentState.DONE
    for name in ("back", "gone"):
        assert await deadline_ms(room, name) == before[name] + 12 * MINUTE
        told = await world.services.desk.pulse(room.sitters[name].pen, world.now_ms)
        assert (told.deadline_ms, told.deadline_reason) == (before[name] + 12 * MINUTE, "extra_time")
    assert await deadline_ms(room, "through") == before["through"]
    assert await attempts_left(room, "failed") == places + 1
    [entry] = await room.entries("back")
    assert (entry.kind, entry.amount, entry.source) == (
        EntryKind.COMPENSATE_MINUTES,
        12,
        f"incident:{known.id}:{room.sitters['back'].attempt_id}",
    )
    assert (entry.by_person, entry.second_person, entry.ticket) == (room.first, room.second, "KF-1")
    assert await room.acts(known.id) == ["open_incident", "ask_incident", "decide_incident", "finish_incident"]
    async with world.services.database.reading() as tx:
        [notice] = await list_announcements(tx)
    assert (notice.text, notice.exam_id, notice.incident_id) == (known.notice, room.exam.id, known.id)


async def test_compensation_adds_to_extra_time(world: World) -> None:
    room = await one_lost(world)
    base_ms = await deadline_ms(room, "back")
    await world.extra_time(room.sitters["back"].enrolment, room.sitters["back"].attempt_id, 5)

    await room.approved(await room.opened())

    assert await deadline_ms(room, "back") == base_ms + 17 * MINUTE


async def test_whoever_ends_between_counting_and_giving_gets_an_attempt_instead(world: World) -> None:
    room = await one_lost(world)
    known = await room.opened()
    await room.hands_in("back")

    await room.approved(known)

    [entry] = await room.entries("back")
    assert entry.kind is EntryKind.COMPENSATE_ATTEMPTS
    assert (await room.losses(known.id))["back"].remedy is RemedyKind.ATTEMPTS


async def test_a_sitting_whose_time_is_just_up_runs_again(world: World) -> None:
    room = await one_lost(world)
    base_ms = await deadline_ms(room, "back")
    known = await room.opened()
    world.clock.move_to(base_ms + 2 * MINUTE)

    await room.approved(known)
    await world.services.pusher.push_waiting(world.now_ms)

    assert await deadline_ms(room, "back") == base_ms + 12 * MINUTE
    told = await world.services.desk.pulse(room.sitters["back"].pen, world.now_ms)
    assert (told.word, told.left_ms) == ("alive", 10 * MINUTE)


async def test_nobody_approves_his_own_and_what_was_shown_is_what_is_approved(world: World) -> None:
    room = await one_lost(world)
    database = world.services.database
    known = await room.opened()
    assert await asking.ask_incident(database, known.id, room.second, world.now_ms) is Obstacle.NOT_YOURS
    assert await asking.ask_incident(database, known.id, room.first, world.now_ms) is None

    assert await room.decided(known, room.first) is Obstacle.OWN_REQUEST
    assert await room.decided(replace(known, surveyed_ms=1)) is Obstacle.SURVEY_IS_OLD
    assert (await room.incident(known.id)).state is IncidentState.ASKED
    assert await room.decided(known) is None
    assert await room.decided(known) is None  # the same button twice
    assert await asking.drop_incident(database, known.id, room.first, world.now_ms) is Obstacle.NOT_OPEN


async def test_an_operator_who_sits_gives_himself_nothing(world: World) -> None:
    room = await a_room(world)
    await room.sits("first", room.first)
    await room.sits("second", room.second)
    await room.pulse("first", "second", at=9)
    await room.pulse("first", "second", at=23)
    await room.shipped()
    await room.sits("other")
    known = await room.opened()
    counted = await room.losses(known.id)
    assert (counted["first"].remedy, counted["first"].why) == (RemedyKind.NONE, Why.OWN)
    assert counted["second"].remedy is RemedyKind.MINUTES

    await room.approved(known)

    assert (await room.losses(known.id))["second"].why == Why.OWN
    assert (await room.entries("first"), await room.entries("second")) == ((), ())


async def test_an_adjusted_draft_is_counted_anew_and_its_request_is_taken_back(world: World) -> None:
    room = await after_an_outage(world)
    known = await room.opened()
    database = world.services.database
    assert await asking.ask_incident(database, known.id, room.first, world.now_ms) is None
    shorter = again(known, from_ms=known.until_ms - 4 * MINUTE, policy=to_kept(Policy(round_min=5, attempts=False)))

    assert await asking.adjust_incident(database, known.id, shorter, world.now_ms) is None
    await world.services.compensator.work_all(world.now_ms)

    changed = await room.incident(known.id)
    assert (changed.state, changed.phase) == (IncidentState.DRAFTED, None)
    counted = await room.losses(known.id)
    assert (counted["back"].lost_ms, counted["back"].amount) == (4 * MINUTE, 5)
    assert (counted["failed"].remedy, counted["failed"].why) == (RemedyKind.NONE, Why.POLICY)


async def test_the_policy_says_who_gets_how_much(world: World) -> None:
    room = await one_lost(world)
    for policy, gets in (
        (Policy(least_s=720), 12),
        (Policy(least_s=721), 0),
        (Policy(round_min=10), 20),
        (Policy(minutes=False), 0),
    ):
        known = await room.opened(policy=policy)
        assert (await room.losses(known.id))["back"].amount == gets, policy


async def test_only_the_scope_is_concerned(world: World) -> None:
    room = await one_lost(world)
    for scope in (Scope(region="450000"), Scope(region="450700"), Scope(unit_name="第一中学"), Scope()):
        assert len(await room.losses((await room.opened(scope=scope)).id)) == 1
    for scope in (Scope(region="450800"), Scope(unit_name="第一"), Scope(region="110000", exam_id=room.exam.id)):
        known = await room.opened(scope=scope)
        assert await room.losses(known.id) == {}
        asked = await asking.ask_incident(world.services.database, known.id, room.first, world.now_ms)
        assert asked is Obstacle.NOBODY


async def test_a_form_sent_twice_is_one_incident(world: World) -> None:
    room = await one_lost(world)
    known = await room.opened()
    new = again(known, intent="form-1")

    made = await asyncio.gather(*(asking.open_incident(world.services.database, new, world.now_ms) for _ in range(3)))

    assert {one.id for one in made} == {known.id}
    assert await room.acts(known.id) == ["open_incident"]


async def test_work_that_broke_off_is_taken_up_and_nothing_is_given_twice(world: World) -> None:
    room = await after_an_outage(world)
    known = await room.opened()
    database = world.services.database
    await asking.ask_incident(database, known.id, room.first, world.now_ms)
    await room.decided(known)
    with sql_failing_at(database, "INSERT INTO entries"), pytest.raises(Unavailable):
        await world.services.compensator.work_all(world.now_ms)
    assert (await room.incident(known.id)).state is IncidentState.APPROVED

    workers = (world.services.compensator.work_all(world.now_ms) for _ in range(2))
    for told in await asyncio.gather(*workers, return_exceptions=True):
        assert told is None or isinstance(told, Conflict), told
    await world.services.compensator.work_all(world.now_ms)

    assert (await room.incident(known.id)).state is IncidentState.DONE
    for name in ("back", "gone", "failed"):
        assert len(await room.entries(name)) == 1


async def test_taking_back_takes_two_persons_and_only_what_nobody_has_used(world: World) -> None:
    room = await after_an_outage(world)
    base_ms = await deadline_ms(room, "back")
    places = await attempts_left(room, "failed")
    known = await room.opened()
    await room.approved(known)
    world.clock.move_to(await deadline_ms(room, "gone") - 13 * MINUTE)
    await world.services.desk.pulse(room.sitters["back"].pen, world.now_ms)
    await room.hands_in("gone")
    database = world.services.database

    assert await asking.ask_undo(database, known.id, room.second, "时间区间填错了", world.now_ms) is None
    refused = await asking.decide_undo(database, known.id, Decision.APPROVED, room.second, world.now_ms)
    assert refused is Obstacle.OWN_REQUEST
    assert await asking.decide_undo(database, known.id, Decision.APPROVED, room.first, world.now_ms) is None
    await world.services.compensator.work_all(world.now_ms)

    assert (await room.incident(known.id)).state is IncidentState.UNDONE
    assert await deadline_ms(room, "back") == base_ms
    assert await attempts_left(room, "failed") == places
    assert [entry.kind for entry in await room.entries("gone")] == [EntryKind.COMPENSATE_MINUTES]
    assert (await room.losses(known.id))["gone"].why == "used"
    undone = (await room.entries("back"))[-1]
    assert (undone.kind, undone.second_person, undone.reason) == (EntryKind.UNDO, room.first, "时间区间填错了")


async def test_an_interval_must_be_over_and_no_longer_than_a_day(world: World) -> None:
    now_ms = world.now_ms

    def made(from_ms: int, until_ms: int, reason: str = "停电") -> NewIncident:
        return asking.new_incident(
            source=IncidentSource.HAND,
            scope=Scope(),
            from_ms=from_ms,
            until_ms=until_ms,
            reason=reason,
            ticket="",
            notice="",
            policy=Policy(),
            intent="n",
            by_person=1,
            now_ms=now_ms,
        )

    assert made(now_ms - 1, now_ms).until_ms == now_ms
    assert made(now_ms - asking.LONGEST_MS, now_ms)
    for from_ms, until_ms in (
        (now_ms, now_ms),
        (now_ms - 1, now_ms + 1),
        (now_ms - asking.LONGEST_MS - 1, now_ms),
    ):
        with pytest.raises(ValueError, match="interval"):
            made(from_ms, until_ms)
    with pytest.raises(ValueError, match="reason"):
        made(now_ms - 1, now_ms, " ")
