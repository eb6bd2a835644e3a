"""An authority, exams of a minute or two, people with cookies: written straight to the record before it begins."""

import random
from dataclasses import dataclass
from string import ascii_lowercase

from examengine.banks.item import to_json, with_random_option_ids
from examengine.clock import SystemClock
from examengine.demo.practice import practice_text
from examengine.enrolment.rounds import enrol
from examengine.publishing.exams import confirm_all, keep_rulebook, publish_exam
from examengine.publishing.items import release_bank
from examengine.records import accounts, banks, enrolments, migrate, people, roles
from examengine.records import items as kept_items
from examengine.records.banks import NewVersion
from examengine.records.database import Database
from examengine.records.enrolments import LearningReport
from examengine.records.exams import Exam
from examengine.records.people import NewPerson, Profile
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.records.words import DocumentType, Role
from examengine.refusals import Refusal
from examengine.rules.load import load
from examengine.web.tokens import Tokens
from tests.world import items, local_year, written

PRESENCE_S, GRACE_S = 30, 5
ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class Somebody:
    """A candidate: whom the cookie names, and what he may sit."""

    cookie: str
    enrolment_id: int
    minutes: int


async def prepare(
    database_url: str,
    signing_keys: tuple[str, ...],
    field_keys: tuple[str, ...],
    crowd: int,
    lengths: tuple[int, ...],
) -> list[Somebody]:
    """``crowd`` people, the exams' ``lengths`` in minutes given out in turns."""
    await migrate.upgrade(database_url)
    database = await Database.open(database_url)
    try:
        clock, vault, tokens = SystemClock(), Vault(field_keys), Tokens(signing_keys)
        now_ms = clock.now_ms()
        shelf = Shelf()
        new = [NewPerson(profile=_profile(number)) for number in range(crowd + 1)]
        async with database.writing() as tx:
            ids = await people.add_people(tx, vault, new, now_ms)
            await accounts.add_accounts(tx, dict.fromkeys(ids, "unused"), now_ms, must_change=False, initial=False)
            await roles.grant_new_people(tx, ids, Role.CANDIDATE, None, now_ms)
        authority, *sitting = ids
        exams = [await _exam(database, shelf, authority, minutes, now_ms) for minutes in lengths]
        made: list[Somebody] = []
        reports: list[LearningReport] = []
        async with database.writing() as tx:
            for number, person_id in enumerate(sitting):
                minutes, exam = lengths[number % len(lengths)], exams[number % len(lengths)]
                enrolment = await enrol(tx, shelf, exam, person_id, exam.credit_year, now_ms)
                assert not isinstance(enrolment, Refusal), enrolment
                reports.append(LearningReport(0, enrolment.id, 1, 100, now_ms, "chaos"))
                made.append(Somebody(tokens.session(person_id, 1, now_ms), enrolment.id, minutes))
            await enrolments.report_learning_of_many(tx, reports)
        return made
    finally:
        await database.close()


async def _exam(database: Database, shelf: Shelf, authority: int, minutes: int, now_ms: int) -> Exam:
    override = {
        "exam.minutes": minutes,
        "exam.attempts": ATTEMPTS,
        "exam.retake_after_pass": True,
        "exam.timeout.presence_seconds": PRESENCE_S,
        "exam.timeout.submit_grace_seconds": GRACE_S,
    }
    year = local_year(now_ms)
    name = f"practice-{year}"
    loaded = load(practice_text(year, f"断线考试{minutes}"), name=name, override=override)
    text = written(loaded, dict.fromkeys(loaded.provenance, "S:chaos"))
    kept = await keep_rulebook(database, text, name, now_ms)
    await confirm_all(database, kept.digest, load(text, name=name).assumed(), authority, "chaos", now_ms)
    bank_id = await _bank(database, f"bank{minutes}", now_ms)
    release = await release_bank(database, bank_id, None, now_ms)
    return await publish_exam(database, shelf, kept.digest, release.id, f"exam{minutes}", authority, now_ms)


async def _bank(database: Database, name: str, now_ms: int) -> int:
    dice = random.Random(7)
    async with database.writing() as tx:
        bank = await banks.add_bank(tx, name, None, now_ms)
        versions = []
        for item in items():
            kept = with_random_option_ids(item, dice.sample(ascii_lowercase, 26))
            digest = f"{hash(item.stem) & 0xFFFFFFFFFFFF:064x}"
            key = "".join(sorted(kept.key))
            versions.append(NewVersion(item.external_no, item.kind.value, to_json(kept), key, digest))
        batch = await banks.commit_import(tx, bank.id, "made.xlsx", "0" * 64, versions, [], None, now_ms)
        await kept_items.approve(tx, await kept_items.ids_of_import(tx, batch.id), None, now_ms)
    return bank.id


def _profile(number: int) -> Profile:
    return Profile(
        doc_type=DocumentType.PASSPORT,
        document=f"C{number:08d}",
        name="考生",
        phone="",
        unit_name="",
        region="450702",
        category="pro_tech",
    )
