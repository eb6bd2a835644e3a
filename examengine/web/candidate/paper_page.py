"""The questions and the answer card (答题卡) of an exam page, and of papers that are only looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from markupsafe import Markup

from examengine.live.journal import Kept, Written
from examengine.live.replies import as_written
from examengine.papers.blueprint import Blueprint
from examengine.papers.paper import PaperItem
from examengine.web import messages, times
from examengine.web.candidate.question_pieces import Question, Shelf, pieces_html, question_html
from examengine.web.candidate.typed_question import is_partly
from examengine.web.wording import gettext as _


@dataclass(frozen=True, slots=True)
class Shown:
    """A question at its place in an attempt. ``answer``: the response as it is kept, "" for blank.

    ``mark`` and ``flag_mark``: ``epoch.sequence`` of the operation that wrote it, "" where none did.
    """

    question: Question
    position: int
    option_order: Sequence[str]
    answer: str = ""
    revision: int = 0
    flagged: bool = False
    flag_revision: int = 0
    mark: str = ""
    flag_mark: str = ""

    def html(self, points: str) -> bytes:
        """``points`` as they are written."""
        return question_html(
            self.question,
            self.position,
            self.option_order,
            points,
            self.answer,
            self.revision,
            self.flagged,
            self.flag_revision,
            self.mark,
            self.flag_mark,
        )

    @property
    def is_partly(self) -> bool:
        """Some of several parts are answered."""
        return bool(self.question.sides) and is_partly(self.question.sides, self.answer)


@dataclass(frozen=True, slots=True)
class Section:
    """A cell of the blueprint as a part of the paper; ``points_hundredths`` each."""

    kind: str
    points_hundredths: int
    shown: Sequence[Shown]


def paper_html(sections: Sequence[Section]) -> Markup:
    """Every section with its heading and questions."""
    parts: list[bytes] = []
    for number, section in enumerate(sections, 1):
        points = times.points(section.points_hundredths)
        parts.append(_heading(number, section.kind, section.points_hundredths, len(section.shown)))
        parts += (shown.html(points) for shown in section.shown)
        parts.append(_SECTION_END)
    return Markup(b"".join(parts).decode())  # noqa: S704 - joined from escaped fragments


_SECTION_END = b"</section>"


@lru_cache(maxsize=256)
def _heading(number: int, kind: str, points_hundredths: int, count: int) -> bytes:
    """How a section begins: its number and kind, and what its ``count`` questions are worth."""
    title = _("{no}、{kind}（共 {count} 题，每题 {each} 分，共 {sum} 分）").format(
        no=times.ordinal(number),
        kind=messages.KINDS[kind],
        count=count,
        each=times.points(points_hundredths),
        sum=times.points(points_hundredths * count),
    )
    return (
        f'<section class="part" aria-labelledby="part{number}"><h2 id="part{number}">{escape(title)}</h2>'
    ).encode()


def cell_name(position: int, *, answered: bool, flagged: bool, partly: bool = False) -> str:
    """What a screen reader says for a cell: 第 12 题，已答，已标记."""
    name = _("第 {n} 题，已答") if answered else _("第 {n} 题，未答")
    if partly:
        name = _("第 {n} 题，没有答完")
    return (name + _("，已标记") if flagged else name).format(n=position)


def card_html(sections: Sequence[Section]) -> Markup:
    """The answer card: a grid of links a section."""
    parts: list[bytes] = []
    for section in sections:
        parts.append(_card_heading(section.kind))
        parts += (_cell(one.position, bool(one.answer), one.flagged, one.is_partly) for one in section.shown)
        parts.append(_CELLS_END)
    return Markup(b"".join(parts).decode())  # noqa: S704 - numbers and fixed words only


_CELLS_END = b"</ul>"


@lru_cache(maxsize=32)
def _card_heading(kind: str) -> bytes:
    """How a section of the card begins."""
    return f'<h3>{escape(messages.KINDS[kind])}</h3><ul class="cells">'.encode()


@lru_cache(maxsize=4096)
def _cell(position: int, answered: bool, flagged: bool, partly: bool) -> bytes:
    """A cell of the card."""
    look = "cell" + (" is-answered" if answered else "") + (" is-partly" if partly else "")
    look += " is-flagged" if flagged else ""
    name = cell_name(position, answered=answered, flagged=flagged, partly=partly)
    cell = f'<li><a class="{look}" href="#q{position}" data-cell="{position}" aria-label="{name}">{position}</a></li>'
    return cell.encode()


_Part = tuple[str, list[bytes], list[bytes]]
"""A section: the points of each of its questions, the questions, their cells."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The paper of an attempt and its answer card, each in pieces, and what the page tells of them."""

    paper: list[bytes]
    card: list[bytes]
    answered: int
    flagged: int
    has_typed: bool
    saved_at_ms: int | None
    """When the newest answer was written."""


def joined(
    blueprint: Blueprint,
    items: Sequence[PaperItem],
    answers: Mapping[int, Kept],
    flags: Mapping[int, Kept],
    questions: Shelf,
) -> Joined:
    """What :func:`paper_html` and :func:`card_html` make, from what is kept of an attempt. A section is a kind with
    its points: its cells are mixed on the paper. All ``questions`` are on the shelf.
    """
    parts: dict[tuple[str, int], _Part] = {}
    of_cell: dict[int, _Part] = {}
    kept, kept_flags = as_written(answers), as_written(flags)
    answered = flagged = 0
    is_typed = False
    its_questions = questions.of([placed.version_id for placed in items])
    for position, (placed, question) in enumerate(zip(items, its_questions, strict=True), 1):
        part = of_cell.get(placed.cell)
        if part is None:
            cell = blueprint.cells[placed.cell]
            new: _Part = times.points(cell.points_hundredths), [], []
            part = of_cell[placed.cell] = parts.setdefault((cell.kind.value, cell.points_hundredths), new)
        points, papers, cells = part
        revision, mark, _, given = kept.get(position, _UNTOUCHED)
        flag_revision, flag_mark, _, flag = kept_flags.get(position, _UNTOUCHED) if kept_flags else _UNTOUCHED
        value, is_flagged, is_partial = given.decode(), bool(flag), False
        if question.pieces is not None:
            papers.append(
                pieces_html(
                    question.pieces,
                    position,
                    placed.option_order,
                    points,
                    value,
                    revision,
                    mark,
                    flagged=is_flagged,
                    flag_revision=flag_revision,
                    flag_mark=flag_mark,
                )
            )
        else:
            papers.append(
                question_html(
                    question,
                    position,
                    placed.option_order,
                    points,
                    value,
                    int(revision),
                    is_flagged,
                    int(flag_revision),
                    mark.decode(),
                    flag_mark.decode(),
                )
            )
            is_partial = bool(question.sides) and is_partly(question.sides, value)
            is_typed = is_typed or bool(question.sides)
        cells.append(_cell(position, bool(value), is_flagged, is_partial))
        answered += bool(value)
        flagged += is_flagged
    paper: list[bytes] = []
    card: list[bytes] = []
    for number, ((kind, points_hundredths), (_points, papers, cells)) in enumerate(parts.items(), 1):
        paper += (_heading(number, kind, points_hundredths, len(papers)), *papers, _SECTION_END)
        card += (_card_heading(kind), *cells, _CELLS_END)
    saved_at_ms = max((int(at) for _, _, at, _ in kept.values()), default=None)
    return Joined(paper, card, answered, flagged, is_typed, saved_at_ms)


_UNTOUCHED: Written = (b"0", b"", b"", b"")
"""Of a question that nobody has answered, or flagged."""
