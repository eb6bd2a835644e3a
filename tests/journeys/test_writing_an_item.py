"""An author writes a question with a picture and a formula beside what the candidate will see of it."""

import pytest
from playwright.sync_api import Page, expect

from examengine.records.words import Role
from tests.banks.pictures import a_png
from tests.journeys.acts import sign_in
from tests.journeys.conftest import Device, Halls
from tests.journeys.looking import look

pytestmark = pytest.mark.long

WORD = '<p>看图，<b>最小</b>的面积<span style="vertical-align:super">2</span>是：</p>'


def paste(page: Page, html: str, rtf: str = "") -> None:
    """What Ctrl+V of formatted text does, at the place of the cursor."""
    page.evaluate(
        """([html, rtf]) => {
          const data = new DataTransfer();
          data.setData("text/html", html);
          data.setData("text/plain", "");
          data.setData("text/rtf", rtf);
          const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
          document.activeElement.dispatchEvent(event);
        }""",
        [html, rtf],
    )


def test_a_question_with_a_picture_and_a_formula_is_written_and_checked_by_a_second_author(
    halls: Halls, device: Device
) -> None:
    hall = halls()
    author, second = hall.someone("陈志远", Role.AUTHOR), hall.someone("黄丽华", Role.AUTHOR)
    bank_id = hall.do(hall.world.bank())
    page = device()
    sign_in(page, author)
    page.goto(f"/author/banks/{bank_id}/items/new")
    preview = page.frame_locator("[data-preview='390']")

    stem = page.get_by_role("textbox", name="题干")
    stem.click()
    paste(page, WORD)
    expect(preview.locator(".q-stem b")).to_have_text("最小")
    expect(preview.locator(".q-stem sup")).to_have_text("2")

    # Word only names a picture in its HTML and brings it as RTF
    head = "{\\*\\picprop}\\picw9\\pngblip\\bliptag-9{\\*\\blipuid 00ff}"
    rtf = "{\\rtf1{\\*\\shppict{\\pict" + head + " " + a_png(60, 30).hex() + "}}}"
    page.keyboard.press("Control+End")
    paste(page, '<p>图<img width=60 src="file:///C:/1.png" alt="从 Word 来"></p>', rtf)
    expect(preview.get_by_alt_text("从 Word 来")).to_have_attribute("height", "30")

    page.keyboard.press("Control+End")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="图片", exact=True).click()
    chosen.value.set_files({"name": "图.png", "mimeType": "image/png", "buffer": a_png(600, 300)})
    page.get_by_label("图里有什么").fill("一个长方形")
    page.get_by_label("显示宽度").fill("240")
    page.keyboard.press("Enter")
    expect(preview.locator(".q-stem img").last).to_have_attribute("alt", "一个长方形")
    expect(preview.locator(".q-stem img").last).to_have_attribute("height", "120")

    first = page.get_by_role("textbox", name="选项 A")
    first.click()
    page.get_by_role("button", name="公式", exact=True).click()
    page.get_by_role("button", name="分数").click()
    page.get_by_role("button", name="插入", exact=True).click()
    expect(first).to_have_text("\\( \\frac{a}{b} \\)")
    for letter, text in zip("BCD", ("甲", "乙", "丙"), strict=True):
        page.get_by_role("textbox", name=f"选项 {letter}").fill(text)
    expect(preview.locator(".opt-text mfrac")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("没有正确答案")
    page.get_by_label("正确答案 B").check()
    expect(page.locator("#live")).not_to_contain_text("没有正确答案")

    # by keyboard alone: the right one goes to the end
    down = page.get_by_role("button", name="下移 B")
    down.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="选项 D")).to_have_text("甲")
    expect(page.get_by_label("正确答案 D")).to_be_checked()
    look(page, "author-editor")

    # nothing is lost on a reload
    with page.expect_response("**/items/new"):
        page.get_by_label("解析").fill("面积是长乘宽。")
    page.wait_for_function("() => Object.values(localStorage).some((kept) => kept.includes('面积是长乘宽'))")
    page.once("dialog", lambda asked: asked.accept())
    page.reload()
    page.get_by_role("button", name="恢复它").click()
    expect(page.get_by_label("解析")).to_have_value("面积是长乘宽。")
    expect(page.get_by_label("正确答案 D")).to_be_checked()
    expect(preview.locator(".q-stem img").last).to_be_visible()

    # a picture opens large by keyboard, in the page itself
    large = preview.locator("dialog.enlarged")
    preview.get_by_role("link", name="放大图片").last.press("Enter")
    expect(large).to_be_visible()
    preview.get_by_role("button", name="关闭").press("Enter")
    expect(large).to_be_hidden()

    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("status").first).to_contain_text("已保存并提交审核")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []
    page.get_by_role("link", name="这道题的历史").click()
    address = page.url

    other = device()
    sign_in(other, second)
    other.goto(address)
    expect(other.locator(".item-stem img").last).to_have_attribute("alt", "一个长方形")
    expect(other.locator(".item-options mfrac")).to_be_visible()
    other.get_by_role("button", name="审核通过").click()
    other.get_by_role("button", name="审核通过").click()
    expect(other.get_by_text("已审", exact=True).first).to_be_visible()
