"""What staff read: reasons to choose from, refusals as an agent would say them, messages after an act."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from examengine.accounts.documents import TYPE_NAMES
from examengine.records.words import CallTopic, CaseKind, DocumentType, IdentityCheck, Measure
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.history import OutcomeReason
from examengine.support.looking import CardState
from examengine.support.quotas import Why
from examengine.web import times
from examengine.web.contexts.frame import Alert, Tone
from examengine.web.wording import gettext as _

GRANT_REASONS = (
    ("platform", _("平台故障")),
    ("network", _("考生网络")),
    ("power", _("停电")),
    ("mistake", _("误操作")),
    ("approved", _("特批")),
)
TIME_REASONS = GRANT_REASONS
VOID_REASONS = (
    ("platform", _("平台故障")),
    ("power", _("停电")),
    ("not_the_person", _("不是本人考试")),
    ("misconduct", _("违反考试纪律")),
    ("approved", _("特批")),
)
HAND_IN_REASONS = (
    ("asked", _("考生要求交卷")),
    ("platform", _("平台故障")),
    ("power", _("停电")),
    ("misconduct", _("违反考试纪律")),
    ("approved", _("特批")),
)
CASE_REASONS = (
    ("platform", _("平台故障")),
    ("network", _("考生网络")),
    ("power", _("停电")),
    ("gone", _("考生自己离开")),
    ("approved", _("特批")),
)
ACCOMMODATION_REASONS = (
    ("document", _("材料齐全，已经核对")),
    ("authority", _("主管部门同意")),
    ("approved", _("特批")),
)
REQUEST_REASONS = (("makeup", _("补学补考申请")),)
UNDO_REASONS = (
    ("wrong_entry", _("登记有误")),
    ("withdrawn", _("考生撤回请求")),
    ("approved", _("特批")),
)
LET_IN_REASONS = (
    ("locked", _("多次输错密码，被限制登录")),
    ("forgotten", _("忘记密码")),
    ("device", _("要换设备登录")),
    ("misused", _("怀疑账号被人使用")),
    ("approved", _("特批")),
)
REVEAL_REASONS = (
    ("identity", _("核对本人身份")),
    ("correction", _("更正资料")),
    ("investigation", _("配合查明故障")),
)
CATEGORIES: Mapping[str, str] = MappingProxyType(
    dict(
        (
            *GRANT_REASONS,
            *VOID_REASONS,
            *HAND_IN_REASONS,
            *CASE_REASONS,
            *UNDO_REASONS,
            *ACCOMMODATION_REASONS,
            *REQUEST_REASONS,
            *LET_IN_REASONS,
            *REVEAL_REASONS,
        )
    )
)

CASE_KINDS: Mapping[CaseKind, tuple[str, Tone]] = MappingProxyType(
    {
        CaseKind.AUTO_SUBMITTED: (_("故障中自动交卷"), "plain"),
        CaseKind.UNDECIDED: (_("是否在场待核实"), "wait"),
        CaseKind.LOST: (_("作答记录缺失"), "bad"),
        CaseKind.LEAVE_EXCUSED: (_("离开未计，故障"), "plain"),
    }
)

# what is bounded of an agent's acts: (what, its unit)
MEASURES: Mapping[Measure, tuple[str, str]] = MappingProxyType(
    {
        Measure.ATTEMPTS: (_("增加考试次数"), _("次")),
        Measure.MINUTES: (_("补时"), _("分钟")),
        Measure.LET_INS: (_("允许重新登录"), _("人次")),
        Measure.REVEALS: (_("显示完整号码"), _("人次")),
    }
)
WHY_SECOND: Mapping[Why, str] = MappingProxyType(
    {
        Why.ALWAYS: _("这件事总要两个人。"),
        Why.AT_ONCE: _("一次超过 {at_once} {unit}，一个人不能办理。"),
        Why.PER_DAY: _("24 小时内一个人最多办理 {per_day} {unit}，这次会超过。"),
        Why.ON_ONE_PERSON: _("7 天内您已为这位考生办理过 {n} 次，再办要由另一个人批准。"),
    }
)

CALL_TOPICS: Mapping[CallTopic, str] = MappingProxyType(
    {
        CallTopic.SIGN_IN: _("登录不了"),
        CallTopic.INTERRUPTED: _("考试中断"),
        CallTopic.ATTEMPTS: _("次数、补考"),
        CallTopic.RESULT: _("成绩"),
        CallTopic.LEARNING: _("学习进度"),
        CallTopic.PERSONAL_DATA: _("个人资料"),
        CallTopic.COMPLAINT: _("投诉"),
        CallTopic.OTHER: _("其他"),
    }
)
IDENTITY_CHECKS: Mapping[IdentityCheck, str] = MappingProxyType(
    {
        IdentityCheck.DOCUMENT: _("核对了姓名和证件号"),
        IdentityCheck.PHONE: _("用登记的手机来电"),
        IdentityCheck.UNIT: _("由单位证实"),
        IdentityCheck.NOT_CHECKED: _("没有核对，只答复了一般问题"),
    }
)

PERSON_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "pro_tech": _("专业技术人员"),
        "public_institution_staff": _("事业单位工作人员"),
        "civil_service_managed_institution": _("参照公务员法管理单位人员"),
        "manual_worker_post": _("工勤岗位人员"),
        "other": _("其他"),
    }
)

FOUND_BY: Mapping[str, str] = MappingProxyType(
    {
        "document": _("完整证件号"),
        "document_tail": _("证件号末几位"),
        "phone": _("手机号"),
        "phone_tail": _("手机号后 4 位"),
        "name": _("姓名"),
        "name_and_number": _("姓名加号码"),
        "card": _("激活卡号"),
        "receipt": _("回执号"),
    }
)

# a card of that number exists, but nobody has used it
CARD_STATES: Mapping[CardState, str] = MappingProxyType(
    {
        CardState.IN_STOCK: _("有这张激活卡，还没有出库，也没有人激活过：请考生到销售点登记出库。"),
        CardState.BOOKED_OUT: _("有这张激活卡，已经出库，还没有人激活过：请考生到“我的考试”输入卡号和激活码。"),
        CardState.BLOCKED: _("有这张激活卡，已经挂失，不能再激活。"),
        CardState.USED: _("这张激活卡已经用过，用卡的人资料已经删除。"),
    }
)

# why a start would be refused: (the sentence with {facts}, the sentence without, its tone)
STANDINGS: Mapping[Reason, tuple[str, str, Tone]] = MappingProxyType(
    {
        Reason.NOT_ENROLLED: (_("没有报名。"), "", "wait"),
        Reason.WINDOW_NOT_OPEN: (_("考试还没有开放，{opens_ms} 起可以考。"), _("考试还没有开放。"), "wait"),
        Reason.WINDOW_CLOSED: (_("考试开放到 {closes_ms} 为止，已经结束。"), _("考试开放期已经结束。"), "plain"),
        Reason.ALREADY_PASSED: (_("已经及格，不需要再考。"), "", "good"),
        Reason.ATTEMPT_RUNNING: (_("正在考试。"), "", "run"),
        Reason.RESULT_PENDING: (_("上一次考试等待人工评分，登记成绩以前不能再考。"), "", "wait"),
        Reason.CARD_REQUIRED: (_("还没有激活过激活卡，不能学习和考试。"), "", "wait"),
        Reason.BATCH_REQUIRED: (_("还没有报名参加培训期次，不能考试。"), "", "wait"),
        Reason.ATTEMPTS_EXHAUSTED: (_("考试次数已用完，没有及格。"), "", "bad"),
        Reason.LEARNING_INCOMPLETE: (
            _("学习还没有完成（{percent}%），不能考试。"),
            _("学习还没有完成，不能考试。"),
            "wait",
        ),
        Reason.WAIT_BETWEEN_ATTEMPTS: (
            _("两次考试之间要间隔，{until_ms} 起可以考。"),
            _("两次考试之间要间隔，还不能考。"),
            "wait",
        ),
        Reason.TOO_LITTLE_TIME_LEFT: (
            _("离考试结束只有 {left_ms}，不能再开始。"),
            _("离考试结束太近，不能再开始。"),
            "bad",
        ),
        Reason.NOT_ONLINE: (_("本年度的考试在现场进行，不在网上。"), "", "plain"),
    }
)

# what the agent can tell the caller to do
NEXTS: Mapping[Next, str] = MappingProxyType(
    {
        Next.ENROL: _("请考生先报名；由单位统一报名的，联系单位人事部门。"),
        Next.WAIT_FOR_WINDOW: _("请考生等到开放以后再考，现在不用办理。"),
        Next.BUY_CARD: _("请考生到销售点购买激活卡，再到“我的考试”激活。"),
        Next.ACTIVATE_CARD: _("请考生到“我的考试”，输入已买的激活卡的卡号和激活码。"),
        Next.REGISTER_BATCH: _("请考生选择一期培训并报名。"),
        Next.FINISH_LEARNING: _("请考生到学习平台完成学习，进度更新以后就能考试。"),
        Next.RESUME: _("请考生登录以后点“继续考试”，已保存的答案都在。"),
        Next.WAIT: _("请考生到时再考，不用办理。"),
        Next.CALL_SUPPORT: _("核对身份以后，可以在这里增加考试次数。"),
        Next.REREGISTER: _("请考生重新报名以后再考。"),
        Next.NONE: "",
    }
)

# why an act of the desk is refused: (text, what to do)
ACT_REFUSALS: Mapping[Reason, tuple[str, str]] = MappingProxyType(
    {
        Reason.OUTSIDE_TRAINING_PERIOD: (_("不在考试开放期内，不能增加次数。"), ""),
        Reason.GRANT_NOT_ALLOWED: (_("现在不能增加次数。"), ""),
        Reason.RESULT_PENDING: (_("上一次考试等待人工评分，登记成绩以前不能增加次数。"), ""),
        Reason.TWO_PERSONS_REQUIRED: (
            _("需要另一个人：不能批准自己的申请，也不能为自己办理。"),
            _("请另一位同事来办理。"),
        ),
        Reason.NO_SUCH_ATTEMPT: (_("这次考试已经作废。"), _("不用再办理。")),
        Reason.NO_SUCH_ENTRY: (_("这条记录已经撤回，或者不能由一个人撤回。"), ""),
        Reason.ENTRY_ALREADY_USED: (_("考生已经用了增加的次数，不能撤回。"), _("需要时可以申请作废那次考试。")),
        Reason.NOT_OFFERED: (_("工作人员的账号，客服不能办理。"), _("请联系安全管理员。")),
        Reason.ACCOUNT_BLOCKED: (_("这个账号已被安全管理员停用，客服不能恢复。"), _("需要时请联系安全管理员。")),
        Reason.TIME_ALREADY_USED: (
            _("正在进行的考试已经用到延长的时间，现在收回会让它立即到时。"),
            _("请等这次考试结束以后再收回。"),
        ),
        Reason.NOT_RUNNING: (_("这次考试已经结束，时间不能再改。"), _("需要时可以申请作废，退还这次机会。")),
    }
)

OUTCOMES: Mapping[OutcomeReason, str] = MappingProxyType(
    {
        OutcomeReason.PASS: _("达到及格线"),
        OutcomeReason.FAIL_SCORE: _("没有达到及格线"),
        OutcomeReason.FAIL_NO_SCORE: _("截止时不在考试页面，没有交卷；按规定无成绩，登记为不及格"),
        OutcomeReason.FAIL_FORCED_EXIT: _("中途退出；按规定登记为不及格"),
        OutcomeReason.AWAITING_MARKING: _("待评分"),
        OutcomeReason.VOID: _("已作废"),
    }
)
CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "give_up": _("本人确认放弃"),
        "page_leave": _("离开考试页面超过规定时间"),
        "focus_loss": _("离开考试窗口超过规定次数"),
    }
)

# after an act: (tone, title, text)
DONE: Mapping[str, Alert] = MappingProxyType(
    {
        "granted": Alert("success", _("已增加考试次数"), _("效果见下面的状态和明细。")),
        "extended": Alert("success", _("已补时"), _("考生的考试页面会自动换成新的截止时间。")),
        "extended_later": Alert(
            "warning", _("已补时，正在送到考试页面"), _("补时已经生效；实时数据恢复以后，考生的页面会自动更新。")
        ),
        "asked": Alert("success", _("已提交，等待审批"), _("要由另一个人批准；批准以前，什么都不会变。")),
        "accommodated": Alert(
            "success",
            _("已办理合理便利"),
            _("每一场考试的截止时间都按它计算；正在进行的考试会自动换成新的截止时间。"),
        ),
        "accommodated_later": Alert(
            "warning",
            _("已办理合理便利，正在送到考试页面"),
            _("便利已经生效；实时数据恢复以后，考生的页面会自动更新。"),
        ),
        "request_granted": Alert("success", _("已同意，次数已增加"), _("考生会在“我的考试”看到答复。")),
        "request_asked": Alert(
            "success", _("已提交，等待审批"), _("要由另一个人批准；批准以后次数才增加，考生才看到答复。")
        ),
        "request_refused": Alert("success", _("已记为不同意"), _("考生会在“我的考试”看到您的答复。")),
        "answered": Alert("info", _("这个申请已经办理过了"), _("先办理的结果有效，见下面的列表。")),
        "undone": Alert("success", _("已撤回"), _("原来的记录和这次撤回都在明细里。")),
        "undone_later": Alert(
            "warning", _("已撤回，正在送到考试页面"), _("撤回已经生效；实时数据恢复以后，考生的页面会自动更新。")
        ),
        "handed_in": Alert("success", _("已代为交卷"), _("已按保存的答案评分；考生的页面会显示由工作人员代为交卷。")),
        "handed_in_later": Alert(
            "warning", _("已代为交卷，正在登记"), _("代为交卷已经生效；系统恢复以后会自动评分，不用再办理。")
        ),
        "over": Alert("info", _("这次考试已经结束"), _("不用代为交卷；结果见下面。")),
        "case_decided": Alert("success", _("已登记"), _("结果见考生的页面。")),
        "case_later": Alert("warning", _("已登记，正在评分"), _("决定已经生效；系统恢复以后会自动登记结果。")),
        "case_over": Alert("info", _("这次考试已经办理过了"), _("先办理的结果有效，见下面的列表。")),
        "let_in": Alert("success", _("已允许重新登录"), _("登录限制已解除，考生可以马上登录。")),
        "let_in_later": Alert(
            "warning",
            _("已结束旧的登录，限制还没有解除"),
            _("实时数据连不上；恢复以后请再办理一次“允许重新登录”。"),
        ),
        "call_noted": Alert("success", _("已登记这次通话"), _("在下面的通话记录里。")),
        "message_sent": Alert(
            "success", _("消息已发出"), _("正在考试的，一分钟内显示在考试页面上方；否则打开“我的考试”时看到。")
        ),
        "staff": Alert("warning", _("这是工作人员的账号"), _("工作人员的登录由安全管理员处理，电话里不能办理。")),
        "blocked": Alert("warning", _("这个账号已被停用"), _("由安全管理员停用的，客服不能恢复，请联系安全管理员。")),
        "no_account": Alert("warning", _("这个人还没有账号"), _("导入名单时建立账号；请联系考试管理员。")),
        "own": Alert("warning", _("不能为自己办理"), _("这是您本人的报名，请另一位同事来办理。")),
        "asked_before": Alert("info", _("已经有人申请过了"), _("申请正在等待审批，不用再提交。")),
        "voided": Alert("info", _("这次考试已经作废"), _("不用再办理。")),
        "approved": Alert("success", _("已批准"), _("已经办理；结果见考生的页面。")),
        "approved_later": Alert(
            "warning", _("已批准，正在送到考试页面"), _("决定已经生效；实时数据恢复以后，考生的页面会自动更新。")
        ),
        "refused": Alert("success", _("已记为不批准"), _("考试和次数都没有变。")),
        "decided": Alert("info", _("这条申请已经办理过了"), _("先办理的结果有效，见下面的列表。")),
        "changed": Alert("warning", _("情况有变化，没有办理"), _("请看过新的内容以后再决定。")),
    }
)


def document_type(doc_type: DocumentType) -> str:
    """What a kind of document is called."""
    return next(name for name, kind in TYPE_NAMES.items() if kind is doc_type)


def refused_act(refusal: Refusal) -> str:
    """Why an act of the desk is refused, and what to do instead."""
    return "".join(ACT_REFUSALS[refusal.reason])


def standing_told(refusal: Refusal, zone: str) -> tuple[str, Tone]:
    """Why a person may not start, as an agent would say it, and the tone of the sentence."""
    with_facts, without, tone = STANDINGS[refusal.reason]
    try:
        written = {name: _written(name, value, zone) for name, value in refusal.facts.items()}
        return with_facts.format_map(written), tone
    except KeyError:
        return without, tone


def named(choices: Sequence[tuple[str, str]], code: str) -> bool:
    """Whether a posted code is one of the choices."""
    return any(code == key for key, _text in choices)


def _written(name: str, value: int | str, zone: str) -> str:
    if not isinstance(value, int) or not name.endswith("_ms"):
        return str(value)
    if name == "left_ms":
        return times.span(value)
    if name == "closes_ms":
        return times.last_day(value, zone)
    return times.moment(value, zone)
