"""Who is signed in, by what SQL says now: person, account and roles in one statement, asked at every page."""

from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import and_, bindparam, select

from examengine.records.accounts import Account
from examengine.records.database import Reading
from examengine.records.fixed import Fixed
from examengine.records.people import WITH_KEYS, Person, person_of
from examengine.records.shapes import columns
from examengine.records.tables import accounts, people, person_keys, roles
from examengine.records.vault import Vault
from examengine.records.words import Role


@dataclass(frozen=True, slots=True)
class Known:
    """A person with his account and the roles he holds now."""

    person: Person
    account: Account
    roles: frozenset[Role]


_ACCOUNT = columns(accounts, Account)
_KNOWN = Fixed(
    select(*_ACCOUNT, *WITH_KEYS, roles.c.role)
    .join_from(accounts, people, people.c.id == accounts.c.person_id)
    .outerjoin(person_keys, person_keys.c.person_id == people.c.id)
    .outerjoin(roles, and_(roles.c.person_id == accounts.c.person_id, roles.c.revoked_ms.is_(None)))
    .where(accounts.c.person_id == bindparam("wanted"))
)
_NAMES = tuple(column.name for column in WITH_KEYS)


async def find_known(tx: Reading, vault: Vault, person_id: int) -> Known | None:
    """A person who has an account; None where there is none."""
    rows = await tx.fetch(_KNOWN, {"wanted": person_id})
    return _opened(vault, tuple(map(tuple, rows))) if rows else None


@lru_cache(maxsize=256)
def _opened(vault: Vault, rows: tuple[tuple[Any, ...], ...]) -> Known:
    """What the rows say. Of the same rows it is the same: whoever starts has his page next, and opening what is
    sealed costs several times the look. Once a row has changed, as by an erasure, nothing of this is shown any more.
    """
    account, person = rows[0][: len(_ACCOUNT)], rows[0][len(_ACCOUNT) : -1]
    return Known(
        person_of(vault, SimpleNamespace(**dict(zip(_NAMES, person, strict=True)))),
        Account(*account),
        frozenset(Role(row[-1]) for row in rows if row[-1] is not None),
    )
