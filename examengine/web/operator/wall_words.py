"""What the wall says: numbers as tiles, and what needs somebody in sentences."""

from collections.abc import Iterable

from examengine.live.slots import SLOTS
from examengine.live.wall import Detail
from examengine.monitoring.figures import Totals
from examengine.monitoring.snapshot import Counts, Shown, Snapshot
from examengine.monitoring.watch import CLOSING_MS, OVERDUE_MS, SILENT_MS, Kind
from examengine.rules.history import State
from examengine.web import times
from examengine.web.contexts.frame import Tone
from examengine.web.contexts.wall import Tile, Warned
from examengine.web.operator import wall_links as links
from examengine.web.wording import gettext as _

LATE_MS = 30_000
SLOW_MS = 1_000.0
MANY_SHARE, MANY_LEAST = 0.1, 20
ENDED: dict[str, tuple[str, Tone]] = {
    State.SUBMITTED: (_("已交卷"), "good"),
    State.AUTO_SUBMITTED: (_("到时自动交卷"), "good"),
    State.FORCED_EXIT: (_("放弃或强制退出"), "wait"),
    State.EXPIRED_NO_SCORE: (_("到时未回来，无成绩"), "bad"),
    State.VOID: (_("已作废"), "bad"),
}


def tiles_of(counts: Counts, snapshot: Snapshot, totals: Totals, at: links.Filter) -> tuple[Tile, ...]:
    """The six numbers."""
    many = counts.silent >= MANY_LEAST and counts.silent >= counts.live * MANY_SHARE
    unsure = totals.pending + totals.refused
    behind = (
        _("{n} 条作答记录待入库").format(n=number(snapshot.unshipped)) if snapshot.unshipped else _("记录都已入库")
    )
    return (
        Tile(_("未进入"), number(counts.not_started), _("开放中的考试，还没有开始过"), href=at.table("absent")),
        Tile(_("作答中"), number(counts.writing), _("一分钟内有信号"), href=at.table("live")),
        Tile(
            _("断线超过 60 秒"),
            number(counts.silent),
            _("{share} 的在考考生").format(share=share(counts.silent, counts.live)),
            "bad" if many else ("warn" if counts.silent else ""),
            _("突增") if many else "",
            at.table("silent"),
        ),
        Tile(
            _("异常"),
            number(counts.trouble),
            _("离开页面、到时未收、正在恢复"),
            "warn" if counts.trouble else "",
            _("需处理") if counts.trouble else "",
            at.table("trouble"),
        ),
        Tile(
            _("今日已交卷"),
            number(counts.handed_in),
            _("另有 {n} 人到时未回来").format(n=number(counts.expired)) if counts.expired else _("从零点起"),
            href=at.table("ended"),
        ),
        Tile(
            _("未确认答案"),
            number(unsure),
            behind,
            "warn" if totals.refused else "",
            _("正在重试") if totals.refused else "",
        ),
    )


def measures_of(snapshot: Snapshot, totals: Totals, now_ms: int) -> tuple[Tile, ...]:
    """How the engine itself does."""
    lag_ms = lag_of(snapshot)
    age_ms = 0 if snapshot.unshipped_ms is None else max(0, now_ms - snapshot.unshipped_ms)
    return (
        Tile(_("每秒开考"), rate(totals.starts_a_second)),
        Tile(_("每秒保存"), rate(totals.saves_a_second)),
        Tile(_("保存确认用时 p99"), milliseconds(totals.p99_ms), tone="warn" if _is_slow(totals) else ""),
        Tile(_("收卷滞后"), times.span(lag_ms) if lag_ms else _("无"), tone="warn" if lag_ms > LATE_MS else ""),
        Tile(_("最早待入库"), times.span(age_ms) if age_ms else _("无"), tone="warn" if age_ms > LATE_MS else ""),
        Tile(_("服务进程"), number(totals.workers), tone="" if totals.workers else "bad"),
    )


def queue_measures(starts: tuple[int, float | None], sign_ins: tuple[int, float | None]) -> tuple[Tile, ...]:
    """How many wait their turn, and how many a second are let in at most (None: everybody)."""
    return tuple(
        Tile(
            label,
            number(waiting),
            _("每秒放行 {n}").format(n=rate(a_second)) if a_second is not None else _("不限"),
            tone="warn" if waiting else "",
        )
        for label, (waiting, a_second) in ((_("排队等候开考"), starts), (_("排队等候登录"), sign_ins))
    )


def warned_of(
    counts: Counts, shown: Shown, totals: Totals, now_ms: int, zone: str, at: links.Filter, *, at_desk: bool
) -> tuple[Warned, ...]:
    """What needs somebody; the worst first. ``at_desk``: the reader may open the desk's pages."""
    snapshot = shown.snapshot
    return tuple(_warned(counts, shown, totals, now_ms, zone, at, snapshot, at_desk=at_desk))


def _warned(
    counts: Counts,
    shown: Shown,
    totals: Totals,
    now_ms: int,
    zone: str,
    at: links.Filter,
    snapshot: Snapshot,
    *,
    at_desk: bool,
) -> Iterable[Warned]:
    if shown.is_stale(now_ms):
        yield Warned(
            _("监控数据停在 {at}，下面是那时的情况。考生不受影响；请查看服务进程是否在运行。").format(
                at=times.clock_time(snapshot.at_ms, zone)
            )
        )
    if not totals.workers:
        yield Warned(_("最近 15 秒没有收到任何服务进程的数据，每秒开考、保存和确认用时不可用。"))
    if snapshot.shut:
        yield Warned(
            _("{n} 个存储分区（共 {all} 个）正在恢复，其中的考生暂时不能保存；页面保留答案并自动重试。").format(
                n=snapshot.shut, all=SLOTS
            )
        )
    if totals.refused:
        told = _("最近一分钟有 {n} 次保存没有成功，页面保留答案并自动重试。请检查 Redis。")
        yield Warned(told.format(n=totals.refused))
    if counts.silent >= MANY_LEAST and counts.silent >= counts.live * MANY_SHARE:
        told = _("断线的有 {n} 人，占在考考生的 {share}。如果同时发生在许多单位，可能是平台或线路故障。")
        yield Warned(
            told.format(n=counts.silent, share=share(counts.silent, counts.live)),
            links.INCIDENTS,
            _("登记故障"),
        )
    if snapshot.unshipped_ms is not None and now_ms - snapshot.unshipped_ms > LATE_MS:
        told = _("最早一条作答记录已等待 {span} 未写入数据库。答案已在 Redis 落盘，不会丢失；请检查数据库。")
        yield Warned(told.format(span=times.span(now_ms - snapshot.unshipped_ms)))
    if (lag_ms := lag_of(snapshot)) > LATE_MS:
        yield Warned(
            _("收卷滞后 {span}：有考生时间已到还没有登记结果。").format(span=times.span(lag_ms)),
            at.table("trouble"),
            _("查看"),
        )
    if totals.failing:
        yield Warned(_("{n} 份考试因程序错误无法收卷或推送，服务日志里有编号，请联系运维。").format(n=totals.failing))
    if snapshot.cases:
        told = _("{n} 份考试到时的时候系统收不到考生信号，等待人工裁定。")
        yield Warned(
            told.format(n=snapshot.cases), "/support/cases" if at_desk else "", _("去裁定") if at_desk else ""
        )
    if _is_slow(totals):
        yield Warned(_("保存确认变慢：99% 在 {ms} 内。").format(ms=milliseconds(totals.p99_ms)))


def state_told(detail: Detail, now_ms: int) -> tuple[str, Tone]:
    """A live sitting's state in words, from its last sign of life."""
    if detail.state == "opening":
        return _("正在恢复"), "wait"
    if detail.state == "closing":
        late = now_ms - detail.since_ms > CLOSING_MS
        return (_("交卷登记超过 30 秒"), "bad") if late else (_("正在登记交卷"), "wait")
    if now_ms >= detail.deadline_ms:
        late = now_ms - detail.deadline_ms > OVERDUE_MS
        return (_("到时未收卷"), "bad") if late else (_("正在收卷"), "wait")
    if detail.since_ms:
        return _("离开页面 {span}").format(span=times.span(now_ms - detail.since_ms)), "wait"
    if now_ms - detail.seen_ms > SILENT_MS:
        return _("断线 {span}").format(span=times.span(now_ms - detail.seen_ms)), "bad"
    return _("作答中"), "run"


KINDS = {
    Kind.RUNNING: _("断线"),
    Kind.LEFT: _("离开页面"),
    Kind.OVERDUE: _("到时未收卷"),
    Kind.CLOSING: _("交卷登记超过 30 秒"),
    Kind.OPENING: _("正在恢复"),
}


def lag_of(snapshot: Snapshot) -> int:
    """How long the attempt has waited that should have been ended first, when the snapshot was made."""
    return 0 if snapshot.due_ms is None else max(0, snapshot.at_ms - snapshot.due_ms)


def _is_slow(totals: Totals) -> bool:
    return totals.p99_ms is not None and totals.p99_ms > SLOW_MS


def number(count: int) -> str:
    """``12 345``: thousands apart, read from afar."""
    return f"{count:,}".replace(",", "\u202f")


def share(part: int, whole: int) -> str:
    """``3.4%``."""
    return f"{part / whole:.1%}" if whole else "0%"


def rate(per_second: float) -> str:
    return f"{per_second:.1f}" if per_second < 10 else number(round(per_second))


def milliseconds(ms: float | None) -> str:
    return "—" if ms is None else _("{n} 毫秒").format(n=f"{ms:.0f}" if ms >= 1 else "<1")
