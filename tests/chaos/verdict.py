"""What was acknowledged against what was marked, and whether anything was counted twice."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import text

from examengine.live import Desk, connect
from examengine.papers.paper import unpack
from examengine.records import packing
from examengine.records.archives import get_journal
from examengine.records.database import Database, Reading
from tests.chaos.book import Book, Fate, Op, Paper

DELETED_S = 15.0
"""What losing Redis' files may cost a page that nobody has open any more."""


@dataclass
class Verdict:
    """What came of it."""

    acknowledged: int = 0
    marked: int = 0
    waiting: int = 0
    lost: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)


async def judge(book: Book, database_url: str, redis_url: str) -> Verdict:
    """Compare. Attempts that wait for a person are compared by what stands live for them."""
    verdict = Verdict(duplicated=list(book.duplicates))
    database = await Database.open(database_url)
    calls = connect(redis_url)
    try:
        async with database.reading() as tx:
            await _counted_once(tx, book, verdict)
            for paper in book.papers.values():
                await _compare(tx, Desk(calls, clamp=False), book, paper, verdict)
    finally:
        await calls.aclose()
        await database.close()
    return verdict


async def open_attempts(database_url: str) -> list[int]:
    """Attempts without an outcome."""
    database = await Database.open(database_url)
    try:
        async with database.reading() as tx:
            return [row.attempt_id for row in await tx.rows(text("SELECT attempt_id FROM open_attempts"))]
    finally:
        await database.close()


async def _counted_once(tx: Reading, book: Book, verdict: Verdict) -> None:
    rows = await tx.rows(text("SELECT id, enrolment_id, round_id, no, intent FROM attempts"))
    for row in rows:
        if row.intent not in book.intents:
            verdict.duplicated.append(f"attempt {row.id}: nobody asked for it ({row.intent})")
    seen = Counter((row.round_id, row.no) for row in rows)
    verdict.duplicated += [
        f"round {key[0]}, attempt {key[1]}: {count} times" for key, count in seen.items() if count > 1
    ]
    told = {intent for intent, attempt_id in book.intents.items() if attempt_id is not None}
    verdict.lost += [f"attempt of intent {intent} is not in the record" for intent in told - {r.intent for r in rows}]
    outcomes = await tx.rows(text("SELECT attempt_id, no, state FROM outcomes ORDER BY attempt_id, no"))
    finishes = Counter(row.attempt_id for row in outcomes if row.state != "void")
    verdict.duplicated += [f"attempt {a}: {count} outcomes" for a, count in finishes.items() if count > 1]
    verdict.states.update(row.state for row in outcomes)


async def _compare(tx: Reading, desk: Desk, book: Book, paper: Paper, verdict: Verdict) -> None:
    attempt = await tx.row(text("SELECT paper FROM attempts WHERE id = :id"), {"id": paper.attempt_id})
    if attempt is None:
        verdict.lost.append(f"attempt {paper.attempt_id} ({paper.who}) is not in the record")
        return
    versions = [item.version_id for item in unpack(attempt.paper).items]
    kept = await tx.row(text("SELECT answers FROM attempt_answers WHERE attempt_id = :id"), {"id": paper.attempt_id})
    if kept is not None:
        verdict.marked += 1
        by_version = {
            int(version): value for version, value in json.loads(packing.unpack(bytes(kept.answers))).items()
        }
        final = {position: by_version.get(version, "") for position, version in enumerate(versions, 1)}
        lines = await get_journal(tx, paper.attempt_id)
    else:
        verdict.waiting += 1
        sitting = await desk.read(paper.attempt_id, 0)
        final = {position: sitting.given.get(position, "") for position in range(1, len(versions) + 1)}
        lines = tuple(line.decode() for line in sitting.journal)
    _written_once(paper, lines, verdict)
    for position, ops in paper.ops.items():
        _item(book, paper, position, ops, final, verdict)


def _written_once(paper: Paper, lines: tuple[str, ...], verdict: Verdict) -> None:
    """An operation stands in the journal once."""
    written: Counter[tuple[str, str]] = Counter()
    for line in lines:
        parts = line.split(" ")
        if parts[0] == "a" and len(parts) >= 5:
            written[parts[2], parts[3]] += 1
    verdict.duplicated += [
        f"attempt {paper.attempt_id}: operation {mark} of question {position} was written {count} times"
        for (mark, position), count in written.items()
        if count > 1
    ]


def _item(book: Book, paper: Paper, position: int, ops: list[Op], final: Mapping[int, str], verdict: Verdict) -> None:
    acknowledged = [op for op in ops if op.fate is Fate.ACKNOWLEDGED]
    verdict.acknowledged += len(acknowledged)
    if not acknowledged:
        return
    last = max(acknowledged, key=lambda op: op.told_s)
    # One that was on its way at the same time, or whose answer was never heard, may have come after it.
    later = [op for op in ops if op is not last and op.fate is Fate.UNKNOWN and op.sent_s >= last.sent_s]
    beside = [op for op in acknowledged if op is not last and op.told_s >= last.sent_s]
    if final.get(position, "") in {last.value, *(op.value for op in (*later, *beside))}:
        return
    told = (
        f"attempt {paper.attempt_id}, question {position}: {last.value!r} was acknowledged at {last.told_s:.2f} s "
        f"({last.mark}), {final.get(position, '')!r} is kept; near it: {book.near(last.told_s)}"
        + (f"; page closed at {paper.closed_s:.2f} s" if paper.closed_s is not None else "")
        + f"; deadline {paper.deadline_s:.1f} s; its pages: {', '.join(paper.trail[-12:])}; all: "
        + ", ".join(f"{op.value!r} {op.mark} {op.sent_s:.2f}–{op.told_s:.2f} {op.fate.value}" for op in ops)
    )
    why = _apart(book, paper, last)
    if why:
        verdict.apart.append(f"{why}: {told}")
    else:
        verdict.lost.append(told)


def _apart(book: Book, paper: Paper, last: Op) -> str:
    """Why losing Redis' files may have cost this answer; "" where it may not: no page that could send it again."""
    near = [at for at in book.deletions_s if last.told_s <= at + 1.0 and at - last.told_s <= DELETED_S]
    if not near:
        return ""
    if paper.closed_s is not None:
        return "a closed page"
    if paper.away_s is not None and paper.away_s <= max(near):
        return "a page that was being loaded again and came back after its end"
    if last.device in paper.moved_s:
        return "a page that had given the pen to another device"
    return "a page without a script" if last.mark.startswith("form") else ""
