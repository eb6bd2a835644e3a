"""The live wall: a quiet day, a bad minute, nothing yet; its table; those selected."""

import math
from dataclasses import replace

from examengine.web.contexts import wall
from examengine.web.contexts.frame import FieldError, NavLink
from examengine.web.operator.wall_chart import line
from tests.web.samples.frames import MINUTE, NOW, staff

FRAME = staff(
    ("/operator/wall", "实时监控"),
    ("/operator/exams", "考试管理"),
    ("/operator/incidents", "故障补偿"),
    here="实时监控",
)
EXAMS = (("3", "高质量共建“一带一路”谱写人类命运共同体新篇章 2026"), ("2", "生态文明建设 2026"))
REGIONS = (("450702", "钦州市钦南区（450702）"), ("450103", "南宁市青秀区（450103）"))


def curve(height: float, phase: float, until: int = 0) -> list[tuple[int, float]]:
    return [
        (
            NOW - (360 - no) * 5_000,
            max(0.0, height * (1 + 0.2 * math.sin(no / 17 + phase))) if no < 360 - until else 1.0,
        )
        for no in range(360)
    ]


QUIET = wall.Wall(
    frame=FRAME,
    address="/operator/wall",
    at_ms=NOW - 3_000,
    is_stale=False,
    exams=EXAMS,
    exam="",
    regions=REGIONS,
    region="",
    tiles=(
        wall.Tile("未进入", "48\u202f210", "开放中的考试，还没有开始过", href="/operator/wall/table?state=absent"),
        wall.Tile("作答中", "21\u202f904", "一分钟内有信号", href="/operator/wall/table?state=live"),
        wall.Tile("断线超过 60 秒", "137", "0.6% 的在考考生", "warn", href="/operator/wall/table?state=silent"),
        wall.Tile("异常", "0", "离开页面、到时未收、正在恢复", href="/operator/wall/table?state=trouble"),
        wall.Tile("今日已交卷", "9\u202f318", "另有 12 人到时未回来", href="/operator/wall/table?state=ended"),
        wall.Tile("未确认答案", "4", "记录都已入库"),
    ),
    measures=(
        wall.Tile("每秒开考", "31"),
        wall.Tile("每秒保存", "1\u202f180"),
        wall.Tile("保存确认用时 p99", "14 毫秒"),
        wall.Tile("收卷滞后", "无"),
        wall.Tile("最早待入库", "2 秒"),
        wall.Tile("服务进程", "4"),
    ),
    warned=(),
    panels=(
        wall.Panel("每秒保存", "1\u202f180", line(curve(1000, 0), NOW, "每秒保存，最近 30 分钟")),
        wall.Panel("每秒开考", "31", line(curve(30, 1), NOW, "每秒开考，最近 30 分钟")),
        wall.Panel("断线人数", "137", line(curve(120, 2), NOW, "断线人数，最近 30 分钟")),
    ),
    minutes=(),
    shows_minutes=False,
    minutes_href="/operator/wall?figures=1",
    by_region=(
        wall.PlaceRow(
            "钦州市钦南区", "/operator/wall/table?state=silent&region=450702", 20_110, 11_203, 101, 0, 5_204
        ),
        wall.PlaceRow(
            "南宁市青秀区", "/operator/wall/table?state=silent&region=450103", 28_100, 10_701, 36, 0, 4_114
        ),
    ),
    by_unit=(
        wall.PlaceRow("桂东市第一中学", "/operator/wall/table?state=silent&unit=1", 12, 160, 41, 0, 80, is_bad=True),
        wall.PlaceRow("桂东市人民医院（桂东医学院第一附属医院）", "/operator/wall/table?state=live", 3, 220, 0, 0, 9),
    ),
    more_regions=0,
    more_units=1_204,
    counted_ms=NOW - 20_000,
)
BAD = replace(
    QUIET,
    tiles=(
        *QUIET.tiles[:2],
        wall.Tile("断线超过 60 秒", "12\u202f904", "58.6% 的在考考生", "bad", "突增", "/operator/wall/table"),
        wall.Tile(
            "异常", "31", "离开页面、到时未收、正在恢复", "warn", "需处理", "/operator/wall/table?state=trouble"
        ),
        QUIET.tiles[4],
        wall.Tile("未确认答案", "1\u202f204", "3\u202f120 条作答记录待入库", "warn", "正在重试"),
    ),
    measures=(
        *QUIET.measures[:2],
        wall.Tile("保存确认用时 p99", "2\u202f400 毫秒", tone="warn"),
        *QUIET.measures[3:],
    ),
    warned=(
        wall.Warned("12 个存储分区（共 64 个）正在恢复，其中的考生暂时不能保存；页面保留答案并自动重试。"),
        wall.Warned("断线的有 12904 人，占在考考生的 58.6%。", "/operator/incidents", "登记故障"),
    ),
    panels=(
        wall.Panel("每秒保存", "1", line(curve(1000, 0, 24), NOW, "每秒保存，最近 30 分钟")),
        *QUIET.panels[1:],
    ),
    minutes=tuple(
        wall.MinuteRow(NOW - no * MINUTE, 21_904, 137, "31", "1\u202f180", "14 毫秒") for no in range(1, 12)
    ),
    shows_minutes=True,
    minutes_href="/operator/wall",
    exam="3",
    region="450702",
)
NOTHING = replace(
    QUIET, at_ms=None, is_stale=True, tiles=(), measures=(), panels=(), by_region=(), by_unit=(), counted_ms=0
)
TABS = tuple(
    NavLink(f"/operator/wall/table?state={state}", text, state == "silent")
    for state, text in (
        ("silent", "断线"),
        ("trouble", "异常"),
        ("live", "在考"),
        ("ended", "今日已交卷"),
        ("absent", "未进入"),
    )
)


def a_row(no: int) -> wall.PersonRow:
    return wall.PersonRow(
        key=str(no),
        name="李建国" if no % 2 else "阿依古丽·买买提江",
        document_tail=f"{1000 + no}",
        href=f"/support/people/{no}" if no % 2 else "",
        unit="桂东市第一中学",
        exam=EXAMS[0][1],
        state_text=f"断线 {no + 1} 分 5 秒",
        tone="bad",
        started_ms=NOW - 40 * MINUTE,
        deadline_ms=NOW + 50 * MINUTE,
        answered=f"{20 + no} / 100",
        seen_ms=NOW - (no + 1) * MINUTE,
        seen_ago=f"{no + 1} 分 5 秒",
        unshipped="0",
        device="安卓手机 微信，第 2 个页面",
        losses="3",
    )


TABLE = wall.WallTable(
    frame=FRAME,
    address="/operator/wall/table?state=silent",
    at_ms=NOW - 3_000,
    is_stale=False,
    state="silent",
    tabs=TABS,
    exams=EXAMS,
    exam="",
    regions=REGIONS,
    region="",
    unit="",
    rows=tuple(a_row(no) for no in range(1, 13)),
    note="共 137 人，每页 50 人",
    next_href="/operator/wall/table?state=silent&after=50",
    first_href="",
    empty_title="没有人断线",
    empty_text="超过 60 秒没有信号的考生会列在这里，最近断线的在前。",
)
SELECTED = wall.WallSelected(
    frame=FRAME,
    keys=("1", "2"),
    back_href="/operator/wall/table?state=silent",
    rows=(
        wall.SelectedRow(
            "李建国", "0018", "桂东市第一中学", EXAMS[0][1], "断线 2 分 5 秒", "bad",
            (("/support/people/1", "考生页"), ("/support/attempts/1/extra-time", "补时")),
        ),
        wall.SelectedRow("阿依古丽·买买提江", "1127", "桂东市第一中学", EXAMS[0][1], "作答中", "run", ()),
    ),
    wider=(
        ("/operator/announcements?exam=3", "给整场考试发公告"),
        ("/operator/incidents?exam=3", "按故障统一补时"),
    ),
    nonce="nonce-nonce-nonce-nonce",
    purposes=(("contact", "联系考生"), ("incident", "处理故障")),
)  # fmt: skip

PAGES: dict[str, tuple[str, object]] = {
    "wall": ("operator/wall.html", QUIET),
    "wall-bad-minute": ("operator/wall.html", BAD),
    "wall-nothing-yet": ("operator/wall.html", NOTHING),
    "wall-table": ("operator/wall_table.html", TABLE),
    "wall-table-empty": ("operator/wall_table.html", replace(TABLE, rows=(), next_href="", note="", is_stale=True)),
    "wall-selected": ("operator/wall_selected.html", SELECTED),
    "wall-selected-wrong": (
        "operator/wall_selected.html",
        replace(SELECTED, errors=(FieldError("text", "请填写要显示给考生的话"), FieldError("purpose", "请选择用途"))),
    ),
    "wall-selected-nobody": ("operator/wall_selected.html", replace(SELECTED, keys=(), rows=(), wider=())),
}
