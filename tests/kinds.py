"""An exam with every kind of question, and people who mark."""

from dataclasses import replace

from sqlalchemy import update

from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    EssayExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
    encode,
    parts_of,
)
from examengine.papers.blueprint import from_json, to_json
from examengine.records.exams import Exam
from examengine.records.tables import exams
from tests.world import World

OPTIONS = tuple(Option(letter, f"选项{text}") for letter, text in zip("abcd", "甲乙丙丁", strict=True))
PAIRS = PairsExpected(
    (Pair("数据安全法", "2021 年 9 月"), Pair("网络安全法", "2017 年 6 月"), Pair("密码法", "2020 年 1 月")),
    ("2019 年 5 月",),
)
GAPS = GapsExpected(
    (
        Gap("{1}", TextExpected((AcceptedText("保密性"), AcceptedText("机密性")))),
        Gap("{2}", NumberExpected((NumberRange("3", "3"),), "级")),
        Gap("{3}", ChoiceExpected(("公安机关", "网信部门", "人社部门"), ((0, 100),))),
    )
)
EVERY_KIND = (
    Item(Kind.SINGLE_CHOICE, "网络安全法何时施行？", OPTIONS, frozenset("a"), external_no="K1"),
    Item(Kind.MULTIPLE_CHOICE, "个人信息包括哪些？", OPTIONS, frozenset("ab"), external_no="K2"),
    Item(Kind.TRUE_FALSE, "口令应当定期更换。", TRUE_FALSE_OPTIONS, frozenset("t"), external_no="K3"),
    Item(
        Kind.SHORT_ANSWER,
        "2021 年施行、规范数据处理活动的法律是？",
        (),
        frozenset(),
        external_no="K4",
        expected=TextExpected((AcceptedText("数据安全法"), AcceptedText("安全法", 50))),
    ),
    Item(
        Kind.NUMERIC,
        "一次考试 60 分钟，已用 45 分钟，还剩多少？",
        (),
        frozenset(),
        external_no="K5",
        expected=NumberExpected((NumberRange("15", "15"),), "分钟"),
    ),
    Item(Kind.MATCHING, "将法律与施行时间配对。", (), frozenset(), external_no="K6", expected=PAIRS),
    Item(
        Kind.CLOZE,
        "信息安全三要素是 {1}、完整性、可用性；三要素之外，等级保护第 {2} 由 {3} 监督。",
        (),
        frozenset(),
        external_no="K7",
        expected=GAPS,
    ),
    Item(
        Kind.ESSAY,
        "论述如何防范网络钓鱼。",
        (),
        frozenset(),
        external_no="K8",
        expected=EssayExpected("核对发件人；不点陌生链接；双因素认证。"),
    ),
)
ONE_EACH = {
    "exam.paper": {
        "single": {"count": 1, "points": 10},
        "multiple": {"count": 1, "points": 10, "partial_credit": "none"},
        "judge": {"count": 1, "points": 5},
        "short_answer": {"count": 1, "points": 10},
        "numeric": {"count": 1, "points": 10},
        "matching": {"count": 1, "points": 15, "partial_credit": "per_option"},
        "cloze": {"count": 1, "points": 15, "partial_credit": "per_option"},
        "essay": {"count": 1, "points": 25, "markers": 2},
        "new_per_attempt": False,
    }
}
SHORT, NUMBER, MATCHING, CLOZE, ESSAY = 4, 5, 6, 7, 8
"""Positions on the paper, which has one question of each kind."""


async def an_exam_of_every_kind(
    world: World, *, markers: int = 2, tolerance: int = 300, by_hand: bool = False
) -> Exam:
    """``tolerance``: of two markers, in hundredths of a point; ``by_hand``: the short answer has no text named."""
    made = list(EVERY_KIND)
    if by_hand:
        made[SHORT - 1] = replace(made[SHORT - 1], expected=TextExpected(()))
    exam = await world.exam(ONE_EACH, bank_id=await world.bank(made))
    blueprint = from_json(exam.blueprint.encode())
    cells = (*(replace(cell, markers=1) for cell in blueprint.cells[:-1]), blueprint.cells[-1])
    cells = (*cells[:-1], replace(cells[-1], markers=markers, tolerance_hundredths=tolerance))
    written = to_json(replace(blueprint, cells=cells)).decode()
    async with world.services.database.writing() as tx:
        await tx.run(update(exams).where(exams.c.id == exam.id).values(blueprint=written))
    return replace(exam, blueprint=written)


async def best_answers(world: World, attempt_id: int, *, essay: str = "核对发件人。") -> dict[int, str]:
    """Position to the answer that earns everything; of the essay, this text."""
    paper = await world.paper(attempt_id)
    answers = await world.right_answers(attempt_id)
    async with world.services.database.reading() as tx:
        known = await world.services.shelf.items(tx, [item.version_id for item in paper.items])
    for position, placed in enumerate(paper.items, start=1):
        item = known[placed.version_id]
        if item.expected is not None:
            answers[position] = encode([essay] if item.kind is Kind.ESSAY else right_parts(item))
    return answers


def right_parts(item: Item) -> list[str]:
    """The parts of a right answer, as a page posts them."""
    sides = [{text: side for side, text in part or ()} for part in parts_of(item)]
    match item.expected:
        case TextExpected() as text:
            return [text.accepted[0].text if text.accepted else "数据安全法"]
        case NumberExpected() as number:
            return [number.ranges[0].low]
        case PairsExpected() as pairs:
            return [side[pair.right] for side, pair in zip(sides, pairs.pairs, strict=True)]
        case GapsExpected():
            return ["保密性", "3", sides[2]["公安机关"]]
        case _:
            return [""]
