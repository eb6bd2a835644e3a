"""Putting one question of a file right: the author's words, read by the code that reads a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from examengine.banks.cells.grid import Row
from examengine.banks.checks import check_item
from examengine.banks.dialects.headers import Columns, Field
from examengine.banks.dialects.options import LETTERS
from examengine.banks.findings import Finding, Findings, Understood
from examengine.banks.item import WITH_OPTIONS, Item, Option
from examengine.banks.readers.conventions import conventions_of
from examengine.banks.readers.drafts import Draft
from examengine.banks.readers.questions import Question, question_of
from examengine.banks.readers.shapes import shape_of
from examengine.banks.written import Written

SINGLE: Final = (
    (Field.KIND, "kind"),
    (Field.STEM, "stem"),
    (Field.KEY, "key"),
    (Field.POINTS, "points"),
    (Field.DIFFICULTY, "difficulty"),
    (Field.TOPIC, "topic"),
    (Field.EXPLANATION, "explanation"),
    (Field.SOURCE, "source"),
    (Field.VALID_UNTIL, "valid_until"),
    (Field.YEARS, "years"),
    (Field.EXTERNAL_NO, "external_no"),
)
"""The fields of a row that stand in one column each."""


class Fix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an author does about one question: ``written`` anew, left out of the import, or taken as a new version of
    the bank's item ``replaces``. ``where`` must still be its place, else the fix was for another reading of the file.
    """

    where: str
    written: Written | None = None
    leave_out: bool = False
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class _FixedDraft(Draft):
    """A draft that stands where the question stood; ``places`` names its columns there."""

    named: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    def where(self, column: int | None = None) -> str:
        if column is None:
            return self.named
        what = _headers(len(self.columns.options))[column]
        return f"{self.named} {self.places.get(what, what)}"


def read_fix(question: Question, written: Written, places: Mapping[str, str]) -> tuple[Question, tuple[Finding, ...]]:
    """The question as written now, and what there is to say about it; ``places`` names columns by their meaning.

    What the author has not touched keeps its pictures, its formulas and its richer key.
    """
    cells = [getattr(written, name) for _, name in SINGLE]
    options = tuple((index, len(cells) + index) for index in range(len(written.options[: len(LETTERS)])))
    columns = Columns({what: column for column, (what, _) in enumerate(SINGLE)}, options)
    row = Row(question.row, (*cells, *written.options[: len(LETTERS)]))
    draft = _FixedDraft(question.sheet, row, columns, None, question.where, places)
    findings, understood = Findings(), Understood()
    shape = shape_of(draft, findings, understood)
    read = question_of(shape, conventions_of([shape], understood), findings, understood)
    if read is None:
        return replace(question, item=None, written=written), findings.result()
    item = _with_untouched(read.item, question, written) if read.item is not None else None
    return replace(read, item=item, where=question.where, written=written), findings.result()


def _headers(options: int) -> tuple[str, ...]:
    return (*(what.value for what, _ in SINGLE), *(f"选项{LETTERS[index]}" for index in range(options)))


def _with_untouched(item: Item, question: Question, written: Written) -> Item:
    before = question.item or question.failed or question.kept_out
    if before is None or question.written is None:
        return item
    kept = item
    if written.stem == question.written.stem and item.kind in WITH_OPTIONS:
        kept = replace(kept, stem=before.stem, markup=before.markup)
    rich = {option.text: option for option in before.options if option.markup}
    kept = replace(kept, options=tuple(_option(option, rich) for option in kept.options))
    untouched = (written.stem, written.key) == (question.written.stem, question.written.key)
    if item.kind is before.kind and item.kind not in WITH_OPTIONS and untouched:
        kept = replace(kept, stem=before.stem, markup=before.markup, expected=before.expected)
    wrong = any(problem.severity == "error" for problem in check_item(kept))
    return item if wrong else kept


def _option(option: Option, rich: Mapping[str, Option]) -> Option:
    known = rich.get(option.text)
    return option if known is None else replace(option, markup=known.markup)
