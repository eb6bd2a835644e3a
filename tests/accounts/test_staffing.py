"""What a security administrator does to accounts: three apart, nobody for himself, once a form, at once."""

import asyncio
from itertools import product

import pytest

from examengine.accounts.second_factor import code_at
from examengine.accounts.staffing import Done, NewStaff, NotDone, Refused, carry_out, open_account, preview
from examengine.live import Word
from examengine.records import accounts, audit, roles, staffing
from examengine.records.errors import Conflict
from examengine.records.people import Profile
from examengine.records.roles import not_beside
from examengine.records.staffing import NewAct
from examengine.records.tables import roles as roles_table
from examengine.records.words import ALONE, APART, AccountAct, DocumentType, Role
from tests.world import World, resident_id


def an_order(person_id: int, by: int | None, act: AccountAct, role: Role | None = None, nonce: str = "n") -> NewAct:
    return NewAct(
        person_id=person_id,
        act=act,
        role=role,
        reason_category="post",
        reason="到岗",
        ticket="RS-1",
        nonce=nonce,
        by_person=by,
    )


async def done(world: World, order: NewAct) -> Done | Refused:
    return await carry_out(world.services.database, world.services.passwords, order, world.now_ms)


async def held(world: World, person_id: int) -> frozenset[Role]:
    async with world.services.database.reading() as tx:
        return await roles.roles_of(tx, person_id)


def test_operator_security_and_auditor_never_go_together() -> None:
    for one, other in product(APART, APART):
        assert (one in not_beside(other, {one})) is (one is not other)
    for alone, other in product(ALONE, Role):
        apart = alone is not other and other is not Role.CANDIDATE
        assert bool(not_beside(alone, {other})) is apart
        assert bool(not_beside(other, {alone})) is apart
    assert not_beside(Role.SUPPORT, {Role.AUTHOR, Role.OPERATOR, Role.CANDIDATE}) == frozenset()


@pytest.mark.parametrize(("first", "second"), [(a, b) for a, b in product(APART, APART) if a is not b])
async def test_the_schema_keeps_them_apart_too(world: World, first: Role, second: Role) -> None:
    person_id = await world.person(first)

    async def by_the_program() -> None:
        async with world.services.database.writing() as tx:
            await roles.grant_role(tx, person_id, second, None, world.now_ms)

    async def past_it() -> None:
        async with world.services.database.writing() as tx:
            await tx.insert(roles_table, {"person_id": person_id, "role": second, "at_ms": world.now_ms})

    for way in (by_the_program, past_it):
        with pytest.raises(Conflict):
            await way()
    assert await held(world, person_id) == {first}


async def test_a_role_is_given_and_taken_with_its_reason(world: World) -> None:
    by, person_id = await world.person(Role.SECURITY), await world.person(Role.AUTHOR)
    shown = await preview(world.services.database, person_id, AccountAct.GIVE_ROLE, Role.SUPPORT, by)
    given = await done(world, an_order(person_id, by, AccountAct.GIVE_ROLE, Role.SUPPORT))
    assert isinstance(given, Done)
    assert given.effect == shown
    assert given.effect.roles == {Role.AUTHOR, Role.SUPPORT} == await held(world, person_id)
    assert not given.effect.ends_sessions
    taken = await done(world, an_order(person_id, by, AccountAct.TAKE_ROLE, Role.SUPPORT, "m"))
    assert isinstance(taken, Done)
    assert taken.effect.ends_sessions
    assert await held(world, person_id) == {Role.AUTHOR}
    async with world.services.database.reading() as tx:
        acts = await staffing.acts_on(tx, person_id)
        lines = await audit.newest(tx, object_kind="person", object_id=person_id)
        account = await accounts.get_account(tx, person_id)
    assert [(act.act, act.role, act.by_person, act.reason) for act in acts] == [
        (AccountAct.TAKE_ROLE, Role.SUPPORT, by, "到岗"),
        (AccountAct.GIVE_ROLE, Role.SUPPORT, by, "到岗"),
    ]
    assert [(line.act, line.person_id, dict(line.facts)) for line in lines] == [
        ("role_taken", by, {"role": "support"}),
        ("role_given", by, {"role": "support"}),
    ]
    assert account.session_version == 2


@pytest.mark.parametrize("act", list(AccountAct)[1:])
async def test_nobody_acts_on_his_own_account(world: World, act: AccountAct) -> None:
    own = await world.person(Role.SECURITY)
    role = Role.SUPPORT if act is AccountAct.GIVE_ROLE else Role.SECURITY if act is AccountAct.TAKE_ROLE else None
    assert await done(world, an_order(own, own, act, role)) == Refused(NotDone.OWN)

    async def past_the_program() -> None:
        async with world.services.database.writing() as tx:
            await staffing.add_act(tx, an_order(own, own, act, role), world.now_ms)

    with pytest.raises(Conflict):
        await past_the_program()


async def test_what_changes_nothing_or_does_not_go_is_refused_with_its_reason(world: World) -> None:
    by, person_id = await world.person(Role.SECURITY), await world.person(Role.OPERATOR)
    for act, role, why in (
        (AccountAct.GIVE_ROLE, Role.OPERATOR, NotDone.HELD),
        (AccountAct.GIVE_ROLE, Role.AUDITOR, NotDone.APART),
        (AccountAct.TAKE_ROLE, Role.SUPPORT, NotDone.NOT_HELD),
        (AccountAct.RESET_FACTOR, None, NotDone.NO_FACTOR),
    ):
        refused = await done(world, an_order(person_id, by, act, role))
        assert isinstance(refused, Refused)
        assert refused.why is why
        shown = await preview(world.services.database, person_id, act, role, by)
        assert shown == refused
    assert isinstance(await done(world, an_order(person_id, by, AccountAct.BLOCK)), Done)
    assert await done(world, an_order(person_id, by, AccountAct.BLOCK, nonce="m")) == Refused(NotDone.SHUT)
    nobody = await done(world, an_order(4711, by, AccountAct.BLOCK, nonce="o"))
    assert nobody == Refused(NotDone.NO_ACCOUNT)


async def test_a_form_sent_twice_is_one_act(world: World) -> None:
    by, person_id = await world.person(Role.SECURITY), await world.person(Role.SUPPORT)
    order = an_order(person_id, by, AccountAct.HAND_OUT_PASSWORD)
    one, other = await asyncio.gather(done(world, order), done(world, order))
    assert isinstance(one, Done)
    assert isinstance(other, Done)
    assert [one.password is None, other.password is None].count(True) == 1, "one password, told once"
    async with world.services.database.reading() as tx:
        assert (await accounts.get_account(tx, person_id)).session_version == 2
        assert len(await staffing.acts_on(tx, person_id)) == 1


async def test_two_administrators_at_once_give_only_one_of_two_that_do_not_go(world: World) -> None:
    first, second = await world.person(Role.SECURITY), await world.person(Role.SECURITY)
    person_id = await world.person()
    results = await asyncio.gather(
        done(world, an_order(person_id, first, AccountAct.GIVE_ROLE, Role.OPERATOR, "a")),
        done(world, an_order(person_id, second, AccountAct.GIVE_ROLE, Role.AUDITOR, "b")),
    )
    assert sorted(type(result).__name__ for result in results) == ["Done", "Refused"]
    assert len(await held(world, person_id) & set(APART)) == 1


async def test_ended_sessions_reach_a_running_sitting(world: World) -> None:
    by = await world.person(Role.SECURITY)
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    ended = await done(world, an_order(person_id, by, AccountAct.END_SESSIONS))
    assert isinstance(ended, Done)
    assert ended.effect.sittings == 1
    await world.services.pusher.push_waiting(world.now_ms)
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.REVOKED


async def test_a_reset_factor_is_gone_at_once(world: World) -> None:
    by, person_id = await world.person(Role.SECURITY), await world.person(Role.OPERATOR)
    factors = world.services.second_factors
    draft = factors.draft(person_id, world.now_ms)
    assert await factors.set_up(person_id, draft, code_at(draft.secret, world.now_ms), world.now_ms)
    assert isinstance(await done(world, an_order(person_id, by, AccountAct.RESET_FACTOR)), Done)
    assert not await factors.uses(person_id, draft)


def somebody(number: int) -> Profile:
    return Profile(
        doc_type=DocumentType.RESIDENT_ID,
        document=resident_id(number),
        name="新同事",
        unit_name="考试中心",
        region="450702",
        category="other",
    )


async def test_an_account_is_opened_once_with_its_role_and_a_password(world: World) -> None:
    services, by = world.services, await world.person(Role.SECURITY)
    order, new = an_order(0, by, AccountAct.ADD_ACCOUNT), NewStaff(profile=somebody(900), role=Role.SUPPORT)

    async def opened(which: NewAct) -> Done | Refused:
        return await open_account(services.database, services.vault, services.passwords, new, which, world.now_ms)

    first = await opened(order)
    assert isinstance(first, Done)
    assert first.password is not None
    signed_in = await services.sign_in.sign_in(resident_id(900), first.password, "device", world.now_ms)
    assert getattr(signed_in, "roles", None) == {Role.SUPPORT}
    again = await opened(order)
    assert isinstance(again, Done)
    assert (again.person_id, again.password) == (first.person_id, None)
    refused = await opened(an_order(0, by, AccountAct.ADD_ACCOUNT, nonce="another"))
    assert refused == Refused(NotDone.KNOWN, person_id=first.person_id)


async def test_an_act_needs_a_reason(world: World) -> None:
    by, person_id = await world.person(Role.SECURITY), await world.person()
    order = NewAct(
        person_id=person_id,
        act=AccountAct.BLOCK,
        reason_category="other",
        reason=" ",
        ticket="",
        nonce="n",
        by_person=by,
    )
    with pytest.raises(ValueError, match="reason"):
        await done(world, order)
    with pytest.raises(ValueError, match="open_account"):
        await done(world, an_order(person_id, by, AccountAct.ADD_ACCOUNT))
