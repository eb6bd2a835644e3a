"""An exam for people who do not exist: what a bench measures and a capacity drill sits."""

from examengine.banks.readers import read_bank
from examengine.demo.build import question_banks
from examengine.demo.practice import practice_text
from examengine.publishing.exams import confirm_all, keep_rulebook, publish_exam
from examengine.publishing.imports import Checker, commit_reading
from examengine.publishing.items import release_bank
from examengine.records import banks
from examengine.records.database import Database
from examengine.records.exams import Exam
from examengine.records.shelf import Shelf
from examengine.rules.load import load
from examengine.web.services import shuffled_letters

BANK = "guangxi-2024"


async def published(database: Database, shelf: Shelf, subject: str, authority: int, year: int, now_ms: int) -> Exam:
    """The packaged bank under the practice rules of ``year``, a paper of 50 items of three kinds; published by a
    person who is there already.
    """
    text, name = practice_text(year, subject), f"practice-{year}"
    rulebook = await keep_rulebook(database, text, name, now_ms)
    await confirm_all(database, rulebook.digest, load(text, name=name).assumed(), authority, subject, now_ms)
    path = question_banks() / f"{BANK}.xlsx"
    content = path.read_bytes()
    async with database.writing() as tx:
        bank = await banks.add_bank(tx, subject, authority, now_ms)
    reading = read_bank(content, path.name)
    await commit_reading(
        database,
        bank.id,
        reading,
        path.name,
        content,
        shuffled_letters,
        authority,
        now_ms,
        checked_by=Checker(None),
    )
    release = await release_bank(database, bank.id, authority, now_ms)
    return await publish_exam(database, shelf, rulebook.digest, release.id, "", authority, now_ms)
