"""Personal data at rest: encrypted under a key of each person's own, found by blind indexes.

A person's data key is wrapped by the newest field key of the settings; after a rotation it is wrapped again, and no
field is touched. Destroying the wrapped key erases the person. Indexes are keyed by the *oldest* field key, so that a
rotation does not move them: that key stays in the settings.
"""

import hashlib
import hmac
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from examengine.records.errors import RecordsError
from examengine.records.words import DocumentType, IndexKind

NONCE_BYTES = 12
BLOB_OVERHEAD = 8 + NONCE_BYTES + 16
"""Bytes by which a sealed file is longer than the file: key id, nonce, tag."""
INDEX_BYTES = 16
DOCUMENT_TAILS = ((IndexKind.DOC4, 4), (IndexKind.DOC6, 6), (IndexKind.DOC8, 8))
PHONE_TAIL = 4
MIDDLE_DOT = "\u00b7"
_MIDDLE_DOTS = dict.fromkeys(map(ord, ".\u2022\u2027\u2219\u22c5\u3002\u30fb\ufe52\uff0e\uff61\uff65"), MIDDLE_DOT)
_BLANKS_AND_HYPHENS = {
    ord(sign): None for sign in " \t\r\n\u00a0\u200b\u3000\ufeff-\u2010\u2011\u2012\u2013\u2014\u2212"
}


class VaultError(RecordsError):
    """A stored value cannot be opened: the field key is not in the settings, or the value was tampered with."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's data key as it is stored."""

    key_id: str
    wrapped: bytes = field(repr=False)


class PersonCipher:
    """Encrypts and decrypts one person's fields. The column and the person are bound to each value."""

    def __init__(self, pseudonym: str, data_key: bytes) -> None:
        self._pseudonym = pseudonym
        self._cipher = AESGCM(data_key)

    def seal(self, place: str, text: str) -> bytes:
        """``place`` is table and column, "people.name"."""
        return _seal(self._cipher, f"{place}/{self._pseudonym}", text.encode())

    def open(self, place: str, sealed: bytes) -> str:
        """The text again.

        Raises:
            VaultError: it is another person's or column's value, or was changed.
        """
        return _open(self._cipher, f"{place}/{self._pseudonym}", sealed).decode()


class Vault:
    """Holds the field keys. ``field_keys`` are the settings' texts, oldest first."""

    def __init__(self, field_keys: Sequence[str]) -> None:
        if not field_keys:
            raise ValueError("at least one field key is needed")
        self._wrappers = {_key_id(text): AESGCM(_derived(text, b"examengine wrap")) for text in field_keys}
        self._newest = _key_id(field_keys[-1])
        self._index_key = _derived(field_keys[0], b"examengine index")

    @property
    def newest_key_id(self) -> str:
        """Names the field key that wraps now."""
        return self._newest

    def new_person(self) -> tuple[str, WrappedKey, PersonCipher]:
        """A pseudonym, its new data key wrapped, and the cipher."""
        pseudonym = os.urandom(16).hex()
        data_key = AESGCM.generate_key(256)
        return pseudonym, self._wrap(pseudonym, data_key), PersonCipher(pseudonym, data_key)

    def cipher(self, pseudonym: str, key: WrappedKey) -> PersonCipher:
        """The cipher of a stored person.

        Raises:
            VaultError: the settings lack the field key.
        """
        return PersonCipher(pseudonym, self._unwrap(pseudonym, key))

    def wrap_again(self, pseudonym: str, key: WrappedKey) -> WrappedKey:
        """The same data key under the newest field key."""
        return self._wrap(pseudonym, self._unwrap(pseudonym, key))

    def seal_blob(self, place: str, content: bytes) -> bytes:
        """Encrypt a file that is no single person's; only the newest field key opens it."""
        return _seal(self._wrappers[self._newest], place, content, prefix=self._newest.encode())

    def open_blob(self, place: str, sealed: bytes) -> bytes:
        """The file again.

        Raises:
            VaultError: the settings lack its key, or it was changed.
        """
        wrapper = self._wrappers.get(sealed[:8].decode("ascii", "replace"))
        if wrapper is None:
            raise VaultError("a field key is missing in the settings")
        return _open(wrapper, place, sealed[8:])

    def index(self, kind: IndexKind, text: str) -> bytes:
        """The blind index of a text that was brought to its canonical form."""
        return self._mac(f"{kind}/{text}")

    def document_index(self, doc_type: DocumentType, document: str) -> bytes:
        """The index of a whole document number with its type."""
        return self._mac(f"{IndexKind.DOC}/{doc_type}/{canonical_number(document)}")

    def old_document_index(self, document: str) -> bytes:
        return self.index(IndexKind.OLD_DOC, canonical_number(document))

    def person_indexes(
        self, doc_type: DocumentType, document: str, name: str, phone: str | None
    ) -> list[tuple[IndexKind, bytes]]:
        """Everything a person can be found by."""
        number = canonical_number(document)
        found = [(IndexKind.DOC, self.document_index(doc_type, number))]
        found += [
            (kind, self.index(kind, number[-places:])) for kind, places in DOCUMENT_TAILS if len(number) > places
        ]
        found.append((IndexKind.NAME, self.index(IndexKind.NAME, canonical_name(name))))
        if phone:
            found.append((IndexKind.PHONE, self.index(IndexKind.PHONE, phone)))
            found.append((IndexKind.PHONE4, self.index(IndexKind.PHONE4, phone[-PHONE_TAIL:])))
        return found

    def card_code_hash(self, number: str, code: str) -> bytes:
        """What is stored of an activation code."""
        return self._mac(f"card/{canonical_number(number)}/{canonical_number(code)}")

    def recovery_code_hash(self, factor_id: int, code: str) -> bytes:
        """What is stored of a code on paper that stands in for a second factor."""
        return self._mac(f"recovery/{factor_id}/{canonical_number(code)}")

    def _mac(self, text: str) -> bytes:
        return hmac.digest(self._index_key, text.encode(), hashlib.sha256)[:INDEX_BYTES]

    def _wrap(self, pseudonym: str, data_key: bytes) -> WrappedKey:
        return WrappedKey(self._newest, _seal(self._wrappers[self._newest], f"person_keys/{pseudonym}", data_key))

    def _unwrap(self, pseudonym: str, key: WrappedKey) -> bytes:
        wrapper = self._wrappers.get(key.key_id)
        if wrapper is None:
            raise VaultError(f"field key {key.key_id} is missing in the settings")
        return _open(wrapper, f"person_keys/{pseudonym}", key.wrapped)


def canonical_number(text: str) -> str:
    """A document's or card's number as it is stored and compared: NFKC, no blanks or hyphens, upper case."""
    return unicodedata.normalize("NFKC", text).translate(_BLANKS_AND_HYPHENS).upper()


def canonical_name(text: str) -> str:
    """A name as it is stored and compared: NFC, no blanks, the dot of minority names as U+00B7."""
    return "".join(unicodedata.normalize("NFC", text).split()).translate(_MIDDLE_DOTS)


def _key_id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _derived(text: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(text.encode())


def _seal(cipher: AESGCM, place: str, content: bytes, prefix: bytes = b"") -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return prefix + nonce + cipher.encrypt(nonce, content, place.encode())


def _open(cipher: AESGCM, place: str, sealed: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise VaultError(f"a stored value of {place.partition('/')[0]} cannot be opened") from None
