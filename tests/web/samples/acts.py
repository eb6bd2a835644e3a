"""The acts of the desk and the pages about what agents did, in their states."""

from dataclasses import replace

from examengine.web.contexts import acts, support
from examengine.web.contexts.acts import Control, Effect
from examengine.web.contexts.frame import Act, Fact, FieldError, NavLink
from tests.web.samples.frames import MINUTE, NOW, as_support
from tests.web.samples.staff import DESK, REASONS

DOCUMENT = "450702********0018"
GRANT = acts.ActPage(
    frame=as_support(),
    person_id=1,
    name="李建国",
    document_masked=DOCUMENT,
    title="增加考试次数",
    english="Grant attempts",
    lead="",
    exam="2026 年度 · 数字素养与网络安全",
    address="/support/enrolments/1/grant",
    facts_title="增加考试次数",
    facts=(),
    controls=(
        Control("attempts", "增加几次", value="1", low="1", high="3"),
        Control("expires", "有效期至", "date", "2026-12-31", "2026-06-01", "2026-12-31", required=False),
    ),
    reasons=REASONS,
    reason="platform",
    note="考生三次均未及格，核对姓名和证件号后四位无误。",
    note_label="说明",
    note_hint="考生说了什么、核对了什么；以后有人会读",
    ticket="T20260601-018",
    effect_title="办理以后",
    effect=Effect(
        True,
        ("增加后：可于 2026年12月31日（含当天）前再考 1 次，需先完成学习（现在 0%）。", "剩余次数 0 → 1"),
        left="增加考试次数：24 小时内还可以单独办理 37 次。",
    ),
    button="增加",
    intent="sample",
    weighs=True,
)
EXTRA_TIME = replace(
    GRANT,
    title="补时",
    english="Extra time",
    lead="考生不用退出，考试页面会自动换成新的截止时间。",
    address="/support/attempts/12/extra-time",
    facts_title="正在进行的考试",
    facts=(Fact("考试", "第 2 次考试"), Fact("现在的截止时间", "2026-06-01 14:23:11", "考试时长用完")),
    controls=(Control("minutes", "补几分钟", value="90", low="1", high="120"),),
    effect=Effect(
        True,
        ("补 90 分钟，15:53:11 截止（含补时）。", "截止 14:23:11 → 15:53:11（含补时）"),
        second="一次超过 60 分钟，一个人不能办理。",
        left="补时：24 小时内还可以单独办理 480 分钟。",
    ),
    button="补时",
)
VOID = replace(
    GRANT,
    title="申请作废一次考试",
    english="Void an attempt",
    lead="作废要由另一个人批准；批准以前，什么都不会变。",
    address="/support/attempts/11/void",
    facts_title="要作废的考试",
    facts=(Fact("考试", "2026 年度 数字素养与网络安全", "第 1 次考试"), Fact("成绩", "54 分，不及格")),
    controls=(),
    effect_title="批准以后",
    effect=Effect(
        True,
        ("这次的成绩不再有效。", "这次机会退还到原来那一轮，编号不再使用。", "剩余次数 0 → 1。考生可以考试。"),
        second="这件事总要两个人。",
    ),
    button="提交审批",
    reason="",
    note="",
    ticket="",
    weighs=False,
)
UNDO = replace(
    VOID,
    title="撤回一条记录",
    english="Take back",
    lead="原来的记录不会删除，只是再记一条相反的。",
    address="/support/entries/3/undo",
    facts_title="要撤回的记录",
    facts=(Fact("记录", "客服增加 +1 次"), Fact("办理", "陈芳", "2026-06-01 13:40:00")),
    effect_title="撤回以后",
    effect=Effect(True, ("收回 1 次机会。", "剩余次数 1 → 0。考试次数已用完，没有及格。")),
    button="撤回",
)
LET_IN = replace(
    GRANT,
    title="允许重新登录",
    english="Let in again",
    lead="给登录不了的考生：解除限制，必要时另发一个一次性密码。",
    exam="",
    address="/support/people/1/let-in",
    controls=(
        Control(
            "new_password",
            "另发一个一次性密码",
            "tick",
            "1",
            hint="考生忘记密码时才需要；密码只在办理以后显示，登录后要马上改。",
            required=False,
        ),
    ),
    effect=Effect(
        True,
        (
            "输错密码的限制马上解除，考生可以再试。",
            "已经登录的设备全部退出；正在进行的考试，答案和时间都不变。",
            "原来的密码作废，改用一次性密码。请先核对来电的是本人。",
        ),
        left="允许重新登录：24 小时内还可以单独办理 58 人次。",
    ),
    button="允许重新登录",
)
CALL = replace(
    LET_IN,
    title="登记通话",
    english="Note a call",
    lead="",
    address="/support/people/1/call",
    controls=(
        Control("topic", "来电事由", "choice", "", choices=(("sign_in", "登录不了"),), weighed=False),
        Control("identity", "身份核对", "choice", "phone", choices=(("phone", "用登记的手机来电"),), weighed=False),
        Control("recording", "录音编号", "text", "R-1", required=False, weighed=False),
    ),
    reasons=(),
    note="",
    note_label="通话内容",
    note_hint="考生说了什么，怎样答复的；以后有人会读",
    effect=Effect(True, ("只做记录，考试和次数都不变。", "内容加密保存，写明是谁登记的；登记以后不能改。")),
    button="登记",
    weighs=False,
    errors=(FieldError("topic", "请选择来电事由"), FieldError("note", "请写说明：考生说了什么，核对了什么")),
)
ONE_TIME = acts.LetInPage(
    as_support(),
    1,
    "李建国",
    DOCUMENT,
    "请读给考生听，数字和字母分开念。考生用它登录以后，要马上改成自己的密码。",
    "k7mp-3xw-q9h",
    NOW + 15 * MINUTE,
)
MINE = acts.OwnActs(
    as_support("我的记录"),
    (
        acts.BoundRow("增加考试次数", "次", 13, 50, 2, 3),
        acts.BoundRow("补时", "分钟", 120, 600, 60, 3),
    ),
    (
        acts.ActRow(NOW - 3 * MINUTE, "补时", "李建国", "/support/people/1", "平台故障；分钟 30"),
        acts.ActRow(NOW - 30 * MINUTE, "登记通话", "资料已删除", "", "事由 登录不了"),
    ),
    (NavLink("/support/mine", "办理的", here=True), NavLink("/support/mine?kind=views", "查看的")),
    "/support/mine?before=12",
)
PATTERNS = acts.Patterns(
    as_support(),
    30,
    (
        acts.PatternRow("多次为同一个人办理或查看", "周敏", "李建国（内部编号 1）", "5 次", NOW - 9 * MINUTE),
        acts.PatternRow("总由同一个人批准", "陈芳", "周敏（内部编号 8）", "14 / 15 件由这个人批准", NOW),
    ),
    (
        acts.BoundForm("attempts", "增加考试次数", "次", "50", "2", "3"),
        acts.BoundForm("minutes", "补时", "分钟", "600", "x", "3"),
    ),
    10_000,
    (FieldError("minutes-at_once", "请写 1 到 10000 的数"),),
)

PAGES = {
    "grant": ("support/act.html", GRANT),
    "grant-refused": (
        "support/act.html",
        replace(
            GRANT,
            reason="",
            note="",
            effect=Effect(False, ("现在不能增加：还有 1 次没有用。",)),
            errors=(FieldError("attempts", "请写 1 到 3 的数"), FieldError("reason", "请选择原因")),
        ),
    ),
    "extra-time": ("support/act.html", EXTRA_TIME),
    "void": ("support/act.html", VOID),
    "undo": ("support/act.html", UNDO),
    "undo-refused": ("support/act.html", replace(UNDO, effect=Effect(False, ("考生已经用了，不能撤回。",)))),
    "let-in": ("support/act.html", LET_IN),
    "note-call": ("support/act.html", CALL),
    "one-time-password": ("support/let_in.html", ONE_TIME),
    "one-time-password-over": ("support/let_in.html", replace(ONE_TIME, password="", state="已超过 15 分钟。")),
    "mine": ("support/mine.html", MINE),
    "mine-empty": ("support/mine.html", replace(MINE, rows=(), older="")),
    "person-calls": (
        "support/person.html",
        replace(
            DESK,
            acts=(
                Act("/support/let-ins/3", "查看一次性密码"),
                Act("/support/people/1/let-in", "允许重新登录"),
                Act("/support/people/1/call", "登记通话"),
            ),
            waiting=(
                support.WaitingLine("允许重新登录，另发一次性密码", "陈芳", NOW, "T-7", "/support/approvals#a9"),
            ),
            calls=(
                support.CallRow(
                    NOW - 5 * MINUTE,
                    "考试中断",
                    "核对了姓名和证件号",
                    "页面发白，重新登录以后好了。",
                    "周敏",
                    "T20260601-020",
                    "R-1",
                ),
            ),
        ),
    ),
    "patterns": ("staff/patterns.html", PATTERNS),
    "patterns-empty": ("staff/patterns.html", replace(PATTERNS, rows=(), errors=())),
}
