"""Signing in: the same answer for everyone who may not, first-login change, limits."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from examengine.accounts.passwords import BusyError, Cost, Passwords, Weakness
from examengine.accounts.sign_in import BUSY_WAIT_MS, NotSignedIn, SignedIn, SignIn
from examengine.records import accounts, audit, roles
from examengine.records.database import Database
from examengine.records.errors import Missing
from examengine.records.vault import Vault
from examengine.records.words import Role, SignInOutcome
from tests.records.builders import T0, a_person

NUMBER = "45070219800101000X"
PASSWORD = "Mei-Hua7"
WAIT_MS = 30_000


@dataclass
class FiveTries:
    """Limits that count in memory: five failures an account, whatever the device."""

    failures: dict[str, int] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    async def check(self, account_key: str, device: str, now_ms: int) -> int:
        self.seen.append(account_key)
        if self.failures.get(account_key, 0) >= 5:
            return WAIT_MS
        self.failures[account_key] = self.failures.get(account_key, 0) + 1
        return 0

    async def failed(self, account_key: str, device: str, now_ms: int) -> int:
        return WAIT_MS if self.failures[account_key] >= 5 else 0

    async def succeeded(self, account_key: str, device: str, now_ms: int) -> None:
        self.failures.pop(account_key, None)

    async def withdrawn(self, account_key: str, device: str, now_ms: int) -> None:
        self.failures[account_key] -= 1

    async def lift(self, account_key: str, now_ms: int) -> None:
        self.failures.pop(account_key, None)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(cost=Cost(passes=1, memory_kib=64))
    yield made
    made.close()


@pytest.fixture
def limits() -> FiveTries:
    return FiveTries()


@pytest.fixture
def sign_in(database: Database, vault: Vault, limits: FiveTries, passwords: Passwords) -> SignIn:
    return SignIn(database, vault, limits, passwords)


async def an_account(database: Database, vault: Vault, passwords: Passwords, *, initial: bool = False) -> int:
    hashed = (await passwords.hashed_initial([PASSWORD]))[0] if initial else await passwords.hashed(PASSWORD)
    async with database.writing() as tx:
        person_id = await a_person(tx, vault, document=NUMBER)
        await accounts.add_accounts(tx, {person_id: hashed}, T0, must_change=initial, initial=initial)
        await roles.grant_role(tx, person_id, Role.CANDIDATE, None, T0)
    return person_id


@pytest.mark.parametrize("typed", [NUMBER, " 450702-19800101-000x "])
async def test_number_and_password_sign_in(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn, typed: str
) -> None:
    person_id = await an_account(database, vault, passwords)
    signed_in = await sign_in.sign_in(typed, PASSWORD, "device", T0)
    assert isinstance(signed_in, SignedIn)
    assert (signed_in.account.person_id, signed_in.account.must_change) == (person_id, False)
    assert signed_in.roles == {Role.CANDIDATE}
    async with database.reading() as tx:
        [line] = await accounts.newest_sign_ins(tx, person_id)
    assert (line.outcome, line.device, line.at_ms) == (SignInOutcome.SIGNED_IN, "device", T0)


async def test_a_fifteen_digit_number_finds_the_person_of_the_converted_one(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn
) -> None:
    async with database.writing() as tx:
        person_id = await a_person(tx, vault, document="450702198001010018")
        await accounts.add_accounts(tx, {person_id: await passwords.hashed(PASSWORD)}, T0)
    assert isinstance(await sign_in.sign_in("450702800101001", PASSWORD, "", T0), SignedIn)


async def test_unknown_and_wrong_are_told_the_same(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn
) -> None:
    await an_account(database, vault, passwords)
    unknown = await sign_in.sign_in("450702198001010018", PASSWORD, "device", T0)
    wrong = await sign_in.sign_in(NUMBER, "Mei-Hua8", "device", T0)
    nonsense = await sign_in.sign_in("x" * 5000, "y" * 5000, "device", T0)
    assert unknown == wrong == nonsense == NotSignedIn(0)


async def test_limits_hold_for_known_and_unknown_numbers_alike(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn, limits: FiveTries
) -> None:
    await an_account(database, vault, passwords)
    for number in (NUMBER, "450702198001010018"):
        answers = [await sign_in.sign_in(number, "wrong", "device", T0) for _ in range(6)]
        assert answers == [NotSignedIn(0)] * 4 + [NotSignedIn(WAIT_MS), NotSignedIn(WAIT_MS, is_limited=True)]
    assert await sign_in.sign_in(NUMBER, PASSWORD, "device", T0) == NotSignedIn(WAIT_MS, is_limited=True)


async def test_the_limits_never_see_a_document_number(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn, limits: FiveTries
) -> None:
    await sign_in.sign_in(NUMBER, PASSWORD, "device", T0)
    assert limits.seen
    assert all(NUMBER[:6] not in key for key in limits.seen)


async def test_a_success_forgets_the_failures(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn
) -> None:
    await an_account(database, vault, passwords)
    for _ in range(3):
        for _ in range(4):
            await sign_in.sign_in(NUMBER, "wrong", "device", T0)
        assert isinstance(await sign_in.sign_in(NUMBER, PASSWORD, "device", T0), SignedIn)


async def test_a_full_pool_is_not_the_persons_failure(
    database: Database, vault: Vault, sign_in: SignIn, limits: FiveTries, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_busy(*_: object) -> None:
        raise BusyError

    monkeypatch.setattr(Passwords, "verify", too_busy)
    assert await sign_in.sign_in(NUMBER, PASSWORD, "device", T0) == NotSignedIn(
        BUSY_WAIT_MS, is_limited=True, is_busy=True
    )
    assert set(limits.failures.values()) == {0}


async def test_the_first_sign_in_demands_a_change_and_the_change_lifts_it(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn
) -> None:
    person_id = await an_account(database, vault, passwords, initial=True)
    first = await sign_in.sign_in(NUMBER, PASSWORD, "device", T0)
    assert isinstance(first, SignedIn)
    assert (first.account.must_change, first.account.session_version) == (True, 1)
    assert await sign_in.change_password(person_id, PASSWORD, "Xue-Hua8", T0 + 1) == 2
    second = await sign_in.sign_in(NUMBER, "Xue-Hua8", "device", T0 + 2)
    assert isinstance(second, SignedIn)
    assert (second.account.must_change, second.account.session_version) == (False, 2)
    assert isinstance(await sign_in.sign_in(NUMBER, PASSWORD, "device", T0), NotSignedIn)


@pytest.mark.parametrize(
    ("present", "wanted", "answer"),
    [
        ("wrong", "Xue-Hua8", None),
        (PASSWORD, PASSWORD, Weakness.SAME_AS_BEFORE),
        (PASSWORD, "Xue-Hua", Weakness.TOO_SHORT),
        (PASSWORD, "Xue-01000x", Weakness.OF_THE_DOCUMENT),
        (PASSWORD, "Xue-19800101", Weakness.OF_THE_DOCUMENT),
        (PASSWORD, "Xue-123456", Weakness.TOO_COMMON),
    ],
)
async def test_a_change_that_is_refused_changes_nothing(
    database: Database,
    vault: Vault,
    passwords: Passwords,
    sign_in: SignIn,
    present: str,
    wanted: str,
    answer: Weakness | None,
) -> None:
    person_id = await an_account(database, vault, passwords)
    assert await sign_in.change_password(person_id, present, wanted, T0) == answer
    async with database.reading() as tx:
        account = await accounts.get_account(tx, person_id)
    assert account.session_version == 1
    assert isinstance(await sign_in.sign_in(NUMBER, PASSWORD, "device", T0), SignedIn)


async def test_guessing_the_present_password_is_limited(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn
) -> None:
    person_id = await an_account(database, vault, passwords)
    answers = [await sign_in.change_password(person_id, "wrong", "Xue-Hua8", T0) for _ in range(6)]
    assert answers == [None] * 5 + [NotSignedIn(WAIT_MS, is_limited=True)]
    with pytest.raises(Missing):
        await sign_in.change_password(999, PASSWORD, "Xue-Hua8", T0)


async def test_an_outdated_hash_is_renewed_at_sign_in_and_sessions_stay(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn
) -> None:
    person_id = await an_account(database, vault, passwords)
    [outdated] = await passwords.hashed_initial([PASSWORD])
    async with database.writing() as tx:
        before = await accounts.get_account(tx, person_id)
        await accounts.rehash_password(tx, person_id, before.password_hash, outdated)
    assert isinstance(await sign_in.sign_in(NUMBER, PASSWORD, "device", T0), SignedIn)
    async with database.reading() as tx:
        after = await accounts.get_account(tx, person_id)
    assert after.password_hash != outdated
    assert not (await passwords.verify(after.password_hash, PASSWORD)).stale
    assert after.session_version == 1


async def test_a_handed_out_password_works_once_and_is_audited(
    database: Database, vault: Vault, passwords: Passwords, sign_in: SignIn
) -> None:
    person_id = await an_account(database, vault, passwords)
    password = await sign_in.hand_out_password(person_id, person_id, T0)
    signed_in = await sign_in.sign_in(NUMBER, password, "device", T0)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.account.must_change
    async with database.reading() as tx:
        [line] = await audit.newest(tx)
    assert (line.act, line.object_id, line.facts) == ("password_handed_out", person_id, {})
    with pytest.raises(Missing):
        await sign_in.hand_out_password(999, person_id, T0)
