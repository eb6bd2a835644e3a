"""Two devices of one person, support, the sweeper and the clock, in any order: the promises hold after every step."""

import asyncio
from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from examengine.records import outcomes
from examengine.records.as_rules import history_of
from examengine.records.entries import Entry
from examengine.records.history import EnrolmentRecord, load_history
from examengine.refusals import Refusal
from examengine.rules.decide import allowed, left, used
from examengine.rules.rulebook import Rulebook
from examengine.support import extra_time, grants, hand_ins, voids
from examengine.support.extra_time import TimeOrder
from examengine.support.grants import GrantOrder
from examengine.support.hand_ins import HandInOrder
from examengine.support.voids import VoidOrder
from tests.model.believed import FINAL_MS, MINUTE_MS, Believed
from tests.model.over_time import OverTime


class Interleavings(OverTime):
    """One candidate's enrolment from the first page to the last attempt."""

    @rule(act=st.sampled_from(["time", "time", "grant", "void", "hand_in"]), twice=st.booleans())
    def support_acts(self, act: str, twice: bool) -> None:
        """Extra time for a sitting that runs, a hand-in for its candidate, a grant, a void by two persons."""
        match act:
            case "time" if self.running() and not self.past[-1].closed_by:
                self._add_time(5 if twice else 1)
            case "hand_in" if self.running():
                self._hand_in_for()
            case "void" if not self.past[-1].is_void:
                self._void()
            case "grant":
                self._grant(twice)

    def _add_time(self, minutes: int) -> None:
        believed = self.past[-1]
        order = TimeOrder(
            attempt_id=believed.id,
            minutes=minutes,
            by_person=self.stage.agents[0],
            reason_category="platform",
            reason="断网",
            ticket="T",
            nonce=self.name(),
        )
        given = self.do(self.world.performed(extra_time.KIND, order))
        if isinstance(given, Entry):
            believed.deadline_ms += minutes * MINUTE_MS

    def _hand_in_for(self) -> None:
        """It counts from the order on; what is saved before the sitting hears of it is marked."""
        believed = self.past[-1]
        order = HandInOrder(
            attempt_id=believed.id,
            by_person=self.stage.agents[0],
            reason_category="platform",
            reason="电脑故障",
            ticket="T",
            nonce=self.name(),
        )
        told = self.do(self.world.performed(hand_ins.KIND, order))
        if isinstance(told, Refusal):
            assert believed.ordered_ms is not None or self.now_ms >= believed.deadline_ms
        elif believed.ordered_ms is None:
            assert self.now_ms < believed.deadline_ms
            believed.ordered_ms = self.now_ms

    def _void(self) -> None:
        believed = self.past[-1]
        order = VoidOrder(
            attempt_id=believed.id,
            by_person=self.stage.agents[0],
            second_person=self.stage.agents[1],
            reason_category="platform",
            reason="平台故障",
            ticket="T",
        )
        assert isinstance(self.do(self.world.performed(voids.KIND, order)), Entry)
        believed.is_void = True

    def _grant(self, twice: bool) -> None:
        """A grant, also one whose form is sent twice at once: one round more, and only when nothing is left."""
        offered = self.do(self.contract())
        order = GrantOrder(
            enrolment_id=self.enrolment.id,
            attempts=1,
            by_person=self.stage.agents[0],
            reason_category="power",
            reason="停电",
            ticket="T",
            expires_ms=None,
            nonce=self.name(),
        )

        async def both() -> list[Entry | Refusal | None]:
            given = (self.world.performed(grants.KIND, order) for _ in range(2 if twice else 1))
            return list(await asyncio.gather(*given))

        answers = self.do(both())
        if any(isinstance(one, Entry) for one in answers):
            assert isinstance(offered, Refusal), "granted while attempts were left"
            assert not self.running()
            self.granted += 1

    # ── the promises ──

    @invariant()
    def the_record_holds(self) -> None:
        """An attempt is counted once, and the ledger is never negative."""
        if not self.past:
            return

        async def read() -> tuple[EnrolmentRecord, Rulebook]:
            async with self.services.database.reading() as tx:
                record = await load_history(tx, self.enrolment.id)
                return record, await self.services.shelf.rulebook(tx, record.enrolment.rulebook_digest)

        record, rulebook = self.do(read())
        assert [attempt.id for attempt in record.attempts] == [believed.id for believed in self.past]
        assert sum(attempt.outcome is None for attempt in record.attempts) <= 1
        for attempt, believed in zip(record.attempts, self.past, strict=True):
            self._series_holds(attempt.outcomes, believed)
        rounds, now_ms = history_of(record).rounds, self.now_ms
        ledger = [(allowed(rulebook, r, now_ms), used(rulebook, r), left(rulebook, r, now_ms)) for r in rounds]
        assert all(has_left == may - taken >= 0 for may, taken, has_left in ledger), ledger
        assert sum(may for may, _, _ in ledger) == 3 + self.granted
        assert sum(taken for _, taken, _ in ledger) == sum(not believed.is_void for believed in self.past)

    def _series_holds(self, series: Sequence[outcomes.Outcome], believed: Believed) -> None:
        assert [outcome.no for outcome in series] == list(range(1, len(series) + 1))
        if believed.is_void:
            assert series[-1].state == "void"
            assert sum(outcome.state == "void" for outcome in series) == 1
        if not series:
            return
        first = series[0]
        if believed.outcome is None and first.state != "void":
            # recorded just now: as the first reason, and the time, would have it
            assert first.state == believed.state_due(self.now_ms), (first, believed)
            if ended := believed.ended_by():
                assert (first.cause, first.ended_ms) == ended
            self._marked(believed)
        if believed.outcome is None:
            believed.outcome = first
        assert first == believed.outcome, "the first outcome never changes"

    def _marked(self, believed: Believed) -> None:
        """What was acknowledged last is what stands for marking."""

        async def kept() -> outcomes.FinalAnswers:
            async with self.services.database.reading() as tx:
                return await outcomes.get_answers(tx, believed.id)

        final = self.do(kept())
        expected = {believed.versions[position - 1]: value for position, value in believed.answers.items() if value}
        assert dict(final.answers) == expected

    @invariant()
    def an_acknowledged_answer_stands(self) -> None:
        if not self.running():
            return
        believed = self.past[-1]
        live = self.do(self.services.desk.read(believed.id, self.now_ms))
        if live.state == "closed":  # recorded in this very step: what is marked is looked at above
            return
        assert dict(live.given) == {position: value for position, value in believed.answers.items() if value}
        assert live.epoch == believed.epoch, "one page holds the pen"

    def teardown(self) -> None:
        """Nothing is left running for the next example's sweeper."""
        if self.running():
            self.world.clock.move_to(max(self.now_ms, self.past[-1].deadline_ms + FINAL_MS, self.past[-1].held_ms))
            self.do(self.services.sweeper.sweep(self.now_ms))
