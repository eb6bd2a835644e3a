"""Passwords: the policy, the hashes, the bounded pool."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date

import pytest

from examengine.accounts.passwords import (
    INITIAL_ALPHABET,
    NICE,
    BusyError,
    Cost,
    Passwords,
    Weakness,
    new_initial,
    weaknesses,
)

CHEAP = Cost(passes=1, memory_kib=64)
DOCUMENT = "45070219800101000X"


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(cost=CHEAP)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("Mei-Hua7", ()),
        ("梅花树Tang7", ()),
        ("Mei-Hu7", (Weakness.TOO_SHORT,)),
        ("meihua77", (Weakness.TOO_FEW_KINDS,)),
        ("Meihuaxue", (Weakness.TOO_FEW_KINDS,)),
        ("000000", (Weakness.TOO_SHORT, Weakness.TOO_FEW_KINDS, Weakness.TOO_COMMON)),
        ("Aa000000", (Weakness.TOO_COMMON,)),
        ("P@ssw0rd", (Weakness.TOO_COMMON,)),
        ("Mei-19800101", (Weakness.OF_THE_DOCUMENT,)),
        ("Mei-800101", (Weakness.OF_THE_DOCUMENT,)),
        ("Mei-01000X", (Weakness.OF_THE_DOCUMENT,)),
        ("Mei-01000x", (Weakness.OF_THE_DOCUMENT,)),
        ("Ｍei-01000Ｘ", (Weakness.OF_THE_DOCUMENT,)),
        ("Mei-450702", (Weakness.OF_THE_DOCUMENT,)),
        ("Xue-Hua8", (Weakness.SAME_AS_BEFORE,)),
        ("Aa1-" * 32, ()),
        ("Aa1-" * 32 + "x", (Weakness.TOO_LONG,)),
    ],
)
def test_the_policy_names_every_weakness(password: str, expected: tuple[Weakness, ...]) -> None:
    found = weaknesses(password, document=DOCUMENT, birth_date=date(1980, 1, 1), before="Xue-Hua8")
    assert found == expected


async def test_a_password_is_recognised_and_another_is_not(passwords: Passwords) -> None:
    hashed = await passwords.hashed("Mei-Hua7")
    assert hashed.startswith("$argon2id$")
    assert (await passwords.verify(hashed, "Mei-Hua7")).is_right
    assert (await passwords.verify(hashed, "Ｍei-Hua７")).is_right
    assert not (await passwords.verify(hashed, "mei-Hua7")).is_right
    assert not (await passwords.verify("no hash at all", "Mei-Hua7")).is_right
    assert not (await passwords.verify(None, "Mei-Hua7")).is_right


async def test_a_hash_with_other_parameters_is_stale(passwords: Passwords) -> None:
    [initial] = await passwords.hashed_initial(["k7mp-3xw-q9h"])
    verdict = await passwords.verify(initial, "k7mp-3xw-q9h")
    assert (verdict.is_right, verdict.stale) == (True, True)
    assert not (await passwords.verify(await passwords.hashed("Mei-Hua7"), "Mei-Hua7")).stale


async def test_an_unknown_person_costs_as_much_as_a_wrong_password() -> None:
    passwords = Passwords(workers=1)
    try:
        known = await passwords.hashed("Mei-Hua7")
        [initial] = await passwords.hashed_initial(["k7mp-3xw-q9h"])
        took_s = {}
        for name, stored in (("known", known), ("initial", initial), ("unknown", None)):
            rounds = []
            for _ in range(5):
                began = time.process_time()  # threads and all; what else runs on the machine is left out
                await passwords.verify(stored, "wrong")
                rounds.append(time.process_time() - began)
            took_s[name] = min(rounds)
    finally:
        passwords.close()
    assert max(took_s.values()) < 3 * min(took_s.values())


async def test_the_pool_refuses_what_it_cannot_take_and_recovers() -> None:
    passwords = Passwords(workers=1, queue=1, cost=CHEAP)
    try:
        results = await asyncio.gather(*(passwords.hashed("Mei-Hua7") for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(result, BusyError) for result in results) == 3
        await asyncio.sleep(0)
        assert isinstance(await passwords.hashed("Mei-Hua7"), str)
    finally:
        passwords.close()


async def test_who_goes_away_leaves_his_place_when_the_work_is_done() -> None:
    passwords = Passwords(workers=1, queue=0, cost=Cost(passes=3, memory_kib=32 * 1024))
    try:
        waiting = asyncio.create_task(passwords.hashed("Mei-Hua7"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(BusyError):
            await passwords.hashed("Mei-Hua7")
        async with asyncio.timeout(60):  # threads that hash stand behind everything else of the machine
            while passwords._room <= 0:
                await asyncio.sleep(0.01)
        assert await passwords.hashed("Mei-Hua7")
    finally:
        passwords.close()


def test_initial_passwords_are_random_and_legible() -> None:
    made = {new_initial() for _ in range(500)}
    assert len(made) == 500
    assert all(set(password) <= set(INITIAL_ALPHABET) | {"-"} and len(password) == 12 for password in made)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
async def test_passwords_are_looked_at_behind_everything_else(passwords: Passwords) -> None:
    behind = await passwords._run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert behind == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    assert passwords.hash_s > 0
