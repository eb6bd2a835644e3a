"""Things to record, each a line to make."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from examengine.records import attempts, banks, enrolments, exams, items, people, releases, rulebooks
from examengine.records.attempts import NewAttempt
from examengine.records.banks import NewVersion
from examengine.records.database import Database, Writing
from examengine.records.enrolments import Enrolment, Round
from examengine.records.exams import Exam, NewExam
from examengine.records.outcomes import NewOutcome
from examengine.records.people import NewPerson, Profile
from examengine.records.vault import Vault
from examengine.records.words import DocumentType

T0 = 1_400_000_000_000
MINUTE = 60_000
DIGEST = "sha256:" + "0" * 64


def a_profile(no: int = 1, **changes: Any) -> Profile:
    values: dict[str, Any] = {
        "doc_type": DocumentType.RESIDENT_ID,
        "document": f"45070219800101{no:04d}",
        "name": f"张三{no}",
        "phone": f"1380000{no:04d}",
        "unit_name": "钦州市第一中学",
        "region": "450702",
        "category": "pro_tech",
    }
    return Profile(**{**values, **changes})


async def a_person(tx: Writing, vault: Vault, no: int = 1, **changes: Any) -> int:
    [person_id] = await people.add_people(tx, vault, [NewPerson(profile=a_profile(no, **changes))], T0)
    return person_id


def a_version(no: int, text: str = "一加一等于几？") -> NewVersion:
    content = f'{{"stem":"{no} {text}"}}'.encode()
    return NewVersion(str(no), "single_choice", content, "a", sha256(content).hexdigest())


async def an_exam(tx: Writing, size: int = 3) -> Exam:
    await rulebooks.add_rulebook(tx, "guangxi-2014", DIGEST, "[meta]", T0)
    bank = await banks.add_bank(tx, "公需科目 2014", None, T0)
    versions = [a_version(no) for no in range(size)]
    batch = await banks.commit_import(tx, bank.id, "bank.xlsx", "0" * 64, versions, [], None, T0)
    await items.approve(tx, await items.ids_of_import(tx, batch.id), None, T0)
    release = await releases.make_release(tx, bank.id, None, T0)
    return await exams.publish(
        tx,
        NewExam(
            title="2014 年公需科目考试",
            rulebook_digest=DIGEST,
            credit_year=2014,
            release_id=release.id,
            blueprint="{}",
            by_person=None,
        ),
        T0,
    )


@dataclass(frozen=True)
class Place:
    """A person enrolled, with a round open."""

    person_id: int
    exam: Exam
    enrolment: Enrolment
    round: Round


async def a_place(tx: Writing, vault: Vault, no: int = 1, exam: Exam | None = None, **profile: Any) -> Place:
    exam = exam or await an_exam(tx)
    person_id = await a_person(tx, vault, no, **profile)
    enrolment, _ = await enrolments.enrol(tx, exam.id, person_id, exam.credit_year, DIGEST, T0)
    opened, _ = await enrolments.open_round(tx, enrolment.id, "open", 2, f"enrolment:{enrolment.id}", T0)
    return Place(person_id, exam, enrolment, opened)


def an_attempt(place: Place, **changes: Any) -> NewAttempt:
    values: dict[str, Any] = {
        "enrolment_id": place.enrolment.id,
        "round_id": place.round.id,
        "no": 1,
        "intent": f"{place.enrolment.id}.1.1.nonce",
        "started_ms": T0 + MINUTE,
        "base_deadline_ms": T0 + 61 * MINUTE,
        "base_reason": "time_limit",
        "seed": bytes(16),
        "generator": 1,
        "paper": b"paper",
        "release_id": place.exam.release_id,
        "rulebook_digest": DIGEST,
        "contract": "{}",
        "look_at_ms": T0 + 61 * MINUTE + 32_000,
    }
    return NewAttempt(**{**values, **changes})


def an_outcome(**changes: Any) -> NewOutcome:
    values: dict[str, Any] = {
        "state": "submitted",
        "score_hundredths": 8_000,
        "full_hundredths": 10_000,
        "result": "pass",
        "reason": "pass",
        "cause": "hand_in",
        "key_version": "sha256:1",
        "ended_ms": T0 + 31 * MINUTE,
        "deadline_ms": T0 + 61 * MINUTE,
        "deadline_reason": "time_limit",
    }
    return NewOutcome(**{**values, **changes})


async def a_running_attempt(database: Database, vault: Vault) -> tuple[Place, int]:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        attempt, _ = await attempts.begin(tx, an_attempt(place))
    return place, attempt.id
