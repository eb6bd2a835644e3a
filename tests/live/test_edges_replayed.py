"""The rules on the same table as the scripts: where a rule stands twice, both must say the same."""

import pytest

from tests.live.edge_cases import EDGE_CASES, SUBMIT_GRACE_MS, EdgeCase
from tests.rules.cases import as_of, ev, sitting_2024

#: An act of a page as an event of the rules. A page that takes the pen is no more to them than a sign of life.
EVENTS = {
    "save": ev("answers", "2024-06-01 10:00", score=80),
    "save_form": ev("answers", "2024-06-01 10:00", score=80),
    "pulse": ev("alive", "2024-06-01 10:00"),
    "claim": ev("alive", "2024-06-01 10:00"),
    "leave": ev("leave_page", "2024-06-01 10:00"),
    "come_back": ev("return_page", "2024-06-01 10:00"),
    "lose_focus": ev("focus_loss", "2024-06-01 10:00"),
    "hand_in": ev("submit", "2024-06-01 10:00", score=80),
    "knock": ev("submit", "2024-06-01 10:00", score=80),
}
#: Asked long after the end, when everything is settled.
LATER_MS = SUBMIT_GRACE_MS + 3_600_000


@pytest.mark.parametrize("case", [case for case in EDGE_CASES if case.word != "not_due"], ids=lambda case: case.name)
def test_the_rules_say_what_the_table_says(case: EdgeCase) -> None:
    override = {
        "exam.timeout.submit_grace_seconds": case.submit_grace_ms // 1000,
        "exam.forced_exit.detect": "page_leave" if case.leave_grace_ms else "explicit",
        "exam.forced_exit.page_leave_grace_seconds": case.leave_grace_ms // 1000 or 1,
    }
    # It began at 09:00 and takes an hour.
    events = []
    if case.left_at_ms is not None:
        events.append(ev("leave_page", "2024-06-01 10:00", case.left_at_ms))
    events.append({**EVENTS[case.act], "at": ev("", "2024-06-01 10:00", case.at_ms)["at"]})

    result = as_of("guangxi-2024", sitting_2024(*events), "2024-06-01 10:00", LATER_MS, override)

    refused = case.word in ("too_late", "forced", "knocked")
    assert [each["reason"] for each in result["refused"]] == (["not_running"] if refused else [])
    state = result["attempts"][0]["state"]
    if case.word == "forced":
        assert state == "forced_exit"
    elif case.word == "too_late":
        assert state in ("expired_no_score", "auto_submitted")
    elif case.word == "knocked":
        assert state == "auto_submitted"
