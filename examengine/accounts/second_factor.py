"""The second factor of staff: a time-based one-time code (TOTP, RFC 6238) from a telephone, or a code on paper.

A code is good in its own 30 seconds and the ones before and after, once. Tries are limited as passwords are.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest

import msgspec
import pyotp

from examengine.accounts.passwords import INITIAL_ALPHABET
from examengine.accounts.sign_in import Limits
from examengine.records import audit, second_factors
from examengine.records.database import Database, Reading
from examengine.records.second_factors import SecondFactor
from examengine.records.vault import Vault, VaultError, canonical_number

STEP_MS = 30_000
AROUND = 1
"""Steps by which a telephone's clock may be off, either way."""
DIGITS = 6
CODES = 10
CODE_LENGTH = 10
DRAFT_MS = 30 * 60_000
MAX_TYPED = 40
MAX_DRAFT = 2_000


class FactorWord(StrEnum):
    """How a code did. ``USED``: it was right and had been taken before."""

    RIGHT = "right"
    WRONG = "wrong"
    USED = "used"
    LIMITED = "limited"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a code. ``wait_ms``: until the next is looked at; ``on_paper``: it was a recovery code, of which
    ``codes_left`` are left.
    """

    word: FactorWord
    wait_ms: int = 0
    on_paper: bool = False
    codes_left: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A second factor that is being set up: nothing is kept of it before its first code is right. ``sealed`` goes
    through the form, so that a form sent twice sets up the same and tells the same codes.
    """

    secret: str = field(repr=False)
    codes: tuple[str, ...] = field(repr=False)
    sealed: str = field(repr=False)


class _Sealed(msgspec.Struct):
    secret: str
    codes: list[str]
    expires_ms: int


class SecondFactors:
    """Sets second factors up and looks at their codes. All methods raise ``Unavailable`` of records or live where
    something could not be looked at.
    """

    def __init__(self, database: Database, vault: Vault, limits: Limits) -> None:
        self._database = database
        self._vault = vault
        self._limits = limits

    def draft(self, person_id: int, now_ms: int) -> Draft:
        """A new secret with its recovery codes, good for half an hour."""
        made = _Sealed(pyotp.random_base32(), new_codes(), now_ms + DRAFT_MS)
        sealed = self._vault.seal_blob(_place(person_id), msgspec.json.encode(made))
        return Draft(made.secret, tuple(made.codes), urlsafe_b64encode(sealed).decode())

    def read_draft(self, sealed: str, person_id: int, now_ms: int) -> Draft | None:
        """A draft as its form brings it back; None where it is no draft for this person, or too old."""
        try:
            blob = urlsafe_b64decode(sealed[:MAX_DRAFT].encode("ascii"))
            made = msgspec.json.decode(self._vault.open_blob(_place(person_id), blob), type=_Sealed)
        except (NotBase64, UnicodeError, VaultError, msgspec.MsgspecError, ValueError):
            return None
        return Draft(made.secret, tuple(made.codes), sealed) if now_ms < made.expires_ms else None

    async def uses(self, person_id: int, draft: Draft) -> bool:
        """Whether this draft was set up already and is in use: its form was sent twice."""
        async with self._database.reading() as tx:
            used = await second_factors.find_used(tx, self._vault, person_id)
        return used is not None and compare_digest(used.secret, draft.secret)

    async def set_up(self, person_id: int, draft: Draft, typed: str, now_ms: int) -> bool:
        """Begin to use a draft whose first code is right; what was used before ends. False: the code is wrong.

        Raises:
            Missing: no such person, or erased.
        """
        step = step_of(draft.secret, typed, now_ms)
        if step is None:
            return False
        async with self._database.writing() as tx:
            replaced = await second_factors.end(tx, person_id, person_id, now_ms)
            await second_factors.add(tx, self._vault, person_id, draft.secret, draft.codes, step, now_ms)
            act = "second_factor_replaced" if replaced else "second_factor_set_up"
            await audit.append(tx, now_ms, person_id, act, "person", person_id)
        return True

    async def check(self, person_id: int, typed: str, now_ms: int) -> Tried:
        """Look at a code of the telephone or of the paper; a right one is used up."""
        key = f"factor:{person_id}"
        wait_ms = await self._limits.check(key, "", now_ms)
        if wait_ms > 0:
            return Tried(FactorWord.LIMITED, wait_ms)
        try:
            tried = await self._looked_at(person_id, typed, now_ms)
        except Exception:
            await self._limits.withdrawn(key, "", now_ms)
            raise
        if tried.word is FactorWord.RIGHT:
            await self._limits.succeeded(key, "", now_ms)
            return tried
        return Tried(tried.word, await self._limits.failed(key, "", now_ms))

    async def renew_codes(self, person_id: int, now_ms: int) -> tuple[str, ...] | None:
        """New recovery codes in place of the old ones; None where the person uses no second factor."""
        codes = tuple(new_codes())
        async with self._database.writing() as tx:
            used = await second_factors.find_used(tx, self._vault, person_id)
            if used is None:
                return None
            await second_factors.add_codes(tx, self._vault, used.id, codes, now_ms)
            await audit.append(tx, now_ms, person_id, "recovery_codes_renewed", "person", person_id)
        return codes

    async def remove(self, person_id: int, now_ms: int) -> bool:
        """Use no second factor any more, by one's own choice; False where there is none."""
        async with self._database.writing() as tx:
            if not await second_factors.end(tx, person_id, person_id, now_ms):
                return False
            await audit.append(tx, now_ms, person_id, "second_factor_removed", "person", person_id)
        return True

    async def _looked_at(self, person_id: int, typed: str, now_ms: int) -> Tried:
        typed = canonical_number(typed[:MAX_TYPED])
        async with self._database.writing() as tx:
            used = await second_factors.find_used(tx, self._vault, person_id)
            if used is None:
                return Tried(FactorWord.NONE)
            if len(typed) == DIGITS and typed.isdecimal():
                step = step_of(used.secret, typed, now_ms)
                if step is None:
                    return Tried(FactorWord.WRONG)
                return Tried(
                    FactorWord.RIGHT if await second_factors.take_step(tx, used.id, step) else FactorWord.USED
                )
            if await second_factors.use_code(tx, self._vault, used.id, typed, now_ms):
                left = await second_factors.codes_left(tx, used.id)
                await audit.append(tx, now_ms, person_id, "recovery_code_used", "person", person_id, {"left": left})
                return Tried(FactorWord.RIGHT, on_paper=True, codes_left=left)
            return Tried(await self._of_an_old_code(tx, used, typed))

    async def _of_an_old_code(self, tx: Reading, used: SecondFactor, typed: str) -> FactorWord:
        known = await second_factors.has_code(tx, self._vault, used.id, typed)
        return FactorWord.USED if known else FactorWord.WRONG


def step_of(secret: str, typed: str, now_ms: int) -> int | None:
    """The step, around now, whose code this is; None where it is none of theirs."""
    typed = canonical_number(typed[:MAX_TYPED])
    now, totp = now_ms // STEP_MS, pyotp.TOTP(secret, digits=DIGITS)
    for step in range(max(0, now - AROUND), now + AROUND + 1):
        if compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def code_at(secret: str, now_ms: int) -> str:
    """The code that a telephone shows at an instant."""
    return pyotp.TOTP(secret, digits=DIGITS).generate_otp(now_ms // STEP_MS)


def uri_of(secret: str, name: str, issuer: str) -> str:
    """What the square pattern says to an authenticator app."""
    return pyotp.TOTP(secret, digits=DIGITS).provisioning_uri(name=name, issuer_name=issuer)


def new_codes() -> list[str]:
    """Recovery codes for paper, in two groups: k7mp3-xwq9h."""
    signs = ["".join(secrets.choice(INITIAL_ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    return [f"{one[:5]}-{one[5:]}" for one in signs]


def _place(person_id: int) -> str:
    return f"second_factor/{person_id}"
