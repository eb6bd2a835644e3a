"""Same, nearly the same, the opposite: within a file and against a bank."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks import similar
from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.banks.similar import NEAR, SHINGLE, Forms, contradict, forms_of, near_duplicates

STEM = "根据网络安全法的规定，网络运营者应当制定网络安全事件应急预案，及时处置系统漏洞、计算机病毒等安全风险。"


def a_choice(stem: str, options: str = "甲 乙 丙 丁", key: str = "a", markup: str = "") -> Item:
    made = tuple(Option(letter, text) for letter, text in zip("abcdefgh", options.split(), strict=False))
    return Item(Kind.SINGLE_CHOICE, stem, made, frozenset(key), markup=markup)


def a_judgement(stem: str, key: str = "t") -> Item:
    return Item(Kind.TRUE_FALSE, stem, TRUE_FALSE_OPTIONS, frozenset(key))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (a_choice("一年有几个月？"), a_choice("一年有几个月（  ）", key="b"), True),
        (a_choice("一年有几个月？"), a_choice("一年有几个月？"), False),
        (a_choice("几个月？", "丙 甲 乙 丁", "b"), a_choice("几个月？", "甲 乙 丙 丁", "a"), False),
        (a_choice("正确的是", "甲 乙 丙 丁"), a_choice("正确的是", "甲 乙 戊 己", "b"), True),
        (a_choice("正确的是", "甲 乙 丙 丁"), a_choice("正确的是", "甲 戊 己 庚", "b"), False),
        (a_judgement("一周有七天"), a_judgement("一周有七天。", "f"), True),
        (a_judgement("一周有七天"), a_judgement("一周有八天", "f"), False),
        (
            a_choice("图中的元件是", markup='<img src="media:1.png">'),
            a_choice("图中的元件是", key="b", markup='<img src="media:2.png">'),
            False,
        ),
    ],
)
def test_a_contradiction_is_the_same_question_with_another_answer(one: Item, other: Item, expected: bool) -> None:
    assert contradict(forms_of(one), forms_of(other)) is expected
    assert contradict(forms_of(other), forms_of(one)) is expected


def test_a_small_change_is_near_and_another_question_is_not() -> None:
    changed = a_judgement(STEM.replace("及时处置", "及时处理"))
    other = a_judgement("公民的合法的私有财产不受侵犯，国家依照法律规定保护公民的私有财产权和继承权。")
    found = near_duplicates([forms_of(item) for item in (a_judgement(STEM), other, changed)]).near
    assert [(near.index, near.other, near.is_old) for near in found] == [(2, 0, False)]
    assert 80 <= found[0].percent < 100
    old = near_duplicates([forms_of(changed)], [forms_of(other), forms_of(a_judgement(STEM))]).near
    assert [(near.index, near.other, near.is_old) for near in old] == [(0, 1, True)]


def test_nearly_the_same_stem_over_other_options_is_another_question() -> None:
    one, other = a_choice(STEM, "信息 能源 人口 交通"), a_choice(STEM + "吗", "春天 夏天 秋天 冬天")
    assert near_duplicates([forms_of(one), forms_of(other)]).near == ()


def test_short_texts_are_not_near_by_chance() -> None:
    assert near_duplicates([forms_of(a_judgement("一加一等于二")), forms_of(a_judgement("一加二等于二"))]).near == ()


@given(st.lists(st.text("甲乙丙丁戊", min_size=12, max_size=40), min_size=2, max_size=12))
def test_the_search_finds_what_comparing_all_pairs_finds(stems: list[str]) -> None:
    forms = [Forms(stem, {}) for stem in stems]
    sets = [{stem[at : at + SHINGLE] for at in range(len(stem) - SHINGLE + 1)} for stem in stems]
    expected = {
        late
        for late in range(len(stems))
        if len(sets[late]) >= 12
        and any(
            len(sets[early]) >= 12 and len(sets[early] & sets[late]) / len(sets[early] | sets[late]) >= NEAR
            for early in range(late)
        )
    }
    found = {near.index for near in near_duplicates(forms).near if len(sets[near.index]) >= 12}
    assert found == expected


def test_thousands_of_questions_that_differ_by_a_number_take_no_square_of_time() -> None:
    forms = [forms_of(a_judgement(f"{STEM}第 {n} 条")) for n in range(1_000)]
    assert len(near_duplicates(forms).near) == 999
    assert len(near_duplicates(forms[:5], [replace(one) for one in forms]).near) == 5


@pytest.mark.parametrize(("most", "left"), [(399, 1), (400, 0), (401, 0)])
def test_texts_beyond_the_most_shingles_are_left_out_and_counted(
    monkeypatch: pytest.MonkeyPatch, most: int, left: int
) -> None:
    forms = [Forms("".join(chr(0x4E00 + 102 * n + at) for at in range(102)), {}) for n in range(4)]
    monkeypatch.setattr(similar, "MOST_SHINGLES", most)
    assert near_duplicates([*forms], forms[:1]).new_left == left


def test_work_is_bounded_and_what_is_left_is_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    forms = [forms_of(a_judgement(f"{STEM}第 {n} 条")) for n in range(200)]
    whole = near_duplicates(forms, forms)
    monkeypatch.setattr(similar, "MOST_STEPS", 20_000)
    some = near_duplicates(forms, forms)
    assert 0 < some.new_left < 200
    assert 0 < some.old_left < 200
    assert some == near_duplicates(forms, forms)
    assert (whole.new_left, whole.old_left) == (0, 0)
    among = {near.index for near in some.near if not near.is_old}
    assert among <= set(range(200 - some.new_left))
