"""An exam from the first sign-in to the result."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.acts import (
    answer_rightly,
    answer_wrongly,
    choose,
    chosen,
    expect_exam,
    hand_in,
    right_texts,
    sign_in,
    sit_down,
    start,
    to_contract,
    verdict,
    wait_until_saved,
)
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, Hall
from tests.journeys.looking import look


@pytest.mark.smoke
def test_a_candidate_reads_the_contract_starts_answers_and_passes(hall: Hall, device: Device) -> None:
    person = hall.someone("农建军")
    enrolment = hall.enrolled(hall.full_exam(), person)
    page = device()
    page.goto("/")
    look(page, "login")
    sign_in(page, person)
    look(page, "my-ready")
    to_contract(page)
    look(page, "contract")
    start(page)
    look(page, "exam-fresh", whole=False, judge=False)
    answer_rightly(page, range(1, 48))
    page.locator("#q48 .flag label").click()
    choose(page, 47, "错误")
    wait_until_saved(page)
    expect(page.locator("[data-count=answered]")).to_have_text("47")
    look(page, "exam-answered", whole=False, judge=False)
    page.locator("#hand-in").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("您还有 3 题未作答、1 题已标记。交卷后将无法修改答案，确认现在交卷吗？")
    expect(dialog.get_by_role("button", name="继续检查")).to_be_focused()
    look(page, "exam-hand-in-dialog", whole=False, judge=False)
    dialog.get_by_role("link", name="第 49 题").click()
    choose(page, 49, *right_texts(page, 49))
    hand_in(page)
    expect(verdict(page)).to_contain_text(re.compile("^及格"))
    expect(page.locator(".verdict-score")).to_contain_text("97")
    look(page, "result-passed")
    assert hall.states(enrolment) == ["submitted"]
    page.get_by_role("link", name="返回我的考试").click()
    look(page, "my-passed")


@pytest.mark.long
def test_who_answers_wrongly_fails_and_is_offered_the_next_attempt(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    sit_down(page, person)
    answer_wrongly(page, range(1, 10))
    answer_rightly(page, (1, 2))
    wait_until_saved(page)
    page.locator("#q2 .flag label").click()
    look(page, "exam-of-nine")
    page.locator("#hand-in").click()
    expect(page.get_by_role("dialog")).to_contain_text("您还有 0 题未作答、1 题已标记")
    look(page, "exam-of-nine-hand-in", whole=False)
    page.keyboard.press("Escape")
    hand_in(page)
    expect(verdict(page)).to_contain_text("不及格")
    expect(page.locator(".verdict-score")).to_contain_text("20")
    look(page, "result-failed")
    page.get_by_role("link", name="再次考试").click()
    expect(page.locator(".contract-say")).to_contain_text("第 2 次机会（共 3 次）")
    start(page)
    assert hall.states(enrolment) == ["submitted", "running"]


def test_a_double_click_on_start_uses_one_attempt(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    sign_in(page, person)
    to_contract(page)
    page.get_by_label("我已阅读并同意诚信承诺").check()
    page.get_by_role("button", name="开始考试").dblclick()
    expect_exam(page)
    assert hall.states(enrolment) == ["running"]


@pytest.mark.long
def test_a_contract_left_open_in_another_tab_starts_no_second_attempt(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    first = device()
    sign_in(first, person)
    to_contract(first)
    second = first.context.new_page()
    second.goto(first.url)
    start(first)
    hand_in(first)
    second.get_by_label("我已阅读并同意诚信承诺").check()
    second.get_by_role("button", name="开始考试").click()
    expect(second.locator(".contract-say")).to_contain_text("第 2 次机会")
    assert hall.states(enrolment) == ["submitted"]


@pytest.mark.long
def test_a_contract_that_is_not_accepted_says_so_beside_the_box(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(line_fails=True)
    sign_in(page, person)
    to_contract(page)
    page.get_by_role("button", name="开始考试").click()
    expect(page.locator(".field-error")).to_have_text("请先阅读并勾选诚信承诺")
    look(page, "contract-not-accepted")
    assert hall.states(enrolment) == []


def test_a_double_click_on_the_confirmation_hands_in_once(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    sit_down(page, person)
    page.locator("#hand-in").click()
    page.get_by_role("dialog").get_by_role("button", name="确认交卷").dblclick()
    expect(verdict(page)).to_contain_text("不及格")
    assert hall.states(enrolment) == ["submitted"]


@pytest.mark.smoke
def test_going_back_after_the_hand_in_shows_the_result_not_the_paper(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    answer_rightly(page, (1, 2))
    hand_in(page)
    page.go_back()
    expect(verdict(page)).to_contain_text("不及格")
    page.goto(f"/sittings/{attempt_id}")
    expect(verdict(page)).to_contain_text("不及格")
    page.goto(f"/sittings/{attempt_id}/hand-in")
    expect(verdict(page)).to_contain_text("不及格")
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.includes('outbox'))") == []
    assert hall.states(enrolment) == ["submitted"]


def test_an_exam_that_may_not_be_handed_in_yet_says_when(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate({"exam.min_minutes_before_submit": 30})
    page = device()
    sign_in(page, person)
    to_contract(page)
    expect(page.locator(".rules")).to_contain_text("开考 30 分钟后才可以交卷")
    start(page)
    page.locator("#hand-in").click()
    page.get_by_role("dialog").get_by_role("button", name="确认交卷").click()
    expect(page.locator(".alert-title")).to_have_text(re.compile(r"^09:3\d 以后才可以交卷$"))
    look(page, "hand-in-too-early")
    assert hall.states(enrolment) == ["running"]
    page.get_by_role("link", name="继续检查").click()
    hall.move(30 * MINUTE_MS)
    hand_in(page)
    assert hall.states(enrolment) == ["submitted"]


@pytest.mark.long
def test_a_changed_mind_is_what_counts(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    choose(page, 1, "选项丁")
    choose(page, 1, "选项甲")
    choose(page, 6, "选项甲", "选项丙", "选项乙")
    choose(page, 6, "选项丙")
    choose(page, 8, "正确")
    page.locator("#q8 button[name=clear]").click()
    wait_until_saved(page)
    before = chosen(page)
    assert {position: set(texts) for position, texts in before.items()} == {1: {"选项甲"}, 6: {"选项甲", "选项乙"}}
    page.reload()
    expect(page.locator("[data-resumed]")).to_contain_text("已恢复您的 2 题答案")
    assert chosen(page) == before
    assert sorted(hall.saved(attempt_id)) == [1, 6]
