"""Results and the audit as their people use them, on a tablet: found, narrowed, taken out, printed; who did it, to
what, and whether the chain stands. And a call: found, told in one sentence, helped, sitting.
"""

import time
from io import BytesIO

import pypdfium2
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from examengine.evidence.files import AUDIT, check_file
from examengine.live import CloseReason
from examengine.records.enrolments import Enrolment
from examengine.records.words import Role
from examengine.sittings.finish import Ended
from examengine.sittings.notary import SIGN_EVERY_MS, trusted_keys
from tests.journeys.acts import expect_exam, hand_in, sign_in, sit_down, start, to_contract
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall, Someone
from tests.journeys.looking import DESK, PHONE, look
from tests.world import EVIDENCE_KEYS

pytestmark = pytest.mark.long

TABLET = {"width": 820, "height": 1180}
SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}
ONE_ATTEMPT = {"exam.attempts": 1, "exam.attempts_labelled_makeup": 0}


async def sat(hall: Hall, enrolment: Enrolment, right: int) -> int:
    """Somebody has handed in, with so many right answers; the attempt."""
    world = hall.world
    attempt_id = await world.started(enrolment, nonce=str(enrolment.id))
    pen = await world.pen(attempt_id, enrolment.person_id)
    answers = await world.right_answers(attempt_id)
    await world.answer(pen, dict(list(answers.items())[:right]))
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, hall.now_ms)
    assert isinstance(ended, Ended), ended
    return attempt_id


def find(page: Page, person: Someone) -> None:
    """Support: from the search to the person's page."""
    page.get_by_role("searchbox").fill(person.document[-6:])
    page.keyboard.press("Enter")
    page.get_by_role("link", name=person.name).click()
    expect(page.get_by_role("heading", name=person.name)).to_be_visible()


def test_results_are_narrowed_taken_out_and_one_paper_printed(hall: Hall, device: Device) -> None:
    operator, exam = hall.someone("周敏", Role.OPERATOR), hall.exam()
    for name, right in (("农建军", 9), ("覃海燕", 2), ("李伟", None)):
        enrolment = hall.enrolled(exam, hall.someone(name))
        if right is not None:
            hall.do(sat(hall, enrolment, right))
    page = device(viewport=TABLET)
    sign_in(page, operator)
    page.get_by_role("link", name="成绩", exact=True).click()
    look(page, "results", sizes=SIZES)
    page.get_by_role("link", name=exam.title).click()
    expect(page.locator(".result-grid tbody tr")).to_have_count(3)
    look(page, "results-list", sizes=SIZES)
    page.get_by_label("区划").select_option(label="钦州市钦南区（3 人）")
    page.get_by_label("结果").select_option(label="不及格")
    page.get_by_role("button", name="查找").click()
    rows = page.locator(".result-grid tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("覃海燕")
    expect(rows).to_contain_text("钦州市钦南区")
    page.get_by_role("link", name="按区划、单位看及格率").click()
    expect(page.locator("tfoot")).to_contain_text("50.0%")
    look(page, "results-rates", sizes=SIZES)
    page.go_back()

    page.get_by_role("link", name="导出 Excel…").click()
    page.get_by_label("原因").select_option(index=1)
    page.get_by_label("说明").fill("报市局备案")
    look(page, "results-export", sizes=SIZES)
    page.get_by_role("button", name="登记并导出 1 人").click()
    look(page, "results-file", sizes=SIZES)
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载 Excel").click()
    [_heading, line] = load_workbook(BytesIO(saved.value.path().read_bytes()))["成绩"].iter_rows(values_only=True)
    assert line[0] == "覃海燕"
    assert line[4] == "450702"

    page.get_by_role("link", name="回到列表").click()
    page.get_by_role("link", name="覃海燕").click()
    expect(page.get_by_text("钦州市钦南区（450702）")).to_be_visible()
    look(page, "results-person", sizes=SIZES)
    page.get_by_role("link", name="打印答卷").click()
    page.get_by_label("原因").select_option(index=1)
    page.get_by_label("文号或工单号").fill("申诉 3 号")
    look(page, "results-paper", sizes=SIZES)
    with page.expect_download() as printed:
        page.get_by_role("button", name="生成 PDF").click()
    document = pypdfium2.PdfDocument(printed.value.path().read_bytes())
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "覃海燕" in text
    assert "周敏" in text


def test_the_auditor_finds_who_did_what_and_takes_signed_lines_away(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate()
    hall.do(sat(hall, enrolment, 3))
    agent, auditor = hall.someone("林秀兰", Role.SUPPORT), hall.someone("龙志坚", Role.AUDITOR)
    desk = device(viewport=TABLET)
    sign_in(desk, agent)
    find(desk, person)
    hall.move(SIGN_EVERY_MS)
    hall.do(hall.world.services.notary.note(hall.now_ms))

    page = device(viewport=TABLET)
    sign_in(page, auditor)
    expect(page.locator(".chain")).to_contain_text("正常")
    look(page, "audit", sizes=SIZES)
    page.get_by_label("对象种类").select_option(label="人员")
    page.get_by_label("对象编号").fill(str(person.id))
    page.get_by_role("button", name="查询", exact=True).click()
    lines = page.locator(".audit-lines tbody tr")
    expect(lines.filter(has_text="查看考生资料")).to_contain_text("林秀兰")
    look(page, "audit-object", sizes=SIZES)
    page.get_by_label("姓名或证件号").fill(agent.document)
    page.get_by_role("button", name="查他办理的").click()
    expect(page.locator(".facts")).to_contain_text("林秀兰")
    expect(lines.first).to_contain_text("林秀兰")
    look(page, "audit-person", sizes=SIZES)
    page.get_by_role("button", name="现在核验").click()
    expect(page.locator(".alert-success")).to_contain_text("一致")
    look(page, "audit-verified", sizes=SIZES)

    page.get_by_role("link", name="清除条件").click()
    page.get_by_label("用途").fill("季度检查")
    with page.expect_download() as signed:
        page.get_by_role("button", name="带签名的文件（JSON）").click()
    content = signed.value.path().read_bytes()
    checked = check_file(content, trusted_keys(EVIDENCE_KEYS))
    assert (checked.about, checked.fault) == (AUDIT, None)
    page.get_by_label("用途").fill("季度检查")
    with page.expect_download() as table:
        page.get_by_role("button", name="表格（Excel）").click()
    assert load_workbook(BytesIO(table.value.path().read_bytes())).sheetnames


def test_a_call_is_answered_in_a_sentence_and_the_candidate_sits_again(hall: Hall, device: Device) -> None:
    person, enrolment = hall.candidate(ONE_ATTEMPT)
    agent = hall.someone("林秀兰", Role.SUPPORT)
    page, desk = device(viewport=TABLET), device(viewport=TABLET)
    sit_down(page, person)
    hand_in(page)
    sign_in(desk, agent)
    began = time.monotonic()
    find(desk, person)
    expect(desk.locator(".sentence")).to_contain_text("用完")
    look(desk, "desk-call-exhausted", sizes=SIZES)
    desk.get_by_role("link", name="增加考试次数").first.click()
    desk.get_by_label("原因").select_option(index=1)
    desk.get_by_label("说明").fill("来电说考试中停电，已核对姓名和单位。")
    desk.get_by_label("工单号").fill("K20260601-7")
    desk.get_by_role("button", name="先看效果").click()
    expect(desk.locator("#effect")).to_contain_text("剩余次数 0 → 1")
    look(desk, "desk-call-effect", sizes=SIZES)
    desk.get_by_role("button", name="增加", exact=True).click()
    expect(desk.locator(".alert-success")).to_be_visible()
    look(desk, "desk-call-granted", sizes=SIZES)
    page.goto("/my")
    to_contract(page)
    start(page)
    expect_exam(page)
    assert time.monotonic() - began < 60
    assert hall.states(enrolment) == ["submitted", "running"]
