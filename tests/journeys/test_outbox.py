"""What the browser keeps for an exam: sent once, forgotten in time, and never anybody else's."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.acts import (
    answer_rightly,
    choose,
    expect_answered,
    go_on,
    hand_in,
    let_page_ask,
    sign_in,
    sit_down,
    strip_text,
    wait_until_saved,
)
from tests.journeys.conftest import Device
from tests.journeys.hall import SECOND_MS, Hall
from tests.journeys.looking import look

KEPT = """() => Object.keys(localStorage).filter((k) => k.startsWith("examengine:outbox:"))
  .reduce((sum, k) => sum + Object.keys(JSON.parse(localStorage[k]).kept).length, 0)"""


def records(page: Page) -> int:
    return int(page.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('examengine:outbox:')).length"))


def test_a_reload_in_the_middle_of_a_save_finds_the_answer_and_sends_nothing_twice(
    hall: Hall, device: Device
) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    page.on("dialog", lambda dialog: dialog.accept())
    attempt_id = sit_down(page, person)

    def never_answered(route: Route) -> None:
        route.fetch()

    page.route("**/answers", never_answered)
    choose(page, 1, "选项甲")
    expect(page.locator("#q1 .q-state")).to_have_text("保存中")
    page.wait_for_function("() => Object.values(localStorage).some((text) => text.includes('a1'))")
    while not hall.saved(attempt_id):
        page.wait_for_timeout(50)
    page.unroute("**/answers")
    page.reload()
    expect_answered(page, 1)
    wait_until_saved(page)
    assert list(hall.saved(attempt_id)) == [1]
    assert hall.aside(attempt_id) == []


def test_what_is_in_sql_is_forgotten_and_the_result_forgets_the_rest(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    sit_down(page, person)
    answer_rightly(page, (1, 2, 3))
    expect(page.locator(".q-state[data-state=saved]")).to_have_count(3)
    page.wait_for_function(f"() => ({KEPT})() === 3")
    hall.move(10 * SECOND_MS)
    hall.ship()
    let_page_ask(page)
    page.wait_for_function(f"() => ({KEPT})() === 0")
    answer_rightly(page, (4,))
    wait_until_saved(page)
    assert records(page) == 1
    hand_in(page)
    page.wait_for_function("() => !Object.keys(localStorage).some((k) => k.startsWith('examengine:outbox:'))")


@pytest.mark.long
def test_a_shared_computer_keeps_one_persons_answers_from_the_next(hall: Hall, device: Device) -> None:
    exam = hall.exam()
    first, second = hall.someone("农建军"), hall.someone("韦桂花")
    for person in (first, second):
        hall.enrolled(exam, person)
    page = device(line_fails=True)
    attempt_id = sit_down(page, first)
    context = page.context
    context.set_offline(True)
    choose(page, 1, "选项甲")
    choose(page, 2, "选项乙")
    expect(page.locator("[data-save-text]")).to_have_text("有 2 题未同步，正在重试")
    page.close(run_before_unload=False)
    context.set_offline(False)
    context.clear_cookies(name="session")
    other = context.new_page()
    other_id = sit_down(other, second)
    choose(other, 3, "选项丙")
    wait_for_own(other)
    assert list(hall.saved(other_id)) == [3]
    expect_answered(other, 3)
    expect(other.locator("[data-side]")).to_be_hidden()
    other.goto("/my")
    other.get_by_role("button", name="退出登录").click()
    expect(other.get_by_role("heading", name="登录")).to_be_visible()
    assert records(other) == 1, "one's own are gone, the other person's wait for him"
    already = hall.saved(attempt_id)
    assert len(already) <= 1, "a page that is being closed may still get one through"
    sign_in(other, first)
    other.get_by_role("button", name="退出登录").click()
    expect(other.get_by_role("alert")).to_contain_text("题答案没有提交，退出登录会清除它们")
    look(other, "sign-out-unsent")
    go_on(other)
    wait_until_saved(other)
    expect_answered(other, 1, 2)
    assert sorted(hall.saved(attempt_id)) == [1, 2]


@pytest.mark.long
def test_who_signs_out_all_the_same_leaves_nothing(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device(line_fails=True)
    page.on("dialog", lambda dialog: dialog.accept())
    sit_down(page, person)
    page.route("**/answers", lambda route: route.abort())
    choose(page, 1, "选项甲")
    expect(page.locator("[data-save-text]")).to_have_text("有 1 题未同步，正在重试")
    page.goto("/my")
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("button", name="仍要退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert records(page) == 0


@pytest.mark.long
def test_what_an_older_page_could_not_save_stands_in_the_journal_once(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    first, second = device(line_fails=True), device()
    attempt_id = sit_down(first, person)
    first.context.set_offline(True)
    choose(first, 1, "选项丁")
    expect(strip_text(first)).to_contain_text("网络已断开")
    sign_in(second, person)
    go_on(second)
    choose(second, 1, "选项甲")
    wait_until_saved(second)
    first.context.set_offline(False)
    expect(strip_text(first)).to_contain_text("有 1 题没有来得及保存")
    expect(first.locator("[data-side]")).to_contain_text("第 1 题：本页选的")
    look(first, "exam-pen-lost-unsent", whole=False)
    first.get_by_role("button", name="在本页继续作答").click()
    expect(first.locator("[data-side]")).to_contain_text("本机暂存的答案与已保存的不同")
    assert len(hall.aside(attempt_id)) == 1
    first.reload()
    expect(first.locator("[data-side]")).to_contain_text("本机暂存的答案与已保存的不同")
    assert len(hall.aside(attempt_id)) == 1


def wait_for_own(page: Page) -> None:
    expect(page.locator(".q-state[data-state=saved]")).to_have_count(1)
