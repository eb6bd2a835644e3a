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
from examengine.banks.markup import Rich, rich_of
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
            questions.append(with_pictures(question, shape, pictures or {}))
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


def picture_numbers(shape: Shape) -> tuple[int, ...]:
    """The numbers of the pictures that a question's texts show."""
    texts = (shape.stem, *shape.texts)
    return tuple(dict.fromkeys(int(number) for text in texts for number in _PICTURE.findall(text)))


def with_pictures(question: Question, shape: Shape, names: Mapping[int, str]) -> Question:
    """The question with its pictures where its texts say "[图12]"; ``names`` are the shelf's names by number."""
    texts = [shape.stem, *shape.texts]
    if not any(_PICTURE.search(text) for text in texts):
        return question
    item = question.item and _illustrated(question.item, names)
    kept_out = question.kept_out and _illustrated(question.kept_out, names)
    failed = question.failed and _illustrated(question.failed, names)
    return replace(question, item=item, kept_out=kept_out, failed=failed)


def _illustrated(item: Item, names: Mapping[int, str]) -> Item:
    def option(one: Option) -> Option:
        rich = _rich(one.text, names)
        return replace(one, text=rich.text, markup=rich.markup)

    stem = _rich(item.stem, names)
    return replace(item, stem=stem.text, markup=stem.markup, options=tuple(map(option, item.options)))


def _rich(text: str, names: Mapping[int, str]) -> Rich:
    if not _PICTURE.search(text):
        return Rich(text)

    def image(match: re.Match[str]) -> str:
        name = names.get(int(match[1]))
        return f'<img src="media:{name}" alt="">' if name else "[图]"

    marked = _PICTURE.sub(image, html.escape(text, quote=False).replace("\n", "<br>"))
    return rich_of(marked, lambda source: source.removeprefix("media:"))
