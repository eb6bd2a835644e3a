"""What a start asks SQL for before it decides: on SQLite in one hop, on PostgreSQL in two turns."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from examengine.records import accounts as accounts_of
from examengine.records import enrolments as enrolments_of
from examengine.records.database import Missing, Writing
from examengine.records.fixed import Fixed
from examengine.records.history import HISTORY, EnrolmentRecord, record_of
from examengine.records.tables import accounts, attempts, enrolments, exams

_own = enrolments.alias("own")
_one_attempt = select(attempts.c.id).where(attempts.c.enrolment_id == _own.c.id).limit(1).correlate(_own)
_TOLD = (
    select(exams.c.withdrawn_ms).where(exams.c.id == enrolments.c.exam_id).scalar_subquery(),
    select(accounts.c.session_version).where(accounts.c.person_id == enrolments.c.person_id).scalar_subquery(),
    # a look for each of the person's enrolments, whatever the planner believes of the table of attempts
    select(func.max(_one_attempt.scalar_subquery()))
    .where(_own.c.person_id == enrolments.c.person_id)
    .correlate(enrolments)
    .scalar_subquery(),
)
_TO_START = Fixed(select(*HISTORY, *_TOLD).where(enrolments.c.id == bindparam("wanted")))


@dataclass(frozen=True, slots=True)
class ToStart:
    """An enrolment, locked, with what a start is decided by. ``session_version``: the person's, which nobody raises
    before the transaction ends, 0 where he has no account; ``has_sat``: in any exam.
    """

    record: EnrolmentRecord
    is_withdrawn: bool
    session_version: int
    has_sat: bool


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
    withdrawn_ms, session_version, some_attempt = rows[0][len(HISTORY) :]
    return ToStart(record, withdrawn_ms is not None, session_version or 0, some_attempt is not None)
