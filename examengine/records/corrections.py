"""Corrections of keys: who asked for what and who approved it, how far their work has come, and what they changed.

A correction is in force from its approval on. Its work goes on in phases, each with a cursor that moves in the
transaction of what was done, so that it can be taken up after a crash at any point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update

from examengine.grading.correction import Decided, Ruling, Standing, from_json, standing, to_json
from examengine.records.database import CHUNK, AnyRow, Missing, Reading, Writing
from examengine.records.shapes import chunks, columns, from_json_text, json_text
from examengine.records.tables import correction_changes, corrections, enrolments
from examengine.records.words import CorrectionPhase, CorrectionState

KEPT_MS = 20_000
"""How long a worker may go on with what it knows of an exam's corrections; what ended by that is looked at again."""
IN_FORCE = (CorrectionState.APPROVED, CorrectionState.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCorrection:
    """What is drafted; ``intent`` names the form it came from."""

    exam_id: int
    version_id: int
    ruling: Ruling
    upwards: bool
    reason: str
    source: str
    intent: str
    by_person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction. ``counts`` are those of the phase that runs, ``preview`` those of the finished preview, by name;
    ``basis`` is the newest correction that was in force then.
    """

    id: int
    exam_id: int
    version_id: int
    ruling: Ruling
    upwards: bool
    reason: str
    source: str
    intent: str
    state: CorrectionState
    by_person: int
    at_ms: int
    asked_ms: int | None
    decided_by: int | None
    decided_ms: int | None
    phase: CorrectionPhase | None
    cursor: int
    total: int
    basis: int
    counts: Mapping[str, Any]
    preview: Mapping[str, Any] | None
    previewed_ms: int | None
    done_ms: int | None
    new_version_id: int | None

    @property
    def decided(self) -> Decided:
        return Decided(self.version_id, self.ruling, self.upwards)


@dataclass(frozen=True, slots=True)
class Change:
    """A score that a correction changes. ``position``: of the item; ``outcome_id`` None: as previewed."""

    correction_id: int
    attempt_id: int
    position: int
    old_hundredths: int
    new_hundredths: int
    old_result: str
    new_result: str
    outcome_id: int | None


_CORRECTION = columns(corrections, Correction)
_CHANGE = columns(correction_changes, Change)


async def draft(tx: Writing, new: NewCorrection, total: int, at_ms: int) -> Correction:
    """Draft a correction whose preview is to be computed over ``total`` attempts; the form sent twice gives the same.

    Raises:
        Missing: exam or version do not exist.
    """
    row = {
        "exam_id": new.exam_id,
        "version_id": new.version_id,
        "ruling": to_json(new.ruling),
        "upwards": new.upwards,
        "reason": new.reason,
        "source": new.source,
        "intent": new.intent,
        "state": CorrectionState.DRAFTED,
        "by_person": new.by_person,
        "at_ms": at_ms,
        "phase": CorrectionPhase.PREVIEW,
        "total": total,
        "basis": await newest_in_force(tx, new.exam_id),
    }
    await tx.insert_unless_known(corrections, row, "intent")
    found = await tx.row(select(*_CORRECTION).where(corrections.c.intent == new.intent))
    assert found is not None
    return _correction(found)


async def find_open(tx: Reading, new: NewCorrection) -> Correction | None:
    """A draft or request of the same person that says the same: whoever went back and sent it again gets it."""
    row = await tx.row(
        select(*_CORRECTION)
        .where(
            corrections.c.exam_id == new.exam_id,
            corrections.c.version_id == new.version_id,
            corrections.c.by_person == new.by_person,
            corrections.c.state.in_((CorrectionState.DRAFTED, CorrectionState.ASKED)),
            corrections.c.ruling == to_json(new.ruling),
            corrections.c.upwards == new.upwards,
            corrections.c.reason == new.reason,
            corrections.c.source == new.source,
        )
        .order_by(corrections.c.id.desc())
        .limit(1)
    )
    return None if row is None else _correction(row)


async def get_correction(tx: Reading, correction_id: int) -> Correction:
    """One correction.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*_CORRECTION).where(corrections.c.id == correction_id))
    if row is None:
        raise Missing("correction", correction_id)
    return _correction(row)


async def lock_correction(tx: Writing, correction_id: int) -> Correction:
    """The correction, locked, and with it all corrections of its exam: one is decided or worked on at a time.

    Raises:
        Missing: there is none of that id.
    """
    found = await get_correction(tx, correction_id)
    await tx.lock_name(f"corrections of exam {found.exam_id}")
    return await get_correction(tx, correction_id)


async def list_corrections(
    tx: Reading, *, exam_id: int | None = None, waiting: bool = False, limit: int = 100
) -> tuple[Correction, ...]:
    """Corrections, newest first; ``waiting``: only those that wait for a second person."""
    statement = select(*_CORRECTION).order_by(corrections.c.id.desc()).limit(limit)
    if exam_id is not None:
        statement = statement.where(corrections.c.exam_id == exam_id)
    if waiting:
        statement = statement.where(corrections.c.state == CorrectionState.ASKED)
    return tuple(_correction(row) for row in await tx.rows(statement))


async def count_waiting(tx: Reading) -> int:
    """How many wait for a second person."""
    statement = select(func.count()).select_from(corrections).where(corrections.c.state == CorrectionState.ASKED)
    return int(await tx.value(statement))


async def to_do(tx: Reading) -> tuple[Correction, ...]:
    """Corrections with a phase to be computed: what is in force first, then previews, the oldest first."""
    statement = select(*_CORRECTION).where(corrections.c.phase.is_not(None)).order_by(corrections.c.id)
    found = [_correction(row) for row in await tx.rows(statement)]
    return tuple(sorted(found, key=lambda one: one.state not in IN_FORCE))


async def decided_of(tx: Reading, exam_id: int) -> tuple[Correction, ...]:
    """Corrections in force of an exam, in the order in which they were approved."""
    statement = (
        select(*_CORRECTION)
        .where(corrections.c.exam_id == exam_id, corrections.c.state.in_(IN_FORCE))
        .order_by(corrections.c.decided_ms, corrections.c.id)
    )
    return tuple(_correction(row) for row in await tx.rows(statement))


async def in_force(tx: Reading, exam_id: int) -> Mapping[int, Standing]:
    """What stands for the item versions of an exam that were corrected; empty where none was."""
    return standing(one.decided for one in await decided_of(tx, exam_id))


async def newest_in_force(tx: Reading, exam_id: int) -> int:
    """Id of the newest correction in force, 0 where there is none: a preview is good while it stays the same."""
    found = await decided_of(tx, exam_id)
    return found[-1].id if found else 0


async def is_executing(tx: Reading, exam_id: int) -> bool:
    """Whether a correction of the exam is approved and has not reached every attempt yet."""
    statement = select(corrections.c.id).where(
        corrections.c.exam_id == exam_id, corrections.c.state == CorrectionState.APPROVED
    )
    return await tx.value(statement.limit(1)) is not None


class InForce:
    """What stands by exam, kept in the process for a while, so that a finish asks nothing where nothing changed."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[int, Mapping[int, Standing]]] = {}

    async def of(self, tx: Reading, exam_id: int, now_ms: int) -> Mapping[int, Standing]:
        """What stands for the items of an exam, at most 20 s old."""
        known = self._kept.get(exam_id)
        if known is not None and 0 <= now_ms - known[0] < KEPT_MS:
            return known[1]
        found = await in_force(tx, exam_id)
        self._kept[exam_id] = (now_ms, found)
        return found

    def forget(self, exam_id: int) -> None:
        """Ask again: a correction was approved in this process."""
        self._kept.pop(exam_id, None)


async def move(tx: Writing, correction_id: int, **values: Any) -> None:
    """Set columns of a correction; hold its lock."""
    values = {name: json_text(value) if name in {"counts", "preview"} else value for name, value in values.items()}
    await tx.run(update(corrections).where(corrections.c.id == correction_id).values(**values))


async def advance(
    tx: Writing, correction: Correction, cursor: int, counts: Mapping[str, Any], phase: CorrectionPhase
) -> bool:
    """Move a phase's cursor from where this worker found it; False where another has moved it: write nothing else."""
    mine = update(corrections).where(
        corrections.c.id == correction.id,
        corrections.c.phase == phase,
        corrections.c.cursor == correction.cursor,
    )
    return await tx.run(mine.values(cursor=cursor, counts=json_text(counts))) > 0


async def put_changes(tx: Writing, changes: Sequence[Change]) -> None:
    """Write changes; of one that was previewed the newer one stays."""
    for part in chunks(changes, CHUNK):
        await tx.run(
            delete(correction_changes).where(
                correction_changes.c.correction_id == part[0].correction_id,
                correction_changes.c.attempt_id.in_([change.attempt_id for change in part]),
            )
        )
    await tx.insert_all(
        correction_changes, [{column.name: getattr(change, column.name) for column in _CHANGE} for change in changes]
    )


async def forget_preview(tx: Writing, correction_id: int) -> None:
    """Take out what a preview found and no outcome stands for."""
    await tx.run(
        delete(correction_changes).where(
            correction_changes.c.correction_id == correction_id, correction_changes.c.outcome_id.is_(None)
        )
    )


async def changed_already(tx: Reading, correction_id: int, attempt_ids: Sequence[int]) -> frozenset[int]:
    """Those of the attempts that have their outcome of this correction."""
    found: set[int] = set()
    for part in chunks(attempt_ids, CHUNK):
        statement = select(correction_changes.c.attempt_id).where(
            correction_changes.c.correction_id == correction_id,
            correction_changes.c.attempt_id.in_(part),
            correction_changes.c.outcome_id.is_not(None),
        )
        found.update(row.attempt_id for row in await tx.rows(statement))
    return frozenset(found)


async def crossing(tx: Reading, correction_id: int, offset: int, limit: int) -> tuple[int, tuple[Change, ...]]:
    """How many change between pass and fail, and some of them: falls first, then in the order of the attempts."""
    crosses = (
        correction_changes.c.correction_id == correction_id,
        correction_changes.c.old_result != correction_changes.c.new_result,
    )
    total = await tx.value(select(func.count()).select_from(correction_changes).where(*crosses))
    statement = (
        select(*_CHANGE)
        .where(*crosses)
        .order_by(correction_changes.c.new_result, correction_changes.c.attempt_id)
        .offset(offset)
        .limit(limit)
    )
    return int(total), tuple(Change(*row) for row in await tx.rows(statement))


async def changes_of_attempts(
    tx: Reading, attempt_ids: Sequence[int]
) -> Mapping[int, tuple[tuple[Correction, Change], ...]]:
    """Corrections that changed these attempts' scores, each with the change, oldest first."""
    found: dict[int, tuple[tuple[Correction, Change], ...]] = {}
    for part in chunks(attempt_ids, CHUNK):
        statement = (
            select(*_CORRECTION, *_CHANGE)
            .join_from(correction_changes, corrections)
            .where(correction_changes.c.attempt_id.in_(part), correction_changes.c.outcome_id.is_not(None))
            .order_by(correction_changes.c.outcome_id)
        )
        for row in await tx.rows(statement):
            change = Change(*row[len(_CORRECTION) :])
            pair = (_correction(row), change)
            found[change.attempt_id] = (*found.get(change.attempt_id, ()), pair)
    return found


async def of_version(tx: Reading, version_ids: Sequence[int]) -> Mapping[int, tuple[Correction, ...]]:
    """Corrections of item versions that are not refused or given up, newest first."""
    found: dict[int, tuple[Correction, ...]] = {}
    for part in chunks(version_ids, CHUNK):
        statement = (
            select(*_CORRECTION)
            .where(
                corrections.c.version_id.in_(part),
                corrections.c.state.not_in((CorrectionState.REFUSED, CorrectionState.DROPPED)),
            )
            .order_by(corrections.c.id.desc())
        )
        for row in await tx.rows(statement):
            found[row.version_id] = (*found.get(row.version_id, ()), _correction(row))
    return found


async def sits(tx: Reading, exam_id: int, person_id: int) -> bool:
    """Whether a person is enrolled in the exam: nobody corrects his own."""
    statement = select(enrolments.c.id).where(enrolments.c.exam_id == exam_id, enrolments.c.person_id == person_id)
    return await tx.value(statement.limit(1)) is not None


def _correction(row: AnyRow) -> Correction:
    known = row._mapping
    values: dict[str, Any] = {column.name: known[column] for column in _CORRECTION}
    values["ruling"] = from_json(values["ruling"])
    values["state"] = CorrectionState(values["state"])
    values["phase"] = None if values["phase"] is None else CorrectionPhase(values["phase"])
    values["counts"] = from_json_text(values["counts"])
    values["preview"] = None if values["preview"] is None else from_json_text(values["preview"])
    return Correction(**values)
