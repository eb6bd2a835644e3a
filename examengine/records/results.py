"""Results: what each enrolment has come to, kept beside its outcomes so that a million of them can be listed.

A row is made with the enrolment and made anew, from the outcomes, in the transaction of every outcome; who holds the
enrolment's lock writes it. Region and unit are the person's own, and change with him. Who has come to what is counted
by changes: every one is a row of its own, so that finishes never wait for each other, and one worker adds them up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from examengine.records.among import a_list
from examengine.records.bulk import Filling
from examengine.records.database import Reading, Values, Writing
from examengine.records.fixed import Fixed, Write
from examengine.records.tables import attempts, enrolments, outcomes, people, result_tallies, results
from examengine.records.words import Standing

LAST_SIGN = "\U0010ffff"
"""Behind every text that begins alike."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which results: of one exam and credit year. ``region`` and ``unit``: what they begin with, "" for all."""

    exam_id: int
    credit_year: int
    region: str = ""
    unit: str = ""
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a line in its list."""

    region: str
    unit_name: str
    enrolment_id: int


@dataclass(frozen=True, slots=True)
class ResultLine:
    """What an enrolment has come to. ``attempts``: ended and not void; ``attempt_id``: the one that counts."""

    enrolment_id: int
    exam_id: int
    credit_year: int
    person_id: int
    region: str
    unit_name: str
    standing: Standing
    attempts: int
    attempt_id: int | None
    score_hundredths: int | None
    full_hundredths: int | None
    reason: str | None
    ended_ms: int | None

    @property
    def key(self) -> Key:
        return Key(self.region, self.unit_name, self.enrolment_id)


@dataclass(frozen=True, slots=True)
class Page:
    """Lines of a list with whether there are more on either side."""

    lines: tuple[ResultLine, ...]
    has_earlier: bool
    has_later: bool


@dataclass(frozen=True, slots=True)
class Rates:
    """How many people: enrolled, and by what they have come to."""

    none: int = 0
    pending: int = 0
    failed: int = 0
    passed: int = 0

    @property
    def enrolled(self) -> int:
        return self.none + self.sat

    @property
    def sat(self) -> int:
        """Who has ended an attempt that counts."""
        return self.pending + self.failed + self.passed

    def of(self, standing: Standing | None) -> int:
        """How many have come to this; None: all."""
        match standing:
            case None:
                return self.enrolled
            case Standing.NONE:
                return self.none
            case Standing.PENDING:
                return self.pending
            case Standing.FAIL:
                return self.failed
            case Standing.PASS:
                return self.passed

    def plus(self, other: "Rates") -> "Rates":
        return Rates(
            self.none + other.none,
            self.pending + other.pending,
            self.failed + other.failed,
            self.passed + other.passed,
        )


_COLUMNS = (
    results.c.enrolment_id,
    results.c.exam_id,
    results.c.credit_year,
    results.c.person_id,
    results.c.region,
    results.c.unit_name,
    results.c.standing,
    results.c.attempts,
    results.c.attempt_id,
    results.c.score_hundredths,
    results.c.full_hundredths,
    results.c.reason,
    results.c.ended_ms,
)
_PLACE = (results.c.region, results.c.unit_name, results.c.enrolment_id)

_BEGUN = results.insert().from_select(
    ["enrolment_id", "exam_id", "credit_year", "person_id", "region", "unit_name", "standing", "attempts"],
    select(
        enrolments.c.id,
        enrolments.c.exam_id,
        enrolments.c.credit_year,
        enrolments.c.person_id,
        people.c.region,
        people.c.unit_name,
        literal(Standing.NONE.value),
        literal(0),
    )
    .join_from(enrolments, people, people.c.id == enrolments.c.person_id)
    .where(enrolments.c.id == bindparam("enrolled")),
)

_TALLIED = ("exam_id", "credit_year", "region", "standing", "n")
_TALLY_BEGUN = result_tallies.insert().from_select(
    _TALLIED,
    select(results.c.exam_id, results.c.credit_year, results.c.region, results.c.standing, literal(1)).where(
        results.c.enrolment_id == bindparam("enrolled")
    ),
)
_of = attempts.alias("of")
_newer = outcomes.alias("newer")
_OUTCOMES_BESIDE = (
    select(
        attempts.c.enrolment_id,
        attempts.c.id,
        outcomes.c.state,
        outcomes.c.result,
        outcomes.c.score_hundredths,
        outcomes.c.full_hundredths,
        outcomes.c.reason,
        outcomes.c.ended_ms,
        results.c.exam_id,
        results.c.credit_year,
        results.c.region,
        results.c.standing,
    )
    .join_from(_of, attempts, attempts.c.enrolment_id == _of.c.enrolment_id)
    .join(outcomes, outcomes.c.attempt_id == attempts.c.id)
    .outerjoin(results, results.c.enrolment_id == attempts.c.enrolment_id)
    .order_by(attempts.c.id, outcomes.c.no)
)
_ENDED = Fixed(_OUTCOMES_BESIDE.where(_of.c.id == bindparam("attempt")))
_CHANGED = ("standing", "attempts", "attempt_id", "score_hundredths", "full_hundredths", "reason", "ended_ms")
_SET = Fixed(
    update(results)
    .where(results.c.enrolment_id == bindparam("of_enrolment"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
_made: Any = func.unnest(
    *(
        a_list(name, ARRAY(kind))
        for name, kind in (
            ("of_enrolment", BigInteger),
            *((f"new_{name}", Text if isinstance(results.c[name].type, String) else BigInteger) for name in _CHANGED),
        )
    )
)
_made = _made.table_valued("enrolment_id", *_CHANGED).render_derived(name="made")
_SET_ALL = Fixed(
    update(results)
    .where(results.c.enrolment_id == _made.c.enrolment_id)
    .values({name: _made.c[name] for name in _CHANGED})
)
"""Of many, each value as a list; PostgreSQL alone can."""
_MOVED = Fixed(
    insert(result_tallies).values([{name: bindparam(f"{name}_{place}") for name in _TALLIED} for place in (0, 1)])
)
_TALLY = Filling(result_tallies)


LOCKED = Fixed(
    select(results.c.enrolment_id)
    .where(results.c.enrolment_id == bindparam("wanted"))
    .with_for_update(key_share=True)
)
"""The lock of an enrolment's result, by the enrolment's id as ``wanted``."""
PLACE = (results.c.exam_id, results.c.credit_year, results.c.region, results.c.standing)
"""What a :class:`Place` says beside the enrolment."""


class Place(NamedTuple):
    """Where an enrolment's result stands; nothing but the enrolment where it has no row."""

    enrolment_id: int
    exam_id: int | None
    credit_year: int | None
    region: str | None
    standing: str | None


class EndedOutcome(Protocol):
    """An outcome, by shape."""

    @property
    def state(self) -> str: ...
    @property
    def result(self) -> str | None: ...
    @property
    def score_hundredths(self) -> int | None: ...
    @property
    def full_hundredths(self) -> int | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def ended_ms(self) -> int: ...


class _Ended(NamedTuple):
    """An outcome of an enrolment's attempts, and where its result stands."""

    enrolment_id: int
    id: int
    state: str
    result: str | None
    score_hundredths: int | None
    full_hundredths: int | None
    reason: str
    ended_ms: int
    exam_id: int | None
    credit_year: int | None
    region: str | None
    standing: str | None

    @classmethod
    def of(cls, place: Place, attempt_id: int, outcome: EndedOutcome) -> Self:
        return cls(
            place.enrolment_id,
            attempt_id,
            outcome.state,
            outcome.result,
            outcome.score_hundredths,
            outcome.full_hundredths,
            outcome.reason,
            outcome.ended_ms,
            *place[1:],
        )


async def begin(tx: Writing, enrolment_id: int) -> None:
    """Make the row of a new enrolment, in its transaction."""
    await tx.run(_BEGUN, {"enrolled": enrolment_id})
    await tx.run(_TALLY_BEGUN, {"enrolled": enrolment_id})


async def refresh(tx: Writing, attempt_id: int) -> tuple[Write, ...]:
    """What makes the row of an attempt's enrolment anew from its outcomes; for the transaction that adds one."""
    return _writes({row.id: row for row in map(_Ended._make, await tx.fetch(_ENDED, {"attempt": attempt_id}))})


def _writes(newest: Mapping[int, "_Ended"]) -> tuple[Write, ...]:
    if not newest:
        return ()
    made, changes = _made_anew(newest)
    if not changes:
        return ((_SET, made),)
    moved = {
        f"{name}_{no}": value
        for no, change in enumerate(changes)
        for name, value in zip(_TALLIED, change, strict=True)
    }
    return (_SET, made), (_MOVED, moved)


def refreshing(place: Place, ended: Iterable[tuple[int, EndedOutcome]]) -> tuple[Write, ...]:
    """The same of outcomes that are at hand: by attempt, oldest first, the one that is added with them. Where
    ``place`` was read the row has been locked (:data:`LOCKED`).
    """
    return _writes({attempt_id: _Ended.of(place, attempt_id, outcome) for attempt_id, outcome in ended})


def refreshing_all(
    ended: Iterable[tuple[Place, Iterable[tuple[int, EndedOutcome]]]], *, is_sqlite: bool
) -> tuple[Write, ...]:
    """What makes the rows of many enrolments anew, in the transaction that adds outcomes to them: each with all its
    outcomes, as :func:`refreshing` takes them. Who gives a place has locked the row.
    """
    made: list[Values] = []
    moved: Counter[tuple[Any, ...]] = Counter()
    for place, outcomes_ in ended:
        newest = {attempt_id: _Ended.of(place, attempt_id, outcome) for attempt_id, outcome in outcomes_}
        values, changes = _made_anew(newest)
        made.append(values)
        for *at, n in changes:
            moved[tuple(at)] += n
    if not made:
        return ()
    set_all: Iterable[Write] = ((_SET, values) for values in made)
    if not is_sqlite:
        set_all = ((_SET_ALL, {name: [values[name] for values in made] for name in made[0]}),)
    tallies = [dict(zip(_TALLIED, (*at, n), strict=True)) for at, n in moved.items() if n]
    return *set_all, *_TALLY.writes(tallies, is_sqlite=is_sqlite)


def _made_anew(newest: Mapping[int, _Ended]) -> tuple[Values, tuple[tuple[Any, ...], ...]]:
    """An enrolment's row by the newest outcome of each of its attempts, and what that changes in the tallies."""
    counted = [row for row in newest.values() if row.state != "void"]
    best = min(counted, key=_order, default=None)
    values: dict[str, Any] = {
        "standing": Standing.NONE.value,
        "attempts": len(counted),
        "attempt_id": None,
        "score_hundredths": None,
        "full_hundredths": None,
        "reason": None,
        "ended_ms": None,
    }
    if best is not None:
        values |= {
            "standing": standing_of(best.result).value,
            "attempt_id": best.id,
            "score_hundredths": best.score_hundredths,
            "full_hundredths": best.full_hundredths,
            "reason": best.reason,
            "ended_ms": best.ended_ms,
        }
    before = next(iter(newest.values()))
    made = {"of_enrolment": before.enrolment_id, **{f"new_{name}": value for name, value in values.items()}}
    if before.standing is None or before.standing == values["standing"]:
        return made, ()
    place = (before.exam_id, before.credit_year, before.region)
    return made, ((*place, before.standing, -1), (*place, values["standing"], 1))


def standing_of(result: str | None) -> Standing:
    """What an outcome that counts comes to."""
    if result is None:
        return Standing.PENDING
    return Standing.PASS if result == "pass" else Standing.FAIL


def _order(row: _Ended) -> tuple[int, int, int]:
    """A pass before what waits before a fail, the higher score, the later attempt."""
    first = {Standing.PASS: 0, Standing.PENDING: 1, Standing.FAIL: 2}[standing_of(row.result)]
    score = -1 if row.score_hundredths is None else int(row.score_hundredths)
    return first, -score, -int(row.id)


async def move_person(tx: Writing, person_id: int, region: str, unit_name: str) -> None:
    """A person's region and unit have changed."""
    of_person = select(results.c.exam_id, results.c.credit_year, results.c.region, results.c.standing).where(
        results.c.person_id == person_id, results.c.region != region
    )
    changes = [
        {**row._mapping, **change}
        for row in await tx.rows(of_person.with_for_update())
        for change in ({"n": -1}, {"n": 1, "region": region})
    ]
    await tx.insert_all(result_tallies, changes)
    moved = update(results).where(results.c.person_id == person_id)
    await tx.run(moved.values(region=region, unit_name=unit_name))


async def forget_unit(tx: Writing, person_id: int) -> None:
    """A person is erased."""
    await tx.run(update(results).where(results.c.person_id == person_id).values(unit_name=""))


async def page(tx: Reading, asked: Asked, limit: int, after: Key | None = None, before: Key | None = None) -> Page:
    """A page of a list, by region, unit and enrolment: what follows a line, or what stands before one."""
    statement = select(*_COLUMNS).where(*_conditions(asked)).limit(limit + 1)
    if before is not None:
        place = tuple_(*_PLACE) < tuple_(*_literals(before))
        statement = statement.where(place).order_by(*(column.desc() for column in _PLACE))
        found = await _lines(tx, statement)
        return Page(tuple(reversed(found[:limit])), len(found) > limit, True)
    if after is not None:
        statement = statement.where(tuple_(*_PLACE) > tuple_(*_literals(after)))
    found = await _lines(tx, statement.order_by(*_PLACE))
    return Page(found[:limit], after is not None, len(found) > limit)


async def rates(tx: Reading, asked: Asked, at_most: int | None = None) -> Mapping[str, Rates]:
    """How many have come to what, by region; whatever standing is asked for. One query: it adds up what was counted,
    or counts the people of units.

    Args:
        at_most: count no more people of units than that.
    """
    counted: ColumnElement[int]
    if asked.unit:
        of_units = select(results.c.region, results.c.standing).where(*_conditions(asked, with_standing=False))
        table, counted = of_units.limit(at_most).subquery(), func.count()
    else:
        of_all = select(result_tallies.c.region, result_tallies.c.standing, result_tallies.c.n)
        table = of_all.where(*_tallied(asked)).subquery()
        counted = func.sum(table.c.n)
    statement = (
        select(table.c.region, table.c.standing, counted)
        .group_by(table.c.region, table.c.standing)
        .having(counted > 0)
        .order_by(table.c.region)
    )
    return _summed(await tx.rows(statement))


async def rates_by_unit(tx: Reading, asked: Asked, limit: int, after: str = "") -> Mapping[str, Rates]:
    """The same by unit, in their order, the first ``limit`` whose names come after ``after``."""
    unit_names = (
        select(results.c.unit_name)
        .where(*_conditions(asked, with_standing=False), results.c.unit_name > after)
        .distinct()
        .order_by(results.c.unit_name)
        .limit(limit)
    )
    wanted = [row.unit_name for row in await tx.rows(unit_names)]
    statement = (
        select(results.c.unit_name, results.c.standing, func.count())
        .where(*_conditions(asked, with_standing=False), results.c.unit_name.in_(wanted))
        .group_by(results.c.unit_name, results.c.standing)
        .order_by(results.c.unit_name)
    )
    return _summed(await tx.rows(statement)) if wanted else {}


async def overview(tx: Reading) -> Mapping[tuple[int, int], Rates]:
    """Every exam and credit year with how many have come to what."""
    statement = select(
        result_tallies.c.exam_id,
        result_tallies.c.credit_year,
        result_tallies.c.standing,
        func.sum(result_tallies.c.n),
    ).group_by(result_tallies.c.exam_id, result_tallies.c.credit_year, result_tallies.c.standing)
    found: dict[tuple[int, int], Rates] = {}
    for exam_id, credit_year, standing, count in await tx.rows(statement):
        key = (exam_id, credit_year)
        found[key] = found.get(key, Rates()).plus(_rates(standing, int(count)))
    return found


async def years_of(tx: Reading, exam_id: int) -> tuple[int, ...]:
    """The credit years that people are enrolled for in an exam, newest first."""
    statement = select(result_tallies.c.credit_year).where(result_tallies.c.exam_id == exam_id).distinct()
    return tuple(sorted((row.credit_year for row in await tx.rows(statement)), reverse=True))


async def add_up(tx: Writing, limit: int) -> int:
    """Put up to ``limit`` changes together, one row a place and standing; how many rows fewer there are now. What
    others write meanwhile stays for the next time.
    """
    first = select(result_tallies.c.id).order_by(result_tallies.c.id.desc()).limit(limit)
    taken = delete(result_tallies).where(result_tallies.c.id.in_(first))
    sums: Counter[tuple[int, int, str, str]] = Counter()
    rows = await tx.rows(taken.returning(*(result_tallies.c[name] for name in _TALLIED)))
    for exam_id, credit_year, region, standing, n in rows:
        sums[exam_id, credit_year, region, standing] += n
    made = [dict(zip(_TALLIED, (*place, n), strict=True)) for place, n in sums.items() if n]
    await tx.insert_all(result_tallies, made)
    return len(rows) - len(made)


async def count_changes(tx: Reading) -> int:
    """How many rows there are to add up."""
    return int(await tx.value(select(func.count()).select_from(result_tallies)))


async def of_person(tx: Reading, person_id: int) -> tuple[ResultLine, ...]:
    """A person's results, the newest enrolment first."""
    statement = select(*_COLUMNS).where(results.c.person_id == person_id)
    return await _lines(tx, statement.order_by(results.c.enrolment_id.desc()))


async def find_result(tx: Reading, enrolment_id: int) -> ResultLine | None:
    """What an enrolment has come to."""
    found = await _lines(tx, select(*_COLUMNS).where(results.c.enrolment_id == enrolment_id))
    return found[0] if found else None


def _conditions(asked: Asked, *, with_standing: bool = True) -> tuple[ColumnElement[bool], ...]:
    found = [and_(results.c.exam_id == asked.exam_id, results.c.credit_year == asked.credit_year)]
    for column, start in ((results.c.region, asked.region), (results.c.unit_name, asked.unit)):
        if start:
            found.append(and_(column >= start, column < start + LAST_SIGN))
    if with_standing and asked.standing is not None:
        # the word itself, not a value: the index of those who wait is found by it
        found.append(results.c.standing == literal_column(f"'{asked.standing.value}'"))
    return tuple(found)


def _tallied(asked: Asked) -> tuple[ColumnElement[bool], ...]:
    found = [result_tallies.c.exam_id == asked.exam_id, result_tallies.c.credit_year == asked.credit_year]
    if asked.region:
        region = result_tallies.c.region
        found.append(and_(region >= asked.region, region < asked.region + LAST_SIGN))
    return tuple(found)


def _literals(key: Key) -> tuple[ColumnElement[Any], ...]:
    return (
        literal(key.region, results.c.region.type),
        literal(key.unit_name, results.c.unit_name.type),
        literal(key.enrolment_id, results.c.enrolment_id.type),
    )


async def _lines(tx: Reading, statement: Select[Any]) -> tuple[ResultLine, ...]:
    return tuple(
        ResultLine(**{**row._mapping, "standing": Standing(row.standing)}) for row in await tx.rows(statement)
    )


def _summed(rows: Sequence[Any]) -> dict[str, Rates]:
    found: dict[str, Rates] = {}
    for place, standing, count in rows:
        found[place] = found.get(place, Rates()).plus(_rates(standing, int(count)))
    return found


def _rates(standing: str, count: int) -> Rates:
    match Standing(standing):
        case Standing.NONE:
            return Rates(none=count)
        case Standing.PENDING:
            return Rates(pending=count)
        case Standing.FAIL:
            return Rates(failed=count)
        case Standing.PASS:
            return Rates(passed=count)
