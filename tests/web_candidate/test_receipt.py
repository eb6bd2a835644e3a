"""The receipt: after every end, for the candidate alone; checked by anyone, who learns nothing else."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import delete, update

from examengine.evidence.files import check_file
from examengine.evidence.receipts import grouped, number_of
from examengine.live.tries import SPAN_MS, Tries
from examengine.records import evidence, people
from examengine.records.tables import attempt_answers, attempt_journals, outcomes, receipts
from examengine.sittings.notary import trusted_keys
from examengine.web.candidate.receipt import (
    FREE_TRIES,
    MOST_DELAY_MS,
    MOST_TRIES,
    agrees_with_archive,
    delay_ms,
)
from tests.web_candidate.exam_page import ExamPage, an_open_exam, text_of, value_of
from tests.world import EVIDENCE_KEYS, World

AGREES, DIFFERS = "与存档一致 ", "与存档不一致或不存在"
MINUTE_MS = 60_000


@pytest_asyncio.fixture
async def page(world: World) -> AsyncIterator[ExamPage]:
    """An exam handed in with two answers."""
    async with an_open_exam(world) as opened:
        for position, value in list((await world.right_answers(opened.attempt_id)).items())[:2]:
            await opened.save(position, value)
        world.clock.advance(10 * MINUTE_MS)
        await opened.hand_in()
        yield opened


async def shown(page: ExamPage) -> tuple[str, str]:
    """Number and digest as the result page shows them."""
    html = (await page.browser.get(page.path("result"))).text
    number = re.search(r'receipt-number">([^<]+)<', html)
    digest = re.search(r"校验码</dt><dd[^>]*>([^<]+)<", html)
    assert number
    assert digest
    return number[1], digest[1]


async def asked(browser: httpx2.AsyncClient, number: str, digest: str) -> tuple[int, str]:
    token = value_of((await browser.get("/receipt")).text, "t")
    response = await browser.post("/receipt", data={"t": token, "number": number, "digest": digest})
    return response.status_code, text_of(response.text)


def typed(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" type="text" value="([^"]*)"', html)
    assert found
    return found[1]


async def test_the_result_page_shows_what_the_receipt_states(world: World, page: ExamPage) -> None:
    told = text_of((await page.browser.get(page.path("result"))).text)
    async with world.services.database.reading() as tx:
        receipt = await evidence.find_receipt(tx, page.attempt_id)
    assert receipt is not None
    assert (receipt.answered, receipt.questions, receipt.ended_ms) == (2, 50, world.now_ms)
    for part in (grouped(receipt.number), grouped(receipt.digest.hex()[:16]), "2026-06-01 09:10:00", "2 / 50"):
        assert part in told, part


@pytest.mark.parametrize(
    ("override", "ends"),
    [
        ({}, "give-up"),
        ({}, "present"),
        ({}, "absent"),
        ({"exam.show_score": "after_window"}, "hand-in"),
    ],
)
async def test_every_end_has_its_receipt(world: World, override: dict[str, object], ends: str) -> None:
    async with an_open_exam(world, override) as page:
        if ends in {"give-up", "hand-in"}:
            await page.browser.post(page.path(ends), data={"t": page.token, "sure": "1"})
        else:
            world.clock.move_to(page.deadline_ms - (1 if ends == "present" else 10 * MINUTE_MS))
            await page.report("pulse")
            world.clock.move_to(page.deadline_ms + 40_000)
        number, digest = await shown(page)
        state = (await world.outcome(page.attempt_id)).state
        assert (
            state
            == {
                "give-up": "forced_exit",
                "present": "auto_submitted",
                "absent": "expired_no_score",
                "hand-in": "submitted",
            }[ends]
        )
        async with world.browser() as anyone:
            assert AGREES in (await asked(anyone, number, digest))[1]


async def test_the_public_page_agrees_however_it_is_typed_and_after_it_is_linked(
    world: World, page: ExamPage
) -> None:
    number, digest = await shown(page)
    async with world.services.database.reading() as tx:
        receipt = await evidence.find_receipt(tx, page.attempt_id)
    assert receipt is not None
    async with world.browser() as anyone:
        for typed_number, typed_digest in [
            (number, digest),
            (number.lower().replace("-", " "), digest.replace("-", "").upper()),
            (number, receipt.digest.hex()),
        ]:
            status, told = await asked(anyone, typed_number, typed_digest)
            assert status == 200
            assert AGREES in told
        async with world.services.database.writing() as tx:
            await evidence.link_waiting(tx, None, world.now_ms)
        assert AGREES in (await asked(anyone, number, digest))[1]


async def test_the_public_page_tells_nothing_else(world: World, page: ExamPage) -> None:
    number, digest = await shown(page)
    async with world.browser() as anyone:
        for asked_digest in (digest, "0" * 16):
            _, told = await asked(anyone, number, asked_digest)
            for secret in ("张三", "4507", "分", "及格", "公需", "2026"):
                assert secret not in told, secret
    assert "张三" not in text_of((await page.browser.get("/receipt")).text)


async def test_a_wrong_digest_and_an_unknown_number_are_told_alike(world: World, page: ExamPage) -> None:
    number, digest = await shown(page)
    async with world.browser() as anyone:
        _, wrong = await asked(anyone, number, "0" * 16)
        _, unknown = await asked(anyone, grouped(number_of(b"unknown")), digest)
    for told in (wrong, unknown):
        assert DIFFERS in told
        assert AGREES not in told
    assert wrong.replace(number, "") == unknown.replace(grouped(number_of(b"unknown")), "")


async def test_a_record_that_was_altered_no_longer_agrees(world: World, page: ExamPage) -> None:
    number, digest = await shown(page)
    plain = number.replace("-", ""), digest.replace("-", "")
    for statement in (
        update(outcomes).values(score_hundredths=9_900),
        update(attempt_answers).values(answers="{}"),
        update(receipts).values(answered=50),
        update(attempt_journals).values(lines=b"x"),
        delete(attempt_journals),
    ):
        with suppress(ZeroDivisionError):
            async with world.services.database.writing() as tx:
                assert await agrees_with_archive(tx, *plain)
                await tx.run(statement)
                assert not await agrees_with_archive(tx, *plain)
                raise ZeroDivisionError  # takes it back
    async with world.services.database.writing() as tx:
        await tx.run(update(outcomes).values(score_hundredths=9_900))
    async with world.browser() as anyone:
        assert DIFFERS in (await asked(anyone, number, digest))[1]


async def test_a_later_outcome_and_an_erasure_leave_the_receipt_as_it_was(world: World, page: ExamPage) -> None:
    number, digest = await shown(page)
    await world.voided(page.attempt_id)
    assert await shown(page) == (number, digest)
    async with world.services.database.writing() as tx:
        await people.erase_person(tx, 1, world.now_ms)
    async with world.browser() as anyone:
        assert AGREES in (await asked(anyone, number, digest))[1]


async def test_what_cannot_be_a_receipt_is_told_beside_its_field(world: World) -> None:
    unknown = grouped(number_of(b"unknown"))
    async with world.browser() as anyone:
        for number, digest, fields in [
            ("", "", {"number", "digest"}),
            ("7KQM-3XWT", "0" * 16, {"number"}),
            ("0000-0000-0000", "0" * 16, {"number"}),
            (unknown, "xyz", {"digest"}),
            ("<script>" * 50, "'" * 900, {"number", "digest"}),
        ]:
            response = await anyone.post("/receipt", data={"number": number, "digest": digest})
            assert response.status_code == 422
            assert set(re.findall(r'id="e-(\w+)"', response.text)) == fields
            assert "<script>" not in response.text


async def test_the_qr_codes_link_fills_the_form_in_and_checks_nothing(world: World, page: ExamPage) -> None:
    number, digest = await shown(page)
    async with world.browser() as anyone:
        html = (await anyone.get("/receipt", params={"number": number, "digest": digest})).text
        assert (typed(html, "number"), typed(html, "digest")) == (number, digest)
        assert AGREES not in text_of(html)
        empty = await anyone.get("/receipt", params={"number": "9" * 5000})
        assert len(typed(empty.text, "number")) == 120


async def test_a_receipt_is_taken_home_as_a_signed_file_by_nobody_else(world: World, page: ExamPage) -> None:
    response = await page.browser.get(page.path("receipt.json"))
    number, _ = await shown(page)
    assert f'filename="receipt-{number}.json"' in response.headers["content-disposition"]
    checked = check_file(response.content, trusted_keys(EVIDENCE_KEYS))
    assert (grouped(checked.ref), checked.fault) == (number, None)
    assert (await page.browser.get(page.path("receipt.json"))).content == response.content

    stranger = await world.person(name="李四")
    async with world.browser(stranger) as browser:
        assert (await browser.get(page.path("receipt.json"))).status_code == 404
    async with world.browser() as nobody:
        assert (await nobody.get(page.path("receipt.json"))).status_code == 303


async def test_a_running_exam_has_no_receipt(world: World) -> None:
    async with an_open_exam(world) as page:
        assert (await page.browser.get(page.path("receipt.json"))).status_code == 404


async def test_many_tries_from_one_address_wait_and_then_stay_away_for_minutes(world: World, page: ExamPage) -> None:
    number, digest = await shown(page)
    tries = Tries(world.services.calls)
    async with world.browser() as anyone:
        while await tries.count("receipt", "127.0.0.1", world.now_ms) < MOST_TRIES:
            pass
        status, told = await asked(anyone, number, digest)
        assert status == 429
        assert "请稍后再查" in told
        assert AGREES not in told
        world.clock.advance(SPAN_MS)
        assert AGREES in (await asked(anyone, number, digest))[1]


@pytest.mark.parametrize(
    ("tries", "waits_ms"),
    [(1, 0), (FREE_TRIES, 0), (FREE_TRIES + 1, 100), (FREE_TRIES + 29, 2_900), (MOST_TRIES, MOST_DELAY_MS)],
)
def test_the_wait_grows_with_the_tries(tries: int, waits_ms: int) -> None:
    assert delay_ms(tries) == waits_ms
