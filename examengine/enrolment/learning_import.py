"""Learning progress from a list (身份证号, 年度, 学习进度): all of a file or nothing; the same again adds nothing."""

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from examengine.banks.cells.listing import Column, ListReport, Record, RowVerdict, Verdict, read_listing, report_of
from examengine.findings import Finding
from examengine.records import audit, enrolments, people
from examengine.records.database import Database, Reading
from examengine.records.enrolments import Enrolment, LearningReport
from examengine.records.vault import Vault, canonical_number

COLUMNS: Final = (
    Column("document", ("身份证号", "证件号码", "身份证号码", "证件号"), required=True, exact=True),
    Column("credit_year", ("年度", "学时年度", "学习年度"), required=True),
    Column("percent", ("学习进度", "进度", "完成比例"), required=True),
)
MAX_DOCUMENT: Final = 60
_YEAR = re.compile(r"(20\d{2})年?度?")
_PERCENT = re.compile(r"(\d{1,3})(\.\d+)?\s*(%?)")


@dataclass(frozen=True, slots=True)
class _Row:
    record: Record
    document: str = field(repr=False)
    credit_year: int
    percent: int


@dataclass(frozen=True, slots=True)
class _Judged:
    row: _Row
    verdict: Verdict
    report: LearningReport | None

    @property
    def place(self) -> RowVerdict:
        return RowVerdict(self.row.record.where(), self.verdict)


async def preview_learning(database: Database, vault: Vault, data: bytes, file_name: str, now_ms: int) -> ListReport:
    """What an import of the file would do."""
    rows, report = await asyncio.to_thread(_read, data, file_name)
    async with database.reading() as tx:
        judged, findings = await _judge(tx, vault, rows, report.sha256, now_ms)
    return report.judged((j.place for j in judged), findings)


async def import_learning(
    database: Database, vault: Vault, data: bytes, file_name: str, by_person: int | None, now_ms: int
) -> ListReport:
    """Report the learning of every row to the newest round of its enrolment, if all of the file can be taken."""
    rows, report = await asyncio.to_thread(_read, data, file_name)
    async with database.writing() as tx:
        await tx.lock_name("learning import")
        judged, findings = await _judge(tx, vault, rows, report.sha256, now_ms)
        report = report.judged((j.place for j in judged), findings)
        if not report.is_importable:
            return report
        await enrolments.report_learning_of_many(tx, [j.report for j in judged if j.report is not None])
        await audit.append(tx, now_ms, by_person, "learning_imported", "learning", None, report.facts)
    return replace(report, committed=True)


def parsed_percent(text: str) -> int | None:
    """Whole per cent from 100, 100%, 85.5 % (rounded down); None for what is no percentage. A fraction of one, as a
    spreadsheet may hold it, is not guessed at.
    """
    match = _PERCENT.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None or (match[1] == "0" and match[2] and match[2].strip(".0") and not match[3]):
        return None
    percent = int(match[1])
    return percent if percent < 100 or (percent == 100 and not (match[2] or "").strip(".0")) else None


def _read(data: bytes, file_name: str) -> tuple[list[_Row], ListReport]:
    listing = read_listing(data, COLUMNS)
    findings: list[Finding] = []
    refused: list[str] = []
    rows: list[_Row] = []
    first: dict[tuple[str, int], str] = {}
    for record in listing.records:
        row, found = _read_row(record)
        if row is not None:
            key = (row.document, row.credit_year)
            if first.setdefault(key, record.where()) != record.where():
                message = f"与{first[key]}是同一人同一年度，请只保留一行"
                found.append(Finding("error", "twice", record.where("document"), message))
        findings += found
        if row is None or found:
            refused.append(record.where())
        else:
            rows.append(row)
    return rows, report_of(file_name, data, listing, findings, refused)


def _read_row(record: Record) -> tuple[_Row | None, list[Finding]]:
    findings = []
    document = canonical_number(record.values["document"][: MAX_DOCUMENT + 1])
    if not 0 < len(document) <= MAX_DOCUMENT:
        findings.append(Finding("error", "document", record.where("document"), "证件号码没有填写，或过长"))
    year = _YEAR.fullmatch(unicodedata.normalize("NFKC", record.values["credit_year"]))
    if year is None:
        findings.append(Finding("error", "credit_year", record.where("credit_year"), "年度应为四位年份，如 2014"))
    percent = parsed_percent(record.values["percent"])
    if percent is None:
        findings.append(Finding("error", "percent", record.where("percent"), "学习进度应为 0% 至 100%，如 85%"))
    if findings or year is None or percent is None:
        return None, findings
    return _Row(record, document, int(year[1]), percent), findings


async def _judge(
    tx: Reading, vault: Vault, rows: Sequence[_Row], sha256: str, now_ms: int
) -> tuple[list[_Judged], list[Finding]]:
    ids = await people.find_ids_by_document(tx, vault, {row.document for row in rows})
    enrolled: dict[tuple[int, int], tuple[Enrolment, ...]] = {}
    for year in {row.credit_year for row in rows}:
        wanted = sorted({person for row in rows if row.credit_year == year for person in ids.get(row.document, ())})
        for person, found in (await enrolments.of_people(tx, wanted, year)).items():
            enrolled[person, year] = found
    all_ids = sorted({enrolment.id for found in enrolled.values() for enrolment in found})
    rounds = await enrolments.newest_rounds(tx, all_ids)
    judged, findings = [], []
    for row in rows:
        persons = ids.get(row.document, ())
        candidates = [e for person in persons for e in enrolled.get((person, row.credit_year), ())]
        fault = _fault(persons, candidates, rounds, row)
        if fault is not None:
            code, column, message = fault
            findings.append(Finding("error", code, row.record.where(column), message))
            judged.append(_Judged(row, Verdict.CONFLICT if code == "falls_back" else Verdict.ERROR, None))
            continue
        [enrolment] = candidates
        no, before = rounds[enrolment.id]
        if before == row.percent:
            judged.append(_Judged(row, Verdict.SAME, None))
            continue
        report = LearningReport(0, enrolment.id, no, row.percent, now_ms, f"import:{sha256[:32]}")
        judged.append(_Judged(row, Verdict.NEW if before is None else Verdict.CHANGES, report))
    return judged, findings


def _fault(
    persons: Sequence[int],
    candidates: Sequence[Enrolment],
    rounds: dict[int, tuple[int, int | None]],
    row: _Row,
) -> tuple[str, str, str] | None:
    """Code, column and message of why a row cannot be taken."""
    if not persons:
        return "unknown_person", "document", "系统中没有这个证件号码，请先导入人员"
    if not candidates:
        return "not_enrolled", "credit_year", "此人没有报名该年度的考试"
    if len(candidates) > 1:
        return "several_exams", "credit_year", "此人该年度报名了多个考试，无法判断是哪一个的学习进度"
    if candidates[0].id not in rounds:
        return "no_round", "document", "此人还没有开通学习（未激活学习卡或未编入批次）"
    before = rounds[candidates[0].id][1]
    if before is not None and row.percent < before:
        return "falls_back", "percent", "学习进度低于系统已有的记录，请核对"
    return None
