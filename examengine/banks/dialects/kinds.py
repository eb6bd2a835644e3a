"""Words for the kind of a question: "单选", "不定项选择题", "judge", "一、判断题（每题 2 分）"."""

import re
from functools import lru_cache
from typing import Final

from examengine.banks.item import Kind
from examengine.banks.wording import word

_EXACT: Final = {
    "single": Kind.SINGLE_CHOICE,
    "singlechoice": Kind.SINGLE_CHOICE,
    "radio": Kind.SINGLE_CHOICE,
    "sc": Kind.SINGLE_CHOICE,
    "单": Kind.SINGLE_CHOICE,
    "multiple": Kind.MULTIPLE_CHOICE,
    "multi": Kind.MULTIPLE_CHOICE,
    "multiplechoices": Kind.MULTIPLE_CHOICE,
    "multipleresponse": Kind.MULTIPLE_CHOICE,
    "multipleanswer": Kind.MULTIPLE_CHOICE,
    "multipleanswers": Kind.MULTIPLE_CHOICE,
    "multipleresponses": Kind.MULTIPLE_CHOICE,
    "multipleselect": Kind.MULTIPLE_CHOICE,
    "multiselect": Kind.MULTIPLE_CHOICE,
    "multipleselectquiz": Kind.MULTIPLE_CHOICE,
    "checkboxes": Kind.MULTIPLE_CHOICE,
    "mr": Kind.MULTIPLE_CHOICE,
    "ma": Kind.MULTIPLE_CHOICE,
    "checkbox": Kind.MULTIPLE_CHOICE,
    "多": Kind.MULTIPLE_CHOICE,
    "judge": Kind.TRUE_FALSE,
    "judgement": Kind.TRUE_FALSE,
    "judgment": Kind.TRUE_FALSE,
    "truefalse": Kind.TRUE_FALSE,
    "trueorfalse": Kind.TRUE_FALSE,
    "tf": Kind.TRUE_FALSE,
    "boolean": Kind.TRUE_FALSE,
    "bool": Kind.TRUE_FALSE,
    "判": Kind.TRUE_FALSE,
    "对错": Kind.TRUE_FALSE,
    "对错题": Kind.TRUE_FALSE,
    "fillblank": Kind.SHORT_ANSWER,
    "fillinblank": Kind.SHORT_ANSWER,
    "fillintheblanks": Kind.SHORT_ANSWER,
    "fillin": Kind.SHORT_ANSWER,
    "completion": Kind.SHORT_ANSWER,
    "shorttext": Kind.SHORT_ANSWER,
    "text": Kind.SHORT_ANSWER,
    "fib": Kind.SHORT_ANSWER,
    "typeanswer": Kind.SHORT_ANSWER,
    "identification": Kind.SHORT_ANSWER,
    "fillinmultipleblanks": Kind.CLOZE,
    "multipledropdowns": Kind.CLOZE,
    "longanswer": Kind.ESSAY,
    "longtext": Kind.ESSAY,
    "subjective": Kind.ESSAY,
    "fillintheblank": Kind.SHORT_ANSWER,
    "fill": Kind.SHORT_ANSWER,
    "blank": Kind.SHORT_ANSWER,
    "shortanswer": Kind.SHORT_ANSWER,
    "short": Kind.SHORT_ANSWER,
    "essay": Kind.ESSAY,
    "open": Kind.ESSAY,
    "openended": Kind.ESSAY,
    "numeric": Kind.NUMERIC,
    "numerical": Kind.NUMERIC,
    "matching": Kind.MATCHING,
    "match": Kind.MATCHING,
    "cloze": Kind.CLOZE,
}
# Longer and more particular words first: "多项填空" is not a 多项选择.
_WITHIN: Final = (
    ("完形", Kind.CLOZE),
    ("多项填空", Kind.CLOZE),
    ("多空", Kind.CLOZE),
    ("填空", Kind.SHORT_ANSWER),
    ("填充", Kind.SHORT_ANSWER),
    ("单选", Kind.SINGLE_CHOICE),
    ("单项选择", Kind.SINGLE_CHOICE),
    ("单项", Kind.SINGLE_CHOICE),
    ("最佳选择", Kind.SINGLE_CHOICE),
    ("多选", Kind.MULTIPLE_CHOICE),
    ("多项选择", Kind.MULTIPLE_CHOICE),
    ("多项", Kind.MULTIPLE_CHOICE),
    ("复选", Kind.MULTIPLE_CHOICE),
    ("不定项", Kind.MULTIPLE_CHOICE),
    ("判断", Kind.TRUE_FALSE),
    ("是非", Kind.TRUE_FALSE),
    ("连线", Kind.MATCHING),
    ("匹配", Kind.MATCHING),
    ("配对", Kind.MATCHING),
    ("配伍", Kind.MATCHING),
    ("数值", Kind.NUMERIC),
)
_ESSAYS: Final = re.compile(
    "简答|申论|问答|论述|名词解释|案例|计算|分析|实务|写作|作文|主观|应用|材料|简述|解答|公文"
)
_OTHERS: Final = re.compile("排序|听力|阅读|翻译|今译|操作|编程|录音|上传|画图")
_CHOICE: Final = frozenset(
    {"选择题", "选择", "客观题", "multiplechoice", "multichoice", "choice", "quiz", "mc", "mcq"}
)
_SECTION: Final = re.compile(
    r"^(?:[（(]?第?[一二三四五六七八九十]{1,3}(?:部分|大题)?[)）]?|\d{1,2})?\s*[、.．:：)）]?\s*"
    r"(?P<kind>[单多不判是填简问论名案计][^\s，。,:：（(]{1,7}题|单选|多选|判断|填空|简答)\s*(?:[（(:：,，].*)?$"
)


# The characters in which traditional names of kinds and columns differ, one for one.
_SIMPLER: Final = str.maketrans(
    "單選擇複斷簡問論題釋計綜連線對項數寫閱讀聽譯實務應識點類內標準確參難節號備詳",
    "单选择复断简问论题释计综连线对项数写阅读听译实务应识点类内标准确参难节号备详",
)


def simplified(text: str) -> str:
    """The name of a kind or column in simplified characters (單選題, 填充題, 選項), place for place."""
    return text.translate(_SIMPLER)


_NOISE = re.compile(r"\([^)]*\)|[\s_\-/\[\]【】<>《》*]+")
_ORDINAL = re.compile(r"^(?:第?[一二三四五六七八九十]+(?:部分|大题)?|\d+)[、.:]")


@lru_cache(maxsize=1024)
def _bare(text: str) -> str:
    bare = _ORDINAL.sub("", _NOISE.sub("", simplified(word(text))))
    # Canvas: "multiple_answers_question".
    return bare.removesuffix("question") or bare


def kind_of(text: str) -> Kind | None:
    """The kind a word names, None where it names none (see ``is_any_choice`` for "选择题")."""
    bare = _bare(text)
    if bare in _EXACT:
        return _EXACT[bare]
    if bare in _CHOICE:
        return None
    kinds = [kind for name, kind in _WITHIN if name in bare]
    if kinds and (kinds[0] in {Kind.CLOZE, Kind.SHORT_ANSWER} or len(set(kinds)) == 1):
        return kinds[0]
    if kinds:
        return None
    if _ESSAYS.search(bare):
        return Kind.ESSAY
    return Kind.OTHER if _OTHERS.search(bare) else None


def is_any_choice(text: str) -> bool:
    """True for "选择题": single or multiple is left to the key."""
    return _bare(text) in _CHOICE


def is_indefinite(text: str) -> bool:
    """True for "不定项": one letter or several are both meant."""
    return "不定项" in _bare(text)


def is_code(text: str) -> bool:
    """True for a bare number, whose meaning differs from system to system."""
    bare = _bare(text)
    return bare.isdecimal() and len(bare) <= 2


def code_of(text: str) -> str:
    """A type code without leading zeros."""
    return _bare(text).lstrip("0") or "0"


def kind_of_sheet(name: str) -> Kind | None:
    """The kind that a sheet's name gives to its questions, as in a workbook with a sheet per type."""
    return kind_of(name) if re.search("题|选|判断|填空|是非", name) else None


def kind_of_section(text: str) -> Kind | None:
    """The kind announced by a section line between questions ("一、单选题（每题 1 分）")."""
    if len(text) > 60:
        return None
    match = _SECTION.match(simplified(text.strip()))
    return kind_of(match["kind"]) if match else None


_TAG = re.compile(r"^[【\[]\s*([^】\]\s]{2,7})\s*[】\]]\s*")


def kind_tag(stem: str) -> tuple[Kind, str] | None:
    """A type written before the stem ("【单选题】下列…") and the stem without it."""
    match = _TAG.match(stem)
    if match is None or not re.search("题|选$", match[1]):
        return None
    kind = kind_of(match[1])
    return (kind, stem[match.end() :]) if kind is not None else None
