"""Items as GIFT, with their pictures in a zip beside it: categories from topics, the rest in comments.

Moodle passes over comments; our reader understands them. GIFT has no notation for several gaps: such items are left
out and said so. Reading back what was written gives the identical items, for items without findings.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from examengine.banks.dialects.meta import CASE_COUNTS, common_lines, fixed_line, points_written
from examengine.banks.item import KIND_LABELS, Item, Kind
from examengine.banks.markup.html import looks_like_html
from examengine.banks.readers.asked import judgement_words
from examengine.banks.readers.starred import with_escaped_stars
from examengine.banks.responses import EssayExpected, NumberExpected, NumberRange, PairsExpected, TextExpected
from examengine.banks.writers.moodle_xml import topic_category
from examengine.banks.writers.written import Losses, Written, media_used, share_of, title_of, with_sources, zipped

MIME_TYPE: Final = "text/plain; charset=utf-8"
ZIP_TYPE: Final = "application/zip"
FILE: Final = "questions.gift"
FOLDER: Final = "media/"

_NAMES_A_FORMAT = re.compile(r"^\s*\[(?:html|moodle|plain|markdown)\]", re.IGNORECASE)


def write_gift(items: Sequence[Item], media: Mapping[str, bytes]) -> Written:
    """A GIFT file, or a zip of it and its pictures where the items have any; ``media`` are bytes by name."""
    losses = Losses()
    kept: list[Item] = []
    blocks: list[str] = []
    topic = ""
    for number, item in enumerate(items, start=1):
        losses.media(number, item, media)
        if item.kind in {Kind.CLOZE, Kind.OTHER}:
            losses.say(number, item, f"GIFT 没有{KIND_LABELS[item.kind]}的写法，没有写入；请另存为 Moodle XML 或 QTI")
            continue
        kept.append(item)
        if topic_category(item.topic) != topic:
            topic = topic_category(item.topic)
            blocks.append(f"$CATEGORY: {f'$course$/top/{_escaped(topic)}'.rstrip('/')}\n")
        blocks.append("".join(f"{line}\n" for line in _block(item)))
    text = "\n".join(blocks).encode()
    used = media_used(kept, media)
    if not used:
        return Written(text, "gift", MIME_TYPE, tuple(losses.listed))
    parts = {FILE: text, **{f"{FOLDER}{name}": used[name] for name in sorted(used)}}
    return Written(zipped(parts), "zip", ZIP_TYPE, tuple(losses.listed))


def _block(item: Item) -> Iterator[str]:
    lines = [*common_lines(item), *fixed_line(item)]
    if re.fullmatch(r"[^\[\]\\]{1,100}", item.external_no):
        yield f"// [id:{item.external_no}]"
    elif item.external_no:
        lines.append(f"外部编号：{item.external_no}")
    if item.points_hundredths is not None:
        lines.append(f"分值：{points_written(item.points_hundredths)}")
    if item.topic and not topic_category(item.topic):
        lines.append(f"知识点：{item.topic}")
    if _needs_its_kind(item):
        lines.append(f"题型：{KIND_LABELS[item.kind]}")
    if isinstance(item.expected, TextExpected) and item.expected.case_counts:
        lines.append(f"答案：{CASE_COUNTS}")
    if isinstance(item.expected, NumberExpected) and item.expected.unit:
        lines.append(f"单位：{item.expected.unit}")
    yield from (f"// {_escaped(line)}" for line in lines)
    if isinstance(item.expected, EssayExpected) and item.expected.model:
        yield f"// 参考答案：{_escaped(item.expected.model)}"
    yield f"::{_escaped(title_of(item))}::{_rich(item.stem, item.markup)} {{{_answer(item)}}}"


def _needs_its_kind(item: Item) -> bool:
    if item.kind is Kind.SHORT_ANSWER:
        return True
    return item.kind is Kind.SINGLE_CHOICE and judgement_words([option.text for option in item.options])


def _answer(item: Item) -> str:
    return "".join(_answers(item)) + (f"####{_rich(item.explanation, '', item.markup)}" if item.explanation else "")


def _answers(item: Item) -> Iterator[str]:
    match item.expected:
        case None if item.kind is Kind.TRUE_FALSE:
            yield "T" if "t" in item.key else "F"
        case None:
            for option in item.options:
                mark = "=" if option.id in item.key else "~"
                if option.text.startswith("%"):
                    mark += "%100%" if option.id in item.key else "%0%"
                if item.kind is Kind.MULTIPLE_CHOICE:
                    mark = f"~%{share_of(len(item.key)) if option.id in item.key else -100}%"
                yield f"\n{mark}{_rich(option.text, option.markup, item.markup)}"
            yield "\n"
        case TextExpected() as texts:
            for answer in texts.accepted:
                yield f" =%{answer.weight}%{_escaped(with_escaped_stars(answer.text, texts.wildcards))}"
            yield " "
        case NumberExpected() as numbers:
            yield "#"
            for span in numbers.ranges:
                yield f" =%{span.weight}%{_span(span)}"
            yield " "
        case PairsExpected() as pairs:
            for pair in pairs.pairs:
                yield f"\n={_left(pair.left, item.markup)} -> {_escaped(pair.right)}"
            for text in pairs.distractors:
                yield f"\n= -> {_escaped(text)}"
            yield "\n"


def _span(span: NumberRange) -> str:
    return span.low if span.low == span.high else f"{span.low}..{span.high}"


def _left(text: str, stem_markup: str) -> str:
    if "->" not in text:
        return _rich(text, "", stem_markup)
    # GIFT has no escape for its arrow; HTML has.
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
    return f"[html]{_escaped(shown)}"


def _rich(text: str, markup: str, stem_markup: str = "") -> str:
    if markup:
        return f"[html]{_escaped(with_sources(markup, FOLDER))}"
    # What looks like HTML, or names a format, would be taken at its word; what stands below HTML is HTML.
    named = stem_markup or looks_like_html(text) or _NAMES_A_FORMAT.match(text)
    if named:
        return f"[plain]{_escaped(text)}"
    # "=>" would be read as an operator in a text.
    return f" {_escaped(text)}" if text.startswith(">") else _escaped(text)


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\~=#{}:" else "\\n" if sign == "\n" else sign for sign in text)
