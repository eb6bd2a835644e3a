"""Receipts: numbers that people can read out, and a signature that covers every fact."""

import secrets
from dataclasses import replace
from itertools import combinations

import pytest

from examengine.evidence.files import FileError, check_file
from examengine.evidence.receipts import ALPHABET, Receipt, grouped, number_of, read_digest, read_number
from examengine.evidence.signing import Signer, to_text
from tests.evidence.builders import json_of, text_of

RECEIPT = Receipt(number_of(bytes(range(7))), 1_400_000_000_000, 48, 50, bytes(range(32)))
SIGNER = Signer(to_text(bytes(32)))


def test_a_number_is_read_however_it_is_typed() -> None:
    number = number_of(b"\x9a\xfe\x01\x77\x23\x5c\x60")
    assert len(number) == 12
    shown = grouped(number)
    assert [len(group) for group in shown.split("-")] == [4, 4, 4]
    wide = "".join(chr(ord(mark) + 0xFEE0) if mark != "-" else "－" for mark in shown)  # full width
    for typed in (shown, shown.lower(), number, f"  {shown} ", shown.replace("-", " "), wide):
        assert read_number(typed) == number


def test_numbers_do_not_repeat() -> None:
    assert len({number_of(secrets.token_bytes(7)) for _ in range(2000)}) == 2000
    with pytest.raises(ValueError, match="7 random bytes"):
        number_of(bytes(6))


def test_every_single_wrong_character_is_found() -> None:
    number = number_of(b"\x12\x34\x56\x78\x9a\xbc\xde")
    for place in range(12):
        for mark in ALPHABET:
            typed = number[:place] + mark + number[place + 1 :]
            assert read_number(typed) == (number if typed == number else None)


def test_every_two_exchanged_characters_are_found() -> None:
    number = number_of(b"\x12\x34\x56\x78\x9a\xbc\xde")
    for one, other in combinations(range(12), 2):
        typed = list(number)
        typed[one], typed[other] = typed[other], typed[one]
        assert ("".join(typed) == number) == (read_number("".join(typed)) is not None)


@pytest.mark.parametrize("typed", ["", "ABCD", "0000-0000-0000", "IIII-OOOO-1111", "好" * 12, "A" * 13, "A" * 5000])
def test_what_cannot_be_a_number_is_none(typed: str) -> None:
    assert read_number(typed) is None


def test_a_digest_is_read_in_its_short_form_and_whole() -> None:
    whole = RECEIPT.digest.hex()
    for typed, read in [
        (whole, whole),
        (whole.upper(), whole),
        (grouped(whole[:16]), whole[:16]),
        (whole[:15], None),
        (whole[:17], None),
        ("g" * 16, None),
        ("", None),
    ]:
        assert read_digest(typed) == read


def test_the_digest_covers_every_fact() -> None:
    changes = {"number": "2" * 12, "ended_ms": 1, "answered": 49, "questions": 49, "head": bytes(32)}
    for name, value in changes.items():
        assert replace(RECEIPT, **{name: value}).digest != RECEIPT.digest  # type: ignore[arg-type]


def test_a_receipt_file_is_checked_without_us() -> None:
    content = text_of(RECEIPT.signed(SIGNER))
    checked = check_file(content, {})
    assert (checked.ref, checked.fault, checked.public) == (RECEIPT.number, None, SIGNER.public)
    assert check_file(content, {SIGNER.key_id: SIGNER.public}).fault is None


def test_a_signature_is_the_same_each_time_it_is_shown() -> None:
    assert RECEIPT.signed(SIGNER) == RECEIPT.signed(Signer(to_text(bytes(32))))


@pytest.mark.parametrize(
    ("name", "value"),
    [("answered", 50), ("ended_ms", 1), ("digest", "00" * 32), ("signature", "00" * 64), ("head", "00" * 32)],
)
def test_a_receipt_file_that_was_altered_is_found(name: str, value: object) -> None:
    made = json_of(text_of(RECEIPT.signed(SIGNER)))
    made[name] = value
    fault = check_file(text_of(made), {}).fault
    assert fault is not None
    assert (fault.what, fault.kind) == ("receipt_differs", "receipt")


def test_a_receipt_that_someone_else_signed_is_found_by_the_pinned_key() -> None:
    forged = text_of(RECEIPT.signed(Signer(to_text(b"\x01" * 32))))
    assert check_file(forged, {}).fault is None
    fault = check_file(forged, {SIGNER.key_id: SIGNER.public}).fault
    assert fault is not None
    assert fault.what == "key_unknown"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        b'{"format": "another/1"}',
        b'{"format": "examengine/receipt/1"}',
        b'{"format": "examengine/attempt/1", "header": "x"}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_none_of_ours_is_told_apart(content: bytes) -> None:
    with pytest.raises(FileError):
        check_file(content, {})
