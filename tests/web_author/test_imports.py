"""An import: upload, preview, commit of what was previewed, report."""

import asyncio

import pytest

from examengine.banks.item import Item, Kind, Option
from examengine.publishing import previews
from examengine.records import banks, items, uploads
from examengine.records.words import Role
from examengine.web.multipart import clean_name
from tests.web_author.steps import a_workbook, commit, counts_of, new_bank, own_workbook, previewed, upload
from tests.world import World
from tests.world import items as made_items

CSV = (
    "题型,题干,选项A,选项B,正确答案\n单选,一加一等于几？,二,三,A\n单选,一加二等于几？,三,四,C\n简答,为什么？,,,因为\n"
)
DAY_MS = 24 * 60 * 60 * 1000


async def test_a_bank_of_this_project_goes_from_file_to_bank(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR, name="周敏")) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, own_workbook(), "广西 2014.xlsx")
        shown = await previewed(browser, preview)
        counted = counts_of(shown)
        assert counted["道题"] == counted["可导入"] >= 180
        assert counted["错误"] == 0
        assert "广西 2014.xlsx" in shown
        assert shown.count('<article class="item">') == 5
        for kind in ("单选题", "多选题", "判断题"):
            assert f'<span class="pill pill-plain">{kind}</span>' in shown
        assert "还没有写入题库" in shown
        assert "共 0 题" in (await browser.get(bank)).text
        assert f"下一步：确认导入 {counted['可导入']} 题" in shown
        assert "写入题库" in (await browser.get(f"{preview}/confirm")).text

        report = await commit(browser, preview)
        told = await browser.get(report)
        assert counts_of(told.text)["新增"] == counted["可导入"]
        listed = (await browser.get(bank)).text
        assert f"共 {counted['可导入']} 题" in listed
        assert "周敏" in listed
        assert report in listed


async def test_a_second_click_on_commit_leads_to_the_same_report(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, a_workbook())
        both = await asyncio.gather(commit(browser, preview), commit(browser, preview))
        assert both[0] == both[1] == await commit(browser, preview)
        assert (await browser.get(preview)).headers["location"] == both[0]
        assert (await browser.post(f"{preview}/drop")).headers["location"] == both[0]
    async with world.services.database.reading() as tx:
        [batch] = await banks.list_imports(tx, int(bank.rpartition("/")[2]))
    assert (batch.added, batch.same, batch.total) == (12, 0, 12)


async def test_the_same_file_uploaded_again_changes_nothing(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        first = await commit(browser, await upload(browser, bank, a_workbook()))
        second = await commit(browser, await upload(browser, bank, a_workbook()))
        assert first != second
        assert counts_of((await browser.get(second)).text)["已有，未改动"] == 12
        changed = made_items(6, 3, 3)
        changed[0] = Item(changed[0].kind, "改过的题干", changed[0].options, changed[0].key, external_no="S0")
        third = await commit(browser, await upload(browser, bank, a_workbook(changed)))
        assert counts_of((await browser.get(third)).text)["有改动，写为新版本"] == 1
        assert "改过的题干" in (await browser.get(bank, params={"q": "改过"})).text


async def test_a_file_is_kept_encrypted_and_goes_with_the_commit(world: World) -> None:
    author = await world.person(Role.AUTHOR)
    async with world.browser(author) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, CSV.encode(), "题库.csv")
        upload_id = int(preview.rpartition("/")[2])
        purpose = f"bank:{bank.rpartition('/')[2]}"
        async with world.services.database.reading() as tx:
            kept = await uploads.get_upload(tx, world.services.vault, upload_id, author, purpose)
            head = await uploads.get_head(tx, upload_id, author, purpose)
        assert kept.content == CSV.encode()
        assert head.octets == len(CSV.encode())
        await commit(browser, preview)
    async with world.services.database.reading() as tx:
        with pytest.raises(LookupError):
            await uploads.get_head(tx, upload_id, author, purpose)


async def test_a_file_given_up_is_deleted_and_one_forgotten_goes_after_a_day(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, a_workbook())
        dropped = await browser.post(f"{preview}/drop")
        assert dropped.headers["location"] == f"{bank}?done=dropped"
        assert "已放弃这个文件" in (await browser.get(dropped.headers["location"])).text
        assert (await browser.get(preview)).status_code == 404
        forgotten = await upload(browser, bank, a_workbook())
        world.clock.advance(DAY_MS + 1)
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        await upload(browser, bank, a_workbook())
    async with world.browser(2) as browser:
        assert (await browser.get(forgotten)).status_code == 404


async def test_questions_are_listed_with_their_findings_and_paged(world: World) -> None:
    rows = "".join(f"单选,第 {n} 题的说法？,甲,乙,D\n" for n in range(120))
    content = f"题型,题干,选项A,选项B,正确答案\n单选,对的题是哪一道？,甲,乙,A\n{rows}".encode()
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        preview = await upload(browser, await new_bank(browser), content, "题库.csv")
        whole = await previewed(browser, preview)
        counted = counts_of(whole)
        assert (counted["道题"], counted["可导入"], counted["错误"]) == (121, 1, 120)
        assert "第 3 行" in whole
        assert "正确答案（E 列）" in whole
        third = (await browser.get(f"{preview}?show=errors&page=5")).text
        assert "第 5 页，共 5 页" in third
        assert "第 122 行" in third
        assert "第 3 行" not in third
        assert 'aria-current="true">要改的' in third
        block = await browser.get(f"{preview}?show=warnings", headers={"hx-request": "true"})
        assert block.text.lstrip().startswith('<div id="findings"')
        assert (await browser.get(f"{preview}?show=nonsense&page=-4")).status_code == 200


async def test_a_chosen_encoding_holds_for_preview_and_commit(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, CSV.encode("gb18030"), "题库.csv", "utf-8")
        garbled = await previewed(browser, preview)
        assert "无法识别的字符" in garbled
        assert '<option value="utf-8" selected>' in garbled
        changed = await browser.post(f"{preview}/settings", data={"encoding": "gb18030"})
        assert changed.headers["location"] == preview
        assert counts_of(await previewed(browser, preview))["可导入"] == 2
        await commit(browser, preview)
        assert "一加一等于几？" in (await browser.get(bank)).text
        found_out = await upload(browser, bank, CSV.encode("gb18030"), "题库.csv")
        assert "GB18030" in await previewed(browser, found_out)
        assert (await browser.post(f"{found_out}/settings", data={"encoding": "rot13"})).status_code == 303


async def test_a_file_with_nothing_to_take_shows_why_and_offers_no_commit(world: World) -> None:
    files = {
        "readme.pdf": (b"%PDF-1.7 nothing", "这是 PDF 文件"),
        "cut.xlsx": (a_workbook()[:900], "不完整或已损坏"),
        "page.xls": (b"<html><table><tr><td>1</td></tr></table></html>", "没有找到表头"),
        "other.csv": ("题型,题干,正确答案\n排序,先后如何？,因为\n".encode(), "不能用于考试"),
    }
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        for name, (content, told) in files.items():
            preview = await upload(browser, bank, content, name)
            shown = await browser.get(preview)
            assert shown.status_code == 200, name
            assert told in shown.text, name
            assert "下一步" not in shown.text, name
            assert await commit(browser, preview) == preview, name
        assert "共 0 题" in (await browser.get(bank)).text


async def test_a_form_without_a_usable_file_tells_it_beside_the_field(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        address = f"{bank}/upload"
        nothing = await browser.post(address, files={"file": ("", b"", "application/octet-stream")})
        empty = await browser.post(address, files={"file": ("a.xlsx", b"", "x/y")})
        large = await browser.post(address, files={"file": ("a.xlsx", b"x" * (25 * 1024 * 1024 + 1), "x/y")})
        for answer, told in ((nothing, "请选择一个文件"), (empty, "文件是空的"), (large, "超过 25 MB")):
            assert answer.status_code == 422
            assert 'id="e-file"' in answer.text
            assert told in answer.text
        odd = await browser.post(address, data={"encoding": "rot13"}, files={"file": ("a.csv", b"1", "x/y")})
        assert odd.status_code == 422
        assert 'id="e-encoding"' in odd.text
        too_large = await browser.post(address, files={"file": ("a.xlsx", b"x" * (30 * 1024 * 1024), "x/y")})
        assert too_large.status_code == 413
        assert (await browser.post(address, data={"file": "text"})).status_code == 400
        broken = {"content-type": "multipart/form-data"}
        assert (await browser.post(address, content=b"--x", headers=broken)).status_code == 400
        many = [("file", (f"{n}.csv", b"1", "x/y")) for n in range(3)]
        assert (await browser.post(address, files=many)).status_code == 400


async def test_a_files_name_is_kept_without_path_and_control_characters(world: World) -> None:
    assert clean_name("..\\..\\题库\u202e\n.xlsx") == "题库.xlsx"
    assert clean_name("/etc/passwd") == "passwd"
    assert clean_name("\x00") == "未命名"
    assert len(clean_name("长" * 500 + ".xlsx")) == 120
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, a_workbook(), '<img src=x onerror="1">.xlsx')
        assert "<img src=x" not in (await browser.get(preview)).text


async def test_script_in_a_question_is_shown_as_text(world: World) -> None:
    evil = Item(
        Kind.SINGLE_CHOICE, "<script>alert(1)</script>", (Option("a", "<i>甲</i>"), Option("b", "乙")), frozenset("a")
    )
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, a_workbook([evil]))
        assert "<script>alert" not in (await browser.get(preview)).text
        await commit(browser, preview)
        assert "&lt;script&gt;" in (await browser.get(bank)).text


async def test_stored_options_do_not_tell_the_authors_order(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        await commit(browser, await upload(browser, bank, a_workbook(made_items(30, 0, 0))))
    async with world.services.database.reading() as tx:
        kept = await items.newest_versions(tx, int(bank.rpartition("/")[2]))
    assert len({item.version.key for item in kept}) > 5


async def test_paging_reads_the_file_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    read = previews.read_bank

    def counted(*args: object, **options: object) -> object:
        calls.append(args)
        return read(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(previews, "read_bank", counted)
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        preview = await upload(browser, await new_bank(browser), a_workbook())
        await asyncio.gather(*(browser.get(preview) for _ in range(4)))
        await commit(browser, preview)
        assert len(calls) == 1


async def test_reading_a_large_file_lets_others_be_served(world: World) -> None:
    rows = "".join(f"单选,{'长' * 100}的题，它的编号为{n}号，对吗？,甲{n},乙{n},A\n" for n in range(5_000))
    content = f"题型,题干,选项A,选项B,正确答案\n{rows}".encode()
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        preview = await upload(browser, bank, content, "大.csv")
        watcher = asyncio.create_task(watch())
        assert counts_of(await previewed(browser, preview))["可导入"] == 5_000
        watcher.cancel()
    # a reading on the event loop would be one single wait
    assert turns > 20
