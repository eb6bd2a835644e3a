"""The import of people: all or nothing, verdicts row by row, the same file again changes nothing."""

import asyncio
import csv
import io
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from examengine.accounts.passwords import Cost, Passwords
from examengine.accounts.people_import import PeopleReport, import_people, preview_people
from examengine.accounts.people_workbook import (
    PeopleRules,
    category_of,
    rules_of,
    tidy_unit,
)
from examengine.banks.cells.listing import Verdict, day_of
from examengine.records import accounts, audit, people, roles
from examengine.records.database import Database
from examengine.records.people import Person
from examengine.records.vault import Vault
from examengine.records.words import Role
from examengine.rules.load import packaged
from tests.accounts.sheets import HEADER, a_csv, a_number, a_row, a_workbook
from tests.records.builders import T0, a_person, a_profile

RULES = PeopleRules()
YEAR_MS = 365 * 24 * 3_600_000
NOW = T0 + YEAR_MS


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(cost=Cost(passes=1, memory_kib=64))
    yield made
    made.close()


class Desk:
    """One database and what imports need of it."""

    def __init__(self, database: Database, vault: Vault, passwords: Passwords) -> None:
        self.database, self.vault, self.passwords = database, vault, passwords

    async def take(self, data: bytes, rules: PeopleRules = RULES) -> PeopleReport:
        return await import_people(self.database, self.vault, self.passwords, data, "名单.xlsx", rules, None, NOW)

    async def look(self, data: bytes, rules: PeopleRules = RULES) -> PeopleReport:
        return await preview_people(self.database, self.vault, data, "名单.xlsx", rules, NOW)

    async def people(self) -> list[Person]:
        async with self.database.reading() as tx:
            return list((await people.find_people(tx, self.vault, range(1, 100))).values())


@pytest.fixture
def desk(database: Database, vault: Vault, passwords: Passwords) -> Desk:
    return Desk(database, vault, passwords)


def errors(report: PeopleReport) -> list[tuple[str, str]]:
    return [(f.code, f.where) for f in report.listing.findings if f.severity == "error"]


def result_rows(report: PeopleReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.result.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    "make",
    [
        a_workbook,
        a_csv,
        lambda *rows: a_csv(*rows, encoding="gb18030"),
        lambda *rows: a_workbook(("人员信息表",), HEADER, *rows, header=("填写说明见另表",)),
        lambda *rows: a_workbook(*rows, header=[f" {name} *" for name in HEADER]),
    ],
    ids=["workbook", "csv utf-8", "csv gb18030", "header in the third row", "header with marks"],
)
async def test_a_list_comes_in_from_any_file(desk: Desk, make: Any) -> None:
    report = await desk.take(make(a_row(1), a_row(2)))
    assert errors(report) == []
    assert report.listing.committed
    assert report.listing.counts == {Verdict.NEW: 2}
    found = await desk.people()
    assert [person.id for person in found] == list(report.person_ids)
    profile = found[0].profile
    assert profile is not None
    assert (profile.document, profile.name, profile.phone) == (a_number(1), "张二", "13800000001")
    assert (profile.unit_name, profile.region, profile.category) == ("钦州市第一中学", "450702", "pro_tech")


async def test_new_people_get_an_account_a_role_and_a_password_told_once(desk: Desk) -> None:
    report = await desk.take(a_csv(a_row(1), a_row(2)))
    told = [row["初始密码"] for row in result_rows(report)]
    assert len(set(told)) == 2
    async with desk.database.reading() as tx:
        for person_id, password in zip(report.person_ids, told, strict=True):
            account = await accounts.get_account(tx, person_id)
            assert (account.must_change, account.initial) == (True, True)
            assert (await desk.passwords.verify(account.password_hash, password)).is_right
            assert await roles.roles_of(tx, person_id) == {Role.CANDIDATE}
        [line] = await audit.newest(tx)
    assert line.act == "people_imported"
    assert (line.facts["new"], len(line.facts["sha256"])) == (2, 64)


async def test_the_result_masks_numbers_and_defuses_formulas(desk: Desk) -> None:
    report = await desk.take(a_csv(a_row(1, 工作单位="=HYPERLINK公司"), a_row(2, 工作单位="@单位")))
    text = report.result.decode("utf-8-sig")
    assert a_number(1) not in text
    assert "450702********" in text
    assert [row["工作单位"] for row in result_rows(report)] == ["'=HYPERLINK公司", "'@单位"]


async def test_a_fixed_initial_password_is_the_rulebooks(desk: Desk) -> None:
    rules = rules_of(packaged("guangxi-2015"))
    report = await desk.take(a_csv(a_row(1)), rules)
    assert [row["初始密码"] for row in result_rows(report)] == ["000000"]
    async with desk.database.reading() as tx:
        account = await accounts.get_account(tx, report.person_ids[0])
    assert account.must_change
    assert (await desk.passwords.verify(account.password_hash, "000000")).is_right


async def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    data = a_csv(a_row(1), a_row(2))
    first = await desk.take(data)
    before = await desk.people()
    async with desk.database.reading() as tx:
        hashes = [(await accounts.get_account(tx, i)).password_hash for i in first.person_ids]
    again = await desk.take(data)
    assert again.listing.counts == {Verdict.SAME: 2}
    assert again.person_ids == first.person_ids
    assert [row["初始密码"] for row in result_rows(again)] == ["", ""]
    assert await desk.people() == before
    async with desk.database.reading() as tx:
        assert [(await accounts.get_account(tx, i)).password_hash for i in first.person_ids] == hashes


async def test_a_preview_says_what_the_import_will_do_and_does_nothing(desk: Desk) -> None:
    await desk.take(a_csv(a_row(1), a_row(2)))
    data = a_csv(a_row(1), a_row(2, 工作单位="钦州市第二中学"), a_row(3))
    preview = await desk.look(data)
    assert [row.verdict for row in preview.listing.rows] == [Verdict.SAME, Verdict.CHANGES, Verdict.NEW]
    assert len(await desk.people()) == 2
    assert not preview.listing.committed
    done = await desk.take(data)
    assert done.listing.rows == preview.listing.rows
    assert len(await desk.people()) == 3


async def test_changes_are_written_and_audited_by_the_names_of_the_fields(desk: Desk) -> None:
    await desk.take(a_csv(a_row(1)))
    report = await desk.take(a_csv(a_row(1, 工作单位="钦州市第二中学", 手机号码="13899999999")))
    assert report.listing.counts == {Verdict.CHANGES: 1}
    [person] = await desk.people()
    assert person.profile is not None
    assert (person.profile.unit_name, person.profile.phone) == ("钦州市第二中学", "13899999999")
    async with desk.database.reading() as tx:
        [line] = await audit.newest(tx, object_kind="person")
    assert line.facts == {"fields": ["unit_name", "phone"]}


async def test_what_a_row_leaves_empty_stays(desk: Desk) -> None:
    header = (*HEADER, "职务", "职称")
    await desk.take(a_csv((*a_row(1), "教师", "一级教师"), header=header))
    report = await desk.take(a_csv(a_row(1, 手机号码="")), PeopleRules(phone_required=False))
    assert report.listing.counts == {Verdict.SAME: 1}
    [person] = await desk.people()
    assert person.profile is not None
    assert (person.profile.phone, person.profile.post, person.profile.title) == ("13800000001", "教师", "一级教师")


async def test_another_name_for_a_known_number_is_a_conflict_and_never_written(desk: Desk) -> None:
    await desk.take(a_csv(a_row(1)))
    report = await desk.take(a_csv(a_row(1, 姓名="李四"), a_row(2)))
    assert report.listing.counts == {Verdict.CONFLICT: 1, Verdict.NEW: 1}
    assert [code for code, _ in errors(report)] == ["conflict"]
    assert not report.listing.committed
    assert [person.name for person in await desk.people()] == ["张二"]


async def test_a_number_that_was_corrected_is_a_conflict(desk: Desk) -> None:
    async with desk.database.writing() as tx:
        person_id = await a_person(tx, desk.vault, document=a_number(1))
        corrected = a_profile(document=a_number(2))
        await people.change_profile(tx, desk.vault, person_id, corrected, T0, by=None)
    report = await desk.take(a_csv(a_row(1)))
    assert report.listing.counts == {Verdict.CONFLICT: 1}


ROW_FAULTS = [
    ({"姓名": ""}, "name", "B"),
    ({"姓名": "张3"}, "name", "B"),
    ({"身份证号": "450702198001010019"}, "document_check_character", "D"),
    ({"身份证号": "450702198013010010"}, "document_birth_date", "D"),
    ({"身份证号": ""}, "document_empty", "D"),
    ({"身份证号": "4.50702E+17"}, "number_rounded", "D"),
    ({"身份证号": "'450702198001010019"}, "document_check_character", "D"),
    ({"证件类型": "学生证"}, "document_type", "C"),
    ({"证件类型": "护照", "身份证号": "E1"}, "document_form", "D"),
    ({"手机号码": "12345678901"}, "phone", "E"),
    ({"手机号码": ""}, "phone", "E"),
    ({"工作单位": " "}, "unit_name", "F"),
    ({"工作单位": "单" * 201}, "unit_name", "F"),
    ({"所属区划": "4507"}, "region", "G"),
    ({"所属区划": "钦州市"}, "region", "G"),
    ({"人员类别": "学生"}, "category", "H"),
]


@pytest.mark.parametrize(("changes", "code", "column"), ROW_FAULTS)
async def test_a_wrong_row_is_named_by_row_and_column_and_keeps_the_file_out(
    desk: Desk, changes: dict[str, Any], code: str, column: str
) -> None:
    report = await desk.take(a_csv(a_row(1), a_row(2, **changes)))
    assert errors(report) == [(code, f"第 3 行 {column} 列")]
    assert report.listing.counts == {Verdict.NEW: 1, Verdict.ERROR: 1}
    assert await desk.people() == []
    rows = result_rows(report)
    assert [row["结论"] for row in rows] == ["新增", "有错"]
    assert rows[1]["说明"]
    assert rows[0]["初始密码"] == ""


async def test_what_a_spreadsheet_spoils_is_named_by_sheet_row_and_column(desk: Desk) -> None:
    report = await desk.take(
        a_workbook(
            a_row(1), a_row(2, 身份证号=450702198001010018), a_row(3, 工作单位="=A1"), a_row(4, 手机号码="=1/0")
        )
    )
    assert errors(report) == [
        ("number_rounded", "工作表“人员信息” 第 3 行 D 列"),
        ("formula", "工作表“人员信息” 第 4 行 F 列"),
        ("formula", "工作表“人员信息” 第 5 行 E 列"),
    ]
    assert "文本格式" in report.listing.findings[0].message
    assert await desk.people() == []


@pytest.mark.parametrize(
    ("changes", "profile"),
    [
        ({"姓名": " 阿卜杜拉•买买提 "}, {"name": "阿卜杜拉·买买提"}),
        ({"身份证号": " ４５０７０２ 19800101-001８ "}, {"document": "450702198001010018"}),
        ({"身份证号": "450702800101001"}, {"document": "450702198001010018"}),
        ({"身份证号": 450702800101001}, {"document": "450702198001010018"}),
        ({"手机号码": "+86 138-0000-0009"}, {"phone": "13800000009"}),
        ({"手机号码": 13800000009}, {"phone": "13800000009"}),
        ({"工作单位": " 钦州市\n第一中学\u3000(本部) "}, {"unit_name": "钦州市第一中学（本部）"}),
        ({"所属区划": 450702}, {"region": "450702"}),
        ({"所属区划": "450702 钦南区"}, {"region": "450702"}),
        ({"人员类别": "专业技术人员"}, {"category": "pro_tech"}),
        ({"证件类型": ""}, {"doc_type": "resident_id"}),
        ({"证件类型": "护照", "身份证号": "e12345678"}, {"doc_type": "passport", "document": "E12345678"}),
    ],
)
async def test_what_can_be_understood_is_tidied(desk: Desk, changes: dict[str, Any], profile: dict[str, str]) -> None:
    report = await desk.take(a_csv(a_row(1, **changes)))
    assert errors(report) == []
    [person] = await desk.people()
    assert {name: getattr(person.profile, name) for name in profile} == profile


async def test_a_fifteen_digit_original_is_kept_and_told(desk: Desk) -> None:
    report = await desk.take(a_csv(a_row(1, 身份证号="450702800101001")))
    assert "fifteen_digits" in [finding.code for finding in report.listing.findings]
    async with desk.database.reading() as tx:
        assert await people.former_documents(tx, desk.vault, report.person_ids[0]) == ("450702800101001",)


@pytest.mark.parametrize("second", [{"身份证号": a_number(1)}, {"身份证号": "450702800101001"}])
async def test_two_rows_for_one_person_are_refused(desk: Desk, second: dict[str, str]) -> None:
    first = a_row(1, 身份证号="450702198001010018") if len(second["身份证号"]) == 15 else a_row(1)
    report = await desk.take(a_csv(first, a_row(2, **second)))
    assert [code for code, _ in errors(report)] == ["twice"]
    assert "第 2 行" in next(f.message for f in report.listing.findings if f.code == "twice")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"性别": "女"}, "sex"),
        ({"出生日期": "1981-01-01"}, "birth_date"),
        ({"性别": "男", "出生日期": "29221"}, None),
    ],
)
async def test_a_mismatch_with_the_number_is_a_warning_only(
    desk: Desk, more: dict[str, str], code: str | None
) -> None:
    header = (*HEADER, *more)
    row = (*a_row(1, 身份证号="450702198001010018"), *more.values())
    report = await desk.take(a_csv(row, header=header))
    assert report.listing.committed
    assert [f.code for f in report.listing.findings] == ([code] if code else [])


async def test_sample_rows_are_skipped(desk: Desk) -> None:
    report = await desk.take(a_workbook(a_row(9, 序号="示例"), a_row(1)))
    assert report.listing.counts == {Verdict.NEW: 1}


async def test_hidden_rows_are_told_and_merged_ones_refused(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(a_workbook(a_row(1), a_row(2), a_row(3))))
    sheet = book["人员信息"]
    sheet.row_dimensions[2].hidden = True
    sheet.merge_cells("F3:F4")
    out = io.BytesIO()
    book.save(out)
    report = await desk.look(out.getvalue())
    assert "hidden_row" in [f.code for f in report.listing.findings if f.severity == "warning"]
    assert {code for code, _ in errors(report)} == {"merged_cells"}
    assert report.listing.counts == {Verdict.NEW: 1, Verdict.ERROR: 2}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"%PDF-1.7", "not_a_workbook"),
        (b"PK\x03\x04nonsense", "file_truncated"),
        (a_workbook(("张三",), header=("姓名",)), "column_missing"),
        (a_workbook(), "no_rows"),
        (b"\xff\xfe" + "只有一行字".encode("utf-16-le"), "column_missing"),
    ],
    ids=["nothing", "a PDF", "half a workbook", "a column missing", "no rows", "some text"],
)
async def test_a_file_that_is_no_list_gets_a_finding(desk: Desk, data: bytes, code: str) -> None:
    report = await desk.take(data)
    assert [found for found, _ in errors(report)] == [code]
    assert not report.listing.committed
    assert not report.listing.is_importable


async def test_a_missing_column_is_named(desk: Desk) -> None:
    report = await desk.take(a_csv(("张三", a_number(1)), header=("姓名", "身份证号")))
    [finding] = report.listing.findings
    assert finding.message == "缺少列：人员类别、工作单位、所属区划；请使用导入模板"


async def test_findings_name_places_and_no_personal_data(desk: Desk) -> None:
    wrong = "450702198001010019"
    report = await desk.take(a_csv(a_row(1, 身份证号=wrong, 姓名="李四9", 手机号码="13912")))
    shown = repr(report)
    assert len(errors(report)) == 3
    for secret in (wrong, "李四", "13912"):
        assert secret not in shown


async def test_two_imports_of_one_file_at_once_add_everyone_once(desk: Desk) -> None:
    data = a_csv(*(a_row(no) for no in range(1, 20)))
    reports = await asyncio.gather(desk.take(data), desk.take(data))
    assert sorted(report.listing.counts[Verdict.NEW] for report in reports) == [0, 19]
    assert {report.person_ids for report in reports} == {reports[0].person_ids}
    assert len(await desk.people()) == 19


def test_phones_are_asked_for_from_2015_on() -> None:
    assert not rules_of(packaged("guangxi-2014")).phone_required
    assert rules_of(packaged("guangxi-2015")).phone_required


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1980-01-02", "1980-01-02"),
        ("19800102", "1980-01-02"),
        ("1980/1/2", "1980-01-02"),
        ("1980年1月2日", "1980-01-02"),
        ("29222", "1980-01-02"),
        ("1980-01-02 00:00:00", "1980-01-02"),
        ("1980-13-02", None),
        ("昨天", None),
        ("", None),
    ],
)
def test_days_are_read_as_people_write_them(text: str, iso: str | None) -> None:
    found = day_of(text)
    assert (found.isoformat() if found else None) == iso


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("专业技术", "pro_tech"),
        ("事业单位管理人员", "public_institution_staff"),
        ("参公", "civil_service_managed_institution"),
        ("工勤技能", "manual_worker_post"),
        ("其他", "other"),
        ("", None),
    ],
)
def test_categories_are_read_by_their_beginning(text: str, category: str | None) -> None:
    assert category_of(text) == category


def test_blanks_do_not_make_two_units_of_one() -> None:
    assert tidy_unit(" 钦州市 第一中学 ") == tidy_unit("钦州市第一中学") == "钦州市第一中学"
    assert tidy_unit("ABC Ltd 公司") == "ABC Ltd公司"
