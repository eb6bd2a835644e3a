"""One enrolment's whole history, as the rules want to see it: one query for one enrolment, five for many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Self

import msgspec
from sqlalchemy import BindParameter, bindparam, select

from examengine.records.attempts import OWNED, Attempt, OwnedAttempt, owned_of
from examengine.records.database import Missing, Reading, Values
from examengine.records.enrolments import Enrolment, LearningReport, Round
from examengine.records.entries import ENTRY, Entry, entry_of
from examengine.records.fixed import Fixed
from examengine.records.listed import listed
from examengine.records.outcomes import (
    HANDED_IN,
    OUTCOME,
    HandedIn,
    Outcome,
    handed_in_of,
    outcome_of,
    with_handed_in,
)
from examengine.records.shapes import columns
from examengine.records.tables import (
    attempts,
    card_uses,
    cards,
    enrolments,
    entries,
    learning_reports,
    outcomes,
    rounds,
)

MAX_ENROLMENTS = 500


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """An attempt without its paper, and the whole series of its outcomes."""

    id: int
    round_id: int
    no: int
    started_ms: int
    base_deadline_ms: int
    base_reason: str
    rulebook_digest: str
    generation: int
    outcomes: tuple[Outcome, ...]

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Of an attempt that has just begun."""
        return cls(
            attempt.id,
            attempt.round_id,
            attempt.no,
            attempt.started_ms,
            attempt.base_deadline_ms,
            attempt.base_reason,
            attempt.rulebook_digest,
            attempt.generation,
            (),
        )

    @property
    def outcome(self) -> Outcome | None:
        """The outcome that counts; None while it runs."""
        return self.outcomes[-1] if self.outcomes else None


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A card that opened a round."""

    round_id: int
    number: str
    booked_out_ms: int | None
    used_ms: int


@dataclass(frozen=True, slots=True)
class EnrolmentRecord:
    """Everything recorded of one enrolment, each part oldest first."""

    enrolment: Enrolment
    rounds: tuple[Round, ...]
    learning: tuple[LearningReport, ...]
    cards: tuple[CardRecord, ...]
    entries: tuple[Entry, ...]
    attempts: tuple[AttemptRecord, ...]

    @property
    def undone(self) -> frozenset[int]:
        """Ids of entries that a later one undoes."""
        return frozenset(entry.undoes for entry in self.entries if entry.undoes is not None)

    @property
    def newest_fact_ms(self) -> int:
        """The latest instant anything was recorded for; a start never lies before it."""
        return max(
            (
                self.enrolment.at_ms,
                *(round_.at_ms for round_ in self.rounds),
                *(report.at_ms for report in self.learning),
                *(entry.at_ms for entry in self.entries),
                *(attempt.started_ms for attempt in self.attempts),
                *(outcome.ended_ms for attempt in self.attempts for outcome in attempt.outcomes),
            )
        )


async def load_history(tx: Reading, enrolment_id: int) -> EnrolmentRecord:
    """One enrolment's history. For a decision, call it in a writing transaction that holds the enrolment's lock.

    Raises:
        Missing: there is no such enrolment.
    """
    found = await tx.fetch(_BY_ID, {"wanted": enrolment_id})
    if not found:
        raise Missing("enrolment", enrolment_id)
    return record_of(found[0])


async def load_histories(tx: Reading, enrolment_ids: Iterable[int]) -> dict[int, EnrolmentRecord]:
    """Histories by enrolment id; the same five queries for up to 500 enrolments.

    Raises:
        ValueError: more than 500 at once.
    """
    wanted = sorted(set(enrolment_ids))
    if len(wanted) > MAX_ENROLMENTS:
        raise ValueError("too many enrolments at once")
    parts: dict[int, _Parts] = {}
    values = {"wanted": wanted}
    for row in await tx.rows(_ENROLMENTS, values):
        parts[row.id] = _Parts(Enrolment(*row), [], [], [], [], {})
    await _load_rounds(tx, values, parts)
    await _load_learning(tx, values, parts)
    await _load_entries(tx, values, parts)
    await _load_attempts(tx, values, parts)
    return {enrolment_id: part.record() for enrolment_id, part in parts.items()}


@dataclass(slots=True)
class _Parts:
    enrolment: Enrolment
    rounds: list[Round]
    learning: list[LearningReport]
    cards: list[CardRecord]
    entries: list[Entry]
    attempts: dict[int, AttemptRecord]

    def record(self) -> EnrolmentRecord:
        return EnrolmentRecord(
            self.enrolment,
            tuple(self.rounds),
            tuple(self.learning),
            tuple(self.cards),
            tuple(self.entries),
            tuple(self.attempts.values()),
        )


_WANTED: BindParameter[Sequence[int]] = bindparam("wanted", expanding=True)
_ENROLMENTS = select(*columns(enrolments, Enrolment)).where(enrolments.c.id.in_(_WANTED))
_ROUNDS = (
    select(*columns(rounds, Round), cards.c.number, cards.c.booked_out_ms, card_uses.c.at_ms)
    .outerjoin_from(rounds, card_uses)
    .outerjoin(cards, cards.c.id == card_uses.c.card_id)
    .where(rounds.c.enrolment_id.in_(_WANTED))
    .order_by(rounds.c.enrolment_id, rounds.c.no)
)
_LEARNING = (
    select(*columns(learning_reports, LearningReport))
    .where(learning_reports.c.enrolment_id.in_(_WANTED))
    .order_by(learning_reports.c.at_ms, learning_reports.c.id)
)
_ENTRIES = select(*ENTRY).where(entries.c.enrolment_id.in_(_WANTED)).order_by(entries.c.at_ms, entries.c.id)
_ATTEMPT = (
    attempts.c.id,
    attempts.c.round_id,
    attempts.c.no,
    attempts.c.started_ms,
    attempts.c.base_deadline_ms,
    attempts.c.base_reason,
    attempts.c.rulebook_digest,
    attempts.c.generation,
)
_ATTEMPTS = (
    select(attempts.c.enrolment_id, *_ATTEMPT, *OUTCOME)
    .outerjoin_from(attempts, outcomes)
    .where(attempts.c.enrolment_id.in_(_WANTED))
    .order_by(attempts.c.started_ms, attempts.c.id, outcomes.c.no)
)


HISTORY = (
    *columns(enrolments, Enrolment),
    listed(
        [*columns(rounds, Round), cards.c.number, cards.c.booked_out_ms, card_uses.c.at_ms],
        rounds.outerjoin(card_uses).outerjoin(cards, cards.c.id == card_uses.c.card_id),
        rounds.c.enrolment_id == enrolments.c.id,
        enrolments,
    ),
    listed(
        columns(learning_reports, LearningReport),
        learning_reports,
        learning_reports.c.enrolment_id == enrolments.c.id,
        enrolments,
    ),
    listed(ENTRY, entries, entries.c.enrolment_id == enrolments.c.id, enrolments),
    listed(
        [*_ATTEMPT, *OUTCOME],
        attempts.outerjoin(outcomes),
        attempts.c.enrolment_id == enrolments.c.id,
        enrolments,
    ),
)
"""Columns of a statement over ``enrolments`` that :func:`record_of` reads."""
_BY_ID = Fixed(select(*HISTORY).where(enrolments.c.id == bindparam("wanted")))
_OF_ATTEMPT = Fixed(
    select(*OWNED, *HISTORY).join_from(attempts, enrolments).where(attempts.c.id == bindparam("wanted"))
)
_ENDED = Fixed(
    select(*OWNED, *HISTORY, *HANDED_IN)
    .select_from(with_handed_in(attempts.join(enrolments)))
    .where(attempts.c.id == bindparam("wanted"))
)
_rows_in = msgspec.json.Decoder(list[list[Any]]).decode
_oldest_first = attrgetter("at_ms", "id")


async def find_attempt_with_history(tx: Reading, attempt_id: int) -> tuple[OwnedAttempt, EnrolmentRecord] | None:
    """An attempt with the history of its enrolment, in one query; None where there is none of that id."""
    found = await tx.fetch(_OF_ATTEMPT, {"wanted": attempt_id})
    return (owned_of(found[0]), record_of(found[0][len(OWNED) :])) if found else None


async def find_ended_with_history(
    tx: Reading, attempt_id: int
) -> tuple[OwnedAttempt, EnrolmentRecord, HandedIn] | None:
    """The same with what the attempt has left where it has ended."""
    found = await tx.fetch(_ENDED, {"wanted": attempt_id})
    if not found:
        return None
    row, upto = found[0], len(OWNED) + len(HISTORY)
    return owned_of(row), record_of(row[len(OWNED) : upto]), handed_in_of(row[upto:])


def record_of(row: Sequence[Any]) -> EnrolmentRecord:
    """From a row of the columns :data:`HISTORY`."""
    its_rounds, its_learning, its_entries, its_attempts = map(_rows_in, row[-4:])
    part = _Parts(Enrolment(*row[:-4]), [], [], [], [], {})
    for one in sorted(its_rounds, key=_number_of_round):
        part.rounds.append(Round(*one[:-3]))
        if one[-3] is not None:
            part.cards.append(CardRecord(one[0], *one[-3:]))
    part.learning += sorted((LearningReport(*one) for one in its_learning), key=_oldest_first)
    part.entries += sorted((entry_of(tuple(one)) for one in its_entries), key=_oldest_first)
    for one in sorted(its_attempts, key=_start_and_outcome):
        _add_attempt(part, one)
    return part.record()


def _number_of_round(one: Sequence[Any]) -> int:
    return int(one[2])


def _start_and_outcome(one: Sequence[Any]) -> tuple[int, int, int]:
    return one[3], one[0], one[_OUTCOME_NO] or 0


_OUTCOME_NO = len(_ATTEMPT) + [column.name for column in OUTCOME].index("no")


async def _load_rounds(tx: Reading, values: Values, parts: dict[int, _Parts]) -> None:
    for row in await tx.rows(_ROUNDS, values):
        part = parts[row.enrolment_id]
        part.rounds.append(Round(*row[:-3]))
        if row.number is not None:
            part.cards.append(CardRecord(row.id, *row[-3:]))


async def _load_learning(tx: Reading, values: Values, parts: dict[int, _Parts]) -> None:
    for row in await tx.rows(_LEARNING, values):
        parts[row.enrolment_id].learning.append(LearningReport(*row))


async def _load_entries(tx: Reading, values: Values, parts: dict[int, _Parts]) -> None:
    for row in await tx.rows(_ENTRIES, values):
        parts[row.enrolment_id].entries.append(entry_of(tuple(row)))


async def _load_attempts(tx: Reading, values: Values, parts: dict[int, _Parts]) -> None:
    for row in await tx.rows(_ATTEMPTS, values):
        _add_attempt(parts[row[0]], row[1:])


def _add_attempt(part: _Parts, row: Sequence[Any]) -> None:
    """An attempt with one of its outcomes, oldest first; or with none."""
    known, facts = part.attempts, list(row)
    series = known[facts[0]].outcomes if facts[0] in known else ()
    outcome = facts[len(_ATTEMPT) :]
    if outcome[0] is not None:
        series = (*series, outcome_of(outcome))
    known[facts[0]] = AttemptRecord(*[*facts[: len(_ATTEMPT)], series])
