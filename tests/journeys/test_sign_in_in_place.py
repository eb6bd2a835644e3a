"""A session that ends in the middle of an exam: the password is asked for in the page, and nothing is lost."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.acts import (
    answer_rightly,
    choose,
    expect_answered,
    hand_in,
    let_page_ask,
    sign_in,
    sit_down,
    strip_text,
    wait_until_saved,
)
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, Hall, Someone
from tests.journeys.looking import look


def panel_of(page: Page) -> Locator:
    return page.get_by_role("region", name="重新登录")


def give_password(page: Page, password: str) -> None:
    panel = panel_of(page)
    panel.get_by_label("密码").fill(password)
    panel.get_by_role("button", name="登录并继续作答").click()


def epoch_of(hall: Hall, attempt_id: int) -> int:
    return hall.do(hall.world.services.desk.read(attempt_id, hall.now_ms)).epoch


def test_a_minute_offline_and_a_session_that_ended_meanwhile_cost_a_password(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    page.context.set_offline(True)
    answer_rightly(page, (1, 2))
    expect(page.locator("[data-save-text]")).to_have_text("有 2 题未同步，正在重试")
    hall.move(MINUTE_MS)
    page.context.clear_cookies(name="session")
    page.context.set_offline(False)
    expect(panel_of(page)).to_be_visible()
    expect(strip_text(page)).to_contain_text("登录已失效")
    answer_rightly(page, (3,))
    look(page, "exam-sign-in", whole=False)
    give_password(page, "Jibuqing-le-77")
    expect(panel_of(page).get_by_role("alert")).to_contain_text("密码不对")
    look(page, "exam-sign-in-wrong", whole=False)
    give_password(page, person.password)
    expect(panel_of(page)).to_be_hidden()
    wait_until_saved(page)
    expect_answered(page, 1, 2, 3)
    assert sorted(hall.saved(attempt_id)) == [1, 2, 3]
    assert epoch_of(hall, attempt_id) == 1, "the page goes on with its pen"
    answer_rightly(page, range(4, 10))
    wait_until_saved(page)
    hand_in(page)
    expect(page.locator(".verdict-score")).to_contain_text("100")


def test_a_one_time_password_goes_on_and_is_changed_after_the_exam(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    handed = hall.revoke(person)
    choose(page, 1, "选项甲")
    expect(panel_of(page)).to_be_visible()
    give_password(page, person.password)
    expect(panel_of(page).get_by_role("alert")).to_contain_text("密码不对")
    give_password(page, handed)
    expect(strip_text(page)).to_contain_text("您用的是一次性密码，交卷后请设置自己的密码")
    wait_until_saved(page)
    assert list(hall.saved(attempt_id)) == [1]
    look(page, "exam-sign-in-one-time", whole=False)
    page.locator("#hand-in").click()
    page.get_by_role("dialog").get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", name="设置新密码")).to_be_visible()
    assert hall.states(enrolment) == ["submitted"]


@pytest.mark.long
def test_another_person_in_the_same_browser_is_told_apart(hall: Hall, device: Device) -> None:
    exam = hall.exam()
    first, second = hall.someone("农建军"), hall.someone("韦桂花")
    for person in (first, second):
        hall.enrolled(exam, person)
    page = device(line_fails=True)
    attempt_id = sit_down(page, first)
    other = page.context.new_page()
    sign_in(other, second)
    expect(other.get_by_role("heading", name="我的考试")).to_be_visible()
    choose(page, 1, "选项甲")
    expect(strip_text(page)).to_contain_text("这个浏览器现在登录的是另一个人")
    expect(page.locator("form[data-exam]")).to_have_class("is-locked")
    look(page, "exam-sign-in-other", whole=False)
    assert hall.saved(attempt_id) == {}
    give_password(page, second.password + "x")
    expect(panel_of(page).get_by_role("alert")).to_contain_text("密码不对")
    give_password(page, first.password)
    wait_until_saved(page)
    expect(page.locator("form[data-exam]")).not_to_have_class("is-locked")
    assert list(hall.saved(attempt_id)) == [1]


@pytest.mark.long
def test_too_many_wrong_passwords_wait_and_the_exam_goes_on(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    sit_down(page, person)
    for _ in range(5):
        fail(hall, person)
    page.context.clear_cookies()
    let_page_ask(page)
    give_password(page, person.password)
    told = panel_of(page).get_by_role("alert")
    expect(told).to_contain_text("秒再试")
    expect(panel_of(page).get_by_role("button")).to_be_disabled()
    choose(page, 1, "选项甲")
    expect(page.locator("#q1 .q-state")).to_have_text("未同步")
    look(page, "exam-sign-in-wait", whole=False)


@pytest.mark.long
def test_a_pen_that_was_taken_meanwhile_is_told_after_the_sign_in(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    first, second = device(line_fails=True), device()
    sit_down(first, person)
    first.context.clear_cookies(name="session")
    choose(first, 1, "选项甲")
    expect(panel_of(first)).to_be_visible()
    sign_in(second, person)
    second.get_by_role("link", name="继续考试").click()
    expect(second.locator("form[data-exam][data-show]")).to_be_visible()
    give_password(first, person.password)
    expect(strip_text(first)).to_contain_text("考试已转到其他设备继续")
    expect(first.locator("[data-side]")).to_contain_text("第 1 题：本页选的")


def test_without_scripts_the_answers_wait_in_the_page_that_asks_for_the_password(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(java_script_enabled=False, line_fails=True)
    sign_in(page, person)
    page.get_by_role("link", name="去考试").click()
    page.get_by_label("我已阅读并同意诚信承诺").check()
    page.get_by_role("button", name="开始考试").click()
    answer_rightly(page, (1, 6))
    page.locator("#q2 .flag label").click()
    page.context.clear_cookies(name="session")
    page.locator(".no-script").get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="答案还没有保存")).to_be_visible()
    look(page, "nojs-unsaved", judge=False)
    page.get_by_label("密码").fill("Jibuqing-le-77")
    page.get_by_role("button", name="登录并保存").click()
    expect(page.locator("#e-password")).to_contain_text("密码不对")
    assert hall.saved(1) == {}
    page.get_by_label("密码").fill(person.password)
    page.get_by_role("button", name="登录并保存").click()
    expect_answered(page, 1, 6)
    expect(page.locator("#f2")).to_be_checked()
    expect(page.locator("[data-resumed]")).to_have_count(0)
    assert sorted(hall.saved(1)) == [1, 6]


def fail(hall: Hall, person: Someone) -> None:
    """A wrong password from somewhere else, which counts for the account."""
    services = hall.world.services
    hall.do(services.sign_in.sign_in(person.document, "Jibuqing-le-77", "", hall.now_ms))
