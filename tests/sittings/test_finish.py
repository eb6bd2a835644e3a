"""How attempts end: handed in, given up, absent, present, left, cut at the window's end; with extra time; once."""

import asyncio

import pytest
from msgspec.structs import replace

from examengine.live import CloseReason, Operation, Pen, Standing, Word
from examengine.records import outcomes
from examengine.records.outcomes import FinalAnswers
from examengine.refusals import Next, Reason, Refusal
from examengine.sittings.finish import Ended
from tests.world import World, ms

MINUTE_MS = 60_000
GRACE_MS = 30_000
CLAMP_MS = 2_000
FINAL_MS = GRACE_MS + CLAMP_MS
PRESENCE_MS = 90_000
WINDOW_CLOSES_MS = ms("2027-01-01T00:00:00+08:00")
LEAVING = {"exam.forced_exit.detect": "page_leave", "exam.forced_exit.page_leave_grace_seconds": 30}
FOCUS = {"exam.forced_exit.detect": "focus_loss", "exam.forced_exit.focus_loss_limit": 2}


async def answers_of(world: World, attempt_id: int) -> FinalAnswers:
    async with world.services.database.reading() as tx:
        return await outcomes.get_answers(tx, attempt_id)


async def deadline_of(world: World, attempt_id: int) -> int:
    return (await world.services.desk.read(attempt_id, world.now_ms)).deadline_ms


async def hand_in(world: World, pen: Pen, now_ms: int | None = None) -> Ended | Refusal | Standing:
    return await world.services.finisher.by_page(pen, CloseReason.HAND_IN, now_ms or world.now_ms)


async def sweep_at(world: World, now_ms: int) -> int:
    world.clock.move_to(now_ms)
    return await world.services.sweeper.sweep(now_ms)


async def test_a_hand_in_is_marked_by_the_keys(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    await world.answer(pen, {position: right[position] for position in range(1, 31)})
    world.clock.advance(20 * MINUTE_MS)
    ended = await hand_in(world, pen)
    assert isinstance(ended, Ended)
    outcome = ended.outcome
    assert (outcome.state, outcome.score_hundredths, outcome.full_hundredths) == ("submitted", 6000, 10000)
    assert (outcome.result, outcome.reason, outcome.cause) == ("pass", "pass", "hand_in")
    assert outcome.ended_ms == world.now_ms
    assert outcome.key_version.startswith("sha256:")
    assert await world.series(attempt_id) == (outcome,)


async def test_one_point_below_the_line_fails(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    await world.answer(pen, {p: right[p] for p in (*range(1, 30), 50)})
    ended = await hand_in(world, pen)
    assert isinstance(ended, Ended)
    assert (ended.outcome.score_hundredths, ended.outcome.reason) == (5900, "fail_score")


async def test_answers_are_kept_as_version_and_option_ids_and_the_detail_adds_up(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right, paper = await world.right_answers(attempt_id), await world.paper(attempt_id)
    wrong = next(o for o in paper.items[1].option_order if o not in right[2])
    await world.answer(pen, {1: right[1], 2: wrong, 31: right[31], 41: right[41], 42: ""})
    ended = await hand_in(world, pen)
    assert isinstance(ended, Ended)
    final = await answers_of(world, attempt_id)
    given = {1: right[1], 2: wrong, 31: right[31], 41: right[41]}
    assert final.answers == {paper.items[p - 1].version_id: value for p, value in given.items()}
    detail = final.detail
    assert isinstance(detail, dict)
    assert sum(row[3] for row in detail["cells"]) == ended.outcome.score_hundredths == 200 + 300 + 100
    assert sum(row[2] for row in detail["items"]) == ended.outcome.score_hundredths
    assert [row[1] for row in detail["items"]][:3] == ["right", "wrong", "blank"]
    assert sum(row[4] for row in detail["cells"]) == ended.outcome.full_hundredths == 10000


async def test_a_second_hand_in_is_told_the_first_ones_outcome(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    first = await hand_in(world, pen)
    world.clock.advance(MINUTE_MS)
    assert await hand_in(world, pen) == first
    assert await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms) == first
    world.clock.advance(120 * MINUTE_MS)
    assert await hand_in(world, pen) == first
    assert len(await world.series(attempt_id)) == 1


async def test_many_finishers_at_once_record_one_outcome(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a"})
    finisher, now_ms = world.services.finisher, world.now_ms
    both = await asyncio.gather(
        hand_in(world, pen),
        finisher.by_page(pen, CloseReason.GIVE_UP, now_ms),
        hand_in(world, pen),
        finisher.when_due(attempt_id, now_ms),
    )
    assert len({ended.outcome for ended in both if isinstance(ended, Ended)}) == 1
    outcome = await world.outcome(attempt_id)
    assert (outcome.state, outcome.cause) in {("submitted", "hand_in"), ("forced_exit", "give_up")}
    tombstone = await world.services.desk.read(attempt_id, now_ms)
    assert (tombstone.state, tombstone.outcome, tombstone.journal) == ("closed", outcome.state, ())


async def test_finishers_on_two_hosts_at_the_deadline_record_one_outcome(world: World) -> None:
    _, _, attempt_id = await world.a_candidate_in_an_exam()
    final_ms = await deadline_of(world, attempt_id) + FINAL_MS
    ended = await asyncio.gather(*(world.services.finisher.when_due(attempt_id, final_ms) for _ in range(5)))
    assert len({found.outcome for found in ended if found}) == 1
    assert (await world.outcome(attempt_id)).state == "expired_no_score"


@pytest.mark.parametrize(
    ("after_ms", "reason"), [(-1, None), (0, "in_time"), (GRACE_MS - 1, "in_time"), (GRACE_MS, "late")]
)
async def test_a_hand_in_around_the_deadline(world: World, after_ms: int, reason: str | None) -> None:
    """One in the grace is refused, yet says that the candidate was there (A-05)."""
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: (await world.right_answers(attempt_id))[1]})
    deadline_ms = await deadline_of(world, attempt_id)
    ended = await hand_in(world, pen, deadline_ms + after_ms)
    if reason is None:
        assert isinstance(ended, Ended)
        assert ended.outcome.state == "submitted"
        return
    assert isinstance(ended, Refusal)
    assert (ended.reason, ended.next) == (Reason.NOT_RUNNING, Next.NONE)
    assert ended.facts["heard"] == int(reason == "in_time")
    assert await world.series(attempt_id) == ()
    assert await sweep_at(world, deadline_ms + FINAL_MS - 1) == 0
    assert await sweep_at(world, deadline_ms + FINAL_MS) == 1
    outcome = await world.outcome(attempt_id)
    if reason == "in_time":
        assert (outcome.state, outcome.score_hundredths, outcome.ended_ms) == ("auto_submitted", 200, deadline_ms)
    else:
        assert (outcome.state, outcome.score_hundredths) == ("expired_no_score", None)


async def test_a_late_hand_in_by_a_page_that_lost_the_pen_still_says_that_the_candidate_is_there(
    world: World,
) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    old = await world.pen(attempt_id, person_id)
    await world.pen(attempt_id, person_id, page="newer")
    deadline_ms = await deadline_of(world, attempt_id)
    assert isinstance(await hand_in(world, old, deadline_ms + 1), Refusal)
    await sweep_at(world, deadline_ms + FINAL_MS)
    assert (await world.outcome(attempt_id)).state == "auto_submitted"


async def test_a_late_hand_in_with_another_generation_or_person_says_nothing(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = await deadline_of(world, attempt_id)
    for wrong in (replace(pen, generation=2), replace(pen, owner_id=4711), replace(pen, session_version=0)):
        ended = await hand_in(world, wrong, deadline_ms + 1)
        assert isinstance(ended, Refusal)
        assert ended.facts["heard"] == 0
    await sweep_at(world, deadline_ms + FINAL_MS)
    assert (await world.outcome(attempt_id)).state == "expired_no_score"


async def test_presence_counts_up_to_its_seconds_before_the_deadline(world: World) -> None:
    sat = []
    for before_ms, is_present in ((-1, True), (0, True), (1, False)):
        person_id, _, attempt_id = await world.a_candidate_in_an_exam()
        pen = await world.pen(attempt_id, person_id)
        right = await world.right_answers(attempt_id)
        await world.answer(pen, {p: right[p] for p in range(1, 31)})
        deadline_ms = await deadline_of(world, attempt_id)
        await world.services.desk.pulse(pen, deadline_ms - PRESENCE_MS - before_ms)
        sat.append((attempt_id, deadline_ms, is_present))
    await sweep_at(world, deadline_ms + FINAL_MS)
    for attempt_id, deadline_ms, is_present in sat:
        outcome = await world.outcome(attempt_id)
        marked = (outcome.state, outcome.score_hundredths, outcome.result)
        assert marked == (("auto_submitted", 6000, "pass") if is_present else ("expired_no_score", None, "fail"))
        assert (outcome.ended_ms, outcome.cause) == (deadline_ms, "deadline")
        final = await answers_of(world, attempt_id)
        assert len(final.answers) == 30
        assert (final.detail is not None) == is_present


async def test_an_answer_one_millisecond_before_the_deadline_is_kept_and_marked(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    deadline_ms = await deadline_of(world, attempt_id)
    desk = world.services.desk
    assert (await desk.save(pen, Operation(1, "a", 1, 0, right[1]), deadline_ms - 1)).word is Word.SAVED
    assert (await desk.save(pen, Operation(2, "a", 2, 0, right[2]), deadline_ms)).word is Word.TOO_LATE
    await sweep_at(world, deadline_ms + FINAL_MS)
    assert (await world.outcome(attempt_id)).score_hundredths == 200


async def test_rules_may_mark_what_an_absent_candidate_saved(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam({"exam.interruption.unresumed": "grade_saved"})
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: (await world.right_answers(attempt_id))[1]})
    await sweep_at(world, await deadline_of(world, attempt_id) + FINAL_MS)
    outcome = await world.outcome(attempt_id)
    assert (outcome.state, outcome.score_hundredths) == ("auto_submitted", 200)


async def test_rules_may_give_no_score_to_whoever_has_not_handed_in_himself(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam({"exam.timeout.connected": "no_score_fail"})
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = await deadline_of(world, attempt_id)
    await world.services.desk.pulse(pen, deadline_ms - 1)
    await sweep_at(world, deadline_ms + FINAL_MS)
    assert (await world.outcome(attempt_id)).state == "expired_no_score"


async def test_the_windows_end_closes_a_sitting_with_its_reason(world: World) -> None:
    world.clock.move_to(WINDOW_CLOSES_MS - 10 * MINUTE_MS)
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.services.desk.pulse(pen, WINDOW_CLOSES_MS - 1)
    assert await sweep_at(world, WINDOW_CLOSES_MS + FINAL_MS) == 1
    outcome = await world.outcome(attempt_id)
    assert (outcome.deadline_ms, outcome.deadline_reason) == (WINDOW_CLOSES_MS, "window_end")
    assert (outcome.state, outcome.ended_ms) == ("auto_submitted", WINDOW_CLOSES_MS)


async def test_where_the_window_lets_finish_the_time_limit_counts(world: World) -> None:
    world.clock.move_to(WINDOW_CLOSES_MS - 10 * MINUTE_MS)
    _, _, attempt_id = await world.a_candidate_in_an_exam({"window.end_policy": "let_finish"})
    sitting = await world.services.desk.read(attempt_id, world.now_ms)
    assert (sitting.left_ms, sitting.deadline_reason) == (60 * MINUTE_MS, "time_limit")


async def test_a_hand_in_waits_for_the_earliest_minute(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam({"exam.min_minutes_before_submit": 15})
    pen = await world.pen(attempt_id, person_id)
    early = await hand_in(world, pen, world.now_ms + 15 * MINUTE_MS - 1)
    assert isinstance(early, Refusal)
    assert (early.reason, early.next) == (Reason.TOO_EARLY_TO_SUBMIT, Next.WAIT)
    assert (await world.services.desk.read(attempt_id, world.now_ms)).state == "running"
    assert isinstance(await hand_in(world, pen, world.now_ms + 15 * MINUTE_MS), Ended)


async def test_giving_up_does_not_wait_for_the_earliest_minute(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam({"exam.min_minutes_before_submit": 15})
    pen = await world.pen(attempt_id, person_id)
    ended = await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
    assert isinstance(ended, Ended)
    assert (ended.outcome.state, ended.outcome.reason) == ("forced_exit", "fail_forced_exit")
    assert ended.outcome.score_hundredths is None


async def test_what_a_forced_exit_comes_to_is_the_rulebooks(world: World) -> None:
    means = (
        ("fail", "forced_exit", None, "fail"),
        ("grade_saved", "forced_exit", 6000, "pass"),
        ("void", "void", None, None),
    )
    bank_id = await world.bank()
    for outcome, *expected in means:
        exam = await world.exam({"exam.forced_exit.outcome": outcome}, bank_id=bank_id)
        person_id = await world.person()
        attempt_id = await world.started(await world.enrolled(exam, person_id))
        pen = await world.pen(attempt_id, person_id)
        right = await world.right_answers(attempt_id)
        await world.answer(pen, {p: right[p] for p in range(1, 31)})
        await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
        recorded = await world.outcome(attempt_id)
        assert [recorded.state, recorded.score_hundredths, recorded.result] == expected


async def test_a_page_that_may_not_end_the_sitting_is_told_why_and_ends_nothing(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    old = await world.pen(attempt_id, person_id)
    pen = await world.pen(attempt_id, person_id, page="newer")
    wrong = (
        (old, Word.PEN_LOST),
        (replace(pen, owner_id=4711), Word.NOT_OWNER),
        (replace(pen, session_version=0), Word.REVOKED),
        (replace(pen, generation=7), Word.STALE_GENERATION),
    )
    for whose, word in wrong:
        for reason in (CloseReason.HAND_IN, CloseReason.GIVE_UP):
            ended = await world.services.finisher.by_page(whose, reason, world.now_ms)
            assert isinstance(ended, Standing)
            assert ended.word is word
    assert (await world.services.desk.read(attempt_id, world.now_ms)).state == "running"
    assert isinstance(await hand_in(world, pen), Ended)


async def test_a_page_left_for_its_grace_is_a_forced_exit_at_that_instant(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam(LEAVING)
    pen = await world.pen(attempt_id, person_id)
    left_ms = world.now_ms
    await world.services.desk.leave(pen, 1, left_ms)
    assert await sweep_at(world, left_ms + 30_000 + CLAMP_MS - 1) == 0
    assert await sweep_at(world, left_ms + 30_000 + CLAMP_MS) == 1
    outcome = await world.outcome(attempt_id)
    assert (outcome.state, outcome.cause, outcome.ended_ms) == ("forced_exit", "page_leave", left_ms + 30_000)


async def test_a_page_that_came_back_in_time_goes_on(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam(LEAVING)
    pen = await world.pen(attempt_id, person_id)
    left_ms = world.now_ms
    await world.services.desk.leave(pen, 1, left_ms)
    back = await world.services.desk.come_back(pen, 2, left_ms + 29_999)
    assert back.word is Word.BACK
    assert await sweep_at(world, left_ms + 10 * MINUTE_MS) == 0


async def test_a_leave_before_the_deadline_whose_grace_reaches_it_is_the_deadlines(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam(LEAVING)
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = await deadline_of(world, attempt_id)
    await world.services.desk.pulse(pen, deadline_ms - 31_000)
    await world.services.desk.leave(pen, 1, deadline_ms - 30_000)
    await sweep_at(world, deadline_ms + FINAL_MS)
    outcome = await world.outcome(attempt_id)
    assert (outcome.state, outcome.cause) == ("auto_submitted", "deadline")


async def test_focus_lost_once_too_often_is_a_forced_exit(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam(FOCUS)
    finisher, now_ms = world.services.finisher, world.now_ms
    await world.pen(attempt_id, person_id)
    assert await finisher.after_focus_loss(attempt_id, 2, now_ms) is None
    ended = await finisher.after_focus_loss(attempt_id, 3, now_ms)
    assert ended is not None
    assert (ended.outcome.state, ended.outcome.cause) == ("forced_exit", "focus_loss")


async def test_extra_time_reaches_the_page_and_moves_the_end(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = await deadline_of(world, attempt_id)
    await world.extra_time(enrolment, attempt_id, 15)
    assert await world.services.pusher.push_waiting(world.now_ms) == 1
    assert await world.services.pusher.push_waiting(world.now_ms) == 0
    told = await world.services.desk.pulse(pen, world.now_ms)
    assert (told.deadline_ms, told.deadline_reason) == (deadline_ms + 15 * MINUTE_MS, "extra_time")
    assert await sweep_at(world, deadline_ms + FINAL_MS) == 0
    await world.services.desk.pulse(pen, deadline_ms + 15 * MINUTE_MS - 1)
    assert await sweep_at(world, deadline_ms + 15 * MINUTE_MS + FINAL_MS) == 1
    outcome = await world.outcome(attempt_id)
    assert (outcome.state, outcome.deadline_reason) == ("auto_submitted", "extra_time")
    assert outcome.deadline_ms == deadline_ms + 15 * MINUTE_MS
    assert (await world.attempt(attempt_id)).base_deadline_ms == deadline_ms


async def test_a_finish_that_meets_a_moved_deadline_sets_the_sitting_running_again(world: World) -> None:
    """Redis does not know of the extra time yet, and was asked to close at the old deadline."""
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a"})
    deadline_ms = await deadline_of(world, attempt_id)
    closed = await world.services.desk.close(
        attempt_id, 1, CloseReason.DEADLINE, deadline_ms, deadline_ms + FINAL_MS, only_if_due_ms=deadline_ms
    )
    assert closed.word is Word.CLOSING
    await world.extra_time(enrolment, attempt_id, 15)
    assert await world.services.finisher.when_due(attempt_id, deadline_ms + FINAL_MS) is None
    assert await world.series(attempt_id) == ()
    saved = await world.services.desk.save(pen, Operation(9, "a", 2, 0, "b"), deadline_ms + FINAL_MS)
    assert (saved.word, saved.deadline_ms) == (Word.SAVED, deadline_ms + 15 * MINUTE_MS)
    assert await sweep_at(world, deadline_ms + 15 * MINUTE_MS + FINAL_MS) == 1
    assert (await world.outcome(attempt_id)).deadline_ms == deadline_ms + 15 * MINUTE_MS


async def test_extra_time_that_redis_has_not_heard_of_is_not_taken_by_the_sweeper(world: World) -> None:
    _, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    deadline_ms = await deadline_of(world, attempt_id)
    await world.extra_time(enrolment, attempt_id, 15)
    world.clock.move_to(deadline_ms + FINAL_MS)
    assert await world.services.finisher.when_due(attempt_id, world.now_ms) is None
    assert await world.series(attempt_id) == ()


async def test_extra_time_does_not_reach_over_the_windows_end(world: World) -> None:
    world.clock.move_to(WINDOW_CLOSES_MS - 70 * MINUTE_MS)
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.extra_time(enrolment, attempt_id, 30)
    await world.services.pusher.push_waiting(world.now_ms)
    told = await world.services.desk.pulse(pen, world.now_ms)
    assert (told.deadline_ms, told.deadline_reason) == (WINDOW_CLOSES_MS, "window_end")


async def test_a_void_ends_a_running_sitting_and_late_pages_hear_of_it(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.voided(attempt_id)
    await world.services.pusher.push_waiting(world.now_ms)
    saved = await world.services.desk.save(pen, Operation(1, "a", 1, 0, "a"), world.now_ms)
    assert (saved.word, saved.close_reason, saved.outcome) == (Word.CLOSED, "void", "void")
    ended = await hand_in(world, pen)
    assert isinstance(ended, Ended)
    assert ended.outcome.state == "void"


async def test_a_hand_in_between_a_void_and_its_push_is_told_of_the_void(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.services.desk.hand_in(pen, CloseReason.HAND_IN, world.now_ms)
    await world.voided(attempt_id)
    ended = await hand_in(world, pen)
    assert isinstance(ended, Ended)
    assert ended.outcome.state == "void"
    await world.services.pusher.push_waiting(world.now_ms)
    assert len(await world.series(attempt_id)) == 1
