"""代为交卷 through the desk: what it would come to, the act, what the candidate's page is told."""

import pytest

from examengine.live import CloseReason, Pen
from tests.faults import Line
from tests.sittings.conftest import line, world_on_a_line
from tests.support.sitting import WHY, agent, hidden, send
from tests.world import World

__all__ = ["line", "world_on_a_line"]
ASKED = {"reason": "asked"}


async def a_page(world: World, answered: int = 30) -> Pen:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    await world.answer(pen, {position: right[position] for position in range(1, answered + 1)})
    world.clock.advance(60_000)
    return pen


async def test_the_form_says_what_it_would_come_to_and_the_act_does_it(world: World) -> None:
    pen = await a_page(world)
    address = f"/support/attempts/{pen.attempt_id}/hand-in"
    async with world.browser(await agent(world)) as browser:
        desk = await browser.get(f"/support/people/{pen.owner_id}")
        assert f'href="{address}"' in desk.text
        page = await browser.get(address)
        assert "已答 30 / 50 题，将按现有答案评分" in page.text
        assert "没有答的 20 题不得分" in page.text
        sent = await send(browser, address, **ASKED)
        assert (sent.status_code, sent.headers["location"]) == (
            303,
            f"/support/people/{pen.owner_id}?done=handed_in",
        )
        desk = await browser.get(sent.headers["location"])
    assert "由工作人员代为交卷" in desk.text
    assert "代为交卷，第 1 次考试" in desk.text
    assert f'href="{address}"' not in desk.text
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.cause, outcome.score_hundredths) == ("submitted", "staff", 6000)
    async with world.browser(pen.owner_id) as browser:
        result = await browser.get(f"/sittings/{pen.attempt_id}/result")
        my = await browser.get("/my")
    assert "由工作人员代为交卷" in result.text
    assert "本人交卷" not in result.text
    assert my.status_code == 200


async def test_a_form_sent_twice_is_one_hand_in(world: World) -> None:
    pen = await a_page(world)
    address = f"/support/attempts/{pen.attempt_id}/hand-in"
    async with world.browser(await agent(world)) as browser:
        page = await browser.get(address)
        form = {"intent": hidden(page.text, "intent"), **WHY, **ASKED}
        first, second = await browser.post(address, data=form), await browser.post(address, data=form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    await world.outcome(pen.attempt_id)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"reason": ""}, "请选择原因"),
        ({"note": ""}, "请写说明"),
        ({"ticket": ""}, "请写工单号"),
        ({"note": "证件号 450702198001010015 的考生"}, "不要写证件号"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_done(world: World, wrong: dict[str, str], told: str) -> None:
    pen = await a_page(world)
    async with world.browser(await agent(world)) as browser:
        sent = await send(browser, f"/support/attempts/{pen.attempt_id}/hand-in", **{**ASKED, **wrong})
    assert sent.status_code == 422
    assert told in sent.text
    assert await world.series(pen.attempt_id) == ()


async def test_what_has_ended_meanwhile_stays_as_it_is(world: World) -> None:
    pen = await a_page(world)
    address = f"/support/attempts/{pen.attempt_id}/hand-in"
    async with world.browser(await agent(world)) as browser:
        page = await browser.get(address)
        form = {"intent": hidden(page.text, "intent"), **WHY, **ASKED}
        await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
        sent = await browser.post(address, data=form)
        again = await browser.get(address)
    assert sent.headers["location"].endswith("?done=over")
    assert again.headers["location"].endswith("?done=over")
    assert (await world.outcome(pen.attempt_id)).cause == "hand_in"


async def test_only_the_desk_hands_in_and_nobody_himself(world: World) -> None:
    pen = await a_page(world)
    address = f"/support/attempts/{pen.attempt_id}/hand-in"
    async with world.browser(pen.owner_id) as browser:
        assert (await browser.get(address)).status_code in {403, 404}
    async with world.browser(await agent(world)) as browser:
        assert (await browser.get("/support/attempts/4711/hand-in")).status_code == 404
        stale = await browser.post(address, data={"intent": "x", **WHY, **ASKED})
    assert stale.status_code == 409
    assert await world.series(pen.attempt_id) == ()


async def test_with_redis_away_the_order_stands_and_is_carried_out_later(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    pen = await a_page(world)
    address = f"/support/attempts/{pen.attempt_id}/hand-in"
    async with world.browser(await agent(world)) as browser:
        line.cut()
        page = await browser.get(address)
        assert "现在读不到答题情况" in page.text
        sent = await browser.post(address, data={"intent": hidden(page.text, "intent"), **WHY, **ASKED})
        assert sent.headers["location"].endswith("?done=handed_in_later")
        desk = await browser.get(sent.headers["location"])
        assert "已由工作人员代为交卷，正在登记结果" in desk.text
    line.mend()
    assert await world.services.sweeper.sweep(world.now_ms + 1_000) == 1
    assert (await world.outcome(pen.attempt_id)).cause == "staff"
