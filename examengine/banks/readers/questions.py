"""A draft to a question: its kind, and the item if it can be imported; every reason if it cannot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from examengine.banks.cells.grid import Oddity
from examengine.banks.checks import check_item
from examengine.banks.dialects import fields
from examengine.banks.dialects.headers import Field
from examengine.banks.dialects.options import LETTERS
from examengine.banks.findings import Findings, Severity, Understood
from examengine.banks.item import (
    DIFFICULTIES,
    KIND_LABELS,
    OPTION_LETTERS,
    TRUE_FALSE_OPTIONS,
    WITH_OPTIONS,
    Item,
    Kind,
    Option,
)
from examengine.banks.problems import Part, Problem
from examengine.banks.readers.as_written import as_written
from examengine.banks.readers.conventions import Conventions
from examengine.banks.readers.keys import choice_key, truth_key
from examengine.banks.readers.kinds import kind_of_question
from examengine.banks.readers.shapes import Shape
from examengine.banks.readers.worded import expectation_of
from examengine.banks.responses import Expected
from examengine.banks.wording import fixed_options, list_number, tidy, tidy_line
from examengine.banks.written import Written

_T = TypeVar("_T")

_FIELD_OF_PART: Final[Mapping[Part, Field]] = {
    "stem": Field.STEM,
    "options": Field.OPTIONS,
    "key": Field.KEY,
    "points": Field.POINTS,
    "difficulty": Field.DIFFICULTY,
    "topic": Field.TOPIC,
    "explanation": Field.EXPLANATION,
    "source": Field.SOURCE,
    "external_no": Field.EXTERNAL_NO,
}
_ODDITIES: Final[Mapping[Oddity, tuple[Severity, str, str]]] = {
    Oddity.DATE: (
        "warning",
        "date_converted",
        "被表格软件当成日期，现为“{}”，原来写的可能不同；请核对并设为文本格式",
    ),
    Oddity.ROUNDED: (
        "error",
        "number_rounded",
        "“{}”是被表格软件改写的长数字，末几位已丢失；请设为文本格式后重新填写",
    ),
    Oddity.FORMULA: ("warning", "formula", "是公式，按保存的结果“{}”读入；请粘贴为数值"),
    Oddity.FORMULA_WITHOUT_RESULT: ("error", "formula_without_result", "是公式且没有保存结果；请粘贴为数值{}"),
    Oddity.ERROR: ("error", "error_value", "是错误值；请改成文字{}"),
    Oddity.IMAGE: ("error", "image_not_taken", "放的是图片，图片没有读入；请改成文字{}"),
    Oddity.TOO_LONG: ("error", "cell_too_long", "的文字超过 32767 字，读不全；请缩短{}"),
}
_SEEN_BY_CANDIDATES: Final = (Field.STEM, Field.OPTIONS, Field.KEY, Field.EXTERNAL_NO)
_SAID_BY_KEYS: Final = frozenset({"key_missing", "key_without_option", "gap_mark"})


@dataclass(frozen=True, slots=True)
class Question:
    """An answerable row, counted under its kind; ``item`` is None where it stays out.

    ``kept_out`` is what was understood of a question that the engine cannot deliver yet, ``written`` its row in the
    words of the canonical columns, ``failed`` what it would be without its errors.
    """

    kind: Kind
    item: Item | None
    where: str
    sheet: str
    row: int
    kept_out: Item | None = None
    written: Written | None = None
    failed: Item | None = None


@dataclass(slots=True)
class Asking:
    """One row being read: says what it finds at the right column, and remembers whether it failed."""

    shape: Shape
    findings: Findings
    understood: Understood
    failed: bool = False
    said_of_cells: set[str] = field(default_factory=set)

    def say(self, severity: Severity, code: str, where: str, message: str) -> None:
        self.failed = self.failed or severity == "error"
        self.findings.add(severity, code, where, message)

    def say_at(self, severity: Severity, code: str, what: Field, message: str) -> None:
        self.say(severity, code, self.shape.draft.at(what), message)

    def parsed(self, what: Field, parse: Callable[[str], _T], severity: Severity, code: str, empty: _T) -> _T:
        text = self.shape.draft.text(what)
        try:
            return parse(text)
        except ValueError:
            outcome = "没有读入这道题" if severity == "error" else "按空白处理"
            self.say_at(severity, code, what, f"读不懂{what.value}“{text[:30]}”，{outcome}；请按模板填写")
            return empty


def question_of(
    shape: Shape, conventions: Conventions, findings: Findings, understood: Understood
) -> Question | None:
    """The question of a row; None (with a finding) where the row asks nothing."""
    draft = shape.draft
    asking = Asking(shape, findings, understood)
    reading = kind_of_question(shape, conventions, findings, understood)
    if reading is None:
        findings.add("error", "not_a_question", draft.where(), "只有题干，没有题型、选项和答案，没有读入")
        return None
    _remark_on_cells(asking)
    where, sheet, row = draft.where(), draft.sheet, draft.row.number
    item = _item(asking, reading.kind, conventions, indefinite=reading.indefinite)
    written = as_written(shape, reading.kind, item)
    if reading.kind is Kind.OTHER:
        return Question(reading.kind, None, where, sheet, row, item, written)
    if asking.failed:
        return Question(reading.kind, None, where, sheet, row, None, written, item)
    return Question(reading.kind, item, where, sheet, row, None, written)


def _remark_on_cells(asking: Asking) -> None:
    draft = asking.shape.draft
    if not draft.row.odd:
        return
    watched = {draft.columns.get(what) for what in _SEEN_BY_CANDIDATES}
    watched |= {column for _, column in draft.columns.options} | set(draft.columns.blanks)
    for column, oddity in sorted(draft.row.odd.items()):
        if column in watched:
            severity, code, message = _ODDITIES[oddity]
            shown = draft.row.cell(column)[:40] if "“{}”" in message else ""
            asking.say(severity, code, draft.where(column), f"单元格{message.format(shown)}")
            asking.said_of_cells.add(code)


def _item(asking: Asking, kind: Kind, conventions: Conventions, *, indefinite: bool) -> Item:
    shape, draft = asking.shape, asking.shape.draft
    explanation = draft.text(Field.EXPLANATION)
    options: tuple[Option, ...] = ()
    key: frozenset[str] = frozenset()
    expected: Expected | None = None
    stem = _stem(asking, conventions)
    if kind is Kind.TRUE_FALSE:
        options, key, reason = _true_false(asking, conventions)
        explanation = explanation or reason
    elif kind in WITH_OPTIONS:
        options, key = _choice(asking)
    elif kind is Kind.OTHER:
        written = draft.text(Field.KIND)
        label = f"题型“{written[:20]}”" if written else KIND_LABELS[kind]
        asking.say_at("error", "not_deliverable_yet", Field.STEM, f"{label}不能用于考试，没有导入")
    else:
        kind, stem, expected = _worded(asking, kind, stem)
    item = Item(
        kind,
        stem,
        options,
        key,
        asking.parsed(Field.POINTS, fields.points_hundredths, "warning", "points_unreadable", None),
        _difficulty(asking),
        tidy_line(draft.text(Field.TOPIC)),
        explanation,
        tidy_line(draft.text(Field.SOURCE)),
        asking.parsed(Field.VALID_UNTIL, fields.valid_until, "error", "valid_until_unreadable", None),
        asking.parsed(Field.YEARS, fields.years, "error", "years_unreadable", ()),
        tidy_line(draft.text(Field.EXTERNAL_NO)),
        expected=expected,
    )
    for problem in () if kind is Kind.OTHER else check_item(item):
        told = shape.options_error and problem.part == "options"
        told = told or problem.code in asking.said_of_cells
        said = problem.code in _SAID_BY_KEYS and (kind in WITH_OPTIONS or asking.failed)
        if said or told or (indefinite and problem.code == "key_single_letter"):
            continue
        _tell(asking, problem)
    return item


def _stem(asking: Asking, conventions: Conventions) -> str:
    shape = asking.shape
    row = shape.draft.row.number
    found = list_number(shape.stem)
    if row in conventions.numbered and found is not None:
        asking.findings.group("leading_number", shape.draft.sheet, row, "题干前的编号已去掉")
        return tidy(found[1])
    return shape.stem


def _difficulty(asking: Asking) -> str:
    written = asking.shape.draft.text(Field.DIFFICULTY)
    found = fields.difficulty(written)
    if found is None:
        asking.understood.note(f"difficulty {written}", f"不认识难度“{written[:20]}”，按空白处理")
        return ""
    if written and written not in DIFFICULTIES:
        meant = f"“{found}”" if found else "空白"
        asking.understood.note(f"difficulty {written}", f"难度“{written[:20]}”读作{meant}")
    return found


def _choice(asking: Asking) -> tuple[tuple[Option, ...], frozenset[str]]:
    shape = asking.shape
    if shape.options_error:
        asking.say_at("error", "options_unreadable", Field.OPTIONS, f"{shape.options_error}；请按模板分列填写")
    indexes = sorted(shape.options)
    if indexes and indexes != list(range(len(indexes))):
        holes = "、".join(LETTERS[i] for i in range(indexes[-1]) if i not in shape.options)
        where = shape.draft.where(shape.option_columns.get(indexes[-1]))
        asking.say("warning", "option_gap", where, f"选项 {holes} 是空的，其后还有选项；请核对，答案按原字母对应")
    found = choice_key(shape)
    if found.problem is not None:
        asking.say_at("error", found.problem[0], Field.KEY, found.problem[1])
    elif found.habit:
        asking.understood.note(found.habit, found.note)
    texts = [shape.options[index] for index in indexes]
    ids = dict(zip(indexes, OPTION_LETTERS, strict=False))
    fixed = [shape.marks.get(index, stay) for index, stay in zip(indexes, fixed_options(texts), strict=True)]
    options = tuple(Option(ids[index], text, stay) for index, text, stay in zip(indexes, texts, fixed, strict=True))
    return options, frozenset(ids[index] for index in found.indexes)


def _worded(asking: Asking, kind: Kind, stem: str) -> tuple[Kind, str, Expected | None]:
    found = expectation_of(asking.shape, kind, stem)
    if found.problem is not None:
        asking.say_at("error", found.problem[0], Field.KEY, found.problem[1])
    elif found.habit:
        asking.understood.note(found.habit, found.note)
    return found.kind, found.stem, found.expected


def _true_false(asking: Asking, conventions: Conventions) -> tuple[tuple[Option, ...], frozenset[str], str]:
    found = truth_key(asking.shape, conventions)
    if found.problem is not None:
        what = Field.OPTIONS if found.problem[0] == "true_false_options" else Field.KEY
        where = _where_of_options(asking.shape) if what is Field.OPTIONS else asking.shape.draft.at(what)
        asking.say("error", found.problem[0], where, found.problem[1])
    elif found.habit:
        asking.understood.note(found.habit, found.note)
    key = frozenset() if found.truth is None else frozenset("t" if found.truth else "f")
    return TRUE_FALSE_OPTIONS, key, found.reason


def _where_of_options(shape: Shape) -> str:
    return shape.draft.where(next(iter(shape.option_columns.values()), None))


def _tell(asking: Asking, problem: Problem) -> None:
    shape = asking.shape
    if problem.severity == "info":
        asking.findings.group(problem.code, shape.draft.sheet, shape.draft.row.number, problem.message)
        return
    if problem.part == "options":
        columns = list(shape.option_columns.values())
        at = problem.option if problem.option is not None and problem.option < len(columns) else 0
        where = shape.draft.where(columns[at]) if columns else shape.draft.where()
    else:
        where = shape.draft.at(_FIELD_OF_PART[problem.part])
    asking.say(problem.severity, problem.code, where, problem.message)
