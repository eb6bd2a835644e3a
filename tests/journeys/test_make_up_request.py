"""Attempts used up: the candidate asks on the page, the desk grants from its queue, and the next attempt begins."""

import pytest
from playwright.sync_api import expect

from examengine.records.words import Role
from tests.journeys.acts import hand_in, sign_in, sit_down, start, to_contract
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import look

pytestmark = pytest.mark.long

ONE_ATTEMPT = {"exam.attempts": 1, "exam.attempts_labelled_makeup": 0}


def test_a_make_up_asked_for_on_the_phone_is_granted_and_begun(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(ONE_ATTEMPT)
    agent = hall.someone("林秀兰", Role.SUPPORT)
    page = device(phone=True)
    sit_down(page, person)
    hand_in(page)
    page.goto("/my")
    look(page, "my-exhausted-phone")
    page.get_by_role("link", name="申请补学补考").click()
    look(page, "request-phone")
    page.get_by_label("想说明的情况").fill("考试时家里停电，想在月底前再考一次。")
    page.get_by_role("button", name="提交申请").dblclick()
    expect(page.locator(".request-now")).to_contain_text("下一个就办理您的申请")
    look(page, "request-waiting-phone")
    page.reload()
    expect(page.locator(".request-now")).to_contain_text("BK-00001")

    desk = device()
    sign_in(desk, agent)
    desk.get_by_role("link", name="补考申请").click()
    look(desk, "support-requests")
    desk.locator(".act-cell a").click()
    expect(desk.locator(".quote")).to_contain_text("家里停电")
    look(desk, "support-request")
    desk.get_by_label("给考生的答复").fill("已核对身份，请在月底前考完。")
    desk.get_by_role("button", name="同意并增加").click()
    expect(desk.locator(".alert-success")).to_contain_text("已同意")
    look(desk, "support-requests-answered")

    page.goto("/my")
    expect(page.locator(".exam-row")).to_contain_text("已同意。已核对身份，请在月底前考完。")
    look(page, "my-granted-phone")
    to_contract(page)
    start(page)
    assert hall.states(enrolment) == ["submitted", "running"]
