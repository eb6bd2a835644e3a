"""Access taken away reaches a sitting that runs: its page is told to sign in, answers and clock stay."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from typer.testing import CliRunner

from examengine.accounts.access import block, hand_out_password, take_role
from examengine.accounts.sign_in import NotSignedIn, SignedIn
from examengine.cli import app
from examengine.live import Operation, Word
from examengine.records import accounts, audit
from examengine.records.database import Missing
from examengine.records.errors import Unavailable
from examengine.records.words import Role
from tests.faults import sql_failing_at
from tests.world import World, resident_id

Act = Callable[[World, int], Awaitable[object]]


async def a_new_password(world: World, person_id: int) -> object:
    services = world.services
    return await hand_out_password(services.database, services.passwords, person_id, None, world.now_ms)


async def a_block(world: World, person_id: int) -> object:
    return await block(world.services.database, person_id, None, "冒名登录", world.now_ms)


async def a_role_less(world: World, person_id: int) -> object:
    return await take_role(world.services.database, person_id, Role.CANDIDATE, None, world.now_ms)


@pytest.mark.parametrize("act", [a_new_password, a_block, a_role_less])
async def test_a_page_of_the_old_session_is_told_to_sign_in_and_loses_nothing(world: World, act: Act) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a"})
    await act(world, person_id)
    async with world.services.database.reading() as tx:
        version = (await accounts.get_account(tx, person_id)).session_version
    await world.services.sweeper.sweep(world.now_ms)
    saved = await world.services.desk.save(pen, Operation(9, "a", 2, 0, "b"), world.now_ms)
    assert saved.word is Word.REVOKED
    again = await world.pen(attempt_id, person_id, session_version=version)
    sitting = await world.services.desk.read(attempt_id, world.now_ms)
    assert (again.epoch, sitting.given) == (2, {1: "a"})
    async with world.services.database.reading() as tx:
        [line] = await audit.newest(tx, object_kind="person", object_id=person_id)
    assert (line.act, line.person_id) != ("", 0)


@pytest.mark.parametrize("statement", ["UPDATE accounts", "INSERT INTO outbox", "INSERT INTO audit"])
@pytest.mark.parametrize("act", [a_new_password, a_block, a_role_less])
async def test_what_breaks_off_has_taken_nothing_away(world: World, act: Act, statement: str) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    with sql_failing_at(world.services.database, statement), pytest.raises(Unavailable):
        await act(world, person_id)
    await world.services.sweeper.sweep(world.now_ms)
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.ALIVE
    async with world.services.database.reading() as tx:
        account, roles = await accounts.get_account_and_roles(tx, person_id)
    assert (account.session_version, account.password_hash, roles) == (1, "unused", {Role.CANDIDATE})


async def test_a_start_by_a_session_that_has_just_ended_opens_nothing_for_it(world: World) -> None:
    """Its cookie was looked at before the sessions ended; the attempt is begun after."""
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    await a_block(world, person_id)
    attempt_id = await world.started(enrolment)
    told = await world.services.desk.claim(attempt_id, person_id, 1, "page", "test", world.now_ms)
    assert told.word is Word.REVOKED
    assert (await world.services.desk.claim(attempt_id, person_id, 2, "page", "test", world.now_ms)).epoch == 1


async def test_a_start_and_an_end_of_sessions_at_once_leave_no_session_open(world: World) -> None:
    exam = await world.exam()
    for _ in range(5):
        person_id = await world.person()
        enrolment = await world.enrolled(exam, person_id)
        attempt_id, _nothing = await asyncio.gather(world.started(enrolment), a_block(world, person_id))
        await world.services.pusher.push_waiting(world.now_ms)
        told = await world.services.desk.claim(attempt_id, person_id, 1, "page", "test", world.now_ms)
        assert told.word is Word.REVOKED


async def test_a_blocked_account_takes_no_password_until_one_is_handed_out(world: World) -> None:
    services = world.services
    person_id = await world.person()
    document = resident_id(world.made_people)
    await a_block(world, person_id)
    for tried in ("!", "", "unused"):
        told = await services.sign_in.sign_in(document, tried, "device", world.now_ms)
        assert isinstance(told, NotSignedIn)
    password = await hand_out_password(services.database, services.passwords, person_id, None, world.now_ms)
    told = await services.sign_in.sign_in(document, password, "device", world.now_ms)
    assert isinstance(told, SignedIn)
    assert told.account.must_change


async def test_a_role_that_is_not_held_is_not_taken(world: World) -> None:
    person_id = await world.person()
    assert not await take_role(world.services.database, person_id, Role.SUPPORT, None, world.now_ms)
    async with world.services.database.reading() as tx:
        assert (await accounts.get_account(tx, person_id)).session_version == 1


async def test_a_block_needs_a_reason_and_an_account(world: World) -> None:
    with pytest.raises(ValueError, match="reason"):
        await block(world.services.database, 1, None, " ", world.now_ms)
    with pytest.raises(Missing):
        await block(world.services.database, 4711, None, "冒名", world.now_ms)


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        (["password", "4711"], 1, "没有内部编号为 4711 的账号"),
        (["block", "4711", "--reason", "冒名"], 1, "没有内部编号为 4711 的账号"),
        (["block", "4711", "--reason", " "], 2, "请写明原因"),
        (["take-role", "4711", "support"], 0, "什么都没有变"),
        (["give-role", "4711", "security"], 1, "没有内部编号为 4711 的账号"),
        (["reset-factor", "4711"], 1, "没有内部编号为 4711 的账号"),
    ],
)
def test_the_commands_say_plainly_what_they_did(tmp_path: object, command: list[str], code: int, told: str) -> None:
    ran = CliRunner().invoke(app, ["people", *command, "--data", str(tmp_path)])
    assert (ran.exit_code, told in ran.output) == (code, True), ran.output
