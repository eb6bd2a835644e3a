"""Learning progress from lists."""

from typing import Any

import pytest

from examengine.banks.cells.listing import ListReport, Verdict
from examengine.enrolment.learning_import import import_learning, parsed_percent, preview_learning
from examengine.records import audit, enrolments, exams
from examengine.records.database import Database
from examengine.records.exams import Exam, NewExam
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
    assert (
        f"（编号 {first.id}）、“2014 年公需科目考试”（编号 {second.id}）：请加一列“考试”"
        in report.findings[1].message
    )


async def two_exams(database: Database, vault: Vault, *, other_title: str) -> tuple[Place, Place]:
    """One person, two exams of one year, a round in each."""
    async with database.writing() as tx:
        one = await a_place(tx, vault, 1, document=a_number(1))
        new = NewExam(
            title=other_title,
            rulebook_digest=DIGEST,
            credit_year=2014,
            release_id=one.exam.release_id,
            blueprint="{}",
            by_person=None,
        )
        other = await exams.publish(tx, new, T0)
        enrolment, _ = await enrolments.enrol(tx, other.id, one.person_id, 2014, DIGEST, T0)
        opened, _ = await enrolments.open_round(tx, enrolment.id, "open", 2, "two", T0)
    return one, Place(one.person_id, other, enrolment, opened)


async def take_named(database: Database, vault: Vault, *rows: tuple[Any, ...]) -> ListReport:
    data = a_csv(*rows, header=(*HEADER, "考试"))
    return await import_learning(database, vault, data, "进度.csv", None, T0)


async def test_of_two_exams_in_one_year_the_list_says_which(database: Database, vault: Vault) -> None:
    one, other = await two_exams(database, vault, other_title="信息安全（2014）")
    number = a_number(1)
    unnamed = await take_named(database, vault, (number, "2014", "85%", ""))
    assert codes(unnamed) == [("several_exams", "第 2 行 D 列")]
    wrong = await take_named(database, vault, (number, "2014", "85%", "不存在的考试"))
    assert codes(wrong) == [("other_exam", "第 2 行 D 列")]
    assert "信息安全（2014）”（编号" in wrong.findings[0].message
    both = ((number, "2014", "85%", " 信息安全 (2014) "), (number, "2014", "90%", one.exam.id))
    assert (await take_named(database, vault, *both)).committed
    assert await percents(database, other) == [(1, 85)]
    assert await percents(database, one) == [(1, 90)]
    twice = await take_named(
        database, vault, (number, "2014", "95%", one.exam.title), (number, "2014", "96%", one.exam.id)
    )
    assert [code for code, _ in codes(twice)] == ["twice"]
    assert await percents(database, one) == [(1, 90)]


async def test_two_exams_of_one_name_are_told_apart_by_their_number(database: Database, vault: Vault) -> None:
    one, other = await two_exams(database, vault, other_title="2014 年公需科目考试")
    named = await take_named(database, vault, (a_number(1), "2014", "85%", one.exam.title))
    assert codes(named) == [("several_exams", "第 2 行 D 列")]
    assert "改写编号" in named.findings[0].message
    assert (await take_named(database, vault, (a_number(1), "2014", "85%", other.exam.id))).committed
    assert await percents(database, other) == [(1, 85)]


async def test_a_withdrawn_exam_is_not_meant_where_another_took_its_place(database: Database, vault: Vault) -> None:
    one, other = await two_exams(database, vault, other_title="2014 年公需科目考试")
    async with database.writing() as tx:
        await exams.withdraw(tx, one.exam.id, one.person_id, T0)
    assert (await take(database, vault, (a_number(1), "2014", "85%"))).committed
    assert await percents(database, other) == [(1, 85)]
    assert await percents(database, one) == []


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
