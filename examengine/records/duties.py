"""Who of the staff is on duty when, and the telephone number on every page."""

from dataclasses import dataclass

from sqlalchemy import select, update

from examengine.records.database import Reading, Writing
from examengine.records.shapes import columns
from examengine.records.tables import duties, hotlines, people, roles
from examengine.records.words import Role

ON_DUTY = (Role.SUPPORT, Role.OPERATOR)
"""Roles whose holders can help a candidate who calls."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A person is on duty in ``[from_ms, until_ms)``."""

    id: int
    person_id: int
    from_ms: int
    until_ms: int
    by_person: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Hotline:
    """A telephone number and when somebody answers it, as pages show them; an empty number is none."""

    number: str
    hours: str
    by_person: int
    at_ms: int


_DUTY = columns(duties, Duty)


async def add_duty(
    tx: Writing, person_id: int, from_ms: int, until_ms: int, by_person: int, at_ms: int, source: str
) -> bool:
    """Put somebody on the roster; False where this form has done it already.

    Raises:
        Conflict: there is no such person, or the duty ends before it begins.
    """
    row = {
        "person_id": person_id,
        "from_ms": from_ms,
        "until_ms": until_ms,
        "by_person": by_person,
        "at_ms": at_ms,
        "source": source,
    }
    return await tx.insert_unless_known(duties, row, "source") > 0


async def drop_duty(tx: Writing, duty_id: int, by_person: int, at_ms: int) -> bool:
    """Take a duty off the roster; False where it is not on it."""
    held = update(duties).where(duties.c.id == duty_id, duties.c.dropped_ms.is_(None))
    return await tx.run(held.values(dropped_ms=at_ms, dropped_by=by_person)) > 0


async def list_duties(tx: Reading, since_ms: int, limit: int = 200) -> tuple[Duty, ...]:
    """Duties on the roster that last beyond an instant, by their beginning."""
    statement = (
        select(*_DUTY)
        .where(duties.c.dropped_ms.is_(None), duties.c.until_ms > since_ms)
        .order_by(duties.c.from_ms, duties.c.id)
        .limit(limit)
    )
    return tuple(Duty(*row) for row in await tx.rows(statement))


async def on_duty(tx: Reading, from_ms: int, until_ms: int) -> tuple[int, ...]:
    """People who are on duty at some time of ``[from_ms, until_ms)`` and may still help; their ids."""
    statement = (
        select(duties.c.person_id)
        .join(roles, roles.c.person_id == duties.c.person_id)
        .where(
            duties.c.dropped_ms.is_(None),
            duties.c.from_ms < until_ms,
            duties.c.until_ms > from_ms,
            roles.c.role.in_(ON_DUTY),
            roles.c.revoked_ms.is_(None),
        )
        .distinct()
        .order_by(duties.c.person_id)
    )
    return tuple(row.person_id for row in await tx.rows(statement))


async def who_can(tx: Reading) -> tuple[int, ...]:
    """People who can be put on the roster; their ids."""
    statement = (
        select(roles.c.person_id)
        .join(people, people.c.id == roles.c.person_id)
        .where(roles.c.role.in_(ON_DUTY), roles.c.revoked_ms.is_(None), people.c.erased_ms.is_(None))
        .distinct()
        .order_by(roles.c.person_id)
    )
    return tuple(row.person_id for row in await tx.rows(statement))


async def set_hotline(tx: Writing, number: str, hours: str, by_person: int, at_ms: int) -> None:
    """Have another number stand on every page, or none."""
    await tx.insert(hotlines, {"number": number, "hours": hours, "by_person": by_person, "at_ms": at_ms})


async def find_hotline(tx: Reading) -> Hotline | None:
    """The number that was set last; None where nobody ever set one."""
    row = await tx.row(select(*columns(hotlines, Hotline)).order_by(hotlines.c.id.desc()).limit(1))
    return None if row is None else Hotline(*row)
