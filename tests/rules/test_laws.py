"""What holds of every story that can be told: hypothesis tells them, crowded around short sittings."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examengine.rules.case import printed
from examengine.rules.events import Case
from examengine.rules.load import load, packaged_text, usable
from examengine.rules.replay import replay
from tests.rules.cases import TWO, Event, ev

laws = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

BOOKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    # name: rulebook, first instant, override
    "open": ("guangxi-2024", "2024-06-01 09:00", {"exam.minutes": 10}),
    "card": (
        "guangxi-2014",
        "2014-06-01 09:00",
        {"exam.minutes": 10, "exam.forced_exit.detect": "page_leave", "exam.wait_minutes_between_attempts": 1},
    ),
    "any card": (
        "guangxi-2014",
        "2014-06-01 09:00",
        {
            "exam.minutes": 10,
            "card.rebuy_when": "any",
            "exam.forced_exit.detect": "focus_loss",
            "exam.forced_exit.focus_loss_limit": 1,
            "exam.forced_exit.uses_attempt": False,
        },
    ),
    "window ends": (
        "guangxi-2024",
        "2024-12-31 23:10",
        {"exam.minutes": 10, "exam.interruption.unresumed_uses_attempt": False, "exam.relearn_before_makeup": True},
    ),
    "grants by the handful": (
        "guangxi-2024",
        "2024-06-01 09:00",
        {"exam.minutes": 10, "exam.attempts": 1, "grant.relearn": False, "learning.required_before_exam": False},
    ),
}
HALF_MINUTES = st.integers(0, 160)
GAPS = st.sampled_from([0, 0, 1, 1, 1, 2, 4, 17, 18, 19, 20, 21, 22])
"""Half minutes between two events: a sitting lasts 20, a presence 3, a grace 1."""
SCORES = st.sampled_from([0, "59.99", 60, 88])
NO, ROUND = st.integers(1, 3), st.sampled_from([None, None, 1, 2])
PEOPLE = st.sampled_from([TWO, TWO, TWO, ["李四"]])
IDS = st.sampled_from(["a", "b"])
CARDS = st.sampled_from(["C1", "C2", "C3"])

PAGE: dict[str, dict[str, st.SearchStrategy]] = {
    "alive": {},
    "answers": {"score": SCORES},
    "leave_page": {},
    "return_page": {},
    "focus_loss": {},
    "give_up": {},
    "submit": {"score": SCORES},
}
DESK: dict[str, dict[str, st.SearchStrategy]] = {
    "grant": {"attempts": NO, "id": IDS},
    "extra_time": {"minutes": st.integers(1, 12), "id": IDS},
    "compensate": {"attempts": NO, "by": PEOPLE, "id": IDS},
    "accommodate": {"minutes": st.integers(1, 12), "id": IDS},
    "void": {"attempt": NO, "round": ROUND, "by": PEOPLE},
    "rescore": {"attempt": NO, "round": ROUND, "score": SCORES, "by": PEOPLE},
    "undo": {"undo": IDS},
}
DOOR: dict[str, dict[str, st.SearchStrategy]] = {
    "enrol": {},
    "card_out": {"card": CARDS},
    "activate_card": {"card": CARDS},
    "learning": {"percent": st.sampled_from([0, 50, 100, 100])},
}
FIELDS = PAGE | DESK | DOOR | {"start": {}}
STEPS = st.sampled_from(
    ["start"] * 8 + [*PAGE] * 2 + [*DESK] * 2 + ["void", "grant", "extra_time", *DOOR, "learning"]
)


@st.composite
def stories(draw: st.DrawFn) -> tuple[str, str, dict[str, Any], list[Event]]:
    """Rulebook, first instant, override, and events in the order of time; who is told of is ready to sit."""
    rulebook, first, override = BOOKS[draw(st.sampled_from(sorted(BOOKS)))]
    has_two_years = draw(st.sampled_from([False, False, True]))
    years = st.sampled_from([{}, {"credit_year": 2023}] if has_two_years else [{}])
    story = [
        ev("enrol", first),
        *(ev("card_out", first, card=card) for card in ("C1", "C2")),
        ev("activate_card", first, card="C1"),
        ev("learning", first, percent=100),
    ]
    if has_two_years:
        story += [
            ev(what, first, **more, credit_year=2023)
            for what, more in (("enrol", {}), ("learning", {"percent": 100}))
        ]
    now = 0
    for _ in range(draw(st.integers(3, 14))):
        now += draw(GAPS)
        what = draw(STEPS)
        more = {key: draw(values) for key, values in FIELDS[what].items()} | draw(years)
        story.append(ev(what, first, now * 30_000, **more))
        if what == "start" and draw(st.booleans()):
            now += draw(st.sampled_from([1, 16, 17, 18, 19]))
            year = {key: more[key] for key in more if key == "credit_year"}
            story.append(ev("answers", first, now * 30_000, score=draw(SCORES), **year))
    return rulebook, first, override, story


def every(first: str, half_minutes: int = 5, until: int = 170) -> list[Event]:
    """Questions spread over the story."""
    return [ev("start", first, n * 30_000 + 1) for n in range(0, until, half_minutes)]


LOADED: dict[str, Any] = {}


def run(rulebook: str, happened: list[Event], ask: Event | list[Event], override: dict[str, Any]) -> dict[str, Any]:
    """What ``run_case`` prints, with the rulebook read once: these tests replay thousands of cases."""
    book = f"{rulebook} {override}"
    if book not in LOADED:
        LOADED[book] = usable(load(packaged_text(rulebook), override=override))
    asks = ask if isinstance(ask, list) else [ask]
    case = msgspec.json.decode(json.dumps({"rulebook": rulebook, "events": happened, "ask": asks}), type=Case)
    return printed(LOADED[book], replay(LOADED[book], case.events, case.ask))


@laws
@given(stories())
def test_a_replay_is_deterministic(story: tuple) -> None:
    rulebook, first, override, happened = story
    asks = every(first)
    assert run(rulebook, happened, asks, override) == run(rulebook, happened, asks, override)


@laws
@given(stories(), HALF_MINUTES)
def test_what_is_left_is_what_is_allowed_less_what_is_used_and_never_negative(story: tuple, moment: int) -> None:
    rulebook, first, override, happened = story
    for round_ in run(rulebook, happened, ev("start", first, moment * 30_000), override)["rounds"]:
        assert round_["left"] == round_["allowed"] - round_["used"]
        assert min(round_["left"], round_["allowed"], round_["used"]) >= 0


@laws
@given(stories(), HALF_MINUTES)
def test_a_refused_event_might_as_well_not_have_been(story: tuple, moment: int) -> None:
    rulebook, first, override, happened = story
    now = ev("start", first, moment * 30_000)
    # a late hand-in is refused, and a sign of life all the same
    no_grace = override | {"exam.timeout.submit_grace_seconds": 0}
    told = run(rulebook, happened, now, no_grace)
    refused = [(refusal["at"], refusal["what"]) for refusal in told["refused"]]
    kept = []
    for event in happened:
        mark = (_printed(event["at"]), event["what"])
        if mark in refused and sum((_printed(e["at"]), e["what"]) == mark for e in happened) == 1:
            continue
        kept.append(event)
    retold = run(rulebook, kept, now, no_grace)
    assert (retold["rounds"], retold["attempts"], retold["answers"]) == (
        told["rounds"],
        told["attempts"],
        told["answers"],
    )


def _printed(moment: str) -> str:
    return moment.replace(".000+", "+")


@laws
@given(stories(), HALF_MINUTES)
def test_answers_do_not_depend_on_what_happens_later(story: tuple, moment: int) -> None:
    rulebook, first, override, happened = story
    now = ev("start", first, moment * 30_000)
    later = [ev("start", first, 400 * 30_000)]
    known = [event for event in happened if event["at"] <= now["at"]]
    alone = run(rulebook, known, now, override)
    assert run(rulebook, happened, now, override) == alone
    assert run(rulebook, happened, [now, *later], override)["answers"][0] == alone["answers"][0]


@laws
@given(stories())
def test_a_final_state_changes_only_by_a_void_or_a_new_score(story: tuple) -> None:
    rulebook, first, override, happened = story
    quiet = [event for event in happened if event["what"] not in {"void", "rescore"} and "credit_year" not in event]
    ended: dict[tuple[int, int], dict[str, Any]] = {}
    for ask in every(first):
        for attempt in run(rulebook, quiet, ask, override)["attempts"]:
            key = attempt["round"], attempt["no"]
            assert ended.get(key, attempt) == attempt
            if attempt["state"] != "running":
                ended[key] = attempt


@laws
@given(stories())
def test_one_attempt_runs_in_an_enrolment_and_none_is_started_while_it_does(story: tuple) -> None:
    rulebook, first, override, happened = story
    own_year = [event for event in happened if "credit_year" not in event]
    for ask in every(first, 4):
        result = run(rulebook, own_year, ask, override)
        running = [attempt for attempt in result["attempts"] if attempt["state"] == "running"]
        assert len(running) <= 1
        if running:
            assert result["answers"][0]["allowed"] is False


@laws
@given(stories())
def test_an_allowed_start_happens_as_it_was_answered(story: tuple) -> None:
    rulebook, first, override, happened = story
    for ask in every(first, 9):
        before = run(rulebook, happened, ask, override)
        (answer,) = before["answers"]
        known = [event for event in happened if event["at"] <= ask["at"]]
        after = run(rulebook, [*known, ask], ev("alive", first, 400 * 30_000), override)
        began = [a for a in after["attempts"] if a["started_at"] == answer["at"]]
        assert bool(began) == answer["allowed"]
        if began:
            for key in ("round", "no", "label", "deadline", "deadline_reason"):
                assert began[0][key] == answer[key]


@laws
@given(stories())
def test_every_score_result_and_reason_belong_together(story: tuple) -> None:
    rulebook, first, override, happened = story
    for attempt in run(rulebook, happened, ev("start", first, 400 * 30_000), override)["attempts"]:
        match attempt["reason"]:
            case "pass":
                assert (attempt["result"], float(attempt["score"]) >= 60) == ("pass", True)
            case "fail_score":
                assert (attempt["result"], float(attempt["score"]) < 60) == ("fail", True)
            case "fail_no_score":
                assert (attempt["state"], attempt["score"], attempt["result"]) == ("expired_no_score", None, "fail")
            case "fail_forced_exit":
                assert (attempt["state"], attempt["score"], attempt["result"]) == ("forced_exit", None, "fail")
            case "void":
                assert (attempt["state"], attempt["score"], attempt["result"]) == ("void", None, None)
            case other:
                pytest.fail(f"unexpected reason {other!r} in {attempt}")


@laws
@given(stories())
def test_places_come_only_from_what_opens_them(story: tuple) -> None:
    """Undoing and voiding never makes more places than were given."""
    rulebook, first, override, happened = story
    result = run(rulebook, happened, ev("start", first, 400 * 30_000), override)
    given_in_all = sum(
        {"grant": event.get("attempts", 0), "compensate": event.get("attempts", 0)}.get(event["what"], 0)
        for event in happened
    )
    opened = {"open": 3, "card": 2, "backfill": 3, "grant": 0, "batch": 1}
    if override.get("exam.attempts") == 1:
        opened["open"] = 1
    assert sum(r["allowed"] for r in result["rounds"]) <= given_in_all + sum(
        opened[r["opened_by"]] for r in result["rounds"]
    )


def test_a_late_hand_in_is_the_one_refused_event_that_leaves_a_trace() -> None:
    rulebook, first, override = BOOKS["open"]
    happened = [ev("enrol", first), ev("learning", first, percent=100), ev("start", first)]
    late = ev("submit", first, 10 * 60_000 + 1, score=99)
    now = ev("start", first, 20 * 60_000)
    states = [run(rulebook, story, now, override)["attempts"][0]["state"] for story in (happened, [*happened, late])]
    assert states == ["expired_no_score", "auto_submitted"]
