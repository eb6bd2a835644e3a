"""What a candidate reads of his own answers and marks. Keys, and the marks of single questions that the program gave,
stay closed: no rulebook releases them.
"""

from collections.abc import Mapping, Sequence

from examengine.banks.item import Item
from examengine.papers.blueprint import Blueprint
from examengine.papers.paper import Paper
from examengine.web.answers import answer_told
from examengine.web.contexts.candidate import GivenAnswer, SectionScore
from examengine.web.messages import KINDS

ByHand = Mapping[int, int | None]
"""Marks that people gave, hundredths by position; None where one is missing."""


def section_scores(detail: object, blueprint: Blueprint, paper: Paper, by_hand: ByHand) -> tuple[SectionScore, ...]:
    """One line a kind, however many cells of the blueprint it has; what people gave counted in."""
    cells = blueprint.cells
    given: dict[int, list[int]] = {}
    for position, hundredths in by_hand.items():
        given.setdefault(paper.items[position - 1].cell, []).append(hundredths or 0)
    by_kind: dict[str, list[Sequence[int]]] = {}
    for index, count, right, score, full in detail["cells"] if isinstance(detail, dict) else []:
        marks = given.get(index, [])
        best = marks.count(cells[index].points_hundredths)
        by_kind.setdefault(cells[index].kind.value, []).append((count, right + best, score + sum(marks), full))
    summed = {kind: [sum(column) for column in zip(*same, strict=True)] for kind, same in by_kind.items()}
    return tuple(
        SectionScore(KINDS[kind], score, full, right, count) for kind, (count, right, score, full) in summed.items()
    )


def given_answers(
    answers: Mapping[int, str],
    blueprint: Blueprint,
    paper: Paper,
    items: Mapping[int, Item],
    by_hand: ByHand,
    *,
    shown: bool,
) -> tuple[GivenAnswer, ...]:
    """One's own answers as they were handed in; of what people marked the points too, once the score is ``shown``.

    Args:
        answers: by item version.
    """
    return tuple(
        GivenAnswer(
            position=position,
            kind_text=KINDS[items[placed.version_id].kind.value],
            text=answer_told(items[placed.version_id], answers.get(placed.version_id, ""), placed.option_order),
            waits=position in by_hand and not shown,
            hundredths=by_hand.get(position) if shown else None,
            full_hundredths=blueprint.cells[placed.cell].points_hundredths,
        )
        for position, placed in enumerate(paper.items, 1)
    )
