"""Incidents and announcements as operators meet them: forms, buttons, what is said."""

import re

import httpx2
import pytest

from examengine.records.words import Role
from examengine.web.operator.incident_form import local_instant, local_text
from tests.incidents.outage import Room, a_room, after_an_outage, one_lost
from tests.support.sitting import hidden
from tests.world import World

ZONE = "Asia/Shanghai"


def form_of(room: Room, **changed: str) -> dict[str, str]:
    """The form of the room's outage, as a browser sends it."""
    filled = {
        "source": "deaf",
        "begins": local_text(room.began_ms, ZONE),
        "ends": local_text(room.ended_ms, ZONE),
        "exam": str(room.exam.id),
        "region": "",
        "unit": "",
        "reason": "机房交换机故障",
        "ticket": "KF-1",
        "notice": "系统出现故障，耽误的时间会自动补回。",
        "minutes": "1",
        "attempts": "1",
        "absent_too": "1",
        "least": "30",
        "least_attempt": "60",
        "round_min": "1",
        "nonce": "n",
    }
    return {name: value for name, value in (filled | changed).items() if value or name not in {"minutes", "attempts"}}


async def opened(world: World, room: Room, browser: httpx2.AsyncClient, **changed: str) -> str:
    """Open an incident and let it be counted; its address."""
    made = await browser.post("/operator/incidents/new", data=form_of(room, **changed))
    assert made.status_code == 303, made.text
    await world.services.compensator.work_all(world.now_ms)
    return str(made.headers["location"]).partition("?")[0]


async def test_from_the_form_to_the_report(world: World) -> None:
    room = await after_an_outage(world)
    async with world.browser(room.first) as first, world.browser(room.second) as second:
        address = await opened(world, room, first)
        draft = (await first.get(address)).text
        assert "人补时间" in draft
        assert re.search(r'class="num">2</span>人补时间', draft)
        assert "450702" in draft  # masked, with its region in front
        assert "450702198001010" not in draft
        assert (await first.post(f"{address}/ask")).status_code == 303
        asked = (await second.get(address)).text
        assert "批准，开始补偿" in asked
        assert "批准，开始补偿" not in (await first.get(address)).text
        decision = {"decision": "approve", "seen": hidden_seen(asked)}
        assert (await first.post(f"{address}/decide", data=decision)).status_code == 409
        for _twice in range(2):
            assert (await second.post(f"{address}/decide", data=decision)).status_code == 303
        await world.services.compensator.work_all(world.now_ms)
        done = (await second.get(address)).text
        report = await second.get(f"{address}/report")
    assert "补偿已经全部登记" in done
    assert "已登记" in done
    assert report.status_code == 200
    assert "周敏" in report.text
    assert "林秀兰" in report.text


def hidden_seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    return found[1]


WRONG = (
    ({"begins": ""}, "请写开始时间"),
    ({"begins": "2026-06-31T10:00:00"}, "请写开始时间"),
    ({"ends": "2026-06-01T09:10:00"}, "结束时间要晚于开始时间"),
    ({"ends": "2026-06-01T12:00:00"}, "结束时间还没有到"),
    ({"begins": "2026-05-31T08:00:00"}, "一次最多 24 小时"),
    ({"exam": "999"}, "没有这场考试"),
    ({"region": "45"}, "请写 6 位行政区划代码"),
    ({"reason": " "}, "请写说明"),
    ({"ticket": ""}, "请写工单号"),
    ({"ticket": "450702198001010018"}, "工单号不能是证件号"),
    ({"least": "0"}, "请写 1 到 86400 的整数"),
    ({"least_attempt": "很多"}, "请写 1 到 86400 的整数"),
    ({"round_min": "7"}, "请选择"),
    ({"minutes": "", "attempts": ""}, "至少选一项"),
    ({"notice": "字" * 201}, "公告最多 200 个字"),
)


async def test_a_form_that_is_wrong_says_where_and_keeps_what_was_typed(world: World) -> None:
    room = await a_room(world)
    world.clock.move_to(room.ended_ms + 60_000)
    async with world.browser(room.first) as browser:
        for changed, told in WRONG:
            answer = await browser.post("/operator/incidents/new", data=form_of(room, **changed))
            assert answer.status_code == 422, changed
            assert told in answer.text, changed
            assert 'value="KF-1"' in answer.text or "ticket" in changed, changed


async def test_taking_back_is_asked_with_a_reason_and_approved_by_another(world: World) -> None:
    room = await one_lost(world)
    known = await room.opened()
    await room.approved(known)
    address = f"/operator/incidents/{known.id}"
    async with world.browser(room.first) as first, world.browser(room.second) as second:
        assert (await first.post(f"{address}/undo", data={"undo_reason": ""})).status_code == 422
        assert (await first.post(f"{address}/undo", data={"undo_reason": "填错了"})).status_code == 303
        assert "undo/decide" not in (await first.get(address)).text
        assert "填错了" in (await second.get(address)).text
        for _twice in range(2):
            told = await second.post(f"{address}/undo/decide", data={"decision": "approve"})
            assert told.status_code == 303
        await world.services.compensator.work_all(world.now_ms)
        assert "已撤销" in (await second.get(address)).text


async def test_what_was_noticed_leads_to_a_filled_form(world: World) -> None:
    room = await a_room(world)
    async with world.browser(room.first) as browser:
        world.clock.move_to(room.ended_ms + 60_000)
        begins, ends = local_text(room.began_ms, ZONE), local_text(room.ended_ms, ZONE)
        form = (await browser.get(f"/operator/incidents/new?source=deaf&from={begins}&until={ends}")).text
        empty = (await browser.get("/operator/incidents")).text

    assert f'value="{begins}"' in form
    assert hidden(form, "source") == "deaf"
    assert "09:10 至 09:22 系统出现故障" in form
    assert "最近 24 小时没有发现故障" in empty


async def test_announcing_and_taking_back(world: World) -> None:
    operator = await world.person(Role.OPERATOR, name="周敏")
    candidate = await world.person()
    address = "/operator/announcements"
    form = {"text": "系统已\r\n恢复", "duration": "4", "reason": "故障结束", "nonce": "n"}
    async with world.browser(operator) as browser, world.browser(candidate) as reader:
        wrong = await browser.post(address, data={"text": "", "duration": "9", "region": "x"})
        assert wrong.status_code == 422
        for told in ("请写公告的内容", "请选择显示多久", "请写 6 位行政区划代码", "请写为什么发"):
            assert told in wrong.text
        for _twice in range(2):
            assert (await browser.post(address, data=form)).status_code == 303
        shown = (await browser.get(address)).text
        assert shown.count("系统已 恢复</p>") == 1
        assert "系统已 恢复" in (await reader.get("/my")).text
        number = re.search(r"announcements/(\d+)/withdraw", shown)
        assert number is not None
        assert (await browser.post(f"{address}/{number[1]}/withdraw")).status_code == 303
        assert (await browser.post(f"{address}/999/withdraw")).status_code == 404
        assert "系统已 恢复" not in (await reader.get("/my")).text
        assert "已收回" in (await browser.get(address)).text


async def test_these_pages_are_for_operators(world: World) -> None:
    room = await one_lost(world)
    known = await room.opened()
    pages = (
        "/operator/incidents",
        "/operator/incidents/new",
        "/operator/announcements",
        f"/operator/incidents/{known.id}",
    )
    acts = [
        f"/operator/incidents/{known.id}/{act}" for act in ("adjust", "ask", "decide", "drop", "undo", "undo/decide")
    ]
    for role in (Role.CANDIDATE, Role.SUPPORT, Role.AUTHOR):
        async with world.browser(await world.person(role)) as browser:
            for address in pages:
                assert (await browser.get(address)).status_code == 403, (role, address)
            for address in (*acts, "/operator/announcements", "/operator/incidents/new"):
                assert (await browser.post(address)).status_code == 403, (role, address)
    async with world.browser(room.first) as browser:
        assert (await browser.get(f"/operator/incidents/{known.id}/report")).status_code == 404
        assert (await browser.get("/operator/incidents/999")).status_code == 404


@pytest.mark.parametrize("text", ["", "2026", "2026-06-01T10:00:00+08:00", "1999-06-01T10:00:00", "x" * 90])
def test_what_is_no_local_time_is_none(text: str) -> None:
    assert local_instant(text, ZONE) is None
