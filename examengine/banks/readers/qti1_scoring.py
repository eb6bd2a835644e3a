"""QTI 1.2 response processing: which values of a response earn points."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from examengine.banks.files.xml import attribute, children, descendants, name_of, text_of

_LOWER: Final = frozenset({"vargte", "vargt"})
_UPPER: Final = frozenset({"varlte", "varlt"})


@dataclass(slots=True)
class Scoring:
    """Values and spans that earn points, by response identifier."""

    values: dict[str, list[str]] = field(default_factory=dict)
    bounds: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    case_counts: bool = False

    def right(self, ident: str) -> list[str]:
        return self.values.get(ident, [])

    def spans(self, ident: str) -> list[tuple[str, str]]:
        spans = self.bounds.get(ident, [])
        return spans or [(value, value) for value in self.right(ident)]


def scoring_of(item: etree._Element, idents: Sequence[str]) -> Scoring:
    """What earns points in an item, for the responses of these identifiers."""
    scoring = Scoring()
    conditions = [
        condition
        for processing in children(item, "resprocessing")
        for condition in children(processing, "respcondition")
    ]
    # Blackboard's gaps and numbers name what is right and no score at all.
    earning = [one for one in conditions if _earns(one)] or [one for one in conditions if _says_no_score(one)]
    for condition in earning:
        for variables in children(condition, "conditionvar"):
            _collect(variables, scoring, set(idents))
    return scoring


def _says_no_score(condition: etree._Element) -> bool:
    said = attribute(condition, "title").lower() == "incorrect" or any(
        attribute(found, "linkrefid").lower() == "incorrect" for found in children(condition, "displayfeedback")
    )
    return not said and not list(children(condition, "setvar"))


def _earns(condition: etree._Element) -> bool:
    title = attribute(condition, "title").lower()
    if title == "incorrect":
        return False
    points = [_points(found) for found in children(condition, "setvar")]
    if any(point > 0 for point in points):
        return True
    # Blackboard may say only which feedback follows.
    return not points and any(
        attribute(f, "linkrefid").lower() == "correct" for f in children(condition, "displayfeedback")
    )


def _points(setvar: etree._Element) -> float:
    if "incorrect" in attribute(setvar, "varname").lower():
        # D2L counts mistakes in a variable of their own.
        return 0.0
    written = text_of(setvar).strip()
    if written.lower().endswith("max"):
        return 1.0
    if attribute(setvar, "action").lower() in {"subtract", "divide"}:
        return 0.0
    try:
        return float(written)
    except ValueError:
        return 0.0


def _collect(variables: etree._Element, scoring: Scoring, idents: set[str]) -> None:
    """Values within, but for those within a ``not``."""
    lower: dict[str, str] = {}
    upper: dict[str, str] = {}
    # Held as elements: lxml makes a new wrapper, with a new id, for one that nobody holds.
    negated = {found for part in descendants(variables, "not") for found in part.iter(etree.Element)}
    for found in variables.iter(etree.Element):
        ident = attribute(found, "respident")
        if found in negated or ident not in idents:
            continue
        value = " ".join(text_of(found).split())
        name = name_of(found)
        if name in {"varequal", "varsubstring", "varsubset"}:
            parts = value.split(",") if name == "varsubset" else [value]
            known = scoring.values.setdefault(ident, [])
            known.extend(part for part in parts if part not in known)
            scoring.case_counts = scoring.case_counts or attribute(found, "case").lower() == "yes"
        elif name in _LOWER:
            lower[ident] = value
        elif name in _UPPER:
            upper[ident] = value
    for ident in lower.keys() & upper.keys():
        scoring.bounds.setdefault(ident, []).append((lower[ident], upper[ident]))
