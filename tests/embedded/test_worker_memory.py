"""What a worker brings into memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from examengine.embedded import memory

HEAVY = (
    "PIL",
    "alembic",
    "charset_normalizer",
    "china_division",
    "docx",
    "fontTools",
    "fpdf",
    "latex2mathml",
    "lxml",
    "mako",
    "nh3",
    "openpyxl",
    "pygments",
    "python_calamine",
    "redis",
    "rich",
    "typer",
)
"""What staff, commands and upgrades use now and then: 25 MiB in all, imported where it is used."""


def test_a_worker_imports_nothing_that_candidates_do_not_need() -> None:
    """Found one? Import it in the function that needs it, with a word why."""
    program = f"""
import sys
import examengine.embedded.worker
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


@pytest.mark.parametrize(
    ("switch", "blocks_go_back"), [("always [madvise] never", True), ("always madvise [never]", False), (None, False)]
)
def test_large_blocks_go_back_to_the_system_where_that_is_cheap(
    switch: str | None, blocks_go_back: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "enabled"
    if switch is not None:
        file.write_text(switch)
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    assert ("MALLOC_MMAP_THRESHOLD_" in memory.environment(file)) is blocks_go_back


def test_what_an_operator_has_told_the_c_library_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "enabled").write_text("[always] madvise never")
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0")
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    told = memory.environment(tmp_path / "enabled")
    assert (told["GLIBC_TUNABLES"], told["MALLOC_ARENA_MAX"]) == ("glibc.malloc.hugetlb=0", "1")
    assert "MALLOC_MMAP_THRESHOLD_" not in told


def test_what_a_hash_took_is_given_back() -> None:
    program = """
import asyncio
from examengine.accounts.passwords import Passwords
from examengine.bench.machine import resident_bytes
import os

async def run():
    passwords = Passwords()
    before = resident_bytes(os.getpid())
    for _ in range(4):
        await asyncio.gather(*(passwords.hashed("Mei-Hua7") for _ in range(2)))
    passwords.close()
    return resident_bytes(os.getpid()) - before

print(asyncio.run(run()))
"""
    told = memory.environment()
    if "MALLOC_MMAP_THRESHOLD_" not in told:
        pytest.skip("no huge pages here: the C library keeps it")
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=told)
    assert int(found.stdout) < 10 * 2**20
