"""A short run of ``make chaos``, always the same: Redis, PostgreSQL and a worker killed, Redis' files deleted."""

import re
import subprocess
import sys

BOUND_S = 400


def test_nothing_acknowledged_is_lost_while_every_process_is_killed_once() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--short"], capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    last = ran.stdout.strip().rpartition("\n")[2]
    told = re.fullmatch(r"acknowledged (\d+), lost (\d+), duplicated (\d+), kills (\d+), seed 1", last)
    assert told is not None, ran.stdout + ran.stderr
    acknowledged, lost, duplicated, kills = map(int, told.groups())
    assert (ran.returncode, lost, duplicated) == (0, 0, 0), ran.stdout
    assert acknowledged >= 10
    assert kills >= 4
