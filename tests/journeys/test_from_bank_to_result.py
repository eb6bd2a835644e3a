"""Everybody's pages in one day: an author's workbook becomes an exam that a new candidate sits and passes."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from examengine.banks.readers import read_bank
from examengine.records.words import Role
from tests.journeys.acts import hand_in, sign_in, start, to_contract, verdict, wait_until_saved
from tests.journeys.conftest import Device, Halls
from tests.journeys.hall import Someone
from tests.journeys.looking import look
from tests.web_operator.steps import a_people_list, put_on_duty
from tests.world import resident_id

pytestmark = pytest.mark.long

BANK = Path(__file__).resolve().parents[2] / "question_banks" / "guangxi-2024.xlsx"
READ_PAPER = """() => [...document.querySelectorAll(".q")].map((q) => [
  q.querySelector(".q-stem").textContent,
  [...q.querySelectorAll(".opt-text")].map((o) => [o.textContent, o.closest("label").htmlFor]),
])"""


def answer_by_the_key(page: Page) -> None:
    """Find every question of the page in the workbook and click its key."""
    right: dict[str, list[set[str]]] = {}
    for read in read_bank(BANK.read_bytes(), BANK.name).items:
        texts = {option.text for option in read.item.options if option.id in read.item.key}
        right.setdefault(read.item.stem, []).append(texts)
    for stem, options in page.evaluate(READ_PAPER):
        offered = {text for text, _ in options}
        [key] = [texts for texts in right[stem] if texts <= offered]
        for text, control in options:
            if text in key:
                page.locator(f"label[for={control}]").click()


def test_a_workbook_becomes_an_exam_and_a_new_candidate_passes_it(
    halls: Halls, device: Device, tmp_path: Path
) -> None:
    hall = halls("2024-06-03T09:00:00+08:00")
    author, operator = hall.someone("陈志远", Role.AUTHOR), hall.someone("黄丽华", Role.OPERATOR)
    checker = hall.someone("吴雅琴", Role.AUTHOR)
    hall.do(put_on_duty(hall.world, operator.id))

    page = device()
    sign_in(page, author)
    look(page, "author-no-banks")
    page.get_by_label("题库名称").fill("2024 年公需科目")
    page.get_by_role("button", name="新建").click()
    look(page, "author-bank-empty")
    page.get_by_role("link", name="导入试题").click()
    look(page, "author-upload")
    page.get_by_label("试题文件").set_input_files(BANK)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator(".counts .is-bad")).to_have_count(0)
    look(page, "author-preview", whole=False)
    page.get_by_role("link", name="下一步：确认导入").click()
    look(page, "author-confirm")
    page.get_by_role("button", name="写入题库").click()
    expect(page.get_by_role("heading", name="已写入题库")).to_be_visible()
    look(page, "author-committed")
    page.get_by_role("link", name="看这批题").click()
    look(page, "author-bank", whole=False)
    all_of_it = page.get_by_role("checkbox", name="选全部符合条件的")
    page.get_by_role("checkbox", name="选本页全部").check()
    expect(page.locator("[data-ticked]")).to_contain_text("选中 50 题")
    all_of_it.check()
    expect(page.locator("[data-ticked]")).to_contain_text("选中 206 题")
    page.get_by_role("button", name="提交审核").click()
    page.get_by_role("button", name="确认提交审核").click()
    expect(page.locator(".alert-success")).to_contain_text("已提交审核")
    bank = page.url.partition("?")[0]
    page.context.close()

    page = device()
    sign_in(page, checker)
    page.goto(f"{bank}?state=waiting&view=full")
    look(page, "author-check", whole=False)
    page.get_by_role("checkbox", name="选全部符合条件的").check()
    page.get_by_role("button", name="审核通过").click()
    look(page, "author-check-asked")
    page.get_by_role("button", name="确认审核通过").click()
    expect(page.locator(".alert-success")).to_contain_text("已审核通过")
    page.goto(bank)
    page.get_by_role("row").nth(1).get_by_role("link").click()
    look(page, "author-item")
    page.goto(bank)
    page.get_by_role("link", name="发布新版本").click()
    look(page, "author-release-next", whole=False)
    page.get_by_role("button", name="发布新版本").click()
    expect(page.locator(".alert-success")).to_contain_text("已发布新版本")
    look(page, "author-release", whole=False)
    page.goto("/author/banks")
    look(page, "author-banks")
    page.context.close()

    page = device()
    sign_in(page, operator)
    look(page, "operator-no-exams")
    page.get_by_role("link", name="发布考试").click()
    look(page, "operator-publish")
    page.get_by_label("年度规则").select_option(label=next(iter(rulebooks(page, "guangxi-2024"))))
    page.get_by_label("题库版本").select_option(index=1)
    page.get_by_role("button", name="检查").click()
    look(page, "operator-publish-assumed", whole=False)
    page.get_by_role("button", name="确认全部").click()
    look(page, "operator-publish-ready", whole=False)
    page.locator(".publish-now").get_by_role("button", name="发布考试").click()
    expect(page.locator(".alert-success")).to_be_visible()
    look(page, "operator-exam")

    page.goto("/operator/people")
    look(page, "operator-people")
    page.get_by_label("人员名单").set_input_files(
        {"name": "名单.csv", "mimeType": "text/csv", "buffer": a_people_list(3)}
    )
    page.get_by_label("同时报名").select_option(index=1)
    page.get_by_role("button", name="上传并检查").click()
    look(page, "operator-people-preview")
    page.get_by_role("button", name="写入").click()
    look(page, "operator-people-report")
    with page.expect_download() as got:
        page.get_by_role("button", name="下载结果和初始密码").click()
    rows = got.value.path().read_text("utf-8-sig").splitlines()
    first_password = dict(zip(rows[0].split(","), rows[1].split(","), strict=True))["初始密码"]
    page.goto("/operator/learning")
    look(page, "operator-learning")
    learned = f"身份证号,年度,学习进度\n{resident_id(500)},2024,100%\n"
    page.get_by_label("名单文件").set_input_files(
        {"name": "学习.csv", "mimeType": "text/csv", "buffer": learned.encode("utf-8-sig")}
    )
    page.get_by_role("button", name="上传并检查").click()
    look(page, "operator-learning-preview")
    page.get_by_role("button", name="写入").click()
    page.goto("/operator/exams")
    look(page, "operator-exams")
    page.context.close()

    page = device()
    newcomer = Someone(0, "考生甲", resident_id(500), first_password)
    sign_in(page, newcomer)
    page.get_by_label("现在的密码").fill(first_password)
    page.get_by_label("新密码", exact=True).fill("Qingshan-66-lvshui")
    page.get_by_label("再输一次新密码").fill("Qingshan-66-lvshui")
    page.get_by_role("button", name="保存新密码").click()
    to_contract(page)
    start(page)
    look(page, "exam-of-2024", whole=False, judge=False)
    answer_by_the_key(page)
    wait_until_saved(page)
    hand_in(page)
    expect(verdict(page)).to_contain_text("及格")
    expect(page.locator(".verdict-score")).to_contain_text("100")


def rulebooks(page: Page, rulebook_id: str) -> list[str]:
    """The choices that offer a rulebook."""
    texts = page.get_by_label("年度规则").locator("option").all_inner_texts()
    return [text for text in texts if rulebook_id in text]
