"""QTI 2.x and 3.0 response processing: the ranges in which a number earns points."""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from examengine.banks.dialects.numbers import decimal_of, span
from examengine.banks.files.xml import attribute, text_of
from examengine.banks.readers.qti_html import plain_name
from examengine.banks.responses import FULL_WEIGHT

Span = tuple[str, str, int]

_BRANCHES: Final = frozenset({"responseif", "responseelseif"})
_LOWER: Final = frozenset({"gte", "gt"})
_UPPER: Final = frozenset({"lte", "lt"})


def spans_of(item: etree._Element) -> dict[str, tuple[Span, ...]]:
    """(low, high, weight in hundredths) by response, from conditions that compare it and earn points."""
    found: dict[str, list[Span]] = {}
    for branch in _named(item, _BRANCHES):
        weight = _weight(branch)
        if weight <= 0:
            continue
        for name, one in (*_between(branch, weight), *_near(branch, item, weight)):
            known = found.setdefault(name, [])
            if one not in known:
                known.append(one)
    return {name: tuple(spans) for name, spans in found.items()}


def _named(element: etree._Element, names: frozenset[str]) -> Iterator[etree._Element]:
    return (found for found in element.iter(etree.Element) if plain_name(found) in names)


def _weight(branch: etree._Element) -> int:
    """What a branch gives, the last value it names; a branch that names none gives all."""
    for outcome in branch:
        if isinstance(outcome.tag, str) and plain_name(outcome) == "setoutcomevalue":
            values = [text_of(value).strip() for value in _named(outcome, frozenset({"basevalue"}))]
            try:
                points = float(values[-1]) if values else 1.0
            except ValueError:
                return FULL_WEIGHT if values[-1].lower() in {"correct", "true"} else 0
            return min(FULL_WEIGHT, round(points * FULL_WEIGHT)) if points > 0 else 0
    return 0


def _between(branch: etree._Element, weight: int) -> Iterator[tuple[str, Span]]:
    low: dict[str, str] = {}
    high: dict[str, str] = {}
    for compared in _named(branch, _LOWER | _UPPER):
        name = next((attribute(found, "identifier") for found in _named(compared, frozenset({"variable"}))), "")
        value = next((text_of(found) for found in _named(compared, frozenset({"basevalue"}))), "")
        bound = decimal_of(value)
        if name and bound is not None:
            (low if plain_name(compared) in _LOWER else high)[name] = bound
    for name, least in low.items():
        if name in high:
            yield name, (least, high[name], weight)


def _near(branch: etree._Element, item: etree._Element, weight: int) -> Iterator[tuple[str, Span]]:
    for compared in _named(branch, frozenset({"equal"})):
        if attribute(compared, "toleranceMode").lower() != "absolute":
            continue
        name = next((attribute(found, "identifier") for found in _named(compared, frozenset({"variable"}))), "")
        values = [text_of(found) for found in _named(compared, frozenset({"basevalue"}))]
        middle = values[0] if values else _correct(item, name)
        around = span(middle, (attribute(compared, "tolerance").split() or ["0"])[0], weight)
        if name and around is not None:
            yield name, (around.low, around.high, weight)


def _correct(item: etree._Element, name: str) -> str:
    for declared in _named(item, frozenset({"responsedeclaration"})):
        if attribute(declared, "identifier") == name:
            return next((text_of(value) for value in _named(declared, frozenset({"value"}))), "")
    return ""
