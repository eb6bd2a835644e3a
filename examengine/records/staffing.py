"""Staff accounts as the security administrator's pages show them, and what was done to accounts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, exists, func, select

from examengine.records.accounts import get_account
from examengine.records.database import CHUNK, Reading, Writing
from examengine.records.shapes import chunks, columns
from examengine.records.tables import (
    account_acts,
    accounts,
    enrolments,
    open_attempts,
    roles,
    sign_ins,
)
from examengine.records.words import STAFF_ROLES, AccountAct, Role, SignInOutcome

NO_PASSWORD = "!"
"""Stands where a hash would: no password fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAct:
    """An act to record; ``nonce`` is its form's, ``role`` the one given or taken."""

    person_id: int
    act: AccountAct
    reason_category: str
    reason: str
    ticket: str
    nonce: str
    by_person: int | None
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(NewAct):
    """An act as recorded."""

    id: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that is or was held; ``granted_by`` None: by an import or the set-up."""

    role: Role
    granted_by: int | None
    at_ms: int
    revoked_ms: int | None
    revoked_by: int | None


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One account of staff. ``last_in_ms``: its last sign-in; ``shut``: no password fits it."""

    person_id: int
    roles: frozenset[Role] = field(default_factory=frozenset)
    last_in_ms: int | None = None
    shut: bool = False


_ACT = columns(account_acts, Act)


async def add_act(tx: Writing, new: NewAct, at_ms: int) -> bool:
    """Record an act; False where its form was sent before and nothing is to be done.

    Raises:
        Conflict: it is the person's own account.
    """
    row = {
        "person_id": new.person_id,
        "act": new.act,
        "role": new.role,
        "reason_category": new.reason_category,
        "reason": new.reason,
        "ticket": new.ticket,
        "nonce": new.nonce,
        "by_person": new.by_person,
        "at_ms": at_ms,
    }
    return await tx.insert_unless_known(account_acts, row, "nonce") > 0


async def is_done(tx: Reading, nonce: str) -> bool:
    """Whether the act of a form is recorded."""
    return await tx.value(select(account_acts.c.id).where(account_acts.c.nonce == nonce)) is not None


async def acts_on(tx: Reading, person_id: int, limit: int = 50) -> tuple[Act, ...]:
    """What was done to an account, newest first."""
    statement = select(*_ACT).where(account_acts.c.person_id == person_id)
    return await _acts(tx, statement.order_by(account_acts.c.id.desc()).limit(limit))


async def newest_acts(tx: Reading, limit: int = 20) -> tuple[Act, ...]:
    """What was done last to any account."""
    return await _acts(tx, select(*_ACT).order_by(account_acts.c.id.desc()).limit(limit))


async def roles_held(tx: Reading, person_id: int) -> tuple[HeldRole, ...]:
    """Every role a person holds or held, newest first."""
    statement = select(*columns(roles, HeldRole)).where(roles.c.person_id == person_id).order_by(roles.c.id.desc())
    return tuple(HeldRole(Role(row.role), *row[1:]) for row in await tx.rows(statement))


async def list_staff(tx: Reading, *, role: Role | None = None, limit: int = 500) -> tuple[StaffRow, ...]:
    """Accounts that hold a role of staff now, oldest first."""
    wanted = STAFF_ROLES if role is None else (role,)
    statement = (
        select(roles.c.person_id)
        .where(roles.c.role.in_(wanted), roles.c.revoked_ms.is_(None))
        .distinct()
        .order_by(roles.c.person_id)
        .limit(limit)
    )
    return await staff_rows(tx, [row.person_id for row in await tx.rows(statement)])


async def staff_rows(tx: Reading, person_ids: Iterable[int]) -> tuple[StaffRow, ...]:
    """The accounts of people, in the order of their ids."""
    wanted = sorted(set(person_ids))
    held: dict[int, set[Role]] = {person_id: set() for person_id in wanted}
    last: dict[int, int] = {}
    shut: set[int] = set()
    for part in chunks(wanted, CHUNK):
        now = select(roles.c.person_id, roles.c.role).where(roles.c.person_id.in_(part), roles.c.revoked_ms.is_(None))
        for row in await tx.rows(now):
            held[row.person_id].add(Role(row.role))
        signed_in = (
            select(sign_ins.c.person_id, func.max(sign_ins.c.at_ms))
            .where(sign_ins.c.person_id.in_(part), sign_ins.c.outcome == SignInOutcome.SIGNED_IN)
            .group_by(sign_ins.c.person_id)
        )
        last.update((int(row[0]), int(row[1])) for row in await tx.rows(signed_in))
        blocked = select(accounts.c.person_id).where(
            accounts.c.person_id.in_(part), accounts.c.password_hash == NO_PASSWORD
        )
        shut.update(int(row.person_id) for row in await tx.rows(blocked))
    return tuple(StaffRow(one, frozenset(held[one]), last.get(one), one in shut) for one in wanted)


async def running_sittings(tx: Reading, person_id: int) -> int:
    """How many attempts of a person are open: their pages hear of it when his sessions end."""
    mine = exists().where(enrolments.c.id == open_attempts.c.enrolment_id, enrolments.c.person_id == person_id)
    return int(await tx.value(select(func.count()).select_from(open_attempts).where(mine)))


async def is_shut(tx: Reading, person_id: int) -> bool:
    """Whether no password fits the account.

    Raises:
        Missing: the person has none.
    """
    return (await get_account(tx, person_id)).password_hash == NO_PASSWORD


async def _acts(tx: Reading, statement: Select[Any]) -> tuple[Act, ...]:
    return tuple(
        Act(
            id=row.id,
            at_ms=row.at_ms,
            person_id=row.person_id,
            act=AccountAct(row.act),
            role=None if row.role is None else Role(row.role),
            reason_category=row.reason_category,
            reason=row.reason,
            ticket=row.ticket,
            nonce=row.nonce,
            by_person=row.by_person,
        )
        for row in await tx.rows(statement)
    )
