"""The second factor of staff: codes of a telephone and of paper, each taken once, tries limited."""

from dataclasses import replace

import pytest

from examengine.accounts.second_factor import (
    CODES,
    DRAFT_MS,
    STEP_MS,
    Draft,
    FactorWord,
    SecondFactors,
    code_at,
    step_of,
    uri_of,
)
from examengine.records import audit, second_factors
from examengine.records.errors import Unavailable
from examengine.records.words import Role
from tests.faults import sql_failing_at
from tests.world import World

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The seed of RFC 6238's table, in base 32."""


def factors(world: World) -> SecondFactors:
    return world.services.second_factors


async def set_up(world: World, person_id: int) -> Draft:
    """A second factor in use, its first code taken."""
    draft = factors(world).draft(person_id, world.now_ms)
    assert await factors(world).set_up(person_id, draft, code_at(draft.secret, world.now_ms), world.now_ms)
    return draft


async def word(world: World, person_id: int, typed: str) -> FactorWord:
    return (await factors(world).check(person_id, typed, world.now_ms)).word


@pytest.mark.parametrize(("at_s", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_standard(at_s: int, code: str) -> None:
    assert code_at(RFC, at_s * 1000) == code


@pytest.mark.parametrize(("off", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_in_its_own_half_minute_and_the_ones_beside_it(off: int, is_right: bool) -> None:
    now_ms = 1_780_275_600_000 // STEP_MS * STEP_MS
    for within_ms in (0, STEP_MS - 1):
        code = code_at(SECRET, now_ms + off * STEP_MS)
        found = step_of(SECRET, code, now_ms + within_ms)
        assert (found == now_ms // STEP_MS + off) is is_right


def test_a_code_may_be_typed_full_width_and_with_a_blank() -> None:
    code = code_at(SECRET, 0)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    assert step_of(SECRET, f" {wide[:3]} {wide[3:]}", 0) == 0


def test_the_pattern_names_issuer_and_person() -> None:
    uri = uri_of(SECRET, "周敏 1127", "考试")
    assert uri.startswith("otpauth://totp/")
    assert f"secret={SECRET}" in uri


async def test_a_code_is_taken_once(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    draft = await set_up(world, person_id)
    first = code_at(draft.secret, world.now_ms)
    assert await word(world, person_id, first) is FactorWord.USED
    world.clock.advance(STEP_MS)
    assert await word(world, person_id, first) is FactorWord.USED, "an older one neither"
    second = code_at(draft.secret, world.now_ms)
    assert await word(world, person_id, second) is FactorWord.RIGHT
    assert await word(world, person_id, second) is FactorWord.USED


async def test_a_code_of_the_step_before_goes_no_more_after_a_newer_one(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    draft = await set_up(world, person_id)
    world.clock.advance(2 * STEP_MS)
    before = code_at(draft.secret, world.now_ms - STEP_MS)
    assert await word(world, person_id, code_at(draft.secret, world.now_ms)) is FactorWord.RIGHT
    assert await word(world, person_id, before) is FactorWord.USED


async def test_a_code_on_paper_goes_once_and_its_use_is_recorded(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    draft = await set_up(world, person_id)
    typed = draft.codes[0].upper().replace("-", " ")
    tried = await factors(world).check(person_id, typed, world.now_ms)
    assert (tried.word, tried.on_paper, tried.codes_left) == (FactorWord.RIGHT, True, CODES - 1)
    assert await word(world, person_id, draft.codes[0]) is FactorWord.USED
    assert await word(world, person_id, "aaaaa-aaaaa") is FactorWord.WRONG
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, object_kind="person", object_id=person_id)
    assert [line.act for line in lines] == ["recovery_code_used", "second_factor_set_up"]


async def test_new_codes_replace_the_old_ones(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    draft = await set_up(world, person_id)
    fresh = await factors(world).renew_codes(person_id, world.now_ms)
    assert fresh is not None
    assert await word(world, person_id, draft.codes[0]) is FactorWord.USED
    assert await word(world, person_id, fresh[0]) is FactorWord.RIGHT
    assert await factors(world).renew_codes(await world.person(), world.now_ms) is None


async def test_somebody_elses_code_on_paper_opens_nothing(world: World) -> None:
    one, other = await world.person(Role.OPERATOR), await world.person(Role.OPERATOR)
    draft = await set_up(world, one)
    await set_up(world, other)
    assert await word(world, other, draft.codes[0]) is FactorWord.WRONG


async def test_whoever_guesses_is_slowed_down(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    draft = await set_up(world, person_id)
    world.clock.advance(2 * STEP_MS)
    wrong = "000000" if code_at(draft.secret, world.now_ms) != "000000" else "111111"
    told = [await factors(world).check(person_id, wrong, world.now_ms) for _ in range(6)]
    assert [one.word for one in told] == [FactorWord.WRONG] * 5 + [FactorWord.LIMITED]
    assert told[-1].wait_ms == 30_000
    assert await word(world, person_id, code_at(draft.secret, world.now_ms)) is FactorWord.LIMITED
    world.clock.advance(30_000)
    assert await word(world, person_id, code_at(draft.secret, world.now_ms)) is FactorWord.RIGHT


async def test_what_could_not_be_looked_at_is_no_failure(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    draft = await set_up(world, person_id)
    world.clock.advance(STEP_MS)
    for _ in range(6):
        with sql_failing_at(world.services.database, "UPDATE second_factors"), pytest.raises(Unavailable):
            await factors(world).check(person_id, code_at(draft.secret, world.now_ms), world.now_ms)
    assert await word(world, person_id, code_at(draft.secret, world.now_ms)) is FactorWord.RIGHT


async def test_a_draft_is_for_one_person_and_half_an_hour(world: World) -> None:
    person_id, other = await world.person(Role.OPERATOR), await world.person(Role.OPERATOR)
    draft = factors(world).draft(person_id, world.now_ms)
    ends_ms = world.now_ms + DRAFT_MS
    assert factors(world).read_draft(draft.sealed, person_id, ends_ms - 1) == draft
    assert factors(world).read_draft(draft.sealed, person_id, ends_ms) is None
    assert factors(world).read_draft(draft.sealed, other, world.now_ms) is None
    for forged in ("", "x", "QUJD", draft.sealed[:-8], draft.sealed + "QUJD", "汉字"):
        assert factors(world).read_draft(forged, person_id, world.now_ms) is None
    assert draft.secret not in repr(draft)


async def test_a_wrong_first_code_sets_up_nothing(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    draft = factors(world).draft(person_id, world.now_ms)
    wrong = code_at(draft.secret, world.now_ms + 10 * STEP_MS)
    assert not await factors(world).set_up(person_id, draft, wrong, world.now_ms)
    assert await word(world, person_id, "123456") is FactorWord.NONE
    assert not await factors(world).uses(person_id, draft)


async def test_another_telephone_takes_the_place_of_the_first(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    old = await set_up(world, person_id)
    world.clock.advance(STEP_MS)
    new = await set_up(world, person_id)
    world.clock.advance(STEP_MS)
    assert await word(world, person_id, code_at(old.secret, world.now_ms)) is FactorWord.WRONG
    assert await word(world, person_id, old.codes[0]) is FactorWord.WRONG
    assert await word(world, person_id, code_at(new.secret, world.now_ms)) is FactorWord.RIGHT
    assert await factors(world).uses(person_id, new)
    assert not await factors(world).uses(person_id, replace(new, secret=old.secret))


async def test_the_secret_stands_nowhere_in_the_open(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    draft = await set_up(world, person_id)
    async with world.services.database.reading() as tx:
        [row] = await tx.rows(second_factors.second_factors.select())
        codes = await tx.rows(second_factors.recovery_codes.select())
        used = await second_factors.find_used(tx, world.services.vault, person_id)
    assert draft.secret.encode() not in bytes(row.secret_enc)
    assert len(codes) == CODES
    assert used is not None
    assert used.secret == draft.secret
    assert draft.secret not in repr(used)


async def test_it_is_removed_by_its_owner_once(world: World) -> None:
    person_id = await world.person(Role.OPERATOR)
    await set_up(world, person_id)
    assert await factors(world).remove(person_id, world.now_ms)
    assert not await factors(world).remove(person_id, world.now_ms)
    assert await word(world, person_id, "123456") is FactorWord.NONE
