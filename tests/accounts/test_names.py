"""Names in one form, and what is masked where."""

import pytest

from examengine.accounts.names import Place, mask_document, mask_name, mask_phone, read_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("张三", "张三"),
        (" 张　三\n", "张三"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉‧买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉.买买提", "阿卜杜拉·买买提"),
        ("𠮷田", "𠮷田"),
        ("e\u0301", "é"),
        ("张" * 50, "张" * 50),
        ("张" * 51, None),
        ("", None),
        ("  ", None),
        ("·", None),
        ("张3", None),
        ("<b>", None),
        ("=cmd", None),
        ("张\x00三", None),
        ("x" * 10_000, None),
        ("张\u200b三", "张三"),
    ],
)
def test_names_have_one_form(typed: str, name: str | None) -> None:
    assert read_name(typed) == name


@pytest.mark.parametrize(
    ("place", "name", "document", "phone"),
    [
        (Place.OWN_PAGE, "欧阳娜娜", "450***********0018", "138****0000"),
        (Place.STAFF_LIST, "欧阳娜娜", "450702********0018", "138****0000"),
        (Place.PUBLIC, "欧***", "450*************18", ""),
    ],
)
def test_each_place_shows_what_it_may(place: Place, name: str, document: str, phone: str) -> None:
    assert mask_name("欧阳娜娜", place) == name
    assert mask_document("450702198001010018", place) == document
    assert mask_phone("13800000000", place) == phone


@pytest.mark.parametrize("number", ["", "1", "1234", "12345", "12345678", "E12345678"])
@pytest.mark.parametrize("place", list(Place))
def test_short_numbers_hide_at_least_four_places(number: str, place: Place) -> None:
    masked = mask_document(number, place)
    assert len(masked) == len(number)
    assert masked.count("*") >= min(4, len(number))


def test_no_phone_is_no_phone() -> None:
    assert mask_phone(None, Place.OWN_PAGE) == ""
