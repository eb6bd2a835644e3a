"""What a score becomes under rulings."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.banks.responses import (
    AcceptedText,
    EssayExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)
from examengine.grading.correction import (
    AnyOf,
    Decided,
    Dropped,
    FullMarks,
    NewKey,
    NothingLeft,
    Ruling,
    corrected,
    corrected_key_version,
    fits,
    from_json,
    standing,
    to_json,
)
from examengine.grading.keys import key_version
from examengine.grading.mark import Score, Verdict, mark

ALL: tuple[Ruling, ...] = (NewKey("b"), AnyOf(("a", "c")), FullMarks(), Dropped())


@dataclass(frozen=True)
class Shown:
    version_id: int
    cell: int
    option_order: tuple[str, ...] = ("a", "b", "c", "d")


@dataclass(frozen=True)
class Paper:
    items: tuple[Shown, ...]


@dataclass(frozen=True)
class Cell:
    points_hundredths: int
    partial_credit: str = "none"


@dataclass(frozen=True)
class Blueprint:
    cells: tuple[Cell, ...]


BLUEPRINT = Blueprint((Cell(200), Cell(300, "per_option")))


def a_paper(cells: str = "0011") -> Paper:
    """Items 1, 2, 3 … of the cells named."""
    return Paper(tuple(Shown(no, int(cell)) for no, cell in enumerate(cells, 1)))


def score_of(answers: str, *decided: Decided, cells: str = "0011", key: str = "a") -> Score:
    """Answers of items 1, 2 … separated by blanks ("-" = blank); every key is the same."""
    paper = a_paper(cells)
    given_ = {no: value for no, value in enumerate(answers.split(), 1) if value != "-"}
    score = mark(paper, BLUEPRINT, given_, {item.version_id: frozenset(key) for item in paper.items})
    return corrected(score, paper, BLUEPRINT, given_, standing(decided))


def on(version_id: int, ruling: Ruling, *, upwards: bool = False) -> Decided:
    return Decided(version_id, ruling, upwards)


@pytest.mark.parametrize(
    ("what", "answer", "ruling", "verdict", "hundredths"),
    [
        ("a new key takes the points of the old one", "a", NewKey("b"), Verdict.WRONG, 0),
        ("a new key gives them to the new one", "b", NewKey("b"), Verdict.RIGHT, 200),
        ("a blank stays blank", "-", NewKey("b"), Verdict.BLANK, 0),
        ("one of several keys", "c", AnyOf(("a", "c")), Verdict.RIGHT, 200),
        ("the other of several keys", "a", AnyOf(("a", "c")), Verdict.RIGHT, 200),
        ("none of several keys", "d", AnyOf(("a", "c")), Verdict.WRONG, 0),
        ("full marks for a wrong answer", "d", FullMarks(), Verdict.RIGHT, 200),
        ("full marks for a blank", "-", FullMarks(), Verdict.RIGHT, 200),
    ],
)
def test_a_ruling_judges_its_item_alone(
    what: str, answer: str, ruling: Ruling, verdict: Verdict, hundredths: int
) -> None:
    score = score_of(f"{answer} a a a", on(1, ruling))
    assert (score.items[0].verdict, score.items[0].hundredths) == (verdict, hundredths), what
    assert score.total_hundredths == hundredths + 200 + 300 + 300
    assert score.full_hundredths == 1000
    assert score.cells[0].hundredths == hundredths + 200


def test_partial_credit_goes_by_the_new_key() -> None:
    assert score_of("a a b -", on(3, NewKey("bc"))).items[2].hundredths == 150
    assert score_of("a a b -", on(3, AnyOf(("bc", "bcd")))).items[2].hundredths == 150
    assert score_of("a a b -", on(3, AnyOf(("bcd", "b")))).items[2].hundredths == 300


@pytest.mark.parametrize(
    ("answers", "dropped", "total"),
    [
        ("a a a a", (1,), 1000),
        ("b a a a", (1,), 1000),
        ("a b b b", (1,), 0),
        ("a a b b", (1,), 250),  # 200 of 800
        ("a a a b", (1,), 625),
        ("a a b a", (3,), 1000),
        ("a b b b", (3,), 286),  # 200 of 700 = 285.71…
        ("b b a b", (2,), 375),
        ("b b b a", (1, 3), 600),  # 300 of 500
        ("- - - -", (1,), 0),
    ],
)
def test_a_dropped_item_leaves_the_share_of_the_rest(answers: str, dropped: tuple[int, ...], total: int) -> None:
    score = score_of(answers, *(on(no, Dropped()) for no in dropped))
    assert score.total_hundredths == total
    assert score.full_hundredths == 1000
    for no in dropped:
        assert (score.items[no - 1].hundredths, score.items[no - 1].full_hundredths) == (0, 0)
    assert sum(cell.items for cell in score.cells) == 4 - len(dropped)


def test_a_scaled_total_is_rounded_half_up_once() -> None:
    """1 of 8 of 1000 = 125; with a full mark of 100 that is 12.5."""
    paper = Paper(tuple(Shown(no, 0) for no in range(1, 10)))
    blueprint = Blueprint((Cell(12),))
    answers = {2: "a"}
    score = mark(paper, blueprint, answers, {no: frozenset("a") for no in range(1, 10)})
    assert score.full_hundredths == 108
    after = corrected(score, paper, blueprint, answers, standing([on(1, Dropped())]))
    assert after.total_hundredths == 14  # 12 · 108 / 96 = 13.5


def test_a_paper_of_which_nothing_is_left_has_no_score() -> None:
    with pytest.raises(NothingLeft):
        score_of("a a a a", *(on(no, Dropped()) for no in (1, 2, 3, 4)))


def test_a_later_ruling_replaces_an_earlier_one() -> None:
    assert score_of("b a a a", on(1, FullMarks()), on(1, NewKey("c"))).total_hundredths == 800
    assert score_of("c a a a", on(1, NewKey("b")), on(1, NewKey("c"))).total_hundredths == 1000
    assert score_of("b a a a", on(1, Dropped()), on(1, NewKey("b"))) == score_of("b a a a", on(1, NewKey("b")))


@pytest.mark.parametrize("answer", ["a", "b", "c", "-"])
def test_a_ruling_that_may_only_raise_gives_the_better_of_the_two(answer: str) -> None:
    told = f"{answer} a b b"
    before, after = score_of(told), score_of(told, on(1, NewKey("b")))
    upwards = score_of(told, on(1, NewKey("b"), upwards=True))
    assert upwards.total_hundredths == max(before.total_hundredths, after.total_hundredths)


def test_what_was_given_may_not_be_taken_by_a_later_ruling_upwards() -> None:
    history = (on(1, NewKey("b")), on(1, NewKey("c"), upwards=True))
    assert [score_of(f"{given_} a a a", *history).total_hundredths for given_ in "abcd"] == [800, 1000, 1000, 800]


def test_dropping_upwards_drops_only_where_that_helps() -> None:
    assert score_of("a b b b", on(1, Dropped(), upwards=True)).total_hundredths == 200
    assert score_of("b a a b", on(1, Dropped(), upwards=True)).total_hundredths == 625
    both = (on(1, Dropped(), upwards=True), on(2, Dropped(), upwards=True))
    assert score_of("b b a b", *both).total_hundredths == 500
    assert score_of("a b a b", *both).total_hundredths == 625


answers_of = st.lists(st.sampled_from(["a", "b", "c", "d", "ab", "abc", "-"]), min_size=4, max_size=4).map(" ".join)
decisions = st.lists(
    st.builds(Decided, st.integers(1, 4), st.sampled_from(ALL), st.booleans()),
    max_size=5,
).filter(lambda made: {1, 2, 3, 4} - {one.version_id for one in made if one.ruling == Dropped()})


@given(answers_of, decisions, st.integers(1, 4), st.sampled_from(ALL))
def test_no_score_falls_by_a_ruling_upwards(
    answers: str, before: list[Decided], version_id: int, ruling: Ruling
) -> None:
    try:
        was = score_of(answers, *before)
        now = score_of(answers, *before, on(version_id, ruling, upwards=True))
    except NothingLeft:
        return
    assert now.total_hundredths >= was.total_hundredths
    assert 0 <= now.total_hundredths <= now.full_hundredths == was.full_hundredths


@given(answers_of, st.sampled_from(ALL))
def test_a_ruling_on_an_item_that_is_not_on_the_paper_changes_nothing(answers: str, ruling: Ruling) -> None:
    assert score_of(answers, on(9, ruling)) == score_of(answers)


def test_an_answer_that_waits_for_a_person_needs_nobody_once_all_get_its_points() -> None:
    paper = Paper((Shown(1, 0), Shown(2, 0, ())))
    answers = {1: "a", 2: '["我认为"]'}
    score = mark(paper, BLUEPRINT, answers, {1: frozenset("a"), 2: EssayExpected()})
    assert [item.position for item in score.waiting] == [2]
    for ruling, total in ((FullMarks(), 400), (Dropped(), 1000)):
        after = corrected(replace(score, full_hundredths=1000), paper, BLUEPRINT, answers, standing([on(2, ruling)]))
        assert not after.waiting
        assert after.total_hundredths == total


OPTIONS = tuple(Option(letter, letter.upper()) for letter in "abcd")
SINGLE = Item(Kind.SINGLE_CHOICE, "?", OPTIONS, frozenset("a"))
MULTIPLE = Item(Kind.MULTIPLE_CHOICE, "?", OPTIONS, frozenset("ab"))
JUDGE = Item(Kind.TRUE_FALSE, "?", TRUE_FALSE_OPTIONS, frozenset("t"))
SHORT = Item(Kind.SHORT_ANSWER, "?", (), frozenset(), expected=TextExpected((AcceptedText("甲"),)))
NUMBER = Item(Kind.NUMERIC, "?", (), frozenset(), expected=NumberExpected((NumberRange("1", "2"),)))
PAIRS = Item(Kind.MATCHING, "?", (), frozenset(), expected=PairsExpected((Pair("a", "b"),)))


@pytest.mark.parametrize(
    ("item", "ruling", "is_fit"),
    [
        (SINGLE, NewKey("b"), True),
        (SINGLE, NewKey("bc"), False),
        (SINGLE, NewKey("e"), False),
        (SINGLE, NewKey(""), False),
        (SINGLE, AnyOf(("a", "b")), True),
        (SINGLE, AnyOf(("a",)), False),
        (SINGLE, AnyOf(("a", "a")), False),
        (SINGLE, AnyOf(("a", "bc")), False),
        (MULTIPLE, NewKey("abd"), True),
        (MULTIPLE, NewKey("ba"), False),
        (MULTIPLE, AnyOf(("ab", "abd")), True),
        (JUDGE, NewKey("f"), True),
        (JUDGE, NewKey("a"), False),
        (SHORT, NewKey(expected=TextExpected((AcceptedText("乙"),))), True),
        (SHORT, NewKey(expected=TextExpected(())), False),
        (SHORT, NewKey(expected=NumberExpected((NumberRange("1", "2"),))), False),
        (SHORT, NewKey("a"), False),
        (SHORT, AnyOf(("a", "b")), False),
        (NUMBER, NewKey(expected=NumberExpected((NumberRange("3", "4"),))), True),
        (PAIRS, NewKey(expected=PAIRS.expected), False),
        (PAIRS, FullMarks(), True),
        (SHORT, Dropped(), True),
        (SINGLE, FullMarks(), True),
    ],
)
def test_a_ruling_must_fit_its_item(item: Item, ruling: Ruling, is_fit: bool) -> None:
    assert fits(item, ruling) is is_fit


@pytest.mark.parametrize("ruling", [*ALL, NewKey(expected=TextExpected((AcceptedText("乙"),)))])
def test_a_ruling_is_kept_as_json(ruling: Ruling) -> None:
    assert from_json(to_json(ruling)) == ruling


def test_the_version_of_the_keys_tells_the_rulings() -> None:
    keys = {1: frozenset("a"), 2: frozenset("b")}
    told = {
        corrected_key_version(keys, standing([on(1, ruling, upwards=upwards)]))
        for ruling in ALL
        for upwards in (False, True)
    }
    assert len(told) == 8
    assert corrected_key_version(keys, {}) == key_version(keys)
    assert corrected_key_version(keys, standing([on(3, FullMarks())])) == key_version(keys)
