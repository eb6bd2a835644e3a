"""An outage of twelve minutes, and people who sit through it."""

from dataclasses import dataclass, field

from examengine.incidents import asking
from examengine.incidents.asking import Obstacle
from examengine.incidents.remedy import Policy
from examengine.live import CloseReason, Pen
from examengine.records import audit, incidents, losses
from examengine.records.enrolments import Enrolment
from examengine.records.entries import Entry
from examengine.records.exams import Exam
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.incidents import Incident, Scope
from examengine.records.losses import Loss
from examengine.records.words import Decision, IncidentSource, Role
from examengine.sittings.finish import Ended
from tests.world import World

SECOND, MINUTE = 1_000, 60_000
BEGAN, ENDED = 10 * MINUTE, 22 * MINUTE
"""After the opening of the world."""


@dataclass
class Sitter:
    person_id: int
    enrolment: Enrolment
    attempt_id: int
    pen: Pen


@dataclass
class Room:
    """An exam, who sits it, two operators, and the outage's interval."""

    world: World
    exam: Exam
    first: int
    second: int
    opened_ms: int
    sitters: dict[str, Sitter] = field(default_factory=dict)
    forms: int = 0

    @property
    def began_ms(self) -> int:
        return self.opened_ms + BEGAN

    @property
    def ended_ms(self) -> int:
        return self.opened_ms + ENDED

    async def sits(self, name: str, person_id: int | None = None) -> Sitter:
        """Somebody starts."""
        world = self.world
        who = await world.person(name=name) if person_id is None else person_id
        enrolment = await world.enrolled(self.exam, who)
        attempt_id = await world.started(enrolment, nonce=name)
        sitter = Sitter(who, enrolment, attempt_id, await world.pen(attempt_id, who))
        self.sitters[name] = sitter
        return sitter

    async def pulse(self, *names: str, at: int) -> None:
        """These are heard so many minutes after the opening."""
        self.world.clock.move_to(self.opened_ms + at * MINUTE)
        for name in names:
            told = await self.world.services.desk.pulse(self.sitters[name].pen, self.world.now_ms)
            assert told.word == "alive", told

    async def hands_in(self, name: str, *, right: int = 0) -> None:
        """Hand in now, with so many right answers."""
        sitter = self.sitters[name]
        answers = await self.world.right_answers(sitter.attempt_id)
        await self.world.answer(sitter.pen, dict(list(answers.items())[:right]))
        ended = await self.world.services.finisher.by_page(sitter.pen, CloseReason.HAND_IN, self.world.now_ms)
        assert isinstance(ended, Ended), ended

    async def shipped(self) -> None:
        """All lines are in SQL."""
        await self.world.services.shipper.ship_all(self.world.now_ms)

    async def opened(
        self, *, scope: Scope | None = None, policy: Policy | None = None, by: int = 0, until: int = 0
    ) -> Incident:
        """An incident of the interval, its end moved by ``until`` minutes, its losses counted."""
        self.forms += 1
        world = self.world
        new = asking.new_incident(
            source=IncidentSource.DEAF,
            scope=scope or Scope(exam_id=self.exam.id),
            from_ms=self.began_ms,
            until_ms=self.ended_ms + until * MINUTE,
            reason="机房交换机故障",
            ticket="KF-1",
            notice="系统出现故障，耽误的时间会自动补回。",
            policy=policy or Policy(),
            intent=f"form-{self.forms}",
            by_person=by or self.first,
            now_ms=world.now_ms,
        )
        made = await asking.open_incident(world.services.database, new, world.now_ms)
        await world.services.compensator.work_all(world.now_ms)
        return await self.incident(made.id)

    async def incident(self, incident_id: int) -> Incident:
        async with self.world.services.database.reading() as tx:
            return await incidents.get_incident(tx, incident_id)

    async def approved(self, known: Incident) -> None:
        """Asked for by the first, approved by the second, and given."""
        database, now_ms = self.world.services.database, self.world.now_ms
        assert await asking.ask_incident(database, known.id, known.by_person, now_ms) is None
        assert await self.decided(known) is None
        await self.world.services.compensator.work_all(now_ms)

    async def decided(self, known: Incident, by: int = 0) -> Obstacle | None:
        assert known.surveyed_ms is not None
        return await asking.decide_incident(
            self.world.services.database,
            known.id,
            Decision.APPROVED,
            by or self.second,
            known.surveyed_ms,
            self.world.now_ms,
        )

    async def losses(self, incident_id: int) -> dict[str, Loss]:
        """By name."""
        async with self.world.services.database.reading() as tx:
            _total, lines = await losses.losses_page(tx, incident_id, 0, 1000)
        names = {sitter.attempt_id: name for name, sitter in self.sitters.items()}
        return {names[line.loss.attempt_id]: line.loss for line in lines}

    async def record(self, name: str) -> EnrolmentRecord:
        async with self.world.services.database.reading() as tx:
            return await load_history(tx, self.sitters[name].enrolment.id)

    async def entries(self, name: str) -> tuple[Entry, ...]:
        return (await self.record(name)).entries

    async def acts(self, incident_id: int) -> list[str]:
        """What the audit says of an incident, oldest first."""
        async with self.world.services.database.reading() as tx:
            lines = await audit.newest(tx, object_kind="incident", object_id=incident_id)
        return [line.act for line in reversed(lines)]


async def a_room(world: World) -> Room:
    """Nobody sits yet."""
    first = await world.person(Role.OPERATOR, name="周敏")
    second = await world.person(Role.OPERATOR, name="林秀兰")
    return Room(world, await world.exam(), first, second, world.now_ms)


async def one_lost(world: World) -> Room:
    """``back`` was silent in the outage and is heard again."""
    room = await a_room(world)
    await room.sits("back")
    await room.pulse("back", at=9)
    await room.pulse("back", at=23)
    await room.shipped()
    return room


async def after_an_outage(world: World) -> Room:
    """``through``: heard all the time; ``back``: silent in the outage, then back; ``gone``: never back; ``failed``,
    ``passed``: back, and handed in since; ``early``: handed in before.
    """
    room = await a_room(world)
    for name in ("through", "back", "gone", "failed", "passed", "early"):
        await room.sits(name)
    await room.hands_in("early")
    silent = ("back", "gone", "failed", "passed")
    for minute in range(1, 23):
        await room.pulse("through", *(silent if minute < 10 else ()), at=minute)
    await room.pulse("through", "back", "failed", "passed", at=23)
    await room.hands_in("failed")
    await room.hands_in("passed", right=50)
    await room.pulse("through", "back", at=24)
    await room.shipped()
    return room
