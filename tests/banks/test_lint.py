"""What an author is told about an item that could be delivered as it is."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.banks.lint import LEAST_FOR_BIAS, LONG_STEM, SOON_DAYS, lint_bank, lint_item

TODAY = date(2026, 11, 22)


def a_choice(stem: str = "一年有几个月？", *texts: str, key: str = "a", markup: str = "") -> Item:
    texts = texts or ("十二个月", "十一个月", "十个月", "九个月")
    options = tuple(Option(letter, text) for letter, text in zip("abcdefgh", texts, strict=False))
    return Item(Kind.SINGLE_CHOICE, stem, options, frozenset(key), markup=markup)


def codes(item: Item) -> set[str]:
    return {problem.code for problem in lint_item(item, TODAY)}


def test_a_plain_item_needs_no_remark() -> None:
    assert codes(a_choice()) == set()


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (a_choice("下列说法不正确的是（ ）"), "negation_not_emphasised"),
        (a_choice("下列选项中，不能作为证据的是"), "negation_not_emphasised"),
        (a_choice("下列属于刑罚的有，但哪一项除外？"), "negation_not_emphasised"),
        (a_choice("如图所示，元件是"), "picture_missing"),
        (a_choice("字" * (LONG_STEM + 1)), "stem_long"),
        (a_choice("没有一个人不知道的是"), "double_negation"),
        (a_choice("谁对？", "甲", "乙", "丙", "以上都对"), "about_others_not_fixed"),
        (a_choice("哪项对？", "甲", "乙", "丙", "以上三种说法都不正确"), "about_others_not_fixed"),
        (a_choice("哪项对？", "应当及时报告。", "应当及时，报告", "丙", "丁"), "options_alike"),
        (a_choice("哪项对？", "这是一个写得比别的都长很多很多的正确选项", "短的", "也短", "很短"), "key_longest"),
        (a_choice("哪项对？", "通常可以", "一定可以", "任何人都可以", "有时可以"), "absolute_words"),
        (a_choice("哪项对？", "10", "20", "30", "很多"), "option_alone"),
        (a_choice("期限是？", "10天", "20天", "30天", "3个月"), "option_alone"),
    ],
)
def test_each_weakness_has_its_code(item: Item, code: str) -> None:
    assert code in codes(item)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (a_choice("下列说法【不正确】的是（ ）"), "negation_not_emphasised"),
        (a_choice("下列说法不正确的是", markup="下列说法<strong>不正确</strong>的是"), "negation_not_emphasised"),
        (a_choice("未经同意，不得改动签发后的公文，应由谁同意？"), "negation_not_emphasised"),
        (a_choice("如图所示，元件是", markup='如图所示<img src="media:1.png">'), "picture_missing"),
        (a_choice("下列图书中，哪一本最早？"), "picture_missing"),
        (a_choice("字" * LONG_STEM), "stem_long"),
        (a_choice("结果是？", "1.5", "15", "1,5", "-15"), "options_alike"),
        (a_choice("哪项对？", "10", "20", "30", "以上都不对"), "option_alone"),
    ],
)
def test_what_is_in_order_is_left_alone(item: Item, code: str) -> None:
    assert code not in codes(item)


def test_an_option_about_others_may_stay_where_it_is_fixed() -> None:
    item = a_choice("谁对？", "甲", "乙", "丙", "以上都对")
    fixed = replace(item, options=(*item.options[:3], replace(item.options[3], fixed=True)))
    assert "about_others_not_fixed" not in codes(fixed)


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "expired"), (0, "expires_soon"), (SOON_DAYS, "expires_soon"), (SOON_DAYS + 1, None)]
)
def test_a_date_of_validity_is_remarked_on_in_time(days: int, code: str | None) -> None:
    item = replace(a_choice(), valid_until=TODAY + timedelta(days=days))
    assert codes(item) == ({code} if code else set())
    assert lint_item(item) == ()


def test_keys_that_gather_at_one_place_show_only_in_a_whole_bank() -> None:
    keys = ["c"] * 30 + ["a"] * 10
    items = [a_choice(f"第 {n} 题", key=key) for n, key in enumerate(keys)]
    assert any("75% 的答案在 C" in message for message in lint_bank(items))
    assert lint_bank(items[: LEAST_FOR_BIAS - 1]) == ()
    assert lint_bank([a_choice(f"第 {n} 题", key="abcd"[n % 4]) for n in range(80)]) == ()
    judged = [Item(Kind.TRUE_FALSE, str(n), TRUE_FALSE_OPTIONS, frozenset("t")) for n in range(LEAST_FOR_BIAS)]
    assert any("100% 的答案是“正确”" in message for message in lint_bank(judged))
