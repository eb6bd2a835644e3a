"""A paper with every kind of question: typed, reloaded, handed in, marked by two who differ and a third, and its
result."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from examengine.banks.responses import encode
from examengine.records.marking import CHANGE_MS
from examengine.records.words import Role
from tests.journeys.acts import choose, expect_exam, sign_in, sit_down, verdict, wait_until_saved
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall, Someone
from tests.journeys.looking import DESK, PHONE, look
from tests.kinds import CLOZE, ESSAY, MATCHING, NUMBER, SHORT, an_exam_of_every_kind

TEXT = "核对发件人，\n不点“陌生”链接 <b>。"


def field(page: Page, position: int, part: int = 1) -> Locator:
    return page.locator(f'[id="q{position}.{part}"]')


def state(page: Page, position: int) -> Locator:
    return page.locator(f"#q{position} .q-state")


def fill_everything(page: Page) -> None:
    choose(page, 1, "选项甲")
    choose(page, 2, "选项甲", "选项乙")
    choose(page, 3, "正确")
    field(page, SHORT).fill(" 数据 安全法")
    field(page, NUMBER).fill("１５")
    field(page, MATCHING, 1).select_option(label="2021 年 9 月")
    field(page, MATCHING, 2).select_option(label="2017 年 6 月")
    field(page, CLOZE, 1).fill("机密性")
    field(page, CLOZE, 2).fill("3 级")
    field(page, CLOZE, 3).select_option(label="公安机关")


def mark(page: Page, marker: Someone, points: str) -> None:
    sign_in(page, marker)
    expect(page.get_by_role("heading", name="阅卷")).to_be_visible()
    look(page, "marking-queues")
    page.get_by_role("link", name="评阅 1 份").click()
    expect(page.locator(".marking-answer")).to_have_text(TEXT)
    expect(page.locator("body")).not_to_contain_text("农建军")
    look(page, "marking-answer")
    page.get_by_label(re.compile("^得分")).fill(points)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已记下")


@pytest.mark.long
def test_a_paper_of_every_kind_is_sat_and_marked_by_three(hall: Hall, device: Device) -> None:
    exam = hall.do(an_exam_of_every_kind(hall.world, tolerance=300))
    person = hall.someone("农建军")
    hall.enrolled(exam, person)
    page = device()
    attempt_id = sit_down(page, person)
    look(page, "exam-every-kind", judge=False)
    fill_everything(page)
    expect(page.locator('[data-cell="6"]')).to_have_attribute("aria-label", "第 6 题，没有答完")

    # what is typed is saved without leaving the field, and kept before that
    field(page, ESSAY).press_sequentially(TEXT)
    expect(page.locator("[data-part-count]")).to_have_text(str(len(TEXT)))
    expect(state(page, ESSAY)).to_have_text("输入中，稍后自动保存")
    expect(state(page, ESSAY)).to_have_text("已保存")
    assert hall.saved(attempt_id)[ESSAY] == encode([TEXT])
    page.reload()
    expect_exam(page)
    expect(field(page, ESSAY)).to_have_value(TEXT)
    expect(field(page, SHORT)).to_have_value("数据 安全法")
    expect(field(page, MATCHING, 2).locator("option:checked")).to_have_text("2017 年 6 月")

    # one question at a time, as on every phone: its fields are there
    page.set_viewport_size(PHONE)
    while not field(page, ESSAY).is_visible():
        page.get_by_role("button", name="下一题").click()
    for position in (CLOZE, MATCHING, NUMBER, SHORT):
        page.get_by_role("button", name="上一题").click()
        expect(field(page, position)).to_be_visible()
    page.set_viewport_size(DESK)

    page.locator("#hand-in").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 题没有答完")
    look(page, "exam-every-kind-hand-in", whole=False, judge=False)
    page.get_by_role("dialog").get_by_role("link", name="第 6 题").click()
    field(page, MATCHING, 3).select_option(label="2020 年 1 月")
    wait_until_saved(page)
    page.locator("#hand-in").click()
    page.get_by_role("dialog").get_by_role("button", name="确认交卷").click()
    expect(verdict(page)).to_contain_text("待出成绩")
    expect(page.locator(".lede")).to_contain_text("已交卷，等待人工评分")
    look(page, "result-awaiting-people")

    for name, points in (("陈阅卷", "20"), ("李阅卷", "12"), ("王阅卷", "18.5")):
        mark(device(), hall.someone(name, Role.MARKER), points)
    hall.move(CHANGE_MS)
    hall.sweep()
    page.reload()
    expect(verdict(page)).to_contain_text(re.compile("^及格"))
    expect(page.locator(".verdict-score")).to_contain_text("93.5")
    page.locator(".given summary").click()
    expect(page.locator(".given")).to_contain_text("18.5 / 25")
    look(page, "result-marked-by-people")


@pytest.mark.long
def test_what_was_typed_and_not_saved_survives_the_browser_s_crash(hall: Hall, device: Device) -> None:
    exam = hall.do(an_exam_of_every_kind(hall.world))
    person = hall.someone("农建军")
    hall.enrolled(exam, person)
    page = device()
    attempt_id = sit_down(page, person)
    field(page, ESSAY).press_sequentially("第一句。")
    expect(state(page, ESSAY)).to_have_text("已保存")
    field(page, ESSAY).press_sequentially("第二句。")
    # within the ten seconds: kept in this browser, not sent
    page.wait_for_function(
        "() => Object.values(localStorage).some((record) => record.includes('第二句'))", timeout=5_000
    )
    assert hall.saved(attempt_id)[ESSAY] == encode(["第一句。"])
    context = page.context
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(f"{hall.url}/sittings/{attempt_id}")
    expect_exam(again)
    expect(field(again, ESSAY)).to_have_value("第一句。第二句。")
    expect(state(again, ESSAY)).to_have_text("已保存")
    assert hall.saved(attempt_id)[ESSAY] == encode(["第一句。第二句。"])
