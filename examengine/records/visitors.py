"""Who is signed in, by what SQL says now: person, account and roles in one statement, asked at every page. A page of
an attempt asks for that in the same statement, of whoever is signed in alone.

PostgreSQL is asked for the pages of one moment together: setting a statement up and two wake-ups are most of what one
page costs, of the server and of the worker. SQLite is read here and now, which costs less than waiting for others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import BigInteger, FromClause, and_, bindparam, column, func, select, true
from sqlalchemy.sql.elements import ColumnElement

from examengine.batches import Batches
from examengine.logs import step
from examengine.records.accounts import Account
from examengine.records.among import Ids, a_list
from examengine.records.attempts import OWNED, OwnedAttempt, owned_of
from examengine.records.database import Database, Unavailable
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


def _with_own(attempt: ColumnElement[int]) -> FromClause:
    """With an attempt, and the enrolment where the attempt is this person's own."""
    return _PEOPLE.outerjoin(attempts, attempts.c.id == attempt).outerjoin(
        enrolments,
        and_(enrolments.c.id == attempts.c.enrolment_id, enrolments.c.person_id == accounts.c.person_id),
    )


_PERSON, _SOUGHT = bindparam("person", type_=BigInteger()), bindparam("attempt", type_=BigInteger())
_ASKED = (
    func.unnest(a_list("people", Ids()), a_list("sought", Ids()))
    .table_valued(column("person_id", BigInteger), column("attempt_id", BigInteger))
    .render_derived(name="asked")
)


class _Question:
    """What is asked of a person and an attempt (0: none), for one and for many: these on PostgreSQL, whose rows begin
    with the attempt that was asked for.
    """

    def __init__(self, told: Sequence[ColumnElement[Any]], of: FromClause, of_many: FromClause) -> None:
        self.one = Fixed(select(*told).select_from(of).where(accounts.c.person_id == _PERSON))
        found = select(*told).select_from(of_many).where(accounts.c.person_id == _ASKED.c.person_id)
        # OFFSET keeps it a question of its own for every row: by primary keys, whatever the tables' sizes
        each = found.correlate(_ASKED).offset(0).lateral("found")
        self.many = Fixed(select(_ASKED.c.attempt_id, *each.c).select_from(_ASKED.join(each, true())))


_OWN, _OWN_OF_MANY = _with_own(_SOUGHT), _with_own(_ASKED.c.attempt_id)
_KNOWN = _Question(KNOWN, _PEOPLE, _PEOPLE)
_WITH_ATTEMPT = _Question((*KNOWN, *OWNED, *HISTORY), _OWN, _OWN_OF_MANY)
_WITH_ENDED = _Question((*KNOWN, *OWNED, *HISTORY, *HANDED_IN), with_handed_in(_OWN), with_handed_in(_OWN_OF_MANY))
_NAMES = tuple(column.name for column in WITH_KEYS)
_ATTEMPT = len(KNOWN)
_HISTORY = _ATTEMPT + len(OWNED)
_LEFT = _HISTORY + len(HISTORY)
_rows_in = msgspec.json.Decoder(list[list[str]]).decode

OwnAttempt = tuple[OwnedAttempt, EnrolmentRecord]
OwnEnded = tuple[OwnedAttempt, EnrolmentRecord, HandedIn]


_Asked = tuple[int, int]
"""A person and an attempt, 0: none."""
_Row = Sequence[Any]

MOST = 64
"""Pages in one statement."""
AT_ONCE = 2
"""Statements under way, so that one which is held up holds not everybody up."""


class Visitors:
    """Tells pages who is signed in."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._gathered: dict[_Question, Batches[_Asked, _Row | None]] = {
            question: Batches(
                partial(self._found_together, question), most=MOST, at_once=AT_ONCE, everybodys=(Unavailable,)
            )
            for question in (_KNOWN, _WITH_ATTEMPT, _WITH_ENDED)
        }

    async def known(self, person_id: int) -> Known | None:
        """A person who has an account; None where there is none."""
        row = await self._found(_KNOWN, (person_id, 0))
        return None if row is None else known_of(self._vault, row)

    async def with_attempt(self, person_id: int, attempt_id: int) -> tuple[Known | None, OwnAttempt | None]:
        """The same with an attempt and the history of its enrolment; None for it where there is none of that id, or
        it is another person's.
        """
        row = await self._found(_WITH_ATTEMPT, (person_id, attempt_id))
        if row is None:
            return None, None
        return known_of(self._vault, row), _own(row) if _is_his(row) else None

    async def with_ended(self, person_id: int, attempt_id: int) -> tuple[Known | None, OwnEnded | None]:
        """The same with what the attempt has left where it has ended."""
        row = await self._found(_WITH_ENDED, (person_id, attempt_id))
        if row is None:
            return None, None
        return known_of(self._vault, row), (*_own(row), handed_in_of(row[_LEFT:])) if _is_his(row) else None

    async def _found(self, question: _Question, asked: _Asked) -> _Row | None:
        if not self._database.is_sqlite:
            began_s = perf_counter()
            try:
                return await self._gathered[question].ask(asked)
            finally:
                step("records", began_s)
        person_id, attempt_id = asked
        async with self._database.glancing() as tx:
            rows = await tx.fetch(question.one, {"person": person_id, "attempt": attempt_id})
        return rows[0] if rows else None

    async def _found_together(self, question: _Question, asked: Sequence[_Asked]) -> list[_Row | None]:
        """Rows by who has asked for what: by whose account it is, not by their order."""
        person_ids, attempt_ids = zip(*asked, strict=True)
        async with self._database.glancing() as tx:
            rows = await tx.fetch(question.many, {"people": person_ids, "sought": attempt_ids})
        found: dict[_Asked, _Row] = {(row[1], row[0]): row[1:] for row in rows}
        return [found.get(one) for one in asked]


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
