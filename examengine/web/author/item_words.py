"""Where items stand and what may be done with them, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from examengine.banks.differences import Part
from examengine.publishing.recasting import Recast
from examengine.records.reviews import Skip
from examengine.records.words import ItemState, ReviewDecision
from examengine.web.contexts.frame import Tone
from examengine.web.wording import gettext as _

STATES: Mapping[ItemState, tuple[str, Tone]] = MappingProxyType(
    {
        ItemState.DRAFT: (_("草稿"), "plain"),
        ItemState.WAITING: (_("待审"), "wait"),
        ItemState.CHECKED: (_("已审"), "good"),
        ItemState.RETURNED: (_("退回"), "bad"),
        ItemState.RETIRED: (_("停用"), "plain"),
    }
)
EXPIRED_TEXT = _("到期")

SAID: Mapping[ReviewDecision, str] = MappingProxyType(
    {
        ReviewDecision.SUBMITTED: _("提交审核"),
        ReviewDecision.APPROVED: _("审核通过"),
        ReviewDecision.RETURNED: _("退回"),
        ReviewDecision.RETIRED: _("停用"),
        ReviewDecision.RESTORED: _("恢复使用"),
    }
)


@dataclass(frozen=True, slots=True)
class ActWords:
    """An act over items: its button, what follows from it, what is told afterwards; ``{n}`` is how many items."""

    button: str
    title: str
    consequence: str
    done: str
    nothing: str


ACTS: Mapping[ReviewDecision, ActWords] = MappingProxyType(
    {
        ReviewDecision.SUBMITTED: ActWords(
            _("提交审核"),
            _("提交审核：{n} 题"),
            _("提交以后，由另一位作者审核；在审核通过以前，这些改动不会进入试卷。"),
            _("已提交审核 {n} 题"),
            _("没有可以提交的题"),
        ),
        ReviewDecision.APPROVED: ActWords(
            _("审核通过"),
            _("审核通过：{n} 题"),
            _("通过的是您现在看到的这一版；下次发布题库时，就用这一版。以后再改的，要重新审核。"),
            _("已审核通过 {n} 题"),
            _("没有可以审核通过的题"),
        ),
        ReviewDecision.RETURNED: ActWords(
            _("退回"),
            _("退回：{n} 题"),
            _("退回的题不会进入以后发布的版本；已经发布的版本不变。请写明哪里要改，作者会看到。"),
            _("已退回 {n} 题"),
            _("没有可以退回的题"),
        ),
        ReviewDecision.RETIRED: ActWords(
            _("停用"),
            _("停用：{n} 题"),
            _("停用的题不会进入以后发布的版本；已经发布的版本和考试不变。停用的题随时可以恢复。"),
            _("已停用 {n} 题"),
            _("没有可以停用的题"),
        ),
        ReviewDecision.RESTORED: ActWords(
            _("恢复使用"),
            _("恢复使用：{n} 题"),
            _("恢复以后，题目回到停用以前的状态。"),
            _("已恢复 {n} 题"),
            _("没有可以恢复的题"),
        ),
    }
)

_RECAST_FOLLOWS = _(
    "每题写成新的一版草稿，要重新提交、由另一位作者审核；在那以前，发布的仍是已审的那一版。已经发布的版本不变。"
)
RECASTS: Mapping[Recast, ActWords] = MappingProxyType(
    {
        Recast.TOPIC: ActWords(
            _("改知识点"), _("改知识点：{n} 题"), _RECAST_FOLLOWS, _("已改知识点 {n} 题"), _("没有可以改知识点的题")
        ),
        Recast.DIFFICULTY: ActWords(
            _("改难度"), _("改难度：{n} 题"), _RECAST_FOLLOWS, _("已改难度 {n} 题"), _("没有可以改难度的题")
        ),
    }
)
"""Fields that may be set for many items at once."""

SKIPS: Mapping[Skip, str] = MappingProxyType(
    {
        Skip.SAME: _("{n} 题已经是这样，不用再办"),
        Skip.OWN: _("{n} 题是您自己写的，要由另一位作者审核"),
        Skip.RETIRED: _("{n} 题已经停用，先恢复使用才能办"),
        Skip.OLD: _("{n} 题后来又改过，请看过新的一版再办"),
    }
)

PARTS: Mapping[Part, str] = MappingProxyType(
    {
        "kind": _("题型"),
        "stem": _("题干"),
        "markup": _("题干的格式或图片"),
        "option": _("选项"),
        "key": _("正确答案"),
        "points": _("分值"),
        "difficulty": _("难度"),
        "topic": _("知识点"),
        "explanation": _("解析"),
        "source": _("依据"),
        "valid_until": _("有效期"),
        "years": _("适用年度"),
        "external_no": _("外部编号"),
    }
)
