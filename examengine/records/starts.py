"""What a start asks SQL for before it decides: on SQLite in one hop, on PostgreSQL in two turns."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import and_, bindparam, func, select

from examengine.records import accounts as accounts_of
from examengine.records import enrolments as enrolments_of
from examengine.records.accounts import Account
from examengine.records.database import Missing, Writing
from examengine.records.fixed import Fixed
from examengine.records.history import HISTORY, EnrolmentRecord, record_of
from examengine.records.listed import listed
from examengine.records.shapes import columns
from examengine.records.tables import accounts, attempts, enrolments, exams, person_keys, roles
from examengine.records.words import Role

_own = enrolments.alias("own")
_one_attempt = select(attempts.c.id).where(attempts.c.enrolment_id == _own.c.id).limit(1).correlate(_own)
_TOLD = (
    select(exams.c.withdrawn_ms).where(exams.c.id == enrolments.c.exam_id).scalar_subquery(),
    # a look for each of the person's enrolments, whatever the planner believes of the table of attempts
    select(func.max(_one_attempt.scalar_subquery()))
    .where(_own.c.person_id == enrolments.c.person_id)
    .correlate(enrolments)
    .scalar_subquery(),
    select(person_keys.c.wrapped_key.is_not(None))
    .where(person_keys.c.person_id == enrolments.c.person_id)
    .scalar_subquery(),
    listed(
        [roles.c.role],
        roles,
        and_(roles.c.person_id == enrolments.c.person_id, roles.c.revoked_ms.is_(None)),
        enrolments,
    ),
    *columns(accounts, Account),
)
_TO_START = Fixed(
    select(*HISTORY, *_TOLD)
    .join_from(enrolments, accounts, accounts.c.person_id == enrolments.c.person_id, isouter=True)
    .where(enrolments.c.id == bindparam("wanted"))
)
_rows_in = msgspec.json.Decoder(list[list[str]]).decode


@dataclass(frozen=True, slots=True)
class ToStart:
    """An enrolment, locked, with what a start is decided by. ``has_sat``: the person has, in any exam; ``is_erased``:
    nothing can be read of him any more; ``account``: his, whose session version nobody raises before the transaction
    ends, None where he has none.
    """

    record: EnrolmentRecord
    is_withdrawn: bool
    has_sat: bool
    is_erased: bool
    roles: frozenset[Role]
    account: Account | None

    @property
    def session_version(self) -> int:
        """0 where there is no account."""
        return 0 if self.account is None else self.account.session_version


async def lock_to_start(tx: Writing, enrolment_id: int, person_id: int) -> ToStart:
    """An enrolment with its history, locked, of the person who says that it is his.

    Raises:
        Missing: there is none of that id, or it is another person's.
        Unavailable: someone else held it too long.
    """
    await tx.hold((enrolments_of.LOCKED, {"wanted": enrolment_id}), (accounts_of.HELD, {"wanted": person_id}))
    rows = await tx.fetch(_TO_START, {"wanted": enrolment_id})
    if not rows:
        raise Missing("enrolment", enrolment_id)
    record = record_of(rows[0][: len(HISTORY)])
    if record.enrolment.person_id != person_id:
        raise Missing("enrolment", enrolment_id)
    withdrawn_ms, some_attempt, has_key, its_roles, *account = rows[0][len(HISTORY) :]
    return ToStart(
        record,
        withdrawn_ms is not None,
        some_attempt is not None,
        not has_key,
        frozenset(Role(role) for (role,) in _rows_in(its_roles)),
        None if account[0] is None else Account(*account),
    )
