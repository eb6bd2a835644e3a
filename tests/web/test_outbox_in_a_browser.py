"""What the exam page keeps, sends again and forgets, in a real browser against a sitting kept in memory."""

import json
import re
import time
from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.web.conftest import Server
from tests.web.samples import MINUTE
from tests.web.test_exam_page_in_a_browser import choose, value_of, wait_for_save, waiting_ops

RECORDS = """Object.keys(localStorage).filter((k) => k.startsWith("examengine:outbox:"))
  .map((k) => JSON.parse(localStorage[k]))"""
FIRST_RETRY_MS = 400
SILENT_MS = 3_000
TURN_PATIENCE_S = 12.0
NO_LOCKS = "Object.defineProperty(navigator, 'locks', { value: undefined })"
FULL = """() => { Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; }"""
FORBIDDEN = (
    """Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } })"""
)


def kept(page: Page) -> dict[str, dict[str, object]]:
    """Acknowledged operations that are not known to be in SQL, over all pages of this browser."""
    found: dict[str, dict[str, object]] = {}
    for record in page.evaluate(RECORDS):
        found.update(record["kept"])
    return found


def saves(server: Server) -> list[dict[str, str]]:
    return [fields for kind, fields in server.gallery.sitting.log if kind == "save"]


def pulse(page: Page) -> None:
    """Let the page ask the server, as it does whenever it comes to the front."""
    with page.expect_response("**/pulse"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_what_is_acknowledged_is_kept_until_it_is_in_sql(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    for position in (1, 2):
        choose(page, position, "B")
        wait_for_save(page, position)
    assert waiting_ops(page) == []
    assert {id_: op["r"] for id_, op in kept(page).items()} == {"a1": 1, "a2": 2}
    server.gallery.sitting.shipped = 1
    pulse(page)
    page.wait_for_function(f"() => ({RECORDS}).every((r) => Object.keys(r.kept).join() === 'a2')")
    server.gallery.sitting.shipped = 2
    pulse(page)
    page.wait_for_function(f"() => ({RECORDS}).every((r) => Object.keys(r.kept).length === 0)")


def test_an_open_page_gives_a_rebuilt_sitting_back_what_it_lacks(server: Server, page: Page) -> None:
    sitting = server.gallery.sitting
    page.goto(server.exam_url)
    for position, letter in ((1, "A"), (2, "B"), (3, "C")):
        choose(page, position, letter)
        wait_for_save(page, position)
    sitting.shipped = 1
    before = sitting.answers()
    sitting.lose_redis()
    assert list(sitting.answers()) == ["a1"]
    choose(page, 4, "D")
    expect(page.locator("[data-strip-text]")).to_have_text("考试已恢复，本页重新提交了 3 条作答记录，没有丢失答案。")
    wait_for_save(page, 4)
    assert sitting.answers() == {**before, "a4": value_of(page, 4, "D")}
    assert sitting.epoch == 2
    for position in (2, 3, 4):
        expect(page.locator(f"#q{position} .q-state")).to_have_text("已保存")
    choose(page, 5, "A")
    wait_for_save(page, 5)
    assert page.evaluate(f"({RECORDS}).map((r) => [r.epoch, r.g])") == [[2, 2]]
    tokens = page.evaluate("[...document.querySelectorAll('input[name=t]')].map((i) => i.value)")
    assert set(tokens) == {saves(server)[-1]["t"]}


def test_what_a_rebuilt_sitting_has_but_sql_may_not_is_kept_on_under_its_revision_of_now(
    server: Server, page: Page
) -> None:
    sitting = server.gallery.sitting
    page.goto(server.exam_url)
    for position in (1, 2, 3):
        choose(page, position, "A")
        wait_for_save(page, position)
    sitting.shipped = 3
    sitting.lose_redis()
    sitting.shipped, sitting.revision = 1, 9
    sitting.kept["a1"].revision, sitting.kept["a2"].revision = 1, 9  # was brought back
    sitting.kept["a3"].value, sitting.kept["a3"].mark = value_of(page, 3, "D"), (1, 99)  # was answered elsewhere
    with page.expect_response("**/rejoin"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function(f"() => ({RECORDS})[0].g === 2")
    assert {id_: op["r"] for id_, op in kept(page).items()} == {"a2": 9}


def test_what_was_answered_elsewhere_before_the_rebuild_is_not_overwritten(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    sitting = server.gallery.sitting
    page = new_context().new_page()
    page.goto(server.exam_url)
    for position in (1, 2):
        choose(page, position, "A")
        wait_for_save(page, position)
    sitting.shipped = 2
    other = value_of(page, 1, "D")
    sitting.lose_redis()
    sitting.kept["a1"].value, sitting.kept["a1"].mark = other, (1, 99)
    page.context.set_offline(True)
    choose(page, 2, "B")
    page.context.set_offline(False)
    wait_for_save(page, 2)
    expect(page.locator(f"#q1{other}")).to_be_checked()
    assert sitting.answers() == {"a1": other, "a2": value_of(page, 2, "B")}


def test_a_conflict_over_a_rebuild_is_shown_and_survives_a_reload(server: Server, page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    sitting = server.gallery.sitting
    page.goto(server.exam_url)
    choose(page, 1, "A")
    wait_for_save(page, 1)
    other = value_of(page, 1, "D")
    sitting.shipped = 1
    sitting.lose_redis()
    sitting.kept["a1"].value, sitting.kept["a1"].mark = other, (1, 99)
    choose(page, 1, "B")
    side = page.locator("[data-side]")
    expect(side).to_contain_text("第 1 题：本机暂存 B，已保存 D")
    assert sitting.answers() == {"a1": other}
    page.reload()
    expect(side).to_contain_text("第 1 题：本机暂存 B，已保存 D")
    side.get_by_role("button", name="保留已保存的").click()
    expect(side).to_be_hidden()
    page.reload()
    expect(page.locator("form[data-show]")).to_be_visible()
    page.wait_for_timeout(200)
    expect(side).to_be_hidden()
    assert sitting.answers() == {"a1": other}


def test_a_page_closed_before_the_loss_gives_its_answers_to_the_next_one(server: Server, page: Page) -> None:
    sitting = server.gallery.sitting
    page.goto(server.exam_url)
    for position in (1, 2):
        choose(page, position, "A")
        wait_for_save(page, position)
    context = page.context
    page.close()
    sitting.shipped = 1
    sitting.lose_redis()
    again = context.new_page()
    again.goto(server.exam_url)
    expect(again.locator("[data-strip-text]")).to_have_text("本机暂存的 1 题答案已补交。")
    wait_for_save(again, 2)
    assert sorted(sitting.answers()) == ["a1", "a2"]


def test_a_reload_goes_on_keeping_what_is_not_in_sql(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    choose(page, 1, "A")
    wait_for_save(page, 1)
    page.reload()
    page.wait_for_function(f"() => ({RECORDS}).length === 1 && ({RECORDS})[0].epoch === 2")
    assert kept(page)["a1"]["e"] == 1
    assert len(saves(server)) == 1


@pytest.mark.parametrize("lease", [False, True], ids=["locks", "lease"])
def test_two_tabs_send_what_a_third_has_left_once(
    server: Server, new_context: Callable[..., BrowserContext], lease: bool
) -> None:
    context = new_context()
    if lease:
        context.add_init_script(NO_LOCKS)
    first = context.new_page()
    first.goto(server.exam_url)
    server.gallery.sitting.trouble = 503
    for position in range(1, 6):
        choose(first, position, "A")
    expect(first.locator("[data-save-text]")).to_contain_text("未同步")
    first.close(run_before_unload=False)
    # what was on its way when the page closed has been refused by now
    first = context.new_page()
    first.goto(server.url)
    first.wait_for_timeout(300)
    server.gallery.sitting.trouble = 0
    sent: list[tuple[str, str]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/answers"):
            fields = dict(parse_qsl(request.post_data or ""))
            sent.append((fields["t"], fields["i"]))

    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.on("request", note)
    began_s = time.monotonic()
    for tab in tabs:
        tab.goto(server.exam_url, wait_until="commit")
    expect(tabs[1].locator(".q-state[data-state=saved]")).to_have_count(5)
    left = [op for op in sent if op[0].startswith("7~3~1~1~")]
    aside = [(epoch, key) for epoch, key, _value in server.gallery.sitting.aside]
    if time.monotonic() - began_s < TURN_PATIENCE_S:  # on a busy machine a tab no longer waits for its turn
        assert sorted(position for _, position in left) == ["1", "2", "3", "4", "5"], "each was offered once"
        assert len(aside) == len(set(aside)), "each is kept once for the record"
    assert sorted(server.gallery.sitting.answers()) == ["a1", "a2", "a3", "a4", "a5"]
    assert {key for epoch, key in aside if epoch == 1} == {"a1", "a2", "a3", "a4", "a5"}
    expect(tabs[0].locator("[data-side]")).to_be_hidden()


def test_what_an_older_page_could_not_send_reaches_the_record_once(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    old, new = new_context().new_page(), new_context().new_page()
    old.goto(server.exam_url)
    server.gallery.sitting.trouble = 503
    for position in (1, 2):
        choose(old, position, "C")
    new.goto(server.exam_url)
    server.gallery.sitting.trouble = 0
    expect(old.locator("[data-strip-text]")).to_contain_text("有 2 题没有来得及保存")
    side = old.locator("[data-side]")
    expect(side).to_contain_text("本页有 2 题没有保存")
    expect(side).to_contain_text("第 1 题：本页选的 C")
    expect(side.get_by_role("button")).to_have_count(0)
    old.wait_for_function(f"() => ({RECORDS}).every((r) => Object.values(r.ops).every((op) => op.told))")
    assert sorted(key for _, key, _ in server.gallery.sitting.aside) == ["a1", "a2"]
    old.get_by_role("button", name="在本页继续作答").click()
    wait_for_save(old, 2)
    assert len(server.gallery.sitting.aside) == 2
    assert sorted(server.gallery.sitting.answers()) == ["a1", "a2"]


def stand_still(page: Page) -> None:
    """Hold the page's clock: its timers fire when the test lets time pass, however slow the machine is."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 60)


def let_page_hear(page: Page) -> None:
    """What came to the page before this has been dealt with: it asks once more, and is answered."""
    page.evaluate("fetch('/').then((reply) => reply.text())")


def test_a_hiccup_is_not_worth_a_word(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    page.evaluate("""() => { window.told = [];
      new MutationObserver(() => window.told.push(document.querySelector("[data-strip-text]").textContent))
        .observe(document.querySelector("[data-strip-text]"), { childList: true }); }""")
    stand_still(page)
    page.route("**/answers", lambda route: route.abort("connectionrefused"))
    with page.expect_event("requestfailed"):
        choose(page, 1, "A")
    let_page_hear(page)
    with page.expect_event("requestfailed"):
        page.clock.run_for(FIRST_RETRY_MS)
    let_page_hear(page)
    page.unroute("**/answers")
    with page.expect_response("**/answers"):
        page.clock.run_for(SILENT_MS - FIRST_RETRY_MS - 1)
    expect(page.locator("[data-save]")).to_have_attribute("data-save", "saved")
    page.clock.run_for(SILENT_MS)
    assert page.evaluate("window.told") == []


def test_what_lasts_is_said_and_never_called_saved(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    server.gallery.sitting.trouble = 503
    choose(page, 1, "A")
    expect(page.locator("#q1 .q-state")).to_have_text("保存中")
    expect(page.locator("#q1 .q-state")).to_have_text("未同步")
    expect(page.locator("[data-save-text]")).to_have_text("有 1 题未同步，正在重试")
    expect(page.locator("[data-strip-text]")).to_contain_text("答案暂时未能保存")


def test_a_server_in_a_storm_is_left_the_time_it_asks_for(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    sitting = server.gallery.sitting
    sitting.trouble, sitting.trouble_headers = 503, {"retry-after": "2"}
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/answers" in request.url else None)
    stand_still(page)
    with page.expect_response("**/answers"):
        for position in range(1, 5):
            choose(page, position, "A")
    let_page_hear(page)
    side_by_side = len(asked)
    for position in range(5, 8):
        choose(page, position, "A")
    page.clock.run_for(1_900)
    let_page_hear(page)
    assert len(asked) == side_by_side <= 4, "clicks do not hurry a server that asked for patience"
    sitting.trouble = 0
    page.clock.run_for(800)
    expect(page.locator(".q-state[data-state=saved]")).to_have_count(7)
    expect(page.locator("[data-save]")).to_have_attribute("data-save", "saved")


def test_an_ended_session_asks_for_the_password_and_takes_nothing_away(server: Server, page: Page) -> None:
    sitting = server.gallery.sitting
    page.goto(server.exam_url)
    sitting.revoked = True
    choose(page, 1, "A")
    panel = page.get_by_role("region", name="重新登录")
    expect(panel).to_be_visible()
    expect(page.locator("[data-status]")).to_contain_text("登录已失效")
    expect(page.locator("#q1 .q-state")).to_have_text("未同步")
    choose(page, 2, "B")
    expect(page.locator("[data-save-text]")).to_have_text("有 2 题未同步，登录后提交")
    page.locator("#hand-in").click()
    dialog = page.locator("#hand-in-dialog")
    expect(dialog).to_contain_text("登录已失效")
    expect(dialog.get_by_role("button", name="确认交卷")).to_be_disabled()
    dialog.get_by_role("button", name="继续检查").click()
    field = panel.get_by_label("密码")
    field.fill("abc")
    field.press("Enter")
    expect(panel.get_by_role("alert")).to_have_text("密码不对，请再输一次。答案仍暂存在本机。")
    expect(field).to_be_focused()
    assert page.locator("#q1 .opt input:checked").count() == 1
    field.fill(sitting.password)
    panel.get_by_role("button", name="登录并继续作答").click()
    expect(panel).to_be_hidden()
    wait_for_save(page, 2)
    expect(page.locator("[data-strip-text]")).to_have_text("已重新登录，请继续作答。")
    assert sorted(sitting.answers()) == ["a1", "a2"]
    assert page.locator("#sign-in-password").input_value() == ""
    assert sitting.epoch == 1, "with its own pen"


def test_storage_that_is_full_or_forbidden_is_said_and_answers_are_sent_all_the_same(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(server.exam_url)
    page.evaluate(FULL)
    choose(page, 1, "A")
    wait_for_save(page, 1)
    expect(page.locator("[data-strip-text]")).to_contain_text("这个浏览器不能暂存答案")
    server.renew()
    context = new_context()
    context.add_init_script(FORBIDDEN)
    other = context.new_page()
    other.goto(server.exam_url)
    expect(other.locator("[data-strip-text]")).to_contain_text("这个浏览器不能暂存答案")
    choose(other, 1, "A")
    wait_for_save(other, 1)
    assert list(server.gallery.sitting.answers()) == ["a1"]


WRONG = (
    "null",
    "7",
    '"x"',
    "[]",
    "{",
    "{}",
    '{"token": 5, "epoch": 1, "page": "x", "ops": {}}',
    '{"token": "t", "epoch": "1", "page": "x", "ops": {}}',
    '{"token": "t", "epoch": 0, "page": "x", "ops": null}',
    '{"token": "t", "epoch": 0, "page": "x", "ops": {"a1": null, "zz": {}, "a999": {"n": 1, "v": "a", "b": 0}}}',
    '{"token": "t", "epoch": 0, "page": "x", "kept": {"a1": 5}, "side": {"a1": {}, "__proto__": "a"}}',
)


def test_whatever_lies_in_the_storage_the_page_works(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/pages/my")
    for number, text in enumerate(WRONG):
        page.evaluate("([k, v]) => localStorage.setItem(k, v)", [f"examengine:outbox:7:0:{number}", text])
    page.evaluate("localStorage.setItem('examengine:drain:7', 'x y z')")
    page.goto(server.exam_url)
    choose(page, 1, "A")
    wait_for_save(page, 1)
    page.wait_for_function(
        "() => Object.keys(localStorage).filter((k) => k.startsWith('examengine:outbox:7:0:')).length === 0"
    )
    assert list(server.gallery.sitting.answers()) == ["a1"]


def test_nothing_that_names_a_person_is_kept(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    choose(page, 1, "A")
    wait_for_save(page, 1)
    everything = json.dumps(page.evaluate("({ ...localStorage })"), ensure_ascii=False)
    shown = page.locator(".bar-title p").inner_text()
    name, tail = re.fullmatch(r"(\S+) 尾号 (\S+)", shown).groups()  # type: ignore[union-attr]
    assert name not in everything
    assert tail not in everything


def test_another_attempts_leftovers_are_neither_sent_nor_shown(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/pages/my")
    other = {"token": "other", "who": "w", "g": 1, "epoch": 0, "page": "p0", "n": 3, "at": 0}
    other |= {"ops": {"a1": {"n": 3, "v": "a", "b": 0}}, "kept": {}, "side": {"a2": "a"}}
    put = "([at, record]) => localStorage.setItem('examengine:outbox:8:0:p0', JSON.stringify({ ...record, at }))"
    page.evaluate(put, [page.evaluate("Date.now()"), other])
    page.goto(server.exam_url)
    choose(page, 3, "A")
    wait_for_save(page, 3)
    expect(page.locator("[data-side]")).to_be_hidden()
    assert list(server.gallery.sitting.answers()) == ["a3"]
    assert [fields["t"] for fields in saves(server) if fields["t"] == "other"] == []
    assert page.evaluate("'examengine:outbox:8:0:p0' in localStorage")
    page.evaluate(put, [page.evaluate("Date.now() - 8 * 24 * 3600e3"), other])
    page.reload()
    page.wait_for_function("() => !('examengine:outbox:8:0:p0' in localStorage)")


def test_the_result_forgets_every_page_of_the_attempt(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/pages/my")
    for epoch in (1, 2):
        page.evaluate("([k]) => localStorage.setItem(k, '{}')", [f"examengine:outbox:7:{epoch}:p"])
    page.evaluate("localStorage.setItem('examengine:outbox:70:1:p', 'another attempt')")
    server.gallery.sitting.closed = "submitted"
    page.goto(f"{server.url}/result")
    page.wait_for_function("() => !Object.keys(localStorage).some((k) => k.startsWith('examengine:outbox:7:'))")
    assert page.evaluate("'examengine:outbox:70:1:p' in localStorage")


def test_a_deadline_is_not_moved_by_the_answer_about_a_sitting_not_joined_yet(server: Server, page: Page) -> None:
    page.goto(server.exam_url)
    server.gallery.sitting.lose_redis()
    server.gallery.sitting.epoch = 1
    server.gallery.sitting.deadline_ms += 5 * MINUTE
    pulse(page)
    expect(page.locator("[data-strip-text]")).to_contain_text("您的截止时间已延长至")
    choose(page, 1, "A")
    wait_for_save(page, 1)
    assert [kind for kind, _ in server.gallery.sitting.log].count("rejoin") == 1
