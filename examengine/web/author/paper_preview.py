"""An item as a candidate's page shows it, for the page of its author."""

from dataclasses import replace

from markupsafe import Markup

from examengine.banks.item import Item
from examengine.banks.responses import Pair, PairsExpected, shown_ids
from examengine.web.candidate.paper_page import Section, Shown, paper_html
from examengine.web.candidate.question_pieces import question_of
from examengine.web.pages import template

POINTS_SHOWN = 200
"""Hundredths, where the blueprint alone decides."""


def paper_of(item: Item) -> Markup:
    """The very fragment that a candidate gets, with what is still missing left blank."""
    if isinstance(item.expected, PairsExpected) and not item.expected.pairs:
        item = replace(item, expected=PairsExpected((Pair("", ""),), item.expected.distractors))
    points = POINTS_SHOWN if item.points_hundredths is None else max(0, item.points_hundredths)
    return paper_html([Section(item.kind.value, points, [Shown(question_of(item), 1, shown_ids(item))])])


def document_of(paper: Markup) -> str:
    """The same as a document for a frame, so that its width decides how it looks."""
    return template("author/item_preview.html").render(paper=paper)
