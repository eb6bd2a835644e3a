"""The exam page's script in a real browser, against a sitting kept in memory."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from examengine.web.contexts.candidate import Reports
from tests.browsers import PATIENCE_MS
from tests.web.conftest import PHONE, Server
from tests.web.samples import MINUTE

STORED = "Object.keys(localStorage).filter(k => k.includes(':outbox:')).map(k => JSON.parse(localStorage[k]).ops)"


def choose(page: Page, position: int, letter: str) -> None:
    page.locator(f"#q{position} .opt label", has=page.locator(f".letter:text-is('{letter}')")).click()


def value_of(page: Page, position: int, letter: str) -> str:
    row = page.locator(f"#q{position} .opt", has=page.locator(f".letter:text-is('{letter}')"))
    return row.locator("input").get_attribute("value") or ""


def wait_for_save(page: Page, position: int) -> None:
    expect(page.locator(f"#q{position} .q-state")).to_have_text("已保存")


def comes_to(page: Page, told: Callable[[], object], wanted: object) -> None:
    """Wait for what the server has been told, as long as it takes; then it is asserted."""
    waited_ms = 0
    while told() != wanted and waited_ms < PATIENCE_MS:
        page.wait_for_timeout(20)
        waited_ms += 20
    assert told() == wanted


def waiting_ops(page: Page) -> list[str]:
    return sorted(key for ops in page.evaluate(STORED) for key in ops)


def test_one_click_is_one_acknowledged_save(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    choose(page, 1, "B")
    wait_for_save(page, 1)
    saves = [fields for kind, fields in server.gallery.sitting.log if kind == "save"]
    assert len(saves) == 1
    assert saves[0]["v"] == value_of(page, 1, "B")
    assert (saves[0]["i"], saves[0]["k"], saves[0]["n"], saves[0]["b"]) == ("1", "a", "1", "0")
    expect(page.locator("[data-save-text]")).to_have_text(re.compile(r"^已保存 \d\d:\d\d:\d\d$"))
    expect(page.locator("[data-cell='1']")).to_have_attribute("aria-label", "第 1 题，已答")
    assert waiting_ops(page) == []


def test_several_options_are_sent_as_one_sorted_value(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    for letter in "DB":
        choose(page, 31, letter)
    wait_for_save(page, 31)
    expect(page.locator("[data-cell='31']")).to_have_class(re.compile("is-answered"))
    wanted = "".join(sorted(value_of(page, 31, letter) for letter in "BD"))
    comes_to(page, lambda: server.gallery.sitting.answers().get("a31"), wanted)


def test_flag_and_clear_are_saved_too(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    choose(page, 2, "A")
    wait_for_save(page, 2)
    page.locator("#q2 .flag label").click()
    page.locator("#q2 button[name=clear]").click()
    expect(page.locator("#q2 .q-state")).to_have_text("未答")
    expect(page.locator("[data-cell='2']")).to_have_attribute("aria-label", "第 2 题，未答，已标记")
    comes_to(page, server.gallery.sitting.answers, {"a2": "", "f2": "1"})


def test_answers_given_offline_are_kept_and_sent(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    context = new_context()
    page = context.new_page()
    page.goto(server.exam_url)
    context.set_offline(True)
    for position in (1, 2, 3):
        choose(page, position, "A")
    strip = page.locator("[data-strip-text]")
    expect(strip).to_have_text(re.compile("^网络已断开（.*答案已暂存在本机"))
    expect(page.locator("[data-save-text]")).to_have_text("有 3 题未同步，正在重试")
    expect(page.locator("[data-cell='2']")).to_have_attribute("aria-label", "第 2 题，已答，未同步")
    assert waiting_ops(page) == ["a1", "a2", "a3"]
    assert server.gallery.sitting.answers() == {}
    context.set_offline(False)
    expect(strip).to_have_text("网络已恢复，3 条作答记录已全部保存。")
    wait_for_save(page, 3)
    assert sorted(server.gallery.sitting.answers()) == ["a1", "a2", "a3"]
    assert waiting_ops(page) == []


def test_a_banner_moves_nothing_below_it(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    for viewport in ({"width": 1280, "height": 900}, PHONE):
        server.renew()
        context = new_context(viewport=viewport)
        page = context.new_page()
        page.goto(server.exam_url)
        question = page.locator("#q1")
        before = question.bounding_box()
        context.set_offline(True)
        choose(page, 1, "A")
        expect(page.locator("[data-strip-text]")).to_contain_text("网络已断开")
        assert question.bounding_box() == before


def test_a_server_that_cannot_save_is_told_apart_from_a_dead_line(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    server.gallery.sitting.trouble = 503
    choose(page, 1, "A")
    expect(page.locator("[data-strip-text]")).to_contain_text("答案暂时未能保存")
    server.gallery.sitting.trouble = 0
    wait_for_save(page, 1)


def test_a_reload_keeps_what_was_not_sent(server: Server, page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(server.exam_url)
    server.gallery.sitting.trouble = 503
    choose(page, 5, "C")
    wanted = value_of(page, 5, "C")
    expect(page.locator("[data-save-text]")).to_contain_text("未同步")
    page.goto("about:blank")  # away before saving works again: a page that is still there would try again by itself
    server.gallery.sitting.trouble = 0
    page.goto(server.exam_url)
    expect(page.locator("[data-strip-text]")).to_have_text("本机暂存的 1 题答案已补交。")
    wait_for_save(page, 5)
    assert server.gallery.sitting.answers()["a5"] == wanted
    epochs = [fields["t"] for kind, fields in server.gallery.sitting.log if fields.get("i") == "5"]
    assert len(set(epochs)) == 2, "offered under its own token first, then a new operation of the new page"
    assert page.evaluate("Object.keys(localStorage).filter(k => k.includes(':outbox:')).length") == 1


def test_what_someone_answered_since_is_not_overwritten(server: Server, page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(server.exam_url)
    server.gallery.sitting.trouble = 503
    choose(page, 5, "C")
    expect(page.locator("[data-save-text]")).to_contain_text("未同步")
    other = value_of(page, 5, "A")
    page.goto("about:blank")  # away before saving works again: a page that is still there would try again by itself
    server.gallery.sitting.trouble = 0
    server.gallery.sitting.save(99, {"k": "a", "i": "5", "n": "1", "v": other})
    server.gallery.sitting.kept["a5"].mark = (1, 0)
    page.goto(server.exam_url)
    side = page.locator("[data-side]")
    expect(side).to_contain_text("第 5 题：本机暂存 C，已保存 A")
    page.wait_for_timeout(200)
    assert server.gallery.sitting.answers()["a5"] == other
    side.get_by_role("button", name="改为本机的").click()
    wait_for_save(page, 5)
    expect(side).to_be_hidden()
    wanted = value_of(page, 5, "C")
    comes_to(page, lambda: server.gallery.sitting.answers()["a5"], wanted)


def test_a_superseded_operation_shows_the_newer_answer(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    newer = value_of(page, 1, "D")
    server.gallery.sitting.save(1, {"k": "a", "i": "1", "n": "50", "v": newer})
    choose(page, 1, "A")
    expect(page.locator("[data-strip-text]")).to_have_text("第 1 题有更新的答案，以更新的为准。")
    expect(page.locator(f"#q1{newer}")).to_be_checked()
    assert server.gallery.sitting.answers()["a1"] == newer


def test_a_page_that_lost_the_pen_turns_read_only_and_takes_it_back(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    old, new = new_context().new_page(), new_context().new_page()
    old.goto(server.exam_url)
    choose(old, 1, "A")
    wait_for_save(old, 1)
    new.goto(server.exam_url)
    choose(new, 2, "B")
    wait_for_save(new, 2)
    choose(old, 3, "C")
    strip = old.locator("[data-strip-text]")
    expect(strip).to_have_text(re.compile("^考试已转到其他设备继续（.*手机 Chrome）.*有 1 题没有来得及保存"))
    expect(old.locator("#q1 .opt input").first).to_be_disabled()
    assert "a3" not in server.gallery.sitting.answers()
    old.get_by_role("button", name="在本页继续作答").click()
    expect(old.locator("#q1 .opt input").first).to_be_enabled()
    expect(old.locator("#q2")).to_contain_text("已保存")
    wait_for_save(old, 3)
    assert server.gallery.sitting.epoch == 3


def test_two_tabs_of_one_browser_tell_each_other(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    context = new_context()
    first, second = context.new_page(), context.new_page()
    first.goto(server.exam_url)
    second.goto(server.exam_url)
    expect(first.locator("[data-strip-text]")).to_contain_text("本机的另一个页面")
    expect(first.locator("#q1 .opt input").first).to_be_disabled()
    expect(second.locator("#q1 .opt input").first).to_be_enabled()


def test_an_answer_after_the_deadline_is_refused_and_said(server: Server, page: Page) -> None:
    server.renew(left_ms=10_000)
    page.goto(server.exam_url)
    server.clock.offset_ms = 20_000
    choose(page, 1, "A")
    expect(page.locator("[data-strip-text]")).to_have_text(
        re.compile("^考试时间到，已收卷，正在评分，预计约 [0-9]+ 秒后出结果")
    )
    expect(page.locator("#q1 .opt input").first).to_be_disabled()
    server.gallery.sitting.closed = "auto_submitted"
    page.wait_for_url("**/sittings/7/result")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.includes(':outbox:')).length") == 0


def test_at_zero_the_server_is_asked_before_anything_is_locked(server: Server, page: Page) -> None:
    server.renew(left_ms=5_000)
    page.goto(server.exam_url)
    server.gallery.sitting.deadline_ms += 15 * MINUTE
    expect(page.locator("[data-strip-text]")).to_contain_text("您的截止时间已延长至")
    expect(page.locator("[data-strip-text]")).to_contain_text("+15 分钟")
    expect(page.locator("[data-clock]")).to_have_text(re.compile("^00:1[45]:"))
    expect(page.locator("#q1 .opt input").first).to_be_enabled()


def test_a_page_that_comes_when_the_time_is_already_up_asks_as_well(server: Server, page: Page) -> None:
    server.renew(left_ms=-200)
    page.goto(server.exam_url)
    expect(page.locator("[data-strip-text]")).to_have_text(
        re.compile("^考试时间到，已收卷，正在评分，预计约 [0-9]+ 秒后出结果")
    )
    server.gallery.sitting.closed = "auto_submitted"
    page.wait_for_url("**/sittings/7/result")


def test_a_sitting_that_was_closed_elsewhere_leads_to_its_result(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    server.gallery.sitting.closed = "submitted"
    choose(page, 1, "A")
    expect(page.locator("[data-strip-text]")).to_have_text("考试已经结束，本页已停止作答。")
    page.wait_for_url("**/result")


def test_the_hand_in_dialog_counts_and_waits_for_what_is_unsynced(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    choose(page, 1, "A")
    wait_for_save(page, 1)
    server.gallery.sitting.trouble = 503
    choose(page, 2, "A")
    expect(page.locator("[data-save-text]")).to_contain_text("未同步")
    page.get_by_role("button", name="交卷", exact=True).click()
    dialog = page.locator("#hand-in-dialog")
    expect(dialog).to_contain_text("您还有 48 题未作答、0 题已标记")
    expect(dialog.get_by_role("button", name="继续检查")).to_be_focused()
    expect(dialog.get_by_role("button", name="确认交卷")).to_be_disabled()
    server.gallery.sitting.trouble = 0
    expect(dialog.get_by_role("button", name="确认交卷")).to_be_enabled()
    dialog.get_by_role("button", name="确认交卷").click()
    page.wait_for_url("**/result")


def test_a_blank_in_the_dialog_leads_to_its_question(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    page.keyboard.press("s")
    page.locator("#hand-in-dialog").get_by_role("link", name="第 33 题", exact=True).click()
    expect(page.locator("#hand-in-dialog")).to_be_hidden()
    expect(page.locator("[data-cell='33']")).to_have_attribute("aria-current", "true")
    expect(page.locator("#q33")).to_be_in_viewport()


def test_the_whole_exam_can_be_done_with_keys(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    page.keyboard.press("b")
    page.keyboard.press("n")
    page.keyboard.press("3")
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    page.keyboard.press("p")
    expect(page.locator("[data-cell='2']")).to_have_attribute("aria-current", "true")
    wait_for_save(page, 3)
    wanted = {
        "a1": value_of(page, 1, "B"),
        "a2": value_of(page, 2, "C"),
        "f2": "1",
        "a3": value_of(page, 3, "A"),
    }
    comes_to(page, server.gallery.sitting.answers, wanted)
    page.keyboard.press("t")
    expect(page.locator("[data-status]")).to_have_text(re.compile("^剩余 59 分 .*还有 47 题未作答$"))
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_be_visible()
    page.get_by_label("使用这些快捷键").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("[data-cell='2']")).to_have_attribute("aria-current", "true")


def test_on_a_phone_one_question_is_shown_with_a_bar_and_a_sheet(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
    page.goto(server.exam_url)
    expect(page.locator("#q1")).to_be_visible()
    expect(page.locator("#q2")).to_be_hidden()
    page.get_by_role("button", name="下一题").tap()
    expect(page.locator("#q2")).to_be_visible()
    page.locator("#q2 .opt label").nth(1).tap()
    page.locator("[data-open-card]").tap()
    sheet = page.locator("#card-dialog")
    expect(sheet.locator("[data-cell='2']")).to_have_class(re.compile("is-answered"))
    sheet.get_by_role("button", name="未答").tap()
    expect(sheet.locator("[data-cell='2']")).to_be_hidden()
    sheet.locator("[data-cell='40']").tap()
    expect(page.locator("#q40")).to_be_visible()
    expect(sheet).to_be_hidden()
    page.get_by_role("button", name="整卷").tap()
    expect(page.locator("#q1")).to_be_visible()


def test_the_clock_can_be_hidden_until_five_minutes(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    page.locator(".exam-bar").get_by_role("button", name="隐藏时间").click()
    expect(page.locator("[data-clock]")).to_have_text("已隐藏")
    server.renew(left_ms=5 * MINUTE - 1000)
    page.goto(server.exam_url)
    expect(page.locator(".exam-bar").get_by_role("button", name="隐藏时间")).to_be_hidden()
    expect(page.locator("[data-clock-note]")).to_have_text("即将结束")


def test_the_last_minutes_are_announced(server: Server, page: Page) -> None:
    server.renew(left_ms=10 * MINUTE + 5_000)
    page.goto(server.exam_url)
    expect(page.locator("[data-status]")).to_have_text("剩余 10 分钟，还有 50 题未作答")


def test_leaving_is_reported_only_where_the_rulebook_asks(server: Server, page: Page) -> None:
    away = "Object.defineProperty(document, 'hidden', {get: () => HIDDEN, configurable: true});"
    turn = away + "document.dispatchEvent(new Event('visibilitychange')); dispatchEvent(new Event('blur'))"
    page.goto(server.exam_url)
    page.evaluate(turn.replace("HIDDEN", "true"))
    page.evaluate(turn.replace("HIDDEN", "false"))
    page.wait_for_timeout(200)
    assert not {kind for kind, _ in server.gallery.sitting.log} & {"leave", "return", "focus"}
    server.renew(reports=Reports(leave_grace_s=30, focus_loss_limit=3))
    page.goto(server.exam_url)
    page.evaluate(turn.replace("HIDDEN", "true"))
    page.evaluate(turn.replace("HIDDEN", "false"))
    expect(page.locator("[data-strip-text]")).to_contain_text("离开考试页面超过 30 秒没有回来")
    log = server.gallery.sitting.log
    comes_to(page, lambda: sorted(kind for kind, _ in log if kind != "pulse"), ["focus", "leave", "return"])
    server.gallery.sitting.log.clear()
    with page.expect_navigation():
        page.evaluate("setTimeout(() => location.reload())")
    page.wait_for_timeout(300)
    with page.expect_navigation():
        page.get_by_role("link", name="放弃考试").click()
    page.wait_for_timeout(300)
    assert [kind for kind, _ in server.gallery.sitting.log if kind in ("leave", "focus")] == []


def test_nothing_nags_when_all_is_saved(server: Server, page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(server.exam_url)
    choose(page, 1, "A")
    wait_for_save(page, 1)
    page.goto(f"{server.url}/pages/my")
    assert asked == []
    page.goto(server.exam_url)
    server.gallery.sitting.trouble = 503
    choose(page, 1, "B")
    expect(page.locator("[data-save-text]")).to_contain_text("未同步")
    page.goto(f"{server.url}/pages/my")
    assert asked == ["beforeunload"]


def test_the_readers_size_is_kept(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    page.get_by_role("button", name="大", exact=True).click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-size", "22")
