"""An accommodation counts for attempts started while it is valid, whatever happens to it while they run."""

from typing import Any

import pytest

from tests.rules.cases import Event, as_of, at, ev, may_start, ready_2024

STARTED = "2024-06-01 09:00"


def accommodate(moment: str = "2024-05-20 08:00", **more: Any) -> Event:
    return ev("accommodate", moment, by="李四", reason="手部受伤", **({"minutes": 30} | more))


def closes(given: Event, ms: int = 0) -> tuple[str, str]:
    """When an attempt closes that starts at 09:00, moved by ``ms``: minutes after its start, and why."""
    events = [*ready_2024(), given, ev("start", STARTED, ms)]
    running = as_of("guangxi-2024", events, "2024-06-01 09:30")["attempts"][0]
    return running["deadline"][11:16], running["deadline_reason"]


@pytest.mark.parametrize(("moved_ms", "has_it"), [(-1, False), (0, True), (1, True)])
def test_it_begins_with_its_first_instant(moved_ms: int, has_it: bool) -> None:
    told = closes(accommodate(begins_at=at(STARTED)), moved_ms)
    assert told[1] == ("extra_time" if has_it else "time_limit")


@pytest.mark.parametrize(("moved_ms", "has_it"), [(-1, True), (0, False), (1, False)])
def test_it_ends_before_its_last_instant(moved_ms: int, has_it: bool) -> None:
    told = closes(accommodate(expires_at=at(STARTED)), moved_ms)
    assert told[1] == ("extra_time" if has_it else "time_limit")


def test_an_attempt_keeps_what_expires_while_it_runs() -> None:
    assert closes(accommodate(expires_at=at("2024-06-01 09:01"))) == ("10:30", "extra_time")


@pytest.mark.parametrize("moved_ms", [-1, 0])
def test_what_is_promised_before_the_start_is_what_is_enforced(moved_ms: int) -> None:
    given = accommodate(begins_at=at(STARTED))
    asked = may_start("guangxi-2024", [*ready_2024(), given], STARTED, moved_ms)
    events = [*ready_2024(), given, ev("start", STARTED, moved_ms)]
    assert asked["deadline"] == as_of("guangxi-2024", events, "2024-06-01 09:30")["attempts"][0]["deadline"]


def test_one_that_begins_later_does_not_reach_back() -> None:
    assert closes(accommodate(begins_at=at("2024-06-01 09:01"))) == ("10:00", "time_limit")


def test_one_entered_while_an_attempt_runs_counts_at_once() -> None:
    assert closes(accommodate("2024-06-01 09:20", begins_at=at("2024-06-01 00:00")))[0] == "10:30"


def test_only_those_that_are_valid_add_up() -> None:
    over = ev("accommodate", "2024-05-20 08:00", by="李四", percent=50, expires_at=at("2024-05-31 00:00"))
    events = [*ready_2024(), over, accommodate(minutes=20), ev("start", STARTED)]
    assert as_of("guangxi-2024", events, "2024-06-01 09:30")["attempts"][0]["deadline"][11:16] == "10:20"


def test_one_that_is_over_is_still_taken_back() -> None:
    events = [
        *ready_2024(),
        accommodate(id="a", expires_at=at("2024-05-31 00:00")),
        accommodate(minutes=20),
        ev("undo", "2024-05-31 08:00", undo="a", by="李四", reason="误操作"),
        ev("start", STARTED),
    ]
    assert as_of("guangxi-2024", events, "2024-06-01 09:30")["attempts"][0]["deadline"][11:16] == "10:20"
