"""Lines that fail while someone answers: nothing is lost, and the page says what is true."""

import re

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.journeys.acts import (
    answer_rightly,
    choose,
    expect_answered,
    expect_exam,
    go_on,
    hand_in,
    sign_in,
    sit_down,
    sitting_id,
    strip_text,
    to_contract,
    verdict,
    wait_until_saved,
)
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, Hall
from tests.journeys.looking import look


def save_text(page: Page) -> str:
    return page.locator("[data-save-text]").inner_text()


@pytest.mark.smoke
def test_a_minute_offline_keeps_the_answers_and_sends_them(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    answer_rightly(page, (1,))
    wait_until_saved(page)
    page.context.set_offline(True)
    answer_rightly(page, (2, 3, 6))
    expect(strip_text(page)).to_have_text(
        re.compile(r"^网络已断开（09:\d\d:\d\d）。您可以继续作答，答案已暂存在本机；.*剩余时间继续计算。$")
    )
    expect(page.locator("[data-save-text]")).to_have_text("有 3 题未同步，正在重试")
    expect(page.locator("[data-cell='6']")).to_have_attribute("aria-label", "第 6 题，已答，未同步")
    expect(page.locator("[data-count=unsynced]")).to_have_text("3")
    look(page, "exam-offline", whole=False)
    assert list(hall.saved(attempt_id)) == [1]
    hall.move(MINUTE_MS)
    page.context.set_offline(False)
    expect(strip_text(page)).to_have_text(re.compile(r"^网络已恢复，\d 条作答记录已全部保存。$"))
    wait_until_saved(page)
    look(page, "exam-online-again", whole=False)
    assert sorted(hall.saved(attempt_id)) == [1, 2, 3, 6]
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^00:5[78]:\d\d$"))
    answer_rightly(page, (4, 5, 7, 8, 9))
    hand_in(page)
    expect(page.locator(".verdict-score")).to_contain_text("100")


def test_handing_in_offline_waits_for_the_answers_unless_one_insists(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    sit_down(page, person)
    page.context.set_offline(True)
    choose(page, 1, "选项甲")
    expect(strip_text(page)).to_contain_text("网络已断开")
    page.locator("#hand-in").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="确认交卷")
    expect(dialog).to_contain_text("还有 1 题未同步")
    expect(confirm).to_be_disabled()
    look(page, "exam-hand-in-unsynced", whole=False)
    dialog.get_by_label("不等了").check()
    expect(confirm).to_be_enabled()
    dialog.get_by_label("不等了").uncheck()
    page.context.set_offline(False)
    expect(confirm).to_be_enabled()
    confirm.click()
    expect(page.locator(".verdict-score")).to_contain_text("10")


@pytest.mark.long
def test_a_reload_while_answers_wait_brings_them_back_and_sends_them(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    attempt_id = sit_down(page, person)
    page.route("**/answers", lambda route: route.abort())
    answer_rightly(page, (4, 7))
    page.locator("#q4 .flag label").click()
    expect(page.locator("[data-save-text]")).to_have_text("有 2 题未同步，正在重试")
    page.unroute("**/answers")
    page.reload()
    expect(strip_text(page)).to_have_text("本机暂存的 3 题答案已补交。")
    wait_until_saved(page)
    assert asked == ["beforeunload"]
    expect_answered(page, 4, 7)
    assert page.locator("#f4").is_checked()
    assert sorted(hall.saved(attempt_id)) == [4, 7]


def test_a_tab_closed_offline_gives_its_answers_to_the_next_one(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    context = page.context
    context.set_offline(True)
    answer_rightly(page, (5, 8))
    expect(page.locator("[data-save-text]")).to_have_text("有 2 题未同步，正在重试")
    page.close(run_before_unload=False)
    context.set_offline(False)
    hall.move(5 * MINUTE_MS)
    again = context.new_page()
    again.goto("/my")
    go_on(again)
    # a page that is being closed may still get one of them through
    expect(strip_text(again)).to_have_text(re.compile("^本机暂存的 [12] 题答案已补交。$"))
    wait_until_saved(again)
    assert sorted(hall.saved(attempt_id)) == [5, 8]


@pytest.mark.long
def test_a_server_that_cannot_save_is_told_apart_from_a_dead_line(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    page.route("**/answers", lambda route: route.fulfill(status=503, json={"word": "unavailable"}))
    choose(page, 1, "选项甲")
    expect(strip_text(page)).to_contain_text("答案暂时未能保存")
    page.unroute("**/answers")
    expect(strip_text(page)).to_contain_text("已全部保存")
    assert list(hall.saved(attempt_id)) == [1]


def test_an_answer_that_arrived_though_its_reply_was_lost_is_counted_once(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    lost: list[int] = []

    def lose_the_reply(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/answers", lose_the_reply)
    choose(page, 1, "选项甲")
    wait_until_saved(page)
    expect(page.locator("#q1 .q-state")).to_have_text("已保存")
    assert lost == [200]
    assert list(hall.saved(attempt_id)) == [1]


@pytest.mark.long
def test_a_session_that_ended_meanwhile_keeps_the_answers_for_the_next_sign_in(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    page.on("dialog", lambda dialog: dialog.accept())
    attempt_id = sit_down(page, person)
    page.context.clear_cookies(name="session")
    choose(page, 1, "选项甲")
    expect(strip_text(page)).to_contain_text("登录已失效")
    sign_in(page, person)
    go_on(page)
    expect(strip_text(page)).to_have_text("本机暂存的 1 题答案已补交。")
    wait_until_saved(page)
    assert list(hall.saved(attempt_id)) == [1]
    hand_in(page)
    expect(verdict(page)).to_contain_text("不及格")


def test_a_script_that_never_comes_leaves_a_form_that_saves_and_hands_in(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(line_fails=True)
    page.route("**/exam/*.js", lambda route: route.abort())
    sign_in(page, person)
    to_contract(page)
    page.get_by_label("我已阅读并同意诚信承诺").check()
    page.get_by_role("button", name="开始考试").click()
    expect(page.get_by_text("作答后自动保存")).to_have_count(0)
    answer_rightly(page, range(1, 10))
    page.locator(".no-script").get_by_role("button", name="保存").click()
    assert sorted(hall.saved(sitting_id(page))) == list(range(1, 10))
    page.locator("#hand-in").click()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.locator(".verdict-score")).to_contain_text("100")
    assert hall.states(enrolment) == ["submitted"]


def test_offline_across_the_deadline_is_an_absence_and_the_page_says_so(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    page.context.set_offline(True)
    answer_rightly(page, (1, 2))
    expect(page.locator("[data-save-text]")).to_have_text("有 2 题未同步，正在重试")
    hall.move_to(hall.deadline_ms(attempt_id) + MINUTE_MS)
    hall.sweep()
    page.context.set_offline(False)
    expect(verdict(page)).to_contain_text("不及格")
    expect(page.locator(".lede")).to_contain_text("截止时您已离开考试页面，或者网络断开")
    assert hall.states(enrolment) == ["expired_no_score"]


@pytest.mark.long
def test_what_is_chosen_before_the_script_has_come_is_saved_when_it_comes(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/exam/exam.js", hold)
    sign_in(page, person)
    to_contract(page)
    page.get_by_label("我已阅读并同意诚信承诺").check()
    page.get_by_role("button", name="开始考试").click(no_wait_after=True)
    answer_rightly(page, (1, 6))
    page.locator("#q2 .flag label").click()
    held[0].continue_()
    expect_exam(page)
    expect(page.locator("#q6 .q-state")).to_have_text("已保存")
    wait_until_saved(page)
    assert sorted(hall.saved(sitting_id(page))) == [1, 6]
    page.reload()
    expect_answered(page, 1, 6)
    assert page.locator("#f2").is_checked()
