"""The words of corrections and of statistics."""

from collections.abc import Mapping
from types import MappingProxyType

from examengine.banks.item import Item, Kind
from examengine.banks.responses import Expected, NumberExpected, TextExpected
from examengine.grading.correction import AnyOf, Dropped, FullMarks, NewKey, Ruling
from examengine.grading.statistics import Suspicion
from examengine.records.words import CorrectionState
from examengine.regrading.asking import Obstacle
from examengine.web.answers import LETTERS
from examengine.web.contexts.frame import Tone
from examengine.web.wording import gettext as _

# action: (what it is called, what it means)
ACTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "new_key": (_("改答案"), _("只有新答案算对。按旧答案答对的人会失分，除非选“只升不降”。")),
        "any_of": (_("多个答案均可"), _("勾选的每一个答案都算对。")),
        "full_marks": (_("全员给分"), _("不论怎样作答，也不论是否作答，都得这道题的满分。")),
        "dropped": (_("作废此题"), _("这道题不计分，其余题的得分按比例折算为满分，四舍五入到 0.01 分。")),
    }
)
STATES: Mapping[CorrectionState, tuple[str, Tone]] = MappingProxyType(
    {
        CorrectionState.DRAFTED: (_("草稿"), "plain"),
        CorrectionState.ASKED: (_("待批准"), "wait"),
        CorrectionState.APPROVED: (_("执行中"), "run"),
        CorrectionState.DONE: (_("已完成"), "good"),
        CorrectionState.REFUSED: (_("未批准"), "bad"),
        CorrectionState.DROPPED: (_("已放弃"), "plain"),
    }
)
SUSPICIONS: Mapping[Suspicion, str] = MappingProxyType(
    {
        Suspicion.BETTER_DISTRACTOR: _("高分考生更多选 {answer}，而不是现在的答案"),
        Suspicion.NEGATIVE: _("其余题答得越好，这道题越容易答错"),
        Suspicion.NEAR_ZERO: _("几乎没有人答对"),
    }
)
# obstacle: (what happened, what to do)
OBSTACLES: Mapping[Obstacle, tuple[str, str]] = MappingProxyType(
    {
        Obstacle.DOES_NOT_FIT: (_("这样的答案不适合这道题"), _("请按题型勾选：单选和判断选一个，多选选一个以上。")),
        Obstacle.NOTHING_CHANGES: (_("和现在的评分办法一样"), _("这道题现在就是这样评分的，没有需要更正的。")),
        Obstacle.NOTHING_LEFT: (_("不能作废这道题"), _("再作废一题，有的试卷就一道题也不剩了。请改用“全员给分”。")),
        Obstacle.OWN_EXAM: (_("您报名了这场考试"), _("更正答案要由不参加这场考试的人办理，请交给别人。")),
        Obstacle.OWN_REQUEST: (_("要由另一个人批准"), _("申请人和批准人不能是同一个人。")),
        Obstacle.NOT_YOURS: (_("这是别人起草的更正"), _("只有起草的人可以提交或放弃；您可以自己另外起草。")),
        Obstacle.NOT_PREVIEWED: (_("影响还没有算完"), _("请等预览算完再提交。")),
        Obstacle.PREVIEW_IS_OLD: (
            _("预览已经过时"),
            _("起草以后有别的更正生效，或者重新预览过。请重新预览，看过再办。"),
        ),
        Obstacle.ANOTHER_RUNS: (_("这场考试的另一项更正正在执行"), _("请等它完成，再重新预览和批准。")),
        Obstacle.NOT_OPEN: (_("这项更正已经办过了"), _("下面是现在的状态。")),
    }
)
RESULTS: Mapping[str, str] = MappingProxyType({"pass": _("及格"), "fail": _("不及格")})


def letters_of(item: Item, answer: str) -> str:
    """An answer as letters of the options in the author's order, as all staff pages show them."""
    places = {option.id: LETTERS[index % len(LETTERS)] for index, option in enumerate(item.options)}
    if item.kind is Kind.TRUE_FALSE:
        places = {option.id: option.text for option in item.options}
    return "".join(sorted(places.get(sign, "?") for sign in answer))


def ruling_told(item: Item, ruling: Ruling) -> str:
    """A ruling in a few words."""
    match ruling:
        case NewKey(options, expected):
            return _("答案改为 {key}").format(key=letters_of(item, options) if options else expected_told(expected))
        case AnyOf(keys):
            told = _(" 或 ").join(letters_of(item, key) for key in keys)
            return _("{keys} 均算对").format(keys=told)
        case FullMarks():
            return _("全员给分")
        case Dropped():
            return _("作废此题")


def expected_told(expected: Expected | None) -> str:
    """What is expected of a text or a number."""
    match expected:
        case TextExpected(accepted=accepted):
            return _(" 或 ").join(f"“{one.text}”" for one in accepted)
        case NumberExpected(ranges=ranges):
            spans = [one.low if one.low == one.high else f"{one.low}～{one.high}" for one in ranges]
            return _(" 或 ").join(spans)
        case _:
            return ""


def candidates_reason(ruling: Ruling, position: int) -> str:
    """Why a score was corrected, for the candidate: which question, never what is right."""
    match ruling:
        case FullMarks():
            return _("第 {n} 题全员给分").format(n=position)
        case Dropped():
            return _("第 {n} 题作废，其余题按比例折算").format(n=position)
        case _:
            return _("第 {n} 题答案更正").format(n=position)
