"""The checks before publishing: each at its edges, and what stands in the way."""

from dataclasses import replace
from typing import Any

import pytest

from examengine.publishing.checks import (
    APART_LOOK_MS,
    APART_RED_MS,
    BACKUP_LOOK_MS,
    BACKUP_RED_MS,
    DAY_MS,
    DRILL_LOOK_MS,
    DRILL_P99_RED_MS,
    FREE_PER_PERSON,
    FREE_RED,
    HARD,
    SHORT_WINDOW_MS,
    SIGNED_FOR_MS,
    SMALL,
    Check,
    CheckKind,
    CheckState,
    ClockFacts,
    DrillFacts,
    Finding,
    PaperFacts,
    Surroundings,
    checks_of,
    in_the_way,
    peak_of,
    standing,
)
from examengine.records.checks import Signature

OK, LOOK, RED = CheckState.OK, CheckState.LOOK, CheckState.RED
NOW = 1_000 * DAY_MS
PAPER = PaperFacts(
    newer_no=0, unreleased=0, leaving=0, corrections=0, differences=0, lacking_cells=0, disjoint=3, attempts=3
)
CLOCK = ClockFacts(record_ms=0, live_ms=0, synchronised=True, moved=False)
DRILL = DrillFacts(at_ms=NOW - DAY_MS, people=10_000, minutes=5, p99_ms=40, lost=0)
AROUND = Surroundings(
    now_ms=NOW,
    opens_ms=NOW + DAY_MS,
    closes_ms=NOW + 30 * DAY_MS,
    trial=False,
    people=100,
    clock=CLOCK,
    free_bytes=10 * FREE_RED,
    total_bytes=20 * FREE_RED,
    backup_ms=NOW - 1,
    drill=DRILL,
    first_day=2,
    last_day=1,
    number="0771-1234567",
    hours="工作日 9:00—18:00",
    asked_number="0771-1234567",
)


def verdict(
    kind: CheckKind, around: Surroundings = AROUND, *, paper: PaperFacts | None = PAPER, unconfirmed: int = 0
) -> Any:
    check = next(one for one in checks_of(unconfirmed, paper, around) if one.kind is kind)
    return check.state, check.finding


def test_an_installation_where_everything_is_right_passes_every_check_in_their_order() -> None:
    found = checks_of(0, PAPER, AROUND)
    assert [check.kind for check in found] == list(CheckKind)
    assert {check.state for check in found} == {OK}
    assert in_the_way(found, (), NOW) == ()


def test_what_makes_the_paper_unlawful_or_impossible_cannot_be_signed() -> None:
    found = checks_of(2, replace(PAPER, lacking_cells=1), AROUND)
    assert {check.kind for check in found if check.is_red} == {CheckKind.RULEBOOK, CheckKind.BLUEPRINT}
    assert not any(check.may_be_signed for check in found)
    forged = [signature(check, 1) for check in found]
    assert {check.kind for check in in_the_way(found, forged, NOW)} == {CheckKind.RULEBOOK, CheckKind.BLUEPRINT}
    assert {check.kind for check in checks_of(0, None, AROUND) if check.is_red} == HARD - {CheckKind.RULEBOOK}


@pytest.mark.parametrize(
    ("paper", "kind", "expected"),
    [
        ({"newer_no": 4}, CheckKind.BANK, (LOOK, Finding.NEWER_RELEASE)),
        ({"corrections": 1}, CheckKind.BANK, (LOOK, Finding.CORRECTIONS)),
        ({"leaving": 1}, CheckKind.BANK, (LOOK, Finding.LEAVING)),
        ({"unreleased": 1}, CheckKind.BANK, (LOOK, Finding.UNRELEASED)),
        ({"differences": 1}, CheckKind.BLUEPRINT, (RED, Finding.DIFFERS)),
        ({"disjoint": 2}, CheckKind.BLUEPRINT, (LOOK, Finding.REPEATS)),
        ({"disjoint": 3}, CheckKind.BLUEPRINT, (OK, Finding.FINE)),
    ],
)
def test_bank_and_blueprint(paper: dict[str, int], kind: CheckKind, expected: object) -> None:
    assert verdict(kind, paper=replace(PAPER, **paper)) == expected


INSTALLATIONS: list[tuple[dict[str, Any], CheckKind, object]] = [
    ({"now_ms": AROUND.closes_ms - 1}, CheckKind.WINDOW, (OK, Finding.FINE)),
    ({"now_ms": AROUND.closes_ms}, CheckKind.WINDOW, (LOOK, Finding.OVER)),
    ({"now_ms": AROUND.closes_ms}, CheckKind.DUTY, (LOOK, Finding.OVER)),
    ({"people": 0}, CheckKind.PEOPLE, (LOOK, Finding.NOBODY)),
    ({"people": 1}, CheckKind.PEOPLE, (OK, Finding.FINE)),
    ({"free_bytes": FREE_RED - 1}, CheckKind.DISK, (RED, Finding.FULL)),
    ({"free_bytes": FREE_RED}, CheckKind.DISK, (LOOK, Finding.TIGHT)),
    ({"free_bytes": 2 * FREE_RED - 1}, CheckKind.DISK, (LOOK, Finding.TIGHT)),
    ({"free_bytes": 2 * FREE_RED}, CheckKind.DISK, (OK, Finding.FINE)),
    (
        {"people": 1_000_000, "free_bytes": 1_000_000 * FREE_PER_PERSON - 1},
        CheckKind.DISK,
        (RED, Finding.FULL),
    ),
    ({"backup_ms": None}, CheckKind.BACKUP, (RED, Finding.NEVER)),
    ({"backup_ms": None, "trial": True}, CheckKind.BACKUP, (LOOK, Finding.NEVER)),
    ({"backup_ms": NOW - BACKUP_LOOK_MS + 1}, CheckKind.BACKUP, (OK, Finding.FINE)),
    ({"backup_ms": NOW - BACKUP_LOOK_MS}, CheckKind.BACKUP, (LOOK, Finding.OLD)),
    ({"backup_ms": NOW - BACKUP_RED_MS + 1}, CheckKind.BACKUP, (LOOK, Finding.OLD)),
    ({"backup_ms": NOW - BACKUP_RED_MS}, CheckKind.BACKUP, (RED, Finding.OLD)),
    ({"backup_ms": NOW + 1}, CheckKind.BACKUP, (OK, Finding.FINE)),
    ({"drill": None}, CheckKind.DRILL, (LOOK, Finding.NEVER)),
    ({"drill": None, "people": 10 * SMALL}, CheckKind.DRILL, (LOOK, Finding.NEVER)),
    ({"drill": None, "people": 10 * SMALL + 1}, CheckKind.DRILL, (RED, Finding.NEVER)),
    ({"people": 100_000}, CheckKind.DRILL, (OK, Finding.FINE)),
    ({"people": 100_001}, CheckKind.DRILL, (RED, Finding.SMALLER)),
    ({"drill": replace(DRILL, lost=1)}, CheckKind.DRILL, (RED, Finding.LOST)),
    ({"drill": replace(DRILL, p99_ms=DRILL_P99_RED_MS)}, CheckKind.DRILL, (OK, Finding.FINE)),
    ({"drill": replace(DRILL, p99_ms=DRILL_P99_RED_MS + 1)}, CheckKind.DRILL, (RED, Finding.SLOW)),
    ({"drill": replace(DRILL, starts_p99_ms=DRILL_P99_RED_MS)}, CheckKind.DRILL, (OK, Finding.FINE)),
    ({"drill": replace(DRILL, starts_p99_ms=DRILL_P99_RED_MS + 1)}, CheckKind.DRILL, (RED, Finding.STARTS_SLOW)),
    ({"drill": replace(DRILL, errors=1)}, CheckKind.DRILL, (RED, Finding.ERRORS)),
    ({"drill": replace(DRILL, at_ms=NOW - DRILL_LOOK_MS + 1)}, CheckKind.DRILL, (OK, Finding.FINE)),
    ({"drill": replace(DRILL, at_ms=NOW - DRILL_LOOK_MS)}, CheckKind.DRILL, (LOOK, Finding.OLD)),
    ({"first_day": 0}, CheckKind.DUTY, (RED, Finding.NO_ONE)),
    ({"last_day": 0}, CheckKind.DUTY, (LOOK, Finding.NO_ONE_AT_THE_END)),
    ({"number": ""}, CheckKind.HOTLINE, (RED, Finding.NONE)),
    ({"number": "07711234567"}, CheckKind.HOTLINE, (OK, Finding.FINE)),
    ({"number": "0771-7654321"}, CheckKind.HOTLINE, (LOOK, Finding.OTHER_NUMBER)),
    ({"hours": ""}, CheckKind.HOTLINE, (LOOK, Finding.NO_HOURS)),
    ({"asked_number": "", "number": "12333"}, CheckKind.HOTLINE, (OK, Finding.FINE)),
]


@pytest.mark.parametrize(("around", "kind", "expected"), INSTALLATIONS)
def test_the_installation(around: dict[str, Any], kind: CheckKind, expected: object) -> None:
    assert verdict(kind, replace(AROUND, **around)) == expected


@pytest.mark.parametrize("store", ["record_ms", "live_ms"])
@pytest.mark.parametrize("sign", [1, -1])
def test_clocks_apart_are_looked_at_then_red(store: str, sign: int) -> None:
    def apart(by_ms: int) -> Any:
        return verdict(CheckKind.CLOCK, replace(AROUND, clock=replace(CLOCK, **{store: sign * by_ms})))

    assert apart(APART_LOOK_MS) == (OK, Finding.FINE)
    assert apart(APART_LOOK_MS + 1) == (LOOK, Finding.APART)
    assert apart(APART_RED_MS) == (LOOK, Finding.APART)
    assert apart(APART_RED_MS + 1) == (RED, Finding.APART)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ({"synchronised": False}, (RED, Finding.UNSYNCHRONISED)),
        ({"synchronised": None}, (LOOK, Finding.UNKNOWN)),
        ({"live_ms": None}, (LOOK, Finding.UNKNOWN)),
        ({"record_ms": None}, (OK, Finding.FINE)),
        ({"synchronised": False, "moved": True}, (LOOK, Finding.MOVED)),
        ({"live_ms": APART_RED_MS + 1, "moved": True}, (RED, Finding.APART)),
    ],
)
def test_what_the_system_says_of_its_time_server(clock: dict[str, Any], expected: object) -> None:
    assert verdict(CheckKind.CLOCK, replace(AROUND, clock=replace(CLOCK, **clock))) == expected


def test_everybody_may_sit_at_once_in_a_short_window_and_one_in_ten_in_a_longer_one() -> None:
    assert peak_of(1_001, SHORT_WINDOW_MS) == 1_001
    assert peak_of(1_001, SHORT_WINDOW_MS + 1) == 101
    assert peak_of(0, SHORT_WINDOW_MS + 1) == 0


def signature(check: Check, number: int, at_ms: int = NOW) -> Signature:
    return Signature(number, check.kind, check.finding, {}, "主任知道", 1, at_ms)


def test_a_signature_stands_for_its_finding_and_for_a_week() -> None:
    around = replace(AROUND, first_day=0, backup_ms=None)
    found = checks_of(0, PAPER, around)
    duty = next(check for check in found if check.kind is CheckKind.DUTY)
    signed = signature(duty, 1)
    assert [check.kind for check in in_the_way(found, [signed], NOW)] == [CheckKind.BACKUP]
    assert standing([signed], duty, NOW + SIGNED_FOR_MS - 1) is signed
    assert standing([signed], duty, NOW + SIGNED_FOR_MS) is None
    assert standing([replace(signed, finding=Finding.OLD)], duty, NOW) is None
    assert standing([signed, signature(duty, 2)], duty, NOW) == signature(duty, 2)
    passed = Check(CheckKind.DUTY, OK)
    assert standing([replace(signed, finding=Finding.FINE)], passed, NOW) is None
