"""The candidate's pages in their states."""

from dataclasses import replace

from examengine.refusals import Next, Reason, Refusal
from examengine.rules.load import packaged
from examengine.web import messages
from examengine.web.candidate import contract_words
from examengine.web.candidate.qr import qr_of
from examengine.web.contexts import candidate, receipt
from examengine.web.contexts.frame import Act, Alert, ErrorPage, Fact, FieldError
from tests.web.samples.frames import LI, MINUTE, NOW, OUTSIDE, ZONE, at
from tests.web.samples.paper import exam_page, sections

LEDGER = (
    candidate.LedgerLine(at("2026-05-06T09:00:00"), "本年度开放", 3),
    candidate.LedgerLine(at("2026-05-20T20:01:09"), "第 1 次考试", -1),
)

ROW = candidate.ExamRow(
    enrolment_id=1,
    subject="数字素养与网络安全",
    year=2026,
    label="正考",
    state=candidate.ExamState.READY,
    opens_ms=at("2026-05-06T00:00:00"),
    closes_ms=at("2027-01-01T00:00:00"),
    minutes=60,
    questions=50,
    full_hundredths=10_000,
    pass_hundredths=6_000,
    allowed=3,
    used=1,
    learning_percent=100,
    last_score_hundredths=5_400,
    last_text="不及格",
    primary=Act("/enrolments/1/contract", "开始考试（第 2 次）"),
    others=(Act("/sittings/3/result", "查看上次成绩"),),
    ledger=LEDGER,
)

ROWS = (
    replace(
        ROW,
        enrolment_id=2,
        state=candidate.ExamState.RUNNING,
        running=candidate.Running(7, 2, NOW + 41 * MINUTE, 41 * MINUTE, 37, 50),
        primary=Act("/sittings/7", "继续考试"),
        used=2,
        others=(),
    ),
    ROW,
    replace(
        ROW,
        enrolment_id=3,
        subject="生态文明与可持续发展",
        state=candidate.ExamState.BLOCKED,
        used=0,
        learning_percent=62,
        last_text="",
        last_score_hundredths=None,
        reason_text="学习进度为 62%，达到 100% 后才能考试。",
        primary=Act("/enrolments/3/why", "为什么不能考试"),
        others=(),
        ledger=(),
    ),
    replace(
        ROW,
        enrolment_id=4,
        subject="信息技术与信息安全",
        year=2014,
        state=candidate.ExamState.EXHAUSTED,
        used=2,
        allowed=2,
        reason_text="您的考试次数都已用完。可以购买新卡，激活后重新学习和考试。",
        card_form=True,
        primary=Act("/enrolments/4/why", "为什么不能考试"),
        others=(),
    ),
    replace(
        ROW,
        enrolment_id=5,
        subject="新时期法治思维",
        year=2025,
        label="补考（上年度）",
        state=candidate.ExamState.PASSED,
        last_score_hundredths=8_600,
        last_text="及格",
        primary=Act("/sittings/4/result", "查看成绩"),
        others=(),
        ledger=(),
    ),
)

GUANGXI = packaged("guangxi-2014")

CONTRACT = candidate.Contract(
    frame=LI,
    enrolment_id=1,
    intent="sample",
    subject="数字素养与网络安全",
    year=2026,
    no=2,
    allowed=3,
    label="正考",
    deadline_ms=NOW + 60 * MINUTE,
    deadline_reason="time_limit",
    minutes=60,
    facts=(
        Fact("时长", "60 分钟"),
        *contract_words.paper_facts(GUANGXI.exam.paper),
        Fact("及格线", "60 分", "满分 100，含 60 分"),
        Fact("机会", "第 2 次，共 3 次", "这次之后还剩 1 次"),
        Fact("现在开始的截止时间", "15:02:11"),
        Fact("开放期结束", "2026年12月31日"),
    ),
    rules=contract_words.rules_told(GUANGXI),
    undertaking=contract_words.undertaking(),
)

RECEIPT = receipt.ReceiptShown(
    number="7KQM-3XWT-9HFD",
    digest="3f9a-07c2-b1d4-88e0",
    ended_ms=NOW,
    answered=50,
    questions=50,
    address="https://exam.example.cn/receipt",
    file_href="/sittings/7/receipt.json",
    qr=qr_of("https://exam.example.cn/receipt?number=7KQM3XWT9HFD&digest=3f9a07c2b1d488e0"),
)
RESULT = candidate.Result(
    frame=LI,
    sitting_id=7,
    subject="数字素养与网络安全",
    year=2026,
    verdict=candidate.Verdict.PASS,
    score_hundredths=8_600,
    full_hundredths=10_000,
    pass_hundredths=6_000,
    no=2,
    allowed=3,
    label="正考",
    how="本人交卷",
    why="成绩达到及格线。",
    started_ms=NOW - 44 * MINUTE,
    ended_ms=NOW,
    took_ms=44 * MINUTE,
    answered=50,
    total=50,
    sections=(
        candidate.SectionScore("单选题", 5_200, 6_000, 26, 30),
        candidate.SectionScore("多选题", 2_400, 3_000, 8, 10),
        candidate.SectionScore("判断题", 1_000, 1_000, 10, 10),
    ),
    next_title="今年的考试已经完成",
    next_text="学时由系统登记，不需要您再办理。合格证书开放下载后会出现在“我的考试”。",
    act=Act("/my", "返回我的考试"),
    receipt=RECEIPT,
)
CHECK = receipt.ReceiptCheck(replace(OUTSIDE, demo=False), "7KQM-3XWT-9HFD", "3f9a-07c2-b1d4-88e0")


def _error(status: int) -> ErrorPage:
    title, text, next_text = messages.STATUSES[status]
    return ErrorPage(LI, status, title, text, next_text, (Act("/my", "我的考试"),), "K7Q-2F" if status == 500 else "")


WHY = messages.refusal_told(Refusal(Reason.ATTEMPTS_EXHAUSTED, Next.CALL_SUPPORT), ZONE)

PAGES: dict[str, tuple[str, object]] = {
    "login": ("login.html", candidate.Login(OUTSIDE)),
    "login-wrong": (
        "login.html",
        candidate.Login(
            OUTSIDE,
            "450702198001010018",
            "/my",
            30,
            Alert("warning", "请重新登录", "登录已过期，已保存的答案都在。"),
            (FieldError("password", "证件号码或密码不对"),),
        ),
    ),
    "password": ("password.html", candidate.Password(LI, True, 10)),
    "password-wrong": (
        "password.html",
        candidate.Password(LI, False, 10, (FieldError("again", "两次输入的新密码不一样"),)),
    ),
    "my": ("my.html", candidate.My(LI, ROWS)),
    "my-empty": ("my.html", candidate.My(replace(LI, flash=Alert("success", "新密码已保存")), ())),
    "why": (
        "why.html",
        candidate.Why(
            LI,
            "数字素养与网络安全",
            2026,
            WHY.title,
            WHY.text,
            WHY.next_text,
            None,
            (
                candidate.Condition("在开放时间内", True, "2026年5月6日至12月31日"),
                candidate.Condition("还有考试次数", False, "3 次都已用完"),
                candidate.Condition("学习已完成", None),
            ),
        ),
    ),
    "contract": ("contract.html", CONTRACT),
    "contract-short": (
        "contract.html",
        replace(
            CONTRACT,
            short_minutes=23,
            deadline_ms=NOW + 23 * MINUTE,
            deadline_reason="window_end",
            errors=(FieldError("honest", "请先勾选诚信承诺"),),
        ),
    ),
    "exam": ("exam.html", exam_page()),
    "exam-resumed": (
        "exam.html",
        exam_page(
            sections(answered=12, total=(4, 0, 0)),
            resumed=candidate.Resumed(12, NOW - 4 * MINUTE),
            left_ms=8 * MINUTE,
            reports=candidate.Reports(30, 3, 1),
        ),
    ),
    "hand-in": (
        "hand_in.html",
        candidate.HandIn(
            LI,
            7,
            "2026 年度公需科目考试",
            "sample",
            50,
            37,
            tuple(range(38, 51)),
            (4, 31),
            NOW + 9 * MINUTE,
            9 * MINUTE,
        ),
    ),
    "hand-in-early": (
        "hand_in.html",
        candidate.HandIn(
            LI,
            7,
            "2026 年度公需科目考试",
            "sample",
            50,
            50,
            (),
            (),
            NOW + 55 * MINUTE,
            55 * MINUTE,
            NOW + 10 * MINUTE,
        ),
    ),
    "give-up-1": (
        "give_up.html",
        candidate.GiveUp(
            LI,
            7,
            "2026 年度公需科目考试",
            1,
            "sample",
            2,
            3,
            37,
            50,
            41 * MINUTE,
            NOW + 41 * MINUTE,
            ("第 2 次机会用掉，登记为不及格，没有成绩。", "不能再回到这次考试。", "还剩 1 次机会。"),
        ),
    ),
    "give-up-2": (
        "give_up.html",
        candidate.GiveUp(
            LI,
            7,
            "2026 年度公需科目考试",
            2,
            "sample",
            2,
            3,
            37,
            50,
            41 * MINUTE,
            NOW + 41 * MINUTE,
            ("第 2 次机会用掉，登记为不及格，没有成绩。",),
            (FieldError("sure", "请先勾选"),),
        ),
    ),
    "takeover": (
        "takeover.html",
        candidate.Takeover(LI, 7, "2026 年度公需科目考试", NOW - 21_000, "手机 Chrome", 37, 50, NOW + 41 * MINUTE),
    ),
    "taken": (
        "taken.html",
        candidate.Taken(
            LI,
            7,
            "2026 年度公需科目考试",
            NOW - 21_000,
            "手机 Chrome",
            (candidate.Unsent(38, "B", ""),),
            NOW + 41 * MINUTE,
        ),
    ),
    "unsaved": (
        "unsaved.html",
        candidate.Unsaved(OUTSIDE, 7, "sample", False, (3, 4, 38), (("shown", "1,2,3"), ("q3", "b"))),
    ),
    "unsaved-wrong": (
        "unsaved.html",
        candidate.Unsaved(
            OUTSIDE, 7, "sample", True, (3,), (("q3", "b"),), (FieldError("password", "密码不对，请再输一次"),)
        ),
    ),
    "registering": (
        "registering.html",
        candidate.Registering(
            LI,
            "已收卷，正在评分",
            "您的答案都已保存，考试结果正在登记。",
            NOW,
            2,
            Act("/sittings/7/result", "现在再问一次"),
        ),
    ),
    "registering-hand-in": (
        "registering.html",
        candidate.Registering(
            LI,
            "正在登记",
            "系统正在恢复，您的操作还没有登记完成。答案都已保存，请过几秒再按一次。",
            NOW,
            2,
            Act("/sittings/7/hand-in", "再试一次", post=True),
            (("t", "sample"),),
        ),
    ),
    "result-pass": ("result.html", RESULT),
    "result-fail": (
        "result.html",
        replace(
            RESULT,
            verdict=candidate.Verdict.FAIL,
            score_hundredths=5_450,
            why="成绩没有达到及格线。",
            how="到时自动交卷",
            next_title="还可以再考 1 次",
            next_text="不需要重新学习，12月31日前随时可以开始。",
            act=Act("/enrolments/1/contract", "再次考试"),
        ),
    ),
    "result-no-score": (
        "result.html",
        replace(
            RESULT,
            verdict=candidate.Verdict.FAIL,
            score_hundredths=None,
            sections=(),
            how="到时未交卷",
            answered=37,
            why="截止时您已离开考试页面，或者网络断开，没有交卷。按规定本次无成绩，登记为不及格。",
            next_title="考试次数已用完",
            next_text="请致电客服 400-000-0000，说明您的姓名和证件号后四位。",
            act=None,
            note="如果当时是平台故障，客服可以核对记录后为您办理。",
        ),
    ),
    "result-awaiting": (
        "result.html",
        replace(
            RESULT,
            verdict=candidate.Verdict.AWAITING,
            score_hundredths=None,
            sections=(),
            why="答卷已收到，成绩还没有公布。",
            next_title="等待公布",
            next_text="成绩在开放期结束后公布。",
            act=None,
        ),
    ),
    "receipt": ("receipt.html", receipt.ReceiptCheck(OUTSIDE)),
    "receipt-agrees": ("receipt.html", replace(CHECK, agrees=True)),
    "receipt-differs": ("receipt.html", replace(CHECK, agrees=False)),
    "receipt-wait": ("receipt.html", replace(CHECK, wait_s=412)),
    "receipt-wrong": (
        "receipt.html",
        replace(
            CHECK,
            number="7KQM-3XWT",
            digest="回执",
            errors=(
                FieldError("number", "回执编号是 12 位字母和数字，请对照回执再看一遍"),
                FieldError("digest", "校验码是 16 位（或完整的 64 位），只有数字和字母 a–f"),
            ),
        ),
    ),
    "error-404": ("error.html", _error(404)),
    "error-500": ("error.html", _error(500)),
}
