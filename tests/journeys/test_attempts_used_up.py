"""Attempts used up: why, what support can do, and sitting again."""

import pytest
from playwright.sync_api import Page, expect

from examengine.records.words import Role
from tests.journeys.acts import answer_rightly, hand_in, sign_in, sit_down, start, to_contract, verdict
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall, Someone
from tests.journeys.looking import look

pytestmark = pytest.mark.long

ONE_ATTEMPT = {"exam.attempts": 1, "exam.attempts_labelled_makeup": 0}


def find(page: Page, person: Someone) -> None:
    """Support: from the search to the person's page."""
    page.get_by_role("searchbox").fill(person.document)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=person.name).click()
    expect(page.get_by_role("heading", name=person.name)).to_be_visible()


def give_reasons(page: Page) -> None:
    """Reason, note and ticket of a form of the desk."""
    page.get_by_label("原因").select_option(index=1)
    page.get_by_label("说明").fill("来电说考试中停电，已核对姓名和单位。")
    page.get_by_label("工单号").fill("K20260601-7")


@pytest.mark.smoke
def test_attempts_used_up_support_grants_one_and_it_is_sat(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(ONE_ATTEMPT)
    agent = hall.someone("林秀兰", Role.SUPPORT)
    page = device()
    sit_down(page, person)
    hand_in(page)
    expect(page.locator(".next-step")).to_contain_text("考试次数已用完")
    look(page, "result-exhausted")
    page.get_by_role("link", name="返回我的考试").click()
    expect(page.locator(".exam-row .pill")).to_contain_text("次数用完")
    look(page, "my-exhausted")
    page.get_by_role("link", name="为什么不能考").click()
    expect(page.locator(".next-step")).to_contain_text("请致电客服")
    expect(page.locator(".next-step")).to_contain_text("400-000-0000")
    look(page, "why-exhausted")

    desk = device(line_fails=True)
    sign_in(desk, agent)
    look(desk, "support-search")
    desk.get_by_role("searchbox").fill("查无此人")
    desk.keyboard.press("Enter")
    expect(desk.locator(".empty")).to_contain_text("没有找到")
    look(desk, "support-nobody")
    find(desk, person)
    look(desk, "support-person")
    desk.get_by_role("link", name="增加考试次数").first.click()
    look(desk, "support-grant")
    desk.get_by_role("button", name="增加", exact=True).click()
    give_reasons(desk)
    desk.get_by_role("button", name="先看效果").click()
    expect(desk.locator("#effect")).to_contain_text("剩余次数 0 → 1")
    look(desk, "support-grant-effect")
    desk.get_by_role("button", name="增加", exact=True).click()
    expect(desk.locator(".alert-success")).to_be_visible()
    look(desk, "support-granted")

    page.goto("/my")
    expect(page.locator(".left-number")).to_have_text("1")
    to_contract(page)
    start(page)
    answer_rightly(page, range(1, 10))
    hand_in(page)
    expect(verdict(page)).to_contain_text("及格")
    expect(page.locator(".verdict-score")).to_contain_text("100")
    assert hall.states(enrolment) == ["submitted", "submitted"]


def test_a_void_asked_by_one_and_approved_by_another_gives_the_attempt_back(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(ONE_ATTEMPT)
    asks, approves = hall.someone("林秀兰", Role.SUPPORT), hall.someone("韦国强", Role.SUPPORT)
    page = device()
    attempt_id = sit_down(page, person)
    hand_in(page)
    first, second = device(), device()
    sign_in(first, asks)
    find(first, person)
    first.get_by_role("link", name="申请作废").click()
    look(first, "support-void")
    give_reasons(first)
    first.get_by_role("button", name="提交审批").click()
    expect(first.locator(".waiting")).to_contain_text("要由别人批准")
    look(first, "support-waiting")
    assert hall.states(enrolment) == ["submitted"]
    sign_in(second, approves)
    second.get_by_role("link", name="待审批").click()
    look(second, "support-approvals")
    second.get_by_role("button", name="批准", exact=True).click()
    expect(second.locator(".grid")).to_contain_text("已批准")
    look(second, "support-approved")
    assert hall.states(enrolment) == ["void"]
    page.goto(f"/sittings/{attempt_id}/result")
    expect(verdict(page)).to_contain_text("已作废")
    look(page, "result-void")
    page.get_by_role("link", name="再次考试").click()
    start(page)
    assert hall.states(enrolment) == ["void", "running"]


def test_a_sitting_that_is_voided_while_it_runs_stops(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    asks, approves = hall.someone("林秀兰", Role.SUPPORT), hall.someone("韦国强", Role.SUPPORT)
    page = device()
    sit_down(page, person)
    first, second = device(), device()
    sign_in(first, asks)
    find(first, person)
    look(first, "support-person-running")
    first.get_by_role("link", name="申请作废").click()
    give_reasons(first)
    first.get_by_role("button", name="提交审批").click()
    sign_in(second, approves)
    second.get_by_role("link", name="待审批").click()
    second.get_by_role("button", name="批准", exact=True).click()
    expect(second.locator(".grid")).to_contain_text("已批准")
    hall.sweep()
    answer_rightly(page, (1,))
    expect(verdict(page)).to_contain_text("已作废")
    assert hall.states(enrolment) == ["void"]
