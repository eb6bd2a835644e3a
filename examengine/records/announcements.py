"""Announcements to candidates. Rows are only added: one that is taken back is withdrawn by a later row.

Writers come one after another, so that whoever has seen a number has seen every lower one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from examengine.records.database import AnyRow, Missing, Reading, Writing
from examengine.records.incidents import Scope
from examengine.records.shapes import columns
from examengine.records.tables import announcements

LOCK = "announcements"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnnouncement:
    """What is announced; ``person_id`` None: to everybody of the scope. ``intent`` names the form it came from."""

    scope: Scope
    person_id: int | None
    text: str
    reason: str
    ticket: str
    intent: str
    incident_id: int | None = None
    by_person: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement, or the row that ``withdraws`` one."""

    id: int
    exam_id: int | None
    region: str
    unit_name: str
    person_id: int | None
    text: str
    reason: str
    ticket: str
    intent: str
    incident_id: int | None
    withdraws: int | None
    by_person: int
    at_ms: int
    until_ms: int

    @property
    def scope(self) -> Scope:
        return Scope(exam_id=self.exam_id, region=self.region, unit_name=self.unit_name)


_ALL = columns(announcements, Announcement)


async def add(tx: Writing, new: NewAnnouncement, at_ms: int) -> tuple[Announcement, bool]:
    """Announce, unless the form did so already; the announcement, and whether it is new."""
    return await _add(tx, new, at_ms, None)


async def withdraw(tx: Writing, known: Announcement, by_person: int, reason: str, at_ms: int) -> Announcement:
    """Take an announcement back; once is enough."""
    new = NewAnnouncement(
        scope=known.scope,
        person_id=known.person_id,
        text=known.text,
        reason=reason,
        ticket=known.ticket,
        intent=f"withdraw:{known.id}",
        by_person=by_person,
        until_ms=max(known.until_ms, at_ms + 1),
    )
    row, _is_new = await _add(tx, new, at_ms, known.id)
    return row


async def _add(tx: Writing, new: NewAnnouncement, at_ms: int, withdraws: int | None) -> tuple[Announcement, bool]:
    await tx.lock_name(LOCK)
    row = {
        "exam_id": new.scope.exam_id,
        "region": new.scope.region,
        "unit_name": new.scope.unit_name,
        "person_id": new.person_id,
        "text": new.text,
        "reason": new.reason,
        "ticket": new.ticket,
        "intent": new.intent,
        "incident_id": new.incident_id,
        "withdraws": withdraws,
        "by_person": new.by_person,
        "at_ms": at_ms,
        "until_ms": new.until_ms,
    }
    is_new = await tx.insert_unless_known(announcements, row, "intent") > 0
    found = await tx.row(select(*_ALL).where(announcements.c.intent == new.intent))
    assert found is not None
    return Announcement(*found), is_new


async def get_announcement(tx: Reading, announcement_id: int) -> Announcement:
    """One announcement.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(
        select(*_ALL).where(announcements.c.id == announcement_id, announcements.c.withdraws.is_(None))
    )
    if row is None:
        raise Missing("announcement", announcement_id)
    return Announcement(*row)


async def newest_id(tx: Reading) -> int:
    """The highest number given so far, 0 before the first."""
    return int(await tx.value(select(func.coalesce(func.max(announcements.c.id), 0))))


async def in_force(tx: Reading, now_ms: int) -> tuple[Announcement, ...]:
    """All rows that are not out of date, those that take back among them, in order."""
    statement = select(*_ALL).where(announcements.c.until_ms > now_ms).order_by(announcements.c.id)
    return _read(await tx.rows(statement))


async def list_announcements(
    tx: Reading, *, before_id: int | None = None, person_id: int | None = None, limit: int = 50
) -> tuple[Announcement, ...]:
    """Announcements, newest first, without the rows that take back; page on with ``before_id``."""
    statement = (
        select(*_ALL).where(announcements.c.withdraws.is_(None)).order_by(announcements.c.id.desc()).limit(limit)
    )
    if before_id is not None:
        statement = statement.where(announcements.c.id < before_id)
    if person_id is not None:
        statement = statement.where(announcements.c.person_id == person_id)
    return _read(await tx.rows(statement))


async def withdrawals_of(tx: Reading, ids: Sequence[int]) -> dict[int, Announcement]:
    """The rows that take these back, by what they take back."""
    rows = _read(await tx.rows(select(*_ALL).where(announcements.c.withdraws.in_(list(ids)))))
    return {row.withdraws: row for row in rows if row.withdraws is not None}


def _read(rows: Sequence[AnyRow]) -> tuple[Announcement, ...]:
    return tuple(Announcement(*row) for row in rows)
