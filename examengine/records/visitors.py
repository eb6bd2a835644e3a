"""Who is signed in, by what SQL says now: person, account and roles in one statement, asked at every page. A page of
an attempt asks for that in the same statement, of whoever is signed in alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, select

from examengine.records.accounts import Account
from examengine.records.attempts import OWNED, OwnedAttempt, owned_of
from examengine.records.database import Reading
from examengine.records.fixed import Fixed
from examengine.records.history import HISTORY, EnrolmentRecord, record_of
from examengine.records.listed import listed
from examengine.records.outcomes import HANDED_IN, HandedIn, handed_in_of, with_handed_in
from examengine.records.people import WITH_KEYS, Person, person_of
from examengine.records.shapes import columns
from examengine.records.tables import accounts, attempts, enrolments, people, person_keys, roles
from examengine.records.vault import Vault
from examengine.records.words import Role


@dataclass(frozen=True, slots=True)
class Known:
    """A person with his account and the roles he holds now."""

    person: Person
    account: Account
    roles: frozenset[Role]


_ACCOUNT = columns(accounts, Account)
KNOWN = (
    *_ACCOUNT,
    *WITH_KEYS,
    listed(
        [roles.c.role],
        roles,
        and_(roles.c.person_id == accounts.c.person_id, roles.c.revoked_ms.is_(None)),
        accounts,
    ),
)
"""Columns of a statement over ``accounts``, ``people`` and ``person_keys`` that :func:`known_of` reads."""
_PEOPLE = accounts.join(people, people.c.id == accounts.c.person_id).outerjoin(
    person_keys, person_keys.c.person_id == people.c.id
)
_WITH_OWN = _PEOPLE.outerjoin(attempts, attempts.c.id == bindparam("attempt")).outerjoin(
    enrolments,
    and_(enrolments.c.id == attempts.c.enrolment_id, enrolments.c.person_id == accounts.c.person_id),
)
_IS_WANTED = accounts.c.person_id == bindparam("wanted")
_KNOWN = Fixed(select(*KNOWN).select_from(_PEOPLE).where(_IS_WANTED))
_WITH_ATTEMPT = Fixed(select(*KNOWN, *OWNED, *HISTORY).select_from(_WITH_OWN).where(_IS_WANTED))
_WITH_ENDED = Fixed(
    select(*KNOWN, *OWNED, *HISTORY, *HANDED_IN).select_from(with_handed_in(_WITH_OWN)).where(_IS_WANTED)
)
_NAMES = tuple(column.name for column in WITH_KEYS)
_ATTEMPT = len(KNOWN)
_HISTORY = _ATTEMPT + len(OWNED)
_LEFT = _HISTORY + len(HISTORY)
_rows_in = msgspec.json.Decoder(list[list[str]]).decode

OwnAttempt = tuple[OwnedAttempt, EnrolmentRecord]
OwnEnded = tuple[OwnedAttempt, EnrolmentRecord, HandedIn]


async def find_known(tx: Reading, vault: Vault, person_id: int) -> Known | None:
    """A person who has an account; None where there is none."""
    rows = await tx.fetch(_KNOWN, {"wanted": person_id})
    return known_of(vault, rows[0]) if rows else None


async def find_known_with_attempt(
    tx: Reading, vault: Vault, person_id: int, attempt_id: int
) -> tuple[Known | None, OwnAttempt | None]:
    """The same with an attempt and the history of its enrolment; None for it where there is none of that id, or it is
    another person's.
    """
    rows = await tx.fetch(_WITH_ATTEMPT, {"wanted": person_id, "attempt": attempt_id})
    if not rows:
        return None, None
    row = rows[0]
    return known_of(vault, row), _own(row) if _is_his(row) else None


async def find_known_with_ended(
    tx: Reading, vault: Vault, person_id: int, attempt_id: int
) -> tuple[Known | None, OwnEnded | None]:
    """The same with what the attempt has left where it has ended."""
    rows = await tx.fetch(_WITH_ENDED, {"wanted": person_id, "attempt": attempt_id})
    if not rows:
        return None, None
    row = rows[0]
    return known_of(vault, row), (*_own(row), handed_in_of(row[_LEFT:])) if _is_his(row) else None


def known_of(vault: Vault, row: Sequence[Any]) -> Known:
    """From a row that begins with the columns :data:`KNOWN`."""
    return _opened(vault, tuple(row[:_ATTEMPT]))


def _is_his(row: Sequence[Any]) -> bool:
    return row[_HISTORY] is not None


def _own(row: Sequence[Any]) -> OwnAttempt:
    return owned_of(row[_ATTEMPT:_HISTORY]), record_of(row[_HISTORY:_LEFT])


@lru_cache(maxsize=256)
def _opened(vault: Vault, row: tuple[Any, ...]) -> Known:
    """What the row says. Of the same row it is the same: whoever starts has his page next, and opening what is
    sealed costs several times the look. Once it has changed, as by an erasure, nothing of this is shown any more.
    """
    account, person, its_roles = row[: len(_ACCOUNT)], row[len(_ACCOUNT) : -1], row[-1]
    return Known(
        person_of(vault, SimpleNamespace(**dict(zip(_NAMES, person, strict=True)))),
        Account(*account),
        frozenset(Role(role) for (role,) in _rows_in(its_roles)),
    )
