"""S1: callers read out a card's number, a receipt's number, or a name with the last places of a number."""

from examengine.evidence.receipts import grouped
from examengine.records import audit, cards, evidence
from examengine.records.cards import NewCard
from examengine.records.enrolments import Enrolment
from examengine.records.history import load_history
from tests.databases import counted
from tests.support.sitting import agent, sat
from tests.web_support.test_find import found
from tests.world import World, resident_id

CARD = "GX0012345678"


async def a_card(world: World, *, booked_out: bool = True, used_by: Enrolment | None = None) -> int:
    at_ms = world.now_ms
    async with world.services.database.writing() as tx:
        await cards.add_cards(tx, [NewCard(CARD, b"0" * 16, "450702", at_ms if booked_out else None)], at_ms)
        card = await cards.find_card(tx, CARD)
        assert card is not None
        if used_by is not None:
            record = await load_history(tx, used_by.id)
            await cards.use_card(tx, card.id, record.rounds[0].id, at_ms)
    return card.id


async def test_the_number_of_a_used_card_finds_who_used_it_however_it_is_typed(world: World) -> None:
    by = await agent(world)
    person_id = await world.person(name="李建国")
    await a_card(world, used_by=await world.enrolled(await world.exam(), person_id))
    for typed in ("GX0012345678", "gx 0012 345678", "GX-0012-345678", "ＧＸ０012345678"):
        page = await found(world, by, typed)
        assert f'href="/support/people/{person_id}"' in page, typed
        assert "激活卡号" in page


async def test_of_a_card_that_nobody_used_the_page_says_how_it_stands(world: World) -> None:
    by = await agent(world)
    card_id = await a_card(world, booked_out=False)
    assert "还没有出库" in await found(world, by, CARD)
    async with world.services.database.writing() as tx:
        await cards.book_out(tx, card_id, world.now_ms, "450702")
    assert "已经出库，还没有人激活过" in await found(world, by, CARD)
    async with world.services.database.writing() as tx:
        await cards.block(tx, card_id, world.now_ms)
    assert "已经挂失" in await found(world, by, CARD)


async def test_a_receipts_number_finds_whose_it_is_and_a_mistyped_one_nobody(world: World) -> None:
    by = await agent(world)
    person_id = await world.person(name="李建国")
    attempt_id = await sat(world, await world.enrolled(await world.exam(), person_id), 1)
    async with world.services.database.reading() as tx:
        receipt = await evidence.find_receipt(tx, attempt_id)
    assert receipt is not None
    for typed in (receipt.number, grouped(receipt.number).lower(), f" {receipt.number[:4]} {receipt.number[4:]} "):
        page = await found(world, by, typed)
        assert f'href="/support/people/{person_id}"' in page
        assert "回执号" in page
    wrong = receipt.number[:-1] + ("2" if receipt.number[-1] != "2" else "3")
    assert "data-result>" not in await found(world, by, wrong)


async def test_a_name_with_the_end_of_a_number_finds_one_among_many(world: World) -> None:
    by = await agent(world)
    wanted = await world.person(name="张伟")
    for name in ("张伟", "张伟", "李芳"):
        await world.person(name=name)
    end = resident_id(2)
    for typed in (
        f"张伟 {end[-4:]}",
        f"张 伟 {end[-4:]}",
        f"{end[-4:]} 张伟",
        f"张伟  {end[-6:]}",
        "张伟 13800000002",
    ):
        page = await found(world, by, typed)
        assert page.count("data-result>") == 1, typed
        assert f'href="/support/people/{wanted}"' in page
        assert "姓名加号码" in page


async def test_a_name_and_a_number_of_two_people_find_nobody(world: World) -> None:
    by = await agent(world)
    await world.person(name="张伟")
    await world.person(name="李芳")
    page = await found(world, by, f"张伟 {resident_id(3)[-4:]}")
    assert "data-result>" not in page
    assert "都对得上" in page


async def test_however_many_bear_a_name_a_search_costs_the_same(world: World) -> None:
    by = await agent(world)
    counts = []
    for people in (1, 40):
        for _ in range(people):
            await world.person(name="张伟")
        async with world.browser(by) as browser:
            with counted(world.services.database) as statements:
                await browser.post("/support", data={"q": "张伟 0002"})
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_the_desk_starts_with_whom_the_agent_looked_at_last_and_that_look_is_logged(world: World) -> None:
    by, other = await agent(world), await agent(world, "陈芳")
    first, second = await world.person(name="甲某"), await world.person(name="乙某")
    async with world.browser(by) as browser:
        assert "查询结果会出现在这里" in (await browser.get("/support")).text
        for person_id in (first, second, first):
            await browser.get(f"/support/people/{person_id}")
        page = (await browser.get("/support")).text
    assert page.index(f"/support/people/{first}") < page.index(f"/support/people/{second}")
    assert page.count("data-result>") == 2
    assert resident_id(3) not in page
    async with world.browser(other) as browser:
        assert "data-result>" not in (await browser.get("/support")).text
    async with world.services.database.reading() as tx:
        newest = (await audit.newest(tx, person_id=by))[0]
    assert (newest.act, newest.facts) == ("list_people", {"people": [first, second]})
