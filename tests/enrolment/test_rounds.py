"""Enrolling, and rounds opened by the year, a card, a grant and an earlier year's make-up."""

import asyncio
from typing import Any

import pytest

from examengine.enrolment.rounds import activate_card, enrol
from examengine.live import CloseReason
from examengine.records import cards, enrolments
from examengine.records.cards import NewCard
from examengine.records.enrolments import Enrolment
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.words import Role
from examengine.refusals import Next, Reason, Refusal
from examengine.support import grants
from examengine.support.grants import GrantOrder
from tests.world import World, ms

CARDS = {"enrolment.mode": "card", "card.required": True, "exam.on_exhausted": "buy_card"}


async def record_of(world: World, enrolment: Enrolment) -> EnrolmentRecord:
    async with world.services.database.reading() as tx:
        return await load_history(tx, enrolment.id)


async def enrolled_for(world: World, exam: Exam, person_id: int, credit_year: int) -> Enrolment | Refusal:
    async with world.services.database.writing() as tx:
        return await enrol(tx, world.services.shelf, exam, person_id, credit_year, world.now_ms)


async def a_card(world: World, number: str = "88880001", code: str = "123456", **changes: Any) -> None:
    row = {"region": "450702", "booked_out_ms": world.now_ms, **changes}
    blocked = row.pop("blocked", False)
    code_hash = world.services.vault.card_code_hash(number, code)
    async with world.services.database.writing() as tx:
        await cards.add_cards(tx, [NewCard(number=number, code_hash=code_hash, **row)], world.now_ms)
        if blocked:
            await cards.block(tx, (await cards.lock_card(tx, number)).id, world.now_ms)


async def activated(
    world: World,
    enrolment: Enrolment,
    number: str = "88880001",
    code: str = "123456",
    *,
    by: int | None = None,
) -> Refusal | None:
    services = world.services
    return await activate_card(
        services.database,
        services.shelf,
        services.vault,
        enrolment.id,
        enrolment.person_id if by is None else by,
        number,
        code,
        world.now_ms,
    )


async def given_up(world: World, enrolment: Enrolment, round_no: int, *numbers: int) -> None:
    for no in numbers:
        attempt_id = await world.started(enrolment, round_no=round_no, no=no)
        pen = await world.pen(attempt_id, enrolment.person_id)
        await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
        world.clock.advance(60_000)


async def test_an_open_year_opens_its_round_at_once(world: World) -> None:
    exam = await world.exam()
    enrolment = await world.enrolled(exam, await world.person(), learned=False)
    record = await record_of(world, enrolment)
    assert [(r.no, r.opened_by, r.attempts, r.at_ms) for r in record.rounds] == [(1, "open", 3, world.now_ms)]
    assert record.learning == ()


async def test_whoever_is_enrolled_stays_so_with_one_round(world: World) -> None:
    exam, person_id = await world.exam(), await world.person()
    both = await asyncio.gather(*(enrolled_for(world, exam, person_id, 2026) for _ in range(3)))
    assert len({enrolment.id for enrolment in both if isinstance(enrolment, Enrolment)}) == 1
    assert isinstance(both[0], Enrolment)
    assert len((await record_of(world, both[0])).rounds) == 1


async def test_a_year_that_is_not_offered_is_refused_and_leaves_nothing(world: World) -> None:
    exam, person_id = await world.exam(), await world.person()
    for year in (2025, 2027):
        refused = await enrolled_for(world, exam, person_id, year)
        assert isinstance(refused, Refusal)
        assert refused.reason is Reason.NOT_OFFERED
    async with world.services.database.reading() as tx:
        assert await enrolments.list_of_person(tx, person_id) == ()


async def test_an_earlier_years_makeup_opens_its_own_round(world: World) -> None:
    from datetime import date

    backfill = {
        "backfill.enabled": True,
        "backfill.source_years": [2024, 2025],
        "backfill.closes_on": date(2026, 9, 30),
        "backfill.attempts": 2,
    }
    exam, person_id = await world.exam(backfill), await world.person()
    makeup = await enrolled_for(world, exam, person_id, 2025)
    own = await enrolled_for(world, exam, person_id, 2026)
    assert isinstance(makeup, Enrolment)
    assert isinstance(own, Enrolment)
    assert [(r.opened_by, r.attempts) for r in (await record_of(world, makeup)).rounds] == [("backfill", 2)]
    assert [(r.opened_by, r.attempts) for r in (await record_of(world, own)).rounds] == [("open", 3)]


async def test_a_card_opens_a_round_and_is_used_up(world: World) -> None:
    exam = await world.exam(CARDS)
    enrolment = await world.enrolled(exam, await world.person(), learned=False)
    assert (await record_of(world, enrolment)).rounds == ()
    await a_card(world)
    assert await activated(world, enrolment) is None
    record = await record_of(world, enrolment)
    assert [(r.no, r.opened_by, r.attempts) for r in record.rounds] == [(1, "card", 3)]
    assert [card.number for card in record.cards] == ["88880001"]
    other = await world.enrolled(exam, await world.person(), learned=False)
    refused = await activated(world, other)
    assert refused is not None
    assert (refused.reason, refused.next) == (Reason.CARD_ALREADY_USED, Next.BUY_CARD)
    assert (await record_of(world, other)).rounds == ()


REFUSED: tuple[tuple[str, str, Reason, Next], ...] = (
    ("88880001", "654321", Reason.WRONG_CARD, Next.NONE),
    ("77770000", "123456", Reason.WRONG_CARD, Next.NONE),
    ("", "123456", Reason.WRONG_CARD, Next.NONE),
    ("88880001", "", Reason.WRONG_CARD, Next.NONE),
    ("8" * 65, "123456", Reason.WRONG_CARD, Next.NONE),
    ("88880001", "1" * 65, Reason.WRONG_CARD, Next.NONE),
    ("88880001\x00", "123456", Reason.WRONG_CARD, Next.NONE),
    ("88880002", "123456", Reason.WRONG_CARD, Next.CALL_SUPPORT),
    ("88880002", "654321", Reason.WRONG_CARD, Next.NONE),
    ("88880003", "123456", Reason.CARD_NOT_BOOKED_OUT, Next.CALL_SUPPORT),
    ("88880004", "123456", Reason.CARD_NOT_BOOKED_OUT, Next.CALL_SUPPORT),
)


async def test_a_card_that_is_refused_stays_unused(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(CARDS), await world.person(), learned=False)
    await a_card(world)
    await a_card(world, "88880002", blocked=True)
    await a_card(world, "88880003", booked_out_ms=None)
    await a_card(world, "88880004", booked_out_ms=world.now_ms + 1)
    for number, code, reason, next_ in REFUSED:
        refused = await activated(world, enrolment, number, code)
        assert refused is not None, number
        assert (refused.reason, refused.next) == (reason, next_), number
    assert (await record_of(world, enrolment)).rounds == ()
    async with world.services.database.reading() as tx:
        for number in ("88880001", "88880002", "88880003", "88880004"):
            card = await cards.find_card(tx, number)
            assert card is not None
            assert card.round_id is None
    assert await activated(world, enrolment) is None


async def test_a_card_number_may_be_typed_with_spaces_and_dashes(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(CARDS), await world.person(), learned=False)
    await a_card(world)
    assert await activated(world, enrolment, " 8888-0001 ", "123456") is None


async def test_nobody_activates_a_card_for_another_persons_enrolment(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(CARDS), await world.person(), learned=False)
    await a_card(world)
    with pytest.raises(Missing):
        await activated(world, enrolment, by=await world.person())
    assert (await record_of(world, enrolment)).rounds == ()


async def test_one_card_activated_by_two_people_at_once_is_one_persons(world: World) -> None:
    exam = await world.exam(CARDS)
    enrolled = [await world.enrolled(exam, await world.person(), learned=False) for _ in range(4)]
    await a_card(world)
    told = await asyncio.gather(*(activated(world, enrolment) for enrolment in enrolled))
    rounds = [len((await record_of(world, enrolment)).rounds) for enrolment in enrolled]
    assert sorted(rounds) == [0, 0, 0, 1]
    for refused, count in zip(told, rounds, strict=True):
        assert (refused is None) == (count == 1)
        assert refused is None or refused.reason is Reason.CARD_ALREADY_USED


async def test_a_card_sent_twice_by_one_person_opens_one_round(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(CARDS), await world.person(), learned=False)
    await a_card(world)
    told = await asyncio.gather(*(activated(world, enrolment) for _ in range(3)))
    assert told.count(None) == 1
    assert len((await record_of(world, enrolment)).rounds) == 1


async def test_another_card_is_taken_only_when_every_attempt_has_failed(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(CARDS), await world.person(), learned=False)
    await a_card(world)
    await a_card(world, "88880002")
    await activated(world, enrolment)
    async with world.services.database.writing() as tx:
        await enrolments.report_learning(tx, enrolment.id, 1, 100, "test", world.now_ms)
    too_soon = await activated(world, enrolment, "88880002")
    assert too_soon is not None
    assert too_soon.reason is Reason.ATTEMPTS_REMAINING
    await given_up(world, enrolment, 1, 1, 2, 3)
    assert await activated(world, enrolment, "88880002") is None
    record = await record_of(world, enrolment)
    assert [r.no for r in record.rounds] == [1, 2]


@pytest.mark.parametrize(
    ("resets", "percent"), [(["learning", "attempts"], None), (["attempts"], 100)], ids=["again", "taken over"]
)
async def test_a_new_card_takes_the_learning_over_where_the_rules_say_so(
    world: World, resets: list[str], percent: int | None
) -> None:
    exam = await world.exam({**CARDS, "card.rebuy_resets": resets})
    enrolment = await world.enrolled(exam, await world.person(), learned=False)
    await a_card(world)
    await a_card(world, "88880002")
    await activated(world, enrolment)
    async with world.services.database.writing() as tx:
        await enrolments.report_learning(tx, enrolment.id, 1, 100, "test", world.now_ms)
    await given_up(world, enrolment, 1, 1, 2, 3)
    assert await activated(world, enrolment, "88880002") is None
    taken_over = [report.percent for report in (await record_of(world, enrolment)).learning if report.round_no == 2]
    assert taken_over == ([] if percent is None else [percent])


async def test_a_year_without_cards_takes_none(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(), await world.person())
    await a_card(world)
    refused = await activated(world, enrolment)
    assert refused is not None
    assert refused.reason is Reason.NOT_OFFERED


EDGES = (
    ("2025-12-31T23:59:59.999+08:00", False),
    ("2026-01-01T00:00:00+08:00", True),
    ("2026-12-31T23:59:59.999+08:00", True),
    ("2027-01-01T00:00:00+08:00", False),
)


async def test_cards_are_taken_inside_the_training_period(world: World) -> None:
    world.clock.move_to(ms("2025-12-01T00:00:00+08:00"))
    exam = await world.exam(CARDS)
    enrolled = [await world.enrolled(exam, await world.person(), learned=False) for _ in EDGES]
    for place, (enrolment, (at, is_taken)) in enumerate(zip(enrolled, EDGES, strict=True)):
        number = f"8888000{place}"
        await a_card(world, number)
        world.clock.move_to(ms(at))
        refused = await activated(world, enrolment, number)
        assert (refused is None) == is_taken, at
        assert refused is None or refused.reason is Reason.OUTSIDE_TRAINING_PERIOD


async def test_a_grant_opens_a_round_with_the_learning_of_before(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(), await world.person())
    await given_up(world, enrolment, 1, 1, 2, 3)
    order = GrantOrder(
        enrolment_id=enrolment.id,
        attempts=2,
        by_person=await world.person(Role.SUPPORT),
        reason_category="other",
        reason="来电申请",
        ticket="T-1",
        expires_ms=None,
        nonce="n",
    )
    both = await asyncio.gather(*(world.ordered(grants.KIND, order) for _ in "ab"))
    assert both[0] == both[1]
    record = await record_of(world, enrolment)
    assert [(r.no, r.opened_by, r.attempts) for r in record.rounds] == [(1, "open", 3), (2, "grant", 2)]
    attempt_id = await world.started(enrolment, round_no=2, no=1)
    assert (await world.attempt(attempt_id)).no == 1
