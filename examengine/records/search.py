"""Finding people for the support desk: by document number or its tail, phone or its tail, name, name with a tail,
activation card, receipt.

Whatever is typed and however many there are, an index is read for at most ``limit`` ids a kind: a name that thousands
bear costs what a rare one costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, select, union_all

from examengine.evidence.receipts import read_number
from examengine.records.cards import Card, find_card
from examengine.records.database import Reading
from examengine.records.people import Person, find_people, whole_document
from examengine.records.tables import attempts, enrolments, person_indexes, receipts, rounds
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
    NAME_AND_NUMBER = "name_and_number"
    CARD = "card"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Found:
    """``truncated``: there are more; a longer text narrows it. ``card``: the card of that number, used or not."""

    people: tuple[Person, ...]
    taken_for: tuple[FoundBy, ...]
    truncated: bool
    card: Card | None = None


async def search_people(tx: Reading, vault: Vault, text: str, limit: int = 20) -> Found:
    """People by a whole document number (also a former one), its last 4, 6 or 8 places, a phone number, its last 4
    digits, an exact name, a name with one of these behind a blank, the number of a card that they used, or of a
    receipt. Five queries at most whatever the text. Oldest first.
    """
    text = text[:MAX_TEXT]
    conditions = {**_of_number(vault, text), **_of_name(vault, text)}
    statements = [_ids(condition, limit) for condition in conditions.values()]
    named = _name_and_number(text)
    if named is not None:
        name, number = named
        of_number = list(_of_number(vault, number).values())
        statements += [_ids_of_both(vault, name, condition, limit) for condition in of_number]
    taken = [*conditions, *((FoundBy.NAME_AND_NUMBER,) if named is not None else ())]
    ids = await _of_indexes(tx, statements, limit)
    card = await _card(tx, text)
    if card is not None:
        taken.append(FoundBy.CARD)
        ids |= await _of_card(tx, card)
    receipt = read_number(text)
    if receipt is not None:
        taken.append(FoundBy.RECEIPT)
        ids |= await _of_receipt(tx, receipt)
    shown = sorted(ids)[:limit]
    people = await find_people(tx, vault, shown)
    known = tuple(people[person_id] for person_id in shown)
    return Found(known, tuple(taken), truncated=len(ids) > limit, card=card)


def _of_number(vault: Vault, text: str) -> dict[FoundBy, ColumnElement[bool]]:
    number = canonical_number(text)
    if not number:
        return {}
    conditions = {FoundBy.DOCUMENT: whole_document(vault, number)}
    if not number.isascii() or number.isalpha():
        return conditions
    for kind, places in DOCUMENT_TAILS:
        if len(number) == places:
            conditions[FoundBy.DOCUMENT_TAIL] = _is(vault, kind, number)
    if len(number) == PHONE_DIGITS:
        conditions[FoundBy.PHONE] = _is(vault, IndexKind.PHONE, number)
    if len(number) == PHONE_TAIL:
        conditions[FoundBy.PHONE_TAIL] = _is(vault, IndexKind.PHONE4, number)
    return conditions


def _of_name(vault: Vault, text: str) -> dict[FoundBy, ColumnElement[bool]]:
    name, number = canonical_name(text), canonical_number(text)
    has_digits = any(sign.isdecimal() for sign in name)  # no name has
    is_name = bool(name) and not has_digits and (not number.isascii() or number.isalpha())
    return {FoundBy.NAME: _is(vault, IndexKind.NAME, name)} if is_name else {}


def _name_and_number(text: str) -> tuple[str, str] | None:
    """``李建国 0018``: callers say both, and either alone finds hundreds."""
    parts = text.split()
    name = "".join(part for part in parts if not any(sign.isdecimal() for sign in part))
    number = "".join(part for part in parts if any(sign.isdecimal() for sign in part))
    return (canonical_name(name), number) if name and number else None


def _is(vault: Vault, kind: IndexKind, text: str) -> ColumnElement[bool]:
    return and_(person_indexes.c.kind == kind, person_indexes.c.value == vault.index(kind, text))


def _ids(condition: ColumnElement[bool], limit: int) -> Select[tuple[int]]:
    return select(person_indexes.c.person_id).where(condition).order_by(person_indexes.c.person_id).limit(limit + 1)


def _ids_of_both(vault: Vault, name: str, condition: ColumnElement[bool], limit: int) -> Select[tuple[int]]:
    bearer = person_indexes.alias("bearer")
    is_named = and_(
        bearer.c.person_id == person_indexes.c.person_id,
        bearer.c.kind == IndexKind.NAME,
        bearer.c.value == vault.index(IndexKind.NAME, name),
    )
    return _ids(condition, limit).join(bearer, is_named)


async def _of_indexes(tx: Reading, statements: Sequence[Select[tuple[int]]], limit: int) -> set[int]:
    if not statements:
        return set()
    # a part that has its own limit must be a subquery: SQLite knows none in a union
    parts = [select(part.subquery().c.person_id) for part in statements]
    rows = await tx.rows(union_all(*parts))
    return set(sorted({row.person_id for row in rows})[: limit + 1])


async def _card(tx: Reading, text: str) -> Card | None:
    number = canonical_number(text)
    return await find_card(tx, number) if number.isascii() and any(map(str.isdecimal, number)) else None


async def _of_card(tx: Reading, card: Card) -> set[int]:
    if card.round_id is None:
        return set()
    owner = select(enrolments.c.person_id).join_from(rounds, enrolments).where(rounds.c.id == card.round_id)
    return {row.person_id for row in await tx.rows(owner)}


async def _of_receipt(tx: Reading, number: str) -> set[int]:
    owner = (
        select(enrolments.c.person_id)
        .join_from(receipts, attempts, attempts.c.id == receipts.c.attempt_id)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .where(receipts.c.number == number)
    )
    return {row.person_id for row in await tx.rows(owner)}
