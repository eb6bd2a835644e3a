"""Passwords: hashed in a bounded pool, judged by policy, handed out at random.

A verification costs the same whether the person exists or not, so that its time tells nothing.
"""

import asyncio
import os
import secrets
import sys
import threading
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

MIN_LENGTH = 8
MAX_LENGTH = 128
MIN_KINDS = 3
TAIL_PLACES = 6
NICE = 10
INITIAL_LENGTH = 10
INITIAL_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what looks alike on paper: 0 o, 1 l i."""
BLOCKED_PARTS = (
    "000000",
    "111111",
    "222222",
    "333333",
    "555555",
    "666666",
    "777777",
    "888888",
    "999999",
    "012345",
    "123456",
    "234567",
    "456789",
    "654321",
    "987654",
    "123123",
    "112233",
    "121212",
    "147258",
    "159753",
    "520131",
    "abcdef",
    "abc123",
    "a1b2c3",
    "aaaaaa",
    "qwerty",
    "asdfgh",
    "zxcvbn",
    "1qaz2w",
    "qazwsx",
    "q1w2e3",
    "password",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "iloveyou",
    "woaini",
    "welcome",
    "letmein",
    "admin",
    "guangxi",
    "examengine",
)

T = TypeVar("T")


class BusyError(Exception):
    """Too many passwords wait to be looked at; try again in a moment."""


class Weakness(StrEnum):
    """Why a password is not taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_FEW_KINDS = "too_few_kinds"
    TOO_COMMON = "too_common"
    OF_THE_DOCUMENT = "of_the_document"
    SAME_AS_BEFORE = "same_as_before"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a hash costs: argon2id's passes and memory."""

    passes: int = 2
    memory_kib: int = 19 * 1024

    def hasher(self) -> PasswordHasher:
        return PasswordHasher(time_cost=self.passes, memory_cost=self.memory_kib, parallelism=1, type=Type.ID)


STRONG = Cost()
RANDOM = Cost(passes=1, memory_kib=1024)
"""Enough for a one-time random password of 49 bits, and lets a file of thousands be imported."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``stale``: right, but hashed with other parameters than today's; hash again."""

    is_right: bool
    stale: bool = False


class Passwords:
    """Hashes and verifies in ``workers`` threads (argon2 lets the interpreter go); at most ``queue`` wait.

    The threads stand behind everything else on the machine: a crowd that signs in takes nothing from those who write.
    ``hash_s`` is what one password takes of a core.
    """

    def __init__(self, *, workers: int = 2, queue: int = 64, cost: Cost = STRONG) -> None:
        self._hasher = cost.hasher()
        self._random_hasher = RANDOM.hasher()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="passwords", initializer=_stand_behind)
        self._room = workers + queue
        began_s = time.thread_time()
        self._nobody = self._hasher.hash(secrets.token_hex())
        self.hash_s = time.thread_time() - began_s

    def close(self) -> None:
        self._pool.shutdown()

    async def hashed(self, password: str) -> str:
        """The hash of a password that a person chose.

        Raises:
            BusyError: too many wait.
        """
        return await self._run(lambda: self._hasher.hash(as_typed(password)))

    async def hashed_initial(self, passwords: list[str]) -> list[str]:
        """The hashes of passwords made by :func:`new_initial` (or known to everyone anyway), as one piece of work.

        Raises:
            BusyError: too many wait.
        """
        return await self._run(lambda: [self._random_hasher.hash(password) for password in passwords])

    async def verify(self, password_hash: str | None, password: str) -> Verdict:
        """Whether this is the password; None, for a person who does not exist, takes as long and is wrong.

        Raises:
            BusyError: too many wait.
        """
        return await self._run(lambda: self._verify(password_hash, as_typed(password[:MAX_LENGTH])))

    def _verify(self, password_hash: str | None, password: str) -> Verdict:
        stale = password_hash is None or self._is_stale(password_hash)
        if stale:
            self._matches(self._nobody, password)
        is_right = password_hash is not None and self._matches(password_hash, password)
        return Verdict(is_right, stale and is_right)

    def _is_stale(self, password_hash: str) -> bool:
        try:
            return self._hasher.check_needs_rehash(password_hash)
        except InvalidHashError:
            return True

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (Argon2Error, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._room <= 0:
            raise BusyError
        self._room -= 1
        future = self._pool.submit(work)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: self._leave(loop))
        return await asyncio.wrap_future(future)

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """A place is free when the work is done, not when whoever asked has gone away."""
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._free_one)

    def _free_one(self) -> None:
        self._room += 1


def _stand_behind() -> None:
    """Lower the priority of this thread, where a thread has one of its own."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + NICE))


def as_typed(password: str) -> str:
    """The same password whether the keyboard wrote full-width or half-width signs."""
    return unicodedata.normalize("NFKC", password)


def new_initial() -> str:
    """A one-time password for paper, in groups: k7mp-3xw-q9h."""
    return _grouped("".join(secrets.choice(INITIAL_ALPHABET) for _ in range(INITIAL_LENGTH)))


def initial_from(secret: bytes) -> str:
    """The one-time password that 16 secret bytes or more stand for, always the same."""
    number = int.from_bytes(secret, "big")
    signs = []
    for _ in range(INITIAL_LENGTH):
        number, place = divmod(number, len(INITIAL_ALPHABET))
        signs.append(INITIAL_ALPHABET[place])
    return _grouped("".join(signs))


def _grouped(signs: str) -> str:
    return f"{signs[:4]}-{signs[4:7]}-{signs[7:]}"


def weaknesses(
    password: str, *, document: str = "", birth_date: date | None = None, before: str | None = None
) -> tuple[Weakness, ...]:
    """Why a person may not choose a password, the plainest reason first: shorter than 8, fewer than 3 kinds of small,
    large, digits and signs, a common part, six places of the own document number or the birth date.
    """
    if len(password) > MAX_LENGTH:
        return (Weakness.TOO_LONG,)
    password = as_typed(password)
    low = password.lower()
    dates = [] if birth_date is None else [birth_date.strftime(form) for form in ("%Y%m%d", "%y%m%d")]
    own = [
        *dates,
        *(document.lower()[start : start + TAIL_PLACES] for start in range(len(document) - TAIL_PLACES + 1)),
    ]
    judged = {
        Weakness.SAME_AS_BEFORE: before is not None and password == as_typed(before),
        Weakness.TOO_SHORT: len(password) < MIN_LENGTH,
        Weakness.TOO_FEW_KINDS: kinds_in(password) < MIN_KINDS,
        Weakness.TOO_COMMON: any(part in low for part in BLOCKED_PARTS),
        Weakness.OF_THE_DOCUMENT: any(part in low for part in own),
    }
    return tuple(weakness for weakness, holds in judged.items() if holds)


def kinds_in(password: str) -> int:
    """How many of small letters, large letters, digits and other signs stand in it."""
    return (
        any(sign.islower() for sign in password)
        + any(sign.isupper() for sign in password)
        + any(sign.isdigit() for sign in password)
        + any(not sign.isalnum() or not (sign.islower() or sign.isupper() or sign.isdigit()) for sign in password)
    )
