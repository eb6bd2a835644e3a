"""A blueprint against a rulebook and items: what differs, what is lacking, what would mend it, what is kept."""

from dataclasses import replace
from datetime import date
from itertools import count

import pytest

from examengine.banks.item import Kind, from_json
from examengine.banks.item import to_json as item_json
from examengine.demo.practice import practice_text
from examengine.papers.blueprint import Blueprint, Cell, blueprint_of, to_json
from examengine.papers.release import Release, ReleaseItem
from examengine.publishing.blueprints import differences, examine_blueprint, keep_blueprint, leaving, name_of
from examengine.publishing.exams import NotReadyError, confirm_all, keep_rulebook, publish_exam, readiness
from examengine.publishing.items import release_bank
from examengine.publishing.proofs import Proofs
from examengine.records import audit, blueprints, exams, reviews
from examengine.records import items as records_items
from examengine.records.blueprints import ChangedMeanwhileError
from examengine.records.errors import Missing
from examengine.records.items import NewVersion
from examengine.records.words import ReviewDecision, Role
from examengine.rules.load import load, usable
from examengine.rules.rulebook import Rulebook
from tests.web_author.test_blueprints import topical
from tests.world import World, items

TEXT = practice_text(2026, "练习")
RULES: Rulebook = usable(load(TEXT))
OWN = blueprint_of(RULES)
SINGLE, MULTIPLE, JUDGE = OWN.cells


def of(*cells: Cell) -> Blueprint:
    return Blueprint(cells, sum(cell.count * cell.points_hundredths for cell in cells))


def release(*groups: tuple[Kind, str, str, int], valid_until: date | None = None) -> Release:
    numbers = count(1)
    made = [
        ReleaseItem(n := next(numbers), n, kind, ("a", "b"), frozenset(), topic, difficulty, valid_until)
        for kind, topic, difficulty, many in groups
        for _ in range(many)
    ]
    return Release(1, tuple(made))


PLENTY = ((Kind.MULTIPLE_CHOICE, "", "", 40), (Kind.TRUE_FALSE, "", "", 40))


def test_the_rulebooks_own_blueprint_and_one_split_by_topic_agree_with_it() -> None:
    assert differences(OWN, RULES) == ()
    split = of(replace(SINGLE, count=12, topic="法规"), replace(SINGLE, count=18, topic="技术"), MULTIPLE, JUDGE)
    assert differences(split, RULES) == ()


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ((replace(SINGLE, count=29), MULTIPLE, JUDGE), ("少了 1 题", "总分 98 分，规则规定满分 100 分")),
        (
            (replace(SINGLE, count=31), MULTIPLE, JUDGE),
            ("单选题：规则要 30 题，组卷规则合计 31 题，多了 1 题", "102"),
        ),
        ((SINGLE, MULTIPLE), ("判断题：规则要 10 题，组卷规则里没有", "总分 90 分")),
        (
            (replace(SINGLE, points_hundredths=150), MULTIPLE, JUDGE),
            ("单选题：每题 1.5 分，规则规定每题 2 分", "总分 85 分"),
        ),
        (
            (SINGLE, MULTIPLE, replace(JUDGE, count=9), Cell(Kind.ESSAY, 1, 100)),
            ("判断题：规则要 10 题", "简答题：规则里没有这种题，组卷规则要 1 题"),
        ),
        ((SINGLE, replace(MULTIPLE, partial_credit="half"), JUDGE), ("多选题：评分办法",)),
    ],
)
def test_each_difference_is_named_by_its_section(cells: tuple[Cell, ...], told: tuple[str, ...]) -> None:
    found = differences(of(*cells), RULES)
    assert len(found) == len(told)
    for part, line in zip(told, found, strict=True):
        assert part in line


def test_points_may_differ_so_that_only_their_sum_agrees_and_are_refused_all_the_same() -> None:
    uneven = of(
        replace(SINGLE, count=15, points_hundredths=100, difficulty="易"),
        replace(SINGLE, count=15, points_hundredths=300, difficulty="难"),
        MULTIPLE,
        JUDGE,
    )
    assert [line.partition("：")[0] for line in differences(uneven, RULES)] == ["单选题·易", "单选题·难"]


def test_a_cell_that_lacks_items_is_told_what_would_mend_it() -> None:
    plan = of(replace(SINGLE, count=20, topic="法规"), replace(SINGLE, count=10, topic="技术"), MULTIPLE, JUDGE)
    held = release((Kind.SINGLE_CHOICE, "法规", "", 17), (Kind.SINGLE_CHOICE, "技术", "", 30), *PLENTY)
    proven = examine_blueprint(plan, held, RULES)
    [lack] = proven.lacks
    assert lack.told == "单选题·法规：要 20 题，只有 17 题"
    assert lack.remedies == (
        "补充 3 道符合条件的试题，审核通过后再发布题库版本",
        "少抽 3 题，改由“单选题·技术”多抽 3 题",
        "把这一格的知识点或难度改为“不限”",
    )
    assert proven.exposure is None
    assert [(supply.name, supply.available, supply.missing) for supply in proven.supplies][:2] == [
        ("单选题·法规", 17, 3),
        ("单选题·技术", 30, 0),
    ]


def test_the_mending_that_is_proposed_mends() -> None:
    plan = of(replace(SINGLE, count=20, topic="法规"), replace(SINGLE, count=10, topic="技术"), MULTIPLE, JUDGE)
    held = release((Kind.SINGLE_CHOICE, "法规", "", 17), (Kind.SINGLE_CHOICE, "技术", "", 13), *PLENTY)
    assert "改由“单选题·技术”多抽 3 题" in examine_blueprint(plan, held, RULES).lacks[0].remedies[1]
    mended = of(replace(SINGLE, count=17, topic="法规"), replace(SINGLE, count=13, topic="技术"), MULTIPLE, JUDGE)
    assert examine_blueprint(mended, held, RULES).lacks == ()
    one_less = release((Kind.SINGLE_CHOICE, "法规", "", 17), (Kind.SINGLE_CHOICE, "技术", "", 12), *PLENTY)
    assert not any("改由" in way for way in examine_blueprint(plan, one_less, RULES).lacks[0].remedies)


def test_cells_that_fail_only_together_are_named_together() -> None:
    plan = of(replace(SINGLE, count=20, topic="法规"), replace(SINGLE, count=10, difficulty="难"), MULTIPLE, JUDGE)
    held = release((Kind.SINGLE_CHOICE, "法规", "难", 25), *PLENTY)
    [lack] = examine_blueprint(plan, held, RULES).lacks
    assert lack.told == "单选题·法规、单选题·难：一起要 30 题，只有 25 题"
    assert any("争用同一批题" in way for way in lack.remedies)


def test_items_that_expire_before_the_last_day_do_not_count_and_are_named_as_a_way_out() -> None:
    last = RULES.window.closes_on
    groups = ((Kind.SINGLE_CHOICE, "", "", 30), *PLENTY)
    day_before = release(*groups, valid_until=last.replace(day=last.day - 1))
    lacks = examine_blueprint(OWN, day_before, RULES).lacks
    assert [lack.available for lack in lacks] == [0, 0, 0]
    assert "有 30 道符合条件的题在考试结束前到期，没有计入：核对后延长有效期" in lacks[0].remedies
    assert examine_blueprint(OWN, release(*groups, valid_until=last), RULES).lacks == ()
    assert len(leaving(OWN, day_before, RULES)) == 110
    assert leaving(OWN, release(*groups, valid_until=last), RULES) == ()
    gone = release(*groups, valid_until=date(RULES.meta.year - 1, 12, 31))
    assert leaving(OWN, gone, RULES) == ()


def test_exposure_knows_the_attempts_of_the_rulebook() -> None:
    held = release((Kind.SINGLE_CHOICE, "", "", 60), *PLENTY)
    exposure = examine_blueprint(OWN, held, RULES).exposure
    assert exposure is not None
    assert len(exposure.attempts) == RULES.exam.attempts - 1
    same = replace(RULES, exam=replace(RULES.exam, paper=replace(RULES.exam.paper, new_per_attempt=False)))
    exposure = examine_blueprint(OWN, held, same).exposure
    assert exposure is not None
    assert exposure.attempts[0].value == 50


def test_a_cell_is_called_by_what_narrows_it_also_where_that_is_nothing() -> None:
    assert name_of(replace(SINGLE, topic="密码", difficulty="易")) == "单选题·密码·易"
    assert name_of(replace(SINGLE, topic="", difficulty="")) == "单选题·（无知识点）·（无难度）"


async def test_revisions_are_kept_one_after_the_other_and_never_changed(world: World) -> None:
    database, bank_id = world.services.database, await world.bank()
    author, other = await world.person(Role.AUTHOR), await world.person(Role.AUTHOR)
    first = await keep_blueprint(database, bank_id, "正式卷", OWN, RULES.digest, 0, author, world.now_ms)
    assert await keep_blueprint(database, bank_id, "正式卷", OWN, RULES.digest, 0, author, world.now_ms + 9) == first
    changed = of(replace(SINGLE, count=30, difficulty="易"), MULTIPLE, JUDGE)
    second = await keep_blueprint(database, bank_id, "正式卷", changed, RULES.digest, 1, other, world.now_ms + 10)
    assert (first.no, second.no) == (1, 2)
    with pytest.raises(ChangedMeanwhileError) as late:
        await keep_blueprint(database, bank_id, "正式卷", OWN, RULES.digest, 1, author, world.now_ms + 20)
    assert late.value.newest == second
    with pytest.raises(Missing):
        await keep_blueprint(database, 999, "正式卷", OWN, RULES.digest, 0, author, world.now_ms)
    another = await keep_blueprint(database, bank_id, "备用卷", OWN, RULES.digest, 0, author, world.now_ms + 30)
    async with database.reading() as tx:
        assert await blueprints.get_revision(tx, first.id) == first
        assert await blueprints.list_newest(tx, bank_id) == (another, second)
        assert await blueprints.list_newest(tx, 999) == ()
        assert await blueprints.list_revisions(tx, bank_id, "正式卷") == (second, first)
        assert await blueprints.find_newest(tx, bank_id, "没有") is None
        with pytest.raises(Missing):
            await blueprints.get_revision(tx, 999)
        kept = [line for line in await audit.newest(tx, object_kind="bank") if line.act == "blueprint"]
    assert [(line.person_id, line.facts["revision"]) for line in kept] == [(author, 1), (other, 2), (author, 1)]


async def test_an_exam_is_published_with_the_blueprint_that_was_chosen_and_with_another_it_is_another(
    world: World,
) -> None:
    database, shelf = world.services.database, world.services.shelf
    bank_id, operator = await world.bank(topical()), await world.person(Role.OPERATOR)
    kept = await keep_rulebook(database, TEXT, "practice-2026", world.now_ms)
    released = await release_bank(database, bank_id, None, world.now_ms)
    split = of(replace(SINGLE, count=12, topic="法规"), replace(SINGLE, count=18, topic="技术"), MULTIPLE, JUDGE)
    plan = await keep_blueprint(database, bank_id, "正式卷", split, kept.digest, 0, None, world.now_ms)
    short = of(replace(SINGLE, count=29), MULTIPLE, JUDGE)
    wrong = await keep_blueprint(database, bank_id, "错卷", short, kept.digest, 0, None, world.now_ms)
    other = await keep_blueprint(database, await world.bank(items(), "别的"), "卷", OWN, kept.digest, 0, None, 1)

    async def publish(blueprint_id: int | None) -> exams.Exam:
        return await publish_exam(
            database, shelf, kept.digest, released.id, "", operator, world.now_ms, blueprint_id=blueprint_id
        )

    with pytest.raises(NotReadyError, match="还没有人确认"):
        await publish(plan.id)
    assumed = load(TEXT).assumed()
    await confirm_all(database, kept.digest, assumed, operator, "主管", world.now_ms)
    exam = await publish(plan.id)
    assert exam.blueprint.encode() == to_json(split)
    assert await publish(plan.id) == exam
    assert (await publish(None)).id != exam.id
    with pytest.raises(NotReadyError, match="少了 1 题"):
        await publish(wrong.id)
    for missing in (other.id, 999):
        with pytest.raises(Missing):
            await publish(missing)
    async with database.reading() as tx:
        ready = await readiness(tx, shelf, kept.digest, released.id, plan.id)
    assert (ready.revision, ready.is_ready, ready.missing()) == (plan, True, ())


async def test_what_a_release_made_now_would_hold_is_proved_before_it_is_made(world: World) -> None:
    proofs, shelf, bank_id = Proofs(), world.services.shelf, await world.bank(items(40, 20, 20))
    async with world.services.database.reading() as tx:
        now = await proofs.stock(tx, shelf, bank_id, None)
        assert await proofs.stock(tx, shelf, bank_id, None) is now
    made = await release_bank(world.services.database, bank_id, None, world.now_ms)
    async with world.services.database.reading() as tx:
        kept = await proofs.stock(tx, shelf, bank_id, made)
    assert (now.no, kept.no) == (None, 1)
    assert [replace(item, option_ids=(), fixed=frozenset()) for item in kept.release.items] == list(now.release.items)
    proven = await proofs.prove(OWN, now, RULES)
    assert await proofs.prove(OWN, now, RULES) is proven


def test_a_kind_that_is_asked_for_more_than_the_rulebook_does_is_first_to_be_asked_for_less() -> None:
    held = release((Kind.SINGLE_CHOICE, "", "", 30), *PLENTY)
    [lack] = examine_blueprint(of(replace(SINGLE, count=32), MULTIPLE, JUDGE), held, RULES).lacks
    assert lack.remedies[0] == "少抽 2 题：这种题现在比规则规定的多 2 题"
    fewer = release((Kind.SINGLE_CHOICE, "", "", 29), *PLENTY)
    [lack] = examine_blueprint(of(replace(SINGLE, count=32), MULTIPLE, JUDGE), fewer, RULES).lacks
    assert lack.remedies[0].startswith("补充 3 道")


async def test_an_item_that_is_retired_or_restored_changes_what_is_proved(world: World) -> None:
    proofs, shelf, bank_id = Proofs(), world.services.shelf, await world.bank(items(3, 0, 0))
    author, sizes = await world.person(Role.AUTHOR), []
    for decision in (None, ReviewDecision.RETIRED, ReviewDecision.RESTORED):
        async with world.services.database.writing() as tx:
            [found, *_] = await records_items.newest_versions(tx, bank_id)
            if decision is not None:
                await reviews.act(tx, decision, [found.version.id], author, world.now_ms)
        async with world.services.database.reading() as tx:
            sizes.append(len((await proofs.stock(tx, shelf, bank_id, None)).release.items))
    assert sizes == [3, 2, 3]


async def test_an_item_whose_newest_version_waits_counts_by_the_version_that_is_checked(world: World) -> None:
    bank_id = await world.bank(topical())
    async with world.services.database.writing() as tx:
        [found, *_] = await records_items.newest_versions(tx, bank_id)
        moved = replace(from_json(found.version.content), topic="另一个")
        version = NewVersion(
            found.external_no,
            moved.kind.value,
            item_json(moved),
            found.version.key,
            "e" * 64,
            item_id=found.version.item_id,
        )
        await records_items.add_versions(tx, bank_id, [version], None, world.now_ms)
    async with world.services.database.reading() as tx:
        stock = await Proofs().stock(tx, world.services.shelf, bank_id, None)
    assert stock.release.items[0].version_id == found.version.id
    assert {item.topic for item in stock.release.items} == {"法规", "技术", ""}
