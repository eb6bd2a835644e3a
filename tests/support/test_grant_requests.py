"""Candidates ask for make-up study and exam; the desk answers, wherever it grants (S2024-23)."""

import asyncio
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from examengine.records import grant_requests as kept
from examengine.records.enrolments import Enrolment
from examengine.records.errors import Missing
from examengine.records.grant_requests import GrantRequest
from examengine.records.tables import grant_requests as table
from examengine.records.words import GrantAnswer, Role
from examengine.refusals import Reason, Refusal
from examengine.support import grant_requests as requests
from examengine.support import grants
from examengine.support.acts import Means, act
from examengine.support.grant_requests import MAX_REQUESTS, REFUSE, RefuseOrder, RequestCase
from examengine.support.grants import GrantOrder
from tests.support.sitting import agent, sat
from tests.world import World

ONE_ATTEMPT = {"exam.attempts": 1, "exam.attempts_labelled_makeup": 0}


async def used_up(world: World, override: Mapping[str, object] | None = None) -> tuple[int, Enrolment]:
    """A candidate whose only attempt has failed."""
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam({**ONE_ATTEMPT, **(override or {})}), person_id)
    await sat(world, enrolment, 1)
    return person_id, enrolment


async def ask(world: World, enrolment: Enrolment, note: str = "", person_id: int = 0) -> GrantRequest | Refusal:
    services = world.services
    owner = person_id or enrolment.person_id
    return await requests.ask(
        services.database, services.vault, services.shelf, enrolment.id, owner, note, world.now_ms
    )


async def asked(world: World, enrolment: Enrolment, note: str = "") -> GrantRequest:
    request = await ask(world, enrolment, note)
    assert isinstance(request, GrantRequest)
    return request


async def grant(world: World, enrolment: Enrolment, by: int, nonce: str = "n", answer: str = "") -> None:
    order = GrantOrder(
        enrolment_id=enrolment.id,
        attempts=1,
        by_person=by,
        reason_category="makeup",
        reason="核对过姓名",
        ticket="BK-00001",
        expires_ms=None,
        nonce=nonce,
        answer=answer,
    )
    told = await act(world.services.database, Means(world.services.shelf), grants.KIND, order, world.now_ms)
    assert not isinstance(told, Refusal), told


async def refuse(world: World, request_id: int, by: int, answer: str = "请先完成学习") -> object:
    order = RefuseOrder(
        request_id=request_id, answer=answer, by_person=by, reason_category="makeup", reason=answer, ticket="BK-1"
    )
    return await act(world.services.database, Means(world.services.shelf), REFUSE, order, world.now_ms)


async def now(world: World, request_id: int) -> GrantRequest:
    async with world.services.database.reading() as tx:
        return await kept.get(tx, request_id)


async def opened(world: World, request_id: int, by: int) -> RequestCase:
    services = world.services
    return await requests.open_request(
        services.database, services.vault, services.shelf, request_id, by, world.now_ms
    )


async def test_clicks_at_once_are_one_request(world: World) -> None:
    _person, enrolment = await used_up(world)
    told = await asyncio.gather(*(ask(world, enrolment, "第一次") for _ in range(4)))
    assert len({one.id for one in told if isinstance(one, GrantRequest)}) == 1
    assert await ask(world, enrolment, "又一次") == told[0]
    async with world.services.database.reading() as tx:
        assert await kept.count_waiting(tx) == 1


@pytest.mark.parametrize("why", ["unused", "running", "passed", "not offered"])
async def test_only_what_the_desk_may_grant_can_be_asked_for(world: World, why: str) -> None:
    if why == "not offered":
        _person, enrolment = await used_up(world, {"grant.enabled": False, "exam.on_exhausted": "none"})
    else:
        enrolment = await world.enrolled(await world.exam(), await world.person())
    if why == "running":
        await world.started(enrolment)
    if why == "passed":
        await sat(world, enrolment, 1, right=None)
    told = await ask(world, enrolment)
    assert isinstance(told, Refusal)
    assert told.reason is Reason.GRANT_NOT_ALLOWED


async def test_nobody_asks_for_another(world: World) -> None:
    _person, enrolment = await used_up(world)
    other = await world.person(name="李四")
    with pytest.raises(Missing):
        await ask(world, enrolment, person_id=other)
    request = await asked(world, enrolment)
    with pytest.raises(Missing):
        await requests.withdraw(world.services.database, request.id, other, world.now_ms)
    assert (await now(world, request.id)).waits


async def test_the_queue_is_told_in_order(world: World) -> None:
    waiting = [await asked(world, (await used_up(world))[1]) for _ in range(3)]
    by = await agent(world)
    assert [(await opened(world, one.id, by)).place for one in waiting] == [1, 2, 3]
    await refuse(world, waiting[0].id, by)
    assert [(await opened(world, one.id, by)).place for one in waiting[1:]] == [1, 2]
    async with world.services.database.reading() as tx:
        assert [one.id for one in await kept.list_waiting(tx)] == [one.id for one in waiting[1:]]
        assert await kept.count_waiting(tx, waiting[2].id) == 1


async def test_a_grant_answers_the_request_wherever_it_is_made(world: World) -> None:
    _person, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    by = await agent(world)
    await grant(world, enrolment, by, answer="已核对身份")
    answered = await now(world, request.id)
    assert (answered.decision, answered.decided_by, answered.answer) == (GrantAnswer.GRANTED, by, "已核对身份")
    assert answered.entry_id is not None
    await grant(world, enrolment, by, answer="第二张表")
    assert await now(world, request.id) == answered


async def test_a_refusal_is_told_and_the_candidate_may_ask_again(world: World) -> None:
    _person, enrolment = await used_up(world)
    by, other = await agent(world), await agent(world, "陈芳")
    for turn in range(MAX_REQUESTS):
        request = await asked(world, enrolment)
        assert await refuse(world, request.id, by, f"第 {turn} 次答复") is None
        assert await refuse(world, request.id, by, "又一次") is None
        late = await refuse(world, request.id, other, "晚了一步")
        assert isinstance(late, Refusal)
        assert (await now(world, request.id)).answer == f"第 {turn} 次答复"
    told = await ask(world, enrolment)
    assert isinstance(told, Refusal)
    assert told.reason is Reason.GRANT_NOT_ALLOWED


async def test_nobody_answers_his_own_request(world: World) -> None:
    person_id, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    told = await refuse(world, request.id, person_id)
    assert isinstance(told, Refusal)
    assert told.reason is Reason.TWO_PERSONS_REQUIRED
    assert (await now(world, request.id)).waits


async def test_a_request_may_be_withdrawn_until_it_is_answered(world: World) -> None:
    person_id, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    database = world.services.database
    assert await requests.withdraw(database, request.id, person_id, world.now_ms)
    assert not await requests.withdraw(database, request.id, person_id, world.now_ms)
    assert (await now(world, request.id)).decision is GrantAnswer.WITHDRAWN
    assert isinstance(await refuse(world, request.id, await agent(world)), Refusal)
    again = await asked(world, enrolment)
    assert again.id != request.id
    await grant(world, enrolment, await agent(world))
    assert not await requests.withdraw(database, again.id, person_id, world.now_ms)
    assert (await now(world, again.id)).decision is GrantAnswer.GRANTED


async def test_the_candidates_words_stand_under_his_key(world: World) -> None:
    _person, enrolment = await used_up(world)
    request = await asked(world, enrolment, "那几天住院")
    by = await world.person(Role.SUPPORT)
    assert (await opened(world, request.id, by)).note == "那几天住院"
    async with world.services.database.reading() as tx:
        [row] = await tx.rows(select(table))
    assert "住院" not in repr(tuple(row))
    assert "住院".encode() not in row.note_enc
