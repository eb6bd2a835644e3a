"""The contract page and the start over HTTP."""

import asyncio
from typing import Any

import httpx2
import pytest

from examengine.records.enrolments import Enrolment
from examengine.records.history import load_history
from examengine.records.words import Role
from examengine.web.tokens import Intent
from tests.faults import Line, sql_away
from tests.web_candidate.exam_page import opened, text_of, value_of
from tests.world import World, ms

MINUTE_MS = 60_000
WINDOW_CLOSES_MS = ms("2027-01-01T00:00:00+08:00")


async def a_candidate(world: World, override: dict[str, Any] | None = None) -> Enrolment:
    return await world.enrolled(await world.exam(override), await world.person())


async def contract_page(browser: httpx2.AsyncClient, enrolment: Enrolment) -> str:
    response = await browser.get(f"/enrolments/{enrolment.id}/contract")
    assert response.status_code == 200, response.headers.get("location")
    return response.text


async def confirm(
    browser: httpx2.AsyncClient, enrolment: Enrolment, page: str, **changes: str | None
) -> httpx2.Response:
    fields = {"t": value_of(page, "t"), "intent": value_of(page, "intent"), "honest": "1", **changes}
    sent = {name: value for name, value in fields.items() if value is not None}
    return await browser.post(f"/enrolments/{enrolment.id}/start", data=sent)


async def attempts_of(world: World, enrolment: Enrolment) -> list[int]:
    async with world.services.database.reading() as tx:
        return [attempt.id for attempt in (await load_history(tx, enrolment.id)).attempts]


async def test_a_candidate_reads_the_contract_and_starts(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        told = text_of(page)
        assert "第 1 次，共 3 次" in told
        assert "60 分钟" in told
        assert "10:00" in told
        started = await confirm(browser, enrolment, page)
        [attempt_id] = await attempts_of(world, enrolment)
        assert (started.status_code, started.headers["location"]) == (303, f"/sittings/{attempt_id}")
        exam = await opened(browser, attempt_id)
        assert exam.left_ms == 60 * MINUTE_MS
        assert len(exam.options) == 50


async def test_a_confirm_sent_twice_or_twice_at_once_leads_to_one_attempt(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        both = await asyncio.gather(*(confirm(browser, enrolment, page) for _ in range(3)))
        both.append(await confirm(browser, enrolment, page))
        [attempt_id] = await attempts_of(world, enrolment)
        assert {answer.headers["location"] for answer in both} == {f"/sittings/{attempt_id}"}


async def test_two_confirm_pages_sent_at_once_lead_to_one_attempt(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        pages = [await contract_page(browser, enrolment) for _ in range(3)]
        both = await asyncio.gather(*(confirm(browser, enrolment, page) for page in pages))
        [attempt_id] = await attempts_of(world, enrolment)
        assert [answer.status_code for answer in both] == [303] * 3
        followed = [await browser.get(answer.headers["location"], follow_redirects=True) for answer in both]
        assert {answer.url.path for answer in followed} == {f"/sittings/{attempt_id}"}


async def test_a_repeated_confirm_after_the_end_leads_to_that_attempts_result(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        await confirm(browser, enrolment, page)
        [attempt_id] = await attempts_of(world, enrolment)
        await (await opened(browser, attempt_id)).hand_in()
        again = await confirm(browser, enrolment, page)
        assert again.headers["location"] == f"/sittings/{attempt_id}"
        shown = await browser.get(again.headers["location"], follow_redirects=True)
        assert shown.url.path == f"/sittings/{attempt_id}/result"
        assert await attempts_of(world, enrolment) == [attempt_id]


async def test_a_repeated_confirm_is_recognised_also_where_a_new_start_would_be_cut(world: World) -> None:
    """The first page asked for no second consent, so its repetition carries none."""
    world.clock.move_to(WINDOW_CLOSES_MS - 61 * MINUTE_MS)
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        await confirm(browser, enrolment, page)
        [attempt_id] = await attempts_of(world, enrolment)
        await (await opened(browser, attempt_id)).hand_in()
        world.clock.advance(5 * MINUTE_MS)
        again = await confirm(browser, enrolment, page)
        assert (again.status_code, again.headers["location"]) == (303, f"/sittings/{attempt_id}")


async def test_nothing_starts_without_the_undertaking(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        refused = await confirm(browser, enrolment, page, honest=None)
        assert refused.status_code == 422
        assert "诚信承诺" in refused.text
        assert await attempts_of(world, enrolment) == []


async def test_a_time_that_is_cut_needs_its_own_consent(world: World) -> None:
    world.clock.move_to(WINDOW_CLOSES_MS - 30 * MINUTE_MS)
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        assert "只有 30 分钟" in text_of(page)
        refused = await confirm(browser, enrolment, page)
        assert refused.status_code == 422
        assert await attempts_of(world, enrolment) == []
        started = await confirm(browser, enrolment, page, short="1")
        [attempt_id] = await attempts_of(world, enrolment)
        assert started.headers["location"] == f"/sittings/{attempt_id}"
        exam = await opened(browser, attempt_id)
        assert exam.deadline_ms == WINDOW_CLOSES_MS
        assert "考试开放期结束" in exam.html


async def test_a_page_that_was_read_before_the_time_was_cut_is_shown_anew(world: World) -> None:
    world.clock.move_to(WINDOW_CLOSES_MS - 60 * MINUTE_MS)
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        assert 'name="short"' not in page
        world.clock.advance(1)
        refused = await confirm(browser, enrolment, page)
        assert refused.status_code == 422
        assert 'name="short"' in refused.text
        assert await attempts_of(world, enrolment) == []


async def test_an_intent_is_good_for_its_person_enrolment_and_time_only(world: World) -> None:
    exam = await world.exam()
    enrolment = await world.enrolled(exam, await world.person())
    other = await world.enrolled(exam, await world.person())
    tokens = world.services.tokens
    wrong = [
        "",
        "forged",
        tokens.intent(Intent("start", enrolment.id, other.person_id, 1, 1, "n"), world.now_ms),
        tokens.intent(Intent("start", other.id, enrolment.person_id, 1, 1, "n"), world.now_ms),
        tokens.intent(Intent("grant", enrolment.id, enrolment.person_id, 1, 1, "n"), world.now_ms),
        tokens.intent(Intent("start", enrolment.id, enrolment.person_id, 1, 1, "n"), world.now_ms - 13 * 3_600_000),
        tokens.session(enrolment.person_id, 1, world.now_ms),
    ]
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        for intent in wrong:
            shown = await confirm(browser, enrolment, page, intent=intent)
            assert shown.status_code == 200, intent
            assert "开始考试" in shown.text
        for stale in ((1, 2), (2, 1), (0, 0)):
            intent = tokens.intent(Intent("start", enrolment.id, enrolment.person_id, *stale, "n"), world.now_ms)
            shown = await confirm(browser, enrolment, page, intent=intent)
            assert shown.headers["location"] == f"/enrolments/{enrolment.id}/contract"
    assert await attempts_of(world, enrolment) == []
    assert await attempts_of(world, other) == []


@pytest.mark.parametrize("act", ["contract", "why"])
async def test_another_persons_enrolment_is_not_found(world: World, act: str) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(await world.person()) as browser:
        for enrolment_id in (enrolment.id, 4711, "x", "9" * 30, "-1", "１"):
            answer = await browser.get(f"/enrolments/{enrolment_id}/{act}")
            assert answer.status_code == 404, enrolment_id
        intent = world.services.tokens.intent(
            Intent("start", enrolment.id, enrolment.person_id, 1, 1, "n"), world.now_ms
        )
        answer = await browser.post(f"/enrolments/{enrolment.id}/start", data={"intent": intent, "honest": "1"})
        assert answer.status_code == 404
    assert await attempts_of(world, enrolment) == []


async def test_whoever_is_not_signed_in_or_no_candidate_starts_nothing(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser() as nobody:
        sent = await nobody.get(f"/enrolments/{enrolment.id}/contract")
        assert sent.headers["location"].startswith("/login?next=")
        assert (await nobody.post(f"/enrolments/{enrolment.id}/start", data={})).status_code == 401
    async with world.browser(await world.person(Role.SUPPORT)) as support:
        assert (await support.get(f"/enrolments/{enrolment.id}/contract")).status_code == 403


async def test_while_an_attempt_runs_contract_and_start_lead_back_to_it(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        other = await contract_page(browser, enrolment)
        await confirm(browser, enrolment, page)
        [attempt_id] = await attempts_of(world, enrolment)
        sent = await browser.get(f"/enrolments/{enrolment.id}/contract")
        assert sent.headers["location"] == f"/sittings/{attempt_id}"
        again = await confirm(browser, enrolment, other)
        shown = await browser.get(again.headers["location"], follow_redirects=True)
        assert shown.url.path == f"/sittings/{attempt_id}"


async def test_a_start_that_may_not_be_leads_to_the_reason(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(), await world.person(), learned=False)
    async with world.browser(enrolment.person_id) as browser:
        sent = await browser.get(f"/enrolments/{enrolment.id}/contract")
        assert sent.headers["location"] == f"/enrolments/{enrolment.id}/why"
        intent = Intent("start", enrolment.id, enrolment.person_id, 1, 1, "n")
        token = world.services.tokens.intent(intent, world.now_ms)
        answer = await browser.post(f"/enrolments/{enrolment.id}/start", data={"intent": token, "honest": "1"})
        shown = await browser.get(answer.headers["location"], follow_redirects=True)
        assert shown.url.path == f"/enrolments/{enrolment.id}/why"


async def test_while_redis_is_away_nothing_starts_and_the_page_says_so(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        line.cut()
        refused = await confirm(browser, enrolment, page)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert "请等几秒再试" in text_of(refused.text)
        assert await attempts_of(world, enrolment) == []
        line.mend()
        assert (await confirm(browser, enrolment, page)).status_code == 303
        assert len(await attempts_of(world, enrolment)) == 1


async def test_while_sql_is_away_nothing_starts_and_the_page_says_so(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        async with sql_away(world.services.database):
            refused = await confirm(browser, enrolment, page)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert await attempts_of(world, enrolment) == []


async def test_a_cross_site_start_is_refused(world: World) -> None:
    enrolment = await a_candidate(world)
    async with world.browser(enrolment.person_id) as browser:
        page = await contract_page(browser, enrolment)
        del browser.headers["sec-fetch-site"]  # an older browser says its origin alone
        browser.headers["origin"] = "https://elsewhere.example"
        assert (await confirm(browser, enrolment, page)).status_code == 403
        del browser.headers["origin"]
        assert (await confirm(browser, enrolment, page, t="forged")).status_code == 403
        assert await attempts_of(world, enrolment) == []
        assert (await confirm(browser, enrolment, page)).status_code == 303
