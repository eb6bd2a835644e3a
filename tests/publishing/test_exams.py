"""What stands between a rulebook with a release and an exam."""

import pytest

from examengine.banks.item import Kind
from examengine.demo.practice import practice_text
from examengine.papers.blueprint import Cell
from examengine.publishing.exams import (
    NotReadyError,
    Supply,
    confirm_all,
    keep_rulebook,
    publish_exam,
    readiness,
)
from examengine.publishing.items import release_bank
from examengine.publishing.rulebooks import get_offer, keep_new, keep_offered, offers
from examengine.records import audit, exams
from examengine.records.errors import Missing
from examengine.records.words import Role
from examengine.rules.load import load, packaged, packaged_text, rulebook_ids, usable
from tests.world import World, items


async def test_a_release_of_an_unchanged_bank_is_the_one_before(world: World) -> None:
    database, bank_id = world.services.database, await world.bank()
    first = await release_bank(database, bank_id, None, world.now_ms)
    assert await release_bank(database, bank_id, None, world.now_ms + 1) == first
    assert await world.bank(items(61, 20, 20)) == bank_id
    second = await release_bank(database, bank_id, None, world.now_ms + 2)
    assert (first.no, second.no) == (1, 2)
    async with database.reading() as tx:
        assert len(await audit.newest(tx, object_kind="bank", object_id=bank_id)) == 2


async def test_an_empty_bank_and_no_bank_have_no_release(world: World) -> None:
    with pytest.raises(ValueError, match="no checked item"):
        await release_bank(world.services.database, await world.bank([]), None, world.now_ms)
    with pytest.raises(Missing):
        await release_bank(world.services.database, 999, None, world.now_ms)


async def test_what_is_missing_is_named_cell_by_cell_and_key_by_key(world: World) -> None:
    database, shelf = world.services.database, world.services.shelf
    release = await release_bank(database, await world.bank(items(29, 10, 0)), None, world.now_ms)
    rulebook = await keep_rulebook(database, practice_text(2026, "练习"), "practice-2026", world.now_ms)
    async with database.reading() as tx:
        found = await readiness(tx, shelf, rulebook.digest, release.id)
    assert [(supply.name, supply.available, supply.missing) for supply in found.supplies] == [
        ("单选题", 29, 1),
        ("多选题", 10, 0),
        ("判断题", 0, 10),
    ]
    assert found.missing()[:2] == ("单选题：要 30 题，只有 29 题", "判断题：要 10 题，只有 0 题")
    assert f"{found.unconfirmed[0]}：还没有人确认" in found.missing()
    assert not found.is_ready
    with pytest.raises(NotReadyError, match="判断题：要 10 题"):
        await publish_exam(database, shelf, rulebook.digest, release.id, "", None, world.now_ms)


async def test_the_same_rulebook_with_the_same_release_is_one_exam_until_it_is_withdrawn(world: World) -> None:
    exam = await world.exam()
    assert await world.exam() == exam
    operator = await world.person(Role.OPERATOR)
    async with world.services.database.writing() as tx:
        await exams.withdraw(tx, exam.id, operator, world.now_ms)
    assert (await world.exam()).id != exam.id


async def test_an_unknown_key_or_rulebook_is_not_confirmed(world: World) -> None:
    database, person = world.services.database, await world.person()
    rulebook = await keep_rulebook(database, practice_text(2026, "练习"), "practice-2026", world.now_ms)
    with pytest.raises(ValueError, match=r"meta\.year"):
        await confirm_all(database, rulebook.digest, ("exam.minutes", "meta.year"), person, "张三", world.now_ms)
    with pytest.raises(Missing):
        await confirm_all(database, "sha256:0", ("exam.minutes",), person, "张三", world.now_ms)


async def test_packaged_rulebooks_are_offered_until_they_are_kept_and_then_once(world: World) -> None:
    database = world.services.database
    digest = packaged("guangxi-2014").digest
    async with database.reading() as tx:
        assert [offer.rulebook_id for offer in await offers(tx)] == list(rulebook_ids())
    for _ in range(2):
        await keep_offered(database, digest, world.now_ms)
    async with database.reading() as tx:
        offered = await offers(tx)
        assert [offer.rulebook_id for offer in offered].count("guangxi-2014") == 1
        assert (await get_offer(tx, digest)).added_ms == world.now_ms
        with pytest.raises(Missing):
            await get_offer(tx, "sha256:0")


async def test_known_content_stays_with_its_own_provenance(world: World) -> None:
    database, person = world.services.database, await world.person()
    claimed = packaged_text("guangxi-2014").replace('= "D', '= "S:S2014-01 D')
    rulebook = usable(load(claimed))
    assert not await keep_new(database, claimed, rulebook, person, world.now_ms)
    async with database.reading() as tx:
        assert (await get_offer(tx, rulebook.digest)).loaded.assumed()
    text = practice_text(2026, "练习")
    assert await keep_new(database, text, usable(load(text)), person, world.now_ms)
    assert not await keep_new(database, text, usable(load(text)), person, world.now_ms)


def test_a_cell_is_called_by_its_kind_and_what_narrows_it() -> None:
    cell = Cell(Kind.SINGLE_CHOICE, 3, 200, topic="密码", difficulty="易")
    assert Supply(cell, 1).name == "单选题·密码·易"
    assert Supply(cell, 5).missing == 0
