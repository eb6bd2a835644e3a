"""Redis loses its data while a page is open: the page goes on in the rebuilt sitting and loses nothing."""

import pytest
from playwright.sync_api import expect

from examengine.live.mending import HELD_MS
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
    wait_until_saved,
)
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, Hall
from tests.journeys.looking import look


@pytest.mark.smoke
def test_a_lost_redis_costs_an_open_page_nothing(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    answer_rightly(page, (1, 2, 6))
    wait_until_saved(page)
    hall.ship()
    answer_rightly(page, (3, 7))
    page.locator("#q8 .flag label").click()
    wait_until_saved(page)
    before = chosen(page)
    hall.lose_redis()
    assert sorted(hall.saved(attempt_id)) == [1, 2, 6]
    answer_rightly(page, (4,))
    expect(strip_text(page)).to_contain_text("考试已恢复，本页重新提交了")
    look(page, "exam-rejoined", whole=False)
    wait_until_saved(page)
    assert chosen(page) == {**before, 4: ["选项甲"]}
    assert sorted(hall.saved(attempt_id)) == [1, 2, 3, 4, 6, 7]
    answer_rightly(page, (5, 8, 9))
    wait_until_saved(page)
    hand_in(page)
    expect(page.locator(".verdict-score")).to_contain_text("100")
    assert hall.states(enrolment) == ["submitted"]


def test_what_was_saved_counts_though_redis_was_lost_and_the_time_ran_out(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    page = device(line_fails=True)
    attempt_id = sit_down(page, person)
    hall.move_to(hall.deadline_ms(attempt_id) - MINUTE_MS)
    let_page_ask(page)
    answer_rightly(page, range(1, 10))
    wait_until_saved(page)
    hall.move(MINUTE_MS)
    hall.lose_redis()
    assert hall.saved(attempt_id) == {}
    let_page_ask(page)
    expect(strip_text(page)).to_contain_text("考试时间到")
    assert sorted(hall.saved(attempt_id)) == list(range(1, 10))
    hall.move(HELD_MS)
    assert hall.sweep() == 1
    let_page_ask(page)
    expect(page.locator(".verdict-score")).to_contain_text("100", timeout=10_000)
    assert hall.states(enrolment) == ["auto_submitted"]


@pytest.mark.long
def test_a_tab_closed_before_the_loss_gives_its_answers_back_when_it_is_opened_again(
    hall: Hall, device: Device
) -> None:
    person, _ = hall.candidate()
    page = device()
    attempt_id = sit_down(page, person)
    answer_rightly(page, (1, 2))
    expect(page.locator(".q-state[data-state=saved]")).to_have_count(2)
    context = page.context
    page.close()
    hall.lose_redis()
    assert hall.saved(attempt_id) == {}
    again = context.new_page()
    again.goto("/my")
    go_on(again)
    expect(strip_text(again)).to_have_text("本机暂存的 2 题答案已补交。")
    wait_until_saved(again)
    expect_answered(again, 1, 2)
    assert sorted(hall.saved(attempt_id)) == [1, 2]


@pytest.mark.long
def test_of_two_devices_the_one_that_joined_first_writes_and_the_other_loses_no_answer(
    hall: Hall, device: Device
) -> None:
    person, _ = hall.candidate()
    first, second = device(line_fails=True), device(line_fails=True)
    attempt_id = sit_down(first, person)
    choose(first, 1, "选项丁")
    wait_until_saved(first)
    hall.ship()
    hall.lose_redis()
    sign_in(second, person)
    go_on(second)
    choose(second, 1, "选项甲")
    wait_until_saved(second)
    choose(first, 2, "选项甲")
    expect(strip_text(first)).to_contain_text("考试已转到其他设备继续")
    expect(first.locator("[data-side]")).to_contain_text("第 2 题：本页选的")
    look(first, "exam-rejoin-pen-lost", whole=False)
    first.get_by_role("button", name="在本页继续作答").click()
    wait_until_saved(first)
    expect_answered(first, 1, 2)
    assert chosen(first) == {1: ["选项甲"], 2: ["选项甲"]}, "what was answered elsewhere stands"
    assert sorted(hall.saved(attempt_id)) == [1, 2]


@pytest.mark.long
def test_a_page_without_the_pen_brings_back_what_it_was_told_is_saved(hall: Hall, device: Device) -> None:
    person, _ = hall.candidate()
    first, second = device(line_fails=True), device()
    attempt_id = sit_down(first, person)
    choose(first, 1, "选项甲")
    wait_until_saved(first)
    sign_in(second, person)
    go_on(second)
    let_page_ask(first)
    expect(strip_text(first)).to_contain_text("考试已转到其他设备继续")
    second.close()
    hall.lose_redis()
    assert hall.saved(attempt_id) == {}
    with first.expect_response("**/redeem", timeout=8_000):
        pass
    assert list(hall.saved(attempt_id)) == [1]
