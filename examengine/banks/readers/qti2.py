"""QTI 2.x and 3.0 items: one ``assessmentItem`` with its interactions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from examengine.banks.files.xml import attribute, line_of, text_of
from examengine.banks.item import Kind
from examengine.banks.markup import Rich, rich_of
from examengine.banks.readers.asked import (
    FULL,
    Asked,
    Choice,
    drop_down,
    essay,
    is_judgement,
    judged,
    remark_on_weights,
)
from examengine.banks.readers.numbers import span
from examengine.banks.readers.pictures import Pictures
from examengine.banks.readers.qti_html import inner_html, plain_name
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)

ITEM: Final = "assessmentitem"

_HIDDEN: Final = frozenset(
    {"feedbackinline", "feedbackblock", "modalfeedback", "rubricblock", "templateblock", "templateinline"}
    | {"stylesheet", "cataloginfo", "companionmaterialsinfo", "apipaccessibility", "endattemptinteraction"}
)
_PASSIVE: Final = frozenset({"endattemptinteraction", "mediainteraction"})
_PAIRING: Final = frozenset({"matchinteraction", "associateinteraction", "gapmatchinteraction"})
_INLINE: Final = frozenset({"textentryinteraction", "inlinechoiceinteraction"})
_NUMERIC: Final = frozenset({"integer", "float"})


@dataclass(frozen=True, slots=True)
class _Declared:
    """What a response declaration says; ``mapped`` gives points by value."""

    cardinality: str
    base: str
    correct: tuple[str, ...]
    mapped: tuple[tuple[str, float], ...]

    def percent(self, value: str) -> float:
        """What one value earns, in percent of the best."""
        if value in self.correct:
            return FULL
        best = max((points for _, points in self.mapped), default=0.0)
        points = dict(self.mapped).get(value, 0.0)
        if best <= 0 or points <= 0 or (self.correct and self.cardinality != "single"):
            return 0.0
        return FULL if self.cardinality != "single" else points / best * FULL


_NOTHING: Final = _Declared("", "", (), ())


def asked_in(item: etree._Element, where: str, pictures: Pictures) -> Asked | None:
    """The question of an item; None where it asks nothing."""
    body = next((found for found in item if isinstance(found.tag, str) and plain_name(found) == "itembody"), None)
    interactions = [] if body is None else _interactions(body)
    if body is None or not interactions:
        return None
    declared = {attribute(found, "identifier"): _declared(found) for found in _named(item, "responsedeclaration")}
    asked = Asked(where, Kind.OTHER, Rich(""), line_of(item), external_no=attribute(item, "identifier"))
    names = [plain_name(found) for found in interactions]
    asked.label = f"QTI 的 {'、'.join(dict.fromkeys(names))[:80]} 题型"
    asked.kind = _kind(names, declared.get(attribute(interactions[0], "responseIdentifier"), _NOTHING))
    if asked.kind is not Kind.OTHER:
        asked.label = ""
    marks: dict[etree._Element, str] = {}
    if asked.kind is Kind.CLOZE:
        marks = {found: f"{{{number}}}" for number, found in enumerate(interactions, start=1)}
    asked.stem = rich_of(_stem(body, marks), pictures.find)
    if not asked.stem:
        asked.stem = Rich(attribute(item, "title").strip())
    _fill(asked, interactions, declared, pictures)
    if any(True for _ in _named(item, "templatedeclaration")):
        asked.remark("error", "template_item", "这道题的内容由变量临时生成，没有导入；请改成固定的题目")
    pictures.remark(asked)
    return asked


def _interactions(body: etree._Element) -> list[etree._Element]:
    return [
        found
        for found in body.iter(etree.Element)
        if (name := plain_name(found)).endswith("interaction") and name not in _PASSIVE
    ]


def _named(element: etree._Element, name: str) -> list[etree._Element]:
    return [found for found in element.iter(etree.Element) if plain_name(found) == name]


def _declared(element: etree._Element) -> _Declared:
    correct = tuple(
        " ".join(text_of(value).split())
        for part in _named(element, "correctresponse")
        for value in _named(part, "value")
    )
    mapped = []
    for entry in _named(element, "mapentry"):
        try:
            mapped.append((attribute(entry, "mapKey"), float(attribute(entry, "mappedValue") or 0)))
        except ValueError:
            continue
    return _Declared(
        attribute(element, "cardinality"), attribute(element, "baseType").lower(), correct, tuple(mapped)
    )


def _kind(names: Sequence[str], declared: _Declared) -> Kind:
    if set(names) <= _INLINE and (len(names) > 1 or names[0] == "inlinechoiceinteraction"):
        return Kind.CLOZE
    if len(names) > 1:
        return Kind.OTHER
    match names[0]:
        case "choiceinteraction":
            if declared.cardinality == "ordered":
                return Kind.OTHER
            return Kind.MULTIPLE_CHOICE if declared.cardinality == "multiple" else Kind.SINGLE_CHOICE
        case "textentryinteraction":
            return Kind.NUMERIC if declared.base in _NUMERIC else Kind.SHORT_ANSWER
        case "extendedtextinteraction":
            return Kind.ESSAY
        case name if name in _PAIRING:
            return Kind.MATCHING
        case _:
            return Kind.OTHER


def _stem(body: etree._Element, marks: dict[etree._Element, str]) -> str:
    """The body without what is answered in it: prompts stay, gaps are marked."""

    def replace(element: etree._Element) -> str | None:
        name = plain_name(element)
        if name in _HIDDEN:
            return ""
        if element in marks:
            return marks[element]
        if name in _INLINE:
            return " _____ "
        if name == "gap":
            return f" [{attribute(element, 'identifier')}] "
        if name.endswith("interaction"):
            shown = "".join(
                f"<p>{inner_html(part, replace)}</p>"
                for part in element
                if isinstance(part.tag, str) and plain_name(part) not in _ANSWERED
            )
            return f"<div>{shown}</div>"
        return None

    return inner_html(body, replace)


_ANSWERED: Final = frozenset(
    {"simplechoice", "simpleassociablechoice", "simplematchset", "gaptext", "gapimg", "hotspotchoice"}
    | {"associablehotspot", "inlinechoice", "contextdeclaration"}
)


def _text(element: etree._Element, pictures: Pictures) -> Rich:
    return rich_of(inner_html(element, lambda part: "" if plain_name(part) in _HIDDEN else None), pictures.find)


def _choices(interaction: etree._Element, name: str, declared: _Declared, pictures: Pictures) -> list[Choice]:
    shuffled = attribute(interaction, "shuffle").lower() == "true"
    return [
        Choice(
            _text(found, pictures),
            declared.percent(attribute(found, "identifier")),
            fixed=attribute(found, "fixed").lower() == "true" and shuffled,
        )
        for found in _named(interaction, name)
    ]


def _fill(
    asked: Asked, interactions: list[etree._Element], declared: dict[str, _Declared], pictures: Pictures
) -> None:
    first = interactions[0]
    says = declared.get(attribute(first, "responseIdentifier"), _NOTHING)
    match asked.kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
            asked.choices = _choices(first, "simplechoice", says, pictures)
            if asked.kind is Kind.SINGLE_CHOICE and is_judgement(asked.choices):
                asked.kind, asked.truth = Kind.TRUE_FALSE, judged(asked.choices)
            remark_on_weights(asked)
        case Kind.SHORT_ANSWER:
            asked.expected = _texts(says)
        case Kind.NUMERIC:
            asked.expected = _numbers(says)
        case Kind.MATCHING:
            asked.expected = _pairs(first, says, pictures)
        case Kind.ESSAY:
            asked.expected = essay("\n".join(says.correct))
        case Kind.CLOZE:
            gaps = []
            for number, found in enumerate(interactions, start=1):
                of_gap = declared.get(attribute(found, "responseIdentifier"), _NOTHING)
                gaps.append(Gap(f"{{{number}}}", _expected_in(found, of_gap, pictures)))
            asked.expected = GapsExpected(tuple(gaps))


def _expected_in(
    interaction: etree._Element, says: _Declared, pictures: Pictures
) -> ChoiceExpected | NumberExpected | TextExpected:
    if plain_name(interaction) == "inlinechoiceinteraction":
        return drop_down(_choices(interaction, "inlinechoice", says, pictures))
    return _numbers(says) if says.base in _NUMERIC else _texts(says)


def _texts(says: _Declared) -> TextExpected:
    values = dict.fromkeys([*says.correct, *(value for value, _ in says.mapped)])
    accepted = [(value, round(says.percent(value))) for value in values if value]
    return TextExpected(tuple(AcceptedText(value, weight) for value, weight in accepted if weight > 0))


def _numbers(says: _Declared) -> NumberExpected:
    ranges: list[NumberRange] = []
    for accepted in _texts(says).accepted:
        found = span(accepted.text, "0", accepted.weight)
        if found is not None:
            ranges.append(found)
    return NumberExpected(tuple(ranges))


def _pairs(interaction: etree._Element, says: _Declared, pictures: Pictures) -> PairsExpected:
    texts = {
        attribute(found, "identifier"): _text(found, pictures).text
        for found in interaction.iter(etree.Element)
        if plain_name(found) in {"simpleassociablechoice", "gaptext", "gapimg"}
    }
    gaps = {
        attribute(found, "identifier"): f"[{attribute(found, 'identifier')}]" for found in _named(interaction, "gap")
    }
    texts |= gaps
    values = says.correct or tuple(value for value, points in says.mapped if points > 0)
    pairs = []
    for value in values:
        ends = re.split(r"\s+", value.strip())
        if len(ends) == 2 and all(texts.get(end) for end in ends):
            left, right = (ends[1], ends[0]) if ends[1] in gaps else (ends[0], ends[1])
            pairs.append(Pair(texts[left], texts[right]))
    used = {pair.right for pair in pairs} | {pair.left for pair in pairs}
    spare = tuple(text for name, text in texts.items() if text and text not in used and name not in gaps)
    return PairsExpected(tuple(pairs), spare)
