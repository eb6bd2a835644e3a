"""Lint of items (B10): what can be delivered and yet helps or misleads a candidate.

Nothing here is an error: an item with remarks may be imported, reviewed and released. ``lint_item`` serves the
editor, the import and ``bank check`` alike; ``lint_bank`` looks at what only many items together show.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

from examengine.banks.item import OPTION_LETTERS, Item, Kind
from examengine.banks.markup.remarks import shown_problems
from examengine.banks.problems import Problem
from examengine.banks.wording import half_width, option_form

LONG_STEM: Final = 220
"""Chinese characters; letters and digits count half."""
LONGEST_BY_FACTOR: Final = 1.8
LONGEST_BY_CHARACTERS: Final = 12
SOON_DAYS: Final = 60
LEAST_FOR_BIAS: Final = 40
BIASED_SHARE: Final = 0.45
BIASED_TRUTH: Final = 0.75

_CHOICES: Final = frozenset({Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE})

_ASKS_NEGATIVELY = re.compile(
    r"不(?:正确|准确|恰当|合理|妥当|妥|当|符合|属于|包括|包含|构成)|错误|有误|不实|除外"
    r"|(?<!、)不(?:能|可以|得|应当|应该|应|需要|必|宜|允许|适用|适合)(?=[^，。]{0,16}的(?:是|有|为)?[\s（）()_?？]*$)"
)
_EMPHASIS_TAGS: Final = ("strong", "b", "em", "u", "mark", "i")
_MARKED_TEXT = re.compile(rf"<({'|'.join(_EMPHASIS_TAGS)})\b[^<>]{{0,80}}>([^<>]{{1,60}})</\1>", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"「『【\[〔（(]([^”\"」』】\]〕）)]{1,12})[”\"」』】\]〕）)]")
_PICTURE_SPOKEN_OF = re.compile(
    r"(?:如|见|由|按|看|据|从)(?:上|下|右|左|题)?图(?![书形像片表标纸谱])"
    r"|(?:上|下|右|左|题|附|示意)图(?:所示|中|显示|为|是|表示)|图(?:示|中)(?:的|所)|图\s?\d{1,2}\s?(?:所示|中|为)"
)
_ABOUT_OTHERS = re.compile(
    r"^(?:以上|上述|前述|上面)(?:各|几|[二三四五两])?(?:种|个)?(?:项|者|选项|说法|答案|方法|做法|内容|情况|原因|所有|全部)?"
    r".{0,4}(?:对|正确|是|错|错误|不是|不对|不正确|非|符合|包括|有|可以|需要|属于)的?[。.]?$"
    r"|^(?:都|均|全|全部|皆)(?:对|是|正确|不对|不是|不正确|错误|错|包括|可以|非)的?[。.]?$"
    r"|^(?:[A-H]\s*[和与、及,，]\s*)+[A-H]\s*(?:都|均|皆)?(?:对|是|正确|不对|错误)?[。.]?$",
    re.IGNORECASE,
)
_ABSOLUTE: Final = (
    "一定",
    "必然",
    "永远",
    "所有",
    "任何",
    "绝对",
    "完全",
    "从不",
    "总是",
    "唯一",
    "全部",
    "一律",
    "毫无",
)
_DOUBLE_NEGATION = re.compile(
    r"(?:不|没有|并非|未|无)(?:能|可|得|应|会|是)?不(?!断|但|仅|过|同|久|足|良|变|得|法|当|便|动产)"
    r"|不(?:正确|属于|符合|包括)[^，。；？！]{0,12}(?:不正确|不属于|不符合|不包括|错误|除外)"
    r"|(?:没有|并非)[^，。；？！]{0,4}(?:不|没有|未)|(?:不|未)(?:得|能|可)(?:不|没有)"
)
_NUMBER = re.compile(r"^[\d.,，:：/-]+%?$")
_UNIT = re.compile(r"^[\d.,，]+\s*([^\d\s.,，]{1,4})$")
_SIGNS: Final = frozenset("+-*/=<>^%@#$&|\\~\n")
_ENDS: Final = "。.；;"


def lint_item(item: Item, today: date | None = None) -> tuple[Problem, ...]:
    """What an author should look at in one item; none of it keeps the item out.

    ``today`` is the author's day; without it nothing is said about the date up to which an item holds.
    """
    found = [*_stem(item), *shown_problems(item), *_expiry(item, today)]
    if item.kind in _CHOICES:
        found += _options(item)
    return tuple(found)


def lint_bank(items: Sequence[Item]) -> tuple[str, ...]:
    """What only many items together show, in sentences: keys that gather at one place, true or false too often."""
    return (*_position_bias(items), *_truth_bias(items))


def speaks_of_picture(stem: str) -> bool:
    """True for "如图所示": what is asked cannot be understood without a picture."""
    return _PICTURE_SPOKEN_OF.search(stem) is not None


def _stem(item: Item) -> Iterator[Problem]:
    stem = half_width(item.stem)
    asked = _asked(stem, item.kind)
    negation = _ASKS_NEGATIVELY.search(asked) if asked else None
    if negation is not None and not _is_emphasised(item, negation[0]):
        message = f"题干问的是否定的一面，“{negation[0]}”没有突出，容易看漏；请加粗，或写成“【{negation[0]}】”"
        yield Problem("info", "negation_not_emphasised", "stem", message)
    double = _DOUBLE_NEGATION.search(stem)
    if double is not None:
        message = f"题干有双重否定“{double[0][:20]}”，考生要绕两次弯；请改成肯定的说法"
        yield Problem("info", "double_negation", "stem", message)
    if speaks_of_picture(stem) and "<img" not in item.markup and "[图" not in item.stem:
        yield Problem("warning", "picture_missing", "stem", "题干提到图，题里却没有图；请补上图片，或改写题干")
    length = sum(1 if sign > "\u2e7f" else 0.5 for sign in item.stem)
    if length > LONG_STEM:
        message = f"题干长 {length:.0f} 字，在手机上要翻页才读得完；请考虑缩短到 {LONG_STEM} 字以内"
        yield Problem("info", "stem_long", "stem", message)


def _asked(stem: str, kind: Kind) -> str:
    """The part of the stem that asks; a statement to be judged asks nothing by its negations."""
    if kind not in _CHOICES:
        return ""
    clauses = [clause for clause in re.split(r"[。；，,;\n]", stem) if clause.strip(" ?？()（）_")]
    return clauses[-1] if clauses else ""


def _is_emphasised(item: Item, word: str) -> bool:
    marked = [match[2] for match in _MARKED_TEXT.finditer(item.markup)]
    marked += [match[1] for match in _QUOTED.finditer(half_width(item.stem))]
    return any(text and (text in word or word in text) for text in map(str.strip, marked))


def _expiry(item: Item, today: date | None) -> Iterator[Problem]:
    if today is None or item.valid_until is None:
        return
    left = (item.valid_until - today).days
    day = item.valid_until.isoformat()
    if left < 0:
        yield Problem(
            "warning", "expired", "valid_until", f"有效期到 {day}，已经过了，不会再抽到；请核对依据后改有效期"
        )
    elif left <= SOON_DAYS:
        yield Problem("warning", "expires_soon", "valid_until", f"{day} 到期，还有 {left} 天；请核对依据是否有新规定")


def _options(item: Item) -> Iterator[Problem]:
    texts = [option.text for option in item.options]
    yield from _alike(texts)
    for index, option in enumerate(item.options):
        if not option.fixed and _ABOUT_OTHERS.match(half_width(option.text).strip()):
            message = f"选项{_letter(index)}“{option.text[:20]}”说的是别的选项，打乱后会出错；请固定它的位置"
            yield Problem("warning", "about_others_not_fixed", "options", message, index)
    if item.kind is Kind.SINGLE_CHOICE and len(item.key) == 1 and len(texts) > 2:
        yield from _longest(item)
        yield from _absolute(item)
    yield from _alone(texts)


def _letter(index: int) -> str:
    return OPTION_LETTERS[index % len(OPTION_LETTERS)].upper()


def _alike(texts: Sequence[str]) -> Iterator[Problem]:
    """Options that differ in case, punctuation or space alone; exactly the same ones are an error already."""
    first: dict[str, int] = {}
    for index, text in enumerate(texts):
        plain = "".join(sign for sign in option_form(text).casefold() if sign.isalnum())
        if len(plain) < 2 or any(sign.isascii() and (sign.isalnum() or sign in _SIGNS) for sign in half_width(text)):
            # "1.5" and "15", "x+1" and "x-1", code: what stands between is the difference.
            continue
        same = first.setdefault(plain, index)
        if same != index and option_form(text) != option_form(texts[same]):
            message = f"选项{_letter(same)}与选项{_letter(index)}只差标点或大小写：“{text[:20]}”；请核对是否重复"
            yield Problem("warning", "options_alike", "options", message, index)


def _longest(item: Item) -> Iterator[Problem]:
    lengths = [len(option.text) for option in item.options]
    right = next((index for index, option in enumerate(item.options) if option.id in item.key), None)
    if right is None:
        return
    others = max(length for index, length in enumerate(lengths) if index != right)
    if lengths[right] >= LONGEST_BY_FACTOR * others and lengths[right] - others >= LONGEST_BY_CHARACTERS:
        message = (
            f"正确选项{_letter(right)}有 {lengths[right]} 字，其余最长 {others} 字，不会做也能猜；请让选项长短相近"
        )
        yield Problem("info", "key_longest", "options", message, right)


def _absolute(item: Item) -> Iterator[Problem]:
    """Absolute words in wrong options alone give the right one away."""
    told = [
        (index, word)
        for index, option in enumerate(item.options)
        if option.id not in item.key
        for word in _ABSOLUTE
        if word in option.text
    ]
    right = next((option.text for option in item.options if option.id in item.key), "")
    if len({index for index, _ in told}) >= 2 and not any(word in right for word in _ABSOLUTE):
        words = "、".join(dict.fromkeys(word for _, word in told))
        message = f"只有错误选项用了“{words}”这样的绝对说法，等于提示答案；请改写"
        yield Problem("info", "absolute_words", "options", message, told[0][0])


def _alone(texts: Sequence[str]) -> Iterator[Problem]:
    """One option of another make than all others."""
    if len(texts) < 4:
        return
    makes: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("末尾标点与其余选项不同", lambda text: "end" if text.endswith(tuple(_ENDS)) else ""),
        ("与其余选项不同，不是数字", lambda text: "number" if _NUMBER.match(half_width(text)) else ""),
        ("单位与其余选项不同", lambda text: unit[1] if (unit := _UNIT.match(half_width(text))) else ""),
    )
    for what, make_of in makes:
        made = [make_of(text) for text in texts]
        (common, often), *rest = Counter(made).most_common()
        if common and often == len(texts) - 1 and rest:
            index = next(index for index, make in enumerate(made) if make != common)
            if _ABOUT_OTHERS.match(half_width(texts[index]).strip()):
                continue
            message = f"选项{_letter(index)}{what}，显得突出；请统一写法"
            yield Problem("info", "option_alone", "options", message, index)
            return


def _position_bias(items: Sequence[Item]) -> Iterator[str]:
    for width in (3, 4, 5):
        places: Counter[int] = Counter()
        for item in items:
            if item.kind is Kind.SINGLE_CHOICE and len(item.options) == width and len(item.key) == 1:
                places.update(index for index, option in enumerate(item.options) if option.id in item.key)
        count = sum(places.values())
        if count < LEAST_FOR_BIAS:
            continue
        place, often = places.most_common(1)[0]
        if often > max(BIASED_SHARE, 1.5 / width) * count:
            yield (
                f"{width} 个选项的单选题里，{100 * often // count}% 的答案在 {_letter(place)}（{often}/{count}）；"
                "试卷打乱选项时没有影响，不打乱的考试请先调整"
            )


def _truth_bias(items: Sequence[Item]) -> Iterator[str]:
    keys = Counter("t" if item.key == {"t"} else "f" for item in items if item.kind is Kind.TRUE_FALSE)
    count = sum(keys.values())
    if count < LEAST_FOR_BIAS:
        return
    side, often = keys.most_common(1)[0]
    if often > BIASED_TRUTH * count:
        word = "正确" if side == "t" else "错误"
        share = f"{100 * often // count}% 的答案是“{word}”（{often}/{count}）"
        yield f"判断题里 {share}，全选“{word}”就能得大半分；请补一些相反的题"
