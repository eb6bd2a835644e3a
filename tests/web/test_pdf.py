"""Documents are drawn whole, with characters from everywhere, in a process of their own."""

import asyncio
import io
from contextlib import closing

import pypdfium2
import pytest
from PIL import Image

from examengine.web import pdf
from examengine.web.pdf import Document, Facts, Heading, NotDrawnError, Paragraph, Picture, Press, Rule, Table
from examengine.web.pdf_draw import FONT, Sheet, draw
from examengine.web.pdf_markup import blocks_of, pictures_in

AT_MS = 1_780_000_000_000


def a_document(*blocks: pdf.Block, title: str = "考试答卷") -> Document:
    return Document(title, blocks, "继续教育考试", AT_MS, "编号 7", "王五 申诉")


def pages_of(drawn: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(drawn)
    texts = []
    for number in range(len(document)):
        page = document[number]
        text_page = page.get_textpage()
        texts.append(text_page.get_text_range())
        text_page.close()
        page.close()
    document.close()
    return texts


def a_picture(width: int = 40, height: int = 20, form: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, height), (11, 79, 158)).save(content, form)
    return content.getvalue()


async def test_a_document_drawn_in_its_own_process_says_everything_on_numbered_pages() -> None:
    rows = tuple((f"2026-06-01 09:{number:02}:00", "平台故障补偿", "+1") for number in range(60))
    document = a_document(
        Facts((("姓名", "阿依古丽·买买提"), ("证件号码", "450702********0018"))),
        Heading("一、单选题"),
        Paragraph("下列说法正确的是（　　）。", mark="1."),
        Picture(a_picture(), "示意图"),
        Picture(b"no picture", "坏图"),
        Rule(),
        Table(("时间", "事由", "次数"), rows, (3, 6, 1), (2,)),
    )
    press = Press()
    first, second = await asyncio.gather(press.draw(document), press.draw(document))
    assert first == second
    pages = pages_of(first)
    whole = "".join(pages)
    for told in ("考试答卷", "阿依古丽·买买提", "450702********0018", "下列说法正确的是", "[图：坏图]", "09:59:00"):
        assert told in whole, told
    for number, page in enumerate(pages, start=1):
        assert f"第 {number} 页，共 {len(pages)} 页" in page
        assert "王五 申诉" in page.replace("\u3000", " ")
        assert "事由" in page
    assert len(pages) == 3


async def test_what_cannot_be_drawn_is_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "DOCUMENT_BYTES_LIMIT", 10)
    with pytest.raises(NotDrawnError, match="too large"):
        await Press().draw(a_document())
    monkeypatch.undo()
    monkeypatch.setattr(pdf, "WAIT_SECONDS", 0.01)
    with pytest.raises(NotDrawnError, match="too slow"):
        await Press().draw(a_document())


def test_lines_neither_begin_with_what_closes_nor_split_a_word() -> None:
    text = "根据《专业技术人员继续教育规定》（2015），每年 Regulation-2014 不少于 90 学时。" * 6
    with closing(Sheet(a_document())) as sheet:
        sheet.add_page()
        sheet.set_font(FONT, size=10)
        broken = {width: sheet.lines_of(text, width) for width in range(30, 120, 7)}
    for width, lines in broken.items():
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        for line in lines:
            assert line[0] not in "，。）》", (width, line)
            assert line[-1] not in "（《", (width, line)
        assert any("Regulation-2014" in line for line in lines)


ODD = ("", "\n\n", "\x00\u200b\ufeff", "x" * 3000, "字" * 3000, "\U000e0001\U0010fffd")


def test_odd_texts_and_pictures_of_every_kind_do_not_stop_it() -> None:
    blocks: list[pdf.Block] = []
    for text in ODD:
        told = (Paragraph(text, mark=text[:20]), Facts(((text, text),)), Table((text,), ((text,), ("a",)), (1,)))
        blocks += told
    kinds = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
    blocks += [Picture(a_picture(300, 4_000, kind), "图") for kind in kinds]
    drawn = draw(a_document(*blocks, title="x" * 50))
    text = "".join(pages_of(drawn))
    assert "[图" not in text
    assert text.count("字") >= 9_000


def test_markup_becomes_text_and_pictures_in_their_order() -> None:
    digest = "0" * 64
    html = (
        f'看图：<span class="picture"><img src="/media/{digest}.png" alt="电路">'
        '<a href="/x" data-enlarge="关闭">放大图片</a></span><p>'
        '求 <span class="formula"><math><mi>x</mi></math>'
        '<span class="formula-text">x^2</span></span> 的值</p>'
        '<div class="wide"><table><tr><td>甲</td><td>乙</td></tr></table></div><img src="/media/1.png" alt="没有">'
    )
    assert pictures_in(html) == (digest,)
    found = blocks_of(html, {digest: b"content"}, mark="1.")
    assert found == (
        Paragraph("看图：", mark="1."),
        Picture(b"content", "电路"),
        Paragraph("求 x^2 的值\n　甲　乙\n[图：没有]"),
    )
    assert blocks_of("", {}, mark="A.", indent=1) == (Paragraph("", indent=1, mark="A."),)
