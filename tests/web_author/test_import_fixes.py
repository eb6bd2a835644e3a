"""Putting rows right in place, choosing how a file is read and taken, and taking an import back."""

import io
import threading
from typing import Any

import httpx2
import openpyxl
import pytest

from examengine.banks.item import from_json
from examengine.banks.readers import BankReading
from examengine.publishing import previews
from examengine.publishing.items import release_bank
from examengine.publishing.previews import Work
from examengine.records import audit, items, reviews, uploads
from examengine.records.items import BankItem
from examengine.records.words import Role
from tests.web_author.steps import commit, counts_of, new_bank, previewed, upload
from tests.world import World

HEADER = "题型,题干,选项A,选项B,选项C,正确答案,外部编号\n"
GOOD = "单选,我国的首都是哪一座城市？,北京,上海,广州,A,N1\n"
BAD = "单选,水的化学式是什么？,H2O,CO2,,E,N2\n"
FIXED = {"kind": "单选", "stem": "水的化学式是什么？", "option0": "H2O", "option1": "CO2", "key": "A"}


async def uploaded(browser: httpx2.AsyncClient, bank: str, rows: str, header: str = HEADER) -> str:
    return await upload(browser, bank, (header + rows).encode(), "题库.csv")


async def the_items(world: World, bank: str) -> tuple[BankItem, ...]:
    async with world.services.database.reading() as tx:
        return await items.newest_versions(tx, int(bank.rpartition("/")[2]))


async def test_a_fix_is_checked_kept_and_committed(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await uploaded(browser, bank, GOOD + BAD)
        form = (await browser.get(f"{preview}/rows/1")).text
        assert 'value="H2O"' in form
        wrong = await browser.post(f"{preview}/rows/1", data={**FIXED, "key": "D", "do": "save"})
        assert wrong.status_code == 200
        assert "“D”" in wrong.text
        right = await browser.post(f"{preview}/rows/1", data={**FIXED, "do": "save"})
        assert right.headers["location"] == f"{preview}?show=fixed#row-1"
        async with world.services.database.reading() as tx:
            kept = await uploads.find_work(tx, world.services.vault, int(preview.rpartition("/")[2]))
        assert Work.load(kept).fixes[1].written is not None
        counted = counts_of(await previewed(browser, preview))
        assert (counted["可导入"], counted["错误"], counted["已改"]) == (2, 0, 1)
        await commit(browser, preview)
    made = [from_json(item.version.content) for item in await the_items(world, bank)]
    assert [option.text for option in made[1].options if option.id in made[1].key] == ["H2O"]


async def test_htmx_gets_the_row_alone_with_the_counters_and_the_rows_it_frees(world: World) -> None:
    rows = GOOD + GOOD.replace(",A,N1", ",B,N3")
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        preview = await uploaded(browser, await new_bank(browser), rows)
        assert counts_of(await previewed(browser, preview))["冲突"] == 2
        block = await browser.post(f"{preview}/rows/1", data={"do": "leave_out"}, headers={"hx-request": "true"})
        assert block.text.lstrip().startswith('<article class="import-row is-fixed" id="row-1"')
        assert '<div id="counters" hx-swap-oob="true">' in block.text
        assert 'id="row-0" hx-swap-oob="true"' in block.text
        counted = counts_of(block.text)
        assert (counted["可导入"], counted["冲突"], counted["不导入"]) == (1, 0, 1)
        await browser.post(f"{preview}/rows/1", data={"do": "reset"})
        assert counts_of(await previewed(browser, preview))["冲突"] == 2
        assert (await browser.post(f"{preview}/rows/1", data={"do": "nonsense"})).status_code == 400
        assert (await browser.get(f"{preview}/rows/2")).status_code == 404


async def test_another_author_sees_neither_file_nor_rows(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        preview = await uploaded(browser, await new_bank(browser), GOOD)
    async with world.browser(await world.person(Role.AUTHOR)) as other:
        for address in ("", "/rows/0", "/confirm", "/annotated.xlsx"):
            assert (await other.get(preview + address)).status_code == 404
        for address in ("/rows/0", "/settings", "/commit", "/drop"):
            assert (await other.post(preview + address, data={"do": "reset"})).status_code == 404


async def test_columns_can_be_told_by_hand(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await uploaded(browser, bank, "一年有几个月？,十二个月,十个月,A\n", "甲,乙,丙,丁\n")
        shown = await previewed(browser, preview)
        assert "没有找到表头" in shown
        assert 'name="column0-A"' in shown
        said = {
            "sheet0": "1",
            "column0-A": "题干",
            "column0-B": "选项A",
            "column0-C": "选项B",
            "column0-D": "正确答案",
        }
        assert (await browser.post(f"{preview}/settings", data=said)).status_code == 303
        shown = await previewed(browser, preview)
        assert counts_of(shown)["可导入"] == 1
        assert '<option value="题干" selected>' in shown
        await browser.post(f"{preview}/settings", data={"reset": "1"})
        assert counts_of(await previewed(browser, preview))["可导入"] == 0


async def test_the_annotated_workbook_comes_back(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        preview = await uploaded(browser, await new_bank(browser), GOOD + BAD)
        given = await browser.get(f"{preview}/annotated.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(given.content)).worksheets[0]
    assert sheet["F3"].comment is not None
    assert "filename*" in given.headers["content-disposition"]


async def test_what_the_bank_has_is_updated_skipped_or_taken_as_new(world: World) -> None:
    rows = GOOD.replace("广州", "深圳") + BAD.replace(",E,N2", ",A,M2") + "单选,一年有几个月？,十二,十,,A,N3\n"
    for duplicates, expected in (("update", (1, 2, 0)), ("skip", (1, 0, 0)), ("new", (2, 1, 0))):
        async with world.browser(await world.person(Role.AUTHOR)) as browser:
            bank = await new_bank(browser, f"题库 {duplicates}")
            await commit(browser, await uploaded(browser, bank, GOOD + BAD.replace(",E,", ",A,")))
            preview = await uploaded(browser, bank, rows)
            shown = (await browser.get(f"{preview}/confirm")).text
            assert "题库里已有的题" in shown
            done = await browser.post(f"{preview}/commit", data={"duplicates": duplicates})
            counted = counts_of((await browser.get(done.headers["location"])).text)
        assert (counted["新增"], counted["有改动，写为新版本"], counted["已有，未改动"]) == expected, duplicates
        kept = await the_items(world, bank)
        assert "N2" in {item.external_no for item in kept}


async def test_all_or_nothing_writes_nothing_while_one_is_wrong(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await uploaded(browser, bank, GOOD + BAD)
        refused = await browser.post(f"{preview}/commit", data={"scope": "all"})
        assert refused.status_code == 422
        assert "没有写入：还有 1 题不能导入" in refused.text
        assert await the_items(world, bank) == ()
        await browser.post(f"{preview}/rows/1", data={**FIXED, "do": "save"})
        done = await browser.post(f"{preview}/commit", data={"scope": "all"})
        assert counts_of((await browser.get(done.headers["location"])).text)["新增"] == 2


async def test_another_key_for_a_known_question_is_an_error_or_a_correction(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        await commit(browser, await uploaded(browser, bank, GOOD))
        preview = await uploaded(browser, bank, GOOD.replace(",A,N1", ",B,"))
        shown = await previewed(browser, preview)
        assert counts_of(shown)["冲突"] == 1
        assert "编号 N1" in shown
        await browser.post(f"{preview}/rows/0", data={"do": "replace"})
        report = await commit(browser, preview)
        assert counts_of((await browser.get(report)).text)["有改动，写为新版本"] == 1
    [item] = await the_items(world, bank)
    assert (item.external_no, item.version.no) == ("N1", 2)


async def test_an_import_is_taken_back_and_may_be_made_again(world: World) -> None:
    author = await world.person(Role.AUTHOR)
    async with world.browser(author) as browser:
        bank = await new_bank(browser)
        await commit(browser, await uploaded(browser, bank, GOOD))
        [before] = await the_items(world, bank)
        rows = GOOD.replace("广州", "深圳") + BAD.replace(",E,", ",A,")
        report = await commit(browser, await uploaded(browser, bank, rows))
        assert "撤销这次导入" in (await browser.get(report)).text
        assert "回到导入以前的那一版" in (await browser.get(f"{report}/undo")).text
        undone = await browser.post(f"{report}/undo")
        assert undone.headers["location"] == f"{report}?done=undone"
        assert (await browser.post(f"{report}/undo")).headers["location"] == f"{report}?done=undone"
        assert "这次导入已撤销" in (await browser.get(report)).text
        assert (await browser.get(f"{report}/undo")).status_code == 303
        assert await the_items(world, bank) == (before,)
        again = await commit(browser, await uploaded(browser, bank, rows))
        assert counts_of((await browser.get(again)).text)["有改动，写为新版本"] == 1
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, object_kind="bank", object_id=int(bank.rpartition("/")[2]))
    assert [line.act for line in lines].count("undo_import") == 1


async def test_an_import_in_use_is_not_taken_back(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        bank_id = int(bank.rpartition("/")[2])
        first = await commit(browser, await uploaded(browser, bank, GOOD))
        second = await commit(browser, await uploaded(browser, bank, GOOD.replace("广州", "深圳")))
        assert "后来又改过" in (await browser.get(first)).text
        assert (await browser.post(f"{first}/undo")).status_code == 409
        [item] = await the_items(world, bank)
        async with world.services.database.writing() as tx:
            await reviews.submit(tx, [item.version.id], None, world.now_ms)
        assert "撤销这次导入" in (await browser.get(second)).text
        async with world.services.database.writing() as tx:
            await reviews.approve(tx, [item.version.id], None, world.now_ms)
        assert "已经有人审过" in (await browser.get(second)).text
        await release_bank(world.services.database, bank_id, None, world.now_ms)
        assert "已经发布" in (await browser.get(second)).text
        assert (await browser.post(f"{second}/undo")).status_code == 409
    assert await the_items(world, bank) == (item,)


async def test_a_slow_file_says_that_it_is_being_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held, read = threading.Event(), previews.read_bank

    def slowly(*args: Any, **options: Any) -> BankReading:
        held.wait(20)
        return read(*args, **options)

    monkeypatch.setattr(previews, "read_bank", slowly)
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        preview = await uploaded(browser, await new_bank(browser), GOOD)
        for address in (preview, f"{preview}/confirm"):
            shown = (await browser.get(address)).text
            assert "正在读取" in shown
            assert "data-ask-again" in shown
            assert 'http-equiv="refresh"' in shown
        held.set()
        assert counts_of(await previewed(browser, preview))["可导入"] == 1


async def test_the_numbers_of_an_undone_import_are_free_again(world: World) -> None:
    """An item without a number that an import gave one to goes back to its nameless self."""
    nameless = GOOD.replace(",N1", ",")
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        await commit(browser, await uploaded(browser, bank, nameless))
        [before] = await the_items(world, bank)
        report = await commit(browser, await uploaded(browser, bank, GOOD))
        [numbered] = await the_items(world, bank)
        assert (numbered.external_no, numbered.version.item_id) == ("N1", before.version.item_id)
        await browser.post(f"{report}/undo")
        assert await the_items(world, bank) == (before,)
