"""QTI 2.x and 3.0 items: one ``assessmentItem`` with its interactions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from examengine.banks.dialects.meta import WILDCARDS, Meta
from examengine.banks.dialects.numbers import span
from examengine.banks.files.xml import attribute, line_of, text_of
from examengine.banks.item import Kind
from examengine.banks.markup import Rich, plain_rich, rich_of
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
from examengine.banks.readers.pictures import Pictures
from examengine.banks.readers.qti2_processing import spans_of
from examengine.banks.readers.qti_html import MARKUP, PLAIN, inner_html, marked, plain_name, plain_text
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
from examengine.banks.wording import tidy

ITEM: Final = "assessmentitem"
TOOL: Final = "examengine"

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
    case_counts: bool = False
    spans: tuple[tuple[str, str, int], ...] = ()

    def percent(self, value: str) -> float:
        """What one value earns, in percent of the best."""
        if value in self.correct:
            return FULL
        best = max((points for _, points in self.mapped), default=0.0)
        points = dict(self.mapped).get(value, 0.0)
        if best <= 0 or points <= 0 or (self.correct and self.cardinality != "single"):
            return 0.0
        return FULL if self.cardinality != "single" else points / best * FULL

    def values(self) -> list[str]:
        """All values that may earn points, in the order of the mapping where that holds them all."""
        mapped = [value for value, _ in self.mapped]
        return mapped if set(self.correct) <= set(mapped) else list(dict.fromkeys([*self.correct, *mapped]))


_NOTHING: Final = _Declared("", "", (), ())


def asked_in(item: etree._Element, where: str, pictures: Pictures, meta: Meta | None = None) -> Asked | None:
    """The question of an item, with what its package says of it; None where it asks nothing."""
    body = next((found for found in item if isinstance(found.tag, str) and plain_name(found) == "itembody"), None)
    interactions = [] if body is None else _interactions(body)
    if body is None or not interactions:
        return None
    spans = spans_of(item)
    declared = {
        name: _declared(found, spans.get(name, ()))
        for found in _named(item, "responsedeclaration")
        if (name := attribute(found, "identifier"))
    }
    asked = Asked(where, Kind.OTHER, Rich(""), line_of(item), external_no=attribute(item, "identifier"))
    asked.meta = meta or Meta()
    if attribute(item, "toolName") == TOOL:
        # Our own package numbers its items itself; an author's number stands beside.
        asked.external_no = ""
    asked.explanation = _explanation(item, pictures)
    names = [plain_name(found) for found in interactions]
    asked.label = f"QTI 的 {'、'.join(dict.fromkeys(names))[:80]} 题型"
    asked.kind = _kind(names, declared.get(attribute(interactions[0], "responseIdentifier"), _NOTHING))
    if asked.meta.kind is Kind.CLOZE and set(names) <= _INLINE:
        asked.kind = Kind.CLOZE
    if asked.kind is not Kind.OTHER:
        asked.label = ""
    marks: dict[etree._Element, str] = {}
    if asked.kind is Kind.CLOZE:
        marks = {found: f"{{{number}}}" for number, found in enumerate(interactions, start=1)}
    asked.stem = _stem_of(body, marks, pictures)
    if not asked.stem:
        asked.stem = Rich(attribute(item, "title").strip())
    _fill(asked, item, interactions, declared, pictures)
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


def _declared(element: etree._Element, spans: tuple[tuple[str, str, int], ...]) -> _Declared:
    base = attribute(element, "baseType").lower()
    correct = tuple(
        text_of(value).strip() if base == "string" else " ".join(text_of(value).split())
        for part in _named(element, "correctresponse")
        for value in _named(part, "value")
    )
    mapped = []
    case_counts = False
    for entry in _named(element, "mapentry"):
        case_counts = case_counts or attribute(entry, "caseSensitive").lower() == "true"
        try:
            mapped.append((attribute(entry, "mapKey"), float(attribute(entry, "mappedValue") or 0)))
        except ValueError:
            continue
    return _Declared(attribute(element, "cardinality"), base, correct, tuple(mapped), case_counts, spans)


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


def _stem_of(body: etree._Element, marks: dict[etree._Element, str], pictures: Pictures) -> Rich:
    plain = marked(body, PLAIN)
    if plain is not None:
        return plain_rich(plain_text(plain, marks.get))
    inner = marked(body, MARKUP)
    return rich_of(_stem(body if inner is None else inner, marks), pictures.find)


def _explanation(item: etree._Element, pictures: Pictures) -> str:
    for feedback in _named(item, "modalfeedback"):
        if attribute(feedback, "identifier").lower() in {"solution", "general", "general_fb", "explanation"}:
            inner = next((found for found in feedback if plain_name(found) == "contentbody"), feedback)
            return _text(inner, pictures).text
    return ""


def _model(item: etree._Element, pictures: Pictures) -> str:
    """What markers are told: the rubric that only they see."""
    for rubric in _named(item, "rubricblock"):
        if "scorer" in attribute(rubric, "view").lower().split():
            inner = next((found for found in rubric if plain_name(found) == "contentbody"), rubric)
            return _text(inner, pictures).text
    return ""


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
    plain = marked(element, PLAIN)
    if plain is not None:
        return plain_rich(plain_text(plain, lambda _: None))
    inner = marked(element, MARKUP)
    element = element if inner is None else inner
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
    asked: Asked,
    item: etree._Element,
    interactions: list[etree._Element],
    declared: dict[str, _Declared],
    pictures: Pictures,
) -> None:
    first = interactions[0]
    says = declared.get(attribute(first, "responseIdentifier"), _NOTHING)
    match asked.kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
            asked.choices = _choices(first, "simplechoice", says, pictures)
            told = asked.meta.kind is Kind.SINGLE_CHOICE
            if asked.kind is Kind.SINGLE_CHOICE and is_judgement(asked.choices) and not told:
                asked.kind, asked.truth = Kind.TRUE_FALSE, judged(asked.choices)
            remark_on_weights(asked)
        case Kind.SHORT_ANSWER:
            asked.expected = _texts(says, WILDCARDS in asked.meta.marks)
        case Kind.NUMERIC:
            asked.expected = _numbers(says, asked.meta.unit)
        case Kind.MATCHING:
            asked.expected = _pairs(first, says, pictures)
        case Kind.ESSAY:
            asked.expected = essay("\n".join(says.correct) or _model(item, pictures))
        case Kind.CLOZE:
            gaps = []
            for number, found in enumerate(interactions, start=1):
                of_gap = declared.get(attribute(found, "responseIdentifier"), _NOTHING)
                wildcards = any(
                    mark.startswith(str(number)) and mark.endswith(WILDCARDS) for mark in asked.meta.marks
                )
                share = shares[number - 1] if len(shares := asked.meta.shares) == len(interactions) else 1
                gaps.append(Gap(f"{{{number}}}", _expected_in(found, of_gap, pictures, wildcards), share))
            asked.expected = GapsExpected(tuple(gaps))


def _expected_in(
    interaction: etree._Element, says: _Declared, pictures: Pictures, wildcards: bool
) -> ChoiceExpected | NumberExpected | TextExpected:
    if plain_name(interaction) == "inlinechoiceinteraction":
        return drop_down(_choices(interaction, "inlinechoice", says, pictures))
    return _numbers(says) if says.base in _NUMERIC else _texts(says, wildcards)


def _texts(says: _Declared, wildcards: bool = False) -> TextExpected:
    accepted = [(tidy(value), round(says.percent(value))) for value in says.values() if value]
    texts = tuple(AcceptedText(value, weight) for value, weight in accepted if value and weight > 0)
    return TextExpected(texts, says.case_counts, wildcards)


def _numbers(says: _Declared, unit: str = "") -> NumberExpected:
    if says.spans:
        return NumberExpected(tuple(NumberRange(low, high, weight) for low, high, weight in says.spans), unit)
    ranges: list[NumberRange] = []
    for accepted in _texts(says).accepted:
        found = span(accepted.text, "0", accepted.weight)
        if found is not None:
            ranges.append(found)
    return NumberExpected(tuple(ranges), unit)


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
    used = {end for value in values for end in re.split(r"\s+", value.strip())}
    sets = _named(interaction, "simplematchset")
    # Of two sets only the second holds right sides; elsewhere whatever was not used is one.
    lefts = {attribute(found, "identifier") for found in sets[0].iter(etree.Element)} if len(sets) == 2 else set()
    spare = tuple(
        text for name, text in texts.items() if text and name not in used and name not in gaps and name not in lefts
    )
    return PairsExpected(tuple(pairs), spare)
