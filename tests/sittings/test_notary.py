"""The notary at work: facts get their link, the log its signature, the file its line."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from examengine.evidence.files import check_file, read_checkpoint_line
from examengine.evidence.signing import Checkpoint, Signer
from examengine.live import CloseReason
from examengine.records import archives, audit, evidence, lease_tokens, proof
from examengine.records.exports import export_attempt
from examengine.records.proof import Proof
from examengine.sittings.notary import COPY_FILE, SIGN_EVERY_MS, Notary, trusted_keys
from tests.evidence.builders import json_of, text_of
from tests.world import EVIDENCE_KEYS, World, a_world

TRUSTED = trusted_keys(EVIDENCE_KEYS)


@pytest_asyncio.fixture
async def world(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A whole engine whose files lie in a folder of its own."""
    async with a_world(database_url, redis_url, data_dir=tmp_path) as made:
        yield made


async def a_line_of_audit(world: World) -> None:
    async with world.services.database.writing() as tx:
        await audit.append(tx, world.now_ms, None, "sweep", "attempt", None)


async def proven(world: World) -> Proof:
    async with world.services.database.reading() as tx:
        return await proof.prove(tx, TRUSTED)


def copied(folder: Path) -> list[Checkpoint]:
    return [read_checkpoint_line(line) for line in (folder / COPY_FILE).read_bytes().splitlines()]


async def handed_in(world: World) -> int:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a", 2: "b"})
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    return attempt_id


async def test_a_whole_exam_with_its_staff_acts_is_proven(world: World, tmp_path: Path) -> None:
    attempt_id = await handed_in(world)
    await world.voided(attempt_id)
    noted = await world.services.notary.note(world.now_ms)
    found = await proven(world)
    assert found.fault is None
    assert found.links == found.signed == noted > 5
    assert [one.last for one in copied(tmp_path)] == [found.links]


async def test_it_signs_once_a_minute_and_only_what_is_new(world: World, tmp_path: Path) -> None:
    notary, start_ms = world.services.notary, world.now_ms
    for after_ms, expected in [
        (0, 1),
        (SIGN_EVERY_MS - 1, 1),
        (SIGN_EVERY_MS, 2),
        (2 * SIGN_EVERY_MS, 3),
    ]:
        await a_line_of_audit(world)
        assert await notary.note(start_ms + after_ms) == 1
        assert len(copied(tmp_path)) == expected
    for after_ms in (3, 9):
        assert await notary.note(start_ms + after_ms * SIGN_EVERY_MS) == 0
    assert len(copied(tmp_path)) == 3


async def test_where_nothing_ever_happened_nothing_is_signed(world: World, tmp_path: Path) -> None:
    assert await world.services.notary.note(world.now_ms) == 0
    assert not (tmp_path / COPY_FILE).exists()


async def test_a_copy_that_a_crash_has_torn_is_made_whole(world: World, tmp_path: Path) -> None:
    notary = world.services.notary
    for turn in range(3):
        await a_line_of_audit(world)
        await notary.note(world.now_ms + turn * SIGN_EVERY_MS)
    copy = tmp_path / COPY_FILE
    whole = copy.read_bytes()
    copy.write_bytes(whole[: -len(whole.splitlines()[-1]) // 2])
    await a_line_of_audit(world)
    await notary.note(world.now_ms + 3 * SIGN_EVERY_MS)
    lines = copy.read_bytes().splitlines()
    assert [line in whole.splitlines() for line in lines] == [True, True, False, True, False]
    assert [read_checkpoint_line(line).no for line in (lines[3], lines[4])] == [3, 4]


async def test_another_host_writes_the_checkpoints_of_the_first_as_well(world: World, tmp_path: Path) -> None:
    services = world.services
    await a_line_of_audit(world)
    await services.notary.note(world.now_ms)
    other = tmp_path / "other"
    other.mkdir()
    second = Notary(services.database, services.leases, EVIDENCE_KEYS, other, world.clock, "second")
    await a_line_of_audit(world)
    await second.note(world.now_ms + SIGN_EVERY_MS)
    assert [one.no for one in copied(other)] == [1, 2]
    await a_line_of_audit(world)
    await services.notary.note(world.now_ms + 2 * SIGN_EVERY_MS)
    assert [one.no for one in copied(tmp_path)] == [1, 2, 3]


async def test_whoever_held_the_lease_before_links_nothing_any_more(world: World) -> None:
    await a_line_of_audit(world)
    notary = world.services.notary
    async with world.services.database.writing() as tx:
        await lease_tokens.hold(tx, evidence.LEASE, 7)
    try:
        await notary.note(world.now_ms, 6)
        raise AssertionError("a slow notary linked")
    except evidence.Overtaken:
        assert (await proven(world)).links == 0
    assert await notary.note(world.now_ms, 7) == 1


async def test_the_journal_of_a_void_that_ran_is_archived(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a"})
    await world.voided(attempt_id)
    await world.services.pusher.push_waiting(world.now_ms)
    await world.services.notary.note(world.now_ms)
    async with world.services.database.reading() as tx:
        lines = await archives.get_journal(tx, attempt_id)
    assert [line[0] for line in lines] == ["o", "c", "a"]
    assert (await proven(world)).fault is None


async def test_an_export_is_checked_without_the_database(world: World) -> None:
    attempt_id = await handed_in(world)
    for _ in range(20):
        await a_line_of_audit(world)
    await world.services.notary.note(world.now_ms)
    await world.voided(attempt_id)
    await world.services.notary.note(world.now_ms + SIGN_EVERY_MS)
    async with world.services.database.reading() as tx:
        content = await export_attempt(tx, attempt_id)
    checked = check_file(content, TRUSTED)
    assert (checked.ref, checked.fault, len(checked.lines)) == (str(attempt_id), None, 5)
    assert "张三" not in content.decode()
    assert "450702" not in content.decode()


async def test_an_altered_export_is_found_and_the_place_is_named(world: World) -> None:
    attempt_id = await handed_in(world)
    for _ in range(3):
        await a_line_of_audit(world)
    await world.services.notary.note(world.now_ms)
    await world.voided(attempt_id)
    await world.services.notary.note(world.now_ms + SIGN_EVERY_MS)
    async with world.services.database.reading() as tx:
        content = await export_attempt(tx, attempt_id)
    seq = json_of(content)["link"]["seq"]

    def fault_of(**changes: object) -> tuple[str, int | None, int | None]:
        made = json_of(content)
        for path, value in changes.items():
            part, *names = made, *path.split("__")
            for name in names[:-1]:
                part = part[int(name)] if name.isdecimal() else part[name]
            last = names[-1]
            part[int(last) if last.isdecimal() else last] = value
        fault = check_file(text_of(made), TRUSTED).fault
        assert fault is not None
        return fault.what.value, fault.line, fault.seq

    good = json_of(content)
    lines = list(good["lines"])
    assert fault_of(lines__3=lines[3].replace(" b", " c")) == ("line_altered", 4, seq)
    assert fault_of(lines=lines[:-1]) == ("lines_missing", 5, seq)
    assert fault_of(lines=[lines[1], lines[0], *lines[2:]]) == ("line_altered", 1, seq)
    assert fault_of(header=good["header"].replace('"no":1', '"no":2')) == ("header_altered", None, seq)
    assert fault_of(closing=good["closing"].replace("submitted", "forced_exit")) == ("closing_altered", None, seq)
    assert fault_of(contract="{}") == ("contract_differs", None, seq)
    assert fault_of(link__previous="00" * 32) == ("link_altered", None, seq)
    assert fault_of(later__0__row__state="submitted")[0] == "fact_altered"
    assert fault_of(later__0__row__attempt_id=attempt_id + 1)[0] == "fact_altered"
    assert fault_of(checkpoints__0__at_ms=1) == ("checkpoint_altered", None, None)
    assert fault_of(checkpoints=[]) == ("not_signed", None, seq)

    forger = Signer("A" * 43)
    forged = replace(copied_one(good), key_id=forger.key_id)
    forged = replace(forged, signature=forger.sign(forged.message))
    signed = {**good["checkpoints"][0], "key": forged.key_id, "signature": forged.signature.hex()}
    assert fault_of(checkpoints__0=signed)[0] == "key_unknown"


def copied_one(good: dict[str, list[dict[str, object]]]) -> Checkpoint:
    return read_checkpoint_line(text_of(good["checkpoints"][0]))
