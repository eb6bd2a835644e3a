"""When a typed text or number is the one that was expected. Exact: texts are folded, numbers are decimal."""

import re
import unicodedata
from decimal import Decimal

from examengine.banks.responses import FULL_WEIGHT, NumberExpected, TextExpected

MAX_CHARACTERS = 400
"""A longer text is no answer: fields take 200 characters, and folding may lengthen a few."""

_FOLDED = frozenset({"<wide>", "<narrow>", "<compat>", "<square>"})
"""Only forms of one and the same character. NFKC would also make 10² of 102 and ① of 1."""
_SPACES = re.compile(r"\s+")
# Chinese and Japanese write no spaces between words: one beside such a character says nothing
_IDLE_SPACE = re.compile(
    r"(?<=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]) | (?=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])"
)

_GROUPED = re.compile(r"([+-]?\d{1,3})((?:[,'\u2009\u202f ]\d{3})+)((?:\.\d*)?)(?=$|e)")
_NUMBER = re.compile(r"([+-]?(?:\d{1,60}(?:\.\d{0,60})?|\.\d{1,60}))(?:e([+-]?\d{1,3}))?")
_POWER = re.compile(r"\s*[×x*]\s*10\s*(?:\^|\*\*)?\s*([+-]?\d{1,3})$")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_MINUS = str.maketrans({"−": "-", "﹣": "-", "–": "-", "﹢": "+", "，": ",", "＇": "'", "’": "'"})


def folded(text: str, *, case_counts: bool = False) -> str:
    """The form in which texts are compared: full-width as half-width, spaces as one or none, small letters."""
    if not text.isascii():
        one_by_one = (_one_form(character) for character in unicodedata.normalize("NFC", text))
        text = unicodedata.normalize("NFC", "".join(one_by_one))
    text = _IDLE_SPACE.sub("", _SPACES.sub(" ", text).strip())
    return text if case_counts else text.casefold()


def _one_form(character: str) -> str:
    tag = unicodedata.decomposition(character).split(" ", 1)[0]
    return unicodedata.normalize("NFKC", character) if tag in _FOLDED else character


def weight_of_text(text: str, expected: TextExpected) -> int:
    """What a typed text is worth, 0 to 100: the best of the accepted texts that it is."""
    if not text or len(text) > MAX_CHARACTERS:
        return 0
    given = folded(text, case_counts=expected.case_counts)
    weights = (
        answer.weight
        for answer in expected.accepted
        if _is(given, folded(answer.text, case_counts=expected.case_counts), wildcards=expected.wildcards)
    )
    return _within(max(weights, default=0))


def _is(given: str, accepted: str, *, wildcards: bool) -> bool:
    """Whether a text is the accepted one; in that ``*`` stands for any run of characters and ``\\*`` for itself."""
    if not wildcards or "*" not in accepted:
        return given == accepted
    pieces = [piece.replace("\0", "*") for piece in accepted.replace("\\*", "\0").split("*")]
    if len(pieces) == 1:
        return given == pieces[0]
    first, *middle, last = pieces
    if len(given) < len(first) + len(last) or not given.startswith(first) or not given.endswith(last):
        return False
    at, end = len(first), len(given) - len(last)
    for piece in middle:  # the earliest place leaves most to those that follow: no need to go back
        at = given.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def weight_of_number(text: str, expected: NumberExpected) -> int:
    """What a typed number is worth, 0 to 100: the best of the ranges it lies in, both ends within."""
    number = number_of(text, expected.unit)
    if number is None:
        return 0
    weights = (span.weight for span in expected.ranges if Decimal(span.low) <= number <= Decimal(span.high))
    return _within(max(weights, default=0))


def number_of(text: str, unit: str = "") -> Decimal | None:
    """A number as people type it; None for what is none.

    Taken are full-width digits, thousands in groups of three, a percent sign, powers of ten (1.2e3, 1.2×10³, 3万 as
    30000) and the unit that stands beside the field. A comma elsewhere is an error, not a decimal point.
    """
    if len(text) > MAX_CHARACTERS:
        return None
    written = folded(text.translate(_MINUS)).translate(_MINUS)
    shown = folded(unit)
    if shown and written.endswith(shown):
        written = written[: -len(shown)].rstrip()
    scale = 0
    if written.endswith("%"):
        written, scale = written[:-1].rstrip(), -2
    for word, places in (("万亿", 12), ("亿", 8), ("万", 4)):
        if written.endswith(word):
            written, scale = written[: -len(word)].rstrip(), scale + places
            break
    power = _POWER.search(written.translate(_SUPERSCRIPT))
    if power is not None:
        written, scale = written[: power.start()].rstrip(), scale + int(power[1])
    grouped = _GROUPED.match(written)
    if grouped is not None:
        written = grouped[1] + re.sub(r"\D", "", grouped[2]) + written[grouped.end(2) :]
    found = _NUMBER.fullmatch(written)
    if found is None:
        return None
    # put together as text: arithmetic would round to the digits of the context
    sign, digits, exponent = Decimal(found[1]).as_tuple()
    assert isinstance(exponent, int)
    return Decimal((sign, digits, exponent + int(found[2] or 0) + scale))


def _within(weight: int) -> int:
    return min(max(weight, 0), FULL_WEIGHT)
