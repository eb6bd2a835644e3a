"""The conditions of a start in words, for the candidate and for the desk alike: what is asked, met or not, by what
evidence; and what the one act that helps would come to.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from examengine.refusals import Refusal
from examengine.rules.conditions import Condition, Examined
from examengine.rules.prospects import Prospect, Suppose
from examengine.web import times
from examengine.web.wording import gettext as _

DAY_MS = 24 * 3_600_000
ASKED: Mapping[Condition, str] = MappingProxyType(
    {
        Condition.ENROLLED: _("已报名"),
        Condition.OPENED: _("考试已经开放"),
        Condition.NOT_CLOSED: _("考试还没有结束"),
        Condition.NOT_PASSED: _("还没有及格"),
        Condition.NONE_RUNNING: _("没有正在进行的考试"),
        Condition.RESULT_KNOWN: _("上一次考试已有成绩"),
        Condition.PLACE_LEFT: _("还有考试次数"),
        Condition.LEARNED: _("学习已完成"),
        Condition.WAITED: _("两次考试之间的间隔已满"),
        Condition.TIME_LEFT: _("剩下的时间够一场考试"),
        Condition.ONLINE: _("在网上考试"),
    }
)
SUPPOSED: Mapping[Suppose, str] = MappingProxyType(
    {
        Suppose.GRANT: _("若增加 1 次"),
        Suppose.CARD: _("若激活一张新卡"),
        Suppose.LEARNING: _("若完成学习"),
        Suppose.TIME: _("到 {at}"),
    }
)


def evidence(one: Examined, zone: str) -> str:
    """What a condition was judged by, "" where the condition itself says it."""
    facts = one.facts
    match one.condition:
        case Condition.OPENED:
            return _("{at} 起").format(at=times.moment(facts["opens_ms"], zone))
        case Condition.NOT_CLOSED:
            return _("到 {day} 为止").format(day=times.last_day(facts["closes_ms"], zone))
        case Condition.PLACE_LEFT:
            return _("共 {allowed} 次，剩 {left} 次").format(**facts)
        case Condition.LEARNED if one.known:
            return f"{facts['percent']}%"
        case Condition.LEARNED:
            return _("有了可用的次数才看")
        case Condition.WAITED if facts["until_ms"]:
            return _("{at} 起可以考").format(at=times.moment(facts["until_ms"], zone))
        case Condition.TIME_LEFT if one.known:
            return _("离考试结束还有 {left}").format(left=_long(facts["left_ms"]))
        case _:
            return ""


def _long(left_ms: int) -> str:
    return times.span(left_ms) if left_ms < 2 * DAY_MS else _("{n} 天").format(n=left_ms // DAY_MS)


def supposed(prospect: Prospect, zone: str, told: Callable[[Refusal], str]) -> str:
    """``若增加 1 次：2026年12月31日（含当天）前可以开始。``

    Args:
        told: the sentence of a refusal, in the reader's words.
    """
    what = SUPPOSED[prospect.suppose].format(at=times.moment(prospect.at_ms, zone))
    if isinstance(prospect.decision, Refusal):
        return _("{what}：仍然不能开始。{why}").format(what=what, why=told(prospect.decision))
    assert prospect.until_ms is not None
    return _("{what}：{at} 前可以开始。").format(what=what, at=until_told(prospect.until_ms, zone))


def until_told(until_ms: int, zone: str) -> str:
    """The instant before which a start is allowed; a whole day is named as such."""
    if times.local(until_ms, zone).strftime("%H:%M:%S") == "00:00:00":
        return _("{day}（含当天）").format(day=times.last_day(until_ms, zone))
    return times.end_moment(until_ms, zone)
