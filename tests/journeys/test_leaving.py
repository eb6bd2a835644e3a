"""Giving up, leaving the page, looking at another window."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.acts import (
    choose,
    expect_exam,
    sign_in,
    sit_down,
    sitting_id,
    start,
    strip_text,
    to_contract,
    verdict,
)
from tests.journeys.conftest import Device
from tests.journeys.hall import SECOND_MS, Hall
from tests.journeys.looking import look

PAGE_LEAVE = {"exam.forced_exit.detect": "page_leave", "exam.forced_exit.page_leave_grace_seconds": 30}
FOCUS_LOSS = {"exam.forced_exit.detect": "focus_loss", "exam.forced_exit.focus_loss_limit": 2}
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def leave(hall: Hall, page: Page) -> None:
    """Another tab comes to the front."""
    page.evaluate(HIDE, True)
    hall.wait_until_left(sitting_id(page))


@pytest.mark.smoke
def test_giving_up_takes_two_steps_and_says_what_it_means(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(line_fails=True)
    sit_down(page, person)
    choose(page, 1, "选项甲")
    page.get_by_role("link", name="放弃考试").click()
    expect(page.locator(".lede")).to_contain_text("如果只是想休息或网络不好，不需要放弃")
    look(page, "give-up-1")
    page.get_by_role("link", name="回到考试").click()
    expect_exam(page)
    page.get_by_role("link", name="放弃考试").click()
    page.get_by_role("link", name="仍要放弃").click()
    page.get_by_role("button", name="确认放弃").click()
    expect(page.locator(".field-error")).to_have_text("请先勾选，表示您知道后果")
    look(page, "give-up-2")
    assert hall.states(enrolment) == ["running"]
    page.get_by_label("我知道这次考试将登记为不及格").check()
    page.get_by_role("button", name="确认放弃").click()
    expect(verdict(page)).to_contain_text("不及格")
    expect(page.locator(".lede")).to_contain_text("中途退出")
    look(page, "result-given-up")
    assert hall.states(enrolment) == ["forced_exit"]


@pytest.mark.long
def test_who_leaves_the_page_and_is_back_in_time_is_warned(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(PAGE_LEAVE)
    page = device()
    sign_in(page, person)
    to_contract(page)
    expect(page.locator(".rules")).to_contain_text("离开考试页面超过 30 秒没有回来的，按中途退出处理")
    start(page)
    leave(hall, page)
    hall.move(20 * SECOND_MS)
    page.evaluate(HIDE, False)
    expect(strip_text(page)).to_contain_text("离开考试页面超过 30 秒没有回来")
    look(page, "exam-left", whole=False)
    hall.move(60 * SECOND_MS)
    assert hall.sweep() == 0
    choose(page, 1, "选项甲")
    expect(page.locator("#q1 .q-state")).to_have_text("已保存")
    assert hall.states(enrolment) == ["running"]


def test_who_leaves_the_page_for_too_long_is_out(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(PAGE_LEAVE)
    page = device()
    sit_down(page, person)
    leave(hall, page)
    hall.move(40 * SECOND_MS)
    page.evaluate(HIDE, False)
    expect(strip_text(page)).to_contain_text("离开考试页面的时间超过了规定")
    look(page, "exam-forced-exit", whole=False)
    page.get_by_role("link", name="查看结果").click()
    expect(page.locator(".lede")).to_contain_text("中途退出")
    assert hall.states(enrolment) == ["forced_exit"]


@pytest.mark.long
def test_a_closed_tab_is_a_leave_and_the_sweeper_ends_it(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(PAGE_LEAVE)
    page = device()
    attempt_id = sit_down(page, person)
    page.goto("about:blank")
    hall.wait_until_left(attempt_id)
    hall.move(40 * SECOND_MS)
    assert hall.sweep() == 1
    assert hall.states(enrolment) == ["forced_exit"]


def test_a_reload_and_our_own_links_are_no_leave(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(PAGE_LEAVE)
    page = device()
    reports: list[str] = []
    page.on("request", lambda request: reports.append(request.url) if request.url.endswith("/leave") else None)
    sit_down(page, person)
    page.keyboard.press("F5")
    page.evaluate("location.reload()")
    expect(page.locator("[data-resumed]")).to_be_visible()
    page.get_by_role("link", name="放弃考试").click()
    page.get_by_role("link", name="回到考试").click()
    expect_exam(page)
    hall.move(60 * SECOND_MS)
    hall.sweep()
    assert reports == []
    assert hall.states(enrolment) == ["running"]


def test_losing_the_focus_too_often_ends_the_exam_after_warnings(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(FOCUS_LOSS)
    page = device()
    sit_down(page, person)
    for count in (1, 2):
        page.evaluate("dispatchEvent(new Event('blur'))")
        expect(strip_text(page)).to_have_text(f"您切换到了其他窗口，这是第 {count} 次；超过 2 次，按规定将结束考试。")
        page.evaluate("dispatchEvent(new Event('focus'))")
    look(page, "exam-focus-lost", whole=False)
    assert hall.states(enrolment) == ["running"]
    page.evaluate("dispatchEvent(new Event('blur'))")
    page.get_by_role("link", name="查看结果").click()
    expect(page.locator(".lede")).to_contain_text("中途退出")
    assert hall.states(enrolment) == ["forced_exit"]
