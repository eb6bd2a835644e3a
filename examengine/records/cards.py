"""Activation cards: stock, booking out, use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update

from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.shapes import chunks
from examengine.records.tables import card_uses, cards
from examengine.records.vault import canonical_number


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card to take into stock; ``code_hash`` comes from the vault."""

    number: str
    code_hash: bytes = field(repr=False)
    region: str
    booked_out_ms: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """``round_id`` and ``used_ms`` say which round it opened; None = unused."""

    id: int
    number: str
    code_hash: bytes = field(repr=False)
    region: str
    booked_out_ms: int | None
    blocked_ms: int | None
    round_id: int | None
    used_ms: int | None


CARD = (
    cards.c.id,
    cards.c.number,
    cards.c.code_hash,
    cards.c.region,
    cards.c.booked_out_ms,
    cards.c.blocked_ms,
    card_uses.c.round_id,
    card_uses.c.at_ms,
)
_CARDS = select(*CARD).outerjoin_from(cards, card_uses)


async def find_card(tx: Reading, number: str) -> Card | None:
    """A card by its number, however it was typed."""
    row = await tx.row(_CARDS.where(cards.c.number == canonical_number(number)))
    return None if row is None else Card(*row)


async def lock_card(tx: Writing, number: str) -> Card:
    """A card by its number, locked until the transaction ends; take the enrolment's lock before.

    Raises:
        Missing: there is none of that number.
    """
    row = await tx.row(
        _CARDS.where(cards.c.number == canonical_number(number)).with_for_update(of=cards, key_share=True)
    )
    if row is None:
        raise Missing("card", "")
    return Card(*row)


async def find_cards(tx: Reading, numbers: Iterable[str]) -> Mapping[str, Card]:
    """Cards by canonical number, for imports: one query for every 500."""
    found = {}
    for part in chunks(sorted(set(numbers)), CHUNK):
        for row in await tx.rows(_CARDS.where(cards.c.number.in_(part))):
            found[row.number] = Card(*row)
    return found


async def add_cards(tx: Writing, new: Sequence[NewCard], at_ms: int) -> None:
    """Take cards into stock.

    Raises:
        Conflict: a number is there already.
    """
    await tx.insert_all(
        cards,
        [
            {
                "number": canonical_number(card.number),
                "code_hash": card.code_hash,
                "region": card.region,
                "added_ms": at_ms,
                "booked_out_ms": card.booked_out_ms,
            }
            for card in new
        ],
    )


async def book_out(tx: Writing, card_id: int, booked_out_ms: int, region: str) -> bool:
    """Book a card out of stock; False where it was booked out before."""
    in_stock = update(cards).where(cards.c.id == card_id, cards.c.booked_out_ms.is_(None))
    return await tx.run(in_stock.values(booked_out_ms=booked_out_ms, region=region)) > 0


async def block(tx: Writing, card_id: int, at_ms: int) -> bool:
    """Note that an unused card was lost; False where it is blocked already."""
    return (
        await tx.run(
            update(cards).where(cards.c.id == card_id, cards.c.blocked_ms.is_(None)).values(blocked_ms=at_ms)
        )
        > 0
    )


async def use_card(tx: Writing, card_id: int, round_id: int, at_ms: int) -> bool:
    """Note which round a card opened; False where it was used before."""
    row = {"card_id": card_id, "round_id": round_id, "at_ms": at_ms}
    return await tx.insert_unless_known(card_uses, row, "card_id") > 0
