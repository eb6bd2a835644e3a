"""The case file and what is printed of it: order, times, questions, overrides, faults."""

import json
from pathlib import Path
from typing import Any

import pytest

from examengine.rules.case import MAX_CASE_BYTES, CaseError, run_case
from examengine.rules.load import RulebookError, packaged_text
from tests.rules.cases import (
    as_of,
    at,
    ev,
    failed,
    may_start,
    outcomes,
    places,
    ready_2014,
    ready_2024,
    refusals,
    run,
)

MOMENT = "2024-06-01T09:00:00+08:00"


def test_the_result_is_printed_with_exactly_these_fields() -> None:
    events = [
        ev("enrol", "2014-06-01 09:00"),
        ev("card_out", "2014-06-01 09:05", card="C1"),
        ev("activate_card", "2014-06-01 09:10", card="C1"),
        ev("start", "2014-06-01 09:15"),
        ev("learning", "2014-06-01 09:20", percent=100),
        ev("start", "2014-06-01 10:00"),
    ]
    result = run("guangxi-2014", events, ev("start", "2014-06-03 10:00"))
    assert list(result) == ["rulebook", "digest", "rounds", "attempts", "refused", "answers"]
    assert result["rulebook"] == "guangxi-2014"
    assert result["digest"].startswith("sha256:")
    assert len(result["digest"]) == len("sha256:") + 64
    assert result["rounds"] == [
        {
            "no": 1,
            "opened_by": "card",
            "credit_year": 2014,
            "allowed": 2,
            "used": 1,
            "left": 1,
            "learning_percent": 100,
        }
    ]
    assert result["attempts"] == [
        {
            "round": 1,
            "no": 1,
            "label": "regular",
            "started_at": "2014-06-01T10:00:00+08:00",
            "deadline": "2014-06-01T11:00:00+08:00",
            "deadline_reason": "time_limit",
            "state": "expired_no_score",
            "score": None,
            "result": "fail",
            "reason": "fail_no_score",
        }
    ]
    assert result["refused"] == [
        {
            "at": "2014-06-01T09:15:00+08:00",
            "what": "start",
            "reason": "learning_incomplete",
            "next": "finish_learning",
        }
    ]
    assert result["answers"] == [
        {
            "at": "2014-06-03T10:00:00+08:00",
            "what": "start",
            "allowed": True,
            "reason": None,
            "next": None,
            "round": 1,
            "no": 2,
            "label": "makeup",
            "left": 1,
            "deadline": "2014-06-03T11:00:00+08:00",
            "deadline_reason": "time_limit",
        }
    ]


# -- time


@pytest.mark.parametrize(
    "moment",
    [
        "2024-06-01T09:00:00+08:00",
        "2024-06-01T01:00:00Z",
        "2024-06-01T01:00:00+00:00",
        "2024-05-31T21:00:00-04:00",
        "2024-06-01T06:45:00+05:45",
        "2024-06-01T09:00:00",  # without a zone: the rulebook's
        "2024-06-01T09:00:00.000000",
    ],
)
def test_every_way_to_write_an_instant_means_the_same_and_prints_in_the_rulebooks_zone(moment: str) -> None:
    answer = run("guangxi-2024", ready_2024(), {"at": moment, "what": "start"})["answers"][0]
    assert (answer["at"], answer["deadline"]) == ("2024-06-01T09:00:00+08:00", "2024-06-01T10:00:00+08:00")


def test_a_rulebook_of_another_zone_reads_its_days_there() -> None:
    override = {"meta.timezone": "Asia/Tokyo", "learning.required_before_exam": False}
    enrolled = [{"at": "2024-04-01T00:00:00Z", "what": "enrol"}]
    for instant, reason in (("2024-04-28T14:59:59.999Z", "window_not_open"), ("2024-04-28T15:00:00Z", None)):
        answer = run("guangxi-2024", enrolled, {"at": instant, "what": "start"}, override)["answers"][0]
        assert answer["reason"] == reason
        assert answer["at"].endswith("+09:00")


def test_milliseconds_are_kept_and_printed_where_there_are_any() -> None:
    events = [*ready_2024(), ev("start", "2024-06-01 09:00", 7)]
    attempt = as_of("guangxi-2024", events, "2024-06-01 09:30")["attempts"][0]
    assert attempt["started_at"] == "2024-06-01T09:00:00.007+08:00"
    assert attempt["deadline"] == "2024-06-01T10:00:00.007+08:00"


def test_finer_than_a_millisecond_is_cut_off() -> None:
    answer = run("guangxi-2024", [], {"at": "2024-06-01T09:00:00.000999+08:00", "what": "start"})["answers"][0]
    assert answer["at"] == MOMENT


# -- order


def test_events_are_applied_in_order_of_time_whatever_their_order_in_the_file() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 2)]
    moment = "2024-06-02 09:00"
    assert as_of("guangxi-2024", reversed_in_time(events), moment) == as_of("guangxi-2024", events, moment)


def reversed_in_time(events: list[dict]) -> list[dict]:
    """The file turned round; only events of one instant stay as they were."""
    return sorted(events, key=lambda event: event["at"], reverse=True)


def test_events_of_one_instant_apply_in_file_order() -> None:
    moment = "2024-06-01 08:00"
    learning, start = ev("learning", moment, percent=100), ev("start", moment)
    in_order = as_of("guangxi-2024", [ev("enrol", moment), learning, start], moment)
    assert (in_order["refused"], len(in_order["attempts"])) == ([], 1)
    too_early = as_of("guangxi-2024", [ev("enrol", moment), start, learning], moment)
    assert refusals(too_early) == [("start", "learning_incomplete", "finish_learning")]


def test_an_answer_uses_the_events_up_to_and_at_its_own_instant() -> None:
    events = [ev("enrol", "2024-06-01 08:00"), ev("learning", "2024-06-01 09:00", percent=100)]
    for ms, reason in ((-1, "learning_incomplete"), (0, None), (1, None)):
        assert may_start("guangxi-2024", events, "2024-06-01 09:00", ms)["reason"] == reason


def test_answers_come_in_the_order_of_the_questions_each_as_of_its_own_instant() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 3)]
    asks = [
        ev("start", "2024-06-02 09:00"),
        ev("start", "2024-05-01 09:00"),
        ev("start", "2024-06-01 08:30"),
        ev("start", "2024-06-01 09:10"),
        ev("grant", "2024-06-02 09:00", attempts=1, by="李四", reason="电话"),
    ]
    assert [(a["at"][5:16], a["reason"]) for a in run("guangxi-2024", events, asks)["answers"]] == [
        ("06-02T09:00", "attempts_exhausted"),
        ("05-01T09:00", "not_enrolled"),
        ("06-01T08:30", None),
        ("06-01T09:10", "attempt_running"),
        ("06-02T09:00", None),
    ]


def test_rounds_attempts_and_refusals_are_as_of_the_latest_question() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 3), ev("start", "2024-06-01 15:00")]
    asks = [ev("start", "2024-06-01 10:10"), ev("start", "2024-06-01 08:10")]
    result = run("guangxi-2024", events, asks)
    assert places(result) == [(3, 2, 1)]
    assert [outcome[0] for outcome in outcomes(result)] == ["submitted", "running"]
    assert result["refused"] == []


def test_later_events_are_left_out() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 3)]
    moment = "2024-06-01 09:45"
    assert as_of("guangxi-2024", events, moment) == as_of("guangxi-2024", events[:4], moment)


def test_questions_change_nothing() -> None:
    events = [*ready_2024(), ev("start", "2024-06-01 09:00")]
    last = ev("start", "2024-06-01 11:00")
    others = [
        ev("submit", "2024-06-01 09:30", score=90),
        ev("give_up", "2024-06-01 09:31"),
        ev("void", "2024-06-01 09:32", attempt=1, by=["李四", "王五"], reason="停电"),
        ev("start", "2024-06-01 10:00:10"),
        ev("enrol", "2024-06-01 10:00:20", credit_year=2023),
    ]
    asked = run("guangxi-2024", events, [*others, last])
    assert [answer["allowed"] for answer in asked["answers"]] == [True, True, True, False, True, True]
    alone = run("guangxi-2024", events, last)
    assert (asked["rounds"], asked["attempts"], asked["answers"][-1]) == (
        alone["rounds"],
        alone["attempts"],
        alone["answers"][0],
    )


def test_without_a_question_everything_stands_as_of_the_last_event() -> None:
    result = run("guangxi-2024", [*ready_2024(), ev("start", "2024-06-01 09:00"), ev("alive", "2024-06-01 09:10")])
    assert outcomes(result)[0][0] == "running"
    assert result["answers"] == []


def test_an_empty_case_prints_empty_lists() -> None:
    result = run("guangxi-2024")
    assert [result[key] for key in ("rounds", "attempts", "refused", "answers")] == [[], [], [], []]


# -- overrides and rulebooks by path


def test_an_override_counts_for_rules_and_digest() -> None:
    plain = may_start("guangxi-2024", ready_2024(), "2024-06-01 09:00")
    longer = may_start("guangxi-2024", ready_2024(), "2024-06-01 09:00", override={"exam.minutes": 90})
    assert (plain["deadline"][11:16], longer["deadline"][11:16]) == ("10:00", "10:30")
    assert run("guangxi-2024")["digest"] != run("guangxi-2024", override={"exam.minutes": 90})["digest"]


@pytest.mark.parametrize(
    "override",
    [
        {"exam.paper.single": {"count": 40, "points": 1}, "exam.paper.multiple": {"count": 10, "points": 5}},
        {"exam.paper.single": {"count": 40, "points": "1.5"}},
        {"exam.paper.single": {"count": 40, "points": 1.5}},
        {"window.opens_on": "2024-01-01", "window.closes_on": "2024-02-29"},
        {"hours.professional_min_ratio": [3, 4]},
        {"support": None},
        {"card": None},
        {"meta.published_on": None},
        {"exam.forced_exit.page_leave_grace_seconds": 0},
        {"population.exclude": ["manual_worker_post"]},
    ],
)
def test_values_of_every_kind_can_be_overridden(override: dict) -> None:
    assert run("guangxi-2024", override=override)["rulebook"] == "guangxi-2024"


@pytest.mark.parametrize(
    ("override", "names"),
    [
        ({"exam.minuten": 90}, "exam.minuten"),
        ({"examen": {"minutes": 90}}, "examen"),
        ({"": 1}, ""),
        ({"exam": 90}, "exam"),
        ({"exam.minutes": "90"}, "exam.minutes"),
        ({"exam.minutes": 90.5}, "exam.minutes"),
        ({"exam.minutes": True}, "exam.minutes"),
        ({"exam.minutes": None}, "exam.minutes"),
        ({"exam.pass_inclusive": 1}, "exam.pass_inclusive"),
        ({"exam.minutes": 0}, "exam.minutes"),
        ({"exam.minutes": -60}, "exam.minutes"),
        ({"exam.attempts": 0}, "exam.attempts"),
        ({"exam.paper.single": {"count": 30, "points": 2, "colour": 1}}, "exam.paper.single"),
        ({"exam.paper.single": {"count": 30}}, "exam.paper.single"),
        ({"exam.paper.single.count": 31}, "exam.paper"),
        ({"window.closes_on": "2024-02-30"}, "window.closes_on"),
        ({"window.closes_on": "9999-12-31"}, "window.closes_on"),
        ({"window.opens_on": "0001-01-01"}, "window.opens_on"),
        ({"window.end_policy": "whatever"}, "window.end_policy"),
        ({"meta.timezone": "Asia"}, "meta.timezone"),
        ({"meta.timezone": "../../etc/passwd"}, "meta.timezone"),
        ({"meta.timezone": "区" * 4000}, "meta.timezone"),
        ({"hours.public_compulsory": "NaN"}, "hours.public_compulsory"),
        ({"hours.public_compulsory": "-1"}, "hours.public_compulsory"),
        ({"exam.paper.single": {"count": 30, "points": "Infinity"}}, "exam.paper.single"),
        ({"exam.paper.single." + ".".join("a" * 2000): 1}, "嵌套太深"),
        ({"meta.content_topics": json.loads("[" * 200 + "]" * 200)}, "嵌套太深"),
    ],
)
def test_an_impossible_override_is_named(override: dict, names: str) -> None:
    with pytest.raises(RulebookError) as fault:
        run("guangxi-2024", override=override)
    assert names in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_rulebook_may_be_given_by_path_from_the_current_folder_or_beside_the_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.toml").write_text(packaged_text("guangxi-2014"), "utf-8")
    (tmp_path / "elsewhere").mkdir()
    expected = run("guangxi-2014", ready_2014(), ev("start", "2014-06-01 09:00"))

    def by(rulebook: str, beside: Path | None = None) -> dict[str, Any]:
        case = {"rulebook": rulebook, "events": ready_2014(), "ask": [ev("start", "2014-06-01 09:00")]}
        return run_case(json.dumps(case).encode(), beside)

    assert by(str(tmp_path / "mine.toml")) == expected
    assert by("mine.toml", tmp_path) == expected
    monkeypatch.chdir(tmp_path)
    assert by("mine.toml") == expected
    assert by("mine.toml", tmp_path / "elsewhere") == expected


# -- faults of the file


def case(**more: Any) -> bytes:
    return json.dumps({"rulebook": "guangxi-2024", **more}).encode()


def an_event(**fields: Any) -> bytes:
    return case(events=[{"at": MOMENT, **fields}])


FAULTS = {
    "empty": b"",
    "blank": b"  \n",
    "binary": bytes(range(256)),
    "not utf-8": b'{"rulebook": "\xff\xfe"}',
    "utf-16": '{"rulebook": "guangxi-2024"}'.encode("utf-16"),
    "half a surrogate": b'{"rulebook": "\\ud800"}',
    "not json": b"rulebook = 'guangxi-2024'",
    "cut off": b'{"rulebook": "guangxi-2024", "events": [',
    "two values": b'{"rulebook": "guangxi-2024"} {}',
    "a list": b"[]",
    "null": b"null",
    "a number": b"3",
    "nan": b'{"rulebook": "guangxi-2024", "override": {"exam.minutes": NaN}}',
    "nested too deep": b'{"rulebook": "guangxi-2024", "override": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "too large": b" " * (MAX_CASE_BYTES + 1),
    "no rulebook": b'{"events": []}',
    "rulebook of another type": b'{"rulebook": 2024}',
    "unknown rulebook": b'{"rulebook": "guangxi-1999"}',
    "an empty rulebook": b'{"rulebook": ""}',
    "a rulebook with a nul": b'{"rulebook": "guangxi\\u0000"}',
    "a rulebook with a name too long": json.dumps({"rulebook": "桂" * 200}).encode(),
    "a folder as rulebook": b'{"rulebook": "/"}',
    "unknown key": case(evnts=[]),
    "events not a list": case(events={}),
    "an event not an object": case(events=["start"]),
    "override not an object": case(override=[]),
    "unknown event": an_event(what="sleep"),
    "no what": an_event(),
    "what of another type": an_event(what=1),
    "no at": case(events=[{"what": "start"}]),
    "unknown event key": an_event(what="start", colour="blue"),
    "a key with a line break": an_event(what="start", **{"a\nb": 1}),
    "at is null": case(events=[{"at": None, "what": "start"}]),
    "at is a number": case(events=[{"at": 1717203600, "what": "start"}]),
    "at is a day": case(events=[{"at": "2024-06-01", "what": "start"}]),
    "at is no day": case(events=[{"at": "2024-02-30T09:00:00+08:00", "what": "start"}]),
    "at is the first instant of all": case(events=[{"at": "0001-01-01T00:00:00+08:00", "what": "start"}]),
    "at is the last instant of all": case(ask=[{"at": "9999-12-31T23:59:59Z", "what": "start"}]),
    "no percent": an_event(what="learning"),
    "percent too large": an_event(what="learning", percent=101),
    "percent negative": an_event(what="learning", percent=-1),
    "percent as a string": an_event(what="learning", percent="100"),
    "no card": an_event(what="activate_card"),
    "no batch": an_event(what="register_batch"),
    "a batch of 5000 digits": an_event(what="register_batch", batch="9" * 5000),
    "score too large": an_event(what="submit", score="100.01"),
    "score negative": an_event(what="submit", score=-1),
    "score no number": an_event(what="submit", score="sixty"),
    "score not a number": an_event(what="submit", score="NaN"),
    "score a signalling nan": an_event(what="submit", score="sNaN"),
    "score infinite": an_event(what="answers", score="Infinity"),
    "score a bool": an_event(what="submit", score=True),
    "no minutes": an_event(what="extra_time", by="a"),
    "minutes zero": an_event(what="extra_time", minutes=0),
    "minutes negative": an_event(what="extra_time", minutes=-5),
    "minutes a float": an_event(what="extra_time", minutes=1.5),
    "no attempts of a grant": an_event(what="grant", attempts=0),
    "a compensation of nothing": an_event(what="compensate", by=["a", "b"]),
    "a compensation of both": an_event(what="compensate", by=["a", "b"], minutes=5, attempts=1),
    "an accommodation of nothing": an_event(what="accommodate"),
    "an accommodation of both": an_event(what="accommodate", minutes=5, percent=10),
    "a void of nothing": an_event(what="void", by=["a", "b"]),
    "a rescore without score": an_event(what="rescore", attempt=1, by=["a", "b"]),
    "a rescore beyond the full score": an_event(what="rescore", attempt=1, score=101, by=["a", "b"]),
    "an undo of nothing": an_event(what="undo"),
    "a credit year of another type": an_event(what="enrol", credit_year="2024"),
    "a faulty question": case(ask=[{"at": MOMENT, "what": "start", "x": 1}]),
    "a faulty score in a question": case(ask=[{"at": MOMENT, "what": "submit", "score": 101}]),
}


@pytest.mark.parametrize("data", FAULTS.values(), ids=FAULTS)
def test_a_faulty_case_is_refused_in_one_clear_line(data: bytes) -> None:
    with pytest.raises(CaseError) as fault:
        run_case(data)
    message = str(fault.value)
    assert "\n" not in message
    assert any("一" <= letter <= "鿿" for letter in message)


def test_a_fault_says_where_it_stands() -> None:
    events = [{"at": MOMENT, "what": "enrol"}, {"at": MOMENT, "what": "learning", "percent": 101}]
    with pytest.raises(CaseError, match=r"events\[1\]"):
        run_case(case(events=events))
    with pytest.raises(CaseError, match=r"ask\[0\]"):
        run_case(case(ask=[{"at": MOMENT, "what": "submit", "score": 101}]))


def test_the_full_score_bounds_the_scores() -> None:
    override = {"exam.full_score": 120, "exam.paper.judge": {"count": 30, "points": 1}}
    events = [*ready_2024(), ev("start", "2024-06-01 09:00"), ev("submit", "2024-06-01 09:30", score=120)]
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 10:00", override=override))[0][1] == "120.00"


def test_the_builders_write_local_time() -> None:
    assert at("2024-06-01 09:00", -1) == "2024-06-01T08:59:59.999+08:00"


def test_who_a_person_is_changes_no_decision() -> None:
    """Categories are a warning with a reason elsewhere, not a wall (A-34)."""
    ask = [ev("start", "2024-06-01 09:00")]
    plain = run_case(case(events=ready_2024(), ask=ask))
    for category in ("pro_tech", "manual_worker_post", "civil_service_managed_institution"):
        assert run_case(case(events=ready_2024(), ask=ask, person={"category": category})) == plain
