"""A sheet to drafts: which row is the header, which rows are questions, and what the others are."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from examengine.banks.cells.grid import Oddity, Row, Sheet
from examengine.banks.dialects.headers import Columns, Field, recognise, repeats_header, with_second_row
from examengine.banks.dialects.kinds import kind_of_section, kind_of_sheet
from examengine.banks.findings import Findings, Understood, place
from examengine.banks.item import KIND_LABELS, Kind
from examengine.banks.readers.headerless import columns_by_content
from examengine.banks.readers.sheet_pictures import by_row, illustrated
from examengine.banks.readers.side_by_side import beside_place, parts_of
from examengine.banks.samples import is_sample
from examengine.banks.wording import tidy, tidy_line

HEADER_SEARCH_ROWS: Final = 40
GUIDE_SHEET: Final = "填写说明"

_FILLED_DOWN: Final = (
    Field.KIND,
    Field.TOPIC,
    Field.DIFFICULTY,
    Field.POINTS,
    Field.SOURCE,
    Field.VALID_UNTIL,
    Field.YEARS,
)
_WITHOUT_MEANING: Final = frozenset({Field.ORDINAL, Field.TIME, Field.REFERENCE})
_OWN_NUMBER: Final = re.compile(r"[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that wants to be a question, with the columns that hold for it.

    ``kind_around`` is what a section line above it or the sheet's name says of its kind; ``beside`` counts it
    from the left where its row holds several.
    """

    sheet: str
    row: Row
    columns: Columns
    kind_around: Kind | None = None
    beside: int = field(default=0, kw_only=True)

    def text(self, what: Field) -> str:
        return tidy(self.row.cell(self.columns.get(what)))

    def where(self, column: int | None = None) -> str:
        if not self.beside:
            return place(self.sheet, self.row.number, column)
        where = beside_place(place(self.sheet, self.row.number), self.beside)
        return where if column is None else f"{where} {place('', column=column)}"

    def at(self, what: Field) -> str:
        return self.where(self.columns.get(what))


def drafts_of(sheets: Sequence[Sheet], findings: Findings, understood: Understood) -> list[list[Draft]]:
    """The drafts of every sheet that has any. Without a header anywhere, columns are told by their content."""
    headed = [(sheet, index) for sheet in sheets if (index := _header_index(sheet.rows)) is not None]
    if not headed:
        return _headerless(sheets, findings)
    with_header = {sheet.name for sheet, _ in headed}
    for sheet in sheets:
        if sheet.rows and sheet.name not in with_header and sheet.name != GUIDE_SHEET:
            findings.add("info", "sheet_skipped", place(sheet.name), "没有找到题目表头，这张工作表没有读入")
    found: list[list[Draft]] = []
    for sheet, index in headed:
        parts = parts_of(sheet, index)
        if len(parts) > 1:
            understood.note(f"side by side {sheet.name}", f"一行有 {len(parts)} 道题，各列名重复出现，逐题读入")
        found += [
            _drafts(part, index, findings, understood, beside=number if len(parts) > 1 else 0)
            for number, part in enumerate(parts, start=1)
        ]
    return found


def _header_index(rows: Sequence[Row]) -> int | None:
    for index, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        if recognise(row.cells) is not None:
            return index
    return None


def _headerless(sheets: Sequence[Sheet], findings: Findings) -> list[list[Draft]]:
    found: list[list[Draft]] = []
    for sheet in sheets:
        columns = columns_by_content(sheet.rows)
        if columns is None:
            continue
        named = "，".join(
            f"{place('', column=column)}作{what.value}" for what, column in sorted(columns.single.items())
        )
        findings.add(
            "warning", "header_missing", place(sheet.name, 1), f"没有表头，按内容认列：{named}；请核对或补上表头"
        )
        found.append([Draft(sheet.name, row, columns, kind_of_sheet(sheet.name)) for row in sheet.rows])
    if not found and any(sheet.rows for sheet in sheets):
        first = next(sheet for sheet in sheets if sheet.rows)
        seen = "、".join(tidy_line(cell)[:12] for cell in first.rows[0].cells if cell.strip())[:80]
        findings.add(
            "error",
            "header_missing",
            place(first.name, first.rows[0].number),
            f"没有找到表头：需要“题干”和“正确答案”等列名，这里是“{seen}”；请按模板补上表头",
        )
    return found


def _drafts(sheet: Sheet, header: int, findings: Findings, understood: Understood, *, beside: int = 0) -> list[Draft]:
    columns, body = _header(sheet.rows, header)
    if columns.ignored:
        findings.add(
            "info",
            "column_ignored",
            place(sheet.name, sheet.rows[header].number),
            f"这些列没有用到：{'、'.join(columns.ignored)[:200]}",
        )
    columns = _with_own_numbers(columns, sheet.rows[body:], understood)
    around = kind_of_sheet(sheet.name)
    drafts: list[Draft] = []
    merged = _fills(sheet, columns)
    pictures = by_row(sheet)
    placed: set[tuple[int, int]] = set()
    for row in sheet.rows[body:]:
        again = repeats_header(row.cells, columns)
        if again is not None:
            findings.group("repeated_header", sheet.name, row.number, "表头在数据中重复出现，已跳过")
            columns = again
            merged = _fills(sheet, columns)
            continue
        section = _section(row)
        if section is not None:
            findings.group("section_line", sheet.name, row.number, "这一行是大题标题，不是题目")
            around = section
            continue
        filled = _filled(row, merged, findings, sheet.name)
        shown = illustrated(filled, columns, pictures.get(row.number, ()), placed)
        draft = Draft(sheet.name, shown, columns, around, beside=beside)
        stem, number = draft.text(Field.STEM), tidy_line(draft.row.cell(columns.get(Field.EXTERNAL_NO)))
        if is_sample(stem, number):
            findings.group("sample_row", sheet.name, row.number, "模板的示例行，已跳过")
        elif stem or _stem_lost(draft):
            drafts.append(draft)
        elif _says_something(draft):
            findings.add(
                "error", "stem_missing", draft.at(Field.STEM), "这一行没有题干，没有读入；请补上题干或删去此行"
            )
    if around is not None and any(not draft.text(Field.KIND) for draft in drafts):
        understood.note(f"sheet kind {sheet.name} {around}", f"题型按工作表名或大题标题读作{KIND_LABELS[around]}")
    _remark_on_layout(sheet, drafts, findings, placed)
    return drafts


def _with_own_numbers(columns: Columns, rows: Sequence[Row], understood: Understood) -> Columns:
    """A column 编号 that does not count (T1, GX-003) names the questions: it is the author's number."""
    column = columns.get(Field.ORDINAL)
    if column is None or columns.get(Field.EXTERNAL_NO) is not None:
        return columns
    numbers = [number for row in rows if (number := tidy_line(row.cell(column)))]
    own = [number for number in numbers if _OWN_NUMBER.search(number)]
    if len(own) * 2 <= len(numbers) or len(set(numbers)) < len(numbers):
        return columns
    understood.note("own numbers", f"“{own[0][:20]}”这样的编号读作外部编号")
    return replace(columns, single={**columns.single, Field.EXTERNAL_NO: column})


def _header(rows: Sequence[Row], index: int) -> tuple[Columns, int]:
    """The columns, and the index of the first row below a header of one or two rows."""
    columns = recognise(rows[index].cells)
    assert columns is not None
    if index + 1 < len(rows):
        both = with_second_row(rows[index].cells, rows[index + 1].cells)
        if both is not None:
            return both, index + 2
    return columns, index + 1


def _section(row: Row) -> Kind | None:
    filled = [cell for cell in row.cells if cell.strip()]
    return kind_of_section(filled[0]) if len(filled) == 1 else None


def _stem_lost(draft: Draft) -> bool:
    return draft.row.odd.get(draft.columns.single[Field.STEM]) in {
        Oddity.FORMULA_WITHOUT_RESULT,
        Oddity.ERROR,
        Oddity.IMAGE,
    }


def _says_something(draft: Draft) -> bool:
    columns = draft.columns
    meant = {column for what, column in columns.single.items() if what not in _WITHOUT_MEANING}
    meant |= {column for _, column in columns.options} | set(columns.blanks)
    return any(draft.row.cell(column).strip() for column in meant)


def _fills(sheet: Sheet, columns: Columns) -> dict[tuple[int, int], str]:
    """Texts that a cell merged over several rows gives to the rows below its first, by (row, column)."""
    wanted = {columns.get(what) for what in _FILLED_DOWN} - {None}
    regions = [region for region in sheet.merged if region[1] in wanted and region[2] > region[0]]
    if not regions:
        return {}
    by_number = {row.number: row for row in sheet.rows}
    fills: dict[tuple[int, int], str] = {}
    for first, column, last, _ in regions:
        text = by_number[first + 1].cell(column) if first + 1 in by_number else ""
        fills |= {(number, column): text for number in range(first + 2, last + 2) if number in by_number}
    return fills


def _filled(row: Row, fills: dict[tuple[int, int], str], findings: Findings, sheet: str) -> Row:
    if not fills:
        return row
    cells = list(row.cells)
    for column in range(200):
        text = fills.get((row.number, column), "")
        if text and not row.cell(column).strip():
            cells += [""] * (column + 1 - len(cells))
            cells[column] = text
    if tuple(cells) == row.cells:
        return row
    findings.group("merged_cells", sheet, row.number, "合并单元格，按首行的内容填到每一行")
    return replace(row, cells=tuple(cells))


def _remark_on_layout(
    sheet: Sheet, drafts: Sequence[Draft], findings: Findings, placed: set[tuple[int, int]]
) -> None:
    if not drafts:
        return
    if sheet.hidden:
        findings.add("warning", "hidden_sheet", place(sheet.name), "这张工作表是隐藏的，其中的题目也读入了；请核对")
    by_number = {draft.row.number: draft for draft in drafts}
    hidden = [number for number in by_number if number in sheet.hidden_rows]
    if hidden:
        findings.add(
            "warning",
            "hidden_rows",
            place(sheet.name, hidden[0]),
            f"有 {len(hidden)} 行被隐藏（{_ranges(hidden)}），其中的题目也读入了；请核对",
        )
    for number, column in sheet.images:
        if number in by_number and (number, column) not in placed:
            findings.add(
                "warning",
                "image_not_taken",
                place(sheet.name, number, column),
                "这里有图片，图片没有读入；请核对题目是否完整",
            )
    for first, column, last, _ in sheet.merged:
        draft = by_number.get(first + 1)
        if draft is not None and last > first and column in _answer_columns(draft.columns):
            findings.add(
                "warning",
                "merged_cells",
                place(sheet.name, first + 1, column),
                f"第 {first + 1}–{last + 1} 行在这一列合并了单元格，只有首行有内容；请取消合并后核对",
            )


def _answer_columns(columns: Columns) -> set[int]:
    wanted = {columns.get(what) for what in (Field.STEM, Field.KEY, Field.OPTIONS)}
    return {column for column in wanted if column is not None} | {column for _, column in columns.options}


def _ranges(numbers: Iterable[int]) -> str:
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    named = [f"第 {a} 行" if a == b else f"第 {a}–{b} 行" for a, b in spans[:10]]
    return "、".join(named) + ("等" if len(spans) > len(named) else "")
