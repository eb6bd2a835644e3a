"""What changed between two versions, for people to read."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.differences import LONGEST, Difference, Piece, differences, key_told, pieces_of
from examengine.banks.item import Item, Kind, Option
from examengine.banks.responses import AcceptedText, TextExpected

ITEM = Item(
    Kind.SINGLE_CHOICE,
    "个人信息安全由谁负责？",
    (Option("q", "处理者"), Option("a", "用户"), Option("m", "监管部门")),
    frozenset("q"),
)


def test_the_same_item_under_other_option_ids_differs_in_nothing() -> None:
    other = replace(
        ITEM, options=(Option("z", "处理者"), Option("b", "用户"), Option("c", "监管部门")), key=frozenset("z")
    )
    assert differences(ITEM, other) == ()


def test_a_changed_word_is_shown_within_its_sentence() -> None:
    [found] = differences(ITEM, replace(ITEM, stem="个人信息保护由谁负责？"))
    assert found == Difference(
        "stem",
        (Piece("same", "个人信息"), Piece("out", "安全"), Piece("in", "保护"), Piece("same", "由谁负责？")),
    )


def test_a_key_is_told_by_the_letters_of_its_own_version() -> None:
    after = replace(ITEM, options=ITEM.options[:2], key=frozenset("a"), valid_until=date(2026, 12, 31), years=(2026,))
    found = {
        (one.part, one.letter): "".join(f"{p.sign}:{p.text} " for p in one.pieces) for one in differences(ITEM, after)
    }
    assert found == {
        ("option", "C"): "out:监管部门 ",
        ("key", ""): "out:A in:B ",
        ("valid_until", ""): "in:2026-12-31 ",
        ("years", ""): "in:2026 ",
    }
    written = replace(
        ITEM, kind=Kind.SHORT_ANSWER, options=(), key=frozenset(), expected=TextExpected((AcceptedText("北京"),))
    )
    assert "北京" in key_told(written)


def test_a_change_of_form_alone_is_named_without_text() -> None:
    marked = replace(ITEM, markup="<p>个人信息<b>安全</b>由谁负责？</p>")
    assert differences(ITEM, marked) == (Difference("markup", ()),)
    fixed = replace(ITEM, options=(*ITEM.options[:2], replace(ITEM.options[2], fixed=True)))
    assert differences(ITEM, fixed) == (Difference("option", (), "C"),)


def test_a_very_long_text_is_shown_whole_before_and_after() -> None:
    for length, pieces in ((LONGEST, 2), (LONGEST + 1, 2)):
        found = pieces_of("长" * length, "长" * (length - 1) + "短")
        assert len(found) == (pieces if length > LONGEST else 3)
    assert pieces_of("", "") == ()


@given(st.text("甲乙丙丁 a", max_size=30), st.text("甲乙丙丁 a", max_size=30))
def test_what_stayed_and_came_is_the_text_after_and_what_stayed_and_went_the_one_before(
    before: str, after: str
) -> None:
    pieces = pieces_of(before, after)
    assert "".join(piece.text for piece in pieces if piece.sign != "out") == after
    assert "".join(piece.text for piece in pieces if piece.sign != "in") == before
