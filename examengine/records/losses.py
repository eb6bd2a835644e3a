"""What attempts lost by incidents, and what they get or got for it.

Whoever works through them notes in each row, in the transaction of what was done, that it is seen to: the work can be
taken up after a crash at any point, and what is done twice does nothing the second time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update

from examengine.records.database import CHUNK, AnyRow, Reading, Writing
from examengine.records.incidents import EXECUTED, INCIDENT, Incident, Scope, in_scope, incident_of
from examengine.records.shapes import chunks, columns
from examengine.records.tables import (
    attempts,
    enrolments,
    exams,
    incident_losses,
    incidents,
    open_attempts,
    outcomes,
    people,
)
from examengine.records.words import RemedyKind

SLOTS = 64


@dataclass(frozen=True, slots=True)
class Concerned:
    """An attempt that ran during an incident; ``ended_ms`` and ``outcome_id`` None: it has no outcome."""

    attempt_id: int
    enrolment_id: int
    started_ms: int
    ended_ms: int | None = None
    outcome_id: int | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """What an attempt lost, and what it gets or got. ``back_ms`` None: never heard again after the gap."""

    incident_id: int
    attempt_id: int
    lost_ms: int
    seen_ms: int
    back_ms: int | None
    remedy: RemedyKind
    amount: int
    why: str
    done_ms: int | None = None
    entry_id: int | None = None
    undone_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What an attempt got by another incident, and of which interval that was; its entry may have been taken back."""

    attempt_id: int
    entry_id: int
    remedy: RemedyKind
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class LossLine:
    """A loss with whose it is."""

    loss: Loss
    person_id: int
    unit_name: str
    exam_title: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts that get, or got, the same: how many, what in all, and how much they lost in all."""

    remedy: RemedyKind
    why: str
    given: int
    undone: int
    attempts: int
    amount: int
    lost_ms: int
    longest_ms: int


_LOSS = columns(incident_losses, Loss)


# ── whom it concerns ──


async def slots_during(tx: Reading, known: Incident, from_slot: int) -> tuple[int, ...]:
    """The slots from ``from_slot`` on in which :func:`running_during` finds anybody."""
    slot = open_attempts.c.attempt_id % SLOTS
    statement = (
        select(slot)
        .distinct()
        .select_from(open_attempts)
        .join(attempts, attempts.c.id == open_attempts.c.attempt_id)
        .where(slot >= from_slot, attempts.c.started_ms < known.until_ms)
        .order_by(slot)
    )
    return tuple(int(row[0]) for row in await tx.rows(statement))


async def running_during(tx: Reading, known: Incident, slot: int) -> tuple[Concerned, ...]:
    """Attempts of a slot without outcome, started before the incident was over, in its scope."""
    statement = (
        select(attempts.c.id, attempts.c.enrolment_id, attempts.c.started_ms)
        .select_from(open_attempts)
        .join(attempts, attempts.c.id == open_attempts.c.attempt_id)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .join(people, people.c.id == enrolments.c.person_id)
        .where(
            open_attempts.c.attempt_id % SLOTS == slot,
            attempts.c.started_ms < known.until_ms,
            in_scope(known.scope),
        )
        .order_by(attempts.c.id)
    )
    return tuple(Concerned(*row) for row in await tx.rows(statement))


async def ended_during(tx: Reading, known: Incident, after_id: int, limit: int) -> tuple[Concerned, ...]:
    """Attempts in scope that ran during the incident and have an outcome, in the order of their first outcomes, of
    which ``after_id`` is one: only what was recorded since the incident began can have run in it.
    """
    statement = (
        select(attempts.c.id, attempts.c.enrolment_id, attempts.c.started_ms, outcomes.c.ended_ms, outcomes.c.id)
        .select_from(outcomes)
        .join(attempts, attempts.c.id == outcomes.c.attempt_id)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .join(people, people.c.id == enrolments.c.person_id)
        .where(
            outcomes.c.id > after_id,
            outcomes.c.no == 1,
            outcomes.c.recorded_ms >= known.from_ms,
            outcomes.c.ended_ms > known.from_ms,
            attempts.c.started_ms < known.until_ms,
            in_scope(known.scope),
        )
        .order_by(outcomes.c.id)
        .limit(limit)
    )
    return tuple(Concerned(*row) for row in await tx.rows(statement))


async def count_running_between(tx: Reading, from_ms: int, until_ms: int) -> int:
    """How many attempts ran at some time in ``[from_ms, until_ms)``."""
    still = (
        select(func.count())
        .select_from(open_attempts)
        .join(attempts, attempts.c.id == open_attempts.c.attempt_id)
        .where(attempts.c.started_ms < until_ms)
    )
    over = (
        select(func.count())
        .select_from(outcomes)
        .join(attempts, attempts.c.id == outcomes.c.attempt_id)
        .where(
            outcomes.c.no == 1,
            outcomes.c.recorded_ms >= from_ms,
            outcomes.c.ended_ms > from_ms,
            attempts.c.started_ms < until_ms,
        )
    )
    return int(await tx.value(still)) + int(await tx.value(over))


# ── losses ──


async def put_losses(tx: Writing, losses: Sequence[Loss]) -> None:
    """Write what was counted; of one that is there already the newer one stays, unless it was seen to."""
    for part in chunks(losses, CHUNK):
        known = (
            incident_losses.c.incident_id == part[0].incident_id,
            incident_losses.c.attempt_id.in_([loss.attempt_id for loss in part]),
        )
        await tx.run(delete(incident_losses).where(*known, incident_losses.c.done_ms.is_(None)))
        kept = {row.attempt_id for row in await tx.rows(select(incident_losses.c.attempt_id).where(*known))}
        new = [loss for loss in part if loss.attempt_id not in kept]
        await tx.insert_all(
            incident_losses, [{column.name: getattr(loss, column.name) for column in _LOSS} for loss in new]
        )


async def forget_losses(tx: Writing, incident_id: int) -> None:
    """Take out what was counted and nothing was given for."""
    await tx.run(
        delete(incident_losses).where(
            incident_losses.c.incident_id == incident_id, incident_losses.c.entry_id.is_(None)
        )
    )


async def to_settle(tx: Reading, incident_id: int, limit: int) -> tuple[Loss, ...]:
    """Losses that wait for what they are due: time for those who sit before attempts for those who do not."""
    statement = (
        select(*_LOSS)
        .where(
            incident_losses.c.incident_id == incident_id,
            incident_losses.c.done_ms.is_(None),
            incident_losses.c.remedy != RemedyKind.NONE,
        )
        .order_by(incident_losses.c.remedy.desc(), incident_losses.c.attempt_id)
        .limit(limit)
    )
    return tuple(_loss(row) for row in await tx.rows(statement))


async def to_undo(tx: Reading, incident_id: int, limit: int) -> tuple[Loss, ...]:
    """Losses whose entry waits to be taken back."""
    statement = (
        select(*_LOSS)
        .where(
            incident_losses.c.incident_id == incident_id,
            incident_losses.c.entry_id.is_not(None),
            incident_losses.c.undone_ms.is_(None),
        )
        .order_by(incident_losses.c.attempt_id)
        .limit(limit)
    )
    return tuple(_loss(row) for row in await tx.rows(statement))


async def settle(tx: Writing, loss: Loss, **values: Any) -> None:
    """Set columns of a loss that was seen to."""
    one = update(incident_losses).where(
        incident_losses.c.incident_id == loss.incident_id, incident_losses.c.attempt_id == loss.attempt_id
    )
    await tx.run(one.values(**values))


async def enrolments_of(tx: Reading, attempt_ids: Iterable[int]) -> dict[int, int]:
    """Enrolment ids by attempt."""
    found: dict[int, int] = {}
    for part in chunks(sorted(set(attempt_ids)), CHUNK):
        rows = await tx.rows(select(attempts.c.id, attempts.c.enrolment_id).where(attempts.c.id.in_(part)))
        found.update({row.id: row.enrolment_id for row in rows})
    return found


async def tally(tx: Reading, incident_id: int) -> tuple[Tally, ...]:
    """What its attempts get or got, in groups; one query."""
    statement = (
        select(
            incident_losses.c.remedy,
            incident_losses.c.why,
            func.count(incident_losses.c.entry_id),
            func.count(incident_losses.c.undone_ms),
            func.count(),
            func.sum(incident_losses.c.amount),
            func.sum(incident_losses.c.lost_ms),
            func.max(incident_losses.c.lost_ms),
        )
        .where(incident_losses.c.incident_id == incident_id)
        .group_by(incident_losses.c.remedy, incident_losses.c.why)
        .order_by(incident_losses.c.remedy.desc(), incident_losses.c.why)
    )
    return tuple(
        Tally(RemedyKind(row[0]), row[1], *(int(value or 0) for value in row[2:])) for row in await tx.rows(statement)
    )


async def amounts(tx: Reading, incident_id: int) -> tuple[tuple[RemedyKind, int, int], ...]:
    """How many attempts get how much: kind, amount, attempts; without those that get nothing."""
    statement = (
        select(incident_losses.c.remedy, incident_losses.c.amount, func.count())
        .where(incident_losses.c.incident_id == incident_id, incident_losses.c.remedy != RemedyKind.NONE)
        .group_by(incident_losses.c.remedy, incident_losses.c.amount)
        .order_by(incident_losses.c.remedy.desc(), incident_losses.c.amount)
    )
    return tuple((RemedyKind(row[0]), int(row[1]), int(row[2])) for row in await tx.rows(statement))


async def losses_page(
    tx: Reading, incident_id: int, offset: int, limit: int, remedy: RemedyKind | None = None
) -> tuple[int, tuple[LossLine, ...]]:
    """How many there are and some of them, the greatest loss first."""
    which = [incident_losses.c.incident_id == incident_id]
    if remedy is not None:
        which.append(incident_losses.c.remedy == remedy)
    total = int(await tx.value(select(func.count()).select_from(incident_losses).where(*which)))
    statement = (
        select(*_LOSS, enrolments.c.person_id, people.c.unit_name, exams.c.title)
        .select_from(incident_losses)
        .join(attempts, attempts.c.id == incident_losses.c.attempt_id)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .join(people, people.c.id == enrolments.c.person_id)
        .join(exams, exams.c.id == enrolments.c.exam_id)
        .where(*which)
        .order_by(incident_losses.c.lost_ms.desc(), incident_losses.c.attempt_id)
        .offset(offset)
        .limit(limit)
    )
    return total, tuple(LossLine(_loss(row), *row[len(_LOSS) :]) for row in await tx.rows(statement))


async def of_attempts(tx: Reading, attempt_ids: Iterable[int]) -> tuple[tuple[Incident, Loss], ...]:
    """What these attempts lost by incidents that were approved, oldest first."""
    found: list[tuple[Incident, Loss]] = []
    for part in chunks(sorted(set(attempt_ids)), CHUNK):
        statement = (
            select(*INCIDENT, *_LOSS)
            .join_from(incident_losses, incidents)
            .where(incident_losses.c.attempt_id.in_(part), incidents.c.state.in_(EXECUTED))
            .order_by(incidents.c.from_ms, incidents.c.id, incident_losses.c.attempt_id)
        )
        rows = await tx.rows(statement)
        found.extend((incident_of(row), _loss(row[len(INCIDENT) :])) for row in rows)
    return tuple(found)


async def given_to(tx: Reading, attempt_ids: Iterable[int], but_by: int) -> tuple[Given, ...]:
    """What these attempts got by incidents other than ``but_by``."""
    found: list[Given] = []
    for part in chunks(sorted(set(attempt_ids)), CHUNK):
        statement = (
            select(
                incident_losses.c.attempt_id,
                incident_losses.c.entry_id,
                incident_losses.c.remedy,
                incidents.c.from_ms,
                incidents.c.until_ms,
            )
            .join_from(incident_losses, incidents)
            .where(
                incident_losses.c.attempt_id.in_(part),
                incident_losses.c.entry_id.is_not(None),
                incident_losses.c.incident_id != but_by,
            )
            .order_by(incident_losses.c.entry_id)
        )
        found += [
            Given(row.attempt_id, row.entry_id, RemedyKind(row.remedy), row.from_ms, row.until_ms)
            for row in await tx.rows(statement)
        ]
    return tuple(found)


async def units_in(tx: Reading, scope: Scope, limit: int = 30) -> tuple[tuple[str, int], ...]:
    """Units of people who sit now in a scope, with how many, the largest first: to choose from."""
    statement = (
        select(people.c.unit_name, func.count())
        .select_from(open_attempts)
        .join(enrolments, enrolments.c.id == open_attempts.c.enrolment_id)
        .join(people, people.c.id == enrolments.c.person_id)
        .where(in_scope(scope))
        .group_by(people.c.unit_name)
        .order_by(func.count().desc(), people.c.unit_name)
        .limit(limit)
    )
    return tuple((row[0], int(row[1])) for row in await tx.rows(statement))


@dataclass(frozen=True, slots=True)
class Progress:
    """How many attempts there are to see to and were seen to; how many entries to take back and looked at for it."""

    total: int
    done: int
    given: int
    undone: int


async def progress(tx: Reading, incident_id: int) -> Progress:
    """How far giving and taking back have come."""
    is_due = (incident_losses.c.remedy != RemedyKind.NONE) | incident_losses.c.done_ms.is_not(None)
    statement = select(
        func.count(),
        func.count(incident_losses.c.done_ms),
        func.count(incident_losses.c.entry_id),
        func.count(incident_losses.c.undone_ms),
    ).where(incident_losses.c.incident_id == incident_id, is_due)
    row = await tx.row(statement)
    assert row is not None
    return Progress(*(int(value) for value in row))


def _loss(row: AnyRow | Sequence[Any]) -> Loss:
    values = dict(zip((column.name for column in _LOSS), row, strict=False))
    values["remedy"] = RemedyKind(values["remedy"])
    return Loss(**values)
