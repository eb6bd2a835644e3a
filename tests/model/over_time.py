"""What happens to the engine meanwhile: Redis loses a slot, time passes, somebody looks."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from examengine.live import Word
from examengine.live.mending import HELD_MS
from examengine.live.slots import slot_of
from tests.model.believed import FINAL_MS, MINUTE_MS, SECOND_MS
from tests.model.pages import AtThePages
from tests.model.player import Player, positions, values
from tests.model.stage import ITEMS

# last seen travels to SQL as one line every so often
THINNED_MS = 20 * SECOND_MS
STEPS = (*("second", "half", "minute", "tens") * 2, "before", "at", "after", "presence", "early", "final", "day")
LAST_STEPS = ("before", "at", "after", "presence", "early", "final")


class OverTime(AtThePages):
    """The clock, the sweeper, and a Redis that forgets."""

    @precondition(Player.running)
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
        believed.held_ms = self.now_ms + HELD_MS
        if shipped:
            assert live.given == {position: value for position, value in believed.answers.items() if value}
            assert live.close_reason == believed.closed_by
            assert believed.seen_ms - THINNED_MS <= live.seen_ms <= believed.seen_ms
        elif live.state == "running":
            believed.closed_by = ""  # nobody was told
        believed.seen_ms, believed.left_ms = live.seen_ms, live.left_page_ms
        believed.sent_all_at_ms = None
        if not await self._joined_again():
            assert (
                not shipped
                or not believed.pages
                or believed.closed_by
                or not self._runs_by_its_clock(live.left_page_ms)
            )
            # nobody is there to send it again: what had not been shipped is lost
            live = await desk.read(believed.id, self.now_ms)
            believed.answers, believed.known_epoch = dict(live.given), live.epoch
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

    @precondition(Player.in_the_middle)
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
        if position % 2:
            self._pulse(page)  # it has sent all, and says so
            self.world.clock.move_to(max(self.now_ms, believed.live_ms + 2 * SECOND_MS))
            self._look()

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
            "early": deadline_ms + 2 * SECOND_MS,
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
