"""A6 in a browser without JavaScript: draft, preview, second person, report; who may and who may not."""

import io
import re

import httpx2
import openpyxl

from examengine.grading.correction import FullMarks
from examengine.records import corrections, editing, statistics
from examengine.records.words import Role
from examengine.regrading.counting import SETTLED_MS
from tests.regrading.hall import Hall, a_hall
from tests.world import World


def form_of(hall: Hall, number: str, html: str, **fields: object) -> dict[str, object]:
    nonce = re.search(r'name="nonce" value="([^"]+)"', html)
    assert nonce is not None
    return {
        "exam": hall.exam.id,
        "version": hall.versions[number],
        "nonce": nonce.group(1),
        "reason": "录入时看错一行",
        "source": "条例第十二条",
        **fields,
    }


async def new_page(hall: Hall, browser: httpx2.AsyncClient, number: str) -> str:
    address = f"/author/corrections/new?exam={hall.exam.id}&version={hall.versions[number]}"
    shown = await browser.get(address)
    assert shown.status_code == 200, shown.text
    return shown.text


async def drafted(hall: Hall, browser: httpx2.AsyncClient, number: str, **fields: object) -> str:
    """Send the form; the address of the draft."""
    made = await browser.post(
        "/author/corrections", data=form_of(hall, number, await new_page(hall, browser, number), **fields)
    )
    assert made.status_code == 303, made.text
    return str(made.headers["location"])


def seen_in(html: str) -> dict[str, str]:
    seen = re.search(r'name="seen" value="(\d+)"', html)
    assert seen is not None
    return {"seen": seen.group(1), "decision": "approve"}


async def test_a_correction_from_the_form_to_the_candidates_page(world: World) -> None:
    hall = await a_hall(world)
    rose = await hall.sat("S1 S2 S3", {"S0": "乙"}, name="农建军")
    await hall.sat("S1 S2 S3", name="黄丽")
    async with world.browser(hall.author) as author, world.browser(hall.checker) as checker:
        address = await drafted(hall, author, "S0", action="new_key", key=hall.option("S0", "乙"), upwards="1")
        assert "正在计算影响" in (await author.get(address)).text
        await world.services.regrader.work_all(world.now_ms)
        shown = (await author.get(address)).text
        assert "影响已经算好" in shown
        assert "农建军" not in shown  # authors see no names
        assert re.search(r'<span class="num">1</span>人次由不及格变及格', shown)
        assert (await author.post(f"{address}/ask")).headers["location"] == f"{address}?done=asked"
        own = (await author.get(address)).text
        assert "批准，开始改分" not in own
        shown = (await checker.get(address)).text
        assert "农建军" in shown
        assert "450702********" in shown
        assert "52" in shown
        assert '<span class="count">1</span>' in shown
        done = await checker.post(f"{address}/decide", data=seen_in(shown))
        assert done.headers["location"] == f"{address}?done=approved"
        await hall.settled()
        assert "已全部完成" in (await checker.get(address)).text
        assert "52" in (await checker.get(address)).text
        listed = (await author.get("/author/corrections")).text
        assert "1 人变及格" in listed
    async with world.browser(rose.person_id) as candidate:
        result = (await candidate.get(f"/sittings/{rose.attempt_id}/result")).text
        position = next(
            no for no, item in enumerate((await world.paper(rose.attempt_id)).items, 1)
            if item.version_id == hall.versions["S0"]
        )  # fmt: skip
        assert f"2026-06-01 因第 {position} 题答案更正，成绩由 52 分改为 64 分，由不及格改为及格。" in result
        assert "选项乙" not in result
        mine = (await candidate.get("/my")).text
        assert "成绩由 52 分改为 64 分" in mine
        assert "已及格" in mine or "64" in mine


WRONG: tuple[tuple[str, dict[str, object], str], ...] = (
    ("S0", {}, "请选择怎样更正"),
    ("S0", {"action": "new_key"}, "请勾选正确的选项"),
    ("S0", {"action": "any_of"}, "请勾选两个以上的选项"),
    ("S0", {"action": "full_marks", "reason": ""}, "请写更正的理由"),
    ("S0", {"action": "full_marks", "source": " "}, "请写依据"),
    ("S0", {"action": "full_marks", "reason": "张三 450702198001010018"}, "不要写证件号"),
    ("M0", {"action": "any_of", "groups": "AC"}, "两组到 8 组"),
    ("M0", {"action": "any_of", "groups": "AC AE"}, "没有的选项 E"),
    ("S0", {"action": "erase"}, "请选择怎样更正"),
)


async def test_what_is_wrong_stands_beside_its_field(world: World) -> None:
    hall = await a_hall(world)
    async with world.browser(hall.author) as browser:
        pages = {number: await new_page(hall, browser, number) for number in ("S0", "M0")}
        for number, fields, told in WRONG:
            data = form_of(hall, number, pages[number], **fields)
            answer = await browser.post("/author/corrections", data=data)
            assert answer.status_code == 422
            assert answer.text.count(told) == 2, fields  # in the list at the top and at the field
        key = hall.option("S0", "甲")
        data = form_of(hall, "S0", pages["S0"], action="new_key", key=key)
        answer = await browser.post("/author/corrections", data=data)
        assert answer.status_code == 422
        assert "和现在的评分办法一样" in answer.text


async def test_a_form_sent_twice_is_one_draft_and_a_changed_one_another(world: World) -> None:
    hall = await a_hall(world)
    async with world.browser(hall.author) as browser:
        html = await new_page(hall, browser, "S0")
        sent = [
            await browser.post("/author/corrections", data=form_of(hall, "S0", html, action=action))
            for action in ("full_marks", "full_marks", "dropped")
        ]
        assert [one.status_code for one in sent] == [303] * 3
        first, second, third = [one.headers["location"] for one in sent]
        assert first == second != third
        await world.services.regrader.work_all(world.now_ms)
        for _ in range(2):
            assert (await browser.post(f"{first}/ask")).status_code == 303
        for _ in range(2):
            assert (await browser.post(f"{third}/drop")).headers["location"] == f"{third}?done=dropped"


async def test_an_approval_is_of_what_was_shown(world: World) -> None:
    """A second tab that still shows the first preview, and one that decides after another."""
    hall = await a_hall(world)
    async with world.browser(hall.author) as author, world.browser(hall.checker) as checker:
        address = await drafted(hall, author, "S0", action="full_marks")
        await world.services.regrader.work_all(world.now_ms)
        await author.post(f"{address}/ask")
        seen = seen_in((await checker.get(address)).text)
        world.clock.advance(60_000)
        await author.post(f"{address}/preview")
        await world.services.regrader.work_all(world.now_ms)
        late = await checker.post(f"{address}/decide", data=seen)
        assert late.status_code == 409
        assert "已经办过" in late.text
        await author.post(f"{address}/ask")
        stale = await checker.post(f"{address}/decide", data=seen)
        assert stale.status_code == 409
        assert "预览已经过时" in stale.text
        fresh = seen_in((await checker.get(address)).text)
        assert (await author.post(f"{address}/decide", data=fresh)).status_code == 409
        refused = await checker.post(f"{address}/decide", data={**fresh, "decision": "refuse"})
        assert refused.headers["location"] == f"{address}?done=refused"
        again = await checker.post(f"{address}/decide", data=fresh)
        assert again.status_code == 409
        assert "没有批准，成绩没有改动" in (await author.get(address)).text


async def test_only_authors_and_operators_see_corrections_and_statistics(world: World) -> None:
    hall = await a_hall(world)
    made = await hall.previewed("S0", FullMarks())
    item = f"exam={hall.exam.id}&version={hall.versions['S0']}"
    pages = (
        "/author/statistics",
        f"/author/statistics/{hall.exam.id}",
        f"/author/statistics/{hall.exam.id}/export.xlsx",
        "/author/corrections",
        "/author/corrections/choose",
        f"/author/corrections/new?{item}",
        f"/author/corrections/{made.id}",
    )
    acts = ("/author/corrections", *(f"{pages[-1]}/{act}" for act in ("ask", "decide", "drop", "preview", "version")))
    for person in (hall.author, hall.checker):
        async with world.browser(person) as browser:
            for address in pages:
                assert (await browser.get(address)).status_code == 200, address
    for role in (Role.CANDIDATE, Role.SUPPORT):
        async with world.browser(await world.person(role)) as browser:
            for address in pages:
                assert (await browser.get(address)).status_code == 403, (role, address)
            for address in acts:
                assert (await browser.post(address)).status_code == 403, (role, address)
    async with world.browser() as browser:
        assert (await browser.get("/author/corrections")).status_code == 303
        for address in acts:
            assert (await browser.post(address)).status_code == 401, address
    async with world.browser(hall.checker) as browser:
        assert (await browser.post(f"{pages[-1]}/version")).status_code == 403


MISSING = (
    "/author/statistics/999",
    "/author/statistics/x",
    "/author/statistics/{exam}/items/999999",
    "/author/statistics/999/export.xlsx",
    "/author/corrections/999",
    "/author/corrections/new?exam={exam}&version=999999",
    "/author/corrections/new?exam=x&version=1",
    "/author/corrections/new",
)


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    hall = await a_hall(world)
    async with world.browser(hall.author) as browser:
        for address in MISSING:
            assert (await browser.get(address.format(exam=hall.exam.id))).status_code == 404, address


async def test_a_question_is_found_by_number_by_words_and_from_a_paper(world: World) -> None:
    hall = await a_hall(world)
    who = await hall.sat("S1")
    async with world.browser(who.person_id) as candidate:
        html = (await candidate.get(f"/sittings/{who.attempt_id}/result")).text
    number = re.search(r'receipt-number">([^<]+)<', html)
    assert number is not None
    async with world.browser(hall.author) as browser:

        async def found(**asked: str) -> str:
            answer = await browser.get("/author/corrections/choose", params={"exam": str(hall.exam.id), **asked})
            return answer.text

        by_number = await found(q="S3")
        assert by_number.count("/author/corrections/new?") == 1
        assert "单选第 3 题" in by_number
        assert (await found(q="多选第")).count("/author/corrections/new?") == 2
        assert "没有这样的题" in await found(q="没有")
        of_paper = await found(receipt=number.group(1))
        assert of_paper.count("/author/corrections/new?") == 9
        assert "卷上题号" in of_paper
        assert "张三" not in of_paper
        assert "没有这个编号的回执" in await found(receipt="XXXX")


async def test_a_corrected_key_becomes_a_draft_of_the_item(world: World) -> None:
    hall = await a_hall(world)
    await hall.sat()
    made = await hall.executed("S0", hall.new_key("S0", "乙"))
    async with world.browser(hall.author) as browser:
        page = (await browser.get(f"/author/corrections/{made.id}")).text
        assert "在题库里改成新答案" in page
        for _ in range(2):
            done = await browser.post(f"/author/corrections/{made.id}/version")
            assert done.headers["location"].endswith("?done=version")
        assert "在题库里改成新答案" not in (await browser.get(f"/author/corrections/{made.id}")).text
    async with world.services.database.reading() as tx:
        known = await corrections.get_correction(tx, made.id)
        assert known.new_version_id is not None
        new = (await world.services.shelf.items(tx, [known.new_version_id]))[known.new_version_id]
        item_id = (await world.services.shelf.item_ids(tx, [known.version_id]))[known.version_id]
        release = await world.services.shelf.release(tx, hall.exam.release_id)
        newest = await editing.newest_of(tx, (await bank_of(world, hall))[0], item_id)
    assert new.key == frozenset(hall.option("S0", "乙"))
    assert (newest.version.no, newest.state, newest.by_person) == (2, "draft", hall.author)
    assert known.new_version_id not in {item.version_id for item in release.items}


async def bank_of(world: World, hall: Hall) -> tuple[int, str]:
    async with world.services.database.reading() as tx:
        found = await statistics.bank_of_exam(tx, hall.exam.id)
    assert found is not None
    return found


async def test_statistics_show_figures_plots_and_the_suspect_key(world: World) -> None:
    hall = await a_hall(world)
    for person in range(30):
        await hall.sat("S1 S2" if person < 10 else "", {"S0": "乙" if person >= 5 else "甲"})
    world.clock.advance(SETTLED_MS + 1)
    await world.services.counter.count_all(world.now_ms)
    async with world.browser(hall.author) as browser:
        bank = f"/author/banks/{(await bank_of(world, hall))[0]}"
        for address in ("/author/statistics", "/author/banks", bank):
            pushed = (await browser.get(address)).text
            assert "高分考生更多选 B" in pushed, address
            assert f"/author/corrections/new?exam={hall.exam.id}" in pushed, address
        exam = (await browser.get(f"/author/statistics/{hall.exam.id}")).text
        assert exam.count("<svg") == 3  # the histogram is drawn for a desk and for a phone
        assert exam.count('<tr class="is-suspect">') == 1
        assert "不足 50 份，不计算" in exam
        only = (await browser.get(f"/author/statistics/{hall.exam.id}?suspect=1&sort=-facility")).text
        assert only.count('<td class="stem-cell">') == 1
        assert 'aria-sort="descending"' in only
        item = (await browser.get(f"/author/statistics/{hall.exam.id}/items/{hall.versions['S0']}")).text
        assert "这道题的答案可疑" in item
        assert "现在的答案" in item
        assert item.count("<svg") == 1
        workbook = await browser.get(f"/author/statistics/{hall.exam.id}/export.xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(workbook.content)).active
        assert sheet is not None
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
        assert [str(cell.value) for cell in sheet[2]][:3] == ["S0", str(hall.versions["S0"]), "单选题"]
        await hall.executed("S0", hall.new_key("S0", "乙"))
        world.clock.advance(SETTLED_MS + 1)
        await world.services.counter.count_all(world.now_ms)
        assert "没有可疑的答案" in (await browser.get("/author/statistics")).text
        assert "更正已完成" in (await browser.get(f"/author/statistics/{hall.exam.id}")).text
