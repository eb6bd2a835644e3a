"""Whatever the desk does to one enrolment, in any order: the record says what ``replay`` says of the same events.

Every step is asked of replay first, then done to the engine; both must allow it or both refuse it. After each step
rounds, places, attempts, deadlines and the next start are compared.
"""

import os
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from examengine.live import CloseReason
from examengine.records import accommodations as kept
from examengine.records import enrolments, entries, outbox
from examengine.records.as_rules import closing_of, history_of
from examengine.records.enrolments import Enrolment
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.words import EntryKind, OutboxKind
from examengine.refusals import Refusal
from examengine.rules import events as ev
from examengine.rules.calendar import window_of
from examengine.rules.closing import closes_at, standing_at
from examengine.rules.decide import Permission, allowed, decide, left, used
from examengine.rules.history import History, State
from examengine.rules.replay import replay
from examengine.rules.rulebook import Rulebook
from examengine.sittings.deadlines import final_ms
from examengine.sittings.finish import Ended
from examengine.support import accommodations, extra_time, grants, undo, voids
from examengine.support.accommodations import AccommodationOrder, EndOrder
from examengine.support.extra_time import TimeOrder
from examengine.support.grants import GrantOrder
from examengine.support.undo import UNDOABLE, UndoOrder
from examengine.support.voids import VoidOrder
from tests.model.stage import Stage, a_stage

MINUTE_MS = 60_000
DAY_MS = 86_400_000
TWO = ("周敏", "陈芳")
WHY: dict[str, Any] = {"reason_category": "platform", "reason": "断网", "ticket": "T"}
NAMES = count(1)
EXAMPLES = int(os.environ.get("EXAMENGINE_LEDGERS") or 8)
"""``EXAMENGINE_LEDGERS=500`` plays so many stories."""
KINDS = (
    *("sit",) * 4,
    "start",
    "hand_in",
    "wait",
    "expire",
    *("grant",) * 3,
    *("extra_time",) * 2,
    "compensate_minutes",
    "compensate_attempts",
    "accommodate",
    "end_accommodation",
    *("undo",) * 4,
    *("void",) * 2,
)
steps = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 3), st.integers(0, 40)), min_size=8, max_size=16)


class Ledger:
    """One enrolment, done to and told of at once."""

    def __init__(self, stage: Stage, unit: str = "第一中学") -> None:
        self.stage, self.world = stage, stage.world
        self.enrolment: Enrolment = stage.candidate("explicit", unit)
        self.events: list[ev.AnyEvent] = [ev.Enrol(at=self.now)]
        self.events.append(ev.Learning(at=self.now, percent=100))
        self.rulebook: Rulebook = self.stage.do(self._rulebook())

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.world.now_ms // 1000, UTC)

    def play(self, kind: str, amount: int, minutes: int) -> None:
        """One step, after ``minutes``."""
        self.world.clock.advance(minutes * MINUTE_MS)
        self.stage.do(self._settle())
        getattr(self, f"_{kind}")(amount)
        self.agree()

    def agree(self) -> None:
        """Record and replay say the same."""
        self.stage.do(self._settle())
        replayed = replay(self.rulebook, self.events, [ev.Start(at=self.now)])
        assert replayed.refused == ()
        record = self.record()
        assert self._told(history_of(record)) == self._told(replayed.histories[0])
        for row in record.attempts:
            attempt = next(
                a
                for round_, kept_round in zip(history_of(record).rounds, record.rounds, strict=True)
                if kept_round.id == row.round_id
                for a in round_.attempts
                if a.no == row.no
            )
            assert attempt.outcome is None or closing_of(self.rulebook, record, row) == attempt.outcome.closing
        changes = [left(self.rulebook, round_, self.world.now_ms) for round_ in history_of(record).rounds]
        assert min(changes) >= 0

    def told(self) -> tuple[object, ...]:
        """Rounds, places, attempts, deadlines, standing time and the next start, as recorded."""
        return self._told(history_of(self.record()))

    def settled(self) -> None:
        """What was written has come to the sitting, what is due is recorded."""
        self.stage.do(self._settle())

    def is_late(self) -> bool:
        """Whether an attempt is over its deadline and not recorded yet."""
        running = self._running()
        if running is None:
            return False
        return closing_of(self.rulebook, running[1], running[0]).deadline_ms <= self.world.now_ms

    def _told(self, history: History) -> tuple[object, ...]:
        now_ms = self.world.now_ms
        window = window_of(self.rulebook, history.credit_year)
        rounds = []
        for round_ in history.rounds:
            attempts = []
            for attempt in round_.attempts:
                outcome = attempt.outcome
                standing = standing_at(history.standing, attempt.started_ms)
                closing = closes_at(self.rulebook, window, attempt.base, (*attempt.time_entries, *standing))
                closing = closing if outcome is None else outcome.closing
                ended = None if outcome is None else (outcome.state, outcome.result, outcome.score, outcome.ended_ms)
                attempts.append((attempt.no, attempt.started_ms, attempt.base, closing, ended))
            counts = (
                allowed(self.rulebook, round_, now_ms),
                used(self.rulebook, round_),
                left(self.rulebook, round_, now_ms),
            )
            rounds.append((round_.no, round_.opened_by, round_.places, round_.expires_ms, counts, attempts))
        decision = decide(self.rulebook, history, now_ms)
        told = (
            decision if isinstance(decision, Permission) else (decision.reason, decision.next, dict(decision.facts))
        )
        return (rounds, sorted((e.minutes, e.percent, e.begins_ms or 0) for e in history.standing), told)

    def _allows(self, event: ev.AnyEvent) -> Refusal | None:
        return replay(self.rulebook, self.events, [event]).answers[0].refusal

    def _done(self, event: ev.AnyEvent, told: object) -> None:
        """What replay would have said and what was said are both a yes or the same no."""
        expected = self._allows(event)
        if isinstance(told, Refusal) or expected is not None:
            assert isinstance(told, Refusal), (event, expected, told)
            assert expected is not None, (event, told)
            assert told.reason is expected.reason, (event, expected, told)
            return
        self.events.append(event)

    # ── sitting ──

    def _start(self, _amount: int) -> None:
        decision = decide(self.rulebook, history_of(self.record()), self.world.now_ms)
        event = ev.Start(at=self.now)
        if isinstance(decision, Permission):
            self.stage.do(
                self.world.started(
                    self.enrolment, round_no=decision.round_no, no=decision.no, nonce=f"s{next(NAMES)}"
                )
            )
            self.events.append(event)

    def _hand_in(self, _amount: int) -> None:
        running = self._running()
        if running is None:
            return
        row, record = running
        if self.world.now_ms >= closing_of(self.rulebook, record, row).deadline_ms:
            return
        self.stage.do(self._hands_in(row.id))
        self.events.append(ev.Submit(at=self.now, score=Decimal(0)))

    def _sit(self, amount: int) -> None:
        self._start(amount)
        self.world.clock.advance(10 * MINUTE_MS)
        self._hand_in(amount)

    def _wait(self, amount: int) -> None:
        self.world.clock.advance(amount * amount * 7 * MINUTE_MS)

    def _expire(self, _amount: int) -> None:
        running = self._running()
        if running is not None:
            closes_ms = final_ms(self.rulebook, closing_of(self.rulebook, running[1], running[0]))
            late = max(0, closes_ms - self.world.now_ms)
            self.world.clock.advance((late // MINUTE_MS + 1) * MINUTE_MS)

    # ── the desk ──

    def _grant(self, amount: int) -> None:
        for _ in range(amount):  # mostly nothing is left, and then there is something to grant
            self._sit(amount)
        window = window_of(self.rulebook, self.enrolment.credit_year)
        expires_ms = min(self.world.now_ms + DAY_MS, window.closes_ms) if amount == 2 else None
        order = GrantOrder(
            enrolment_id=self.enrolment.id, attempts=amount, expires_ms=expires_ms, nonce=self._name(), **self._who()
        )
        expires_at = None if expires_ms is None else datetime.fromtimestamp(expires_ms // 1000, UTC)
        event = ev.Grant(at=self.now, attempts=amount, expires_at=expires_at, id=order.source, by=TWO[0])
        self._done(event, self.stage.do(self.world.performed(grants.KIND, order)))

    def _extra_time(self, amount: int) -> None:
        if self._running() is None:
            self._start(amount)
        running = self._running()
        if running is not None:
            order = TimeOrder(attempt_id=running[0].id, minutes=5 * amount, nonce=self._name(), **self._who())
            event = ev.ExtraTime(at=self.now, minutes=5 * amount, id=order.source, by=TWO[0])
            self._done(event, self.stage.do(self.world.performed(extra_time.KIND, order)))

    def _compensate_minutes(self, amount: int) -> None:
        if self._running() is None:
            self._start(amount)
        running = self._running()
        source = f"incident:{self._name()}"
        event = ev.Compensate(at=self.now, minutes=3 * amount, id=source, by=TWO)
        if running is None or self._allows(event) is not None:
            return
        self._compensated(EntryKind.COMPENSATE_MINUTES, 3 * amount, source, attempt_id=running[0].id)
        self.events.append(event)

    def _compensate_attempts(self, amount: int) -> None:
        record = self.record()
        source = f"incident:{self._name()}"
        event = ev.Compensate(at=self.now, attempts=amount, id=source, by=TWO)
        rounds = zip(history_of(record).rounds, record.rounds, strict=True)
        _latest, row = max(rounds, key=lambda r: (max((a.started_ms for a in r[0].attempts), default=-1), r[0].no))
        self._compensated(EntryKind.COMPENSATE_ATTEMPTS, amount, source, round_id=row.id)
        self.events.append(event)

    def _accommodate(self, amount: int) -> None:
        order = AccommodationOrder(
            person_id=self.enrolment.person_id,
            percent=10 * amount if amount < 3 else None,
            minutes=20 if amount == 3 else None,
            breaks_minutes=0,
            document_sealed=self.stage.do(self._sealed()),
            begins_ms=self.world.now_ms,
            expires_ms=None,
            ordered_ms=self.world.now_ms,
            nonce=self._name(),
            **self._who(),
        )
        self.stage.do(self.world.performed(accommodations.ACCOMMODATE, order))
        made = self._accommodations()[-1]
        self.events.append(
            ev.Accommodate(
                at=self.now, percent=order.percent, minutes=order.minutes, id=f"a{made.id}", begins_at=self.now
            )
        )

    def _end_accommodation(self, amount: int) -> None:
        standing = [one for one in self._accommodations() if one.end is None]
        if not standing:
            return
        one = standing[amount % len(standing)]
        told = self.stage.do(
            self.world.performed(
                accommodations.END_ACCOMMODATION, EndOrder(accommodation_id=one.id, nonce=self._name(), **self._who())
            )
        )
        if not isinstance(told, Refusal):  # what is used already stays: stricter than replay
            self.events.append(ev.Undo(at=self.now, undo=f"a{one.id}", by=TWO))

    def _undo(self, amount: int) -> None:
        undoable = [entry for entry in self.record().entries if entry.kind in UNDOABLE]
        if not undoable:
            return
        entry = undoable[-amount % len(undoable)]
        order = UndoOrder(entry_id=entry.id, nonce=self._name(), **self._who())
        event = ev.Undo(at=self.now, undo=entry.source, by=TWO)
        known = any(e.undoes == entry.id for e in self.record().entries)
        told = self.stage.do(self.world.performed(undo.KIND, order))
        if known:  # the counter-entry of then is answered again
            assert isinstance(told, Entry)
            assert self._allows(event) is not None
            return
        self._done(event, told)

    def _void(self, amount: int) -> None:
        record = self.record()
        if not record.attempts:
            return
        row = record.attempts[-1 - amount % len(record.attempts)]
        told = self.stage.do(self.world.performed(voids.KIND, VoidOrder(attempt_id=row.id, **self._who())))
        was_void = row.outcome is not None and row.outcome.state == State.VOID
        assert isinstance(told, Refusal) == was_void
        round_no = next(round_.no for round_ in record.rounds if round_.id == row.round_id)
        self.events.append(ev.Void(at=self.now, attempt=row.no, round=round_no, by=TWO))

    # ── below ──

    def record(self) -> EnrolmentRecord:
        return self.stage.do(self._record())

    def _running(self) -> Any:
        record = self.record()
        row = next((a for a in record.attempts if a.outcome is None), None)
        return None if row is None else (row, record)

    def _name(self) -> str:
        return f"n{next(NAMES)}"

    def _who(self) -> dict[str, Any]:
        first, second = self.stage.agents
        return {"by_person": first, "second_person": second, **WHY}

    def _accommodations(self) -> Any:
        async def read() -> Any:
            async with self.world.services.database.reading() as tx:
                return await kept.of_person(tx, self.enrolment.person_id)

        return sorted(self.stage.do(read()), key=lambda one: one.id)

    def _compensated(self, kind: EntryKind, amount: int, source: str, **where: int) -> None:
        """An entry as the incident's work writes it."""

        async def write() -> None:
            async with self.world.services.database.writing() as tx:
                await enrolments.lock_enrolment(tx, self.enrolment.id)
                new = NewEntry(
                    enrolment_id=self.enrolment.id, kind=kind, amount=amount, source=source, **where, **self._who()
                )
                entry, _ = await entries.add_entry(tx, new, self.world.now_ms)
                if entry.attempt_id is not None:
                    await outbox.put(
                        tx, entry.attempt_id, OutboxKind.DEADLINE, {"entry": entry.id}, self.world.now_ms
                    )

        self.stage.do(write())

    async def _rulebook(self) -> Rulebook:
        async with self.world.services.database.reading() as tx:
            return await self.world.services.shelf.rulebook(tx, self.enrolment.rulebook_digest)

    async def _record(self) -> EnrolmentRecord:
        async with self.world.services.database.reading() as tx:
            return await load_history(tx, self.enrolment.id)

    async def _sealed(self) -> str:
        services = self.world.services
        async with services.database.reading() as tx:
            return await accommodations.sealed(tx, services.vault, self.enrolment.person_id, "残疾人证")

    async def _hands_in(self, attempt_id: int) -> None:
        pen = await self.world.pen(attempt_id, self.enrolment.person_id)
        ended = await self.world.services.finisher.by_page(pen, CloseReason.HAND_IN, self.world.now_ms)
        assert isinstance(ended, Ended), ended

    async def _settle(self) -> None:
        """Bring what was written to the sitting, and record what is due."""
        services = self.world.services
        await services.pusher.push_waiting(self.world.now_ms)
        for row in (await self._record()).attempts:
            if row.outcome is None:
                await services.finisher.look_at(row.id, self.world.now_ms)


def test_the_record_says_what_replay_says(database_url: str, redis_url: str) -> None:
    with a_stage(database_url, redis_url) as stage:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
        )
        @given(story=steps)
        def holds(story: list[tuple[str, int, int]]) -> None:
            ledger = Ledger(stage)
            for kind, amount, minutes in story:
                ledger.play(kind, amount, minutes)

        holds()
