import pytest

from examengine.banks.item import Kind
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import OFFICE, PNG, WORD, docx_of, read

QUESTION = ("首都是？", "A. 上海", "B. 北京", "答案：B")


def numbered(text: str, level: int = 0, list_id: int = 1) -> str:
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'
    return f"<w:p><w:pPr>{place}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc><w:p>{run(cell)}</w:p></w:tc>" for cell in cells) + "</w:tr>"


def numbering(*levels: tuple[str, str]) -> str:
    shown = "".join(
        f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for index, (form, text) in enumerate(levels)
    )
    return (
        f'<w:numbering xmlns:w="{WORD}"><w:abstractNum w:abstractNumId="7">{shown}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
    )


def test_paragraphs_are_lines_and_places_are_counted_in_paragraphs() -> None:
    reading = read(docx_of("一、单选题", "", "1. 首都是？", "A. 上海", "B. 北京", "答案：C"), "docx")
    assert (reading.format, reading.encoding, reading.total) == ("docx", "binary (zip)", 1)
    assert [(f.code, f.where) for f in reading.findings] == [("key_without_option", "第 3 段（第 1 题）")]


def test_automatic_numbers_of_questions_and_options_are_written_out() -> None:
    parts = {"word/numbering.xml": numbering(("decimal", "%1."), ("upperLetter", "%2."))}
    lists = [numbered("甲？"), numbered("一", 1), numbered("二", 1), "答案：B", numbered("乙？"), numbered("三", 1)]
    reading = read(docx_of(*lists, numbered("四", 1), "答案：A", parts=parts), "docx")
    assert [(one.item.stem, letters(one.item)) for one in reading.items] == [("甲？", "B"), ("乙？", "A")]
    assert [option.text for option in reading.items[1].item.options] == ["三", "四"]


@pytest.mark.parametrize(
    ("form", "text", "label"),
    [
        ("chineseCountingThousand", "%1、", "一、"),
        ("upperRoman", "%1.", "I."),
        ("lowerLetter", "%1)", "a)"),
        ("bullet", "●", ""),
    ],
)
def test_labels_of_lists(form: str, text: str, label: str) -> None:
    from examengine.banks.files.archive import unpack
    from examengine.banks.files.docx import text_of_docx

    parts = unpack(docx_of(numbered("甲"), parts={"word/numbering.xml": numbering((form, text))}))
    assert text_of_docx(parts).paragraphs[0].text == (f"{label} 甲" if label else "甲")


def test_hidden_and_deleted_text_is_left_out_and_inserted_text_is_read() -> None:
    paragraph = (
        f"<w:p>{run('首都')}{run('（B）', '<w:vanish/>')}<w:del>{run('旧')}</w:del><w:ins>{run('是？')}</w:ins></w:p>"
    )
    assert the_item(read(docx_of(paragraph, *QUESTION[1:]), "docx")).stem == "首都是？"


def test_raised_text_symbols_and_formulas_keep_their_meaning() -> None:
    fraction = (
        "<m:oMath><m:f><m:num><m:r><m:t>a+1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>"
        "<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>n</m:t></m:r></m:sup></m:sSup></m:oMath>"
    )
    raised = run("2", '<w:vertAlign w:val="superscript"/>')
    mark = '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'
    paragraph = f"<w:p>{run('10')}{raised}{fraction}<w:r><w:br/></w:r>{run('对。（')}{mark}{run('）')}</w:p>"
    item = the_item(read(docx_of("一、判断题", paragraph.replace("<w:p>", f"<w:p>{run('1. ')}")), "docx"))
    assert (item.stem, item.key) == ("10²\\(\\frac{a+1}{2}x^{n}\\)\n对。", {"t"})


def test_pictures_come_along_in_their_places() -> None:
    rels = (
        f'<Relationships xmlns="x"><Relationship Id="p1" Type="{OFFICE}/image" Target="media/a.png"/>'
        '<Relationship Id="p2" Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
    )
    picture = '<w:r><w:drawing><a:blip r:embed="{}"/></w:drawing></w:r>'
    question = f"<w:p>{run('1. 看图')}{picture.format('p1')}{run('选？')}</w:p>"
    parts = {"word/_rels/document.xml.rels": rels, "word/media/a.png": PNG}
    reading = read(
        docx_of(question, f"<w:p>{run('A. ')}{picture.format('p2')}</w:p>", "B. 北京", "答案：B", parts=parts), "docx"
    )
    (media,) = reading.media
    item = the_item(reading)
    assert item.stem == "看图[图]选？"
    assert item.markup == f'看图<img src="media:{media.name}" alt="">选？'
    assert set(codes(reading, "warning")) == {"image_unreadable"}


def test_a_table_with_the_columns_of_a_bank_is_read_as_one() -> None:
    header = row("题型", "题干", "选项A", "选项B", "答案")
    table = f"<w:tbl>{header}{row('单选', '首都是？', '上海', '北京', 'B')}</w:tbl>"
    reading = read(docx_of("题库", table), "docx")
    assert (reading.format, letters(the_item(reading)), reading.items[0].where) == (
        "docx",
        "B",
        "工作表“表格 1” 第 2 行",
    )


def test_options_and_answers_in_other_tables_are_read_in_order() -> None:
    answers = f"<w:tbl>{row('题号', '1', '2')}{row('答案', 'A', 'B')}</w:tbl>"
    options = f"<w:tbl>{row('A. 一', 'B. 二')}</w:tbl>"
    reading = read(docx_of("1. 甲？", options, "2. 乙？", "A. 三", "B. 四", "参考答案", answers), "docx")
    assert [letters(one.item) for one in reading.items] == ["A", "B"]


def test_other_kinds_are_counted() -> None:
    reading = read(docx_of("一、简答题", "1. 甲。", "答：乙", "二、填空题", "1. 水是____。", "答案：H2O"), "docx")
    assert (reading.by_type[Kind.ESSAY], reading.by_type[Kind.SHORT_ANSWER], reading.importable) == (1, 1, 2)
