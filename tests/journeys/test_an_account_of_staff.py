"""A new colleague: an account is opened, the password changed, a second factor set up, and the role taken again."""

import pytest
from playwright.sync_api import expect

from examengine.accounts.second_factor import STEP_MS, code_at
from examengine.records.words import Role
from tests.journeys.acts import fill_in, sign_in
from tests.journeys.conftest import Device
from tests.journeys.hall import Hall, Someone
from tests.journeys.looking import look
from tests.world import resident_id

pytestmark = pytest.mark.long
PASSWORD = "Liushui-99-gaoshan"


def test_a_new_colleague_comes_and_goes(hall: Hall, device: Device) -> None:
    security = hall.someone("蒙秋云", Role.SECURITY)
    desk = device(line_fails=True)
    sign_in(desk, security)
    expect(desk.get_by_role("heading", name="人员与权限")).to_be_visible()
    look(desk, "staff")
    desk.get_by_role("link", name="新建账号").click()
    desk.get_by_label("姓名").fill("林秀兰")
    desk.get_by_label("证件号", exact=True).fill(resident_id(901))
    desk.get_by_label("角色").select_option(label="客服")
    desk.get_by_label("原因").select_option(label="到岗或换岗")
    desk.get_by_label("说明").fill("人事处通知，六月到岗。")
    desk.get_by_label("申请单或工单号").fill("RS-2026-8")
    look(desk, "staff-new")
    desk.get_by_role("button", name="新建账号").click()
    told = desk.locator(".told-password")
    expect(told).to_be_visible()
    look(desk, "staff-password")
    newcomer = Someone(0, "林秀兰", resident_id(901), told.inner_text().strip())

    page = device(line_fails=True)
    sign_in(page, newcomer)
    page.get_by_label("现在的密码").fill(newcomer.password)
    page.get_by_label("新密码", exact=True).fill(PASSWORD)
    page.get_by_label("再输一次新密码").fill(PASSWORD)
    page.get_by_role("button", name="保存新密码").click()
    page.get_by_role("link", name="登录安全").click()
    page.get_by_role("link", name="设置双重验证").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    expect(page.locator(".qr svg")).to_be_visible()
    look(page, "second-factor-new")
    page.get_by_label("应用里显示的 6 位数字").fill(code_at(secret, hall.now_ms))
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("heading", name="双重验证已启用")).to_be_visible()
    look(page, "recovery-codes")
    page.get_by_role("link", name="已经保存好，继续").click()
    page.get_by_role("button", name="退出登录").click()

    fill_in(page, newcomer, PASSWORD)
    expect(page.get_by_role("heading", name="输入验证码")).to_be_visible()
    look(page, "second-factor")
    hall.move(STEP_MS)
    page.get_by_label("验证码").fill(code_at(secret, hall.now_ms))
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("heading", name="来电查询")).to_be_visible()

    desk.get_by_role("link", name="已经告诉本人，返回账号").click()
    expect(desk.get_by_role("heading", name="林秀兰")).to_be_visible()
    look(desk, "staff-account")
    desk.get_by_role("link", name="收回").first.click()
    look(desk, "staff-act")
    desk.get_by_label("原因").select_option(label="离岗、离职")
    desk.get_by_label("说明").fill("人事处通知。")
    desk.get_by_label("申请单或工单号").fill("RS-2026-9")
    desk.get_by_role("button", name="收回角色").click()
    expect(desk.get_by_text("已办理：收回角色")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
