"""Everything can be proved again: seed and release give the paper, answers and keys the score."""

import msgspec

from examengine.grading.keys import key_version
from examengine.grading.mark import mark
from examengine.live import CloseReason
from examengine.papers.blueprint import Blueprint
from examengine.papers.draw import draw
from examengine.papers.paper import Paper, unpack
from examengine.records import archives, exams, outcomes
from examengine.records.attempts import Attempt
from examengine.records.enrolments import Enrolment
from examengine.sittings.begin import local_day
from tests.world import World, items


async def blueprint_of(world: World, enrolment: Enrolment) -> Blueprint:
    async with world.services.database.reading() as tx:
        exam = await exams.get_exam(tx, enrolment.exam_id)
    return msgspec.json.decode(exam.blueprint, type=Blueprint)


async def drawn_again(world: World, enrolment: Enrolment, attempt: Attempt, earlier: list[Attempt]) -> Paper:
    shelf = world.services.shelf
    async with world.services.database.reading() as tx:
        release = await shelf.release(tx, attempt.release_id)
        rulebook = await shelf.rulebook(tx, attempt.rulebook_digest)
        versions = [item.version_id for one in earlier for item in unpack(one.paper).items]
        of = await shelf.item_ids(tx, versions)
    seen = [of[version_id] for version_id in versions]
    blueprint = await blueprint_of(world, enrolment)
    return draw(blueprint, release, attempt.seed, seen, local_day(attempt.started_ms, rulebook))


async def sat_out(world: World, enrolment: Enrolment, times: int, *, first_no: int = 1) -> list[Attempt]:
    """Attempts started and given up one after another."""
    sat = []
    for no in range(first_no, first_no + times):
        attempt_id = await world.started(enrolment, no=no)
        pen = await world.pen(attempt_id, enrolment.person_id)
        await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
        sat.append(await world.attempt(attempt_id))
        world.clock.advance(60_000)
    return sat


async def items_of(world: World, attempt: Attempt) -> set[int]:
    async with world.services.database.reading() as tx:
        versions = [item.version_id for item in unpack(attempt.paper).items]
        return set((await world.services.shelf.item_ids(tx, versions)).values())


async def test_every_attempts_paper_is_drawn_again_from_its_record(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(), await world.person())
    sat = await sat_out(world, enrolment, 3)
    for place, attempt in enumerate(sat):
        again = await drawn_again(world, enrolment, attempt, sat[:place])
        assert again == unpack(attempt.paper)
        assert attempt.generator == again.generator
    assert len({attempt.seed for attempt in sat}) == 3
    assert all(len(attempt.paper) < 300 for attempt in sat)


async def test_nothing_is_asked_twice_while_the_bank_allows(world: World) -> None:
    bank_id = await world.bank(items(90, 30, 30))
    enrolment = await world.enrolled(await world.exam(bank_id=bank_id), await world.person())
    sat = await sat_out(world, enrolment, 3)
    asked = [await items_of(world, attempt) for attempt in sat]
    assert len(asked[0] | asked[1] | asked[2]) == 150


async def test_where_the_bank_is_too_small_the_longest_unseen_come_again(world: World) -> None:
    enrolment = await world.enrolled(await world.exam(), await world.person())
    sat = await sat_out(world, enrolment, 3)
    asked = [await items_of(world, attempt) for attempt in sat]
    assert not asked[0] & asked[1]
    assert asked[2] <= asked[0] | asked[1]
    assert len(asked[2] & asked[0]) == 50


async def test_nothing_is_asked_twice_over_two_exams_of_one_bank(world: World) -> None:
    bank_id = await world.bank(items(90, 30, 30))
    person_id = await world.person()
    one = await world.enrolled(await world.exam(bank_id=bank_id), person_id)
    two = await world.enrolled(await world.exam({"exam.minutes": 90}, bank_id=bank_id), person_id)
    [first] = await sat_out(world, one, 1)
    [second] = await sat_out(world, two, 1)
    assert not await items_of(world, first) & await items_of(world, second)


async def test_where_the_rules_give_one_paper_for_all_attempts_it_is_the_same(world: World) -> None:
    exam = await world.exam({"exam.paper.new_per_attempt": False})
    enrolment = await world.enrolled(exam, await world.person())
    sat = await sat_out(world, enrolment, 2)
    assert sat[0].paper == sat[1].paper


async def test_two_people_get_two_papers(world: World) -> None:
    exam = await world.exam()
    papers = []
    for _ in range(2):
        attempt_id = await world.started(await world.enrolled(exam, await world.person()))
        papers.append((await world.attempt(attempt_id)).paper)
    assert papers[0] != papers[1]


async def test_the_score_is_marked_again_from_the_kept_answers(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    paper = await world.paper(attempt_id)
    given = {position: right[position] for position in range(1, 45)}
    given[45] = paper.items[44].option_order[1]
    await world.answer(pen, given)
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    outcome = await world.outcome(attempt_id)
    async with world.services.database.reading() as tx:
        final = await outcomes.get_answers(tx, attempt_id)
        known = await world.services.shelf.items(tx, [item.version_id for item in paper.items])
    keys = {version_id: item.key for version_id, item in known.items()}
    by_position = {p: final.answers.get(item.version_id, "") for p, item in enumerate(paper.items, 1)}
    score = mark(paper, await blueprint_of(world, enrolment), by_position, keys)
    assert score.total_hundredths == outcome.score_hundredths
    assert key_version(keys) == outcome.key_version


async def test_the_journal_is_kept_with_the_outcome(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a", 2: "b"})
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    async with world.services.database.reading() as tx:
        lines = await archives.get_journal(tx, attempt_id)
    assert [line[0] for line in lines] == ["o", "c", "a", "a", "z"]
