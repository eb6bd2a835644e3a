"""Signing in and changing one's password. Who does not exist is told the same as who types a wrong password."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from examengine.accounts.access import hand_out_password
from examengine.accounts.documents import Document, read_document, typed_at_sign_in
from examengine.accounts.passwords import BusyError, Passwords, Weakness, weaknesses
from examengine.live.admission import Place, Queue
from examengine.records import accounts, attempts, audit, people, roles
from examengine.records.accounts import Account
from examengine.records.database import Database, Reading
from examengine.records.errors import Missing
from examengine.records.people import Person
from examengine.records.vault import Vault
from examengine.records.words import STAFF_ROLES, IndexKind, Role, SignInOutcome

BUSY_WAIT_MS = 2_000


class Limits(Protocol):
    """How often an account may be tried, by account and device; implemented by ``live.limits``. Times in ms."""

    async def check(self, account_key: str, device: str, now_ms: int) -> int:
        """How long to wait before this try is looked at; 0 lets it pass, and it counts."""
        ...

    async def failed(self, account_key: str, device: str, now_ms: int) -> int:
        """A wrong password: how long until the next try."""
        ...

    async def succeeded(self, account_key: str, device: str, now_ms: int) -> None:
        """The right password."""
        ...

    async def withdrawn(self, account_key: str, device: str, now_ms: int) -> None:
        """The password was not looked at after all; the try does not count."""
        ...

    async def lift(self, account_key: str, now_ms: int) -> None:
        """Forget the account's failures, on every device."""
        ...


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in. ``account.must_change``: the password must be changed before anything else."""

    account: Account
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """Unknown number or wrong password, the same for both; ``is_limited``: it was not looked at, try again after
    ``wait_ms``. ``is_busy``: because too many sign in; ``place``: where this account stands among them.
    """

    wait_ms: int
    is_limited: bool = False
    is_busy: bool = False
    place: Place | None = None


class SignIn:
    """Signs people in and changes their passwords. All methods raise ``Unavailable`` of records or live where
    something could not be looked at.

    ``queue``: where those wait whose passwords cannot be looked at yet; None: nobody waits.
    """

    def __init__(
        self, database: Database, vault: Vault, limits: Limits, passwords: Passwords, queue: Queue | None = None
    ) -> None:
        self._database = database
        self._vault = vault
        self._passwords = passwords
        self._limits = limits
        self._queue = queue

    def account_of(self, typed: str) -> str:
        """Under which name an account stands in the line, by the number typed; it says nothing of the number."""
        return _in_line(self._key_of(typed_at_sign_in(typed)))

    async def place(self, typed: str, device: str, now_ms: int) -> Place:
        """Where whoever is about to sign in stands; a password that is sent after ``is_turn`` is looked at. Who asks
        on a ``device`` on which that person has never signed in is told nothing of the person.
        """
        if self._queue is None:
            return Place(True, now_ms)
        number = typed_at_sign_in(typed)
        place = await self._queue.ask(_in_line(self._key_of(number)), now_ms, keep=True)
        if place.is_new:
            async with self._database.reading() as tx:
                found = await accounts.find_for_sign_in(tx, self._vault, number)
                if await _goes_first(tx, found, device):
                    return Place(True, now_ms)
        return place

    async def sign_in(
        self, typed: str, password: str, device: str, now_ms: int, mark: str = ""
    ) -> SignedIn | NotSignedIn:
        """Sign in by document number and password. ``device`` is the browser's lasting random mark, or ""; ``mark``
        the one that it gets with this sign-in where it brought none.
        """
        return await self._tried(typed_at_sign_in(typed), None, password, device, now_ms, mark)

    async def sign_in_again(self, person_id: int, password: str, device: str, now_ms: int) -> SignedIn | NotSignedIn:
        """Sign a person in whom a signed token of ours names: by his password alone, under the limits and in the log
        of his number's sign-ins.

        Raises:
            Missing: there is no such person, or nothing is known of him any more.
        """
        async with self._database.reading() as tx:
            person = await people.get_person(tx, self._vault, person_id)
        if person.profile is None:
            raise Missing("person", person_id)
        return await self._tried(typed_at_sign_in(person.profile.document), person_id, password, device, now_ms)

    async def _tried(
        self, number: str, only: int | None, password: str, device: str, now_ms: int, mark: str = ""
    ) -> SignedIn | NotSignedIn:
        """Look at a password for a number; ``only``: of this person among those who share it."""
        key = self._key_of(number)
        wait_ms = await self._limits.check(key, device, now_ms)
        if wait_ms > 0:
            return NotSignedIn(wait_ms, is_limited=True)
        try:
            place = None
            if self._queue is not None and only is None:  # whoever signs in again has an attempt running
                place = await self._queue.ask(_in_line(key), now_ms)
            async with self._database.reading() as tx:
                found = await accounts.find_for_sign_in(tx, self._vault, number)
                waits = place is not None and not place.is_turn and not await _goes_first(tx, found, device)
            if waits:
                await self._limits.withdrawn(key, device, now_ms)
                return NotSignedIn(place.wait_ms if place else 0, is_limited=True, is_busy=True, place=place)
            if only is not None:
                found = tuple(account for account in found if account.person_id == only)
            owner, stale = await self._looked_at(found, password)
        except Exception as error:
            await self._limits.withdrawn(key, device, now_ms)
            if isinstance(error, BusyError):
                return NotSignedIn(BUSY_WAIT_MS, is_limited=True, is_busy=True)
            raise
        signed_in = None if owner is None else await self._let_in(owner, password, stale, device or mark, now_ms)
        if signed_in is None:
            await self._note_failure(found, device, now_ms)
            return NotSignedIn(await self._limits.failed(key, device, now_ms))
        await self._limits.succeeded(key, device, now_ms)
        return signed_in

    async def change_password(
        self, person_id: int, present: str, wanted: str, now_ms: int
    ) -> int | Weakness | NotSignedIn | None:
        """Change one's own password, the present one given again. Every session of the person ends; the one that
        asked goes on with the session version answered. None: the present password is wrong.

        Raises:
            Missing: the person has no account.
        """
        key = f"person:{person_id}"
        wait_ms = await self._limits.check(key, "", now_ms)
        if wait_ms > 0:
            return NotSignedIn(wait_ms, is_limited=True)
        async with self._database.reading() as tx:
            account = await accounts.get_account(tx, person_id)
            person = await people.get_person(tx, self._vault, person_id)
        try:
            if not (await self._passwords.verify(account.password_hash, present)).is_right:
                await self._limits.failed(key, "", now_ms)
                return None
            await self._limits.succeeded(key, "", now_ms)
            found = _weaknesses_for(person, present, wanted, now_ms)
            if found:
                return found[0]
            password_hash = await self._passwords.hashed(wanted)
        except BusyError:
            await self._limits.withdrawn(key, "", now_ms)
            return NotSignedIn(BUSY_WAIT_MS, is_limited=True, is_busy=True)
        async with self._database.writing() as tx:
            version = await accounts.change_password(tx, person_id, password_hash, now_ms)
            await audit.append(tx, now_ms, person_id, "password_changed", "person", person_id)
        return version

    async def hand_out_password(self, person_id: int, by_person: int, now_ms: int) -> str:
        """Give a person who has lost his password a new one-time password, which is told once and never kept.

        Raises:
            Missing: the person has no account.
            BusyError: too many passwords are being looked at.
        """
        return await hand_out_password(self._database, self._passwords, person_id, by_person, now_ms)

    async def lift_limits(self, person_id: int, now_ms: int) -> None:
        """Let the person try at once, on every device, to sign in and to change the password.

        Raises:
            Missing: there is no such person, or nothing is known of him any more.
        """
        async with self._database.reading() as tx:
            person = await people.get_person(tx, self._vault, person_id)
        if person.profile is None:
            raise Missing("person", person_id)
        number = typed_at_sign_in(person.profile.document)
        for key in (self._vault.index(IndexKind.DOC, number).hex(), f"person:{person_id}"):
            await self._limits.lift(key, now_ms)

    def _key_of(self, number: str) -> str:
        return self._vault.index(IndexKind.DOC, number).hex()

    async def _looked_at(self, found: Sequence[Account], password: str) -> tuple[Account | None, bool]:
        if self._queue is None:
            return await self._owner_among(found, password)
        with self._queue.pace.timed():
            return await self._owner_among(found, password)

    async def _owner_among(self, found: Sequence[Account], password: str) -> tuple[Account | None, bool]:
        if not found:
            await self._passwords.verify(None, password)
        for account in found:
            verdict = await self._passwords.verify(account.password_hash, password)
            if verdict.is_right:
                return account, verdict.stale
        return None, False

    async def _let_in(self, owner: Account, password: str, stale: bool, device: str, now_ms: int) -> SignedIn | None:
        """Record the sign-in; None where the password was changed while it was being looked at."""
        rehashed = await self._rehashed(owner, password) if stale else None
        async with self._database.writing() as tx:
            account = await accounts.get_account(tx, owner.person_id)
            if account.password_hash != owner.password_hash:
                return None
            if rehashed is not None:
                await accounts.rehash_password(tx, account.person_id, account.password_hash, rehashed)
            await accounts.record_sign_in(tx, account.person_id, SignInOutcome.SIGNED_IN, device, now_ms)
            held = await roles.roles_of(tx, account.person_id)
        return SignedIn(account, held)

    async def _rehashed(self, owner: Account, password: str) -> str | None:
        if owner.must_change:
            return None
        try:
            return await self._passwords.hashed(password)
        except BusyError:
            return None

    async def _note_failure(self, found: Sequence[Account], device: str, now_ms: int) -> None:
        person_id = found[0].person_id if found else None
        outcome = SignInOutcome.WRONG_PASSWORD if found else SignInOutcome.UNKNOWN
        async with self._database.writing() as tx:
            await accounts.record_sign_in(tx, person_id, outcome, device, now_ms)


async def _goes_first(tx: Reading, found: Sequence[Account], device: str) -> bool:
    """Nobody waits whose attempt is running, and no staff: on a device on which they have signed in before, as else
    whoever knows a number would be told, in a crowd, that this person sits just now.
    """
    for account in found:
        if not await accounts.has_signed_in_on(tx, account.person_id, device):
            continue
        if await attempts.running_of_person(tx, account.person_id):
            return True
        if not (await roles.roles_of(tx, account.person_id)).isdisjoint(STAFF_ROLES):
            return True
    return False


def _in_line(key: str) -> str:
    return hashlib.sha256(f"line:{key}".encode()).hexdigest()[:32]


def _weaknesses_for(person: Person, present: str, wanted: str, now_ms: int) -> tuple[Weakness, ...]:
    if person.profile is None:
        return weaknesses(wanted, before=present)
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
    document = read_document(person.profile.doc_type, person.profile.document, today)
    birth_date = document.birth_date if isinstance(document, Document) else None
    return weaknesses(wanted, document=person.profile.document, birth_date=birth_date, before=present)
