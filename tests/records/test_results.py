"""What an enrolment has come to is always what its outcomes say, and lists page through it without gaps."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from examengine.records import attempts, enrolments, outcomes, people, results
from examengine.records.database import Database
from examengine.records.migrations.versions.m0015_results import FILL
from examengine.records.results import Asked, Key, Page, Rates
from examengine.records.tables import results as table
from examengine.records.vault import Vault
from examengine.records.words import Standing
from tests.databases import counted
from tests.records.builders import DIGEST, T0, Place, a_place, a_profile, an_attempt, an_exam, an_outcome

PASSED = {"result": "pass", "reason": "pass", "score_hundredths": 8_000}
FAILED = {"result": "fail", "reason": "fail_score", "score_hundredths": 5_999}
ABSENT = {"state": "expired_no_score", "result": "fail", "reason": "fail_no_score", "score_hundredths": None}
WAITING = {"result": None, "reason": "awaiting_marking", "score_hundredths": None}
VOID = {"state": "void", "result": None, "reason": "void", "score_hundredths": None}


async def begun(tx: Any, place: Place, no: int) -> int:
    attempt, _ = await attempts.begin(tx, an_attempt(place, no=no, intent=f"{place.enrolment.id}.{no}"))
    return attempt.id


async def ended(tx: Any, place: Place, *told: dict[str, Any]) -> list[int]:
    """An attempt each, with one outcome."""
    ids = []
    for no, changes in enumerate(told, start=1):
        ids.append(await begun(tx, place, no))
        await outcomes.append_outcome(tx, ids[-1], an_outcome(**changes), T0)
    return ids


async def test_who_is_enrolled_stands_in_the_list_before_the_first_attempt(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        line = await results.find_result(tx, place.enrolment.id)
        assert line is not None
        assert (line.standing, line.attempts, line.attempt_id) == (Standing.NONE, 0, None)
        assert (line.region, line.unit_name) == ("450702", "钦州市第一中学")
        await begun(tx, place, 1)
        assert await results.find_result(tx, place.enrolment.id) == line


@pytest.mark.parametrize(
    ("told", "standing", "counts", "score"),
    [
        ((PASSED,), Standing.PASS, 0, 8_000),
        ((FAILED,), Standing.FAIL, 0, 5_999),
        ((ABSENT,), Standing.FAIL, 0, None),
        ((WAITING,), Standing.PENDING, 0, None),
        ((FAILED, PASSED), Standing.PASS, 1, 8_000),
        ((FAILED, WAITING), Standing.PENDING, 1, None),
        ((WAITING, PASSED), Standing.PASS, 1, 8_000),
        ((FAILED, ABSENT), Standing.FAIL, 0, 5_999),
        ((FAILED, FAILED), Standing.FAIL, 1, 5_999),
        ((PASSED, {**PASSED, "score_hundredths": 7_999}), Standing.PASS, 0, 8_000),
    ],
)
async def test_the_best_attempt_counts(
    database: Database,
    vault: Vault,
    told: Sequence[dict[str, Any]],
    standing: Standing,
    counts: int,
    score: int | None,
) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        ids = await ended(tx, place, *told)
        line = await results.find_result(tx, place.enrolment.id)
    assert line is not None
    assert (line.standing, line.attempts, line.attempt_id) == (standing, len(told), ids[counts])
    assert line.score_hundredths == score


async def test_a_voided_attempt_counts_no_more(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        first, second = await ended(tx, place, FAILED, PASSED)
        await outcomes.append_outcome(tx, second, an_outcome(**VOID), T0)
        line = await results.find_result(tx, place.enrolment.id)
        assert line is not None
        assert (line.standing, line.attempts, line.attempt_id) == (Standing.FAIL, 1, first)
        await outcomes.append_outcome(tx, first, an_outcome(**VOID), T0)
        line = await results.find_result(tx, place.enrolment.id)
        assert line is not None
        assert (line.standing, line.attempts, line.attempt_id, line.ended_ms) == (Standing.NONE, 0, None, None)


TOLD = st.sampled_from([PASSED, FAILED, ABSENT, WAITING, VOID])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=st.lists(st.tuples(st.integers(1, 3), TOLD), max_size=8))
async def test_whatever_happens_the_migration_would_write_the_same(
    database: Database, vault: Vault, series: list[tuple[int, dict[str, Any]]]
) -> None:
    """One statement over everything and one row after another are two ways to the same table."""
    async with database.writing() as tx:
        no = 1 + int(await tx.value(text("SELECT count(*) FROM people")))
        exam = (await exam_of(tx)) if no > 1 else None
        place = await a_place(tx, vault, no, exam)
        ids: dict[int, int] = {}
        for attempt_no, changes in series:
            if attempt_no not in ids:
                if await tx.value(text("SELECT count(*) FROM open_attempts")):
                    continue
                ids[attempt_no] = await begun(tx, place, attempt_no)
            await outcomes.append_outcome(tx, ids[attempt_no], an_outcome(**changes), T0)
        kept = await tx.rows(select(table).order_by(table.c.enrolment_id))
        assert await results.overview(tx) == await counted_anew(tx)
        before = await results.count_changes(tx)
        fewer = await results.add_up(tx, 1_000)
        assert before - fewer == await results.count_changes(tx) <= len(Standing)
        assert await results.overview(tx) == await counted_anew(tx)
        await tx.run(delete(table))
        await tx.run(text(FILL))
        assert await tx.rows(select(table).order_by(table.c.enrolment_id)) == kept


async def counted_anew(tx: Any) -> dict[tuple[int, int], Rates]:
    """The rows of results counted one by one."""
    found: dict[tuple[int, int], Rates] = {}
    names = {"none": "none", "pending": "pending", "fail": "failed", "pass": "passed"}
    for row in await tx.rows(select(table)):
        key = (row.exam_id, row.credit_year)
        found[key] = found.get(key, Rates()).plus(Rates(**{names[row.standing]: 1}))
    return found


async def exam_of(tx: Any) -> Any:
    from examengine.records import exams

    return (await exams.list_exams(tx))[0].exam if await tx.value(text("SELECT count(*) FROM banks")) else None


async def a_list(tx: Any, vault: Vault, units: Sequence[tuple[str, str]]) -> tuple[int, list[Place]]:
    exam = await an_exam(tx)
    places = [
        await a_place(tx, vault, no, exam, region=region, unit_name=unit)
        for no, (region, unit) in enumerate(units, start=1)
    ]
    return exam.id, places


PLACES = (
    ("450703", "乙单位"),
    ("450702", "乙单位"),
    ("450702", "甲单位"),
    ("450702", "甲单位"),
    ("450802", "𠮷田小学"),
    ("450702", "甲单位第二分部"),
    ("45070", "甲"),
)


async def test_pages_hold_everybody_once_in_both_directions(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        exam_id, _places = await a_list(tx, vault, PLACES)
        asked = Asked(exam_id, 2014)
        whole = (await results.page(tx, asked, 100)).lines
        assert [line.key for line in whole] == sorted((line.key for line in whole), key=code_points)
        assert len(whole) == len(PLACES)
        for size in (1, 2, 3, len(PLACES) - 1, len(PLACES), len(PLACES) + 1):
            forth, page = [], await results.page(tx, asked, size)
            assert not page.has_earlier
            while True:
                forth += page.lines
                if not page.has_later:
                    break
                page = await results.page(tx, asked, size, after=page.lines[-1].key)
                assert page.has_earlier
            assert tuple(forth) == whole, size
            back: list[Any] = []
            page = Page((), has_earlier=True, has_later=False)
            last: Key = Key("9", "", 0)
            while page.has_earlier:
                page = await results.page(tx, asked, size, before=last)
                back = [*page.lines, *back]
                last = page.lines[0].key
            assert tuple(back) == whole, size


def code_points(key: Key) -> tuple[list[int], list[int], int]:
    return [ord(sign) for sign in key.region], [ord(sign) for sign in key.unit_name], key.enrolment_id


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ({}, 7),
        ({"region": "4507"}, 6),
        ({"region": "450702"}, 4),
        ({"region": "46"}, 0),
        ({"unit": "甲"}, 4),
        ({"unit": "甲单位"}, 3),
        ({"unit": "甲单位第"}, 1),
        ({"unit": "𠮷"}, 1),
        ({"unit": "%"}, 0),
        ({"region": "450702", "unit": "乙"}, 1),
        ({"standing": Standing.PASS}, 1),
        ({"standing": Standing.NONE, "region": "450702"}, 3),
    ],
)
async def test_a_list_is_narrowed_by_what_names_begin_with(
    database: Database, vault: Vault, narrowed: dict[str, Any], found: int
) -> None:
    async with database.writing() as tx:
        exam_id, places = await a_list(tx, vault, PLACES)
        await ended(tx, places[1], PASSED)
        asked = Asked(exam_id, 2014, **narrowed)
        assert len((await results.page(tx, asked, 100)).lines) == found
        rates = sum((one.of(asked.standing) for one in (await results.rates(tx, asked)).values()), start=0)
        assert rates == found
        if narrowed.get("unit") == "甲":
            assert sum(one.enrolled for one in (await results.rates(tx, asked, 3)).values()) == 3
        assert (await results.page(tx, Asked(exam_id, 2015, **narrowed), 100)).lines == ()


async def test_rates_are_by_region_by_unit_and_by_exam(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        exam_id, places = await a_list(tx, vault, PLACES)
        for place, told in zip(places, (PASSED, FAILED, WAITING, ABSENT), strict=False):
            await ended(tx, place, told)
        asked = Asked(exam_id, 2014)
        with counted(database) as statements:
            rates = await results.rates(tx, asked)
        assert len(statements) == 1
        assert rates["450702"] == Rates(none=1, pending=1, failed=2)
        assert rates["450703"] == Rates(passed=1)
        assert (rates["450702"].sat, rates["450702"].enrolled) == (3, 4)
        assert await results.overview(tx) == {(exam_id, 2014): Rates(3, 1, 2, 1)}
        units = await results.rates_by_unit(tx, Asked(exam_id, 2014, "450702"), 2)
        assert list(units) == ["乙单位", "甲单位"]
        assert units["甲单位"] == Rates(pending=1, failed=1)
        rest = await results.rates_by_unit(tx, Asked(exam_id, 2014, "450702"), 2, after="甲单位")
        assert rest == {"甲单位第二分部": Rates(none=1)}


async def test_region_and_unit_follow_the_person_and_are_forgotten_with_him(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        other = await a_place(tx, vault, 2, place.exam)
        moved = a_profile(1, region="450802", unit_name="新单位")
        await people.change_profile(tx, vault, place.person_id, moved, T0, None)
        line = await results.find_result(tx, place.enrolment.id)
        assert line is not None
        assert (line.region, line.unit_name) == ("450802", "新单位")
        rates = await results.rates(tx, Asked(place.exam.id, 2014))
        assert rates == {"450702": Rates(none=1), "450802": Rates(none=1)}
        await people.erase_person(tx, place.person_id, T0)
        line = await results.find_result(tx, place.enrolment.id)
        assert line is not None
        assert (line.region, line.unit_name) == ("450802", "")
        assert [one.unit_name for one in await results.of_person(tx, other.person_id)] == ["钦州市第一中学"]


async def test_enrolled_twice_is_one_line(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        again, is_new = await enrolments.enrol(tx, place.exam.id, place.person_id, 2014, DIGEST, T0)
        assert not is_new
        assert [line.enrolment_id for line in await results.of_person(tx, place.person_id)] == [again.id]
