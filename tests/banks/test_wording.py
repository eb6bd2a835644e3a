import pytest

from examengine.banks.wording import (
    fixed_options,
    half_width,
    list_number,
    names_letters_in_prose,
    option_form,
    options_name_letters,
    stem_form,
    tidy,
    tidy_line,
)


def test_tidy_drops_what_cannot_be_seen_and_keeps_lines() -> None:
    assert tidy(" \ufeff甲\x00乙\u200b\r\n丙\r丁\xa0 ") == "甲乙\n丙\n丁"
    assert tidy("\tif x:\n\t\ty") == "if x:\n\t\ty"
    assert tidy("😀\u200d🌾") == "😀\u200d🌾"
    assert tidy("\ud800a\uffff") == "a"
    assert tidy_line(" 一 \n 二\u3000三 ") == "一 二 三"


def test_half_width_leaves_powers_and_fractions_alone() -> None:
    assert half_width("Ａ１，（ｘ）\u30001０²½㎡") == "A1,(x) 10²½㎡"


def test_options_that_look_the_same_are_the_same() -> None:
    assert option_form("ＴＣＰ 协议。") == option_form("TCP  协议")
    assert option_form("Session") != option_form("session")
    assert option_form("10²") != option_form("102")
    assert option_form("i++") != option_form("i--")


def test_stems_differ_by_more_than_space_and_brackets() -> None:
    assert stem_form("首都是（  ）。") == stem_form("首都是( )")
    assert stem_form("1.5 米") != stem_form("15 米")
    assert stem_form("Is it True?") == stem_form("is it true")


@pytest.mark.parametrize(
    "text",
    [
        *[
            "以上都对",
            "以上都对。",
            "以上都不对",
            "以上均正确",
            "以上全部正确",
            "以上皆是",
            "以上选项都正确",
            "上述各项都不是",
        ],
        *["以上说法都正确", "都对", "都不是", "全部正确", "以上都是", "以上均不正确", "以上三项都是"],
        "All of the above",
        "none of the above",
    ],
)
def test_remarks_about_the_other_options_keep_their_place(text: str) -> None:
    assert fixed_options(["甲", text, "乙"]) == (False, True, False)


@pytest.mark.parametrize("text", ["A和B都对", "A、B都正确", "A与C", "A、B、C", "选项A和选项B都正确", "B,C"])
def test_options_that_name_letters_hold_all_in_place(text: str) -> None:
    assert options_name_letters(["甲", "乙", text])
    assert fixed_options(["甲", "乙", text]) == (True, True, True)


@pytest.mark.parametrize(
    "text",
    [
        "以上海为中心",
        "上述规定",
        "以上年度为准",
        "甲和乙",
        "A类和B类",
        "维生素A",
        "对",
        "A",
        "都江堰",
        "全部",
        "is above",
    ],
)
def test_ordinary_options_move(text: str) -> None:
    assert fixed_options([text, "乙"]) == (False, False)


@pytest.mark.parametrize(
    "text", ["故选C。", "所以选项A正确，选项BCD错误", "答案：AC", "A项错误", "因此选 B", "应选ＡＢ"]
)
def test_explanations_that_name_letters_are_noticed(text: str) -> None:
    assert names_letters_in_prose(text)


@pytest.mark.parametrize("text", ["", "选择合适的方案", "维生素A项目", "选举法", "B超检查"])
def test_explanations_without_letters_are_left_alone(text: str) -> None:
    assert not names_letters_in_prose(text)


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("1、下列说法", (1, "下列说法")),
        ("12.下列说法", (12, "下列说法")),
        ("12. 下列说法", (12, "下列说法")),
        ("3．下列", (3, "下列")),
        ("（4）下列", (4, "下列")),
        ("(5) 下列", (5, "下列")),
        ("6）下列", (6, "下列")),
        ("第7题：下列", (7, "下列")),
        ("第 8 题 下列", (8, "下列")),
        ("1.5 米等于", None),
        ("1、2、3、4 中的偶数", None),
        ("1949 年", None),
        ("2014年6月", None),
        ("下列 1、2", None),
        ("1、", None),
        ("第 3 题？", None),
    ],
)
def test_list_numbers_before_a_stem(stem: str, found: tuple[int, str] | None) -> None:
    assert list_number(stem) == found
