"""Replay cases in few words: every test goes through the JSON of ``examengine rules replay``, as its users do."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from examengine.rules.case import run_case

Event = dict[str, Any]
TWO = ["李四", "王五"]


def at(moment: str, ms: int = 0) -> str:
    """Local time in Guangxi, moved by ``ms``."""
    return (datetime.fromisoformat(moment + "+08:00") + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


def ev(what: str, moment: str, ms: int = 0, **more: Any) -> Event:
    return {"at": at(moment, ms), "what": what, **more}


def run(
    rulebook: str,
    events: Iterable[Event] = (),
    ask: Iterable[Event] | Event = (),
    override: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What ``replay`` prints."""
    questions = [ask] if isinstance(ask, dict) else list(ask)
    case = {"rulebook": rulebook, "override": override or {}, "events": list(events), "ask": questions}
    return run_case(json.dumps(case, ensure_ascii=False).encode())


def may_start(
    rulebook: str,
    events: Iterable[Event],
    moment: str,
    ms: int = 0,
    override: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The answer to "may I start at ``moment``?"."""
    answer: dict[str, Any] = run(rulebook, events, ev("start", moment, ms, **more), override)["answers"][0]
    return answer


def as_of(
    rulebook: str,
    events: Iterable[Event],
    moment: str,
    ms: int = 0,
    override: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What stands at ``moment``; the question itself changes nothing."""
    return run(rulebook, events, ev("start", moment, ms), override)


def why(printed: dict[str, Any]) -> tuple[str | None, str | None]:
    """Reason and next step of an answer or a refused event."""
    return printed["reason"], printed["next"]


def refusals(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(refused["what"], refused["reason"], refused["next"]) for refused in result["refused"]]


def places(result: dict[str, Any], *keys: str) -> list[tuple[Any, ...]]:
    """Each round's allowed, used and left, or what ``keys`` name."""
    return [tuple(round_[key] for key in keys or ("allowed", "used", "left")) for round_ in result["rounds"]]


def outcomes(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Each attempt's state, score, result and reason."""
    return [tuple(a[key] for key in ("state", "score", "result", "reason")) for a in result["attempts"]]


# People who are about to start. Day and hour of every story are easy to see: enrolled at 08:00, start at 09:00.


def ready_2014(card: str = "C1", moment: str = "2014-06-01 08:00") -> list[Event]:
    """Enrolled, card activated, learning done."""
    return [ev("enrol", moment), *with_card(card, moment)]


def with_card(card: str, moment: str) -> list[Event]:
    return [
        ev("card_out", moment, card=card),
        ev("activate_card", moment, card=card),
        ev("learning", moment, percent=100),
    ]


def ready_2024(moment: str = "2024-06-01 08:00", **more: Any) -> list[Event]:
    """Enrolled in an open year, learning done."""
    return [ev("enrol", moment, **more), ev("learning", moment, percent=100, **more)]


def sitting_2024(*after: Event, moment: str = "2024-06-01 09:00") -> list[Event]:
    """A sitting of 60 minutes that began at 09:00, and what happened then."""
    return [*ready_2024(), ev("start", moment), *after]


def sat(start: str, hand_in: str, score: Any, **more: Any) -> list[Event]:
    """A sitting handed in."""
    return [ev("start", start, **more), ev("submit", hand_in, score=score, **more)]


def failed(day: str, times: int = 1, **more: Any) -> list[Event]:
    """As many failed sittings on one day: the first at 09:00, the next an hour later."""
    return [
        event for n in range(times) for event in sat(f"{day} {9 + n:02}:00", f"{day} {9 + n:02}:30", 10 + n, **more)
    ]
