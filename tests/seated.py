"""People in the middle of an exam, made by the same functions that serve requests, and what their pages hold."""

from dataclasses import dataclass

from examengine.bench.prepare import published_exam
from examengine.enrolment.rounds import enrol
from examengine.records import accounts, enrolments, people, roles
from examengine.records.exams import Exam
from examengine.records.people import NewPerson, Profile
from examengine.records.words import DocumentType, Role
from examengine.refusals import Refusal
from examengine.sittings.start import Started, StartIntent
from examengine.web.services import Services
from examengine.web.tokens import PageToken


@dataclass(frozen=True, slots=True)
class Candidate:
    """One running sitting: its address, the cookie and the page's token."""

    attempt_id: int
    cookie: str
    token: str
    items: int


async def candidates(services: Services, count: int, year: int) -> list[Candidate]:
    """``count`` people in the middle of an exam."""
    now_ms = services.clock.now_ms()
    new = [NewPerson(profile=_profile(number)) for number in range(count + 1)]
    async with services.database.writing() as tx:
        ids = await people.add_people(tx, services.vault, new, now_ms)
        await accounts.add_accounts(tx, dict.fromkeys(ids, "unused"), now_ms, must_change=False, initial=False)
        await roles.grant_new_people(tx, ids, Role.CANDIDATE, None, now_ms)
    authority, *sitting = ids
    exam = await published_exam(services, authority, year, now_ms)
    return [await _started(services, exam, person_id, now_ms) for person_id in sitting]


def _profile(number: int) -> Profile:
    return Profile(
        doc_type=DocumentType.OTHER,
        document=f"BENCH{number:08d}",
        name="考生",
        unit_name="",
        region="450702",
        category="pro_tech",
    )


async def _started(services: Services, exam: Exam, person_id: int, now_ms: int) -> Candidate:
    async with services.database.writing() as tx:
        enrolment = await enrol(tx, services.shelf, exam, person_id, exam.credit_year, now_ms)
        assert not isinstance(enrolment, Refusal)
        await enrolments.report_learning(tx, enrolment.id, 1, 100, "bench", now_ms)
    started = await services.starter.start(StartIntent(enrolment.id, person_id, 1, 1, "bench"), 1, now_ms)
    assert isinstance(started, Started), started
    claimed = await services.desk.claim(started.attempt_id, person_id, 1, "bench", "bench", now_ms)
    token = PageToken(started.attempt_id, person_id, claimed.generation, claimed.epoch, "bench")
    return Candidate(
        started.attempt_id,
        services.tokens.session(person_id, 1, now_ms),
        services.tokens.page(token),
        claimed.items,
    )
