"""Which column holds what: header synonyms of the systems authors export from."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from examengine.banks.dialects.kinds import simplified


class Field(StrEnum):
    """What a column may hold, named as the canonical template names it."""

    KIND = "题型"
    STEM = "题干"
    OPTIONS = "选项"
    KEY = "正确答案"
    POINTS = "分值"
    DIFFICULTY = "难度"
    TOPIC = "知识点"
    EXPLANATION = "解析"
    SOURCE = "依据"
    VALID_UNTIL = "有效期"
    YEARS = "适用年度"
    EXTERNAL_NO = "外部编号"
    ORDINAL = "序号"
    REFERENCE = "完整答案"
    TIME = "时间"
    SETTINGS = "作答设置"
    MARKUP = "题目格式"


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


# The first synonym found in a header row wins where two columns could be meant.
SYNONYMS: Final[Mapping[Field, tuple[str, ...]]] = {
    Field.KIND: _names("题型 题目类型 试题类型 问题类型 题型名称 考题类型 题类 questiontype itemtype type kind 类型"),
    Field.STEM: _names(
        "题干 题目内容 问题内容 试题内容 试题题干 题干内容 题目题干 试题正文 题目正文 试题描述 "
        "题目描述 题目 试题 问题 考题 题面 题目名称 试题名称 questioncontent questiontext "
        "questionstem questiontitle stem question prompt title 内容 front 正面 term"
    ),
    Field.OPTIONS: _names(
        "选项 备选答案 备选项 备选选项 候选答案 候选项 选项内容 题目选项 试题选项 答案选项 可选项 "
        "可选答案 全部选项 optioncontent options choices option choice"
    ),
    Field.KEY: _names(
        "正确答案 标准答案 正确选项 参考答案 试题答案 题目答案 正确项 答案内容 答案 questionanswer "
        "correctanswers correctanswer rightanswer correctoption answerkey correct answer answers key back "
        "背面 definition"
    ),
    Field.POINTS: _names("分值 分数 题目分数 试题分数 题目分值 试题分值 每题分值 得分 score points point marks mark"),
    Field.DIFFICULTY: _names("难度 难易度 难易程度 难度系数 难度等级 题目难度 试题难度 difficulty level"),
    Field.TOPIC: _names(
        "知识点 知识点名称 所属知识点 知识类型名称 章节 所属章节 章节名称 题目分类 试题分类 题库分类 "
        "分类 所属范围 类别 专业 科目 所属科目 标签 knowledgepoint knowledge topic category chapter "
        "section subject tags tag"
    ),
    Field.EXPLANATION: _names(
        "解析 答案解析 试题解析 题目解析 答案说明 答案详解 详解 解释 试题分析 questionexplain "
        "explanation explain analysis feedback rationale"
    ),
    Field.SOURCE: _names(
        "依据 出题依据 命题依据 法规依据 依据法规 出处 来源 题目来源 试题来源 参考文献 source reference"
    ),
    Field.VALID_UNTIL: _names("有效期 有效期至 有效日期 失效日期 到期日期 截止有效期 validuntil expires"),
    Field.YEARS: _names("适用年度 年度 适用年份 年份 years year"),
    Field.EXTERNAL_NO: _names(
        "外部编号 试题编号 题目编号 试题id 题目id 试题编码 题目编码 questionid externalno externalid itemid"
    ),
    Field.SETTINGS: _names("作答设置"),
    Field.MARKUP: _names("题目格式"),
    Field.ORDINAL: _names("序号 题号 编号 行号 no no. id # index number"),
    Field.REFERENCE: _names("完整答案 参考答案要点 答案要点 评分要点"),
    Field.TIME: _names("时间 答题时间 时限 timelimit time timelimit(sec) timeinseconds"),
}
_BY_NAME: Final = {name: (rank, what) for what, names in SYNONYMS.items() for rank, name in enumerate(names)}

HEADER_LIMIT: Final = 80

_NUMERALS: Final = "一二三四五六七八九十"
_OPTION = re.compile(
    r"^(?:(?:备?选项|候选项|候选答案|备选答案|答案选项|选择|选项内容|option|choice|opt)(?P<a>[a-z]|\d{1,2}|[一二三四五六七八九十])"
    r"|(?P<b>[a-z])(?:选项|项|答案选项)?|answer(?P<c>\d{1,2}))$"
)
_KEY_OR_OPTION = re.compile(r"^(?:答案|answer)(?P<a>[a-h]|\d{1,2})$")
_BLANK = re.compile(r"^(?:填空项|填空|空|第)(?P<n>\d{1,2})(?:空|题空|项)?(?:答案)?$")
_REMARK = re.compile(r"\s+[-–—].*$")
_BRACKETED = re.compile(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】|<[^>]*>")
_NOISE = re.compile(r"[\s*＊_：:]+")
_IMAGE = re.compile(r"图片|image|picture|附图|配图")


@dataclass(frozen=True, slots=True)
class Columns:
    """A header row, understood: 0-based columns by what they hold.

    ``options`` holds (letter index, column) in letter order. ``numbered``: the options are headed by numbers,
    so that a key may give numbers. ``several_allowed``: the template lets any question have several keys and
    has no type column (Kahoot).
    """

    single: Mapping[Field, int]
    options: tuple[tuple[int, int], ...] = ()
    blanks: tuple[int, ...] = ()
    images: tuple[int, ...] = ()
    numbered: bool = False
    several_allowed: bool = False
    ignored: tuple[str, ...] = field(default=())

    def get(self, what: Field) -> int | None:
        return self.single.get(what)


def header_word(text: str) -> str:
    """A header without asterisks, spaces, "（必填）" and such, in lower case and half-width."""
    plain = simplified(unicodedata.normalize("NFKC", text).replace("\ufeff", "").strip().casefold())
    return _NOISE.sub("", _BRACKETED.sub("", _REMARK.sub("", plain)))


def recognise(cells: Sequence[str]) -> Columns | None:
    """The columns of a header row; None where the row is not one.

    A header row names a stem column and at least a key, an option, a type or a blank.
    """
    best: dict[Field, tuple[int, int]] = {}
    options: dict[int, int] = {}
    maybe: list[tuple[str, int]] = []
    blanks: list[int] = []
    images: list[int] = []
    ignored: list[str] = []
    numbered = False
    for column, cell in enumerate(cells):
        if not cell.strip():
            continue
        if len(cell) > HEADER_LIMIT:
            ignored.append(cell[:HEADER_LIMIT])
            continue
        name = header_word(cell)
        known = _BY_NAME.get(name)
        option = _OPTION.match(name)
        if known is not None:
            rank, what = known
            if what not in best or rank < best[what][0]:
                best[what] = (rank, column)
        elif _IMAGE.search(name):
            images.append(column)
        elif option is not None:
            mark = option["a"] or option["b"] or option["c"]
            numbered = numbered or not mark.isalpha() or mark in _NUMERALS
            options.setdefault(_letter_index(mark), column)
        elif _KEY_OR_OPTION.match(name):
            maybe.append((name[-1] if name[-1].isalpha() else re.sub(r"\D", "", name), column))
        elif _BLANK.match(name):
            blanks.append(column)
        else:
            ignored.append(cell.strip())
    if Field.KEY in best and not options:
        options = {_letter_index(mark): column for mark, column in maybe}
        numbered = numbered or any(mark.isdigit() for mark, _ in maybe)
    else:
        blanks += [column for _, column in maybe]
    single = {what: column for what, (_, column) in best.items()}
    if Field.STEM not in single or not (options or blanks or single.keys() & {Field.KEY, Field.OPTIONS, Field.KIND}):
        return None
    if Field.OPTIONS in single and not options:
        options = _unnamed_after(cells, single[Field.OPTIONS])
    several = numbered and Field.TIME in single and Field.KEY in single and Field.KIND not in single
    return Columns(
        single,
        tuple(sorted(options.items())),
        tuple(blanks),
        tuple(images),
        numbered,
        several,
        tuple(ignored),
    )


def _unnamed_after(cells: Sequence[str], column: int) -> dict[int, int]:
    """ "选项" merged over several columns: its own and the nameless ones behind it hold A, B, C …"""
    end = column + 1
    while end < len(cells) and not cells[end].strip():
        end += 1
    return dict(enumerate(range(column, end))) if end - column > 1 else {}


def with_second_row(first: Sequence[str], second: Sequence[str]) -> Columns | None:
    """The columns of a header in two rows ("选项" above A, B, C, D); None where the second row is none of it."""
    below = {column: cell for column, cell in enumerate(second) if cell.strip()}
    if len(below) < 2 or not all(_OPTION.match(header_word(cell)) for cell in below.values()):
        return None
    above = dict(enumerate(first))
    joined = above | dict(below.items())
    return recognise([joined.get(column, "") for column in range(max(joined) + 1)])


def repeats_header(cells: Sequence[str], header: Columns) -> Columns | None:
    """The columns of a header row among the data; None for data, even where an option reads "title"."""
    first = next((cell for cell in cells if cell.strip()), "")
    if len(first) > HEADER_LIMIT or not (_is_known(header_word(first)) or first.strip() in header.ignored):
        return None
    again = recognise(cells)
    return again if again is not None and set(again.ignored) <= set(header.ignored) else None


def _is_known(name: str) -> bool:
    return name in _BY_NAME or any(pattern.search(name) for pattern in (_OPTION, _KEY_OR_OPTION, _BLANK, _IMAGE))


def _letter_index(mark: str) -> int:
    if mark in _NUMERALS:
        return _NUMERALS.index(mark)
    return int(mark) - 1 if mark.isdigit() else ord(mark) - ord("a")
