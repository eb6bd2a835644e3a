import pytest

from examengine.banks.item import Item as BankItem
from examengine.banks.item import Kind
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    EssayExpected,
    Expected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
    encode,
    right_sides,
    sides_of,
)
from examengine.grading.keys import key_of, key_version
from examengine.grading.mark import ItemMark, MarkingError, Verdict, mark, with_marks
from tests.grading.test_mark import Blueprint, Cell, Item, Paper

RIGHT, PARTIAL, WRONG, BLANK, WAITING = Verdict
PAIRS = PairsExpected((Pair("甲", "一"), Pair("乙", "二"), Pair("丙", "三")), ("四",))
SIDE = {text: side for side, text in right_sides(PAIRS)}
CHOICE = ChoiceExpected(("高", "中", "低"), ((2, 100), (1, 50)))
LEVEL = {text: side for side, text in sides_of(CHOICE.texts)}
GAPS = GapsExpected(
    (
        Gap("{1}", TextExpected((AcceptedText("保密"), AcceptedText("机密", 50)))),
        Gap("{2}", NumberExpected((NumberRange("3", "3"),)), 2),
        Gap("{3}", CHOICE),
    )
)
TEXT = TextExpected((AcceptedText("数据安全法"), AcceptedText("安全法", 50)))
NUMBER = NumberExpected((NumberRange("9.5", "10.5"), NumberRange("9", "11", 30)))


def mark_one(answer: str, key: Expected, rule: str = "none", points: int = 400) -> ItemMark:
    score = mark(Paper((Item(1, 0, ()),)), Blueprint((Cell(points, rule),)), {1: answer}, {1: key})
    assert score.total_hundredths == score.items[0].hundredths == score.cells[0].hundredths
    return score.items[0]


@pytest.mark.parametrize(
    ("what", "parts", "key", "rule", "verdict", "hundredths"),
    [
        ("the text", ["数据安全法"], TEXT, "none", RIGHT, 400),
        ("a text worth half", ["安全法"], TEXT, "none", PARTIAL, 200),
        ("another text", ["宪法"], TEXT, "none", WRONG, 0),
        ("nothing", [""], TEXT, "none", BLANK, 0),
        ("the number", ["10"], NUMBER, "none", RIGHT, 400),
        ("a number in the wider range", ["11.0"], NUMBER, "none", PARTIAL, 120),
        ("a number beyond", ["11.01"], NUMBER, "none", WRONG, 0),
        ("all pairs", [SIDE["一"], SIDE["二"], SIDE["三"]], PAIRS, "none", RIGHT, 400),
        ("two pairs of three, all or nothing", [SIDE["一"], SIDE["二"], SIDE["四"]], PAIRS, "none", WRONG, 0),
        ("two pairs of three, a share each", [SIDE["一"], SIDE["二"], SIDE["四"]], PAIRS, "per_option", PARTIAL, 266),
        ("one pair, the rest blank, a share each", [SIDE["一"], "", ""], PAIRS, "per_option", PARTIAL, 133),
        ("two pairs, the rest blank, half", [SIDE["一"], SIDE["二"], ""], PAIRS, "half", PARTIAL, 200),
        ("two pairs, one wrong, half", [SIDE["一"], SIDE["二"], SIDE["四"]], PAIRS, "half", WRONG, 0),
        ("pairs crossed", [SIDE["二"], SIDE["一"], ""], PAIRS, "per_option", WRONG, 0),
        ("a side that is not there", ["zz", "", ""], PAIRS, "per_option", WRONG, 0),
        ("fewer parts than there are", [SIDE["一"]], PAIRS, "per_option", PARTIAL, 133),
        ("more parts than there are", [SIDE["一"], SIDE["二"], SIDE["三"], "a"], PAIRS, "none", RIGHT, 400),
        ("all gaps", ["保密", "３", LEVEL["低"]], GAPS, "none", RIGHT, 400),
        ("a gap worth half, all or nothing", ["机密", "3", LEVEL["低"]], GAPS, "none", WRONG, 0),
        ("a gap worth half, a share each", ["机密", "3", LEVEL["低"]], GAPS, "per_option", PARTIAL, 350),
        ("a choice worth half", ["保密", "", LEVEL["中"]], GAPS, "per_option", PARTIAL, 150),
        ("the gap that counts double", ["", "3", ""], GAPS, "per_option", PARTIAL, 200),
        ("a wrong choice alone", ["", "", LEVEL["高"]], GAPS, "per_option", WRONG, 0),
        ("an essay", ["一段话"], EssayExpected("要点"), "none", WAITING, 0),
        ("a blank essay needs nobody", [" \n"], EssayExpected("要点"), "none", BLANK, 0),
        ("a short answer with no text named", ["一段话"], TextExpected(()), "none", WAITING, 0),
    ],
)
def test_each_kind_is_marked(
    what: str, parts: list[str], key: Expected, rule: str, verdict: Verdict, hundredths: int
) -> None:
    marked = mark_one(encode(parts), key, rule)
    assert (marked.verdict, marked.hundredths) == (verdict, hundredths), what


@pytest.mark.parametrize("value", ["abc", "[", '["a"', "[1,2]", "{}", '[["a"]]', "[]", '[""]', "null"])
@pytest.mark.parametrize("key", [TEXT, NUMBER, PAIRS, GAPS])
def test_what_no_page_of_ours_saves_earns_nothing(value: str, key: Expected) -> None:
    marked = mark_one(value, key, "per_option" if key in (PAIRS, GAPS) else "none")
    assert marked.hundredths == 0
    assert marked.verdict in {WRONG, BLANK}


@pytest.mark.parametrize("points", [1, 99, 100, 101, 333])
def test_a_rest_of_a_hundredth_is_cut_off_once_an_item(points: int) -> None:
    answer = encode([SIDE["一"], SIDE["二"], ""])
    assert mark_one(answer, PAIRS, "per_option", points).hundredths == points * 2 // 3


def test_gaps_without_any_share_are_an_error_of_the_key() -> None:
    with pytest.raises(MarkingError):
        mark_one('["a"]', GapsExpected((Gap("{1}", TEXT, 0),)))


def test_people_s_marks_complete_a_score() -> None:
    essay = EssayExpected("要点")
    paper = Paper((Item(1, 0, ()), Item(2, 1, ()), Item(3, 1, ())))
    blueprint = Blueprint((Cell(400), Cell(1000)))
    answers = {1: encode(["数据安全法"]), 2: encode(["甲"]), 3: encode(["乙"])}
    score = mark(paper, blueprint, answers, {1: TEXT, 2: essay, 3: essay})
    assert [item.position for item in score.waiting] == [2, 3]
    assert (score.total_hundredths, score.full_hundredths) == (400, 2400)

    half = with_marks(score, {2: 1000})
    assert (half.total_hundredths, [item.position for item in half.waiting]) == (1400, [3])
    whole = with_marks(half, {3: 650})
    assert (whole.total_hundredths, whole.waiting) == (2050, ())
    assert [item.verdict for item in whole.items] == [RIGHT, RIGHT, PARTIAL]
    assert [(cell.right, cell.partial) for cell in whole.cells] == [(1, 0), (1, 1)]
    assert with_marks(half, {3: 0}).items[2].verdict is WRONG
    for wrong in ({1: 100}, {3: -1}, {3: 1001}, {4: 0}):
        with pytest.raises(MarkingError):
            with_marks(half, wrong)


def test_the_sides_tell_nothing_of_the_key() -> None:
    turned = PairsExpected(tuple(Pair(p.left, r) for p, r in zip(PAIRS.pairs, "二三一", strict=True)), ("四",))
    assert right_sides(PAIRS) == right_sides(turned)


def test_a_key_version_tells_expectations_apart_and_leaves_choices_as_they_were() -> None:
    assert key_version({7: frozenset("ba")}) == key_version({7: frozenset("ab")})
    one = {7: frozenset("a"), 8: TEXT}
    assert key_version(one) != key_version(one | {8: TextExpected(TEXT.accepted[:1])})
    assert key_version(dict(reversed(one.items()))) == key_version(one)


def test_the_key_of_an_item_is_its_options_or_its_expectation() -> None:
    assert key_of(BankItem(Kind.ESSAY, "论述", (), frozenset(), expected=EssayExpected())) == EssayExpected()
