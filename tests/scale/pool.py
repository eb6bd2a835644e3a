"""Three years of an exam, and a pool of sittings that were really drawn, answered and marked: attempts share them."""

import random
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

from examengine.banks.readers import read_bank
from examengine.demo.build import question_banks
from examengine.demo.practice import practice_text
from examengine.evidence.chain import seal
from examengine.grading.keys import keys_of
from examengine.grading.mark import mark
from examengine.papers.blueprint import from_json
from examengine.papers.draw import DrawPool
from examengine.papers.paper import pack
from examengine.publishing.exams import confirm_all, keep_rulebook, publish_exam
from examengine.publishing.imports import Checker, commit_reading
from examengine.publishing.items import release_bank
from examengine.records import accounts, banks, exams, people, roles
from examengine.records.database import Database
from examengine.records.exams import Exam
from examengine.records.people import NewPerson, Profile
from examengine.records.shapes import json_text
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.records.words import DocumentType, Role
from examengine.rules.calendar import window_of
from examengine.rules.load import load
from examengine.web.services import shuffled_letters

BANK = "guangxi-2024"
YEARS = (2024, 2025, 2026)
MINUTES = 60
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Sitting:
    """One that ended: everything of an attempt that does not name its person."""

    started_ms: int
    ended_ms: int
    deadline_ms: int
    state: str
    reason: str
    result: str
    score_hundredths: int | None
    full_hundredths: int
    key_version: str
    seed: bytes
    generator: int
    paper: bytes
    contract: str
    answers: str
    detail: str
    answered: int
    questions: int
    lines: bytes
    count: int
    header: str
    closing: str
    marks: bytes
    head: bytes


@dataclass(frozen=True, slots=True)
class Year:
    """An exam with its pool of sittings, failed and passed ones apart, each in the order of their starts."""

    exam: Exam
    opens_ms: int
    failed: tuple[Sitting, ...]
    passed: tuple[Sitting, ...]


async def make_years(database: Database, vault: Vault, size: int) -> tuple[Year, ...]:
    """The exams and their pools; exams that are there already are taken as they are."""
    shelf = Shelf()
    async with database.reading() as tx:
        known = {line.exam.credit_year: line.exam for line in await exams.list_exams(tx)}
    if set(known) < set(YEARS):
        known = await _exams(database, vault, shelf)
    return tuple([await _year(database, shelf, known[year], size) for year in YEARS])


async def _exams(database: Database, vault: Vault, shelf: Shelf) -> dict[int, Exam]:
    at_ms = int(datetime(2023, 12, 1, tzinfo=UTC).timestamp() * 1000)
    staff = ((Role.OPERATOR, "主管"), (Role.SUPPORT, "客服一"), (Role.SUPPORT, "客服二"))
    profiles = [
        NewPerson(
            profile=Profile(
                doc_type=DocumentType.OTHER,
                document=f"STAFF{number:04d}",
                name=name,
                unit_name="考试主管机构",
                region="450000",
                category="other",
            )
        )
        for number, (_role, name) in enumerate(staff)
    ]
    async with database.writing() as tx:
        ids = await people.add_people(tx, vault, profiles, at_ms)
        await accounts.add_accounts(tx, dict.fromkeys(ids, "unused"), at_ms, must_change=False, initial=False)
        for person_id, (role, _name) in zip(ids, staff, strict=True):
            await roles.grant_role(tx, person_id, role, None, at_ms)
        bank = await banks.add_bank(tx, "公需科目题库", ids[0], at_ms)
    path = question_banks() / f"{BANK}.xlsx"
    content = path.read_bytes()
    reading = read_bank(content, path.name)
    await commit_reading(
        database, bank.id, reading, path.name, content, shuffled_letters, ids[0], at_ms, checked_by=Checker(None)
    )
    release = await release_bank(database, bank.id, ids[0], at_ms)
    made = {}
    for year in YEARS:
        text, name = practice_text(year, f"{year} 年公需科目"), f"practice-{year}"
        kept = await keep_rulebook(database, text, name, at_ms)
        await confirm_all(database, kept.digest, load(text, name=name).assumed(), ids[0], "主管", at_ms)
        made[year] = await publish_exam(database, shelf, kept.digest, release.id, "", ids[0], at_ms)
    return made


async def _year(database: Database, shelf: Shelf, exam: Exam, size: int) -> Year:
    dice = random.Random(exam.credit_year)
    blueprint = from_json(exam.blueprint.encode())
    async with database.reading() as tx:
        rulebook = await shelf.rulebook(tx, exam.rulebook_digest)
        release = await shelf.release(tx, exam.release_id)
        items = await shelf.items(tx, [item.version_id for item in release.items])
    keys = keys_of(items.items())
    draws = DrawPool(blueprint, release, None)
    opens_ms = window_of(rulebook, exam.credit_year).opens_ms
    failed, passed = [], []
    while min(len(failed), len(passed)) < size // 2:
        made = _sitting(dice, exam, opens_ms, draws, items, keys, blueprint)
        (passed if made.result == "pass" else failed).append(made)
    by_start = attrgetter("started_ms")
    return Year(
        exam,
        opens_ms,
        tuple(sorted(failed[: size // 2], key=by_start)),
        tuple(sorted(passed[: size // 2], key=by_start)),
    )


def _sitting(dice: random.Random, exam: Exam, opens_ms: int, draws: DrawPool, items, keys, blueprint) -> Sitting:  # type: ignore[no-untyped-def]
    seed = dice.randbytes(16)
    paper = draws.draw(seed)
    skill = dice.choice((0.35, 0.5, 0.62, 0.75, 0.9))
    started_ms = opens_ms + dice.randrange(300 * 24 * 60) * MINUTE_MS + dice.randrange(MINUTE_MS)
    lines = [f"o {started_ms} 1 {started_ms + MINUTES * MINUTE_MS} 1 time_limit {len(paper.items)}"]
    at_ms = started_ms + 1500
    lines.append(f"c {at_ms} 1 page{dice.randrange(10**6)} Chrome/Windows")
    answers: dict[int, str] = {}
    for position, shown in enumerate(paper.items, start=1):
        at_ms += dice.randrange(8_000, 70_000)
        if dice.random() < 0.02:
            continue
        right = "".join(sorted(keys[shown.version_id]))
        wrong = "".join(sorted(dice.sample(shown.option_order, max(1, len(right)))))
        answers[position] = right if dice.random() < skill else wrong
        lines.append(f"a {at_ms} 1.{position} {position} {position} 0 {answers[position]}")
    absent = dice.random() < 0.03
    deadline_ms = started_ms + MINUTES * MINUTE_MS
    ended_ms = deadline_ms if absent else min(at_ms + 20_000, deadline_ms - 1)
    lines.append(f"z {ended_ms} {'deadline' if absent else 'hand_in'} {ended_ms}")
    score = mark(paper, blueprint, answers, keys)
    total = None if absent else score.total_hundredths
    is_pass = total is not None and total >= 6000
    detail = {
        "cells": [[c.cell, c.items, c.right, c.hundredths, c.full_hundredths] for c in score.cells],
        "items": [[i.position, i.verdict.value, i.hundredths] for i in score.items],
    }
    archive = seal({"attempt": 0}, lines, {"outcome": {}})
    contract = {
        "enrolment_id": 0,
        "round_no": 1,
        "no": 1,
        "label": "regular",
        "allowed": 3,
        "left": 3,
        "minutes": MINUTES,
        "told_ms": started_ms,
        "deadline_ms": deadline_ms,
        "deadline_reason": "time_limit",
        "base_deadline_ms": deadline_ms,
        "base_reason": "time_limit",
        "window_closes_ms": opens_ms + 365 * 86_400_000,
        "rulebook_digest": exam.rulebook_digest,
    }
    return Sitting(
        started_ms=started_ms,
        ended_ms=ended_ms,
        deadline_ms=deadline_ms,
        state="expired_no_score" if absent else "submitted",
        reason="fail_no_score" if absent else ("pass" if is_pass else "fail_score"),
        result="pass" if is_pass else "fail",
        score_hundredths=total,
        full_hundredths=score.full_hundredths,
        key_version="" if absent else "keys",
        seed=seed,
        generator=paper.generator,
        paper=pack(paper),
        contract=json_text(contract),
        answers=json_text({str(paper.items[p - 1].version_id): value for p, value in answers.items()}),
        detail=json_text(None if absent else detail),
        answered=len(answers),
        questions=len(paper.items),
        lines=zlib.compress("\n".join(lines).encode()),
        count=len(lines),
        header=archive.header,
        closing=archive.closing,
        marks=archive.marks,
        head=archive.head,
    )
