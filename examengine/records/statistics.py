"""Sums and figures of exams and their items; they grow with the outcomes, from a cursor on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from examengine.grading.statistics import ExamTally, ItemFigures, ItemTally
from examengine.records.database import CHUNK, AnyRow, Reading, Writing
from examengine.records.shapes import chunks
from examengine.records.tables import (
    banks,
    exam_statistics,
    exams,
    item_statistics,
    item_versions,
    items,
    releases,
)

_exam_decoder = msgspec.json.Decoder(ExamTally, strict=False)
_item_decoder = msgspec.json.Decoder(ItemTally, strict=False)


@dataclass(frozen=True, slots=True)
class ExamSums:
    """Sums of an exam up to the outcome ``cursor``; ``at_ms``: when they were last added to."""

    exam_id: int
    cursor: int
    tally: ExamTally = field(repr=False)
    at_ms: int


@dataclass(frozen=True, slots=True)
class ItemSums:
    """An item version in an exam: its sums, and the figures by which lists are sorted. ``external_no`` is the
    author's number.
    """

    exam_id: int
    version_id: int
    item_id: int
    external_no: str
    kind: str
    tally: ItemTally = field(repr=False)
    n: int
    facility: float | None
    discrimination: float | None
    upper_lower: float | None
    suspicion: str | None
    distractor: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """An item whose key is suspect, with where it stands."""

    exam_id: int
    exam_title: str
    bank_id: int
    item_id: int
    version_id: int
    external_no: str
    n: int
    facility: float | None
    discrimination: float | None
    suspicion: str
    distractor: str


_FIGURED = update(item_statistics).where(
    item_statistics.c.exam_id == bindparam("of_exam"), item_statistics.c.version_id == bindparam("of_version")
)


async def find_sums(tx: Reading, exam_id: int) -> ExamSums | None:
    """The sums of an exam; None where nothing was counted yet."""
    row = await tx.row(select(exam_statistics).where(exam_statistics.c.exam_id == exam_id))
    return None if row is None else ExamSums(row.exam_id, row.cursor, _exam_decoder.decode(row.tally), row.at_ms)


async def all_sums(tx: Reading) -> Mapping[int, ExamSums]:
    """The sums of all exams, by exam."""
    return {
        row.exam_id: ExamSums(row.exam_id, row.cursor, _exam_decoder.decode(row.tally), row.at_ms)
        for row in await tx.rows(select(exam_statistics))
    }


async def cursors(tx: Reading) -> Mapping[int, int]:
    """How far each published exam is counted, by exam; 0 where nothing was."""
    statement = select(exams.c.id, func.coalesce(exam_statistics.c.cursor, 0)).outerjoin_from(exams, exam_statistics)
    return {row[0]: row[1] for row in await tx.rows(statement)}


async def keep_sums(
    tx: Writing, exam_id: int, was: int, cursor: int, tally: ExamTally, items_of: Mapping[int, ItemTally], at_ms: int
) -> bool:
    """Write sums that were read at the cursor ``was``; False where others have counted since: nothing is written."""
    row = {"exam_id": exam_id, "cursor": cursor, "tally": _text(tally), "at_ms": at_ms}
    if was == 0 and await find_sums(tx, exam_id) is None:
        if await tx.insert_unless_known(exam_statistics, row, "exam_id") == 0:
            return False
    else:
        mine = update(exam_statistics).where(exam_statistics.c.exam_id == exam_id, exam_statistics.c.cursor == was)
        if await tx.run(mine.values(cursor=cursor, tally=row["tally"], at_ms=at_ms)) == 0:
            return False
    for version_ids in chunks(sorted(items_of), CHUNK):
        await tx.run(
            delete(item_statistics).where(
                item_statistics.c.exam_id == exam_id, item_statistics.c.version_id.in_(version_ids)
            )
        )
    rows = [
        {"exam_id": exam_id, "version_id": version_id, "tally": _text(tally), "n": tally.n}
        for version_id, tally in items_of.items()
    ]
    await tx.insert_all(item_statistics, rows)
    return True


async def without_figures(tx: Reading, exam_id: int) -> dict[int, ItemTally]:
    """Sums of items of an exam that no figure stands beside: they have grown, or hold too little for any."""
    statement = select(item_statistics.c.version_id, item_statistics.c.tally).where(
        item_statistics.c.exam_id == exam_id, item_statistics.c.facility.is_(None)
    )
    return {row.version_id: _item_decoder.decode(row.tally) for row in await tx.rows(statement)}


async def keep_figures(tx: Writing, exam_id: int, figures: Mapping[int, ItemFigures]) -> None:
    """Write the figures of items beside their sums."""
    rows = [
        {
            "of_exam": exam_id,
            "of_version": version_id,
            "facility": one.facility,
            "discrimination": one.discrimination,
            "upper_lower": one.upper_lower,
            "suspicion": None if one.suspicion is None else one.suspicion.value,
            "distractor": one.distractor,
        }
        for version_id, one in figures.items()
    ]
    for part in chunks(rows, CHUNK):
        await tx.run(_FIGURED, part)


async def forget(tx: Writing, exam_id: int) -> None:
    """Let an exam be counted anew: its scores have changed."""
    await tx.run(delete(item_statistics).where(item_statistics.c.exam_id == exam_id))
    await tx.run(delete(exam_statistics).where(exam_statistics.c.exam_id == exam_id))


async def tallies_of(tx: Reading, exam_id: int, version_ids: Iterable[int]) -> dict[int, ItemTally]:
    """Sums of these items of an exam; one that was never counted is left out."""
    found: dict[int, ItemTally] = {}
    for part in chunks(sorted(set(version_ids)), CHUNK):
        statement = select(item_statistics.c.version_id, item_statistics.c.tally).where(
            item_statistics.c.exam_id == exam_id, item_statistics.c.version_id.in_(part)
        )
        for row in await tx.rows(statement):
            found[row.version_id] = _item_decoder.decode(row.tally)
    return found


async def items_of_exam(tx: Reading, exam_id: int, version_ids: Sequence[int] | None = None) -> tuple[ItemSums, ...]:
    """Items of an exam that somebody had on his paper, all or these, in the order of their versions."""
    statement = (
        select(item_statistics, item_versions.c.item_id, item_versions.c.kind, items.c.external_no)
        .join_from(item_statistics, item_versions, item_versions.c.id == item_statistics.c.version_id)
        .join(items, items.c.id == item_versions.c.item_id)
        .where(item_statistics.c.exam_id == exam_id)
        .order_by(item_statistics.c.version_id)
    )
    if version_ids is not None:
        statement = statement.where(item_statistics.c.version_id.in_(version_ids))
    return tuple(_item_sums(row) for row in await tx.rows(statement))


async def suspects(tx: Reading, bank_id: int | None = None, limit: int = 50) -> tuple[Suspect, ...]:
    """Items with a suspect key, of all banks or of one; the newest exams and the largest numbers first."""
    statement = (
        select(
            item_statistics.c.exam_id,
            exams.c.title,
            releases.c.bank_id,
            item_versions.c.item_id,
            item_statistics.c.version_id,
            items.c.external_no,
            item_statistics.c.n,
            item_statistics.c.facility,
            item_statistics.c.discrimination,
            item_statistics.c.suspicion,
            item_statistics.c.distractor,
        )
        .join_from(item_statistics, exams, exams.c.id == item_statistics.c.exam_id)
        .join(releases, releases.c.id == exams.c.release_id)
        .join(item_versions, item_versions.c.id == item_statistics.c.version_id)
        .join(items, items.c.id == item_versions.c.item_id)
        .where(item_statistics.c.suspicion.is_not(None))
        .order_by(item_statistics.c.exam_id.desc(), item_statistics.c.n.desc(), item_statistics.c.version_id)
        .limit(limit)
    )
    if bank_id is not None:
        statement = statement.where(releases.c.bank_id == bank_id)
    return tuple(Suspect(*row) for row in await tx.rows(statement))


async def count_suspects(tx: Reading) -> Mapping[int, int]:
    """How many keys are suspect, by exam."""
    statement = (
        select(item_statistics.c.exam_id, func.count())
        .where(item_statistics.c.suspicion.is_not(None))
        .group_by(item_statistics.c.exam_id)
    )
    return {row[0]: row[1] for row in await tx.rows(statement)}


async def bank_of_exam(tx: Reading, exam_id: int) -> tuple[int, str] | None:
    """The bank that an exam is drawn from, id and name."""
    statement = (
        select(banks.c.id, banks.c.name)
        .join_from(exams, releases, releases.c.id == exams.c.release_id)
        .join(banks, banks.c.id == releases.c.bank_id)
        .where(exams.c.id == exam_id)
    )
    row = await tx.row(statement)
    return None if row is None else (row.id, row.name)


def _text(tally: ExamTally | ItemTally) -> str:
    return msgspec.json.encode(tally).decode()


def _item_sums(row: AnyRow) -> ItemSums:
    return ItemSums(
        exam_id=row.exam_id,
        version_id=row.version_id,
        item_id=row.item_id,
        external_no=row.external_no,
        kind=row.kind,
        tally=_item_decoder.decode(row.tally),
        n=row.n,
        facility=row.facility,
        discrimination=row.discrimination,
        upper_lower=row.upper_lower,
        suspicion=row.suspicion,
        distractor=row.distractor,
    )
