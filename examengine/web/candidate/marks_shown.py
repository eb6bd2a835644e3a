"""What a candidate reads of his own answers and marks. Keys, and the marks of single questions that the program gave,
stay closed: no rulebook releases them.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from markupsafe import Markup

from examengine.banks.item import WITH_OPTIONS, Item
from examengine.papers.blueprint import Blueprint
from examengine.papers.paper import Paper
from examengine.web.answers import answer_told, letters
from examengine.web.contexts.candidate import GivenAnswer, SectionScore
from examengine.web.messages import KINDS
from examengine.web.pages import template

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


def typed_versions(paper: Paper, blueprint: Blueprint) -> list[int]:
    """Versions of the items without options: :func:`given_rows` has to see these."""
    cells = blueprint.cells
    return [placed.version_id for placed in paper.items if cells[placed.cell].kind not in WITH_OPTIONS]


def given_rows(
    answers: Mapping[int, str],
    blueprint: Blueprint,
    paper: Paper,
    typed: Mapping[int, Item],
    by_hand: ByHand,
    *,
    shown: bool,
) -> Markup:
    """One's own answers as they were handed in, a table row each; of what people marked the points too, once the
    score is ``shown``.

    Args:
        answers: by item version.
        typed: the items of :func:`typed_versions`.
    """
    cells, rows = [(cell, cell.kind.value, cell.kind in WITH_OPTIONS) for cell in blueprint.cells], []
    for position, placed in enumerate(paper.items, 1):
        (cell, kind, has_options), value = cells[placed.cell], answers.get(placed.version_id, "")
        if has_options:
            rows.append(_row_of_letters(position, kind, _letters(value, placed.option_order)))
            continue
        text = answer_told(typed[placed.version_id], value, placed.option_order)
        waits, hundredths = position in by_hand and not shown, by_hand.get(position) if shown else None
        rows.append(row_of(GivenAnswer(position, KINDS[kind], text, waits, hundredths, cell.points_hundredths)))
    return Markup("".join(rows))  # noqa: S704 - a template's own output


def row_of(answer: GivenAnswer) -> str:
    """Its row of the table."""
    return template("result_answer.html").render(row=answer)


_letters = lru_cache(maxsize=4_096)(letters)


@lru_cache(maxsize=4_096)
def _row_of_letters(position: int, kind: str, text: str) -> str:
    """There are few: rows of a hundred thousand candidates are the same ones in another order."""
    return row_of(GivenAnswer(position, KINDS[kind], text))
