"""Announcing something to candidates, and taking it back; the board from which a worker answers their pages.

The board is read again every few seconds by one query, so that neither an answer nor a page that asks for its
announcements costs the record anything.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from examengine.clock import Clock
from examengine.records import announcements, audit
from examengine.records.announcements import Announcement, NewAnnouncement
from examengine.records.database import Database
from examengine.records.errors import Unavailable
from examengine.records.incidents import Scope, prefix_of

EVERY_S = 3.0
LONGEST_MS = 30 * 24 * 3_600_000
TEXT_LIMIT = 200
"""Characters: what is longer is not read on a phone in the middle of an exam."""

log = structlog.get_logger("examengine.announcements")


@dataclass(frozen=True, slots=True)
class Audience:
    """What a candidate's page may be told about. ``exam_ids``: what he is enrolled in, or sits; ``unit``: as
    :func:`unit_mark` makes it.
    """

    person_id: int
    exam_ids: frozenset[int]
    region: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Board:
    """What is announced. ``general``: the newest number that is not for one person alone; ``own``: of one person."""

    newest: int
    general: int
    own: dict[int, int]
    shown: tuple[Announcement, ...]


_EMPTY = _Board(0, 0, {}, ())


def unit_mark(unit_name: str) -> str:
    """A unit's name, short and in plain letters; "" stays "": for everybody."""
    return hashlib.sha256(unit_name.encode()).hexdigest()[:16] if unit_name else ""


def concerns(announced: Announcement, audience: Audience) -> bool:
    """Whether somebody is meant by an announcement."""
    return (
        announced.person_id in (None, audience.person_id)
        and (announced.exam_id is None or announced.exam_id in audience.exam_ids)
        and audience.region.startswith(prefix_of(announced.region))
        and unit_mark(announced.unit_name) in ("", audience.unit)
    )


class NoticeBoard:
    """What this worker knows to be announced."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._board = _EMPTY

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        while True:
            try:
                await self.look(self._clock.now_ms())
            except Unavailable as error:
                log.warning("announcements_not_read", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def look(self, now_ms: int) -> None:
        """Read what is announced where anything new is.

        Raises:
            Unavailable: SQL does not answer; what is known goes on being told.
        """
        async with self._database.reading() as tx:
            newest = await announcements.newest_id(tx)
            if newest == self._board.newest:
                return
            rows = await announcements.in_force(tx, now_ms)
        withdrawn = {row.withdraws for row in rows}
        own: dict[int, int] = {}
        general = 0
        for row in rows:
            if row.person_id is None:
                general = max(general, row.id)
            else:
                own[row.person_id] = max(own.get(row.person_id, 0), row.id)
        shown = tuple(row for row in rows if row.withdraws is None and row.id not in withdrawn)
        self._board = _Board(newest, general, own, shown)

    def newest_for(self, person_id: int) -> int:
        """The newest number that may concern a person; it grows also when something is taken back."""
        return max(self._board.general, self._board.own.get(person_id, 0))

    def shown_to(self, audience: Audience, now_ms: int) -> tuple[Announcement, ...]:
        """What somebody is to see now, newest first."""
        shown = (row for row in self._board.shown if row.at_ms <= now_ms < row.until_ms and concerns(row, audience))
        return tuple(sorted(shown, key=lambda row: -row.id))


async def announce(
    database: Database,
    *,
    scope: Scope,
    person_id: int | None,
    text: str,
    reason: str,
    ticket: str,
    intent: str,
    by_person: int,
    until_ms: int,
    now_ms: int,
) -> Announcement:
    """Announce something; the same form again gives the same announcement.

    Raises:
        ValueError: no text, one that is too long, or an end out of bounds.
    """
    text = text.strip()
    if not 1 <= len(text) <= TEXT_LIMIT:
        raise ValueError(f"text of {len(text)} characters")
    if not now_ms < until_ms <= now_ms + LONGEST_MS:
        raise ValueError(f"until: {until_ms}")
    new = NewAnnouncement(
        scope=scope,
        person_id=person_id,
        text=text,
        reason=reason,
        ticket=ticket,
        intent=intent,
        by_person=by_person,
        until_ms=until_ms,
    )
    async with database.writing() as tx:
        made, is_new = await announcements.add(tx, new, now_ms)
        if is_new:
            kind, object_id = ("announcement", made.id) if person_id is None else ("person", person_id)
            facts = {"announcement": made.id, "exam": scope.exam_id, "region": scope.region}
            await audit.append(tx, now_ms, by_person, "announce", kind, object_id, facts)
    return made


async def withdraw(database: Database, announcement_id: int, by_person: int, reason: str, now_ms: int) -> None:
    """Take an announcement back; open pages drop it with their next word.

    Raises:
        Missing: there is no such announcement.
    """
    async with database.writing() as tx:
        known = await announcements.get_announcement(tx, announcement_id)
        if await announcements.withdrawals_of(tx, [known.id]):
            return
        await announcements.withdraw(tx, known, by_person, reason, now_ms)
        await audit.append(tx, now_ms, by_person, "withdraw_announcement", "announcement", known.id)


def told(announced: Sequence[Announcement]) -> list[dict[str, int | str]]:
    """As a page is told."""
    return [{"id": row.id, "text": row.text, "at": row.at_ms} for row in announced]
