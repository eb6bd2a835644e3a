"""Identity documents: their forms, check characters and what they tell.

Resident numbers are GB 11643-1999 with the check character of ISO 7064 MOD 11-2. A region code is never refused:
codes were abolished and renamed, and the one of a birth long ago may be in no list.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from examengine.records.vault import canonical_number
from examengine.records.words import DocumentType

MAX_TYPED = 60
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
PLAUSIBLE_AGES = (16, 100)
BORN_BEFORE_1900 = range(996, 1000)
PERMIT_REGIONS = ("810000", "820000", "830000")

TYPE_NAMES: dict[str, DocumentType] = {
    "居民身份证": DocumentType.RESIDENT_ID,
    "身份证": DocumentType.RESIDENT_ID,
    "港澳台居民居住证": DocumentType.RESIDENCE_PERMIT,
    "港澳居民居住证": DocumentType.RESIDENCE_PERMIT,
    "台湾居民居住证": DocumentType.RESIDENCE_PERMIT,
    "港澳居民来往内地通行证": DocumentType.HOME_RETURN_PERMIT,
    "回乡证": DocumentType.HOME_RETURN_PERMIT,
    "台湾居民来往大陆通行证": DocumentType.TAIWAN_PERMIT,
    "台胞证": DocumentType.TAIWAN_PERMIT,
    "外国人永久居留身份证": DocumentType.FOREIGN_PERMANENT,
    "外国人永久居留证": DocumentType.FOREIGN_PERMANENT,
    "护照": DocumentType.PASSPORT,
    "军官证": DocumentType.MILITARY,
    "士兵证": DocumentType.MILITARY,
    "其他": DocumentType.OTHER,
    "其他证件": DocumentType.OTHER,
}
"""What a form may call a type; the first name of each type is the one shown."""

_FORMS = {
    DocumentType.HOME_RETURN_PERMIT: re.compile(r"[HM]\d{8}(\d{2})?"),
    DocumentType.TAIWAN_PERMIT: re.compile(r"\d{8}(\d{2})?"),
    DocumentType.PASSPORT: re.compile(r"[A-Z0-9]{5,17}"),
    DocumentType.MILITARY: re.compile(r".{1,20}"),
    DocumentType.OTHER: re.compile(r"[A-Z0-9()]{4,30}"),
}
_EIGHTEEN = re.compile(r"\d{17}[\dX]")
_FIFTEEN = re.compile(r"\d{15}")
_OLD_FOREIGN = re.compile(r"[A-Z]{3}\d{12}")
_MOD_11_2 = (DocumentType.RESIDENT_ID, DocumentType.RESIDENCE_PERMIT, DocumentType.FOREIGN_PERMANENT)


class Fault(StrEnum):
    """Why a number is refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    FORM = "form"
    OTHER_TYPE = "other_type"
    BIRTH_DATE = "birth_date"
    CHECK_CHARACTER = "check_character"
    FIFTEEN_DIGITS = "fifteen_digits"


@dataclass(frozen=True, slots=True)
class Document:
    """A document in canonical form. ``former`` is the 15-digit original of a converted number; birth date and sex are
    what the number tells, None where it tells none.
    """

    type: DocumentType
    number: str = field(repr=False)
    former: str | None = field(repr=False, default=None)
    birth_date: date | None = field(repr=False, default=None)
    sex: Literal["male", "female"] | None = field(repr=False, default=None)

    def is_plausible_age(self, today: date) -> bool:
        """Between 16 and 100 years old; anything else is worth a warning, no more."""
        if self.birth_date is None:
            return True
        before_birthday = (today.month, today.day) < (self.birth_date.month, self.birth_date.day)
        youngest, oldest = PLAUSIBLE_AGES
        return youngest <= today.year - self.birth_date.year - before_birthday <= oldest


def read_document(doc_type: DocumentType | None, typed: str, today: date) -> Document | Fault:
    """A number as a person or a form gives it; without a type, the one that its shape tells.

    15-digit numbers are refused here: they are no longer in use; see :func:`read_imported_document`.
    """
    if len(typed) > MAX_TYPED:
        return Fault.TOO_LONG
    number = canonical_number(typed)
    if not number:
        return Fault.EMPTY
    if _FIFTEEN.fullmatch(number) and doc_type in {None, DocumentType.RESIDENT_ID}:
        return Fault.FIFTEEN_DIGITS
    told = type_of(number)
    doc_type = doc_type or told
    if doc_type is None:
        return Fault.FORM
    if doc_type in _MOD_11_2:
        return _read_eighteen(doc_type, told, number, today)
    return Document(doc_type, number) if _FORMS[doc_type].fullmatch(number) else Fault.FORM


def read_imported_document(doc_type: DocumentType | None, typed: str, today: date) -> Document | Fault:
    """As :func:`read_document`, but a 15-digit number of the first generation is converted, its original kept."""
    former = canonical_number(typed[:MAX_TYPED])
    if doc_type not in {None, DocumentType.RESIDENT_ID} or not _FIFTEEN.fullmatch(former):
        return read_document(doc_type, typed, today)
    found = read_document(DocumentType.RESIDENT_ID, from_fifteen(former), today)
    if isinstance(found, Fault):
        return found
    return Document(found.type, found.number, former, found.birth_date, found.sex)


def type_of(number: str) -> DocumentType | None:
    """The type that a canonical number's shape tells, where it tells one."""
    if _EIGHTEEN.fullmatch(number):
        if number.startswith("9"):
            return DocumentType.FOREIGN_PERMANENT
        return DocumentType.RESIDENCE_PERMIT if number[:6] in PERMIT_REGIONS else DocumentType.RESIDENT_ID
    if _OLD_FOREIGN.fullmatch(number):
        return DocumentType.FOREIGN_PERMANENT
    if _FORMS[DocumentType.HOME_RETURN_PERMIT].fullmatch(number):
        return DocumentType.HOME_RETURN_PERMIT
    return None


def typed_at_sign_in(typed: str) -> str:
    """A number in the form under which people are found; a 15-digit one is converted."""
    number = canonical_number(typed[:MAX_TYPED])
    return from_fifteen(number) if _FIFTEEN.fullmatch(number) else number


def from_fifteen(number: str) -> str:
    """The 18-place form of a 15-digit number: the century is put in and the check character added."""
    century = "18" if int(number[12:]) in BORN_BEFORE_1900 else "19"
    body = number[:6] + century + number[6:]
    return body + check_character(body)


def check_character(body: str) -> str:
    """The 18th place for the first 17 digits (ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True))
    return CHECK_CHARACTERS[total % 11]


def _read_eighteen(doc_type: DocumentType, told: DocumentType | None, number: str, today: date) -> Document | Fault:
    if doc_type is DocumentType.FOREIGN_PERMANENT and _OLD_FOREIGN.fullmatch(number):
        return Document(doc_type, number)
    if not _EIGHTEEN.fullmatch(number):
        return Fault.FORM
    if told is not doc_type:
        return Fault.OTHER_TYPE
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return Fault.BIRTH_DATE
    if birth_date > today:
        return Fault.BIRTH_DATE
    if check_character(number[:17]) != number[17]:
        return Fault.CHECK_CHARACTER
    return Document(doc_type, number, None, birth_date, "male" if int(number[16]) % 2 else "female")
