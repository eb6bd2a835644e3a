"""Who else fell silent, in words; and the wall's count of it, where that time is kept still."""

from collections.abc import Mapping
from types import MappingProxyType

from examengine import live
from examengine.live.silences import Silence
from examengine.monitoring import silence as history
from examengine.support.faults import MINUTE_MS, Alike, Assessment, Compared, Lean
from examengine.web import times
from examengine.web.contexts.finding import ComparedRow, FaultBlock
from examengine.web.contexts.frame import Tone
from examengine.web.services import Services
from examengine.web.wording import gettext as _

ALIKE: Mapping[Alike, str] = MappingProxyType(
    {
        Alike.ALL: _("当时在考的其他人"),
        Alike.NODE: _("同一存储节点"),
        Alike.REGION: _("同一地区"),
        Alike.UNIT: _("同一单位"),
        Alike.NETWORK: _("同一网络"),
    }
)
# where it points: (what it looks like, tone, what may be done)
LEANS: Mapping[Lean, tuple[str, Tone, str]] = MappingProxyType(
    {
        Lean.PLATFORM: (
            _("更像平台一侧的问题"),
            "bad",
            _("还在考的可以补时，已经结束的可以申请作废；人多时由考试管理员按故障统一补偿。"),
        ),
        Lean.PLACE: (
            _("更像考生所在单位、地区或网络的问题"),
            "wait",
            _("请考生和单位检查网络，或换手机流量继续；是否补时，由您按情况和规定决定。"),
        ),
        Lean.OWN: (
            _("更像考生自己的网络或设备的问题"),
            "plain",
            _("请考生换网络或设备重新登录，已保存的答案都在；时间照常计算，特殊情况由您按规定决定。"),
        ),
        Lean.UNCLEAR: (_("看不出来"), "plain", _("可以比较的人太少，或者多少之间；请结合考生说的情况判断。")),
    }
)


async def everybody_of(services: Services, at_ms: int, now_ms: int) -> Compared | None:
    """All who sat, by the wall's history of the last half hour; None where it says nothing of that minute."""
    if not now_ms - history.KEEP_MS < at_ms - MINUTE_MS:
        return None
    try:
        found = await history.fallen(services.wall.board, at_ms - MINUTE_MS, at_ms + MINUTE_MS)
    except live.Unavailable:
        return None
    return Compared(Alike.ALL, found.live - 1, max(0, found.total - 1)) if found.live > 1 else None


def fault_block(found: Assessment, silence: Silence, zone: str) -> FaultBlock:
    """The evidence of one silence."""
    lean, tone, helps = LEANS[found.lean]
    proofs = [
        _("平台自检：{from_} 到 {until} 收不到考试页面的消息。").format(
            from_=times.clock_time(span.from_ms, zone), until=times.clock_time(span.until_ms, zone)
        )
        for span in found.deaf
    ]
    if not found.deaf:
        proofs.append(_("平台自检：这一分钟前后都收得到消息。"))
    if found.left:
        proofs.append(_("失去信号以前，页面报告考生离开了考试页面。"))
    return FaultBlock(
        from_ms=silence.from_ms,
        until_ms=silence.until_ms,
        is_over=silence.is_over,
        rows=tuple(_row(one) for one in found.compared if one.sitting),
        lean=lean,
        tone=tone,
        helps=helps,
        counted=_("“其他人”是监控大屏统计的全部在考人员，其余各行是抽查。")
        if found.everybody
        else _("抽查了编号相邻、同一节点和相隔较远的考试；不是全部在考人员。"),
        proofs=tuple(proofs),
    )


def _row(one: Compared) -> ComparedRow:
    tone: Tone = "bad" if one.share >= 0.5 else "wait" if one.share >= 0.2 else "plain"
    return ComparedRow(ALIKE[one.alike], one.sitting, one.silent, round(100 * one.share), tone)
