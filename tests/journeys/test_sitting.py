"""An exam from the first sign-in to the result."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.acts import (
    answer_rightly,
    choose,
    hand_in,
    right_texts,
    sign_in,
    start,
    to_contract,
    verdict,
    wait_until_saved,
)
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import look


@pytest.mark.smoke
def test_a_candidate_reads_the_contract_starts_answers_and_passes(hall: Hall, device: Device) -> None:
    person = hall.someone("农建军")
    enrolment = hall.enrolled(hall.full_exam(), person)
    page = device()
    page.goto("/")
    look(page, "login")
    sign_in(page, person)
    look(page, "my-ready")
    to_contract(page)
    look(page, "contract")
    start(page)
    look(page, "exam-fresh", whole=False)
    answer_rightly(page, range(1, 48))
    page.locator("#q48 .flag label").click()
    choose(page, 47, "错误")
    wait_until_saved(page)
    expect(page.locator("[data-count=answered]")).to_have_text("47")
    look(page, "exam-answered", whole=False)
    page.locator("#hand-in").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("您还有 3 题未作答、1 题已标记。交卷后将无法修改答案，确认现在交卷吗？")
    expect(dialog.get_by_role("button", name="继续检查")).to_be_focused()
    look(page, "exam-hand-in-dialog", whole=False)
    dialog.get_by_role("link", name="第 49 题").click()
    choose(page, 49, *right_texts(page, 49))
    hand_in(page)
    expect(verdict(page)).to_contain_text(re.compile("^及格"))
    expect(page.locator(".verdict-score")).to_contain_text("97")
    look(page, "result-passed")
    assert hall.states(enrolment) == ["submitted"]
    page.get_by_role("link", name="返回我的考试").click()
    look(page, "my-passed")
