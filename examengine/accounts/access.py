"""Giving and taking access: a new password, a role, all of it. Sessions end in the same transaction, also in sittings
that run: their pages are told to sign in, answers and clock stay.
"""

from examengine.accounts.passwords import Passwords, new_initial
from examengine.records import accounts, audit, roles, second_factors
from examengine.records.database import Database
from examengine.records.staffing import NO_PASSWORD
from examengine.records.words import Role


async def hand_out_password(
    database: Database, passwords: Passwords, person_id: int, by_person: int | None, now_ms: int
) -> str:
    """Give a person who has lost his password a new one-time password, which is told once and never kept.

    Raises:
        Missing: the person has no account.
        BusyError: too many passwords are being looked at.
    """
    password = new_initial()
    [password_hash] = await passwords.hashed_initial([password])
    async with database.writing() as tx:
        await accounts.change_password(tx, person_id, password_hash, now_ms, initial=True)
        await audit.append(tx, now_ms, by_person, "password_handed_out", "person", person_id)
    return password


async def take_role(database: Database, person_id: int, role: Role, by_person: int | None, now_ms: int) -> bool:
    """Take a role away; False where the person does not hold it. What was open under it is shut at once.

    Raises:
        Missing: the person has no account.
    """
    async with database.writing() as tx:
        if not await roles.revoke_role(tx, person_id, role, by_person, now_ms):
            return False
        await accounts.end_sessions(tx, person_id, now_ms)
        await audit.append(tx, now_ms, by_person, "role_taken", "person", person_id, {"role": role.value})
    return True


async def give_role(database: Database, person_id: int, role: Role, by_person: int | None, now_ms: int) -> bool:
    """Give a role; False where the person holds it already.

    Raises:
        Conflict: it does not go with a role that is held.
        Missing: the person has no account.
    """
    async with database.writing() as tx:
        await accounts.get_account(tx, person_id)
        if not await roles.grant_role(tx, person_id, role, by_person, now_ms):
            return False
        await audit.append(tx, now_ms, by_person, "role_given", "person", person_id, {"role": role.value})
    return True


async def reset_factor(database: Database, person_id: int, by_person: int | None, now_ms: int) -> bool:
    """End the second factor of a person who has lost it; False where there is none. His sessions end.

    Raises:
        Missing: the person has no account.
    """
    async with database.writing() as tx:
        await accounts.get_account(tx, person_id)
        if not await second_factors.end(tx, person_id, by_person, now_ms):
            return False
        await accounts.end_sessions(tx, person_id, now_ms)
        await audit.append(tx, now_ms, by_person, "second_factor_reset", "person", person_id)
    return True


async def block(database: Database, person_id: int, by_person: int | None, reason: str, now_ms: int) -> None:
    """Let nobody in under this account until a new one-time password is handed out.

    Raises:
        Missing: the person has no account.
        ValueError: no reason.
    """
    if not reason.strip():
        raise ValueError("blocking an account needs a reason")
    async with database.writing() as tx:
        await accounts.change_password(tx, person_id, NO_PASSWORD, now_ms, initial=True)
        await audit.append(tx, now_ms, by_person, "account_blocked", "person", person_id, {"reason": reason})
