"""The evidence after a run: it verifies as it stands, and an archived line that was altered in SQL is named."""

import asyncio
import random
import sys
import zlib
from collections.abc import Mapping

from sqlalchemy import text

from examengine.records.database import Database

LINKED_S = 30.0


async def verified(environment: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and words of ``examengine attempt verify --all``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from examengine.cli import main; main()",
        "attempt",
        "verify",
        "--all",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(environment),
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode("utf-8", "replace").strip()


async def until_linked(database_url: str) -> None:
    """Until the notary has linked every fact; bounded."""
    database = await Database.open(database_url)
    try:
        for _ in range(int(LINKED_S / 0.5)):
            async with database.reading() as tx:
                if not await tx.value(text("SELECT count(*) FROM unlinked")):
                    return
            await asyncio.sleep(0.5)
    finally:
        await database.close()


async def tamper(database_url: str, dice: random.Random) -> tuple[int, str, str]:
    """Alter one answer of one archived journal; the attempt, the line as it was, and as it is now."""
    database = await Database.open(database_url)
    try:
        async with database.writing() as tx:
            rows = await tx.rows(
                text("SELECT attempt_id, generation, lines FROM attempt_journals ORDER BY attempt_id")
            )
            candidates = []
            for row in rows:
                lines = zlib.decompress(row.lines).decode().split("\n")
                candidates += [(row, lines, at) for at, line in enumerate(lines) if _is_answer(line)]
            row, lines, at = dice.choice(candidates)
            before = lines[at]
            lines[at] = before[:-1] + ("a" if before[-1] != "a" else "b")
            await tx.run(
                text("UPDATE attempt_journals SET lines = :lines WHERE attempt_id = :attempt AND generation = :life"),
                {
                    "lines": zlib.compress("\n".join(lines).encode()),
                    "attempt": row.attempt_id,
                    "life": row.generation,
                },
            )
        return row.attempt_id, before, lines[at]
    finally:
        await database.close()


def _is_answer(line: str) -> bool:
    return line.startswith("a ") and line[-1].isalpha()
