"""Five hundred people sit when we fall silent for eight minutes: found, counted, approved, made good, reported."""

import asyncio
import re

import pytest
from playwright.sync_api import expect

from examengine.live import Pen
from examengine.records.exams import Exam
from examengine.records.words import Role
from examengine.web.http import ZONE
from examengine.web.operator.incident_form import local_text
from tests.journeys.acts import ASKS_AGAIN, sign_in, sit_down
from tests.journeys.conftest import Device
from tests.journeys.hall import MINUTE_MS, SECOND_MS, Hall
from tests.journeys.looking import look
from tests.sittings.listening import heard

pytestmark = pytest.mark.long

PEOPLE = 500


async def a_crowd(hall: Hall, exam: Exam, size: int) -> list[Pen]:
    """So many simulated candidates, each with a running sitting and a page."""
    world = hall.world
    pens = []
    for enrolment in await world.crowd(exam, size):
        attempt_id = await world.started(enrolment, nonce=str(enrolment.id))
        pens.append(await world.pen(attempt_id, enrolment.person_id))
    return pens


async def all_pulse(hall: Hall, pens: list[Pen]) -> None:
    await asyncio.gather(*(hall.world.services.desk.pulse(pen, hall.now_ms) for pen in pens))


def test_an_outage_of_five_hundred_is_made_good(hall: Hall, device: Device) -> None:
    first, second = hall.someone("周敏", Role.OPERATOR), hall.someone("林秀兰", Role.OPERATOR)
    exam, candidate = hall.exam(), hall.someone("农建军")
    hall.enrolled(exam, candidate)
    pens: list[Pen] = []
    for _part in range(5):
        pens += hall.do(a_crowd(hall, exam, (PEOPLE - 1) // 5 + (_part < (PEOPLE - 1) % 5)))
    opened_ms = hall.now_ms
    page = device()
    attempt_id = sit_down(page, candidate)
    hall.do(all_pulse(hall, pens))
    before_ms = hall.deadline_ms(attempt_id)

    began_ms = hall.now_ms + SECOND_MS
    hall.move(8 * MINUTE_MS)
    hall.do(all_pulse(hall, pens))
    page.evaluate(ASKS_AGAIN)
    hall.move(MINUTE_MS)
    ended_ms = hall.now_ms - MINUTE_MS - SECOND_MS
    hall.do(heard(hall.world, (opened_ms - MINUTE_MS, began_ms), (ended_ms, hall.now_ms)))
    hall.ship()

    desk = device()
    sign_in(desk, first)
    desk.goto("/operator/incidents")
    expect(desk.get_by_text(f"{PEOPLE} 人")).to_be_visible()
    look(desk, "incident-proposed")
    desk.get_by_role("link", name="测算").click()
    expect(desk.get_by_label("开始", exact=True)).to_have_value(local_text(began_ms, ZONE))
    desk.get_by_label("工单号").fill("KF-20260601-7")
    look(desk, "incident-new")
    desk.get_by_role("button", name="测算").click()
    hall.do(hall.world.services.compensator.work_all(hall.now_ms))
    expect(desk.get_by_role("listitem").filter(has_text="人补时间")).to_contain_text(str(PEOPLE))
    look(desk, "incident-draft")
    desk.get_by_role("button", name="提交审批").click()
    expect(desk.get_by_text("已提交，等另一个人批准").first).to_be_visible()
    address = re.sub(r"\?.*", "", desk.url)

    other = device()
    sign_in(other, second)
    other.goto(address)
    other.get_by_role("button", name="批准，开始补偿").click()
    expect(other.get_by_text("正在补偿").first).to_be_visible()
    hall.do(hall.world.services.compensator.work_all(hall.now_ms))
    hall.do(hall.world.services.pusher.push_waiting(hall.now_ms))
    hall.do(hall.world.services.notices.look(hall.now_ms))
    expect(other.get_by_text("补偿已经全部登记")).to_be_visible()
    look(other, "incident-done")

    assert hall.deadline_ms(attempt_id) - before_ms == 8 * MINUTE_MS
    page.evaluate(ASKS_AGAIN)
    expect(page.locator("[data-strip-text]")).to_contain_text("8 分钟")
    look(page, "incident-extended", whole=False)
    page.reload()
    expect(page.locator("[data-strip-text]")).to_contain_text("系统出现故障，耽误的时间会自动补回")
    look(page, "incident-notice", whole=False)
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("[data-strip-alert]")).to_be_hidden()
    page.reload()
    expect(page.locator("[data-strip-alert]")).to_be_hidden()

    other.get_by_role("link", name="报告").click()
    expect(other.get_by_role("heading", name=re.compile("故障补偿报告"))).to_be_visible()
    look(other, "incident-report")
    with other.expect_download() as saved:
        other.get_by_role("link", name="下载 PDF").click()
    assert saved.value.suggested_filename.endswith(".pdf")
    assert saved.value.path().read_bytes()[:5] == b"%PDF-"
