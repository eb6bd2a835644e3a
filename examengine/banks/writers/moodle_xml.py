"""Items as Moodle XML: categories from topics, pictures within, what Moodle has no field for in tags.

Reading back what was written gives the identical items, for items without findings (``check_item``).
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from examengine.banks.dialects.meta import common_lines, fixed_line, points_written
from examengine.banks.item import KIND_LABELS, Item, Kind
from examengine.banks.readers.asked import judgement_words
from examengine.banks.readers.moodle_cloze import opens_a_gap
from examengine.banks.readers.starred import with_escaped_stars
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    EssayExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    PairsExpected,
    TextExpected,
)
from examengine.banks.writers.written import Losses, Written, media_of, share_of, title_of, with_sources

MIME_TYPE: Final = "application/xml"

_QTYPES: Final = {
    Kind.SINGLE_CHOICE: "multichoice",
    Kind.MULTIPLE_CHOICE: "multichoice",
    Kind.TRUE_FALSE: "truefalse",
    Kind.SHORT_ANSWER: "shortanswer",
    Kind.NUMERIC: "numerical",
    Kind.MATCHING: "matching",
    Kind.CLOZE: "cloze",
    Kind.ESSAY: "essay",
}
_PICTURES: Final = "@@PLUGINFILE@@/"


def write_moodle_xml(items: Sequence[Item], media: Mapping[str, bytes]) -> Written:
    """A Moodle XML file with the items in their order; ``media`` are bytes by name."""
    losses = Losses()
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n']
    topic = ""
    for number, item in enumerate(items, start=1):
        losses.media(number, item, media)
        if item.kind not in _QTYPES or (item.kind is Kind.CLOZE and _reads_otherwise(item)):
            losses.say(number, item, "这道题不能写成 Moodle 的题型，没有写入")
            continue
        if topic_category(item.topic) != topic:
            topic = topic_category(item.topic)
            path = _text("category", f"$course$/top/{topic}".rstrip("/"))
            parts.append(f'<question type="category">{path}</question>\n')
        parts += [f'<question type="{_QTYPES[item.kind]}">\n', *_question(item, media), "</question>\n"]
    parts.append("</quiz>\n")
    return Written("".join(parts).encode(), "xml", MIME_TYPE, tuple(losses.listed))


def topic_category(topic: str) -> str:
    """A topic as one part of a category path, "" where only words can say it."""
    if topic.startswith("/") or topic.endswith("/") or "//" in topic:
        return ""
    return topic.replace("/", "//")


def _reads_otherwise(item: Item) -> bool:
    """A cloze whose own text looks like a gap, or whose mark the text cannot lose."""
    return opens_a_gap(item.stem) or not isinstance(item.expected, GapsExpected)


def _question(item: Item, media: Mapping[str, bytes]) -> Iterator[str]:
    yield _text("name", title_of(item))
    yield _rich("questiontext", _stem(item), _stem_markup(item), media)
    if item.explanation:
        yield _rich("generalfeedback", item.explanation, "", media)
    if item.points_hundredths:
        yield f"<defaultgrade>{points_written(item.points_hundredths)}</defaultgrade>\n"
    if item.external_no:
        yield f"<idnumber>{escape(item.external_no)}</idnumber>\n"
    yield from _answers(item, media)
    tags = [*common_lines(item), *fixed_line(item) * (not _all_fixed(item))]
    if item.points_hundredths == 0:
        tags.append("分值：0")
    if item.topic and not topic_category(item.topic):
        tags.append(f"知识点：{item.topic}")
    if item.kind is Kind.SINGLE_CHOICE and judgement_words([option.text for option in item.options]):
        tags.append(f"题型：{KIND_LABELS[item.kind]}")
    if tags:
        yield f"<tags>{''.join(_text('tag', tag) for tag in tags)}</tags>\n"


def _stem(item: Item) -> str:
    return _with_gaps(item.stem, item.expected, html=False) if item.kind is Kind.CLOZE else item.stem


def _stem_markup(item: Item) -> str:
    return _with_gaps(item.markup, item.expected, html=True) if item.kind is Kind.CLOZE else item.markup


def _answers(item: Item, media: Mapping[str, bytes]) -> Iterator[str]:
    match item.expected:
        case None if item.kind is Kind.TRUE_FALSE:
            for word, letter in (("true", "t"), ("false", "f")):
                yield _answer("100" if letter in item.key else "0", word)
        case None:
            yield f"<single>{'true' if item.kind is Kind.SINGLE_CHOICE else 'false'}</single>\n"
            yield f"<shuffleanswers>{'false' if _all_fixed(item) else 'true'}</shuffleanswers>\n"
            yield "<answernumbering>ABCD</answernumbering>\n"
            wrong = "0" if item.kind is Kind.SINGLE_CHOICE else "-100"
            for option in item.options:
                fraction = share_of(len(item.key)) if option.id in item.key else wrong
                yield _rich("answer", option.text, option.markup, media, f' fraction="{fraction}"')
        case TextExpected() as texts:
            yield f"<usecase>{int(texts.case_counts)}</usecase>\n"
            for answer in texts.accepted:
                yield _answer(str(answer.weight), with_escaped_stars(answer.text, texts.wildcards))
        case NumberExpected() as numbers:
            for span in numbers.ranges:
                middle, width = _middle(span)
                yield _answer(str(span.weight), middle, f"<tolerance>{width}</tolerance>")
            if numbers.unit:
                unit = f"<multiplier>1</multiplier><unit_name>{escape(numbers.unit)}</unit_name>"
                yield f"<units><unit>{unit}</unit></units>\n"
        case PairsExpected() as pairs:
            sides = [(pair.left, pair.right) for pair in pairs.pairs]
            for left, right in (*sides, *(("", text) for text in pairs.distractors)):
                answer_ = f'<answer format="plain_text"><text>{escape(right)}</text></answer>'
                yield f'<subquestion format="plain_text"><text>{escape(left)}</text>{answer_}</subquestion>\n'
        case EssayExpected(model=model) if model:
            yield _rich("graderinfo", model, "", media)


def _all_fixed(item: Item) -> bool:
    return bool(item.options) and all(option.fixed for option in item.options)


def _text(name: str, text: str) -> str:
    return f"<{name}><text>{escape(text)}</text></{name}>\n"


def _answer(fraction: str, text: str, more: str = "") -> str:
    return f'<answer fraction="{fraction}" format="plain_text"><text>{escape(text)}</text>{more}</answer>\n'


def _rich(name: str, text: str, markup: str, media: Mapping[str, bytes], attributes: str = "") -> str:
    if not markup:
        return f'<{name}{attributes} format="plain_text"><text>{escape(text)}</text></{name}>\n'
    files = "".join(
        f'<file name={quoteattr(found)} path="/" encoding="base64">{base64.b64encode(media[found]).decode()}</file>'
        for found in media_of(Item(Kind.OTHER, "", (), frozenset(), markup=markup))
        if found in media
    )
    shown = escape(with_sources(markup, _PICTURES))
    return f'<{name}{attributes} format="html"><text>{shown}</text>{files}</{name}>\n'


def _middle(span: NumberRange) -> tuple[str, str]:
    """The middle of a range and half its width, exact."""
    with localcontext() as context:
        context.prec = 130
        low, high = Decimal(span.low), Decimal(span.high)
        return f"{(low + high) / 2:f}", f"{(high - low) / 2:f}"


def _with_gaps(text: str, expected: object, *, html: bool) -> str:
    if not isinstance(expected, GapsExpected):
        return text
    for gap in expected.gaps:
        notation = _gap(gap)
        text = text.replace(gap.mark, escape(notation) if html else notation, 1)
    return text


def _gap(gap: Gap) -> str:
    match gap.expected:
        case ChoiceExpected(texts=texts, right=right):
            weights = dict(right)
            answers = (_weighted(_escaped(text), weights.get(index, 0)) for index, text in enumerate(texts))
            return _braces(gap, "MULTICHOICE", answers)
        case NumberExpected(ranges=ranges):
            spans = ((_middle(span), span.weight) for span in ranges)
            return _braces(gap, "NUMERICAL", (_weighted(":".join(middle), weight) for middle, weight in spans))
        case TextExpected() as texts:
            name = "SHORTANSWER_C" if texts.case_counts else "SHORTANSWER"
            return _braces(gap, name, (_text_answer(answer, wildcards=texts.wildcards) for answer in texts.accepted))


def _braces(gap: Gap, name: str, answers: Iterator[str]) -> str:
    return f"{{{gap.share}:{name}:{'~'.join(answers)}}}"


def _text_answer(answer: AcceptedText, *, wildcards: bool) -> str:
    return _weighted(_escaped(with_escaped_stars(answer.text, wildcards)), answer.weight)


def _weighted(text: str, weight: int) -> str:
    return f"={text}" if weight == 100 else f"%{weight}%{text}"


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\~#{}" else sign for sign in text)
