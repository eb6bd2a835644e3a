"""Starting an attempt: once per intent, by the rules, and all or nothing."""

import asyncio

import msgspec
import pytest
from sqlalchemy import update

from examengine import live
from examengine.live import CloseReason, Word
from examengine.live.desk import OPEN
from examengine.papers.draw import BlueprintUnmetError
from examengine.publishing.items import release_bank
from examengine.records import attempts, enrolments
from examengine.records.enrolments import Enrolment
from examengine.records.errors import Missing, Unavailable
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.tables import exams
from examengine.refusals import Reason, Refusal
from examengine.sittings.contract import Contract, contract_of
from examengine.sittings.finish import Ended
from examengine.sittings.start import Started, StartIntent
from tests.faults import Line, sql_away, sql_failing_at
from tests.world import World, items, ms

MINUTE_MS = 60_000
WINDOW_OPENS_MS = ms("2026-01-01T00:00:00+08:00")
WINDOW_CLOSES_MS = ms("2027-01-01T00:00:00+08:00")


def intent_of(enrolment: Enrolment, *, round_no: int = 1, no: int = 1, nonce: str = "n") -> StartIntent:
    return StartIntent(enrolment.id, enrolment.person_id, round_no, no, nonce)


async def record_of(world: World, enrolment: Enrolment) -> EnrolmentRecord:
    async with world.services.database.reading() as tx:
        return await load_history(tx, enrolment.id)


async def a_candidate(world: World, **override: object) -> Enrolment:
    """Enrolled, learned, and not started."""
    exam = await world.exam({key.replace("__", "."): value for key, value in override.items()})
    return await world.enrolled(exam, await world.person())


async def contract_now(world: World, enrolment: Enrolment) -> Contract | Refusal:
    async with world.services.database.reading() as tx:
        record = await load_history(tx, enrolment.id)
        rulebook = await world.services.shelf.rulebook(tx, enrolment.rulebook_digest)
    return contract_of(rulebook, record, world.now_ms)


async def test_a_confirm_sent_twice_leads_to_one_attempt(world: World) -> None:
    enrolment = await a_candidate(world)
    first = await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    world.clock.advance(5_000)
    second = await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    assert isinstance(first, Started)
    assert isinstance(second, Started)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.attempt_id == second.attempt_id
    assert len((await record_of(world, enrolment)).attempts) == 1


@pytest.mark.parametrize("end", ["handed_in", "given_up", "absent", "voided"])
async def test_a_confirm_repeated_after_the_attempt_is_over_finds_that_attempt(world: World, end: str) -> None:
    enrolment = await a_candidate(world)
    attempt_id = await world.started(enrolment)
    pen = await world.pen(attempt_id, enrolment.person_id)
    match end:
        case "handed_in":
            await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
        case "given_up":
            await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
        case "absent":
            world.clock.advance(61 * MINUTE_MS)
            assert await world.services.sweeper.sweep(world.now_ms) == 1
        case _:
            await world.voided(attempt_id)
    assert (await world.outcome(attempt_id)).state != "running"
    again = await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    assert again == Started(attempt_id, is_new=False)
    assert len((await record_of(world, enrolment)).attempts) == 1


async def test_two_confirms_of_one_page_at_once_begin_one_attempt(world: World) -> None:
    enrolment = await a_candidate(world)
    start = world.services.starter.start
    both = await asyncio.gather(*(start(intent_of(enrolment), 1, world.now_ms) for _ in range(4)))
    assert len({started.attempt_id for started in both if isinstance(started, Started)}) == 1
    assert [started.is_new for started in both if isinstance(started, Started)].count(True) == 1
    assert len((await record_of(world, enrolment)).attempts) == 1


async def test_two_pages_confirmed_at_once_begin_one_attempt_and_refuse_the_other(world: World) -> None:
    enrolment = await a_candidate(world)
    start = world.services.starter.start
    both = await asyncio.gather(
        *(start(intent_of(enrolment, nonce=nonce), 1, world.now_ms) for nonce in ("a", "b", "c"))
    )
    refusals = [answer for answer in both if isinstance(answer, Refusal)]
    assert [refusal.reason for refusal in refusals] == [Reason.ATTEMPT_RUNNING] * 2
    assert len((await record_of(world, enrolment)).attempts) == 1


async def test_the_number_that_a_page_offered_must_still_be_the_next(world: World) -> None:
    enrolment = await a_candidate(world)
    first = await world.started(enrolment)
    pen = await world.pen(first, enrolment.person_id)
    await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
    for wrong in (
        intent_of(enrolment, no=1, nonce="old"),
        intent_of(enrolment, no=3),
        intent_of(enrolment, round_no=2),
    ):
        assert isinstance(await world.services.starter.start(wrong, 1, world.now_ms), Refusal)
    assert len((await record_of(world, enrolment)).attempts) == 1


async def test_nobody_starts_another_persons_attempt(world: World) -> None:
    enrolment = await a_candidate(world)
    stranger = await world.person()
    for enrolment_id in (enrolment.id, 4711):
        with pytest.raises(Missing):
            await world.services.starter.start(StartIntent(enrolment_id, stranger, 1, 1, "n"), 1, world.now_ms)
    assert not (await record_of(world, enrolment)).attempts


async def test_nobody_finds_another_persons_attempt_by_its_intent(world: World) -> None:
    enrolment = await a_candidate(world)
    await world.started(enrolment, nonce="known")
    stranger = await world.person()
    with pytest.raises(Missing):
        await world.services.starter.start(StartIntent(enrolment.id, stranger, 1, 1, "known"), 1, world.now_ms)


async def test_nothing_is_started_while_redis_is_away(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    enrolment = await a_candidate(world)
    line.cut()
    with pytest.raises(live.Unavailable):
        await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    assert not (await record_of(world, enrolment)).attempts


async def test_nothing_is_started_while_sql_is_away(world: World) -> None:
    enrolment = await a_candidate(world)
    async with sql_away(world.services.database):
        with pytest.raises(Unavailable):
            await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    assert not (await record_of(world, enrolment)).attempts


@pytest.mark.parametrize("statement", ["INSERT INTO attempts", "INSERT INTO open_attempts"])
async def test_a_start_that_fails_in_the_middle_leaves_nothing(world: World, statement: str) -> None:
    enrolment = await a_candidate(world)
    with sql_failing_at(world.services.database, statement), pytest.raises(Unavailable):
        await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    assert not (await record_of(world, enrolment)).attempts
    started = await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    assert isinstance(started, Started)
    assert started.is_new


@pytest.mark.parametrize("carried_out", [False, True])
async def test_an_opening_that_broke_off_is_made_good_when_the_page_opens(
    world_on_a_line: World, line: Line, carried_out: bool
) -> None:
    world = world_on_a_line
    enrolment = await a_candidate(world)
    line.cut_at(OPEN, carried_out=carried_out)
    with pytest.raises(live.Unavailable):
        await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    [attempt] = (await record_of(world, enrolment)).attempts
    line.mend()
    again = await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    assert again == Started(attempt.id, is_new=False)
    async with world.browser(enrolment.person_id) as browser:
        page = await browser.get(f"/sittings/{attempt.id}")
    assert page.status_code == 200
    pen = await world.pen(attempt.id, enrolment.person_id)
    await world.answer(pen, {1: "a"})
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended)
    assert ended.outcome.state == "submitted"


async def a_start_that_never_got_to_redis(world: World, line: Line) -> tuple[Enrolment, int]:
    """Committed, and not opened."""
    enrolment = await a_candidate(world)
    line.cut_at(OPEN)
    with pytest.raises(live.Unavailable):
        await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    line.mend()
    [attempt] = (await record_of(world, enrolment)).attempts
    return enrolment, attempt.id


async def test_a_sitting_that_was_never_opened_is_opened_with_the_generation_it_has(
    world_on_a_line: World, line: Line
) -> None:
    world = world_on_a_line
    _, attempt_id = await a_start_that_never_got_to_redis(world, line)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    world.clock.advance(10 * MINUTE_MS)
    opened = await world.services.starter.open_missing(attempt_id, 1, world.now_ms)
    assert opened is not None
    assert (opened.word, opened.generation, opened.deadline_ms) == ("opened", 1, deadline_ms)
    assert (await world.attempt(attempt_id)).generation == 1


async def test_pages_that_open_between_a_starts_commit_and_its_opening_open_one_sitting(
    world_on_a_line: World, line: Line
) -> None:
    world = world_on_a_line
    enrolment, attempt_id = await a_start_that_never_got_to_redis(world, line)
    open_missing = world.services.starter.open_missing
    opened = await asyncio.gather(*(open_missing(attempt_id, 1, world.now_ms) for _ in range(4)))
    assert sorted(standing.word for standing in opened if standing) == ["already"] * 3 + ["opened"]
    pen = await world.pen(attempt_id, enrolment.person_id)
    await world.answer(pen, {1: "a"})
    again = await open_missing(attempt_id, 1, world.now_ms)
    assert again is not None
    assert again.word == "already"
    told = await world.services.desk.pulse(pen, world.now_ms)
    assert (told.word, told.revision) == ("alive", 1)
    assert (await world.services.desk.read(attempt_id, world.now_ms)).generation == 1


async def test_a_missing_sitting_whose_time_is_over_is_not_opened(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    _, attempt_id = await a_start_that_never_got_to_redis(world, line)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    starter = world.services.starter
    assert await starter.open_missing(attempt_id, 1, deadline_ms) is None
    assert await starter.whereabouts(attempt_id, deadline_ms) is Word.TOO_LATE
    assert await starter.open_missing(attempt_id, 1, deadline_ms - 1) is not None


@pytest.mark.parametrize("end", ["handed_in", "voided"])
async def test_a_finished_attempt_is_not_opened_but_its_tombstone_is_left_again(world: World, end: str) -> None:
    enrolment = await a_candidate(world)
    attempt_id = await world.started(enrolment)
    pen = await world.pen(attempt_id, enrolment.person_id)
    if end == "handed_in":
        await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    else:
        await world.voided(attempt_id)
        await world.services.pusher.push_waiting(world.now_ms)
    await world.services.calls.command("DEL", f"{{{attempt_id % 64:02d}}}:sitting:{attempt_id}")
    assert await world.services.starter.open_missing(attempt_id, 1, world.now_ms) is None
    assert (await world.services.desk.read(attempt_id, world.now_ms)).word == "absent"
    assert await world.services.starter.whereabouts(attempt_id, world.now_ms) is Word.CLOSED
    told = await world.services.desk.pulse(pen, world.now_ms)
    outcome = await world.outcome(attempt_id)
    assert (told.word, told.outcome, told.closed_at_ms) == ("closed", outcome.state, outcome.ended_ms)


async def test_the_whereabouts_of_what_never_was_are_nowhere(world: World) -> None:
    assert await world.services.starter.whereabouts(999, world.now_ms) is Word.ABSENT


async def test_whereabouts_open_what_was_never_opened(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    _, attempt_id = await a_start_that_never_got_to_redis(world, line)
    assert await world.services.starter.whereabouts(attempt_id, world.now_ms) is Word.OPENED
    assert await world.services.starter.whereabouts(attempt_id, world.now_ms) is Word.ALREADY


async def test_nothing_is_opened_in_a_slot_that_redis_has_lost(world: World) -> None:
    """An empty sitting beside the shipped lines of a lost one would be a second beginning."""
    enrolment = await a_candidate(world)
    attempt_id = await world.started(enrolment)
    await world.services.calls.command("FLUSHALL")
    with pytest.raises(live.Unavailable):
        await world.services.starter.open_missing(attempt_id, 1, world.now_ms)
    with pytest.raises(live.Unavailable):
        await world.services.starter.whereabouts(attempt_id, world.now_ms)
    assert (await world.services.desk.read(attempt_id, world.now_ms)).word == "absent"


async def test_a_start_whose_draw_cannot_be_filled_leaves_nothing(world: World) -> None:
    enrolment = await a_candidate(world)
    small = await release_bank(
        world.services.database, await world.bank(items(2, 2, 2), "小题库"), None, world.now_ms
    )
    async with world.services.database.writing() as tx:
        await tx.run(update(exams).values(release_id=small.id))
    with pytest.raises(BlueprintUnmetError):
        await world.services.starter.start(intent_of(enrolment), 1, world.now_ms)
    assert not (await record_of(world, enrolment)).attempts


async def test_a_start_never_lies_before_the_newest_fact(world: World) -> None:
    exam = await world.exam()
    enrolment = await world.enrolled(exam, await world.person(), learned=False)
    reported_ms = world.now_ms + 3_000
    async with world.services.database.writing() as tx:
        await enrolments.report_learning(tx, enrolment.id, 1, 100, "late", reported_ms)
    attempt_id = await world.started(enrolment)
    attempt = await world.attempt(attempt_id)
    assert attempt.started_ms == reported_ms
    assert attempt.base_deadline_ms == reported_ms + 60 * MINUTE_MS


@pytest.mark.parametrize(
    ("at_ms", "reason"),
    [
        (WINDOW_OPENS_MS - 1, Reason.WINDOW_NOT_OPEN),
        (WINDOW_OPENS_MS, None),
        (WINDOW_OPENS_MS + 1, None),
        (WINDOW_CLOSES_MS - 1, None),
        (WINDOW_CLOSES_MS, Reason.WINDOW_CLOSED),
        (WINDOW_CLOSES_MS + 1, Reason.WINDOW_CLOSED),
    ],
)
async def test_the_windows_ends_are_half_open(world: World, at_ms: int, reason: Reason | None) -> None:
    world.clock.move_to(WINDOW_OPENS_MS - 1)
    enrolment = await a_candidate(world)
    world.clock.move_to(at_ms)
    started = await world.services.starter.start(intent_of(enrolment), 1, at_ms)
    if reason is not None:
        assert isinstance(started, Refusal)
        assert started.reason == reason
        return
    assert isinstance(started, Started)
    attempt = await world.attempt(started.attempt_id)
    assert attempt.base_deadline_ms == min(at_ms + 60 * MINUTE_MS, WINDOW_CLOSES_MS)


@pytest.mark.parametrize(
    ("at_ms", "reason"),
    [
        (WINDOW_CLOSES_MS - 60 * MINUTE_MS - 1, "time_limit"),
        (WINDOW_CLOSES_MS - 60 * MINUTE_MS, "time_limit"),
        (WINDOW_CLOSES_MS - 60 * MINUTE_MS + 1, "window_end"),
    ],
)
async def test_the_contract_is_what_the_start_does(world: World, at_ms: int, reason: str) -> None:
    enrolment = await a_candidate(world)
    world.clock.move_to(at_ms)
    contract = await contract_now(world, enrolment)
    assert isinstance(contract, Contract)
    assert (contract.deadline_reason, contract.is_cut) == (reason, reason == "window_end")
    attempt = await world.attempt(await world.started(enrolment, round_no=contract.round_no, no=contract.no))
    assert (attempt.no, attempt.started_ms) == (contract.no, contract.told_ms)
    assert (attempt.base_deadline_ms, attempt.base_reason) == (contract.base_deadline_ms, contract.base_reason)
    told = msgspec.json.decode(attempt.contract, type=Contract)
    assert told == contract
    sitting = await world.services.desk.read(attempt.id, at_ms)
    assert (sitting.deadline_ms, sitting.deadline_reason) == (contract.deadline_ms, contract.deadline_reason)


async def test_numbers_and_labels_go_on_over_failed_attempts(world: World) -> None:
    enrolment = await a_candidate(world)
    told = []
    for no in (1, 2, 3):
        contract = await contract_now(world, enrolment)
        assert isinstance(contract, Contract)
        told.append((contract.no, contract.label, contract.left, contract.allowed))
        attempt_id = await world.started(enrolment, no=no)
        pen = await world.pen(attempt_id, enrolment.person_id)
        await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
        world.clock.advance(MINUTE_MS)
    assert told == [(1, "regular", 3, 3), (2, "makeup", 2, 3), (3, "makeup", 1, 3)]
    exhausted = await contract_now(world, enrolment)
    assert isinstance(exhausted, Refusal)
    assert exhausted.reason == Reason.ATTEMPTS_EXHAUSTED


async def test_a_voided_attempt_gives_its_place_back_and_keeps_its_number(world: World) -> None:
    enrolment = await a_candidate(world)
    first = await world.started(enrolment)
    await world.voided(first)
    contract = await contract_now(world, enrolment)
    assert isinstance(contract, Contract)
    assert (contract.no, contract.label, contract.left) == (2, "regular", 3)


async def test_a_person_sits_two_exams_side_by_side(world: World) -> None:
    person_id = await world.person()
    one = await world.enrolled(await world.exam(), person_id)
    two = await world.enrolled(await world.exam({"exam.minutes": 90}), person_id)
    ids = [await world.started(one), await world.started(two)]
    async with world.services.database.reading() as tx:
        assert await attempts.running_of_person(tx, person_id) == tuple(ids)
