"""Everything once without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from examengine.records.words import Role
from tests.journeys.acts import answer_rightly, expect_answered, sign_in, verdict
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, Hall
from tests.journeys.looking import look

pytestmark = pytest.mark.long


def start(page: Page) -> None:
    page.get_by_role("link", name="去考试").click()
    page.get_by_label("我已阅读并同意诚信承诺").check()
    page.get_by_role("button", name="开始考试").click()
    expect(page.locator(".no-script")).to_contain_text("答案在按下“保存”或“交卷”时才会保存")


def save(page: Page) -> None:
    page.locator(".no-script").get_by_role("button", name="保存").click()
    expect(page.locator("[data-save-text]")).to_have_text(re.compile(r"已保存 \d\d:\d\d:\d\d"))


def test_fifty_answers_are_marked_saved_and_handed_in(hall: Hall, device: Device) -> None:
    person = hall.someone("农建军")
    enrolment = hall.enrolled(hall.full_exam(), person)
    page = device(java_script_enabled=False)
    sign_in(page, person)
    look(page, "nojs-my", judge=False)
    start(page)
    look(page, "nojs-exam", judge=False, whole=False)
    expect(page.get_by_text("作答后自动保存")).to_be_hidden()
    expect(page.locator(".clock")).to_be_hidden()
    expect(page.locator(".exam-bar").get_by_role("button", name="保存", exact=True)).to_be_visible()
    answer_rightly(page, range(1, 31))
    page.locator("#q3 .flag label").click()
    save(page)
    expect(page.locator("#q31")).to_be_in_viewport()
    expect(page.locator("[data-count=answered]")).to_have_text("30")
    expect(page.locator("[data-cell='3']")).to_have_attribute("aria-label", "第 3 题，已答，已标记")
    answer_rightly(page, range(31, 50))
    page.locator(".no-script").get_by_role("button", name="交卷").click()
    expect(page.locator(".lede")).to_contain_text("您还有 1 题未作答、1 题已标记")
    look(page, "nojs-hand-in", judge=False)
    page.get_by_role("link", name="第 50 题").click()
    expect_answered(page, *range(1, 50))
    answer_rightly(page, (50,))
    page.locator("#hand-in").click()
    page.get_by_role("button", name="确认交卷").click()
    expect(verdict(page)).to_contain_text("及格")
    expect(page.locator(".verdict-score")).to_contain_text("100")
    look(page, "nojs-result", judge=False)
    assert hall.states(enrolment) == ["submitted"]


def test_clearing_one_question_keeps_the_others_that_were_not_saved_yet(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(java_script_enabled=False)
    sign_in(page, person)
    start(page)
    answer_rightly(page, (1, 2, 3))
    page.locator("#q2").get_by_role("button", name="清除选择").click()
    expect_answered(page, 1, 3)
    assert sorted(hall.saved(1)) == [1, 3]


def test_enter_in_the_form_saves_and_does_not_hand_in(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(java_script_enabled=False)
    sign_in(page, person)
    start(page)
    answer_rightly(page, (1,))
    page.keyboard.press("Enter")
    expect(page.locator("[data-save-text]")).to_contain_text("已保存")
    assert list(hall.saved(1)) == [1]
    assert hall.states(enrolment) == ["running"]


def test_the_pen_taken_elsewhere_shows_what_was_not_saved(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    first = device(java_script_enabled=False, line_fails=True)
    sign_in(first, person)
    start(first)
    answer_rightly(first, (1,))
    save(first)
    second = device(java_script_enabled=False)
    sign_in(second, person)
    second.get_by_role("link", name="继续考试").click()
    expect_answered(second, 1)
    answer_rightly(second, (2,))
    save(second)
    answer_rightly(first, (3,))
    first.locator(".no-script").get_by_role("button", name="保存").click()
    expect(first.get_by_role("heading", name="考试已转到其他设备继续")).to_be_visible()
    expect(first.locator(".grid")).to_contain_text("3")
    look(first, "nojs-taken", judge=False)
    first.get_by_role("button", name="在本页继续作答").click()
    expect_answered(first, 1, 2)


def test_a_deadline_that_passes_between_two_saves_is_told(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(java_script_enabled=False)
    sign_in(page, person)
    start(page)
    answer_rightly(page, (1,))
    hall.move_to(hall.deadline_ms(1) - MINUTE_MS)
    save(page)
    hall.move(MINUTE_MS)
    answer_rightly(page, (2,))
    page.locator(".no-script").get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="考试时间到，已收卷，正在评分")).to_be_visible()
    hall.move(MINUTE_MS)
    page.get_by_role("link", name="现在再问一次").click()
    expect(verdict(page)).to_contain_text("不及格")
    assert hall.states(enrolment) == ["auto_submitted"]


def test_giving_up_works_too(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(java_script_enabled=False)
    sign_in(page, person)
    start(page)
    page.get_by_role("link", name="放弃考试").click()
    page.get_by_role("link", name="仍要放弃").click()
    page.get_by_label("我知道这次考试将登记为不及格").check()
    page.get_by_role("button", name="确认放弃").click()
    expect(verdict(page)).to_contain_text("不及格")
    assert hall.states(enrolment) == ["forced_exit"]


def test_support_finds_and_grants_without_it(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate({"exam.attempts": 1, "exam.attempts_labelled_makeup": 0})
    agent = hall.someone("林秀兰", Role.SUPPORT)
    page = device(java_script_enabled=False)
    sign_in(page, person)
    start(page)
    page.locator(".no-script").get_by_role("button", name="交卷").click()
    page.get_by_role("button", name="确认交卷").click()
    expect(verdict(page)).to_contain_text("不及格")
    desk = device(java_script_enabled=False, line_fails=True)
    sign_in(desk, agent)
    desk.get_by_role("searchbox").fill(person.document[-4:])
    desk.get_by_role("button", name="查询").click()
    desk.get_by_role("link", name=person.name).click()
    desk.get_by_role("link", name="增加考试次数").first.click()
    desk.get_by_label("原因").select_option(index=1)
    desk.get_by_label("说明").fill("已核对。")
    desk.get_by_label("工单号").fill("K7")
    desk.get_by_role("button", name="先看效果").click()
    expect(desk.locator("#effect")).to_contain_text("0 → 1")
    desk.get_by_role("button", name="增加", exact=True).click()
    expect(desk.locator(".alert-success")).to_be_visible()
    page.goto("/my")
    start(page)
    assert hall.states(enrolment) == ["submitted", "running"]
