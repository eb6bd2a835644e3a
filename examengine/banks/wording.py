"""Text of items: how it is tidied, when two texts are the same, which options must keep their place."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

STEM_LIMIT: Final = 4_000
OPTION_LIMIT: Final = 1_000
EXPLANATION_LIMIT: Final = 8_000
LINE_LIMIT: Final = 300
EXCEL_ERRORS: Final = frozenset({"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!"})

# Cc but for tab and line feed, Cs, the noncharacters XML refuses, and the invisible marks that stick to
# copied text. The joiners U+200C and U+200D stay: some scripts and emoji need them.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_ANY_WIDE = re.compile("[\uff01-\uff5e\u3000\xa0]")
_JOINERS = re.compile("[\u200c\u200d]")
_SENTENCE_MARKS = re.compile(r"[\s,;:?!、。，；：？！\"“”'‘’()（）\[\]【】_…]+|(?<!\d)\.|\.(?!\d)")


def tidy(text: str) -> str:
    """The text without control characters and outer space; line ends become ``\\n``."""
    if text.isprintable():
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    return _INVISIBLE.sub("", text).strip()


def tidy_line(text: str) -> str:
    """Tidied and on one line, for topics, sources and numbers."""
    return " ".join(tidy(text).split())


def half_width(text: str) -> str:
    """Full-width ASCII to half-width, and nothing else: NFKC would turn 10² into 102."""
    return text.translate(_WIDE) if _ANY_WIDE.search(text) else text


def word(text: str) -> str:
    """The form in which short words (headers, types, answers) are looked up."""
    return tidy(unicodedata.normalize("NFKC", text)).casefold()


def option_form(text: str) -> str:
    """Two options with the same form are the same to a candidate. Case counts: code does."""
    return " ".join(_JOINERS.sub("", half_width(text)).split()).rstrip(" .。;；")


def stem_form(text: str) -> str:
    """Two stems with the same form are the same question: space, brackets and sentence marks aside."""
    return _SENTENCE_MARKS.sub("", _JOINERS.sub("", half_width(text))).casefold()


_ABOUT_OTHERS = re.compile(
    r"^(以上|上述|前述|上面|以上各项|上述各项|前面)(各项|选项|说法|答案|几项|三项|四项|内容|情况|所有)*"
    r"(都|均|全|全部|皆|全都|没有一项|无一)*"
    r"(是|对|正确|不对|不正确|错|错误|不是|包括|可以|可能|没有|有|符合|不符合|属于|不属于|需要|必须)?(的)?$"
    r"|^(都|均|全|全部|皆)(对|是|正确|不对|不是|不正确|错|错误|包括|可以)(的)?$"
    r"|^(all|none|both|neither) of the above$",
    re.IGNORECASE,
)
LONGEST_REMARK: Final = 30
_LETTER = r"(?<![A-Za-z0-9])[A-Ha-h](?![A-Za-z0-9])"
_ABOUT_LETTERS = re.compile(
    rf"^(选项|答案)?\s*{_LETTER}(\s*(项|选项)?\s*[和与及或、,，&+]+\s*(选项)?\s*{_LETTER})+\s*(项|选项)?"
    r"\s*(都|均|全|皆)?(是|对|正确|不对|不正确|错|错误|不是|可以|包括)?(的)?$"
)
_LETTERS_IN_PROSE = re.compile(
    rf"(选项|答案|故选|应选|因此选|所以选|选)\s*[:：]?\s*[A-H]+(?![A-Za-z0-9])|{_LETTER}\s*(选项|项)(?!目)"
)


def _speaks(pattern: re.Pattern[str], text: str) -> bool:
    return len(text) <= LONGEST_REMARK and pattern.match(half_width(text).rstrip("。. ")) is not None


def options_name_letters(texts: Sequence[str]) -> bool:
    """True where an option speaks of others by letter ("A和B都对"): moving any of them would change it."""
    return any(_speaks(_ABOUT_LETTERS, text) for text in texts)


def fixed_options(texts: Sequence[str]) -> tuple[bool, ...]:
    """Which options keep their place when a paper shuffles: "以上都对", and all where letters are named."""
    if options_name_letters(texts):
        return (True,) * len(texts)
    return tuple(_speaks(_ABOUT_OTHERS, text) for text in texts)


def names_letters_in_prose(text: str) -> bool:
    """True for "故选C", "选项A正确": wrong as soon as the options are shuffled."""
    return bool(text) and _LETTERS_IN_PROSE.search(half_width(text)) is not None


_LIST_NUMBER = re.compile(
    r"^(?:第\s*(?P<a>\d{1,4})\s*题\s*[、.．:：,，]?|[(（]\s*(?P<b>\d{1,4})\s*[)）]\s*[、.．]?"
    r"|(?P<c>\d{1,4})\s*(?:[、．)）]|\.(?!\d)))\s*(?=\S)"
)
_ENUMERATION = re.compile(r"^\d{1,4}\s*[、,，.．)）~～-]")


def list_number(stem: str) -> tuple[int, str] | None:
    """The number before a stem ("12、下列…" → 12) and the stem without it; None for "1、2、3 中…" and "1.5"."""
    match = _LIST_NUMBER.match(stem)
    if match is None:
        return None
    rest = stem[match.end() :]
    if (match["c"] and _ENUMERATION.match(rest)) or not any(map(str.isalnum, rest)):
        return None
    return int(match["a"] or match["b"] or match["c"]), rest
