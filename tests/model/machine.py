"""Two devices of one person, support, the sweeper and the clock, in any order: the promises hold after every step."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from examengine.live import CloseReason, Operation, Pen, Word
from examengine.live.slots import slot_of
from examengine.records import outcomes
from examengine.records.as_rules import history_of
from examengine.records.entries import Entry
from examengine.records.history import EnrolmentRecord, load_history
from examengine.refusals import Refusal
from examengine.rules.decide import allowed, left, used
from examengine.rules.rulebook import Rulebook
from examengine.sittings.contract import Contract, contract_of
from examengine.sittings.finish import Ended
from examengine.sittings.start import Started, StartIntent
from examengine.support import extra_time, grants, voids
from examengine.support.extra_time import TimeOrder
from examengine.support.grants import GrantOrder
from examengine.support.voids import VoidOrder
from tests.model.believed import FINAL_MS, MINUTE_MS, SECOND_MS, Believed, Page
from tests.model.stage import ITEMS, RULES, Stage

WRITTEN = {Word.SAVED}
STOOD = {Word.REPEATED, Word.SUPERSEDED}
# last seen travels to SQL as one line every so often
THINNED_MS = 20 * SECOND_MS
STEPS = (*("second", "half", "minute", "tens") * 2, "before", "at", "after", "presence", "final", "day")

LAST_STEPS = ("before", "at", "after", "presence", "final")

positions = st.integers(1, ITEMS)
values = st.sampled_from(["", "a", "b", "ab", "c"])
older = st.sampled_from([0, 0, 1, 2])
page_acts = st.sampled_from(["save", "save", "save", "again", "form", "open", "pulse", "leave", "back"])


class Interleavings(RuleBasedStateMachine):
    """One candidate's enrolment from the first page to the last attempt."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.world = stage.world
        self.services = stage.world.services
        self.intents: dict[str, tuple[StartIntent, int]] = {}
        self.past: list[Believed] = []
        self.granted = 0
        self.made = 0
        self.acts = 0

    # ── words ──

    @property
    def now_ms(self) -> int:
        return self.world.now_ms

    @property
    def current(self) -> Believed | None:
        return self.past[-1] if self.past else None

    def running(self) -> bool:
        return self.current is not None and self.current.outcome is None and not self.current.is_void

    def has_page(self) -> bool:
        return self.running() and bool(self.past[-1].pages)

    def in_the_middle(self) -> bool:
        """Somebody has worked for a while: an attempt that ends at once tells little."""
        return self.has_page() and self.acts >= 2

    def do(self, work: Any) -> Any:
        return self.stage.do(work)

    def name(self) -> str:
        """A name that was never given before."""
        self.made += 1
        return f"{self.enrolment.id}-{self.made}"

    def page(self, back: int) -> Page:
        """The newest page, or an older one."""
        return self.past[-1].pages[max(-len(self.past[-1].pages), -1 - back)]

    def pen(self, page: Page) -> Pen:
        return Pen(self.past[-1].id, self.enrolment.person_id, 1, page.generation, page.epoch)

    async def contract(self) -> Contract | Refusal:
        async with self.services.database.reading() as tx:
            record = await load_history(tx, self.enrolment.id)
            rulebook = await self.services.shelf.rulebook(tx, record.enrolment.rulebook_digest)
        return contract_of(rulebook, record, self.now_ms)

    # ── beginning ──

    @initialize(rules=st.sampled_from(sorted(RULES)))
    def somebody_enrols(self, rules: str) -> None:
        self.rules = rules
        self.enrolment = self.stage.candidate(rules)
        self._start(1)
        self.do(self._open("desk"))
        self.do(self._open("phone"))

    @precondition(lambda self: not self.running())
    @rule(times=st.integers(1, 3))
    def start(self, times: int) -> None:
        self._start(times)

    def _start(self, times: int) -> None:
        """A start, also one confirmed on several pages at once: one attempt."""
        offered = self.do(self.contract())
        if isinstance(offered, Refusal):
            return
        nonces = [self.name() for _ in range(times)]
        wanted = [
            StartIntent(self.enrolment.id, self.enrolment.person_id, offered.round_no, offered.no, nonce)
            for nonce in nonces
        ]

        async def both() -> list[Started | Refusal]:
            starts = (self.services.starter.start(intent, 1, self.now_ms) for intent in wanted)
            return list(await asyncio.gather(*starts))

        answers = self.do(both())
        begun = [(intent, told) for intent, told in zip(wanted, answers, strict=True) if isinstance(told, Started)]
        assert len(begun) == 1, answers
        intent, told = begun[0]
        assert told.is_new
        self.acts = 0
        self.intents[intent.nonce] = (intent, told.attempt_id)
        paper = self.do(self.world.paper(told.attempt_id))
        now_ms = offered.told_ms
        self.past.append(
            Believed(
                id=told.attempt_id,
                nonce=intent.nonce,
                deadline_ms=offered.deadline_ms,
                live_ms=offered.deadline_ms,
                versions=tuple(item.version_id for item in paper.items),
                leaving_matters=self.rules == "page_leave",
                seen_ms=now_ms,
            )
        )

    @precondition(lambda self: self.intents)
    @rule(data=st.data())
    def start_again_with_an_old_confirmation(self, data: st.DataObject) -> None:
        intent, attempt_id = self.intents[data.draw(st.sampled_from(sorted(self.intents)))]
        told = self.do(self.services.starter.start(intent, 1, self.now_ms))
        assert told == Started(attempt_id, is_new=False)

    # ── pages ──

    @precondition(has_page)
    @rule(acts=st.lists(st.tuples(page_acts, older, positions, values), min_size=3, max_size=10))
    def pages_act(self, acts: list[tuple[str, int, int, str]]) -> None:
        """What the newest page and older ones do, one after the other."""
        self.acts += 1
        for act, back, position, value in acts:
            page = self.page(back)
            match act:
                case "open":
                    self.do(self._open("phone"))
                case "save":
                    page.sequence += 1
                    page.last = (page.sequence, position, value)
                    self.do(self._save(page, page.last))
                case "again" if page.last is not None:
                    # its answer was lost on the line: the same operation once more
                    self.do(self._save(page, page.last))
                case "form":
                    self._save_form(page, {position: value, position % ITEMS + 1: value})
                case "pulse":
                    self._pulse(page)
                case "leave":
                    self._leave(page)
                case "back":
                    self._come_back(page)

    async def _open(self, device: str) -> Word:
        believed = self.past[-1]
        page_id = self.name()
        claimed = await self.services.desk.claim(
            believed.id, self.enrolment.person_id, 1, page_id, device, self.now_ms
        )
        if claimed.word is Word.CLAIMED:
            assert not believed.has_ended
            assert self.now_ms < believed.live_ms
            assert claimed.epoch > max((page.epoch for page in believed.pages), default=0)
            believed.heard(self.now_ms)
            believed.pages.append(Page(page_id, claimed.generation, claimed.epoch))
        return claimed.word

    async def _save(self, page: Page, sent: tuple[int, int, str]) -> Word:
        believed, (sequence, position, value) = self.past[-1], sent
        must = believed.may_write(page, self.now_ms)
        operation = Operation(sequence, "a", position, 0, value)
        told = await self.services.desk.save(self.pen(page), operation, self.now_ms)
        self._written(page, told.word, {position: value}, must)
        if told.word is Word.REPEATED:
            assert believed.answers.get(position, "") == value
        return told.word

    def _save_form(self, page: Page, given: dict[int, str]) -> None:
        must = self.past[-1].may_write(page, self.now_ms)
        told = self.do(self.services.desk.save_form(self.pen(page), given, {}, self.now_ms))
        self._written(page, told.word, given, must)
        if told.word is Word.SAVED:
            # a form comes after all that its page has sent, and what the page sends then comes after the form
            page.last = None

    def _written(self, page: Page, word: Word, given: dict[int, str], must: bool) -> None:
        """What was accepted was the newest page's, in time; what must be accepted was not refused."""
        believed = self.past[-1]
        if word in WRITTEN | STOOD:
            assert page is believed.newest, "only the newest page holds the pen"
            assert self.now_ms < believed.deadline_ms, "nothing is accepted at or after the deadline"
            assert not believed.closed_by, "nothing is accepted after the end"
            believed.heard(self.now_ms)
        else:
            assert not must, word
        if word in WRITTEN:
            believed.answers.update(given)

    def _pulse(self, page: Page) -> None:
        must = self.past[-1].may_write(page, self.now_ms)
        page.sequence += 1
        told = self.do(self.services.desk.pulse(self.pen(page), self.now_ms, page.sequence))
        if told.word is Word.ALIVE:
            assert page is self.past[-1].newest
            self.past[-1].heard(self.now_ms)
        else:
            assert not must, told.word

    def _leave(self, page: Page) -> None:
        believed = self.past[-1]
        page.sequence += 1
        told = self.do(self.services.desk.leave(self.pen(page), page.sequence, self.now_ms))
        if told.word is Word.LEFT:
            assert page is believed.newest
            believed.left_ms = self.now_ms if believed.left_ms is None else believed.left_ms

    def _come_back(self, page: Page) -> None:
        believed = self.past[-1]
        page.sequence += 1
        forced = believed.forced_ms()
        told = self.do(self.services.desk.come_back(self.pen(page), page.sequence, self.now_ms))
        if told.word is Word.BACK:
            assert forced is None or self.now_ms < forced
            believed.heard(self.now_ms)

    # ── ending ──

    @precondition(in_the_middle)
    @rule(back=older, reason=st.sampled_from([CloseReason.HAND_IN, CloseReason.GIVE_UP]), crashes=st.booleans())
    def end(self, back: int, reason: CloseReason, crashes: bool) -> None:
        """A hand-in or a give-up; where the worker is killed after the desk has closed, somebody else records it."""
        page = self.page(back)
        if crashes:
            must = self.past[-1].may_write(page, self.now_ms)
            told = self.do(self.services.desk.hand_in(self.pen(page), reason, self.now_ms))
            assert told.word is Word.CLOSING or not must, told.word
            if told.word is Word.CLOSING:
                self._closed(page, reason)
            return
        self.do(self._end(page, reason))

    async def _end(self, page: Page, reason: CloseReason) -> None:
        believed = self.past[-1]
        must = believed.may_write(page, self.now_ms)
        told = await self.services.finisher.by_page(self.pen(page), reason, self.now_ms)
        if isinstance(told, Refusal):
            assert not must, told
            assert self.now_ms >= min(believed.deadline_ms, believed.live_ms)
            if told.facts.get("heard"):
                believed.seen_ms = max(believed.seen_ms, self.now_ms)
            return
        if must and isinstance(told, Ended):
            self._closed(page, reason)
        assert isinstance(told, Ended) or not must, told

    def _closed(self, page: Page, reason: CloseReason) -> None:
        believed = self.past[-1]
        assert page is believed.newest
        assert not believed.has_ended, "the first reason wins"
        believed.heard(self.now_ms)
        believed.closed_by, believed.closed_ms = reason.value, self.now_ms

    @precondition(in_the_middle)
    @rule(back=older, position=positions, value=values)
    def everything_at_once(self, back: int, position: int, value: str) -> None:
        """A save, a page on the other device, a hand-in and the sweeper in one turn: each has its place in a row."""
        page, believed = self.page(back), self.past[-1]
        page.sequence += 1
        before = replace(believed, answers=dict(believed.answers), pages=list(believed.pages))
        pen, now_ms = self.pen(page), self.now_ms
        services, page_id = self.services, self.name()

        async def act() -> Sequence[Any]:
            return await asyncio.gather(
                services.desk.save(pen, Operation(page.sequence, "a", position, 0, value), now_ms),
                services.desk.claim(believed.id, self.enrolment.person_id, 1, page_id, "phone", now_ms),
                services.finisher.by_page(pen, CloseReason.HAND_IN, now_ms),
                services.sweeper.sweep(now_ms),
            )

        saved, claimed, _ended, _swept = self.do(act())
        live = self.do(services.desk.read(believed.id, now_ms))
        if saved.word in WRITTEN:
            assert before.may_write(page, now_ms)
            believed.answers[position] = value
        if claimed.word is Word.CLAIMED:
            assert not before.has_ended
            believed.pages.append(Page(page_id, claimed.generation, claimed.epoch))
        if saved.word in WRITTEN | STOOD or claimed.word is Word.CLAIMED:
            believed.heard(now_ms)
        if not before.has_ended and live.close_reason == CloseReason.HAND_IN:
            assert before.may_write(page, now_ms)
            believed.heard(now_ms)
            believed.closed_by, believed.closed_ms = "hand_in", now_ms
        elif not before.has_ended and now_ms >= before.deadline_ms:
            # a hand-in that came after the deadline says that somebody is there
            believed.seen_ms = max(believed.seen_ms, live.seen_ms)
        believed.live_ms = max(believed.live_ms, live.deadline_ms)

    # ── Redis is lost ──

    @precondition(running)
    @rule(shipped=st.booleans())
    def redis_loses_the_slot(self, shipped: bool) -> None:
        """Rebuilt from what had reached SQL, once; the open page joins again and sends what is lacking."""
        self.do(self._lose(shipped))

    async def _lose(self, shipped: bool) -> None:
        believed, desk = self.past[-1], self.services.desk
        if shipped:
            await self.services.shipper.ship_all(self.now_ms)
        command = self.services.calls.past_fence.command
        for key in await command("KEYS", f"{{{slot_of(believed.id):02d}}}:*"):
            await command("DEL", key)
        assert await self.services.rebuilder.look(self.now_ms) > 0
        live = await desk.read(believed.id, self.now_ms)
        assert live.generation > believed.generation
        assert live.deadline_ms == believed.deadline_ms
        believed.generation, believed.live_ms = live.generation, live.deadline_ms
        if shipped:
            assert live.given == {position: value for position, value in believed.answers.items() if value}
            assert live.close_reason == believed.closed_by
            assert believed.seen_ms - THINNED_MS <= live.seen_ms <= believed.seen_ms
        elif live.state == "running":
            believed.closed_by = ""  # nobody was told
        believed.seen_ms, believed.left_ms = live.seen_ms, live.left_page_ms
        if not await self._joined_again():
            assert (
                not shipped
                or not believed.pages
                or believed.closed_by
                or not self._runs_by_its_clock(live.left_page_ms)
            )
            # nobody is there to send it again: what had not been shipped is lost
            live = await desk.read(believed.id, self.now_ms)
            believed.answers = dict(live.given)
            del believed.pages[:]

    def _runs_by_its_clock(self, left_ms: int | None) -> bool:
        forced = self.past[-1].forced_ms()
        return self.now_ms < self.past[-1].live_ms and (forced is None or self.now_ms < forced)

    async def _joined_again(self) -> bool:
        """The newest page joins the rebuilt sitting and sends what it shows and the sitting lacks."""
        believed, desk = self.past[-1], self.services.desk
        page = believed.newest
        if page is None:
            return False
        joined = await desk.rejoin(
            believed.id,
            self.enrolment.person_id,
            1,
            page.generation,
            page.epoch,
            page.name,
            "phone",
            self.now_ms,
        )
        if joined.word is not Word.CLAIMED:
            return False
        assert joined.epoch > page.epoch
        page.generation, page.epoch, page.last = joined.generation, joined.epoch, None
        believed.heard(self.now_ms)
        for position in range(1, ITEMS + 1):
            value = believed.answers.get(position, "")
            if value != joined.given.get(position, ""):
                page.sequence += 1
                assert await self._save(page, (page.sequence, position, value)) is Word.SAVED
        return True

    # ── time, sweeper, facts ──

    @precondition(in_the_middle)
    @rule(position=positions, value=values)
    def the_page_saves_around_the_deadline(self, position: int, value: str) -> None:
        """One millisecond before, at, and after it; the model says which of them count."""
        believed = self.past[-1]
        page = believed.newest
        assert page is not None
        for around_ms in (-1, 0, 1):
            self.world.clock.move_to(max(self.now_ms, believed.live_ms + around_ms))
            page.sequence += 1
            page.last = (page.sequence, position, value)
            self.do(self._save(page, page.last))
            self._save_form(page, {position: value + "d"})

    @rule(step=st.sampled_from(STEPS))
    def time_passes(self, step: str) -> None:
        if step in LAST_STEPS and self.running() and self.acts < 2:
            return
        deadline_ms = self.current.deadline_ms if self.current is not None and self.running() else self.now_ms
        moves = {
            "second": self.now_ms + SECOND_MS,
            "half": self.now_ms + 30 * SECOND_MS,
            "minute": self.now_ms + MINUTE_MS,
            "tens": self.now_ms + 10 * MINUTE_MS,
            "presence": deadline_ms - 90 * SECOND_MS,
            "before": deadline_ms - 1,
            "at": deadline_ms,
            "after": deadline_ms + 1,
            "final": deadline_ms + FINAL_MS,
            "day": self.now_ms + 24 * 60 * MINUTE_MS if not self.running() else self.now_ms,
        }
        self.world.clock.move_to(max(self.now_ms, moves[step]))

    @rule(who=st.sampled_from(["sweeper", "somebody"]))
    def someone_looks(self, who: str) -> None:
        """The sweeper, or a person at the result page."""
        if who == "sweeper":
            self._sweep()
        elif self.running():
            self._look()

    def _sweep(self) -> None:
        """What is due by the record is ended, by its first reason; everything in the outbox is pushed."""
        due = ""
        if self.running():
            self.past[-1].live_ms = max(self.past[-1].live_ms, self.past[-1].deadline_ms)
            due = self.past[-1].state_due(self.now_ms)
        self.do(self.services.sweeper.sweep(self.now_ms))
        if due and self.now_ms >= self.past[-1].deadline_ms + FINAL_MS:
            assert self.do(self.world.series(self.past[-1].id)), f"due: {due}"

    def _look(self) -> None:
        due = self.past[-1].state_due(self.now_ms)
        seen = self.do(self.services.finisher.look_at(self.past[-1].id, self.now_ms))
        assert (seen is not None) == bool(due)

    @rule(act=st.sampled_from(["time", "time", "grant", "void"]), twice=st.booleans())
    def support_acts(self, act: str, twice: bool) -> None:
        """Extra time for a sitting that runs, a grant, a void by two persons."""
        match act:
            case "time" if self.running() and not self.past[-1].closed_by:
                self._add_time(5 if twice else 1)
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
            if believed.closed_by:
                assert (first.cause, first.ended_ms) == (believed.closed_by, believed.closed_ms)
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
        assert live.epoch == (believed.newest.epoch if believed.newest is not None else 0), "one page holds the pen"

    def teardown(self) -> None:
        """Nothing is left running for the next example's sweeper."""
        if self.running():
            self.world.clock.move_to(max(self.now_ms, self.past[-1].deadline_ms + FINAL_MS))
            self.do(self.services.sweeper.sweep(self.now_ms))
