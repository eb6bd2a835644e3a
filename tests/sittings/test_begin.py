"""Starts that wait together are begun together, each exactly as it would be alone."""

import asyncio

import pytest
from sqlalchemy import select, update

from examengine.live import CloseReason
from examengine.papers.draw import BlueprintUnmetError
from examengine.publishing.items import release_bank
from examengine.records import accounts, attempts
from examengine.records.attempts import Attempt
from examengine.records.enrolments import Enrolment, lock_enrolment
from examengine.records.errors import Missing, Unavailable
from examengine.records.exams import Exam
from examengine.records.history import load_history
from examengine.records.tables import attempts as attempts_table
from examengine.records.tables import exams
from examengine.refusals import Reason, Refusal
from examengine.sittings.begin import NotAdmittedError, StartIntent
from examengine.sittings.contract import Contract, contract_of
from examengine.sittings.start import Started, Starter
from tests.databases import counted
from tests.faults import sql_away, sql_failing_at
from tests.world import World, items

Told = Started | Contract | Refusal | BaseException


async def a_crowd(world: World, size: int, exam: Exam | None = None) -> list[Enrolment]:
    """Enrolled, learned, and not started, each with an account."""
    crowd = await world.crowd(exam or await world.exam(), size)
    async with world.services.database.writing() as tx:
        await accounts.add_accounts(tx, {one.person_id: "unused" for one in crowd}, world.now_ms, must_change=False)
    return crowd


def an_intent(enrolment: Enrolment, *, no: int = 1, nonce: str = "n") -> StartIntent:
    return StartIntent(enrolment.id, enrolment.person_id, 1, no, nonce)


async def at_once(world: World, *intents: StartIntent) -> list[Told]:
    """All of them in one turn of the event loop: one batch."""
    start = world.services.starter.start_at
    return await asyncio.gather(*(start(one, 1, world.now_ms) for one in intents), return_exceptions=True)


def the_begun(told: list[Told]) -> list[int]:
    return [one.attempt_id for one in told if isinstance(one, Started) and one.is_new]


async def of(world: World, enrolment: Enrolment) -> list[Attempt]:
    """The attempts that an enrolment has."""
    async with world.services.database.reading() as tx:
        record = await load_history(tx, enrolment.id)
        return [(await attempts.get_attempt(tx, row.id)).attempt for row in record.attempts]


async def how_many(world: World) -> int:
    async with world.services.database.reading() as tx:
        return len(await tx.rows(select(attempts_table.c.id)))


async def test_a_crowd_that_starts_at_once_gets_an_attempt_each_and_all_are_read_by_one_statement(
    world: World,
) -> None:
    crowd = await a_crowd(world, 12)
    with counted(world.services.database) as statements:
        told = await at_once(world, *map(an_intent, crowd))
    assert sum("person_keys" in text for text in statements) == 1
    assert len(set(the_begun(told))) == 12
    for enrolment, attempt_id in zip(crowd, the_begun(told), strict=True):
        assert [one.id for one in await of(world, enrolment)] == [attempt_id]
        sitting = await world.services.desk.read(attempt_id, world.now_ms)
        assert (sitting.state, sitting.owner_id) == ("running", enrolment.person_id)
    papers = {(await world.attempt(attempt_id)).paper for attempt_id in the_begun(told)}
    assert len(papers) == 12


async def test_what_is_begun_together_is_what_the_contract_promised_each(world: World) -> None:
    crowd = await a_crowd(world, 3)
    promised = []
    async with world.services.database.reading() as tx:
        for enrolment in crowd:
            rulebook = await world.services.shelf.rulebook(tx, enrolment.rulebook_digest)
            promised.append(contract_of(rulebook, await load_history(tx, enrolment.id), world.now_ms))
    await at_once(world, *map(an_intent, crowd))
    for enrolment, contract in zip(crowd, promised, strict=True):
        [attempt] = await of(world, enrolment)
        assert isinstance(contract, Contract)
        assert (attempt.intent, attempt.no) == (an_intent(enrolment).key, 1)
        assert (attempt.started_ms, attempt.base_deadline_ms) == (contract.told_ms, contract.base_deadline_ms)
        async with world.services.database.reading() as tx:
            [due] = [one for one in await attempts.due(tx, 10**15) if one.attempt_id == attempt.id]
        assert (due.enrolment_id, due.generation) == (enrolment.id, 1)
        assert due.look_at_ms >= contract.deadline_ms


async def test_more_than_one_batch_holds_are_begun_all_the_same(world: World) -> None:
    crowd = await a_crowd(world, 40)
    told = await at_once(world, *map(an_intent, crowd))
    assert len(set(the_begun(told))) == 40


async def test_a_confirm_sent_twice_in_one_batch_leads_to_one_attempt(world: World) -> None:
    crowd = await a_crowd(world, 3)
    told = await at_once(world, *(an_intent(crowd[place]) for place in (0, 1, 1, 2, 1)))
    assert all(isinstance(one, Started) for one in told)
    assert len(the_begun(told)) == 3
    assert len({one.attempt_id for one in told if isinstance(one, Started)}) == 3
    assert await how_many(world) == 3


async def test_two_tabs_of_one_person_in_one_batch_begin_one_attempt_and_refuse_the_other(world: World) -> None:
    one, other = await a_crowd(world, 2)
    told = await at_once(world, *(an_intent(one, nonce=nonce) for nonce in ("a", "b", "c")), an_intent(other))
    assert [type(answer) for answer in told] == [Started, Refusal, Refusal, Started]
    assert {answer.reason for answer in told if isinstance(answer, Refusal)} == {Reason.ATTEMPT_RUNNING}
    assert await how_many(world) == 2


async def test_the_last_attempt_is_begun_once_however_many_tabs_confirm_it_in_one_batch(world: World) -> None:
    [enrolment] = await a_crowd(world, 1)
    for no in (1, 2):
        attempt_id = await world.started(enrolment, no=no)
        pen = await world.pen(attempt_id, enrolment.person_id)
        await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
        world.clock.advance(60_000)
    told = await at_once(world, *(an_intent(enrolment, no=no, nonce=f"{no}") for no in (3, 3, 4)))
    assert [one.no for one in await of(world, enrolment)] == [1, 2, 3]
    assert len(the_begun(told)) == 1


async def test_one_who_is_refused_or_not_admitted_or_a_stranger_hurts_nobody_else(world: World) -> None:
    exam = await world.exam()
    crowd = await a_crowd(world, 4, exam)
    unlearned = await world.enrolled(exam, await world.person(), learned=False)
    known = await world.started(crowd[3])
    start = world.services.starter.start_at
    told = await asyncio.gather(
        start(an_intent(crowd[0]), 1, world.now_ms),
        start(an_intent(unlearned), 1, world.now_ms),
        start(StartIntent(crowd[1].id, await world.person(), 1, 1, "n"), 1, world.now_ms),
        start(an_intent(crowd[1]), 1, world.now_ms, admits=lambda found: found.account is None),
        start(StartIntent(4711, await world.person(), 1, 1, "n"), 1, world.now_ms),
        start(an_intent(crowd[2]), 1, world.now_ms),
        start(an_intent(crowd[3]), 1, world.now_ms),
        return_exceptions=True,
    )
    kinds = [Started, Refusal, Missing, NotAdmittedError, Missing, Started, Started]
    assert [type(one) for one in told] == kinds
    assert told[-1] == Started(known, is_new=False)
    assert [len(await of(world, one)) for one in (*crowd, unlearned)] == [1, 0, 1, 1, 0]


async def test_an_exam_whose_papers_cannot_be_filled_hurts_no_other(world: World) -> None:
    good = await a_crowd(world, 2)
    exam = await world.exam({"exam.minutes": 90})
    bad = await a_crowd(world, 2, exam)
    small = await release_bank(
        world.services.database, await world.bank(items(2, 2, 2), "小题库"), None, world.now_ms
    )
    async with world.services.database.writing() as tx:
        await tx.run(update(exams).where(exams.c.id == exam.id).values(release_id=small.id))
    told = await at_once(world, *(an_intent(one) for pair in zip(good, bad, strict=True) for one in pair))
    assert [type(one) for one in told] == [Started, BlueprintUnmetError] * 2
    assert await how_many(world) == 2


async def test_second_attempts_begun_together_avoid_what_each_has_seen(world: World) -> None:
    crowd = await a_crowd(world, 3)
    for enrolment in crowd[:2]:
        pen = await world.pen(await world.started(enrolment), enrolment.person_id)
        await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
    world.clock.advance(60_000)
    told = await at_once(world, an_intent(crowd[0], no=2), an_intent(crowd[1], no=2), an_intent(crowd[2]))
    assert len(the_begun(told)) == 3
    for enrolment in crowd[:2]:
        first, second = [
            {item.version_id for item in (await world.paper(a.id)).items} for a in await of(world, enrolment)
        ]
        assert not first & second


@pytest.mark.parametrize("statement", ["INSERT INTO attempts", "INSERT INTO open_attempts"])
async def test_where_a_batch_fails_nobody_is_told_that_he_sits_and_whoever_comes_again_does(
    world: World, statement: str
) -> None:
    crowd = await a_crowd(world, 4)
    with sql_failing_at(world.services.database, statement):
        told = await at_once(world, *map(an_intent, crowd))
    assert [type(one) for one in told] == [Unavailable] * 4
    assert await how_many(world) == 0
    again = await at_once(world, *map(an_intent, crowd))
    assert len(set(the_begun(again))) == 4


async def test_while_sql_is_away_everybody_of_a_batch_is_told(world: World) -> None:
    crowd = await a_crowd(world, 4)
    async with sql_away(world.services.database):
        told = await at_once(world, *map(an_intent, crowd))
    assert [type(one) for one in told] == [Unavailable] * 4
    assert await how_many(world) == 0


async def test_whose_enrolment_or_account_others_hold_waits_alone(world: World) -> None:
    if world.services.database.writer.dialect.name == "sqlite":
        pytest.skip("its only writer excludes everybody for a moment")
    crowd = await a_crowd(world, 5)
    start = world.services.starter.start_at
    async with world.services.database.writing() as tx:
        await lock_enrolment(tx, crowd[1].id)
        await accounts.change_password(tx, crowd[3].person_id, "another", world.now_ms)
        waiting = [asyncio.ensure_future(start(an_intent(one), 1, world.now_ms)) for one in crowd]
        await asyncio.wait([waiting[place] for place in (0, 2, 4)])
        assert [one.done() for one in waiting] == [True, False, True, False, True]
    told = await asyncio.gather(*waiting)
    assert len({one.attempt_id for one in told if isinstance(one, Started)}) == 5


async def test_what_a_batch_has_locked_is_its_own_until_it_is_committed(world: World) -> None:
    """Two batches, of two workers, that want the same candidates in another order."""
    crowd = await a_crowd(world, 8)
    other = Starter(world.services.database, world.services.desk, world.services.shelf, bytes)
    both = await asyncio.gather(
        *(world.services.starter.start_at(an_intent(one), 1, world.now_ms) for one in crowd),
        *(other.start_at(an_intent(one), 1, world.now_ms) for one in reversed(crowd)),
    )
    assert len({one.attempt_id for one in both if isinstance(one, Started)}) == 8
    assert [one.is_new for one in both if isinstance(one, Started)].count(True) == 8
    assert await how_many(world) == 8
