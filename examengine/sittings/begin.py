"""Beginning attempts: one transaction decides, draws and inserts, for one start or for many that wait together.

There is one way to decide. Who is begun together is locked together, read by one statement, decided and drawn one
after another, and written by one statement; what one is refused by is his own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from examengine.batches import Batches
from examengine.logs import step
from examengine.papers.draw import DrawPool
from examengine.papers.paper import Paper, pack, remember, unpack
from examengine.records import attempts
from examengine.records.attempts import Attempt, NewAttempt, SeenPaper
from examengine.records.database import Database, Reading, Writing
from examengine.records.errors import Conflict, Missing, Unavailable
from examengine.records.fixed import MOST_HERE
from examengine.records.shelf import Kept, KeptExam, Shelf
from examengine.records.starts import (
    BegunBefore,
    ToStart,
    begun_before,
    lock_free_to_start,
    lock_to_start,
    read_to_start,
)
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import MINUTE_MS
from examengine.rules.history import Closing, DeadlineReason
from examengine.rules.rulebook import Rulebook
from examengine.sittings.contract import Contract, contract_of
from examengine.sittings.deadlines import final_ms

T = TypeVar("T")

SEED_BYTES = 16
MOST = 32
"""Begun in one transaction of PostgreSQL; on SQLite as many as are read without a thread."""
DRAWN_BETWEEN = 4
"""So many papers are drawn, a millisecond, before others have their turn."""


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


Admits = Callable[[ToStart], bool]
"""Says of what the record holds of a person and his enrolment whether his start is taken at all."""


class NotAdmittedError(Exception):
    """A start was not taken; nothing was begun."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A start that is asked for, stamped.

    ``asked_ms``: when the person took a place in the line, where he had to wait his turn since; ``admits``: asked
    before all else, None: who starts has been looked at.
    """

    intent: StartIntent
    stamp_ms: int
    asked_ms: int | None
    admits: Admits | None


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that a wish began, committed, with what its sitting is opened by."""

    found: ToStart
    rulebook: Rulebook
    attempt: Attempt
    items: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class _ToDraw:
    """A wish that is granted."""

    wish: Wish
    found: ToStart
    before: tuple[BegunBefore, ...]
    rulebook: Rulebook
    contract: Contract
    exam: KeptExam
    now_ms: int


Told = Begun | int | Contract | Refusal
"""What a wish came to; a number: the attempt that its intent began before."""


class Beginner:
    """Begins attempts, together what waits together. Its papers are drawn from seeds of ``new_seed``."""

    def __init__(self, database: Database, shelf: Shelf, new_seed: Callable[[int], bytes]) -> None:
        self._database = database
        self._shelf = shelf
        self._new_seed = new_seed
        self._pools: Kept[tuple[int, date], DrawPool] = Kept(32)
        self._together: Batches[Wish, Told | None] = Batches(
            self._begin_together, most=MOST_HERE if database.is_sqlite else MOST, everybodys=(Unavailable,)
        )

    async def begin(self, wish: Wish) -> Told:
        """What a wish comes to. What is begun is committed.

        Raises:
            NotAdmittedError: ``admits`` said no.
            Missing: there is no such enrolment, it is another person's, or its exam was withdrawn.
            Unavailable: nothing was begun, or the same intent finds it.
        """
        began_s = time.perf_counter()
        told = await self._together.ask(wish)
        step("records", began_s)
        if told is not None:
            return told
        async with self._database.writing() as tx:
            await lock_to_start(tx, wish.intent.enrolment_id, wish.intent.person_id)
            [alone] = await self._begin(tx, [wish], await read_to_start(tx, [wish.intent.enrolment_id]))
        if isinstance(alone, Exception):
            raise alone
        return alone

    async def _begin_together(self, wishes: Sequence[Wish]) -> Sequence[Told | Exception | None]:
        """What each comes to; None where he has to wait for others, and so goes by himself: those who hold his lock,
        or a wish before his of the same enrolment or person.
        """
        firsts = _firsts(wishes)
        async with self._database.writing() as tx:
            free = await lock_free_to_start(
                tx, [(wishes[place].intent.enrolment_id, wishes[place].intent.person_id) for place in firsts]
            )
            ours = [place for place in firsts if wishes[place].intent.enrolment_id in free]
            begun = await self._begin(tx, [wishes[place] for place in ours], free)
        told = dict(zip(ours, begun, strict=True))
        return [told.get(place) for place in range(len(wishes))]

    async def _begin(
        self, tx: Writing, wishes: Sequence[Wish], found: Mapping[int, ToStart]
    ) -> list[Told | Exception]:
        """Decide each of them, an enrolment each, all locked before they were read, and begin those that may; ends
        the transaction where it writes.
        """
        again = [enrolment_id for enrolment_id, one in found.items() if one.record.attempts]
        before = await begun_before(tx, again) if again else {}
        told: list[Told | Exception | _ToDraw] = []
        for wish in wishes:
            enrolment_id = wish.intent.enrolment_id
            told.append(await _own(self._decided(tx, wish, found.get(enrolment_id), before.get(enrolment_id, ()))))
        seen = await _seen(tx, [one for one in told if isinstance(one, _ToDraw)])
        new: dict[int, tuple[_ToDraw, NewAttempt, Paper]] = {}
        for place, one in enumerate(told):
            if not isinstance(one, _ToDraw):
                continue
            if len(new) % DRAWN_BETWEEN == DRAWN_BETWEEN - 1:
                await asyncio.sleep(0)
            drawn = await _own(self._drawn(tx, one, seen.get((one.wish.intent.person_id, one.exam.bank_id), ())))
            if isinstance(drawn, Exception):
                told[place] = drawn
            else:
                new[place] = (one, *drawn)
        if new:
            begun = await attempts.begin_new_and_end(tx, [attempt for _, attempt, _ in new.values()])
            for (place, (one, _, paper)), attempt in zip(new.items(), begun, strict=True):
                remember(attempt.paper, paper)
                told[place] = Begun(one.found, one.rulebook, attempt, len(paper.items), one.now_ms)
        return [one for one in told if not isinstance(one, _ToDraw)]

    async def _decided(
        self, tx: Reading, wish: Wish, found: ToStart | None, before: tuple[BegunBefore, ...]
    ) -> Told | _ToDraw:
        intent = wish.intent
        if found is None or found.record.enrolment.person_id != intent.person_id:
            raise Missing("enrolment", intent.enrolment_id)
        if wish.admits is not None and not wish.admits(found):
            raise NotAdmittedError
        known = next((one for one in before if one.intent == intent.key), None)
        if known is not None:
            return known.attempt_id
        if found.is_withdrawn:
            raise Missing("enrolment", intent.enrolment_id)
        record = found.record
        rulebook = await self._shelf.rulebook(tx, record.enrolment.rulebook_digest)
        now_ms = max(wish.stamp_ms, record.newest_fact_ms)
        contract = contract_of(rulebook, record, now_ms, wish.asked_ms)
        if isinstance(contract, Refusal):
            return contract
        if (contract.round_no, contract.no) != (intent.round_no, intent.no):
            return Refusal(Reason.NOT_RUNNING, Next.NONE)
        if contract.is_cut and not intent.accepts_cut:
            return contract
        exam = await self._shelf.exam(tx, record.enrolment.exam_id)
        return _ToDraw(wish, found, before, rulebook, contract, exam, now_ms)

    async def _drawn(self, tx: Reading, granted: _ToDraw, earlier: tuple[SeenPaper, ...]) -> tuple[NewAttempt, Paper]:
        record, rulebook, contract = granted.found.record, granted.rulebook, granted.contract
        pool = await self._pool(tx, granted.exam, local_day(contract.told_ms, rulebook))
        seed = self._seed(rulebook, granted.before)
        paper = pool.draw(seed, await self._items_of(tx, [row.paper for row in earlier]) if earlier else ())
        base = Closing(contract.base_deadline_ms, DeadlineReason(contract.base_reason))
        closing = Closing(contract.deadline_ms, DeadlineReason(contract.deadline_reason))
        new = NewAttempt(
            enrolment_id=record.enrolment.id,
            round_id=record.rounds[contract.round_no - 1].id,
            no=contract.no,
            intent=granted.wish.intent.key,
            started_ms=contract.told_ms,
            base_deadline_ms=base.deadline_ms,
            base_reason=base.reason.value,
            seed=seed,
            generator=paper.generator,
            paper=pack(paper),
            release_id=granted.exam.release_id,
            rulebook_digest=rulebook.digest,
            contract=msgspec.json.encode(contract).decode(),
            look_at_ms=final_ms(rulebook, closing),
        )
        return new, paper

    async def _pool(self, tx: Reading, exam: KeptExam, day: date) -> DrawPool:
        known = self._pools.find((exam.id, day))
        if known is not None:
            return known
        release = await self._shelf.release(tx, exam.release_id)
        return self._pools.put((exam.id, day), DrawPool(exam.blueprint, release, day))

    def _seed(self, rulebook: Rulebook, before: tuple[BegunBefore, ...]) -> bytes:
        """Fresh for each attempt, or the first attempt's where the rules give everyone one paper for all attempts."""
        if rulebook.exam.paper.new_per_attempt or not before:
            return self._new_seed(SEED_BYTES)
        return before[0].seed

    async def _items_of(self, tx: Reading, papers: list[bytes]) -> tuple[int, ...]:
        """Ids of the items on earlier papers, oldest first."""
        versions = [item.version_id for packed in papers for item in unpack(packed).items]
        items = await self._shelf.item_ids(tx, versions)
        return tuple(items[version_id] for version_id in versions)


def _firsts(wishes: Sequence[Wish]) -> list[int]:
    """Places of the wishes that may be decided together: the first one of each enrolment, and of each person."""
    enrolments: set[int] = set()
    people: set[int] = set()
    places = []
    for place, wish in enumerate(wishes):
        intent = wish.intent
        if intent.enrolment_id not in enrolments and intent.person_id not in people:
            places.append(place)
        enrolments.add(intent.enrolment_id)
        people.add(intent.person_id)
    return places


async def _own(made: Awaitable[T]) -> T | Exception:
    """What one of several comes to, or what is wrong with it. What is wrong with the transaction is everybody's."""
    try:
        return await made
    except (Unavailable, Conflict):
        raise
    except Exception as error:
        return error


async def _seen(tx: Reading, granted: Iterable[_ToDraw]) -> dict[tuple[int, int], tuple[SeenPaper, ...]]:
    """Papers that people have had from the banks of their exams, by person and bank, where a draw avoids them."""
    avoiding = [one for one in granted if one.found.has_sat and one.rulebook.exam.paper.new_per_attempt]
    if not avoiding:
        return {}
    people, banks = {one.wish.intent.person_id for one in avoiding}, {one.exam.bank_id for one in avoiding}
    return await attempts.papers_seen(tx, people, banks)


def local_day(now_ms: int, rulebook: Rulebook) -> date:
    """The day on which ``now_ms`` falls in the rulebook's zone."""
    return _day_of(now_ms // _QUARTER_MS, rulebook.meta.timezone)


_QUARTER_MS = 15 * MINUTE_MS
"""Every zone's days begin with one of these."""


@lru_cache(maxsize=256)
def _day_of(quarter: int, zone: str) -> date:
    return datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, tz=UTC).astimezone(ZoneInfo(zone)).date()
