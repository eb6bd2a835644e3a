"""Incidents beside all that the desk does, in any order, with work that breaks off between its batches.

Three people of one unit sit exams and are helped; incidents are opened over past minutes, approved, given a batch at
a time, taken back. Whatever comes of it, each one's record says what ``replay`` says of the same events; nobody has
anything twice for the same minutes; what is taken back at once leaves everything as it was.
"""

import os
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from examengine.incidents import asking, work
from examengine.incidents.asking import Obstacle
from examengine.incidents.loss import Span
from examengine.incidents.remedy import Policy
from examengine.records import incidents
from examengine.records.errors import Unavailable
from examengine.records.history import EnrolmentRecord
from examengine.records.incidents import Incident, Scope
from examengine.records.words import Decision, EntryKind, IncidentSource, IncidentState
from examengine.rules import events as ev
from tests.faults import sql_failing_at
from tests.model.stage import Stage, a_stage
from tests.support.test_ledger_laws import MINUTE_MS, TWO, Ledger

PEOPLE = 3
UNITS = count(1)
EXAMPLES = int(os.environ.get("EXAMENGINE_LEDGERS") or 3)
"""``EXAMENGINE_LEDGERS=500`` plays so many stories."""
OF_ONE = (
    *("start",) * 3,
    *("sit",) * 2,
    *("pulse",) * 2,
    "hand_in",
    "expire",
    "grant",
    "extra_time",
    "accommodate",
    *("undo",) * 2,
    "void",
)
OF_ALL = (*("open",) * 3, *("approve",) * 3, *("work",) * 3, "break_off", "take_back")
steps = st.lists(
    st.tuples(st.sampled_from((*OF_ONE, *OF_ALL)), st.integers(0, PEOPLE - 1), st.integers(1, 3), st.integers(0, 12)),
    min_size=10,
    max_size=18,
)


class Member(Ledger):
    """One of the unit. What incidents have done to his record is told to replay as it was found."""

    def __init__(self, stage: Stage, unit: str) -> None:
        super().__init__(stage, unit)
        self.known_entries: set[int] = set()

    def _pulse(self, _amount: int) -> None:
        running = self._running()
        if running is not None:
            pen = self.stage.do(self.world.pen(running[0].id, self.enrolment.person_id))
            self.stage.do(self.world.services.desk.pulse(pen, self.world.now_ms))
            self.events.append(ev.Alive(at=self.now))

    def noted(self) -> None:
        """All entries so far are known to replay."""
        self.known_entries = {entry.id for entry in self.record().entries}

    def learn(self) -> None:
        """Tell replay of entries that an incident has made, each of which it must allow."""
        record = self.record()
        source_of = {entry.id: entry.source for entry in record.entries}
        for entry in record.entries:
            if entry.id in self.known_entries:
                continue
            event: ev.AnyEvent
            if entry.kind is EntryKind.COMPENSATE_MINUTES:
                event = ev.Compensate(at=self.now, minutes=entry.amount, id=entry.source, by=TWO)
            elif entry.kind is EntryKind.COMPENSATE_ATTEMPTS:
                event = ev.Compensate(at=self.now, attempts=entry.amount, id=entry.source, by=TWO)
            else:
                assert entry.kind is EntryKind.UNDO
                event = ev.Undo(at=self.now, undo=source_of[entry.undoes], by=TWO)
            assert self._allows(event) is None, event
            self.events.append(event)
        self.noted()


class Unit:
    """Its people, two operators, and the incidents."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.world = stage, stage.world
        self.name = f"第 {next(UNITS)} 中学"
        self.members = [Member(stage, self.name) for _ in range(PEOPLE)]
        self.first, self.second = stage.agents
        self.incidents: list[int] = []

    def play(self, kind: str, who: int, amount: int, minutes: int) -> None:
        if kind in OF_ONE:
            self.members[who].play(kind, amount, minutes)
            self.members[who].noted()
            return
        self.world.clock.advance(minutes * MINUTE_MS)
        self._settled()
        getattr(self, f"_{kind}")(amount)
        self._agree()

    def _open(self, amount: int) -> None:
        until_ms = self.world.now_ms - (amount - 1) * 5 * MINUTE_MS
        new = asking.new_incident(
            source=IncidentSource.HAND,
            scope=Scope(unit_name=self.name),
            from_ms=until_ms - 4 * amount * MINUTE_MS,
            until_ms=until_ms,
            reason="停电",
            ticket="T",
            notice="",
            policy=Policy(),
            intent=f"{self.name}{len(self.incidents)}",
            by_person=self.first,
            now_ms=self.world.now_ms,
        )
        services = self.world.services
        self.stage.do(services.shipper.ship_all(self.world.now_ms))
        self.incidents.append(self.stage.do(asking.open_incident(services.database, new, self.world.now_ms)).id)
        self.stage.do(services.compensator.work_all(self.world.now_ms))

    def _approve(self, amount: int) -> None:
        drafted = [one for one in self._known() if one.state is IncidentState.DRAFTED and one.phase is None]
        if drafted:
            self._give(drafted[-amount % len(drafted)])

    def _give(self, known: Incident) -> Obstacle | None:
        database, now_ms = self.world.services.database, self.world.now_ms
        asked = self.stage.do(asking.ask_incident(database, known.id, self.first, now_ms))
        if asked is None:
            assert known.surveyed_ms is not None
            approved = asking.decide_incident(
                database, known.id, Decision.APPROVED, self.second, known.surveyed_ms, now_ms
            )
            assert self.stage.do(approved) is None
        return asked

    def _work(self, amount: int) -> None:
        """So many batches, then the worker is gone; another one finds what is left."""
        for _ in range(amount):
            self.stage.do(self.world.services.compensator.work(self.world.now_ms))

    def _break_off(self, amount: int) -> None:
        at = ("INSERT INTO entries", "UPDATE incident_losses", "INSERT INTO outbox")[amount - 1]
        with sql_failing_at(self.world.services.database, at):
            try:
                self._work(amount)
            except Unavailable:
                return

    def _take_back(self, amount: int) -> None:
        done = [one for one in self._known() if one.state is IncidentState.DONE]
        if done:
            self._ask_back(done[-amount % len(done)])

    def _ask_back(self, known: Incident) -> None:
        database, now_ms = self.world.services.database, self.world.now_ms
        assert self.stage.do(asking.ask_undo(database, known.id, self.second, "填错了", now_ms)) is None
        decided = asking.decide_undo(database, known.id, Decision.APPROVED, self.first, now_ms)
        assert self.stage.do(decided) is None

    def finish(self) -> None:
        """Everything is given; once more an incident, which is taken back at once."""
        self._settled()
        self._work_all()
        before = self._told()
        self._open(1)
        known = self._known()[-1]
        if self._give(known) is None:
            self._work_all()
            self._ask_back(self._known()[-1])
            self._work_all()
            assert self._known()[-1].state is IncidentState.UNDONE
        assert self._told() == before

    def _work_all(self) -> None:
        self.stage.do(self.world.services.compensator.work_all(self.world.now_ms))
        self._agree()

    def _told(self) -> list[object]:
        return [one.told() for one in self.members]

    def _agree(self) -> None:
        for member in self.members:
            member.learn()
            member.agree()
            self._nothing_twice(member.record())

    def _nothing_twice(self, record: EnrolmentRecord) -> None:
        """Of one attempt: at most one attempt given back, and time for no more than the incidents cover together."""
        standing = [
            entry
            for entry in record.entries
            if entry.source.startswith("incident:") and entry.id not in record.undone
        ]
        spans = {one.id: Span(one.from_ms, one.until_ms) for one in self._known()}
        for row in record.attempts:
            mine = [(int(e.source.split(":")[1]), e) for e in standing if e.source.endswith(f":{row.id}")]
            assert len([e for _no, e in mine if e.kind is EntryKind.COMPENSATE_ATTEMPTS]) <= 1
            for_time = [(spans[no], e) for no, e in mine if e.kind is EntryKind.COMPENSATE_MINUTES]
            minutes = {t for span, _e in for_time for t in range(span.from_ms, span.until_ms, MINUTE_MS)}
            assert sum(e.amount or 0 for _span, e in for_time) <= len(minutes)

    def _settled(self) -> None:
        """Who is just over his deadline is over it for good: between the two replay and engine may differ."""
        for _ in range(2):
            for member in self.members:
                member.settled()
            if not any(member.is_late() for member in self.members):
                return
            self.world.clock.advance(MINUTE_MS)

    def _known(self) -> list[Incident]:
        async def read() -> list[Incident]:
            async with self.world.services.database.reading() as tx:
                return [await incidents.get_incident(tx, one) for one in self.incidents]

        return self.stage.do(read())


def test_records_say_what_replay_says_whatever_incidents_do(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "WRITES", 1)  # every entry a batch of its own
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
        def holds(story: list[tuple[str, int, int, int]]) -> None:
            unit = Unit(stage)
            for kind, who, amount, minutes in story:
                unit.play(kind, who, amount, minutes)
            unit.finish()

        holds()
