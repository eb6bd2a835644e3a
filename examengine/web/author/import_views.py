"""An assessment as the import's pages show it."""

from collections.abc import Sequence
from functools import lru_cache

from examengine.banks.assess import Assessment, CheckedQuestion, Outcome
from examengine.banks.dialects.headers import Field
from examengine.banks.dialects.options import LETTERS
from examengine.banks.findings import Finding
from examengine.banks.fixing import SINGLE
from examengine.banks.item import KIND_LABELS, Kind
from examengine.banks.readers.columns import IGNORED, MEANINGS, SheetColumns
from examengine.banks.written import KIND_WORDS, Written
from examengine.web.contexts.imports import (
    ColumnView,
    Control,
    Counters,
    FixForm,
    RowFinding,
    RowView,
    SheetView,
)
from examengine.web.messages import KINDS
from examengine.web.wording import gettext as _

STEM_SHOWN = 120
LEAST_OPTIONS = 4
MOST_OPTIONS = 26
SHOWS = ("errors", "conflicts", "warnings", "repeated", "fixed", "all")
CONFLICTS = frozenset({"contradiction", "contradiction_in_bank"})
REPEATS = frozenset({"duplicate", "duplicate_external_no"})
_OUTCOMES = {
    Outcome.NEW: (_("可导入"), "good"),
    Outcome.CHANGED: (_("更新题库里的题"), "good"),
    Outcome.SAME: (_("题库里已有，没有改动"), "plain"),
    Outcome.DUPLICATE: (_("题库里已有这道题"), "wait"),
    Outcome.OUT: (_("不能导入"), "bad"),
    Outcome.LEFT_OUT: (_("不导入"), "plain"),
}
_ADVICE = {
    "key_without_option": _("请改答案，或补上这个选项"),
    "key_unreadable": _("请按模板写答案，如 B、ACD、正确"),
    "options_unreadable": _("请一格写一个选项"),
    "option_empty": _("请补上选项，或把后面的选项往前移"),
    "options_too_few": _("请补上选项"),
    "options_duplicate": _("请改其中一个"),
    "not_deliverable_yet": _("请改成能考的题型，或选“不导入这一题”"),
    "not_a_question": _("请补上选项和答案，或选“不导入这一题”"),
    "known_in_bank": _("确认导入时可以选更新、跳过或作为新题"),
}
"""What to do, where a finding says only what is the matter."""
_KINDS_OFFERED = tuple((word, KIND_LABELS[kind]) for kind, word in KIND_WORDS.items() if kind is not Kind.OTHER)
_NAMES = dict(SINGLE)


def is_conflict(question: CheckedQuestion) -> bool:
    """True where another question says that another answer is right."""
    return question.outcome is Outcome.OUT and any(finding.code in CONFLICTS for finding in question.findings)


def is_repeated(question: CheckedQuestion) -> bool:
    """True where the bank or the file has the question already."""
    if question.outcome in {Outcome.DUPLICATE, Outcome.SAME}:
        return True
    return question.outcome is Outcome.OUT and any(finding.code in REPEATS for finding in question.findings)


def is_wrong(question: CheckedQuestion) -> bool:
    """True where something must be put right before the question can be taken."""
    return question.outcome is Outcome.OUT and not is_conflict(question) and not is_repeated(question)


def is_doubtful(question: CheckedQuestion) -> bool:
    """True for a question that is taken and yet should be looked at."""
    return question.outcome not in {Outcome.OUT, Outcome.LEFT_OUT} and any(
        finding.severity == "warning" for finding in question.findings
    )


def chosen(assessment: Assessment, show: str) -> list[CheckedQuestion]:
    """The questions of a tab."""
    match show:
        case "errors":
            return [question for question in assessment.questions if is_wrong(question)]
        case "conflicts":
            return [question for question in assessment.questions if is_conflict(question)]
        case "warnings":
            return [question for question in assessment.questions if is_doubtful(question)]
        case "repeated":
            return [question for question in assessment.questions if is_repeated(question)]
        case "fixed":
            return [question for question in assessment.questions if question.is_fixed]
        case _:
            return list(assessment.questions)


def counters_of(assessment: Assessment) -> Counters:
    """How many questions there are of each fate; what concerns the whole file counts as an error, too."""
    questions = assessment.questions
    about_file = sum(finding.severity == "error" for finding in assessment.remarks)
    return Counters(
        total=assessment.reading.total,
        importable=assessment.reading.importable,
        errors=sum(map(is_wrong, questions)) + about_file,
        conflicts=sum(map(is_conflict, questions)),
        warnings=sum(map(is_doubtful, questions)),
        repeated=sum(map(is_repeated, questions)),
        fixed=sum(question.is_fixed and question.outcome is not Outcome.LEFT_OUT for question in questions),
        left_out=assessment.count(Outcome.LEFT_OUT),
    )


def tabs_of(counters: Counters, all_questions: int) -> tuple[tuple[str, str, int], ...]:
    """The tabs that have something in them, and 全部."""
    tabs = (
        ("errors", _("要改的"), counters.errors),
        ("conflicts", _("答案冲突"), counters.conflicts),
        ("warnings", _("提醒"), counters.warnings),
        ("repeated", _("重复"), counters.repeated),
        ("fixed", _("已处理"), counters.fixed + counters.left_out),
        ("all", _("全部"), all_questions),
    )
    return tuple(tab for tab in tabs if tab[2] or tab[0] in {"errors", "all"})


def finding_view(finding: Finding, question: CheckedQuestion | None, columns: Sequence[SheetColumns]) -> RowFinding:
    """One finding, with the cell it is about and what stands there."""
    message, mark, advice = finding.message.rpartition("；请")
    said, told = (message, f"请{advice}") if mark else (finding.message, _ADVICE.get(finding.code, ""))
    if question is None:
        return RowFinding(finding.severity, finding.where, "", said, told)
    column = finding.where.removeprefix(question.question.where).strip()
    meaning = _meanings(tuple(columns)).get((question.question.sheet, column.removesuffix(" 列")), column)
    shown = f"{meaning}（{column}）" if meaning != column else column
    return RowFinding(finding.severity, shown, _value(question.written, meaning)[:STEM_SHOWN], said, told)


@lru_cache(maxsize=8)
def _meanings(columns: tuple[SheetColumns, ...]) -> dict[tuple[str, str], str]:
    return {
        (sheet.sheet, column.letter): column.meaning
        for sheet in columns
        for column in sheet.columns
        if column.meaning
    }


def _value(written: Written, meaning: str) -> str:
    if meaning.startswith("选项") and len(meaning) == 3:
        index = LETTERS.find(meaning[2])
        return written.options[index] if 0 <= index < len(written.options) else ""
    name = next((name for what, name in SINGLE if what.value == meaning and what is not Field.STEM), "")
    return str(getattr(written, name)) if name else ""


def row_view(question: CheckedQuestion, columns: Sequence[SheetColumns]) -> RowView:
    """A question with its findings, the worst first."""
    order = {"error": 0, "warning": 1, "info": 2}
    found = sorted(question.findings, key=lambda finding: order[finding.severity])
    state, tone = _OUTCOMES[question.outcome]
    return RowView(
        index=question.index,
        where=question.question.where,
        kind=KINDS[question.question.kind.value],
        stem=question.written.stem[:STEM_SHOWN] or _("（没有题干）"),
        state=state,
        tone=tone,
        findings=tuple(finding_view(finding, question, columns) for finding in found),
        is_fixed=question.is_fixed,
    )


def form_of_row(question: CheckedQuestion) -> FixForm:
    """The form with the row as it stands, what was put right included."""
    written = question.written
    options = max(LEAST_OPTIONS, min(MOST_OPTIONS, len(written.options) + 1)) if written.kind != "判断" else 0
    controls = [_control(Field.STEM, written.stem, 3)]
    for index in range(options):
        text = written.options[index] if index < len(written.options) else ""
        controls.append(Control(f"option{index}", _("选项 {letter}").format(letter=LETTERS[index]), text))
    controls.append(_control(Field.KEY, written.key))
    more = [
        _control(what, getattr(written, name), 2 if what is Field.EXPLANATION else 1)
        for what, name in SINGLE
        if what not in {Field.KIND, Field.STEM, Field.KEY}
    ]
    kinds = _KINDS_OFFERED
    if written.kind not in dict(kinds):
        kinds = ((written.kind, written.kind or _("（没有写）")), *kinds)
    return FixForm(
        kinds=kinds,
        kind=written.kind,
        controls=tuple(controls),
        more=tuple(more),
        replaces=question.contradicts,
        left_out=question.outcome is Outcome.LEFT_OUT,
    )


def _control(what: Field, value: str, lines: int = 1) -> Control:
    return Control(_NAMES[what], what.value, value, lines)


def sheet_views(columns: Sequence[SheetColumns]) -> tuple[SheetView, ...]:
    """The columns of every sheet with the names of their selects."""
    return tuple(
        SheetView(
            f"sheet{number}",
            sheet.sheet,
            sheet.header,
            tuple(
                ColumnView(
                    f"column{number}-{column.letter}", column.letter, column.header, column.sample, column.meaning
                )
                for column in sheet.columns
            ),
        )
        for number, sheet in enumerate(columns)
    )


MEANINGS_OFFERED = ((IGNORED, _("不用这一列")), *((meaning, meaning) for meaning in MEANINGS))
