"""Banks, releases, exams, rulebooks, uploads."""

import pytest

from examengine.findings import Finding
from examengine.records import banks, exams, items, releases, rulebooks, uploads
from examengine.records.banks import NewVersion
from examengine.records.database import Database
from examengine.records.errors import Conflict, Missing
from examengine.records.uploads import MAX_BYTES
from examengine.records.vault import Vault
from tests.databases import counted
from tests.records.builders import DIGEST, T0, a_person, a_place, a_version, an_exam


async def commit(database: Database, bank_id: int, versions: list[NewVersion]) -> banks.ImportBatch:
    async with database.writing() as tx:
        return await banks.commit_import(tx, bank_id, "bank.xlsx", "0" * 64, versions, [], None, T0)


async def a_bank(database: Database, name: str = "题库") -> int:
    async with database.writing() as tx:
        return (await banks.add_bank(tx, name, None, T0)).id


async def test_a_bank_is_named_once(database: Database) -> None:
    assert await a_bank(database) == await a_bank(database) != await a_bank(database, "另一个题库")


async def test_importing_the_same_again_adds_only_the_batch(database: Database) -> None:
    bank_id = await a_bank(database)
    versions = [a_version(no) for no in range(3)]
    first = await commit(database, bank_id, versions)
    second = await commit(database, bank_id, versions)
    assert (first.added, first.changed, first.same) == (3, 0, 0)
    assert (second.added, second.changed, second.same) == (0, 0, 3)
    async with database.reading() as tx:
        assert len(await items.newest_versions(tx, bank_id)) == 3
        assert [batch.id for batch in await banks.list_imports(tx, bank_id)] == [second.id, first.id]


async def test_a_changed_item_gets_a_new_version_and_the_old_one_stays(database: Database) -> None:
    bank_id = await a_bank(database)
    await commit(database, bank_id, [a_version(1), a_version(2)])
    async with database.reading() as tx:
        before = await items.newest_versions(tx, bank_id)
    changed = await commit(database, bank_id, [a_version(1), a_version(2, "改过的题")])
    async with database.reading() as tx:
        after = await items.newest_versions(tx, bank_id)
        old = await items.get_versions(tx, [item.version.id for item in before])
    assert (changed.added, changed.changed, changed.same) == (0, 1, 1)
    assert [item.version.no for item in after] == [1, 2]
    assert after[0] == before[0]
    assert old[before[1].version.id].content == a_version(2).content
    assert after[1].version.item_id == before[1].version.item_id


async def test_an_item_without_number_is_named_by_its_content(database: Database) -> None:
    bank_id = await a_bank(database)
    nameless = [NewVersion("", "true_false", b"{}", "t", f"{no:064x}") for no in (1, 2, 2)]
    assert (await commit(database, bank_id, nameless)).added == 2
    assert (await commit(database, bank_id, nameless)).same == 2


async def test_two_items_of_one_number_are_refused(database: Database) -> None:
    bank_id = await a_bank(database)
    with pytest.raises(ValueError, match="same number"):
        await commit(database, bank_id, [a_version(1), a_version(1, "另一题")])
    with pytest.raises(Missing):
        await commit(database, 999, [])


async def test_ten_thousand_items_go_in_and_come_out_in_order(database: Database) -> None:
    bank_id = await a_bank(database)
    versions = [a_version(no) for no in range(10_000)]
    await commit(database, bank_id, versions)
    async with database.reading() as tx:
        with counted(database) as statements:
            stored = await items.newest_versions(tx, bank_id)
        assert await items.count_by_kind(tx, bank_id) == {"single_choice": 10_000}
    assert [item.external_no for item in stored] == [version.external_no for version in versions]
    assert len(statements) == 1


async def test_findings_are_kept_with_the_import(database: Database) -> None:
    bank_id = await a_bank(database)
    findings = [Finding("warning", "no_topic", "单选题!A2", "没有知识点")]
    async with database.writing() as tx:
        batch = await banks.commit_import(tx, bank_id, "x" * 300, "0" * 64, [], findings, None, T0)
        assert await banks.import_findings(tx, batch.id) == tuple(findings)
        assert len(batch.file_name) == 255
        with pytest.raises(Missing):
            await banks.import_findings(tx, 999)


async def approve_all(database: Database, bank_id: int) -> None:
    async with database.writing() as tx:
        newest = await items.newest_versions(tx, bank_id)
        await items.approve(tx, [item.version.id for item in newest], None, T0)


async def test_a_release_keeps_its_versions_and_their_order(database: Database) -> None:
    bank_id = await a_bank(database)
    await commit(database, bank_id, [a_version(no) for no in range(5)])
    await approve_all(database, bank_id)
    async with database.writing() as tx:
        ids = [item.version.id for item in await items.newest_versions(tx, bank_id)]
        release = await releases.make_release(tx, bank_id, None, T0)
    await commit(database, bank_id, [a_version(no, "改过的题") for no in range(5)])
    await approve_all(database, bank_id)
    async with database.writing() as tx:
        with counted(database) as statements:
            versions = await releases.released_versions(tx, release.id)
        second = await releases.make_release(tx, bank_id, None, T0)
        assert await releases.get_release(tx, release.id) == release
        assert [r.no for r in await releases.list_releases(tx, bank_id)] == [2, 1]
        for act in (releases.get_release(tx, 999), releases.make_release(tx, 999, None, T0)):
            with pytest.raises(Missing):
                await act
        assert await releases.released_ids(tx, release.id) == tuple(ids)
        assert not set(await releases.released_ids(tx, second.id)).intersection(ids)
    assert [version.id for version in versions] == ids
    assert {version.no for version in versions} == {1}
    assert len(statements) == 1
    assert (release.no, second.no) == (1, 2)


async def test_an_unknown_version_is_missing(database: Database) -> None:
    async with database.reading() as tx:
        with pytest.raises(Missing, match="item version 5"):
            await items.get_versions(tx, [5])


async def test_lists_of_banks_and_exams_take_one_query_each(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        exam = await an_exam(tx, size=4)
        await a_place(tx, vault, 1, exam)
        await a_place(tx, vault, 2, exam)
        other = await an_exam(tx)
    async with database.reading() as tx:
        with counted(database) as statements:
            bank_lines = await banks.list_banks(tx)
            exam_lines = await exams.list_exams(tx)
    assert len(statements) == 2
    assert [(line.bank.name, line.items) for line in bank_lines] == [("公需科目 2014", 4)]
    assert [(line.exam.id, line.enrolments, line.release_no) for line in exam_lines] == [
        (other.id, 0, 2),
        (exam.id, 2, 1),
    ]
    assert exam_lines[0].rulebook_id == "guangxi-2014"


async def test_an_exam_is_withdrawn_once(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        exam = await an_exam(tx)
        by = await a_person(tx, vault)
        assert await exams.withdraw(tx, exam.id, by, T0 + 1)
        assert not await exams.withdraw(tx, exam.id, by, T0 + 2)
        assert (await exams.get_exam(tx, exam.id)).withdrawn_ms == T0 + 1
        with pytest.raises(Missing):
            await exams.get_exam(tx, 999)


async def test_a_rulebook_is_kept_once_and_confirmed_by_name(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault)
        first = await rulebooks.add_rulebook(tx, "guangxi-2014", DIGEST, "[meta]", T0)
        assert await rulebooks.add_rulebook(tx, "other", DIGEST, "other", T0 + 1) == first
        for value in (60, 90):
            await rulebooks.confirm(tx, DIGEST, "exam.minutes", value, person_id, "张三", T0)
        await rulebooks.confirm(tx, DIGEST, "window.end_policy", "truncate", person_id, "张三", T0)
        confirmed = await rulebooks.confirmations_of(tx, DIGEST)
        assert {key: line.value for key, line in confirmed.items()} == {
            "exam.minutes": 90,
            "window.end_policy": "truncate",
        }
        assert await rulebooks.list_rulebooks(tx) == (first,)
        with pytest.raises(Missing):
            await rulebooks.get_rulebook(tx, "sha256:1")
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await rulebooks.confirm(tx, "sha256:1", "exam.minutes", 60, person_id, "张三", T0)


async def test_an_upload_is_its_owners_until_it_is_dropped(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        owner, other = await a_person(tx, vault, 1), await a_person(tx, vault, 2)
        upload_id = await uploads.keep(tx, vault, owner, "people", "名单.xlsx", b"450702198001010018", T0)
        upload = await uploads.get_upload(tx, vault, upload_id, owner, "people")
        assert (upload.file_name, upload.content) == ("名单.xlsx", b"450702198001010018")
        for person, purpose in ((other, "people"), (owner, "bank")):
            with pytest.raises(Missing):
                await uploads.get_upload(tx, vault, upload_id, person, purpose)
        assert await uploads.drop_older_than(tx, T0) == 0
        assert await uploads.drop_older_than(tx, T0 + 1) == 1
        second = await uploads.keep(tx, vault, owner, "people", "名单.xlsx", b"", T0)
        await uploads.drop(tx, second)
        with pytest.raises(Missing):
            await uploads.get_upload(tx, vault, second, owner, "people")
        with pytest.raises(ValueError, match="32 MiB"):
            await uploads.keep(tx, vault, owner, "people", "x", bytes(MAX_BYTES + 1), T0)
