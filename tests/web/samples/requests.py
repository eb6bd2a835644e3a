"""Requests for make-up study and exam: the candidate's page and the desk's, and accommodations on a person's page."""

from dataclasses import replace

from examengine.web.contexts import candidate, requests, support
from examengine.web.contexts.acts import Control, Effect
from examengine.web.contexts.finding import TimelineRow
from examengine.web.contexts.frame import Act, Alert, Fact, FieldError
from tests.web.samples.acts import GRANT
from tests.web.samples.candidate import ROW
from tests.web.samples.frames import LI, MINUTE, NOW, at, staff
from tests.web.samples.staff import DESK

DESK_FRAME = staff(
    ("/support", "来电查询"),
    ("/support/approvals", "待审批"),
    ("/support/cases", "待核实"),
    ("/support/requests", "补考申请"),
    here="补考申请",
)
OPEN = requests.StaffingShown("工作日 9:00–12:00，14:00–18:00", "现在有客服在岗，到 18:00。", True)
CLOSED = requests.StaffingShown(
    "工作日 9:00–12:00，14:00–18:00", "现在不是客服时间，下一次从 2026年6月2日 09:00 起。", False
)
WAITING = requests.RequestShown(17, "BK-00017", NOW - 40 * MINUTE, "等待办理", "wait", None, "", 3)
REFUSED = requests.RequestShown(
    9,
    "BK-00009",
    at("2026-05-20T09:00:00"),
    "没有同意",
    "bad",
    at("2026-05-20T15:12:00"),
    "您的学习还没有完成，请先在学习平台学完全部课程，再申请一次。",
)
ASK = requests.AskForAttempts(
    frame=LI,
    enrolment_id=1,
    subject="数字素养与网络安全",
    year=2026,
    facts=(
        Fact("考试", "数字素养与网络安全"),
        Fact("已经考过", "3 次，没有及格"),
        Fact("考试开放到", "2026年12月31日 24:00", "补学补考也要在这之前完成"),
    ),
    effects=(
        "通常增加 1 次考试机会，在考试开放期内有效。",
        "考试以前：学习进度为 0%，达到 100% 后才能考试。",
        "客服可能会打登记的手机号核对身份，请保持畅通。",
    ),
    staffing=OPEN,
    phone="400-000-0000",
    waiting=None,
    past=(),
    can_ask=True,
    why_not="",
    note="",
    note_max=200,
)
QUEUE = requests.RequestQueuePage(
    frame=DESK_FRAME,
    waiting=(
        requests.QueueRow(
            "/support/requests/17",
            "BK-00017",
            "李建国",
            "450702********0018",
            "2026 年度 · 数字素养与网络安全",
            NOW - 40 * MINUTE,
            "40 分钟",
            "考试次数已用完，没有及格。",
            "增加后：可于 2026年12月31日（含当天）前再考 1 次，需先完成学习（现在 0%）。",
            True,
        ),
        requests.QueueRow(
            "/support/requests/18",
            "BK-00018",
            "阿依古丽·买买提",
            "650102********002X",
            "2026 年度 · 高质量共建“一带一路”谱写人类命运共同体新篇章",
            NOW - 3 * MINUTE,
            "3 分钟",
            "已经及格，不需要再考。",
            "已经及格，不能再增加次数。",
            False,
        ),
    ),
    answered=(
        requests.AnsweredRow(
            "/support/requests/9",
            "BK-00009",
            "李建国",
            "2026 年度 · 数字素养与网络安全",
            at("2026-05-20T15:12:00"),
            "周敏",
            "没有同意",
            "bad",
            REFUSED.answer,
        ),
        requests.AnsweredRow(
            "/support/requests/8",
            "BK-00008",
            "王芳",
            "2026 年度 · 数字素养与网络安全",
            at("2026-05-20T14:02:00"),
            "周敏",
            "已同意",
            "good",
            "",
        ),
    ),
    staffing=(OPEN,),
    more=12,
)
ONE = requests.RequestPage(
    frame=DESK_FRAME,
    request_id=17,
    number="BK-00017",
    person_id=1,
    name="李建国",
    document_masked="450702********0018",
    exam="2026 年度 · 数字素养与网络安全",
    facts=(
        Fact("提交", "2026-06-01 13:22:11", "第 4 个"),
        Fact("现在", "考试次数已用完，没有及格。"),
        Fact("考过", "3 次，1 轮"),
        Fact("以前增加过", "0 次"),
    ),
    history=(
        TimelineRow(at("2026-05-06T09:00:00"), "第 1 次考试：本人交卷，52 分，用了 48 分 3 秒；没有达到及格线"),
        TimelineRow(
            at("2026-05-12T20:00:00"),
            "第 2 次考试：到时未交卷，用了 1 小时；截止时不在考试页面，没有交卷；按规定无成绩，登记为不及格",
        ),
        TimelineRow(at("2026-05-20T08:30:00"), "第 3 次考试：到时自动交卷，58 分，用了 1 小时；没有达到及格线"),
    ),
    note="第二次考试时家里停电，没能回来交卷；希望这个月底前再考一次。",
    identity_check=True,
    answered="",
    answered_ms=None,
    answer="",
    refused="",
    own=False,
    choices=(
        requests.GrantChoice("1", "增加后：可于 2026年12月31日（含当天）前再考 1 次，需先完成学习（现在 0%）。", ""),
        requests.GrantChoice("2", "增加后：可于 2026年12月31日（含当天）前再考 2 次，需先完成学习（现在 0%）。", ""),
        requests.GrantChoice(
            "3",
            "增加后：可于 2026年12月31日（含当天）前再考 3 次，需先完成学习（现在 0%）。",
            "一次超过 2 次，一个人不能办理。",
        ),
    ),
    attempts="1",
    reply="",
    reply_max=300,
    inside="",
    ticket="BK-00017",
    intent="sample",
)
ACCOMMODATIONS = (
    support.AccommodationLine(
        "延长 25%，另加休息 10 分钟",
        "2026年5月6日 起，到 2026年12月31日（含当天）",
        "残疾人证 4507020001（桂东市残联）",
        "周敏",
        at("2026-05-06T10:00:00"),
        "有效",
        "good",
        "/support/accommodations/3/end",
    ),
    support.AccommodationLine(
        "延长 20 分钟",
        "2025年3月1日 起，到 2025年6月30日（含当天）",
        "诊断证明（市人民医院，2025-02-27）",
        "陈芳",
        at("2025-03-01T10:00:00"),
        "已过期",
        "plain",
    ),
)
ACCOMMODATE = replace(
    GRANT,
    title="合理便利",
    english="Accommodation",
    lead="这个人的每一场考试都适用，包括以后报名的。一个人 24 小时内最多单独办理 10 项。",
    exam="",
    address="/support/people/1/accommodate",
    controls=(
        Control(
            "measure",
            "怎样延长",
            "choice",
            "percent",
            choices=(("percent", "按考试时长的百分比延长"), ("minutes", "延长固定的分钟数")),
        ),
        Control("amount", "百分比或分钟数", value="50", low="1", high="120", required=False),
        Control("breaks", "每次考试另加休息（分钟）", value="10", low="0", high="60"),
        Control("begins", "从哪天起", "date", "2026-06-01", "2026-06-01"),
        Control("expires", "到哪天为止", "date", "", "2026-06-01", hint="含当天；长期有效的留空", required=False),
        Control(
            "document", "依据的材料", "text", "", hint="名称、编号、出具单位；不写病情", weighed=False, maxlength=100
        ),
    ),
    effect=Effect(
        True,
        (
            "每次考试延长 50%，另加休息 10 分钟；2026年6月1日 起，长期有效。",
            "2026 年度《数字素养与网络安全》：正在进行的这次，截止时间 14:23:11 → 15:03:11。",
            "以后新报名的考试自动适用。",
        ),
        "给得多、长期有效或超过一年的，要由另一个人批准。",
    ),
    button="办理",
)

CANDIDATE_PAGES: dict[str, tuple[str, object]] = {
    "request": ("request.html", ASK),
    "request-waiting": (
        "request.html",
        replace(
            ASK,
            waiting=WAITING,
            can_ask=False,
            past=(REFUSED,),
            staffing=CLOSED,
            frame=replace(LI, flash=Alert("success", "已提交申请", "编号和前面的人数见下面。")),
        ),
    ),
    "request-next": (
        "request.html",
        replace(ASK, waiting=replace(WAITING, ahead=0), can_ask=False, staffing=None, phone=""),
    ),
    "request-refused": ("request.html", replace(ASK, past=(REFUSED, REFUSED), staffing=CLOSED)),
    "request-granted": (
        "request.html",
        replace(
            ASK,
            can_ask=False,
            why_not="您还有考试次数。",
            past=(replace(REFUSED, state_text="已同意", tone="good", answer="已增加考试次数。"),),
        ),
    ),
    "request-wrong": (
        "request.html",
        replace(ASK, note="很" * 201, errors=(FieldError("note", "说明最多 200 个字"),)),
    ),
    "my-request": (
        "my.html",
        candidate.My(
            LI,
            (
                replace(
                    ROW,
                    state=candidate.ExamState.EXHAUSTED,
                    accommodation_text="延长 25%，另加休息 10 分钟",
                    request_text="补学补考申请 BK-00017 等待办理，前面还有 3 个。",
                    reason_text="您的考试次数都已用完，现在不能再考。",
                    primary=Act("/enrolments/1/request", "查看补考申请"),
                ),
            ),
        ),
    ),
}
PAGES: dict[str, tuple[str, object]] = CANDIDATE_PAGES | {
    "support-requests": ("support/requests.html", QUEUE),
    "support-requests-empty": (
        "support/requests.html",
        replace(QUEUE, waiting=(), answered=(), staffing=(CLOSED,), more=0),
    ),
    "support-request": ("support/request.html", ONE),
    "support-request-wrong": (
        "support/request.html",
        replace(
            ONE,
            errors=(
                FieldError("attempts", "请选择增加几次"),
                FieldError("reply", "不同意时要写给考生的答复：为什么，接下来怎么办"),
                FieldError("ticket", "请写工单号"),
            ),
            ticket="",
        ),
    ),
    "support-request-none": (
        "support/request.html",
        replace(ONE, choices=(), refused="已经及格，不能再增加次数。", note="", identity_check=False),
    ),
    "support-request-own": (
        "support/request.html",
        replace(ONE, own=True, refused="这是您本人的申请，请另一位同事来办理。"),
    ),
    "support-request-answered": (
        "support/request.html",
        replace(ONE, answered="没有同意", answered_ms=NOW, answer=REFUSED.answer),
    ),
    "accommodate": ("support/act.html", ACCOMMODATE),
    "accommodate-wrong": (
        "support/act.html",
        replace(
            ACCOMMODATE,
            effect=Effect(False, ("请写 1 到 100 的数。",)),
            errors=(FieldError("amount", "请写 1 到 100 的数"), FieldError("document", "请写依据的材料")),
        ),
    ),
    "person-accommodated": ("support/person.html", replace(DESK, accommodations=ACCOMMODATIONS)),
}
