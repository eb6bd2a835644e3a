"""Banks: made, searched, released, exported."""

import io

import openpyxl

from examengine.banks.item import Item, Kind, Option
from examengine.banks.readers import read_bank
from examengine.records import audit
from examengine.records.words import Role
from tests.web_author.steps import a_workbook, check_all, commit, counts_of, new_bank, upload
from tests.world import World, items


async def an_author(world: World) -> int:
    return await world.person(Role.AUTHOR, name="周敏")


async def test_a_new_bank_is_made_once(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        first, second = await new_bank(browser), await new_bank(browser, "  2026  年公需科目 ")
        assert await new_bank(browser, "2026 年公需科目") == first
        assert second == first
        listed = (await browser.get("/author/banks")).text
    assert listed.count("2026 年公需科目</a>") == 1
    assert "周敏" in listed
    async with world.services.database.reading() as tx:
        assert [line.act for line in await audit.newest(tx, object_kind="bank")] == ["add"]


async def test_a_name_that_is_taken_is_an_error_beside_the_field(world: World) -> None:
    await world.bank()
    async with world.browser(await an_author(world)) as browser:
        for name, told in (
            ("测试题库", "已经有叫这个名称的题库"),
            (" ", "请写题库名称"),
            ("长" * 81, "最多 80 个字"),
        ):
            answer = await browser.post("/author/banks", data={"name": name})
            assert answer.status_code == 422
            assert 'id="e-name"' in answer.text
            assert told in answer.text


async def test_htmx_gets_the_items_alone_and_history_the_page(world: World) -> None:
    address = f"/author/banks/{await world.bank(items(2, 1, 1))}"
    async with world.browser(await an_author(world)) as browser:
        alone = await browser.get(address, headers={"hx-request": "true"})
        assert alone.text.lstrip().startswith('<div id="items"')
        restored = {"hx-request": "true", "hx-history-restore-request": "true"}
        whole = await browser.get(address, headers=restored)
        assert whole.text.startswith("<!doctype html>")
        assert alone.headers["vary"] == whole.headers["vary"] == "HX-Request"


async def test_a_release_freezes_what_is_checked_and_a_second_click_makes_no_second(world: World) -> None:
    author = await an_author(world)
    async with world.browser(author) as browser:
        bank = await new_bank(browser)
        assert "没有未发布的改动" in (await browser.get(bank)).text
        assert "没有已审的试题，不能发布" in (await browser.get(f"{bank}/release")).text
        refused = await browser.post(f"{bank}/release")
        assert "没有已审的试题，不能发布" in (await browser.get(str(refused.headers["location"]))).text
        await commit(browser, await upload(browser, bank, a_workbook()))
        assert "没有未发布的改动" in (await browser.get(bank)).text
        await check_all(world, bank)
        assert "有 12 处改动还没有发布" in (await browser.get(bank)).text
        assert "现在发布，会有 12 题" in (await browser.get(f"{bank}/release")).text
        for _ in range(2):
            released = await browser.post(f"{bank}/release")
            assert released.headers["location"] == f"{bank}/releases/1?done=released"
        shown = (await browser.get(str(released.headers["location"]))).text
        assert "已发布新版本" in shown
        assert "12 题" in shown
        assert "与第 1 版一样，不需要再发布" in (await browser.get(f"{bank}/release")).text
        await commit(browser, await upload(browser, bank, a_workbook(items(7, 3, 3))))
        assert "没有未发布的改动" in (await browser.get(bank)).text
        await check_all(world, bank)
        assert "有 1 处改动还没有发布" in (await browser.get(bank)).text
        await browser.post(f"{bank}/release")
        assert "第 2 版" in (await browser.get(f"{bank}/releases")).text


async def test_an_export_holds_every_item_and_imports_again_as_the_same(world: World) -> None:
    made = items(2, 1, 1)
    dangerous = Item(
        Kind.SINGLE_CHOICE,
        '=HYPERLINK("http://elsewhere.test")',
        (Option("a", "+1"), Option("b", "@SUM(A1)"), Option("c", "-2")),
        frozenset("b"),
        external_no="F1",
    )
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        await commit(browser, await upload(browser, bank, a_workbook([*made, dangerous])))
        exported = await browser.get(f"{bank}/export")
        assert "filename*=UTF-8''2026%20" in exported.headers["content-disposition"]
        sheet = openpyxl.load_workbook(io.BytesIO(exported.content)).worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"s", "n"}
        risky = [c for row in sheet.iter_rows() for c in row if str(c.value or "").startswith(("=", "+", "-", "@"))]
        assert len(risky) == 4
        assert all(cell.data_type == "s" and cell.quotePrefix for cell in risky)
        reading = read_bank(exported.content, "题库.xlsx")
        assert {read.item for read in reading.items} == {*made, dangerous}
        report = await browser.get(await commit(browser, await upload(browser, bank, exported.content)))
    assert counts_of(report.text) == {"新增": 0, "有改动，写为新版本": 0, "已有，未改动": 5, "未写入": 0}


async def test_the_template_is_a_workbook_whose_examples_are_skipped(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        template = await browser.get("/author/template.xlsx")
        bank = await new_bank(browser)
        preview = await browser.get(await upload(browser, bank, template.content, "模板.xlsx"))
    assert counts_of(preview.text)["可导入"] == 0
    assert "/confirm" not in preview.text
