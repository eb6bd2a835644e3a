"""Every verdict that a check can come to is told in words."""

from dataclasses import replace

from examengine.publishing.checks import Check, CheckKind, CheckState, Finding, checks_of
from examengine.web.operator.check_words import FOUND, STATES, TITLES, found
from tests.publishing.test_checks import AROUND, INSTALLATIONS, PAPER

ZONE = "Asia/Shanghai"
FACTS = {
    "n": 3,
    "m": 2,
    "no": 4,
    "free": 12_345_678_901,
    "needed": 1_073_741_824,
    "total": 1,
    "at_ms": 0,
    "age_ms": 3 * 86_400_000,
    "people": 900,
    "minutes": 5,
    "p99_ms": 1_200,
    "starts_p99_ms": 1_500,
    "errors": 4,
    "lost": 1,
    "peak": 1_000,
    "first": 2,
    "last": 0,
    "number": "12333",
    "hours": "工作日",
    "asked": "0771-966111",
    "record_ms": -12,
    "live_ms": 3,
}


def test_every_kind_and_state_has_a_name() -> None:
    assert set(TITLES) == set(CheckKind)
    assert set(STATES) == set(CheckState)


def test_every_finding_of_every_check_has_its_sentence() -> None:
    for kind, finding in FOUND:
        told = found(Check(kind, CheckState.RED, finding, FACTS), ZONE)
        assert "{" not in told
        assert told or (kind, finding) == (CheckKind.WINDOW, Finding.FINE)


def test_figures_are_told_as_people_read_them() -> None:
    disk = found(Check(CheckKind.DISK, CheckState.RED, Finding.FULL, FACTS), ZONE)
    assert disk.startswith("空闲 12.3 GB，按人数估计需要 1.1 GB")
    assert "已经 3 天" in found(Check(CheckKind.BACKUP, CheckState.RED, Finding.OLD, FACTS), ZONE)
    clock = found(Check(CheckKind.CLOCK, CheckState.OK, Finding.FINE, FACTS), ZONE)
    assert clock == "已与时间服务器同步，与数据库相差 12 毫秒，与 Redis 相差 3 毫秒"


def test_whatever_the_checks_come_to_has_its_words() -> None:
    kinds = set()
    for changed, *_expected in INSTALLATIONS:
        for check in (*checks_of(0, PAPER, replace(AROUND, **changed)), *checks_of(1, None, AROUND)):
            assert "{" not in found(check, ZONE)
            kinds.add((check.kind, check.finding))
    assert len(kinds) > 25
