"""待核实 through the desk: the list, the decision with its effects, and what the candidate sees meanwhile."""

import pytest

from examengine.live import Pen
from examengine.records.words import CaseDecision
from tests.sittings.listening import cases, heard
from tests.support.sitting import WHY, agent, hidden
from tests.support.test_deaf_cases import an_undecided_attempt, decided
from tests.world import World


async def an_address(world: World, pen: Pen) -> str:
    [case] = await cases(world, pen.attempt_id)
    return f"/support/cases/{case.id}"


async def test_a_case_is_listed_counted_and_decided_with_its_effects_shown(world: World) -> None:
    pen = await an_undecided_attempt(world)
    address = await an_address(world, pen)
    async with world.browser(await agent(world)) as browser:
        listed = await browser.get("/support/cases")
        assert f'href="{address}"' in listed.text
        assert "是否在场待核实" in listed.text
        desk = await browser.get(f"/support/people/{pen.owner_id}")
        assert "是否在场待人工核实" in desk.text
        assert f'href="{address}"' in desk.text
        page = await browser.get(address)
        assert "已答 30 / 50 题，将按现有答案评分" in page.text
        assert "按规定无成绩，登记为不及格" in page.text
        assert "剩余次数 2 → 2" in page.text
        form = {"intent": hidden(page.text, "intent"), **WHY, "decision": "hand_in"}
        sent = await browser.post(address, data=form)
        assert (sent.status_code, sent.headers["location"]) == (303, "/support/cases?done=case_decided")
        again = await browser.post(address, data=form)
        assert again.headers["location"] == "/support/cases?done=case_decided"
        assert (await browser.get(address)).headers["location"] == "/support/cases?done=case_over"
        listed = await browser.get("/support/cases")
        assert "没有待核实的考试" in listed.text
        assert "到时自动交卷（周敏 核实）" in listed.text
        assert "已核实" in listed.text
        assert "是否在场待核实" not in listed.text
        desk = await browser.get(f"/support/people/{pen.owner_id}")
    assert "核实：按已保存的答案交卷评分" in desk.text
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.score_hundredths) == ("auto_submitted", 6000)


async def test_a_search_tells_that_it_is_to_be_decided(world: World) -> None:
    await an_undecided_attempt(world)
    async with world.browser(await agent(world)) as browser:
        found = await browser.post("/support", data={"q": "张三"}, follow_redirects=True)
    assert "是否在场待核实" in found.text


async def test_the_timeline_tells_when_we_were_deaf_as_a_fact(world: World) -> None:
    pen = await an_undecided_attempt(world)
    async with world.browser(await agent(world)) as browser:
        desk = await browser.get(f"/support/people/{pen.owner_id}")
    deaf = next(line for line in desk.text.splitlines() if "平台故障到" in line)
    assert "收不到考试页面的消息" in deaf
    assert '<li><span class="num nowrap">' in deaf
    assert "截止时平台有故障，是否在场待人工核实" in desk.text


async def test_the_candidate_is_told_what_is_looked_into_and_that_he_need_not_act(world: World) -> None:
    pen = await an_undecided_attempt(world)
    async with world.browser(pen.owner_id) as browser:
        result = await browser.get(f"/sittings/{pen.attempt_id}/result")
        assert result.status_code == 202
        assert "正在人工核实" in result.text
        assert "不是您的责任" in result.text
        my = await browser.get("/my")
        assert "正在人工核实" in my.text
        assert "继续考试" not in my.text
        contract = await browser.get("/enrolments/1/contract")
        assert contract.status_code != 200
        await decided(world, pen.attempt_id, CaseDecision.ABSENT)
        await world.services.sweeper.sweep(world.now_ms)
        result = await browser.get(f"/sittings/{pen.attempt_id}/result")
    assert result.status_code == 200
    assert "到时未交卷" in result.text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"decision": ""}, "请选择怎样登记"),
        ({"decision": "perhaps"}, "请选择怎样登记"),
        ({"reason": ""}, "请选择原因"),
        ({"note": ""}, "请写说明"),
        ({"ticket": ""}, "请写工单号"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_decided(world: World, wrong: dict[str, str], told: str) -> None:
    pen = await an_undecided_attempt(world)
    address = await an_address(world, pen)
    async with world.browser(await agent(world)) as browser:
        page = await browser.get(address)
        form = {"intent": hidden(page.text, "intent"), **WHY, "decision": "absent", **wrong}
        sent = await browser.post(address, data=form)
    assert sent.status_code == 422
    assert told in sent.text
    [case] = await cases(world, pen.attempt_id)
    assert case.decision is None


async def test_of_two_agents_the_first_decides_and_the_second_is_told(world: World) -> None:
    pen = await an_undecided_attempt(world)
    address = await an_address(world, pen)
    async with world.browser(await agent(world)) as one, world.browser(await agent(world, "陈芳")) as two:
        forms = []
        for browser, decision in ((one, "hand_in"), (two, "absent")):
            page = await browser.get(address)
            forms.append({"intent": hidden(page.text, "intent"), **WHY, "decision": decision})
        await one.post(address, data=forms[0])
        late = await two.post(address, data=forms[1])
    assert late.headers["location"] == "/support/cases?done=case_over"
    assert (await world.outcome(pen.attempt_id)).state == "auto_submitted"


async def test_only_the_desk_decides(world: World) -> None:
    pen = await an_undecided_attempt(world)
    address = await an_address(world, pen)
    async with world.browser(pen.owner_id) as browser:
        for path in ("/support/cases", address):
            assert (await browser.get(path)).status_code in {403, 404}
    async with world.browser(await agent(world)) as browser:
        assert (await browser.get("/support/cases/4711")).status_code == 404
        stale = await browser.post(address, data={"intent": "x", **WHY, "decision": "absent"})
    assert stale.status_code == 409


async def test_whoever_was_handed_in_during_an_outage_is_listed_for_the_report(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    await heard(world, (0, deadline_ms - 60_000), (deadline_ms + 1_000, deadline_ms + 60_000))
    await world.services.desk.pulse(pen, deadline_ms - 61_000)
    world.clock.move_to(deadline_ms + 60_000)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    async with world.browser(await agent(world)) as browser:
        listed = await browser.get("/support/cases")
    assert "故障中自动交卷" in listed.text
    assert "没有待核实的考试" in listed.text
