"""The engine as people meet it: a real server in a thread of its own, whose clock a test moves."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from examengine.clock import ShiftedClock
from examengine.records import accounts, people, roles
from examengine.records.enrolments import Enrolment
from examengine.records.exams import Exam
from examengine.records.history import AttemptRecord, load_history
from examengine.records.people import NewPerson, Profile
from examengine.records.words import DocumentType, Role
from examengine.settings import Settings
from examengine.web.app import create_app
from examengine.web.protocol import protocol_of
from examengine.web.services import open_services
from tests.world import EVIDENCE_KEYS, FIELD_KEYS, OPENS, SETTINGS_KEYS, World, ms, open_slots, resident_id

T = TypeVar("T")

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOTLINE = "400-000-0000"
HOTLINE_HOURS = "工作日 9:00—12:00，14:00—18:00"
PASSWORD = "Chuntian-2026-shu"
PATIENCE_S = 30

SHORT_PAPER = {
    "exam.paper.single.count": 5,
    "exam.paper.single.points": 10,
    "exam.paper.multiple.count": 2,
    "exam.paper.multiple.points": 15,
    "exam.paper.judge.count": 2,
    "exam.paper.judge.points": 10,
}
"""Nine questions instead of fifty: 1–5 single, 6–7 multiple, 8–9 true/false, 100 points in all."""

_hashes: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Someone:
    """A person who can sign in."""

    id: int
    name: str
    document: str
    password: str = PASSWORD


class Hall:
    """A server with its world. The clock runs, from ``at`` on; ``move`` and ``move_to`` shift it.

    ``url``: where browsers find it. Everything of the world has to be awaited on the server's own loop: ``do``.
    """

    def __init__(self, database_url: str, redis_url: str, data_dir: Path, at: str = OPENS) -> None:
        self.clock = ShiftedClock(0)
        self.clock.move_to(ms(at))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._settings = Settings(
            data_dir=data_dir,
            database_url=database_url,
            redis_url=redis_url,
            public_url=self.url,
            signing_keys=SETTINGS_KEYS,
            field_keys=FIELD_KEYS,
            evidence_keys=EVIDENCE_KEYS,
            demo=True,
        )
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="hall", daemon=True)
        self.world: World
        self._loop: asyncio.AbstractEventLoop
        self._server: uvicorn.Server

    def open(self) -> None:
        """Serve; returns when the first request can be taken."""
        self._thread.start()
        self._ready.wait(PATIENCE_S)
        if self._failed is not None:
            raise self._failed

    def close(self) -> None:
        """Stop serving and close the stores."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(PATIENCE_S)
        if self._failed is not None:
            raise self._failed

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    @property
    def now_ms(self) -> int:
        return self.clock.now_ms()

    def move(self, by_ms: int) -> None:
        """Let ``by_ms`` pass on the server."""
        self.clock.offset_ms += by_ms

    def move_to(self, now_ms: int) -> None:
        """Let the server's clock show ``now_ms`` and run on from there."""
        self.clock.move_to(now_ms)

    def sweep(self) -> int:
        """Let the sweeper look once; the number of attempts that it ended."""
        return self.do(self.world.services.sweeper.sweep(self.now_ms))

    def ship(self) -> None:
        """Let everything acknowledged so far come to SQL."""
        self.do(self.world.services.shipper.ship_all(self.now_ms))

    def lose_redis(self) -> None:
        """Redis' disk is gone, fences and all; what was shipped is rebuilt."""

        async def lose() -> None:
            await self.world.services.calls.command("FLUSHALL")
            await self.world.services.rebuilder.look(self.now_ms)

        self.do(lose())

    def revoke(self, person: Someone) -> str:
        """Support hands out a one-time password, which ends every session; that password."""
        services = self.world.services

        async def hand_out() -> str:
            password = await services.sign_in.hand_out_password(person.id, person.id, self.now_ms)
            await services.pusher.push_waiting(self.now_ms)
            return password

        return self.do(hand_out())

    def aside(self, attempt_id: int) -> list[str]:
        """Side entries, what older pages could not save: ``position value`` each."""
        journal = self.do(self.world.services.desk.read(attempt_id, self.now_ms)).journal
        return [line.decode().split(" ", 3)[3] for line in journal if line[:2] == b"s "]

    def someone(self, name: str, *held: Role, first_password: str = "") -> Someone:
        """A person with an account; a candidate where no role is named. ``first_password`` has to be changed."""
        return self.do(self._someone(name, held, first_password))

    def exam(self, override: dict[str, Any] | None = None, **options: Any) -> Exam:
        """A published exam of nine questions under the practice rules, with values overridden."""
        return self.do(self.world.exam({**SHORT_PAPER, **(override or {})}, **options))

    def full_exam(self, override: dict[str, Any] | None = None, **options: Any) -> Exam:
        """A published exam of fifty questions."""
        return self.do(self.world.exam(override, **options))

    def enrolled(self, exam: Exam, person: Someone, *, learned: bool = True) -> Enrolment:
        """Enrol a person."""
        return self.do(self.world.enrolled(exam, person.id, learned=learned))

    def candidate(self, override: dict[str, Any] | None = None, name: str = "农建军") -> tuple[Someone, Enrolment]:
        """A candidate enrolled in an exam of nine questions, with the learning done."""
        person = self.someone(name)
        return person, self.enrolled(self.exam(override), person)

    def attempts(self, enrolment: Enrolment) -> tuple[AttemptRecord, ...]:
        """Every attempt of an enrolment as the record has it."""

        async def read() -> tuple[AttemptRecord, ...]:
            async with self.world.services.database.reading() as tx:
                return tuple((await load_history(tx, enrolment.id)).attempts)

        return self.do(read())

    def states(self, enrolment: Enrolment) -> list[str]:
        """How each attempt of an enrolment stands."""
        return [a.outcome.state if a.outcome else "running" for a in self.attempts(enrolment)]

    def saved(self, attempt_id: int) -> dict[int, str]:
        """The answers that the server has acknowledged, by position."""
        return dict(self.do(self.world.services.desk.read(attempt_id, self.now_ms)).given)

    def deadline_ms(self, attempt_id: int) -> int:
        """When a running sitting closes."""
        return self.do(self.world.services.desk.read(attempt_id, self.now_ms)).deadline_ms

    def wait_until_left(self, attempt_id: int) -> None:
        """Until the server has heard that the page was left: beacons are answered to nobody."""

        async def heard() -> None:
            while (await self.world.services.desk.read(attempt_id, self.now_ms)).back_by_ms is None:
                await asyncio.sleep(0.01)

        self.do(heard())

    def wait_until_all_sent(self, attempt_id: int) -> None:
        """Until the server has heard that the page, whose time is up, has sent all it has."""

        async def heard() -> None:
            while (await self.world.services.desk.read(attempt_id, self.now_ms)).all_sent_at_ms is None:
                await asyncio.sleep(0.01)

        self.do(heard())

    async def _someone(self, name: str, held: tuple[Role, ...], first_password: str) -> Someone:
        services, world = self.world.services, self.world
        password = first_password or PASSWORD
        if password not in _hashes:
            _hashes[password] = await services.passwords.hashed(password)
        world.made_people += 1
        document = resident_id(world.made_people)
        profile = Profile(
            doc_type=DocumentType.RESIDENT_ID,
            document=document,
            name=name,
            phone=f"138{world.made_people:08d}",
            unit_name="第一中学",
            region="450702",
            category="pro_tech",
        )
        is_first = bool(first_password)
        async with services.database.writing() as tx:
            [person_id] = await people.add_people(tx, services.vault, [NewPerson(profile=profile)], self.now_ms)
            hashes = {person_id: _hashes[password]}
            await accounts.add_accounts(tx, hashes, self.now_ms, must_change=is_first, initial=is_first)
            for role in held or (Role.CANDIDATE,):
                await roles.grant_role(tx, person_id, role, None, self.now_ms)
        return Someone(person_id, name, document, password)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failed = error
        finally:
            self._ready.set()
            self._socket.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with open_services(self._settings, self.clock) as services:
            app = create_app(services, hotline=HOTLINE, hotline_hours=HOTLINE_HOURS, background=False)
            await open_slots(services, self.clock.now_ms())
            self.world = World(services, self.clock, app)
            config = uvicorn.Config(
                app,
                http=protocol_of(app.short_way),
                log_level="warning",
                ws="none",
                lifespan="off",
                date_header=False,
            )
            self._server = uvicorn.Server(config)
            self._socket.listen(128)  # whoever comes before the server takes requests waits in the queue
            self._ready.set()
            await self._server.serve([self._socket])
