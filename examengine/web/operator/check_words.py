"""The checks before publishing in words: what each is called, what it saw, and what to do."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from examengine.publishing.checks import DAY_MS, PEAK_SHARE, SHORT_WINDOW_MS, Check, CheckKind, CheckState, Finding
from examengine.web import times
from examengine.web.wording import gettext as _

TITLES: Mapping[CheckKind, str] = MappingProxyType(
    {
        CheckKind.RULEBOOK: _("年度规则已确认"),
        CheckKind.BANK: _("题库版本"),
        CheckKind.BLUEPRINT: _("题库能组成试卷"),
        CheckKind.WINDOW: _("开放时间"),
        CheckKind.PEOPLE: _("可以报名的人员"),
        CheckKind.CLOCK: _("时钟"),
        CheckKind.DISK: _("磁盘空间"),
        CheckKind.BACKUP: _("备份"),
        CheckKind.DRILL: _("容量演练"),
        CheckKind.DUTY: _("值班人员"),
        CheckKind.HOTLINE: _("客服电话"),
    }
)

STATES: Mapping[CheckState, str] = MappingProxyType(
    {CheckState.OK: _("通过"), CheckState.LOOK: _("请留意"), CheckState.RED: _("未通过")}
)

LINKS: Mapping[CheckKind, tuple[str, str]] = MappingProxyType(
    {
        CheckKind.RULEBOOK: ("#f-confirm", _("看假定的值")),
        CheckKind.BANK: ("#f-release", _("选题库版本")),
        CheckKind.BLUEPRINT: ("#proof", _("看题库的证明")),
        CheckKind.WINDOW: ("/operator/rulebooks/new", _("换一份规则")),
        CheckKind.PEOPLE: ("/operator/people", _("导入人员")),
        CheckKind.DUTY: ("/operator/duty#roster", _("排值班")),
        CheckKind.HOTLINE: ("/operator/duty#hotline", _("改客服电话")),
    }
)
"""Where each can be seen to, address and text; the others are seen to on the server, as their words say."""

# what was found, in words; {names} are the check's facts, written by ``_written``
FOUND: Mapping[tuple[CheckKind, Finding], str] = MappingProxyType(
    {
        (CheckKind.RULEBOOK, Finding.FINE): _("通知没有写明的值都有人确认"),
        (CheckKind.RULEBOOK, Finding.UNCONFIRMED): _("通知没有写明的值还有 {n} 项没有人确认"),
        (CheckKind.BANK, Finding.FINE): _("最新一版，没有未发布的修改"),
        (CheckKind.BANK, Finding.NOT_CHOSEN): _("还没有选题库版本"),
        (CheckKind.BANK, Finding.NEWER_RELEASE): _("不是最新一版：题库已经发布第 {no} 版"),
        (CheckKind.BANK, Finding.CORRECTIONS): _("这一版的题有 {n} 项答案更正等待审批"),
        (CheckKind.BANK, Finding.LEAVING): _("有 {n} 题在考试期间到期，中途退出抽题"),
        (CheckKind.BANK, Finding.UNRELEASED): _("题库有 {n} 处已审的修改不在这一版里"),
        (CheckKind.BLUEPRINT, Finding.FINE): _("互不重复的试卷 {m} 份，每人最多考 {n} 次"),
        (CheckKind.BLUEPRINT, Finding.NOT_CHOSEN): _("选好题库版本以后检查"),
        (CheckKind.BLUEPRINT, Finding.DIFFERS): _("组卷规则与年度规则有 {n} 处不一致"),
        (CheckKind.BLUEPRINT, Finding.TOO_FEW): _("有 {n} 个组成部分的题不够"),
        (CheckKind.BLUEPRINT, Finding.REPEATS): _("互不重复的试卷只有 {m} 份，考满 {n} 次的人会遇到考过的题"),
        (CheckKind.WINDOW, Finding.FINE): "",
        (CheckKind.WINDOW, Finding.OVER): _("开放期已经过去：可以发布，但没有人能考"),
        (CheckKind.PEOPLE, Finding.FINE): _("已导入 {n} 人属于本年度规则的范围，发布以后可以报名"),
        (CheckKind.PEOPLE, Finding.NOBODY): _("还没有导入属于本年度规则范围的人员；发布以后也可以导入"),
        (CheckKind.CLOCK, Finding.FINE): _("已与时间服务器同步{stores}"),
        (CheckKind.CLOCK, Finding.APART): _("时钟相差太大{stores}；请检查各台服务器的时间同步（chrony）"),
        (CheckKind.CLOCK, Finding.UNSYNCHRONISED): _(
            "操作系统说时钟没有与时间服务器同步{stores}；请启动 chrony 或 ntpd"
        ),
        (CheckKind.CLOCK, Finding.UNKNOWN): _("看不到时间同步的状态{stores}；请在服务器上核对"),
        (CheckKind.CLOCK, Finding.MOVED): _("演示系统的时钟可以移动，不核对"),
        (CheckKind.DISK, Finding.FINE): _("空闲 {free}，按人数估计需要 {needed}"),
        (CheckKind.DISK, Finding.TIGHT): _("空闲 {free}，按人数估计需要 {needed}，余量不到一倍"),
        (CheckKind.DISK, Finding.FULL): _("空闲 {free}，按人数估计需要 {needed}；请先腾出空间或换大的磁盘"),
        (CheckKind.BACKUP, Finding.FINE): _("最近一次 {at_ms}"),
        (CheckKind.BACKUP, Finding.OLD): _("最近一次 {at_ms}，已经 {age_ms}；请在服务器上运行 examengine backup"),
        (CheckKind.BACKUP, Finding.NEVER): _("没有备份过；请在服务器上运行 examengine backup"),
        (CheckKind.DRILL, Finding.FINE): _(
            "{at_ms} 的演练：{minutes} 分钟内开始、同时作答 {people} 人；估计最多 {peak} 人同时考"
        ),
        (CheckKind.DRILL, Finding.NEVER): _("没有演练过；估计最多 {peak} 人同时考"),
        (CheckKind.DRILL, Finding.OLD): _(
            "{at_ms} 的演练已经超过半年：同时作答 {people} 人，估计最多 {peak} 人同时考"
        ),
        (CheckKind.DRILL, Finding.SMALLER): _("{at_ms} 的演练只到 {people} 人，估计最多 {peak} 人同时考"),
        (CheckKind.DRILL, Finding.SLOW): _(
            "{at_ms} 的演练里，保存答案 1% 慢于 {p99_ms} 毫秒；估计最多 {peak} 人同时考"
        ),
        (CheckKind.DRILL, Finding.STARTS_SLOW): _(
            "{at_ms} 的演练里，开始考试 1% 慢于 {starts_p99_ms} 毫秒；估计最多 {peak} 人同时考"
        ),
        (CheckKind.DRILL, Finding.ERRORS): _(
            "{at_ms} 的演练（{people} 人）里有 {errors} 次请求出错；请减少人数或扩容后重做"
        ),
        (CheckKind.DRILL, Finding.LOST): _("{at_ms} 的演练丢失了 {lost} 个已确认保存的答案；查明原因以前不要开考"),
        (CheckKind.DUTY, Finding.FINE): _("开放首日 {first} 人，最后一日 {last} 人"),
        (CheckKind.DUTY, Finding.NO_ONE): _("开放首日没有人值班"),
        (CheckKind.DUTY, Finding.NO_ONE_AT_THE_END): _("开放首日 {first} 人，最后一日没有人值班"),
        (CheckKind.DUTY, Finding.OVER): _("开放期已经过去"),
        (CheckKind.HOTLINE, Finding.FINE): _("{number}（{hours}）"),
        (CheckKind.HOTLINE, Finding.NONE): _("页面上没有客服电话"),
        (CheckKind.HOTLINE, Finding.OTHER_NUMBER): _("页面上是 {number}，通知写的是 {asked}"),
        (CheckKind.HOTLINE, Finding.NO_HOURS): _("{number}，没有写服务时间"),
    }
)


def found(check: Check, zone: str) -> str:
    """What the check saw, and what to do where that is done on the server."""
    written = {name: _written(name, value, zone) for name, value in check.facts.items()}
    return FOUND[check.kind, check.finding].format_map({**written, "stores": _stores(check)})


def basis_of_peak() -> str:
    """How the number of those who sit at once was estimated."""
    return _("同时考的人数：开放期不超过 {days} 天时按全部人员算，更长时按每 {n} 人有 1 人算。").format(
        days=SHORT_WINDOW_MS // DAY_MS, n=PEAK_SHARE
    )


def _stores(check: Check) -> str:
    """``，与数据库相差 12 毫秒，与 Redis 相差 3 毫秒``."""
    names = {"record_ms": _("数据库"), "live_ms": _(" Redis ")}
    return "".join(
        _("，与{name}相差 {n} 毫秒").format(name=text, n=abs(int(check.facts[key])))
        for key, text in names.items()
        if key in check.facts
    )


def _written(name: str, value: int | str, zone: str) -> str:
    write = _WRITERS.get(name)
    if isinstance(value, int):
        return write(value, zone) if write else f"{value}"
    return value


def _room(octets: int, _zone: str) -> str:
    return f"{octets / 1_000_000_000:.1f} GB"


def _age(ms: int, _zone: str) -> str:
    days = ms // 86_400_000
    return _("{n} 天").format(n=days) if days else times.span(ms // 3_600_000 * 3_600_000)


_WRITERS: Mapping[str, Callable[[int, str], str]] = MappingProxyType(
    {"at_ms": times.moment, "age_ms": _age, "free": _room, "total": _room, "needed": _room}
)
