"""The template for the list of people: 填写说明, 人员信息, 代码表. Its cells are text: a number would be rounded."""

import io
from typing import Final

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from examengine.accounts.documents import TYPE_NAMES

HEADER: Final = (
    "序号",
    "姓名",
    "证件类型",
    "身份证号",
    "手机号码",
    "工作单位",
    "所属区划",
    "人员类别",
    "职务",
    "职称名称",
)
SAMPLE: Final = (
    "示例",
    "张三",
    "居民身份证",
    "450702198001010018",
    "13800000000",
    "钦州市第一中学",
    "450702",
    "专业技术",
    "教师",
    "一级教师",
)
CATEGORIES: Final = ("专业技术", "事业管理", "参公", "工勤", "其他")
ROWS: Final = 2_000
TEXT_FORMAT: Final = "@"
HELP: Final = (
    "在“人员信息”表中每人填一行，不要改动表头；示例行会跳过，可以删去。",
    "姓名、身份证号、手机号码、工作单位、所属区划、人员类别必填；证件类型不填按居民身份证。",
    "身份证号请保持文本格式：按数值输入的十八位号码末三位会丢失，无法恢复。",
    "工作单位填全称，与公章一致；所属区划填六位代码，如 450702。",
    "不要合并单元格，不要用公式。同一个人只填一行。",
    "导入前会先预览，逐行告知新增、更新、无变化或有错；有一行有错则整个文件都不导入。重复导入同一文件不会改动任何内容。",
)


def write_people_template() -> bytes:
    """An .xlsx to fill in; imported as it is, it holds nobody."""
    book = openpyxl.Workbook()
    notes = book.worksheets[0]
    notes.title = "填写说明"
    for line in HELP:
        notes.append([line])
    notes.column_dimensions["A"].width = 100
    type_names = tuple({doc_type: name for name, doc_type in reversed(TYPE_NAMES.items())}.values())[::-1]
    codes = book.create_sheet("代码表")
    for place, (title, words) in enumerate((("证件类型", type_names), ("人员类别", CATEGORIES)), start=1):
        for row, word in enumerate((title, *words), start=1):
            codes.cell(row, place, word)
    _list_of_people(book.create_sheet("人员信息", 1), len(type_names))
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _list_of_people(sheet: Worksheet, types: int) -> None:
    sheet.append(HEADER)
    sheet.append(SAMPLE)
    sheet.freeze_panes = "A2"
    for place, name in enumerate(HEADER, start=1):
        letter = get_column_letter(place)
        sheet[f"{letter}1"].font = Font(bold=True)
        sheet.column_dimensions[letter].width = 22 if name in {"身份证号", "工作单位"} else 14
        sheet.column_dimensions[letter].number_format = TEXT_FORMAT
        sheet.cell(2, place).number_format = TEXT_FORMAT
    for name, column, last in (("证件类型", "A", types + 1), ("人员类别", "B", len(CATEGORIES) + 1)):
        choice = DataValidation(type="list", formula1=f"代码表!${column}$2:${column}${last}", allow_blank=True)
        letter = get_column_letter(HEADER.index(name) + 1)
        choice.add(f"{letter}2:{letter}{ROWS + 1}")
        sheet.add_data_validation(choice)
