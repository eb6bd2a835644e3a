"""Lists of items: filtered and paged in SQL; releases beside each other."""

from dataclasses import replace
from datetime import date

from examengine.banks.item import Item
from examengine.publishing.items import release_bank
from examengine.records import bank_pages, item_lists, release_pages, reviews
from examengine.records.item_figures import ItemFigures
from examengine.records.item_lists import NO_TOPIC, ItemFilter, Order
from examengine.records.release_pages import Compared
from examengine.records.tables import item_statistics
from examengine.records.words import ItemState, ReviewDecision
from tests.databases import counted
from tests.world import World, items


def a_few() -> list[Item]:
    """Ten items: topics, difficulties, last days."""
    made = items(6, 2, 2)
    topics = ("密码", "密码/签名", "密码/签名/证书", "密码学", "100%_题", "")
    days = {0: date(2026, 5, 31), 1: date(2026, 6, 1), 2: date(2026, 8, 29), 3: date(2026, 8, 30)}
    return [
        replace(
            item,
            topic=topics[n] if n < len(topics) else "",
            difficulty="难" if n == 0 else "易",
            valid_until=days.get(n),
            source="《密码法》第 8 条" if n == 1 else "",
        )
        for n, item in enumerate(made)
    ]


FOUND: tuple[tuple[ItemFilter, str], ...] = (
    (ItemFilter(), "S0 S1 S2 S3 S4 S5 M0 M1 J0 J1"),
    (ItemFilter(kind="multiple_choice"), "M0 M1"),
    (ItemFilter(difficulty="难"), "S0"),
    (ItemFilter(topic="密码"), "S0 S1 S2"),
    (ItemFilter(topic="密码/签名"), "S1 S2"),
    (ItemFilter(topic="100%_题"), "S4"),
    (ItemFilter(topic=NO_TOPIC), "S5 M0 M1 J0 J1"),
    (ItemFilter(text="《密码法》第 8 条"), "S1"),
    (ItemFilter(text="M1"), "M1"),
    (ItemFilter(text="单选第  2 题"), "S2"),
    (ItemFilter(text="%"), ""),
    (ItemFilter(text="stem"), ""),
    (ItemFilter(validity="expired", on_date="2026-06-01"), "S0"),
    (ItemFilter(validity="expired", on_date="2026-06-02"), "S0 S1"),
    (ItemFilter(validity="expiring", on_date="2026-06-01", soon="2026-08-30"), "S1 S2"),
    (ItemFilter(validity="dated"), "S0 S1 S2 S3"),
    (ItemFilter(validity="undated", kind="single_choice"), "S4 S5"),
    (ItemFilter(state="checked", kind="true_false"), "J0 J1"),
    (ItemFilter(states=("draft", "waiting")), ""),
    (ItemFilter(upto=2), "S0 S1"),
)


async def test_a_filter_finds_what_it_says(world: World) -> None:
    bank_id = await world.bank(a_few())
    async with world.services.database.reading() as tx:
        for asked, found in FOUND:
            page = await item_lists.find_items(tx, bank_id, asked)
            assert " ".join(item.external_no for item in page.items) == found, asked
            assert page.total == len(found.split())


async def test_facets_count_beside_what_was_asked_for(world: World) -> None:
    bank_id = await world.bank(a_few())
    await world.bank(items(9, 9, 9), "另一个题库")
    async with world.services.database.reading() as tx:
        for text in ("", "单选"):
            asked = ItemFilter(state="checked", topic="密码", on_date="2026-06-01", text=text)
            facets = await item_lists.count_facets(tx, bank_id, asked)
            assert facets.states == {ItemState.CHECKED: 3}
            assert facets.expired == 1
            assert facets.topics["密码/签名/证书"] == 1
            assert facets.topics[""] == (1 if text else 5)
        nothing = await item_lists.count_facets(tx, bank_id, ItemFilter(state="draft"))
        assert (nothing.states, nothing.topics) == ({ItemState.CHECKED: 10}, {})


async def test_a_page_takes_the_same_queries_however_large_it_is(world: World) -> None:
    bank_id = await world.bank(items(40, 10, 10))
    await world.exam(bank_id=bank_id)
    async with world.services.database.reading() as tx:
        with counted(world.services.database) as statements:
            page = await item_lists.find_items(tx, bank_id, ItemFilter(), limit=60)
    assert len(page.items) == 60
    assert {item.exams for item in page.items} == {1}
    assert len(statements) == 4


async def test_two_releases_differ_in_what_came_changed_and_went(world: World) -> None:
    database = world.services.database
    bank_id = await world.bank(items(4, 1, 1))
    first = await release_bank(database, bank_id, None, world.now_ms)
    made = items(5, 1, 1)
    made[0] = replace(made[0], stem="改过的题干")
    await world.bank(made)
    async with database.reading() as tx:
        [gone] = (await item_lists.find_items(tx, bank_id, ItemFilter(text="J0"))).items
        assert await bank_pages.count_unreleased(tx, bank_id) == 2
    async with database.writing() as tx:
        await reviews.act(tx, ReviewDecision.RETIRED, [gone.version.id], None, world.now_ms)
    async with database.reading() as tx:
        assert await bank_pages.count_unreleased(tx, bank_id) == 3
        pending = await release_pages.count_parts(tx, Compared(bank_id, None, first.id))
    second = await release_bank(database, bank_id, None, world.now_ms)
    async with database.reading() as tx:
        assert await bank_pages.count_unreleased(tx, bank_id) == 0
        compared = Compared(bank_id, second.id, first.id)
        assert await release_pages.count_parts(tx, compared) == pending
        assert pending == {"all": 6, "added": 1, "changed": 1, "out": 1}
        [changed] = await release_pages.items_of_part(tx, compared, "changed")
        assert (changed.external_no, changed.before_no, changed.version.no) == ("S0", 1, 2)
        [out] = await release_pages.items_of_part(tx, compared, "out")
        assert out.external_no == "J0"
        alone = await release_pages.count_parts(tx, Compared(bank_id, first.id, None))
    assert alone == {"all": 6, "added": 6, "changed": 0, "out": 0}


async def test_a_list_is_sorted_by_number_change_and_figures_with_the_unanswered_last(world: World) -> None:
    made = [replace(item, external_no=f"Q{n}" if n else "") for n, item in enumerate(items(30, 0, 0))]
    made += items(0, 10, 10)
    bank_id = await world.bank(made)
    exam_id = (await world.exam(bank_id=bank_id)).id
    async with world.services.database.writing() as tx:
        found = (await item_lists.find_items(tx, bank_id, ItemFilter())).items
        by_number = {one.external_no: one.version.id for one in found}
        rows = [("Q2", 0.9, 0.1), ("Q10", 0.2, None), ("Q3", 0.5, 0.4), ("Q4", None, None)]
        await tx.insert_all(
            item_statistics,
            [
                {
                    "exam_id": exam_id,
                    "version_id": by_number[number],
                    "tally": "{}",
                    "n": 50,
                    "facility": facility,
                    "discrimination": discrimination,
                }
                for number, facility, discrimination in rows
            ],
        )

    async def listed(order: Order, *, descending: bool = False, limit: int = 50) -> str:
        async with world.services.database.reading() as tx:
            page = await item_lists.find_items(
                tx, bank_id, ItemFilter(), order=order, descending=descending, limit=limit
            )
        return " ".join(one.external_no[:6] for one in page.items)

    assert (await listed(Order.NUMBER)).startswith("J0 J1 J2 ")
    assert (await listed(Order.NUMBER)).endswith("Q27 Q28 Q29 sha256")
    assert (await listed(Order.NUMBER, descending=True)).startswith("Q29 Q28 Q27")
    assert (await listed(Order.NUMBER, descending=True)).endswith("J0 sha256")
    assert (await listed(Order.FACILITY)).startswith("Q10 Q3 Q2 sha256 Q1 Q4")
    assert (await listed(Order.FACILITY, descending=True, limit=3)) == "Q2 Q3 Q10"
    assert (await listed(Order.DISCRIMINATION, limit=3)) == "Q2 Q3 sha256"
    assert len((await listed(Order.CHANGED, descending=True)).split()) == 50
    async with world.services.database.reading() as tx:
        page = await item_lists.find_items(tx, bank_id, ItemFilter(text="Q3"))
    assert [one.figures for one in page.items if one.external_no == "Q3"] == [ItemFigures(1, 0.5, 0.4, 50)]
