"""Candidates by the hundred thousand: people, enrolments, drawn papers and open sittings, written in bulk.

Every row stands as the functions that serve requests would leave it; only they take turns of their own for each
person, and a province of them would take hours. Papers come from a pool of drawn ones.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import msgspec

from examengine.bench.jobs import Subject
from examengine.live import Deadline, Opening
from examengine.live.desk import Operation, Pen
from examengine.papers.blueprint import from_json
from examengine.papers.draw import DrawPool
from examengine.papers.paper import pack
from examengine.records import accounts, people, roles
from examengine.records.exams import Exam
from examengine.records.history import load_history
from examengine.records.people import NewPerson, Profile
from examengine.records.shapes import chunks
from examengine.records.tables import (
    attempts,
    enrolments,
    learning_reports,
    open_attempts,
    result_tallies,
    results,
    rounds,
)
from examengine.records.words import DocumentType, Role
from examengine.refusals import Refusal
from examengine.rules.calendar import MINUTE_MS
from examengine.rules.closing import grace_ms
from examengine.rules.history import DeadlineReason
from examengine.sittings.begin import SEED_BYTES, local_day
from examengine.sittings.contract import contract_of
from examengine.web.candidate.contract import ACT
from examengine.web.services import Services
from examengine.web.tokens import Intent, PageToken

BATCH = 2_000
AT_ONCE = 500
"""Calls to Redis side by side."""
PAPERS = 200
NO_PASSWORD = "unused"
FAR_MINUTES = 180
REGIONS = tuple(f"4507{place:02d}" for place in range(20))
GRACE_MS = 2_000


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person who may start."""

    person_id: int
    enrolment_id: int
    round_id: int
    document: str


def _nobody(_count: int) -> None:
    """Hears nothing."""


class Crowd:
    """Makes candidates of one exam."""

    def __init__(self, services: Services, exam: Exam) -> None:
        self._services = services
        self._exam = exam
        self._numbers = count(1)
        self._prefix = secrets.token_hex(3).upper()
        self._papers: list[tuple[bytes, int, bytes]] = []
        self._items = 0

    @property
    def rulebook_digest(self) -> str:
        """The rules of the exam."""
        return self._exam.rulebook_digest

    async def enrolled(self, wanted: int, password_hash: str = NO_PASSWORD) -> list[Enrolled]:
        """So many people with the right to sit."""
        made: list[Enrolled] = []
        while len(made) < wanted:
            made += await self._enrol(min(BATCH, wanted - len(made)), password_hash)
        return made

    async def starters(self, wanted: int) -> list[Subject]:
        """People who have read the contract and confirm it next."""
        services, now_ms = self._services, self._services.clock.now_ms()
        return [
            Subject(
                cookie=services.tokens.session(one.person_id, 1, now_ms),
                enrolment_id=one.enrolment_id,
                intent=services.tokens.intent(
                    Intent(ACT, one.enrolment_id, one.person_id, 1, 1, secrets.token_urlsafe(9)), now_ms
                ),
                form=services.tokens.form(one.person_id, now_ms),
            )
            for one in await self.enrolled(wanted)
        ]

    async def visitors(self, wanted: int, password: str) -> list[Subject]:
        """People who sign in with ``password``: they share its hash, which costs one verification a sign-in."""
        password_hash = await self._services.passwords.hashed(password)
        form = self._services.tokens.form(0, self._services.clock.now_ms())
        return [Subject(username=one.document, form=form) for one in await self.enrolled(wanted, password_hash)]

    async def sitting(
        self, wanted: int, *, deadline_ms: int | None = None, answers: int = 0, tell: Callable[[int], None] = _nobody
    ) -> list[Subject]:
        """People in the middle of the exam, whose page has the pen, ``answers`` questions answered; ``tell`` hears
        how many there are.
        """
        made: list[Subject] = []
        while len(made) < wanted:
            part = await self._enrol(min(BATCH, wanted - len(made)), NO_PASSWORD)
            made += await self.seated(part, deadline_ms=deadline_ms, answers=answers)
            tell(len(made))
        return made

    async def answer(self, subjects: Sequence[Subject], first: int, changes: int) -> None:
        """Let each make so many changes, one journal line each, numbered from ``first``."""
        for place in range(first, first + changes):
            value, position = "abcd"[place % 4], place
            await self._each([self._saved(one, place, position % one.items + 1, value) for one in subjects])

    async def heard(self, subjects: Sequence[Subject]) -> None:
        """A sign of life of each; none of it is left to ship."""
        desk, clock = self._services.desk, self._services.clock
        for some in chunks(subjects, AT_ONCE):
            await asyncio.gather(*(desk.pulse(self.pen(one), clock.now_ms()) for one in some))
        await self._services.shipper.ship_all(clock.now_ms())

    def pen(self, one: Subject) -> Pen:
        """The pen of a candidate's page."""
        token = self._services.tokens.read_page(one.token)
        assert token is not None
        return Pen(one.attempt_id, token.person_id, 1, token.generation, token.epoch)

    async def _saved(self, one: Subject, sequence: int, position: int, value: str) -> None:
        operation = Operation(sequence, "a", position, 0, value)
        await self._services.desk.save(self.pen(one), operation, self._services.clock.now_ms())

    async def _enrol(self, wanted: int, password_hash: str) -> list[Enrolled]:
        services, exam, now_ms = self._services, self._exam, self._services.clock.now_ms()
        documents = [f"BENCH{self._prefix}{next(self._numbers):08d}" for _ in range(wanted)]
        new = [NewPerson(profile=_profile(place, document)) for place, document in enumerate(documents)]
        async with services.database.writing() as tx:
            ids = await people.add_people(tx, services.vault, new, now_ms)
            hashes = dict.fromkeys(ids, password_hash)
            await accounts.add_accounts(tx, hashes, now_ms, must_change=False, initial=False)
            await roles.grant_new_people(tx, ids, Role.CANDIDATE, None, now_ms)
            key = {"exam_id": exam.id, "credit_year": exam.credit_year}
            row = {**key, "rulebook_digest": exam.rulebook_digest, "at_ms": now_ms}
            enrolment_ids = await tx.insert_numbered(enrolments, [{**row, "person_id": each} for each in ids])
            opened = {"no": 1, "opened_by": "open", "attempts": 3, "at_ms": now_ms}
            round_ids = await tx.insert_numbered(
                rounds,
                [{**opened, "enrolment_id": each, "source": f"enrolment:{each}"} for each in enrolment_ids],
            )
            learnt = {"round_no": 1, "percent": 100, "at_ms": now_ms, "source": "bench"}
            await tx.insert_all(learning_reports, [{**learnt, "enrolment_id": each} for each in enrolment_ids])
            none = {**key, "unit_name": "", "standing": "none", "attempts": 0}
            regions = [person.profile.region for person in new]
            await tx.insert_all(
                results,
                [
                    {**none, "enrolment_id": enrolment_id, "person_id": person_id, "region": region}
                    for enrolment_id, person_id, region in zip(enrolment_ids, ids, regions, strict=True)
                ],
            )
            tallied = [{**key, "region": each, "standing": "none", "n": regions.count(each)} for each in set(regions)]
            await tx.insert_all(result_tallies, tallied)
        return [Enrolled(*one) for one in zip(ids, enrolment_ids, round_ids, documents, strict=True)]

    async def seated(
        self, part: Sequence[Enrolled], *, deadline_ms: int | None = None, answers: int = 0
    ) -> list[Subject]:
        """These people in the middle of the exam; without a deadline it is far."""
        services, exam, now_ms = self._services, self._exam, self._services.clock.now_ms()
        if not self._papers:
            await self._draw(now_ms)
        if deadline_ms is None:
            deadline_ms = now_ms + FAR_MINUTES * MINUTE_MS
        async with services.database.writing() as tx:
            rulebook = await services.shelf.rulebook(tx, exam.rulebook_digest)
            record = await load_history(tx, part[0].enrolment_id)
            contract = contract_of(rulebook, record, max(now_ms, record.newest_fact_ms))
            assert not isinstance(contract, Refusal), contract
            look_at_ms = deadline_ms + grace_ms(rulebook) + GRACE_MS
            told: dict[str, Any] = json.loads(msgspec.json.encode(replace(contract, deadline_ms=deadline_ms)))
            rows = []
            for place, one in enumerate(part):
                seed, generator, paper = self._papers[place % PAPERS]
                rows.append(
                    {
                        "enrolment_id": one.enrolment_id,
                        "round_id": one.round_id,
                        "no": 1,
                        "intent": f"{one.enrolment_id}.1.1.bench",
                        "started_ms": now_ms,
                        "base_deadline_ms": deadline_ms,
                        "base_reason": DeadlineReason.TIME_LIMIT.value,
                        "seed": seed,
                        "generator": generator,
                        "paper": paper,
                        "release_id": exam.release_id,
                        "rulebook_digest": exam.rulebook_digest,
                        "generation": 1,
                        "contract": json.dumps({**told, "enrolment_id": one.enrolment_id}),
                    }
                )
            ids = await tx.insert_numbered(attempts, rows)
            await tx.insert_all(
                open_attempts,
                [
                    {"attempt_id": attempt_id, "enrolment_id": one.enrolment_id, "look_at_ms": look_at_ms}
                    for attempt_id, one in zip(ids, part, strict=True)
                ],
            )
        deadline = Deadline(deadline_ms, DeadlineReason.TIME_LIMIT.value, 0, look_at_ms)
        openings = [
            Opening(attempt_id, one.person_id, 1, 1, self._items, deadline)
            for attempt_id, one in zip(ids, part, strict=True)
        ]
        subjects: list[Subject] = []
        for start in range(0, len(openings), AT_ONCE):
            subjects += await asyncio.gather(
                *(self._opened(each, answers) for each in openings[start : start + AT_ONCE])
            )
        return subjects

    async def _opened(self, opening: Opening, answers: int) -> Subject:
        services, now_ms, page_id = self._services, self._services.clock.now_ms(), secrets.token_urlsafe(6)
        attempt_id, person_id = opening.attempt_id, opening.owner_id
        await services.desk.open(opening, now_ms)
        claimed = await services.desk.claim(attempt_id, person_id, 1, page_id, "Chrome/Windows", now_ms)
        pen = Pen(attempt_id, person_id, 1, claimed.generation, claimed.epoch)
        if answers:
            given = {position: "abcd"[position % 4] for position in range(1, min(answers, self._items) + 1)}
            await services.desk.save_form(pen, given, {}, now_ms)
        token = PageToken(attempt_id, person_id, claimed.generation, claimed.epoch, page_id)
        return Subject(
            cookie=services.tokens.session(person_id, 1, now_ms),
            attempt_id=attempt_id,
            token=services.tokens.page(token),
            items=self._items,
        )

    async def _draw(self, now_ms: int) -> None:
        exam, services = self._exam, self._services
        async with services.database.reading() as tx:
            rulebook = await services.shelf.rulebook(tx, exam.rulebook_digest)
            release = await services.shelf.release(tx, exam.release_id)
        pool = DrawPool(from_json(exam.blueprint.encode()), release, local_day(now_ms, rulebook))
        for _ in range(PAPERS):
            seed = secrets.token_bytes(SEED_BYTES)
            paper = pool.draw(seed)
            self._papers.append((seed, paper.generator, pack(paper)))
            self._items = len(paper.items)

    @staticmethod
    async def _each(calls: Sequence[Any]) -> None:
        for start in range(0, len(calls), AT_ONCE):
            await asyncio.gather(*calls[start : start + AT_ONCE])


def _profile(place: int, document: str) -> Profile:
    return Profile(
        doc_type=DocumentType.OTHER,
        document=document,
        name="考生",
        unit_name="",
        region=REGIONS[place % len(REGIONS)],
        category="pro_tech",
    )
