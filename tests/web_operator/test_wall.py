"""O3: the live wall, its table, and what is done for those selected."""

import io
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from openpyxl import load_workbook

from examengine import live
from examengine.records import announcements, audit
from examengine.records.announcements import Announcement
from examengine.records.words import Role
from tests.monitoring.test_collector import a_collector
from tests.web_operator.steps import an_operator
from tests.world import World

MINUTE_MS = 60_000


@pytest_asyncio.fixture
async def browser(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator's."""
    async with world.browser(await an_operator(world)) as client:
        yield client


async def collected(world: World, after_ms: int = 0) -> None:
    world.clock.move_to(world.now_ms + after_ms)
    assert await a_collector(world).collect()


def tiles(html: str) -> dict[str, str]:
    """The six numbers by their names."""
    found = re.findall(r'<span class="wall-label">([^<]+).*?<strong class="num">([^<]+)</strong>', html)
    return {label.strip(): value for label, value in found}


def names(html: str) -> list[str]:
    return re.findall(r'name="enrolment" value="\d+" id="[^"]+" aria-label="(\S+) ', html)


async def announced(world: World) -> tuple[Announcement, ...]:
    async with world.services.database.reading() as tx:
        return await announcements.in_force(tx, world.now_ms)


async def test_before_anything_was_collected_the_wall_says_so(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/operator/wall")
    assert answer.status_code == 200
    assert "还没有监控数据" in answer.text


async def test_the_wall_shows_states_now(world: World, browser: httpx2.AsyncClient) -> None:
    await world.a_candidate_in_an_exam()
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    [exam] = world.exams.values()
    await world.crowd(exam, 3)
    world.clock.move_to(world.now_ms + MINUTE_MS + 6_000)
    await world.pen(attempt_id, person_id)
    await world.services.publisher.publish()
    await collected(world)
    shown = tiles((await browser.get("/operator/wall")).text)
    wanted = {"未进入": "3", "作答中": "1", "断线超过 60 秒": "1", "异常": "0", "今日已交卷": "0", "未确认答案": "0"}
    assert shown == wanted
    elsewhere = tiles((await browser.get("/operator/wall?region=450103")).text)
    assert elsewhere["作答中"] == elsewhere["未进入"] == "0"
    assert tiles((await browser.get(f"/operator/wall?exam={exam.id}&region=450702")).text) == wanted


async def test_a_wall_whose_collector_has_gone_says_since_when(world: World, browser: httpx2.AsyncClient) -> None:
    await collected(world)
    assert "监控数据停在" not in (await browser.get("/operator/wall")).text
    world.clock.move_to(world.now_ms + 31_000)
    assert "监控数据停在 09:00:00" in (await browser.get("/operator/wall")).text


async def test_htmx_gets_the_part_that_changes(world: World, browser: httpx2.AsyncClient) -> None:
    await collected(world)
    for address in ("/operator/wall?figures=1", "/operator/wall/table?state=live"):
        part = (await browser.get(address, headers={"hx-request": "true"})).text
        assert part.lstrip().startswith('<div id="wall"')
        assert f'hx-get="{address}"' in part.replace("&amp;", "&")


@pytest.mark.parametrize("state", ["silent", "live"])
async def test_the_table_lists_people_in_a_state(world: World, browser: httpx2.AsyncClient, state: str) -> None:
    await world.a_candidate_in_an_exam()
    await collected(world)
    await collected(world, MINUTE_MS + 5_000)
    html = (await browser.get(f"/operator/wall/table?state={state}")).text
    assert names(html) == ["张三"]
    assert "断线 1 分 5 秒" in html
    assert not re.search(r"450702\d", html), "no document number but its end"
    assert names((await browser.get(f"/operator/wall/table?state={state}&unit=%E5%88%AB%E5%A4%84")).text) == []
    assert names((await browser.get(f"/operator/wall/table?state={state}&region=450702")).text) == ["张三"]


async def test_who_handed_in_and_who_has_not_come_are_listed(world: World, browser: httpx2.AsyncClient) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.services.finisher.by_page(pen, live.CloseReason.HAND_IN, world.now_ms)
    [exam] = world.exams.values()
    await world.crowd(exam, 2)
    await collected(world)
    assert "已交卷" in (await browser.get("/operator/wall/table?state=ended")).text
    assert names((await browser.get("/operator/wall/table?state=ended")).text) == ["张三"]
    assert names((await browser.get("/operator/wall/table?state=absent")).text) == ["考生", "考生"]
    assert names((await browser.get("/operator/wall/table?state=live")).text) == []


@pytest.mark.parametrize("state", ["absent", "live", "ended", "silent"])
async def test_pages_of_the_table_follow_each_other(
    world: World, browser: httpx2.AsyncClient, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examengine.web.operator.wall_people.PAGE", 2)
    exam = await world.exam()
    made = await world.crowd(exam, 5)
    if state != "absent":
        for no, enrolment in enumerate(made):
            attempt_id = await world.started(enrolment, nonce=str(no))
            if state == "ended":
                pen = await world.pen(attempt_id, enrolment.person_id)
                await world.services.finisher.by_page(pen, live.CloseReason.HAND_IN, world.now_ms + no % 2)
    await collected(world)
    await collected(world, MINUTE_MS + 5_000)
    seen: list[str] = []
    address = f"/operator/wall/table?state={state}"
    for _page in range(3):
        html = (await browser.get(address)).text
        seen += re.findall(r'name="enrolment" value="(\d+)"', html)
        following = re.search(r'href="([^"]+)" rel="next"', html)
        address = following[1].replace("&amp;", "&") if following else ""
    assert address == ""
    assert sorted(seen, key=int) == [str(enrolment.id) for enrolment in made]


async def test_opening_the_table_is_logged_and_its_refreshing_is_not(
    world: World, browser: httpx2.AsyncClient
) -> None:
    await world.a_candidate_in_an_exam()
    await browser.get("/operator/wall/table?state=live")
    await browser.get("/operator/wall/table?state=live", headers={"hx-request": "true"})
    async with world.services.database.reading() as tx:
        lines = [line for line in await audit.newest(tx, object_kind="wall") if line.act == "view_wall"]
    assert [line.facts for line in lines] == [{"state": "live", "people": 1, "exam": None}]


async def test_a_message_reaches_each_of_those_selected_once(world: World, browser: httpx2.AsyncClient) -> None:
    exam = await world.exam()
    first, second, _third = await world.crowd(exam, 3)
    keys = [str(first.id), str(second.id)]
    html = (await browser.get("/operator/wall/selected", params={"enrolment": keys})).text
    nonce = re.search(r'name="nonce" value="([^"]+)"', html)
    assert nonce is not None
    form = {"enrolment": keys, "nonce": nonce[1], "text": "考场网络正在恢复，请不要关闭页面", "reason": "线路故障"}
    for _click in range(2):
        answer = await browser.post("/operator/wall/message", data=form)
        assert answer.status_code == 303
    assert "消息已发出" in (await browser.get(answer.headers["location"])).text
    assert {row.person_id for row in await announced(world)} == {first.person_id, second.person_id}
    assert len(await announced(world)) == 2


async def test_a_message_without_words_or_reason_says_what_is_missing(
    world: World, browser: httpx2.AsyncClient
) -> None:
    exam = await world.exam()
    [enrolment] = await world.crowd(exam, 1)
    form = {"enrolment": str(enrolment.id), "nonce": "n" * 20, "text": "长" * 201, "reason": ""}
    answer = await browser.post("/operator/wall/message", data=form)
    assert answer.status_code == 422
    assert "最多 200 个字，现在有 201 个字" in answer.text
    assert "请填写为什么发这条消息" in answer.text
    assert "长" * 201 in answer.text, "what was typed stays"
    assert await announced(world) == ()


async def test_those_selected_are_exported_as_text_and_it_is_logged(
    world: World, browser: httpx2.AsyncClient
) -> None:
    enrolment = await world.enrolled(await world.exam(), await world.person(name="=1+1"))
    refused = await browser.post("/operator/wall/export", data={"enrolment": str(enrolment.id)})
    assert refused.status_code == 422
    assert "请选择用途" in refused.text
    answer = await browser.post("/operator/wall/export", data={"enrolment": str(enrolment.id), "purpose": "incident"})
    assert answer.status_code == 200
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[1][0] == "=1+1"
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value)
    async with world.services.database.reading() as tx:
        [line] = [line for line in await audit.newest(tx, object_kind="wall") if line.act == "export_wall"]
    assert line.facts == {"purpose": "incident", "enrolments": [enrolment.id]}


async def test_whoever_is_at_the_desk_too_finds_its_acts(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    address = f"/operator/wall/selected?enrolment={enrolment.id}&back=//evil.example"
    links = (f"/support/people/{person_id}", f"/support/attempts/{attempt_id}/extra-time")
    for roles, is_there in (((Role.OPERATOR, Role.SUPPORT), True), ((Role.OPERATOR,), False)):
        async with world.browser(await world.person(*roles)) as browser:
            html = (await browser.get(address)).text
            assert [f'href="{link}"' in html for link in links] == [is_there, is_there]
            assert "evil" not in html


async def test_nonsense_in_the_address_narrows_nothing(world: World, browser: httpx2.AsyncClient) -> None:
    await world.a_candidate_in_an_exam()
    await collected(world)
    for query in ("exam=x&region=%27", "state=nonsense&after=%2D1", "state=ended&after=a-b", "exam=" + "9" * 30):
        assert (await browser.get(f"/operator/wall/table?{query}")).status_code == 200
        assert (await browser.get(f"/operator/wall?{query}")).status_code == 200
    html = (await browser.get("/operator/wall/selected?enrolment=x&enrolment=999")).text
    assert "没有选中考生" in html
