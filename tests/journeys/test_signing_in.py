"""Signing in: the first password, wrong ones, and finding one's way back."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.acts import expect_exam, fill_in, sign_in, sit_down
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, Hall
from tests.journeys.looking import look

pytestmark = pytest.mark.long


def test_a_first_sign_in_leads_through_a_password_of_ones_own(hall: Hall, device: Device) -> None:
    person = hall.someone("覃海燕", first_password="chushi-2026-Mima")
    hall.enrolled(hall.exam(), person)
    page = device(line_fails=True)
    sign_in(page, person)
    expect(page.get_by_role("heading", name="设置新密码")).to_be_visible()
    look(page, "password-first")
    page.goto("/my")
    expect(page.get_by_role("heading", name="设置新密码")).to_be_visible()

    def ask(current: str, new: str, again: str) -> None:
        page.get_by_label("现在的密码").fill(current)
        page.get_by_label("新密码", exact=True).fill(new)
        page.get_by_label("再输一次新密码").fill(again)
        page.get_by_role("button", name="保存新密码").click()

    ask(person.password, "Liushui-99-gaoshan", "Liushui-98-gaoshan")
    expect(page.locator("#e-again")).to_have_text("两次输入的新密码不一样")
    look(page, "password-two-different")
    ask(person.password, "abc", "abc")
    expect(page.locator("#e-new")).to_contain_text("太短")
    ask("Bushi-zhege-88", "Liushui-99-gaoshan", "Liushui-99-gaoshan")
    expect(page.locator("#e-current")).to_have_text("现在的密码不对")
    ask(person.password, "Liushui-99-gaoshan", "Liushui-99-gaoshan")
    expect(page.get_by_role("heading", name="我的考试")).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    sign_in(page, person)
    expect(page.locator("#e-password")).to_have_text("证件号码或密码不对")
    look(page, "login-wrong")
    fill_in(page, person, "Liushui-99-gaoshan")
    expect(page.get_by_role("heading", name="我的考试")).to_be_visible()


def test_a_number_may_be_typed_as_people_type_it(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    page.goto("/login")
    typed = f" {person.document[:6]} {person.document[6:14]} {person.document[14:].lower()} "
    page.get_by_label("证件号码").fill(typed)
    page.get_by_label("密码", exact=True).fill(person.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="我的考试")).to_be_visible()


def test_many_wrong_passwords_cost_time_and_the_page_says_how_much(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    for _ in range(5):
        sign_in(page, person, "Jibuqing-le-77")
        expect(page.locator("#e-password")).to_be_visible()
    sign_in(page, person)
    expect(page.locator(".alert-title")).to_have_text(re.compile(r"请等 (30|2\d) 秒再登录"))
    look(page, "login-wait")
    hall.move(MINUTE_MS)
    fill_in(page, person)
    expect(page.get_by_role("heading", name="我的考试")).to_be_visible()


def test_who_has_to_sign_in_again_comes_back_to_his_exam(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    page.context.clear_cookies()
    page.goto(f"/sittings/{attempt_id}")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    fill_in(page, person)
    expect_exam(page)


def test_a_page_of_somebody_else_is_not_shown(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    attempt_id = sit_down(device(), person)
    other = hall.someone("路人")
    page = device(line_fails=True)
    sign_in(page, other)
    expect(page.locator(".empty")).to_contain_text("这里还没有考试")
    look(page, "my-empty")
    for address in (f"/sittings/{attempt_id}", f"/sittings/{attempt_id}/result", "/enrolments/1/contract"):
        page.goto(address)
        expect(page.get_by_role("heading", name="没有这一页")).to_be_visible()
    look(page, "not-found")
    page.goto("/author/banks")
    expect(page.locator("h1")).to_be_visible()
