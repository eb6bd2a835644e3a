"""Builds the demo authority through the same functions that serve requests; only its clock is shifted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from examengine.banks.readers import read_bank
from examengine.demo.people import CANDIDATES, PASSWORD, STAFF, DemoPerson, Standing
from examengine.demo.practice import practice_text
from examengine.demo.typed import add_typed_exam, right_answer
from examengine.enrolment.rounds import activate_card, enrol
from examengine.live import CloseReason, Operation, Pen
from examengine.papers.apportion import By, apportioned
from examengine.papers.blueprint import Blueprint, section_cell, section_kinds
from examengine.papers.paper import unpack
from examengine.publishing.blueprints import keep_blueprint
from examengine.publishing.exams import confirm_all, keep_rulebook, publish_exam
from examengine.publishing.imports import Checker, commit_reading
from examengine.publishing.items import release_bank
from examengine.records import accounts, attempts, banks, cards, duties, enrolments, hearing, people, roles
from examengine.records.cards import NewCard
from examengine.records.enrolments import Enrolment
from examengine.records.exams import Exam
from examengine.records.people import NewPerson, Profile
from examengine.records.words import DocumentType, Role
from examengine.refusals import Refusal
from examengine.rules.calendar import MINUTE_MS, SECOND_MS, window_of
from examengine.rules.load import load, packaged_text, rulebook_ids
from examengine.rules.rulebook import EnrolmentMode, Rulebook
from examengine.sittings.start import Started, StartIntent
from examengine.support.accommodations import ACCOMMODATE, AccommodationOrder, sealed
from examengine.support.acts import Means
from examengine.web.assets import folder
from examengine.web.services import Services, shuffled_letters

ZONE = ZoneInfo("Asia/Shanghai")
DAY_MS = 24 * 60 * MINUTE_MS
HOTLINE_HOURS = "工作日 9:00—12:00，14:00—18:00"
CARD_REGION = "450702"
WITH_TYPED_ANSWERS = (Standing.TYPED, Standing.AWAITING)

log = structlog.get_logger("examengine.demo")


@dataclass(frozen=True, slots=True)
class Card:
    """An activation card that is still to be used."""

    number: str
    code: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What was built, for the printed sheet."""

    subject: str
    rulebook: Rulebook
    cards: tuple[Card, ...]


def question_banks() -> Path:
    """Where the project's own banks lie."""
    return folder("question_banks")


def rules_of(now_ms: int) -> tuple[str, str, str]:
    """Rulebook text, its id and the bank for the year that the clock shows."""
    year = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone(ZONE).year
    packaged = f"guangxi-{year}"
    if packaged in rulebook_ids():
        return packaged_text(packaged), packaged, packaged
    subject = "高质量共建“一带一路”（练习）"
    return practice_text(year, subject), f"practice-{year}", "guangxi-2024"


class Builder:
    """Builds people, bank, exam and the candidates' pasts."""

    def __init__(self, services: Services, now_ms: int) -> None:
        self._services = services
        self._now_ms = now_ms

    async def build(self) -> Demo:
        """Everything, once. The stamps lie in the past as far as the window allows."""
        text, rulebook_id, bank_name = rules_of(self._now_ms)
        given = _rulebook(text, rulebook_id)
        window = window_of(given, given.meta.year)
        past_ms = min(max(window.opens_ms, self._now_ms - 3 * DAY_MS), self._now_ms)
        founded_ms = past_ms - DAY_MS
        async with self._services.database.writing() as tx:  # in a past that is made up everyone was heard
            await hearing.begin(tx, founded_ms, hearing.ALL_SLOTS, until_ms=self._now_ms)
        ids = await self._people(founded_ms)
        await self._roster(ids, founded_ms, window.closes_ms)
        authority = _authority()
        rulebook = await keep_rulebook(self._services.database, text, rulebook_id, founded_ms)
        assumed = load(text, name=rulebook_id).assumed()
        await confirm_all(
            self._services.database, rulebook.digest, assumed, ids[authority.document], authority.name, founded_ms
        )
        author, checker = ids[STAFF[0].document], ids[STAFF[1].document]
        bank_id = await self._bank(bank_name, rulebook.meta.subject, author, checker, founded_ms)
        release = await release_bank(self._services.database, bank_id, author, founded_ms)
        await self._blueprint(rulebook, bank_id, release.id, author, founded_ms)
        exam = await publish_exam(
            self._services.database,
            self._services.shelf,
            rulebook.digest,
            release.id,
            "",
            ids[authority.document],
            founded_ms,
        )
        await self._accommodations(ids, past_ms)
        spare = await self._cards(rulebook, founded_ms)
        await self._typed(ids, author, checker, past_ms, founded_ms)
        for person in CANDIDATES:
            if person.standing in WITH_TYPED_ANSWERS:
                continue
            enrolment = await self._enrolled(ids[person.document], exam, past_ms)
            if window.holds(past_ms):
                await self._candidate(person, enrolment, rulebook, spare, past_ms)
        return Demo(rulebook.meta.subject, rulebook, tuple(spare))

    async def _typed(self, ids: Mapping[str, int], author: int, checker: int, past_ms: int, founded_ms: int) -> None:
        """The second exam and its two candidates."""
        authority, year = _authority(), datetime.fromtimestamp(self._now_ms / 1000, tz=ZONE).year
        exam, rulebook = await add_typed_exam(
            self._services, year, author, checker, ids[authority.document], authority.name, founded_ms
        )
        window = window_of(rulebook, exam.credit_year)
        for person in CANDIDATES:
            if person.standing not in WITH_TYPED_ANSWERS:
                continue
            enrolment = await self._enrolled(ids[person.document], exam, past_ms)
            if not window.holds(past_ms):
                continue
            await self._candidate(person, enrolment, rulebook, [], past_ms)

    async def _people(self, at_ms: int) -> dict[str, int]:
        password_hash = await self._services.passwords.hashed(PASSWORD)
        everyone = (*STAFF, *CANDIDATES)
        async with self._services.database.writing() as tx:
            new = [NewPerson(profile=_profile(person)) for person in everyone]
            ids = await people.add_people(tx, self._services.vault, new, at_ms)
            hashes = dict.fromkeys(ids, password_hash)
            await accounts.add_accounts(tx, hashes, at_ms, must_change=False, initial=False)
            for person, person_id in zip(everyone, ids, strict=True):
                await roles.grant_role(tx, person_id, person.role, None, at_ms)
        return {person.document: person_id for person, person_id in zip(everyone, ids, strict=True)}

    async def _roster(self, ids: Mapping[str, int], from_ms: int, until_ms: int) -> None:
        """Support is on duty as long as the exam is open, so that another one can be published."""
        by = ids[_authority().document]
        async with self._services.database.writing() as tx:
            for person in (one for one in STAFF if one.role is Role.SUPPORT):
                person_id = ids[person.document]
                end_ms = max(until_ms, from_ms + DAY_MS)
                await duties.add_duty(tx, person_id, from_ms, end_ms, by, from_ms, f"demo:{person_id}")

    async def _bank(self, bank_name: str, subject: str, author_id: int, checker_id: int, at_ms: int) -> int:
        path = question_banks() / f"{bank_name}.xlsx"
        content = path.read_bytes()
        async with self._services.database.writing() as tx:
            bank = await banks.add_bank(tx, subject, author_id, at_ms)
        reading = read_bank(content, path.name)
        await commit_reading(
            self._services.database,
            bank.id,
            reading,
            path.name,
            content,
            shuffled_letters,
            author_id,
            at_ms,
            checked_by=Checker(checker_id),
        )
        return bank.id

    async def _accommodations(self, ids: Mapping[str, int], at_ms: int) -> None:
        """A quarter more time for good, which takes two of the desk."""
        first, second = (ids[one.document] for one in STAFF if one.role is Role.SUPPORT)
        for person in (one for one in CANDIDATES if one.standing is Standing.ACCOMMODATED):
            person_id = ids[person.document]
            async with self._services.database.writing() as tx:
                order = AccommodationOrder(
                    person_id=person_id,
                    percent=25,
                    minutes=None,
                    breaks_minutes=0,
                    document_sealed=await sealed(tx, self._services.vault, person_id, "残疾人证（视力三级）"),
                    begins_ms=at_ms,
                    expires_ms=None,
                    ordered_ms=at_ms,
                    by_person=first,
                    second_person=second,
                    reason_category="document",
                    reason="证件已核对原件",
                    ticket="KF-0001",
                    nonce=f"demo:{person_id}",
                )
                await ACCOMMODATE.perform(tx, Means(self._services.shelf), order, at_ms)

    async def _blueprint(self, rulebook: Rulebook, bank_id: int, release_id: int, author_id: int, at_ms: int) -> None:
        """What an author would start from: every topic with its share."""
        async with self._services.database.reading() as tx:
            release = await self._services.shelf.release(tx, release_id)
        sections = [section_cell(rulebook, kind) for kind in section_kinds(rulebook)]
        cells = apportioned(sections, release, rulebook.window.closes_on, By())
        await keep_blueprint(
            self._services.database,
            bank_id,
            "按知识点组卷",
            Blueprint(cells, rulebook.exam.full_score * 100),
            rulebook.digest,
            0,
            author_id,
            at_ms,
        )

    async def _cards(self, rulebook: Rulebook, at_ms: int) -> list[Card]:
        if rulebook.enrolment.mode is not EnrolmentMode.CARD:
            return []
        made = [Card(f"GX{n:08d}", f"{(n * 7919) % 1_000_000:06d}") for n in range(1, 13)]
        async with self._services.database.writing() as tx:
            vault = self._services.vault
            new = [NewCard(c.number, vault.card_code_hash(c.number, c.code), CARD_REGION, at_ms) for c in made]
            await cards.add_cards(tx, new, at_ms)
        return made

    async def _enrolled(self, person_id: int, exam: Exam, at_ms: int) -> Enrolment:
        async with self._services.database.writing() as tx:
            enrolment = await enrol(tx, self._services.shelf, exam, person_id, exam.credit_year, at_ms)
        assert not isinstance(enrolment, Refusal)
        return enrolment

    async def _candidate(
        self, person: DemoPerson, enrolment: Enrolment, rulebook: Rulebook, spare: list[Card], past_ms: int
    ) -> None:
        services = self._services
        if spare and person is not CANDIDATES[-1]:
            card = spare.pop(0)
            refusal = await activate_card(
                services.database,
                services.shelf,
                services.vault,
                enrolment.id,
                enrolment.person_id,
                card.number,
                card.code,
                past_ms,
            )
            assert refusal is None, refusal
        elif spare:
            return
        percent = 60 if person.standing is Standing.LEARNING else 100
        async with services.database.writing() as tx:
            await enrolments.report_learning(tx, enrolment.id, 1, percent, "demo", past_ms)
        await self._past(person, enrolment, rulebook, past_ms)

    async def _past(self, person: DemoPerson, enrolment: Enrolment, rulebook: Rulebook, past_ms: int) -> None:
        allowed, minutes = rulebook.exam.attempts, rulebook.exam.minutes
        step_ms = (minutes + 5) * MINUTE_MS
        if past_ms + allowed * step_ms >= self._now_ms:
            return
        match person.standing:
            case Standing.PASSED:
                await self._sat(enrolment, 1, past_ms, share_right=0.9)
            case Standing.ONE_LEFT:
                for no in range(1, allowed):
                    await self._sat(enrolment, no, past_ms + (no - 1) * step_ms, share_right=0.4)
            case Standing.EXHAUSTED:
                for no in range(1, allowed):
                    await self._sat(enrolment, no, past_ms + (no - 1) * step_ms, share_right=0.3)
                await self._missed(enrolment, allowed, past_ms + (allowed - 1) * step_ms, rulebook)
            case Standing.MID_EXAM:
                started_ms = self._now_ms - 10 * MINUTE_MS
                attempt_id = await self._started(enrolment, 1, started_ms)
                await self._answer(attempt_id, enrolment.person_id, started_ms, 0.8, items=23)
            case Standing.AWAITING:
                await self._sat(enrolment, 1, self._now_ms - step_ms, share_right=1)

    async def _started(self, enrolment: Enrolment, no: int, at_ms: int) -> int:
        intent = StartIntent(enrolment.id, enrolment.person_id, 1, no, f"demo{no}")
        started = await self._services.starter.start(intent, 1, at_ms)
        assert isinstance(started, Started), started
        return started.attempt_id

    async def _answer(
        self, attempt_id: int, person_id: int, started_ms: int, share_right: float, items: int | None = None
    ) -> Pen:
        """Answer from the first item on, one every ten seconds; the first ``share_right`` of them rightly."""
        services = self._services
        async with services.database.reading() as tx:
            owned = await attempts.get_attempt(tx, attempt_id)
            paper = unpack(owned.attempt.paper)
            keys = await services.shelf.items(tx, [item.version_id for item in paper.items])
        claimed = await services.desk.claim(attempt_id, person_id, 1, "demo", "demo", started_ms)
        pen = Pen(attempt_id, person_id, 1, claimed.generation, claimed.epoch)
        count = items if items is not None else len(paper.items)
        for position, placed in enumerate(paper.items[:count], 1):
            key = keys[placed.version_id].key
            # spread the wrong ones over the paper
            is_right = (position * 0.618) % 1 < share_right
            wrong = [option for option in placed.option_order if option not in key] or [*placed.option_order, ""]
            value = right_answer(keys[placed.version_id]) if is_right else wrong[0]
            stamp_ms = started_ms + position * 10 * SECOND_MS
            await services.desk.save(pen, Operation(position, "a", position, 0, value), stamp_ms)
        return pen

    async def _sat(self, enrolment: Enrolment, no: int, at_ms: int, share_right: float) -> None:
        attempt_id = await self._started(enrolment, no, at_ms)
        pen = await self._answer(attempt_id, enrolment.person_id, at_ms, share_right)
        await self._services.finisher.by_page(pen, CloseReason.HAND_IN, at_ms + 20 * MINUTE_MS)

    async def _missed(self, enrolment: Enrolment, no: int, at_ms: int, rulebook: Rulebook) -> None:
        attempt_id = await self._started(enrolment, no, at_ms)
        await self._answer(attempt_id, enrolment.person_id, at_ms, 0.5, items=11)
        ends_ms = at_ms + (rulebook.exam.minutes + 2) * MINUTE_MS
        await self._services.finisher.when_due(attempt_id, ends_ms)


def _authority() -> DemoPerson:
    """Who confirms and publishes."""
    return next(person for person in STAFF if person.role is Role.OPERATOR)


def _rulebook(text: str, rulebook_id: str) -> Rulebook:
    rulebook = load(text, name=rulebook_id).rulebook
    assert rulebook is not None
    return rulebook


def _profile(person: DemoPerson) -> Profile:
    return Profile(
        doc_type=DocumentType.RESIDENT_ID,
        document=person.document,
        name=person.name,
        phone=person.phone,
        unit_name="钦州市第一中学" if person.role is Role.CANDIDATE else "考试中心",
        region="450702",
        category="pro_tech",
    )
