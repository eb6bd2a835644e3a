"""The desk's queue of requests for make-up study and exam, and the answer to one."""

import asyncio

from examengine.records import audit, grant_requests, roles
from examengine.records.history import load_history
from examengine.records.words import EntryKind, GrantAnswer, Role
from tests.support.sitting import agent, exhausted, hidden
from tests.support.test_grant_requests import asked, grant, now, used_up
from tests.world import World

HERE = "/support/requests"
GRANT = {"decision": "grant", "attempts": "1", "reply": "请月底前考完。", "note": "核对过姓名", "ticket": "BK-00001"}
REFUSE = {"decision": "refuse", "attempts": "1", "reply": "请先学完全部课程。", "note": "", "ticket": "BK-00001"}


async def grants_of(world: World, enrolment_id: int) -> list[int | None]:
    async with world.services.database.reading() as tx:
        record = await load_history(tx, enrolment_id)
    return [entry.amount for entry in record.entries if entry.kind is EntryKind.GRANT]


async def test_the_case_is_made_out_and_granted_by_the_function_that_grants(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    request = await asked(world, enrolment, "那天家里停电")
    by = await agent(world)
    async with world.browser(by) as desk:
        assert '补考申请 <span class="count">1</span>' in " ".join((await desk.get("/support")).text.split())
        queue = (await desk.get(HERE)).text
        effect = "增加后：可于 2026年12月31日（含当天）前再考 1 次，现在就可以开始"
        for told in ("BK-00001", "张三", "考试次数已用完，没有及格。", effect):
            assert told in queue, told
        case = (await desk.get(f"{HERE}/{request.id}")).text
        for told in (
            "那天家里停电",
            "第 3 次考试：本人交卷，0 分，用了 10 分钟",
            effect,
            "再考 3 次",
            "要由另一个人批准",
            "要核对身份",
        ):
            assert told in case, told
        fields = {**GRANT, "intent": hidden(case, "intent")}
        done = await asyncio.gather(*(desk.post(f"{HERE}/{request.id}", data=fields) for _ in range(3)))
        assert {answer.headers["location"] for answer in done} == {f"{HERE}?done=request_granted"}
        queue = (await desk.get(f"{HERE}?done=request_granted")).text
        for told in ("已同意，次数已增加", "没有等待办理的申请", "请月底前考完。", "周敏"):
            assert told in queue, told
        person = (await desk.get(f"/support/people/{person_id}")).text
        assert "补学补考申请：核对过姓名" in person
    assert await grants_of(world, enrolment.id) == [1]
    assert (await now(world, request.id)).decision is GrantAnswer.GRANTED


async def test_a_refusal_needs_words_for_the_candidate(world: World) -> None:
    _person, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    by = await agent(world)
    async with world.browser(by) as desk:
        address = f"{HERE}/{request.id}"
        intent = hidden((await desk.get(address)).text, "intent")
        wrong = await desk.post(address, data={**REFUSE, "reply": "", "intent": intent})
        assert wrong.status_code == 422
        assert "不同意时要写给考生的答复" in wrong.text
        done = await desk.post(address, data={**REFUSE, "intent": intent})
        assert done.headers["location"] == f"{HERE}?done=request_refused"
        after = (await desk.get(address)).text
        assert "没有同意" in after
        assert "同意并增加" not in after
    assert await grants_of(world, enrolment.id) == []
    assert (await now(world, request.id)).answer == "请先学完全部课程。"


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"attempts": "0"}, "请选择增加几次"),
    ({"attempts": "4"}, "请选择增加几次"),
    ({"attempts": "一"}, "请选择增加几次"),
    ({"ticket": ""}, "请写工单号"),
    ({"ticket": "13800000001"}, "工单号不能是证件号或手机号"),
    ({"reply": "请用 13800000001 来电"}, "答复里不要写证件号和手机号"),
    ({"note": "身份证450702198001010018"}, "说明里不要写证件号和手机号"),
)


async def test_a_wrong_field_is_told_beside_it_and_nothing_is_granted(world: World) -> None:
    _person, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    async with world.browser(await agent(world)) as desk:
        address = f"{HERE}/{request.id}"
        intent = hidden((await desk.get(address)).text, "intent")
        for fields, told in WRONG:
            answer = await desk.post(address, data={**GRANT, "intent": intent, **fields})
            assert answer.status_code == 422, fields
            assert told in answer.text, fields
            assert f'id="e-{next(iter(fields))}"' in answer.text, fields
    assert await grants_of(world, enrolment.id) == []
    assert (await now(world, request.id)).waits


async def test_above_the_bounds_a_second_person_approves_and_the_answer_waits(world: World) -> None:
    person_id, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    by, other = await agent(world), await agent(world, "陈芳")
    async with world.browser(by) as desk, world.browser(other) as elsewhere, world.browser(person_id) as candidate:
        address = f"{HERE}/{request.id}"
        intent = hidden((await desk.get(address)).text, "intent")
        done = await desk.post(address, data={**GRANT, "attempts": "3", "intent": intent})
        assert done.headers["location"] == f"{HERE}?done=request_asked"
        assert (await now(world, request.id)).waits
        assert "补学补考申请 BK-00001 下一个办理。" in (await candidate.get("/my")).text
        approvals = (await elsewhere.get("/support/approvals")).text
        token = hidden(approvals, "approval")
        approved = await elsewhere.post("/support/approvals/1", data={"approval": token, "decision": "approve"})
        assert "done=approved" in approved.headers["location"]
        assert "已同意。请月底前考完。" in (await candidate.get("/my")).text
    assert await grants_of(world, enrolment.id) == [3]


async def test_what_was_answered_meanwhile_is_told(world: World) -> None:
    _person, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    by, other = await agent(world), await agent(world, "陈芳")
    async with world.browser(by) as desk:
        address = f"{HERE}/{request.id}"
        intent = hidden((await desk.get(address)).text, "intent")
        await grant(world, enrolment, other)
        for fields in (GRANT, REFUSE):
            late = await desk.post(address, data={**fields, "intent": intent})
            assert late.headers["location"] == f"{HERE}?done=answered"
    assert await grants_of(world, enrolment.id) == [1]


async def test_an_intent_serves_one_agent_and_one_request(world: World) -> None:
    _person, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    by, other = await agent(world), await agent(world, "陈芳")
    async with world.browser(by) as desk, world.browser(other) as elsewhere:
        address = f"{HERE}/{request.id}"
        intent = hidden((await desk.get(address)).text, "intent")
        for forged in (intent, "", intent + "x"):
            answer = await elsewhere.post(address, data={**GRANT, "intent": forged})
            assert answer.status_code == 409
            assert "请月底前考完。" in answer.text
    assert await grants_of(world, enrolment.id) == []


async def test_nobody_answers_his_own_request(world: World) -> None:
    both = await world.person(Role.CANDIDATE, Role.SUPPORT)
    _other, enrolment = await used_up(world)
    async with world.services.database.writing() as tx:
        request, _is_new = await grant_requests.ask(tx, enrolment.id, None, world.now_ms)
    async with world.browser(both) as desk:
        address = f"{HERE}/{request.id}"
        assert "同意并增加" in (await desk.get(address)).text
    async with world.services.database.writing() as tx:
        await roles.grant_role(tx, enrolment.person_id, Role.SUPPORT, None, world.now_ms)
    async with world.browser(enrolment.person_id) as desk:
        own = (await desk.get(address)).text
        assert "这是您本人的申请" in own
        assert "同意并增加" not in own
        told = await desk.post(address, data=GRANT)
        assert told.headers["location"] == f"{HERE}?done=own"
    assert (await now(world, request.id)).waits


async def test_only_the_desk_sees_the_queue(world: World) -> None:
    _person, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    for role in (Role.CANDIDATE, Role.AUTHOR, Role.OPERATOR, None):
        visitor = None if role is None else await world.person(role)
        async with world.browser(visitor) as browser:
            for address in (HERE, f"{HERE}/{request.id}"):
                assert (await browser.get(address)).status_code == (303 if role is None else 403), role
            posted = await browser.post(f"{HERE}/{request.id}", data=REFUSE)
            assert posted.status_code == (401 if role is None else 403), role
    assert (await now(world, request.id)).waits


async def test_every_look_is_logged_and_what_is_not_there_is_not_found(world: World) -> None:
    person_id, enrolment = await used_up(world)
    request = await asked(world, enrolment)
    by = await agent(world)
    async with world.browser(by) as desk:
        await desk.get(HERE)
        await desk.get(f"{HERE}/{request.id}")
        assert (await desk.get(f"{HERE}/999")).status_code == 404
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, person_id=by)
    assert [(line.act, line.object_id) for line in lines] == [("view_person", person_id), ("view_requests", None)]
    assert lines[1].facts == {"requests": [request.id]}
