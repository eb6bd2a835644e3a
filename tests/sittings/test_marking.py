"""Answers that people mark: who is offered what, what their marks come to, and when the result is recorded."""

from pathlib import Path

import pytest

from examengine.live import CloseReason
from examengine.records import marking, outcomes, proof
from examengine.records.enrolments import Enrolment
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.history import load_history
from examengine.records.marking import CHANGE_MS, MarkWord, Task
from examengine.records.words import Role
from examengine.refusals import Reason, Refusal
from examengine.sittings.contract import contract_of
from examengine.sittings.finish import Ended
from examengine.sittings.notary import trusted_keys
from tests.kinds import CLOZE, ESSAY, MATCHING, NUMBER, SHORT, an_exam_of_every_kind, best_answers
from tests.world import EVIDENCE_KEYS, World


async def sat(
    world: World, exam: Exam, *, essay: str = "核对发件人。", change: dict[int, str] | None = None
) -> tuple[Enrolment, int]:
    """A finished attempt: enrolment and id."""
    enrolment = await world.enrolled(exam, await world.person())
    attempt_id = await world.started(enrolment)
    pen = await world.pen(attempt_id, enrolment.person_id)
    answers = await best_answers(world, attempt_id, essay=essay) | (change or {})
    await world.answer(pen, {position: value for position, value in answers.items() if value})
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended), ended
    return enrolment, attempt_id


async def markers(world: World, count: int) -> list[int]:
    return [await world.person(Role.MARKER, name=f"阅卷{n}") for n in range(count)]


async def offered(world: World, marker: int) -> list[Task]:
    """What a marker is offered first of every item."""
    async with world.services.database.reading() as tx:
        found = []
        for exam in await marking.queues(tx, marker):
            for item in exam.items:
                task = await marking.next_task(tx, exam.exam_id, item.version_id, item.cell, marker)
                found += [task] if task is not None else []
    return found


async def give(world: World, marker: int, task: Task, points: int, no: int = 1, comment: str = "") -> MarkWord:
    async with world.services.database.writing() as tx:
        return await marking.record_mark(tx, task.id, marker, points * 100, comment, no, world.now_ms)


async def settled(world: World) -> int:
    """Results recorded once nobody may change a mark any more."""
    world.clock.advance(CHANGE_MS)
    return await world.services.settler.settle_due(world.now_ms)


async def test_a_paper_of_every_kind_is_marked_but_for_the_essay(world: World) -> None:
    exam = await an_exam_of_every_kind(world)
    _, attempt_id = await sat(world, exam)
    outcome = await world.outcome(attempt_id)
    assert (outcome.state, outcome.score_hundredths, outcome.result) == ("submitted", None, None)
    assert outcome.reason == "awaiting_marking"
    async with world.services.database.reading() as tx:
        final = await outcomes.get_answers(tx, attempt_id)
    assert isinstance(final.detail, dict)
    marks = {position: (verdict, hundredths) for position, verdict, hundredths in final.detail["items"]}
    assert {marks[p] for p in (SHORT, NUMBER)} == {("right", 1000)}
    assert marks[MATCHING] == marks[CLOZE] == ("right", 1500)
    assert marks[ESSAY] == ("waiting", 0)


async def test_a_paper_whose_essay_is_blank_needs_nobody(world: World) -> None:
    exam = await an_exam_of_every_kind(world)
    _, attempt_id = await sat(world, exam, essay="")
    outcome = await world.outcome(attempt_id)
    assert (outcome.score_hundredths, outcome.result) == (7500, "pass")
    assert await offered(world, (await markers(world, 1))[0]) == []


@pytest.mark.parametrize(
    ("first", "second", "third", "total"),
    [(20, 23, None, 9650), (20, 20, None, 9500), (0, 3, None, 7650), (20, 24, 5, 8000), (25, 0, 25, 10000)],
)
async def test_two_markers_agree_or_a_third_decides(
    world: World, first: int, second: int, third: int | None, total: int
) -> None:
    exam = await an_exam_of_every_kind(world, tolerance=300)
    _, attempt_id = await sat(world, exam)
    people = await markers(world, 3)
    for marker, points in zip(people, (first, second), strict=False):
        [task] = await offered(world, marker)
        assert await give(world, marker, task, points) is MarkWord.RECORDED
        assert await offered(world, marker) == []
    if third is None:
        assert await offered(world, people[2]) == []
    else:
        assert await settled(world) == 0
        [task] = await offered(world, people[2])
        assert await give(world, people[2], task, third) is MarkWord.RECORDED
    assert await settled(world) == 1
    [awaiting, marked] = await world.series(attempt_id)
    assert (marked.score_hundredths, marked.reason, marked.cause) == (total, "pass", "marking")
    assert (marked.state, marked.ended_ms) == (awaiting.state, awaiting.ended_ms)
    assert await settled(world) == 0


async def test_one_marker_is_enough_where_the_plan_says_one(world: World) -> None:
    exam = await an_exam_of_every_kind(world, markers=1)
    _, attempt_id = await sat(world, exam)
    [first, second] = await markers(world, 2)
    [task], [same] = await offered(world, first), await offered(world, second)
    assert await give(world, first, task, 0) is MarkWord.RECORDED
    assert await give(world, second, same, 25) is MarkWord.NOT_NEEDED
    assert await settled(world) == 1
    assert (await world.series(attempt_id))[-1].score_hundredths == 7500


async def test_a_mark_is_changed_by_a_further_row_until_the_result_is_recorded(world: World) -> None:
    exam = await an_exam_of_every_kind(world, markers=1)
    _, attempt_id = await sat(world, exam)
    [marker] = await markers(world, 1)
    [task] = await offered(world, marker)
    assert await give(world, marker, task, 5) is MarkWord.RECORDED
    assert await give(world, marker, task, 5) is MarkWord.REPEATED
    assert await give(world, marker, task, 6) is MarkWord.STALE
    world.clock.advance(CHANGE_MS - 1)
    assert await give(world, marker, task, 10, no=2, comment="改") is MarkWord.RECORDED
    world.clock.advance(1)
    assert await world.services.settler.settle_due(world.now_ms) == 0
    assert await settled(world) == 1
    assert (await world.series(attempt_id))[-1].score_hundredths == 8500
    assert await give(world, marker, task, 25, no=3) is MarkWord.FROZEN
    async with world.services.database.reading() as tx:
        [own] = await marking.own_marks(tx, exam.id, task.version_id, task.cell, marker, 10)
    assert (own.hundredths, own.may_change) == (1000, False)


async def test_marks_that_come_apart_again_hold_the_result_back(world: World) -> None:
    exam = await an_exam_of_every_kind(world, tolerance=0)
    await sat(world, exam)
    [first, second, third] = await markers(world, 3)
    [task] = await offered(world, first)
    assert await give(world, first, task, 10) is MarkWord.RECORDED
    assert await give(world, second, task, 10) is MarkWord.RECORDED
    assert await give(world, first, task, 11, no=2) is MarkWord.RECORDED
    assert await settled(world) == 0
    assert [each.id for each in await offered(world, third)] == [task.id]


async def test_who_wrote_the_same_is_marked_once(world: World) -> None:
    exam = await an_exam_of_every_kind(world, markers=1, by_hand=True)
    early = [
        await sat(world, exam, essay="", change={SHORT: f'["{text}"]'})
        for text in ("数据安全法", "数据 安全法", "宪法")
    ]
    [marker] = await markers(world, 1)
    [task] = await offered(world, marker)
    assert task.copies in {1, 2}
    async with world.services.database.reading() as tx:
        [queue] = (await marking.queues(tx, marker))[0].items
    assert (queue.answers, queue.tasks, queue.for_me) == (3, 2, 2)
    while tasks := await offered(world, marker):
        assert await give(world, marker, tasks[0], 10 if "数据" in tasks[0].answer else 0) is MarkWord.RECORDED
    assert await settled(world) == 3
    scores = [(await world.series(attempt_id))[-1].score_hundredths for _, attempt_id in early]
    assert scores == [7500, 7500, 6500]

    _, late = await sat(world, exam, essay="", change={SHORT: '["ＤＡＴＡ"]'})
    _, later = await sat(world, exam, essay="", change={SHORT: '["宪法"]'})
    assert await world.services.settler.settle_due(world.now_ms) == 1
    assert (await world.series(later))[-1].score_hundredths == 6500
    assert len(await world.series(late)) == 1


async def test_nobody_marks_his_own_answer(world: World) -> None:
    exam = await an_exam_of_every_kind(world)
    enrolment, _ = await sat(world, exam)
    [other] = await markers(world, 1)
    [task] = await offered(world, other)
    assert await offered(world, enrolment.person_id) == []
    assert await give(world, enrolment.person_id, task, 25) is MarkWord.OWN_ANSWER
    async with world.services.database.reading() as tx:
        with pytest.raises(Missing):
            await marking.get_task(tx, task.id, enrolment.person_id)


@pytest.mark.parametrize("points", [-1, 26])
async def test_a_mark_outside_the_points_is_none(world: World, points: int) -> None:
    exam = await an_exam_of_every_kind(world)
    await sat(world, exam)
    [marker] = await markers(world, 1)
    [task] = await offered(world, marker)
    with pytest.raises(ValueError, match="no such mark"):
        await give(world, marker, task, points)


async def may_start(world: World, enrolment: Enrolment) -> str:
    async with world.services.database.reading() as tx:
        record = await load_history(tx, enrolment.id)
        rulebook = await world.services.shelf.rulebook(tx, enrolment.rulebook_digest)
    told = contract_of(rulebook, record, world.now_ms)
    return told.reason.value if isinstance(told, Refusal) else "may start"


async def test_the_next_attempt_waits_for_the_marks_of_the_last(world: World) -> None:
    exam = await an_exam_of_every_kind(world, markers=1)
    enrolment, _ = await sat(world, exam, change={CLOZE: "", MATCHING: ""})
    assert await may_start(world, enrolment) == Reason.RESULT_PENDING
    [marker] = await markers(world, 1)
    [task] = await offered(world, marker)
    await give(world, marker, task, 0)
    assert await settled(world) == 1
    assert await may_start(world, enrolment) == "may start"


async def test_a_void_ends_the_wait(world: World) -> None:
    exam = await an_exam_of_every_kind(world)
    enrolment, attempt_id = await sat(world, exam)
    [marker] = await markers(world, 1)
    assert len(await offered(world, marker)) == 1
    await world.voided(attempt_id)
    assert await offered(world, marker) == []
    assert await may_start(world, enrolment) == "may start"


async def test_marks_stand_in_the_evidence_that_stands(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive of the finish still agrees after the result; the result has a link of its own."""
    monkeypatch.chdir(tmp_path)  # the notary keeps a copy there
    exam = await an_exam_of_every_kind(world, markers=1)
    await sat(world, exam)
    [marker] = await markers(world, 1)
    [task] = await offered(world, marker)
    await give(world, marker, task, 25)
    assert await settled(world) == 1
    await world.services.notary.note(world.now_ms)
    async with world.services.database.reading() as tx:
        proven = await proof.prove(tx, trusted_keys(EVIDENCE_KEYS))
    assert proven.fault is None
    assert proven.waiting == 0
