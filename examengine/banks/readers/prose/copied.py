"""Papers copied out of course platforms: what one line means there is put on one line before anything else."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from examengine.banks.readers.lines import Line
from examengine.banks.readers.prose import marks
from examengine.banks.readers.prose.rewritten import rewritten

NEXT_LETTER_WITHIN: Final = 6
FOLLOWS_WITHIN: Final = 12

_LINK = re.compile(r"\[([^\[\]]{0,2000})\]\(javascript:[^()]{0,80}(?:\([^()]{0,20}\))?[^()]{0,20}\)")
_ITALIC_LABEL = re.compile(r"\*([A-H]\s?[、.．])\*\s?")
_LONE_KEY = re.compile(r"^(?:[A-H](?:\s?[,，、]?\s?[A-H]){0,7}|对|错|正确|错误|√|×)$")
_LONE_NUMBER = re.compile(r"^\*?(\d{1,4})\*?$")
_KEY_ALONE = re.compile(r"^(?:正确|参考|标准)?答案\s?[:：]$")
_ON_SCORING = re.compile(r"\s*[（(](?:少选|多选|错选|漏选)[^（）()]{0,20}[)）]\s*$")
_KIND_ALONE = re.compile(rf"^【(?:{marks.KIND_WORDS})题?】(?:[（(]\s?\d{{1,3}}(?:\.\d{{1,2}})?\s?分\s?[)）])?$")
_KIND_BEGINS = re.compile(rf"^【(?:{marks.KIND_WORDS})题?】")
_LONE_LETTER = re.compile(r"^([A-H])\s?[、.．]?$")
_TRUTH_OPTION = re.compile(r"^(true|false)\s?[.．、:：]\s?(\S{1,8})$", re.IGNORECASE)
_ASKED = re.compile(r"^(?:题目|问题|问)\s?[:：]\s*(?P<stem>\S.*?)(?:\s+(?P<key>(?:正确|参考)?答案\s?[:：].*))?$")
_OF_ITS_KIND = re.compile(
    rf"^(?P<number>\d{{1,4}})\s?[.．、]\s?(?P<kind>(?:{marks.KIND_WORDS})题?)\s?[（(]\s?\d{{1,3}}(?:\.\d{{1,2}})?\s?分\s?[)）]$"
)
_PLACE = re.compile(r"^【\s?第\s?\d{1,4}\s?题\s?】$")
_MINE: Final = re.compile(r"^(?:我的|你的|学生|考生)答案\s?[:：]")
_KEY = re.compile(r"^(?:正确|参考|标准)?答案\s?[:：]")
_SCORE = re.compile(r"^本题得分\s?[:：]|^-{10,}$|^(?:查看|展开|收起)(?:答案)?(?:解析|详情)$|^你(?:选|答)(?:对|错)了$")
_VERDICT = re.compile(r"^(?:回答)?(?:正确|错误)$")


def unfolded(lines: Sequence[Line]) -> list[Line]:
    """The lines with lone letters joined to their options, headings of single questions joined to their stems."""
    plain = [Line(line.number, _without_links(line.text)) for line in rewritten(lines)]
    return list(_joined(list(_told_apart(plain))))


def _without_links(text: str) -> str:
    if "*" not in text and "](" not in text:
        return text
    shown = _LINK.sub(lambda match: "" if match[1].strip("*").startswith("AI") else match[1], text)
    return _ITALIC_LABEL.sub(r"   \1", shown)


def _told_apart(lines: Sequence[Line]) -> Iterator[Line]:
    asked = sum(1 for line in lines if _ASKED.match(line.text.strip()))
    places = sum(1 for line in lines if _PLACE.match(line.text.strip()))
    mine, counted = False, 0
    for at, line in enumerate(lines):
        text = line.text.strip()
        if _VERDICT.match(text) and (below := _following(lines, at)) and _SCORE.match(lines[below].text.strip()):
            continue
        match = _ASKED.match(text) if asked > 1 else None
        if match:
            yield Line(line.number, "")
            counted += 1
            yield Line(line.number, f"{counted}、{match['stem']}")
            if match["key"]:
                yield Line(line.number, match["key"])
            continue
        # The answer somebody gave stands below its heading, until the right one is said.
        mine = (mine and not _KEY.match(text)) or (_MINE.match(text) is not None and text[-1:] in ":：")
        truth = _TRUTH_OPTION.match(text)
        if truth:
            yield Line(line.number, f"{'A' if truth[1].lower() == 'true' else 'B'}. {truth[2]}")
        elif not mine and not _SCORE.match(text) and not (places > 1 and _PLACE.match(text)):
            yield Line(line.number, _ON_SCORING.sub("", line.text)) if _KEY.match(text) else line


def _joined(lines: Sequence[Line]) -> Iterator[Line]:
    at, expected = 0, 0
    while at < len(lines):
        line = lines[at]
        text = marks.without_markdown(line.text.strip())
        if not text:
            yield line
            at += 1
            continue
        following = _following(lines, at)
        below = lines[following].text.strip() if following is not None else ""
        head = _OF_ITS_KIND.match(text)
        if head and following is not None and not marks.QUESTION.match(marks.plain(below)):
            yield Line(line.number, f"{head['number']}. 【{head['kind']}】{below}")
            at, expected = following + 1, 0
            continue
        counted = _LONE_NUMBER.match(text)
        if counted and following is not None and _KIND_BEGINS.match(below):
            after = _following(lines, following) if _KIND_ALONE.match(below) else None
            if after is not None:
                following, below = after, f"{below[: below.index('】') + 1]}{lines[after].text.strip()}"
            yield Line(line.number, f"{counted[1]}. {below}")
            at, expected = following + 1, 0
            continue
        if _KEY_ALONE.match(text) and following is not None and _LONE_KEY.match(below):
            yield Line(line.number, text + below)
            at, expected = following + 1, 0
            continue
        lone = _LONE_LETTER.match(text)
        place = ord(lone[1]) - ord("A") if lone else -1
        begins = place == 0 and _next_letter_comes(lines, at)
        if (
            lone
            and following is not None
            and (begins or (place == expected and place > 0))
            and not _LONE_LETTER.match(below)
        ):
            yield Line(line.number, f"{lone[1]}. {below}")
            at, expected = following + 1, place + 1
            continue
        expected = 0
        yield line
        at += 1


def _following(lines: Sequence[Line], at: int) -> int | None:
    """The index of the next line that is not blank."""
    ahead = range(at + 1, min(at + 1 + FOLLOWS_WITHIN, len(lines)))
    return next((index for index in ahead if lines[index].text.strip()), None)


def _next_letter_comes(lines: Sequence[Line], at: int) -> bool:
    for _ in range(NEXT_LETTER_WITHIN):
        following = _following(lines, at)
        if following is None:
            return False
        at = following
        lone = _LONE_LETTER.match(marks.without_markdown(lines[at].text.strip()))
        if lone:
            return lone[1] == "B"
    return False
