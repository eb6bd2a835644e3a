"""Fills a database: people with real ciphertexts and indexes, their enrolments, attempts and all that goes with them.

Five thousand people are one transaction with a note of how far it has come: whoever is interrupted goes on there.
Indexes and foreign keys are put aside before and made again afterwards. What is shared from the pool does not name
its person, so ``examengine prove`` would not hold for such a record; everything that pages read is as it would be.
"""

import json
import random
import secrets
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from examengine.evidence.receipts import number_of
from examengine.records import people as kept_people
from examengine.records.migrations.versions.m0015_results import FILL, TALLY
from examengine.records.packing import pack
from examengine.records.tables import metadata
from examengine.records.vault import Vault
from examengine.records.words import DocumentType
from tests.scale.pool import Sitting, Year
from tests.world import resident_id

CHUNK = 5_000
IN_A_ROUND = 3
DAY_MS = 86_400_000
FILLED = (
    "people",
    "person_keys",
    "person_indexes",
    "accounts",
    "roles",
    "sign_ins",
    "enrolments",
    "rounds",
    "learning_reports",
    "cards",
    "card_uses",
    "entries",
    "attempts",
    "open_attempts",
    "outcomes",
    "attempt_answers",
    "attempt_journals",
    "receipts",
    "links",
    "audit",
)
BEHIND = ("results",)
"""Made from the others by the statement of its own migration."""
CITIES = tuple(f"45{city:02d}" for city in range(1, 15))
REGIONS = tuple(f"{city}{county:02d}" for city in CITIES for county in (0, 2, 3, 4, 5, 21, 22, 23))
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建华国志红玉梅文辉鑫宇浩然子涵雨欣佳怡思远晨"
KINDS = ("第一中学", "第二中学", "实验小学", "人民医院", "中医医院", "疾病预防控制中心", "农业技术推广站", "水利局")


@dataclass(slots=True)
class Ids:
    """The last id given in each table."""

    person: int = 1_000
    enrolment: int = 0
    round: int = 0
    entry: int = 0
    attempt: int = 0
    outcome: int = 0
    link: int = 0
    card: int = 0
    audit: int = 100_000
    done: int = 0


@dataclass(slots=True)
class Rows:
    """Rows by table, in the order of its columns."""

    by_table: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def put(self, table: str, *values: Any) -> None:
        self.by_table.setdefault(table, []).append(values)


COLUMNS = {name: tuple(column.name for column in metadata.tables[name].columns) for name in FILLED}
GIVEN_BY_SQL = {"person_indexes": (), "roles": ("id",), "sign_ins": ("id",), "learning_reports": ("id",)}
"""Columns that the database numbers itself."""


async def fill(url: str, vault: Vault, years: Sequence[Year], wanted: int) -> None:
    """Fill until there are so many people; prints how far it is."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off; SET statement_timeout = 0")
        await connection.execute("CREATE TABLE IF NOT EXISTS scale_progress (ids text NOT NULL)")
        kept = await connection.fetchval("SELECT ids FROM scale_progress")
        ids = Ids(**json.loads(kept)) if kept else Ids()
        if kept is None:
            await connection.execute("INSERT INTO scale_progress VALUES ($1)", json.dumps(_plain(ids)))
        if ids.done < wanted:
            await _put_aside(connection)
        began = time.perf_counter()
        while ids.done < wanted:
            rows = _chunk(vault, years, ids, min(CHUNK, wanted - ids.done))
            async with connection.transaction():
                for table, made in rows.by_table.items():
                    given = [name for name in COLUMNS[table] if name not in GIVEN_BY_SQL.get(table, ())]
                    await connection.copy_records_to_table(table, records=made, columns=given)
                await connection.execute("UPDATE scale_progress SET ids = $1", json.dumps(_plain(ids)))
            if ids.done % (CHUNK * 10) == 0:
                print(f"{ids.done:>9,} people, {ids.attempt:>9,} attempts, {time.perf_counter() - began:6.0f} s")
        await _finish(connection)
    finally:
        await connection.close()


def _plain(ids: Ids) -> dict[str, int]:
    return {name: getattr(ids, name) for name in Ids.__slots__}  # type: ignore[attr-defined]


def _chunk(vault: Vault, years: Sequence[Year], ids: Ids, size: int) -> Rows:
    dice = random.Random(f"people {ids.done}")
    rows = Rows()
    for _each in range(size):
        _person(vault, years, ids, dice, rows)
        ids.done += 1
    return rows


def unit_of(number: int) -> tuple[str, str]:
    """Region and name of one of some nine thousand employers, large ones first."""
    region = REGIONS[number % len(REGIONS)]
    return region, f"广西第{number // len(REGIONS) + 1}片区{region}{KINDS[number % len(KINDS)]}"


def _person(vault: Vault, years: Sequence[Year], ids: Ids, dice: random.Random, rows: Rows) -> None:
    ids.person += 1
    person_id, number = ids.person, ids.done + 1
    document, phone = resident_id(number), f"1{3_000_000_000 + number * 7919 % 6_999_999_937}"
    name = dice.choice(FAMILY) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2))))
    region, unit = unit_of(int(dice.random() ** 2 * 9_000))
    made_ms = years[0].opens_ms + dice.randrange(DAY_MS)
    pseudonym, key, cipher = vault.new_person()
    rows.put(
        "people",
        person_id,
        pseudonym,
        DocumentType.RESIDENT_ID.value,
        cipher.seal(kept_people.DOC, document),
        cipher.seal(kept_people.NAME, name),
        cipher.seal(kept_people.PHONE, phone),
        unit,
        region,
        "pro_tech",
        "",
        "",
        made_ms,
        None,
    )
    rows.put("person_keys", person_id, key.key_id, key.wrapped, made_ms)
    for kind, value in vault.person_indexes(DocumentType.RESIDENT_ID, document, name, phone):
        rows.put("person_indexes", kind.value, value, person_id)
    rows.put("accounts", person_id, "unused", False, False, 1, made_ms)
    rows.put("roles", person_id, "candidate", None, made_ms, None, None)
    for year, share in zip(years, (0.35, 0.6, 1.0), strict=True):
        if dice.random() < share:
            _enrolment(vault, year, person_id, ids, dice, rows, is_last=year is years[-1])


def _enrolment(
    vault: Vault, year: Year, person_id: int, ids: Ids, dice: random.Random, rows: Rows, *, is_last: bool
) -> None:
    ids.enrolment += 1
    ids.round += 1
    at_ms = year.opens_ms + dice.randrange(DAY_MS)
    exam = year.exam
    rows.put("enrolments", ids.enrolment, person_id, exam.id, exam.credit_year, exam.rulebook_digest, at_ms)
    rows.put("rounds", ids.round, ids.enrolment, 1, "open", 3, f"open:{ids.enrolment}", at_ms)
    rows.put("learning_reports", ids.enrolment, 1, 100, at_ms + 3_600_000, "platform")
    if dice.random() < 0.1:
        ids.card += 1
        number = f"2026{ids.card:08d}"
        rows.put("cards", ids.card, number, vault.card_code_hash(number, "0000"), "450702", at_ms, at_ms, None)
        rows.put("card_uses", ids.card, ids.round, at_ms)
    sat = _sittings(year, dice, dice.choices((0, 1, 2, 3, 4), (8, 44, 26, 18, 4))[0])
    for no, sitting in enumerate(sat, start=1):
        if no > IN_A_ROUND:  # more than the rules give: a grant
            _grant(ids, rows, sitting.started_ms - 3_600_000)
        runs = is_last and no == len(sat) and dice.random() < 0.002
        _attempt(year, sitting, no if no <= IN_A_ROUND else 1, ids, dice, rows, runs=runs)
        rows.put("sign_ins", person_id, "signed_in", f"{dice.getrandbits(64):016x}", sitting.started_ms - 60_000)
    if dice.random() < 0.2:
        ids.audit += 1
        facts = '{"shown": "masked"}'
        rows.put("audit", ids.audit, at_ms + 250 * DAY_MS, 2, "view_person", "person", person_id, facts)
        _link(ids, rows, "audit", ids.audit, at_ms + 250 * DAY_MS)


def _sittings(year: Year, dice: random.Random, tries: int) -> list[Sitting]:
    """Sittings one after another, on days of their own; only the last may be passed."""
    days: dict[int, Sitting] = {}
    while len(days) < tries:
        sitting = dice.choice(year.failed)
        days.setdefault(sitting.started_ms // DAY_MS, sitting)
    sat = [days[day] for day in sorted(days)]
    if sat and dice.random() < 0.78:
        later = bisect_left(year.passed, sat[-1].started_ms, key=lambda one: one.started_ms)
        if later < len(year.passed):
            sat[-1] = year.passed[dice.randrange(later, len(year.passed))]
    return sat


def _grant(ids: Ids, rows: Rows, at_ms: int) -> None:
    """A round of one attempt, with the entry that opened it."""
    ids.entry += 1
    ids.round += 1
    rows.put("rounds", ids.round, ids.enrolment, 2, "grant", 1, f"grant:{ids.entry}", at_ms)
    rows.put("learning_reports", ids.enrolment, 2, 100, at_ms, "platform")
    row: dict[str, Any] = dict.fromkeys(COLUMNS["entries"])
    row |= {
        "id": ids.entry,
        "enrolment_id": ids.enrolment,
        "kind": "grant",
        "round_id": ids.round,
        "amount": 1,
        "by_person": 2,
        "reason_category": "platform",
        "reason": "平台故障，考生来电",
        "ticket": f"T-{ids.entry}",
        "at_ms": at_ms,
        "source": f"grant:{ids.entry}",
    }
    rows.put("entries", *row.values())
    _link(ids, rows, "entry", ids.entry, at_ms)


def _attempt(year: Year, sitting: Sitting, no: int, ids: Ids, dice: random.Random, rows: Rows, *, runs: bool) -> None:
    ids.attempt += 1
    attempt_id = ids.attempt
    rows.put(
        "attempts",
        attempt_id,
        ids.enrolment,
        ids.round,
        no,
        f"{ids.enrolment}:1:{no}:{dice.getrandbits(64):016x}",
        sitting.started_ms,
        sitting.deadline_ms,
        "time_limit",
        sitting.seed,
        sitting.generator,
        sitting.paper,
        year.exam.release_id,
        year.exam.rulebook_digest,
        1,
        sitting.contract,
    )
    if runs:
        rows.put("open_attempts", attempt_id, ids.enrolment, sitting.deadline_ms + 1_000 * DAY_MS)
        return
    ids.outcome += 1
    rows.put(
        "outcomes",
        ids.outcome,
        attempt_id,
        1,
        1,
        sitting.state,
        sitting.score_hundredths,
        sitting.full_hundredths,
        sitting.result,
        sitting.reason,
        "hand_in" if sitting.state == "submitted" else "deadline",
        sitting.key_version,
        sitting.ended_ms,
        sitting.deadline_ms,
        "time_limit",
        sitting.ended_ms + 40,
        None,
    )
    rows.put("attempt_answers", attempt_id, pack(sitting.answers), pack(sitting.detail))
    rows.put(
        "attempt_journals",
        attempt_id,
        1,
        sitting.lines,
        sitting.count,
        pack(sitting.header),
        pack(sitting.closing),
        sitting.marks,
        sitting.head,
    )
    number = number_of(secrets.token_bytes(7))
    rows.put("receipts", attempt_id, number, sitting.ended_ms, sitting.answered, sitting.questions, sitting.head)
    _link(ids, rows, "attempt", attempt_id, sitting.ended_ms)


def _link(ids: Ids, rows: Rows, kind: str, ref: int, at_ms: int) -> None:
    ids.link += 1
    rows.put("links", ids.link, kind, ref, b"\0" * 32, b"\0" * 32, at_ms)


async def _put_aside(connection: asyncpg.Connection) -> None:
    """Drop indexes and keys of what is filled, once, and note how to make them again."""
    await connection.execute("CREATE TABLE IF NOT EXISTS scale_aside (no serial, statement text NOT NULL)")
    if await connection.fetchval("SELECT count(*) FROM scale_aside"):
        return
    names = [*FILLED, *BEHIND]
    async with connection.transaction():
        constraints = await connection.fetch(
            """SELECT conrelid::regclass::text tab, conname, contype::text AS kind, pg_get_constraintdef(oid) def
               FROM pg_constraint WHERE connamespace = current_schema::regnamespace AND contype IN ('p', 'u', 'f')
               AND (conrelid::regclass::text = ANY($1) OR confrelid::regclass::text = ANY($1))
               ORDER BY contype = 'f', contype""",
            names,
        )
        owned = {row["conname"] for row in constraints}
        indexes = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema AND tablename = ANY($1)",
            names,
        )
        again = [
            f'ALTER TABLE {r["tab"]} ADD CONSTRAINT "{r["conname"]}" {r["def"]}'
            for r in constraints
            if r["kind"] != "f"
        ]
        again += [row["indexdef"] for row in indexes if row["indexname"] not in owned]
        again += [
            f'ALTER TABLE {r["tab"]} ADD CONSTRAINT "{r["conname"]}" {r["def"]} NOT VALID'
            for r in constraints
            if r["kind"] == "f"
        ]
        for statement in again:
            await connection.execute("INSERT INTO scale_aside (statement) VALUES ($1)", statement)
        for row in sorted(constraints, key=lambda row: row["kind"] != "f"):
            await connection.execute(f'ALTER TABLE {row["tab"]} DROP CONSTRAINT "{row["conname"]}"')
        for row in indexes:
            if row["indexname"] not in owned:
                await connection.execute(f'DROP INDEX "{row["indexname"]}"')


async def _finish(connection: asyncpg.Connection) -> None:
    """Results, indexes and keys, sequences, statistics of the planner."""
    began = time.perf_counter()

    def told(what: str) -> None:
        print(f"{what:<60} {time.perf_counter() - began:6.0f} s")

    await connection.execute("SET maintenance_work_mem = '512MB'")
    waiting = await connection.fetch("SELECT no, statement FROM scale_aside ORDER BY no")
    if waiting:
        for row in waiting:
            if row["statement"].startswith("ALTER TABLE results ADD CONSTRAINT") and "PRIMARY" in row["statement"]:
                await connection.execute("SET work_mem = '256MB'")
                await connection.execute(f"TRUNCATE results, result_tallies; {FILL}; {TALLY}")
                await connection.execute("RESET work_mem")
                told("results, as their migration makes them")
            async with connection.transaction():
                await connection.execute(row["statement"])
                await connection.execute("DELETE FROM scale_aside WHERE no = $1", row["no"])
        told("indexes and keys")
    for table in FILLED:
        if "id" in COLUMNS[table]:
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            await connection.execute(f"SELECT setval({sequence}, (SELECT max(id) FROM {table}))")
    await connection.execute("VACUUM (ANALYZE)")
    told("vacuum and analyse")
