"""Importing people: preview and commit by one code, all of a file or nothing; the same file again changes nothing."""

import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from examengine.accounts.names import Place, mask_document
from examengine.accounts.passwords import Passwords, new_initial
from examengine.accounts.people_workbook import COLUMNS, PeopleRules, PersonRow, read_row
from examengine.banks.cells.listing import ListReport, RowVerdict, Verdict, read_listing, report_of
from examengine.findings import Finding
from examengine.records import accounts, audit, people, roles
from examengine.records.database import Database, Reading, Writing
from examengine.records.people import NewPerson, Person, Profile
from examengine.records.vault import Vault
from examengine.records.words import Role

HASHED_AT_ONCE: Final = 200
VERDICT_WORDS: Final = {
    Verdict.NEW: "新增",
    Verdict.SAME: "无变化",
    Verdict.CHANGES: "更新",
    Verdict.CONFLICT: "冲突",
    Verdict.ERROR: "有错",
}
_FIELDS: Final = ("unit_name", "region", "category", "phone", "post", "title")
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class PeopleReport:
    """``person_ids`` of the rows, in their order, after a commit. ``result`` is a CSV file for whoever imported: each
    row's verdict, and the initial passwords, which are told here once and never kept.
    """

    listing: ListReport
    person_ids: tuple[int, ...] = ()
    result: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A readable row and what it comes to; ``profile`` is what would be recorded."""

    row: PersonRow
    verdict: Verdict
    known: Person | None
    profile: Profile

    @property
    def place(self) -> RowVerdict:
        return RowVerdict(self.row.record.where(), self.verdict)


async def preview_people(
    database: Database, vault: Vault, data: bytes, file_name: str, rules: PeopleRules, now_ms: int
) -> PeopleReport:
    """What an import of the file would do."""
    rows, unjudged = await asyncio.to_thread(_read, data, file_name, rules, now_ms)
    async with database.reading() as tx:
        judged, findings = await _judge(tx, vault, rows)
    report = unjudged.judged((j.place for j in judged), findings)
    return PeopleReport(report, result=_result(report, judged, {}))


async def import_people(
    database: Database,
    vault: Vault,
    passwords: Passwords,
    data: bytes,
    file_name: str,
    rules: PeopleRules,
    by_person: int | None,
    now_ms: int,
) -> PeopleReport:
    """Import the file, if all of it can be: new people get an account and the role of a candidate, known ones the
    changes of their profile.

    Raises:
        BusyError: too many passwords are being looked at.
    """
    rows, unjudged = await asyncio.to_thread(_read, data, file_name, rules, now_ms)
    async with database.reading() as tx:
        judged, findings = await _judge(tx, vault, rows)
    report = unjudged.judged((j.place for j in judged), findings)
    if not report.is_importable:
        return PeopleReport(report, result=_result(report, judged, {}))
    given = {row.profile.document: rules.initial_password or new_initial() for row in rows}
    hashes = await _hashes(passwords, given, [j for j in judged if j.verdict is Verdict.NEW])
    async with database.writing() as tx:
        await tx.lock_name("people import")
        # Someone else may have imported meanwhile; whom we took for new may be known by now, never the reverse.
        judged, findings = await _judge(tx, vault, rows)
        report = unjudged.judged((j.place for j in judged), findings)
        if not report.is_importable:
            return PeopleReport(report, result=_result(report, judged, {}))
        ids = await _write(tx, vault, judged, hashes, rules, by_person, now_ms)
        await audit.append(tx, now_ms, by_person, "people_imported", "people", None, report.facts)
    told = {j.row.profile.document: given[j.row.profile.document] for j in judged if j.verdict is Verdict.NEW}
    return PeopleReport(replace(report, committed=True), tuple(ids), _result(report, judged, told))


def _read(data: bytes, file_name: str, rules: PeopleRules, now_ms: int) -> tuple[list[PersonRow], ListReport]:
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
    listing = read_listing(data, COLUMNS)
    findings: list[Finding] = []
    refused: list[str] = []
    rows: list[PersonRow] = []
    first: dict[tuple[str, str], str] = {}
    for record in listing.records:
        row, found = read_row(record, rules, today)
        if row is not None:
            here = record.where("document")
            there = first.setdefault((row.profile.doc_type, row.profile.document), here)
            if there != here:
                found.append(Finding("error", "twice", here, f"与{there}是同一人，请只保留一行"))
                row = None
        findings += found
        if row is None:
            refused.append(record.where())
        else:
            rows.append(row)
    return rows, report_of(file_name, data, listing, findings, refused)


async def _judge(tx: Reading, vault: Vault, rows: Sequence[PersonRow]) -> tuple[list[_Judged], list[Finding]]:
    keys = [(row.profile.doc_type, row.profile.document) for row in rows]
    known = await people.find_by_documents(tx, vault, keys)
    former = await people.find_former(tx, vault, [document for _, document in keys])
    judged, findings = [], []
    for row, key in zip(rows, keys, strict=True):
        person = known.get(key)
        profile = row.profile if person is None else _merged(person, row.profile)
        if person is None:
            verdict = Verdict.CONFLICT if row.profile.document in former else Verdict.NEW
        elif person.name != row.profile.name:
            verdict = Verdict.CONFLICT
        else:
            verdict = Verdict.SAME if profile == person.profile else Verdict.CHANGES
        if verdict is Verdict.CONFLICT:
            column, message = "name", "系统中此证件号码的姓名与这里不同；姓名由工作人员凭证明更正，导入不会改动"
            if person is None:
                column, message = "document", "这是某人更正前的旧号码，请改用更正后的号码"
            findings.append(Finding("error", "conflict", row.record.where(column), message))
        judged.append(_Judged(row, verdict, person, profile))
    return judged, findings


def _merged(person: Person, wanted: Profile) -> Profile:
    """The recorded profile with what the row says; what it leaves empty stays."""
    assert person.profile is not None
    said = {name: getattr(wanted, name) for name in _FIELDS if getattr(wanted, name)}
    return replace(person.profile, **said)


async def _hashes(passwords: Passwords, given: dict[str, str], new: Sequence[_Judged]) -> dict[str, str]:
    documents = [j.row.profile.document for j in new]
    hashes: dict[str, str] = {}
    for start in range(0, len(documents), HASHED_AT_ONCE):
        part = documents[start : start + HASHED_AT_ONCE]
        made = await passwords.hashed_initial([given[document] for document in part])
        hashes |= dict(zip(part, made, strict=True))
    return hashes


async def _write(
    tx: Writing,
    vault: Vault,
    judged: Sequence[_Judged],
    hashes: dict[str, str],
    rules: PeopleRules,
    by_person: int | None,
    now_ms: int,
) -> list[int]:
    new = [j for j in judged if j.verdict is Verdict.NEW]
    people_to_add = [NewPerson(profile=j.profile, former_document=j.row.former_document) for j in new]
    added = await people.add_people(tx, vault, people_to_add, now_ms)
    account_hashes = {i: hashes[j.row.profile.document] for i, j in zip(added, new, strict=True)}
    await accounts.add_accounts(tx, account_hashes, now_ms, must_change=rules.must_change)
    await roles.grant_new_people(tx, added, Role.CANDIDATE, by_person, now_ms)
    ids = iter(added)
    written = []
    for j in judged:
        if j.known is None:
            written.append(next(ids))
            continue
        if j.verdict is Verdict.CHANGES:
            await people.change_profile(tx, vault, j.known.id, j.profile, now_ms, by_person)
            fields = [name for name in _FIELDS if getattr(j.profile, name) != getattr(j.known.profile, name)]
            await audit.append(tx, now_ms, by_person, "profile_changed", "person", j.known.id, {"fields": fields})
        written.append(j.known.id)
    return written


def _result(report: ListReport, judged: Sequence[_Judged], told: dict[str, str]) -> bytes:
    """UTF-8 with the mark that spreadsheet programs need; numbers masked, nothing that they take for a formula."""
    remarks: defaultdict[str, list[str]] = defaultdict(list)
    for finding in report.findings:
        remarks[_row_of(finding.where)].append(finding.message)

    def remark(where: str) -> str:
        return "；".join(remarks[_row_of(where)])

    lines: list[Sequence[str]] = [("位置", "姓名", "证件号码", "工作单位", "结论", "初始密码", "说明")]
    for j in judged:
        profile, where = j.row.profile, j.row.record.where()
        document = mask_document(profile.document, Place.STAFF_LIST)
        password = told.get(profile.document, "")
        lines.append(
            (where, profile.name, document, profile.unit_name, VERDICT_WORDS[j.verdict], password, remark(where))
        )
    refused = [row.where for row in report.rows if row.verdict is Verdict.ERROR]
    lines += [(where, "", "", "", VERDICT_WORDS[Verdict.ERROR], "", remark(where)) for where in refused]
    out = io.StringIO()
    csv.writer(out).writerows(
        [f"'{cell}" if cell.startswith(_FORMULA_SIGNS) else cell for cell in line] for line in lines
    )
    return out.getvalue().encode("utf-8-sig")


def _row_of(where: str) -> str:
    """A place without its column."""
    return where.rpartition(" 行")[0]
