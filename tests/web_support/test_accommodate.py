"""Accommodations on the desk: given with their effect before, told to the open sitting, taken back."""

import asyncio

from examengine.records import accommodations
from examengine.records.accommodations import Accommodation
from tests.support.sitting import MINUTE, WHY, agent, hidden, send, send_after_preview
from tests.support.test_accommodations import given
from tests.world import World

FIELDS = {
    "reason": "document",
    "measure": "percent",
    "amount": 25,
    "breaks": 10,
    "begins": "2026-06-01",
    "expires": "2026-12-31",
    "document": "残疾人证 4507020001（市残联）",
}


async def of_person(world: World, person_id: int) -> tuple[Accommodation, ...]:
    async with world.services.database.reading() as tx:
        return await accommodations.of_person(tx, person_id)


async def test_the_effect_is_shown_and_the_open_sitting_gets_it(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    before_ms = (await world.services.desk.pulse(pen, world.now_ms)).deadline_ms
    address = f"/support/people/{person_id}/accommodate"
    async with world.browser(await agent(world)) as desk:
        assert address in (await desk.get(f"/support/people/{person_id}")).text
        shown = await desk.post(f"{address}/preview", data={**FIELDS, "intent": ""})
        for told in (
            "每次考试延长 25%，另加休息 10 分钟；2026年6月1日 起，到 2026年12月31日（含当天）。",
            "正在进行的这次，截止时间 10:00:00 → 10:25:00。",
            "以后新报名的考试自动适用。",
        ):
            assert told in shown.text, told
        assert "残疾人证 4507020001（市残联）" in shown.text
        assert await of_person(world, person_id) == ()
        done = await send_after_preview(desk, address, **FIELDS)
        assert done.headers["location"] == f"/support/people/{person_id}?done=accommodated"
        page = (await desk.get(done.headers["location"])).text
        for told in (
            "已办理合理便利",
            "延长 25%，另加休息 10 分钟",
            "残疾人证 4507020001（市残联）",
            "合理便利第 1 号",
            "有效",
        ):
            assert told in page, told
    assert (await world.services.desk.pulse(pen, world.now_ms)).deadline_ms == before_ms + 25 * MINUTE
    [one] = await of_person(world, person_id)
    assert (one.percent, one.minutes, one.breaks_minutes) == (25, None, 10)


async def test_a_form_sent_at_once_and_again_is_one_accommodation(world: World) -> None:
    person_id = await world.person()
    address = f"/support/people/{person_id}/accommodate"
    async with world.browser(await agent(world)) as desk:
        shown = (await desk.post(f"{address}/preview", data={**WHY, **FIELDS, "intent": ""})).text
        assert "这个人还没有报名；以后报名的每一场都适用。" in shown
        fields = {**WHY, **FIELDS, "intent": hidden(shown, "intent")}
        answers = await asyncio.gather(*(desk.post(address, data=fields) for _ in range(3)))
        answers.append(await desk.post(address, data=fields))
    assert {answer.headers["location"] for answer in answers} == {f"/support/people/{person_id}?done=accommodated"}
    assert len(await of_person(world, person_id)) == 1


WRONG: tuple[tuple[dict[str, str | int], str], ...] = (
    ({"measure": ""}, "请选择怎样延长"),
    ({"measure": "twice"}, "请选择怎样延长"),
    ({"amount": 0}, "请写 1 到 100 的数"),
    ({"amount": 101}, "请写 1 到 100 的数"),
    ({"amount": "二十五"}, "请写 1 到 100 的数"),
    ({"breaks": 61}, "休息请写 0 到 60 的分钟数"),
    ({"breaks": 0, "measure": "breaks"}, "休息请写 1 到 60 的分钟数"),
    ({"begins": "2026-05-31"}, "开始日期从今天起"),
    ({"begins": "9999-12-31"}, "开始日期从今天起"),
    ({"expires": "2026-05-31"}, "有效期不能早于开始日期"),
    ({"expires": "31.12.2026"}, "有效期要写成年月日"),
    ({"document": " "}, "请写依据的材料"),
    ({"document": "身份证 450702198001010018"}, "材料里不要写证件号和手机号"),
    ({"reason": "whim"}, "请选择原因"),
    ({"note": ""}, "请写说明"),
)


async def test_a_wrong_field_is_told_beside_it_and_nothing_is_written(world: World) -> None:
    person_id = await world.person()
    async with world.browser(await agent(world)) as desk:
        for fields, told in WRONG:
            answer = await send(desk, f"/support/people/{person_id}/accommodate", **{**FIELDS, **fields})
            assert answer.status_code == 422, fields
            assert told in answer.text, fields
            assert f'id="e-{next(iter(fields))}"' in answer.text, fields
    assert await of_person(world, person_id) == ()


async def test_only_what_was_shown_can_be_confirmed(world: World) -> None:
    person_id = await world.person()
    async with world.browser(await agent(world)) as desk:
        answer = await send(desk, f"/support/people/{person_id}/accommodate", **FIELDS)
        assert answer.status_code == 409
        assert "请看过效果，再按一次" in answer.text
        fields = {**WHY, **FIELDS, "intent": hidden(answer.text, "intent")}
        done = await desk.post(f"/support/people/{person_id}/accommodate", data=fields)
        assert done.status_code == 303


async def test_a_large_one_waits_for_a_second_person_who_sees_the_same(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    by, other = await agent(world), await agent(world, "陈芳")
    address = f"/support/people/{person_id}/accommodate"
    effect = "每次 60 分钟 → 100 分钟；现在开始的话，10:40:00 截止。"
    async with world.browser(by) as desk, world.browser(other) as elsewhere, world.browser(person_id) as candidate:
        shown = await desk.post(f"{address}/preview", data={**FIELDS, "amount": 50, "intent": ""})
        assert effect in shown.text
        assert "提交审批" in shown.text
        done = await send_after_preview(desk, address, **{**FIELDS, "amount": 50})
        assert done.headers["location"] == f"/support/people/{person_id}?done=asked"
        assert await of_person(world, person_id) == ()
        assert "合理便利：每次考试延长 50%，另加休息 10 分钟" in (await desk.get(f"/support/people/{person_id}")).text
        asked = (await elsewhere.get("/support/approvals")).text
        for told in (effect, "依据：残疾人证 4507020001（市残联）", "合理便利：每次考试延长 50%"):
            assert told in asked, told
        token = hidden(asked, "approval")
        await elsewhere.post("/support/approvals/1", data={"approval": token, "decision": "approve"})
        assert "10:40" in (await candidate.get(f"/enrolments/{enrolment.id}/contract")).text
        [one] = await of_person(world, person_id)
        assert (one.by_person, one.second_person) == (by, other)
        end = f"/support/accommodations/{one.id}/end"
        assert "撤回也要两个人" in (await desk.get(end)).text


async def test_taken_back_by_the_same_page_and_only_once(world: World) -> None:
    person_id = await world.person()
    await world.enrolled(await world.exam(), person_id)
    one = await given(world, person_id)
    end = f"/support/accommodations/{one.id}/end"
    async with world.browser(await agent(world, "陈芳")) as desk:
        assert end in (await desk.get(f"/support/people/{person_id}")).text
        form = (await desk.get(end)).text
        for told in ("延长 25%", "残疾人证 4507020001", "以后开始的考试不再延长 25%。", "每次 75 分钟 → 60 分钟"):
            assert told in form, told
        fields = {**WHY, "reason": "wrong_entry", "intent": hidden(form, "intent")}
        done = [await desk.post(end, data=fields) for _ in range(2)]
        assert {answer.headers["location"] for answer in done} == {f"/support/people/{person_id}?done=undone"}
        page = (await desk.get(f"/support/people/{person_id}")).text
        assert "已收回" in page
        assert end not in page
        assert "这条记录已经撤回" in (await desk.get(end)).text
        assert (await desk.get("/support/accommodations/999/end")).status_code == 404


async def test_used_time_is_not_taken_back_and_the_page_says_why(world: World) -> None:
    person_id, _enrolment, _attempt = await world.a_candidate_in_an_exam()
    one = await given(world, person_id)
    world.clock.advance(65 * MINUTE)
    async with world.browser(await agent(world, "陈芳")) as desk:
        form = (await desk.get(f"/support/accommodations/{one.id}/end")).text
    assert "正在进行的考试已经用到延长的时间" in form
    assert "收回</button>" not in form
