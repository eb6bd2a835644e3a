"""Question banks in sheets: workbooks and separated text, in the canonical columns and in Chinese dialects."""

from collections import Counter
from collections.abc import Sequence

from examengine.banks.cells.grid import Grid
from examengine.banks.checks import repetitions
from examengine.banks.findings import Finding, Findings, Understood, place
from examengine.banks.item import Kind
from examengine.banks.readers.conventions import conventions_of
from examengine.banks.readers.drafts import drafts_of
from examengine.banks.readers.questions import Question, question_of
from examengine.banks.readers.reading import BankReading, ReadItem
from examengine.banks.readers.shapes import shape_of

FORMAT = "sheet"
UNKNOWN_FORMAT = "unknown"


def read_sheets(grid: Grid) -> BankReading:
    """The questions of a grid, with everything there is to say about them."""
    findings, understood = Findings(), Understood()
    for remark in grid.warnings:
        findings.add("warning", remark.code, place("", remark.row), remark.message)
    questions: list[Question] = []
    for drafts in drafts_of(grid.sheets, findings, understood):
        shapes = [shape_of(draft, findings, understood) for draft in drafts]
        conventions = conventions_of(shapes, understood)
        found = (question_of(shape, conventions, findings, understood) for shape in shapes)
        questions.extend(question for question in found if question is not None)
    items = _without_repetitions(questions, findings)
    kinds = Counter(question.kind for question in questions)
    listed = list(findings.result())
    if not questions and not any(finding.severity == "error" for finding in listed):
        message = "文件里没有题目；请按模板填写，或确认选对了文件"
        listed.insert(0, Finding("error", "no_questions", place(""), message))
    listed += [Finding("info", remark.code, place("", remark.row), remark.message) for remark in grid.infos]
    # Text without a header and without questions may be anything; a workbook is a sheet even when empty.
    is_sheet = bool(questions) or not any(finding.code == "header_missing" for finding in listed)
    return BankReading(
        FORMAT if is_sheet or grid.encoding.startswith("binary") else UNKNOWN_FORMAT,
        grid.encoding,
        tuple(items),
        len(questions),
        {kind: kinds[kind] for kind in Kind},
        len(items),
        tuple(listed),
        (*grid.understood, *understood.result()),
    )


def _without_repetitions(questions: Sequence[Question], findings: Findings) -> list[ReadItem]:
    taken = [(question, question.item) for question in questions if question.item is not None]
    out: set[int] = set()
    blamed: set[int] = set()
    for repetition in repetitions([item for _, item in taken]):
        here, there = taken[repetition.index][0].where, taken[repetition.first][0].where
        if repetition.how == "same":
            out.add(repetition.index)
            findings.add("warning", "duplicate", here, f"与{there}相同（题干、选项、答案），只导入一次")
        elif repetition.how == "other_key":
            for index, other in ((repetition.index, there), (repetition.first, here)):
                out.add(index)
                if index not in blamed:
                    blamed.add(index)
                    message = f"与{other}题干、选项相同而答案不同，两处都没有导入；请核对答案"
                    findings.add("error", "contradiction", taken[index][0].where, message)
        elif repetition.how == "other_options":
            findings.add("warning", "same_stem", here, f"与{there}题干相同、选项不同；请核对是否为同一道题")
        else:
            out.add(repetition.index)
            findings.add("error", "duplicate_external_no", here, f"外部编号与{there}重复，没有导入；请改用不同的编号")
    return [ReadItem(item, question.where) for index, (question, item) in enumerate(taken) if index not in out]
