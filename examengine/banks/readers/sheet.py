"""Question banks in sheets: workbooks and separated text, in the canonical columns and in Chinese dialects."""

from dataclasses import replace
from typing import Final

from examengine.banks.cells.grid import Grid, Sheet
from examengine.banks.findings import Finding, Findings, Understood, place
from examengine.banks.readers.columns import columns_shown
from examengine.banks.readers.conventions import conventions_of
from examengine.banks.readers.drafts import drafts_of
from examengine.banks.readers.formats import reads_as_prose
from examengine.banks.readers.gathering import by_kind, kept_out, without_repetitions
from examengine.banks.readers.lines import Line
from examengine.banks.readers.prose.reader import Source, read_prose
from examengine.banks.readers.questions import Question, question_of
from examengine.banks.readers.reading import BankReading
from examengine.banks.readers.shapes import shape_of
from examengine.banks.readers.sheet_media import SheetPictures

FORMAT = "sheet"
UNKNOWN_FORMAT = "unknown"
PAPER_SAMPLE_LINES: Final = 2_000


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
    if not questions and (paper := _typed_paper(grid)) is not None:
        return paper
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


def _typed_paper(grid: Grid) -> BankReading | None:
    """A paper typed line by line into a sheet without columns; None for anything else."""
    written = [(sheet, lines) for sheet in grid.sheets if not sheet.hidden and (lines := _lines(sheet))]
    if len(written) != 1 or not grid.encoding.startswith("binary"):
        return None
    sheet, lines = written[0]
    if not reads_as_prose([line.text for line in lines[:PAPER_SAMPLE_LINES]]):
        return None
    findings = Findings()
    message = "没有表头，像试卷一样逐行书写，按文字试卷读入；请核对"
    findings.add("info", "read_as_paper", place(sheet.name), message)
    reading = read_prose(lines, Source(FORMAT, grid.encoding, {}), findings)
    return replace(reading, columns=columns_shown(grid.sheets)) if reading.questions else None


def _lines(sheet: Sheet) -> list[Line]:
    lines: list[Line] = []
    last = 0
    for row in sheet.rows:
        if last and row.number > last + 1:
            lines.append(Line(row.number - 1, ""))
        text = "    ".join(cell.strip() for cell in row.cells if cell.strip())
        lines += [Line(row.number, part) for part in text.split("\n")]
        last = row.number
    return lines
