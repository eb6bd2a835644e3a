"""Committing a reading: once an upload, by number, with ids that tell nothing."""

from dataclasses import replace

import pytest

from examengine.banks.findings import Finding
from examengine.banks.item import Item, Kind, from_json
from examengine.banks.readers import BankReading, ReadItem
from examengine.publishing.imports import commit_reading
from examengine.publishing.previews import samples_of
from examengine.records import audit, banks, items
from examengine.records.banks import ImportBatch
from examengine.web.services import shuffled_letters
from tests.world import World
from tests.world import items as made_items


def a_reading(made: list[Item], total: int | None = None) -> BankReading:
    read = tuple(ReadItem(item, f"第 {n} 行") for n, item in enumerate(made, 2))
    kinds = {kind: sum(item.kind is kind for item in made) for kind in Kind}
    findings = (Finding("warning", "x", "第 2 行", "请核对"),)
    return BankReading("sheet", "", read, total or len(made), kinds, len(made), findings, ())


async def commit(world: World, bank_id: int, reading: BankReading, upload_id: int | None = None) -> ImportBatch:
    return await commit_reading(
        world.services.database,
        bank_id,
        reading,
        "题库.xlsx",
        b"content",
        shuffled_letters,
        None,
        world.now_ms,
        upload_id=upload_id,
    )


async def test_an_upload_is_imported_once(world: World) -> None:
    bank_id = await world.bank([])
    first = await commit(world, bank_id, a_reading(made_items(3, 0, 0), total=5), upload_id=7)
    again = await commit(world, bank_id, a_reading(made_items(9, 0, 0)), upload_id=7)
    assert again == first
    assert (first.added, first.total) == (3, 5)
    other = await commit(world, bank_id, a_reading(made_items(3, 0, 0)), upload_id=8)
    assert (other.id, other.same) != (first.id, 0)
    async with world.services.database.reading() as tx:
        assert await banks.find_import_of_upload(tx, 7) == first
        assert await banks.find_import_of_upload(tx, 99) is None
        assert [f.message for f in await banks.import_findings(tx, first.id)] == ["请核对"]
        lines = await audit.newest(tx, object_kind="bank", object_id=bank_id)
    assert [line.act for line in lines] == ["import", "import"]


async def test_nothing_to_import_and_no_bank_are_errors(world: World) -> None:
    bank_id = await world.bank([])
    with pytest.raises(ValueError, match="nothing to import"):
        await commit(world, bank_id, a_reading([]))
    with pytest.raises(LookupError):
        await commit(world, 999, a_reading(made_items(1, 0, 0)))


async def test_a_very_long_number_still_names_its_item(world: World) -> None:
    bank_id = await world.bank([])
    long = replace(made_items(1, 0, 0)[0], external_no="号" * 300)
    await commit(world, bank_id, a_reading([long]))
    changed = await commit(world, bank_id, a_reading([replace(long, stem="改过的题")]))
    assert (changed.added, changed.changed) == (0, 1)
    async with world.services.database.reading() as tx:
        [kept] = await items.newest_versions(tx, bank_id)
    assert len(kept.external_no) <= 100
    assert from_json(kept.version.content).external_no == "号" * 300


async def test_a_key_names_the_same_options_under_their_new_ids(world: World) -> None:
    bank_id = await world.bank([])
    made = made_items(5, 5, 5)
    await commit(world, bank_id, a_reading(made))
    async with world.services.database.reading() as tx:
        kept = [from_json(item.version.content) for item in await items.newest_versions(tx, bank_id)]
    for before, after in zip(made, kept, strict=True):
        told = [{option.text for option in item.options if option.id in item.key} for item in (before, after)]
        assert told[0] == told[1]


def test_samples_show_every_kind_in_the_order_of_the_file() -> None:
    reading = a_reading(made_items(50, 20, 20))
    kinds = [read.item.kind for read in samples_of(reading.items)]
    single, multiple, judge = Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.TRUE_FALSE
    assert kinds == [single, single, multiple, multiple, judge]
    assert len(samples_of(reading.items[:3])) == 3
    assert samples_of(()) == ()
