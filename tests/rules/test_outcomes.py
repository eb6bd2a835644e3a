"""What becomes of an attempt: scores, states, results, and what it takes from its round."""

from typing import Any

import pytest

from tests.rules.cases import (
    TWO,
    as_of,
    ev,
    failed,
    may_start,
    outcomes,
    places,
    ready_2014,
    ready_2024,
    refusals,
    run,
    sat,
    sitting_2024,
    why,
)

EVENING = "2024-06-01 20:00"


def handed_in(score: Any, override: dict | None = None) -> tuple:
    """State, score, result, reason of a hand-in with ``score``."""
    events = sitting_2024(ev("submit", "2024-06-01 09:30", score=score))
    return outcomes(as_of("guangxi-2024", events, EVENING, override=override))[0]


# -- the pass mark

EXCLUSIVE = {"exam.pass_inclusive": False}
ROUNDED = {"exam.score_rounding": "half_up_to_int"}


@pytest.mark.parametrize(
    ("score", "override", "printed", "result"),
    [
        ("0", {}, "0.00", "fail"),
        ("59.99", {}, "59.99", "fail"),
        ("60.00", {}, "60.00", "pass"),
        ("60.01", {}, "60.01", "pass"),
        ("100", {}, "100.00", "pass"),
        ("59.99", EXCLUSIVE, "59.99", "fail"),
        ("60.00", EXCLUSIVE, "60.00", "fail"),
        ("60.01", EXCLUSIVE, "60.01", "pass"),
        ("59.49", ROUNDED, "59.00", "fail"),
        ("59.50", ROUNDED, "60.00", "pass"),
        ("60.49", ROUNDED, "60.00", "pass"),
        ("60.00", ROUNDED | EXCLUSIVE, "60.00", "fail"),
        ("60.49", ROUNDED | EXCLUSIVE, "60.00", "fail"),
        ("60.50", ROUNDED | EXCLUSIVE, "61.00", "pass"),
        ("79.99", {"exam.pass_score": 80}, "79.99", "fail"),
        ("80", {"exam.pass_score": 80}, "80.00", "pass"),
    ],
)
def test_the_pass_mark_is_compared_exactly(score: str, override: dict, printed: str, result: str) -> None:
    assert handed_in(score, override) == (
        "submitted",
        printed,
        result,
        "pass" if result == "pass" else "fail_score",
    )


@pytest.mark.parametrize("score", [72.5, "72.5", "72.50", "072.500", "7.25e1"])
def test_a_score_may_be_a_number_or_a_string(score: Any) -> None:
    assert handed_in(score)[1] == "72.50"


def test_an_integer_score_prints_two_places() -> None:
    assert handed_in(72)[1] == "72.00"


def test_a_score_finer_than_hundredths_never_prints_as_a_pass_it_is_not() -> None:
    assert handed_in("59.999") == ("submitted", "59.99", "fail", "fail_score")


def test_a_hand_in_that_a_person_has_to_mark_waits_without_result() -> None:
    assert handed_in(None) == ("submitted", None, None, "awaiting_marking")


def test_a_hand_in_without_a_score_of_its_own_is_marked_by_the_answers_saved() -> None:
    events = sitting_2024(ev("answers", "2024-06-01 09:20", score=64), ev("submit", "2024-06-01 09:30"))
    assert outcomes(as_of("guangxi-2024", events, EVENING)) == [("submitted", "64.00", "pass", "pass")]


def test_the_hand_in_counts_and_not_the_answers_saved_before() -> None:
    events = sitting_2024(ev("answers", "2024-06-01 09:20", score=90), ev("submit", "2024-06-01 09:30", score=40))
    assert outcomes(as_of("guangxi-2024", events, EVENING)) == [("submitted", "40.00", "fail", "fail_score")]


# -- how a sitting ends by itself


def test_who_is_present_at_the_deadline_is_marked_by_the_last_answers_saved() -> None:
    events = sitting_2024(
        ev("answers", "2024-06-01 09:20", score=90),
        ev("answers", "2024-06-01 09:59", score=61),
    )
    assert outcomes(as_of("guangxi-2024", events, EVENING)) == [("auto_submitted", "61.00", "pass", "pass")]


def test_who_is_present_with_nothing_saved_hands_in_a_blank_paper() -> None:
    events = sitting_2024(ev("alive", "2024-06-01 09:59"))
    assert outcomes(as_of("guangxi-2024", events, EVENING)) == [("auto_submitted", "0.00", "fail", "fail_score")]


def test_who_is_not_back_by_the_deadline_has_no_score_and_has_used_the_attempt() -> None:
    events = sitting_2024(ev("answers", "2024-06-01 09:20", score=90))
    result = as_of("guangxi-2024", events, EVENING)
    assert outcomes(result) == [("expired_no_score", None, "fail", "fail_no_score")]
    assert places(result) == [(3, 1, 2)]


def test_an_interruption_is_survived_by_coming_back_before_the_deadline() -> None:
    events = sitting_2024(ev("answers", "2024-06-01 09:05", score=20), ev("submit", "2024-06-01 09:59", score=75))
    assert outcomes(as_of("guangxi-2024", events, EVENING)) == [("submitted", "75.00", "pass", "pass")]


@pytest.mark.parametrize(
    ("override", "present", "expected", "used"),
    [
        ({"exam.timeout.connected": "no_score_fail"}, True, ("expired_no_score", None, "fail", "fail_no_score"), 1),
        ({"exam.interruption.unresumed": "grade_saved"}, False, ("auto_submitted", "90.00", "pass", "pass"), 1),
        (
            {"exam.interruption.unresumed_uses_attempt": False},
            False,
            ("expired_no_score", None, "fail", "fail_no_score"),
            0,
        ),
        ({"exam.timeout.presence_seconds": 2400}, False, ("auto_submitted", "90.00", "pass", "pass"), 1),
        ({"exam.timeout.presence_seconds": 2399}, False, ("expired_no_score", None, "fail", "fail_no_score"), 1),
    ],
)
def test_the_rulebook_says_what_the_deadline_means(override: dict, present: bool, expected: tuple, used: int) -> None:
    seen = [ev("alive", "2024-06-01 09:59")] if present else []
    events = sitting_2024(ev("answers", "2024-06-01 09:20", score=90), *seen)
    result = as_of("guangxi-2024", events, EVENING, override=override)
    assert outcomes(result) == [expected]
    assert places(result, "used") == [(used,)]


@pytest.mark.parametrize(
    ("override", "expected", "used"),
    [
        ({}, ("forced_exit", None, "fail", "fail_forced_exit"), 1),
        ({"exam.forced_exit.uses_attempt": False}, ("forced_exit", None, "fail", "fail_forced_exit"), 0),
        ({"exam.forced_exit.outcome": "grade_saved"}, ("forced_exit", "90.00", "pass", "pass"), 1),
        ({"exam.forced_exit.outcome": "void"}, ("void", None, None, "void"), 0),
    ],
)
def test_giving_up_is_a_forced_exit_at_once(override: dict, expected: tuple, used: int) -> None:
    events = sitting_2024(ev("answers", "2024-06-01 09:20", score=90), ev("give_up", "2024-06-01 09:30"))
    result = as_of("guangxi-2024", events, "2024-06-01 09:30", override=override)
    assert outcomes(result) == [expected]
    assert places(result, "used") == [(used,)]


@pytest.mark.parametrize("what", ["alive", "answers", "leave_page", "return_page", "focus_loss", "give_up", "submit"])
@pytest.mark.parametrize("ending", ["never began", "submit", "give_up", "expired"])
def test_without_a_running_attempt_nothing_is_taken(what: str, ending: str) -> None:
    more = {"score": 70} if what in {"answers", "submit"} else {}
    events = {
        "never began": ready_2024(),
        "submit": sitting_2024(ev("submit", "2024-06-01 09:30", score=10)),
        "give_up": sitting_2024(ev("give_up", "2024-06-01 09:30")),
        "expired": sitting_2024(),
    }[ending]
    before = as_of("guangxi-2024", events, EVENING)
    after = as_of("guangxi-2024", [*events, ev(what, EVENING, **more)], EVENING)
    assert refusals(after) == [(what, "not_running", "none")]
    assert after["attempts"] == before["attempts"]
    assert after["rounds"] == before["rounds"]


def test_answers_after_the_hand_in_change_no_score() -> None:
    events = sitting_2024(ev("submit", "2024-06-01 09:30", score=10), ev("answers", "2024-06-01 09:31", score=99))
    assert outcomes(as_of("guangxi-2024", events, EVENING)) == [("submitted", "10.00", "fail", "fail_score")]


# -- labels and numbers


def attempts(result: dict[str, Any], *keys: str) -> list[tuple]:
    return [tuple(attempt[key] for key in keys) for attempt in result["attempts"]]


def test_2014_has_one_regular_attempt_and_one_makeup_in_each_card() -> None:
    events = [*ready_2014(), *failed("2014-06-01", 2)]
    assert attempts(as_of("guangxi-2014", events, "2014-06-02 09:00"), "round", "no", "label") == [
        (1, 1, "regular"),
        (1, 2, "makeup"),
    ]
    first = may_start("guangxi-2014", ready_2014(), "2014-06-01 09:00")
    second = may_start("guangxi-2014", [*ready_2014(), *failed("2014-06-01")], "2014-06-01 12:00")
    assert (first["no"], first["label"], first["left"]) == (1, "regular", 2)
    assert (second["no"], second["label"], second["left"]) == (2, "makeup", 1)


def test_2024_calls_none_of_its_three_attempts_a_makeup() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 3)]
    assert attempts(as_of("guangxi-2024", events, EVENING), "no", "label") == [
        (1, "regular"),
        (2, "regular"),
        (3, "regular"),
    ]


def test_only_the_last_attempts_are_called_makeup() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 3)]
    result = as_of("guangxi-2024", events, EVENING, override={"exam.attempts_labelled_makeup": 1})
    assert attempts(result, "label") == [("regular",), ("regular",), ("makeup",)]
    result = as_of("guangxi-2024", events, EVENING, override={"exam.attempts_labelled_makeup": 2})
    assert attempts(result, "label") == [("regular",), ("makeup",), ("makeup",)]


@pytest.mark.parametrize(
    ("rulebook", "events", "label"),
    [
        ("guangxi-2014", [*ready_2014(), *failed("2014-06-01", 2)], "makeup"),
        ("guangxi-2024", [*ready_2024("2024-05-01 08:00"), *failed("2024-05-31", 3)], "regular"),
    ],
)
def test_a_compensated_attempt_is_a_makeup_only_where_the_year_has_makeups(
    rulebook: str, events: list, label: str
) -> None:
    day = f"{rulebook[-4:]}-06-02"
    given = ev("compensate", f"{day} 08:00", attempts=1, by=TWO, reason="服务器故障")
    assert may_start(rulebook, [*events, given], f"{day} 09:00")["label"] == label


def test_the_window_may_cut_a_sitting_and_the_attempt_says_so() -> None:
    events = [*ready_2024(), ev("start", "2024-12-31 23:30")]
    result = as_of("guangxi-2024", events, "2024-12-31 23:50")
    assert attempts(result, "started_at", "deadline", "deadline_reason") == [
        ("2024-12-31T23:30:00+08:00", "2025-01-01T00:00:00+08:00", "window_end")
    ]


# -- voids


def void(attempt: int, moment: str, ms: int = 0, **more: Any) -> dict[str, Any]:
    return ev("void", moment, ms, attempt=attempt, reason="机房停电", **({"by": TWO} | more))


def test_a_voided_attempt_gives_its_place_back_and_its_number_stays_used() -> None:
    events = [*ready_2014(), *failed("2014-06-01"), void(1, "2014-06-01 11:00")]
    result = as_of("guangxi-2014", events, "2014-06-01 12:00")
    assert places(result) == [(2, 0, 2)]
    assert outcomes(result) == [("void", None, None, "void")]
    answer = result["answers"][0]
    # number 2, and still the regular exam: the make-up is counted without the void one
    assert (answer["round"], answer["no"], answer["label"], answer["left"]) == (1, 2, "regular", 2)
    after = as_of("guangxi-2014", [*events, *failed("2014-06-02", 2)], "2014-06-03 09:00")
    assert attempts(after, "no", "label", "state") == [
        (1, "regular", "void"),
        (2, "regular", "submitted"),
        (3, "makeup", "submitted"),
    ]
    assert places(after) == [(2, 2, 0)]


def test_a_voided_pass_is_no_pass_any_more() -> None:
    events = [*ready_2024(), *sat("2024-06-01 09:00", "2024-06-01 09:30", 90)]
    assert may_start("guangxi-2024", events, EVENING)["reason"] == "already_passed"
    answer = may_start("guangxi-2024", [*events, void(1, "2024-06-01 11:00")], EVENING)
    assert (answer["allowed"], answer["no"], answer["left"]) == (True, 2, 3)


def test_a_running_attempt_can_be_voided() -> None:
    events = sitting_2024(void(1, "2024-06-01 09:30"), ev("answers", "2024-06-01 09:31", score=90))
    result = as_of("guangxi-2024", events, "2024-06-01 09:32")
    assert outcomes(result) == [("void", None, None, "void")]
    assert refusals(result) == [("answers", "not_running", "none")]
    assert result["answers"][0]["allowed"] is True


def test_a_void_that_is_written_twice_gives_back_one_place() -> None:
    events = [*ready_2024(), *failed("2024-06-01", 2), void(1, EVENING), void(1, EVENING, 1)]
    assert places(as_of("guangxi-2024", events, EVENING, 2)) == [(3, 1, 2)]


@pytest.mark.parametrize("by", [None, "李四", ["李四"], ["李四", "李四"], ["李四", " 李四 "], ["李四", ""], []])
@pytest.mark.parametrize("what", ["void", "rescore", "compensate"])
def test_two_different_persons_must_stand_behind_it(what: str, by: Any) -> None:
    more = {
        "void": {"attempt": 1},
        "rescore": {"attempt": 1, "score": 90},
        "compensate": {"attempts": 1},
    }[what]
    events = [*ready_2024(), *failed("2024-06-01")]
    before = as_of("guangxi-2024", events, EVENING)
    after = as_of("guangxi-2024", [*events, ev(what, EVENING, by=by, reason="事故", **more)], EVENING)
    assert [(refused["what"], refused["reason"]) for refused in after["refused"]] == [(what, "two_persons_required")]
    assert (after["rounds"], after["attempts"]) == (before["rounds"], before["attempts"])


TWO_CARDS = [
    *ready_2014(),
    *failed("2014-06-01", 2),
    ev("card_out", "2014-06-02 08:00", card="C2"),
    ev("activate_card", "2014-06-02 08:00", card="C2"),
]


def test_a_void_means_the_latest_round_with_that_number_unless_it_names_another() -> None:
    learnt = [*TWO_CARDS, ev("learning", "2014-06-02 08:30", percent=100), *failed("2014-06-02")]
    moment = "2014-06-03 09:00"
    latest = as_of("guangxi-2014", [*learnt, void(1, moment)], moment)
    assert attempts(latest, "round", "no", "state") == [
        (1, 1, "submitted"),
        (1, 2, "submitted"),
        (2, 1, "void"),
    ]
    # round 2 has no attempt 2 yet: the latest round that has one is round 1
    older = as_of("guangxi-2014", [*learnt, void(2, moment)], moment)
    assert attempts(older, "round", "no", "state")[1] == (1, 2, "void")
    named = as_of("guangxi-2014", [*learnt, void(1, moment, round=1)], moment)
    assert attempts(named, "round", "no", "state")[0] == (1, 1, "void")


def test_a_place_given_back_to_an_older_round_is_used_first_and_under_its_learning() -> None:
    events = [*TWO_CARDS, void(2, "2014-06-02 09:00", round=1)]
    result = as_of("guangxi-2014", events, "2014-06-02 10:00")
    assert places(result) == [(2, 1, 1), (2, 0, 2)]
    answer = result["answers"][0]
    # round 2's learning has not begun, round 1's is done
    assert (answer["allowed"], answer["round"], answer["no"], answer["label"]) == (True, 1, 3, "makeup")
    assert answer["left"] == 1


def test_voiding_an_attempt_that_does_not_exist_is_refused() -> None:
    result = as_of("guangxi-2024", [*ready_2024(), void(1, EVENING)], EVENING)
    assert [refused["what"] for refused in result["refused"]] == ["void"]


# -- new scores


def rescore(attempt: int, score: Any, moment: str, ms: int = 0, **more: Any) -> dict[str, Any]:
    return ev("rescore", moment, ms, attempt=attempt, score=score, reason="改答案", **({"by": TWO} | more))


def test_a_new_score_can_make_a_pass_of_a_fail() -> None:
    events = [*ready_2024(), *failed("2024-06-01"), rescore(1, "60", "2024-06-01 12:00")]
    result = as_of("guangxi-2024", events, EVENING)
    assert outcomes(result) == [("submitted", "60.00", "pass", "pass")]
    assert why(result["answers"][0]) == ("already_passed", "none")


def test_a_new_score_can_take_a_pass_away() -> None:
    events = [
        *ready_2024(),
        *sat("2024-06-01 09:00", "2024-06-01 09:30", 60),
        rescore(1, "59.99", "2024-06-01 12:00"),
    ]
    result = as_of("guangxi-2024", events, EVENING)
    assert outcomes(result) == [("submitted", "59.99", "fail", "fail_score")]
    assert (result["answers"][0]["allowed"], result["answers"][0]["no"]) == (True, 2)


def test_a_new_score_is_what_marking_by_a_person_ends_with() -> None:
    events = sitting_2024(ev("submit", "2024-06-01 09:30", score=None), rescore(1, 61, "2024-06-03 10:00"))
    assert outcomes(as_of("guangxi-2024", events, "2024-06-04 09:00")) == [("submitted", "61.00", "pass", "pass")]


def test_the_newest_score_counts_and_the_state_stays() -> None:
    events = sitting_2024(
        ev("answers", "2024-06-01 09:59", score=10),
        rescore(1, 80, "2024-06-01 12:00"),
        rescore(1, 50, "2024-06-01 13:00"),
    )
    assert outcomes(as_of("guangxi-2024", events, EVENING)) == [("auto_submitted", "50.00", "fail", "fail_score")]


def test_a_new_score_follows_the_rulebooks_rounding() -> None:
    events = [*ready_2024(), *failed("2024-06-01"), rescore(1, "59.5", "2024-06-01 12:00")]
    result = as_of("guangxi-2024", events, EVENING, override=ROUNDED)
    assert outcomes(result) == [("submitted", "60.00", "pass", "pass")]


def test_a_new_score_means_the_latest_round_with_that_number_unless_it_names_another() -> None:
    events = [*TWO_CARDS, ev("learning", "2014-06-02 08:30", percent=100), *failed("2014-06-02")]
    moment = "2014-06-03 09:00"
    latest = as_of("guangxi-2014", [*events, rescore(1, 33, moment)], moment)
    assert attempts(latest, "round", "no", "score")[2] == (2, 1, "33.00")
    named = as_of("guangxi-2014", [*events, rescore(1, 33, moment, round=1)], moment)
    assert attempts(named, "round", "no", "score")[0] == (1, 1, "33.00")


@pytest.mark.parametrize("state", ["running", "void"])
def test_a_running_or_void_attempt_has_no_score_to_change(state: str) -> None:
    moment = "2024-06-01 09:30"
    events = sitting_2024(*([void(1, moment)] if state == "void" else []))
    before = as_of("guangxi-2024", events, moment)
    after = as_of("guangxi-2024", [*events, rescore(1, 90, moment)], moment)
    assert len(after["refused"]) == 1
    assert after["attempts"] == before["attempts"]
    assert after["attempts"][0]["state"] == state


def test_an_asked_about_hand_in_is_answered_and_changes_nothing() -> None:
    result = run("guangxi-2024", sitting_2024(), ev("submit", "2024-06-01 09:30", score=90))
    assert result["answers"][0]["allowed"] is True
    assert outcomes(result)[0][0] == "running"
