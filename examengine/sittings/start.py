"""Starting an attempt: one transaction decides, draws and inserts; then the sitting is opened in Redis.

An intent is unique: a confirm sent twice leads to the attempt it began, whatever became of that, never to another.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from examengine import live
from examengine.live import Desk, Opening, Standing, Word
from examengine.papers.paper import unpack
from examengine.records import accounts, attempts, slots
from examengine.records.as_rules import closing_of
from examengine.records.attempts import Attempt
from examengine.records.database import Database
from examengine.records.enrolments import lock_enrolment
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_history
from examengine.records.shelf import Shelf
from examengine.refusals import Refusal
from examengine.rules.rulebook import Rulebook
from examengine.sittings.begin import Admits, Beginner, Begun, NotAdmittedError, StartIntent, Wish
from examengine.sittings.contract import Contract
from examengine.sittings.deadlines import deadline_of, leave_grace_ms
from examengine.sittings.tombstones import entomb

__all__ = ["Admits", "NotAdmittedError", "StartIntent", "Started", "Starter"]


@dataclass(frozen=True, slots=True)
class Started:
    """The attempt that the intent began, now or before."""

    attempt_id: int
    is_new: bool


class Starter:
    """Starts attempts and opens their sittings."""

    def __init__(self, database: Database, desk: Desk, shelf: Shelf, new_seed: Callable[[int], bytes]) -> None:
        """``new_seed``: unpredictable bytes, as many as asked for."""
        self._database = database
        self._desk = desk
        self._shelf = shelf
        self._beginner = Beginner(database, shelf, new_seed)

    async def start(
        self, intent: StartIntent, session_version: int, stamp_ms: int, asked_ms: int | None = None
    ) -> Started | Contract | Refusal:
        """Start the attempt of ``intent``. A contract: its time is cut, and nobody has consented to that; nothing was
        started.

        Args:
            asked_ms: when the person took a place in the line, where he had to wait his turn since.

        Raises:
            records.Unavailable, live.Unavailable: nothing was started, or the same intent finds it.
            Missing: there is no such enrolment, it is another person's, or its exam was withdrawn.
        """
        await self.look()
        return await self.start_at(intent, session_version, stamp_ms, asked_ms)

    async def look(self) -> None:
        """See that the desk is there: a start while it is away would use up time nobody can answer in.

        Raises:
            live.Unavailable: it is away.
        """
        await self._desk.look()

    async def start_at(
        self,
        intent: StartIntent,
        session_version: int,
        stamp_ms: int,
        asked_ms: int | None = None,
        admits: Admits | None = None,
    ) -> Started | Contract | Refusal:
        """:meth:`start` for whoever has just looked; raises alike.

        Args:
            admits: asked before all else, of what is read under the lock anyway; None: who starts has been looked at.

        Raises:
            NotAdmittedError: ``admits`` said no.
        """
        told = await self._beginner.begin(Wish(intent, stamp_ms, asked_ms, admits))
        if isinstance(told, int):
            return Started(told, is_new=False)
        if not isinstance(told, Begun):
            return told
        attempt, record = told.attempt, told.found.record
        record = replace(record, attempts=(*record.attempts, AttemptRecord.of(attempt)))
        session_version = max(session_version, told.found.session_version)
        await self._open(told.rulebook, record, attempt, told.items, session_version, told.now_ms)
        return Started(attempt.id, is_new=True)

    async def begun(self, intent: StartIntent) -> int | None:
        """The attempt that the intent began before, whatever became of it."""
        async with self._database.reading() as tx:
            known = await attempts.find_by_intent(tx, intent.key)
        return None if known is None else known.id

    async def open_missing(self, attempt_id: int, session_version: int, now_ms: int) -> Standing | None:
        """Open a sitting that Redis does not know in a slot it has not lost: its attempt was committed, and whoever
        began it never got as far. Idempotent; the generation stays, so that no page has to join again.

        None where the attempt has an outcome, or its time is over: an empty sitting opened then would be handed in
        as if the person had been there without an answer.

        Raises:
            Missing: there is no such attempt.
            live.Unavailable: Redis is away, or has lost the slot: it is rebuilt first.
        """
        # Under the lock a void comes before, and is seen here, or after, and finds the sitting.
        async with self._database.writing() as tx:
            owned = await attempts.get_attempt(tx, attempt_id)
            await lock_enrolment(tx, owned.attempt.enrolment_id)
            owned = await attempts.get_attempt(tx, attempt_id)
            record = await load_history(tx, owned.attempt.enrolment_id)
            rulebook = await self._shelf.rulebook(tx, owned.attempt.rulebook_digest)
            row = next(a for a in record.attempts if a.id == attempt_id)
            if row.outcome is not None or now_ms >= closing_of(rulebook, record, row).deadline_ms:
                return None
            session_version = max(session_version, await accounts.hold_session_version(tx, owned.person_id))
            items = len(unpack(owned.attempt.paper).items)
            return await self._open(rulebook, record, owned.attempt, items, session_version, now_ms)

    async def whereabouts(self, attempt_id: int, now_ms: int) -> Word:
        """What became of an attempt that Redis does not know: ``closed`` (SQL has its outcome, and Redis is told),
        ``opened`` or ``already`` (it is there now: ask again), ``too_late`` (its time is over, but nobody has ended
        it yet), ``absent`` (there is none).

        Raises:
            records.Unavailable, live.Unavailable: it cannot be said now.
        """
        async with self._database.reading() as tx:
            ended = await slots.ended_of(tx, [attempt_id])
            session_version = await attempts.session_version(tx, attempt_id)
        if ended:
            await entomb(self._desk, ended[0], now_ms)
            return Word.CLOSED
        if session_version is None:
            return Word.ABSENT
        standing = await self.open_missing(attempt_id, session_version, now_ms)
        if standing is not None:
            return standing.word
        async with self._database.reading() as tx:
            return Word.CLOSED if await slots.ended_of(tx, [attempt_id]) else Word.TOO_LATE

    async def _open(
        self,
        rulebook: Rulebook,
        record: EnrolmentRecord,
        attempt: Attempt,
        items: int,
        session_version: int,
        now_ms: int,
    ) -> Standing:
        row = next(a for a in record.attempts if a.id == attempt.id)
        standing = await self._desk.open(
            Opening(
                attempt_id=attempt.id,
                owner_id=record.enrolment.person_id,
                session_version=session_version,
                generation=attempt.generation,
                items=items,
                deadline=deadline_of(rulebook, record, row),
                leave_grace_ms=leave_grace_ms(rulebook),
            ),
            now_ms,
        )
        if standing.word is Word.OPENING:
            raise live.Unavailable("the slot is being rebuilt")
        return standing
