"""Accounts, sessions, the outbox that carries their end, the sign-in log, the audit log."""

import pytest

from examengine.records import accounts, attempts, audit, outbox, outcomes, roles
from examengine.records.database import Database
from examengine.records.errors import Conflict, Missing
from examengine.records.vault import Vault
from examengine.records.words import OutboxKind, Role, SignInOutcome
from tests.databases import counted
from tests.records.builders import T0, a_person, a_running_attempt, an_outcome


async def test_a_new_account_must_change_its_password(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault)
        await accounts.add_accounts(tx, {person_id: "hash"}, T0)
        await roles.grant_role(tx, person_id, Role.CANDIDATE, None, T0)
        account, held = await accounts.get_account_and_roles(tx, person_id)
    assert (account.must_change, account.initial, account.session_version) == (True, True, 1)
    assert held == {Role.CANDIDATE}
    assert "hash" not in repr(account)


async def test_a_sign_in_takes_one_query(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault, document="450702198001010018")
        await accounts.add_accounts(tx, {person_id: "hash"}, T0)
    async with database.reading() as tx:
        with counted(database) as statements:
            found = await accounts.find_for_sign_in(tx, vault, "450702198001010018")
        assert await accounts.find_for_sign_in(tx, vault, "450702198001010026") == ()
    assert [account.person_id for account in found] == [person_id]
    assert len(statements) == 1


async def test_changing_a_password_ends_every_session_also_in_a_running_sitting(
    database: Database, vault: Vault
) -> None:
    place, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        await accounts.add_accounts(tx, {place.person_id: "old"}, T0)
        assert await accounts.change_password(tx, place.person_id, "new", T0 + 1) == 2
        account = await accounts.get_account(tx, place.person_id)
        [push] = await outbox.waiting(tx)
    assert (account.password_hash, account.must_change, account.initial) == ("new", False, False)
    assert (push.attempt_id, push.kind, push.version) == (attempt_id, OutboxKind.SESSION, 2)
    assert push.payload == {"session_version": 2}


async def test_a_password_that_staff_hands_out_must_be_changed(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault)
        await accounts.add_accounts(tx, {person_id: "old"}, T0, must_change=False, initial=False)
        await accounts.change_password(tx, person_id, "handed out", T0, initial=True)
        account = await accounts.get_account(tx, person_id)
    assert (account.must_change, account.initial) == (True, True)


async def test_a_finished_attempt_hears_nothing_of_sessions(database: Database, vault: Vault) -> None:
    place, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        await accounts.add_accounts(tx, {place.person_id: "old"}, T0)
        await outcomes.append_outcome(tx, attempt_id, an_outcome(), T0)
        assert await attempts.running_of_person(tx, place.person_id) == ()
        await accounts.end_sessions(tx, place.person_id, T0)
        assert await outbox.waiting(tx) == ()


async def test_rehashing_keeps_sessions_and_loses_against_a_change(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault)
        await accounts.add_accounts(tx, {person_id: "old"}, T0)
        assert await accounts.rehash_password(tx, person_id, "old", "newer")
        assert not await accounts.rehash_password(tx, person_id, "old", "newest")
        account = await accounts.get_account(tx, person_id)
    assert (account.password_hash, account.session_version) == ("newer", 1)


async def test_someone_without_account_is_missing(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault)
        for act in (
            accounts.get_account(tx, person_id),
            accounts.change_password(tx, person_id, "new", T0),
            accounts.end_sessions(tx, person_id, T0),
        ):
            with pytest.raises(Missing):
                await act


async def test_the_sign_in_log_holds_internal_ids(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault)
        await accounts.record_sign_in(tx, None, SignInOutcome.UNKNOWN, "device", T0)
        await accounts.record_sign_in(tx, person_id, SignInOutcome.WRONG_PASSWORD, "device", T0 + 1)
        await accounts.record_sign_in(tx, person_id, SignInOutcome.SIGNED_IN, "x" * 100, T0 + 2)
        lines = await accounts.newest_sign_ins(tx, person_id)
    assert [line.outcome for line in lines] == [SignInOutcome.SIGNED_IN, SignInOutcome.WRONG_PASSWORD]
    assert len(lines[0].device) == 32


async def test_pushes_are_numbered_within_attempt_and_kind_and_taken_in_order(
    database: Database, vault: Vault
) -> None:
    _, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        assert await outbox.put(tx, attempt_id, OutboxKind.DEADLINE, {"ms": 1}, T0) == 1
        assert await outbox.put(tx, attempt_id, OutboxKind.DEADLINE, {"ms": 2}, T0) == 2
        assert await outbox.put(tx, attempt_id, OutboxKind.VOID, {}, T0) == 1
        waiting = await outbox.waiting(tx)
        assert [(push.kind, push.version) for push in waiting] == [
            (OutboxKind.DEADLINE, 1),
            (OutboxKind.DEADLINE, 2),
            (OutboxKind.VOID, 1),
        ]
        assert len(await outbox.waiting(tx, limit=1)) == 1
        await outbox.done(tx, [push.id for push in waiting[:2]], T0 + 1)
        assert [push.kind for push in await outbox.waiting(tx)] == [OutboxKind.VOID]
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await outbox.put(tx, attempt_id, OutboxKind.VOID, {}, T0, version=1)


async def test_the_audit_log_is_read_by_object_person_and_page(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault)
        await audit.append(tx, T0, None, "started", "system", None)
        await audit.append(tx, T0 + 1, person_id, "viewed", "person", 7, {"fields": ["phone"]})
        await audit.append(tx, T0 + 2, person_id, "viewed", "attempt", 7)
        with counted(database) as statements:
            lines = await audit.newest(tx)
        assert [line.object_kind for line in lines] == ["attempt", "person", "system"]
        assert [line.id for line in await audit.newest(tx, before_id=lines[0].id, limit=1)] == [lines[1].id]
        assert [line.facts for line in await audit.newest(tx, object_kind="person", object_id=7)] == [
            {"fields": ["phone"]}
        ]
        assert len(await audit.newest(tx, person_id=person_id)) == 2
    assert len(statements) == 1
