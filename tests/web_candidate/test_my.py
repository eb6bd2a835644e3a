"""My exams, why one may not be sat, and the card form."""

from typing import Any

import httpx2
import pytest

from examengine.live import CloseReason
from examengine.records import cards, enrolments, exams
from examengine.records.cards import NewCard
from examengine.records.enrolments import Enrolment
from examengine.records.words import Role
from examengine.rules.load import packaged_text
from tests.web_candidate.exam_page import opened, text_of
from tests.world import World, items, ms

MINUTE_MS = 60_000
CARDS = {"enrolment.mode": "card", "card.required": True, "exam.on_exhausted": "buy_card"}


async def my(browser: httpx2.AsyncClient) -> str:
    response = await browser.get("/my")
    assert response.status_code == 200
    return response.text


async def sat(world: World, enrolment: Enrolment, no: int, *, passed: bool = False) -> int:
    """An attempt started and handed in."""
    attempt_id = await world.started(enrolment, no=no)
    pen = await world.pen(attempt_id, enrolment.person_id)
    if passed:
        await world.answer(pen, await world.right_answers(attempt_id))
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    return attempt_id


async def nothing(world: World, enrolment: Enrolment) -> None:
    pass


async def before_the_window(world: World, enrolment: Enrolment) -> None:
    world.clock.move_to(ms("2025-12-31T23:59:00+08:00"))


async def after_the_window(world: World, enrolment: Enrolment) -> None:
    world.clock.move_to(ms("2027-01-01T00:00:00+08:00"))


async def shortly_before_its_end(world: World, enrolment: Enrolment) -> None:
    world.clock.move_to(ms("2026-12-31T23:30:00+08:00"))


async def passed(world: World, enrolment: Enrolment) -> None:
    await sat(world, enrolment, 1, passed=True)


async def running(world: World, enrolment: Enrolment) -> None:
    await world.started(enrolment)


async def failed_three_times(world: World, enrolment: Enrolment) -> None:
    for no in (1, 2, 3):
        await sat(world, enrolment, no)


async def failed_once(world: World, enrolment: Enrolment) -> None:
    await sat(world, enrolment, 1)


REFUSALS: dict[str, tuple[dict[str, Any], Any, tuple[str, ...]]] = {
    "window_not_open": ({}, before_the_window, ("考试还没有开放", "2026年1月1日 00:00", "请在开放之后再来")),
    "window_closed": ({}, after_the_window, ("考试已经结束", "2026年12月31日")),
    "already_passed": ({}, passed, ("您已经及格", "不需要再考")),
    "attempt_running": ({}, running, ("您有一场考试正在进行", "继续考试")),
    "card_required": (CARDS, nothing, ("需要先激活学习卡", "购买激活卡", "激活卡")),
    "attempts_exhausted": ({}, failed_three_times, ("考试次数已用完", "请致电客服", "400-000-0000")),
    "exhausted, buy a card": (CARDS, failed_three_times, ("考试次数已用完", "购买激活卡")),
    "learning_incomplete": ({}, nothing, ("学习还没有完成", "学习进度为 40%", "回到学习平台")),
    "wait_between_attempts": (
        {"exam.wait_minutes_between_attempts": 90},
        failed_once,
        ("两次考试之间需要间隔", "2026年6月1日 10:30", "请到时再来"),
    ),
    "too_little_time_left": (
        {"window.min_remaining_minutes_to_start": 40},
        shortly_before_its_end,
        ("剩余时间不够一场考试", "30 分钟"),
    ),
    "window cuts the time": (
        {"window.end_policy": "refuse_if_not_full"},
        shortly_before_its_end,
        ("剩余时间不够一场考试", "30 分钟"),
    ),
    "not_online": ({"exam.delivery": "onsite", "exam.starts_when": "staff"}, nothing, ("本考试不在网上进行", "现场")),
}


@pytest.mark.parametrize("reason", REFUSALS)
async def test_every_refusal_of_a_start_is_told_with_its_reason_and_what_to_do(world: World, reason: str) -> None:
    override, happens, told = REFUSALS[reason]
    learned = reason != "learning_incomplete"
    exam = await world.exam(override)
    enrolment = await world.enrolled(exam, await world.person(), learned=False)
    if override is CARDS and happens is failed_three_times:
        await activated(world, enrolment)
    async with world.services.database.writing() as tx:
        await enrolments.report_learning(tx, enrolment.id, 1, 100 if learned else 40, "test", world.now_ms)
    await happens(world, enrolment)
    async with world.browser(enrolment.person_id) as browser:
        shown = await browser.get(f"/enrolments/{enrolment.id}/why")
        assert shown.status_code == 200
        for part in told:
            assert part in text_of(shown.text), part
        assert text_of(shown.text).count("符合") >= 4
        listed = text_of(await my(browser))
        if reason not in {"attempt_running", "already_passed"}:
            assert "为什么不能考" in listed
            assert f"/enrolments/{enrolment.id}/why" in await my(browser)
        assert "{" not in listed
        sent = await browser.get(f"/enrolments/{enrolment.id}/contract")
        assert sent.status_code == 303


async def test_a_batch_that_is_missing_is_told(world: World) -> None:
    world.clock.move_to(ms("2015-08-03T09:00:00+08:00"))
    bank_id = await world.bank(items(90, 60, 60))
    exam = await world.exam(rulebook=packaged_text("gaoming-2015"), bank_id=bank_id)
    enrolment = await world.enrolled(exam, await world.person(), learned=False)
    async with world.browser(enrolment.person_id) as browser:
        told = text_of((await browser.get(f"/enrolments/{enrolment.id}/why")).text)
        assert "需要先报名一期培训" in told
        assert "请选择一期培训并报名" in told


async def test_whoever_may_sit_is_sent_from_why_to_the_contract(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(), await world.person())
    async with world.browser(enrolment.person_id) as browser:
        sent = await browser.get(f"/enrolments/{enrolment.id}/why")
        assert sent.headers["location"] == f"/enrolments/{enrolment.id}/contract"


async def test_the_list_shows_what_can_be_done_with_each_exam(world: World) -> None:
    person_id = await world.person()
    bank_id = await world.bank()
    ready = await world.enrolled(await world.exam(bank_id=bank_id), person_id)
    goes_on = await world.enrolled(await world.exam({"exam.minutes": 90}, bank_id=bank_id), person_id)
    done = await world.enrolled(await world.exam({"exam.minutes": 80}, bank_id=bank_id), person_id)
    learns = await world.enrolled(await world.exam({"exam.minutes": 70}, bank_id=bank_id), person_id, learned=False)
    attempt_id = await world.started(goes_on)
    await sat(world, done, 1, passed=True)
    async with world.browser(person_id) as browser:
        page = await opened(browser, attempt_id)
        await page.save(1, page.options[1][0])
        html = await my(browser)
        rows = [text_of(row) for row in html.split('<article class="exam-row')[1:]]
        assert f"/sittings/{attempt_id}" in html
        assert f"/enrolments/{ready.id}/contract" in html
        assert f"/enrolments/{learns.id}/why" in html
        assert "继续考试" in rows[0]
        assert "已保存 1 题，共 50 题" in rows[0]
        assert "去考试" in rows[1]
        assert "学习进度为 0%" in rows[2]
        assert "成绩 100" in rows[3]


async def test_the_account_of_attempts_adds_up(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(), await world.person())
    await sat(world, enrolment, 1)
    voided = await sat(world, enrolment, 2)
    await world.voided(voided)
    async with world.browser(enrolment.person_id) as browser:
        told = text_of(await my(browser))
    for part in ("本年度开放 +3", "参加考试（第 1 次） −1", "参加考试（第 2 次） −1", "第 2 次作废，退还次数 +1"):
        assert part in told, part
    assert "剩余次数 2 / 3" in told


async def test_staff_and_strangers_see_no_candidates_list(world: World) -> None:
    async with world.browser() as nobody:
        assert (await nobody.get("/my")).headers["location"] == "/login?next=/my"
    async with world.browser(await world.person(Role.AUTHOR)) as author:
        assert (await author.get("/my")).status_code == 403
    async with world.browser(await world.person()) as newcomer:
        assert "这里还没有考试" in text_of(await my(newcomer))


async def a_card(world: World, number: str, code: str, *, booked_out: bool = True) -> None:
    new = NewCard(
        number=number,
        code_hash=world.services.vault.card_code_hash(number, code),
        region="",
        booked_out_ms=world.now_ms if booked_out else None,
    )
    async with world.services.database.writing() as tx:
        await cards.add_cards(tx, [new], world.now_ms)


async def activated(world: World, enrolment: Enrolment) -> None:
    await a_card(world, "88880001", "123456")
    async with world.browser(enrolment.person_id) as browser:
        sent = await post_card(browser, enrolment, "88880001", "123456")
        assert sent.status_code == 303, text_of(sent.text)


async def post_card(browser: httpx2.AsyncClient, enrolment: Enrolment, number: str, code: str) -> httpx2.Response:
    return await browser.post(f"/enrolments/{enrolment.id}/card", data={"card_no": number, "activation_code": code})


async def test_a_card_is_activated_from_the_list(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(CARDS), await world.person(), learned=False)
    await a_card(world, "88880001", "123456")
    async with world.browser(enrolment.person_id) as browser:
        assert "激活这张卡" in text_of(await my(browser))
        wrong = await post_card(browser, enrolment, "88880001", "654321")
        assert wrong.status_code == 409
        assert "卡号或激活码不对" in text_of(wrong.text)
        done = await post_card(browser, enrolment, "88880001", "123456")
        assert (done.status_code, done.headers["location"]) == (303, "/my")
        told = text_of(await my(browser))
        assert "剩余次数 3 / 3" in told
        assert "激活卡 +3" in told


async def test_a_card_form_of_another_person_is_not_found(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(CARDS), await world.person(), learned=False)
    await a_card(world, "88880001", "123456")
    async with world.browser(await world.person()) as other:
        assert (await post_card(other, enrolment, "88880001", "123456")).status_code == 404
    async with world.browser(enrolment.person_id) as browser:
        assert (await post_card(browser, enrolment, "88880001", "123456")).status_code == 303


async def test_a_card_that_is_none_is_refused_without_a_trace(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(CARDS), await world.person(), learned=False)
    wrong = [("", ""), ("x" * 70, "1"), ("88880001", ""), ("\x00", "\x00"), ("'; --", "%s"), ("８", "１")]
    async with world.browser(enrolment.person_id) as browser:
        for number, code in wrong:
            refused = await post_card(browser, enrolment, number, code)
            assert refused.status_code == 409, number
            assert "卡号或激活码不对" in text_of(refused.text)


async def test_a_withdrawn_exam_can_be_finished_and_its_result_seen_but_not_started(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    async with world.services.database.writing() as tx:
        await exams.withdraw(tx, enrolment.exam_id, person_id, world.now_ms)
    async with world.browser(person_id) as browser:
        assert f"/sittings/{attempt_id}" in (await browser.get("/my")).text
        exam_page = await opened(browser, attempt_id)
        assert (await exam_page.hand_in()).status_code == 303
        page = (await browser.get("/my")).text
        assert "这场考试已撤回" in page
        assert f"/sittings/{attempt_id}/result" in page
        assert "/contract" not in page
        assert (await browser.get(f"/enrolments/{enrolment.id}/contract")).status_code == 404
