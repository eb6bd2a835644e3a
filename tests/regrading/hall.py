"""Exams in which everybody has the same nine items, and candidates who answer as a test wants."""

from collections.abc import Mapping
from dataclasses import dataclass

from examengine.banks.item import Item
from examengine.grading.correction import NewKey, Ruling
from examengine.live import CloseReason
from examengine.records import corrections
from examengine.records.corrections import Correction, NewCorrection
from examengine.records.enrolments import Enrolment
from examengine.records.exams import Exam
from examengine.records.outcomes import Outcome
from examengine.records.words import Decision, Role
from examengine.regrading.asking import Obstacle, ask_correction, decide_correction, draft_correction
from examengine.regrading.work import SETTLE_MS
from examengine.sittings.finish import Ended
from tests.world import World, items

SAME_ITEMS = {
    "exam.paper.single.count": 5,
    "exam.paper.single.points": 12,
    "exam.paper.multiple.count": 2,
    "exam.paper.multiple.points": 10,
    "exam.paper.judge.count": 2,
    "exam.paper.judge.points": 10,
}
"""S0…S4 of 12 points, M0 and M1 and J0 and J1 of 10: the pass line is 60."""


@dataclass(frozen=True)
class Candidate:
    person_id: int
    enrolment: Enrolment
    attempt_id: int


@dataclass
class Hall:
    """One exam and its items by the author's number."""

    world: World
    exam: Exam
    versions: Mapping[str, int]
    items: Mapping[str, Item]
    author: int
    checker: int
    intents: int = 0

    def option(self, number: str, text: str) -> str:
        """The id of an option by the end of its text: 乙."""
        return next(o.id for o in self.items[number].options if o.text.endswith(text))

    async def starts(self, *, enrolment: Enrolment | None = None, no: int = 1, name: str = "张三") -> Candidate:
        """A candidate who sits."""
        world = self.world
        if enrolment is None:
            enrolment = await world.enrolled(self.exam, await world.person(name=name))
        attempt_id = await world.started(enrolment, no=no, nonce=f"n{no}")
        return Candidate(enrolment.person_id, enrolment, attempt_id)

    async def hands_in(self, who: Candidate, wrong: str = "", chosen: Mapping[str, str] | None = None) -> Outcome:
        """Answers everything right but ``wrong`` (numbers, blank in between), which stays blank; ``chosen``: the text
        chosen instead.
        """
        world = self.world
        paper, right = await world.paper(who.attempt_id), await world.right_answers(who.attempt_id)
        number = {version_id: number for number, version_id in self.versions.items()}
        given = {}
        for position, shown in enumerate(paper.items, 1):
            name = number[shown.version_id]
            if chosen and name in chosen:
                given[position] = self.option(name, chosen[name])
            elif name not in wrong.split():
                given[position] = right[position]
        pen = await world.pen(who.attempt_id, who.person_id)
        await world.answer(pen, given)
        ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
        assert isinstance(ended, Ended), ended
        return ended.outcome

    async def sat(
        self,
        wrong: str = "",
        chosen: Mapping[str, str] | None = None,
        *,
        enrolment: Enrolment | None = None,
        no: int = 1,
        name: str = "张三",
    ) -> Candidate:
        """A candidate who has handed in."""
        who = await self.starts(enrolment=enrolment, no=no, name=name)
        await self.hands_in(who, wrong, chosen)
        return who

    async def drafted(
        self, number: str, ruling: Ruling, *, upwards: bool = False, by: int = 0
    ) -> Correction | Obstacle:
        """A draft, before its preview."""
        self.intents += 1
        new = NewCorrection(
            exam_id=self.exam.id,
            version_id=self.versions[number],
            ruling=ruling,
            upwards=upwards,
            reason="原答案与条例不符",
            source="条例第十二条",
            intent=f"test-{self.intents}",
            by_person=by or self.author,
        )
        services = self.world.services
        return await draft_correction(services.database, services.shelf, new, self.world.now_ms)

    async def previewed(self, number: str, ruling: Ruling, *, upwards: bool = False, by: int = 0) -> Correction:
        """A draft with its preview."""
        made = await self.drafted(number, ruling, upwards=upwards, by=by)
        assert isinstance(made, Correction), made
        await self.world.services.regrader.work_all(self.world.now_ms)
        return await self.correction(made.id)

    async def approved(self, number: str, ruling: Ruling, *, upwards: bool = False) -> Correction:
        """A correction that is in force and has reached nobody yet."""
        made = await self.previewed(number, ruling, upwards=upwards)
        database, shelf, now_ms = self.world.services.database, self.world.services.shelf, self.world.now_ms
        assert await ask_correction(database, made.id, self.author, now_ms) is None
        seen_ms = made.previewed_ms or 0
        said = await decide_correction(database, shelf, made.id, Decision.APPROVED, self.checker, seen_ms, now_ms)
        assert said is None, said
        return await self.correction(made.id)

    async def executed(self, number: str, ruling: Ruling, *, upwards: bool = False) -> Correction:
        """A correction that has reached everybody."""
        made = await self.approved(number, ruling, upwards=upwards)
        await self.settled()
        return await self.correction(made.id)

    async def settled(self) -> None:
        """Let the regrader do everything, also what waits."""
        await self.world.services.regrader.work_all(self.world.now_ms)
        self.world.clock.advance(SETTLE_MS)
        await self.world.services.regrader.work_all(self.world.now_ms)

    async def correction(self, correction_id: int) -> Correction:
        async with self.world.services.database.reading() as tx:
            return await corrections.get_correction(tx, correction_id)

    async def scores(self, *candidates: Candidate) -> list[tuple[int, str]]:
        """Newest score in points and result of each."""
        found = []
        for who in candidates:
            newest = (await self.world.series(who.attempt_id))[-1]
            found.append(((newest.score_hundredths or 0) // 100, newest.result or ""))
        return found

    def new_key(self, number: str, text: str) -> NewKey:
        """A single other option is right."""
        return NewKey(self.option(number, text))


async def a_hall(world: World, override: Mapping[str, object] | None = None) -> Hall:
    """An exam of nine items."""
    bank_id = await world.bank(items(5, 2, 2))
    exam = await world.exam({**SAME_ITEMS, **(override or {})}, bank_id=bank_id)
    async with world.services.database.reading() as tx:
        release = await world.services.shelf.release(tx, exam.release_id)
        known = await world.services.shelf.items(tx, [item.version_id for item in release.items])
    return Hall(
        world,
        exam,
        {item.external_no: version_id for version_id, item in known.items()},
        {item.external_no: item for item in known.values()},
        await world.person(Role.AUTHOR, name="周敏"),
        await world.person(Role.OPERATOR, name="韦主管"),
    )
