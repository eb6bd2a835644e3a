"""What starts ask SQL for before they decide: one statement for all that are begun together, under their locks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import and_, func, select, text

from examengine.records import accounts as accounts_of
from examengine.records import enrolments as enrolments_of
from examengine.records.accounts import Account
from examengine.records.among import among
from examengine.records.database import Reading, Writing
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
_of_each = select(*HISTORY, *_TOLD).join_from(
    enrolments, accounts, accounts.c.person_id == enrolments.c.person_id, isouter=True
)
_TO_START = Fixed(_of_each.where(among(enrolments.c.id)))
_held = (
    select(accounts.c.person_id)
    .where(among(accounts.c.person_id, "people"))
    .with_for_update(read=True, skip_locked=True)
    .cte("held")
)
_free = (
    select(enrolments.c.id)
    .join_from(enrolments, _held, _held.c.person_id == enrolments.c.person_id)
    .where(among(enrolments.c.id))
    .with_for_update(of=enrolments, key_share=True, skip_locked=True)
    .cte("free")
)
_LOCK_FREE = Fixed(
    select(text("set_config('examengine.free', coalesce(string_agg(free.id::text, ','), ''), true)")).select_from(
        _free
    )
)
"""Takes the locks of :func:`lock_to_start` for many, as far as nobody else has them, and notes for the rest of the
transaction whose it has got: so it needs no turn of its own. PostgreSQL alone can, as the next.
"""
_FREE_TO_START = Fixed(
    _of_each.where(
        text("enrolments.id = ANY (CAST(string_to_array(current_setting('examengine.free'), ',') AS BIGINT[]))")
    )
)
_BEFORE = Fixed(
    select(attempts.c.enrolment_id, attempts.c.intent, attempts.c.id, attempts.c.seed)
    .where(among(attempts.c.enrolment_id))
    .order_by(attempts.c.started_ms, attempts.c.id)
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


@dataclass(frozen=True, slots=True)
class BegunBefore:
    """An earlier attempt of an enrolment: by which intent, and from which seed its paper was drawn."""

    intent: str
    attempt_id: int
    seed: bytes


async def lock_to_start(tx: Writing, enrolment_id: int, person_id: int) -> None:
    """Lock an enrolment and the account of the person who says that it is his.

    Raises:
        Unavailable: someone else held it too long.
    """
    await tx.hold((enrolments_of.LOCKED, {"wanted": enrolment_id}), (accounts_of.HELD, {"wanted": person_id}))


async def lock_free_to_start(tx: Writing, wanted: Collection[tuple[int, int]]) -> dict[int, ToStart]:
    """The same for many, each an enrolment with its person, none twice, and nobody is waited for: what those are
    started by that are locked now. One that is missing is held by others, is another person's, or its person has no
    account.
    """
    ids, people = [enrolment_id for enrolment_id, _ in wanted], [person_id for _, person_id in wanted]
    if tx.is_sqlite:  # whose writer is alone
        return await read_to_start(tx, ids)
    await tx.hold((_LOCK_FREE, {"wanted": ids, "people": people}))
    return {row[0]: _to_start(row) for row in await tx.fetch(_FREE_TO_START, {})}


async def read_to_start(tx: Writing, enrolment_ids: Sequence[int]) -> dict[int, ToStart]:
    """What enrolments that are locked now are started by, in one statement; an id that is none is left out."""
    rows = await tx.fetch(_TO_START, {"wanted": enrolment_ids})
    return {row[0]: _to_start(row) for row in rows}


def _to_start(row: Sequence[Any]) -> ToStart:
    withdrawn_ms, some_attempt, has_key, its_roles, *account = row[len(HISTORY) :]
    return ToStart(
        record_of(row[: len(HISTORY)]),
        withdrawn_ms is not None,
        some_attempt is not None,
        not has_key,
        frozenset(Role(role) for (role,) in _rows_in(its_roles)),
        None if account[0] is None else Account(*account),
    )


async def begun_before(tx: Reading, enrolment_ids: Sequence[int]) -> dict[int, tuple[BegunBefore, ...]]:
    """The attempts that enrolments have begun so far, oldest first, by enrolment; one statement."""
    found: dict[int, tuple[BegunBefore, ...]] = {}
    for enrolment_id, *row in await tx.fetch(_BEFORE, {"wanted": enrolment_ids}):
        found[enrolment_id] = (*found.get(enrolment_id, ()), BegunBefore(*row))
    return found
