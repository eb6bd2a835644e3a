"""Deadlines: met at the page, missed away from it, moved by the window or by support."""

import re

import pytest
from playwright.sync_api import expect

from examengine.records.words import Role
from examengine.support import extra_time
from examengine.support.extra_time import TimeOrder
from tests.journeys.acts import (
    answer_rightly,
    let_page_ask,
    sign_in,
    sit_down,
    start,
    strip_text,
    to_contract,
    verdict,
    wait_until_saved,
)
from tests.journeys.conftest import Device, Halls
from tests.journeys.hall import MINUTE_MS, SECOND_MS, Hall
from tests.journeys.looking import look


def test_who_is_there_at_the_deadline_is_handed_in_and_marked(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    answer_rightly(page, range(1, 8))
    wait_until_saved(page)  # an answer on its way would tell of the time before the clock is moved
    deadline_ms = hall.deadline_ms(attempt_id)
    hall.move_to(deadline_ms - 10 * SECOND_MS)
    let_page_ask(page)
    expect(page.locator("[data-clock-note]")).to_have_text("最后 1 分钟")
    look(page, "exam-last-minute", whole=False)
    hall.move_to(deadline_ms)
    let_page_ask(page)
    expect(strip_text(page)).to_contain_text("考试时间到")
    look(page, "exam-time-up", whole=False)
    assert hall.states(enrolment) == ["running"]
    let_page_ask(page)  # now that its time is up it says that all was sent
    hall.wait_until_all_sent(attempt_id)
    hall.move(2 * SECOND_MS)
    assert hall.sweep() == 1
    let_page_ask(page)
    expect(verdict(page)).to_contain_text(re.compile("^及格"))
    expect(page.locator(".verdict-score")).to_contain_text("80")
    expect(page.locator(".facts")).to_contain_text("到时自动交卷")
    look(page, "result-auto-submitted")
    assert hall.states(enrolment) == ["auto_submitted"]


@pytest.mark.long
def test_the_clock_that_runs_to_zero_by_itself_asks_the_server(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    hall.move_to(hall.deadline_ms(attempt_id) - 2 * SECOND_MS)
    let_page_ask(page)
    expect(strip_text(page)).to_contain_text("考试时间到")
    expect(page.locator("#q1 input").first).to_be_disabled(timeout=15_000)  # pages ask some seconds after zero
    hall.move(MINUTE_MS)
    hall.sweep()
    let_page_ask(page)
    expect(verdict(page)).to_contain_text("不及格")


@pytest.mark.smoke
def test_who_is_away_at_the_deadline_has_no_score_and_is_told_why(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    answer_rightly(page, range(1, 10))
    deadline_ms = hall.deadline_ms(attempt_id)
    page.context.close()
    hall.move_to(deadline_ms + 5 * SECOND_MS)
    late = device()
    sign_in(late, person)
    late.goto(f"/sittings/{attempt_id}")
    expect(late.get_by_role("heading", name="考试时间到，已收卷，正在评分")).to_be_visible()
    look(late, "registering")
    hall.move(MINUTE_MS)
    assert hall.sweep() == 1
    late.get_by_role("link", name="现在再问一次").click()
    expect(verdict(late)).to_contain_text("不及格")
    expect(late.locator(".verdict-score")).to_contain_text("无成绩")
    expect(late.locator(".lede")).to_contain_text("截止时您已离开考试页面，或者网络断开")
    look(late, "result-no-score")
    late.goto("/my")
    look(late, "my-no-score")
    assert hall.states(enrolment) == ["expired_no_score"]


def test_a_result_that_nobody_has_swept_is_registered_by_looking_at_it(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    page.goto("/my")
    hall.move_to(hall.deadline_ms(attempt_id) + MINUTE_MS)
    page.goto(f"/sittings/{attempt_id}")
    expect(page.locator(".verdict-score")).to_contain_text("无成绩")
    assert hall.states(enrolment) == ["expired_no_score"]


@pytest.mark.long
def test_the_window_s_end_cuts_the_time_and_the_contract_says_so(halls: Halls, device: Device) -> None:
    hall = halls("2026-06-30T23:20:00+08:00")
    person, enrolment = hall.candidate({"window.closes_on": "2026-06-30"})
    page = device()
    sign_in(page, person)
    to_contract(page)
    expect(page.locator(".alert-warning")).to_contain_text(re.compile("现在开始，只有 (39|40) 分钟"))
    expect(page.locator(".contract-say")).to_contain_text("2026年6月30日 24:00 截止交卷（考试开放期结束）")
    look(page, "contract-short")
    page.get_by_label("我知道这次只有").check()
    start(page)
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^00:39:\d\d$"))
    answer_rightly(page, range(1, 9))
    wait_until_saved(page)
    hall.move_to(hall.deadline_ms(1) - 10 * SECOND_MS)
    let_page_ask(page)
    expect(page.locator("[data-clock-note]")).to_have_text("最后 1 分钟")
    hall.move(10 * SECOND_MS)
    let_page_ask(page)
    expect(strip_text(page)).to_contain_text("考试时间到")
    hall.move(MINUTE_MS)
    hall.sweep()
    let_page_ask(page)
    expect(verdict(page)).to_contain_text(re.compile("^及格"))
    assert hall.states(enrolment) == ["auto_submitted"]


@pytest.mark.long
def test_a_window_that_is_over_or_not_yet_open_is_explained(halls: Halls, device: Device) -> None:
    hall = halls("2026-03-01T09:00:00+08:00")
    person, _ = hall.candidate({"window.opens_on": "2026-04-01", "window.closes_on": "2026-06-30"})
    page = device()
    sign_in(page, person)
    expect(page.locator(".exam-say")).to_contain_text("考试从 2026年4月1日 00:00 起开放")
    look(page, "my-not-open")
    page.get_by_role("link", name="为什么不能考").click()
    look(page, "why-not-open")
    hall.move_to(hall.now_ms + 150 * 24 * 60 * MINUTE_MS)
    sign_in(page, person)
    expect(page.locator(".exam-say")).to_contain_text("结束")
    look(page, "my-closed")


def test_extra_time_reaches_the_page_that_is_open(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    agent = hall.someone("林秀兰", Role.SUPPORT)
    page = device()
    attempt_id = sit_down(page, person)
    order = TimeOrder(
        attempt_id=attempt_id,
        minutes=15,
        by_person=agent.id,
        reason_category="platform_fault",
        reason="平台故障",
        ticket="T-1",
        nonce="n1",
    )
    hall.do(hall.world.ordered(extra_time.KIND, order))
    hall.sweep()
    let_page_ask(page)
    expect(strip_text(page)).to_have_text(re.compile(r"^您的截止时间已延长至 10:15:\d\d（\+15 分钟）。$"))
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^01:14:\d\d$"))
    look(page, "exam-extended", whole=False)
    page.reload()
    expect(page.locator("[data-deadline-text]")).to_have_text(re.compile(r"^10:15:\d\d$"))


def test_what_is_left_is_announced_and_the_clock_cannot_be_hidden_at_the_end(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    status = page.locator("[data-status]")
    expect(status).to_have_text("")
    page.locator(".clock").get_by_role("button", name="隐藏时间").click()
    expect(page.locator("[data-clock]")).to_have_text("已隐藏")
    deadline_ms = hall.deadline_ms(attempt_id)
    hall.move_to(deadline_ms - 10 * MINUTE_MS)
    let_page_ask(page)
    expect(status).to_have_text("剩余 10 分钟，还有 9 题未作答")
    expect(page.locator("[data-clock]")).to_have_text("已隐藏")
    hall.move_to(deadline_ms - 5 * MINUTE_MS)
    let_page_ask(page)
    expect(status).to_have_text("剩余 5 分钟，还有 9 题未作答")
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^00:0[45]:\d\d$"))
    page.keyboard.press("t")
    expect(status).to_have_text(re.compile(r"^剩余 [45] 分 \d+ 秒，还有 9 题未作答$"))
    hall.move_to(deadline_ms - MINUTE_MS)
    let_page_ask(page)
    expect(page.locator("[data-urgent]")).to_have_text("剩余 1 分钟，还有 9 题未作答")
