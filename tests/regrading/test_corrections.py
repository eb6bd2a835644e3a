"""Corrections from draft to outcomes: previewed, approved by another, executed once, also after crashes."""

import pytest

from examengine.grading.correction import AnyOf, Dropped, FullMarks, Ruling
from examengine.records import audit, corrections
from examengine.records.as_rules import history_of
from examengine.records.errors import Conflict
from examengine.records.history import load_history
from examengine.records.proof import prove
from examengine.records.words import CorrectionState, Decision, Role
from examengine.refusals import Reason, Refusal
from examengine.regrading import work
from examengine.regrading.asking import (
    Obstacle,
    ask_correction,
    decide_correction,
    drop_correction,
    preview_again,
)
from examengine.rules.decide import Permission, decide
from examengine.sittings.notary import trusted_keys
from tests.regrading.hall import Candidate, Hall, a_hall
from tests.world import World

CHOSE_B = {"S0": "乙"}


async def decision_of(hall: Hall, who: Candidate) -> Permission | Refusal:
    """What the rules say of a further attempt."""
    services = hall.world.services
    async with services.database.reading() as tx:
        record = await load_history(tx, who.enrolment.id)
        rulebook = await services.shelf.rulebook(tx, who.enrolment.rulebook_digest)
    return decide(rulebook, history_of(record), hall.world.now_ms)


async def test_a_preview_counts_who_changes_and_changes_nothing(world: World) -> None:
    hall = await a_hall(world)
    was_right = await hall.sat("S1 S2 S3")  # 64
    chose_b = await hall.sat("S1 S2 S3", CHOSE_B)  # 52
    await hall.sat("S0")  # 88, blank
    made = await hall.previewed("S0", hall.new_key("S0", "乙"))
    assert made.phase is None
    assert made.preview == {
        "seen": 3, "had": 3, "same": 1, "up": 1, "down": 1, "fail_to_pass": 1, "pass_to_fail": 1,
        "steps": {"12": 1, "-12": 1},
    }  # fmt: skip
    assert await hall.scores(was_right, chose_b) == [(64, "pass"), (52, "fail")]
    async with world.services.database.reading() as tx:
        total, crossing = await corrections.crossing(tx, made.id, 0, 10)
    assert total == 2
    assert [(one.attempt_id, one.old_hundredths, one.new_hundredths) for one in crossing] == [
        (was_right.attempt_id, 6400, 5200),
        (chose_b.attempt_id, 5200, 6400),
    ]
    assert all(one.outcome_id is None for one in crossing)


async def test_every_ruling_reaches_everybody_and_replaces_the_one_before(world: World) -> None:
    hall = await a_hall(world)
    who = [await hall.sat("S1 S2 S3"), await hall.sat("S1 S2 S3", CHOSE_B), await hall.sat("S0")]
    both = AnyOf(tuple(sorted((hall.option("S0", "甲"), hall.option("S0", "乙")))))
    steps: tuple[tuple[Ruling, bool, list[tuple[int, str]]], ...] = (
        (hall.new_key("S0", "乙"), True, [(64, "pass"), (64, "pass"), (88, "pass")]),
        (hall.new_key("S0", "乙"), False, [(52, "fail"), (64, "pass"), (88, "pass")]),
        (both, False, [(64, "pass"), (64, "pass"), (88, "pass")]),
        # 52 of 88, 52 of 88, 88 of 88
        (Dropped(), False, [(59, "fail"), (59, "fail"), (100, "pass")]),
        (FullMarks(), False, [(64, "pass"), (64, "pass"), (100, "pass")]),
    )
    recorded = [list(await world.series(one.attempt_id)) for one in who]
    for ruling, upwards, after in steps:
        made = await hall.executed("S0", ruling, upwards=upwards)
        assert await hall.scores(*who) == after, ruling
        assert made.state is CorrectionState.DONE
        assert made.counts == made.preview
        for one, known in zip(who, recorded, strict=True):
            series = list(await world.series(one.attempt_id))
            assert series[: len(known)] == known  # old scores stay
            new = series[len(known) :]
            assert len(new) == (series[-1].score_hundredths != known[-1].score_hundredths)
            for outcome in new:
                assert (outcome.cause, outcome.by_person) == (f"correction:{made.id}", hall.checker)
                assert outcome.key_version != known[-1].key_version
                assert (outcome.ended_ms, outcome.state) == (known[0].ended_ms, known[0].state)
            known[:] = series
    await world.services.notary.note(world.now_ms)
    async with world.services.database.reading() as tx:
        proof = await prove(tx, trusted_keys(world.services.settings.evidence_keys))
    assert (proof.fault, proof.waiting) == (None, 0)


async def test_a_fail_turned_pass_closes_further_attempts_and_a_pass_turned_fail_opens_them(world: World) -> None:
    hall = await a_hall(world)
    was_right, chose_b = await hall.sat("S1 S2 S3"), await hall.sat("S1 S2 S3", CHOSE_B)
    before = [await decision_of(hall, who) for who in (was_right, chose_b)]
    assert isinstance(before[0], Refusal)
    assert before[0].reason is Reason.ALREADY_PASSED
    assert isinstance(before[1], Permission)
    await hall.executed("S0", hall.new_key("S0", "乙"))
    fell, rose = [await decision_of(hall, who) for who in (was_right, chose_b)]
    assert isinstance(fell, Permission)
    assert (fell.no, fell.left) == (2, 2)
    assert isinstance(rose, Refusal)
    assert rose.reason is Reason.ALREADY_PASSED


async def test_void_attempts_and_those_without_score_stay_as_they_are(world: World) -> None:
    hall = await a_hall(world)
    voided, absent = await hall.sat("S1 S2 S3", CHOSE_B), await hall.starts()
    await world.voided(voided.attempt_id)
    world.clock.advance(3 * 3_600_000)
    await world.services.prober.prove(world.now_ms)
    await world.services.sweeper.sweep(world.now_ms)
    assert (await world.outcome(absent.attempt_id)).reason == "fail_no_score"
    made = await hall.executed("S0", FullMarks())
    assert made.counts == made.preview == {"seen": 2, "had": 2, "unscored": 2}
    assert len(await world.series(voided.attempt_id)) == 2
    assert len(await world.series(absent.attempt_id)) == 1


async def test_sittings_that_run_are_marked_by_the_correction_when_they_end(world: World) -> None:
    hall = await a_hall(world)
    who = await hall.starts()
    await hall.executed("S0", hall.new_key("S0", "乙"))
    outcome = await hall.hands_in(who, "S1 S2 S3", CHOSE_B)
    assert (outcome.score_hundredths, outcome.result) == (6400, "pass")
    assert len(await world.series(who.attempt_id)) == 1


async def test_a_sitting_that_a_worker_ended_by_what_it_knew_before_is_found_by_the_second_pass(world: World) -> None:
    hall = await a_hall(world)
    await hall.sat("S1")
    late = await hall.starts()
    made = await hall.approved("S0", hall.new_key("S0", "乙"))
    await world.services.regrader.work_all(world.now_ms)
    world.services.shelf.in_force._kept[hall.exam.id] = (world.now_ms, {})  # what another process still goes by
    stale = await hall.hands_in(late, "S1 S2 S3", CHOSE_B)
    assert stale.score_hundredths == 5200
    await world.services.regrader.work_all(world.now_ms)
    assert len(await world.series(late.attempt_id)) == 1
    await hall.settled()
    assert await hall.scores(late) == [(64, "pass")]
    done = await hall.correction(made.id)
    assert (done.state, done.counts["fail_to_pass"]) == (CorrectionState.DONE, 1)


async def test_a_worker_knows_of_a_correction_after_twenty_seconds(world: World) -> None:
    hall = await a_hall(world)
    known = corrections.InForce()
    async with world.services.database.reading() as tx:
        assert await known.of(tx, hall.exam.id, world.now_ms) == {}
    await hall.approved("S0", FullMarks())
    for later_ms, knows in ((corrections.KEPT_MS - 1, False), (corrections.KEPT_MS, True)):
        async with world.services.database.reading() as tx:
            assert bool(await known.of(tx, hall.exam.id, world.now_ms + later_ms)) is knows


async def test_a_correction_that_is_executed_again_and_again_changes_nobody_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after any page: what was written stands, the next worker goes on behind it."""
    monkeypatch.setattr(work, "PAGE", 2)
    monkeypatch.setattr(work, "WRITES", 1)
    hall = await a_hall(world)
    who = [await hall.sat("S1 S2 S3", CHOSE_B) for _ in range(5)]
    made = await hall.approved("S0", hall.new_key("S0", "乙"))
    database = world.services.database
    turns = 0
    while await world.services.regrader.work(world.now_ms):
        turns += 1
        async with database.writing() as tx:  # a worker that was slow, with the cursor it had read
            old = await corrections.get_correction(tx, made.id)
            assert not await corrections.advance(tx, made, made.cursor, {}, work.CorrectionPhase.EXECUTE) or (
                old.cursor == made.cursor
            )
        async with database.writing() as tx:  # and one that begins at the beginning
            if old.phase is work.CorrectionPhase.EXECUTE and turns == 2:
                await corrections.move(tx, made.id, cursor=0)
    await hall.settled()
    assert turns > 3
    assert await hall.scores(*who) == [(64, "pass")] * 5
    assert [len(await world.series(one.attempt_id)) for one in who] == [2] * 5


async def test_an_attempt_that_is_voided_between_reading_and_writing_is_read_again(world: World) -> None:
    hall = await a_hall(world)
    who = await hall.sat("S1 S2 S3", CHOSE_B)
    await hall.approved("S0", FullMarks())
    regrader = world.services.regrader
    async with world.services.database.reading() as tx:
        [known] = await corrections.to_do(tx)
    page = await regrader._page(known)
    await world.voided(who.attempt_id)
    with pytest.raises(Conflict):
        async with world.services.database.writing() as tx:
            await regrader._record(tx, known, page.impacts, world.now_ms)
    await hall.settled()
    assert [one.state for one in await world.series(who.attempt_id)] == ["submitted", "void"]


async def test_a_later_correction_replaces_the_first_and_adds_to_others(world: World) -> None:
    hall = await a_hall(world)
    who = [await hall.sat("S1 S2", {"S0": text}) for text in ("甲", "乙", "丙")]
    assert await hall.scores(*who) == [(76, "pass"), (64, "pass"), (64, "pass")]
    await hall.executed("S0", hall.new_key("S0", "乙"))
    assert await hall.scores(*who) == [(64, "pass"), (76, "pass"), (64, "pass")]
    await hall.executed("S1", FullMarks())
    assert await hall.scores(*who) == [(76, "pass"), (88, "pass"), (76, "pass")]
    await hall.executed("S0", hall.new_key("S0", "丙"))
    assert await hall.scores(*who) == [(76, "pass"), (76, "pass"), (88, "pass")]
    assert [len(await world.series(one.attempt_id)) for one in who] == [3, 4, 3]


async def test_two_persons_are_needed(world: World) -> None:
    hall = await a_hall(world)
    made = await hall.previewed("S0", FullMarks())
    database, shelf, now_ms = world.services.database, world.services.shelf, world.now_ms
    seen_ms = made.previewed_ms or 0

    async def decides(by: int, decision: Decision = Decision.APPROVED, seen: int = seen_ms) -> Obstacle | None:
        return await decide_correction(database, shelf, made.id, decision, by, seen, now_ms)

    assert await decides(hall.checker) is Obstacle.NOT_OPEN
    assert await ask_correction(database, made.id, hall.checker, now_ms) is Obstacle.NOT_YOURS
    assert await ask_correction(database, made.id, hall.author, now_ms) is None
    assert await ask_correction(database, made.id, hall.author, now_ms) is None
    assert await decides(hall.author) is Obstacle.OWN_REQUEST
    assert await decides(hall.checker, seen=seen_ms - 1) is Obstacle.PREVIEW_IS_OLD
    assert await decides(hall.checker) is None
    assert await decides(hall.checker) is None
    assert await decides(hall.checker, Decision.REFUSED) is Obstacle.NOT_OPEN
    assert await drop_correction(database, made.id, hall.author, now_ms) is Obstacle.NOT_OPEN
    async with database.reading() as tx:
        lines = await audit.newest(tx, object_kind="correction", object_id=made.id)
    assert [(line.act, line.person_id) for line in lines] == [
        ("decide_correction", hall.checker),
        ("ask_correction", hall.author),
        ("draft_correction", hall.author),
    ]
    said = lines[0].facts
    assert (said["decision"], said["reason"], said["source"]) == ("approved", "原答案与条例不符", "条例第十二条")
    assert (said["ruling"], said["asked_by"]) == ('{"type":"full_marks"}', hall.author)


async def test_whoever_sits_the_exam_neither_asks_nor_approves(world: World) -> None:
    hall = await a_hall(world)
    both = await world.person(Role.AUTHOR, Role.CANDIDATE)
    await world.enrolled(hall.exam, both)
    assert await hall.drafted("S0", FullMarks(), by=both) is Obstacle.OWN_EXAM
    made = await hall.previewed("S0", FullMarks())
    services = world.services
    await ask_correction(services.database, made.id, hall.author, world.now_ms)
    seen_ms = made.previewed_ms or 0
    said = await decide_correction(
        services.database, services.shelf, made.id, Decision.APPROVED, both, seen_ms, world.now_ms
    )
    assert said is Obstacle.OWN_EXAM


async def test_one_correction_of_an_exam_is_executed_at_a_time_and_makes_other_previews_old(world: World) -> None:
    hall = await a_hall(world)
    database, shelf = world.services.database, world.services.shelf
    second = await hall.previewed("S1", FullMarks())
    await ask_correction(database, second.id, hall.author, world.now_ms)
    await hall.approved("S0", FullMarks())
    third = await hall.previewed("S2", FullMarks())
    await ask_correction(database, third.id, hall.author, world.now_ms)

    async def approves(made: corrections.Correction) -> Obstacle | None:
        return await decide_correction(
            database, shelf, made.id, Decision.APPROVED, hall.checker, made.previewed_ms or 0, world.now_ms
        )

    assert await approves(second) is Obstacle.PREVIEW_IS_OLD
    assert await approves(third) is Obstacle.ANOTHER_RUNS
    await hall.settled()
    assert await approves(third) is None
    assert await preview_again(database, second.id, hall.author, world.now_ms) is None
    await hall.settled()
    again = await hall.correction(second.id)
    assert (again.state, again.basis) == (CorrectionState.DRAFTED, third.id)


async def test_what_cannot_be_a_correction_is_refused(world: World) -> None:
    hall = await a_hall(world)
    assert await hall.drafted("S0", hall.new_key("S0", "甲")) is Obstacle.NOTHING_CHANGES
    assert await hall.drafted("J0", AnyOf(("t",))) is Obstacle.DOES_NOT_FIT


async def test_a_form_sent_twice_drafts_once(world: World) -> None:
    hall = await a_hall(world)
    first = await hall.drafted("S0", FullMarks())
    assert not isinstance(first, Obstacle)
    hall.intents -= 1
    world.clock.advance(1_000)
    again = await hall.drafted("S0", FullMarks())
    assert not isinstance(again, Obstacle)
    assert again.id == first.id
    assert await drop_correction(world.services.database, first.id, hall.author, world.now_ms) is None
    assert not await world.services.regrader.work(world.now_ms)


async def test_the_list_of_exams_tells_the_attempt_that_passed_by_a_correction(world: World) -> None:
    hall = await a_hall(world)
    first = await hall.sat("S1 S2 S3", CHOSE_B)  # 52, later 64
    await hall.sat("S1 S2 S3 S4", enrolment=first.enrolment, no=2)  # 52, later 40
    await hall.executed("S0", hall.new_key("S0", "乙"))
    async with world.browser(first.person_id) as browser:
        mine = (await browser.get("/my")).text
    assert "成绩由 52 分改为 64 分，由不及格改为及格" in mine
    assert '<span class="left-number num">64</span>' in mine


async def test_a_preview_made_again_may_not_leave_a_paper_without_items(world: World) -> None:
    """Eight of nine are gone; the ninth was drafted while more were left."""
    hall = await a_hall(world)
    last = await hall.drafted("J1", Dropped())
    assert not isinstance(last, Obstacle)
    for number in ("S0", "S1", "S2", "S3", "S4", "M0", "M1", "J0"):
        await hall.executed(number, Dropped())
    assert await hall.drafted("J1", FullMarks()) is not Obstacle.NOTHING_LEFT
    other = await hall.drafted("J1", Dropped(), upwards=True)
    assert other is Obstacle.NOTHING_LEFT
    assert await hall.drafted("S0", Dropped()) is Obstacle.NOTHING_CHANGES
    database, shelf = world.services.database, world.services.shelf
    assert await preview_again(database, last.id, hall.author, world.now_ms) is None
    await hall.settled()
    assert await ask_correction(database, last.id, hall.author, world.now_ms) is None
    seen_ms = (await hall.correction(last.id)).previewed_ms or 0
    said = await decide_correction(database, shelf, last.id, Decision.APPROVED, hall.checker, seen_ms, world.now_ms)
    assert said is Obstacle.NOTHING_LEFT
