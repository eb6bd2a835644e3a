"""Pages on accounts of staff and the auditor's page, in their states."""

from dataclasses import replace

import segno
from markupsafe import Markup

from examengine.web.contexts import audit, staffing
from examengine.web.contexts.frame import Alert, Fact, FieldError, Frame, NavLink
from tests.web.samples.frames import NOW, staff

MINUTE = 60_000
CODES = (*(f"k7mp{n}-xwq{n}h" for n in range(2, 10)), "q4rt8-mn3kp", "w9xz2-bc5dh")
QR = Markup(segno.make("otpauth://totp/sample?secret=JBSWY3DPEHPK3PXP", error="m").svg_inline(scale=4, border=4))
EFFECTS = (
    "此后的角色：题库作者、客服。马上生效。",
    "可以：接电话，查考生，增加次数、补时、作废。",
)
REASONS = (("post", "到岗或换岗"), ("left", "离岗、离职"))
LONG = "周岗位调整，由考试中心主任书面提出，附件存档；同时收回原来的题库作者角色，交接已完成。"


def as_security() -> Frame:
    return staff(("/staff", "人员与权限"), here="人员与权限")


def as_auditor() -> Frame:
    return staff(("/audit", "审计"), here="审计")


LINES = (
    staffing.StaffLine(
        7, "陈志远", "450702********0132", "考试中心", ("题库作者", "阅卷员"), "已设置", "good", NOW - 3 * MINUTE
    ),
    staffing.StaffLine(8, "林秀兰", "450702********0266", "考试中心", ("客服",), "未设置", "wait", None),
    staffing.StaffLine(
        9, "阿依古丽·买买提", "650104********0049", "市人力资源和社会保障局", (), "未设置", "wait", NOW, shut=True
    ),
)
ACTS = (
    staffing.ActLine(NOW, "授予角色：客服", "蒙秋云", LONG, "RS-2026-014", 8, "林秀兰"),
    staffing.ActLine(NOW - MINUTE, "停用账号", "导入或命令行", "离职", "", 9, "阿依古丽·买买提"),
)
TABS = (NavLink("/staff", "全部", here=True), NavLink("/staff?role=support", "客服"))
LIST = staffing.StaffList(as_security(), LINES, TABS, recent=ACTS)
ACCOUNT = staffing.StaffAccount(
    frame=as_security(),
    name="林秀兰",
    facts=(
        Fact("账号状态", "可以登录"),
        Fact("现在的角色", "客服"),
        Fact("双重验证", "已设置"),
        Fact("居民身份证", "450702********0266"),
        Fact("单位", "考试中心"),
    ),
    roles=(
        staffing.RoleRow("客服", NOW, "蒙秋云", take_href="/staff/8/take_role?role=support"),
        staffing.RoleRow("题库作者", NOW - MINUTE, "导入或命令行", NOW, "蒙秋云"),
    ),
    offers=(
        staffing.RoleOffer("题库作者", "导入和审核试题、组卷、发布题库", "/staff/8/give_role?role=author"),
        staffing.RoleOffer("审计员", "只查看操作记录", "/staff/8/give_role?role=auditor", "不能与客服兼任"),
    ),
    acts=(
        ("/staff/8/end_sessions", "结束全部登录", "所有设备都要重新登录，权限不变"),
        ("/staff/8/hand_out_password", "发一次性密码", "忘记密码，或停用以后恢复；登录后要马上改"),
    ),
    quotas=(Fact("增加次数", "今天 3 次，最多 20 次"),),
    sign_ins=(
        staffing.SignInLine(NOW, "登录成功", "good", "k7mp"),
        staffing.SignInLine(NOW - MINUTE, "密码不对", "bad", "未知"),
    ),
    history=ACTS,
)
ACT = staffing.AccountActPage(
    frame=as_security(),
    person_id=8,
    name="林秀兰",
    document_masked="450702********0266",
    title="授予角色：客服",
    english="Give a role",
    effects=EFFECTS,
    action="/staff/8/give_role?role=support",
    intent="sample",
    button="授予角色",
    reasons=REASONS,
)
NEW = staffing.NewStaffPage(
    frame=as_security(),
    intent="sample",
    doc_types=(("resident_id", "居民身份证"), ("passport", "护照")),
    roles=(("author", "题库作者"), ("support", "客服")),
    reasons=REASONS,
    values=dict.fromkeys(("name", "doc_type", "document", "unit", "region", "role", "reason", "note", "ticket"), "")
    | {"unit": "考试中心", "region": "450702"},
)
CHAIN = audit.ChainState(18_204, 18_190, 3, NOW - 20_000, "9f2c4ab1d07e55c3", "a1b2c3d4e5f60718", 412)
ROWS = (
    audit.AuditRow(
        9,
        NOW,
        "增加考试次数",
        "林秀兰",
        "/audit?by=8",
        "报名 311",
        "/audit?kind=enrolment&id=311",
        "人员 205；原因 platform；次数 1；台账条目 91",
    ),
    audit.AuditRow(8, NOW - MINUTE, "答案更正执行完", "系统", "", "答案更正 4", "", ""),
    audit.AuditRow(
        7, NOW - MINUTE, "导入人员", "黄丽华", "/audit?by=5", "人员名单", "", "摘要 " + "9f2c4ab1d07e55c3" * 4
    ),
)
AUDIT = audit.AuditPage(
    frame=as_auditor(),
    chain=CHAIN,
    rows=ROWS,
    groups=(("desk", "客服办理"), ("exams", "考试发布")),
    kinds=(("attempt", "考试场次"), ("enrolment", "报名")),
    filters=dict.fromkeys(("group", "kind", "id", "by", "about", "from", "to"), ""),
    older="/audit?before=7",
    most=2_000,
)
WRONG = (FieldError("code", "验证码不对。请看手机上现在的 6 位数字；手机时间要准"),)

PAGES: dict[str, tuple[str, object]] = {
    "unlock": ("staff/unlock.html", staffing.Unlock(as_security(), next="/staff", with_code=True)),
    "unlock-held": (
        "staff/unlock.html",
        staffing.Unlock(
            as_security(),
            "/support/enrolments/3/grant",
            (("note", "说明"), ("ticket", "T-1")),
            errors=(FieldError("unlock_with", "密码不对，请再输一次"),),
        ),
    ),
    "unlock-file": (
        "staff/unlock.html",
        staffing.Unlock(as_security(), lost=True, alert=Alert("warning", "请等 30 秒再试", "时间到了再按一次。")),
    ),
    "second-factor": ("staff/second_factor.html", staffing.FactorCode(as_security(), "/staff", "123456")),
    "second-factor-wrong": ("staff/second_factor.html", staffing.FactorCode(as_security(), "/staff", errors=WRONG)),
    "second-factor-new": (
        "staff/second_factor_new.html",
        staffing.FactorSetUp(
            as_security(), QR, "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", "d", "/staff", required=True
        ),
    ),
    "second-factor-new-wrong": (
        "staff/second_factor_new.html",
        staffing.FactorSetUp(
            as_security(), QR, "JBSW Y3DP EHPK 3PXP", "d", replaces=True, demo_code="123456", errors=WRONG
        ),
    ),
    "recovery-codes": ("staff/recovery_codes.html", staffing.RecoveryCodes(as_security(), CODES, fresh=True)),
    "recovery-codes-again": ("staff/recovery_codes.html", staffing.RecoveryCodes(as_security(), CODES, fresh=False)),
    "second-factor-kept": ("staff/second_factor_kept.html", staffing.FactorKept(as_security(), NOW, 9)),
    "second-factor-few": (
        "staff/second_factor_kept.html",
        staffing.FactorKept(
            as_security(),
            NOW,
            1,
            required=True,
            errors=WRONG,
            alert=Alert("warning", "恢复码快用完了", "还剩 1 个。"),
        ),
    ),
    "second-factor-none": ("staff/second_factor_kept.html", staffing.FactorKept(as_security(), None)),
    "staff": ("staff/staff.html", LIST),
    "staff-found": ("staff/staff.html", replace(LIST, rows=LINES[1:2], query="林秀兰", asked=True, recent=())),
    "staff-none": ("staff/staff.html", replace(LIST, rows=(), query="0000", asked=True, recent=())),
    "staff-empty": ("staff/staff.html", replace(LIST, rows=(), recent=())),
    "account": ("staff/account.html", ACCOUNT),
    "account-own": (
        "staff/account.html",
        replace(ACCOUNT, own=True, offers=(), acts=(), quotas=(), roles=(), history=(), sign_ins=()),
    ),
    "account-act": ("staff/act.html", ACT),
    "account-act-wrong": (
        "staff/act.html",
        replace(
            ACT,
            title="停用账号",
            button="停用账号",
            grave=True,
            note="离职",
            errors=(FieldError("reason", "请选择原因"), FieldError("ticket", "请写申请单或工单号")),
        ),
    ),
    "account-act-refused": (
        "staff/act.html",
        replace(ACT, action="", effects=(), alert=Alert("danger", "不能办理", "不能办理自己的账号。")),
    ),
    "account-new": ("staff/new_account.html", NEW),
    "account-new-known": (
        "staff/new_account.html",
        replace(NEW, known_href="/staff/8", errors=(FieldError("document", "这个证件号已有账号"),)),
    ),
    "password-told": (
        "staff/password_told.html",
        staffing.PasswordTold(as_security(), 8, "林秀兰", "k7mp-3xw-q9h", "发一次性密码"),
    ),
    "audit": ("audit/audit.html", AUDIT),
    "audit-narrowed": (
        "audit/audit.html",
        replace(
            AUDIT,
            filters=AUDIT.filters | {"by": "8", "from": "2026-06-01"},
            narrowed=(Fact("经办人", "林秀兰 450702********0266（编号 8）"), Fact("从", "2026-06-01")),
            older="",
            alert=Alert("success", "一致：已核验最近 2000 环", "核验全部，请在服务器上运行。"),
        ),
    ),
    "audit-empty": (
        "audit/audit.html",
        replace(
            AUDIT,
            rows=(),
            older="",
            chain=replace(CHAIN, is_behind=True),
            errors=(FieldError("who", "没有找到这个人，请核对姓名或证件号"), FieldError("to", "日期写成 2026-06-01")),
        ),
    ),
    "audit-first": (
        "audit/audit.html",
        replace(AUDIT, rows=(), chain=audit.ChainState(0, 0, 0, None, "", "", 0), older=""),
    ),
}
