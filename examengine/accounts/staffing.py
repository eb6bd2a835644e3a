"""What a security administrator does to accounts. The effect is told beforehand by the function that does it; nobody
acts on his own account; a form sent twice is one act; sessions and rights that are taken end at once.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from examengine.accounts.passwords import Passwords, new_initial
from examengine.records import accounts, audit, people, roles, second_factors, staffing
from examengine.records.database import Database, Reading, Writing
from examengine.records.errors import Conflict, Missing
from examengine.records.people import NewPerson, Profile
from examengine.records.roles import not_beside
from examengine.records.staffing import NO_PASSWORD, NewAct
from examengine.records.vault import Vault
from examengine.records.words import AccountAct, Role

AUDITED = {
    AccountAct.GIVE_ROLE: "role_given",
    AccountAct.TAKE_ROLE: "role_taken",
    AccountAct.END_SESSIONS: "sessions_ended",
    AccountAct.RESET_FACTOR: "second_factor_reset",
    AccountAct.HAND_OUT_PASSWORD: "password_handed_out",
    AccountAct.BLOCK: "account_blocked",
    AccountAct.ADD_ACCOUNT: "account_added",
}
ENDING = frozenset(AccountAct) - {AccountAct.GIVE_ROLE, AccountAct.ADD_ACCOUNT}
"""Acts that end every session of the person."""


class NotDone(StrEnum):
    """Why an act is refused."""

    OWN = "own"
    APART = "apart"
    HELD = "held"
    NOT_HELD = "not_held"
    NO_FACTOR = "no_factor"
    SHUT = "shut"
    NO_ACCOUNT = "no_account"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act comes to: the roles afterwards, and how many running sittings will ask to sign in again."""

    act: AccountAct
    role: Role | None
    roles: frozenset[Role]
    ends_sessions: bool
    sittings: int


@dataclass(frozen=True, slots=True)
class Refused:
    """``roles``: those held that stand against the one wanted; ``person_id``: whose the document is already."""

    why: NotDone
    roles: frozenset[Role] = frozenset()
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What was done. ``password``: told once; None where there is none to tell, or its form was sent before."""

    person_id: int
    effect: Effect
    password: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """An account to open for somebody who has none, with its first role."""

    profile: Profile
    role: Role


async def effect_of(
    tx: Reading, person_id: int, act: AccountAct, role: Role | None, by_person: int | None
) -> Effect | Refused:
    """What an act would come to now, or why it cannot be."""
    if person_id == by_person:
        return Refused(NotDone.OWN)
    try:
        account = await accounts.get_account(tx, person_id)
    except Missing:
        return Refused(NotDone.NO_ACCOUNT)
    held = await roles.roles_of(tx, person_id)
    after = held
    match act:
        case AccountAct.GIVE_ROLE:
            assert role is not None
            if role in held:
                return Refused(NotDone.HELD, frozenset({role}))
            wrong = not_beside(role, held)
            if wrong:
                return Refused(NotDone.APART, wrong)
            after = held | {role}
        case AccountAct.TAKE_ROLE:
            assert role is not None
            if role not in held:
                return Refused(NotDone.NOT_HELD, frozenset({role}))
            after = held - {role}
        case AccountAct.RESET_FACTOR:
            if await second_factors.find_used_since(tx, person_id) is None:
                return Refused(NotDone.NO_FACTOR)
        case AccountAct.BLOCK:
            if account.password_hash == NO_PASSWORD:
                return Refused(NotDone.SHUT)
    ends = act in ENDING
    sittings = await staffing.running_sittings(tx, person_id) if ends else 0
    return Effect(act, role if act in {AccountAct.GIVE_ROLE, AccountAct.TAKE_ROLE} else None, after, ends, sittings)


async def preview(
    database: Database, person_id: int, act: AccountAct, role: Role | None, by_person: int
) -> Effect | Refused:
    """The effect of an act, nothing done."""
    async with database.reading() as tx:
        return await effect_of(tx, person_id, act, role, by_person)


async def carry_out(database: Database, passwords: Passwords, order: NewAct, now_ms: int) -> Done | Refused:
    """Do it, unless its form was sent before.

    Raises:
        BusyError: too many passwords are being looked at.
        ValueError: no reason, or a new account, which :func:`open_account` opens.
    """
    if not order.reason.strip():
        raise ValueError("an act needs a reason")
    if order.act is AccountAct.ADD_ACCOUNT:
        raise ValueError("an account is opened by open_account")
    password: str | None = None
    password_hash = NO_PASSWORD
    if order.act is AccountAct.HAND_OUT_PASSWORD:
        password = new_initial()
        [password_hash] = await passwords.hashed_initial([password])
    try:
        async with database.writing() as tx:
            await tx.lock_name(f"account {order.person_id}")
            if await staffing.is_done(tx, order.nonce):
                held = await roles.roles_of(tx, order.person_id)
                return Done(order.person_id, Effect(order.act, order.role, held, ends_sessions=False, sittings=0))
            effect = await effect_of(tx, order.person_id, order.act, order.role, order.by_person)
            if isinstance(effect, Refused):
                return effect
            await staffing.add_act(tx, order, now_ms)
            await _do(tx, order, password_hash, now_ms)
            facts = {} if order.role is None else {"role": order.role.value}
            by, act = order.by_person, AUDITED[order.act]
            await audit.append(tx, now_ms, by, act, "person", order.person_id, facts)
    except Conflict:  # the schema has the last word: another process has given a role meanwhile
        async with database.reading() as tx:
            effect = await effect_of(tx, order.person_id, order.act, order.role, order.by_person)
        if isinstance(effect, Refused):
            return effect
        raise
    return Done(order.person_id, effect, password)


async def open_account(
    database: Database, vault: Vault, passwords: Passwords, new: NewStaff, order: NewAct, now_ms: int
) -> Done | Refused:
    """Open an account with a one-time password and its first role. ``order.person_id`` is not looked at.

    Raises:
        BusyError: too many passwords are being looked at.
    """
    password = new_initial()
    [password_hash] = await passwords.hashed_initial([password])
    async with database.writing() as tx:
        document = new.profile.document
        await tx.lock_name("open account")
        known = await people.find_by_document(tx, vault, document)
        if known:
            repeated = await staffing.is_done(tx, order.nonce)
            if not repeated:
                return Refused(NotDone.KNOWN, person_id=known[0].id)
            held = await roles.roles_of(tx, known[0].id)
            return Done(known[0].id, Effect(order.act, new.role, held, ends_sessions=False, sittings=0))
        [person_id] = await people.add_people(tx, vault, [NewPerson(profile=new.profile)], now_ms)
        await accounts.add_accounts(tx, {person_id: password_hash}, now_ms)
        await roles.grant_role(tx, person_id, new.role, order.by_person, now_ms)
        words = {"reason_category": order.reason_category, "reason": order.reason, "ticket": order.ticket}
        for act, role, nonce in (
            (AccountAct.ADD_ACCOUNT, None, order.nonce),
            (AccountAct.GIVE_ROLE, new.role, f"{order.nonce}.role"),
        ):
            recorded = NewAct(
                person_id=person_id, act=act, role=role, nonce=nonce, by_person=order.by_person, **words
            )
            await staffing.add_act(tx, recorded, now_ms)
            facts = {} if role is None else {"role": role.value}
            await audit.append(tx, now_ms, order.by_person, AUDITED[act], "person", person_id, facts)
    effect = Effect(order.act, new.role, frozenset({new.role}), ends_sessions=False, sittings=0)
    return Done(person_id, effect, password)


async def _do(tx: Writing, order: NewAct, password_hash: str, now_ms: int) -> None:
    person_id, by = order.person_id, order.by_person
    match order.act:
        case AccountAct.GIVE_ROLE:
            assert order.role is not None
            await roles.grant_role(tx, person_id, order.role, by, now_ms)
        case AccountAct.TAKE_ROLE:
            assert order.role is not None
            await roles.revoke_role(tx, person_id, order.role, by, now_ms)
            await accounts.end_sessions(tx, person_id, now_ms)
        case AccountAct.END_SESSIONS:
            await accounts.end_sessions(tx, person_id, now_ms)
        case AccountAct.RESET_FACTOR:
            await second_factors.end(tx, person_id, by, now_ms)
            await accounts.end_sessions(tx, person_id, now_ms)
        case AccountAct.HAND_OUT_PASSWORD | AccountAct.BLOCK:
            await accounts.change_password(tx, person_id, password_hash, now_ms, initial=True)
