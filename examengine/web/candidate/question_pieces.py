"""Questions of an exam page, joined from pieces that are encoded already.

A question is rendered once per item version and worker, with markers where an attempt differs: position, letters,
order of options, what is checked. It is cut at them: at its place in an attempt it is one join of pieces and one
replacing of a sign by its position.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from examengine.banks.item import WITH_OPTIONS, Item
from examengine.banks.responses import Sides
from examengine.papers.blueprint import MAX_ITEMS
from examengine.web import messages
from examengine.web.answers import LETTERS
from examengine.web.candidate.typed_question import filled, typed_of
from examengine.web.markup import option_html, stem_html
from examengine.web.pages import template
from examengine.web.wording import gettext as _

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BETWEEN = "\x02|\x03"
_POSITION, _HERE = "\x02", "\x03"
"""Stand in pieces: for the position, and where one is cut."""
_POSITION_SIGN = _POSITION.encode()
_POSITIONS = tuple(b"%d" % position for position in range(MAX_ITEMS + 1))
_CHECKED = b" checked"
MOST_ORDERS = 24
"""Of the options of one question that are remembered: all of four options."""


@dataclass(frozen=True, slots=True)
class Question:
    """One item version, ready to be filled in: what stands before the options, each option, what follows.

    Where there are no options all stands in ``head``, with one of ``sides`` a field (None: it is typed into).
    """

    head: str
    options: dict[str, str]
    tail: str
    sides: tuple[Sides | None, ...] = ()
    pieces: "Pieces | None" = None


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the options, by the points that are given: untouched; and cut at the revision, at that of
    the flag, and where the marks stand.
    """

    untouched: bytes
    before_revision: bytes
    before_flag_revision: bytes
    before_marks: bytes
    after: bytes
    before_mark: bytes
    after_mark: bytes
    """From the revision to the answer's mark and from there, where nobody has touched the flag."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A question with options, cut where attempts differ; a sign stands for its position everywhere.

    ``options``: by id, as it stands at each letter, unchecked; ``checks``: where in them ``checked`` would stand.
    ``tails``: by whether it is answered (2) and flagged (1).
    """

    head: str
    options: dict[str, tuple[bytes, ...]]
    checks: dict[str, int]
    tails: tuple[bytes, bytes, bytes, bytes]
    heads: dict[str, Head] = field(default_factory=dict)
    orders: dict[Sequence[str], tuple[bytes, ...]] = field(default_factory=dict)
    """Options as they stand in an order."""

    def head_for(self, points: str) -> Head:
        if len(self.heads) > 4:
            self.heads.clear()  # every exam that holds it gives the same points, as a rule
        touched = self.head % {
            "pos": _POSITION,
            "points": points,
            **dict.fromkeys(("rev", "flag_rev", "marks"), _HERE),
        }
        before, between, behind, after = touched.split(_HERE)
        texts = f"{before}0{between}0{behind}{after}", before, between, behind, after
        head = Head(*(text.encode() for text in (*texts, f'{between}0{behind} data-mark="', f'"{after}')))
        self.heads[points] = head
        return head

    def in_order(self, option_order: Sequence[str]) -> tuple[bytes, ...]:
        known = self.orders.get(option_order)
        if known is None:
            if len(self.orders) >= MOST_ORDERS:
                self.orders.clear()
            texts = tuple(self.options[option_id][place] for place, option_id in enumerate(option_order))
            known = self.orders[option_order] = texts
        return known


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
    """Render an item version with markers, and cut it at them.

    Args:
        kind: single_choice, multiple_choice or true_false.
        stem: plain text, or HTML of ``web.markup``; so are the texts of the options.
        options: (id, text), in any order.
    """
    return cut(rendered(kind, stem, options))


def rendered(kind: str, stem: str, options: Sequence[tuple[str, str]]) -> Question:
    """An item version with markers, not yet cut; the arguments as of :func:`compile_question`."""
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
    return Question(head, options_by_id, tail)


def cut(question: Question) -> Question:
    """The same in pieces; itself, where an author's own text has a sign in it at which it would be cut."""
    head, tail = question.head, question.tail
    if any(sign in text for text in (head, *question.options.values(), tail) for sign in (_POSITION, _HERE)):
        return question
    options: dict[str, tuple[bytes, ...]] = {}
    checks: dict[str, int] = {}
    for option_id, text in question.options.items():
        pieces = (text % {"pos": _POSITION, "checked": _HERE, "letter": _HERE}).split(_HERE)
        before, between, after = (piece.encode() for piece in pieces)
        letters = LETTERS[: len(question.options)].encode()
        options[option_id] = tuple(b"%b%b%c%b" % (before, between, letter, after) for letter in letters)
        checks[option_id] = len(before)
    states = [_state("x" * answered, flagged=bool(flagged)) for answered in (0, 1) for flagged in (0, 1)]
    tails = [(tail % {"pos": _POSITION, **state}).encode() for state in states]
    return Question("", {}, "", pieces=Pieces(head, options, checks, (tails[0], tails[1], tails[2], tails[3])))


def _with_fields(html: str) -> str:
    """A rendered question, closed up, as a text for ``%``."""
    html = re.sub(r"\n\s*", "\n", html).replace(">\n<", "><").replace("%", "%%")
    html = re.sub("\n?" + re.escape(_BETWEEN) + "\n?", _BETWEEN, html)
    return re.sub(r"\x02(\w+)\x03", r"%(\1)s", html)


def _clean(text: str) -> str:
    return text if isinstance(text, Markup) else _CONTROLS.sub("", text).strip()


class Shelf:
    """The questions of this worker, the longest unused dropped first."""

    def __init__(self, most: int = 5_000) -> None:
        """``most``: of some 16 kB each when all orders were asked for; several exams' banks at once."""
        self._most = most
        self._questions: OrderedDict[int, Question] = OrderedDict()

    def missing(self, version_ids: Iterable[int]) -> list[int]:
        """Those that have to be compiled first."""
        return [version_id for version_id in version_ids if version_id not in self._questions]

    def put(self, version_id: int, question: Question) -> None:
        self._questions[version_id] = question
        while len(self._questions) > self._most:
            self._questions.popitem(last=False)

    def of(self, version_ids: Sequence[int]) -> list[Question]:
        """Raises KeyError for one that ``missing`` would have named."""
        questions = self._questions
        found = [questions[version_id] for version_id in version_ids]
        if len(questions) * 2 > self._most:  # else nothing is dropped soon, whatever was used last
            for version_id in version_ids:
                questions.move_to_end(version_id)
        return found


def _state(answer: str, *, flagged: bool) -> dict[str, str]:
    return {
        "state": "saved" if answer else "blank",
        "state_text": _("已保存") if answer else _("未答"),
        "flagged": " checked" if flagged else "",
    }


def question_html(
    question: Question,
    position: int,
    option_order: Sequence[str],
    points: str,
    answer: str = "",
    revision: int = 0,
    flagged: bool = False,
    flag_revision: int = 0,
    mark: str = "",
    flag_mark: str = "",
) -> bytes:
    """A question at its place in an attempt; the arguments as in :class:`Shown`, ``points`` as they are written."""
    pieces = question.pieces
    if pieces is None:
        values = {"pos": position, "rev": revision, "flag_rev": flag_revision, "marks": _marks(mark, flag_mark)}
        values |= {"points": points, **_state(answer, flagged=flagged)}
        return _filled(question, option_order, answer, values).encode()
    return pieces_html(
        pieces,
        position,
        tuple(option_order),
        points,
        answer,
        b"%d" % revision,
        mark.encode(),
        flagged=flagged,
        flag_revision=b"%d" % flag_revision,
        flag_mark=flag_mark.encode(),
    )


def pieces_html(
    pieces: Pieces,
    position: int,
    option_order: tuple[str, ...],
    points: str,
    answer: str = "",
    revision: bytes = b"0",
    mark: bytes = b"",
    *,
    flagged: bool = False,
    flag_revision: bytes = b"0",
    flag_mark: bytes = b"",
) -> bytes:
    """The same of a question in pieces, with what is written of it."""
    head = pieces.heads.get(points) or pieces.head_for(points)
    if flag_mark or flag_revision != b"0" or not mark:
        if mark or flag_mark or flag_revision != b"0" or revision != b"0":
            marks = _marks(mark.decode(), flag_mark.decode()).encode()
            parts = [head.before_revision, revision, head.before_flag_revision, flag_revision]
            parts += (head.before_marks, marks, head.after)
        else:
            parts = [head.untouched]
    else:
        parts = [head.before_revision, revision, head.before_mark, mark, head.after_mark]
    parts += pieces.orders.get(option_order) or pieces.in_order(option_order)
    if answer:
        first = len(parts) - len(option_order)
        for place in range(len(option_order) - 1, -1, -1):  # from behind: what stands before keeps its place
            option_id = option_order[place]
            if option_id in answer:
                text, check = parts[first + place], pieces.checks[option_id]
                parts[first + place : first + place + 1] = (text[:check], _CHECKED, text[check:])
    parts.append(pieces.tails[(2 if answer else 0) + flagged])
    return b"".join(parts).replace(_POSITION_SIGN, _POSITIONS[position])


def _filled(question: Question, option_order: Sequence[str], answer: str, values: dict[str, Any]) -> str:
    """The question filled in value by value."""
    if question.sides:
        return question.head % (values | dict(filled(question.sides, answer, option_order)))
    parts = [question.head % values]
    for letter, option_id in zip(LETTERS, option_order, strict=False):
        own = {"letter": letter, "checked": " checked" if option_id in answer else ""}
        parts.append(question.options[option_id] % (values | own))
    return "".join((*parts, question.tail % values))


def _marks(mark: str, flag_mark: str) -> str:
    """Attributes only where there is something to say: fifty empty ones are a kilobyte."""
    told = f' data-mark="{mark}"' if mark else ""
    return told + (f' data-flag-mark="{flag_mark}"' if flag_mark else "")
