import pytest

from examengine.banks.dialects.headers import SYNONYMS, Columns, Field, header_word, recognise, repeats_header

# As exported by the systems listed in FIELD.md 4.4 and in the files met since.
HEADERS = {
    "题型 问题内容 难度(简单/中等/困难) 正确选项 A B C D E F G H": {
        "stem": 1, "key": 3, "kind": 0, "difficulty": 2, "options": list(range(4, 12))
    },
    "项目代码 知识类型名称 问题 选项A 选项B 选项C 选项D 答案 题型 考试人员类型": {
        "stem": 2, "key": 7, "kind": 8, "topic": 1, "options": [3, 4, 5, 6]
    },
    "题目（必填） 选项A（必填） 选项B（必填） 选项C 选项D 正确选项（必填，用/分隔） 解析": {
        "stem": 0, "key": 5, "options": [1, 2, 3, 4], "explanation": 6
    },
    "序号 题目分类 题目难度 所属范围 试题 选项A 选项B 选项C 选项D 答案 知识点名称": {
        "stem": 4, "key": 9, "topic": 10, "difficulty": 2, "options": [5, 6, 7, 8]
    },
    "科目 知识点 题目 A B C D 答案": {"stem": 2, "key": 7, "topic": 1, "options": [3, 4, 5, 6]},
    "题目类型 题目内容 难度 分类 标签 选项A 选项B 选项C 选项D 正确答案 解析": {
        "stem": 1, "key": 9, "kind": 0, "topic": 3, "options": [5, 6, 7, 8]
    },
    "题型 题库分类 题目内容 备选答案 标准答案 难度系数 备注": {"stem": 2, "key": 4, "kind": 0, "choices": 3},
    "questionAnswer questionContent optionContent questionExplain questionType": {
        "stem": 1, "key": 0, "kind": 4, "choices": 2, "explanation": 3
    },
    "类型 题干 选项1 选项2 选项3 答案": {"stem": 1, "key": 5, "kind": 0, "options": [2, 3, 4]},
    "题型* 题干* A选项 B选项 正确答案*": {"stem": 1, "key": 4, "kind": 0, "options": [2, 3]},
    "Question OptionA OptionB Correct_Answer": {"stem": 0, "key": 3, "options": [1, 2]},
    "题干 答案A 答案B 答案C 正确答案": {"stem": 0, "key": 4, "options": [1, 2, 3]},
    "题干 选项一 选项二 答案": {"stem": 0, "key": 3, "options": [1, 2]},
}  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_the_headers_of_other_systems_are_recognised(header: str) -> None:
    columns = recognise(header.split(" "))
    assert columns is not None
    found = {
        "stem": columns.get(Field.STEM),
        "key": columns.get(Field.KEY),
        "kind": columns.get(Field.KIND),
        "topic": columns.get(Field.TOPIC),
        "difficulty": columns.get(Field.DIFFICULTY),
        "explanation": columns.get(Field.EXPLANATION),
        "choices": columns.get(Field.OPTIONS),
        "options": [column for _, column in columns.options],
    }
    for what, column in HEADERS[header].items():
        assert found[what] == column, what


@pytest.mark.parametrize(("what", "name"), [(what, name) for what, names in SYNONYMS.items() for name in names])
def test_every_synonym_names_its_field(what: Field, name: str) -> None:
    beside = ("题干",) if what is not Field.STEM else ("题型",)
    columns = recognise((*beside, "答案" if what is not Field.KEY else "题型", name))
    assert columns is not None
    assert columns.get(what) == 2 or name == "答案"


@pytest.mark.parametrize(
    "written",
    ["题干", " 题 干 ", "题干*", "＊题干", "\ufeff题干", "题干（必填）", "题干(必填)", "题干：", "【题干】题干"],
)
def test_marks_around_a_header_do_not_matter(written: str) -> None:
    assert header_word(written) == "题干"


def test_full_width_letters_head_options() -> None:
    columns = recognise(["题干", "选项Ａ", "选项Ｂ", "答案"])
    assert columns is not None
    assert columns.options == ((0, 1), (1, 2))


@pytest.mark.parametrize(
    "row",
    [
        ["2015 年公需科目题库"],
        ["题干"],
        ["答案", "解析"],
        ["单选", "下列说法正确的是", "甲", "乙", "A"],
        [],
        ["题干" * 60, "答案"],
    ],
)
def test_titles_data_and_half_headers_are_not_headers(row: list[str]) -> None:
    assert recognise(row) is None


def test_data_that_looks_a_little_like_a_header_is_data() -> None:
    header = recognise(["ID", "题目", "A", "B", "C", "D", "答案"])
    assert header is not None
    row = ["3", "book 表中适合作主键的是", "bookID", "title", "pDate", "author", "A"]
    assert repeats_header(row, header) is None
    assert repeats_header(["ID", "题目", "A", "B", "C", "D", "答案"], header) == header


def test_the_kahoot_template_allows_several_keys_by_number() -> None:
    official = [
        "",
        "Question - max 120 characters",
        "Answer 1 - max 75 characters",
        "Answer 2 - max 75 characters",
        "Answer 3 - max 75 characters",
        "Answer 4 - max 75 characters",
        "Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs",
        "Correct answer(s) - choose at least one",
    ]
    for header in (official, ["", "Question", "Answer1", "Answer2", "Answer3", "Answer4", "Time", "Correct"]):
        columns = recognise(header)
        assert columns is not None
        assert columns.several_allowed
        assert columns.numbered
        assert columns.get(Field.KEY) == 7


def test_columns_for_blanks_and_pictures_are_told_apart() -> None:
    columns = recognise(["问题", "问题图片", "选项A", "选项A图片", "答案", "填空项1", "填空项1分值", "填空项2"])
    assert columns == Columns({Field.STEM: 0, Field.KEY: 4}, ((0, 2),), (5, 7), (1, 3), ignored=("填空项1分值",))
