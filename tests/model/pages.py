"""What a person's pages do: answers, pulses, leaving, the end; two devices at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from examengine.live import CloseReason, Operation, Word
from examengine.refusals import Refusal
from examengine.sittings.finish import Ended
from tests.model.believed import Page
from tests.model.player import STOOD, WRITTEN, Player, older, positions, values
from tests.model.stage import ITEMS

page_acts = st.sampled_from(["save", "save", "save", "again", "form", "open", "pulse", "leave", "back"])


class AtThePages(Player):
    """The newest page, and older ones."""

    @precondition(Player.has_page)
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
        told = self.do(self.services.desk.pulse(self.pen(page), self.now_ms, page.sequence, all_sent=True))
        if told.word is Word.TOO_LATE and told.epoch == page.epoch:
            self.past[-1].sent_all_at_ms = told.deadline_ms
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

    @precondition(Player.in_the_middle)
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

    @precondition(Player.in_the_middle)
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
