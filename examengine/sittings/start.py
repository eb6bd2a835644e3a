"""Starting an attempt: one transaction decides, draws and inserts; then the sitting is opened in Redis.

An intent is unique: a confirm sent twice leads to the attempt it began, whatever became of that, never to another.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from examengine import live
from examengine.live import Desk, Opening, Standing, Word
from examengine.papers.draw import DrawPool
from examengine.papers.paper import Paper, pack, remember, unpack
from examengine.records import accounts, attempts, slots
from examengine.records.as_rules import closing_of
from examengine.records.attempts import Attempt, NewAttempt
from examengine.records.database import Database, Reading, Writing
from examengine.records.enrolments import lock_enrolment
from examengine.records.errors import Missing
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_history
from examengine.records.shelf import Kept, KeptExam, Shelf
from examengine.records.starts import ToStart, lock_to_start
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import MINUTE_MS
from examengine.rules.history import Closing, DeadlineReason
from examengine.rules.rulebook import Rulebook
from examengine.sittings.contract import Contract, contract_of
from examengine.sittings.deadlines import deadline_of, final_ms, leave_grace_ms
from examengine.sittings.tombstones import entomb

SEED_BYTES = 16


@dataclass(frozen=True, slots=True)
class StartIntent:
    """What the confirm page offered: attempt ``no`` of round ``round_no``, named once by ``nonce``.

    ``accepts_cut``: the person consents to less than the full time, where the window's end leaves no more (A-07).
    """

    enrolment_id: int
    person_id: int
    round_no: int
    no: int
    nonce: str
    accepts_cut: bool = True

    @property
    def key(self) -> str:
        return f"{self.enrolment_id}.{self.round_no}.{self.no}.{self.nonce}"


@dataclass(frozen=True, slots=True)
class Started:
    """The attempt that the intent began, now or before."""

    attempt_id: int
    is_new: bool


Admits = Callable[[ToStart], bool]
"""Says of what the record holds of a person and his enrolment whether his start is taken at all."""


class NotAdmittedError(Exception):
    """A start was not taken; nothing was begun."""


class Starter:
    """Starts attempts and opens their sittings."""

    def __init__(self, database: Database, desk: Desk, shelf: Shelf, new_seed: Callable[[int], bytes]) -> None:
        """``new_seed``: unpredictable bytes, as many as asked for."""
        self._database = database
        self._desk = desk
        self._shelf = shelf
        self._new_seed = new_seed
        self._pools: Kept[tuple[int, date], DrawPool] = Kept(32)

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
        await self.look(stamp_ms)
        return await self.start_at(intent, session_version, stamp_ms, asked_ms)

    async def look(self, stamp_ms: int) -> None:
        """See that the desk is there: a start while it is away would use up time nobody can answer in.

        Raises:
            live.Unavailable: it is away.
        """
        await self._desk.read(0, stamp_ms)

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
        async with self._database.writing() as tx:
            found = await lock_to_start(tx, intent.enrolment_id, intent.person_id)
            if admits is not None and not admits(found):
                raise NotAdmittedError
            record = found.record
            known = await attempts.find_by_intent(tx, intent.key) if record.attempts else None
            if known is not None:
                return Started(known.id, is_new=False)
            if found.is_withdrawn:
                raise Missing("enrolment", intent.enrolment_id)
            rulebook = await self._shelf.rulebook(tx, record.enrolment.rulebook_digest)
            now_ms = max(stamp_ms, record.newest_fact_ms)
            contract = contract_of(rulebook, record, now_ms, asked_ms)
            if isinstance(contract, Refusal):
                return contract
            if (contract.round_no, contract.no) != (intent.round_no, intent.no):
                return Refusal(Reason.NOT_RUNNING, Next.NONE)
            if contract.is_cut and not intent.accepts_cut:
                return contract
            attempt, paper = await self._begin(tx, intent, rulebook, found, contract)
        session_version = max(session_version, found.session_version)
        record = replace(record, attempts=(*record.attempts, AttemptRecord.of(attempt)))
        await self._open(rulebook, record, attempt, len(paper.items), session_version, now_ms)
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

    async def _begin(
        self, tx: Writing, intent: StartIntent, rulebook: Rulebook, found: ToStart, contract: Contract
    ) -> tuple[Attempt, Paper]:
        """Draws the paper, writes the attempt down and ends the transaction."""
        record = found.record
        exam = await self._shelf.exam(tx, record.enrolment.exam_id)
        pool = await self._pool(tx, exam, local_day(contract.told_ms, rulebook))
        seed = await self._seed(tx, rulebook, record)
        seen: tuple[int, ...] = ()
        if found.has_sat and rulebook.exam.paper.new_per_attempt:
            earlier = await attempts.papers_seen(tx, intent.person_id, exam.bank_id)
            seen = await self._items_of(tx, [row.paper for row in earlier])
        paper = pool.draw(seed, seen)
        packed = pack(paper)
        base = Closing(contract.base_deadline_ms, DeadlineReason(contract.base_reason))
        closing = Closing(contract.deadline_ms, DeadlineReason(contract.deadline_reason))
        attempt = await attempts.begin_new_and_end(
            tx,
            NewAttempt(
                enrolment_id=record.enrolment.id,
                round_id=record.rounds[contract.round_no - 1].id,
                no=contract.no,
                intent=intent.key,
                started_ms=contract.told_ms,
                base_deadline_ms=base.deadline_ms,
                base_reason=base.reason.value,
                seed=seed,
                generator=paper.generator,
                paper=packed,
                release_id=exam.release_id,
                rulebook_digest=rulebook.digest,
                contract=msgspec.json.encode(contract).decode(),
                look_at_ms=final_ms(rulebook, closing),
            ),
        )
        remember(packed, paper)
        return attempt, paper

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

    async def _pool(self, tx: Reading, exam: KeptExam, day: date) -> DrawPool:
        known = self._pools.find((exam.id, day))
        if known is not None:
            return known
        release = await self._shelf.release(tx, exam.release_id)
        return self._pools.put((exam.id, day), DrawPool(exam.blueprint, release, day))

    async def _seed(self, tx: Reading, rulebook: Rulebook, record: EnrolmentRecord) -> bytes:
        """Fresh for each attempt, or the first attempt's where the rules give everyone one paper for all attempts."""
        if rulebook.exam.paper.new_per_attempt or not record.attempts:
            return self._new_seed(SEED_BYTES)
        return (await attempts.get_attempt(tx, record.attempts[0].id)).attempt.seed

    async def _items_of(self, tx: Reading, papers: list[bytes]) -> tuple[int, ...]:
        """Ids of the items on earlier papers, oldest first."""
        versions = [item.version_id for packed in papers for item in unpack(packed).items]
        items = await self._shelf.item_ids(tx, versions)
        return tuple(items[version_id] for version_id in versions)


def local_day(now_ms: int, rulebook: Rulebook) -> date:
    """The day on which ``now_ms`` falls in the rulebook's zone."""
    return _day_of(now_ms // _QUARTER_MS, rulebook.meta.timezone)


_QUARTER_MS = 15 * MINUTE_MS
"""Every zone's days begin with one of these."""


@lru_cache(maxsize=256)
def _day_of(quarter: int, zone: str) -> date:
    return datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, tz=UTC).astimezone(ZoneInfo(zone)).date()
