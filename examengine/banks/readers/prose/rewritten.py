"""Manners of note-taking programs, quiz tools and other regions, rewritten in the manner of a usual paper.

Each is told by the whole text, never by a single line, and lines keep their numbers.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from examengine.banks.readers.lines import Line
from examengine.banks.readers.prose import marks

LETTERS: Final = "ABCDEFGHIJ"
CIRCLED: Final = "①②③④⑤⑥⑦⑧⑨⑩"

_QUOTED = re.compile(r"^(?:>\s?){1,6}")
_CALLOUT = re.compile(
    rf"^\[!\w{{1,20}}\][-+]?\s*(?:(?P<kind>{marks.KIND_WORDS}|选择)?题?\s*(?P<number>\d{{1,4}})\s*$)?"
)
_BOX = re.compile(r"^[-*+]\s+\[(?P<tick>[ xX√✓])\]\s*(?P<text>\S.*)$")
_LETTERED = re.compile(r"^[（(]?[A-Ha-h]\s{0,3}[.．、)）:：]")
_ADORNED_TRUTH = re.compile(r"^[✅❌✔✘✓✗⭕]\s*(?=(?:正确|错误|对|错)$)")

_CIRCLED_KEY = re.compile(
    rf"^[【\[]?\s*(?:正确|参考|标准)?答案\s*[】\]]?\s*[:：]?\s*(?P<key>[{CIRCLED}\s,，、]{{1,20}})$"
)
_CIRCLED_OPTION = re.compile(rf"[{CIRCLED}]")
_NUMBERED_LINE = re.compile(r"^\s*(?:第\s*)?[（(]?\d{1,4}\s*(?:题|[.．、)）])")

_DIGIT_KEY_FIRST = re.compile(
    r"^[（(]\s*(?P<key>[1-5]{1,5})\s*[)）]\s*(?P<number>\d{1,4})\s*[.．、]\s*(?P<rest>\S.*)$"
)
_DIGIT_KEY_SECOND = re.compile(
    r"^(?P<number>\d{1,4})\s*[.．、]\s*[（(]\s*(?P<key>[1-4]{1,4})\s*[)）]\s*(?P<rest>\S.*)$"
)
_DIGIT_OPTION = re.compile(r"\s*[（(]\s*([1-5])\s*[)）]\s*")

_TYPED = re.compile(r"^Type\s{0,3}:\s{0,3}(?P<kind>MC|MR|MA|TF|E|ES|F|FIB|FMB|MT|ORD)\s*$", re.IGNORECASE)
_TYPE_KINDS: Final = {
    "TF": "判断题",
    "MR": "多选题",
    "MA": "多选题",
    "E": "简答题",
    "ES": "简答题",
    "F": "填空题",
    "FIB": "填空题",
    "MT": "匹配题",
}
_TYPED_NUMBER = re.compile(r"^(?P<number>\d{1,4})\s?[.)]\s?(?P<rest>.*)$")
_TYPED_ANSWER = re.compile(r"^\*?[a-z]\s?[.)]\s?(?P<answer>\S.*)$", re.IGNORECASE)

_ON_A_LINE = re.compile(
    rf"^[【\[(（](?:{marks.KIND_WORDS})题?[】\])）](?!\s?\d{{1,4}}\s?[.、．]).{{1,1500}}[【\[（(]?答案\s?[】\])）:：].{{1,60}}$"
)
_SLASHED = re.compile(r"^(?P<mark>\d{1,4}|[A-H]|(?:正确|参考)?答案|解析)\s?[/／](?=\s?[^\d\s/／])")
_SLASHED_NUMBER = re.compile(r"^\d{1,4}\s?[/／]\s?[^\d\s/／]")


def rewritten(lines: Sequence[Line]) -> list[Line]:
    """The lines in the manner of a usual paper; the same lines where they are in none of these manners."""
    found = list(lines)
    manners: tuple[tuple[Callable[[str], object], Callable[[Sequence[Line]], Iterator[Line]]], ...] = (
        (_of_callout, _without_callouts),
        (_unlettered_box, _lettered_boxes),
        (_CIRCLED_KEY.match, _circled),
        (_numbered_option_after_key, _digit_keys),
        (_TYPED.match, _typed),
        (_SLASHED_NUMBER.match, _unslashed),
        (_ON_A_LINE.match, _numbered_on_a_line),
    )
    for belongs, rewrite in manners:
        if sum(1 for line in found if belongs(line.text.strip()[:2_000])) > 1:
            found = list(rewrite(found))
    return found


# Obsidian: "> [!question] 判断题 1" above a stem, "> - [ ] A. …", "> > 答案: …"


def _of_callout(text: str) -> bool:
    return text.startswith(">") and _CALLOUT.match(_QUOTED.sub("", text)) is not None


def _without_callouts(lines: Sequence[Line]) -> Iterator[Line]:
    begun: tuple[str, str] | None = None
    for line in lines:
        text = _QUOTED.sub("", line.text.strip())
        callout = _CALLOUT.match(text)
        if callout:
            begun = (callout["number"], callout["kind"] or "") if callout["number"] else begun
            yield Line(line.number, "")
        elif begun and text:
            kind = f"【{begun[1]}题】" if begun[1] and begun[1] != "选择" else ""
            yield Line(line.number, f"{begun[0]}. {kind}{text}")
            begun = None
        else:
            yield Line(line.number, text)


# Task lists as options: "- [ ] 上海", "- [x] 北京"


def _unlettered_box(text: str) -> bool:
    box = _BOX.match(text)
    return box is not None and not _LETTERED.match(box["text"])


def _lettered_boxes(lines: Sequence[Line]) -> Iterator[Line]:
    place = 0
    for line in lines:
        text = line.text.strip()
        box = _BOX.match(text)
        if box is None:
            place = place if not text else 0
            yield line
        elif _LETTERED.match(box["text"]) or place >= len(LETTERS):
            yield line
        else:
            right = "" if box["tick"] == " " else "*"
            yield Line(line.number, f"{right}{LETTERS[place]}. {_ADORNED_TRUTH.sub('', box['text'])}")
            place += 1


# Options and keys in circles: "① 上海 ② 北京", "答案：②". Statements in circles have keys of letters.


def _circled(lines: Sequence[Line]) -> Iterator[Line]:
    begin = 0
    for at, line in enumerate(lines):
        key = _CIRCLED_KEY.match(line.text.strip())
        if key is None:
            continue
        for above in lines[begin:at]:
            text = above.text.strip()
            if _NUMBERED_LINE.match(text) or text[:1] not in CIRCLED:
                yield above
                continue
            yield Line(above.number, _CIRCLED_OPTION.sub(lambda one: f"  {_letter(one[0])}. ", text).strip())
        yield Line(line.number, "答案：" + "".join(map(_letter, _CIRCLED_OPTION.findall(key["key"]))))
        begin = at + 1
    yield from lines[begin:]


def _letter(circled: str) -> str:
    return LETTERS[CIRCLED.index(circled)]


# Papers of Taiwan: "( 3 ) 1. 首都？ (1)高雄 (2)臺中 (3)臺北", "1. (3) 首都？①高雄②臺中③臺北。"


def _numbered_option_after_key(text: str) -> bool:
    return (_DIGIT_KEY_FIRST.match(text) or _DIGIT_KEY_SECOND.match(text)) is not None


def _digit_keys(lines: Sequence[Line]) -> Iterator[Line]:
    within = False
    for line in lines:
        text = line.text.strip()
        match = _DIGIT_KEY_FIRST.match(text) or _DIGIT_KEY_SECOND.match(text)
        if match is None:
            begins = within and (_DIGIT_OPTION.match(text) or text[:1] in CIRCLED)
            yield Line(line.number, _options_by_letter(text)) if begins and text else line
            continue
        within = True
        key = "".join(LETTERS[int(digit) - 1] for digit in match["key"])
        yield Line(line.number, f"({key}) {match['number']}. {_options_by_letter(match['rest'])}")


def _options_by_letter(text: str) -> str:
    """The text with its options by letters; as it is where they do not begin at 1 and count on."""
    pattern = _CIRCLED_OPTION if CIRCLED[0] in text and CIRCLED[1] in text else _DIGIT_OPTION
    begins: list[tuple[int, int]] = []
    for match in pattern.finditer(text):
        number = CIRCLED.index(match[0]) + 1 if pattern is _CIRCLED_OPTION else int(match[1])
        if number == len(begins) + 1:
            begins.append(match.span())
    if len(begins) < 2 and not _DIGIT_OPTION.match(text) and text[:1] not in CIRCLED:
        return text
    if not begins:
        lone = _DIGIT_OPTION.match(text)
        place = int(lone[1]) - 1 if lone else CIRCLED.index(text[0])
        return f"{LETTERS[place]}. {text[lone.end() if lone else 1 :]}"
    parts = [text[: begins[0][0]]]
    for place, (span, following) in enumerate(zip(begins, [*begins[1:], (len(text), 0)], strict=True)):
        parts.append(f"{LETTERS[place]}. {text[span[1] : following[0]].strip()}")
    return "  ".join(part for part in parts if part.strip())


# Respondus: "Type: F" above "3) The capital is ____." and "a) Paris", each an answer that counts


def _typed(lines: Sequence[Line]) -> Iterator[Line]:
    kind, written = "", False
    for line in lines:
        text = line.text.strip()
        typed = _TYPED.match(text)
        number = _TYPED_NUMBER.match(text)
        answer = _TYPED_ANSWER.match(text)
        if typed:
            kind, written = _TYPE_KINDS.get(typed["kind"].upper(), ""), False
            yield Line(line.number, "")
        elif number and kind:
            yield Line(line.number, f"{number['number']}. 【{kind}】{number['rest']}")
            written, kind = kind in {"简答题", "填空题", "匹配题"}, ""
        elif answer and written:
            yield Line(line.number, f"答案：{answer['answer']}")
        else:
            yield line


# "1/首都是" with "A/上海"


def _unslashed(lines: Sequence[Line]) -> Iterator[Line]:
    for line in lines:
        match = _SLASHED.match(line.text.strip())
        sign = "：" if match and not match["mark"].isascii() else "、"
        yield Line(line.number, _SLASHED.sub(rf"\g<mark>{sign}", line.text.strip(), count=1))


# "【单选】首都是（ ）A.上海 B.北京【答案】B", a question a line and without a number


def _numbered_on_a_line(lines: Sequence[Line]) -> Iterator[Line]:
    count = 0
    for line in lines:
        text = line.text.strip()
        if _ON_A_LINE.match(text[:2_000]):
            count += 1
            yield Line(line.number, f"{count}. {text}")
        else:
            yield line
