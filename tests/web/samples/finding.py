"""Finding a candidate, why not, what happened, and who else fell silent: samples."""

from dataclasses import replace

from examengine.web.contexts import finding, support
from examengine.web.contexts.frame import Act, Fact
from tests.web.samples.frames import MINUTE, NOW, as_support
from tests.web.samples.staff import DESK

CONDITIONS = (
    finding.ConditionRow("已报名", True, "2026-05-06 09:00:00"),
    finding.ConditionRow("考试已经开放", True, "2026年5月6日 09:00 起"),
    finding.ConditionRow("考试还没有结束", True, "到 2026年12月31日 为止"),
    finding.ConditionRow("还没有及格", True),
    finding.ConditionRow("没有正在进行的考试", True),
    finding.ConditionRow(
        "还有考试次数",
        False,
        "共 3 次，剩 0 次",
        "",
        Act("/support/enrolments/1/grant", "增加考试次数"),
    ),
    finding.ConditionRow("学习已完成", None, "有了可用的次数才看"),
    finding.ConditionRow("剩下的时间够一场考试", True, "离考试结束还有 213 天"),
)
TIMELINE = (
    finding.TimelineRow(
        NOW - 2 * MINUTE, "此后 2 分钟没有收到考试页面的消息", "", True, False, "/support/attempts/12?at=1"
    ),
    finding.TimelineRow(NOW - 3 * MINUTE, "保存答案 12 次，最后是第 37 题；到此已答 37 题", minor=True),
    finding.TimelineRow(NOW - 39 * MINUTE, "打开考试页面（Windows 电脑 Chrome）"),
    finding.TimelineRow(NOW - 39 * MINUTE, "开始第 2 次考试，14:24:12 截止（考试时长用完）"),
)
USED_UP = replace(
    DESK.enrolments[0],
    sentence="考试次数已用完，没有及格。",
    tone="bad",
    why_text="核对身份以后，可以在这里增加考试次数。",
    left=0,
    acts=(Act("/support/enrolments/1/grant", "增加考试次数"),),
    no_grant="",
    reason="attempts_exhausted",
    next="call_support",
    conditions=CONDITIONS,
    what_if="若增加 1 次：2026年12月31日（含当天）前可以开始。",
)
STORY = finding.AttemptStory(
    frame=as_support(),
    person_id=1,
    attempt_id=12,
    name="李建国",
    document_masked="450702********0018",
    subject="数字素养与网络安全",
    year=2026,
    title="第 2 次考试",
    facts=(
        Fact("开始", "2026-06-01 13:24:12"),
        Fact("原来的截止", "2026-06-01 14:24:12", "考试时长用完"),
        Fact("截止", "2026-06-01 14:34:12", "已补时：补时 +10 分钟"),
        Fact("状态", "正在考试", "已答 37 / 50"),
    ),
    rows=TIMELINE,
    every=False,
    hidden=3,
    later=False,
    filter_href="/support/attempts/12?show=all",
    silences=(
        finding.SilenceLink("/support/attempts/12?at=1#fault", NOW - 20 * MINUTE, 3 * MINUTE),
        finding.SilenceLink("/support/attempts/12?at=2#fault", NOW - 2 * MINUTE, 2 * MINUTE),
    ),
)
FAULT = finding.FaultBlock(
    from_ms=NOW - 20 * MINUTE,
    until_ms=NOW - 17 * MINUTE,
    is_over=True,
    rows=(
        finding.ComparedRow("当时在考的其他人", 3_871, 3_502, 90, "bad"),
        finding.ComparedRow("同一存储节点", 118, 106, 90, "bad"),
        finding.ComparedRow("同一地区", 41, 9, 22, "wait"),
        finding.ComparedRow("同一单位", 6, 0, 0, "plain"),
    ),
    lean="更像平台一侧的问题",
    tone="bad",
    helps="还在考的可以补时，已经结束的可以申请作废；人多时由考试管理员按故障统一补偿。",
    counted="抽查了编号相邻、同一节点和相隔较远的考试；不是全部在考人员。",
    proofs=("平台自检：13:43:00 到 13:46:10 收不到考试页面的消息。",),
)
SEARCH = support.Search(as_support(), "", asked=False, results=())
RECENT = (
    support.Found(1, "李建国", "450702********0018", "138****6621", "桂东市第二中学", "正在考试，还剩 21 分钟"),
    support.Found(2, "王芳", "450702********0026", "139****0026", "桂东市人民医院", "考试次数已用完，没有及格"),
)
PAGES: dict[str, tuple[str, object]] = {
    "search-recent": ("support/search.html", replace(SEARCH, recent=RECENT)),
    "person-why-not": ("support/person.html", replace(DESK, enrolments=(USED_UP,), timeline=TIMELINE, hidden=7)),
    "person-every": (
        "support/person.html",
        replace(DESK, timeline=TIMELINE, every=True, earlier=True, filter_href="/support/people/1"),
    ),
    "attempt": ("support/attempt.html", STORY),
    "attempt-fault": ("support/attempt.html", replace(STORY, fault=FAULT, every=True, later=True)),
    "attempt-alone": (
        "support/attempt.html",
        replace(STORY, fault=replace(FAULT, rows=(), tone="plain", lean="看不出来"), rows=(), unreadable=True),
    ),
}
