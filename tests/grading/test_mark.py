from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.grading.keys import key_version
from examengine.grading.mark import CellMark, ItemMark, MarkingError, Verdict, mark

RIGHT, PARTIAL, WRONG, BLANK = Verdict.RIGHT, Verdict.PARTIAL, Verdict.WRONG, Verdict.BLANK
RULES = ("none", "half", "per_option")


@dataclass(frozen=True)
class Item:
    version_id: int
    cell: int
    option_order: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Cell:
    points_hundredths: int
    partial_credit: str = "none"


@dataclass(frozen=True)
class Blueprint:
    cells: tuple[Cell, ...]


def mark_one(answer: str, key: str, points: int = 300, rule: str = "none", options: str = "qkdwz") -> ItemMark:
    score = mark(
        Paper((Item(1, 0, tuple(options)),)),
        Blueprint((Cell(points, rule),)),
        {1: answer},
        {1: frozenset(key)},
    )
    assert score.total_hundredths == score.items[0].hundredths
    assert score.full_hundredths == points
    return score.items[0]


@pytest.mark.parametrize(
    ("what", "answer", "key", "verdict", "hundredths"),
    [
        ("the right option", "k", "k", RIGHT, 300),
        ("another option", "q", "k", WRONG, 0),
        ("nothing", "", "k", BLANK, 0),
        ("two options where one is right", "kq", "k", WRONG, 0),
        ("an option that is not there", "a", "k", WRONG, 0),
        ("the right option and one that is not there", "ak", "k", WRONG, 0),
        ("the letter in capitals", "K", "k", WRONG, 0),
        ("a blank sign", " ", "k", WRONG, 0),
        ("all right options", "dkq", "qkd", RIGHT, 300),
        ("all right options in another order", "qkd", "qkd", RIGHT, 300),
        ("too few options", "dk", "qkd", WRONG, 0),
        ("too many options", "dkqw", "qkd", WRONG, 0),
        ("every option where every one is right", "dkqwz", "qkdwz", RIGHT, 300),
    ],
)
def test_an_answer_earns_all_or_nothing(what, answer, key, verdict, hundredths):
    item = mark_one(answer, key)
    assert (item.verdict, item.hundredths) == (verdict, hundredths)


@pytest.mark.parametrize(
    ("what", "rule", "answer", "points", "verdict", "hundredths"),
    [
        ("half: one of three", "half", "q", 300, PARTIAL, 150),
        ("half: two of three", "half", "kq", 300, PARTIAL, 150),
        ("half: all", "half", "dkq", 300, RIGHT, 300),
        ("half: two right and one wrong", "half", "kqw", 300, WRONG, 0),
        ("half: all and one wrong", "half", "dkqw", 300, WRONG, 0),
        ("half: one right and one that is not there", "half", "aq", 300, WRONG, 0),
        ("half: nothing", "half", "", 300, BLANK, 0),
        ("half of an odd hundredth is cut off", "half", "q", 125, PARTIAL, 62),
        ("half of one hundredth is nothing", "half", "q", 1, PARTIAL, 0),
        ("per option: one of three", "per_option", "q", 300, PARTIAL, 100),
        ("per option: two of three", "per_option", "kq", 300, PARTIAL, 200),
        ("per option: all", "per_option", "dkq", 300, RIGHT, 300),
        ("per option: one wrong spoils it", "per_option", "kqw", 300, WRONG, 0),
        ("per option: nothing", "per_option", "", 300, BLANK, 0),
        ("per option: one of three of two points", "per_option", "q", 200, PARTIAL, 66),
        ("per option: two of three of two points", "per_option", "kq", 200, PARTIAL, 133),
        ("per option: all of two points, nothing is lost", "per_option", "dkq", 200, RIGHT, 200),
    ],
)
def test_an_incomplete_answer_earns_what_the_rule_says(what, rule, answer, points, verdict, hundredths):
    item = mark_one(answer, "qkd", points, rule)
    assert (item.verdict, item.hundredths) == (verdict, hundredths)


def test_a_paper_is_marked_by_item_and_by_cell():
    paper = Paper(
        (
            Item(11, 0, ("b", "a")),
            Item(12, 0, ("a", "b")),
            Item(21, 1, ("x", "y", "z")),
            Item(22, 1, ("x", "y", "z")),
            Item(31, 2, ("t", "f")),
        )
    )
    blueprint = Blueprint((Cell(200), Cell(300, "half"), Cell(100)))
    keys = {11: {"a"}, 12: {"a"}, 21: {"x", "y"}, 22: {"z"}, 31: {"f"}, 99: {"q"}}
    score = mark(paper, blueprint, {1: "a", 3: "y", 4: "x", 5: "f"}, {v: frozenset(key) for v, key in keys.items()})
    assert (score.total_hundredths, score.full_hundredths) == (450, 1100)
    assert score.items == (
        ItemMark(1, 11, 0, RIGHT, 200, 200),
        ItemMark(2, 12, 0, BLANK, 0, 200),
        ItemMark(3, 21, 1, PARTIAL, 150, 300),
        ItemMark(4, 22, 1, WRONG, 0, 300),
        ItemMark(5, 31, 2, RIGHT, 100, 100),
    )
    assert score.cells == (
        CellMark(0, items=2, right=1, partial=0, blank=1, hundredths=200, full_hundredths=400),
        CellMark(1, items=2, right=0, partial=1, blank=0, hundredths=150, full_hundredths=600),
        CellMark(2, items=1, right=1, partial=0, blank=0, hundredths=100, full_hundredths=100),
    )


@pytest.mark.parametrize(
    ("answers", "keys", "why"),
    [
        ({}, {}, "no key"),
        ({}, {1: frozenset()}, "no key"),
        ({}, {1: frozenset("c")}, "no key"),
        ({0: "a"}, {1: frozenset("a")}, "beyond"),
        ({2: "a"}, {1: frozenset("a")}, "beyond"),
    ],
)
def test_answers_or_keys_of_another_paper_are_a_broken_invariant(answers, keys, why):
    with pytest.raises(MarkingError, match=why):
        mark(Paper((Item(1, 0, ("a", "b")),)), Blueprint((Cell(100),)), answers, keys)


letters = st.sets(st.sampled_from("abcdef"))
keys_of_six = st.sets(st.sampled_from("abcdef"), min_size=1)
points = st.integers(1, 1000)
rules = st.sampled_from(RULES)


def marked(answer: set[str], key: set[str], points: int, rule: str) -> int:
    return mark_one("".join(sorted(answer)), "".join(key), points, rule, "abcdef").hundredths


@given(letters, keys_of_six, points, rules)
def test_a_mark_lies_between_nothing_and_the_points(answer, key, points, rule):
    assert 0 <= marked(answer, key, points, rule) <= points


@given(letters, keys_of_six, points, rules)
def test_the_full_points_are_for_the_whole_key_alone(answer, key, points, rule):
    assert (marked(answer, key, points, rule) == points) is (answer == key)


@given(keys_of_six, points, rules, st.data())
def test_one_more_right_option_never_lowers_a_mark(key, points, rule, data):
    answer = data.draw(st.sets(st.sampled_from(sorted(key))))
    more = answer | {data.draw(st.sampled_from(sorted(key)))}
    assert marked(more, key, points, rule) >= marked(answer, key, points, rule)


@given(letters, keys_of_six, points, rules)
def test_a_wrong_option_leaves_nothing(answer, key, points, rule):
    if not answer <= key:
        assert marked(answer, key, points, rule) == 0


@given(letters, keys_of_six, points)
def test_no_rule_gives_less_than_all_or_nothing(answer, key, points):
    strict = marked(answer, key, points, "none")
    assert all(marked(answer, key, points, rule) >= strict for rule in RULES)


@given(letters, keys_of_six, points, rules, st.permutations("abcdef"))
def test_the_order_in_which_options_are_shown_does_not_change_the_mark(answer, key, points, rule, order):
    shown = mark_one("".join(answer), "".join(key), points, rule, "".join(order))
    assert shown.hundredths == marked(answer, key, points, rule)


@st.composite
def marked_papers(draw: st.DrawFn):
    cells = draw(st.lists(st.builds(Cell, points, rules), min_size=1, max_size=4))
    drawn = draw(st.lists(st.tuples(st.integers(0, len(cells) - 1), letters, keys_of_six), max_size=12))
    paper = Paper(tuple(Item(n, cell, tuple("abcdef")) for n, (cell, _, _) in enumerate(drawn)))
    answers = {n + 1: "".join(sorted(answer)) for n, (_, answer, _) in enumerate(drawn)}
    keys = {n: frozenset(key) for n, (_, _, key) in enumerate(drawn)}
    return paper, Blueprint(tuple(cells)), answers, keys


@given(marked_papers())
def test_items_and_cells_sum_to_the_total(args):
    score = mark(*args)
    assert sum(item.hundredths for item in score.items) == score.total_hundredths
    assert sum(cell.hundredths for cell in score.cells) == score.total_hundredths
    assert sum(item.full_hundredths for item in score.items) == score.full_hundredths
    assert score.total_hundredths <= score.full_hundredths


@given(marked_papers())
def test_a_blank_is_the_same_as_no_answer(args):
    paper, blueprint, answers, keys = args
    given_only = {position: answer for position, answer in answers.items() if answer}
    assert mark(paper, blueprint, given_only, keys) == mark(paper, blueprint, answers, keys)


def test_the_key_version_is_frozen():
    assert key_version({}) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (
        key_version({12: frozenset("ca"), 3: frozenset("t")})
        == "sha256:6ddf2f6a43db3067badd5f9c6ac888194398595c3c1e584e4b43abd54b635b1d"
    )


key_books = st.dictionaries(st.integers(1, 50), keys_of_six.map(frozenset), max_size=8)


@given(key_books, st.randoms(use_true_random=False))
def test_the_key_version_does_not_depend_on_the_order_of_the_mapping(keys, random):
    items = list(keys.items())
    random.shuffle(items)
    assert key_version(dict(items)) == key_version(keys)


@given(key_books, key_books)
def test_other_keys_are_another_version(one, other):
    assert (key_version(one) == key_version(other)) is (one == other)
