"""Attempts: begun once per intent, looked at when they are due."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import bindparam, func, select, update

from examengine.records.among import among, as_rows
from examengine.records.database import AnyRow, Missing, Reading, Writing
from examengine.records.fixed import MOST_HERE, Ask, Fixed, Rows
from examengine.records.shapes import columns
from examengine.records.tables import accounts, attempts, enrolments, open_attempts, releases


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFacts:
    """What a start fixes. ``no`` counts within the round; ``paper`` is packed; ``contract`` is JSON, what the person
    was told.
    """

    enrolment_id: int
    round_id: int
    no: int
    intent: str
    started_ms: int
    base_deadline_ms: int
    base_reason: str
    seed: bytes = field(repr=False)
    generator: int
    paper: bytes = field(repr=False)
    release_id: int
    rulebook_digest: str
    contract: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt(AttemptFacts):
    """An attempt to begin. ``look_at_ms``: when the sweeper should look."""

    look_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(AttemptFacts):
    """An attempt as it began; ``generation`` rises when its sitting is rebuilt."""

    id: int
    generation: int


@dataclass(frozen=True, slots=True)
class OwnedAttempt:
    """An attempt with whose it is."""

    attempt: Attempt
    person_id: int
    exam_id: int


@dataclass(frozen=True, slots=True)
class DueAttempt:
    """An attempt without outcome that someone should look at."""

    attempt_id: int
    enrolment_id: int
    generation: int
    look_at_ms: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Attempts without outcome that are due in the same second; the lowest and the highest of their ids."""

    due_ms: int
    count: int
    first_id: int
    last_id: int

    def before(self, attempt_id: int) -> int:
        """How many of them come before this one, as if their ids were evenly spread."""
        share = (attempt_id - self.first_id) / max(1, self.last_id - self.first_id)
        return int(self.count * min(1.0, max(0.0, share)))


@dataclass(frozen=True, slots=True)
class SeenPaper:
    """A paper a person has had before."""

    attempt_id: int
    release_id: int
    paper: bytes = field(repr=False)


SECOND_MS = 1_000
_ATTEMPT = columns(attempts, Attempt)
_FACTS = tuple(fact.name for fact in fields(AttemptFacts))
OWNED = (*_ATTEMPT, enrolments.c.person_id, enrolments.c.exam_id)
"""Columns that :func:`owned_of` reads."""
_BY_INTENT = Fixed(select(*_ATTEMPT).where(attempts.c.intent == bindparam("wanted")))
_OPEN = Fixed(
    open_attempts.insert().values(
        attempt_id=func.last_insert_rowid(),
        enrolment_id=bindparam("enrolment_id"),
        look_at_ms=bindparam("look_at_ms"),
    )
)
"""After the attempt itself; SQLite alone can."""
_BEGUN = attempts.insert().values({column.name: bindparam(column.name) for column in _ATTEMPT if column.name != "id"})
_BEGIN = Fixed(_BEGUN.returning(attempts.c.id))
_SENT = tuple(column for column in _ATTEMPT if column.name != "id")
_sent = as_rows(_SENT, "sent")
_to_open = as_rows((attempts.c.enrolment_id, open_attempts.c.look_at_ms), "to_open")
_begun = (
    attempts.insert()
    .from_select([column.name for column in _SENT], select(*(_sent.c[column.name] for column in _SENT)))
    .returning(attempts.c.id, attempts.c.enrolment_id)
    .cte("begun")
)
_BEGIN_AND_OPEN = Fixed(
    select(_begun.c.id, _begun.c.enrolment_id).add_cte(
        open_attempts.insert()
        .from_select(
            ["attempt_id", "enrolment_id", "look_at_ms"],
            select(_begun.c.id, _begun.c.enrolment_id, _to_open.c.look_at_ms).join_from(
                _begun, _to_open, _to_open.c.enrolment_id == _begun.c.enrolment_id
            ),
        )
        .cte("opened")
    )
)
"""Both of many, each value as a list; PostgreSQL alone can."""
_SEEN = Fixed(
    select(enrolments.c.person_id, releases.c.bank_id, attempts.c.id, attempts.c.release_id, attempts.c.paper)
    .join_from(attempts, enrolments)
    .join(releases, releases.c.id == attempts.c.release_id)
    .where(among(enrolments.c.person_id, "people"), among(releases.c.bank_id, "banks"))
    .order_by(attempts.c.id)
)
_LOCKED = select(*_ATTEMPT).where(attempts.c.id == bindparam("wanted")).with_for_update(key_share=True)
_OWNED = Fixed(select(*OWNED).join_from(attempts, enrolments).where(attempts.c.id == bindparam("wanted")))

_second = open_attempts.c.look_at_ms // SECOND_MS
_ENDING = Fixed(
    select(_second, func.count(), func.min(open_attempts.c.attempt_id), func.max(open_attempts.c.attempt_id))
    .where(open_attempts.c.look_at_ms <= bindparam("until"))
    .group_by(_second)
    .order_by(_second)
)


async def begin(tx: Writing, new: NewAttempt) -> tuple[Attempt, bool]:
    """Begin an attempt, unless this intent has begun one: then that one, whatever became of it. The attempt, and
    whether it is new. Hold the enrolment's lock.

    Raises:
        Conflict: another attempt of the enrolment is running, or the round's number is taken.
    """
    known = await find_by_intent(tx, new.intent)
    return (known, False) if known is not None else (await begin_new(tx, new), True)


async def begin_new(tx: Writing, new: NewAttempt) -> Attempt:
    """Begin an attempt whose intent has begun none: whoever holds the enrolment's lock has looked.

    Raises:
        Conflict: another attempt of the enrolment is running, or the round's number or the intent is taken.
    """
    [told] = _told(tx, [new], await tx.fetch_each(*_beginning(tx, [new])))
    return told


async def begin_new_and_end(tx: Writing, new: Sequence[NewAttempt]) -> list[Attempt]:
    """Begin attempts, of an enrolment each, as the transaction's last act, and commit.

    Raises:
        Conflict: as :func:`begin_new`; none of them was begun.
    """
    asked = _beginning(tx, new)
    before: list[Rows] = []
    while len(asked) > MOST_HERE:
        before += await tx.fetch_each(*asked[:MOST_HERE])
        asked = asked[MOST_HERE:]
    return _told(tx, new, before + await tx.end_with(*asked))


def _beginning(tx: Writing, new: Sequence[NewAttempt]) -> list[Ask]:
    rows = [
        {name: getattr(one, name) for name in _FACTS} | {"generation": 1, "look_at_ms": one.look_at_ms} for one in new
    ]
    if tx.is_sqlite:
        return [ask for row in rows for ask in ((_BEGIN, row), (_OPEN, row))]
    return [(_BEGIN_AND_OPEN, {name: [row[name] for row in rows] for name in rows[0]})]


def _told(tx: Writing, new: Sequence[NewAttempt], answers: Sequence[Rows]) -> list[Attempt]:
    """What the statements of :func:`_beginning` have answered, in the order of what was sent."""
    if tx.is_sqlite:
        ids = [rows[0][0] for rows in answers[::2]]
    else:
        by_enrolment = {enrolment_id: attempt_id for attempt_id, enrolment_id in answers[0]}
        ids = [by_enrolment[one.enrolment_id] for one in new]
    return [_begun_as(one, attempt_id) for one, attempt_id in zip(new, ids, strict=True)]


def _begun_as(new: NewAttempt, attempt_id: int) -> Attempt:
    return Attempt(**{name: getattr(new, name) for name in _FACTS}, id=attempt_id, generation=1)


async def find_by_intent(tx: Reading, intent: str) -> Attempt | None:
    """The attempt that an intent began."""
    rows = await tx.fetch(_BY_INTENT, {"wanted": intent})
    return _attempt_of(rows[0]) if rows else None


async def get_attempt(tx: Reading, attempt_id: int) -> OwnedAttempt:
    """One attempt with whose it is.

    Raises:
        Missing: there is none of that id.
    """
    rows = await tx.fetch(_OWNED, {"wanted": attempt_id})
    if not rows:
        raise Missing("attempt", attempt_id)
    return owned_of(rows[0])


async def get_attempts(tx: Reading, attempt_ids: Iterable[int]) -> dict[int, OwnedAttempt]:
    """Attempts by id, in one query; an id that is none is left out."""
    owned = select(*_ATTEMPT, enrolments.c.person_id, enrolments.c.exam_id).join_from(attempts, enrolments)
    rows = await tx.rows(owned.where(attempts.c.id.in_(sorted(set(attempt_ids)))))
    return {row.id: OwnedAttempt(_attempt(row), row.person_id, row.exam_id) for row in rows}


async def lock_attempt(tx: Writing, attempt_id: int) -> Attempt:
    """The attempt, locked: finishes, voids, extra time and rebuilds of it come one after another. Take the
    enrolment's lock before, where both are needed.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(_LOCKED, {"wanted": attempt_id})
    if row is None:
        raise Missing("attempt", attempt_id)
    return _attempt(row)


async def due(
    tx: Reading, now_ms: int, limit: int = 100, part: tuple[int, Collection[int]] | None = None
) -> tuple[DueAttempt, ...]:
    """Attempts without outcome whose time to be looked at has come, the longest waiting first.

    Args:
        part: only those whose id leaves one of these rests, divided by that number.
    """
    statement = (
        select(attempts.c.id, attempts.c.enrolment_id, attempts.c.generation, open_attempts.c.look_at_ms)
        .join_from(open_attempts, attempts, attempts.c.id == open_attempts.c.attempt_id)
        .where(open_attempts.c.look_at_ms <= now_ms)
        .order_by(open_attempts.c.look_at_ms, open_attempts.c.attempt_id)
        .limit(limit)
    )
    if part is not None:
        divided_by, rests = part
        statement = statement.where((open_attempts.c.attempt_id % divided_by).in_(sorted(rests)))
    return tuple(DueAttempt(*row) for row in await tx.rows(statement))


async def ending_until(tx: Reading, until_ms: int) -> tuple[Batch, ...]:
    """Attempts without outcome at which someone should look by then, second by second; one query."""
    rows = await tx.fetch(_ENDING, {"until": until_ms})
    return tuple(Batch((second + 1) * SECOND_MS - 1, count, first, last) for second, count, first, last in rows)


async def look_again(tx: Writing, attempt_id: int, look_at_ms: int) -> bool:
    """Move the time when someone should look; False where the attempt has an outcome."""
    running = update(open_attempts).where(open_attempts.c.attempt_id == attempt_id)
    return await tx.run(running.values(look_at_ms=look_at_ms)) > 0


async def put_off(tx: Writing, attempt_id: int, now_ms: int, look_at_ms: int) -> None:
    """Let an attempt that is due, and could not be ended, wait until ``look_at_ms``: others come first meanwhile."""
    is_due = update(open_attempts).where(
        open_attempts.c.attempt_id == attempt_id, open_attempts.c.look_at_ms <= now_ms
    )
    await tx.run(is_due.values(look_at_ms=look_at_ms))


async def session_version(tx: Reading, attempt_id: int) -> int | None:
    """The session version of the account whose attempt it is; None where there is no such attempt."""
    statement = (
        select(func.coalesce(accounts.c.session_version, 1))
        .join_from(attempts, enrolments)
        .outerjoin(accounts, accounts.c.person_id == enrolments.c.person_id)
        .where(attempts.c.id == attempt_id)
    )
    value = await tx.value(statement)
    return None if value is None else int(value)


async def running_of_person(tx: Reading, person_id: int) -> tuple[int, ...]:
    """Ids of a person's attempts without outcome."""
    statement = (
        select(open_attempts.c.attempt_id)
        .join_from(open_attempts, enrolments, enrolments.c.id == open_attempts.c.enrolment_id)
        .where(enrolments.c.person_id == person_id)
        .order_by(open_attempts.c.attempt_id)
    )
    return tuple(row.attempt_id for row in await tx.rows(statement))


async def papers_seen(
    tx: Reading, people: Collection[int], banks: Collection[int]
) -> dict[tuple[int, int], tuple[SeenPaper, ...]]:
    """Every paper that people have had from banks, oldest first, by person and bank, so that a draw can avoid its
    items; one statement.
    """
    found: dict[tuple[int, int], tuple[SeenPaper, ...]] = {}
    for person_id, bank_id, *row in await tx.fetch(_SEEN, {"people": list(people), "banks": list(banks)}):
        found[person_id, bank_id] = (*found.get((person_id, bank_id), ()), SeenPaper(*row))
    return found


def owned_of(row: Sequence[Any]) -> OwnedAttempt:
    """From a row that begins with the columns :data:`OWNED`."""
    return OwnedAttempt(_attempt_of(row), *row[len(_ATTEMPT) : len(OWNED)])


_NAMES = tuple(column.name for column in _ATTEMPT)


def _attempt_of(row: Sequence[Any]) -> Attempt:
    return Attempt(**dict(zip(_NAMES, row, strict=False)))


def _attempt(row: AnyRow) -> Attempt:
    return Attempt(**{column.name: row._mapping[column] for column in _ATTEMPT})
