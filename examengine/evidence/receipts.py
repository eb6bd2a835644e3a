"""Receipts: what a candidate takes home after the end, and how it is checked.

A number is 11 random characters (55 bits) and a check character, in groups of four, from an alphabet without 0, 1, I
and O. The check is linear over GF(32): it finds every single wrong character and every two exchanged ones.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from examengine.evidence.canonical import canonical, sha256
from examengine.evidence.signing import Signer, is_signed, to_text

LABEL = b"examengine/receipt/1\n"
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
RANDOM_BYTES = 7
RANDOM_CHARACTERS = 11
GROUP = 4
SHORT_DIGITS = 16
"""Hex digits of the digest that a person may type instead of all 64."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receipt of an attempt states. ``head`` is that of its archive, ``answered`` of ``questions``."""

    number: str
    ended_ms: int
    answered: int
    questions: int
    head: bytes

    @property
    def digest(self) -> bytes:
        """Covers everything that the receipt states."""
        return sha256(LABEL, canonical(self._facts()))

    def signed(self, signer: Signer) -> dict[str, Any]:
        """The receipt as a file that can be checked without us."""
        return {
            "format": "examengine/receipt/1",
            **self._facts(),
            "digest": self.digest.hex(),
            "key": signer.key_id,
            "signature": signer.sign(LABEL + self.digest).hex(),
            "public": to_text(signer.public),
        }

    def is_signed(self, public: bytes, signature: bytes) -> bool:
        return is_signed(public, LABEL + self.digest, signature)

    def _facts(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "ended_ms": self.ended_ms,
            "answered": self.answered,
            "questions": self.questions,
            "head": self.head.hex(),
        }


def number_of(random: bytes) -> str:
    """A receipt's number from unpredictable bytes, as it is stored: without groups.

    Raises:
        ValueError: fewer than 7 bytes.
    """
    if len(random) < RANDOM_BYTES:
        raise ValueError("a receipt's number needs 7 random bytes")
    value = int.from_bytes(random[:RANDOM_BYTES], "big")
    body = "".join(ALPHABET[value >> 5 * place & 31] for place in range(RANDOM_CHARACTERS))
    return body + ALPHABET[_check(body)]


def grouped(text: str) -> str:
    """``7KQM-3XWT-9HFD``: for people to read."""
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def read_number(text: str) -> str | None:
    """The number that a person typed; None where it cannot be one: a mistyped character, or too short."""
    number = _plain(text)
    if len(number) != RANDOM_CHARACTERS + 1 or any(mark not in ALPHABET for mark in number):
        return None
    return number if ALPHABET[_check(number[:-1])] == number[-1] else None


def read_digest(text: str) -> str | None:
    """The hex digits of a digest that a person typed, 16 or all 64; None where it cannot be one."""
    digits = _plain(text).lower()
    if len(digits) not in (SHORT_DIGITS, 64) or any(digit not in "0123456789abcdef" for digit in digits):
        return None
    return digits


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(mark for mark in folded if mark not in "-—–‐_:" and not mark.isspace())


def _check(body: str) -> int:
    value = 0
    for mark in body:
        value = _times_x(value ^ ALPHABET.index(mark))
    return value


def _times_x(value: int) -> int:
    """Multiply by x in GF(32), modulo x⁵ + x² + 1."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled
