"""Items as a QTI 3.0 content package: one file an item, pictures beside them, a manifest with LOM metadata.

Points are MAXSCORE, explanations modal feedback; topic, difficulty, source, validity and years are taxon entries
named in Chinese. Reading back what was written gives the identical items, for items without findings.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from examengine.banks.dialects.meta import CASE_COUNTS, WILDCARDS, common_lines, fixed_line, points_written
from examengine.banks.item import KIND_LABELS, Item, Kind, Option
from examengine.banks.readers.asked import judgement_words
from examengine.banks.readers.qti_html import MARKUP, PLAIN
from examengine.banks.responses import (
    ChoiceExpected,
    EssayExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    PairsExpected,
    TextExpected,
)
from examengine.banks.writers.written import Losses, Written, media_used, title_of, with_sources, xhtml, zipped

MIME_TYPE: Final = "application/zip"
TOOL: Final = "examengine"

_NAMESPACE: Final = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
_PACKAGE: Final = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_LOM: Final = "http://ltsc.ieee.org/xsd/LOM"
_PICTURES: Final = "../media/"
_LEVELS: Final = {"易": "easy", "中": "medium", "难": "difficult"}


def write_qti3(items: Sequence[Item], media: Mapping[str, bytes]) -> Written:
    """A QTI 3.0 package (zip) with the items in their order; ``media`` are bytes by name."""
    losses = Losses()
    files: dict[str, bytes] = {}
    resources: list[str] = []
    kept: list[Item] = []
    for number, item in enumerate(items, start=1):
        losses.media(number, item, media)
        if item.kind is Kind.OTHER:
            losses.say(number, item, "这道题不能写成 QTI 的题型，没有写入")
            continue
        kept.append(item)
        name = f"item-{number:05d}"
        path = f"items/{name}.xml"
        files[path] = _item(item, name).encode()
        resources.append(_resource(item, name, path))
    used = media_used(kept, media)
    resources.extend(
        f'<resource identifier="{_identifier(picture)}" type="webcontent" href="media/{picture}">'
        f'<file href="media/{picture}"/></resource>\n'
        for picture in sorted(used)
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<manifest xmlns="{_PACKAGE}" identifier="bank">\n'
        "<metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>\n<organizations/>\n"
        f"<resources>\n{''.join(resources)}</resources>\n</manifest>\n"
    )
    pictures = {f"media/{name}": used[name] for name in sorted(used)}
    content = zipped({"imsmanifest.xml": manifest.encode(), **files, **pictures})
    return Written(content, "zip", MIME_TYPE, tuple(losses.listed))


def _identifier(name: str) -> str:
    return "r-" + re.sub(r"[^\w.-]", "-", name, flags=re.ASCII)


def _resource(item: Item, name: str, path: str) -> str:
    lines = [*common_lines(item), *fixed_line(item), *_key_lines(item)]
    if item.topic:
        lines.append(f"知识点：{item.topic}")
    if item.external_no:
        lines.append(f"外部编号：{item.external_no}")
    if item.points_hundredths is not None:
        lines.append(f"分值：{points_written(item.points_hundredths)}")
    taxons = "".join(_taxon(*line.split("：", 1)) for line in lines)
    level = _LEVELS.get(item.difficulty)
    educational = (
        f"<educational><difficulty><source>LOMv1.0</source><value>{level}</value></difficulty></educational>"
        if level
        else ""
    )
    purpose = "<purpose><source>LOMv1.0</source><value>discipline</value></purpose>"
    classified = f"<classification>{purpose}{taxons}</classification>" if taxons else ""
    lom = f'<metadata><lom xmlns="{_LOM}">{educational}{classified}</lom></metadata>' if taxons or level else ""
    return (
        f'<resource identifier="r-{name}" type="imsqti_item_xmlv3p0" href="{path}">{lom}'
        f'<file href="{path}"/></resource>\n'
    )


def _taxon(source: str, value: str) -> str:
    named = f'<source><string language="zh">{escape(source)}</string></source>'
    entry = f'<entry><string language="zh">{escape(value)}</string></entry>'
    return f"<taxonPath>{named}<taxon>{entry}</taxon></taxonPath>"


def _key_lines(item: Item) -> Iterator[str]:
    match item.expected:
        case None:
            if item.kind is Kind.SINGLE_CHOICE and judgement_words([option.text for option in item.options]):
                yield f"题型：{KIND_LABELS[item.kind]}"
        case TextExpected() as texts:
            marks = [CASE_COUNTS] * texts.case_counts + [WILDCARDS] * texts.wildcards
            if marks:
                yield f"答案：{'、'.join(marks)}"
        case NumberExpected(unit=unit) if unit:
            yield f"单位：{unit}"
        case GapsExpected(gaps=gaps):
            if len(gaps) == 1:
                yield f"题型：{KIND_LABELS[item.kind]}"
            if any(gap.share != 1 for gap in gaps):
                yield f"各空权重：{'、'.join(str(gap.share) for gap in gaps)}"
            said = [_gap_mark(number, gap) for number, gap in enumerate(gaps, start=1)]
            if any(said):
                yield f"答案：{'、'.join(word for word in said if word)}"


def _gap_mark(number: int, gap: Gap) -> str:
    if not isinstance(gap.expected, TextExpected):
        return ""
    marks = CASE_COUNTS * gap.expected.case_counts + WILDCARDS * gap.expected.wildcards
    return f"{number}{marks}" if marks else ""


def _item(item: Item, name: str) -> str:
    declarations, body, processing = _parts(item)
    points = points_written(item.points_hundredths if item.points_hundredths is not None else 100)
    outcomes = (
        f'<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float">'
        f"<qti-default-value><qti-value>0</qti-value></qti-default-value></qti-outcome-declaration>\n"
        f'<qti-outcome-declaration identifier="MAXSCORE" cardinality="single" base-type="float">'
        f"<qti-default-value><qti-value>{points}</qti-value></qti-default-value></qti-outcome-declaration>\n"
    )
    feedback = ""
    if item.explanation:
        outcomes += '<qti-outcome-declaration identifier="FEEDBACK" cardinality="single" base-type="identifier"/>\n'
        feedback = (
            '<qti-modal-feedback outcome-identifier="FEEDBACK" identifier="solution" show-hide="show">'
            f"<qti-content-body>{_rich(item.explanation, '', 'div')}</qti-content-body></qti-modal-feedback>\n"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<qti-assessment-item xmlns="{_NAMESPACE}" identifier="{name}" title="{escape(title_of(item))}" '
        f'adaptive="false" time-dependent="false" xml:lang="zh-CN" tool-name="{TOOL}">\n'
        f"{declarations}{outcomes}<qti-item-body>{body}</qti-item-body>\n{processing}{feedback}</qti-assessment-item>\n"
    )


def _parts(item: Item) -> tuple[str, str, str]:
    """Response declarations, body and response processing."""
    stem = _rich(item.stem, item.markup, "div")
    match item.expected:
        case None if item.kind is Kind.TRUE_FALSE:
            right = ["true" if "t" in item.key else "false"]
            choices = "".join(
                f'<qti-simple-choice identifier="{name}">{word}</qti-simple-choice>'
                for name, word in (("true", "正确"), ("false", "错误"))
            )
            return _choice(stem, choices, right, "single")
        case None:
            right = [option.id.upper() for option in item.options if option.id in item.key]
            choices = "".join(_simple_choice(option) for option in item.options)
            return _choice(stem, choices, right, "single" if item.kind is Kind.SINGLE_CHOICE else "multiple")
        case PairsExpected() as pairs:
            return _matching(stem, pairs)
        case EssayExpected() as essay:
            model = (
                f'<qti-rubric-block use="scoring" view="scorer"><qti-content-body>{_rich(essay.model, "", "div")}'
                "</qti-content-body></qti-rubric-block>"
                if essay.model
                else ""
            )
            body = f'{stem}{model}<qti-extended-text-interaction response-identifier="RESPONSE"/>'
            return _declaration("RESPONSE", "single", "string"), body, ""
        case GapsExpected() as gaps:
            declared = "".join(_gap_declaration(f"RESPONSE{n}", gap) for n, gap in enumerate(gaps.gaps, start=1))
            rules = "".join(_gap_rules(f"RESPONSE{n}", gap) for n, gap in enumerate(gaps.gaps, start=1))
            return declared, _with_gaps(item, gaps), _processing(rules) if rules else ""
        case TextExpected() as texts:
            declared = _text_declaration("RESPONSE", texts)
            entry = '<div><qti-text-entry-interaction response-identifier="RESPONSE"/></div>'
            return declared, stem + entry, _template("map_response")
        case NumberExpected() as numbers:
            entry = '<div><qti-text-entry-interaction response-identifier="RESPONSE"/></div>'
            rules = _processing(_number_rules("RESPONSE", numbers))
            return _number_declaration("RESPONSE", numbers), stem + entry, rules
        case _:
            raise ValueError(f"no notation for {item.expected!r}")


def _simple_choice(option: Option) -> str:
    fixed = ' fixed="true"' if option.fixed else ""
    text = _rich(option.text, option.markup, "span")
    return f'<qti-simple-choice identifier="{option.id.upper()}"{fixed}>{text}</qti-simple-choice>\n'


def _choice(stem: str, choices: str, right: Sequence[str], cardinality: str) -> tuple[str, str, str]:
    most = 1 if cardinality == "single" else 0
    body = (
        f'{stem}<qti-choice-interaction response-identifier="RESPONSE" shuffle="true" max-choices="{most}">'
        f"{choices}</qti-choice-interaction>"
    )
    return _declaration("RESPONSE", cardinality, "identifier", right), body, _template("match_correct")


def _matching(stem: str, pairs: PairsExpected) -> tuple[str, str, str]:
    rights = list(dict.fromkeys([*(pair.right for pair in pairs.pairs), *pairs.distractors]))
    left = "".join(
        f'<qti-simple-associable-choice identifier="L{n}" match-max="1">{_rich(pair.left, "", "span")}'
        "</qti-simple-associable-choice>"
        for n, pair in enumerate(pairs.pairs, start=1)
    )
    right = "".join(
        f'<qti-simple-associable-choice identifier="R{n}" match-max="0">{_rich(text, "", "span")}'
        "</qti-simple-associable-choice>"
        for n, text in enumerate(rights, start=1)
    )
    values = [f"L{n} R{rights.index(pair.right) + 1}" for n, pair in enumerate(pairs.pairs, start=1)]
    body = (
        f'{stem}<qti-match-interaction response-identifier="RESPONSE" shuffle="true" max-associations="0">'
        f"<qti-simple-match-set>{left}</qti-simple-match-set><qti-simple-match-set>{right}</qti-simple-match-set>"
        "</qti-match-interaction>"
    )
    return _declaration("RESPONSE", "multiple", "directedPair", values), body, _template("match_correct")


def _declaration(
    name: str, cardinality: str, base: str, right: Sequence[str] = (), mapped: Sequence[tuple[str, int, bool]] = ()
) -> str:
    values = "".join(f"<qti-value>{escape(value)}</qti-value>" for value in right)
    correct = f"<qti-correct-response>{values}</qti-correct-response>" if values else ""
    entries = "".join(
        f'<qti-map-entry map-key="{_in_attribute(key)}" mapped-value="{weight / 100:.2f}" '
        f'case-sensitive="{str(case).lower()}"/>'
        for key, weight, case in mapped
    )
    mapping = f'<qti-mapping default-value="0">{entries}</qti-mapping>' if entries else ""
    return (
        f'<qti-response-declaration identifier="{name}" cardinality="{cardinality}" base-type="{base}">'
        f"{correct}{mapping}</qti-response-declaration>\n"
    )


def _in_attribute(text: str) -> str:
    """XML readers make blanks of line ends in attributes unless they are written as references."""
    return escape(text).replace("\n", "&#10;").replace("\t", "&#9;")


def _text_declaration(name: str, texts: TextExpected) -> str:
    best = [answer.text for answer in texts.accepted if answer.weight >= 100][:1]
    mapped = [(answer.text, answer.weight, texts.case_counts) for answer in texts.accepted]
    return _declaration(name, "single", "string", best, mapped)


def _number_declaration(name: str, numbers: NumberExpected) -> str:
    best = [span.low for span in numbers.ranges if span.weight >= 100][:1]
    return _declaration(name, "single", "float", best)


def _gap_declaration(name: str, gap: Gap) -> str:
    match gap.expected:
        case TextExpected() as texts:
            return _text_declaration(name, texts)
        case NumberExpected() as numbers:
            return _number_declaration(name, numbers)
        case ChoiceExpected() as choices:
            best = [f"C{index + 1}" for index, weight in choices.right if weight >= 100][:1]
            mapped = [(f"C{index + 1}", weight, True) for index, weight in choices.right]
            return _declaration(name, "single", "identifier", best, mapped)


def _gap_rules(name: str, gap: Gap) -> str:
    if isinstance(gap.expected, NumberExpected):
        return _number_rules(name, gap.expected)
    value = f'<qti-map-response identifier="{name}"/>'
    total = f'<qti-sum><qti-variable identifier="SCORE"/>{value}</qti-sum>'
    return f'<qti-set-outcome-value identifier="SCORE">{total}</qti-set-outcome-value>\n'


def _number_rules(name: str, numbers: NumberExpected) -> str:
    """A condition a range; of several the first that holds counts."""
    parts: list[str] = []
    for number, span in enumerate(numbers.ranges):
        within = "".join(
            f'<qti-{compare}><qti-variable identifier="{name}"/>'
            f'<qti-base-value base-type="float">{bound}</qti-base-value></qti-{compare}>'
            for compare, bound in (("gte", span.low), ("lte", span.high))
        )
        value = f'<qti-base-value base-type="float">{span.weight / 100:.2f}</qti-base-value>'
        added = f'<qti-sum><qti-variable identifier="SCORE"/>{value}</qti-sum>'
        tag = "qti-response-if" if number == 0 else "qti-response-else-if"
        outcome = f'<qti-set-outcome-value identifier="SCORE">{added}</qti-set-outcome-value>'
        parts.append(f"<{tag}><qti-and>{within}</qti-and>{outcome}</{tag}>")
    return f"<qti-response-condition>{''.join(parts)}</qti-response-condition>\n"


def _processing(rules: str) -> str:
    return f"<qti-response-processing>{rules}</qti-response-processing>\n"


def _template(name: str) -> str:
    address = f"https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/{name}.xml"
    return f'<qti-response-processing template="{address}"/>\n'


def _rich(text: str, markup: str, tag: str) -> str:
    if markup:
        return f'<div class="{MARKUP}">{xhtml(with_sources(markup, _PICTURES))}</div>'
    return f'<{tag} class="{PLAIN}">{_lines(text)}</{tag}>'


def _lines(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br/>")


def _with_gaps(item: Item, gaps: GapsExpected) -> str:
    body = xhtml(with_sources(item.markup, _PICTURES)) if item.markup else _lines(item.stem)
    for number, gap in enumerate(gaps.gaps, start=1):
        body = body.replace(gap.mark, _interaction(f"RESPONSE{number}", gap), 1)
    return f'<div class="{MARKUP if item.markup else PLAIN}">{body}</div>'


def _interaction(name: str, gap: Gap) -> str:
    if not isinstance(gap.expected, ChoiceExpected):
        return f'<qti-text-entry-interaction response-identifier="{name}"/>'
    choices = "".join(
        f'<qti-inline-choice identifier="C{n}">{_rich(text, "", "span")}</qti-inline-choice>'
        for n, text in enumerate(gap.expected.texts, start=1)
    )
    opened = f'<qti-inline-choice-interaction response-identifier="{name}" shuffle="true">'
    return f"{opened}{choices}</qti-inline-choice-interaction>"
