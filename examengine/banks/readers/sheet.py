"""Question banks in sheets: workbooks and separated text, in the canonical columns and in Chinese dialects."""

from examengine.banks.cells.grid import Grid
from examengine.banks.findings import Finding, Findings, Understood, place
from examengine.banks.readers.columns import columns_shown
from examengine.banks.readers.conventions import conventions_of
from examengine.banks.readers.drafts import drafts_of
from examengine.banks.readers.gathering import by_kind, kept_out, without_repetitions
from examengine.banks.readers.questions import Question, question_of
from examengine.banks.readers.reading import BankReading
from examengine.banks.readers.shapes import shape_of
from examengine.banks.readers.sheet_media import SheetPictures

FORMAT = "sheet"
UNKNOWN_FORMAT = "unknown"


def read_sheets(grid: Grid) -> BankReading:
    """The questions of a grid, with everything there is to say about them."""
    findings, understood = Findings(), Understood()
    for remark in grid.warnings:
        findings.add("warning", remark.code, place("", remark.row), remark.message)
    questions: list[Question] = []
    pictures = SheetPictures(grid)
    for drafts in drafts_of(grid.sheets, findings, understood):
        shapes = [shape_of(draft, findings, understood) for draft in drafts]
        conventions = conventions_of(shapes, understood)
        for shape in shapes:
            question = question_of(shape, conventions, findings, understood)
            if question is not None:
                questions.append(pictures.finished(question, shape, findings))
    items = without_repetitions(questions, findings)
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
        by_kind(questions),
        len(items),
        tuple(listed),
        (*grid.understood, *understood.result()),
        kept_out(questions),
        pictures.media(),
        questions=tuple(questions),
        columns=columns_shown(grid.sheets),
    )
