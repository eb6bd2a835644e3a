"""Personal data at rest: bound to its place, found without standing there, gone with the key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examengine.records.vault import Vault, VaultError, WrappedKey, canonical_number
from examengine.records.words import DocumentType, IndexKind

OLD, NEW = "the first field key, 32 characters or more", "the second field key, 32 characters or more"
NUMBER = "45070219800101000X"


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_what_is_sealed_opens_to_the_same_text(text: str) -> None:
    _, _, cipher = Vault([OLD]).new_person()
    assert cipher.open("people.name", cipher.seal("people.name", text)) == text


def test_the_same_text_never_looks_the_same() -> None:
    _, _, cipher = Vault([OLD]).new_person()
    assert cipher.seal("people.name", "张三") != cipher.seal("people.name", "张三")


def test_a_value_does_not_open_in_another_column_or_for_another_person() -> None:
    vault = Vault([OLD])
    _, _, one = vault.new_person()
    _, _, other = vault.new_person()
    sealed = one.seal("people.name", "张三")
    with pytest.raises(VaultError):
        one.open("people.phone", sealed)
    with pytest.raises(VaultError):
        other.open("people.name", sealed)


@pytest.mark.parametrize("spoilt", [b"", b"short", b"\0" * 40])
def test_a_value_that_was_changed_does_not_open(spoilt: bytes) -> None:
    _, _, cipher = Vault([OLD]).new_person()
    with pytest.raises(VaultError):
        cipher.open("people.name", spoilt)


def test_a_rotated_field_key_opens_old_people_and_wraps_new_ones() -> None:
    pseudonym, key, cipher = Vault([OLD]).new_person()
    sealed = cipher.seal("people.doc", NUMBER)
    rotated = Vault([OLD, NEW])
    assert rotated.cipher(pseudonym, key).open("people.doc", sealed) == NUMBER
    again = rotated.wrap_again(pseudonym, key)
    assert again.key_id == rotated.newest_key_id != key.key_id
    assert rotated.cipher(pseudonym, again).open("people.doc", sealed) == NUMBER


def test_a_missing_field_key_is_named_by_its_id_only() -> None:
    pseudonym, key, _ = Vault([OLD]).new_person()
    with pytest.raises(VaultError, match=key.key_id):
        Vault([NEW]).cipher(pseudonym, key)


def test_a_wrapped_key_serves_no_other_person() -> None:
    vault = Vault([OLD])
    _, key, _ = vault.new_person()
    with pytest.raises(VaultError):
        vault.cipher("0" * 32, key)


def test_indexes_stay_when_the_field_key_is_rotated() -> None:
    before, after = Vault([OLD]), Vault([OLD, NEW])
    assert before.index(IndexKind.NAME, "张三") == after.index(IndexKind.NAME, "张三")
    assert before.index(IndexKind.NAME, "张三") != Vault([NEW]).index(IndexKind.NAME, "张三")


def test_the_type_is_part_of_a_documents_index() -> None:
    vault = Vault([OLD])
    indexes = {vault.document_index(doc_type, "12345678") for doc_type in DocumentType}
    assert len(indexes) == len(DocumentType)


def test_a_person_is_indexed_by_whole_number_tails_phone_and_name() -> None:
    kinds = [kind for kind, _ in Vault([OLD]).person_indexes(DocumentType.RESIDENT_ID, NUMBER, "张三", "13800000000")]
    assert sorted(kinds) == sorted(
        [
            IndexKind.DOC,
            IndexKind.DOC4,
            IndexKind.DOC6,
            IndexKind.DOC8,
            IndexKind.NAME,
            IndexKind.PHONE,
            IndexKind.PHONE4,
        ]
    )


@pytest.mark.parametrize(
    "typed",
    [
        "45070219800101000x",
        " 450702-19800101-000X ",
        "４５０７０２１９８００１０１０００Ｘ",
        "450702\u00a019800101\u3000000X",
    ],
)
def test_the_way_a_number_was_typed_does_not_matter(typed: str) -> None:
    assert canonical_number(typed) == NUMBER


def test_nothing_secret_shows_in_a_repr() -> None:
    _, key, _ = Vault([OLD]).new_person()
    assert "wrapped" not in repr(key)
    assert isinstance(key, WrappedKey)


def test_a_file_opens_only_where_it_belongs() -> None:
    vault = Vault([OLD])
    sealed = vault.seal_blob("uploads.content", b"file")
    assert Vault([OLD, NEW]).open_blob("uploads.content", sealed) == b"file"
    for place, blob in (("elsewhere", sealed), ("uploads.content", sealed[:-1] + b"?"), ("uploads.content", b"")):
        with pytest.raises(VaultError):
            vault.open_blob(place, blob)


def test_a_vault_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Vault([])
