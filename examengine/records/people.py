"""People: encrypted fields, blind indexes, former numbers, erasure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, insert, select, update

from examengine.records import results
from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.shapes import chunks
from examengine.records.tables import accounts, document_history, people, person_indexes, person_keys
from examengine.records.vault import PersonCipher, Vault, WrappedKey
from examengine.records.words import DocumentType, IndexKind

DOC, NAME, PHONE, OLD_DOC = "people.doc", "people.name", "people.phone", "document_history.doc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is kept of a person; ``document`` and ``phone`` in canonical form."""

    doc_type: DocumentType
    document: str = field(repr=False)
    name: str = field(repr=False)
    phone: str | None = field(repr=False, default=None)
    unit_name: str
    region: str
    category: str
    post: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person to add; ``former_document`` is the 15-digit original of a converted number."""

    profile: Profile
    former_document: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as recorded. An erased one has no profile."""

    id: int
    pseudonym: str
    profile: Profile | None
    created_ms: int
    erased_ms: int | None

    @property
    def name(self) -> str:
        """The name, empty after an erasure."""
        return self.profile.name if self.profile else ""


WITH_KEYS = (*people.columns, person_keys.c.key_id, person_keys.c.wrapped_key)
"""Columns that :func:`person_of` reads."""
_WITH_KEYS = select(*WITH_KEYS).outerjoin_from(people, person_keys)


async def add_people(tx: Writing, vault: Vault, new: Sequence[NewPerson], at_ms: int) -> list[int]:
    """Add people; their ids in the same order.

    Raises:
        Conflict: someone with this document is there already.
    """
    rows, keys, ciphers = [], [], []
    for person in new:
        pseudonym, key, cipher = vault.new_person()
        rows.append({"pseudonym": pseudonym, "created_ms": at_ms, **_columns_of(cipher, person.profile)})
        keys.append(key)
        ciphers.append(cipher)
    ids = await tx.insert_numbered(people, rows)
    await tx.insert_all(
        person_keys,
        [
            {"person_id": person_id, "key_id": key.key_id, "wrapped_key": key.wrapped, "made_ms": at_ms}
            for person_id, key in zip(ids, keys, strict=True)
        ],
    )
    indexes, former = [], []
    for person_id, person, cipher in zip(ids, new, ciphers, strict=True):
        indexes += _index_rows(vault, person_id, person.profile)
        if person.former_document:
            indexes.append(_old_index_row(vault, person_id, person.former_document))
            former.append(_history_row(cipher, person_id, person.profile.doc_type, person.former_document, at_ms))
    await tx.insert_all(person_indexes, indexes)
    await tx.insert_all(document_history, former)
    return ids


async def get_person(tx: Reading, vault: Vault, person_id: int) -> Person:
    """One person.

    Raises:
        Missing: there is none of that id.
    """
    found = await find_people(tx, vault, [person_id])
    if person_id not in found:
        raise Missing("person", person_id)
    return found[person_id]


async def find_people(tx: Reading, vault: Vault, ids: Iterable[int]) -> dict[int, Person]:
    """People by id; who does not exist is left out."""
    found = {}
    for part in chunks(sorted(set(ids)), CHUNK):
        for person in await _loaded(tx, vault, _WITH_KEYS.where(people.c.id.in_(part))):
            found[person.id] = person
    return found


async def ciphers_of(tx: Reading, vault: Vault, ids: Iterable[int]) -> dict[int, PersonCipher]:
    """The ciphers of people, for what other tables keep under their keys; an erased one has none."""
    found = {}
    for part in chunks(sorted(set(ids)), CHUNK):
        keys = select(people.c.id, people.c.pseudonym, person_keys.c.key_id, person_keys.c.wrapped_key)
        for row in await tx.rows(keys.join_from(people, person_keys).where(people.c.id.in_(part))):
            found[row.id] = vault.cipher(row.pseudonym, WrappedKey(row.key_id, row.wrapped_key))
    return found


async def require(tx: Reading, person_id: int) -> None:
    """See that a person is there and was not erased.

    Raises:
        Missing: he is not.
    """
    wanted = select(people.c.id).where(people.c.id == person_id, people.c.erased_ms.is_(None))
    if await tx.value(wanted) is None:
        raise Missing("person", person_id)


async def lock_person(tx: Writing, person_id: int) -> None:
    """Hold a person's row: nobody enrols him meanwhile. Take the locks of his enrolments before it.

    Raises:
        Missing: there is none of that id.
    """
    if await tx.value(select(people.c.id).where(people.c.id == person_id).with_for_update()) is None:
        raise Missing("person", person_id)


async def find_by_document(tx: Reading, vault: Vault, document: str) -> tuple[Person, ...]:
    """People whose whole number this is, now or formerly, whatever its type."""
    return await find_by_index(tx, vault, whole_document(vault, document))


async def find_by_documents(
    tx: Reading, vault: Vault, documents: Iterable[tuple[DocumentType, str]]
) -> Mapping[tuple[DocumentType, str], Person]:
    """People by type and number, for imports: one query for every 500."""
    wanted = {vault.document_index(*key): key for key in documents}
    found = {}
    for part in chunks(list(wanted), CHUNK):
        statement = (
            _WITH_KEYS.add_columns(person_indexes.c.value)
            .join(person_indexes, person_indexes.c.person_id == people.c.id)
            .where(person_indexes.c.kind == IndexKind.DOC, person_indexes.c.value.in_(part))
        )
        for row in await tx.rows(statement):
            found[wanted[row.value]] = person_of(vault, row)
    return found


async def find_ids_by_document(tx: Reading, vault: Vault, documents: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
    """Ids of the people of whole numbers, now or formerly, whatever the type; for imports, opens nothing."""
    wanted: dict[bytes, str] = {}
    for document in documents:
        wanted |= {vault.document_index(doc_type, document): document for doc_type in DocumentType}
        wanted[vault.old_document_index(document)] = document
    found: dict[str, tuple[int, ...]] = {}
    for part in chunks(list(wanted), CHUNK):
        statement = (
            select(person_indexes.c.value, person_indexes.c.person_id)
            .where(person_indexes.c.kind.in_([IndexKind.DOC, IndexKind.OLD_DOC]), person_indexes.c.value.in_(part))
            .order_by(person_indexes.c.person_id)
        )
        for row in await tx.rows(statement):
            known = found.get(wanted[row.value], ())
            if row.person_id not in known:
                found[wanted[row.value]] = (*known, row.person_id)
    return found


async def find_former(tx: Reading, vault: Vault, documents: Iterable[str]) -> frozenset[str]:
    """Those of the numbers that are somebody's former ones."""
    wanted = {vault.old_document_index(document): document for document in documents}
    found = set()
    for part in chunks(list(wanted), CHUNK):
        statement = select(person_indexes.c.value).where(
            person_indexes.c.kind == IndexKind.OLD_DOC, person_indexes.c.value.in_(part)
        )
        found |= {wanted[row.value] for row in await tx.rows(statement)}
    return frozenset(found)


async def find_by_index(
    tx: Reading, vault: Vault, condition: ColumnElement[bool], limit: int = 50
) -> tuple[Person, ...]:
    """People with an index that meets the condition, oldest first."""
    ids = select(person_indexes.c.person_id).where(condition)
    return await _loaded(tx, vault, _WITH_KEYS.where(people.c.id.in_(ids)).order_by(people.c.id).limit(limit))


def whole_document(vault: Vault, document: str) -> ColumnElement[bool]:
    """The condition that finds a whole number among all types and former numbers."""
    former = (person_indexes.c.kind == IndexKind.OLD_DOC) & (
        person_indexes.c.value == vault.old_document_index(document)
    )
    return current_document(vault, document) | former


def current_document(vault: Vault, document: str) -> ColumnElement[bool]:
    """The condition that finds a whole number among all types; a former number does not count."""
    values = [vault.document_index(doc_type, document) for doc_type in DocumentType]
    return (person_indexes.c.kind == IndexKind.DOC) & person_indexes.c.value.in_(values)


async def change_profile(
    tx: Writing, vault: Vault, person_id: int, profile: Profile, at_ms: int, by: int | None
) -> None:
    """Write a changed profile. A changed document number is a correction: the old one is kept and still finds him.

    Raises:
        Missing: no such person, or erased.
        Conflict: another person has that document.
    """
    row = await tx.row(_WITH_KEYS.where(people.c.id == person_id).with_for_update(of=people, key_share=True))
    before = person_of(vault, row).profile if row else None
    if row is None or before is None:
        raise Missing("person", person_id)
    cipher = vault.cipher(row.pseudonym, WrappedKey(row.key_id, row.wrapped_key))
    await tx.run(update(people).where(people.c.id == person_id).values(**_columns_of(cipher, profile)))
    await tx.run(
        delete(person_indexes).where(
            person_indexes.c.person_id == person_id, person_indexes.c.kind != IndexKind.OLD_DOC
        )
    )
    await tx.insert_all(person_indexes, _index_rows(vault, person_id, profile))
    if (before.region, before.unit_name) != (profile.region, profile.unit_name):
        await results.move_person(tx, person_id, profile.region, profile.unit_name)
    if (before.doc_type, before.document) != (profile.doc_type, profile.document):
        old = _history_row(cipher, person_id, before.doc_type, before.document, at_ms)
        await tx.run(insert(document_history).values(**{**old, "why": "corrected", "by_person": by}))
        index = _old_index_row(vault, person_id, before.document)
        await tx.insert_unless_known(person_indexes, index, "kind", "value", "person_id")


async def erase_person(tx: Writing, person_id: int, at_ms: int) -> None:
    """Destroy a person's key, account and everything that finds him; pseudonym and facts stay.

    Raises:
        Missing: no such person, or erased already.
    """
    erased = update(people).where(people.c.id == person_id, people.c.erased_ms.is_(None))
    if not await tx.run(erased.values(erased_ms=at_ms, phone_enc=None, unit_name="", post="", title="")):
        raise Missing("person", person_id)
    await results.forget_unit(tx, person_id)
    await tx.run(delete(accounts).where(accounts.c.person_id == person_id))
    await tx.run(delete(person_keys).where(person_keys.c.person_id == person_id))
    await tx.run(delete(person_indexes).where(person_indexes.c.person_id == person_id))


async def wrap_keys_again(tx: Writing, vault: Vault, limit: int = 1000) -> int:
    """After a rotation: wrap up to ``limit`` keys under the newest field key. Repeat until it answers 0."""
    stale = await tx.rows(
        select(people.c.id, people.c.pseudonym, person_keys.c.key_id, person_keys.c.wrapped_key)
        .join_from(people, person_keys)
        .where(person_keys.c.key_id != vault.newest_key_id)
        .order_by(people.c.id)
        .limit(limit)
        .with_for_update(of=person_keys)
    )
    for row in stale:
        key = vault.wrap_again(row.pseudonym, WrappedKey(row.key_id, row.wrapped_key))
        await tx.run(
            update(person_keys)
            .where(person_keys.c.person_id == row.id)
            .values(key_id=key.key_id, wrapped_key=key.wrapped)
        )
    return len(stale)


async def former_documents(tx: Reading, vault: Vault, person_id: int) -> tuple[str, ...]:
    """A person's former numbers, oldest first; empty after an erasure."""
    statement = (
        select(document_history.c.doc_enc, people.c.pseudonym, person_keys.c.key_id, person_keys.c.wrapped_key)
        .join_from(document_history, people, people.c.id == document_history.c.person_id)
        .join(person_keys, person_keys.c.person_id == people.c.id)
        .where(document_history.c.person_id == person_id)
        .order_by(document_history.c.id)
    )
    return tuple(
        vault.cipher(row.pseudonym, WrappedKey(row.key_id, row.wrapped_key)).open(OLD_DOC, row.doc_enc)
        for row in await tx.rows(statement)
    )


async def _loaded(tx: Reading, vault: Vault, statement: Select[Any]) -> tuple[Person, ...]:
    return tuple(person_of(vault, row) for row in await tx.rows(statement))


def person_of(vault: Vault, row: Any) -> Person:
    """From a row with the columns :data:`WITH_KEYS`, by their names."""
    profile = None
    if row.wrapped_key is not None:
        cipher = vault.cipher(row.pseudonym, WrappedKey(row.key_id, row.wrapped_key))
        profile = Profile(
            doc_type=DocumentType(row.doc_type),
            document=cipher.open(DOC, row.doc_enc),
            name=cipher.open(NAME, row.name_enc),
            phone=None if row.phone_enc is None else cipher.open(PHONE, row.phone_enc),
            unit_name=row.unit_name,
            region=row.region,
            category=row.category,
            post=row.post,
            title=row.title,
        )
    return Person(
        id=row.id, pseudonym=row.pseudonym, profile=profile, created_ms=row.created_ms, erased_ms=row.erased_ms
    )


def _columns_of(cipher: PersonCipher, profile: Profile) -> dict[str, Any]:
    return {
        "doc_type": profile.doc_type,
        "doc_enc": cipher.seal(DOC, profile.document),
        "name_enc": cipher.seal(NAME, profile.name),
        "phone_enc": None if profile.phone is None else cipher.seal(PHONE, profile.phone),
        "unit_name": profile.unit_name,
        "region": profile.region,
        "category": profile.category,
        "post": profile.post,
        "title": profile.title,
    }


def _index_rows(vault: Vault, person_id: int, profile: Profile) -> list[dict[str, Any]]:
    found = vault.person_indexes(profile.doc_type, profile.document, profile.name, profile.phone)
    return [{"kind": kind, "value": value, "person_id": person_id} for kind, value in found]


def _old_index_row(vault: Vault, person_id: int, document: str) -> dict[str, Any]:
    return {"kind": IndexKind.OLD_DOC, "value": vault.old_document_index(document), "person_id": person_id}


def _history_row(
    cipher: PersonCipher, person_id: int, doc_type: DocumentType, document: str, at_ms: int
) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "doc_type": doc_type,
        "doc_enc": cipher.seal(OLD_DOC, document),
        "why": "fifteen_digits",
        "at_ms": at_ms,
    }
