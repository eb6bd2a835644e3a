"""QTI 1.2 items (``questestinterop``), as Canvas, Blackboard, Respondus and Common Cartridge write them."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from examengine.banks.dialects.numbers import decimal_of
from examengine.banks.files.xml import attribute, children, descendants, line_of, name_of, text_of
from examengine.banks.item import Kind
from examengine.banks.markup import Rich, rich_of
from examengine.banks.markup.html import looks_like_html
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
from examengine.banks.readers.gaps import Named, in_place
from examengine.banks.readers.pictures import Pictures
from examengine.banks.readers.qti1_scoring import Scoring, scoring_of
from examengine.banks.readers.qti_html import inner_html, picture
from examengine.banks.responses import (
    AcceptedText,
    Gap,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)

_RESPONSES: Final = (
    "response_lid",
    "response_str",
    "response_num",
    "response_xy",
    "response_grp",
    "response_extension",
)

# Canvas, Blackboard, Respondus and Common Cartridge by their own names, case, "_", "-", "." and blanks aside.
_KINDS: Final[Mapping[str, Kind | None]] = {
    "multiplechoicequestion": Kind.SINGLE_CHOICE,
    "truefalsequestion": Kind.TRUE_FALSE,
    "multipleanswersquestion": Kind.MULTIPLE_CHOICE,
    "shortanswerquestion": Kind.SHORT_ANSWER,
    "fillinmultipleblanksquestion": Kind.CLOZE,
    "multipledropdownsquestion": Kind.CLOZE,
    "matchingquestion": Kind.MATCHING,
    "numericalquestion": Kind.NUMERIC,
    "essayquestion": Kind.ESSAY,
    "calculatedquestion": Kind.OTHER,
    "formulaquestion": Kind.OTHER,
    "fileuploadquestion": Kind.OTHER,
    "hotspotquestion": Kind.OTHER,
    "orderingquestion": Kind.OTHER,
    "categorizationquestion": Kind.OTHER,
    "richfillblankquestion": Kind.CLOZE,
    "textonlyquestion": None,
    "stimulus": None,
    "multiplechoice": Kind.SINGLE_CHOICE,
    "truefalse": Kind.TRUE_FALSE,
    "eitheror": Kind.TRUE_FALSE,
    "multipleanswer": Kind.MULTIPLE_CHOICE,
    "multipleresponse": Kind.MULTIPLE_CHOICE,
    "fillintheblank": Kind.SHORT_ANSWER,
    "fib": Kind.SHORT_ANSWER,
    "patternmatch": Kind.SHORT_ANSWER,
    "fillintheblankplus": Kind.CLOZE,
    "shortresponse": Kind.ESSAY,
    "essay": Kind.ESSAY,
    "matching": Kind.MATCHING,
    "numeric": Kind.NUMERIC,
    "ordering": Kind.OTHER,
    "calculated": Kind.OTHER,
    "opinionscale": Kind.OTHER,
    "fileupload": Kind.OTHER,
    "hotspot": Kind.OTHER,
    "jumbledsentence": Kind.OTHER,
    "multiselect": Kind.MULTIPLE_CHOICE,
    "shortanswer": Kind.SHORT_ANSWER,
    "longanswer": Kind.ESSAY,
    "writtenresponse": Kind.ESSAY,
    "arithmetic": Kind.OTHER,
    "significantfigures": Kind.OTHER,
    "multishortanswer": Kind.OTHER,
    "likert": Kind.OTHER,
    "imageinformation": None,
    "textinformation": None,
    "quizbowl": Kind.OTHER,
}
# ILIAS means by "MULTIPLE CHOICE QUESTION" what others call multiple answers.
_ILIAS_KINDS: Final[Mapping[str, Kind]] = {
    "SINGLE CHOICE QUESTION": Kind.SINGLE_CHOICE,
    "MULTIPLE CHOICE QUESTION": Kind.MULTIPLE_CHOICE,
    "CLOZE QUESTION": Kind.CLOZE,
    "LONG MENU QUESTION": Kind.CLOZE,
    "MATCHING QUESTION": Kind.MATCHING,
    "NUMERIC QUESTION": Kind.NUMERIC,
    "TEXTSUBSET QUESTION": Kind.SHORT_ANSWER,
    "TEXT QUESTION": Kind.ESSAY,
    "ORDERING QUESTION": Kind.OTHER,
    "ORDERING HORIZONTAL": Kind.OTHER,
    "IMAGE MAP QUESTION": Kind.OTHER,
    "JAVA APPLET": Kind.OTHER,
    "FLASH QUESTION": Kind.OTHER,
}
_TYPE_FIELDS: Final = (
    "question_type",
    "bbmd_questiontype",
    "cc_profile",
    "respondusapi_qtype",
    "qmd_questiontype",
    "qmd_itemtype",
)
_NAME_NOISE = re.compile(r"^cc\.|\.v0p\d+$|[\s_\-/.]+")
_FIB_NUMERIC: Final = frozenset({"decimal", "integer", "scientific"})


@dataclass(slots=True)
class _Response:
    """One place to answer; ``labels`` are its options by identifier."""

    element: etree._Element
    ident: str
    name: str
    labels: dict[str, Rich]
    cardinality: str
    fib: etree._Element | None


def asked_in(item: etree._Element, where: str, pictures: Pictures) -> Asked | None:
    """The question of an item; None where it asks nothing."""
    fields = _fields(item)
    written = next((fields[name] for name in _TYPE_FIELDS if fields.get(name)), "")
    named = _NAME_NOISE.sub("", written.strip().lower())
    presentation = next(iter(children(item, "presentation")), None)
    responses = [] if presentation is None else [_response(found, pictures) for found in _places(presentation)]
    known = named in _KINDS
    if presentation is None or (not responses and not known) or (known and _KINDS[named] is None):
        return None
    scoring = scoring_of(item, [response.ident for response in responses])
    kind = _ILIAS_KINDS.get(fields.get("questiontype", "")) or _KINDS.get(named)
    stem = _stem(presentation, pictures)
    kind = kind or (Kind.CLOZE if _marked_in(stem.text, responses) else _kind_by_shape(responses, scoring))
    asked = Asked(where, kind, stem, line_of(item), external_no=attribute(item, "ident"))
    if not asked.stem:
        asked.stem = Rich(attribute(item, "title").strip())
    asked.label = f"题型 {written.strip()[:40]}" if kind is Kind.OTHER and written else ""
    asked.points_hundredths = _points(fields)
    asked.explanation = _explanation(item, pictures)
    _fill(asked, responses, scoring, presentation, pictures)
    pictures.remark(asked)
    return asked


def _fields(item: etree._Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    for found in descendants(item, "qtimetadatafield", "qti_metadatafield"):
        label = text_of(next(iter(children(found, "fieldlabel")), None)).strip().lower()
        fields.setdefault(label, text_of(next(iter(children(found, "fieldentry")), None)).strip())
    for metadata in children(item, "itemmetadata"):
        for found in children(metadata):
            if not len(found):
                fields.setdefault(name_of(found).lower(), (found.text or "").strip())
    return fields


def _points(fields: Mapping[str, str]) -> int | None:
    for name in ("points_possible", "cc_weighting", "qmd_absolutescore_max", "respondusapi_qpoints"):
        try:
            points = round(float(fields.get(name, "")) * 100)
        except (ValueError, OverflowError):
            continue
        if 0 < points <= 1_000_000:
            return points
    return None


def _places(presentation: etree._Element) -> list[etree._Element]:
    return list(descendants(presentation, *_RESPONSES))


def _response(element: etree._Element, pictures: Pictures) -> _Response:
    labels: dict[str, Rich] = {}
    for label in descendants(element, "response_label"):
        labels.setdefault(attribute(label, "ident"), _material(label, pictures))
    fib = next(descendants(element, "render_fib"), None)
    cardinality = attribute(element, "rcardinality").lower()
    return _Response(element, attribute(element, "ident"), name_of(element), labels, cardinality, fib)


def _material(element: etree._Element, pictures: Pictures) -> Rich:
    """All material within an element, places to answer apart."""
    return rich_of(_html(element), pictures.find)


def _html(element: etree._Element) -> str:
    parts: list[str] = []
    for found in element:
        name = name_of(found)
        if name in {"mattext", "matemtext"} or name.startswith("mat_formatted"):
            parts.append(_mattext(found))
        elif name == "matimage":
            parts.append(picture(found))
        elif name == "matbreak":
            parts.append("<br>")
        elif name and name not in _RESPONSES and name != "response_label":
            parts.append(f"<div>{_html(found)}</div>" if name in {"flow", "material", "flow_mat"} else _html(found))
    return "".join(parts)


def _mattext(element: etree._Element) -> str:
    if len(element):
        return inner_html(element, lambda _: None)
    text = element.text or ""
    form = (attribute(element, "texttype") or attribute(element, "type")).lower()
    # Many exports write HTML and call it plain.
    if "html" in form or looks_like_html(text):
        return text
    return html.escape(text.strip(), quote=False).replace("\n", "<br>")


def _stem(presentation: etree._Element, pictures: Pictures) -> Rich:
    blocks = [found for found in descendants(presentation, "flow") if attribute(found, "class") == "QUESTION_BLOCK"]
    if blocks:
        return _material(blocks[0], pictures)
    stem = _html(presentation)
    if not re.sub(r"<(?!img)[^>]*>|\s", "", stem):
        # Hot spots and the like keep their text within the place to answer.
        stem = "".join(_html(found) for found in _places(presentation))
    return rich_of(stem, pictures.find)


def _explanation(item: etree._Element, pictures: Pictures) -> str:
    for feedback in children(item, "itemfeedback"):
        if attribute(feedback, "ident").lower() in {"general_fb", "general", "solution"}:
            return _material(feedback, pictures).text
    return ""


def _marked_in(stem: str, responses: list[_Response]) -> bool:
    """True where the stem shows "[name]" for every response_name, as Canvas writes gaps."""
    names = [response.ident.removeprefix("response_") for response in responses]
    named = [f"[{name}]" in stem for name, response in zip(names, responses, strict=True) if name != response.ident]
    return bool(named) and len(named) == len(responses) and all(named)


def _kind_by_shape(responses: list[_Response], scoring: Scoring) -> Kind:
    first = responses[0]
    plain = all(response.name in {"response_lid", "response_str", "response_num"} for response in responses)
    drawn = any(
        any(True for _ in descendants(response.element, "render_hotspot", "render_slider", "render_extension"))
        for response in responses
    )
    if not plain or drawn:
        return Kind.OTHER
    if len(responses) > 1:
        if all(response.name == "response_lid" and response.cardinality != "multiple" for response in responses):
            return Kind.MATCHING
        return Kind.CLOZE if all(response.fib is not None for response in responses) else Kind.OTHER
    if first.name == "response_lid":
        if first.cardinality == "ordered":
            return Kind.OTHER
        if first.cardinality == "multiple":
            return Kind.MULTIPLE_CHOICE
        return (
            Kind.TRUE_FALSE
            if is_judgement([Choice(text, 0) for text in first.labels.values()])
            else Kind.SINGLE_CHOICE
        )
    if first.name == "response_num":
        return Kind.NUMERIC
    if first.fib is not None and attribute(first.fib, "fibtype").lower() in _FIB_NUMERIC:
        return Kind.NUMERIC
    if len(first.labels) > 1:
        return Kind.CLOZE
    return Kind.SHORT_ANSWER if scoring.right(first.ident) else Kind.ESSAY


def _fill(
    asked: Asked,
    responses: list[_Response],
    scoring: Scoring,
    presentation: etree._Element,
    pictures: Pictures,
) -> None:
    match asked.kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE | Kind.TRUE_FALSE:
            _fill_choices(asked, responses, scoring)
        case Kind.SHORT_ANSWER:
            asked.expected = _texts(responses, scoring)
        case Kind.NUMERIC:
            asked.expected = _numbers(responses, scoring)
        case Kind.ESSAY:
            asked.expected = essay(asked.explanation)
        case Kind.MATCHING:
            asked.expected = _pairs(responses, scoring, presentation, pictures)
        case Kind.CLOZE:
            asked.stem, asked.expected = in_place(asked.stem, _gaps(responses, scoring))


def _fill_choices(asked: Asked, responses: list[_Response], scoring: Scoring) -> None:
    with_labels = [response for response in responses if response.labels]
    if len(with_labels) != 1:
        message = "这道题没有选项" if not with_labels else "一道选择题里有几组选项"
        asked.remark("error", "options_unreadable", f"{message}，没有导入；请在原系统里核对")
        return
    response = with_labels[0]
    right = set(scoring.right(response.ident))
    asked.choices = [Choice(text, FULL if ident in right else 0.0) for ident, text in response.labels.items()]
    if asked.kind is Kind.TRUE_FALSE and is_judgement(asked.choices):
        asked.truth = judged(asked.choices)
    elif asked.kind is Kind.TRUE_FALSE:
        idents = [ident.lower().rpartition(".")[2] for ident in response.labels]
        if sorted(idents) == ["false", "true"] and len(right) == 1:
            asked.truth = next(iter(right)).lower().endswith("true")
        if not is_judgement(asked.choices) and not _says_judgement(asked.choices):
            asked.remark("warning", "true_false_options", "判断题的选项不是 正确、错误，按 正确、错误 读入；请核对")
    remark_on_weights(asked)


def _says_judgement(choices: list[Choice]) -> bool:
    return {choice.text.text.strip().lower() for choice in choices} <= {"true", "false"}


def _texts(responses: list[_Response], scoring: Scoring) -> TextExpected:
    values = dict.fromkeys(value for response in responses for value in scoring.right(response.ident))
    return TextExpected(tuple(AcceptedText(value) for value in values if value), scoring.case_counts)


def _numbers(responses: list[_Response], scoring: Scoring) -> NumberExpected:
    ranges: list[NumberRange] = []
    for response in responses:
        for low, high in scoring.spans(response.ident):
            first, last = decimal_of(low), decimal_of(high)
            if first is not None and last is not None:
                ranges.append(NumberRange(first, last))
    return NumberExpected(tuple(dict.fromkeys(ranges)))


def _pairs(
    responses: list[_Response], scoring: Scoring, presentation: etree._Element, pictures: Pictures
) -> PairsExpected:
    rights = _right_block(presentation, pictures)
    pairs: list[Pair] = []
    seen: dict[str, None] = {}
    for response in responses:
        left = _material(response.element, pictures).text or _beside(response.element, pictures)
        idents = list(response.labels)
        texts = rights if rights else [text.text for text in response.labels.values()]
        seen |= dict.fromkeys(texts)
        for ident in scoring.right(response.ident)[:1]:
            if ident in idents and idents.index(ident) < len(texts):
                right = texts[idents.index(ident)]
                if left and right:
                    pairs.append(Pair(left, right))
    used = {pair.right for pair in pairs}
    return PairsExpected(tuple(pairs), tuple(text for text in seen if text and text not in used))


def _right_block(presentation: etree._Element, pictures: Pictures) -> list[str]:
    """Blackboard keeps the right sides in a block of their own, in the order of every left side's labels."""
    for found in descendants(presentation, "flow"):
        if attribute(found, "class") == "RIGHT_MATCH_BLOCK":
            return [_material(part, pictures).text for part in children(found, "flow")]
    return []


def _beside(element: etree._Element, pictures: Pictures) -> str:
    around = element.getparent()
    return "" if around is None or name_of(around) != "flow" else _material(around, pictures).text


def _gaps(responses: list[_Response], scoring: Scoring) -> list[Named]:
    gaps: list[Named] = []
    for response in responses:
        mark = f"[{response.ident.removeprefix('response_')}]"
        right = scoring.right(response.ident)
        if response.labels and response.name == "response_lid" and response.fib is None:
            choices = [Choice(text, FULL if ident in right else 0.0) for ident, text in response.labels.items()]
            gaps.append(Named(mark, Gap(mark, drop_down(choices))))
        else:
            accepted = tuple(AcceptedText(value) for value in dict.fromkeys(right) if value)
            gaps.append(Named(mark, Gap(mark, TextExpected(accepted, scoring.case_counts))))
    return gaps
