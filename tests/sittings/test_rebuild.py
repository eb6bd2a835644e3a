"""What Redis lost is put together again from SQL: everything that was shipped, once, and nothing that is over."""

import asyncio

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from examengine import live
from examengine.live import CloseReason, Operation, Pen, Sitting, Word
from examengine.live.fences import ShutSlot
from examengine.live.leases import Lease, Leases
from examengine.live.mending import BEGIN, OPEN_EMPTY, OPEN_SLOT, RESTORE, SURVEY, Mender, Superseded
from examengine.live.scripts import Script
from examengine.live.slots import fence_key, sitting_keys, slot_of
from examengine.records import archives, installation, segments
from examengine.records.errors import Unavailable
from examengine.records.tables import accounts, journal_segments
from examengine.sittings.finish import Ended
from examengine.sittings.push import Pusher
from examengine.sittings.rebuild import Rebuilder
from tests.faults import Line, sql_failing_at
from tests.world import World

MINUTE_MS = 60_000


async def a_page(world: World, answers: dict[int, str] | None = None, **override: object) -> Pen:
    """A page with answers that are in SQL."""
    rules = {key.replace("__", "."): value for key, value in override.items()}
    person_id, _, attempt_id = await world.a_candidate_in_an_exam(rules)
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a", 2: "b"} if answers is None else answers)
    await world.services.shipper.ship_all(world.now_ms)
    return pen


async def lose(world: World) -> None:
    """Redis' disk is gone."""
    await world.services.calls.command("FLUSHALL")


async def rebuild(world: World) -> int:
    return await world.services.rebuilder.look(world.now_ms)


async def move(world: World, *, lost: bool = False) -> None:
    """Another server serves from now on, with what the old one had, or with nothing. Heard until now."""
    if lost:
        await lose(world)
    name = (await world.services.calls.command("HGET", fence_key(0), "id") or b"none").decode().split(":")[0]
    for slot in range(64):
        await world.services.calls.command("HSET", fence_key(slot), "id", f"{name}:old:life", "hb", world.now_ms)


async def read(world: World, pen: Pen) -> Sitting:
    return await world.services.desk.read(pen.attempt_id, world.now_ms)


async def rejoin(world: World, pen: Pen, page: str = "page") -> Pen:
    joined = await world.services.desk.rejoin(
        pen.attempt_id, pen.owner_id, 1, pen.generation, pen.epoch, page, "test", world.now_ms
    )
    assert joined.word == "claimed", joined
    return Pen(pen.attempt_id, pen.owner_id, 1, joined.generation, joined.epoch)


async def handed_in(world: World, pen: Pen) -> Ended:
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended), ended
    return ended


async def test_all_that_was_shipped_is_back_and_the_page_joins_again(world: World) -> None:
    pen = await a_page(world)
    before = await read(world, pen)
    await lose(world)
    world.clock.advance(5_000)

    assert await rebuild(world) == 64

    after = await read(world, pen)
    assert (after.state, after.generation) == ("running", 2)
    assert (after.answers, after.flags, after.revision) == (before.answers, before.flags, before.revision)
    for name in ("epoch", "page_id", "device", "pen_since_ms", "seen_ms", "sequence", "items", "owner_id"):
        assert getattr(after, name) == getattr(before, name), name
    for name in ("deadline_ms", "deadline_reason", "deadline_version", "session_version", "leave_grace_ms"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.revision == 2
    lost = f"x {world.now_ms} 2 {len(before.journal)}".encode()
    assert after.journal == (*before.journal, lost)
    assert (
        await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    ).word == "stale_generation"
    joined = await rejoin(world, pen)
    assert joined.epoch == 1_000_000_002
    await world.answer(joined, {3: "c"})
    assert (await read(world, pen)).given == {1: "a", 2: "b", 3: "c"}
    assert await rebuild(world) == 0


async def test_what_is_lost_is_exactly_the_tail_that_was_not_shipped_and_the_journal_says_so(world: World) -> None:
    pen = await a_page(world)
    shipped = (await read(world, pen)).journal
    await world.services.desk.save(pen, Operation(3, "a", 2, 2, "c"), world.now_ms)
    await lose(world)
    await rebuild(world)
    after = await read(world, pen)
    assert after.given == {1: "a", 2: "b"}
    assert after.journal == (*shipped, f"x {world.now_ms} 2 {len(shipped)}".encode())


async def test_a_sitting_that_is_lost_again_and_again_keeps_what_was_shipped_between(world: World) -> None:
    pen = await a_page(world)
    for generation in (2, 3, 4):
        await lose(world)
        world.clock.advance(1_000)
        await rebuild(world)
        pen = await rejoin(world, pen)
        assert pen.generation == generation
        await world.answer(pen, {generation + 10: "a"})
        await world.services.shipper.ship_all(world.now_ms)
    after = await read(world, pen)
    assert after.given == {1: "a", 2: "b", 12: "a", 13: "a", 14: "a"}
    async with world.services.database.reading() as tx:
        assert (await segments.journals(tx, slot_of(pen.attempt_id))).of(pen.attempt_id) == list(after.journal)
    assert [line[:1] for line in after.journal].count(b"x") == 3
    ended = await handed_in(world, pen)
    assert ended.outcome.generation == 4


async def test_a_page_that_is_older_than_the_pen_does_not_get_it_by_joining_again(world: World) -> None:
    pen = await a_page(world)
    newer = await world.pen(pen.attempt_id, pen.owner_id, page="newer")
    await world.services.shipper.ship_all(world.now_ms)
    await lose(world)
    await rebuild(world)
    told = await world.services.desk.rejoin(pen.attempt_id, pen.owner_id, 1, 1, 1, "page", "test", world.now_ms)
    assert (told.word, told.given) == ("pen_lost", {1: "a", 2: "b"})
    again = await rejoin(world, newer, "newer")
    assert (again.epoch, await rejoin(world, newer, "newer")) == (1_000_000_003, again)


async def test_a_start_that_was_never_shipped_can_be_answered(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    await lose(world)
    await rebuild(world)
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a"})
    after = await read(world, pen)
    assert (after.generation, after.given, after.seen_ms) == (2, {1: "a"}, world.now_ms)
    assert [line[:1] for line in after.journal] == [b"o", b"x", b"c", b"a"]


async def test_a_rebuild_is_no_sign_of_life(world: World) -> None:
    """The journal that begins anew begins when the attempt did, also when it is shipped and lost in its turn."""
    _, _, attempt_id = await world.a_candidate_in_an_exam()
    started_ms = world.now_ms
    for _ in range(2):
        await lose(world)
        world.clock.advance(MINUTE_MS)
        await rebuild(world)
        await world.services.shipper.ship_all(world.now_ms)
        assert (await world.services.desk.read(attempt_id, world.now_ms)).seen_ms == started_ms


async def test_leaving_focus_and_side_entries_are_as_they_were(world: World) -> None:
    pen = await a_page(world, exam__forced_exit__detect="page_leave", exam__forced_exit__page_leave_grace_seconds=60)
    desk = world.services.desk
    older = Pen(pen.attempt_id, pen.owner_id, 1, 1, 0)
    assert (await desk.save(older, Operation(9, "a", 4, 0, "d"), world.now_ms)).word == "pen_lost"
    await desk.lose_focus(pen, 11, world.now_ms)
    await desk.leave(pen, 12, world.now_ms)
    before = await read(world, pen)
    assert before.left_page_ms == world.now_ms
    await world.services.shipper.ship_all(world.now_ms)
    await lose(world)
    await rebuild(world)
    after = await read(world, pen)
    for name in ("left_page_ms", "focus_losses", "back_by_ms", "sequence"):
        assert getattr(after, name) == getattr(before, name), name
    world.clock.advance(MINUTE_MS)
    assert await desk.due(slot_of(pen.attempt_id), world.now_ms) == [pen.attempt_id]


async def test_what_is_over_stays_over_and_late_pages_hear_how_it_ended(world: World) -> None:
    pen = await a_page(world)
    ended = await handed_in(world, pen)
    await lose(world)
    world.clock.advance(MINUTE_MS)
    await rebuild(world)
    told = await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    assert (told.word, told.outcome, told.close_reason) == ("closed", "submitted", "hand_in")
    assert told.closed_at_ms == ended.outcome.ended_ms
    left_ms = await world.services.calls.command("PTTL", sitting_keys(pen.attempt_id)[0])
    assert left_ms <= 24 * 60 * MINUTE_MS - MINUTE_MS
    assert (await world.attempt(pen.attempt_id)).generation == 1
    assert await world.services.sweeper.sweep(world.now_ms) == 0


async def test_a_hand_in_that_was_closed_but_not_recorded_is_recorded_as_of_its_instant(world: World) -> None:
    pen = await a_page(world)
    at_ms = world.now_ms
    await world.services.desk.hand_in(pen, CloseReason.HAND_IN, at_ms)
    await world.services.shipper.ship_all(at_ms)
    await lose(world)
    world.clock.advance(MINUTE_MS)
    await rebuild(world)
    after = await read(world, pen)
    assert (after.state, after.close_reason, after.closed_at_ms, after.closing) == ("closing", "hand_in", at_ms, 1)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.ended_ms, outcome.generation) == ("submitted", at_ms, 2)


async def test_a_finish_under_way_while_its_sitting_is_rebuilt_is_refused_and_repeated(world: World) -> None:
    pen = await a_page(world)
    await world.services.desk.hand_in(pen, CloseReason.HAND_IN, world.now_ms)
    closed = await read(world, pen)
    await lose(world)
    await rebuild(world)
    [known] = (await world.services.finisher.load([pen.attempt_id])).values()
    assert await world.services.finisher._record(known, closed, world.now_ms) is None
    assert await world.series(pen.attempt_id) == ()
    joined = await rejoin(world, pen)
    assert (await handed_in(world, joined)).outcome.generation == 2


async def test_extra_time_and_a_revoked_session_of_meanwhile_hold_after_the_rebuild(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    await lose(world)
    await world.extra_time(enrolment, attempt_id, 15)
    async with world.services.database.writing() as tx:
        await tx.run(update(accounts).where(accounts.c.person_id == person_id).values(session_version=7))
    await rebuild(world)
    after = await read(world, pen)
    assert (after.deadline_ms, after.deadline_reason) == (deadline_ms + 15 * MINUTE_MS, "extra_time")
    assert (await world.services.desk.pulse(pen, world.now_ms)).word == "revoked"


@pytest.mark.parametrize("fact", ["void", "extra_time", "void pushed", "extra_time pushed"])
async def test_the_second_look_sees_what_was_committed_after_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch, fact: str
) -> None:
    """Pushed meanwhile or not: what was pushed met nothing, as the sitting was not there."""
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.services.shipper.ship_all(world.now_ms)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    await lose(world)
    restore = Rebuilder._restore

    async def and_then(self: Rebuilder, mender: Mender, plan: object, now_ms: int) -> None:
        if fact.startswith("void"):
            await world.voided(attempt_id)
        else:
            await world.extra_time(enrolment, attempt_id, 15)
        if fact.endswith("pushed"):
            # by a worker that has not noticed yet that the slot is lost
            services = world.services
            desk = live.Desk(services.calls.past_fence, clamp=False)
            await Pusher(services.database, desk, services.shelf).push_waiting(now_ms)
        await restore(self, mender, plan, now_ms)  # type: ignore[arg-type]

    monkeypatch.setattr(Rebuilder, "_restore", and_then)
    await rebuild(world)
    after = await read(world, pen)
    if fact.startswith("void"):
        assert (after.state, after.outcome) == ("closed", "void")
        assert len(await world.series(attempt_id)) == 1
    else:
        assert (after.state, after.deadline_ms) == ("running", deadline_ms + 15 * MINUTE_MS)


async def test_a_sitting_voided_while_redis_was_away_has_its_journal_archived(world: World) -> None:
    pen = await a_page(world)
    journal = (await read(world, pen)).journal
    await lose(world)
    await world.voided(pen.attempt_id)
    await rebuild(world)
    assert (await read(world, pen)).state == "closed"
    async with world.services.database.reading() as tx:
        assert await archives.get_journal(tx, pen.attempt_id) == tuple(line.decode() for line in journal)


async def test_until_its_slot_is_open_nobody_writes_and_then_all_is_there_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pen = await a_page(world)
    await lose(world)
    told: list[str] = []
    look_again = Rebuilder._look_again

    async def and_ask(self: Rebuilder, plan: object, now_ms: int) -> None:
        past = live.Desk(world.services.calls.past_fence, clamp=False)
        told.append(
            (await past.save(Pen(pen.attempt_id, pen.owner_id, 1, 2, 1), Operation(3, "a", 3, 0, "c"), now_ms)).word
        )
        told.append((await past.claim(pen.attempt_id, pen.owner_id, 1, "x", "test", now_ms)).word)
        with pytest.raises(live.Unavailable):
            await world.services.desk.pulse(pen, now_ms)
        await look_again(self, plan, now_ms)  # type: ignore[arg-type]

    monkeypatch.setattr(Rebuilder, "_look_again", and_ask)
    await rebuild(world)
    assert told == ["opening", "opening"]
    assert (await world.services.desk.pulse(pen, world.now_ms)).word == "stale_generation"


STATEMENTS = (
    "INSERT INTO lease_tokens",
    "UPDATE live_slots",
    "UPDATE attempts",
    "SELECT journal_segments",
    "SELECT attempts.id, attempts.generation",
    "SELECT outbox",
)


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_a_rebuild_that_sql_breaks_off_leaves_the_slot_shut_and_is_made_good(
    world: World, statement: str
) -> None:
    pen = await a_page(world)
    await lose(world)
    with sql_failing_at(world.services.database, statement), pytest.raises(Unavailable):
        await rebuild(world)
    with pytest.raises(live.Unavailable):
        await world.services.desk.pulse(pen, world.now_ms)
    assert await rebuild(world) == 1
    after = await read(world, pen)
    assert (after.state, after.given) == ("running", {1: "a", 2: "b"})
    assert after.generation == (await world.attempt(pen.attempt_id)).generation
    await handed_in(world, await rejoin(world, pen))


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("script", [OPEN_EMPTY, BEGIN, SURVEY, RESTORE, OPEN_SLOT], ids=lambda script: script.name)
async def test_a_rebuild_whose_line_is_cut_is_made_good(
    world_on_a_line: World, line: Line, script: Script, carried_out: bool
) -> None:
    world = world_on_a_line
    pen = await a_page(world)
    await lose(world)
    line.cut_at(script, carried_out=carried_out)
    with pytest.raises(live.Unavailable):
        await rebuild(world)
    line.mend()
    await rebuild(world)
    after = await read(world, pen)
    assert (after.state, after.given) == ("running", {1: "a", 2: "b"})
    assert after.generation == (await world.attempt(pen.attempt_id)).generation
    joined = await rejoin(world, pen)
    await world.answer(joined, {3: "c"})
    assert (await handed_in(world, joined)).outcome.score_hundredths is not None


async def test_a_rebuild_that_opened_the_slot_but_heard_no_answer_is_not_done_again(
    world_on_a_line: World, line: Line
) -> None:
    """Else what was written meanwhile would be lost."""
    world = world_on_a_line
    pen = await a_page(world)
    await lose(world)
    line.cut_at(OPEN_SLOT, carried_out=True)
    with pytest.raises(live.Unavailable):
        await rebuild(world)
    line.mend()
    joined = await rejoin(world, pen)
    await world.answer(joined, {3: "c"})
    await rebuild(world)
    assert (await read(world, pen)).given == {1: "a", 2: "b", 3: "c"}
    assert (await world.attempt(pen.attempt_id)).generation == 2


async def test_of_two_rebuilders_the_slow_one_gets_nothing_done(world: World) -> None:
    pen = await a_page(world)
    await lose(world)
    services = world.services
    slow = await services.leases.take("rebuild", "slow", 20_000)
    assert slow is not None
    assert await rebuild(world) == 0
    await services.calls.command("DEL", "{lease:rebuild}:holder")
    await rebuild(world)
    joined = await rejoin(world, pen)
    await world.answer(joined, {3: "c"})
    late = Mender(services.calls, slow.token)
    slot = slot_of(pen.attempt_id)
    with pytest.raises(Superseded):
        await late.begin(slot, "another:fence:x", lost=True)
    with pytest.raises(Superseded):
        await late.forget(pen.attempt_id)
    with pytest.raises(Superseded):
        await late.open(slot, [pen.attempt_id], "another:fence:x")
    assert not await late.open_empty(slot, "another:fence:x")
    shut = ShutSlot(slot, "a:b:c", None, None)
    with pytest.raises(Superseded):
        await services.rebuilder._mend(late, slow, shut, world.now_ms)
    assert (await read(world, pen)).given == {1: "a", 2: "b", 3: "c"}
    assert (await world.attempt(pen.attempt_id)).generation == 2


class LateLeases(Leases):
    """Between the look of who asks for the lease and the lease another rebuilds everything, and a page writes."""

    def __init__(self, world: World, pen: Pen) -> None:
        super().__init__(world.services.calls)
        self._world = world
        self._pen = pen

    async def take(self, name: str, owner: str, ttl_ms: int) -> Lease | None:
        await rebuild(self._world)
        joined = await rejoin(self._world, self._pen)
        await self._world.answer(joined, {3: "c"})
        return await super().take(name, owner, ttl_ms)


async def test_a_slot_that_was_opened_between_a_look_and_its_lease_keeps_what_it_has_taken_since(
    world: World,
) -> None:
    pen = await a_page(world)
    await lose(world)
    services = world.services
    desk = live.Desk(services.calls.past_fence, clamp=False)
    leases = LateLeases(world, pen)
    late = Rebuilder(services.database, services.calls, desk, leases, services.shelf, world.clock, "late")
    assert await late.look(world.now_ms) == 64
    assert (await read(world, pen)).given == {1: "a", 2: "b", 3: "c"}
    assert (await world.attempt(pen.attempt_id)).generation == 2


async def test_rebuilders_of_several_workers_rebuild_once(world: World) -> None:
    pen = await a_page(world)
    await lose(world)
    services = world.services
    others = [
        Rebuilder(
            services.database,
            services.calls,
            live.Desk(services.calls.past_fence, clamp=False),
            services.leases,
            services.shelf,
            world.clock,
            str(n),
        )
        for n in range(3)
    ]
    assert sorted(await asyncio.gather(*(each.look(world.now_ms) for each in others))) == [0, 0, 64]
    assert (await world.attempt(pen.attempt_id)).generation == 2


async def test_a_segment_that_is_damaged_costs_its_own_lines_and_is_named(world: World) -> None:
    pen = await a_page(world)
    await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    await world.services.shipper.ship_all(world.now_ms)
    async with world.services.database.writing() as tx:
        await tx.run(update(journal_segments).where(journal_segments.c.count == 1).values(body=b"rubbish"))
    await lose(world)
    with capture_logs() as logs:
        await rebuild(world)
    assert (await read(world, pen)).given == {1: "a", 2: "b"}
    assert [entry["segments"] for entry in logs if entry["event"] == "segments_damaged"] == [[2]]


# ── another server, with what the old one had ──


async def test_a_server_that_lost_nothing_serves_on_and_no_page_joins_again(world: World) -> None:
    pen = await a_page(world)
    await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)  # not shipped
    before = await read(world, pen)
    await move(world)
    assert await rebuild(world) == 64
    assert await read(world, pen) == before
    assert (await world.services.desk.save(pen, Operation(4, "a", 4, 0, "d"), world.now_ms)).word == "saved"
    assert (await world.attempt(pen.attempt_id)).generation == 1


async def test_a_server_that_lacks_a_sitting_or_its_end_gets_it_from_sql(world: World) -> None:
    whole, gone, cut = [await a_page(world) for _ in range(3)]
    calls = world.services.calls
    await calls.command("DEL", *sitting_keys(gone.attempt_id)[:2])
    await calls.command("RPOP", sitting_keys(cut.attempt_id)[1])
    await calls.command("HDEL", sitting_keys(cut.attempt_id)[0], "a2")
    await move(world)
    await rebuild(world)
    for pen, generation in ((whole, 1), (gone, 2), (cut, 2)):
        after = await read(world, pen)
        assert (after.state, after.generation, after.given) == ("running", generation, {1: "a", 2: "b"})


async def test_a_server_that_missed_a_rebuild_is_rebuilt(world: World) -> None:
    pen = await a_page(world)
    dumped = [await world.services.calls.command("DUMP", key) for key in sitting_keys(pen.attempt_id)[:2]]
    await lose(world)
    await rebuild(world)
    joined = await rejoin(world, pen)
    await world.answer(joined, {3: "c"})
    await world.services.shipper.ship_all(world.now_ms)
    for key, dump in zip(sitting_keys(pen.attempt_id)[:2], dumped, strict=True):
        await world.services.calls.command("RESTORE", key, 0, dump, "REPLACE")
    await move(world)
    await rebuild(world)
    after = await read(world, pen)
    assert (after.generation, after.given) == (3, {1: "a", 2: "b", 3: "c"})


async def test_a_server_that_missed_pushes_and_ends_hears_of_them_before_it_serves(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen, over = await world.pen(attempt_id, person_id), await a_page(world)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    calls = world.services.calls
    keys = [sitting_keys(attempt_id)[0], *sitting_keys(over.attempt_id)[:2]]
    dumped = [await calls.command("DUMP", key) for key in keys]
    await world.extra_time(enrolment, attempt_id, 15)
    await world.services.pusher.push_waiting(world.now_ms)
    await handed_in(world, over)
    for key, dump in zip(keys, dumped, strict=True):
        await calls.command("RESTORE", key, 0, dump, "REPLACE")
    await calls.command("ZADD", sitting_keys(over.attempt_id)[2], world.now_ms + MINUTE_MS, over.attempt_id)
    await move(world)
    await rebuild(world)
    after = await read(world, pen)
    assert (after.deadline_ms, after.generation) == (deadline_ms + 15 * MINUTE_MS, 1)
    told = await world.services.desk.save(over, Operation(9, "a", 3, 0, "c"), world.now_ms)
    assert (told.word, told.outcome) == ("closed", "submitted")
    assert len(await world.series(over.attempt_id)) == 1


async def test_a_start_that_was_never_opened_is_left_to_whoever_asks_for_it(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    await world.services.calls.command("DEL", *sitting_keys(attempt_id)[:2])
    await move(world)
    await rebuild(world)
    assert (await world.attempt(attempt_id)).generation == 1
    assert await world.services.starter.whereabouts(attempt_id, world.now_ms) is Word.OPENED
    assert (await world.pen(attempt_id, person_id)).generation == 1


# ── another record ──


async def test_a_fence_that_is_missing_alone_costs_nothing(world: World) -> None:
    """A Redis that a version without fences has served."""
    pen = await a_page(world)
    await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    person_id, _, unshipped = await world.a_candidate_in_an_exam()
    await world.answer(await world.pen(unshipped, person_id), {7: "d"})
    for slot in range(64):
        await world.services.calls.command("DEL", fence_key(slot))
    await rebuild(world)
    assert (await read(world, pen)).given == {1: "a", 2: "b", 3: "c"}
    other = await world.services.desk.read(unshipped, world.now_ms)
    assert (other.given, other.generation, other.state) == ({7: "d"}, 2, "running")


async def test_an_outcome_that_redis_has_told_and_sql_has_lost_is_named(world: World) -> None:
    pen = await a_page(world)
    await world.services.desk.settle(pen.attempt_id, 1, CloseReason.HAND_IN, world.now_ms, "submitted", world.now_ms)
    for slot in range(64):
        await world.services.calls.command("DEL", fence_key(slot))
    with capture_logs() as logs:
        await rebuild(world)
    assert [entry["attempt"] for entry in logs if entry["event"] == "outcome_lost"] == [pen.attempt_id]
    assert (await read(world, pen)).given == {1: "a", 2: "b"}


async def test_lines_that_wait_again_after_redis_went_back_cut_nothing_off_in_sql(world: World) -> None:
    """By some seconds: the end of a journal is missing, and so is the mark that its lines had been shipped."""
    calls, desk = world.services.calls, world.services.desk
    pen = await a_page(world)
    for position, value in ((3, "c"), (4, "d")):
        await desk.save(pen, Operation(position, "a", position, 0, value), world.now_ms)
    before = {key: await calls.command("DUMP", key) for key in sitting_keys(pen.attempt_id)}
    await desk.save(pen, Operation(5, "a", 5, 0, "a"), world.now_ms)
    await world.services.shipper.ship_all(world.now_ms)
    for key, dumped in before.items():
        await calls.command("RESTORE", key, 0, dumped, "REPLACE")
    await move(world)
    assert await rebuild(world) == 64
    everything = {1: "a", 2: "b", 3: "c", 4: "d", 5: "a"}
    assert (await read(world, pen)).given == everything

    await world.services.shipper.ship_all(world.now_ms)
    async with world.services.database.reading() as tx:
        in_sql = (await segments.journals(tx, slot_of(pen.attempt_id))).of(pen.attempt_id)
    assert in_sql == list((await read(world, pen)).journal)
    await lose(world)
    await rebuild(world)
    assert (await read(world, pen)).given == everything


async def test_a_restored_record_takes_the_journals_that_redis_still_has(world: World) -> None:
    """SQL is back from a backup; Redis never went away and knows more."""
    pen = await a_page(world)
    await world.services.desk.save(pen, Operation(3, "a", 3, 0, "c"), world.now_ms)
    async with world.services.database.writing() as tx:
        name = await installation.renew(tx)
    fence = (await world.services.calls.command("HGET", fence_key(0), "id")).decode().split(":", 1)
    assert fence[0] != name
    for slot in range(64):
        await world.services.calls.command("HSET", fence_key(slot), "id", f"{name}:{fence[1]}")
    await rebuild(world)
    after = await read(world, pen)
    assert (after.given, after.revision) == ({1: "a", 2: "b", 3: "c"}, 3)
    assert after.generation == (await world.attempt(pen.attempt_id)).generation == 1_002
    await world.services.shipper.ship_all(world.now_ms)
    async with world.services.database.reading() as tx:
        assert (await segments.journals(tx, slot_of(pen.attempt_id))).of(pen.attempt_id) == list(after.journal)


async def test_sittings_of_another_record_are_removed_and_their_numbers_not_used_again(world: World) -> None:
    pen = await a_page(world)
    calls = world.services.calls
    stray = pen.attempt_id + 64 * 1000
    for key, copy in zip(sitting_keys(pen.attempt_id)[:2], sitting_keys(stray)[:2], strict=True):
        await calls.command("RESTORE", copy, 0, await calls.command("DUMP", key))
    await calls.command("ZADD", sitting_keys(stray)[2], world.now_ms, stray)
    await calls.command("RPUSH", sitting_keys(stray)[3], stray)
    async with world.services.database.writing() as tx:
        await installation.renew(tx)
    await calls.command("HSET", fence_key(slot_of(stray)), "id", "another:run:life")
    await rebuild(world)
    assert (await world.services.desk.read(stray, world.now_ms)).word == "absent"
    assert await world.services.desk.due(slot_of(stray), world.now_ms) == []
    later = await a_page(world)
    assert later.attempt_id > 1_000_000
