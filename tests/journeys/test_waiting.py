"""A crowd at the start: the page that waits, begins by itself, and costs no time."""

import re

import pytest
from playwright.sync_api import Page, expect

from examengine.accounts.sign_in import SignIn
from examengine.live.admission import Queue
from examengine.live.limits import SignInLimits
from tests.journeys.acts import expect_exam, fill_in, sign_in, to_contract
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, Hall
from tests.journeys.looking import look

pytestmark = pytest.mark.long


def let_in(hall: Hall, a_second: float) -> None:
    """So many starts and sign-ins a second."""
    services = hall.world.services
    for name in ("starts", "sign_ins"):
        queue = Queue(services.calls, name, a_second, clamp_ms=-1)
        object.__setattr__(services, name, queue)
    limits = SignInLimits(services.calls)
    sign_in_ = SignIn(services.database, services.vault, limits, services.passwords, services.sign_ins)
    object.__setattr__(services, "sign_in", sign_in_)


def crowded(hall: Hall, line: str, a_second: float = 0.01) -> None:
    """One is let in, three wait."""
    let_in(hall, a_second)
    queue = getattr(hall.world.services, line)
    for name in ("first", "second", "third", "fourth"):
        hall.do(queue.ask(name, hall.now_ms))


def confirm(page: Page) -> None:
    page.get_by_label("我已阅读并同意诚信承诺").check()
    page.get_by_role("button", name="开始考试").click()


def minutes_left(page: Page) -> int:
    found = re.search(r"(\d+):(\d\d):(\d\d)", page.locator(".clock").inner_text())
    assert found is not None
    return int(found[1]) * 60 + int(found[2])


def test_the_page_waits_survives_a_reload_and_a_lost_line_and_begins_by_itself(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(line_fails=True)
    sign_in(page, person)
    to_contract(page)
    crowded(hall, "starts")
    confirm(page)
    expect(page.locator("[data-before]")).to_have_text("您前面还有 3 人")
    expect(page.locator("[data-lead]")).to_have_text(re.compile("预计等待 7 分钟"))
    look(page, "waiting")
    page.reload()
    expect(page.locator("[data-before]")).to_have_text("您前面还有 3 人")
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-note]")).to_contain_text("网络断开了")
    hall.move(50_000)
    let_in(hall, 1_000)
    page.context.set_offline(False)
    expect_exam(page)
    assert minutes_left(page) in (59, 60)
    assert hall.states(enrolment) == ["running"]


def test_nothing_begins_in_a_tab_that_nobody_sees(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    page.add_init_script(
        "let seen = 'hidden'; Object.defineProperty(document, 'visibilityState', { get: () => seen });"
        "window.lookAt = () => { seen = 'visible'; document.dispatchEvent(new Event('visibilitychange')); };"
    )
    sign_in(page, person)
    to_contract(page)
    crowded(hall, "starts", 1)
    confirm(page)
    expect(page.locator("[data-title]")).to_have_text("轮到您了，可以开始考试")
    expect(page.get_by_role("button", name="开始考试")).to_be_visible()
    look(page, "waiting-turn")
    assert hall.states(enrolment) == []
    hall.move(2 * MINUTE_MS)
    page.evaluate("lookAt()")
    expect_exam(page)
    assert minutes_left(page) in (59, 60)


def test_without_a_script_the_page_asks_by_itself_and_has_a_button_at_the_turn(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(java_script_enabled=False)
    sign_in(page, person)
    to_contract(page)
    crowded(hall, "starts", 0.5)
    confirm(page)
    expect(page.get_by_role("heading", name="当前人数较多，请稍候")).to_be_visible()
    look(page, "nojs-waiting", judge=False)
    expect(page.get_by_role("heading", name="轮到您了，可以开始考试")).to_be_visible()
    assert hall.states(enrolment) == []
    page.get_by_role("button", name="开始考试").click()
    expect(page.locator(".no-script")).to_contain_text("答案在按下“保存”或“交卷”时才会保存")
    assert hall.states(enrolment) == ["running"]


def test_a_sign_in_waits_with_what_was_typed(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    crowded(hall, "sign_ins", 0.2)
    page.goto("/login")
    fill_in(page, person)
    told = page.locator("[data-queue-told]")
    expect(told).to_contain_text("您前面还有 3 人")
    look(page, "login-queue")
    expect(page.get_by_label("密码", exact=True)).to_have_value(person.password)
    let_in(hall, 1_000)
    expect(page.get_by_role("heading", name="我的考试")).to_be_visible()


def test_a_sign_in_without_a_script_waits_and_is_typed_again(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(java_script_enabled=False)
    crowded(hall, "sign_ins", 0.5)
    sign_in(page, person)
    expect(page.get_by_role("heading", name="登录的人较多，请稍候")).to_be_visible()
    expect(page.locator(".alert-title")).to_have_text("轮到您了")
    fill_in(page, person)
    expect(page.get_by_role("heading", name="我的考试")).to_be_visible()
