"""Manners of other systems and of colleagues, each with the key that must come out."""

import json

import pytest

from examengine.banks.readers import read_bank
from examengine.banks.readers.foreign import read_foreign
from examengine.banks.readers.formats import format_of
from tests.banks.builders import codes, letters
from tests.banks.foreign_builders import PNG, zip_of

ROWS = (
    ("题型", "题目", "A", "B", "答案"),
    ("单选", "首都？", "上海", "北京", "B"),
    ("判断", "一周七天。", "", "", "对"),
)
HTML = "<html><body><table>{}</table></body></html>".format(
    "".join("<tr>{}</tr>".format("".join(f"<td>{cell}</td>" for cell in row)) for row in ROWS)
)
EXCEL_2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="题库"><Table>{}</Table></Worksheet>'
    "</Workbook>"
).format(
    "".join(
        "<Row>{}</Row>".format(
            "".join(
                f'<Cell ss:Index="{n}"><Data ss:Type="String">{cell}</Data></Cell>'
                for n, cell in enumerate(row, start=1)
                if cell
            )
        )
        for row in ROWS
    )
)


@pytest.mark.parametrize("text", [HTML, EXCEL_2003])
def test_tables_that_call_themselves_xls_are_read(text: str) -> None:
    reading = read_bank(text.encode(), "题库.xls")
    assert (reading.format, [letters(one.item) for one in reading.items]) == ("sheet", ["B", "T"])


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("一、单选题\n1.甲\nA.上海\nB.北京\n2.乙\nA.南宁\nB.桂林\n答案：1-2：BA\n", "B A"),
        ("1. capital?\na) Paris\nb) Rome\nAnswer: b\n2. two?\na) 1\nb) 2\nc) 4\nAnswer: b, c\n", "B BC"),
        ("1. Capital?\nA. Paris\nB. Rome\nCorrect Answer: A\n\n2. Two?\nA. 1\nB. 2\nCorrect Answer: B\n", "A B"),
        ("1.首都？\nA.上海\n*B.北京\n2.省会\n*A.南宁\nB.桂林\n", "B A"),
        ("1.首都？\nA.上海\nB.北京√\n2.省会\nA.南宁 √\nB.桂林\n", "B A"),
        ("[单选]首都？\nA.上海\nB.北京\n答案：B\n[判断]一周七天。\n答案：正确\n", "B T"),
        ("1、首都（ ） [单选题] *\n上海\n北京(正确答案)\n\n2、一周七天。 [判断题] *\n对(正确答案)\n错\n", "B T"),
        (
            "1. (单选题)首都是（ ）。\nA. 上海\nB. 北京\n我的答案: A:上海;正确答案: B:北京;\n0分\n"
            "2. (判断题)一周七天。\nA. 对\nB. 错\n我的答案: 错正确答案: 对\n25分\n",
            "B T",
        ),
    ],
)
def test_typed_papers_in_more_manners(text: str, keys: str) -> None:
    assert format_of(text.encode(), "x.txt") == "text"
    reading = read_foreign(text.encode(), "text")
    assert [letters(one.item) for one in reading.items] == keys.split()
    assert codes(reading, "error") == []


@pytest.mark.parametrize("stem", ["首都是__北京__。", "首都是（北京）。", "首都是【北京】。"])
def test_a_blank_with_its_answer_left_in_is_emptied(stem: str) -> None:
    reading = read_foreign(f"一、填空题\n1.{stem}\n".encode(), "text")
    (one,) = reading.items
    assert one.item.stem == "首都是____。"
    assert "北京" in str(one.item.expected)


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        (
            [
                {"question": "甲？", "options": ["一", "二", "三"], "answer": 0},
                {"question": "乙？", "options": ["一", "二"], "answer": 1},
            ],
            "A B",
        ),
        (
            [
                {"question": "甲？", "options": ["一", "二", "三"], "answer": 3},
                {"question": "乙？", "options": ["一", "二"], "answer": 1},
            ],
            "C A",
        ),
        ([{"type": "multiple", "question": "甲？", "correct_answer": "一", "incorrect_answers": ["二"]}], "A"),
    ],
)
def test_numbers_as_keys_are_told_by_the_whole_file(value: object, keys: str) -> None:
    reading = read_foreign(json.dumps(value).encode(), "json")
    assert [letters(one.item) for one in reading.items] == keys.split()
    assert codes(reading) == []


def test_a_number_that_may_count_from_0_or_1_is_said() -> None:
    value = [{"question": "甲？", "options": ["一", "二", "三"], "answer": 1}]
    assert codes(read_foreign(json.dumps(value).encode(), "json")) == ["index_base_unclear"]


@pytest.mark.parametrize("text", ["[{}]", "var q = [{}];", "[{},]", "{}\n{}", "export default [{}]"])
def test_json_as_scripts_have_it_is_read(text: str) -> None:
    one = json.dumps({"question": "首都？", "options": ["上海", "北京"], "answer": "B"}, indent=1)
    data = text.replace("{}", one).encode()
    assert format_of(data, "x.js") == "json"
    assert letters(read_foreign(data, "json").items[0].item) == "B"


def test_pictures_over_and_in_cells_of_a_workbook_come_along() -> None:
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    anchor = '<x:oneCellAnchor><x:from><x:col>0</x:col><x:row>1</x:row></x:from><x:pic><x:cNvPr name="图片 1"/>'
    anchor += '<a:blip r:embed="rId1"/></x:pic></x:oneCellAnchor>'
    cells = (("题干", "A", "B", "答案"), ("看图", "甲", '=DISPIMG("ID_1",1)', "A"))
    rows = "".join(
        f'<row r="{n}">'
        + "".join(
            f'<c r="{"ABCD"[c]}{n}" t="inlineStr"><is><t>{text.replace(chr(34), "&quot;")}</t></is></c>'
            for c, text in enumerate(row)
        )
        + "</row>"
        for n, row in enumerate(cells, start=1)
    )
    spaces = f'xmlns:x="urn:x" xmlns:a="urn:a" xmlns:r="{office}"'

    def relations(*targets: tuple[str, str]) -> str:
        inside = "".join(
            f'<Relationship Id="rId{n}" Type="{office}/{t}" Target="{target}"/>'
            for n, (t, target) in enumerate(targets, 1)
        )
        return f'<Relationships xmlns="{package}">{inside}</Relationships>'

    book = zip_of(
        {
            "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
            "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="题" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/sheet1.xml")),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
            "xl/worksheets/_rels/sheet1.xml.rels": relations(("drawing", "../drawings/drawing1.xml")),
            "xl/drawings/drawing1.xml": f"<x:wsDr {spaces}>{anchor}</x:wsDr>",
            "xl/drawings/_rels/drawing1.xml.rels": relations(("image", "../media/one.png")),
            "xl/cellimages.xml": f'<x:cellImages {spaces}><x:pic><x:cNvPr name="ID_1"/>'
            '<a:blip r:embed="rId1"/></x:pic></x:cellImages>',
            "xl/_rels/cellimages.xml.rels": relations(("image", "media/two.png")),
            "xl/media/one.png": PNG,
            "xl/media/two.png": PNG + b"\x01",
        }
    )
    reading = read_bank(book, "题库.xlsx")
    (one,) = reading.items
    assert one.item.stem == "看图[图]"
    assert 'src="media:' in one.item.markup
    assert 'src="media:' in one.item.options[1].markup
    assert len(reading.media) == 2
    assert codes(reading, "warning") == []
