"""An author's workbook with mistakes: put right where they stand, imported, reported, taken back."""

from pathlib import Path

from playwright.sync_api import Page, expect

from examengine.records.words import Role
from tests.journeys.acts import sign_in
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall
from tests.journeys.looking import look

ROWS = """题目,A,B,C,D,答案,知识点,编号
一年有几个月？,十个月,十一个月,十二个月,十三个月,C,常识,K1
下列哪些是偶数？,一,二,三,四,"B、D",常识,K2
水在标准大气压下的沸点是多少摄氏度？,五十,一百,,,E,物理,K3
一周有七天。,,,,,√,常识,K4
一年有几个月？,十个月,十一个月,十二个月,十三个月,D,常识,K5
"""


def counted(page: Page, label: str) -> int:
    """A counter of the page, by its label."""
    return int(page.locator("#counters li", has_text=label).locator(".num").inner_text())


def test_mistakes_are_put_right_in_place_and_the_import_is_taken_back(
    hall: Hall, device: Device, tmp_path: Path
) -> None:
    file = tmp_path / "公需科目题库.csv"
    file.write_bytes(ROWS.encode("gb18030"))
    (empty := tmp_path / "空.xlsx").write_bytes(b"")
    page = device(line_fails=True)  # the console tells of the answer to an empty file
    sign_in(page, hall.someone("周敏", Role.AUTHOR))
    page.get_by_label("题库名称").fill("2026 年公需科目")
    page.get_by_role("button", name="新建").click()
    bank = page.url
    page.get_by_role("link", name="导入试题").click()
    page.get_by_label("试题文件").set_input_files(empty)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("status").filter(has_text="文件是空的")).to_be_visible()
    page.get_by_label("试题文件").set_input_files(file)
    page.get_by_role("button", name="上传并检查").click()

    expect(page.get_by_role("heading", name="识别结果")).to_be_visible()
    expect(page.get_by_text("答案“B、D”")).to_be_visible()
    assert (counted(page, "道题"), counted(page, "可导入"), counted(page, "错误")) == (5, 2, 1)
    look(page, "import-preview")
    wrong = page.locator(".import-row", has_text="沸点")
    wrong.get_by_role("link", name="改这一题").click()
    wrong.get_by_label("正确答案").fill("F")
    wrong.get_by_role("button", name="保存并检查").click()
    expect(wrong).to_contain_text("答案“F”中的 F 没有对应的选项")
    look(page, "import-fix")
    wrong.get_by_label("正确答案").fill("B")
    wrong.get_by_role("button", name="保存并检查").click()
    expect(wrong).to_contain_text("可导入")
    assert counted(page, "可导入") == 3

    page.get_by_role("link", name="答案冲突").click()
    conflict, other = page.locator(".import-row").nth(1), page.locator(".import-row").nth(0)
    expect(other).to_contain_text("与第 6 行题干、选项相同而答案不同")
    conflict.get_by_role("link", name="改这一题").click()
    conflict.get_by_role("button", name="不导入这一题").click()
    expect(conflict).to_contain_text("不导入")
    expect(other).to_contain_text("可导入")
    page.reload()
    assert (counted(page, "可导入"), counted(page, "已改"), counted(page, "不导入")) == (4, 1, 1)
    with page.expect_download() as given:
        page.get_by_role("link", name="下载标注后的文件").click()
    assert given.value.suggested_filename == "公需科目题库（标注）.xlsx"

    page.get_by_role("link", name="下一步：确认导入 4 题").click()
    look(page, "import-confirm")
    page.get_by_role("button", name="写入题库").click()
    expect(page.get_by_role("heading", name="已写入题库")).to_be_visible()
    look(page, "import-report")
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="已写入题库")).to_be_visible()

    page.get_by_role("link", name="撤销这次导入").click()
    look(page, "import-undo")
    page.get_by_role("button", name="撤销这次导入").click()
    expect(page.get_by_role("heading", name="这次导入已撤销")).to_be_visible()
    page.goto(bank)
    expect(page.locator("main")).not_to_contain_text("沸点")
