"""An exam that nobody would help with is not published: one red check is mended where it says, one is signed for."""

import pytest
from playwright.sync_api import ViewportSize, expect

from examengine.demo.practice import practice_text
from examengine.publishing.exams import confirm_all, keep_rulebook
from examengine.publishing.items import release_bank
from examengine.records import duties
from examengine.records.words import Role
from examengine.rules.load import load
from tests.journeys.acts import sign_in
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import DESK, PHONE, look

pytestmark = pytest.mark.long

TABLET: ViewportSize = {"width": 820, "height": 1180}
SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}
WHY = "值班表周五下发，主任已知情"


async def prepared(hall: Hall, operator_id: int) -> str:
    """A released bank, confirmed rules, no telephone number; where the operator would publish."""
    services, text = hall.world.services, practice_text(2026, "练习科目")
    kept = await keep_rulebook(services.database, text, "practice-2026", hall.now_ms)
    assumed = load(text, name="practice-2026").assumed()
    await confirm_all(services.database, kept.digest, assumed, operator_id, "黄丽华", hall.now_ms)
    release = await release_bank(services.database, await hall.world.bank(), None, hall.now_ms)
    async with services.database.writing() as tx:
        await duties.set_hotline(tx, "", "", operator_id, hall.now_ms)
    return f"/operator/publish?rulebook={kept.digest}&release={release.id}"


def test_an_exam_without_help_for_candidates_is_not_published(hall: Hall, device: Device) -> None:
    operator = hall.someone("黄丽华", Role.OPERATOR)
    address = hall.do(prepared(hall, operator.id))
    page = device()
    sign_in(page, operator)
    page.goto(address)
    expect(page.locator("#check-duty")).to_contain_text("未通过")
    expect(page.locator("#check-hotline")).to_contain_text("页面上没有客服电话")
    expect(page.locator(".publish-now")).to_have_count(0)
    look(page, "operator-checks-red", sizes=SIZES)

    # what can be mended is mended where the check says
    page.locator("#check-hotline").get_by_role("link", name="改客服电话").click()
    page.get_by_label("电话号码").fill("400-000-0000")
    page.get_by_label("服务时间").fill("工作日 9:00—18:00")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".site-foot")).to_contain_text("400-000-0000")
    look(page, "operator-duty", sizes=SIZES)

    # what cannot be mended in time somebody answers for
    page.goto(address)
    expect(page.locator("#check-hotline")).to_contain_text("通过")
    page.get_by_label("理由").fill(WHY)
    page.get_by_label("签字放行：值班人员").check()
    page.get_by_role("button", name="签字放行勾选的").click()
    expect(page.locator("#check-duty")).to_contain_text(f"黄丽华 于 2026年6月1日 09:00 签字放行：{WHY}")
    look(page, "operator-checks-signed", sizes=SIZES)
    page.locator(".publish-now").get_by_role("button", name="发布考试").click()
    expect(page.locator(".alert-success")).to_contain_text("考试已发布")
    page.get_by_role("link", name="发布检查与签字").click()
    expect(page.locator("table")).to_contain_text(WHY)
    look(page, "operator-exam-checks", sizes=SIZES)
