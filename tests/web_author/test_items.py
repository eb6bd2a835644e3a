"""A bank's items: filtered, checked many at once, their history; releases beside each other."""

import io
import re
from dataclasses import replace
from datetime import date

import httpx2
import openpyxl

from examengine.banks.item import Item, Kind, Option
from examengine.records import audit, item_lists
from examengine.records.item_lists import ItemFilter
from examengine.records.words import ItemState, Role
from tests.web_author.steps import a_workbook, check_all, commit, new_bank, review, upload, upto_in
from tests.world import World, items


async def an_author(world: World, name: str = "周敏") -> int:
    return await world.person(Role.AUTHOR, name=name)


async def a_bank(world: World, author: int, made: list[Item] | None = None) -> str:
    """A bank that an author imported, all drafts; its address."""
    async with world.browser(author) as browser:
        bank = await new_bank(browser)
        await commit(browser, await upload(browser, bank, a_workbook(made)))
    return bank


async def states(world: World, bank: str) -> dict[ItemState, int]:
    async with world.services.database.reading() as tx:
        return dict(await item_lists.count_by_state(tx, id_of(bank)))


def id_of(address: str) -> int:
    return int(address.rpartition("/")[2])


async def version_of(world: World, bank: str, number: str) -> tuple[int, int]:
    """Item and newest version of the author's number."""
    async with world.services.database.reading() as tx:
        found = await item_lists.find_items(tx, id_of(bank), ItemFilter(text=number))
    [listed] = [one for one in found.items if one.external_no == number]
    return listed.version.item_id, listed.version.id


async def told(browser: httpx2.AsyncClient, answer: httpx2.Response) -> str:
    """The page that an act leads to."""
    assert answer.status_code == 303, answer.text
    return (await browser.get(str(answer.headers["location"]))).text


async def test_items_stand_as_candidates_see_them_with_the_key_marked(world: World) -> None:
    made = [Item(Kind.SINGLE_CHOICE, "哪个是对的？", (Option("a", "<b>甲</b>"), Option("b", "乙")), frozenset("b"))]
    bank_id = await world.bank(made)
    async with world.browser(await an_author(world)) as browser:
        listed = (await browser.get(f"/author/banks/{bank_id}")).text
        whole = (await browser.get(f"/author/banks/{bank_id}?view=full")).text
        item = (await browser.get(f"/author/banks/{bank_id}/items/1")).text
    assert "正确答案" not in listed
    for shown in (whole, item):
        assert "&lt;b&gt;甲&lt;/b&gt;" in shown
        assert shown.index("甲") < shown.index("乙") < shown.index("正确答案")
        assert shown.count("is-key") == 1


async def test_items_are_searched_filtered_and_paged(world: World) -> None:
    made = items(105, 3, 3)
    made.append(Item(Kind.TRUE_FALSE, "100%_的题", made[-1].options, frozenset("t"), external_no="P1", topic="甲/乙"))
    address = f"/author/banks/{await world.bank(made)}"
    async with world.browser(await an_author(world)) as browser:
        assert "第 1 页，共 3 页" in (await browser.get(address)).text
        last = (await browser.get(f"{address}?page=3")).text
        assert "100%_的题" in last
        assert "单选第 0 题" not in last
        assert "第 3 页，共 3 页" in (await browser.get(f"{address}?page=99999999")).text
        assert "第 1 页" in (await browser.get(f"{address}?page=x")).text
        multiple = (await browser.get(f"{address}?kind=multiple_choice")).text
        assert "共 3 题" in multiple
        assert "多选第 2 题" in multiple
        # signs that a search in SQL takes for wildcards, and words of the stored form, are plain text
        assert "共 1 题" in (await browser.get(address, params={"q": "100%_"})).text
        assert "共 0 题" in (await browser.get(address, params={"q": "0_题"})).text
        assert "没有这样的题" in (await browser.get(address, params={"q": "stem"})).text
        below = (await browser.get(address, params={"topic": "甲"})).text
        assert "共 1 题 · 甲" in below
        assert "topic=%E7%94%B2%2F%E4%B9%99" in below
        second = (await browser.get(address, params={"q": "单选", "kind": "single_choice", "page": 2})).text
        assert 'page=1" rel="prev"' in second
        assert "kind=single_choice" in second
        for odd in ("?kind=nonsense", "?state=x&valid=y&difficulty=z&view=w", "?topic=%00", "?topic=" + "/" * 300):
            assert (await browser.get(address + odd)).status_code == 200, odd


async def test_all_that_match_are_checked_in_one_act_after_being_asked(world: World) -> None:
    author, checker = await an_author(world), await an_author(world, "吴雅琴")
    bank = await a_bank(world, author)
    assert await states(world, bank) == {ItemState.DRAFT: 12}
    async with world.browser(author) as browser:
        shown = await browser.get(f"{bank}?kind=single_choice")
        fields = {"act": "submitted", "all": "1", "upto": upto_in(shown.text), "kind": "single_choice"}
        asked = await browser.post(f"{bank}/review", data=fields)
        assert asked.status_code == 200
        assert "提交审核：6 题" in asked.text
        assert await states(world, bank) == {ItemState.DRAFT: 12}
        page = await told(browser, await browser.post(f"{bank}/review", data={**fields, "sure": "1"}))
        assert "已提交审核 6 题" in page
        assert "共 6 题" in page  # the list is as it was
        own = await told(browser, await review(browser, bank, "approved", all="1"))
        assert "没有可以审核通过的题" in own
        assert "12 题是您自己写的" in own
    assert await states(world, bank) == {ItemState.DRAFT: 6, ItemState.WAITING: 6}
    async with world.browser(checker) as browser:
        for _ in range(2):
            page = await told(browser, await review(browser, bank, "approved", all="1", state="waiting"))
        assert "没有可以审核通过的题" in page
    assert await states(world, bank) == {ItemState.DRAFT: 6, ItemState.CHECKED: 6}
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, object_kind="bank", object_id=id_of(bank))
    assert [(line.act, line.person_id, line.facts.get("versions")) for line in lines][:2] == [
        ("approved", checker, 6),
        ("submitted", author, 6),
    ]


async def test_what_was_changed_after_looking_is_not_checked(world: World) -> None:
    author = await an_author(world)
    bank = await a_bank(world, author)
    async with world.browser(await an_author(world, "吴雅琴")) as browser:
        looked_at = upto_in((await browser.get(bank)).text)
        made = items(6, 3, 3)
        made[0] = replace(made[0], stem="看过以后又改的题")
        async with world.browser(author) as other:
            await commit(other, await upload(other, bank, a_workbook(made)))
        asked = await browser.post(f"{bank}/review", data={"act": "approved", "all": "1", "upto": looked_at})
        assert "审核通过：11 题" in asked.text
        assert "1 题后来又改过" in asked.text
        await review(browser, bank, "approved", all="1", upto=looked_at)
    assert await states(world, bank) == {ItemState.DRAFT: 1, ItemState.CHECKED: 11}


async def test_ticked_items_are_returned_with_a_word_of_why(world: World) -> None:
    bank = await a_bank(world, await an_author(world))
    (item, version), (_, other) = [await version_of(world, bank, number) for number in ("S1", "M2")]
    async with world.browser(await an_author(world, "吴雅琴")) as browser:
        refused = await review(browser, bank, "returned", version, other)
        assert refused.status_code == 422
        assert "请写明哪里要改" in refused.text
        assert (await review(browser, bank, "returned", version, comment="长" * 501)).status_code == 422
        page = await told(browser, await review(browser, bank, "returned", version, other, comment="条文已经废止"))
        assert "已退回 2 题" in page
        history = (await browser.get(f"{bank}/items/{item}")).text
        assert "条文已经废止" in history
        assert "吴雅琴" in history
        page = await told(browser, await review(browser, bank, "retired", version, item=str(item)))
        assert "已停用 1 题" in page
        assert "恢复使用" in page
        await review(browser, bank, "restored", version)
    assert await states(world, bank) == {ItemState.DRAFT: 10, ItemState.RETURNED: 2}


async def test_nonsense_and_other_banks_items_are_refused(world: World) -> None:
    author = await an_author(world)
    bank, other = await a_bank(world, author), f"/author/banks/{await world.bank(name='另一个')}"
    _, foreign = await version_of(world, other, "S1")
    async with world.browser(author) as browser:
        assert "还没有选题" in await told(browser, await browser.post(f"{bank}/review", data={"act": "approved"}))
        for data, status in (
            ({"act": "approved", "v": str(foreign), "sure": "1"}, 404),
            ({"act": "approved", "v": str(foreign)}, 404),
            ({"act": "approved", "v": "999999", "sure": "1"}, 404),
            ({"act": "approved", "v": "x"}, 400),
            ({"act": "approved", "v": "9" * 30}, 400),
            ({"act": "erase", "v": "1"}, 400),
            ({"act": "approved", "v": [str(n) for n in range(201)]}, 400),
        ):
            assert (await browser.post(f"{bank}/review", data=data)).status_code == status, data  # type: ignore[arg-type]
        for address in (f"{bank}/items/99999", f"{other}/items/1", f"{bank}/releases/1", f"{bank}/releases/x"):
            assert (await browser.get(address)).status_code == 404, address
        assert (await browser.post(f"{bank}/review", data={"act": "export", "v": str(foreign)})).status_code == 200
    assert await states(world, bank) == {ItemState.DRAFT: 12}


async def test_chosen_items_are_exported_alone(world: World) -> None:
    bank = await a_bank(world, await an_author(world))
    chosen = [(await version_of(world, bank, number))[1] for number in ("S4", "M1")]
    async with world.browser(await an_author(world)) as browser:
        answers = [
            await browser.post(f"{bank}/review", data={"act": "export", "v": [str(one) for one in chosen]}),
            await browser.post(
                f"{bank}/review", data={"act": "export", "all": "1", "kind": "true_false", "upto": "999999"}
            ),
        ]
    rows = [openpyxl.load_workbook(io.BytesIO(one.content)).worksheets[0].max_row for one in answers]
    assert rows == [3, 4]


async def test_an_items_page_tells_its_versions_what_changed_and_where_it_is_used(world: World) -> None:
    author = await an_author(world)
    made = items()
    bank = await a_bank(world, author, made)
    await check_all(world, bank)
    exam = await world.exam(bank_id=id_of(bank))
    made[1] = replace(made[1], stem="单选第 1 题的题干改成什么？", valid_until=date(2026, 5, 31), source="《密码法》")
    async with world.browser(author) as browser:
        await commit(browser, await upload(browser, bank, a_workbook(made), "修改.xlsx"))
        item, _ = await version_of(world, bank, "S1")
        page = (await browser.get(f"{bank}/items/{item}")).text
        assert "现在发布题库，用的仍是第 1 版" in page
        assert re.search(r"<del>.{0,60}是.{0,20}</del><ins>.{0,60}改成", page)
        assert "修改.xlsx" in page
        assert f"考试 2026 {exam.title}" in page
        assert "发布的第 1 版" in page
        assert "到期" in page
        older = (await browser.get(f"{bank}/items/{item}?v=1")).text
        assert "您看的是第 1 版，最新的是第 2 版" in older
        assert "单选第 1 题的题干是什么？" in older
        assert (await browser.get(f"{bank}/items/{item}?v=99")).status_code == 200


async def test_the_bank_warns_of_items_that_end_before_the_exams_that_use_them(world: World) -> None:
    made = items()
    for n, day in enumerate((date(2026, 5, 31), date(2026, 12, 30), date(2026, 12, 31))):
        made[n] = replace(made[n], valid_until=day)
    exam = await world.exam(bank_id=await world.bank(made))
    async with world.browser(await an_author(world)) as browser:
        bank = (await browser.get("/author/banks/1")).text
        assert f"2 题在考试“2026 {exam.title}”结束（2026-12-31）以前到期（第 1 版）" in bank
        assert "到期" in (await browser.get("/author/banks/1?state=expired")).text
        assert "共 1 题" in (await browser.get("/author/banks/1?state=expired")).text
        release = (await browser.get("/author/banks/1/releases/1")).text
        assert "2 题在考试" in release
        assert "1 题已经到期，发布了也不会抽到" in (await browser.get("/author/banks/1/release")).text


async def test_a_release_is_shown_beside_the_one_before(world: World) -> None:
    author = await an_author(world)
    bank = await a_bank(world, author)
    await check_all(world, bank)
    async with world.browser(author) as browser:
        await browser.post(f"{bank}/release")
        made = items(7, 3, 3)
        made[0] = replace(made[0], stem="改过的题")
        await commit(browser, await upload(browser, bank, a_workbook(made)))
        assert "2 题是草稿" in (await browser.get(f"{bank}/release")).text
        await check_all(world, bank)
        _, gone = await version_of(world, bank, "J2")
        await review(browser, bank, "retired", gone)
        following = (await browser.get(f"{bank}/release?part=out")).text
        assert "现在发布，会有 12 题" in following
        assert "判断第 2 题" in following
        await browser.post(f"{bank}/release")
        changed = (await browser.get(f"{bank}/releases/2?part=changed")).text
        assert "与第 1 版相比" in changed
        assert "改过的题" in changed
        assert "1 → 2" in changed
        assert "单选第 6 题" in (await browser.get(f"{bank}/releases/2?part=added")).text
        assert "单选第 5 题" in (await browser.get(f"{bank}/releases/2?part=all")).text
        assert "改过的题" not in (await browser.get(f"{bank}/releases/1")).text


async def test_an_imports_items_are_listed_alone_and_submitted_at_once(world: World) -> None:
    author = await an_author(world)
    bank = await a_bank(world, author)
    async with world.browser(author) as browser:
        report = await commit(
            browser, await upload(browser, bank, a_workbook([*items(6, 3, 3), *items(8, 3, 3)[6:8]]))
        )
        listed = f"{bank}?batch=2"
        assert listed in (await browser.get(report)).text
        shown = (await browser.get(listed)).text
        assert "共 2 题" in shown
        assert "第 2 批导入" in shown
        done = await browser.post(
            f"{bank}/review", data={"act": "submitted", "all": "1", "batch": "2", "upto": upto_in(shown), "sure": "1"}
        )
        assert "batch=2" in str(done.headers["location"])
        assert "已提交审核 2 题" in await told(browser, done)
        for odd in ("x", "٣", "9" * 19, "-1"):
            assert "批导入" not in (await browser.get(bank, params={"batch": odd})).text
        assert "共 0 题" in (await browser.get(f"{bank}?batch=99")).text
    assert await states(world, bank) == {ItemState.DRAFT: 12, ItemState.WAITING: 2}


async def test_an_import_that_was_taken_back_is_marked_in_the_list(world: World) -> None:
    author = await an_author(world)
    bank = await a_bank(world, author)
    async with world.browser(author) as browser:
        assert "已撤销" not in (await browser.get(bank)).text
        await browser.post(f"{bank}/imports/1/undo")
        assert "已撤销" in (await browser.get(bank)).text
        assert f"{bank}?batch=1" not in (await browser.get(f"{bank}/imports/1")).text


async def test_a_topic_is_set_for_many_items_as_new_drafts_after_being_asked(world: World) -> None:
    author = await an_author(world)
    bank = await a_bank(world, author)
    await check_all(world, bank)
    item, version = await version_of(world, bank, "S0")
    _, other = await version_of(world, bank, "S1")
    async with world.browser(author) as browser:
        await review(browser, bank, "retired", other)
        fields = {"act": "topic", "v": [str(version), str(other)]}
        asked = await browser.post(f"{bank}/review", data=fields)
        assert "改知识点：1 题" in asked.text
        assert "1 题已经停用" in asked.text
        too_long = await browser.post(f"{bank}/review", data={**fields, "sure": "1", "value": "长" * 301})
        assert too_long.status_code == 422
        assert "最多 300 个字" in too_long.text
        assert (await version_of(world, bank, "S0"))[1] == version
        sent = {**fields, "sure": "1", "value": " 密码 /  签名", "note": "按新大纲"}
        page = await told(browser, await browser.post(f"{bank}/review", data=sent))
        assert "已改知识点 1 题" in page
        again = await told(browser, await browser.post(f"{bank}/review", data=sent))
        assert "没有可以改知识点的题" in again
        assert "1 题后来又改过" in again
        shown = (await browser.get(f"{bank}/items/{item}")).text
        assert "按新大纲" in shown
    assert await states(world, bank) == {ItemState.CHECKED: 10, ItemState.RETIRED: 1, ItemState.DRAFT: 1}
    async with world.services.database.reading() as tx:
        found = await item_lists.find_items(tx, id_of(bank), ItemFilter(topic="密码 / 签名"))
        [line, *_] = await audit.newest(tx, object_kind="bank", object_id=id_of(bank))
    assert [(one.external_no, one.version.no, one.checked_no) for one in found.items] == [("S0", 2, 1)]
    assert (line.act, line.person_id, line.facts["versions"]) == ("recast", author, 1)


async def test_a_difficulty_is_set_for_all_that_match_and_only_a_known_one(world: World) -> None:
    author = await an_author(world)
    bank = await a_bank(world, author)
    async with world.browser(author) as browser:
        upto = upto_in((await browser.get(bank)).text)
        fields = {"act": "difficulty", "all": "1", "kind": "true_false", "upto": upto}
        assert "改难度：3 题" in (await browser.post(f"{bank}/review", data=fields)).text
        assert (
            await browser.post(f"{bank}/review", data={**fields, "sure": "1", "value": "很难"})
        ).status_code == 422
        page = await told(browser, await browser.post(f"{bank}/review", data={**fields, "sure": "1", "value": "难"}))
        assert "已改难度 3 题" in page
        assert (
            await browser.post(f"{bank}/review", data={"act": "topic", "v": "999", "sure": "1"})
        ).status_code == 404
    async with world.services.database.reading() as tx:
        assert (await item_lists.find_items(tx, id_of(bank), ItemFilter(difficulty="难"))).total == 3
