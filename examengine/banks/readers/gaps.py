"""The gaps of a cloze brought to one notation: "{1}", "{2}" … in the stem, in reading order."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from examengine.banks.dialects.expected import count_gaps, with_marks
from examengine.banks.markup import Rich
from examengine.banks.responses import Gap, GapsExpected


@dataclass(frozen=True, slots=True)
class Named:
    """A gap under the mark that a format writes into its stem ("[colour]")."""

    mark: str
    gap: Gap


def in_place(stem: Rich, named: Sequence[Named]) -> tuple[Rich, GapsExpected]:
    """The stem with our marks and the gaps in its order.

    A stem that shows none of the marks keeps its underlines as gaps where there are just as many; otherwise the
    gaps follow it.
    """
    shown = [one for one in named if one.mark and one.mark in stem.text]
    if len(shown) == len(named) and named:
        ordered = sorted(named, key=lambda one: stem.text.index(one.mark))
        text, markup = stem.text, stem.markup
        for number, one in enumerate(ordered, start=1):
            text = text.replace(one.mark, f"{{{number}}}", 1)
            markup = markup.replace(html.escape(one.mark, quote=False), f"{{{number}}}", 1)
        return Rich(text, markup), _numbered(ordered)
    count = len(named)
    if count_gaps(stem.text) == count and count_gaps(re.sub(r"<[^<>]*>", "", stem.markup) or stem.text) == count:
        plain, marked = with_marks(stem.text, count), with_marks(stem.markup, count) if stem.markup else ""
        if plain is not None and marked is not None:
            return Rich(plain, marked), _numbered(named)
    behind = " ".join(f"{{{number}}}" for number in range(1, count + 1))
    markup = f"{stem.markup}<p>{behind}</p>" if stem.markup else ""
    return Rich(f"{stem.text}\n{behind}".strip(), markup), _numbered(named)


def _numbered(named: Sequence[Named]) -> GapsExpected:
    gaps = (msgspec.structs.replace(one.gap, mark=f"{{{number}}}") for number, one in enumerate(named, start=1))
    return GapsExpected(tuple(gaps))
