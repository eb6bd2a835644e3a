"""The last half hour in steps: who was silent when, and who fell silent in one minute."""

from examengine.live import Coalescer
from examengine.live.wall import Board
from examengine.monitoring import silence
from examengine.monitoring.silence import KEEP_ROWS, Moment, Scope, SilenceRow, Step, fallen_in, steps_of
from tests.live.conftest import calls as calls  # noqa: PLC0414 – a fixture

AT_MS = 1_780_000_000_000
STEP_MS = 5_000


def a_row(at_ms: int, live: int, silent: int, fell: int = 0, fell_ms: int = 0) -> SilenceRow:
    return SilenceRow(
        at_ms,
        [(1, "450702", live, silent), (2, "450103", 10, 0)],
        [(fell_ms, 1, "450702", fell)] if fell else [],
        [(fell_ms, 7, fell)] if fell else [],
    )


def test_a_count_stands_until_the_next_and_not_for_ever() -> None:
    rows = [a_row(AT_MS + 1_000, 100, 3)]
    steps = steps_of(rows, AT_MS - STEP_MS, AT_MS + 4 * STEP_MS)
    assert [(step.live, step.silent) for step in steps] == [(0, 0), (110, 3), (110, 3), (110, 3), (0, 0)]
    rows.append(a_row(AT_MS + 7_000, 100, 50))
    steps = steps_of(rows, AT_MS, AT_MS + 3 * STEP_MS)
    assert [step.silent for step in steps] == [3, 50, 50]


def test_who_fell_silent_is_counted_where_the_silence_began() -> None:
    rows = [a_row(AT_MS + 65_000, 100, 40, fell=40, fell_ms=AT_MS)]
    assert steps_of(rows, AT_MS, AT_MS + STEP_MS) == (Step(AT_MS, 0, 0, 40),)
    assert steps_of(rows, AT_MS, AT_MS + STEP_MS, Scope(exam_id=2)) == (Step(AT_MS, 0, 0, 0),)
    assert steps_of(rows, AT_MS, AT_MS + STEP_MS, Scope(region="450702"))[0].fell == 40


def test_one_minute_is_compared_with_everybody() -> None:
    rows = [a_row(AT_MS, 100, 0), a_row(AT_MS + 65_000, 100, 40, fell=40, fell_ms=AT_MS + 5_000)]
    found = fallen_in(rows, AT_MS, AT_MS + 60_000)
    assert (found.total, found.live, found.by_region, found.by_slot) == (40, 110, {(1, "450702"): 40}, {7: 40})
    assert fallen_in(rows, AT_MS + 5_001, AT_MS + 60_000).total == 0
    assert fallen_in(rows, AT_MS, AT_MS + 5_000).total == 0


async def test_half_an_hour_is_kept_and_no_more(calls: Coalescer) -> None:
    board = Board(calls)
    for no in range(KEEP_ROWS + 3):
        at_ms = AT_MS + no * STEP_MS
        await silence.keep(board, Moment(at_ms, 1, 0, 0, 0.0, 0.0, None, 0), a_row(at_ms, 1, 0))
    kept = await silence.rows(board)
    assert (len(kept), kept[0].at_ms) == (KEEP_ROWS, AT_MS + 3 * STEP_MS)
    newest = await silence.moments(board, AT_MS + KEEP_ROWS * STEP_MS)
    assert [moment.at_ms for moment in newest] == [AT_MS + (KEEP_ROWS + no) * STEP_MS for no in range(3)]
    assert len(await silence.history(board, AT_MS, AT_MS + 60_000)) == 12
