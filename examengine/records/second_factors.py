"""Second factors of staff: sealed TOTP secrets, the newest step whose code was taken, codes on paper."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam, func, select, update

from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.shapes import chunks
from examengine.records.tables import people, person_keys, recovery_codes, second_factors
from examengine.records.vault import PersonCipher, Vault, WrappedKey

SECRET = "second_factors.secret"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A second factor in use. ``at_ms``: when it was set up."""

    id: int
    person_id: int
    at_ms: int
    last_step: int
    secret: str = field(repr=False)


_USED = second_factors.c.ended_ms.is_(None)
_AT = select(second_factors.c.at_ms).where(second_factors.c.person_id == bindparam("wanted"), _USED)


async def find_used_since(tx: Reading, person_id: int) -> int | None:
    """Since when (ms) a person has the second factor he uses; None where he has none. Opens nothing."""
    at_ms = await tx.value(_AT, {"wanted": person_id})
    return None if at_ms is None else int(at_ms)


async def used_since(tx: Reading, person_ids: Iterable[int]) -> Mapping[int, int]:
    """The same for many; who has none is left out."""
    found: dict[int, int] = {}
    for part in chunks(sorted(set(person_ids)), CHUNK):
        statement = select(second_factors.c.person_id, second_factors.c.at_ms).where(
            second_factors.c.person_id.in_(part), _USED
        )
        found.update((row.person_id, row.at_ms) for row in await tx.rows(statement))
    return found


async def find_used(tx: Reading, vault: Vault, person_id: int) -> SecondFactor | None:
    """The second factor a person uses, its secret opened.

    Raises:
        VaultError: the settings lack the field key.
    """
    statement = (
        select(second_factors, people.c.pseudonym, person_keys.c.key_id, person_keys.c.wrapped_key)
        .join_from(second_factors, people, people.c.id == second_factors.c.person_id)
        .join(person_keys, person_keys.c.person_id == people.c.id)
        .where(second_factors.c.person_id == person_id, _USED)
    )
    row = await tx.row(statement)
    if row is None:
        return None
    cipher = vault.cipher(row.pseudonym, WrappedKey(row.key_id, row.wrapped_key))
    return SecondFactor(row.id, row.person_id, row.at_ms, row.last_step, cipher.open(SECRET, row.secret_enc))


async def add(
    tx: Writing, vault: Vault, person_id: int, secret: str, codes: Iterable[str], step: int, at_ms: int
) -> int:
    """Begin to use a second factor whose first code was right; its id. ``step`` is that code's.

    Raises:
        Missing: no such person, or erased.
        Conflict: the person uses one already.
    """
    cipher = await _cipher_of(tx, vault, person_id)
    factor_id = await tx.insert(
        second_factors,
        {
            "person_id": person_id,
            "secret_enc": cipher.seal(SECRET, secret),
            "last_step": step,
            "at_ms": at_ms,
        },
    )
    await add_codes(tx, vault, factor_id, codes, at_ms)
    return factor_id


async def take_step(tx: Writing, factor_id: int, step: int) -> bool:
    """Use a step up; False where its code, or a newer one's, was taken before."""
    fresh = update(second_factors).where(second_factors.c.id == factor_id, second_factors.c.last_step < step, _USED)
    return await tx.run(fresh.values(last_step=step)) > 0


async def end(tx: Writing, person_id: int, ended_by: int | None, at_ms: int) -> bool:
    """End the second factor a person uses; False where there is none."""
    used = update(second_factors).where(second_factors.c.person_id == person_id, _USED)
    return await tx.run(used.values(ended_ms=at_ms, ended_by=ended_by)) > 0


async def add_codes(tx: Writing, vault: Vault, factor_id: int, codes: Iterable[str], at_ms: int) -> None:
    """Keep a set of recovery codes; those there before go no more."""
    await tx.run(
        update(recovery_codes)
        .where(recovery_codes.c.factor_id == factor_id, recovery_codes.c.used_ms.is_(None))
        .values(used_ms=at_ms)
    )
    rows = [
        {"factor_id": factor_id, "hash": vault.recovery_code_hash(factor_id, code), "at_ms": at_ms} for code in codes
    ]
    await tx.insert_all(recovery_codes, rows)


async def has_code(tx: Reading, vault: Vault, factor_id: int, code: str) -> bool:
    """Whether this was ever a code of this factor, used or not."""
    wanted = vault.recovery_code_hash(factor_id, code)
    statement = select(recovery_codes.c.at_ms).where(
        recovery_codes.c.factor_id == factor_id, recovery_codes.c.hash == wanted
    )
    return await tx.value(statement) is not None


async def use_code(tx: Writing, vault: Vault, factor_id: int, code: str, at_ms: int) -> bool:
    """Use a recovery code up; False where it is none, or was used."""
    wanted = vault.recovery_code_hash(factor_id, code)
    unused = update(recovery_codes).where(
        recovery_codes.c.factor_id == factor_id, recovery_codes.c.hash == wanted, recovery_codes.c.used_ms.is_(None)
    )
    return await tx.run(unused.values(used_ms=at_ms)) > 0


async def codes_left(tx: Reading, factor_id: int) -> int:
    """How many recovery codes still go."""
    statement = select(func.count()).where(
        recovery_codes.c.factor_id == factor_id, recovery_codes.c.used_ms.is_(None)
    )
    return int(await tx.value(statement))


async def _cipher_of(tx: Reading, vault: Vault, person_id: int) -> PersonCipher:
    statement = (
        select(people.c.pseudonym, person_keys.c.key_id, person_keys.c.wrapped_key)
        .join_from(people, person_keys)
        .where(people.c.id == person_id)
    )
    row = await tx.row(statement)
    if row is None:
        raise Missing("person", person_id)
    return vault.cipher(row.pseudonym, WrappedKey(row.key_id, row.wrapped_key))
