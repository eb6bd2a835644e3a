"""S2: one person's page."""

import json
import re

import pytest

from examengine.live import CloseReason
from examengine.records import audit
from examengine.records.words import Role
from examengine.sittings.finish import Ended
from tests.harness import RedisForTests
from tests.kinds import an_exam_of_every_kind
from tests.sittings.test_marking import sat as sat_every_kind
from tests.support.sitting import MINUTE, agent, exhausted, hidden, sat
from tests.world import World, resident_id


async def page_of(world: World, by: int, person_id: int) -> str:
    async with world.browser(by) as browser:
        page = await browser.get(f"/support/people/{person_id}")
        assert page.status_code == 200, page.text
        return page.text


def sentence(page: str) -> str:
    [said] = re.findall(r'<p class="sentence[^>]*>([^<]*)</p>', page)
    return said


def codes(page: str) -> tuple[str, str, str]:
    [found] = re.findall(r'data-reason="([^"]*)" data-next="([^"]*)" data-left="([^"]*)"', page)
    return found


async def test_a_running_attempt_with_signs_of_life(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    by = await agent(world)
    assert sentence(await page_of(world, by, person_id)) == (
        "第 1 次考试已开始，还没有打开考试页面，还剩 1 小时，可继续作答。"
    )
    pen = await world.pen(attempt_id, person_id)
    answers = await world.right_answers(attempt_id)
    await world.answer(pen, {position: answers[position] for position in (1, 2, 3)})
    world.clock.advance(MINUTE)
    page = await page_of(world, by, person_id)
    assert sentence(page) == "正在考第 1 次，已答 3 / 50，还剩 59 分钟。"
    assert "09:00:00 有信号。10:00:00 截止（考试时长用完）。" in page
    assert codes(page) == ("attempt_running", "resume", "2")
    assert "最近一次保存：第 3 题，已答 3 / 50" in page


async def test_a_silent_line_is_told_with_the_last_sign_of_life(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    by = await agent(world)
    world.clock.advance(3 * MINUTE + 12_000)
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: (await world.right_answers(attempt_id))[1]})
    world.clock.advance(35 * MINUTE)
    page = await page_of(world, by, person_id)
    assert sentence(page) == "09:03:12 起无信号，未交卷，还剩 21 分钟，可继续作答。"
    assert "请考生重新登录，点“继续考试”，已保存的 1 题都在。10:00:00 截止（考试时长用完）。" in page
    assert "此后 35 分钟没有收到考试页面的消息" in page
    world.clock.advance(20 * MINUTE)
    assert sentence(await page_of(world, by, person_id)).endswith("还剩 1 分 48 秒，可继续作答。")


async def test_a_line_is_silent_after_sixty_seconds_and_not_before(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    by = await agent(world)
    await world.pen(attempt_id, person_id)
    world.clock.advance(60_000)
    assert sentence(await page_of(world, by, person_id)).startswith("正在考第 1 次")
    world.clock.advance(1)
    assert sentence(await page_of(world, by, person_id)).startswith("09:00:00 起无信号")


async def test_at_the_deadline_the_page_says_what_is_going_on_and_then_the_result(world: World) -> None:
    person_id, _enrolment, _attempt = await world.a_candidate_in_an_exam()
    by = await agent(world)
    world.clock.advance(60 * MINUTE)
    assert sentence(await page_of(world, by, person_id)) == "到时了，正在收卷。"
    world.clock.advance(32_000)
    page = await page_of(world, by, person_id)  # nobody swept: the page's own look records it
    assert "到时未交卷" in page
    assert "截止时不在考试页面，没有交卷；按规定无成绩，登记为不及格" in page
    assert sentence(page).startswith("可以考试：第 2 次（补考），本轮还剩 2 次")


async def test_a_left_page_says_by_when_the_candidate_must_be_back(world: World) -> None:
    rules = {"exam.forced_exit.detect": "page_leave", "exam.forced_exit.page_leave_grace_seconds": 30}
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam(rules)
    by = await agent(world)
    pen = await world.pen(attempt_id, person_id)
    world.clock.advance(MINUTE)
    await world.services.desk.leave(pen, 1, world.now_ms)
    world.clock.advance(10_000)
    page = await page_of(world, by, person_id)
    assert sentence(page) == "09:01:00 离开了考试页面，09:01:30 前不回来按中途退出处理。"
    world.clock.advance(22_000)
    page = await page_of(world, by, person_id)
    assert "离开考试页面超过规定时间，中途退出；按规定登记为不及格" in page


async def test_each_state_has_its_sentence_reason_and_next_step(world: World) -> None:
    by = await agent(world)
    exam = await world.exam({"exam.wait_minutes_between_attempts": 30})
    ready = await world.person()
    await world.enrolled(exam, ready)
    page = await page_of(world, by, ready)
    assert sentence(page) == "可以考试：第 1 次（正考），本轮还剩 3 次，2026年12月31日（含当天）前可以开始。"
    assert codes(page) == ("", "", "3")
    assert "现在开始的话，10:00:00 截止（考试时长用完）" in page
    assert "还有 3 次没有用，不能增加次数。" in page

    learner = await world.person()
    await world.enrolled(exam, learner, learned=False)
    page = await page_of(world, by, learner)
    assert sentence(page) == "学习还没有完成（0%），不能考试。"
    assert codes(page) == ("learning_incomplete", "finish_learning", "3")
    assert "请考生到学习平台完成学习" in page

    waiting = await world.person()
    enrolment = await world.enrolled(exam, waiting)
    await sat(world, enrolment, 1)
    page = await page_of(world, by, waiting)
    assert sentence(page) == "两次考试之间要间隔，2026年6月1日 09:40 起可以考。"
    assert codes(page) == ("wait_between_attempts", "wait", "2")

    world.clock.advance(40 * MINUTE)
    await sat(world, enrolment, 2, right=None)
    page = await page_of(world, by, waiting)
    assert sentence(page) == "已经及格（100 分），不需要再考。"
    assert codes(page) == ("already_passed", "none", "1")
    assert "已经及格，不能再增加次数。" in page


async def test_an_exhausted_candidate_is_offered_a_grant_and_nothing_else(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    by = await agent(world)
    page = await page_of(world, by, person_id)
    assert sentence(page) == "考试次数已用完，没有及格。"
    assert codes(page) == ("attempts_exhausted", "call_support", "0")
    assert "核对身份以后，可以在这里增加考试次数。" in page
    assert f'href="/support/enrolments/{enrolment.id}/grant"' in page
    assert "extra-time" not in page
    assert page.count("/void") == 3


async def test_where_the_rules_give_no_grant_the_page_says_what_helps(world: World) -> None:
    person_id, _enrolment = await exhausted(world, {"grant.enabled": False, "exam.on_exhausted": "reregister"})
    page = await page_of(world, await agent(world), person_id)
    assert "按本年度的规则，客服不能增加次数。请考生重新报名以后再考。" in page
    assert "/grant" not in page


async def test_after_the_window_nothing_is_offered_but_a_void(world: World) -> None:
    person_id, _enrolment = await exhausted(world)
    by = await agent(world)
    world.clock.advance(300 * 24 * 60 * MINUTE)
    page = await page_of(world, by, person_id)
    assert sentence(page) == "考试开放到 2026年12月31日 为止，已经结束。"
    assert codes(page) == ("window_closed", "none", "0")
    assert "不在考试开放期内，不能增加次数。" in page


async def test_a_hidden_score_stays_hidden_on_the_telephone(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam({"exam.show_score": "after_window"}), person_id)
    await sat(world, enrolment, 1, right=30)
    page = await page_of(world, await agent(world), person_id)
    assert "未公布" in page
    assert "<strong>60</strong>" not in page
    assert "60 分" not in page
    assert "达到及格线" not in page


async def test_numbers_are_masked_until_a_reason_and_a_ticket_are_given(world: World) -> None:
    by, other = await agent(world), await agent(world, "陈芳")
    person_id = await world.person(name="李建国")
    number, phone = resident_id(3), "13800000003"
    page = await page_of(world, by, person_id)
    assert f"{number[:6]}********{number[-4:]}" in page
    assert "138****0003" in page
    assert number not in page
    assert phone not in page
    address = f"/support/people/{person_id}"
    async with world.browser(by) as browser, world.browser(other) as elsewhere:
        for wrong in ({}, {"reason": "curious", "ticket": "T1"}, {"reason": "identity"}):
            refused = await browser.post(f"{address}/reveal", data=wrong)
            assert refused.status_code == 422
            assert number not in refused.text
        refused = await browser.post(f"{address}/reveal", data={"reason": "identity", "ticket": number})
        assert refused.status_code == 422
        shown = await browser.post(f"{address}/reveal", data={"reason": "identity", "ticket": "T1"})
        assert shown.status_code == 303
        there = shown.headers["location"]
        assert number not in there
        assert phone not in there
        full = (await browser.get(there)).text
        assert number in full
        assert phone in full
        assert "完整号码显示到 09:05:00。" in full
        assert number not in (await elsewhere.get(there)).text
        assert number not in (await browser.get(address)).text
        world.clock.advance(5 * MINUTE)
        assert number not in (await browser.get(there)).text


async def test_every_look_is_logged_and_holds_no_personal_data(world: World) -> None:
    by = await agent(world)
    person_id, enrolment = await exhausted(world)
    number = resident_id(2)
    async with world.browser(by) as browser:
        await browser.get(f"/support/people/{person_id}")
        await browser.get(f"/support/enrolments/{enrolment.id}/grant")
        shown = await browser.post(f"/support/people/{person_id}/reveal", data={"reason": "identity", "ticket": "T1"})
        await browser.get(shown.headers["location"])
        await browser.get("/support/approvals")
    async with world.services.database.reading() as tx:
        lines = list(reversed(await audit.newest(tx, person_id=by)))
    assert [(line.act, line.object_id, dict(line.facts)) for line in lines] == [
        ("view_person", person_id, {"shown": "masked"}),
        ("view_person", person_id, {"shown": "masked"}),
        ("reveal_person", person_id, {"person": person_id, "reason": "identity", "ticket": "T1"}),
        ("view_person", person_id, {"shown": "full"}),
        ("view_approvals", None, {"approvals": []}),
    ]
    assert number not in json.dumps([dict(line.facts) for line in lines])


async def test_an_agent_may_do_nothing_for_himself(world: World) -> None:
    own = await world.person(Role.CANDIDATE, Role.SUPPORT)
    enrolment = await world.enrolled(await world.exam(), own)
    attempts = [await sat(world, enrolment, no) for no in (1, 2, 3)]
    page = await page_of(world, own, own)
    assert "这是您本人的报名，请另一位同事来办理。" in page
    assert "/grant" not in page
    assert "/void" not in page
    async with world.browser(own) as browser:
        for address in (f"/support/enrolments/{enrolment.id}/grant", f"/support/attempts/{attempts[0]}/void"):
            for answer in (await browser.get(address), await browser.post(address, data={})):
                assert answer.headers["location"] == f"/support/people/{own}?done=own"
        assert "不能为自己办理" in (await browser.get(f"/support/people/{own}?done=own")).text


async def test_what_an_address_says_was_done_comes_from_a_list(world: World) -> None:
    by, person_id = await agent(world), await world.person()
    async with world.browser(by) as browser:
        page = await browser.get(f"/support/people/{person_id}?done=<script>")
    assert page.status_code == 200
    assert "<script>" not in page.text


async def test_the_page_stands_while_the_desk_is_away(world: World, redis_for_tests: RedisForTests) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    by = await agent(world)
    pen = await world.pen(attempt_id, person_id)
    redis_for_tests.stop()
    try:
        page = await page_of(world, by, person_id)
    finally:
        redis_for_tests.folder.mkdir(exist_ok=True)
        redis_for_tests.start()
    assert sentence(page) == "正在考试，还剩 1 小时；暂时查不到实时情况。"
    assert pen.epoch == 1


async def test_a_sitting_that_redis_has_lost_is_said_to_come_back(
    world: World, redis_for_tests: RedisForTests
) -> None:
    person_id, _enrolment, _attempt = await world.a_candidate_in_an_exam()
    redis_for_tests.flush()
    assert sentence(await page_of(world, await agent(world), person_id)) == "考试正在恢复，还剩 1 小时。"


async def test_the_causes_of_a_forced_exit_are_told(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    ended = await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
    assert isinstance(ended, Ended)
    page = await page_of(world, await agent(world), person_id)
    assert "本人确认放弃，中途退出；按规定登记为不及格" in page


@pytest.mark.parametrize("learned", [True, False])
async def test_a_person_without_enrolments_and_one_with_two(world: World, learned: bool) -> None:
    by, nobody = await agent(world), await world.person()
    assert "没有报名记录" in await page_of(world, by, nobody)
    person_id = await world.person()
    first, second = await world.exam(), await world.exam({"exam.minutes": 30})
    await world.enrolled(first, person_id, learned=learned)
    await world.enrolled(second, person_id, learned=learned)
    page = await page_of(world, by, person_id)
    assert page.count('class="sentence') == 2
    assert hidden(page, "t")


async def test_an_attempt_that_waits_for_its_marks_is_told_and_allows_no_grant(world: World) -> None:
    enrolment, _ = await sat_every_kind(world, await an_exam_of_every_kind(world))
    page = await page_of(world, await agent(world), enrolment.person_id)
    assert sentence(page) == "上一次考试等待人工评分，登记成绩以前不能再考。"
    assert "登记成绩以前不能增加次数" in page
