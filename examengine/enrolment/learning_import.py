"""Learning progress from a list (身份证号, 年度, 学习进度): all of a file or nothing; the same again adds nothing.

A column 考试 says which exam is meant, by its name or its number; it is needed for whoever has several in one year.
"""

import asyncio
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from examengine.banks.cells.listing import Column, ListReport, Record, RowVerdict, Verdict, read_listing, report_of
from examengine.findings import Finding
from examengine.records import audit, enrolments, exams, people
from examengine.records.database import Database, Reading
from examengine.records.enrolments import Enrolment, LearningReport
from examengine.records.exams import Exam
from examengine.records.vault import Vault, canonical_number

COLUMNS: Final = (
    Column("document", ("身份证号", "证件号码", "身份证号码", "证件号"), required=True, exact=True),
    Column("credit_year", ("年度", "学时年度", "学习年度"), required=True),
    Column("percent", ("学习进度", "进度", "完成比例"), required=True),
    Column("exam", ("考试", "考试名称", "考试编号", "科目")),
)
MAX_DOCUMENT: Final = 60
MAX_EXAM: Final = 200
_YEAR = re.compile(r"(20\d{2})年?度?")
_PERCENT = re.compile(r"(\d{1,3})(\.\d+)?\s*(%?)")


@dataclass(frozen=True, slots=True)
class _Row:
    record: Record
    document: str = field(repr=False)
    credit_year: int
    percent: int
    exam: str


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
    first: dict[tuple[str, int, str], str] = {}
    for record in listing.records:
        row, found = _read_row(record)
        if row is not None:
            key = (row.document, row.credit_year, row.exam)
            if first.setdefault(key, record.where()) != record.where():
                message = f"与{first[key]}是同一人同一年度{'同一考试' if row.exam else ''}，请只保留一行"
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
    exam = _spelt(record.values.get("exam", "")[:MAX_EXAM])
    return _Row(record, document, int(year[1]), percent, exam), findings


def _spelt(name: str) -> str:
    """A name as it is compared: whatever the width and the spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


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
    known = await exams.find_exams(tx, {enrolment.exam_id for found in enrolled.values() for enrolment in found})
    judged, findings = [], []
    reported: dict[int, str] = {}
    for row in rows:
        persons = ids.get(row.document, ())
        of_year = [e for person in persons for e in enrolled.get((person, row.credit_year), ())]
        candidates = _meant(of_year, known, row.exam)
        fault = _fault(persons, of_year, candidates, known, rounds, row)
        if fault is None and reported.setdefault(candidates[0].id, row.record.where()) != row.record.where():
            # one row names the exam, the other does not
            message = f"与{reported[candidates[0].id]}是同一人的同一个考试，请只保留一行"
            fault = ("twice", "document", message)
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


def _meant(of_year: Sequence[Enrolment], known: Mapping[int, Exam], named: str) -> list[Enrolment]:
    """The enrolments that a row may mean: those of the exam that it names; else all of the year, but those of
    withdrawn exams only where there is no other.
    """
    if named:
        return [one for one in of_year if named in (_spelt(known[one.exam_id].title), str(one.exam_id))]
    standing = [one for one in of_year if known[one.exam_id].withdrawn_ms is None]
    return standing or list(of_year)


def _fault(
    persons: Sequence[int],
    of_year: Sequence[Enrolment],
    candidates: Sequence[Enrolment],
    known: Mapping[int, Exam],
    rounds: dict[int, tuple[int, int | None]],
    row: _Row,
) -> tuple[str, str, str] | None:
    """Code, column and message of why a row cannot be taken."""
    if not persons:
        return "unknown_person", "document", "系统中没有这个证件号码，请先导入人员"
    if not of_year:
        return "not_enrolled", "credit_year", "此人没有报名该年度的考试"
    if not candidates:
        return "other_exam", "exam", f"此人该年度没有报名这个考试；报名的是{_listed(of_year, known)}"
    if len(candidates) > 1:
        names = _listed(candidates, known)
        if row.exam:
            return "several_exams", "exam", f"同名的考试有{names}：请在“考试”一列改写编号"
        if "exam" in row.record.columns:
            return "several_exams", "exam", f"此人该年度报名了{names}：请写明是哪一个，名称或编号"
        return "several_exams", "credit_year", f"此人该年度报名了{names}：请加一列“考试”，写名称或编号"
    if candidates[0].id not in rounds:
        return "no_round", "document", "此人还没有开通学习（未激活学习卡或未编入批次）"
    before = rounds[candidates[0].id][1]
    if before is not None and row.percent < before:
        return "falls_back", "percent", "学习进度低于系统已有的记录，请核对"
    return None


def _listed(enrolled: Sequence[Enrolment], known: Mapping[int, Exam]) -> str:
    return "、".join(f"“{known[one.exam_id].title}”（编号 {one.exam_id}）" for one in enrolled)
