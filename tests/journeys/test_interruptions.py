"""Breaking off and going on; who holds the pen."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.acts import (
    answer_rightly,
    choose,
    chosen,
    expect_answered,
    go_on,
    hand_in,
    let_page_ask,
    sign_in,
    sit_down,
    strip_text,
    verdict,
    wait_until_saved,
)
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, Hall
from tests.journeys.looking import look

LOCKED = re.compile("is-locked")


def take_back(page: Page) -> None:
    page.get_by_role("button", name="在本页继续作答").click()
    expect(page.locator("[data-resumed]")).to_be_visible()


@pytest.mark.smoke
def test_an_exam_broken_off_in_one_browser_is_finished_in_another(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    first = device()
    attempt_id = sit_down(first, person)
    answer_rightly(first, range(1, 7))
    first.locator("#q3 .flag label").click()
    wait_until_saved(first)
    before = chosen(first)
    first.context.close()
    hall.move(10 * MINUTE_MS)
    second = device()
    sign_in(second, person)
    expect(second.locator(".exam-say")).to_contain_text("已保存 6 题，共 9 题")
    look(second, "my-running")
    go_on(second)
    expect(second.locator("[data-resumed]")).to_contain_text(
        re.compile(r"检测到未完成的考试（第 1 次机会），已恢复您的 6 题答案，截止时间 10:0\d")
    )
    assert chosen(second) == before
    assert second.locator("#f3").is_checked()
    expect(second.locator("[data-clock]")).to_have_text(re.compile(r"^00:(49|50):\d\d$"))
    look(second, "exam-resumed", whole=False)
    answer_rightly(second, range(7, 10))
    hand_in(second)
    expect(second.locator(".verdict-score")).to_contain_text("100")
    assert hall.states(enrolment) == ["submitted"]
    assert sitting_of(second) == attempt_id


def test_a_crash_right_after_a_save_loses_nothing(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    with page.expect_response("**/answers"):
        choose(page, 2, "选项甲")
    context = page.context
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto("/my")
    go_on(again)
    wait_until_saved(again)
    assert chosen(again) == {2: ["选项甲"]}
    assert list(hall.saved(attempt_id)) == [2]


@pytest.mark.smoke
def test_the_pen_is_taken_by_another_browser_and_taken_back(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    first, second = device(), device()
    attempt_id = sit_down(first, person)
    choose(first, 1, "选项甲")
    wait_until_saved(first)
    sign_in(second, person)
    go_on(second)
    choose(second, 2, "选项甲")
    wait_until_saved(second)
    choose(first, 3, "选项甲")
    expect(strip_text(first)).to_contain_text("考试已转到其他设备继续")
    expect(strip_text(first)).to_contain_text("有 1 题没有来得及保存")
    expect(first.locator("form[data-exam]")).to_have_class(LOCKED)
    look(first, "exam-pen-lost", whole=False)
    take_back(first)
    expect(strip_text(first)).to_have_text("本机暂存的 1 题答案已补交。")
    wait_until_saved(first)
    expect_answered(first, 1, 2, 3)
    let_page_ask(second)
    expect(strip_text(second)).to_contain_text("考试已转到其他设备继续")
    expect(second.locator("form[data-exam]")).to_have_class(LOCKED)
    assert sorted(hall.saved(attempt_id)) == [1, 2, 3]
    hand_in(first)


def test_the_older_of_two_tabs_turns_read_only_at_once_and_can_take_the_pen_back(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    first = device()
    attempt_id = sit_down(first, person)
    choose(first, 1, "选项甲")
    wait_until_saved(first)
    second = first.context.new_page()
    second.goto(f"/sittings/{attempt_id}")
    expect(strip_text(first)).to_contain_text("本机的另一个页面")
    expect(first.locator("form[data-exam]")).to_have_class(LOCKED)
    choose(second, 2, "选项甲")
    wait_until_saved(second)
    take_back(first)
    expect_answered(first, 1, 2)
    expect(second.locator("form[data-exam]")).to_have_class(LOCKED)
    choose(first, 3, "选项甲")
    wait_until_saved(first)
    assert sorted(hall.saved(attempt_id)) == [1, 2, 3]


@pytest.mark.long
def test_what_was_answered_elsewhere_meanwhile_is_not_overwritten(hall: Hall, device: Device) -> None:
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
    expect(strip_text(first)).to_contain_text("考试已转到其他设备继续")
    take_back(first)
    side = first.locator("[data-side]")
    expect(side).to_contain_text("有 1 题，本机暂存的答案与已保存的不同")
    look(first, "exam-side-answer", whole=False)
    assert chosen(first) == {1: ["选项甲"]}
    side.get_by_role("button", name="改为本机的").click()
    wait_until_saved(first)
    assert chosen(first) == {1: ["选项丁"]}
    assert list(hall.saved(attempt_id)) == [1]


def test_a_page_from_the_back_forward_cache_asks_who_writes_now(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    first, second = device(), device()
    sit_down(first, person)
    sign_in(second, person)
    go_on(second)
    first.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(strip_text(first)).to_contain_text("考试已转到其他设备继续")
    expect(first.locator("form[data-exam]")).to_have_class(LOCKED)


@pytest.mark.long
def test_who_hands_in_elsewhere_ends_the_older_page_too(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    first, second = device(), device()
    sit_down(first, person)
    sign_in(second, person)
    go_on(second)
    hand_in(second)
    choose(first, 1, "选项甲")
    expect(verdict(first)).to_contain_text("不及格")


def sitting_of(page: Page) -> int:
    found = re.search(r"/sittings/(\d+)", page.url)
    assert found is not None
    return int(found[1])
