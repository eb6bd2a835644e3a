"""One candidate and what was believed of him; the words in which the machine's rules are written."""

import asyncio
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from examengine.live import Pen, Word
from examengine.records.history import load_history
from examengine.refusals import Refusal
from examengine.sittings.contract import Contract, contract_of
from examengine.sittings.start import Started, StartIntent
from tests.model.believed import Believed, Page
from tests.model.stage import ITEMS, RULES, Stage

WRITTEN = {Word.SAVED}
STOOD = {Word.REPEATED, Word.SUPERSEDED}

positions = st.integers(1, ITEMS)
values = st.sampled_from(["", "a", "b", "ab", "c"])
older = st.sampled_from([0, 0, 1, 2])


class Player(RuleBasedStateMachine):
    """A person, enrolled, who starts attempts."""

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
