"""Who is signed in, with an attempt: each page gets its own visitor's, however many ask in one moment."""

import asyncio

import pytest
from sqlalchemy import text

from examengine.records import accounts, attempts, roles
from examengine.records.database import Database
from examengine.records.due import load_due
from examengine.records.vault import Vault
from examengine.records.visitors import MOST, Visitors
from examengine.records.words import Role
from tests.databases import counted
from tests.records.builders import T0, a_place, an_attempt, an_exam


async def people_with_attempts(database: Database, vault: Vault, count: int) -> dict[int, int]:
    """The attempt of each."""
    async with database.writing() as tx:
        exam = await an_exam(tx)
        places = [await a_place(tx, vault, no, exam) for no in range(1, count + 1)]
        await accounts.add_accounts(tx, {place.person_id: f"hash {place.person_id}" for place in places}, T0)
        for place in places[::2]:
            await roles.grant_role(tx, place.person_id, Role.CANDIDATE, None, T0)
        return {place.person_id: (await attempts.begin(tx, an_attempt(place)))[0].id for place in places}


async def test_whoever_asks_in_one_moment_gets_his_own_and_nobody_elses(database: Database, vault: Vault) -> None:
    own = await people_with_attempts(database, vault, 4)
    visitors, stranger, nowhere = Visitors(database, vault), 10**17, 10**17 + 1
    asked = [
        (person_id, attempt_id)
        for person_id in (*own, stranger)
        for attempt_id in (*own.values(), nowhere, *own.values())
    ]
    together = await asyncio.gather(
        *(visitors.with_attempt(*one) for one in asked),
        *(visitors.with_ended(*one) for one in asked),
        *(visitors.known(person_id) for person_id, _ in asked),
    )
    with_attempt, with_ended, known = (together[at : at + len(asked)] for at in range(0, len(together), len(asked)))
    for (person_id, attempt_id), found, ended, person in zip(asked, with_attempt, with_ended, known, strict=True):
        assert found[0] == ended[0] == person
        if person_id == stranger:
            assert found == ended == (None, None)
            assert person is None
            continue
        assert person.person.id == person.account.person_id == person_id
        assert person.account.password_hash == f"hash {person_id}"
        assert person.roles == ({Role.CANDIDATE} if person_id in list(own)[::2] else set())
        assert (found[1] is None) == (ended[1] is None) == (own[person_id] != attempt_id)
        if found[1] is not None:
            owned, record = found[1]
            assert (owned.attempt.id, owned.person_id, record.enrolment.person_id) == (
                attempt_id,
                person_id,
                person_id,
            )
            assert [row.id for row in record.attempts] == [attempt_id]
            assert ended[1][:2] == found[1]


async def test_alone_it_is_answered_as_among_others(database: Database, vault: Vault) -> None:
    own = await people_with_attempts(database, vault, 3)
    visitors = Visitors(database, vault)
    alone = [await visitors.with_attempt(*one) for one in own.items()]
    assert await asyncio.gather(*(visitors.with_attempt(*one) for one in own.items())) == alone


async def test_postgresql_is_asked_once_for_many(database: Database, vault: Vault) -> None:
    own = await people_with_attempts(database, vault, 3)
    visitors, asking = Visitors(database, vault), MOST + 1
    with counted(database) as statements:
        await asyncio.gather(*(visitors.with_attempt(*own.popitem()) for _ in range(len(own))))
        assert len(statements) == (3 if database.is_sqlite else 1)
        statements.clear()
        await asyncio.gather(*(visitors.known(no) for no in range(asking)))
        assert len(statements) == (asking if database.is_sqlite else 2)


async def test_what_was_committed_before_it_is_asked_is_seen(database: Database, vault: Vault) -> None:
    own = await people_with_attempts(database, vault, 2)
    visitors, (person_id, attempt_id) = Visitors(database, vault), next(iter(own.items()))

    async def change_and_ask() -> int:
        async with database.writing() as tx:
            await accounts.change_password(tx, person_id, "new", T0)
        known, _ = await visitors.with_attempt(person_id, attempt_id)
        assert known is not None
        return known.account.session_version

    async def ask_on(until: asyncio.Task[int]) -> None:
        while not until.done():
            await asyncio.sleep(0)
            await visitors.with_attempt(person_id, attempt_id)

    changing = asyncio.create_task(change_and_ask())
    await asyncio.gather(changing, ask_on(changing))
    assert changing.result() == 2


async def test_postgresql_plans_for_few_as_for_many_and_keeps_the_plan(database: Database, vault: Vault) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite plans once a statement")
    own = await people_with_attempts(database, vault, 3)
    visitors = Visitors(database, vault)
    for _ in range(9):
        await asyncio.gather(*(visitors.with_attempt(*one) for one in own.items()))
        async with database.glancing() as tx:
            await load_due(tx, own.values())
    async with database.glancing() as tx:  # on the same connection
        plans = "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE custom_plans > 0"
        planned = [await tx.rows(text(f"{plans} AND statement ~ '{word}'")) for word in ("LATERAL", "json.* ANY")]
    assert [[tuple(row) for row in rows] for rows in planned] == [[(5, 4)], [(5, 4)]]
