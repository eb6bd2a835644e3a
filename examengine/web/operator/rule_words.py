"""The values of a rulebook that a named person must confirm, in the words of those who confirm them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from examengine.web.wording import gettext as _

# key: (what it is about, unit behind a number; where 0 has a meaning of its own, that)
MEANINGS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "window.opens_on": (_("开放的第一天"), "", ""),
        "window.closes_on": (_("开放的最后一天（含）"), "", ""),
        "window.end_policy": (_("开放期结束时还在考的"), "", ""),
        "window.min_remaining_minutes_to_start": (_("离结束不足多久不能开始"), _("分钟"), _("不限")),
        "exam.delivery": (_("考试方式"), "", ""),
        "exam.full_score": (_("满分"), _("分"), ""),
        "exam.pass_score": (_("及格线"), _("分"), ""),
        "exam.pass_inclusive": (_("正好等于及格线算及格"), "", ""),
        "exam.score_rounding": (_("成绩取整"), "", ""),
        "exam.minutes": (_("考试时长"), _("分钟"), ""),
        "exam.attempts": (_("每轮考试次数（含补考）"), _("次"), ""),
        "exam.attempts_labelled_makeup": (_("其中称为补考的"), _("次"), _("没有")),
        "exam.paper.single": (_("单选题"), "", ""),
        "exam.paper.multiple": (_("多选题"), "", ""),
        "exam.paper.judge": (_("判断题"), "", ""),
        "exam.paper.short_answer": (_("填空题"), "", ""),
        "exam.paper.numeric": (_("数值题"), "", ""),
        "exam.paper.matching": (_("匹配题"), "", ""),
        "exam.paper.cloze": (_("多空填空题"), "", ""),
        "exam.paper.essay": (_("简答题"), "", ""),
        "exam.paper.new_per_attempt": (_("每次考试重新抽题"), "", ""),
        "exam.on_exhausted": (_("次数用完后"), "", ""),
        "exam.support_phone": (_("客服电话"), "", ""),
        "exam.relearn_before_makeup": (_("补考前要重新学习"), "", ""),
        "exam.wait_minutes_between_attempts": (_("两次考试之间至少间隔"), _("分钟"), _("不限")),
        "exam.retake_after_pass": (_("及格后还可以再考"), "", ""),
        "exam.starts_when": (_("从何时起算用掉一次"), "", ""),
        "exam.precheck_notice": (_("开始前提示检查设备和网络"), "", ""),
        "exam.min_minutes_before_submit": (_("开考多久以后才能交卷"), _("分钟"), _("随时")),
        "exam.concurrent_sessions": (_("换一台设备继续时"), "", ""),
        "exam.show_score": (_("何时公布成绩"), "", ""),
        "exam.interruption.resume": (_("中断后可以回来继续"), "", ""),
        "exam.interruption.resume_until": (_("最晚何时回来"), "", ""),
        "exam.interruption.clock_stops": (_("中断时停表"), "", ""),
        "exam.interruption.max_returns": (_("最多回来"), _("次"), _("不限")),
        "exam.interruption.unresumed": (_("截止前没有回来的"), "", ""),
        "exam.interruption.unresumed_uses_attempt": (_("没有回来也用掉一次"), "", ""),
        "exam.forced_exit.outcome": (_("中途退出的"), "", ""),
        "exam.forced_exit.uses_attempt": (_("中途退出用掉一次"), "", ""),
        "exam.forced_exit.detect": (_("什么算中途退出"), "", ""),
        "exam.forced_exit.focus_loss_limit": (_("允许切换窗口"), _("次"), _("不限")),
        "exam.forced_exit.page_leave_grace_seconds": (_("离开考试页面允许"), _("秒"), ""),
        "exam.timeout.connected": (_("时间到时还在考试页面的"), "", ""),
        "exam.timeout.presence_seconds": (_("截止前多久有动静算在场"), _("秒"), ""),
        "exam.timeout.submit_grace_seconds": (_("截止后等候迟到交卷"), _("秒"), _("不等候")),
        "hours.minutes_per_hour": (_("一学时"), _("分钟"), ""),
        "hours.per_day": (_("一天折算"), _("学时"), ""),
        "hours.public_learning": (_("公需科目培训"), _("学时"), ""),
        "hours.public_exam": (_("公需科目考试"), _("学时"), ""),
        "hours.public_compulsory": (_("公需科目必修合计"), _("学时"), ""),
        "hours.public_granting": (_("公需学时何时授予"), "", ""),
        "hours.public_elective": (_("公需科目选修"), _("学时"), ""),
        "hours.elective_granting": (_("选修学时怎样授予"), "", ""),
        "hours.public_auto_credit": (_("学时自动登记，不用本人申报"), "", ""),
        "hours.year_total_min": (_("全年最低"), _("学时"), _("本规则不规定")),
        "hours.year_days_min": (_("全年最低天数"), _("天"), ""),
        "hours.public_min": (_("公需科目最低"), _("学时"), ""),
        "hours.professional_min": (_("专业科目最低"), _("学时"), ""),
        "hours.elective_min": (_("选修科目最低"), _("学时"), ""),
        "hours.professional_min_ratio": (_("专业科目最低比例"), "", ""),
        "hours.ratio_base": (_("比例按什么计算"), "", ""),
    }
)

# key: what each of its words means
VALUES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "window.end_policy": {
            "truncate": _("同时截止"),
            "refuse_if_not_full": _("时间不够一场的不能开始"),
            "let_finish": _("可以考完"),
        },
        "exam.delivery": {"online_unproctored": _("网上考试，不监考"), "onsite": _("现场考试")},
        "exam.score_rounding": {"none": _("不取整"), "half_up_to_int": _("四舍五入到整数")},
        "exam.on_exhausted": {
            "buy_card": _("另购激活卡"),
            "support_grant": _("由客服增加次数"),
            "reregister": _("重新报名"),
            "none": _("不能再考"),
        },
        "exam.starts_when": {
            "enter_page": _("进入考试页面"),
            "first_answer": _("第一次作答"),
            "staff": _("工作人员开考"),
        },
        "exam.concurrent_sessions": {"takeover": _("新设备接管，旧设备停止作答"), "refuse": _("拒绝新设备")},
        "exam.show_score": {"at_once": _("交卷后立即"), "after_window": _("开放期结束后")},
        "exam.interruption.resume_until": {"attempt_end": _("本次考试截止前"), "minutes": _("限定的时间内")},
        "exam.interruption.unresumed": {
            "no_score_fail": _("无成绩，登记为不及格"),
            "grade_saved": _("按已保存的答案评分"),
        },
        "exam.forced_exit.outcome": {
            "fail": _("登记为不及格"),
            "grade_saved": _("按已保存的答案评分"),
            "void": _("作废"),
        },
        "exam.forced_exit.detect": {
            "explicit": _("本人确认放弃"),
            "page_leave": _("本人确认放弃，或离开考试页面过久"),
            "focus_loss": _("本人确认放弃，或切换窗口次数过多"),
        },
        "exam.timeout.connected": {"auto_submit": _("自动交卷"), "no_score_fail": _("无成绩，登记为不及格")},
        "hours.public_granting": {
            "parts": _("培训和考试分别授予"),
            "all_on_pass": _("及格时一次授予"),
            "on_registration": _("登记时授予"),
        },
        "hours.elective_granting": {"all_or_nothing": _("全部完成才授予"), "per_course": _("按课程授予")},
        "hours.ratio_base": {"earned_total": _("已得学时"), "required_total": _("应得学时")},
    }
)

PARTIAL = MappingProxyType({"none": "", "half": _("，少选得一半分"), "per_option": _("，少选按选项给分")})
IN_PARTS = MappingProxyType({"none": "", "half": _("，部分对得一半分"), "per_option": _("，对几处给几处的分")})

# remarks of the packaged files behind "D:", for those who do not read them there
REMARKS: Mapping[str, str] = MappingProxyType(
    {
        "": _("通知没有写明"),
        "silent": _("通知没有写明"),
        "not stated": _("通知没有写明"),
        "SILENT IN ALL SEEDS": _("四份通知都没有写明"),
        "only with page_leave": _("只在“离开页面”算中途退出时有用"),
        "follows from 登记为不合格": _("由“登记为不合格”推得"),
        "silent; window end": _("通知没有写明，取开放期结束"),
        "silent; publication date": _("通知没有写明，取发布日期"),
        "silent; batches named to 8-9 Aug, later ones open": _("通知列出的期次到 8 月 9 日，以后的没有写明"),
        "practice": _("练习规则"),
    }
)


def meaning_of(key: str) -> str:
    """What a key is about; the key itself where nobody has worded it."""
    return MEANINGS[key][0] if key in MEANINGS else key


def remark_of(source: str) -> str:
    """Why the value is assumed, from its provenance ("D:…")."""
    remark = source.partition(":")[2].strip()
    return REMARKS.get(remark, remark)


def value_of(key: str, value: Any) -> str:
    """A value as it may be read aloud. ``value`` is what JSON can say of it."""
    _meaning, unit, zero = MEANINGS.get(key, ("", "", ""))
    match value:
        case bool():
            return _("是") if value else _("否")
        case {"count": count, "points": points, **rest}:
            known = PARTIAL if key == "exam.paper.multiple" else IN_PARTS
            partial = known.get(str(rest.get("partial_credit", "none")), "")
            markers = _("，{n} 人各自阅卷").format(n=rest["markers"]) if rest.get("markers", 1) != 1 else ""
            apart = _("，相差超过 {n} 分由第三人定分").format(n=rest["tolerance"]) if "tolerance" in rest else ""
            return _("{count} 题，每题 {points} 分").format(count=count, points=points) + partial + markers + apart
        case [part, whole] if key == "hours.professional_min_ratio":
            return f"{part}/{whole}"
        case list():
            return "、".join(str(inner) for inner in value)
        case "":
            return _("（空）")
        case str() if value in VALUES.get(key, {}):
            return VALUES[key][value]
        case _:
            if zero and str(value) == "0":
                return zero
            return f"{value} {unit}".strip()
