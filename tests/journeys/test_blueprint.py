"""A blueprint that cannot be filled is mended where the page says, looked at as papers, and published."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from examengine.demo.practice import practice_text
from examengine.publishing.exams import confirm_all, keep_rulebook
from examengine.publishing.items import release_bank
from examengine.records.words import Role
from examengine.rules.load import load
from tests.journeys.acts import sign_in
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import look
from tests.web_author.test_blueprints import topical
from tests.web_operator.steps import put_on_duty

pytestmark = pytest.mark.long

RULES = "2026 年度 练习科目（practice-2026）"


async def prepared(hall: Hall, operator_id: int) -> int:
    """A released bank with few items about 法规, and a rulebook that is confirmed; the bank."""
    services, text = hall.world.services, practice_text(2026, "练习科目")
    kept = await keep_rulebook(services.database, text, "practice-2026", hall.now_ms)
    assumed = load(text, name="practice-2026").assumed()
    await confirm_all(services.database, kept.digest, assumed, operator_id, "黄丽华", hall.now_ms)
    bank_id = await hall.world.bank(topical(), name="2026 年公需科目")
    await release_bank(services.database, bank_id, None, hall.now_ms)
    await put_on_duty(hall.world, operator_id)
    return bank_id


def cell(page: Page, label: str) -> Any:
    return page.get_by_label(label, exact=True)


def test_a_blueprint_that_cannot_be_filled_is_mended_and_published(hall: Hall, device: Device) -> None:
    author, operator = hall.someone("陈志远", Role.AUTHOR), hall.someone("黄丽华", Role.OPERATOR)
    bank_id = hall.do(prepared(hall, operator.id))

    page = device()
    sign_in(page, author)
    page.goto(f"/author/banks/{bank_id}")
    page.get_by_role("link", name="组卷规则").click()
    look(page, "blueprints-empty")
    page.get_by_label("名称").fill("正式卷")
    page.get_by_label("年度规则").select_option(label=RULES)
    page.get_by_role("button", name="开始编辑").click()
    proof = page.locator("#proof")
    expect(proof).to_contain_text("可以组成试卷")
    look(page, "blueprint")

    # too many of a topic that has few: the panel follows what is typed
    cell(page, "第 1 行 抽取题数").fill("5")
    cell(page, "第 2 行 抽取题数").fill("25")
    page.keyboard.press("Tab")
    expect(proof).to_contain_text("单选题·法规：要 25 题，只有 20 题")
    expect(proof).to_contain_text("少抽 5 题，改由“单选题·技术”多抽 5 题")
    expect(page.locator("#there-2")).to_contain_text("不够")
    look(page, "blueprint-short")

    cell(page, "第 1 行 抽取题数").fill("11")
    cell(page, "第 2 行 抽取题数").fill("20")
    page.keyboard.press("Tab")
    expect(proof).to_contain_text("单选题：规则要 30 题，组卷规则合计 31 题，多了 1 题")
    cell(page, "第 1 行 抽取题数").fill("10")
    page.keyboard.press("Tab")
    expect(proof).to_contain_text("够考 1 次不重复")
    page.get_by_role("button", name="加一行").click()
    expect(cell(page, "第 5 行 题型")).to_be_visible()
    page.get_by_role("button", name="删除第 5 行").click()
    expect(cell(page, "第 5 行 题型")).to_have_count(0)
    page.get_by_role("button", name="按知识点", exact=True).click()
    expect(cell(page, "第 1 行 抽取题数")).to_have_value("20")
    page.get_by_role("button", name="保存并试抽").click()
    expect(page.locator(".sample .q")).to_have_count(50)
    look(page, "samples", whole=False)
    page.get_by_role("link", name="显示答案").click()
    expect(page.locator(".sample-keys li")).to_have_count(50)
    page.context.close()

    page = device()
    sign_in(page, operator)
    page.goto("/operator/publish")
    page.get_by_label("年度规则").select_option(index=1)
    page.get_by_label("题库版本").select_option(index=1)
    page.get_by_label("组卷规则").select_option(label="正式卷 第 1 版（2026 年公需科目）")
    page.get_by_role("button", name="检查").click()
    expect(page.locator(".publish-proof")).to_contain_text("可以组成试卷")
    look(page, "operator-publish-blueprint")
    page.locator(".publish-now").get_by_role("button", name="发布考试").click()
    expect(page.locator(".alert-success")).to_contain_text("考试已发布")
