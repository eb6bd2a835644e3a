"""A wrong key: the author sees it in the statistics and drafts the correction, an operator approves it, candidates
who had failed have passed.
"""

import re

import pytest
from playwright.sync_api import expect

from examengine.records.words import Role
from examengine.regrading.work import SETTLE_MS
from tests.journeys.acts import sign_in
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import look
from tests.regrading.hall import a_hall

pytestmark = pytest.mark.long


def test_a_key_correction_turns_fails_into_passes(hall: Hall, device: Device) -> None:
    author, operator = hall.someone("周敏", Role.AUTHOR), hall.someone("韦主管", Role.OPERATOR)
    candidate = hall.someone("农建军")
    room = hall.do(a_hall(hall.world))
    enrolment = hall.enrolled(room.exam, candidate)
    who = hall.do(room.sat("S1 S2 S3", {"S0": "乙"}, enrolment=enrolment))
    for wrong, chosen in (("S1 S2 S3", "甲"), ("S1 S2 S3", "乙"), ("", "乙")):
        hall.do(room.sat(wrong, {"S0": chosen}))
    hall.do(hall.world.services.counter.count_all(hall.now_ms + 200_000))

    page = device()
    sign_in(page, author)
    page.goto("/author/statistics")
    page.get_by_role("link", name=room.exam.title).click()
    look(page, "statistics-exam")
    page.get_by_role("link", name="S0").click()
    expect(page.get_by_role("row", name=re.compile("选项甲 现在的答案"))).to_contain_text("25%")
    look(page, "statistics-item")
    page.get_by_role("link", name="更正答案", exact=True).last.click()
    page.get_by_role("radio", name=re.compile("^改答案")).check()
    page.get_by_role("checkbox", name=re.compile("选项乙")).check()
    page.get_by_role("checkbox", name=re.compile("^只升不降")).check()
    page.get_by_label("更正的理由").fill("录入时看错一行，应为乙")
    page.get_by_label("依据").fill("条例第十二条")
    look(page, "correction-new")
    page.get_by_role("button", name="看影响").click()
    expect(page.get_by_text("正在计算影响")).to_be_visible()
    hall.do(hall.world.services.regrader.work_all(hall.now_ms))
    expect(page.get_by_text("影响已经算好")).to_be_visible()  # the page looks again by itself
    expect(page.get_by_role("listitem").filter(has_text="人次由不及格变及格")).to_have_text("2人次由不及格变及格")
    look(page, "correction-impact")
    page.go_back()
    page.go_forward()
    page.get_by_role("button", name="提交审批").click()
    expect(page.get_by_text("已提交，等另一个人批准").first).to_be_visible()
    address = re.sub(r"\?.*", "", page.url)

    second = device(phone=True)
    sign_in(second, operator)
    second.goto("/author/corrections")
    second.get_by_role("link", name="S0 · 答案改为 B").click()
    expect(second.get_by_role("row", name=re.compile("农建军.*52.*64"))).to_be_visible()
    look(second, "correction-approval")
    second.get_by_role("button", name="批准，开始改分").click()
    expect(second.get_by_text("已批准，正在执行")).to_be_visible()
    hall.do(hall.world.services.regrader.work_all(hall.now_ms))
    hall.move(SETTLE_MS)
    hall.do(hall.world.services.regrader.work_all(hall.now_ms))
    second.goto(address)
    expect(second.get_by_text("已全部完成")).to_be_visible()
    look(second, "correction-done")

    mine = device(phone=True)
    sign_in(mine, candidate)
    expect(mine.get_by_text("成绩由 52 分改为 64 分，由不及格改为及格")).to_be_visible()
    mine.goto(f"/sittings/{who.attempt_id}/result")
    expect(mine.get_by_text("成绩由 52 分改为 64 分")).to_be_visible()
    expect(mine.get_by_text("考试已及格")).to_be_visible()
    look(mine, "correction-result")
