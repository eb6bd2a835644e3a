"""Questions that are answered by typing, or by choosing from a list: how they are rendered, and filled in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from examengine.banks.item import Item, Kind
from examengine.banks.responses import (
    ESSAY_LIMIT,
    PART_LIMIT,
    GapsExpected,
    NumberExpected,
    PairsExpected,
    Sides,
    listed,
    parts_of,
)
from examengine.web.markup import stem_html, text_html
from examengine.web.wording import gettext as _

_TAG = re.compile(r"(<[^<>]*>)")


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a question. ``sides``: what it is chosen from, None where it is typed."""

    sides: Sides | None = None
    is_number: bool = False
    is_long: bool = False
    in_text: bool = False
    unit: str = ""

    @property
    def limit(self) -> int:
        """Characters."""
        return ESSAY_LIMIT if self.is_long else PART_LIMIT


Piece = tuple[Markup, int]
"""A stretch of a text with the number of the gap that follows it; 0: none does."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What the template shows: the fields, and where they stand."""

    stem: Markup
    parts: tuple[Part, ...]
    pieces: tuple[Piece, ...] = ()
    lefts: tuple[Markup, ...] = ()


def typed_of(item: Item) -> Typed:
    """The fields of an item that has no options. Nothing of what is expected goes along but units and sides."""
    stem, sides = stem_html(item), parts_of(item)
    match item.expected:
        case GapsExpected() as gaps:
            parts = tuple(
                Part(side, isinstance(gap.expected, NumberExpected), in_text=True, unit=_unit(gap.expected))
                for gap, side in zip(gaps.gaps, sides, strict=True)
            )
            return Typed(stem, parts, _pieces(stem, [gap.mark for gap in gaps.gaps]))
        case PairsExpected() as pairs:
            lefts = tuple(text_html(pair.left) for pair in pairs.pairs)
            return Typed(stem, tuple(Part(side) for side in sides), lefts=lefts)
        case expected:
            is_number = isinstance(expected, NumberExpected)
            return Typed(stem, (Part(None, is_number, item.kind is Kind.ESSAY, unit=_unit(expected)),))


def _unit(expected: object) -> str:
    return expected.unit if isinstance(expected, NumberExpected) else ""


def _pieces(stem: Markup, marks: Sequence[str]) -> tuple[Piece, ...]:
    """The text cut at its marks, which stand in it in order; a gap whose mark is lost follows the text."""
    pieces: list[Piece] = []
    kept = ""
    wanted = list(enumerate(marks, start=1))
    for token in _TAG.split(str(stem)):
        rest = token
        while wanted and not token.startswith("<"):
            before, found, after = rest.partition(escape(wanted[0][1]))
            if not found:
                break
            no, _mark = wanted.pop(0)
            pieces.append((Markup(kept + before), no))  # noqa: S704 - cut from safe HTML between its tags
            kept, rest = "", after
        kept += rest
    pieces.append((Markup(kept), 0))  # noqa: S704
    return (*pieces, *((Markup(" "), no) for no, _mark in wanted))


def filled(sides: Sequence[Sides | None], answer: str, option_order: Sequence[str]) -> Mapping[str, str]:
    """What an attempt puts into the fields: HTML by marker. Only what is chosen from is in the paper's order."""
    given = listed(answer) or ()
    values: dict[str, str] = {}
    for no, side in enumerate(sides, start=1):
        text = given[no - 1] if no <= len(given) else ""
        if side is None:
            values[f"part{no}"] = escape(text)
            values[f"count{no}"] = str(len(text))
        else:
            values[f"sides{no}"] = _options(side, text, option_order)
    return values


def _options(sides: Sides, chosen: str, option_order: Sequence[str]) -> str:
    place = {side: index for index, side in enumerate(option_order)}
    shown = sorted(sides, key=lambda side: place.get(side[0], len(place)))
    options = [f'<option value="">{escape(_("请选择"))}</option>']
    for side, text in shown:
        selected = " selected" if side == chosen else ""
        options.append(f'<option value="{side}"{selected}>{escape(text)}</option>')
    return "".join(options)


def is_partly(sides: Sequence[Sides | None], answer: str) -> bool:
    """Whether some of several parts are answered, and some are not."""
    given = listed(answer) or ()
    return len(sides) > 1 and any(given) and not (len(given) >= len(sides) and all(given))
