"""Roles as rows: who holds what, since when, by whom."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select, update

from examengine.records.database import Conflict, Reading, Writing
from examengine.records.tables import roles
from examengine.records.words import ALONE, APART, STAFF_ROLES, Role

_HELD = roles.c.revoked_ms.is_(None)
_HELD_BY = select(roles.c.role).where(roles.c.person_id == bindparam("wanted"), _HELD)


async def roles_of(tx: Reading, person_id: int) -> frozenset[Role]:
    """The roles a person holds now."""
    return frozenset(Role(row.role) for row in await tx.rows(_HELD_BY, {"wanted": person_id}))


async def people_with_role(tx: Reading, role: Role) -> tuple[int, ...]:
    """Ids of the people who hold a role now."""
    statement = select(roles.c.person_id).where(roles.c.role == role, _HELD).order_by(roles.c.person_id)
    return tuple(row.person_id for row in await tx.rows(statement))


def not_beside(role: Role, held: Iterable[Role]) -> frozenset[Role]:
    """Those of the roles held beside which ``role`` may not be held: who runs exams, who gives rights and who watches
    are three people, and the last two do no other work of staff.
    """
    others = {Role(one) for one in held} - {role}
    if role in ALONE:
        return frozenset(others.intersection(STAFF_ROLES))
    wrong = others.intersection(ALONE) if role in STAFF_ROLES else set()
    return frozenset(wrong | (others.intersection(APART) if role in APART else set()))


async def grant_role(tx: Writing, person_id: int, role: Role, granted_by: int | None, at_ms: int) -> bool:
    """Give a role; False where the person holds it already.

    Raises:
        Conflict: it does not go with a role that is held (see :func:`not_beside`).
    """
    held = await roles_of(tx, person_id)
    if role in held:
        return False
    wrong = not_beside(role, held)
    if wrong:
        raise Conflict(f"{role} does not go with {', '.join(sorted(wrong))}")
    await grant_new_people(tx, [person_id], role, granted_by, at_ms)
    return True


async def grant_new_people(
    tx: Writing, person_ids: Iterable[int], role: Role, granted_by: int | None, at_ms: int
) -> None:
    """Give a role to people who hold none yet, as an import does.

    Raises:
        Conflict: one of them holds it.
    """
    await tx.insert_all(
        roles,
        [
            {"person_id": person_id, "role": role, "granted_by": granted_by, "at_ms": at_ms}
            for person_id in person_ids
        ],
    )


async def revoke_role(tx: Writing, person_id: int, role: Role, revoked_by: int | None, at_ms: int) -> bool:
    """Take a role away; False where the person does not hold it."""
    held = update(roles).where(roles.c.person_id == person_id, roles.c.role == role, _HELD)
    return await tx.run(held.values(revoked_ms=at_ms, revoked_by=revoked_by)) > 0
