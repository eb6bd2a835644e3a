"""An exam and its people in the shadow record: as many as the steps need, none of them twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from examengine.accounts.passwords import Passwords
from examengine.clock import Clock
from examengine.demo.synthetic import published
from examengine.enrolment.rounds import enrol
from examengine.papers.paper import unpack
from examengine.records import accounts, enrolments, finished, people, roles
from examengine.records.database import Database
from examengine.records.enrolments import LearningReport
from examengine.records.exams import Exam
from examengine.records.people import NewPerson, Profile
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.records.words import DocumentType, Role
from examengine.refusals import Refusal
from examengine.settings import Settings
from examengine.web.tokens import Tokens

PASSWORD = "Drill-of-capacity-1"
AT_ONCE = 250
READ_AT_ONCE = 500
REGIONS = ("450702", "450703", "450721", "450722")
ZONE = ZoneInfo("Asia/Shanghai")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Somebody:
    """A synthetic candidate. ``session``: the cookie's value for whoever does not sign in, else ""."""

    username: str
    enrolment_id: int
    session: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """The drill's exam, and who sits it."""

    exam_id: int
    people: tuple[Somebody, ...]


async def prepare(settings: Settings, clock: Clock, count: int, *, signs_in: bool, tell: Tell) -> Prepared:
    """Fill the shadow record that ``settings`` name.

    All have one password, hashed once: a sign-in costs the same as with one of their own each.
    """
    database = await Database.open(settings.database_url)
    passwords = Passwords()
    try:
        vault, shelf, tokens, now_ms = (
            Vault(settings.field_keys),
            Shelf(),
            Tokens(settings.signing_keys),
            clock.now_ms(),
        )
        hashed = await passwords.hashed(PASSWORD) if signs_in else "unused"
        [authority] = await _people(database, vault, [0], Role.OPERATOR, hashed, now_ms)
        exam = await _exam(database, shelf, authority, now_ms)
        made: list[Somebody] = []
        for first in range(1, count + 1, AT_ONCE):
            numbers = list(range(first, min(first + AT_ONCE, count + 1)))
            ids = await _people(database, vault, numbers, Role.CANDIDATE, hashed, now_ms)
            enrolled = await _enrolled(database, shelf, exam, ids, now_ms)
            for number, person_id, enrolment_id in zip(numbers, ids, enrolled, strict=True):
                session = "" if signs_in else tokens.session(person_id, 1, now_ms)
                made.append(Somebody(_document(number), enrolment_id, session))
            tell(f"准备考生 {len(made)} / {count}")
        return Prepared(exam.id, tuple(made))
    finally:
        passwords.close()
        await database.close()


async def ended_answers(database_url: str, exam_id: int) -> dict[int, dict[int, str]]:
    """What the record has of each attempt that ended: position to answer."""
    database = await Database.open(database_url)
    found: dict[int, dict[int, str]] = {}
    try:
        after_id = 0
        while True:
            async with database.reading() as tx:
                page = await finished.finished_after(tx, exam_id, after_id, READ_AT_ONCE)
            for one in page:
                versions = [item.version_id for item in unpack(one.paper).items]
                kept = ((place, one.answers.get(version, "")) for place, version in enumerate(versions, 1))
                found[one.attempt_id] = {place: answer for place, answer in kept if answer}
            if len(page) < READ_AT_ONCE:
                return found
            after_id = page[-1].attempt_id
    finally:
        await database.close()


async def _people(
    database: Database, vault: Vault, numbers: list[int], role: Role, hashed: str, now_ms: int
) -> list[int]:
    new = [NewPerson(profile=_profile(number)) for number in numbers]
    async with database.writing() as tx:
        ids = await people.add_people(tx, vault, new, now_ms)
        await accounts.add_accounts(tx, dict.fromkeys(ids, hashed), now_ms, must_change=False, initial=False)
        await roles.grant_new_people(tx, ids, role, None, now_ms)
    return list(ids)


async def _enrolled(database: Database, shelf: Shelf, exam: Exam, ids: list[int], now_ms: int) -> list[int]:
    made: list[int] = []
    async with database.writing() as tx:
        for person_id in ids:
            enrolment = await enrol(tx, shelf, exam, person_id, exam.credit_year, now_ms)
            assert not isinstance(enrolment, Refusal), enrolment
            made.append(enrolment.id)
        reports = [LearningReport(0, enrolment_id, 1, 100, now_ms, "drill") for enrolment_id in made]
        await enrolments.report_learning_of_many(tx, reports)
    return made


async def _exam(database: Database, shelf: Shelf, authority: int, now_ms: int) -> Exam:
    year = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone(ZONE).year
    return await published(database, shelf, "容量演练", authority, year, now_ms)


def _profile(number: int) -> Profile:
    return Profile(
        doc_type=DocumentType.OTHER,
        document=_document(number),
        name="演练考生",
        unit_name=f"演练单位{number % 100}",
        region=REGIONS[number % len(REGIONS)],
        category="pro_tech",
    )


def _document(number: int) -> str:
    return f"DRILL{number:08d}"
