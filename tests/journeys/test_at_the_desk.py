"""A call, on a tablet: who is locked out is let in again with a one-time password, and sits, within a minute."""

import time

import pytest
from playwright.sync_api import expect

from examengine.records.words import Role
from tests.journeys.acts import expect_exam, sign_in, start, to_contract
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import look

pytestmark = pytest.mark.long

TABLET = {"width": 820, "height": 1180}
OWN = "Qiutian-2026-xiang"


def test_a_caller_who_is_locked_out_is_let_in_and_sits(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    agent = hall.someone("林秀兰", Role.SUPPORT)
    page, desk = device(line_fails=True), device(line_fails=True, viewport=TABLET)
    for _ in range(6):
        sign_in(page, person, "cuo-le-de-MIMA-1")
    expect(page.locator(".alert, .field-error").first).to_be_visible()
    sign_in(desk, agent)
    began = time.monotonic()
    desk.get_by_role("searchbox").fill(person.document[-6:])
    desk.keyboard.press("Enter")
    desk.get_by_role("link", name=person.name).click()
    look(desk, "desk-person-tablet")
    desk.get_by_role("link", name="允许重新登录").click()
    expect(desk.locator("#effect")).to_contain_text("密码不变")
    desk.get_by_label("另发一个一次性密码").check()
    expect(desk.locator("#effect")).to_contain_text("原来的密码作废")
    desk.get_by_label("原因").select_option(label="忘记密码")
    desk.get_by_label("说明").fill("忘记密码，试了很多次；核对过姓名和证件号。")
    desk.get_by_label("工单号").fill("K20260601-9")
    look(desk, "desk-let-in-tablet")
    desk.get_by_role("button", name="允许重新登录").click()
    password = desk.locator(".one-time").inner_text()
    look(desk, "desk-one-time-tablet")
    sign_in(page, person, password)
    page.get_by_label("现在的密码").fill(password)
    page.get_by_label("新密码", exact=True).fill(OWN)
    page.get_by_label("再输一次新密码").fill(OWN)
    page.get_by_role("button", name="保存新密码").click()
    to_contract(page)
    start(page)
    expect_exam(page)
    assert time.monotonic() - began < 60
    assert hall.states(enrolment) == ["running"]
    desk.reload()
    expect(desk.locator(".sheet")).to_contain_text("已经改过")
