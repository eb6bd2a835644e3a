"""What a drill makes of its figures."""

from dataclasses import replace

import pytest

from examengine.drill.plan import Plan, Row, Step, shortcomings, verdict

PLAN = Plan(candidates=1000, minutes=1, starts_within_s=60)


def row(p99_ms: float = 20, errors: int = 0) -> Row:
    return Row(count=100, errors=errors, p50_ms=5, p95_ms=15, p99_ms=p99_ms, max_ms=p99_ms)


def step(people: int = 1000, start: Row | None = None, save: Row | None = None) -> Step:
    return Step(
        people=people,
        rows={"start": start or row(), "save": save or row()},
        lost=0,
        unfinished=0,
        cpu=1.5,
        own_cpu=0.5,
        lag_p99_ms=1,
        queued_s=0,
    )


def test_the_steps_go_up_by_doubling_and_end_with_everybody() -> None:
    assert PLAN.sizes == (250, 500, 1000)
    assert replace(PLAN, candidates=10).sizes == (3, 5, 10)
    assert replace(PLAN, candidates=1).sizes == (1,)


@pytest.mark.parametrize("wrong", [{"candidates": 0}, {"minutes": 0}, {"starts_within_s": 0}, {"steps": 0}])
def test_a_plan_out_of_its_bounds_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace(PLAN, **wrong)


@pytest.mark.parametrize(
    ("found", "is_good"),
    [
        (step(start=row(1000)), True),
        (step(start=row(1000.1)), False),
        (step(save=row(100)), True),
        (step(save=row(100.1)), False),
        (step(save=row(errors=1)), False),
        (replace(step(), lost=1), False),
        (replace(step(), rows={"start": row()}), False),
        (replace(step(), queued_s=60), True),
        (replace(step(), queued_s=60.1), False),
        (replace(step(), unfinished=1), False),
    ],
)
def test_a_step_is_good_up_to_its_bounds(found: Step, is_good: bool) -> None:
    assert (shortcomings(found, PLAN) == ()) is is_good


def test_the_largest_step_that_went_well_is_carried_and_the_next_one_says_why_not_more() -> None:
    found = verdict([step(250), step(500), step(1000, start=row(1500))], PLAN)
    assert (found.carries, found.step.people) == (500, 500)
    assert "1500" in found.why[0]


def test_where_the_first_step_fails_it_is_the_one_that_is_recorded() -> None:
    found = verdict([replace(step(250), lost=2)], PLAN)
    assert (found.carries, found.step.people, found.step.lost) == (0, 250, 2)
    assert found.why == ("丢失了 2 个已确认保存的答案",)
