"""The whole way on a phone, 390 px wide, with a finger."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.acts import chosen, expect_answered, expect_exam, option, right_texts, verdict, wait_until_saved
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import ON_A_PHONE, findings, look

pytestmark = pytest.mark.long


def shown(page: Page) -> int:
    """The one question on the screen."""
    [position] = page.locator(".q:visible").evaluate_all("(all) => all.map((q) => Number(q.dataset.pos))")
    return int(position)


def test_an_exam_is_sat_on_a_phone_with_the_answer_card_as_a_sheet(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(phone=True)
    page.goto("/")
    page.get_by_label("证件号码").fill(person.document)
    page.get_by_label("密码", exact=True).fill(person.password)
    page.get_by_role("button", name="登录").tap()
    page.get_by_role("link", name="去考试").tap()
    page.get_by_label("我已阅读并同意诚信承诺").tap()
    page.get_by_role("button", name="开始考试").tap()
    expect_exam(page)
    bar = page.get_by_role("navigation", name="题目")
    assert shown(page) == 1
    for position in range(1, 5):
        for text in right_texts(page, position):
            option(page, position, text).tap()
        bar.get_by_role("button", name="下一题").tap()
    assert shown(page) == 5
    bar.get_by_role("button", name="标记").tap()
    expect(bar.get_by_role("button", name="标记")).to_have_attribute("aria-pressed", "true")
    wait_until_saved(page)
    sheet = page.get_by_role("dialog")
    bar.get_by_role("button", name="答题卡 4/9").tap()
    expect(sheet.get_by_role("link", name="第 5 题，未答，已标记")).to_have_attribute("aria-current", "true")
    look(page, "phone-answer-card", whole=False, sizes=ON_A_PHONE)
    sheet.get_by_role("button", name="未答").tap()
    expect(sheet.get_by_role("link", name=re.compile("^第"))).to_have_count(5)
    sheet.get_by_role("link", name="第 8 题，未答").tap()
    expect(sheet).to_be_hidden()
    assert shown(page) == 8
    option(page, 8, "正确").tap()
    page.get_by_role("button", name="大", exact=True).tap()
    look(page, "phone-large-type", whole=False, sizes=ON_A_PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wait_until_saved(page)
    page.reload()
    expect_exam(page)
    expect_answered(page, 1, 2, 3, 4, 8)
    assert page.locator("html").get_attribute("data-size") == "22"
    page.locator("#hand-in").tap()
    expect(sheet).to_contain_text("您还有 4 题未作答、1 题已标记")
    assert findings(page) == []
    sheet.get_by_role("button", name="确认交卷").tap()
    expect(verdict(page)).to_contain_text("不及格")
    assert hall.states(enrolment) == ["submitted"]


def test_turning_the_phone_keeps_question_and_answers(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    page.set_viewport_size({"width": 844, "height": 390})
    page.goto("/login")
    page.get_by_label("证件号码").fill(person.document)
    page.get_by_label("密码", exact=True).fill(person.password)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="去考试").click()
    page.get_by_label("我已阅读并同意诚信承诺").check()
    page.get_by_role("button", name="开始考试").click()
    expect_exam(page)
    bar = page.get_by_role("navigation", name="题目")
    bar.get_by_role("button", name="下一题").click()
    option(page, 2, "选项甲").click()
    page.set_viewport_size({"width": 390, "height": 844})
    assert shown(page) == 2
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator(".q:visible")).to_have_count(9)
    expect(page.locator("[data-cell='2']")).to_have_attribute("aria-current", "true")
    assert chosen(page) == {2: ["选项甲"]}
