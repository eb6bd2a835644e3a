"""Signed tokens: what was not made by us, or is over, is nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.web.tokens import Approval, Intent, PageToken, Session, Tokens

OLD, NEW = "o" * 32, "n" * 32
HOUR_MS = 3_600_000
NOW = 1_400_000_000_000
TOKENS = Tokens([OLD, NEW])


def test_a_session_is_read_back_until_its_last_millisecond() -> None:
    token = TOKENS.session(7, 2, NOW)
    ends = NOW + 12 * HOUR_MS
    assert TOKENS.read_session(token, NOW) == Session(7, 2, NOW, ends)
    assert TOKENS.read_session(token, ends - 1) is not None
    assert TOKENS.read_session(token, ends) is None


def test_keys_can_be_rotated_while_an_exam_runs() -> None:
    token = Tokens([OLD]).session(7, 2, NOW)
    assert TOKENS.read_session(token, NOW) is not None
    assert Tokens([NEW]).read_session(token, NOW) is None
    assert Tokens([NEW]).read_session(TOKENS.session(7, 2, NOW), NOW) is not None, "the newest key signs"


def test_tokens_of_one_purpose_are_not_taken_for_another() -> None:
    page = TOKENS.page(PageToken(1, 7, 1, 3, "p"))
    made = [
        TOKENS.session(7, 1, NOW),
        page,
        TOKENS.form(7, NOW),
        TOKENS.intent(Intent("start", 4, 7, 1, 2, "x"), NOW),
        TOKENS.approval(Approval(5, 7, "d"), NOW),
    ]
    readers = [
        lambda t: TOKENS.read_session(t, NOW),
        TOKENS.read_page,
        lambda t: TOKENS.read_form(t, 7, NOW) or None,
        lambda t: TOKENS.read_intent(t, NOW),
        lambda t: TOKENS.read_approval(t, NOW),
    ]
    for i, token in enumerate(made):
        for j, read in enumerate(readers):
            assert (read(token) is not None) == (i == j)


def test_a_form_belongs_to_its_person() -> None:
    token = TOKENS.form(7, NOW)
    assert TOKENS.read_form(token, 7, NOW)
    assert not TOKENS.read_form(token, 8, NOW)
    assert not TOKENS.read_form(token, 7, NOW + 12 * HOUR_MS)


def test_page_intent_and_approval_come_back_whole() -> None:
    page = PageToken(11, 7, 2, 9, "a-b")
    assert TOKENS.read_page(TOKENS.page(page)) == page
    intent = Intent("grant", 4, 7, 1, 2, "nonce")
    assert TOKENS.read_intent(TOKENS.intent(intent, NOW), NOW) == intent
    approval = Approval(5, 8, "sha256:ab")
    assert TOKENS.read_approval(TOKENS.approval(approval, NOW), NOW) == approval


@given(st.text(max_size=80))
def test_anything_else_is_nothing(text: str) -> None:
    assert TOKENS.read_session(text, NOW) is None
    assert TOKENS.read_page(text) is None
    assert not TOKENS.read_form(text, 0, NOW)
    assert TOKENS.read_intent(text, NOW) is None
    assert TOKENS.read_approval(text, NOW) is None


@given(st.integers(0, 60), st.characters(codec="ascii"))
def test_one_changed_character_is_enough(at: int, character: str) -> None:
    token = TOKENS.session(7, 2, NOW)
    at %= len(token)
    forged = token[:at] + character + token[at + 1 :]
    if forged != token and at != len(token) - 1:
        assert TOKENS.read_session(forged, NOW) is None


def test_a_part_cannot_smuggle_a_separator() -> None:
    with pytest.raises(ValueError, match="must not hold"):
        TOKENS.page(PageToken(1, 7, 1, 1, "p~9"))
    with pytest.raises(ValueError, match="at least one"):
        Tokens([])
