"""Keyboard alone, and what a screen reader is given."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.acts import chosen, expect_exam, sit_down, verdict, wait_until_saved
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import look

pytestmark = pytest.mark.long

STAYS_INSIDE = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
FOCUSED = "(node) => node === document.activeElement"


def tab_to(page: Page, wanted: Locator, most: int = 40) -> None:
    """Tab until the wanted control has the focus."""
    for _ in range(most):
        if wanted.evaluate(FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by {most} tabs: {wanted}")


def test_the_whole_way_by_keyboard(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device()
    page.goto("/")
    expect(page.get_by_label("证件号码")).to_be_focused()
    page.keyboard.type(person.document)
    page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="去考试"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("我已阅读并同意诚信承诺"))
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="开始考试")).to_be_focused()
    page.keyboard.press("Enter")
    expect_exam(page)
    page.keyboard.press("b")
    page.keyboard.press("m")
    page.keyboard.press("n")
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    for key in ("a", "c", "d", "c"):
        page.keyboard.press(key)
    wait_until_saved(page)
    letters = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".q")].map((q) => [q.dataset.pos,
             [...q.querySelectorAll("input:checked + label .letter")].map((l) => l.textContent).join("")]))"""
    )
    assert {position: picked for position, picked in letters.items() if picked} == {"1": "B", "2": "C", "6": "AD"}
    assert page.locator("#f1").is_checked()
    look(page, "exam-by-keyboard", whole=False)
    page.keyboard.press("g")
    expect(page.locator("[data-cell='6']")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    look(page, "exam-keys", whole=False)
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="现在交卷吗？")
    expect(dialog.get_by_role("button", name="继续检查")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("s")
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert inside, "the focus left the dialog"
    tab_to(page, dialog.get_by_role("button", name="确认交卷"))
    page.keyboard.press("Enter")
    expect(verdict(page)).to_contain_text("及格")
    assert hall.states(enrolment) == ["submitted"]


def test_arrow_keys_move_within_a_question_and_tab_leaves_it(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    sit_down(page, person)
    radios = page.locator("#q1 .opt input")
    tab_to(page, radios.first)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(radios.nth(1)).to_be_checked()
    expect(radios.nth(1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#q1 button[name=clear]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator("#f1").is_checked()
    wait_until_saved(page)
    assert list(chosen(page)) == [1]


def test_single_keys_can_be_switched_off_and_stay_off(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    sit_down(page, person)
    page.keyboard.press("?")
    page.get_by_label("使用这些快捷键").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="关闭").click()
    page.keyboard.press("a")
    page.keyboard.press("s")
    page.reload()
    expect_exam(page)
    page.keyboard.press("a")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert chosen(page) == {}


def test_a_screen_reader_is_told_what_the_eye_sees(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    sit_down(page, person)
    with page.expect_response(re.compile(r"/sittings/\d+$")) as got:
        page.reload()
    first_html = got.value.text()
    assert re.search(r'role="status" aria-live="polite"[^>]*></div>', first_html)
    assert re.search(r'role="alert"[^>]*></div>', first_html)
    expect_exam(page)
    expect(page.get_by_role("timer", name="剩余时间")).to_have_attribute("aria-live", "off")
    group = page.get_by_role("group", name=re.compile(r"^第 1 题\s*单选题\s*10 分"))
    expect(group.get_by_role("radio")).to_have_count(4)
    expect(group.get_by_role("radio", name="选项甲")).to_have_count(1)
    group.get_by_role("radio", name="选项甲").check(force=True)
    expect(page.get_by_role("link", name="第 1 题，已答")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("progressbar", name="作答进度")).to_have_count(1)
    expect(page.get_by_role("complementary", name=re.compile("答题卡"))).to_be_visible()
    titles = {page.title()}
    for address in ("/sittings/1/hand-in", "/sittings/1/give-up", "/my", "/password"):
        page.goto(address)
        titles.add(page.title())
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert len(titles) == 5


def test_skip_links_lead_where_they_say(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    sit_down(page, person)
    page.reload()
    expect_exam(page)
    for name, target in (("跳到正文", "#main"), ("跳到答题卡", "#card"), ("跳到交卷", "#hand-in")):
        link = page.get_by_role("link", name=name)
        link.focus()
        expect(link).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator(target)).to_be_focused()
