"""Voiding an attempt: one person asks, another one decides."""

import pytest

from examengine.live import Operation, Word
from examengine.records.history import load_history
from examengine.records.words import Role
from examengine.rules.history import State
from tests.harness import RedisForTests
from tests.support.sitting import MINUTE, WHY, agent, exhausted, hidden, sat, send
from tests.world import World

LIST = "/support/approvals"


async def decided(world: World, by: int, decision: str = "approve") -> str:
    """The only waiting request, decided by ``by``; where that led."""
    async with world.browser(by) as desk:
        page = (await desk.get(LIST)).text
        number = page.partition(f'action="{LIST}/')[2].partition('"')[0]
        answer = await desk.post(
            f"{LIST}/{number}", data={"approval": hidden(page, "approval"), "decision": decision}
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


async def test_a_voided_pass_lets_the_person_sit_again(world: World) -> None:
    person_id = await world.person(name="李建国")
    enrolment = await world.enrolled(await world.exam(), person_id)
    attempt_id = await sat(world, enrolment, 1, right=None)
    first, second = await agent(world), await agent(world, "陈芳")
    contract = f"/enrolments/{enrolment.id}/contract"
    async with world.browser(first) as desk, world.browser(person_id) as candidate:
        assert (await candidate.get(contract)).status_code == 303
        form = (await desk.get(f"/support/attempts/{attempt_id}/void")).text
        for told in ("这次的及格成绩不再有效。", "这次机会退还到原来那一轮", "剩余次数 2 → 3。考生可以考试。"):
            assert told in form, told
        done = await send(desk, f"/support/attempts/{attempt_id}/void", reason="not_the_person")
        assert done.headers["location"] == f"/support/people/{person_id}?done=asked"
        page = (await desk.get(done.headers["location"])).text
        assert "已提交，等待审批" in page
        assert "等待审批" in page
        assert "要由别人批准" in page
        assert 'data-reason="already_passed"' in page
        assert (await candidate.get(contract)).status_code == 303
    assert await decided(world, second) == f"{LIST}?done=approved"
    async with world.browser(second) as desk, world.browser(person_id) as candidate:
        page = (await desk.get(f"/support/people/{person_id}")).text
        assert 'data-reason="" data-next="" data-left="3"' in page
        assert "不是本人考试：机房停电，核对过姓名。（周敏，陈芳 批准）" in page
        listed = (await desk.get(LIST)).text
        assert "没有待审批的申请" in listed
        assert "作废第 1 次考试" in listed
        assert "已批准" in listed
        assert (await candidate.get(contract)).status_code == 200
    started = await world.started(enrolment, no=2, nonce="again")
    assert started > attempt_id


async def test_the_asker_is_told_that_it_needs_another_person(world: World) -> None:
    _person, enrolment = await exhausted(world)
    async with world.services.database.reading() as tx:
        attempt_id = (await load_history(tx, enrolment.id)).attempts[0].id
    first, second = await agent(world), await agent(world, "陈芳")
    async with world.browser(first) as desk, world.browser(second) as elsewhere:
        await send(desk, f"/support/attempts/{attempt_id}/void")
        own = (await desk.get(LIST)).text
        assert "这是您自己的申请，要由别人批准。" in own
        assert 'name="decision"' not in own
        shown = (await elsewhere.get(LIST)).text
        token = hidden(shown, "approval")
        refused = await desk.post(f"{LIST}/1", data={"approval": token, "decision": "approve"})
        assert refused.status_code == 409
        assert "需要另一个人：不能批准自己的申请" in refused.text
    assert len(await world.series(attempt_id)) == 1


async def test_the_candidate_does_not_decide_about_himself(world: World) -> None:
    own = await world.person(Role.CANDIDATE, Role.SUPPORT)
    enrolment = await world.enrolled(await world.exam(), own)
    attempt_id = await sat(world, enrolment, 1)
    async with world.browser(await agent(world)) as desk:
        await send(desk, f"/support/attempts/{attempt_id}/void")
    async with world.browser(own) as desk:
        refused = await desk.post(f"{LIST}/1", data={"decision": "approve"})
        assert refused.status_code == 409
        assert "需要另一个人" in refused.text
    assert len(await world.series(attempt_id)) == 1


async def test_a_voided_sitting_closes_at_once(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    first, second = await agent(world), await agent(world, "陈芳")
    async with world.browser(first) as desk:
        form = (await desk.get(f"/support/attempts/{attempt_id}/void")).text
        assert "考试马上停止，考生的页面会显示已作废；答案不评分。" in form
        await send(desk, f"/support/attempts/{attempt_id}/void")
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.ALIVE
    world.clock.advance(MINUTE)
    assert await decided(world, second) == f"{LIST}?done=approved"
    saved = await world.services.desk.save(pen, Operation(1, "a", 1, 0, "a"), world.now_ms)
    assert (saved.word, saved.close_reason) == (Word.CLOSED, "void")
    outcome = await world.outcome(attempt_id)
    assert (outcome.state, outcome.result, outcome.ended_ms) == (State.VOID, None, world.now_ms)
    async with world.browser(person_id) as candidate:
        assert "已作废" in (await candidate.get(f"/sittings/{attempt_id}/result")).text


async def test_a_refused_void_changes_nothing(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    attempt_id = await sat(world, enrolment, 1, right=None)
    first, second = await agent(world), await agent(world, "陈芳")
    async with world.browser(first) as desk:
        await send(desk, f"/support/attempts/{attempt_id}/void")
        assert await decided(world, second, "refuse") == f"{LIST}?done=refused"
        page = (await desk.get(f"/support/people/{person_id}")).text
        assert 'data-reason="already_passed"' in page
        assert "不批准作废第 1 次考试" in page
        assert f"/support/attempts/{attempt_id}/void" in page
    assert len(await world.series(attempt_id)) == 1


async def test_one_attempt_is_asked_for_once(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    async with world.services.database.reading() as tx:
        attempt_id = (await load_history(tx, enrolment.id)).attempts[1].id
    first, second = await agent(world), await agent(world, "陈芳")
    address = f"/support/attempts/{attempt_id}/void"
    async with world.browser(first) as desk, world.browser(second) as elsewhere:
        forms = [(await browser.get(address)).text for browser in (desk, elsewhere)]
        for browser, form, done in (
            (desk, forms[0], "asked"),
            (desk, forms[0], "asked"),
            (elsewhere, forms[1], "asked_before"),
        ):
            answer = await browser.post(address, data={**WHY, "intent": hidden(form, "intent")})
            assert answer.headers["location"] == f"/support/people/{person_id}?done={done}"
        assert (await elsewhere.get(address)).headers["location"] == f"/support/people/{person_id}?done=asked_before"
        page = (await elsewhere.get(LIST)).text
        assert page.count('class="sheet approval"') == 1
        assert f'href="{LIST}#a1"' in (await elsewhere.get(f"/support/people/{person_id}")).text
        assert '<span class="count">1</span>' in page
    await decided(world, second)
    async with world.browser(first) as desk:
        assert (await desk.get(address)).headers["location"] == f"/support/people/{person_id}?done=voided"


async def test_a_decision_counts_once(world: World) -> None:
    _person, enrolment = await exhausted(world)
    async with world.services.database.reading() as tx:
        attempt_id = (await load_history(tx, enrolment.id)).attempts[0].id
    second, third = await agent(world, "陈芳"), await agent(world, "赵勇")
    async with world.browser(await agent(world)) as desk:
        await send(desk, f"/support/attempts/{attempt_id}/void")
    async with world.browser(second) as one, world.browser(third) as other:
        pages = [(await browser.get(LIST)).text for browser in (one, other)]
        approved = {"approval": hidden(pages[0], "approval"), "decision": "approve"}
        assert (await one.post(f"{LIST}/1", data=approved)).headers["location"] == f"{LIST}?done=approved"
        late = {"approval": hidden(pages[1], "approval"), "decision": "refuse"}
        assert (await other.post(f"{LIST}/1", data=late)).headers["location"] == f"{LIST}?done=decided"
        assert (await one.post(f"{LIST}/1", data=approved)).headers["location"] == f"{LIST}?done=decided"
    assert len(await world.series(attempt_id)) == 2


@pytest.mark.parametrize("forged", ["", "x", "another's"])
async def test_an_approval_is_bound_to_what_was_shown(world: World, forged: str) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    first, second, third = await agent(world), await agent(world, "陈芳"), await agent(world, "赵勇")
    async with world.browser(first) as desk:
        await send(desk, f"/support/attempts/{attempt_id}/void")
    async with world.browser(second) as desk, world.browser(third) as other:
        token = forged
        if forged == "another's":
            token = hidden((await other.get(LIST)).text, "approval")
        answer = await desk.post(f"{LIST}/1", data={"approval": token, "decision": "approve"})
        assert answer.headers["location"] == f"{LIST}?done=changed"
        # the sitting ends while the second person reads: the page must be read again
        shown = hidden((await desk.get(LIST)).text, "approval")
        world.clock.advance(63 * MINUTE)
        await world.services.sweeper.sweep(world.now_ms)
        answer = await desk.post(f"{LIST}/1", data={"approval": shown, "decision": "approve"})
        assert answer.headers["location"] == f"{LIST}?done=changed"
        assert "请看过新的内容以后再决定" in (await desk.get(answer.headers["location"])).text
    assert (await world.outcome(attempt_id)).state == State.EXPIRED_NO_SCORE
    assert await decided(world, second) == f"{LIST}?done=approved"
    assert person_id
    assert enrolment


async def test_a_void_form_is_bound_to_what_was_shown(world: World) -> None:
    _person, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    address = f"/support/attempts/{attempt_id}/void"
    async with world.browser(await agent(world)) as desk:
        intent = hidden((await desk.get(address)).text, "intent")
        world.clock.advance(63 * MINUTE)
        answer = await desk.post(address, data={**WHY, "intent": intent})
        assert answer.status_code == 409
        assert "请看过效果，再按一次" in answer.text
        assert (await desk.post(address, data={**WHY, "reason": "", "intent": intent})).status_code == 422


async def test_while_the_desk_is_away_a_void_counts_and_comes_later(
    world: World, redis_for_tests: RedisForTests
) -> None:
    _person, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    second = await agent(world, "陈芳")
    async with world.browser(await agent(world)) as desk:
        await send(desk, f"/support/attempts/{attempt_id}/void")
    redis_for_tests.stop()
    try:
        assert await decided(world, second) == f"{LIST}?done=approved_later"
    finally:
        redis_for_tests.folder.mkdir(exist_ok=True)
        redis_for_tests.start()
    assert (await world.outcome(attempt_id)).state == State.VOID
