"""Learning progress from lists."""

from typing import Any

import pytest

from examengine.banks.cells.listing import ListReport, Verdict
from examengine.enrolment.learning_import import import_learning, parsed_percent, preview_learning
from examengine.records import audit, enrolments
from examengine.records.database import Database
from examengine.records.exams import Exam
from examengine.records.history import load_history
from examengine.records.vault import Vault
from tests.accounts.sheets import a_csv, a_number
from tests.records.builders import DIGEST, T0, Place, a_person, a_place, an_exam

HEADER = ("身份证号", "年度", "学习进度")


async def a_candidate(database: Database, vault: Vault, no: int = 1, exam: Exam | None = None) -> Place:
    async with database.writing() as tx:
        return await a_place(tx, vault, no, exam, document=a_number(no))


async def take(database: Database, vault: Vault, *rows: tuple[Any, ...], at_ms: int = T0) -> ListReport:
    data = a_csv(*rows, header=HEADER)
    return await import_learning(database, vault, data, "进度.csv", None, at_ms)


async def percents(database: Database, place: Place) -> list[tuple[int, int]]:
    async with database.reading() as tx:
        record = await load_history(tx, place.enrolment.id)
    return [(report.round_no, report.percent) for report in record.learning]


def codes(report: ListReport) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in report.findings]


async def test_progress_is_reported_to_the_newest_round(database: Database, vault: Vault) -> None:
    place = await a_candidate(database, vault)
    async with database.writing() as tx:
        await enrolments.open_round(tx, place.enrolment.id, "grant", 1, "entry:1", T0)
    report = await take(database, vault, (a_number(1), "2014", "85%"))
    assert report.committed
    assert report.counts == {Verdict.NEW: 1}
    assert await percents(database, place) == [(2, 85)]
    async with database.reading() as tx:
        [line] = await audit.newest(tx)
    assert (line.act, line.facts["new"]) == ("learning_imported", 1)


async def test_the_same_file_again_adds_nothing_and_more_progress_does(database: Database, vault: Vault) -> None:
    place = await a_candidate(database, vault)
    for _ in range(2):
        again = await take(database, vault, (a_number(1), 2014, 0.85), (a_number(1), "2014", "x"))
        assert not again.committed
    for _ in range(2):
        again = await take(database, vault, (a_number(1), "2014年度", "85"))
    assert again.counts == {Verdict.SAME: 1}
    more = await take(database, vault, (a_number(1), "2014", "100%"), at_ms=T0 + 1)
    assert more.counts == {Verdict.CHANGES: 1}
    assert await percents(database, place) == [(1, 85), (1, 100)]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ((a_number(2), "2014", "85%"), "unknown_person", "A"),
        ((a_number(1), "2013", "85%"), "not_enrolled", "B"),
        ((a_number(1), "14", "85%"), "credit_year", "B"),
        ((a_number(1), "2014", "101%"), "percent", "C"),
        ((a_number(1), "2014", "100.5%"), "percent", "C"),
        ((a_number(1), "2014", "-1"), "percent", "C"),
        ((a_number(1), "2014", "学完"), "percent", "C"),
        (("", "2014", "85%"), "document", "A"),
        (("4.50702E+17", "2014", "85%"), "number_rounded", "A"),
    ],
)
async def test_a_row_that_cannot_be_taken_keeps_the_file_out(
    database: Database, vault: Vault, row: tuple[Any, ...], code: str, column: str
) -> None:
    place = await a_candidate(database, vault)
    good = await a_candidate(database, vault, 5, place.exam)
    report = await take(database, vault, (a_number(5), "2014", "10%"), row)
    assert codes(report) == [(code, f"第 3 行 {column} 列")]
    assert not report.committed
    assert await percents(database, good) == []


async def test_the_same_person_and_year_twice_is_refused(database: Database, vault: Vault) -> None:
    await a_candidate(database, vault)
    report = await take(database, vault, (a_number(1), "2014", "85%"), (f" {a_number(1)} ", "2014", "90%"))
    assert [code for code, _ in codes(report)] == ["twice"]


async def test_progress_never_falls_back_by_an_import(database: Database, vault: Vault) -> None:
    place = await a_candidate(database, vault)
    await take(database, vault, (a_number(1), "2014", "85%"))
    report = await take(database, vault, (a_number(1), "2014", "84%"))
    assert report.counts == {Verdict.CONFLICT: 1}
    assert [code for code, _ in codes(report)] == ["falls_back"]
    assert await percents(database, place) == [(1, 85)]


async def test_without_a_round_or_with_two_exams_nothing_is_guessed(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        first, second = await an_exam(tx), await an_exam(tx)
        one = await a_person(tx, vault, 1, document=a_number(1))
        two = await a_person(tx, vault, 2, document=a_number(2))
        await enrolments.enrol(tx, first.id, one, 2014, DIGEST, T0)
        for exam in (first, second):
            await enrolments.enrol(tx, exam.id, two, 2014, DIGEST, T0)
    report = await take(database, vault, (a_number(1), "2014", "85%"), (a_number(2), "2014", "85%"))
    assert [code for code, _ in codes(report)] == ["no_round", "several_exams"]


async def test_a_preview_says_the_same_and_does_nothing(database: Database, vault: Vault) -> None:
    place = await a_candidate(database, vault)
    data = a_csv((a_number(1), "2014", "85%"), header=HEADER)
    preview = await preview_learning(database, vault, data, "进度.csv", T0)
    assert await percents(database, place) == []
    done = await import_learning(database, vault, data, "进度.csv", None, T0)
    assert (done.rows, done.findings) == (preview.rows, preview.findings)


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("0", 0),
        ("0%", 0),
        ("85", 85),
        ("85%", 85),
        ("85.9 %", 85),
        ("１００％", 100),
        ("100.0%", 100),
        ("0.85", None),
        ("0.5%", 0),
        ("101", None),
        ("100.1", None),
        ("", None),
        ("85%%", None),
    ],
)
def test_percentages_are_read_rounded_down_and_never_guessed(text: str, percent: int | None) -> None:
    assert parsed_percent(text) == percent
