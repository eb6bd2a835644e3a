"""``examengine attempt``: an attempt told, exported, verified; whatever was altered ends with 1 and is named."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, select, update
from typer.testing import CliRunner

from examengine.cli import app
from examengine.evidence.faults import What
from examengine.evidence.signing import Signer, to_text
from examengine.live import CloseReason
from examengine.records import audit
from examengine.records.tables import audit as audit_table
from examengine.records.tables import checkpoints, links, outcomes
from examengine.sittings.notary import COPY_FILE, SIGN_EVERY_MS
from tests.world import EVIDENCE_KEYS, World, a_world

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Hall:
    """A world, and its command line."""

    world: World
    folder: Path
    environment: dict[str, str]

    async def run(self, *args: object) -> tuple[int, str]:
        """Exit code, and everything printed."""
        words = ["attempt", *map(str, args)]
        result = await asyncio.to_thread(CliRunner().invoke, app, words, env=self.environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output


@pytest_asyncio.fixture
async def hall(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Hall]:
    async with a_world(database_url, redis_url, data_dir=tmp_path) as world:
        environment = {
            "EXAMENGINE_DATA_DIR": str(tmp_path),
            "EXAMENGINE_DATABASE_URL": database_url,
            "EXAMENGINE_REDIS_URL": redis_url,
            "EXAMENGINE_PUBLIC_URL": "https://exam.example.cn",
            "EXAMENGINE_SIGNING_KEYS": "k" * 40,
            "EXAMENGINE_FIELD_KEYS": "k" * 40,
            "EXAMENGINE_EVIDENCE_KEYS": EVIDENCE_KEYS[0],
            "COLUMNS": "200",
        }
        yield Hall(world, tmp_path, environment)


async def handed_in(world: World) -> int:
    """Opened on one page, left, continued on another after a silence, given time, handed in, voided."""
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a", 2: "b"})
    world.clock.advance(5 * MINUTE_MS)
    await world.extra_time(enrolment, attempt_id, 10)
    await world.services.pusher.push_waiting(world.now_ms)
    pen = await world.pen(attempt_id, person_id, page="another")
    await world.answer(pen, {3: "a"})
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    return attempt_id


async def test_a_finished_attempt_is_told_from_start_to_end(hall: Hall) -> None:
    attempt_id = await handed_in(hall.world)
    await hall.world.voided(attempt_id)
    await hall.world.services.notary.note(hall.world.now_ms)
    code, told = await hall.run("show", attempt_id)
    assert code == 0
    expected = (
        "开始考试。考前告知：第 1 轮第 1 次（正考），60 分钟，2026-06-01 10:00:00 截止（考试时长用完）",
        "开始作答：50 题",
        "打开考试页面",
        "保存答案 2 次，最后是第 2 题；到此已答 2 题",
        "2026-06-01 09:00:00  此后 5 分钟没有收到考试页面的消息（推断）",
        "补时",
        "通知考试页面：10:10:00 截止（含补时）",
        "在另一个页面继续考试",
        "保存答案 1 次，最后是第 3 题；到此已答 3 题",
        "收卷：考生交卷",
        "登记结果：本人交卷",
        "登记新的结果（第 2 次）：已作废",
    )
    for part in expected:
        assert part in told, (part, told)
    assert "签名" in told
    assert "张三" not in told


async def test_a_running_attempt_is_told_from_what_was_shipped(hall: Hall) -> None:
    person_id, _, attempt_id = await hall.world.a_candidate_in_an_exam()
    pen = await hall.world.pen(attempt_id, person_id)
    await hall.world.answer(pen, {7: "a"})
    await hall.world.services.shipper.ship_all(hall.world.now_ms)
    code, told = await hall.run("show", attempt_id)
    assert code == 0
    for part in ("进行中", "保存答案 1 次，最后是第 7 题", "已入库的部分"):
        assert part in told, (part, told)


async def test_an_attempt_that_is_not_there_is_told_so(hall: Hall, tmp_path: Path) -> None:
    for act in (("show", 999), ("export", 999, tmp_path / "x.json")):
        code, told = await hall.run(*act)
        assert code == 1
        assert "999" in told
    assert not (tmp_path / "x.json").exists()


async def test_an_export_is_verified_without_a_database(hall: Hall, tmp_path: Path) -> None:
    attempt_id = await handed_in(hall.world)
    file = tmp_path / "attempt.json"
    code, told = await hall.run("export", attempt_id, file)
    assert (code, file.exists()) == (1, False)
    assert "还没有签名" in told
    await hall.world.services.notary.note(hall.world.now_ms)
    assert (await hall.run("export", attempt_id, file))[0] == 0
    code, told = await hall.run("export", attempt_id, file)
    assert code == 2
    assert "没有覆盖" in told

    offline = Hall(hall.world, tmp_path, {})
    code, told = await offline.run("verify", file)
    assert code == 0, told
    assert "自带的公钥" in told
    mine = to_text(Signer(EVIDENCE_KEYS[0]).public)
    kept = tmp_path / "key.txt"
    kept.write_text(mine + "\n")
    for pinned in (mine, kept):
        code, told = await offline.run("verify", file, "--key", pinned)
        assert code == 0, told
        assert "认可的密钥" in told
    code, told = await offline.run("verify", file, "--key", to_text(Signer("A" * 43).public))
    assert code == 1
    assert "不是认可的密钥" in told

    altered = json.loads(file.read_bytes())
    altered["lines"][3] = altered["lines"][3].replace(" b", " c")
    file.write_text(json.dumps(altered))
    code, told = await offline.run("verify", file)
    assert code == 1
    assert f"考试 {attempt_id}，第 4 行被改动" in told


TAMPERED: dict[str, tuple[Any, str]] = {
    "score": (
        update(outcomes).where(outcomes.c.no == 1).values(score_hundredths=9_900),
        "考试 1，结果、答案或回执的记录被改动：outcome.score_hundredths",
    ),
    "link": (delete(links).where(links.c.seq == 2), "链第 2 环，这一环不见了"),
}


async def test_the_whole_database_is_verified_and_what_was_altered_is_named(hall: Hall) -> None:
    await handed_in(hall.world)
    await hall.world.services.notary.note(hall.world.now_ms)
    code, told = await hall.run("verify", "--all")
    assert code == 0, told
    assert "与副本里的 1 个签名点也一致" in told
    async with hall.world.services.database.writing() as tx:
        await audit.append(tx, hall.world.now_ms, None, "sweep", "attempt", None)
    assert "1 条记录还在等入链" in (await hall.run("verify", "--all"))[1]


@pytest.mark.parametrize("what", TAMPERED)
async def test_an_altered_database_ends_with_1(hall: Hall, what: str) -> None:
    await handed_in(hall.world)
    await hall.world.services.notary.note(hall.world.now_ms)
    statement, named = TAMPERED[what]
    async with hall.world.services.database.writing() as tx:
        await tx.run(statement)
    code, told = await hall.run("verify", "--all")
    assert code == 1
    assert named in told, told


async def test_a_tail_that_was_cut_off_is_found_by_the_copy(hall: Hall, tmp_path: Path) -> None:
    notary, database = hall.world.services.notary, hall.world.services.database
    await handed_in(hall.world)
    await notary.note(hall.world.now_ms)
    async with database.writing() as tx:
        await audit.append(tx, hall.world.now_ms, None, "sweep", "attempt", None)
    await notary.note(hall.world.now_ms + SIGN_EVERY_MS)
    elsewhere = tmp_path / "elsewhere.log"
    (tmp_path / COPY_FILE).rename(elsewhere)
    async with database.writing() as tx:
        await tx.run(delete(checkpoints).where(checkpoints.c.no == 2))
        last = select(func.max(links.c.seq)).scalar_subquery()
        await tx.run(delete(links).where(links.c.seq == last))
        await tx.run(delete(audit_table).where(audit_table.c.act == "sweep"))
    code, told = await hall.run("verify", "--all")
    assert code == 0, told
    assert "没有签名副本可比" in told
    code, told = await hall.run("verify", "--all", "--checkpoints", elsewhere)
    assert code == 1
    assert "签名点 2，副本里有、数据库里没有" in told


async def test_the_public_keys_are_printed(hall: Hall) -> None:
    signer = Signer(EVIDENCE_KEYS[0])
    code, told = await hall.run("keys")
    assert code == 0
    assert told.strip() == f"{signer.key_id}  {to_text(signer.public)}  现用"


async def test_what_cannot_be_verified_is_told_apart(hall: Hall, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("你好")
    for args, code, part in [
        (("verify",), 2, "--all"),
        (("verify", file, "--all"), 2, "--all"),
        (("verify", file), 1, "不是考试存档或回执"),
        (("verify", tmp_path / "none"), 2, "读不出来"),
        (("verify", file, "--key", "short"), 2, "公钥"),
        (("verify", "--all", "--checkpoints", tmp_path / "none"), 2, "没有这个文件"),
    ]:
        found, told = await hall.run(*args)
        assert found == code, told
        assert part in told, told


def test_every_fault_has_its_words() -> None:
    from examengine.web.evidence_words import FAULTS

    assert set(FAULTS) == set(What)
