"""Every act that the audit log knows, in plain words: one table. A test finds each act that is recorded anywhere."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from examengine.web.staff.words import ROLE_NAMES
from examengine.web.support.wording import CATEGORIES
from examengine.web.wording import gettext as _


class Group(StrEnum):
    """What an act is about: what the auditor narrows by."""

    ACCOUNTS = "accounts"
    VIEWS = "views"
    DESK = "desk"
    ROOM = "room"
    EXAMS = "exams"
    LISTS = "lists"
    BANKS = "banks"
    SCORES = "scores"
    SYSTEM = "system"


GROUPS = {
    Group.ACCOUNTS: _("账号与权限"),
    Group.VIEWS: _("查看与导出"),
    Group.DESK: _("客服办理"),
    Group.ROOM: _("考试现场"),
    Group.EXAMS: _("考试发布"),
    Group.LISTS: _("名单与报名"),
    Group.BANKS: _("题库"),
    Group.SCORES: _("阅卷与更正"),
    Group.SYSTEM: _("系统"),
}

_A, _V, _D, _R, _E, _L, _B, _S, _Y = Group
ACTS: Mapping[str, tuple[Group, str]] = {
    # accounts
    "account_added": (_A, _("新建账号")),
    "account_blocked": (_A, _("停用账号")),
    "role_given": (_A, _("授予角色")),
    "role_taken": (_A, _("收回角色")),
    "sessions_ended": (_A, _("结束全部登录")),
    "password_changed": (_A, _("本人改密码")),
    "password_handed_out": (_A, _("发一次性密码")),
    "second_factor_set_up": (_A, _("启用双重验证")),
    "second_factor_replaced": (_A, _("更换双重验证的手机")),
    "second_factor_removed": (_A, _("停用双重验证")),
    "second_factor_reset": (_A, _("重置双重验证")),
    "recovery_codes_renewed": (_A, _("重新生成恢复码")),
    "recovery_code_used": (_A, _("用恢复码登录")),
    "set_bounds": (_A, _("修改办理额度")),
    # views and exports
    "search_people": (_V, _("查找考生")),
    "list_people": (_V, _("查看查到的考生")),
    "view_approvals": (_V, _("查看待审批名单")),
    "reveal_person": (_V, _("查看完整号码")),
    "reveal_refused": (_V, _("查看完整号码，超出额度被拒")),
    "show_one_time_password": (_V, _("查看一次性密码")),
    "find_account": (_V, _("查找账号")),
    "view_person": (_V, _("查看考生资料")),
    "view_account": (_V, _("查看账号")),
    "view_deaf_cases": (_V, _("查看待核实名单")),
    "view_incident": (_V, _("查看故障受影响名单")),
    "view_requests": (_V, _("查看补考申请")),
    "view_wall": (_V, _("查看实时监控的考生名单")),
    "export_wall": (_V, _("导出实时监控的考生名单")),
    "audit_viewed": (_V, _("查询一个人的审计记录")),
    "audit_exported": (_V, _("导出审计记录")),
    "evidence_checked": (_V, _("核验存证链")),
    "fetch_passwords": (_V, _("下载初始密码")),
    "list_results": (_V, _("查看成绩列表")),
    "search_results": (_V, _("按证件号码查成绩")),
    "view_results": (_V, _("查看一个人的成绩")),
    "ask_results": (_V, _("申请导出成绩")),
    "take_results": (_V, _("下载成绩文件")),
    "print_paper": (_V, _("打印答卷")),
    # the desk
    "grant": (_D, _("增加考试次数")),
    "extra_time": (_D, _("补时")),
    "hand_in_for": (_D, _("代为交卷")),
    "void": (_D, _("作废考试")),
    "ask_second": (_D, _("提交另一个人批准")),
    "decide_second": (_D, _("批准或不批准")),
    "undo": (_D, _("撤销一项办理")),
    "let_in": (_D, _("允许重新登录")),
    "note_call": (_D, _("登记通话")),
    "accommodate": (_D, _("办理合理便利")),
    "end_accommodation": (_D, _("收回合理便利")),
    "ask_for_attempts": (_D, _("考生申请补考")),
    "refuse_request": (_D, _("不同意补考申请")),
    "withdraw_request": (_D, _("考生撤回补考申请")),
    "decide_deaf_case": (_D, _("核实是否在场")),
    # the room
    "open_incident": (_R, _("登记故障")),
    "adjust_incident": (_R, _("调整故障补偿")),
    "ask_incident": (_R, _("提交故障补偿")),
    "decide_incident": (_R, _("审批故障补偿")),
    "finish_incident": (_R, _("故障补偿执行完")),
    "drop_incident": (_R, _("放弃故障登记")),
    "ask_undo_incident": (_R, _("申请撤销故障补偿")),
    "decide_undo_incident": (_R, _("审批撤销故障补偿")),
    "finish_undo_incident": (_R, _("故障补偿撤销完")),
    "announce": (_R, _("发公告")),
    "withdraw_announcement": (_R, _("撤回公告")),
    "put_on_duty": (_R, _("安排值班")),
    "take_off_duty": (_R, _("取消值班")),
    # exams
    "keep": (_E, _("保存年度规则")),
    "confirm": (_E, _("确认规则里的暂定值")),
    "publish": (_E, _("发布考试")),
    "withdraw": (_E, _("撤回考试")),
    "sign": (_E, _("签字放行一项检查")),
    "set": (_E, _("设置客服电话")),
    # lists
    "people_imported": (_L, _("导入人员")),
    "profile_changed": (_L, _("更正人员资料")),
    "learning_imported": (_L, _("导入学习进度")),
    "cards_imported": (_L, _("导入激活卡")),
    "enrol": (_L, _("批量报名")),
    # banks
    "add": (_B, _("新建题库")),
    "import": (_B, _("导入试题")),
    "undo_import": (_B, _("撤回导入")),
    "give_up_import": (_B, _("放弃导入")),
    "write": (_B, _("写试题")),
    "add_picture": (_B, _("上传图片")),
    "recast": (_B, _("批量改试题")),
    "submit": (_B, _("提交审核")),
    "submitted": (_B, _("提交审核")),
    "approved": (_B, _("审核通过试题")),
    "returned": (_B, _("退回试题")),
    "retired": (_B, _("停用试题")),
    "restored": (_B, _("恢复试题")),
    "release": (_B, _("发布题库")),
    "blueprint": (_B, _("保存组卷规则")),
    # scores
    "mark": (_S, _("评分")),
    "draft_correction": (_S, _("起草答案更正")),
    "preview_correction": (_S, _("预览答案更正")),
    "ask_correction": (_S, _("提交答案更正")),
    "decide_correction": (_S, _("审批答案更正")),
    "drop_correction": (_S, _("放弃答案更正")),
    "finish_correction": (_S, _("答案更正执行完")),
    "make_version": (_S, _("由更正生成新版试题")),
    # the system
    "back_up": (_Y, _("备份")),
    "drill": (_Y, _("容量演练")),
    "restore": (_Y, _("从备份恢复")),
}

KINDS: Mapping[str, str] = {
    "approval": _("审批单"),
    "entry": _("台账条目"),
    "accommodation": _("合理便利"),
    "person": _("人员"),
    "people": _("人员名单"),
    "enrolment": _("报名"),
    "attempt": _("考试场次"),
    "exam": _("考试"),
    "drill": _("容量演练"),
    "bank": _("题库"),
    "rulebook": _("年度规则"),
    "release": _("题库版本"),
    "correction": _("答案更正"),
    "marking_task": _("阅卷任务"),
    "case": _("待核实"),
    "request": _("补考申请"),
    "incident": _("故障"),
    "announcement": _("公告"),
    "duty": _("值班"),
    "hotline": _("客服电话"),
    "bounds": _("办理额度"),
    "wall": _("实时监控"),
    "learning": _("学习进度"),
    "cards": _("激活卡"),
    "installation": _("系统"),
    "backup": _("备份"),
    "audit": _("审计记录"),
    "evidence": _("存证链"),
    "results": _("成绩"),
    "result_export": _("成绩导出"),
}

FACTS: Mapping[str, str] = {
    "act": _("事项"),
    "call": _("通话"),
    "let_in": _("重新登录"),
    "measure": _("额度"),
    "per_day": _("24 小时内"),
    "at_once": _("一次"),
    "on_one_person": _("同一人"),
    "second": _("批准人"),
    "topic": _("事由"),
    "added": _("新增"),
    "amount": _("数量"),
    "approval": _("审批单"),
    "approvals": _("审批单"),
    "asked_by": _("申请人"),
    "attempt": _("考试场次"),
    "attempts": _("次数"),
    "batch": _("导入批次"),
    "blueprint": _("组卷规则"),
    "cases": _("名单"),
    "changed": _("改动"),
    "correction": _("答案更正"),
    "decision": _("决定"),
    "digest": _("摘要"),
    "enrolment": _("报名"),
    "entry": _("台账条目"),
    "exam": _("考试"),
    "facts": _("数据"),
    "field": _("字段"),
    "fields": _("字段"),
    "first": _("从"),
    "found": _("查到"),
    "hits": _("查到"),
    "item": _("试题"),
    "items": _("题数"),
    "keys": _("项目"),
    "last": _("到"),
    "left": _("剩余"),
    "lines": _("条数"),
    "links": _("环数"),
    "minutes": _("分钟"),
    "new_password": _("发新密码"),
    "no": _("序号"),
    "people": _("人数"),
    "person": _("人员"),
    "points": _("分数"),
    "hundredths": _("分数（百分之一分）"),
    "reason": _("原因"),
    "region": _("区划"),
    "release": _("题库版本"),
    "removed": _("删除"),
    "request": _("申请"),
    "requests": _("申请"),
    "restored": _("恢复"),
    "revision": _("修订"),
    "role": _("角色"),
    "ruling": _("裁定"),
    "same": _("相同"),
    "shown": _("显示"),
    "signed": _("签字的检查"),
    "taken_for": _("查找方式"),
    "ticket": _("工单"),
    "undoes": _("撤销的条目"),
    "version": _("试题版本"),
    "versions": _("试题版本"),
    "export": _("成绩导出"),
    "full_numbers": _("完整号码"),
    "with_key": _("含标准答案"),
    "year": _("年度"),
}
VALUES: Mapping[str, str] = {
    "document": _("证件号"),
    "document_tail": _("证件号后几位"),
    "phone": _("手机号"),
    "phone_tail": _("手机号后四位"),
    "name": _("姓名"),
    "name_and_number": _("姓名加号码"),
    "card": _("激活卡号"),
    "receipt": _("回执号"),
    "approved": _("同意"),
    "refused": _("不同意"),
    "masked": _("打码"),
    "full": _("完整"),
    "hand_in": _("按交卷"),
    "absent": _("缺席"),
    "true": _("是"),
    "false": _("否"),
} | {role.value: name for role, name in ROLE_NAMES.items()}
BY_TWO = ("grant", "extra_time", "void", "undo", "let_in", "accommodate", "end_accommodation")
"""Acts that a line about a second person names."""
LISTED = 6
LONGEST = 60


def act_text(act: str) -> str:
    """An act in words; one of another version of this program by its own name."""
    known = ACTS.get(act)
    return known[1] if known is not None else act


def acts_in(group: Group) -> frozenset[str]:
    """The acts of a group."""
    return frozenset(act for act, (of, _text) in ACTS.items() if of is group)


def object_text(kind: str, object_id: int | None) -> str:
    """What was acted on: its kind and its internal number."""
    name = KINDS.get(kind, kind)
    return name if object_id is None else f"{name} {object_id}"


def facts_text(facts: Mapping[str, Any]) -> str:
    """The facts of a line, as names and values."""
    told = {name: value for name, value in facts.items() if value is not None and value != ""}
    return _("；").join(f"{FACTS.get(name, name)} {_told(name, value)}" for name, value in told.items())


def _told(name: str, value: Any) -> str:
    """A value in words; as a reason, "approved" is another word than as a decision."""
    return CATEGORIES[value] if name == "reason" and value in CATEGORIES else _value(value)


def _value(value: Any) -> str:
    match value:
        case bool():
            return VALUES[str(value).lower()]
        case str():
            text = act_text(value) if value in BY_TWO else VALUES.get(value, value)
            return text if len(text) <= LONGEST else text[:LONGEST] + "…"
        case Mapping():
            return _("（{n} 项）").format(n=len(value)) if len(value) > LISTED else _pairs(value)
        case Iterable():
            parts = [_value(one) for one in value]
            more = _(" 等 {n} 个").format(n=len(parts)) if len(parts) > LISTED else ""
            return _("、").join(parts[:LISTED]) + more
        case _:
            return str(value)


def _pairs(values: Mapping[str, Any]) -> str:
    return _("、").join(f"{FACTS.get(name, name)} {_value(value)}" for name, value in values.items())
