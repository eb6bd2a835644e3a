"""The list of people (人员信息): its columns, and what one row says."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from examengine.accounts.documents import TYPE_NAMES, Document, Fault, read_imported_document
from examengine.accounts.names import read_name
from examengine.banks.cells.listing import Column, Record, day_of
from examengine.findings import Finding
from examengine.records.people import Profile
from examengine.rules.rulebook import Rulebook

PHONE_FROM_YEAR: Final = 2015
COLUMNS: Final = (
    Column("name", ("姓名",), required=True),
    Column("doc_type", ("证件类型", "身份证件类型")),
    Column(
        "document",
        ("身份证号", "证件号码", "身份证号码", "公民身份号码", "身份证件号码", "证件号"),
        required=True,
        exact=True,
    ),
    Column("phone", ("手机号码", "手机号", "手机", "移动电话", "联系电话"), exact=True),
    Column("unit_name", ("工作单位", "工作单位全称", "单位名称"), required=True),
    Column("region", ("所属区划", "所属区划代码", "行政区划代码", "区划代码"), required=True),
    Column("category", ("人员类别",), required=True),
    Column("post", ("职务",)),
    Column("title", ("职称名称", "职称")),
    Column("sex", ("性别",)),
    Column("birth_date", ("出生日期", "出生年月日")),
)
CATEGORY_WORDS: Final[Mapping[str, str]] = {
    "专业技术": "pro_tech",
    "专技": "pro_tech",
    "事业管理": "public_institution_staff",
    "事业单位管理": "public_institution_staff",
    "参公": "civil_service_managed_institution",
    "参照公务员": "civil_service_managed_institution",
    "工勤": "manual_worker_post",
    "其他": "other",
}
_FAULTS: Final = {
    Fault.EMPTY: "没有填写",
    Fault.TOO_LONG: "过长",
    Fault.FORM: "格式不对，请核对号码和证件类型",
    Fault.OTHER_TYPE: "与证件类型不符，请改证件类型或号码",
    Fault.BIRTH_DATE: "中的出生日期不存在",
    Fault.CHECK_CHARACTER: "校验位不对，请核对是否抄错",
    Fault.FIFTEEN_DIGITS: "是十五位旧号码，请换成十八位",
}
_PHONE = re.compile(r"1[3-9]\d{9}")
_REGION = re.compile(r"(\d{6})\D*")


@dataclass(frozen=True, slots=True)
class PeopleRules:
    """What a year asks of the list. ``initial_password`` empty: a one-time random one for each person."""

    phone_required: bool = True
    initial_password: str = field(default="", repr=False)
    must_change: bool = True


def rules_of(rulebook: Rulebook) -> PeopleRules:
    """The rules of a rulebook's year; phone numbers are asked for from 2015 on."""
    return PeopleRules(
        phone_required=rulebook.meta.year >= PHONE_FROM_YEAR,
        initial_password=rulebook.login.initial_password,
        must_change=rulebook.login.force_change_of_initial_password,
    )


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row that names a person. ``profile`` has "" or None where the row says nothing."""

    record: Record
    profile: Profile
    former_document: str | None = field(repr=False)


def read_row(record: Record, rules: PeopleRules, today: date) -> tuple[PersonRow | None, list[Finding]]:
    """One row; no person where a finding is an error. Findings name places, never what stands there."""
    findings: list[Finding] = []

    def fault(column: str, code: str, message: str) -> None:
        findings.append(Finding("error", code, record.where(column), message))

    values = record.values
    name = read_name(values["name"])
    if name is None:
        fault("name", "name", "姓名没有填写，或有姓名中不会有的字符，或超过 50 字")
    type_name = "".join(values.get("doc_type", "").split())
    doc_type = TYPE_NAMES.get(type_name)
    document = read_imported_document(doc_type, values["document"], today)
    if type_name and doc_type is None:
        fault("doc_type", "document_type", "证件类型不在代码表内")
    elif isinstance(document, Fault):
        fault("document", f"document_{document}", f"证件号码{_FAULTS[document]}")
    phone = _phone(values.get("phone", ""))
    if phone == "":
        fault("phone", "phone", "手机号码不对，应为十一位数字")
    elif phone is None and rules.phone_required:
        fault("phone", "phone", "手机号码没有填写")
    unit_name = tidy_unit(values["unit_name"])
    if not 0 < len(unit_name) <= 200:
        fault("unit_name", "unit_name", "工作单位没有填写，或超过 200 字")
    region = _REGION.fullmatch(unicodedata.normalize("NFKC", values["region"]))
    if region is None:
        fault("region", "region", "所属区划应为六位代码，如 450702")
    category = category_of(values["category"])
    if category is None:
        fault("category", "category", "人员类别不在代码表内：专业技术、事业管理、参公、工勤、其他")
    for column in ("post", "title"):
        if len(values.get(column, "")) > 100:
            fault(column, column, "超过 100 字")
    if findings or name is None or isinstance(document, Fault) or region is None or category is None:
        return None, findings
    profile = Profile(
        doc_type=document.type,
        document=document.number,
        name=name,
        phone=phone,
        unit_name=unit_name,
        region=region[1],
        category=category,
        post=values.get("post", ""),
        title=values.get("title", ""),
    )
    return PersonRow(record, profile, document.former), list(_doubts(record, document, today))


def _doubts(record: Record, document: Document, today: date) -> Iterator[Finding]:
    """What is worth a look but keeps nobody out."""
    if document.former:
        yield Finding("warning", "fifteen_digits", record.where("document"), "十五位旧号码，已换算成十八位")
    if not document.is_plausible_age(today):
        yield Finding("warning", "age", record.where("document"), "按证件号码，年龄不在 16 至 100 岁之间，请核对")
    sex = record.values.get("sex", "")
    if sex and document.sex and sex[:1] != {"male": "男", "female": "女"}[document.sex]:
        yield Finding("warning", "sex", record.where("sex"), "性别与证件号码不一致，请核对")
    written = record.values.get("birth_date", "")
    if written and document.birth_date and day_of(written) != document.birth_date:
        yield Finding("warning", "birth_date", record.where("birth_date"), "出生日期与证件号码不一致，请核对")


def category_of(text: str) -> str | None:
    """The category that a word of the code list begins."""
    word = "".join(text.split())
    return next((category for begin, category in CATEGORY_WORDS.items() if word.startswith(begin)), None)


def tidy_unit(text: str) -> str:
    """A unit's name with full-width brackets and without stray blanks, which would make two units of one."""
    text = " ".join(text.translate({ord("("): "（", ord(")"): "）"}).split())
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)


def _phone(text: str) -> str | None:
    """The number, None where nothing is written, "" where it is wrong."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    if not digits:
        return None
    digits = digits.removeprefix("+").removeprefix("86") if len(digits) > 11 else digits
    return digits if _PHONE.fullmatch(digits) else ""
