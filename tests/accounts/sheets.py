"""Lists of people as files."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import openpyxl

from examengine.accounts.documents import check_character

HEADER = ("序号", "姓名", "证件类型", "身份证号", "手机号码", "工作单位", "所属区划", "人员类别")


def a_number(no: int) -> str:
    body = f"45070219800101{no:03d}"
    return body + check_character(body)


def a_row(no: int, **changes: Any) -> tuple[Any, ...]:
    values = {
        "序号": no,
        "姓名": f"张{'一二三四五六七八九十'[no % 10]}",
        "证件类型": "居民身份证",
        "身份证号": a_number(no),
        "手机号码": f"138{no:08d}",
        "工作单位": "钦州市第一中学",
        "所属区划": "450702",
        "人员类别": "专业技术",
    }
    return tuple({**values, **changes}[name] for name in HEADER)


def a_workbook(*rows: Sequence[Any], header: Sequence[str] = HEADER, title: str = "人员信息") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in (header, *rows):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def a_csv(*rows: Sequence[Any], header: Sequence[str] = HEADER, encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows((header, *rows))
    return out.getvalue().encode(encoding)
