"""What authors' and operators' pages read, in a fixed number of queries."""

from examengine.records import bank_pages, exam_pages, exams
from examengine.records.item_lists import ItemFilter, find_items
from examengine.records.words import Role
from tests.databases import counted
from tests.world import World, items


async def test_banks_are_listed_with_the_same_queries_however_many_there_are(world: World) -> None:
    exam = await world.exam()
    for n in range(5):
        await world.bank(items(n, 1, 1), f"题库 {n}")
    with counted(world.services.database) as statements:
        async with world.services.database.reading() as tx:
            found = await bank_pages.overviews(tx)
    assert len([s for s in statements if s.startswith("SELECT")]) == 5
    by_name = {bank.name: bank for bank in found}
    assert by_name["题库 3"].kinds == {"single_choice": 3, "multiple_choice": 1, "true_false": 1}
    assert (by_name["题库 3"].release_no, by_name["题库 3"].used_by) == (None, ())
    assert (by_name["测试题库"].release_no, by_name["测试题库"].used_by) == (1, (exam.title,))


async def test_items_are_counted_by_their_newest_versions(world: World) -> None:
    made = items(3, 1, 1)
    bank_id = await world.bank(made)
    exam = await world.exam(bank_id=await world.bank())
    assert exam.id
    async with world.services.database.reading() as tx:
        assert await bank_pages.count_unreleased(tx, bank_id) == 0
        [release] = await bank_pages.releases_in_use(tx, bank_id)
        assert (release.release.size, release.used_by) == (100, ("2026 练习科目",))
        page = await find_items(tx, bank_id, ItemFilter(text="第 1 题"), limit=2)
        assert (page.total, len(page.items)) == (3, 2)
        assert (await find_items(tx, bank_id, ItemFilter(kind="true_false"), offset=100)).items == ()


async def test_a_turnout_counts_people_and_not_attempts(world: World) -> None:
    exam = await world.exam()
    async with world.services.database.reading() as tx:
        assert await exam_pages.turnouts(tx) == {}
    first, second = [await world.person() for _ in range(2)]
    enrolment = await world.enrolled(exam, first)
    attempt = await world.started(enrolment)
    async with world.services.database.reading() as tx:
        assert (await exam_pages.turnouts(tx))[exam.id].running == 1
        assert (await exam_pages.turnouts(tx, exam.id))[exam.id].running == 1
        assert await exam_pages.turnouts(tx, 999) == {}
        assert await exam_pages.count_enrolled(tx, exam.id, 2026) == 1
        assert await exam_pages.count_outside(tx, exam.id, 2026) == {"pro_tech": 1}
        assert await exam_pages.count_outside(tx, exam.id, 2025) == {"pro_tech": 2}
        assert await exam_pages.candidates_outside(tx, exam.id, 2026, ["pro_tech"], 10) == (second,)
        assert await exam_pages.candidates_outside(tx, exam.id, 2026, [], 10) == ()
        assert await exam_pages.enrolled_among(tx, exam.id, 2026, [first, second, 999]) == {first}
        operator = await world.person(Role.OPERATOR)
    async with world.services.database.reading() as tx:
        assert await exam_pages.candidates_among(tx, [first, operator]) == {first}
    world.clock.advance(2 * 60 * 60 * 1000)
    await world.services.finisher.when_due(attempt, world.now_ms)
    async with world.services.database.reading() as tx:
        turnout = (await exam_pages.turnouts(tx))[exam.id]
    assert (turnout.running, turnout.finished, turnout.passed) == (0, 1, 0)


async def test_a_published_exam_is_found_until_it_is_withdrawn(world: World) -> None:
    exam, operator = await world.exam(), await world.person(Role.OPERATOR)
    async with world.services.database.writing() as tx:
        assert await exams.list_published(tx, exam.rulebook_digest, exam.release_id) == (exam,)
        assert await exams.list_published(tx, exam.rulebook_digest, 999) == ()
        await exams.withdraw(tx, exam.id, operator, world.now_ms)
        assert await exams.list_published(tx, exam.rulebook_digest, exam.release_id) == ()
