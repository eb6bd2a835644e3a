"""A draft taken apart: stem, options by letter, key text. Nothing is decided yet about its kind."""

from dataclasses import dataclass, field
from typing import Final

from examengine.banks.checks import DASHES, FIXED_MARK, MOVABLE_MARK
from examengine.banks.dialects.headers import Field
from examengine.banks.dialects.kinds import kind_of, kind_tag
from examengine.banks.dialects.options import (
    LETTERS,
    NOTHING,
    UnreadableOptionsError,
    options_in_stem,
    python_strings,
    split_options,
    strip_labels,
)
from examengine.banks.findings import Findings, Understood
from examengine.banks.item import WITH_OPTIONS, Kind
from examengine.banks.readers.drafts import Draft
from examengine.banks.wording import tidy

NO_KEY: Final = NOTHING | {"略", "见解析", "待定", "?", "？", "暂无", "空"}


@dataclass(slots=True)
class Shape:
    """``options`` maps the letter's index to the text; ``marks`` what an author fixed by hand."""

    draft: Draft
    stem: str
    options: dict[int, str]
    key: str
    key_listed: bool = False
    blanks: tuple[str, ...] = ()
    kind_tag: Kind | None = None
    options_error: str = ""
    option_columns: dict[int, int] = field(default_factory=dict)
    marks: dict[int, bool] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        return list(self.options.values())

    @property
    def empty(self) -> bool:
        """Nothing but a stem: a remark at the foot of a table, most likely."""
        return not (self.options or self.key or self.key_listed or self.blanks or self.options_error)


def shape_of(draft: Draft, findings: Findings, understood: Understood) -> Shape:
    """The parts of a draft, with labels and marks taken off the options."""
    key, listed = _key(draft)
    shape = Shape(draft, draft.text(Field.STEM), {}, key, listed)
    shape.blanks = tuple(
        text for column in draft.columns.blanks if (text := tidy(draft.row.cell(column))).casefold() not in NOTHING
    )
    if draft.columns.options:
        _options_in_columns(shape, findings)
    if len(shape.options) < 2 and draft.columns.get(Field.OPTIONS) is not None:
        _options_in_one_cell(shape, understood)
    told = kind_of(draft.text(Field.KIND)) if draft.text(Field.KIND) else None
    if not shape.options and not shape.options_error and (told is None or told in WITH_OPTIONS):
        inside = options_in_stem(shape.stem)
        if inside is not None:
            shape.stem, texts = inside
            shape.options = dict(enumerate(texts))
            understood.note("options in stem", "选项写在题干里（A. … B. …），已拆成选项")
    _strip_labels(shape, findings)
    for index, text in shape.options.items():
        for mark, fixed in ((FIXED_MARK, True), (MOVABLE_MARK, False)):
            if text.endswith(mark):
                shape.options[index] = text.removesuffix(mark).rstrip()
                shape.marks[index] = fixed
    if not draft.text(Field.KIND):
        tag = kind_tag(shape.stem)
        if tag is not None:
            shape.kind_tag, shape.stem = tag
            understood.note("kind tag", "题干前的题型标记（如【单选题】）读作题型，已从题干去掉")
    return shape


def _key(draft: Draft) -> tuple[str, bool]:
    text = draft.text(Field.KEY)
    listed = python_strings(text) if text.startswith("[") else None
    if listed is not None:
        text = "、".join(tidy(part) for part in listed if part.strip())
    return ("" if text.casefold() in NO_KEY else text), listed is not None


def _options_in_columns(shape: Shape, findings: Findings) -> None:
    draft = shape.draft
    for index, column in draft.columns.options:
        text = tidy(draft.row.cell(column))
        if text and index < len(LETTERS):
            shape.options[index] = text
            shape.option_columns[index] = column
    dropped = _trailing_placeholders(shape.options)
    for index in dropped:
        del shape.options[index]
    if dropped:
        findings.group("option_placeholder", draft.sheet, draft.row.number, "选项里的“/”“-”等占位符按空白处理")


def _trailing_placeholders(options: dict[int, str]) -> list[int]:
    """Options that only say "there is none": "/" after real options, or in every column."""
    indexes = sorted(options)
    count = 0
    while count < len(indexes) and options[indexes[-1 - count]] in DASHES:
        count += 1
    real = [options[index] for index in indexes[: len(indexes) - count]]
    if len(real) == 1 or any(not any(map(str.isalnum, text)) for text in real):
        return []
    return indexes[len(indexes) - count :]


def _options_in_one_cell(shape: Shape, understood: Understood) -> None:
    column = shape.draft.columns.get(Field.OPTIONS)
    try:
        texts, joint = split_options(shape.draft.row.cell(column))
    except UnreadableOptionsError as unreadable:
        shape.options_error = str(unreadable)
        return
    shape.options = {index: text for index, text in enumerate(texts[: len(LETTERS)]) if text}
    if joint:
        understood.note(f"joint {joint}", f"一格里的多个选项按{joint}拆开")
    if column is not None:
        shape.option_columns = dict.fromkeys(shape.options, column)


def _strip_labels(shape: Shape, findings: Findings) -> None:
    if list(shape.options) != list(range(len(shape.options))):
        return
    texts, stripped = strip_labels(shape.texts)
    if stripped:
        shape.options = dict(enumerate(texts))
        row = shape.draft.row.number
        findings.group("option_prefix", shape.draft.sheet, row, "选项前重复的 A.、B.、C. 已去掉")
