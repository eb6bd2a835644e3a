"""The scripts on the table of edges."""

import pytest

from examengine.live import CloseReason, Desk, Pen, Standing
from tests.live.builders import ATTEMPT, DEADLINE_MS, OWNER, a_running_sitting, answer
from tests.live.edge_cases import EDGE_CASES, OPENED_MS, EdgeCase


async def act(desk: Desk, case: EdgeCase, pen: Pen, now_ms: int) -> Standing:
    match case.act:
        case "save":
            return await desk.save(pen, answer(9, 1, "a"), now_ms)
        case "save_form":
            return await desk.save_form(pen, {1: "a"}, {}, now_ms)
        case "pulse":
            return await desk.pulse(pen, now_ms)
        case "claim":
            return await desk.claim(ATTEMPT, OWNER, 1, "another", "test", now_ms)
        case "leave":
            return await desk.leave(pen, 9, now_ms)
        case "come_back":
            return await desk.come_back(pen, 9, now_ms)
        case "lose_focus":
            return await desk.lose_focus(pen, 9, now_ms)
        case "hand_in":
            return await desk.hand_in(pen, CloseReason.HAND_IN, now_ms)
        case "knock":
            return await desk.knock(pen, case.submit_grace_ms, now_ms)
    raise AssertionError(case.act)


@pytest.mark.parametrize("case", EDGE_CASES, ids=lambda case: case.name)
async def test_the_scripts_say_what_the_table_says(desk: Desk, case: EdgeCase) -> None:
    pen = await a_running_sitting(desk, left_ms=-OPENED_MS, leave_grace_ms=case.leave_grace_ms)
    if case.left_at_ms is not None:
        await desk.leave(pen, 1, DEADLINE_MS + case.left_at_ms)

    told = await act(desk, case, pen, DEADLINE_MS + case.at_ms)

    assert told.word == case.word
    if case.forced_at_ms is not None:
        assert told.back_by_ms == DEADLINE_MS + case.forced_at_ms
    after = await desk.read(ATTEMPT, DEADLINE_MS + case.at_ms)
    assert after.seen_ms == DEADLINE_MS + case.seen_ms
    wrote = case.act in ("save", "save_form") and case.taken
    assert after.given == ({1: "a"} if wrote else {})
    assert after.state == ("closing" if case.act == "hand_in" and case.taken else "running")
    if case.act == "claim":
        assert after.epoch == (2 if case.taken else 1)
