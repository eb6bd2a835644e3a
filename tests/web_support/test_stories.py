"""The desk's page says what ``examengine rules replay`` says of the same story.

Each step is done to the running engine and written down as an event of a replay case; at the end both are compared.
"""

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec

from examengine.records import enrolments
from examengine.records.enrolments import Enrolment
from examengine.records.history import load_history
from examengine.rules.calendar import iso
from examengine.rules.case import printed
from examengine.rules.events import Case
from examengine.rules.history import DeadlineReason, Label, OpenedBy, State
from examengine.rules.replay import replay
from examengine.rules.rulebook import Rulebook
from examengine.support.looking import read_case
from examengine.web.contexts.frame import Frame
from examengine.web.contexts.support import EnrolmentBlock
from examengine.web.messages import HOW_ENDED, LABELS, OPENED_BY
from examengine.web.support.desk import live_of, person_desk
from tests.support.sitting import MINUTE, agent, hand_in, hidden, send, send_after_preview
from tests.world import World

TWO = ["周敏", "陈芳"]
ZONE = "Asia/Shanghai"


class Story:
    """One enrolment, and the events that happened to it."""

    def __init__(self, world: World, enrolment: Enrolment, rulebook: Rulebook, agents: list[int]) -> None:
        self.world, self.enrolment, self.rulebook, self.agents = world, enrolment, rulebook, agents
        self.events: list[dict[str, Any]] = []
        self.note("enrol")

    @classmethod
    async def begin(cls, world: World, override: dict[str, Any] | None = None, *, learned: bool = True) -> "Story":
        person_id = await world.person()
        enrolment = await world.enrolled(await world.exam(override), person_id, learned=learned)
        async with world.services.database.reading() as tx:
            rulebook = await world.services.shelf.rulebook(tx, enrolment.rulebook_digest)
        story = cls(world, enrolment, rulebook, [await agent(world, name) for name in TWO])
        if learned:
            story.note("learning", percent=100)
        return story

    def note(self, what: str, **more: Any) -> None:
        self.events.append({"at": iso(self.world.now_ms, ZONE), "what": what, **more})

    async def start(self, round_no: int, no: int) -> int:
        self.note("start")
        return await self.world.started(self.enrolment, round_no=round_no, no=no, nonce=f"{round_no}.{no}")

    async def sit(self, round_no: int, no: int, right: int) -> int:
        """Start, answer the first ``right`` single-choice questions (2 points each), hand in after ten minutes."""
        attempt_id = await self.start(round_no, no)
        pen = await self.world.pen(attempt_id, self.enrolment.person_id)
        answers = await self.world.right_answers(attempt_id)
        await self.world.answer(pen, {position: answers[position] for position in range(1, right + 1)})
        self.world.clock.advance(10 * MINUTE)
        await hand_in(self.world, pen)
        self.note("submit", score=2 * right)
        self.world.clock.advance(MINUTE)
        return attempt_id

    async def grant(self, desk: httpx2.AsyncClient, attempts: int, expires: str, expires_at: str) -> None:
        address = f"/support/enrolments/{self.enrolment.id}/grant"
        assert (await send_after_preview(desk, address, attempts=attempts, expires=expires)).status_code == 303
        self.note("grant", id="g", attempts=attempts, by=TWO[0], reason="停电", expires_at=expires_at)

    async def extra_time(self, desk: httpx2.AsyncClient, attempt_id: int, minutes: int) -> None:
        address = f"/support/attempts/{attempt_id}/extra-time"
        assert (await send_after_preview(desk, address, minutes=minutes)).status_code == 303
        self.note("extra_time", id=f"t{minutes}", minutes=minutes, by=TWO[0], reason="停电")

    async def undo(self, desk: httpx2.AsyncClient, event_id: str) -> None:
        async with self.world.services.database.reading() as tx:
            newest = (await load_history(tx, self.enrolment.id)).entries[-1]
        assert (await send(desk, f"/support/entries/{newest.id}/undo", reason="wrong_entry")).status_code == 303
        self.note("undo", undo=event_id, by=TWO[0], reason="登记有误")

    async def void(self, attempt_id: int, round_no: int, no: int) -> None:
        async with self.world.browser(self.agents[0]) as desk, self.world.browser(self.agents[1]) as second:
            assert (await send(desk, f"/support/attempts/{attempt_id}/void")).status_code == 303
            page = (await second.get("/support/approvals")).text
            number = page.partition('action="/support/approvals/')[2].partition('"')[0]
            token = hidden(page, "approval")
            decided = {"approval": token, "decision": "approve"}
            answer = await second.post(f"/support/approvals/{number}", data=decided)
            assert answer.headers["location"] == "/support/approvals?done=approved"
        self.note("void", attempt=no, round=round_no, by=TWO, reason="停电")

    async def compare(self) -> dict[str, Any]:
        """What replay prints, once the page has been found to say the same."""
        told = self.replayed()
        shown = await self.shown()
        [answer] = told["answers"]
        assert told["refused"] == []
        assert (shown.reason or None, shown.next or None) == (answer["reason"], answer["next"])
        assert [(r.no, r.opened_text, r.allowed, r.used, r.left, r.learning_percent) for r in shown.rounds] == [
            (r["no"], OPENED_BY[OpenedBy(r["opened_by"])], r["allowed"], r["used"], r["left"], r["learning_percent"])
            for r in told["rounds"]
        ]
        assert [
            (
                round_.no,
                a.no,
                a.label,
                iso(a.started_ms, ZONE),
                iso(a.deadline_ms, ZONE),
                a.deadline_reason,
                a.state_text,
                None if a.score_hundredths is None else f"{a.score_hundredths / 100:.2f}",
            )
            for round_ in shown.rounds
            for a in round_.attempts
        ] == [
            (
                a["round"],
                a["no"],
                LABELS[Label(a["label"])],
                a["started_at"],
                a["deadline"],
                DeadlineReason(a["deadline_reason"]).value,
                HOW_ENDED[State(a["state"])],
                a["score"],
            )
            for a in told["attempts"]
        ]
        self.ledger_adds_up(shown)
        return told

    def replayed(self) -> dict[str, Any]:
        ask = [{"at": iso(self.world.now_ms, ZONE), "what": "start"}]
        case = {"rulebook": self.rulebook.meta.id, "events": self.events, "ask": ask}
        read = msgspec.json.decode(json.dumps(case), type=Case)
        return printed(self.rulebook, replay(self.rulebook, read.events, read.ask))

    async def shown(self) -> EnrolmentBlock:
        services, person_id = self.world.services, self.enrolment.person_id
        async with self.world.browser(self.agents[0]) as desk:
            page = (await desk.get(f"/support/people/{person_id}")).text
        case = await read_case(services.database, services.vault, services.shelf, person_id, self.world.now_ms)
        sittings = await live_of(services, case, self.world.now_ms)
        frame = Frame("", "", "", ZONE, self.world.now_ms, "")
        [block] = person_desk(case, sittings, frame, self.agents[0]).enrolments
        assert f'data-reason="{block.reason}" data-next="{block.next}" data-left="{block.left}"' in page
        assert block.sentence in page
        return block

    def ledger_adds_up(self, shown: EnrolmentBlock) -> None:
        changes = [row.change.removesuffix(" 次") for row in shown.ledger if row.change.endswith("次")]
        assert sum(int(change.replace("−", "-")) for change in changes) == shown.left


async def test_exhausted_granted_used_once_and_the_rest_taken_back(world: World) -> None:
    story = await Story.begin(world)
    for no in (1, 2, 3):
        await story.sit(1, no, right=20)
        await story.compare()
    async with world.browser(story.agents[0]) as desk:
        await story.grant(desk, 2, "2026-06-30", "2026-07-01T00:00:00+08:00")
        told = await story.compare()
        assert told["answers"][0]["allowed"]
        attempt_id = await story.sit(2, 1, right=5)
        await story.compare()
        await story.undo(desk, "g")
        told = await story.compare()
        assert told["answers"][0]["reason"] == "attempts_exhausted"
    await story.void(attempt_id, 2, 1)
    assert (await story.compare())["answers"][0]["allowed"]
    world.clock.move_to(int(datetime(2026, 6, 30, 16, tzinfo=UTC).timestamp() * 1000))
    assert (await story.compare())["answers"][0]["reason"] == "attempts_exhausted"


async def test_passed_voided_and_given_time_in_the_next_attempt(world: World) -> None:
    story = await Story.begin(world, {"exam.wait_minutes_between_attempts": 15})
    attempt_id = await story.sit(1, 1, right=30)
    assert (await story.compare())["answers"][0]["reason"] == "already_passed"
    await story.void(attempt_id, 1, 1)
    assert (await story.compare())["answers"][0]["allowed"]
    second = await story.start(1, 2)
    async with world.browser(story.agents[0]) as desk:
        await story.extra_time(desk, second, 20)
        await story.extra_time(desk, second, 5)
        told = await story.compare()
        assert told["attempts"][1]["deadline_reason"] == "extra_time"
        await story.undo(desk, "t5")
    assert (await story.compare())["answers"][0]["reason"] == "attempt_running"
    await story.void(second, 1, 2)
    await story.compare()


async def test_not_learned_then_away_at_the_deadline_then_out_of_time(world: World) -> None:
    story = await Story.begin(world, {"window.min_remaining_minutes_to_start": 30}, learned=False)
    assert (await story.compare())["answers"][0]["reason"] == "learning_incomplete"
    world.clock.advance(MINUTE)
    async with world.services.database.writing() as tx:
        await enrolments.report_learning(tx, story.enrolment.id, 1, 100, "test", world.now_ms)
    story.note("learning", percent=100)
    await story.compare()
    world.clock.move_to(int(datetime(2026, 12, 31, 14, 50, tzinfo=UTC).timestamp() * 1000))
    attempt_id = await story.start(1, 1)
    async with world.browser(story.agents[0]) as desk:
        await story.extra_time(desk, attempt_id, 30)
    assert (await story.compare())["attempts"][0]["deadline_reason"] == "window_end"
    world.clock.advance(45 * MINUTE)
    pen = await world.pen(attempt_id, story.enrolment.person_id)
    story.note("alive")
    await hand_in(world, pen)
    story.note("submit", score=0)
    assert (await story.compare())["answers"][0]["reason"] == "too_little_time_left"
    await story.void(attempt_id, 1, 1)
    world.clock.advance(25 * MINUTE)
    assert (await story.compare())["answers"][0]["reason"] == "window_closed"


async def test_nobody_there_at_the_deadline(world: World) -> None:
    story = await Story.begin(world, {"exam.interruption.unresumed_uses_attempt": False})
    attempt_id = await story.start(1, 1)
    world.clock.advance(62 * MINUTE)
    told = await story.compare()
    assert told["attempts"][0]["state"] == "expired_no_score"
    assert told["answers"][0]["left"] == 3
    await story.void(attempt_id, 1, 1)
    await story.compare()
