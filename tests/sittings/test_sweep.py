"""The sweeper: everything due, once, in one go; what fails by itself does not hold up the others."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update
from structlog.testing import capture_logs

from examengine import live
from examengine.live import CloseReason, Deadline, Opening, Sitting, Word
from examengine.live.leases import Leases
from examengine.live.slots import sitting_keys
from examengine.records import attempts as attempts_record
from examengine.records import outbox
from examengine.records.attempts import NewAttempt
from examengine.records.history import load_histories
from examengine.records.tables import attempts
from examengine.records.words import CaseKind, OutboxKind
from examengine.sittings.finish import Ended
from examengine.sittings.halves import BOTH_MS, HALVES, LEASE_MS, LEASES, LEAVE_MS, Halves
from examengine.sittings.sweep import Sweeper
from tests.sittings.listening import cases
from tests.world import World

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
CROWD = 300


async def a_full_house(world: World) -> list[int]:
    """One candidate started; the others sit the same paper from the same instant."""
    first, *others = await world.crowd(await world.exam(), CROWD)
    attempt = await world.attempt(await world.started(first))
    fields_ = ("no", "started_ms", "base_deadline_ms", "base_reason", "seed", "generator", "paper", "release_id")
    same = {name: getattr(attempt, name) for name in (*fields_, "rulebook_digest", "contract")}
    look_at_ms = attempt.base_deadline_ms + 32_000
    ids = [attempt.id]
    async with world.services.database.writing() as tx:
        histories = await load_histories(tx, [enrolment.id for enrolment in others])
        for enrolment in others:
            new = NewAttempt(
                **same,
                enrolment_id=enrolment.id,
                round_id=histories[enrolment.id].rounds[0].id,
                intent=f"house:{enrolment.id}",
                look_at_ms=look_at_ms,
            )
            ids.append((await attempts_record.begin(tx, new))[0].id)
    deadline = Deadline(attempt.base_deadline_ms, attempt.base_reason, 0, look_at_ms)
    openings = [
        Opening(attempt_id, enrolment.person_id, 1, 1, 50, deadline)
        for attempt_id, enrolment in zip(ids[1:], others, strict=True)
    ]
    await asyncio.gather(*(world.services.desk.open(opening, world.now_ms) for opening in openings))
    return ids


async def test_a_whole_evening_ends_once(world: World) -> None:
    ids = await a_full_house(world)
    world.clock.advance(2 * HOUR_MS)
    ended = 0
    while in_this_sweep := await world.services.sweeper.sweep(world.now_ms):
        ended += in_this_sweep
    assert ended == CROWD
    for attempt_id in ids[::37]:
        assert (await world.outcome(attempt_id)).state == "expired_no_score"
    async with world.services.database.reading() as tx:
        assert await attempts_record.due(tx, world.now_ms) == ()


async def test_what_is_not_due_stays(world: World) -> None:
    _, _, attempt_id = await world.a_candidate_in_an_exam()
    for _ in range(2):
        assert await world.services.sweeper.sweep(world.now_ms) == 0
    assert await world.series(attempt_id) == ()
    assert (await world.services.desk.read(attempt_id, world.now_ms)).state == "running"


async def test_sql_alone_leads_to_what_is_due(world: World) -> None:
    """The due set is a hint that may be lost."""
    _, _, attempt_id = await world.a_candidate_in_an_exam()
    await world.services.calls.command("DEL", f"{{{attempt_id % 64:02d}}}:due")
    world.clock.advance(2 * HOUR_MS)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    assert (await world.outcome(attempt_id)).state == "expired_no_score"


async def spoil(world: World, attempt_id: int) -> None:
    """Its paper cannot be read any more."""
    async with world.services.database.writing() as tx:
        await tx.run(update(attempts).where(attempts.c.id == attempt_id).values(paper=b"\x00"))


async def test_an_attempt_that_cannot_be_marked_does_not_hold_up_the_others(world: World) -> None:
    exam = await world.exam()
    spoilt, sound = [await world.started(await world.enrolled(exam, await world.person())) for _ in range(2)]
    await spoil(world, spoilt)
    world.clock.advance(2 * HOUR_MS)
    with capture_logs() as logs:
        assert await world.services.sweeper.sweep(world.now_ms) == 1
    assert [log["attempt"] for log in logs if log["event"] == "attempt_not_ended"] == [spoilt]
    assert (await world.outcome(sound)).state == "expired_no_score"
    assert await world.series(spoilt) == ()


async def test_a_push_that_fails_holds_up_neither_pushes_nor_endings(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    async with world.services.database.writing() as tx:
        await outbox.put(tx, attempt_id, OutboxKind.SESSION, {}, world.now_ms)
    await world.extra_time(enrolment, attempt_id, 15)
    with capture_logs() as logs:
        await world.services.sweeper.sweep(world.now_ms)
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["not_pushed"]
    pen = await world.pen(attempt_id, person_id)
    assert (await world.services.desk.pulse(pen, world.now_ms)).deadline_reason == "extra_time"


async def test_a_hint_without_a_record_is_passed_over(world: World) -> None:
    _, _, attempt_id = await world.a_candidate_in_an_exam()
    await world.services.calls.command("ZADD", "{07}:due", 1, 64 * 4711 + 7)
    world.clock.advance(2 * HOUR_MS)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    assert (await world.outcome(attempt_id)).state == "expired_no_score"


async def test_a_lost_sitting_is_told_once_and_left_to_a_person(world: World) -> None:
    _, _, attempt_id = await world.a_candidate_in_an_exam()
    await world.services.calls.command("DEL", sitting_keys(attempt_id)[0])
    world.clock.advance(2 * HOUR_MS)
    with capture_logs() as logs:
        for _ in range(3):
            assert await world.services.sweeper.sweep(world.now_ms) == 0
            world.clock.advance(MINUTE_MS)
    assert [log["attempt"] for log in logs if log["event"] == "sitting_lost"] == [attempt_id]
    assert [case.kind for case in await cases(world, attempt_id)] == [CaseKind.LOST]


async def test_what_fails_waits_longer_every_time_and_is_counted(world: World) -> None:
    attempt_id = await world.started(await world.enrolled(await world.exam(), await world.person()))
    await spoil(world, attempt_id)
    world.clock.advance(2 * HOUR_MS)
    began_ms, tries = world.now_ms, []
    with capture_logs() as logs:
        for second in range(60):
            world.clock.move_to(began_ms + second * 1_000)
            await world.services.sweeper.sweep(world.now_ms)
            tries.append(sum(log["event"] == "attempt_not_ended" for log in logs))
    assert [second for second in range(60) if second == 0 or tries[second] > tries[second - 1]] == [0, 2, 6, 14, 30]
    told = [log for log in logs if log["event"] == "attempt_not_ended"]
    assert [(log["tries"], log["again_in_ms"]) for log in told][-1] == (5, 32_000)
    assert world.services.sweeper.failing == 1


async def test_many_that_fail_do_not_keep_the_sweeper_from_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The longest waiting come first; those that fail must not be that for ever."""
    monkeypatch.setattr("examengine.sittings.sweep.BATCH", 4)
    monkeypatch.setattr("examengine.sittings.sweep.HINTS_A_SLOT", 0)
    exam = await world.exam()
    enrolments = await world.crowd(exam, 9)
    spoilt = [await world.started(enrolment) for enrolment in enrolments[:6]]
    for attempt_id in spoilt:
        await spoil(world, attempt_id)
    world.clock.advance(1_000)
    sound = [await world.started(enrolment) for enrolment in enrolments[6:]]
    world.clock.advance(2 * HOUR_MS)
    ended = 0
    for _ in range(6):
        ended += await world.services.sweeper.sweep(world.now_ms)
        world.clock.advance(3_000)
    assert ended == len(sound)
    assert world.services.sweeper.failing == len(spoilt)


async def test_a_slot_that_is_away_does_not_keep_the_sweeper_from_the_others(world: World) -> None:
    exam = await world.exam()
    one, other = [await world.started(await world.enrolled(exam, await world.person())) for _ in range(2)]
    world.clock.advance(2 * HOUR_MS)
    read = world.services.desk.read

    async def shut(attempt_id: int, now_ms: int) -> Sitting:
        if attempt_id == one:
            raise live.Unavailable("slot is being rebuilt")
        return await read(attempt_id, now_ms)

    world.services.desk.read = shut  # type: ignore[method-assign]
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    assert (await world.outcome(other)).state == "expired_no_score"
    with pytest.raises(live.Unavailable):
        await world.services.sweeper.sweep(world.now_ms + 5_000)
    world.services.desk.read = read  # type: ignore[method-assign]
    assert await world.services.sweeper.sweep(world.now_ms + 10_000) == 1


async def test_a_sweep_leaves_connections_to_requests(world: World) -> None:
    """At most three attempts at once: PostgreSQL gives ten connections a worker."""
    at_once, most = 0, 0
    when_due = world.services.finisher.when_due
    exam = await world.exam()
    for enrolment in await world.crowd(exam, 12):
        await world.started(enrolment)
    world.clock.advance(2 * HOUR_MS)

    async def counted(*args: Any) -> Ended | None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await when_due(*args)
        finally:
            at_once -= 1

    world.services.finisher.when_due = counted  # type: ignore[method-assign]
    assert await world.services.sweeper.sweep(world.now_ms) == 12
    assert most == 3


# ── facts on their way ──


async def test_all_that_waits_is_pushed_in_one_go_and_in_its_order(world: World) -> None:
    """More than a page of messages, of which one fails for ever."""
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    async with world.services.database.writing() as tx:
        await outbox.put(tx, attempt_id, OutboxKind.SESSION, {}, world.now_ms)
        for version in range(2, 420):
            await outbox.put(
                tx, attempt_id, OutboxKind.SESSION, {"session_version": version}, world.now_ms, version=version
            )
    with capture_logs() as logs:
        assert await world.services.pusher.push_waiting(world.now_ms) == 418
        assert await world.services.pusher.push_waiting(world.now_ms + 500) == 0
        assert await world.services.pusher.push_waiting(world.now_ms + 1_000) == 0
    assert [log["tries"] for log in logs if log["event"] == "not_pushed"] == [1, 2]
    assert world.services.pusher.failing == 1
    told = await world.services.desk.pulse(replace(pen, session_version=418), world.now_ms)
    assert told.word is Word.REVOKED
    told = await world.services.desk.pulse(replace(pen, session_version=419), world.now_ms)
    assert told.word is Word.ALIVE


async def test_facts_do_not_wait_for_a_long_sweep(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def long_sweep(_now_ms: int, _halves: frozenset[int]) -> int:
        began.set()
        await go_on.wait()
        return 0

    world.services.sweeper.sweep = long_sweep  # type: ignore[method-assign]
    task = asyncio.create_task(world.services.sweeper.run())
    await began.wait()
    await world.extra_time(enrolment, attempt_id, 15)
    async with asyncio.timeout(30):
        while (await world.services.desk.pulse(pen, world.now_ms)).deadline_reason != "extra_time":
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_session_that_was_revoked_is_revoked_in_the_sitting(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    async with world.services.database.writing() as tx:
        await outbox.put(tx, attempt_id, OutboxKind.SESSION, {"session_version": 2}, world.now_ms)
    await world.services.sweeper.sweep(world.now_ms)
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.REVOKED


async def test_one_of_two_sweepers_works(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examengine.sittings.halves.LEAVE_MS", 0)
    services, leases = world.services, Leases(world.services.calls)
    for name in LEASES:
        assert await leases.take(name, "another", LEASE_MS) is not None
    _, _, attempt_id = await world.a_candidate_in_an_exam()
    world.clock.advance(2 * HOUR_MS)
    task = asyncio.create_task(services.sweeper.run())
    await asyncio.sleep(0.2)
    assert await world.series(attempt_id) == ()
    task.cancel()
    other = Sweeper(
        services.database,
        services.desk,
        leases,
        services.finisher,
        services.pusher,
        services.settler,
        services.clock,
        "another",
    )
    task = asyncio.create_task(other.run())
    async with asyncio.timeout(30):
        while not await world.series(attempt_id):
            await asyncio.sleep(0.05)
    task.cancel()


@pytest.mark.parametrize("reason", [CloseReason.HAND_IN, CloseReason.DEADLINE])
async def test_a_sitting_that_was_closed_and_left_is_recorded_when_it_is_due(
    world: World, reason: CloseReason
) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    await world.pen(attempt_id, person_id)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    world.clock.move_to(deadline_ms + 32_000)
    await world.services.desk.close(attempt_id, 1, reason, deadline_ms - 1, world.now_ms)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    assert (await world.outcome(attempt_id)).cause == reason.value


async def test_two_sweepers_share_what_is_due_and_one_alone_has_all(world: World) -> None:
    services, now_ms = world.services, world.now_ms
    one, two = (Halves(Leases(services.calls), owner) for owner in ("one", "two"))
    first = await one.hold(now_ms)
    assert len(first) == 1
    assert await one.hold(now_ms + LEAVE_MS - 1) == first  # the other one is left to others for a moment
    assert await one.hold(now_ms + LEAVE_MS) == set(range(HALVES))
    assert await two.hold(now_ms + LEAVE_MS) == set()
    await one.rest(now_ms + LEAVE_MS + BOTH_MS)
    second = await two.hold(now_ms + LEAVE_MS + BOTH_MS)
    assert second | first == set(range(HALVES))
    assert second.isdisjoint(await one.hold(now_ms + 2 * BOTH_MS))


async def test_each_half_ends_its_own(world: World) -> None:
    enrolments = await world.crowd(await world.exam(), 4)
    ids = [await world.started(enrolment) for enrolment in enrolments]
    world.clock.advance(2 * HOUR_MS)
    for half in range(HALVES):
        await world.services.sweeper.sweep(world.now_ms, frozenset([half]))
        ended = {attempt_id for attempt_id in ids if await world.series(attempt_id)}
        assert ended == {attempt_id for attempt_id in ids if attempt_id % HALVES <= half}
