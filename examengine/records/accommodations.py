"""Standing accommodations of a person: what is given in every attempt, on what it rests, from when until when."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, func, select

from examengine.records.database import AnyRow, Missing, Reading, Writing
from examengine.records.people import ciphers_of
from examengine.records.shapes import columns
from examengine.records.tables import accommodation_ends, accommodations
from examengine.records.vault import PersonCipher, Vault

DOCUMENT = "accommodations.document"
MAX_LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccommodation:
    """``percent`` of the rulebook's minutes or ``minutes``, and minutes for breaks, in every attempt started at or
    after ``begins_ms`` and before ``expires_ms`` (None: for good). ``document_enc``: what it rests on, see
    :func:`sealed`.
    """

    person_id: int
    percent: int | None
    minutes: int | None
    breaks_minutes: int
    document_enc: bytes
    begins_ms: int
    expires_ms: int | None
    reason_category: str
    reason: str
    ticket: str
    by_person: int
    second_person: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Who took an accommodation back, when and why."""

    reason_category: str
    reason: str
    ticket: str
    by_person: int
    second_person: int | None
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accommodation(NewAccommodation):
    """One as recorded. ``end`` None: it was not taken back."""

    id: int
    at_ms: int
    end: End | None = None

    def counts_at(self, started_ms: int) -> bool:
        """Whether an attempt started then has it."""
        expired = self.expires_ms is not None and started_ms >= self.expires_ms
        return self.end is None and self.begins_ms <= started_ms and not expired


async def sealed(tx: Reading, vault: Vault, person_id: int, document: str) -> bytes:
    """The name of a document under the person's key: it may tell of an illness.

    Raises:
        Missing: there is no such person, or he was erased.
    """
    cipher = (await ciphers_of(tx, vault, [person_id])).get(person_id)
    if cipher is None:
        raise Missing("person", person_id)
    return cipher.seal(DOCUMENT, document)


async def documents_of(tx: Reading, vault: Vault, found: Iterable[Accommodation]) -> dict[int, str]:
    """What accommodations rest on, by id; "" after an erasure."""
    found = tuple(found)
    ciphers = await ciphers_of(tx, vault, {one.person_id for one in found})
    return {one.id: unsealed(ciphers.get(one.person_id), one.document_enc) for one in found}


def unsealed(cipher: PersonCipher | None, document_enc: bytes) -> str:
    """The name again; "" where the key is gone."""
    return "" if cipher is None else cipher.open(DOCUMENT, document_enc)


async def add(tx: Writing, new: NewAccommodation, at_ms: int) -> tuple[Accommodation, bool]:
    """Record an accommodation, unless one of this source is there; it, and whether it is new."""
    known = await find_by_source(tx, new.source)
    if known is not None:
        return known, False
    values = {one.name: getattr(new, one.name) for one in fields(NewAccommodation)}
    accommodation_id = await tx.insert(accommodations, {**values, "at_ms": at_ms})
    return Accommodation(**values, id=accommodation_id, at_ms=at_ms), True


async def end(tx: Writing, accommodation_id: int, said: End) -> bool:
    """Note that an accommodation was taken back; False where it was before."""
    row = {one.name: getattr(said, one.name) for one in fields(End)} | {"accommodation_id": accommodation_id}
    return await tx.insert_unless_known(accommodation_ends, row, "accommodation_id") > 0


async def get(tx: Reading, accommodation_id: int) -> Accommodation:
    """One accommodation.

    Raises:
        Missing: there is none of that id.
    """
    found = await _loaded(tx, accommodations.c.id == accommodation_id)
    if not found:
        raise Missing("accommodation", accommodation_id)
    return found[0]


async def find_by_source(tx: Reading, source: str) -> Accommodation | None:
    """The accommodation of a form."""
    return next(iter(await _loaded(tx, accommodations.c.source == source)), None)


async def of_person(tx: Reading, person_id: int) -> tuple[Accommodation, ...]:
    """All of a person, oldest first, whatever became of them."""
    return await _loaded(tx, accommodations.c.person_id == person_id)


async def for_new_enrolment(tx: Reading, person_id: int, now_ms: int) -> tuple[Accommodation, ...]:
    """What a person who is enrolled now starts with: all that stands and has not expired."""
    unexpired = accommodations.c.expires_ms.is_(None) | (accommodations.c.expires_ms > now_ms)
    ends = accommodation_ends.c.accommodation_id.is_(None)
    return await _loaded(tx, accommodations.c.person_id == person_id, unexpired, ends)


async def newest(tx: Reading, before_id: int | None = None) -> tuple[Accommodation, ...]:
    """The newest of all people, newest first, at most 100; page on with ``before_id``."""
    where = () if before_id is None else (accommodations.c.id < before_id,)
    rows = await tx.rows(_ALL.where(*where).order_by(accommodations.c.id.desc()).limit(MAX_LISTED))
    return tuple(_accommodation(row) for row in rows)


async def count_alone(tx: Reading, by_person: int, since_ms: int) -> int:
    """How many someone has entered since then without a second person."""
    alone = select(func.count()).where(
        accommodations.c.by_person == by_person,
        accommodations.c.at_ms >= since_ms,
        accommodations.c.second_person.is_(None),
    )
    return int(await tx.value(alone))


_PLAIN = tuple(one.name for one in fields(Accommodation) if one.name != "end")
_ALL = select(
    *(accommodations.c[name] for name in _PLAIN),
    *(column.label(f"end_{column.name}") for column in columns(accommodation_ends, End)),
).outerjoin_from(accommodations, accommodation_ends)


async def _loaded(tx: Reading, *where: ColumnElement[bool]) -> tuple[Accommodation, ...]:
    rows = await tx.rows(_ALL.where(*where).order_by(accommodations.c.id).limit(MAX_LISTED))
    return tuple(_accommodation(row) for row in rows)


def _accommodation(row: AnyRow) -> Accommodation:
    values = row[: len(_PLAIN)]
    said = None
    if row.end_at_ms is not None:
        said = End(**{one.name: row._mapping[f"end_{one.name}"] for one in fields(End)})
    return Accommodation(**dict(zip(_PLAIN, values, strict=True)), end=said)
