"""A list of document numbers against the people known here: who of them can be enrolled in an exam."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from examengine.banks.cells.listing import Column, read_listing
from examengine.banks.findings import place
from examengine.findings import Finding
from examengine.records import exam_pages, people
from examengine.records.database import Reading
from examengine.records.people import Person
from examengine.records.vault import Vault, canonical_name, canonical_number

MAX_ROWS: Final = 5_000
MAX_DOCUMENT: Final = 60
COLUMNS: Final = (
    Column(
        "document",
        ("证件号码", "身份证号", "身份证号码", "公民身份号码", "身份证件号码", "证件号"),
        required=True,
        exact=True,
    ),
    Column("name", ("姓名",)),
)


class Word(StrEnum):
    """What a row comes to."""

    NEW = "new"
    ENROLLED = "enrolled"
    TWICE = "twice"
    UNKNOWN = "unknown"
    SEVERAL = "several"
    OTHER_NAME = "other_name"
    NO_CANDIDATE = "no_candidate"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row; ``name`` is "" where the list has none."""

    where: str
    document: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with what it comes to; ``person`` where it names one."""

    entry: Entry
    word: Word
    person: Person | None = field(repr=False)


async def read_entries(data: bytes) -> tuple[tuple[Entry, ...], tuple[Finding, ...]]:
    """The rows of a file, or findings that say why there are none."""
    return await asyncio.to_thread(_read, data)


def pasted_entries(text: str) -> tuple[tuple[Entry, ...], tuple[Finding, ...]]:
    """One number a line, as they were pasted; empty lines are left out."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MAX_ROWS:
        return (), (_too_many(len(lines)),)
    return tuple(Entry(place("", number), canonical_number(line[:MAX_DOCUMENT]), "") for number, line in lines), ()


def _too_many(rows: int) -> Finding:
    return Finding("error", "too_many_rows", "文件", f"名单有 {rows} 行，超过 {MAX_ROWS} 行，请拆成几个文件")


def _read(data: bytes) -> tuple[tuple[Entry, ...], tuple[Finding, ...]]:
    listing = read_listing(data, COLUMNS)
    if len(listing.records) > MAX_ROWS:
        return (), (*listing.findings, _too_many(len(listing.records)))
    entries = tuple(
        Entry(
            record.where(),
            canonical_number(record.values["document"][:MAX_DOCUMENT]),
            canonical_name(record.values.get("name", "")[:MAX_DOCUMENT]),
        )
        for record in listing.records
    )
    return entries, listing.findings


async def judge(
    tx: Reading, vault: Vault, exam_id: int, credit_year: int, entries: Sequence[Entry]
) -> tuple[Judged, ...]:
    """What each row comes to, in the order of the list."""
    ids = await people.find_ids_by_document(tx, vault, {entry.document for entry in entries})
    found = {person_id for of_document in ids.values() for person_id in of_document}
    known = await people.find_people(tx, vault, found)
    enrolled = await exam_pages.enrolled_among(tx, exam_id, credit_year, sorted(found))
    candidates = await exam_pages.candidates_among(tx, sorted(found))
    seen: set[int] = set()
    judged = []
    for entry in entries:
        named = [known[person_id] for person_id in ids.get(entry.document, ()) if person_id in known]
        word, person = _one_of(named, entry)
        if person is not None:
            word = _word_of(person.id, seen, enrolled, candidates)
            seen.add(person.id)
        judged.append(Judged(entry, word, person))
    return tuple(judged)


def _one_of(named: Sequence[Person], entry: Entry) -> tuple[Word, Person | None]:
    if not named:
        return Word.UNKNOWN, None
    same_name = [person for person in named if not entry.name or canonical_name(person.name) == entry.name]
    if not same_name:
        return Word.OTHER_NAME, None
    return (Word.NEW, same_name[0]) if len(same_name) == 1 else (Word.SEVERAL, None)


def _word_of(person_id: int, seen: set[int], enrolled: frozenset[int], candidates: frozenset[int]) -> Word:
    if person_id in seen:
        return Word.TWICE
    if person_id not in candidates:
        return Word.NO_CANDIDATE
    return Word.ENROLLED if person_id in enrolled else Word.NEW
