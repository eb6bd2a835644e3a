"""What opens a round: the year, a card, a batch, a grant, an earlier year's make-up."""

from typing import Any

import pytest

from tests.rules.cases import (
    TWO,
    Event,
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
    why,
    with_card,
)


def answer_to(rulebook: str, events: list[Event], ask: Event, override: dict | None = None) -> tuple:
    """Reason and next of any question; ``(None, None)`` is a yes."""
    return why(run(rulebook, events, ask, override)["answers"][0])


# -- the year itself


def test_an_open_year_opens_its_round_with_the_enrolment_even_before_the_window() -> None:
    result = as_of("guangxi-2024", [ev("enrol", "2024-01-05 09:00")], "2024-01-05 09:00")
    assert result["refused"] == []
    assert result["rounds"] == [
        {
            "no": 1,
            "opened_by": "open",
            "credit_year": 2024,
            "allowed": 3,
            "used": 0,
            "left": 3,
            "learning_percent": 0,
        }
    ]


def test_enrolling_again_opens_nothing_new() -> None:
    events = [*ready_2024(), *failed("2024-06-01"), ev("enrol", "2024-06-02 09:00")]
    assert places(as_of("guangxi-2024", events, "2024-06-02 10:00")) == [(3, 1, 2)]


@pytest.mark.parametrize("rulebook", ["guangxi-2014", "guangxi-2015", "gaoming-2015"])
def test_where_a_card_or_a_batch_opens_the_year_the_enrolment_opens_nothing(rulebook: str) -> None:
    year = rulebook[-4:]
    assert as_of(rulebook, [ev("enrol", f"{year}-07-01 09:00")], f"{year}-07-01 09:00")["rounds"] == []


def test_learning_is_printed_and_never_shrinks() -> None:
    events = [
        ev("enrol", "2024-06-01 08:00"),
        ev("learning", "2024-06-01 08:10", percent=40),
        ev("learning", "2024-06-01 08:20", percent=30),
    ]
    assert places(as_of("guangxi-2024", events, "2024-06-01 09:00"), "learning_percent") == [(40,)]


# -- cards


def test_a_card_opens_a_round_with_learning_to_do() -> None:
    events = [
        ev("enrol", "2014-06-01 08:00"),
        ev("card_out", "2014-06-01 08:00", card="C1"),
        ev("activate_card", "2014-06-01 08:00", card="C1"),
    ]
    result = as_of("guangxi-2014", events, "2014-06-01 09:00")
    assert places(result, "no", "opened_by", "allowed", "left", "learning_percent") == [(1, "card", 2, 2, 0)]
    assert why(result["answers"][0]) == ("learning_incomplete", "finish_learning")


def activate(card: str, moment: str = "2014-06-02 08:00") -> Event:
    return ev("activate_card", moment, card=card)


def out(*cards: str) -> list[Event]:
    return [ev("card_out", "2014-06-01 20:00", card=card) for card in cards]


PASSED_2014 = [*ready_2014(), *sat("2014-06-01 09:00", "2014-06-01 09:30", 60)]
FAILED_2014 = [*ready_2014(), *failed("2014-06-01", 2)]

CARDS = [
    # id, reason, events, card
    ("a second card after both attempts", None, [*FAILED_2014, *out("C2")], "C2"),
    ("the first card", None, [ev("enrol", "2014-06-01 08:00"), *out("C2")], "C2"),
    ("not enrolled", "not_enrolled", out("C2"), "C2"),
    ("used", "card_already_used", [*FAILED_2014, *out("C2")], "C1"),
    ("not booked out", "card_not_booked_out", FAILED_2014, "C2"),
    ("passed", "already_passed", [*PASSED_2014, *out("C2")], "C2"),
    ("nothing used yet", "attempts_remaining", [*ready_2014(), *out("C2")], "C2"),
    ("one attempt left", "attempts_remaining", [*ready_2014(), *failed("2014-06-01"), *out("C2")], "C2"),
    # where two reasons hold
    ("used before passed", "card_already_used", PASSED_2014, "C1"),
    ("used before attempts remaining", "card_already_used", ready_2014(), "C1"),
    ("not booked out before passed", "card_not_booked_out", PASSED_2014, "C2"),
    ("not booked out before attempts remaining", "card_not_booked_out", ready_2014(), "C2"),
    (
        "passed before attempts remaining",
        "already_passed",
        [*PASSED_2014, *out("C2")],  # passed at the first attempt: one is left
        "C2",
    ),
]


@pytest.mark.parametrize(("reason", "events", "card"), [row[1:] for row in CARDS], ids=[row[0] for row in CARDS])
def test_a_card_is_taken_or_refused(reason: str | None, events: list[Event], card: str) -> None:
    assert answer_to("guangxi-2014", events, activate(card))[0] == reason


@pytest.mark.parametrize(
    ("events", "card"),
    [(FAILED_2014, "C1"), (FAILED_2014, "C2"), (PASSED_2014, "C1"), (ready_2014(), "C1")],
)
def test_outside_the_training_period_no_other_reason_is_named(events: list[Event], card: str) -> None:
    ask = activate(card, "2014-11-01 09:00")
    assert answer_to("guangxi-2014", events, ask) == ("outside_training_period", "none")


def test_a_card_during_a_running_attempt_finds_attempts_remaining() -> None:
    events = [*ready_2014(), *failed("2014-06-01"), *out("C2"), ev("start", "2014-06-02 07:50")]
    assert answer_to("guangxi-2014", events, activate("C2")) == ("attempts_remaining", "resume")


def test_a_refused_card_stays_unused() -> None:
    events = [*ready_2014(), *out("C2"), activate("C2", "2014-06-01 21:00"), *failed("2014-06-02", 2)]
    result = as_of("guangxi-2014", events, "2014-06-03 08:00")
    assert refusals(result) == [("activate_card", "attempts_remaining", "none")]
    assert answer_to("guangxi-2014", events, activate("C2", "2014-06-03 08:00")) == (None, None)


def test_a_second_card_starts_learning_and_attempts_anew() -> None:
    events = [*FAILED_2014, *out("C2"), activate("C2")]
    result = as_of("guangxi-2014", events, "2014-06-02 09:00")
    assert places(result, "no", "opened_by", "allowed", "used", "learning_percent") == [
        (1, "card", 2, 2, 100),
        (2, "card", 2, 0, 0),
    ]
    assert why(result["answers"][0]) == ("learning_incomplete", "finish_learning")
    learnt = [*events, ev("learning", "2014-06-02 10:00", percent=100)]
    answer = may_start("guangxi-2014", learnt, "2014-06-02 11:00")
    assert (answer["round"], answer["no"], answer["label"], answer["left"]) == (2, 1, "regular", 2)


def test_learning_is_kept_where_the_rules_reset_the_attempts_alone() -> None:
    events = [*FAILED_2014, *out("C2"), activate("C2")]
    override = {"card.rebuy_resets": ["attempts"]}
    assert may_start("guangxi-2014", events, "2014-06-02 09:00", override=override)["round"] == 2


def test_where_no_stock_ledger_is_kept_a_card_need_not_be_booked_out() -> None:
    override = {"card.stock_ledger_required": False}
    assert answer_to("guangxi-2014", FAILED_2014, activate("C2"), override) == (None, None)


def test_where_a_further_card_may_be_activated_at_any_time_the_oldest_round_is_used_first() -> None:
    events = [*ready_2014(), *with_card("C2", "2014-06-01 08:30")]
    override = {"card.rebuy_when": "any"}
    result = as_of("guangxi-2014", events, "2014-06-01 09:00", override=override)
    assert places(result) == [(2, 0, 2), (2, 0, 2)]
    assert result["answers"][0]["round"] == 1


@pytest.mark.parametrize(("most", "taken"), [(0, True), (1, False), (2, True)])
def test_a_person_may_activate_so_many_cards_and_no_more(most: int, taken: bool) -> None:
    result = run("guangxi-2014", [*FAILED_2014, *out("C2")], activate("C2"), {"card.max_per_person": most})
    assert result["answers"][0]["allowed"] is taken


def test_a_card_that_never_expires_is_taken_as_long_as_the_window_is_open() -> None:
    override = {"card.expires": False, "card.expires_on": "2014-06-01"}
    assert answer_to("guangxi-2014", [*FAILED_2014, *out("C2")], activate("C2"), override) == (None, None)


def test_a_card_opens_no_earlier_year() -> None:
    override = {
        "backfill.enabled": True,
        "backfill.source_years": [2013],
        "backfill.closes_on": "2014-10-31",
        "backfill.attempts": 1,
    }
    events = [
        ev("enrol", "2014-06-01 08:00", credit_year=2013),
        ev("learning", "2014-06-01 08:00", percent=100, credit_year=2013),
        *failed("2014-06-01", credit_year=2013),
        *out("C2"),
    ]
    ask = activate("C2") | {"credit_year": 2013}
    assert run("guangxi-2014", events, ask, override)["answers"][0]["allowed"] is False


def test_a_card_number_may_be_written_as_a_number() -> None:
    events = [ev("enrol", "2014-06-01 08:00"), ev("card_out", "2014-06-01 08:00", card=1001)]
    assert answer_to("guangxi-2014", events, activate("1001")) == (None, None)


@pytest.mark.parametrize("rulebook", ["guangxi-2024", "gaoming-2015"])
def test_a_year_without_cards_takes_none(rulebook: str) -> None:
    year = rulebook[-4:]
    events = [ev("enrol", f"{year}-07-01 08:00"), ev("card_out", f"{year}-07-01 08:00", card="C1")]
    result = as_of(rulebook, [*events, activate("C1", f"{year}-07-01 08:00")], f"{year}-07-01 09:00")
    assert [refused["what"] for refused in result["refused"]] == ["card_out", "activate_card"]


# -- batches (Gaoming)

ENROLLED = [ev("enrol", "2015-06-01 08:00")]
ONLINE = {"exam.delivery": "online_unproctored", "exam.starts_when": "enter_page"}


def register(batch: Any, moment: str = "2015-06-02 09:00") -> Event:
    return ev("register_batch", moment, batch=batch)


def test_a_batch_opens_a_round_of_one_attempt_before_the_exams_window() -> None:
    result = as_of("gaoming-2015", [*ENROLLED, register(1)], "2015-06-02 10:00")
    assert places(result, "no", "opened_by", "allowed", "left") == [(1, "batch", 1, 1)]
    assert result["refused"] == []


def test_a_batch_takes_only_the_enrolled() -> None:
    assert answer_to("gaoming-2015", [], register(1)) == ("not_enrolled", "enrol")


@pytest.mark.parametrize("batch", [0, 7, -1, "x"])
def test_a_batch_that_is_not_on_the_list_is_refused(batch: Any) -> None:
    assert answer_to("gaoming-2015", ENROLLED, register(batch))[0] is not None


def test_the_exam_of_a_batch_is_not_held_online_whatever_else_is_in_order() -> None:
    events = [*ENROLLED, register(1), ev("learning", "2015-06-28 17:00", percent=100)]
    assert why(may_start("gaoming-2015", events, "2015-06-28 18:00")) == ("not_online", "none")


def test_after_a_fail_a_person_registers_again() -> None:
    """The rulebook's own exam is on site; held online, the round's life can be seen."""
    events = [
        *ENROLLED,
        register(1),
        ev("learning", "2015-06-28 08:00", percent=100),
        *failed("2015-06-28"),
    ]
    result = as_of("gaoming-2015", events, "2015-06-29 09:00", override=ONLINE)
    assert why(result["answers"][0]) == ("attempts_exhausted", "reregister")
    again = [*events, register(3, "2015-06-29 09:00")]
    result = as_of("gaoming-2015", again, "2015-06-29 10:00", override=ONLINE)
    assert places(result, "no", "opened_by", "left", "learning_percent") == [(1, "batch", 0, 100), (2, "batch", 1, 0)]


def test_who_has_passed_registers_for_nothing_more() -> None:
    events = [
        *ENROLLED,
        register(1),
        ev("learning", "2015-06-28 17:00", percent=100),
        *sat("2015-06-28 18:00", "2015-06-28 18:30", 60),
    ]
    assert answer_to("gaoming-2015", events, register(3, "2015-06-29 09:00"), ONLINE) == ("already_passed", "none")


def test_who_missed_the_batch_registers_for_another() -> None:
    """The missed one is given up and nothing of it is carried over (SGM15-26, SGM15-27)."""
    missed = [*ENROLLED, register(1)]
    for moment, allowed in (("2015-06-28 23:59", False), ("2015-06-29 00:00", True)):
        assert run("gaoming-2015", missed, register(3, moment))["answers"][0]["allowed"] is allowed
    result = as_of("gaoming-2015", [*missed, register(3, "2015-06-29 09:00")], "2015-06-29 10:00")
    assert sum(left for _, _, left in places(result)) == 1


def test_a_year_without_batches_registers_nobody() -> None:
    assert answer_to("guangxi-2024", ready_2024(), ev("register_batch", "2024-06-01 09:00", batch=1))[0] is not None


# -- grants

EXHAUSTED = [*ready_2024(), *failed("2024-06-01", 3)]
CALL = "2024-06-02 09:00"


def grant(moment: str = CALL, ms: int = 0, **more: Any) -> Event:
    return ev("grant", moment, ms, **({"attempts": 1, "by": "李四", "reason": "电话申请"} | more))


def test_a_grant_opens_a_round_with_learning_to_do_again() -> None:
    result = as_of("guangxi-2024", [*EXHAUSTED, grant()], CALL, 1)
    assert places(result, "no", "opened_by", "allowed", "used", "left", "learning_percent") == [
        (1, "open", 3, 3, 0, 100),
        (2, "grant", 1, 0, 1, 0),
    ]
    assert why(result["answers"][0]) == ("learning_incomplete", "finish_learning")


def test_a_granted_attempt_is_numbered_in_its_own_round() -> None:
    events = [*EXHAUSTED, grant(), ev("learning", CALL, 1, percent=100)]
    answer = may_start("guangxi-2024", events, CALL, 2)
    assert (answer["round"], answer["no"], answer["left"]) == (2, 1, 1)


def test_a_grant_keeps_the_learning_where_the_rules_say_so() -> None:
    answer = may_start("guangxi-2024", [*EXHAUSTED, grant()], CALL, 1, {"grant.relearn": False})
    assert (answer["allowed"], answer["round"]) == (True, 2)


@pytest.mark.parametrize(("attempts", "allowed"), [(1, 1), (2, 2), (None, 1)])
def test_a_grant_gives_the_attempts_it_names_or_the_rulebooks_number(attempts: int | None, allowed: int) -> None:
    result = as_of("guangxi-2024", [*EXHAUSTED, grant(attempts=attempts)], CALL, 1)
    assert places(result)[1] == (allowed, 0, allowed)


def test_grants_may_be_repeated() -> None:
    events: list[Event] = list(EXHAUSTED)
    for day in (2, 3, 4):
        events += [
            grant(f"2024-06-{day:02} 08:00"),
            ev("learning", f"2024-06-{day:02} 08:00", percent=100),
            *failed(f"2024-06-{day:02}"),
        ]
    result = as_of("guangxi-2024", events, "2024-06-05 09:00")
    assert places(result) == [(3, 3, 0), (1, 1, 0), (1, 1, 0), (1, 1, 0)]
    assert result["refused"] == []


PASSED = [*ready_2024(), *sat("2024-06-01 09:00", "2024-06-01 09:30", 60)]
RUNNING_LAST = [*ready_2024(), *failed("2024-06-01", 2), ev("start", "2024-06-02 08:30")]

GRANTS = [
    # id, reason and next, rulebook, events, override
    ("after three fails", (None, None), "guangxi-2024", EXHAUSTED, {}),
    ("not enrolled", ("not_enrolled", "enrol"), "guangxi-2024", [], {}),
    (
        "an attempt unused",
        ("grant_not_allowed", "none"),
        "guangxi-2024",
        [*ready_2024(), *failed("2024-06-01", 2)],
        {},
    ),
    ("nothing used", ("grant_not_allowed", "none"), "guangxi-2024", ready_2024(), {}),
    ("the last attempt running", ("grant_not_allowed", "resume"), "guangxi-2024", RUNNING_LAST, {}),
    ("passed", ("grant_not_allowed", "none"), "guangxi-2024", PASSED, {}),
    (
        "passed at the last attempt",
        ("grant_not_allowed", "none"),
        "guangxi-2024",
        [*ready_2024(), *failed("2024-06-01", 2), *sat("2024-06-01 15:00", "2024-06-01 15:30", 60)],
        {},
    ),
    ("a granted attempt unused", ("grant_not_allowed", "none"), "guangxi-2024", [*EXHAUSTED, grant(ms=-1)], {}),
    (
        "grants off",
        ("grant_not_allowed", "none"),
        "guangxi-2024",
        EXHAUSTED,
        {"grant.enabled": False, "exam.on_exhausted": "none"},
    ),
    (
        "no more than the rulebook's number",
        ("grant_not_allowed", "none"),
        "guangxi-2024",
        [
            *EXHAUSTED,
            grant("2024-06-01 20:00"),
            ev("learning", "2024-06-01 20:00", percent=100),
            *sat("2024-06-01 20:00", "2024-06-01 20:30", 1),
        ],
        {"grant.max_per_enrolment": 1},
    ),
    (
        "a voided attempt is unused again",
        ("grant_not_allowed", "none"),
        "guangxi-2024",
        [*EXHAUSTED, ev("void", "2024-06-01 20:00", attempt=2, by=TWO, reason="停电")],
        {},
    ),
]


@pytest.mark.parametrize(
    ("expected", "rulebook", "events", "override"), [row[1:] for row in GRANTS], ids=[row[0] for row in GRANTS]
)
def test_support_may_grant_only_after_the_last_fail(
    expected: tuple, rulebook: str, events: list[Event], override: dict
) -> None:
    assert answer_to(rulebook, events, grant(), override) == expected


def test_a_card_year_sends_who_asks_for_a_grant_to_buy_a_card() -> None:
    ask = grant("2014-06-02 09:00")
    assert answer_to("guangxi-2014", [*ready_2014(), *failed("2014-06-01", 2)], ask) == (
        "grant_not_allowed",
        "buy_card",
    )


@pytest.mark.parametrize("events", [EXHAUSTED, PASSED, ready_2024()])
def test_outside_the_window_a_grant_is_refused_for_that_first(events: list[Event]) -> None:
    assert answer_to("guangxi-2024", events, grant("2025-01-01 00:00")) == ("outside_training_period", "none")


def test_three_ways_to_fail_are_three_fails() -> None:
    """A no-score and a forced exit are fails like a low score (A-19)."""
    events = [
        *ready_2024(),
        ev("start", "2024-06-01 09:00"),
        ev("start", "2024-06-01 12:00"),
        ev("give_up", "2024-06-01 12:01"),
        *sat("2024-06-01 15:00", "2024-06-01 15:30", 10),
    ]
    assert answer_to("guangxi-2024", events, grant()) == (None, None)


def test_a_grant_that_expires_takes_what_is_unused_with_it() -> None:
    events = [*EXHAUSTED, grant(expires_at="2024-06-10T00:00:00+08:00")]
    learnt = [*events, ev("learning", "2024-06-03 09:00", percent=100)]
    for ms, reason in ((-1, None), (0, "attempts_exhausted"), (1, "attempts_exhausted")):
        assert may_start("guangxi-2024", learnt, "2024-06-10 00:00", ms)["reason"] == reason
    assert places(as_of("guangxi-2024", learnt, "2024-06-10 00:00"))[1] == (0, 0, 0)
    # nothing is unused then, so another may be granted
    assert answer_to("guangxi-2024", learnt, grant("2024-06-10 00:00")) == (None, None)


# -- an earlier year's make-up


def test_2023_is_made_up_in_2024_beside_the_years_own_exam() -> None:
    events = [*ready_2024(credit_year=2023), *ready_2024()]
    result = as_of("guangxi-2024", events, "2024-06-01 09:00")
    assert places(result, "credit_year", "opened_by", "no", "allowed", "left", "learning_percent") == [
        (2023, "backfill", 1, 3, 3, 100),
        (2024, "open", 1, 3, 3, 100),
    ]


def test_each_year_is_passed_for_itself() -> None:
    events = [
        *ready_2024(credit_year=2023),
        *ready_2024(),
        *sat("2024-06-01 09:00", "2024-06-01 09:30", 90, credit_year=2023),
    ]
    moment = "2024-06-01 10:00"
    assert why(may_start("guangxi-2024", events, moment, credit_year=2023)) == ("already_passed", "none")
    assert may_start("guangxi-2024", events, moment)["allowed"] is True


def test_both_years_may_be_sat_at_the_same_time() -> None:
    events = [
        *ready_2024(credit_year=2023),
        *ready_2024(),
        ev("start", "2024-06-01 09:00", credit_year=2023),
        ev("start", "2024-06-01 09:10"),
        ev("submit", "2024-06-01 09:20", score=70, credit_year=2023),
        ev("submit", "2024-06-01 09:30", score=20),
    ]
    assert outcomes(as_of("guangxi-2024", events, "2024-06-01 10:00")) == [
        ("submitted", "70.00", "pass", "pass"),
        ("submitted", "20.00", "fail", "fail_score"),
    ]


def test_the_make_up_has_this_years_paper_and_pass_mark_with_its_own_attempts() -> None:
    override = {"backfill.attempts": 1, "exam.pass_score": 80, "exam.minutes": 90}
    events = ready_2024(credit_year=2023)
    answer = may_start("guangxi-2024", events, "2024-06-01 09:00", override=override, credit_year=2023)
    assert (answer["left"], answer["deadline"]) == (1, "2024-06-01T10:30:00+08:00")
    events += sat("2024-06-01 09:00", "2024-06-01 09:30", 79, credit_year=2023)
    result = as_of("guangxi-2024", events, "2024-06-01 10:00", override=override)
    assert outcomes(result) == [("submitted", "79.00", "fail", "fail_score")]
    assert places(result) == [(1, 1, 0)]


def test_the_make_up_needs_the_learning_unless_the_rules_ask_for_the_exam_alone() -> None:
    events = [ev("enrol", "2024-06-01 08:00", credit_year=2023)]
    ask = {"moment": "2024-06-01 09:00", "credit_year": 2023}
    assert may_start("guangxi-2024", events, **ask)["reason"] == "learning_incomplete"
    assert may_start("guangxi-2024", events, override={"backfill.requires": ["exam_pass"]}, **ask)["allowed"] is True


@pytest.mark.parametrize(
    ("rulebook", "credit_year"), [("guangxi-2024", 2022), ("guangxi-2024", 2025), ("guangxi-2015", 2014)]
)
def test_other_years_cannot_be_made_up(rulebook: str, credit_year: int) -> None:
    moment = f"{rulebook[-4:]}-06-01 08:00"
    result = as_of(rulebook, [ev("enrol", moment, credit_year=credit_year)], moment)
    assert result["rounds"] == []
    assert [refused["what"] for refused in result["refused"]] == ["enrol"]
    assert may_start(rulebook, [], moment, credit_year=credit_year)["reason"] == "not_enrolled"


def test_a_void_in_the_make_up_leaves_the_years_own_exam_alone() -> None:
    events = [
        *ready_2024(credit_year=2023),
        *ready_2024(),
        *failed("2024-06-01"),
        *failed("2024-06-02", credit_year=2023),
        ev("void", "2024-06-03 09:00", attempt=1, by=TWO, reason="停电", credit_year=2023),
    ]
    result = as_of("guangxi-2024", events, "2024-06-03 10:00")
    assert places(result) == [(3, 0, 3), (3, 1, 2)]
