"""The one map from what the engine decides to what people read, and to the HTTP status.

A refusal's facts are times in ms (names ending in ``_ms``), counts and texts; ``refusal_told`` writes them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from examengine.live import CloseReason
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.history import DeadlineReason, Label, OpenedBy, OutcomeReason, State
from examengine.web import times
from examengine.web.contexts.candidate import ExamState, Verdict
from examengine.web.contexts.frame import Tone
from examengine.web.wording import gettext as _


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal in the reader's words. ``act_text`` is the label of the act that helps, "" where none does."""

    status: int
    title: str
    text: str
    next_text: str
    act_text: str


# reason: (status, title, text with {facts}, text when a fact is missing)
REASONS: Mapping[Reason, tuple[int, str, str, str]] = MappingProxyType(
    {
        Reason.NOT_ENROLLED: (403, _("您还没有报名"), _("本年度的名单里没有您，所以还不能参加考试。"), ""),
        Reason.WINDOW_NOT_OPEN: (
            409,
            _("考试还没有开放"),
            _("考试从 {opens_ms} 起开放。"),
            _("考试还没有到开放日期。"),
        ),
        Reason.WINDOW_CLOSED: (
            409,
            _("考试已经结束"),
            _("考试已于 {closes_ms} 结束，不再接受新的考试。"),
            _("本年度的考试已经结束。"),
        ),
        Reason.ALREADY_PASSED: (409, _("您已经及格"), _("您的成绩已经及格，不需要再考。"), ""),
        Reason.ATTEMPT_RUNNING: (409, _("您有一场考试正在进行"), _("考试时间在继续计算，请回到那场考试。"), ""),
        Reason.RESULT_PENDING: (
            409,
            _("上一次考试还没有成绩"),
            _("上一次考试正在等待人工评分。成绩登记以后，才知道是否需要再考。"),
            "",
        ),
        Reason.CARD_REQUIRED: (409, _("需要先激活学习卡"), _("激活一张激活卡后，才能学习和考试。"), ""),
        Reason.BATCH_REQUIRED: (409, _("需要先报名一期培训"), _("报名并参加一期培训后，才能考试。"), ""),
        Reason.ATTEMPTS_EXHAUSTED: (409, _("考试次数已用完"), _("您的考试次数都已用完，现在不能再考。"), ""),
        Reason.LEARNING_INCOMPLETE: (
            409,
            _("学习还没有完成"),
            _("学习进度为 {percent}%，达到 100% 后才能考试。"),
            _("完成全部学习后才能考试。"),
        ),
        Reason.WAIT_BETWEEN_ATTEMPTS: (
            409,
            _("两次考试之间需要间隔"),
            _("下一次考试从 {until_ms} 起可以开始。"),
            _("请稍后再开始下一次考试。"),
        ),
        Reason.TOO_LITTLE_TIME_LEFT: (
            409,
            _("剩余时间不够一场考试"),
            _("离考试结束只有 {left_ms}，不能再开始新的考试。"),
            _("离考试结束的时间太短。"),
        ),
        Reason.NOT_ONLINE: (409, _("本考试不在网上进行"), _("本年度的考试在现场进行。"), ""),
        Reason.OUTSIDE_TRAINING_PERIOD: (
            409,
            _("不在培训时间内"),
            _("只能在培训时间内办理。"),
            _("只能在培训时间内办理。"),
        ),
        Reason.CARD_ALREADY_USED: (409, _("这张卡已经用过"), _("每张激活卡只能使用一次。"), ""),
        Reason.CARD_NOT_BOOKED_OUT: (
            409,
            _("这张卡还没有出库"),
            _("销售点还没有登记这张卡的出库，卡没有被使用。"),
            "",
        ),
        Reason.ATTEMPTS_REMAINING: (
            409,
            _("您还有考试次数"),
            _("您还有没用完的考试次数，现在不需要新卡。这张卡没有被使用。"),
            "",
        ),
        Reason.GRANT_NOT_ALLOWED: (
            409,
            _("现在不能增加考试次数"),
            _("只有全部次数都已用完且未及格时，才能增加。"),
            "",
        ),
        Reason.TWO_PERSONS_REQUIRED: (409, _("需要第二个人批准"), _("申请人和批准人不能是同一个人。"), ""),
        Reason.NO_SUCH_ATTEMPT: (404, _("没有这次考试"), _("没有找到要办理的那次考试。"), ""),
        Reason.NO_SCORE_TO_CHANGE: (409, _("没有成绩可以更正"), _("这次考试没有成绩。"), ""),
        Reason.NO_SUCH_ENTRY: (404, _("没有这条记录"), _("没有找到要撤回的记录。"), ""),
        Reason.ENTRY_ALREADY_USED: (
            409,
            _("这条记录已经用掉"),
            _("考生已经用了这条记录带来的次数或时间，不能撤回。"),
            "",
        ),
        Reason.ACCOUNT_BLOCKED: (
            409,
            _("这个账号已被停用"),
            _("停用的账号不能登录。"),
            "",
        ),
        Reason.TIME_ALREADY_USED: (
            409,
            _("延长的时间已经用到"),
            _("正在进行的考试已经用到延长的时间，现在收回会立即到时。"),
            "",
        ),
        Reason.NOT_RUNNING: (409, _("这次考试已经结束"), _("考试已经结束，不能再作答或交卷。"), ""),
        Reason.TOO_EARLY_TO_SUBMIT: (
            409,
            _("还不能交卷"),
            _("{until_ms} 以后才可以交卷，您的答案都已保存。"),
            _("开考后不久不能交卷，您的答案都已保存。"),
        ),
        Reason.WRONG_CARD: (
            409,
            _("卡号或激活码不对"),
            _("卡号与激活码对不上，或这张卡已停用。请对照卡面重新输入；这张卡没有被使用。"),
            "",
        ),
        Reason.NOT_OFFERED: (409, _("本年度没有这项办理"), _("按本年度的规则，没有这项办理。"), ""),
    }
)

# next step: (what to do, label of the act)
NEXTS: Mapping[Next, tuple[str, str]] = MappingProxyType(
    {
        Next.ENROL: (_("请先报名；由单位统一报名的，请联系单位人事部门。"), _("去报名")),
        Next.WAIT_FOR_WINDOW: (_("请在开放之后再来，不需要做别的。"), ""),
        Next.BUY_CARD: (_("请到销售点购买激活卡，再回到“我的考试”激活。"), _("激活卡")),
        Next.ACTIVATE_CARD: (_("请在“我的考试”输入卡号和激活码。"), _("激活卡")),
        Next.REGISTER_BATCH: (_("请选择一期培训并报名。"), _("去报名")),
        Next.FINISH_LEARNING: (_("请回到学习平台完成学习，进度更新后即可考试。"), ""),
        Next.RESUME: (_("请继续那场考试，已保存的答案都在。"), _("继续考试")),
        Next.WAIT: (_("请到时再来，不需要做别的。"), ""),
        Next.CALL_SUPPORT: (_("请致电客服，说明您的姓名和证件号后四位。"), ""),
        Next.REREGISTER: (_("请重新报名后再考。"), _("重新报名")),
        Next.NONE: (_("现在不需要您做什么。"), ""),
    }
)

OUTCOMES: Mapping[OutcomeReason, str] = MappingProxyType(
    {
        OutcomeReason.PASS: _("成绩达到及格线。"),
        OutcomeReason.FAIL_SCORE: _("成绩没有达到及格线。"),
        OutcomeReason.FAIL_NO_SCORE: _(
            "截止时您已离开考试页面，或者网络断开，没有交卷。按规定本次无成绩，登记为不及格。"
        ),
        OutcomeReason.FAIL_FORCED_EXIT: _("考试中途退出。按规定本次登记为不及格。"),
        OutcomeReason.AWAITING_MARKING: _("已交卷，等待人工评分。全部评完以后登记成绩，您不需要办理什么。"),
        OutcomeReason.VOID: _("这次考试已作废，不计入次数。"),
    }
)

HOW_ENDED: Mapping[State, str] = MappingProxyType(
    {
        State.RUNNING: _("进行中"),
        State.SUBMITTED: _("本人交卷"),
        State.AUTO_SUBMITTED: _("到时自动交卷"),
        State.FORCED_EXIT: _("中途退出"),
        State.EXPIRED_NO_SCORE: _("到时未交卷"),
        State.VOID: _("已作废"),
    }
)

BY_STAFF = _("由工作人员代为交卷")

STATE_TONES: Mapping[State, Tone] = MappingProxyType(
    {
        State.RUNNING: "run",
        State.SUBMITTED: "plain",
        State.AUTO_SUBMITTED: "plain",
        State.FORCED_EXIT: "bad",
        State.EXPIRED_NO_SCORE: "bad",
        State.VOID: "wait",
    }
)

LABELS: Mapping[Label, str] = MappingProxyType({Label.REGULAR: _("正考"), Label.MAKEUP: _("补考")})

OPENED_BY: Mapping[OpenedBy, str] = MappingProxyType(
    {
        OpenedBy.OPEN: _("本年度开放"),
        OpenedBy.CARD: _("激活卡"),
        OpenedBy.BATCH: _("培训报名"),
        OpenedBy.GRANT: _("客服增加"),
        OpenedBy.BACKFILL: _("上年度补考"),
    }
)

DEADLINE_REASONS: Mapping[DeadlineReason, str] = MappingProxyType(
    {
        DeadlineReason.TIME_LIMIT: _("考试时长用完"),
        DeadlineReason.WINDOW_END: _("考试开放期结束"),
        DeadlineReason.EXTRA_TIME: _("含补时"),
    }
)

EXAM_STATES: Mapping[ExamState, tuple[str, Tone]] = MappingProxyType(
    {
        ExamState.NOT_OPEN: (_("未开放"), "plain"),
        ExamState.READY: (_("可以考试"), "go"),
        ExamState.RUNNING: (_("进行中"), "run"),
        ExamState.BLOCKED: (_("还不能考"), "wait"),
        ExamState.AWAITING: (_("待出成绩"), "wait"),
        ExamState.PASSED: (_("及格"), "good"),
        ExamState.EXHAUSTED: (_("次数用完"), "bad"),
        ExamState.CLOSED: (_("已结束"), "plain"),
    }
)

VERDICTS: Mapping[Verdict, tuple[str, str, Tone]] = MappingProxyType(
    {
        Verdict.PASS: (_("及格"), "Pass", "good"),
        Verdict.FAIL: (_("不及格"), "Fail", "bad"),
        Verdict.AWAITING: (_("待出成绩"), "Awaiting marking", "wait"),
        Verdict.VOID: (_("已作废"), "Void", "wait"),
    }
)

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "single_choice": _("单选题"),
        "multiple_choice": _("多选题"),
        "true_false": _("判断题"),
        "short_answer": _("填空题"),
        "numeric": _("数值题"),
        "matching": _("匹配题"),
        "cloze": _("多空填空题"),
        "essay": _("简答题"),
        "other": _("其他题型"),
    }
)

# a live word: (status, the sentence the page shows); the words of a success share one
DESK_WORDS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "saved": (200, _("已保存")),
        "repeated": (200, _("已保存")),
        "superseded": (200, _("这道题有更新的答案，以更新的为准。")),
        "pen_lost": (200, _("考试已转到其他设备继续，本页已停止作答。")),
        "closed": (200, _("考试已经结束，不能再作答。")),
        "too_late": (200, _("考试时间到，不能再作答。")),
        "forced": (200, _("离开考试页面的时间超过了规定，考试已经结束。")),
        "not_owner": (403, _("这场考试不属于当前登录的人。")),
        "revoked": (401, _("登录已失效，请重新登录后继续作答。")),
        "stale_generation": (409, _("考试刚刚恢复，正在核对答案。")),
        "absent": (503, _("考试正在恢复，答案暂存在本机，正在重试。")),
        "out_of_range": (400, _("没有这道题或这个选项。")),
        "too_many": (409, _("这场考试的改动次数太多，不能再改。已保存的答案都在。")),
    }
)

# status: (title, text, what to do now)
STATUSES: Mapping[int, tuple[str, str, str]] = MappingProxyType(
    {
        400: (_("没有看懂这次提交"), _("提交的内容不完整，没有保存任何改动。"), _("请返回上一页，再试一次。")),
        401: (_("需要重新登录"), _("登录已失效，已保存的内容都在。"), _("请重新登录后继续。")),
        403: (_("不能打开这一页"), _("这一页不属于当前登录的人，或者提交不是从本站发出的。"), _("请回到首页再试。")),
        404: (_("没有这一页"), _("地址可能不完整，或者内容已经不在这里。"), _("请回到首页，从那里进入。")),
        405: (_("不能这样打开这一页"), _("这个地址只接受页面里的按钮提交。"), _("请回到首页，从那里进入。")),
        408: (_("提交超时"), _("网络太慢，提交没有完整到达，没有保存任何改动。"), _("请返回上一页，再试一次。")),
        409: (_("现在不能办理"), _("情况已经变化，没有保存任何改动。"), _("请刷新后再看。")),
        413: (
            _("提交的内容太大"),
            _("超过了允许的大小，没有保存任何改动：文件最大 25 MB，图片最大 2 MB。"),
            _("请拆成几个文件，或缩小以后再传。"),
        ),
        429: (_("操作太频繁"), _("为了安全，请稍等再试。"), _("请过一会儿再试。")),
        500: (_("系统出了错"), _("出错的是我们，不是您。已保存的答案都在。"), _("请刷新本页；仍不行时请致电客服。")),
        503: (_("暂时没有保存"), _("系统正在恢复，这次提交没有保存。"), _("请等几秒再试，不需要重新填写。")),
    }
)


def how_ended(state: str, cause: str) -> str:
    """How an attempt ended, by the state and cause of its outcome."""
    if state == State.SUBMITTED and cause == CloseReason.STAFF:
        return BY_STAFF
    return HOW_ENDED[State(state)]


def refusal_told(refusal: Refusal, zone: str) -> Told:
    """The words for a refusal; times are written in ``zone``."""
    status, title, text, without_facts = REASONS[refusal.reason]
    next_text, act_text = NEXTS[refusal.next]
    try:
        told = text.format_map({name: _written(name, value, zone) for name, value in refusal.facts.items()})
    except KeyError:
        told = without_facts
    return Told(status, title, told, next_text, act_text)


def _written(name: str, value: int | str, zone: str) -> str:
    if name == "left_ms" and isinstance(value, int):
        return times.span(value)
    if name == "closes_ms" and isinstance(value, int):
        return times.end_moment(value, zone)
    if name.endswith("_ms") and isinstance(value, int):
        return times.moment(value, zone)
    return str(value)
