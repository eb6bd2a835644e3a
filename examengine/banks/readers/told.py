"""Questions told in prose or JSON: each becomes a row of the canonical columns and is read by the sheet's rules.

So one set of rules knows how authors write kinds, answers and options, wherever they write them.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from examengine.banks.cells.grid import COLUMNS_LIMIT, Row
from examengine.banks.dialects.headers import Columns, Field
from examengine.banks.findings import Findings, Understood
from examengine.banks.item import Item, Kind, Option
from examengine.banks.markup import safe
from examengine.banks.readers.conventions import conventions_of
from examengine.banks.readers.drafts import Draft
from examengine.banks.readers.questions import Question, question_of
from examengine.banks.readers.shapes import Shape, shape_of

_ORDER: Final = (
    Field.KIND,
    Field.STEM,
    Field.KEY,
    Field.POINTS,
    Field.DIFFICULTY,
    Field.TOPIC,
    Field.EXPLANATION,
    Field.SOURCE,
    Field.VALID_UNTIL,
    Field.YEARS,
    Field.EXTERNAL_NO,
)
_PICTURE = re.compile(r"\[图(\d{1,5})\]")


@dataclass(slots=True)
class Told:
    """A question as told. ``fields`` by what they say, ``options`` by the index of their letter.

    ``number`` counts lines or questions, whichever the file is counted in; ``where`` names the place.
    """

    number: int
    where: str
    fields: dict[Field, str] = field(default_factory=dict)
    options: dict[int, str] = field(default_factory=dict)
    blanks: list[str] = field(default_factory=list)
    kind_around: Kind | None = None


@dataclass(frozen=True, slots=True)
class _ToldDraft(Draft):
    """A draft whose place is not a row of a sheet."""

    named: str = ""

    def where(self, column: int | None = None) -> str:  # noqa: ARG002 - prose has no columns
        return self.named


def questions_told(
    told: Sequence[Told], findings: Findings, understood: Understood, pictures: Mapping[int, str] | None = None
) -> list[Question]:
    """The questions among what was told; ``pictures`` are names of media by the number in "[图12]"."""
    shapes = [shape_of(_draft(one), findings, understood) for one in told]
    conventions = conventions_of(shapes, understood)
    questions: list[Question] = []
    for shape in shapes:
        question = question_of(shape, conventions, findings, understood)
        if question is not None:
            questions.append(_with_pictures(question, shape, findings, pictures or {}))
    return questions


def _draft(one: Told) -> Draft:
    cells = [one.fields.get(what, "") for what in _ORDER]
    single = {what: column for column, what in enumerate(_ORDER)}
    options: list[tuple[int, int]] = []
    for index, text in sorted(one.options.items())[: COLUMNS_LIMIT // 4]:
        options.append((index, len(cells)))
        cells.append(text)
    blanks = tuple(range(len(cells), len(cells) + len(one.blanks)))
    cells += one.blanks
    columns = Columns(single, tuple(options), blanks)
    return _ToldDraft("", Row(one.number, tuple(cells)), columns, one.kind_around, one.where)


def _with_pictures(question: Question, shape: Shape, findings: Findings, names: Mapping[int, str]) -> Question:
    texts = [shape.stem, *shape.texts]
    if not any(_PICTURE.search(text) for text in texts):
        return question
    message = "题中的图片已读入，但考试页面目前还不显示图片；请核对题目离开图片能否作答"
    findings.add("warning", "image_not_shown_yet", question.where, message)
    item = question.item and _illustrated(question.item, names)
    kept_out = question.kept_out and _illustrated(question.kept_out, names)
    return replace(question, item=item, kept_out=kept_out)


def _illustrated(item: Item, names: Mapping[int, str]) -> Item:
    def option(one: Option) -> Option:
        return replace(one, markup=_markup(one.text, names))

    return replace(item, markup=_markup(item.stem, names), options=tuple(map(option, item.options)))


def _markup(text: str, names: Mapping[int, str]) -> str:
    if not _PICTURE.search(text):
        return ""

    def image(match: re.Match[str]) -> str:
        name = names.get(int(match[1]))
        return f'<img src="media:{name}" alt="">' if name else match[0]

    return safe(_PICTURE.sub(image, html.escape(text, quote=False).replace("\n", "<br>")))
