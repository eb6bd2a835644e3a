"""Under the rules of 2014: a card opens the exam, and another one opens it again."""

import pytest
from playwright.sync_api import Page, expect

from examengine.records import cards, enrolments
from examengine.records.cards import NewCard
from examengine.rules.load import packaged_text
from tests.journeys.acts import choose, sign_in, start, to_contract, verdict
from tests.journeys.conftest import Device, Halls
from tests.journeys.hall import Hall
from tests.journeys.looking import look

pytestmark = pytest.mark.long

CARDS = (("GX00000001", "246810"), ("GX00000002", "135791"))


def put_into_stock(hall: Hall) -> None:
    """Two cards, booked out."""

    async def add() -> None:
        services, now_ms = hall.world.services, hall.now_ms
        new = [NewCard(no, services.vault.card_code_hash(no, code), "450702", now_ms) for no, code in CARDS]
        async with services.database.writing() as tx:
            await cards.add_cards(tx, new, now_ms)

    hall.do(add())


def learn(hall: Hall, enrolment_id: int, round_no: int) -> None:
    """All tasks of a round done."""

    async def report() -> None:
        async with hall.world.services.database.writing() as tx:
            await enrolments.report_learning(tx, enrolment_id, round_no, 100, f"test{round_no}", hall.now_ms)

    hall.do(report())


def activate(page: Page, number: str, code: str) -> None:
    page.get_by_label("卡号").fill(number)
    page.get_by_label("激活码").fill(code)
    page.get_by_role("button", name="激活这张卡").click()


def give_up(page: Page) -> None:
    page.get_by_role("link", name="放弃考试").click()
    page.get_by_role("link", name="仍要放弃").click()
    page.get_by_label("我知道").check()
    page.get_by_role("button", name="确认放弃").click()
    expect(verdict(page)).to_contain_text("不及格")


def test_a_card_opens_the_exam_of_2014_and_the_next_card_opens_it_again(halls: Halls, device: Device) -> None:
    hall = halls("2014-06-01T09:00:00+08:00")
    put_into_stock(hall)
    person = hall.someone("农建军")
    exam = hall.full_exam(rulebook=packaged_text("guangxi-2014"))
    enrolment = hall.enrolled(exam, person, learned=False)
    page = device(line_fails=True)
    sign_in(page, person)
    expect(page.locator(".exam-say")).to_contain_text("激活一张激活卡后，才能学习和考试")
    look(page, "my-card")
    activate(page, CARDS[0][0], "000000")
    expect(page.locator("#e-activation_code")).to_contain_text("卡号或激活码不对")
    expect(page.get_by_label("卡号")).to_have_value(CARDS[0][0])
    look(page, "my-card-wrong")
    activate(page, "gx 0000 0001", CARDS[0][1])
    expect(page.locator(".exam-say")).to_contain_text("学习")
    look(page, "my-learning")
    page.get_by_role("link", name="为什么不能考").click()
    look(page, "why-learning")
    learn(hall, enrolment.id, 1)
    page.goto("/my")
    to_contract(page)
    expect(page.locator(".contract-say")).to_contain_text("第 1 次机会（共 2 次）")
    start(page)
    choose(page, 1, "选项甲")
    give_up(page)
    page.get_by_role("link", name="再次考试").click()
    expect(page.locator(".exam-meta")).to_contain_text("补考")
    start(page)
    give_up(page)
    expect(page.locator(".next-step")).to_contain_text("请到销售点购买激活卡")
    page.get_by_role("link", name="返回我的考试").click()
    activate(page, *CARDS[0])
    expect(page.locator("#e-card_no")).to_contain_text("这张卡已经用过")
    activate(page, *CARDS[1])
    learn(hall, enrolment.id, 2)
    page.goto("/my")
    page.get_by_text("次数明细").click()
    look(page, "my-ledger")
    to_contract(page)
    start(page)
    assert hall.states(enrolment) == ["forced_exit", "forced_exit", "running"]
