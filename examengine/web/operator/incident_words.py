"""What is said about incidents: states, groups of attempts, what one attempt gets."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from examengine.incidents.asking import Obstacle
from examengine.incidents.loss import QUIET_MS
from examengine.incidents.remedy import Policy, Why
from examengine.records.incidents import EXECUTED, Incident, Scope
from examengine.records.losses import Loss, Progress, Tally
from examengine.records.words import IncidentPhase, IncidentSource, IncidentState, RemedyKind
from examengine.web import times
from examengine.web.contexts.frame import Tone
from examengine.web.contexts.incidents import AmountRow, EffectRow, Step
from examengine.web.regions import region_told
from examengine.web.wording import gettext as _

STATES: Mapping[IncidentState, tuple[str, Tone]] = MappingProxyType(
    {
        IncidentState.DRAFTED: (_("草稿"), "plain"),
        IncidentState.ASKED: (_("等待批准"), "wait"),
        IncidentState.APPROVED: (_("正在补偿"), "run"),
        IncidentState.DONE: (_("已补偿"), "good"),
        IncidentState.REFUSED: (_("未批准"), "bad"),
        IncidentState.DROPPED: (_("已放弃"), "plain"),
        IncidentState.UNDO_ASKED: (_("等待批准撤销"), "wait"),
        IncidentState.UNDOING: (_("正在撤销"), "run"),
        IncidentState.UNDONE: (_("已撤销"), "plain"),
    }
)
SOURCES: Mapping[IncidentSource, str] = MappingProxyType(
    {
        IncidentSource.DEAF: _("系统自检发现收不到考生的信号"),
        IncidentSource.SILENCE: _("实时监控发现大批考生同时没有信号"),
        IncidentSource.HAND: _("工作人员登记"),
    }
)
OBSTACLES: Mapping[Obstacle, tuple[str, str]] = MappingProxyType(
    {
        Obstacle.OWN_REQUEST: (_("不能批准自己的申请"), _("请让另一位考试管理员登录后批准。")),
        Obstacle.NOT_YOURS: (_("这是别人建的"), _("只有建立的人能调整、提交或放弃它。")),
        Obstacle.NOT_SURVEYED: (_("还在测算"), _("测算完成以后再提交审批。")),
        Obstacle.SURVEY_IS_OLD: (_("内容变过了"), _("下面是现在的结果，请看过再决定。")),
        Obstacle.NOBODY: (_("没有要补偿的人"), _("请核对时间区间、范围和补偿办法。")),
        Obstacle.NOT_OPEN: (_("这一步已经过去"), _("下面是它现在的状态。")),
    }
)
WHYS: Mapping[str, str] = MappingProxyType(
    {
        Why.TOO_LITTLE.value: _("耽误的时间少于下限"),
        Why.ABSENT_BEFORE.value: _("故障开始前就没有信号"),
        Why.OWN.value: _("是经办人自己，须由别人另行处理"),
        Why.PASSED.value: _("已经及格"),
        Why.VOID.value: _("这次考试已作废"),
        Why.NOT_USED.value: _("这次考试没有占用次数"),
        Why.WINDOW.value: _("考试开放期已到，补了也不能用"),
        Why.POLICY.value: _("补偿办法里没有选这一项"),
        Why.CUT.value: _("考试开放期截断，得不到全部分钟"),
        Why.GIVEN.value: _("已由另一起故障补过"),
        "used": _("已经用掉，不撤销"),
    }
)
NEEDS_A_LOOK = frozenset({Why.OWN.value, Why.WINDOW.value, Why.CUT.value})


def interval(from_ms: int, until_ms: int, zone: str) -> str:
    """``2026-06-01 10:05:00 至 10:17:00``, with the day again where it is another."""
    begins, ends = times.exact(from_ms, zone), times.exact(until_ms, zone)
    return _("{begins} 至 {ends}").format(begins=begins, ends=ends[11:] if begins[:10] == ends[:10] else ends)


def scope_told(scope: Scope, titles: Mapping[int, str]) -> str:
    """Whom it concerns."""
    parts = []
    if scope.exam_id is not None:
        parts.append(titles.get(scope.exam_id, _("考试 {n}").format(n=scope.exam_id)))
    if scope.region:
        parts.append(region_told(scope.region))
    if scope.unit_name:
        parts.append(scope.unit_name)
    return " · ".join(parts) or _("全部考试")


def steps(known: Incident) -> tuple[Step, ...]:
    """Where it stands on its way."""
    place = {
        IncidentState.DRAFTED: 0 if known.phase is not None else 1,
        IncidentState.ASKED: 2,
        IncidentState.APPROVED: 3,
    }.get(known.state, 4)
    if known.state in {IncidentState.REFUSED, IncidentState.DROPPED}:
        place = 2
    names = (_("测算"), _("核对"), _("另一个人批准"), _("补偿"), _("报告"))
    return tuple(Step(name, at == place) for at, name in enumerate(names))


def say(known: Incident, names: Mapping[int, str], *, own: bool) -> str:
    """In one sentence: what stands, and what comes next."""
    approver = names.get(known.decided_by or 0, "")
    match known.state:
        case IncidentState.DRAFTED if known.phase is not None:
            return _("正在按作答记录逐份测算耽误的时间，可以离开这一页。")
        case IncidentState.DRAFTED:
            return _("核对下面的效果，可以调整后重新测算；没有问题就提交审批。批准以前什么都不会改动。")
        case IncidentState.ASKED if own:
            return _("已提交，要由另一位考试管理员批准。请把这一页的地址发给他。")
        case IncidentState.ASKED:
            return _("{name}申请补偿。批准后马上开始，受影响的考试页面会自动换成新的截止时间。").format(
                name=names.get(known.by_person, "")
            )
        case IncidentState.APPROVED:
            return _("{name}已批准，正在逐份补偿，可以离开这一页。").format(name=approver)
        case IncidentState.DONE:
            return _("{name}已批准，补偿已经全部登记。").format(name=approver)
        case IncidentState.REFUSED:
            return _("{name}没有批准，什么都没有改动。").format(name=approver)
        case IncidentState.DROPPED:
            return _("已放弃，什么都没有改动。")
        case IncidentState.UNDO_ASKED:
            return _("有人申请撤销这次补偿，要由另一位考试管理员批准。")
        case IncidentState.UNDOING:
            return _("正在逐份撤销，已经用掉的不撤销。")
        case IncidentState.UNDONE:
            return _("这次补偿已撤销；已经用掉的保留。")


def effects(tallies: Sequence[Tally], known: Incident) -> tuple[EffectRow, ...]:
    """Groups of attempts, what is given first."""
    is_given = known.state in EXECUTED
    rows = []
    for kind, text in ((RemedyKind.MINUTES, _("人补时间")), (RemedyKind.ATTEMPTS, _("人退还一次机会"))):
        of_kind = [one for one in tallies if one.remedy is kind]
        if of_kind:
            number, amount = sum(one.attempts for one in of_kind), sum(one.amount for one in of_kind)
            undone = sum(one.undone for one in of_kind)
            notes = [_("共 {n} 分钟").format(n=amount)] if kind is RemedyKind.MINUTES else []
            notes += [_("其中 {n} 人：{why}").format(n=one.attempts, why=WHYS[one.why]) for one in of_kind if one.why]
            if is_given and undone:
                notes.append(_("撤销时处理过 {n} 人").format(n=undone))
            rows.append(EffectRow(text, number, "；".join(notes)))
    rows += [
        EffectRow(_("人不补：{why}").format(why=WHYS.get(one.why, one.why)), one.attempts, "", _tone(one.why))
        for one in tallies
        if one.remedy is RemedyKind.NONE
    ]
    return tuple(rows)


def _tone(why: str) -> str:
    return "warn" if why in NEEDS_A_LOOK else ""


def notes(known: Incident, tallies: Sequence[Tally], zone: str) -> tuple[str, ...]:
    """What the second person should know."""
    told = []
    if known.surveyed_ms is not None:
        told.append(
            _("按 {at} 为止的作答记录测算；补偿时逐份再判断一次：那时已结束的改为退还机会。").format(
                at=times.exact(known.surveyed_ms, zone)
            )
        )
    if known.until_ms - known.from_ms < QUIET_MS:
        told.append(_("区间短于 60 秒：正常作答的页面也可能这么久没有信号，请看清范围。"))
    if any(one.why == Why.WINDOW.value for one in tallies):
        told.append(_("有人因为考试开放期已到而补不了，需要另行研究（例如发布补考）。"))
    if any(one.why == Why.OWN.value for one in tallies):
        told.append(_("建立人或批准人自己也在考试，不在这里给自己补，请别人处理。"))
    return tuple(told)


def remedy_told(loss: Loss) -> str:
    """What one attempt gets."""
    if loss.remedy is RemedyKind.MINUTES:
        told = _("补 {n} 分钟").format(n=loss.amount)
    elif loss.remedy is RemedyKind.ATTEMPTS:
        told = _("退还 {n} 次机会").format(n=loss.amount)
    else:
        return _("不补：{why}").format(why=WHYS.get(loss.why, loss.why))
    return f"{told}（{WHYS[loss.why]}）" if loss.why in WHYS else told


def loss_state(loss: Loss) -> str:
    """How far it is with one attempt."""
    if loss.undone_ms is not None:
        return _("保留") if loss.why == "used" else _("已撤销")
    if loss.entry_id is not None:
        return _("已登记")
    if loss.done_ms is not None:
        return _("没有补")
    return "" if loss.remedy is RemedyKind.NONE else _("待办")


def gap_told(loss: Loss, zone: str) -> str:
    """The longest silence: from the last sign of life to the next."""
    seen = times.clock_time(loss.seen_ms, zone)
    if loss.back_ms is None:
        return _("{seen} 起没有再来").format(seen=seen)
    return _("{seen} 至 {back}").format(seen=seen, back=times.clock_time(loss.back_ms, zone))


def amounts(found: Sequence[tuple[RemedyKind, int, int]]) -> tuple[AmountRow, ...]:
    """How many got so much."""
    return tuple(
        AmountRow(
            _("补 {n} 分钟").format(n=amount)
            if kind is RemedyKind.MINUTES
            else _("退还 {n} 次机会").format(n=amount),
            number,
        )
        for kind, amount, number in found
    )


def policy_told(policy: Policy) -> str:
    """What is given for how much, in one sentence."""
    parts = []
    if policy.minutes:
        step = _("进到整分钟") if policy.round_min == 1 else _("进到 {n} 分钟的整数倍").format(n=policy.round_min)
        parts.append(_("仍在考的补时间（耽误 {n} 秒以上，{step}）").format(n=policy.least_s, step=step))
    if policy.attempts:
        least_s = max(policy.least_s, policy.least_attempt_s)
        parts.append(_("已结束且没有及格的退还一次机会（耽误 {n} 秒以上）").format(n=least_s))
    if not policy.absent_too:
        parts.append(_("故障开始前已没有信号的不补"))
    return "；".join(parts)


def percent(known: Incident, progress: Progress) -> int | None:
    """How far the phase is; None: nothing is being computed."""
    match known.phase:
        case None:
            return None
        case IncidentPhase.SURVEY_RUNNING:
            return known.cursor * 90 // 64
        case IncidentPhase.SURVEY_ENDED:
            return 95
        case IncidentPhase.EXECUTE:
            return min(99, progress.done * 100 // max(1, progress.total))
        case IncidentPhase.UNDO:
            return min(99, progress.undone * 100 // max(1, progress.given))


def progress_told(known: Incident, progress: Progress) -> str:
    """The same in numbers."""
    match known.phase:
        case IncidentPhase.SURVEY_RUNNING:
            return _("正在看仍在考的人")
        case IncidentPhase.SURVEY_ENDED:
            return _("正在看已经考完的人")
        case IncidentPhase.EXECUTE:
            return _("已办 {n} 人，共 {total} 人").format(n=progress.done, total=progress.total)
        case IncidentPhase.UNDO:
            return _("已看 {n} 人，共 {total} 人").format(n=progress.undone, total=progress.given)
        case _:
            return ""
