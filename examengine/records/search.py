"""Finding people for the support desk: by document number or its tail, phone or its tail, name."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_

from examengine.records.database import Reading
from examengine.records.people import Person, find_by_index, whole_document
from examengine.records.tables import person_indexes
from examengine.records.vault import DOCUMENT_TAILS, PHONE_TAIL, Vault, canonical_name, canonical_number
from examengine.records.words import IndexKind

MAX_TEXT = 60
PHONE_DIGITS = 11


class FoundBy(StrEnum):
    """What a search text was taken for."""

    DOCUMENT = "document"
    DOCUMENT_TAIL = "document_tail"
    PHONE = "phone"
    PHONE_TAIL = "phone_tail"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Found:
    """``truncated``: there are more; a longer text narrows it."""

    people: tuple[Person, ...]
    taken_for: tuple[FoundBy, ...]
    truncated: bool


async def search_people(tx: Reading, vault: Vault, text: str, limit: int = 20) -> Found:
    """People by a whole document number (also a former one), its last 4, 6 or 8 places, a phone number, its last 4
    digits, or an exact name; two queries at most whatever the text. Oldest first.
    """
    conditions = _conditions(vault, text[:MAX_TEXT])
    if not conditions:
        return Found((), (), truncated=False)
    found = await find_by_index(tx, vault, or_(*conditions.values()), limit + 1)
    return Found(found[:limit], tuple(conditions), truncated=len(found) > limit)


def _conditions(vault: Vault, text: str) -> dict[FoundBy, ColumnElement[bool]]:
    number, name = canonical_number(text), canonical_name(text)
    if not name:
        return {}
    if not number.isascii() or number.isalpha():
        return {FoundBy.NAME: _is(vault, IndexKind.NAME, name), FoundBy.DOCUMENT: whole_document(vault, number)}
    conditions = {FoundBy.DOCUMENT: whole_document(vault, number)}
    for kind, places in DOCUMENT_TAILS:
        if len(number) == places:
            conditions[FoundBy.DOCUMENT_TAIL] = _is(vault, kind, number)
    if len(number) == PHONE_DIGITS:
        conditions[FoundBy.PHONE] = _is(vault, IndexKind.PHONE, number)
    if len(number) == PHONE_TAIL:
        conditions[FoundBy.PHONE_TAIL] = _is(vault, IndexKind.PHONE4, number)
    return conditions


def _is(vault: Vault, kind: IndexKind, text: str) -> ColumnElement[bool]:
    return and_(person_indexes.c.kind == kind, person_indexes.c.value == vault.index(kind, text))
