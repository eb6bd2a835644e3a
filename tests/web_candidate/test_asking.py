"""Asking for make-up study and exam on the page, and what the candidate sees of the answer."""

import asyncio
import re

import httpx2

from examengine.records import grant_requests
from examengine.records.words import Role
from tests.support.sitting import agent, exhausted, hidden
from tests.support.test_accommodations import given
from tests.support.test_grant_requests import grant, refuse, used_up
from tests.world import World, ms


async def page(browser: httpx2.AsyncClient, address: str) -> str:
    answer = await browser.get(address)
    assert answer.status_code == 200, answer.headers
    return answer.text


async def waiting(world: World) -> int:
    async with world.services.database.reading() as tx:
        return await grant_requests.count_waiting(tx)


async def test_from_the_list_to_the_queue_and_the_answer(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    address = f"/enrolments/{enrolment.id}/request"
    async with world.browser(person_id) as browser:
        mine = await page(browser, "/my")
        assert re.search(rf'href="{address}">申请补学补考', mine)
        assert "申请补学补考" in await page(browser, f"/enrolments/{enrolment.id}/why")
        form = await page(browser, address)
        for told in (
            "3 次，没有及格",
            "通常增加 1 次考试机会",
            "现在有客服在岗，到 12:00",
            "工作日 9:00–12:00，14:00–18:00",
        ):
            assert told in form, told
        done = await browser.post(address, data={"note": "家里停电"})
        assert done.headers["location"] == f"{address}?done=asked"
        queued = await page(browser, done.headers["location"])
        for told in ("BK-00001", "下一个就办理您的申请", "撤回申请"):
            assert told in queued, told
        assert "提交申请</button>" not in queued
        assert "补学补考申请 BK-00001 下一个办理。" in await page(browser, "/my")
        await grant(world, enrolment, await agent(world), answer="已核对身份，请月底前考完。")
        mine = await page(browser, "/my")
        assert "补学补考申请 BK-00001：已同意。已核对身份，请月底前考完。" in mine
        assert "去考试" in mine
        assert "已核对身份，请月底前考完。" in await page(browser, address)


async def test_clicks_at_once_and_a_second_tab_are_one_request(world: World) -> None:
    person_id, enrolment = await used_up(world)
    address = f"/enrolments/{enrolment.id}/request"
    async with world.browser(person_id) as browser, world.browser(person_id) as other_tab:
        told = await asyncio.gather(*(b.post(address, data={"note": ""}) for b in (browser, browser, other_tab)))
    assert {answer.headers["location"] for answer in told} == {f"{address}?done=asked"}
    assert await waiting(world) == 1


async def test_who_may_not_ask_is_told_why(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    address = f"/enrolments/{enrolment.id}/request"
    async with world.browser(person_id) as browser:
        assert "申请补学补考" not in await page(browser, "/my")
        for answer in (await browser.get(address), await browser.post(address, data={"note": ""})):
            assert answer.status_code == 303
        assert (await browser.get(address)).headers["location"] == f"/enrolments/{enrolment.id}/why"
    assert await waiting(world) == 0


async def test_the_page_is_the_candidates_own(world: World) -> None:
    _person, enrolment = await used_up(world)
    other, staff = await world.person(), await world.person(Role.SUPPORT)
    address = f"/enrolments/{enrolment.id}/request"
    for visitor, shown, taken in ((other, 404, 404), (None, 303, 401), (staff, 403, 403)):
        async with world.browser(visitor) as browser:
            assert (await browser.get(address)).status_code == shown
            for path in (address, f"{address}/withdraw"):
                assert (await browser.post(path, data={"request": "1"})).status_code == taken
    assert await waiting(world) == 0


async def test_too_many_words_are_told_beside_them_and_kept(world: World) -> None:
    person_id, enrolment = await used_up(world)
    async with world.browser(person_id) as browser:
        answer = await browser.post(f"/enrolments/{enrolment.id}/request", data={"note": "很" * 201})
    assert answer.status_code == 422
    assert "说明最多 200 个字" in answer.text
    assert "很" * 200 in answer.text
    assert await waiting(world) == 0


async def test_a_request_is_withdrawn_once_and_may_be_made_again(world: World) -> None:
    person_id, enrolment = await used_up(world)
    address = f"/enrolments/{enrolment.id}/request"
    async with world.browser(person_id) as browser:
        await browser.post(address, data={"note": ""})
        number = hidden(await page(browser, address), "request")
        for done in ("withdrawn", "answered"):
            told = await browser.post(f"{address}/withdraw", data={"request": number})
            assert told.headers["location"] == f"{address}?done={done}"
        for wrong in ("", "x", "999", "-1"):
            assert (await browser.post(f"{address}/withdraw", data={"request": wrong})).status_code == 404
        again = await page(browser, address)
        assert "再次申请" in again
        assert "已撤回" in again
        await browser.post(address, data={"note": ""})
        assert "BK-00002" in await page(browser, address)


async def test_a_refusal_is_shown_with_its_words_and_the_way_on(world: World) -> None:
    person_id, enrolment = await used_up(world)
    address = f"/enrolments/{enrolment.id}/request"
    async with world.browser(person_id) as browser:
        await browser.post(address, data={"note": ""})
        await refuse(world, 1, await agent(world), "请先学完 <b>全部</b> 课程。")
        assert "补学补考申请 BK-00001：没有同意。请先学完 &lt;b&gt;全部&lt;/b&gt; 课程。" in await page(
            browser, "/my"
        )
        shown = await page(browser, address)
        assert "请先学完 &lt;b&gt;全部&lt;/b&gt; 课程。" in shown
        assert "再次申请" in shown


async def test_outside_the_hours_the_page_says_when_somebody_is_there_again(world: World) -> None:
    person_id, enrolment = await used_up(world)
    world.clock.move_to(ms("2026-06-05T18:00:00+08:00"))
    async with world.browser(person_id) as browser:
        form = await page(browser, f"/enrolments/{enrolment.id}/request")
    assert "现在不是客服时间，下一次从 2026年6月8日 09:00 起。" in form


async def test_an_accommodation_is_told_before_the_start_and_counted_in(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    await given(world, person_id, breaks_minutes=10)
    async with world.browser(person_id) as browser:
        assert "延长 25%，另加休息 10 分钟" in await page(browser, "/my")
        contract = await page(browser, f"/enrolments/{enrolment.id}/contract")
    assert "延长 25%，另加休息 10 分钟" in contract
    assert "10:25" in contract
