"""Incidents on their way, their report, announcements."""

from dataclasses import replace

from examengine.web.contexts import incidents
from examengine.web.contexts.frame import Act, Fact, FieldError, Paging
from tests.web.samples.frames import MINUTE, NOW, as_operator

EXAMS = (("3", "2026 高质量共建“一带一路”谱写人类命运共同体新篇章"), ("2", "2025 人工智能应用与发展"))
ROUNDINGS = (("1", "进到整分钟"), ("5", "进到 5 分钟的整数倍"), ("10", "进到 10 分钟的整数倍"))
UNITS = ("桂东市第一中学", "桂东市人民医院")
WHEN = "2026-06-01 10:05:00 至 10:17:08"
FIELDS = incidents.IncidentFields(
    source="deaf",
    begins="2026-06-01T10:05:00",
    ends="2026-06-01T10:17:08",
    exam="3",
    reason="机房交换机故障，系统自检发现收不到考生的信号",
    ticket="KF-20260601-7",
    notice="10:05 至 10:18 系统出现故障，耽误的时间会自动补回，截止时间以页面显示为准，不用重新登录。",
)
LOSSES = tuple(
    incidents.LossRow(name, document, unit, EXAMS[0][1], lost, gap, remedy, "", href)
    for name, document, unit, lost, gap, remedy, href in (
        (
            "李建国",
            "450702********0018",
            UNITS[0],
            "12 分 8 秒",
            "10:04:41 至 10:18:02",
            "补 13 分钟",
            "/support/people/5",
        ),
        (
            "阿依古丽·买买提江",
            "650102********1127",
            "新疆维吾尔自治区乌鲁木齐市天山区第三人民医院",
            "12 分 8 秒",
            "10:04:52 起没有再来",
            "退还 1 次机会",
            "",
        ),
        ("韦国强", "450703********2213", UNITS[1], "21 秒", "10:04:59 至 10:06:21", "不补：耽误的时间少于下限", ""),
    )
)
EFFECTS = (
    incidents.EffectRow("人补时间", 412, "共 5 356 分钟；其中 3 人：考试开放期截断，得不到全部分钟"),
    incidents.EffectRow("人退还一次机会", 61),
    incidents.EffectRow("人不补：已经及格", 19),
    incidents.EffectRow("人不补：耽误的时间少于下限", 8),
    incidents.EffectRow("人不补：考试开放期已到，补了也不能用", 2, "", "warn"),
)
FACTS = (
    Fact("时间区间", WHEN, "12 分 8 秒"),
    Fact("范围", EXAMS[0][1]),
    Fact("来源", "系统自检发现收不到考生的信号"),
    Fact("说明", FIELDS.reason),
    Fact("工单号", FIELDS.ticket),
    Fact(
        "补偿办法", "仍在考的补时间（耽误 30 秒以上，进到整分钟）；已结束且没有及格的退还一次机会（耽误 60 秒以上）"
    ),
    Fact("给考生的公告", FIELDS.notice),
    Fact("建立", "周敏", "2026-06-01 10:21:40"),
)
STEPS = ("测算", "核对", "另一个人批准", "补偿", "报告")


def _steps(here: int) -> tuple[incidents.Step, ...]:
    return tuple(incidents.Step(text, at == here) for at, text in enumerate(STEPS))


DRAFT = incidents.IncidentPage(
    frame=as_operator(),
    incident_id=4,
    title=f"故障 4：{WHEN}",
    steps=_steps(1),
    state="草稿",
    tone="plain",
    say="核对下面的效果，可以调整后重新测算；没有问题就提交审批。批准以前什么都不会改动。",
    facts=FACTS,
    effects=EFFECTS,
    effects_title="如果批准",
    notes=(
        "按 2026-06-01 10:22:03 为止的作答记录测算；补偿时逐份再判断一次：那时已结束的改为退还机会。",
        "有人因为考试开放期已到而补不了，需要另行研究（例如发布补考）。",
    ),
    percent=None,
    progress="",
    refresh_s=0,
    filters=tuple(Act(f"/operator/incidents/4?remedy={n}#losses", text) for n, text in enumerate(("全部", "补时间"))),
    filter_here="全部",
    rows=LOSSES,
    paging=Paging(1, 11, 502, "/operator/incidents/4?page="),
    may_adjust=True,
    may_ask=True,
    may_drop=True,
    may_decide=False,
    may_ask_undo=False,
    may_decide_undo=False,
    has_report=False,
    seen=NOW,
    fields=FIELDS,
    exams=EXAMS,
    roundings=ROUNDINGS,
    units=UNITS,
    notice_limit=200,
)
REPORT = incidents.IncidentReport(
    frame=as_operator(),
    incident_id=4,
    title="故障补偿报告 4",
    facts=(*FACTS, Fact("受影响", "502 人", "其中补偿 473 人"), Fact("最长耽误", "12 分 8 秒")),
    effects=EFFECTS,
    amounts=(
        incidents.AmountRow("补 12 分钟", 8),
        incidents.AmountRow("补 13 分钟", 404),
        incidents.AmountRow("退还 1 次机会", 61),
    ),
    rows=tuple(replace(row, state="已登记") for row in LOSSES),
    total=502,
    shown=3,
    signed=(Fact("建立", "周敏", "2026-06-01 10:21:40"), Fact("批准", "林秀兰", "2026-06-01 10:24:11")),
    made_ms=NOW,
)
ANNOUNCEMENTS = incidents.Announcements(
    frame=as_operator(),
    exams=EXAMS,
    durations=(("1", "1 小时"), ("4", "4 小时")),
    text="",
    exam="",
    region="",
    unit="",
    units=UNITS,
    duration="4",
    reason="",
    ticket="",
    nonce="nonce",
    text_limit=200,
    rows=(
        incidents.AnnouncementRow(
            7,
            FIELDS.notice,
            EXAMS[0][1],
            "周敏",
            NOW - 9 * MINUTE,
            NOW + 600 * MINUTE,
            "显示中",
            "go",
            "机房故障",
            True,
        ),
        incidents.AnnouncementRow(
            6,
            "第 3 机房的考生请到第 5 机房。",
            "桂东市第一中学",
            "林秀兰",
            NOW - 90 * MINUTE,
            NOW - MINUTE,
            "已收回",
            "plain",
            "",
            False,
        ),
    ),
    older="/operator/announcements?before=6",
)

PAGES: dict[str, tuple[str, object]] = {
    "incidents": (
        "operator/incidents.html",
        incidents.Incidents(
            frame=as_operator(),
            proposals=(
                incidents.ProposalRow(
                    "/operator/incidents/new?source=deaf",
                    WHEN,
                    "12 分 8 秒",
                    "系统自检：全部连接收不到考生的信号",
                    498,
                ),
                incidents.ProposalRow(
                    "/operator/incidents/new?source=silence",
                    "2026-06-01 09:40:00 至 09:43:10",
                    "3 分 10 秒",
                    "实时监控：一分钟内多出 87 人没有信号",
                    1204,
                ),
            ),
            rows=(
                incidents.IncidentRow(
                    4,
                    WHEN,
                    "12 分 8 秒",
                    EXAMS[0][1],
                    "系统自检",
                    "等待批准",
                    "wait",
                    "周敏",
                    "412 人补时间；61 人退还一次机会",
                ),
            ),
        ),
    ),
    "incidents-none": ("operator/incidents.html", incidents.Incidents(as_operator(), (), (), silence_known=False)),
    "incident-new": (
        "operator/incident_new.html",
        incidents.IncidentNew(
            as_operator(), FIELDS, EXAMS, ROUNDINGS, UNITS, "nonce", 200, "系统自检发现收不到考生的信号"
        ),
    ),
    "incident-new-wrong": (
        "operator/incident_new.html",
        incidents.IncidentNew(
            as_operator(),
            replace(FIELDS, ends="2026-06-01T10:01:00", region="45", ticket=""),
            EXAMS,
            ROUNDINGS,
            UNITS,
            "nonce",
            200,
            "工作人员登记",
            (
                FieldError("ends", "结束时间要晚于开始时间"),
                FieldError("region", "请写 6 位行政区划代码，如 450700；全部地区请留空"),
                FieldError("ticket", "请写工单号"),
            ),
        ),
    ),
    "incident-counting": (
        "operator/incident.html",
        replace(
            DRAFT,
            steps=_steps(0),
            say="正在按作答记录逐份测算耽误的时间，可以离开这一页。",
            effects=(),
            notes=(),
            rows=(),
            paging=None,
            percent=42,
            progress="正在看仍在考的人",
            refresh_s=600,
            may_ask=False,
        ),
    ),
    "incident-draft": ("operator/incident.html", DRAFT),
    "incident-nobody": (
        "operator/incident.html",
        replace(DRAFT, effects=(), notes=(), rows=(), paging=None, may_ask=False),
    ),
    "incident-asked": (
        "operator/incident.html",
        replace(
            DRAFT,
            steps=_steps(2),
            state="等待批准",
            tone="wait",
            say="周敏申请补偿。批准后马上开始，受影响的考试页面会自动换成新的截止时间。",
            may_adjust=False,
            may_ask=False,
            may_drop=False,
            may_decide=True,
        ),
    ),
    "incident-done": (
        "operator/incident.html",
        replace(
            DRAFT,
            steps=_steps(4),
            state="已补偿",
            tone="good",
            say="林秀兰已批准，补偿已经全部登记。",
            effects_title="补偿结果",
            notes=(),
            rows=tuple(replace(row, state="已登记") for row in LOSSES),
            may_adjust=False,
            may_ask=False,
            may_drop=False,
            may_ask_undo=True,
            has_report=True,
            errors=(FieldError("undo_reason", "请写为什么要撤销"),),
        ),
    ),
    "incident-undo": (
        "operator/incident.html",
        replace(
            DRAFT,
            steps=_steps(4),
            state="等待批准撤销",
            tone="wait",
            say="有人申请撤销这次补偿，要由另一位考试管理员批准。",
            notes=(),
            may_adjust=False,
            may_ask=False,
            may_drop=False,
            may_decide_undo=True,
            has_report=True,
            undo_reason="时间区间填错了",
        ),
    ),
    "incident-report": ("operator/incident_report.html", REPORT),
    "announcements": ("operator/announcements.html", ANNOUNCEMENTS),
    "announcements-none": (
        "operator/announcements.html",
        replace(ANNOUNCEMENTS, rows=(), older="", errors=(FieldError("text", "请写公告的内容"),)),
    ),
}
