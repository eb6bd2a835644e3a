"""JSON in the shapes other programs write: lists of questions, at any depth, under names that say what they hold."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import msgspec

from examengine.banks.cells.grid import ROWS_LIMIT, UnreadableFileError
from examengine.banks.dialects.headers import SYNONYMS, Field
from examengine.banks.dialects.kinds import is_code, kind_of
from examengine.banks.dialects.options import LETTERS
from examengine.banks.findings import Findings, Understood
from examengine.banks.readers.gathering import gathered, too_many
from examengine.banks.readers.json_answers import answers_in, pairs_in
from examengine.banks.readers.json_options import (
    LETTER_KEY,
    NUMBER_KEY,
    are_choices,
    are_listed,
    name_word,
    options_of,
    text_of,
)
from examengine.banks.readers.reading import BankReading
from examengine.banks.readers.told import Told, questions_told
from examengine.banks.wording import tidy_line

FORMAT: Final = "json"
DEPTH_LIMIT: Final = 12

_MORE: Final[Mapping[str, Field]] = {
    "题目文本": Field.STEM,
    "body": Field.STEM,
    "content": Field.STEM,
    "prompt": Field.STEM,
    "stemtext": Field.STEM,
    "questiontitle": Field.STEM,
    "text": Field.STEM,
    "name": Field.STEM,
    "q": Field.STEM,
    "opts": Field.OPTIONS,
    "choose": Field.OPTIONS,
    "select": Field.OPTIONS,
    "alternatives": Field.OPTIONS,
    "ans": Field.KEY,
    "correctans": Field.KEY,
    "correctoptionindex": Field.KEY,
    "exp": Field.EXPLANATION,
    "explains": Field.EXPLANATION,
    "items": Field.OPTIONS,
    "optionlist": Field.OPTIONS,
    "answerlist": Field.OPTIONS,
    "answeroptions": Field.OPTIONS,
    "solution": Field.KEY,
    "rightanswers": Field.KEY,
    "correctindex": Field.KEY,
    "answerindex": Field.KEY,
    "correctoptions": Field.KEY,
    "qtype": Field.KIND,
    "typename": Field.KIND,
    "parse": Field.EXPLANATION,
    "analyze": Field.EXPLANATION,
    "解答": Field.EXPLANATION,
}
_FIELDS: Final = {
    **_MORE,
    **{name: what for what, names in reversed(list(SYNONYMS.items())) for name in names},
}
_RANKS: Final = {name: rank for names in SYNONYMS.values() for rank, name in enumerate(names)}
_WEAK_STEMS: Final = frozenset({"text", "name", "title", "body", "prompt"})
_TITLES: Final = ("chapter", "title", "name", "章节", "section", "category", "分类", "科目", "subject")
_WRONG_NAMES: Final = ("incorrectanswers", "wronganswers", "distractors", "incorrect")
_LISTED_ANSWERS: Final = ("answers", "a", "possibleanswers")
_PAIRS: Final = ("pairs", "matches", "matchpairs")
_NO_QUESTIONS: Final = frozenset({"text_only_question", "description", "category", "section", "instruction"})
_IMAGES: Final = ("attachment", "image", "images", "img", "picture", "图片", "pic", "media")
_ZERO_BASED: Final = frozenset({"correctindex", "answerindex", "correctoptionindex"})
_ASSIGNED = re.compile(r"^\s*(?:(?:var|let|const)\s+[\w$]{1,60}\s*=|export\s+default|module\.exports\s*=)\s*")
_COMMA_TOO_MANY = re.compile(r",\s{0,200}([\]}])")
_BETWEEN_VALUES = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class _Around:
    """What the objects around a question say of it."""

    topic: str = ""
    kind: str = ""


@dataclass(slots=True)
class _Found:
    value: Mapping[str, Any]
    around: _Around = field(default_factory=_Around)


def read_json(text: str, encoding: str) -> BankReading:
    """The questions of a JSON file, or of one object a line. Raises ``UnreadableFileError``."""
    findings, understood = Findings(unit="题"), Understood()
    found = list(islice(_questions_in(_decoded(text), _Around(), 0), ROWS_LIMIT + 1))
    if len(found) > ROWS_LIMIT:
        raise too_many()
    from_zero = _counts_from_zero(found, findings)
    read = (_told(one, number, findings, from_zero=from_zero) for number, one in enumerate(found, start=1))
    told = [one for one in read if one is not None]
    if not found:
        message = "JSON 里没有认得的题目；每题需要题干（question、content、题干 …）和选项或答案"
        findings.add("error", "no_questions", "文件", message)
    questions = questions_told(told, findings, understood)
    return gathered(FORMAT, encoding, questions, findings, understood.result())


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except RecursionError as deep:
        raise UnreadableFileError("json_malformed", "JSON 嵌套过深，没有读入") from deep
    except msgspec.DecodeError as broken:
        mended = _mended(text)
        if mended is not None:
            return mended
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and lines[0].lstrip().startswith("{"):
            try:
                return [msgspec.json.decode(line) for line in lines]
            except (msgspec.DecodeError, RecursionError):
                pass
        match = re.search(r"byte (\d+)", str(broken))
        at = text.encode("utf-8", errors="replace")[: int(match[1])].count(b"\n") + 1 if match else 0
        where = f"第 {at} 行附近" if at else ""
        raise UnreadableFileError(
            "json_malformed", f"JSON 有语法错误（{where or '不完整'}），没有读入；请重新导出"
        ) from broken


def _mended(text: str) -> Any:
    """Scripts that assign a list, commas too many, several values behind one another; None for anything else."""
    body = _ASSIGNED.sub("", text, count=1).rstrip().rstrip(";")
    body = _COMMA_TOO_MANY.sub(r"\1", body)
    values: list[Any] = []
    decoder = json.JSONDecoder()
    at = 0
    try:
        while len(values) <= ROWS_LIMIT:
            start = _BETWEEN_VALUES.match(body, at)
            at = start.end() if start else at
            if at >= len(body):
                break
            value, at = decoder.raw_decode(body, at)
            values.append(value)
    except (ValueError, RecursionError):
        return None
    return values or None


def _by_field(value: Mapping[str, Any]) -> dict[Field, Any]:
    """The values of an object by what their names say; the better name wins."""
    found: dict[Field, tuple[int, Any]] = {}
    for name, content in value.items():
        word = name_word(str(name))
        what = _FIELDS.get(word)
        rank = _RANKS.get(word, 100)
        if (
            what is not None
            and content is not None
            and content != ""
            and (what not in found or rank < found[what][0])
        ):
            found[what] = (rank, content)
    fields = {what: content for what, (_, content) in found.items()}
    if Field.STEM not in fields and fields.get(Field.OPTIONS) and isinstance(fields.get(Field.TOPIC), str):
        # {"topic": "甲？", "options": […]}: what options stand below is the question.
        fields[Field.STEM] = fields.pop(Field.TOPIC)
    if not fields.get(Field.OPTIONS) and are_choices(fields.get(Field.KEY)):
        # {"answers": [{"text": …, "is_correct": true}, …]} are the options, the right ones marked.
        fields[Field.OPTIONS] = fields.pop(Field.KEY)
    if not fields.get(Field.OPTIONS) and not isinstance(fields.get(Field.KEY), list | None):
        # {"answers": ["甲", "乙"], "correct": 1}
        named = [inner for name, inner in value.items() if name_word(str(name)) in _LISTED_ANSWERS]
        lists = [inner for inner in named if are_listed(inner)]
        if lists:
            fields[Field.OPTIONS] = lists[0]
    return fields


def _is_question(value: Mapping[str, Any]) -> bool:
    if _is_part(value):
        return False
    words = {name_word(str(name)) for name in value}
    stems = {
        word
        for name, one in value.items()
        if isinstance(one, str) and _FIELDS.get(word := name_word(str(name))) is Field.STEM
    }
    if not stems:
        fields = _by_field(value) if "topic" in words else {}
        return Field.STEM in fields and Field.KEY in fields
    lettered = sum(1 for name in value if LETTER_KEY.match(str(name)))
    numbered = sum(1 for name in value if NUMBER_KEY.match(str(name)))
    asks = any(_FIELDS.get(word) is Field.OPTIONS for word in words) or lettered > 1 or numbered > 1
    asks = asks or bool(words & set(_WRONG_NAMES))
    kind = next((one for name, one in value.items() if _FIELDS.get(name_word(str(name))) is Field.KIND), None)
    typed = isinstance(kind, int) or (isinstance(kind, str) and (kind_of(kind) is not None or is_code(kind)))
    if typed and (words & {*_PAIRS, "answer", "answers", "key"}):
        return True
    # A key that is there but empty still says that this is a question; a name and a key alone may be anything.
    return asks or (not stems <= _WEAK_STEMS and any(_FIELDS.get(word) is Field.KEY for word in words))


def _is_part(value: Mapping[str, Any]) -> bool:
    """True for a part of a paper, whose list holds questions and no options, and for what is only to be read."""
    for name, inner in value.items():
        what = _FIELDS.get(name_word(str(name)))
        if what is Field.KIND and isinstance(inner, str) and inner.strip().lower() in _NO_QUESTIONS:
            return True
        if what is Field.OPTIONS and isinstance(inner, list) and inner and isinstance(inner[0], dict):
            return _is_question(inner[0])
    return False


def _questions_in(value: Any, around: _Around, depth: int) -> Iterator[_Found]:
    if depth > DEPTH_LIMIT:
        return
    if isinstance(value, list):
        for one in value:
            yield from _questions_in(one, around, depth + 1)
    elif isinstance(value, dict):
        if _is_question(value):
            yield _Found(value, around)
            return
        here = _around(value, around)
        for name, inner in value.items():
            if isinstance(inner, list | dict):
                # {"单选题": [...], "判断题": [...]}: the name says the kind.
                kind = (
                    str(name) if re.search(r"题$|选$|^(single|multi|judge|tf|true_?false)", str(name), re.I) else ""
                )
                yield from _questions_in(inner, _Around(here.topic, kind or here.kind), depth + 1)


def _around(value: Mapping[str, Any], around: _Around) -> _Around:
    by_word = {name_word(str(name)): content for name, content in value.items()}
    topic = next((str(by_word[name]) for name in _TITLES if isinstance(by_word.get(name), str)), around.topic)
    kind = by_word.get("type") or by_word.get("题型")
    return _Around(tidy_line(topic)[:100], kind if isinstance(kind, str) and kind.endswith("题") else around.kind)


def _counts_from_zero(found: Sequence[_Found], findings: Findings) -> bool:
    """Whether keys that are bare numbers count options from 0: only the whole file tells."""
    least, reaches_end, seen = 1, False, 0
    for one in found:
        fields = _by_field(one.value)
        options, key = fields.get(Field.OPTIONS), fields.get(Field.KEY)
        numbers = [key] if not isinstance(key, list) else key
        if not isinstance(options, list) or any(isinstance(part, dict) for part in options):
            continue
        if numbers and all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
            if any(n in options or str(n) in options for n in numbers):
                continue
            seen += 1
            least = min(least, *numbers)
            reaches_end = reaches_end or max(numbers) == len(options)
    if seen and least > 0 and not reaches_end and not any(_says_zero_based(one.value) for one in found):
        message = "答案是数字，看不出从 0 还是从 1 数起，按从 1 数起读入；请核对"
        findings.add("warning", "index_base_unclear", "文件", message)
    return least == 0 and not reaches_end


def _says_zero_based(value: Mapping[str, Any]) -> bool:
    return any(name_word(str(name)) in _ZERO_BASED for name in value)


def _told(found: _Found, number: int, findings: Findings, *, from_zero: bool = False) -> Told | None:
    fields = _by_field(found.value)
    where = f"第 {number} 题"
    if not isinstance(fields.get(Field.STEM), str):
        findings.add("error", "stem_missing", where, "这一项没有题干，没有读入；请补上题干或删去此项")
        return None
    options, right = options_of(found.value, fields.get(Field.OPTIONS))
    key = _key(found.value, fields.get(Field.KEY), options, right, from_zero=from_zero)
    told = Told(number, where, options=options)
    for what, content in fields.items():
        if what not in {Field.STEM, Field.OPTIONS, Field.KEY, Field.ORDINAL} and isinstance(
            content, str | int | float
        ):
            told.fields[what] = text_of(content)
    told.fields[Field.STEM] = text_of(fields[Field.STEM])
    told.fields[Field.KEY] = key or _pairs(found.value)
    told.fields.setdefault(Field.TOPIC, found.around.topic)
    if told.fields.get(Field.KIND) == "multiple" and isinstance(fields.get(Field.KEY), str) and len(key) == 1:
        # Of trivia databases "multiple" says multiple choice, of which one is right.
        told.fields[Field.KIND] = ""
    if not told.fields.get(Field.KIND):
        told.fields[Field.KIND] = found.around.kind if found.around.kind != "试题" else ""
    if any(_filled(found.value.get(name)) for name in found.value if name_word(str(name)) in _IMAGES):
        message = "这道题带有图片，图片不在 JSON 里，没有读入；请核对题目离开图片能否作答"
        findings.add("warning", "image_missing", where, message)
    return told


def _pairs(value: Mapping[str, Any]) -> str:
    return pairs_in(next((inner for name, inner in value.items() if name_word(str(name)) in _PAIRS), None))


def _filled(value: Any) -> bool:
    return bool(value) and value not in ("", "null", "无")


def _key(
    value: Mapping[str, Any], content: Any, options: dict[int, str], right: Sequence[int], *, from_zero: bool
) -> str:
    wrong = next((inner for name, inner in value.items() if name_word(str(name)) in _WRONG_NAMES), None)
    if isinstance(wrong, list) and not options:
        # The right answers stand apart from the wrong ones: options are both, in the order of the file.
        good = [text_of(one) for one in (content if isinstance(content, list) else [content])]
        options.update(enumerate([*good, *(text_of(one) for one in wrong)]))
        return "".join(LETTERS[: len(good)])
    if right and not _filled(content):
        return "".join(LETTERS[index] for index in sorted(right) if index < len(LETTERS))
    zero_based = (from_zero and bool(options)) or _says_zero_based(value)
    parts = content if isinstance(content, list) else [content]
    if zero_based and all(isinstance(one, int) and 0 <= one < len(LETTERS) for one in parts):
        return "".join(LETTERS[one] for one in parts)
    if not options and (spelled_out := answers_in(parts)):
        return spelled_out
    texts = [text_of(one) for one in parts if one is not None]
    letters = all(len(text) == 1 and text.upper() in LETTERS for text in texts)
    return ("" if letters else "|").join(texts)
