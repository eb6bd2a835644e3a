"""Calls that are noted, an agent's own record, his bounds, and what the security administrator sees of them."""

import re

import pytest
from sqlalchemy import text

from examengine.records import audit, calls
from examengine.records.history import load_history
from examengine.records.words import Measure, Role
from examengine.support import quotas
from tests.support.sitting import WHY, agent, exhausted, hidden, send, send_after_preview
from tests.world import World

NOTED = {"topic": "interrupted", "identity": "document", "note": "页面发白，重新登录以后好了。", "ticket": "KF-7"}


async def test_a_call_is_noted_once_and_shown_with_its_person(world: World) -> None:
    person_id, by = await world.person(), await agent(world)
    address = f"/support/people/{person_id}/call"
    async with world.browser(by) as desk:
        form = (await desk.get(address)).text
        fields = {"intent": hidden(form, "intent"), **NOTED, "recording": "R-1"}
        told = [await desk.post(address, data=fields) for _ in range(2)]
        assert {one.headers["location"] for one in told} == {f"/support/people/{person_id}?done=call_noted"}
        page = (await desk.get(f"/support/people/{person_id}")).text
    for shown in ("通话记录", "考试中断", "核对了姓名和证件号", NOTED["note"], "R-1", "来电：考试中断"):
        assert shown in page, shown
    async with world.services.database.reading() as tx:
        [call] = await calls.of_person(tx, world.services.vault, person_id)
        kept = await tx.rows(text("SELECT note_enc FROM calls"))
    assert (call.note, call.by_person) == (NOTED["note"], by)
    assert NOTED["note"].encode() not in bytes(kept[0][0])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"topic": ""}, "topic"),
        ({"topic": "whim"}, "topic"),
        ({"identity": ""}, "identity"),
        ({"note": " "}, "note"),
        ({"note": "证件号 450702198001010015"}, "note"),
        ({"ticket": ""}, "ticket"),
    ],
)
async def test_what_is_wrong_about_a_call_is_told_beside_it(
    world: World, changed: dict[str, str], field: str
) -> None:
    person_id, by = await world.person(), await agent(world)
    async with world.browser(by) as desk:
        answer = await send(desk, f"/support/people/{person_id}/call", **{**NOTED, **changed})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    async with world.services.database.reading() as tx:
        assert await calls.of_person(tx, world.services.vault, person_id) == ()


async def test_an_agents_record_is_his_own(world: World) -> None:
    _person, enrolment = await exhausted(world)
    by, other = await agent(world), await agent(world)
    async with world.browser(by) as desk, world.browser(other) as elsewhere:
        await send(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=1)
        mine = (await desk.get("/support/mine")).text
        assert "增加考试次数" in mine
        assert f'href="/support/people/{enrolment.person_id}"' in mine
        assert re.search(r"增加考试次数</th><td[^>]*>1 次</td><td[^>]*>50 次", mine)
        theirs = (await elsewhere.get("/support/mine")).text
        assert f'href="/support/people/{enrolment.person_id}"' not in theirs
        assert "还没有记录" in theirs
        views = (await desk.get("/support/mine?kind=views")).text
        assert "查看考生资料" in views


async def test_a_long_record_goes_on_on_the_next_page(world: World) -> None:
    by = await agent(world)
    async with world.services.database.writing() as tx:
        for place in range(51):
            await audit.append(tx, world.now_ms + place, by, "note_call", "person", by, {"topic": "other"})
    async with world.browser(by) as desk:
        first = (await desk.get("/support/mine")).text
        older = re.findall(r'href="(/support/mine\?before=\d+)"', first)[0]
        second = (await desk.get(older)).text
        assert (await desk.get("/support/mine?before=x&kind=none")).status_code == 200
    assert (first.count("登记通话</td>"), second.count("登记通话</td>")) == (50, 1)


async def test_a_large_grant_is_shown_asked_and_approved(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    first, second = await agent(world), await agent(world, "陈芳")
    address = f"/support/enrolments/{enrolment.id}/grant"
    async with world.browser(first) as desk, world.browser(second) as elsewhere:
        assert "提交审批" not in (await desk.get(address)).text
        shown = await desk.post(f"{address}/preview", data={"attempts": 3, "expires": ""})
        assert "一次超过 2 次，一个人不能办理。" in shown.text
        assert "提交审批" in shown.text
        done = await send_after_preview(desk, address, attempts=3)
        assert done.headers["location"] == f"/support/people/{person_id}?done=asked"
        page = (await desk.get(f"/support/people/{person_id}")).text
        assert "增加 3 次考试次数" in page
        assert "要由别人批准" in page
        waiting = (await elsewhere.get("/support/approvals")).text
        assert "增加后：可于 2026年12月31日（含当天）前再考 3 次" in waiting
        token = hidden(waiting, "approval")
        decided = {"approval": token, "decision": "approve"}
        answer = await elsewhere.post("/support/approvals/1", data=decided)
        assert answer.headers["location"] == "/support/approvals?done=approved"
        assert "增加 3 次考试次数" in (await elsewhere.get("/support/approvals")).text
        page = (await desk.get(f"/support/people/{person_id}")).text
    assert 'data-left="3"' in page
    assert "周敏，陈芳 批准" in page
    async with world.services.database.reading() as tx:
        [entry] = (await load_history(tx, enrolment.id)).entries
    assert (entry.amount, entry.second_person) == (3, second)


async def test_numbers_are_shown_in_full_only_so_often(world: World) -> None:
    person_id, by = await world.person(), await agent(world)
    fields = {"reason": "identity", "ticket": "KF-1"}
    async with world.browser(by) as desk:
        bound = quotas.DEFAULTS[Measure.REVEALS].on_one_person
        for _ in range(bound):
            assert (await desk.post(f"/support/people/{person_id}/reveal", data=fields)).status_code == 303
        refused = await desk.post(f"/support/people/{person_id}/reveal", data=fields)
    assert refused.status_code == 422
    assert "24 小时内显示的次数已经用完" in refused.text


async def test_the_security_administrator_sets_bounds_and_sees_patterns(world: World) -> None:
    head, by = await world.person(Role.SECURITY), await agent(world)
    _person, enrolment = await exhausted(world)
    async with world.browser(head) as security, world.browser(by) as desk:
        assert (await desk.get("/staff/patterns")).status_code == 403
        assert "没有值得问的" in (await security.get("/staff/patterns")).text
        wrong = {"measure": "attempts", "per_day": "1", "at_once": "2", "on_one_person": "x"}
        refused = await security.post("/staff/patterns", data=wrong)
        assert refused.status_code == 422
        assert 'id="e-attempts-on_one_person"' in refused.text
        assert 'value="x"' in refused.text
        wanted = {**wrong, "at_once": "1", "on_one_person": "1"}
        done = await security.post("/staff/patterns", data=wanted)
        assert done.headers["location"] == "/staff/patterns?done=bounds"
        assert (await desk.post("/staff/patterns", data=wanted)).status_code == 403
        await send(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=1)
        assert re.search(r"增加考试次数</th><td[^>]*>1 次</td><td[^>]*>1 次", (await desk.get("/support/mine")).text)
        for _ in range(2):
            await desk.post(
                f"/support/people/{enrolment.person_id}/reveal", data={"reason": "identity", "ticket": "KF-1"}
            )
        page = (await security.get("/staff/patterns")).text
    assert "多次为同一个人办理或查看" in page
    assert "一天里办理得特别多" in page
    assert WHY["ticket"] not in page
