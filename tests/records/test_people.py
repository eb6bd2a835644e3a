"""People: what stands in the table, how they are found, how they change and vanish."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from examengine.records import people, roles, search
from examengine.records.accounts import add_accounts, find_for_sign_in
from examengine.records.database import Database
from examengine.records.errors import Conflict, Missing
from examengine.records.people import NewPerson
from examengine.records.search import FoundBy
from examengine.records.tables import metadata, person_keys
from examengine.records.vault import Vault
from examengine.records.words import DocumentType, Role
from tests.databases import FIELD_KEYS, counted
from tests.records.builders import T0, a_person, a_profile

NUMBER = "450702198001010018"


async def test_a_person_is_read_as_added(database: Database, vault: Vault) -> None:
    profile = a_profile(document=NUMBER, post="教师", title="一级教师")
    async with database.writing() as tx:
        [person_id] = await people.add_people(tx, vault, [NewPerson(profile=profile)], T0)
        person = await people.get_person(tx, vault, person_id)
    assert person.profile == profile
    assert (person.created_ms, person.erased_ms, len(person.pseudonym)) == (T0, None, 32)


async def test_no_table_holds_a_name_number_or_phone_in_the_clear(database: Database, vault: Vault) -> None:
    profile = a_profile(document=NUMBER, name="欧阳娜娜", phone="13812345678")
    async with database.writing() as tx:
        new = NewPerson(profile=profile, former_document="450702800101001")
        await people.add_people(tx, vault, [new], T0)
        stored = b""
        for table in metadata.tables:
            for row in await tx.rows(text(f"SELECT * FROM {table}")):
                stored += b"|".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    for secret in (NUMBER, NUMBER[-4:] + "|", "450702800101001", "欧阳娜娜", "13812345678"):
        assert secret.encode() not in stored


async def test_a_representation_shows_no_personal_data(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person = await people.get_person(tx, vault, await a_person(tx, vault, document=NUMBER, name="欧阳娜娜"))
    shown = repr(person)
    assert NUMBER not in shown
    assert "欧阳" not in shown
    assert "1380000" not in shown


async def test_someone_unknown_is_missing(database: Database, vault: Vault) -> None:
    async with database.reading() as tx:
        with pytest.raises(Missing, match="person 5"):
            await people.get_person(tx, vault, 5)
        assert await people.find_people(tx, vault, [5]) == {}


async def test_one_document_is_one_person_but_the_type_counts(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        await a_person(tx, vault, document="12345678", doc_type=DocumentType.PASSPORT)
        await a_person(tx, vault, 2, document="12345678", doc_type=DocumentType.TAIWAN_PERMIT)
        assert len(await people.find_by_document(tx, vault, "12345678")) == 2
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await a_person(tx, vault, 3, document="12345678", doc_type=DocumentType.PASSPORT)


async def test_a_fifteen_digit_original_still_finds_the_person(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        new = NewPerson(profile=a_profile(document=NUMBER), former_document="450702800101001")
        [person_id] = await people.add_people(tx, vault, [new], T0)
        assert [p.id for p in await people.find_by_document(tx, vault, "450702800101001")] == [person_id]
        assert await people.former_documents(tx, vault, person_id) == ("450702800101001",)


SEARCHES = [
    (NUMBER, {1}, FoundBy.DOCUMENT),
    ("45070219800101 0018", {1}, FoundBy.DOCUMENT),
    ("0018", {1, 3}, FoundBy.DOCUMENT_TAIL),
    ("010018", {1}, FoundBy.DOCUMENT_TAIL),
    ("01010018", {1}, FoundBy.DOCUMENT_TAIL),
    ("010x", {2}, FoundBy.DOCUMENT_TAIL),
    ("13899990002", {2}, FoundBy.PHONE),
    ("0002", {2}, FoundBy.PHONE_TAIL),
    ("李四", {2}, FoundBy.NAME),
    (" 李 四 ", {2}, FoundBy.NAME),
    ("李", set(), FoundBy.NAME),
    ("018", set(), FoundBy.DOCUMENT),
    ("", set(), None),
    ("   ", set(), None),
    ("'; DROP TABLE people; --", set(), FoundBy.DOCUMENT),
    ("张" * 5000, set(), FoundBy.NAME),
]


async def test_support_finds_people_by_number_tail_phone_and_name(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        ids = [
            await a_person(tx, vault, document=NUMBER, name="张三", phone="13899990001"),
            await a_person(tx, vault, document="45070219800101010X", name="李四", phone="13899990002"),
            await a_person(tx, vault, document="450702199912120018", name="王五", phone=None),
        ]
    for typed, expected, taken_for in SEARCHES:
        async with database.reading() as tx:
            with counted(database) as statements:
                found = await search.search_people(tx, vault, typed)
        assert {ids.index(person.id) + 1 for person in found.people} == expected, typed
        assert len(statements) <= 5, typed  # indexes, card and its owner, receipt, people
        assert taken_for is None or taken_for in found.taken_for, typed


async def test_a_search_says_when_there_are_more(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        for no in range(1, 5):
            await a_person(tx, vault, no, name="张三")
    async with database.reading() as tx:
        some = await search.search_people(tx, vault, "张三", limit=3)
        all_of_them = await search.search_people(tx, vault, "张三", limit=4)
    assert (len(some.people), some.truncated) == (3, True)
    assert (len(all_of_them.people), all_of_them.truncated) == (4, False)


async def test_people_are_found_by_document_in_bulk_with_few_queries(database: Database, vault: Vault) -> None:
    new = [NewPerson(profile=a_profile(no)) for no in range(600)]
    async with database.writing() as tx:
        ids = await people.add_people(tx, vault, new, T0)
    wanted = [(person.profile.doc_type, person.profile.document) for person in new]
    wanted.append((DocumentType.PASSPORT, "E00000000"))
    async with database.reading() as tx:
        with counted(database) as statements:
            found = await people.find_by_documents(tx, vault, wanted)
    assert [found[key].id for key in wanted[:-1]] == ids
    assert wanted[-1] not in found
    assert len(statements) == 2


async def test_a_changed_profile_moves_the_indexes(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault, phone="13899990001")
        changed = a_profile(phone="13899990002", unit_name="钦州市第二中学")
        await people.change_profile(tx, vault, person_id, changed, T0 + 1, by=None)
        assert (await people.get_person(tx, vault, person_id)).profile == changed
        assert (await search.search_people(tx, vault, "13899990001")).people == ()
        assert [p.id for p in (await search.search_people(tx, vault, "13899990002")).people] == [person_id]
        assert await people.former_documents(tx, vault, person_id) == ()


async def test_a_corrected_number_is_found_by_support_but_no_longer_signs_in(
    database: Database, vault: Vault
) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault, document="450702198001010026")
        await add_accounts(tx, {person_id: "hash"}, T0)
        corrected = replace(a_profile(), document=NUMBER)
        await people.change_profile(tx, vault, person_id, corrected, T0 + 1, by=person_id)
        await people.change_profile(tx, vault, person_id, corrected, T0 + 2, by=person_id)
        assert await people.former_documents(tx, vault, person_id) == ("450702198001010026",)
        assert [p.id for p in await people.find_by_document(tx, vault, "450702198001010026")] == [person_id]
        assert await find_for_sign_in(tx, vault, "450702198001010026") == ()
        assert [a.person_id for a in await find_for_sign_in(tx, vault, NUMBER)] == [person_id]


async def test_a_correction_cannot_take_another_persons_number(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        first, _ = await a_person(tx, vault, 1), await a_person(tx, vault, 2)
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await people.change_profile(tx, vault, first, a_profile(2), T0, by=None)


async def test_an_erased_person_cannot_be_read_found_or_signed_in(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault, document=NUMBER)
        await add_accounts(tx, {person_id: "hash"}, T0)
        pseudonym = (await people.get_person(tx, vault, person_id)).pseudonym
        await people.erase_person(tx, person_id, T0 + 1)
        erased = await people.get_person(tx, vault, person_id)
        assert (erased.profile, erased.name, erased.pseudonym, erased.erased_ms) == (None, "", pseudonym, T0 + 1)
        assert await people.find_by_document(tx, vault, NUMBER) == ()
        assert await find_for_sign_in(tx, vault, NUMBER) == ()
        assert await people.former_documents(tx, vault, person_id) == ()
        for act in (people.erase_person(tx, person_id, T0), people.erase_person(tx, 999, T0)):
            with pytest.raises(Missing):
                await act
        with pytest.raises(Missing):
            await people.change_profile(tx, vault, person_id, a_profile(), T0, by=None)


async def test_keys_are_wrapped_again_after_a_rotation(database: Database, vault: Vault) -> None:
    rotated = Vault([*FIELD_KEYS, "a newer field key of at least 32 characters"])
    async with database.writing() as tx:
        ids = [await a_person(tx, vault, no) for no in range(3)]
        assert await people.wrap_keys_again(tx, rotated, limit=2) == 2
        assert await people.wrap_keys_again(tx, rotated, limit=2) == 1
        assert await people.wrap_keys_again(tx, rotated, limit=2) == 0
        assert {row.key_id for row in await tx.rows(select(person_keys.c.key_id))} == {rotated.newest_key_id}
        assert (await people.find_people(tx, rotated, ids))[ids[0]].profile == a_profile(0)


async def test_a_role_is_held_once_and_can_be_taken_back(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id, operator = await a_person(tx, vault, 1), await a_person(tx, vault, 2)
        assert await roles.grant_role(tx, person_id, Role.SUPPORT, operator, T0)
        assert not await roles.grant_role(tx, person_id, Role.SUPPORT, operator, T0)
        await roles.grant_role(tx, person_id, Role.AUTHOR, operator, T0)
        assert await roles.roles_of(tx, person_id) == {Role.SUPPORT, Role.AUTHOR}
        assert await roles.people_with_role(tx, Role.SUPPORT) == (person_id,)
        assert await roles.revoke_role(tx, person_id, Role.SUPPORT, operator, T0 + 1)
        assert not await roles.revoke_role(tx, person_id, Role.SUPPORT, operator, T0 + 1)
        assert await roles.roles_of(tx, person_id) == {Role.AUTHOR}
        assert await roles.grant_role(tx, person_id, Role.SUPPORT, operator, T0 + 2)
