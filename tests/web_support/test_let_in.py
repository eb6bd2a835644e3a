"""允许重新登录: limits lifted, sessions ended, a one-time password told to one agent for a quarter of an hour."""

import re

import pytest

from examengine.accounts.sign_in import NotSignedIn, SignedIn
from examengine.live import Word
from examengine.records import accounts, audit, let_ins
from examengine.records.words import Role
from examengine.web.support.let_in_page import SHOWN_MS
from tests.harness import RedisForTests
from tests.support.sitting import WHY, agent, hidden, send, send_after_preview
from tests.world import World, resident_id

LOCKED = {"reason": "locked"}
PASSWORD = "Mei-Hua-77"


async def locked_out(world: World) -> int:
    """A candidate who has typed wrong passwords until the door was shut."""
    services = world.services
    person_id = await world.person(password_hash=await services.passwords.hashed(PASSWORD))
    for _ in range(6):
        await services.sign_in.sign_in(resident_id(world.made_people), "wrong", "device", world.now_ms)
    return person_id


async def tries(world: World, document: str, password: str) -> SignedIn | NotSignedIn:
    return await world.services.sign_in.sign_in(document, password, "device", world.now_ms)


async def test_who_is_locked_out_may_try_at_once(world: World) -> None:
    person_id = await locked_out(world)
    document = resident_id(world.made_people)
    assert isinstance(await tries(world, document, PASSWORD), NotSignedIn)
    async with world.browser(await agent(world)) as desk:
        assert f'href="/support/people/{person_id}/let-in"' in (await desk.get(f"/support/people/{person_id}")).text
        done = await send(desk, f"/support/people/{person_id}/let-in", **LOCKED)
        assert done.headers["location"] == f"/support/people/{person_id}?done=let_in"
        page = (await desk.get(done.headers["location"])).text
        assert "已允许重新登录" in page
        assert "允许重新登录 " in page or "允许重新登录" in page.partition("Timeline")[2]
    world.clock.advance(1)
    assert isinstance(await tries(world, document, PASSWORD), SignedIn)


async def test_old_sessions_end_also_in_the_sitting(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    async with world.browser(person_id) as candidate, world.browser(await agent(world)) as desk:
        assert (await candidate.get("/my")).status_code == 200
        await send(desk, f"/support/people/{person_id}/let-in", **LOCKED)
        assert (await candidate.get("/my")).status_code == 303
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.REVOKED


async def test_a_one_time_password_is_told_to_whoever_ordered_it_and_must_be_changed(world: World) -> None:
    person_id = await locked_out(world)
    document = resident_id(world.made_people)
    by, other = await agent(world), await agent(world)
    address = f"/support/people/{person_id}/let-in"
    async with world.browser(by) as desk, world.browser(other) as elsewhere:
        shown = await send(desk, address, new_password=1, **LOCKED)
        assert shown.status_code == 409
        assert "原来的密码作废" in shown.text
        fields = {"intent": hidden(shown.text, "intent"), **WHY, **LOCKED, "new_password": 1}
        told = [await desk.post(address, data=fields) for _ in range(2)]
        assert told[0].headers["location"] == told[1].headers["location"]
        page = await desk.get(told[0].headers["location"])
        password = re.findall(r'class="one-time num"[^>]*>([^<]+)<', page.text)[0]
        assert page.headers["cache-control"] == "no-store"
        assert password not in (await elsewhere.get(told[0].headers["location"])).text
        assert "查看一次性密码" in (await desk.get(f"/support/people/{person_id}")).text
        assert "查看一次性密码" not in (await elsewhere.get(f"/support/people/{person_id}")).text
        signed_in = await tries(world, document, password)
        assert isinstance(signed_in, SignedIn)
        assert signed_in.account.must_change
        assert not isinstance(await tries(world, document, PASSWORD), SignedIn)
        world.clock.advance(SHOWN_MS - 1)
        assert password in (await desk.get(told[0].headers["location"])).text
        world.clock.advance(1)
        assert password not in (await desk.get(told[0].headers["location"])).text
    async with world.services.database.reading() as tx:
        assert len(await let_ins.of_person(tx, person_id)) == 1
        lines = await audit.newest(tx, object_kind="person", object_id=person_id, person_id=by)
    acts = [line.act for line in lines if line.act != "view_person"]
    assert acts == ["show_one_time_password"] * 2 + ["let_in"]
    assert password not in str([line.facts for line in lines])


async def test_a_password_that_was_changed_meanwhile_is_not_shown(world: World) -> None:
    person_id = await locked_out(world)
    async with world.browser(await agent(world)) as desk:
        done = await send_after_preview(desk, f"/support/people/{person_id}/let-in", new_password=1, **LOCKED)
        async with world.services.database.writing() as tx:
            await accounts.change_password(tx, person_id, "another", world.now_ms)
        assert "这个一次性密码已经改过" in (await desk.get(done.headers["location"])).text


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPERATOR, Role.SECURITY])
async def test_nobody_is_let_into_the_accounts_of_staff(world: World, role: Role) -> None:
    colleague = await world.person(Role.CANDIDATE, role) if role is not Role.SECURITY else await world.person(role)
    async with world.browser(await agent(world)) as desk:
        answer = await desk.get(f"/support/people/{colleague}/let-in")
        assert answer.headers["location"] == f"/support/people/{colleague}?done=staff"
        answer = await desk.post(f"/support/people/{colleague}/let-in", data={**WHY, **LOCKED, "intent": "x"})
        assert answer.headers["location"] == f"/support/people/{colleague}?done=staff"
    async with world.services.database.reading() as tx:
        assert await let_ins.of_person(tx, colleague) == ()


async def test_while_redis_is_away_the_agent_is_told_that_the_limits_stand(
    world: World, redis_for_tests: RedisForTests
) -> None:
    person_id = await locked_out(world)
    async with world.browser(await agent(world)) as desk:
        redis_for_tests.stop()
        try:
            done = await send(desk, f"/support/people/{person_id}/let-in", **LOCKED)
        finally:
            redis_for_tests.folder.mkdir(exist_ok=True)
            redis_for_tests.start()
        assert done.headers["location"] == f"/support/people/{person_id}?done=let_in_later"
        assert "限制还没有解除" in (await desk.get(done.headers["location"])).text
