"""A blueprint may split a kind into many cells: a candidate meets one section of it, before, during and after."""

from dataclasses import replace

from examengine.demo.practice import practice_text
from examengine.live import CloseReason
from examengine.papers.blueprint import Blueprint, blueprint_of
from examengine.publishing.blueprints import keep_blueprint
from examengine.rules.load import load, packaged_text, usable
from examengine.web.candidate.contract_words import paper_facts
from tests.rules.test_paper_sections import with_sections
from tests.web_author.test_blueprints import text_of, topical
from tests.world import World


async def test_the_result_has_one_line_a_kind(world: World) -> None:
    single, multiple, judge = blueprint_of(usable(load(practice_text(2026, "练习")))).cells
    cells = (replace(single, count=12, topic="法规"), replace(single, count=18, topic="技术"), multiple, judge)
    bank_id = await world.bank(topical())
    plan = await keep_blueprint(
        world.services.database, bank_id, "正式卷", Blueprint(cells, 10_000), "", 0, None, world.now_ms
    )
    exam = await world.exam(bank_id=bank_id, blueprint_id=plan.id)
    person = await world.person()
    attempt = await world.started(await world.enrolled(exam, person))
    pen = await world.pen(attempt, person)
    await world.answer(pen, dict(list((await world.right_answers(attempt)).items())[:20]))
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    async with world.browser(person) as browser:
        shown = await browser.get(f"/sittings/{attempt}/result")
    told = text_of(shown)
    assert "单选题 20 / 30 40 / 60" in told


def test_the_contract_names_every_kind_that_the_rulebook_asks_for() -> None:
    text = with_sections(short_answer="{ count = 4, points = 1 }", essay='{ count = 1, points = "6.0", markers = 2 }')
    facts = paper_facts(usable(load(text)).exam.paper)
    assert [(fact.term, fact.value) for fact in facts[2:]] == [
        ("填空题", "4 题，每题 1 分"),
        ("简答题", "1 题，每题 6 分"),
    ]
    assert len(paper_facts(usable(load(packaged_text("guangxi-2014"))).exam.paper)) == 3
