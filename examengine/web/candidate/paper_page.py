"""The questions and the answer card (答题卡) of an exam page, joined from fragments.

A question is rendered once per item version and worker, with markers where an attempt differs: position,
letters, order of options, what is checked. Filling the markers in is string formatting, so fifty questions
cost a fraction of rendering them.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from examengine.banks.item import WITH_OPTIONS, Item
from examengine.banks.responses import Sides
from examengine.web import messages, times
from examengine.web.candidate.typed_question import filled, is_partly, typed_of
from examengine.web.markup import option_html, stem_html
from examengine.web.pages import template
from examengine.web.wording import gettext as _

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BETWEEN = "\x02|\x03"
_POSITION, _LETTER, _POINTS = "\x02", "\x03", "\x04"


@dataclass(frozen=True, slots=True)
class Question:
    """One item version, ready to be filled in: what stands before the options, each option, what follows.

    Where there are no options all stands in ``head``, with one of ``sides`` a field (None: it is typed into).
    """

    head: str
    options: dict[str, str]
    tail: str
    sides: tuple[Sides | None, ...] = ()
    untouched: "Untouched | None" = None


@dataclass(frozen=True, slots=True)
class Untouched:
    """A question that nobody has answered or flagged, as nearly every one is when a paper is opened for the first
    time: all is filled in but position, letters and points, which are put in place of single signs.
    """

    head: str
    options: dict[str, str]
    tail: str

    def html(self, position: int, option_order: Sequence[str], points: str) -> str:
        options = self.options
        parts = [self.head.replace(_POINTS, points)]
        for letter, option_id in zip(LETTERS, option_order, strict=False):
            parts.append(options[option_id].replace(_LETTER, letter))
        parts.append(self.tail)
        return "".join(parts).replace(_POSITION, str(position))


class _Markers:
    """Stands in the template for every value that is known only per attempt."""

    def __getattr__(self, name: str) -> Markup:
        return Markup(_BETWEEN if name == "between" else f"\x02{name}\x03")  # noqa: S704


def question_of(item: Item) -> Question:
    """Render an item version of whatever kind."""
    if item.kind in WITH_OPTIONS:
        options = [(option.id, option_html(option)) for option in item.options]
        return compile_question(item.kind.value, stem_html(item), options)
    typed = typed_of(item)
    html = template("exam_typed.html").render(
        mark=_Markers(),
        kind_text=messages.KINDS[item.kind.value],
        stem=typed.stem,
        parts=typed.parts,
        pieces=typed.pieces,
        lefts=typed.lefts,
    )
    return Question(_with_fields(html), {}, "", tuple(part.sides for part in typed.parts))


def compile_question(kind: str, stem: str, options: Sequence[tuple[str, str]]) -> Question:
    """Render an item version with markers.

    Args:
        kind: single_choice, multiple_choice or true_false.
        stem: plain text, or HTML of ``web.markup``; so are the texts of the options.
        options: (id, text), in any order.
    """
    clean = [(option_id, _clean(text)) for option_id, text in options]
    html = template("exam_question.html").render(
        mark=_Markers(),
        kind_text=messages.KINDS[kind],
        many=kind == "multiple_choice",
        stem=_clean(stem),
        options=clean,
    )
    head, *options_html, tail = _with_fields(html).split(_BETWEEN)
    options_by_id = dict(zip((option_id for option_id, _text in clean), options_html, strict=True))
    return Question(head, options_by_id, tail, untouched=_untouched(head, options_by_id, tail))


def _untouched(head: str, options: Mapping[str, str], tail: str) -> Untouched | None:
    signs = {"pos": _POSITION, "letter": _LETTER, "points": _POINTS}
    values = {**signs, **_state("", flagged=False), "rev": 0, "flag_rev": 0, "marks": "", "checked": ""}
    made = [text % values for text in (head, *options.values(), tail)]
    written = "".join((head, *options.values(), tail))
    if any(sign in written for sign in signs.values()):
        return None  # an author's own text has such a sign in it
    return Untouched(made[0], dict(zip(options, made[1:-1], strict=True)), made[-1])


def _with_fields(html: str) -> str:
    """A rendered question, closed up, as a text for ``%``."""
    html = re.sub(r"\n\s*", "\n", html).replace(">\n<", "><").replace("%", "%%")
    html = re.sub("\n?" + re.escape(_BETWEEN) + "\n?", _BETWEEN, html)
    return re.sub(r"\x02(\w+)\x03", r"%(\1)s", html)


def _clean(text: str) -> str:
    return text if isinstance(text, Markup) else _CONTROLS.sub("", text).strip()


class Shelf:
    """The questions of this worker, the longest unused dropped first."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._questions: OrderedDict[int, Question] = OrderedDict()

    def missing(self, version_ids: Iterable[int]) -> list[int]:
        """Those that have to be compiled first."""
        return [version_id for version_id in version_ids if version_id not in self._questions]

    def put(self, version_id: int, question: Question) -> None:
        self._questions[version_id] = question
        while len(self._questions) > self._most:
            self._questions.popitem(last=False)

    def of(self, version_id: int) -> Question:
        """Raises KeyError for one that ``missing`` would have named."""
        self._questions.move_to_end(version_id)
        return self._questions[version_id]


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

    @property
    def is_untouched(self) -> bool:
        """Nothing was ever written of it."""
        return not (self.answer or self.revision or self.flagged or self.flag_revision or self.mark or self.flag_mark)

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
    parts: list[str] = []
    for number, section in enumerate(sections, 1):
        count = len(section.shown)
        points = times.points(section.points_hundredths)
        title = _("{no}、{kind}（共 {count} 题，每题 {each} 分，共 {sum} 分）").format(
            no=times.ordinal(number),
            kind=messages.KINDS[section.kind],
            count=count,
            each=points,
            sum=times.points(section.points_hundredths * count),
        )
        parts.append(
            f'<section class="part" aria-labelledby="part{number}"><h2 id="part{number}">{escape(title)}</h2>'
        )
        for shown in section.shown:
            _question(parts, shown, points)
        parts.append("</section>")
    return Markup("".join(parts))  # noqa: S704 - joined from escaped fragments


def _state(answer: str, *, flagged: bool) -> dict[str, str]:
    return {
        "state": "saved" if answer else "blank",
        "state_text": _("已保存") if answer else _("未答"),
        "flagged": " checked" if flagged else "",
    }


def _question(parts: list[str], shown: Shown, points: str) -> None:
    question = shown.question
    if question.untouched is not None and shown.is_untouched:
        parts.append(question.untouched.html(shown.position, shown.option_order, points))
        return
    values = {
        "pos": shown.position,
        "rev": shown.revision,
        "flag_rev": shown.flag_revision,
        "marks": _marks(shown),
        "points": points,
        **_state(shown.answer, flagged=shown.flagged),
    }
    if question.sides:
        values |= filled(question.sides, shown.answer, shown.option_order)
    parts.append(question.head % values)
    if question.sides:
        return
    answer = shown.answer
    for letter, option_id in zip(LETTERS, shown.option_order, strict=False):
        values["letter"] = letter
        values["checked"] = " checked" if option_id in answer else ""
        parts.append(question.options[option_id] % values)
    parts.append(question.tail % values)


def _marks(shown: Shown) -> str:
    """Attributes only where there is something to say: fifty empty ones are a kilobyte."""
    mark = f' data-mark="{shown.mark}"' if shown.mark else ""
    return mark + (f' data-flag-mark="{shown.flag_mark}"' if shown.flag_mark else "")


def cell_name(position: int, *, answered: bool, flagged: bool, partly: bool = False) -> str:
    """What a screen reader says for a cell: 第 12 题，已答，已标记."""
    name = _("第 {n} 题，已答") if answered else _("第 {n} 题，未答")
    if partly:
        name = _("第 {n} 题，没有答完")
    return (name + _("，已标记") if flagged else name).format(n=position)


def card_html(sections: Sequence[Section]) -> Markup:
    """The answer card: a grid of links a section."""
    parts: list[str] = []
    for section in sections:
        title = escape(messages.KINDS[section.kind])
        parts.append(f'<h3>{title}</h3><ul class="cells">')
        for shown in section.shown:
            answered, position = bool(shown.answer), shown.position
            partly = shown.is_partly
            look = "cell" + (" is-answered" if answered else "") + (" is-partly" if partly else "")
            look += " is-flagged" if shown.flagged else ""
            name = cell_name(position, answered=answered, flagged=shown.flagged, partly=partly)
            parts.append(f'<li><a class="{look}" href="#q{position}" data-cell="{position}"')
            parts.append(f' aria-label="{name}">{position}</a></li>')
        parts.append("</ul>")
    return Markup("".join(parts))  # noqa: S704 - numbers and fixed words only


def answered_count(sections: Sequence[Section]) -> int:
    return sum(bool(shown.answer) for section in sections for shown in section.shown)


def has_typed(sections: Sequence[Section]) -> bool:
    """Whether a question is answered by typing or from a list."""
    return any(shown.question.sides for section in sections for shown in section.shown)


def flagged_count(sections: Sequence[Section]) -> int:
    return sum(shown.flagged for section in sections for shown in section.shown)
