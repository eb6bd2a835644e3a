"""Items of every kind as hypothesis draws them: awkward texts, pictures, formulas, every way a key can be."""

import hashlib
from datetime import date
from typing import Final

from hypothesis import strategies as st

from examengine.banks.checks import check_item, repetitions
from examengine.banks.dialects.expected import count_gaps
from examengine.banks.item import DIFFICULTIES, TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.banks.markup import Rich, rich_of
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    EssayExpected,
    Expected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)
from examengine.banks.wording import tidy, tidy_line

PICTURES: Final = tuple(b"\x89PNG\r\n\x1a\n" + bytes([n]) * 20 for n in range(3))
MEDIA: Final = {f"{hashlib.sha256(data).hexdigest()[:20]}.png": data for data in PICTURES}

AWKWARD: Final = (
    *("=1+1", "+7", "-3", "@x", "'x", '"', "_x0041_", "<b>&amp;", "A. B. C", "1.5", "10%", "TRUE", "对", "错误"),
    *(
        "2014-06-01",
        "😀",
        "０Ａ",
        "a\nb",
        "a\n\nb",
        "{1}",
        "~=#:",
        "\\",
        "a\\b",
        "x->y",
        "a*b",
        "甲|乙",
        "//c",
        "::t::",
    ),
    *(
        "[html]x",
        "%50%x",
        "T",
        "/a//b/",
        "$course$",
        "以上都对",
        "]]>",
        "&lt;",
        "____",
        "（ ）",
        "{=a}",
        "####f",
        "无",
    ),
)
TEXTS = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(max_size=30),
    st.text("一二三四（）。、；|/\\ABab12 \n\t=+-@'\"~{}#:*<>&%[]", min_size=1, max_size=20),
)
FULL = TEXTS.map(tidy).filter(bool)
LINES = TEXTS.map(tidy_line)
SHORT = LINES.filter(bool)
NUMBERS = st.decimals(-1000, 1000, places=3).map(lambda n: f"{n:f}".rstrip("0").rstrip(".") if n else "0")
WEIGHTS = st.sampled_from((100, 100, 100, 50, 33))


@st.composite
def riches(draw: st.DrawFn) -> Rich:
    """A text, now and then with markup, a picture or a formula."""
    text = draw(FULL)
    if draw(st.integers(0, 3)):
        return Rich(text)
    name = draw(st.sampled_from(sorted(MEDIA)))
    picture = f'<img src="{name}" alt="{draw(st.sampled_from(("", "图", "a b")))}">'
    around = draw(
        st.sampled_from(
            (
                "<p>甲<b>{0}</b></p>{1}",
                "{1}<table><tr><td>一</td><td>{0}</td></tr></table>",
                "{0}<ul><li>甲</li></ul>",
                "<math><mfrac><mi>x</mi><mn>2</mn></mfrac></math>{0}",
                r"\(\frac{{a}}{{b}}\) {0} {1}",
                "10<sup>2</sup>{0}",
            )
        )
    )
    inner = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    rich = rich_of(around.format(inner, picture), lambda source: source)
    return rich if rich_of(rich.markup, lambda source: source.removeprefix("media:")) == rich else Rich(text)


@st.composite
def texts_expected(draw: st.DrawFn) -> TextExpected:
    accepted = draw(
        st.lists(st.builds(AcceptedText, SHORT, WEIGHTS), min_size=1, max_size=4, unique_by=lambda a: a.text)
    )
    stars = any("*" in answer.text for answer in accepted) and not any("\\" in answer.text for answer in accepted)
    return TextExpected(tuple(accepted), draw(st.booleans()), stars and draw(st.booleans()))


@st.composite
def numbers_expected(draw: st.DrawFn, units: bool = True) -> NumberExpected:
    ends = draw(st.lists(st.tuples(NUMBERS, NUMBERS, WEIGHTS), min_size=1, max_size=3))
    ranges = tuple(dict.fromkeys(NumberRange(*sorted((low, high), key=float), weight) for low, high, weight in ends))
    return NumberExpected(ranges, draw(st.sampled_from(("", "kg", "元/人"))) if units else "")


@st.composite
def pairs_expected(draw: st.DrawFn) -> PairsExpected:
    lefts = draw(st.lists(FULL, min_size=2, max_size=4, unique=True))
    rights = draw(st.lists(FULL, min_size=len(lefts), max_size=6, unique=True))
    pairs = [Pair(left, right) for left, right in zip(lefts, rights, strict=False)]
    if draw(st.booleans()):
        pairs[-1] = Pair(pairs[-1].left, pairs[0].right)
    return PairsExpected(tuple(pairs), tuple(rights[len(lefts) :]))


@st.composite
def choices_expected(draw: st.DrawFn) -> ChoiceExpected:
    texts = draw(st.lists(SHORT, min_size=2, max_size=4, unique=True))
    right = draw(st.integers(0, len(texts) - 1))
    half = [(index, 50) for index in range(len(texts)) if index != right and draw(st.integers(0, 3)) == 0]
    return ChoiceExpected(tuple(texts), tuple(sorted([(right, 100), *half])))


@st.composite
def clozes(draw: st.DrawFn) -> tuple[Rich, GapsExpected]:
    count = draw(st.integers(1, 3))
    inner = st.one_of(texts_expected(), numbers_expected(units=False), choices_expected())
    gaps = tuple(Gap(f"{{{n}}}", draw(inner), draw(st.sampled_from((1, 1, 2)))) for n in range(1, count + 1))
    words = [draw(st.sampled_from(("甲乙", "水 a<b & c", "一、二", "x\ny"))) for _ in range(count + 1)]
    stem = words[0] + "".join(f" {gap.mark} {word}" for gap, word in zip(gaps, words[1:], strict=True))
    if draw(st.booleans()):
        return Rich(stem), GapsExpected(gaps)
    escaped = stem.replace("&", "&amp;").replace("<", "&lt;")
    return rich_of(f"<p><b>题</b>{escaped}</p>", lambda source: source), GapsExpected(gaps)


@st.composite
def items(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(kind for kind in Kind if kind is not Kind.OTHER)) -> Item:
    """An item without errors and without anything that a reader would mend."""
    kind = draw(st.sampled_from(kinds))
    stem = draw(riches())
    options: tuple[Option, ...] = ()
    key = ""
    expected: Expected | None = None
    match kind:
        case Kind.TRUE_FALSE:
            options, key = TRUE_FALSE_OPTIONS, draw(st.sampled_from("tf"))
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
            shown = draw(st.lists(riches(), min_size=2, max_size=6, unique_by=lambda rich: rich.text))
            options = tuple(
                Option("abcdef"[n], rich.text, draw(st.booleans()), rich.markup) for n, rich in enumerate(shown)
            )
            most = 1 if kind is Kind.SINGLE_CHOICE else len(options)
            ids = [option.id for option in options]
            key = "".join(draw(st.sets(st.sampled_from(ids), min_size=min(2, most), max_size=most)))
        case Kind.SHORT_ANSWER:
            expected = draw(texts_expected())
        case Kind.NUMERIC:
            expected = draw(numbers_expected())
        case Kind.MATCHING:
            expected = draw(pairs_expected())
        case Kind.CLOZE:
            stem, expected = draw(clozes())
        case _:
            expected = EssayExpected(draw(TEXTS.map(tidy)))
    return Item(
        kind,
        stem.text,
        options,
        frozenset(key),
        draw(st.none() | st.integers(0, 100_000)),
        draw(st.sampled_from(("", *DIFFICULTIES))),
        draw(LINES),
        draw(TEXTS.map(tidy)),
        draw(LINES),
        draw(st.none() | st.dates(date(1000, 1, 1), date(9999, 12, 31))),
        draw(st.frozensets(st.integers(1990, 2099), max_size=3).map(lambda years: tuple(sorted(years)))),
        draw(LINES),
        stem.markup,
        expected,
    )


def is_clean(item: Item) -> bool:
    return not check_item(item)


def banks(**how: object) -> st.SearchStrategy[list[Item]]:
    """Some items that do not repeat each other."""
    listed = st.lists(items(**how).filter(is_clean), min_size=1, max_size=6)  # type: ignore[arg-type]
    return listed.filter(lambda bank: not repetitions(bank))


__all__ = ["MEDIA", "banks", "count_gaps", "items"]
