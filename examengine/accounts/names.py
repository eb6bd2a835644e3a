"""Names in one form, and how much of names and numbers is shown where (masking is no anonymity)."""

import unicodedata
from enum import StrEnum

from examengine.records.vault import MIDDLE_DOT, canonical_name

MAX_NAME = 50
HIDDEN_AT_LEAST = 4
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


class Place(StrEnum):
    """Where personal data is shown."""

    OWN_PAGE = "own_page"
    STAFF_LIST = "staff_list"
    PUBLIC = "public"


_DOCUMENT_ENDS = {Place.OWN_PAGE: (3, 4), Place.STAFF_LIST: (6, 4), Place.PUBLIC: (3, 2)}
_PHONE_ENDS = (3, 4)


def read_name(typed: str) -> str | None:
    """A name of 1 to 50 characters: NFC, the dot of minority names as U+00B7, no blanks. None where there is none,
    or it is too long or holds characters that no name has.
    """
    if len(typed) > MAX_NAME * 4:
        return None
    name = canonical_name(typed.translate(_INVISIBLE)).strip(MIDDLE_DOT)
    if not 0 < len(name) <= MAX_NAME or any(_no_part_of_a_name(sign) for sign in name):
        return None
    return name


def mask_name(name: str, place: Place) -> str:
    """Full but on public pages, which show the first character only (张*)."""
    return name[:1] + "*" * (len(name) - 1) if place is Place.PUBLIC else name


def mask_document(number: str, place: Place) -> str:
    """Own page 450***********0018, lists of staff 450702********0018, public page 450*************18."""
    return _masked(number, *_DOCUMENT_ENDS[place])


def mask_phone(phone: str | None, place: Place) -> str:
    """138****0000; nothing on public pages."""
    return _masked(phone, *_PHONE_ENDS) if phone and place is not Place.PUBLIC else ""


def _masked(text: str, head: int, tail: int) -> str:
    """At least four characters stay hidden, of short texts all but what is left over."""
    spare = max(0, len(text) - HIDDEN_AT_LEAST)
    tail = min(tail, (spare + 1) // 2)
    head = min(head, spare - tail)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]


def _no_part_of_a_name(sign: str) -> bool:
    # Private use stays: registries held rare characters there before Unicode had them.
    return unicodedata.category(sign) in {"Cc", "Cs", "Cn", "Nd", "Sm", "Sc"} or sign in "<>\"'\\/=+@*"
