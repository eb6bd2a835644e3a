"""Accounts: password hashes, session versions, the sign-in log."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select, update

from examengine.records import outbox
from examengine.records.database import Missing, Reading, Writing
from examengine.records.fixed import Fixed
from examengine.records.people import current_document
from examengine.records.roles import roles_of
from examengine.records.shapes import columns
from examengine.records.tables import accounts, enrolments, open_attempts, person_indexes, sign_ins
from examengine.records.vault import Vault
from examengine.records.words import OutboxKind, Role, SignInOutcome

MAX_HOMONYMS = 3
"""People of one number (of different document types) among whom a sign-in looks for the password's owner."""


@dataclass(frozen=True, slots=True)
class Account:
    """``initial``: still the password handed out; ``must_change``: nothing else goes before a change of it."""

    person_id: int
    password_hash: str = field(repr=False)
    must_change: bool
    initial: bool
    session_version: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class SignIn:
    """A line of the sign-in log."""

    id: int
    person_id: int | None
    outcome: SignInOutcome
    device: str
    at_ms: int


_BY_PERSON = select(*columns(accounts, Account)).where(accounts.c.person_id == bindparam("wanted"))

HELD = Fixed(
    select(accounts.c.session_version).where(accounts.c.person_id == bindparam("wanted")).with_for_update(read=True)
)
"""The session version of a person, ``wanted``, which nobody raises before the transaction ends."""


async def find_for_sign_in(tx: Reading, vault: Vault, document: str) -> tuple[Account, ...]:
    """The accounts of a whole current document number; hardly ever more than one. One query."""
    statement = (
        select(*columns(accounts, Account))
        .where(
            accounts.c.person_id.in_(
                select(person_indexes.c.person_id).where(current_document(vault, document)).limit(MAX_HOMONYMS)
            )
        )
        .order_by(accounts.c.person_id)
    )
    return tuple(Account(*row) for row in await tx.rows(statement))


async def get_account(tx: Reading, person_id: int) -> Account:
    """A person's account.

    Raises:
        Missing: the person has none.
    """
    row = await tx.row(_BY_PERSON, {"wanted": person_id})
    if row is None:
        raise Missing("account", person_id)
    return Account(*row)


async def get_account_and_roles(tx: Reading, person_id: int) -> tuple[Account, frozenset[Role]]:
    """What a guard of staff pages asks for: is the session still good, and what may the person do.

    Raises:
        Missing: the person has no account.
    """
    return await get_account(tx, person_id), await roles_of(tx, person_id)


async def add_accounts(
    tx: Writing, hashes: Mapping[int, str], at_ms: int, *, must_change: bool = True, initial: bool = True
) -> None:
    """Give new people their first passwords; ``hashes`` by person id."""
    await tx.insert_all(
        accounts,
        [
            {
                "person_id": person_id,
                "password_hash": password_hash,
                "must_change": must_change,
                "initial": initial,
                "session_version": 1,
                "changed_ms": at_ms,
            }
            for person_id, password_hash in hashes.items()
        ],
    )


async def change_password(
    tx: Writing, person_id: int, password_hash: str, at_ms: int, *, initial: bool = False
) -> int:
    """Set a password and end every session of the person; the new session version.

    ``initial``: staff handed it out, and it must be changed at the next sign-in.

    Raises:
        Missing: the person has no account.
    """
    await tx.run(
        update(accounts)
        .where(accounts.c.person_id == person_id)
        .values(password_hash=password_hash, must_change=initial, initial=initial, changed_ms=at_ms)
    )
    return await end_sessions(tx, person_id, at_ms)


async def rehash_password(tx: Writing, person_id: int, before: str, after: str) -> bool:
    """Replace a hash by one of the same password with newer parameters; sessions stay. False where the password was
    changed meanwhile.
    """
    unchanged = update(accounts).where(accounts.c.person_id == person_id, accounts.c.password_hash == before)
    return await tx.run(unchanged.values(password_hash=after)) > 0


async def end_sessions(tx: Writing, person_id: int, at_ms: int) -> int:
    """Make every cookie of the person void, also in his running sittings (by the outbox); the new session version.

    Raises:
        Missing: the person has no account.
    """
    raised = update(accounts).where(accounts.c.person_id == person_id)
    version = await tx.value(
        raised.values(session_version=accounts.c.session_version + 1).returning(accounts.c.session_version)
    )
    if version is None:
        raise Missing("account", person_id)
    running = (
        select(open_attempts.c.attempt_id)
        .join_from(open_attempts, enrolments, enrolments.c.id == open_attempts.c.enrolment_id)
        .where(enrolments.c.person_id == person_id)
    )
    for row in await tx.rows(running):
        payload = {"session_version": int(version)}
        await outbox.put(tx, row.attempt_id, OutboxKind.SESSION, payload, at_ms, version=int(version))
    return int(version)


async def lock_account(tx: Writing, person_id: int) -> None:
    """Hold a person's account until the transaction ends.

    Raises:
        Missing: the person has none.
    """
    held = select(accounts.c.person_id).where(accounts.c.person_id == person_id).with_for_update(key_share=True)
    if await tx.value(held) is None:
        raise Missing("account", person_id)


async def hold_session_version(tx: Writing, person_id: int) -> int:
    """The person's session version, which nobody raises before the transaction ends: what is started in it will be
    seen by whoever ends the sessions then. 0: the person has no account.
    """
    held = await tx.fetch(HELD, {"wanted": person_id})
    return int(held[0][0]) if held else 0


async def record_sign_in(tx: Writing, person_id: int | None, outcome: SignInOutcome, device: str, at_ms: int) -> None:
    """Append to the sign-in log."""
    await tx.insert(sign_ins, {"person_id": person_id, "outcome": outcome, "device": device[:32], "at_ms": at_ms})


async def has_signed_in_on(tx: Reading, person_id: int, device: str) -> bool:
    """Whether a person has signed in before by the browser of this mark; never by one without."""
    if not device:
        return False
    mine = (sign_ins.c.person_id == person_id) & (sign_ins.c.device == device[:32])
    found = select(sign_ins.c.id).where(mine, sign_ins.c.outcome == SignInOutcome.SIGNED_IN).limit(1)
    return await tx.value(found) is not None


async def newest_sign_ins(tx: Reading, person_id: int, limit: int = 20) -> tuple[SignIn, ...]:
    """A person's last tries, newest first."""
    statement = (
        select(*columns(sign_ins, SignIn))
        .where(sign_ins.c.person_id == person_id)
        .order_by(sign_ins.c.at_ms.desc(), sign_ins.c.id.desc())
        .limit(limit)
    )
    return tuple(
        SignIn(row.id, row.person_id, SignInOutcome(row.outcome), row.device, row.at_ms)
        for row in await tx.rows(statement)
    )
