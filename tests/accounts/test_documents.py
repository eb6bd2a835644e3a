"""Identity documents: the vectors of the requirements, and their edges."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examengine.accounts.documents import (
    TYPE_NAMES,
    Document,
    Fault,
    check_character,
    read_document,
    read_imported_document,
    typed_at_sign_in,
)
from examengine.records.words import DocumentType as T

TODAY = date(2024, 6, 1)

VALID = [
    ("11010519491231002X", T.RESIDENT_ID, date(1949, 12, 31), "female"),
    ("450702198001010018", T.RESIDENT_ID, date(1980, 1, 1), "male"),
    ("450702198001010026", T.RESIDENT_ID, date(1980, 1, 1), "female"),
    ("45070219800101000X", T.RESIDENT_ID, date(1980, 1, 1), "female"),
    ("810000199001010019", T.RESIDENCE_PERMIT, date(1990, 1, 1), "male"),
    ("820000199001010010", T.RESIDENCE_PERMIT, date(1990, 1, 1), "male"),
    ("830000199001010012", T.RESIDENCE_PERMIT, date(1990, 1, 1), "male"),
    ("911124198108030024", T.FOREIGN_PERMANENT, date(1981, 8, 3), "female"),
]


@pytest.mark.parametrize(("number", "doc_type", "birth_date", "sex"), VALID)
@pytest.mark.parametrize("is_typed", [True, False], ids=["type given", "type told by the number"])
def test_a_valid_number_tells_type_birth_date_and_sex(
    number: str, doc_type: T, birth_date: date, sex: str, is_typed: bool
) -> None:
    found = read_document(doc_type if is_typed else None, number, TODAY)
    assert isinstance(found, Document)
    assert (found.type, found.number, found.birth_date, found.sex) == (doc_type, number, birth_date, sex)


@pytest.mark.parametrize(
    "typed",
    [
        "45070219800101000x",
        " 45070219800101000X\t",
        "450702 19800101 000X",
        "450702-19800101-000X",
        "４５０７０２１９８００１０１０００Ｘ",
    ],
)
def test_the_way_it_was_typed_does_not_matter(typed: str) -> None:
    found = read_document(None, typed, TODAY)
    assert isinstance(found, Document)
    assert found.number == "45070219800101000X"


REFUSED = [
    ("450702198001010019", Fault.CHECK_CHARACTER),
    ("450702198013010010", Fault.BIRTH_DATE),
    ("45070219800230001X", Fault.BIRTH_DATE),
    ("450702190002290013", Fault.BIRTH_DATE),
    ("450702202406020012", Fault.BIRTH_DATE),
    ("", Fault.EMPTY),
    (" \u3000-", Fault.EMPTY),
    ("4507021980010100", Fault.FORM),
    ("4507021980010100189", Fault.FORM),
    ("45070219800101001A", Fault.FORM),
    ("X50702198001010018", Fault.FORM),
    ("450702800101001", Fault.FIFTEEN_DIGITS),
    ("4" * 61, Fault.TOO_LONG),
    ("4.50702198001010E+17", Fault.FORM),
]


@pytest.mark.parametrize(("typed", "fault"), REFUSED)
def test_a_wrong_resident_number_is_refused_with_its_reason(typed: str, fault: Fault) -> None:
    assert read_document(T.RESIDENT_ID, typed, TODAY) is fault


@pytest.mark.parametrize(("birth_date", "expected"), [("20240601", Document), ("20240602", Fault)])
def test_nobody_is_born_in_the_future(birth_date: str, expected: type) -> None:
    body = f"450702{birth_date}001"
    assert isinstance(read_document(T.RESIDENT_ID, body + check_character(body), TODAY), expected)


@pytest.mark.parametrize(
    ("doc_type", "number"),
    [
        (T.RESIDENT_ID, "810000199001010019"),
        (T.RESIDENT_ID, "911124198108030024"),
        (T.RESIDENCE_PERMIT, "450702198001010018"),
        (T.FOREIGN_PERMANENT, "450702198001010018"),
    ],
)
def test_a_number_of_another_type_is_refused_as_such(doc_type: T, number: str) -> None:
    assert read_document(doc_type, number, TODAY) is Fault.OTHER_TYPE


OTHER_TYPES = [
    (T.HOME_RETURN_PERMIT, "H12345678", True),
    (T.HOME_RETURN_PERMIT, "m1234567801", True),
    (T.HOME_RETURN_PERMIT, "H1234567", False),
    (T.HOME_RETURN_PERMIT, "K12345678", False),
    (T.TAIWAN_PERMIT, "12345678", True),
    (T.TAIWAN_PERMIT, "1234567801", True),
    (T.TAIWAN_PERMIT, "123456789", False),
    (T.FOREIGN_PERMANENT, "CAN110080010101", True),
    (T.FOREIGN_PERMANENT, "CA110080010101", False),
    (T.PASSPORT, "e12345678", True),
    (T.PASSPORT, "A123", False),
    (T.PASSPORT, "A" * 17, True),
    (T.PASSPORT, "A" * 18, False),
    (T.MILITARY, "军字第1234567号", True),
    (T.MILITARY, "军" * 21, False),
    (T.OTHER, "A123456(3)", True),
    (T.OTHER, "<script>", False),
    (None, "H12345678", True),
    (None, "12345678", False),
]


@pytest.mark.parametrize(("doc_type", "number", "is_fine"), OTHER_TYPES)
def test_other_documents_have_their_own_forms(doc_type: T | None, number: str, is_fine: bool) -> None:
    assert isinstance(read_document(doc_type, number, TODAY), Document) is is_fine


@pytest.mark.parametrize(
    ("former", "number"),
    [
        ("450702800101001", "450702198001010018"),
        ("110105491231002", "11010519491231002X"),
        ("450702800101996", "450702188001019965"),
    ],
)
def test_a_fifteen_digit_number_is_converted_on_import_and_kept(former: str, number: str) -> None:
    found = read_imported_document(None, former, TODAY)
    assert isinstance(found, Document)
    assert (found.type, found.former) == (T.RESIDENT_ID, former)
    assert found.number[:17] == number[:17]
    assert found.number == number[:17] + check_character(number[:17])


def test_the_converted_number_of_the_requirements() -> None:
    found = read_imported_document(T.RESIDENT_ID, "450702800101001", TODAY)
    assert isinstance(found, Document)
    assert found.number == "450702198001010018"


@pytest.mark.parametrize("former", ["450702801301001", "450702800230001"])
def test_a_fifteen_digit_number_with_an_impossible_date_is_refused(former: str) -> None:
    assert read_imported_document(None, former, TODAY) is Fault.BIRTH_DATE


def test_a_fifteen_digit_passport_is_a_passport() -> None:
    found = read_imported_document(T.PASSPORT, "450702800101001", TODAY)
    assert isinstance(found, Document)
    assert (found.type, found.number, found.former) == (T.PASSPORT, "450702800101001", None)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("450702800101001", "450702198001010018"),
        (" 45070219800101000x ", "45070219800101000X"),
        ("e12345678", "E12345678"),
        ("anything at all" * 100, None),
        ("", ""),
    ],
)
def test_at_sign_in_any_text_becomes_a_number_to_look_for(typed: str, number: str | None) -> None:
    found = typed_at_sign_in(typed)
    assert len(found) <= 60
    assert number is None or found == number


@pytest.mark.parametrize(
    ("today", "is_plausible"),
    [
        (date(1995, 12, 31), False),
        (date(1996, 1, 1), True),
        (date(2080, 12, 31), True),
        (date(2081, 1, 1), False),
    ],
)
def test_ages_from_sixteen_to_a_hundred_are_plausible(today: date, is_plausible: bool) -> None:
    found = read_document(None, "450702198001010018", today)
    assert isinstance(found, Document)
    assert found.is_plausible_age(today) is is_plausible


@settings(deadline=None)
@given(
    body=st.from_regex(r"\A[1-9][0-9]{16}\Z"),
    place=st.integers(0, 16),
    more=st.integers(1, 9),
)
def test_one_wrong_digit_is_always_noticed(body: str, place: int, more: int) -> None:
    wrong = body[:place] + str((int(body[place]) + more) % 10) + body[place + 1 :]
    assert check_character(wrong) != check_character(body)


def test_every_type_has_a_name() -> None:
    assert set(TYPE_NAMES.values()) == set(T)


def test_a_representation_shows_no_number() -> None:
    found = read_imported_document(None, "450702800101001", TODAY)
    assert "4507" not in repr(found)
    assert "1980" not in repr(found)
