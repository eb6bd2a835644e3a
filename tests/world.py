"""A whole engine for a test: services on a real database and a real Redis, a clock that stands still, people."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from string import ascii_lowercase
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx2

from examengine.accounts.passwords import Cost
from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option, to_json, with_random_option_ids
from examengine.clock import MovableClock, ShiftedClock
from examengine.demo.practice import practice_text
from examengine.enrolment.rounds import enrol
from examengine.live import Operation, Pen
from examengine.papers.paper import Paper, unpack
from examengine.publishing.exams import confirm_all, keep_rulebook, publish_exam
from examengine.publishing.items import release_bank
from examengine.records import (
    accounts,
    attempts,
    banks,
    enrolments,
    entries,
    outbox,
    outcomes,
    people,
    roles,
)
from examengine.records import items as kept_items
from examengine.records.attempts import Attempt
from examengine.records.banks import NewVersion
from examengine.records.enrolments import Enrolment, LearningReport
from examengine.records.entries import Entry, NewEntry
from examengine.records.exams import Exam
from examengine.records.outcomes import Outcome
from examengine.records.people import NewPerson, Profile
from examengine.records.words import Decision, DocumentType, EntryKind, OutboxKind, Role
from examengine.refusals import Refusal
from examengine.rules.load import Loaded, flatten, load, usable
from examengine.settings import Settings
from examengine.sittings.start import Started, StartIntent
from examengine.support import second as second_person
from examengine.support import voids
from examengine.support.acts import Asked, Means, act
from examengine.support.acts import Kind as ActKind
from examengine.support.voids import VoidOrder
from examengine.web.app import create_app, session_cookie
from examengine.web.services import Services, open_services
from tests.remembered import remembered

T = TypeVar("T")

OPENS = "2026-06-01T09:00:00+08:00"
ORIGIN = "http://testserver"
SETTINGS_KEYS = ("a signing key of at least 32 characters for tests",)
BANK = "测试题库"
CHEAP = Cost(passes=1, memory_kib=64)
FIELD_KEYS = ("a field key of at least 32 characters, for tests",)
EVIDENCE_KEYS = ("dGhpcnR5LXR3byBieXRlcyBmb3IgdGVzdHMsIG9rISE",)


def ms(text: str) -> int:
    """An ISO instant in milliseconds."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def local_year(now_ms: int) -> int:
    """The year in China."""
    return datetime.fromtimestamp(now_ms / 1000, tz=ZoneInfo("Asia/Shanghai")).year


def resident_id(number: int) -> str:
    """A made-up resident ID number that passes its check digit."""
    born = date(1980, 1, 1) + timedelta(days=number // 1000)
    body = f"450702{born:%Y%m%d}{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def items(single: int = 60, multiple: int = 20, judge: int = 20) -> list[Item]:
    """Made-up items: the key of every single is its option 甲, of every multiple 甲 and 乙, of every judge 正确."""
    texts = ("甲", "乙", "丙", "丁")
    options = tuple(Option("abcd"[i], f"选项{text}") for i, text in enumerate(texts))
    made = [
        Item(Kind.SINGLE_CHOICE, f"单选第 {n} 题的题干是什么？", options, frozenset("a"), external_no=f"S{n}")
        for n in range(single)
    ]
    made += [
        Item(Kind.MULTIPLE_CHOICE, f"多选第 {n} 题包括哪些？", options, frozenset("ab"), external_no=f"M{n}")
        for n in range(multiple)
    ]
    made += [
        Item(Kind.TRUE_FALSE, f"判断第 {n} 题是对的。", TRUE_FALSE_OPTIONS, frozenset("t"), external_no=f"J{n}")
        for n in range(judge)
    ]
    return made


@dataclass
class World:
    """Services with builders. Times are local, in ISO, unless they end in ``_ms``."""

    services: Services
    clock: MovableClock | ShiftedClock
    app: Any
    year: int = 2026
    made_people: int = 0
    made_entries: int = 0
    exams: dict[str, Exam] = field(default_factory=dict)

    @property
    def now_ms(self) -> int:
        return self.clock.now_ms()

    async def person(
        self, *held: Role, name: str = "张三", password_hash: str = "unused", unit: str = "第一中学"
    ) -> int:
        """A person with an account and roles (a candidate where none is named)."""
        self.made_people += 1
        profile = Profile(
            doc_type=DocumentType.RESIDENT_ID,
            document=resident_id(self.made_people),
            name=name,
            phone=f"138{self.made_people:08d}",
            unit_name=unit,
            region="450702",
            category="pro_tech",
        )
        async with self.services.database.writing() as tx:
            [person_id] = await people.add_people(tx, self.services.vault, [NewPerson(profile=profile)], self.now_ms)
            await accounts.add_accounts(tx, {person_id: password_hash}, self.now_ms, must_change=False, initial=False)
            for role in held or (Role.CANDIDATE,):
                await roles.grant_role(tx, person_id, role, None, self.now_ms)
        return person_id

    async def bank(self, made: list[Item] | None = None, name: str = BANK) -> int:
        """A bank of made-up items, all of them checked."""
        made = made if made is not None else items()
        return await self._remembered(("bank", tuple(made), name), lambda: self._bank(made, name))

    async def _bank(self, made: list[Item], name: str) -> int:
        dice = random.Random(7)
        async with self.services.database.writing() as tx:
            bank = await banks.add_bank(tx, name, None, self.now_ms)
            versions = []
            for item in made:
                kept = with_random_option_ids(item, dice.sample(ascii_lowercase, 26))
                key = "".join(sorted(kept.key))
                digest = f"{hash(item.stem) & 0xFFFFFFFFFFFF:064x}"
                versions.append(NewVersion(item.external_no, item.kind.value, to_json(kept), key, digest))
            batch = await banks.commit_import(tx, bank.id, "made.xlsx", "0" * 64, versions, [], None, self.now_ms)
            await kept_items.approve(tx, await kept_items.ids_of_import(tx, batch.id), None, self.now_ms)
        return bank.id

    async def exam(
        self,
        override: Mapping[str, Any] | None = None,
        *,
        rulebook: str | None = None,
        bank_id: int | None = None,
        blueprint_id: int | None = None,
    ) -> Exam:
        """A published exam under the year's practice rules, or a rulebook's text, with values overridden."""
        rules = rulebook_text(self.year, rulebook, override or {})
        if bank_id is None and blueprint_id is None:
            return await self._remembered(("exam", rules), lambda: self._exam(rules, None, None))
        return await self._exam(rules, bank_id, blueprint_id)

    async def _exam(
        self, rules: tuple[str, str, tuple[str, ...]], bank_id: int | None, blueprint_id: int | None
    ) -> Exam:
        name, text, assumed = rules
        kept = await keep_rulebook(self.services.database, text, name, self.now_ms)
        authority = await self.person(Role.OPERATOR, name="主管")
        if assumed:
            await confirm_all(self.services.database, kept.digest, assumed, authority, "主管", self.now_ms)
        bank_id = bank_id if bank_id is not None else await self._bank(items(), BANK)
        release = await release_bank(self.services.database, bank_id, None, self.now_ms)
        return await publish_exam(
            self.services.database,
            self.services.shelf,
            kept.digest,
            release.id,
            "",
            authority,
            self.now_ms,
            blueprint_id=blueprint_id,
        )

    async def _remembered(self, call: tuple[object, ...], build: Callable[[], Awaitable[T]]) -> T:
        """What a builder answers, by it or from memory; the people it makes are counted all the same."""
        stood = self.made_people

        async def built() -> tuple[T, int]:
            return await build(), self.made_people - stood

        told, people_made = await remembered(self.services.database, (*call, stood, self.now_ms), built)
        self.made_people = stood + people_made
        return told

    async def enrolled(
        self, exam: Exam, person_id: int, *, learned: bool = True, credit_year: int | None = None
    ) -> Enrolment:
        """A person enrolled, with the learning done."""
        async with self.services.database.writing() as tx:
            year = exam.credit_year if credit_year is None else credit_year
            enrolment = await enrol(tx, self.services.shelf, exam, person_id, year, self.now_ms)
            assert not isinstance(enrolment, Refusal)
            if learned:
                await enrolments.report_learning(tx, enrolment.id, 1, 100, "test", self.now_ms)
        return enrolment

    async def started(self, enrolment: Enrolment, *, round_no: int = 1, no: int = 1, nonce: str = "n") -> int:
        """A running attempt; its id."""
        intent = StartIntent(enrolment.id, enrolment.person_id, round_no, no, nonce)
        started = await self.services.starter.start(intent, 1, self.now_ms)
        assert isinstance(started, Started), started
        return started.attempt_id

    async def crowd(self, exam: Exam, size: int) -> list[Enrolment]:
        """Many people enrolled at once, with the learning done."""
        profiles = [
            NewPerson(
                profile=Profile(
                    doc_type=DocumentType.PASSPORT,
                    document=f"E{self.made_people + n:08d}",
                    name="考生",
                    phone="",
                    unit_name="第一中学",
                    region="450702",
                    category="pro_tech",
                )
            )
            for n in range(1, size + 1)
        ]
        self.made_people += size
        async with self.services.database.writing() as tx:
            ids = await people.add_people(tx, self.services.vault, profiles, self.now_ms)
            made = []
            for person_id in ids:
                enrolment = await enrol(tx, self.services.shelf, exam, person_id, exam.credit_year, self.now_ms)
                assert not isinstance(enrolment, Refusal)
                made.append(enrolment)
            await enrolments.report_learning_of_many(
                tx, [LearningReport(0, made_one.id, 1, 100, self.now_ms, "test") for made_one in made]
            )
        return made

    async def a_candidate_in_an_exam(self, override: Mapping[str, Any] | None = None) -> tuple[int, Enrolment, int]:
        """Person, enrolment and running attempt. Candidates under the same rules sit the same exam."""
        person_id = await self.person()
        key = repr(sorted((override or {}).items()))
        if key not in self.exams:
            self.exams[key] = await self.exam(override)
        enrolment = await self.enrolled(self.exams[key], person_id)
        return person_id, enrolment, await self.started(enrolment)

    async def pen(self, attempt_id: int, person_id: int, *, page: str = "page", session_version: int = 1) -> Pen:
        """The pen of a page that is opened now."""
        desk = self.services.desk
        claimed = await desk.claim(attempt_id, person_id, session_version, page, "test", self.now_ms)
        return Pen(attempt_id, person_id, session_version, claimed.generation, claimed.epoch)

    async def attempt(self, attempt_id: int) -> Attempt:
        """The attempt as SQL has it."""
        async with self.services.database.reading() as tx:
            return (await attempts.get_attempt(tx, attempt_id)).attempt

    async def paper(self, attempt_id: int) -> Paper:
        return unpack((await self.attempt(attempt_id)).paper)

    async def right_answers(self, attempt_id: int) -> dict[int, str]:
        """Position to the option ids that are right."""
        paper = await self.paper(attempt_id)
        async with self.services.database.reading() as tx:
            known = await self.services.shelf.items(tx, [item.version_id for item in paper.items])
        return {position: "".join(sorted(known[item.version_id].key)) for position, item in enumerate(paper.items, 1)}

    async def answer(self, pen: Pen, answers: Mapping[int, str]) -> None:
        """Save answers through the desk, one operation each."""
        for sequence, (position, value) in enumerate(answers.items(), 1):
            saved = await self.services.desk.save(pen, Operation(sequence, "a", position, 0, value), self.now_ms)
            assert saved.word == "saved", saved

    async def series(self, attempt_id: int) -> tuple[Outcome, ...]:
        """Every outcome of an attempt, oldest first."""
        async with self.services.database.reading() as tx:
            return await outcomes.series(tx, attempt_id)

    async def outcome(self, attempt_id: int) -> Outcome:
        """The only outcome of an attempt."""
        [only] = await self.series(attempt_id)
        return only

    async def extra_time(self, enrolment: Enrolment, attempt_id: int, minutes: int) -> Entry:
        """An entry of extra time with its push, as support's page will write them."""
        self.made_entries += 1
        by = await self.person(Role.SUPPORT, name="客服")
        new = NewEntry(
            enrolment_id=enrolment.id,
            kind=EntryKind.EXTRA_TIME,
            amount=minutes,
            attempt_id=attempt_id,
            by_person=by,
            reason_category="platform",
            reason="考场断网",
            source=f"test:{self.made_entries}",
        )
        async with self.services.database.writing() as tx:
            await enrolments.lock_enrolment(tx, enrolment.id)
            entry, _ = await entries.add_entry(tx, new, self.now_ms)
            await outbox.put(tx, attempt_id, OutboxKind.DEADLINE, {"entry": entry.id}, self.now_ms)
        return entry

    async def voided(self, attempt_id: int) -> None:
        """Void an attempt by two persons."""
        first, second = await self.person(Role.SUPPORT), await self.person(Role.SUPPORT)
        order = VoidOrder(
            attempt_id=attempt_id, by_person=first, reason_category="platform", reason="平台故障", ticket="T-1"
        )
        asked = await self.ordered(voids.KIND, order)
        assert isinstance(asked, Asked)
        assert await self.decided(asked.approval_id, second) is None

    async def ordered(self, kind: ActKind[Any], order: Any) -> Entry | Asked | Refusal | None:
        """What the desk answers to an order."""
        return await act(self.services.database, Means(self.services.shelf), kind, order, self.now_ms)

    async def performed(self, kind: ActKind[Any], order: Any) -> Entry | Refusal | None:
        """An order carried out whatever its agent's bounds, as a second person would have it."""
        async with self.services.database.writing() as tx:
            return await kind.perform(tx, Means(self.services.shelf), order, self.now_ms)

    async def decided(
        self, approval_id: int, by_person: int, decision: Decision = Decision.APPROVED
    ) -> Refusal | None:
        """The second person's word."""
        services = self.services
        means = Means(services.shelf)
        return await second_person.decide(services.database, means, approval_id, decision, by_person, self.now_ms)

    @asynccontextmanager
    async def browser(self, person_id: int | None = None) -> AsyncIterator[httpx2.AsyncClient]:
        """A client of the app, signed in as a person."""
        transport = httpx2.ASGITransport(app=self.app)
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
            if person_id is not None:
                self.sign_in(client, person_id)
            yield client

    def sign_in(self, client: httpx2.AsyncClient, person_id: int) -> None:
        """Give a client a session that begins now."""
        token = self.services.tokens.session(person_id, 1, self.now_ms)
        # as the server's own cookie would be kept, so that one that it sends takes this one's place
        client.cookies.set(session_cookie(self.services), token, domain="testserver.local")


_texts: dict[str, tuple[str, str, tuple[str, ...]]] = {}


def rulebook_text(year: int, text: str | None, override: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    """Name, TOML and assumed keys of a rulebook with values overridden; the practice rules assume nothing here."""
    key = repr((year, text, sorted(override.items())))
    if key not in _texts:
        source = practice_text(year, "练习科目") if text is None else text
        name = load(source).content["meta"]["id"]
        loaded = load(source, name=name, override=override)
        stated = dict.fromkeys(flatten(loaded.content), "S:test")
        made = written(loaded, stated if text is None else loaded.provenance)
        _texts[key] = (name, made, load(made, name=name).assumed())
    return _texts[key]


def written(loaded: Loaded, provenance: Mapping[str, str]) -> str:
    """A loaded rulebook as TOML again, with the values that were overridden."""
    usable(loaded)
    lines: list[str] = []

    def value_of(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{k} = {value_of(v)}" for k, v in value.items()) + " }"
        if isinstance(value, list | tuple):
            return "[" + ", ".join(value_of(v) for v in value) + "]"
        if isinstance(value, str):
            return '"' + value.replace('"', '\\"') + '"'
        return str(value)

    leaves = flatten(loaded.content)
    for key, value in leaves.items():
        lines.append(f"{key} = {value_of(value)}")
    lines.append("[provenance]")
    lines += [f'"{key}" = "{provenance.get(key, "D")}"' for key in leaves]
    return "\n".join(lines)


@asynccontextmanager
async def a_world(
    database_url: str,
    redis_url: str,
    at: str = OPENS,
    data_dir: Path | None = None,
    *,
    clock: MovableClock | ShiftedClock | None = None,
    demo: bool = True,
) -> AsyncIterator[World]:
    """A world whose clock shows ``at``, or that runs by ``clock``. ``demo`` False: stamps are clamped."""
    clock = clock or MovableClock(ms(at))
    with TemporaryDirectory(prefix="examengine-data-") as folder:
        settings = _settings(data_dir or Path(folder), database_url, redis_url, demo=demo)
        async with open_services(settings, clock, password_cost=CHEAP) as services:
            app = create_app(services, hotline="400-000-0000", background=False)
            await open_slots(services, clock.now_ms())
            yield World(services, clock, app, year=local_year(clock.now_ms()))


def _settings(data_dir: Path, database_url: str, redis_url: str, *, demo: bool) -> Settings:
    return Settings(
        data_dir=data_dir,
        database_url=database_url,
        redis_url=redis_url,
        public_url=ORIGIN,
        signing_keys=SETTINGS_KEYS,
        field_keys=FIELD_KEYS,
        evidence_keys=EVIDENCE_KEYS,
        demo=demo,
    )


async def open_slots(services: Services, now_ms: int) -> None:
    """Do once what the tasks of a worker do first: no slot is shut, and candidates are heard."""
    await services.rebuilder.look(now_ms)
    await services.prober.prove(now_ms)
