"""Waiting one's turn before a start, over HTTP."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from examengine.live.admission import EXPIRES_MS, VALID_MS, Queue
from examengine.records.enrolments import Enrolment
from tests.faults import sql_away
from tests.web_candidate.exam_page import opened, text_of
from tests.web_candidate.test_start import attempts_of, confirm, contract_page
from tests.world import World, ms

SECOND_MS = 1_000
MINUTE_MS = 60_000
JSON = {"accept": "application/json"}
LET_FINISH = {"window.end_policy": "let_finish"}
CLOSES_MS = ms("2027-01-01T00:00:00+08:00")


class Crowd:
    """Candidates of one exam, each with a browser; so many are let in a second."""

    def __init__(self, world: World, opened: AsyncExitStack) -> None:
        self.world = world
        self._opened = opened

    async def candidates(self, count: int, override: dict[str, Any] | None = None) -> list[Enrolment]:
        exam = await self.world.exam(override)
        return [await self.world.enrolled(exam, await self.world.person()) for _ in range(count)]

    def let_in(self, a_second: float) -> Queue:
        queue = Queue(self.world.services.calls, "start", a_second, clamp_ms=-1)
        object.__setattr__(self.world.services, "starts", queue)
        return queue

    async def browser(self, enrolment: Enrolment | None = None) -> httpx2.AsyncClient:
        return await self._opened.enter_async_context(self.world.browser(enrolment and enrolment.person_id))

    async def sent(self, enrolment: Enrolment, **fields: str | None) -> tuple[httpx2.AsyncClient, str]:
        """A candidate has confirmed: his browser, and where he is sent."""
        browser = await self.browser(enrolment)
        answer = await confirm(browser, enrolment, await contract_page(browser, enrolment), **fields)
        assert answer.status_code == 303, text_of(answer.text)
        return browser, answer.headers["location"]

    def pass_by(self, span_ms: int) -> None:
        self.world.clock.move_to(self.world.now_ms + span_ms)


@pytest_asyncio.fixture
async def crowd(world: World) -> AsyncIterator[Crowd]:
    async with AsyncExitStack() as stack:
        yield Crowd(world, stack)


async def asked(browser: httpx2.AsyncClient, address: str) -> dict[str, Any]:
    """What the page's script is told."""
    answer = await browser.get(address, headers=JSON)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


async def gone(browser: httpx2.AsyncClient, address: str, enrolment: Enrolment) -> str:
    """Where the form of the waiting page leads."""
    page = (await browser.get(address)).text
    assert "轮到您了" in text_of(page)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    return str((await browser.post(f"/enrolments/{enrolment.id}/start", data=fields)).headers["location"])


async def test_a_start_that_is_not_let_in_waits_and_begins_with_its_whole_time(crowd: Crowd) -> None:
    first, second = await crowd.candidates(2)
    crowd.let_in(1)
    _, at_once = await crowd.sent(first)
    assert at_once.startswith("/sittings/")
    browser, address = await crowd.sent(second)
    assert address.startswith(f"/enrolments/{second.id}/waiting?")
    page = await browser.get(address)
    told = text_of(page.text)
    assert "当前人数较多" in told
    assert "下一位就是您" in told
    assert "不占用考试时间" in told
    assert page.headers["retry-after"] in {"1", "2"}
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+;url=/enrolments/', page.text)
    assert await attempts_of(crowd.world, second) == []
    crowd.pass_by(40 * SECOND_MS)
    place = await gone(browser, address, second)
    [attempt_id] = await attempts_of(crowd.world, second)
    assert place == f"/sittings/{attempt_id}"
    assert (await opened(browser, attempt_id)).left_ms == 60 * MINUTE_MS


async def test_who_waits_asks_nothing_of_the_record(crowd: Crowd) -> None:
    first, second = await crowd.candidates(2)
    crowd.let_in(1)
    await crowd.sent(first)
    browser, address = await crowd.sent(second)
    async with sql_away(crowd.world.services.database):
        assert (await asked(browser, address))["word"] == "wait"
        assert "预计等待不到 10 秒" in text_of((await browser.get(address)).text)


async def test_reload_another_tab_and_another_confirm_are_one_place(crowd: Crowd) -> None:
    first, second, third = await crowd.candidates(3)
    crowd.let_in(0.01)
    await crowd.sent(first)
    browser, address = await crowd.sent(second)
    behind_browser, behind = await crowd.sent(third)
    again, other = await crowd.sent(second)
    tabs = [await asked(one, where) for one in (browser, again) for where in (address, other)]
    assert {(tab["word"], tab["before"], tab["note"]) for tab in tabs} == {("wait", "下一位就是您", "")}
    assert (await asked(behind_browser, behind))["before"] == "您前面还有 1 人"


async def test_who_has_an_attempt_running_is_not_kept_waiting(crowd: Crowd) -> None:
    first, second = await crowd.candidates(2)
    browser = await crowd.browser(first)
    page, older = await contract_page(browser, first), await contract_page(browser, first)
    crowd.let_in(0.01)
    started = (await confirm(browser, first, page)).headers["location"]
    crowd.let_in(0.0001)
    await crowd.sent(second)
    assert (await confirm(browser, first, page)).headers["location"] == started
    back = (await confirm(browser, first, older)).headers["location"]
    assert (await browser.get(back)).headers["location"] == started
    crowd.pass_by(VALID_MS - EXPIRES_MS)
    await crowd.sent(second)
    crowd.pass_by(EXPIRES_MS)
    late = (await confirm(browser, first, page)).headers["location"]
    assert "/waiting?" in late, "so late a form is not sent again by itself"
    told = await asked(browser, late)
    assert told["word"] == "wait"
    assert await asked(browser, told["href"]) == {"word": "go", "href": started}
    assert len(await attempts_of(crowd.world, first)) == 1


async def test_a_place_given_up_is_said_and_taken_anew(crowd: Crowd) -> None:
    first, second, third = await crowd.candidates(3)
    crowd.let_in(0.001)
    await crowd.sent(first)
    browser, address = await crowd.sent(second)
    kept = (await asked(browser, address))["href"]
    crowd.pass_by(EXPIRES_MS - 1)
    await crowd.sent(third)
    assert (await asked(browser, kept))["note"] == ""
    crowd.pass_by(EXPIRES_MS)
    lost = await asked(browser, kept)
    assert (lost["word"], "重新排队" in lost["note"]) == ("wait", True)
    assert (await asked(browser, lost["href"]))["note"] == ""


async def test_a_wait_that_becomes_longer_is_said_once(crowd: Crowd) -> None:
    first, second = await crowd.candidates(2)
    crowd.let_in(0.1)
    await crowd.sent(first)
    browser, address = await crowd.sent(second)
    crowd.let_in(0.02)
    slower = await asked(browser, address)
    assert "多等一会儿" in slower["note"]
    assert (await asked(browser, slower["href"]))["note"] == ""


async def test_the_page_is_for_whom_the_contract_was_shown_to(crowd: Crowd) -> None:
    first, second = await crowd.candidates(2)
    crowd.let_in(0.01)
    other, _ = await crowd.sent(first)
    browser, address = await crowd.sent(second)
    contract = f"/enrolments/{second.id}/contract"
    assert (await (await crowd.browser()).get(address)).headers["location"] == "/login?next=/my"
    assert (await other.get(address)).headers["location"] == contract
    assert (await browser.get(address.replace("intent=", "intent=x"))).headers["location"] == contract
    assert await asked(browser, address.replace("intent=", "intent=x")) == {"word": "go", "href": contract}


async def test_who_must_consent_to_less_time_is_asked_and_told_that_the_wait_costs_it(crowd: Crowd) -> None:
    first, second = await crowd.candidates(2)
    crowd.world.clock.move_to(CLOSES_MS - 30 * MINUTE_MS)
    crowd.let_in(0.01)
    await crowd.sent(first, short="1")
    browser, address = await crowd.sent(second)
    again = (await asked(browser, address))["href"]
    assert await asked(browser, again) == {"word": "go", "href": f"/enrolments/{second.id}/contract"}
    _, waits = await crowd.sent(second, short="1")
    told = text_of((await browser.get(waits)).text)
    assert "剩余时间在减少" in told
    assert "不占用考试时间" not in told


@pytest.mark.parametrize(("before_ms", "starts"), [(1, True), (0, False), (-1, False)])
async def test_a_place_taken_before_the_window_closed_is_honoured_where_attempts_may_finish(
    crowd: Crowd, before_ms: int, starts: bool
) -> None:
    first, second = await crowd.candidates(2, LET_FINISH)
    crowd.world.clock.move_to(CLOSES_MS - MINUTE_MS)
    browser = await crowd.browser(second)
    page = await contract_page(browser, second)
    queue = crowd.let_in(0.1)
    await crowd.sent(first)
    crowd.world.clock.move_to(CLOSES_MS - before_ms)
    await queue.ask("one more", crowd.world.now_ms)
    waits = (await confirm(browser, second, page)).headers["location"]
    again = (await asked(browser, waits))["href"]
    told = await asked(browser, again)
    if not starts:
        assert told == {"word": "go", "href": f"/enrolments/{second.id}/contract"}
        return
    assert told["word"] == "wait"
    crowd.world.clock.move_to(CLOSES_MS + 20 * SECOND_MS)
    place = await gone(browser, waits, second)
    [attempt_id] = await attempts_of(crowd.world, second)
    assert place == f"/sittings/{attempt_id}"
    assert (await opened(browser, attempt_id)).left_ms == 60 * MINUTE_MS


async def test_where_the_windows_end_cuts_nobody_starts_an_attempt_without_time(crowd: Crowd) -> None:
    first, second = await crowd.candidates(2)
    crowd.world.clock.move_to(CLOSES_MS - 10 * SECOND_MS)
    crowd.let_in(0.1)
    await crowd.sent(first, short="1")
    browser, address = await crowd.sent(second, short="1")
    crowd.world.clock.move_to(CLOSES_MS)
    assert await gone(browser, address, second) == f"/enrolments/{second.id}/contract"
    assert await attempts_of(crowd.world, second) == []
