"""Statistics and corrections of keys in their states."""

from dataclasses import replace

from markupsafe import Markup

from examengine.web.author import plots
from examengine.web.contexts import author, corrections, statistics, suspects
from examengine.web.contexts.author import ItemView, OptionView
from examengine.web.contexts.frame import Act, Fact, FieldError, Paging
from tests.web.samples.frames import NOW, staff

STAFF = staff(("/author/banks", "题库"), ("/author/statistics", "统计"), ("/author/corrections", "更正"), here="统计")

OPTIONS = tuple(
    OptionView(letter, Markup(text), letter == "A")
    for letter, text in zip("ABCD", ("十二小时", "二十四小时", "三十六小时", "四十八小时"), strict=True)
)
ITEM = ItemView("S-017", "单选题", Markup("发生安全事故后，应当在多少小时内报告？"), OPTIONS, "安全生产", "中", "")
SUSPECT = suspects.SuspectView(
    "S-017",
    "2026 年公需科目",
    "高分考生更多选 B，而不是现在的答案（1204 人，正确率 18%，区分度 −0.21）",
    "/author/statistics/1/items/17",
    "/author/corrections/new?exam=1&version=17",
)
ANSWERS = (
    suspects.AnswerRow("A", "十二小时", True, 217, "18%", "31%", "15%", "8%"),
    suspects.AnswerRow("B", "二十四小时", False, 830, "69%", "49%", "74%", "85%", stands_out=True),
    suspects.AnswerRow("C", "三十六小时", False, 96, "8%", "12%", "7%", "4%"),
    suspects.AnswerRow("D", "四十八小时", False, 49, "4%", "6%", "3%", "2%"),
    suspects.AnswerRow("未答", "", False, 12, "1%", "2%", "1%", "1%"),
)
CURVES = plots.curves(
    (
        plots.Curve("A", (0.31, 0.15, 0.08), True),
        plots.Curve("B", (0.49, 0.74, 0.85), False),
        plots.Curve("C", (0.12, 0.07, 0.04), False),
        plots.Curve("D", (0.06, 0.03, 0.02), False),
        plots.Curve("未答", (0.02, 0.01, 0.01), False),
    ),
    "各答案在低分、中间、高分三组考生中的比例",
)
DOTS = tuple(
    plots.Dot(0.35 + (no * 37 % 60) / 100, 0.08 + (no * 23 % 40) / 100, f"S-{no:03d}", f"/s/{no}", suspect=False)
    for no in range(120)
)
COUNTS = (0, 0, 2, 5, 8, 14, 30, 52, 80, 121, 160, 190, 214, 160, 90, 44, 20, 9, 3, 1)
SCORES = tuple(
    statistics.ScoreRow(f"{low}～{low + 4}.99", n) for low, n in zip(range(0, 100, 5), COUNTS, strict=True)
)
HISTOGRAM = plots.bars(
    [plots.Bar(str(place * 5), row.n, f"{row.span}：{row.n}", place >= 12) for place, row in enumerate(SCORES)],
    "成绩分布",
    (12, "及格线 60"),
    every=2,
)
DAYS = tuple(statistics.DayRow(f"2026-06-{day:02d}", 40 + day * 7, "63.4", "61%") for day in range(1, 9))
ITEM_ROW = statistics.ItemRow(
    "/author/statistics/1/items/17",
    "S-017",
    "单选题",
    "发生安全事故后，应当在多少小时内报告？",
    1204,
    "18%",
    "−0.21",
    "−0.23",
    "高分考生更多选 B，而不是现在的答案",
    suspect=True,
)
STATISTICS = statistics.Statistics(
    STAFF,
    (statistics.ExamLineView(1, "2026 年公需科目", 2026, 1204, "63.42", "61%", "0.78", 1),),
    (SUSPECT,),
    more_suspects=2,
)
EXAM = statistics.ExamStatistics(
    frame=STAFF,
    exam_id=1,
    title="2026 年公需科目",
    counted=1204,
    handed_in=1210,
    at_ms=NOW,
    facts=(
        Fact("已统计", "1204 份"),
        Fact("平均分", "63.42", "标准差 11.3"),
        Fact("信度", "0.78", "Φ（抽题组卷：题目难易也算误差）；测量标准误 5.31 分"),
    ),
    histogram=HISTOGRAM,
    scores=SCORES,
    scatter=plots.scatter((*DOTS, plots.Dot(0.18, -0.21, "S-017", "/s/17", suspect=True)), "121 道题"),
    trend=plots.bars([plots.Bar(row.day[5:], row.n, row.day) for row in DAYS], "每天交卷的份数"),
    days=DAYS,
    columns=tuple(
        statistics.SortLink(text, "/author/statistics/1?sort=x", "ascending" if text == "题号" else "none")
        for text in ("题号", "人数", "正确率", "区分度", "高低差")
    ),
    items=(ITEM_ROW, replace(ITEM_ROW, no="S-018", state="", suspect=False)),
    paging=Paging(1, 3, 121, "/author/statistics/1?sort=no&page="),
    query="",
    sort="no",
    only_suspects=False,
    suspects=1,
)
ITEM_PAGE = statistics.ItemStatistics(
    frame=STAFF,
    exam_id=1,
    exam_title="2026 年公需科目",
    version_id=17,
    item=ITEM,
    facts=(Fact("作答", "1204 人"), Fact("正确率", "18.0%", "标准误 1.1%"), Fact("区分度", "−0.21", "标准误 0.03")),
    suspicion="高分考生更多选 B，而不是现在的答案",
    curves=CURVES,
    answers=ANSWERS,
    people="按其余题目的得分分三组：低分 402 人，中间 401 人，高分 401 人；同分的按比例分摊。",
    corrections=(statistics.CorrectionLink("/author/corrections/3", "答案改为 B · 待批准 · 周敏"),),
)
LISTED = corrections.Corrections(
    STAFF,
    (
        corrections.CorrectionRow(
            3,
            "2026 年公需科目",
            "S-017",
            "答案改为 B",
            "待批准",
            "wait",
            "周敏",
            NOW,
            "812 份改分，34 人变及格，0 人变不及格",
        ),
    ),
)
FOUND = corrections.FoundItem(
    "/author/corrections/new?exam=1&version=17", "12", "S-017", "单选题", "发生安全事故后……", ""
)
CHOOSE = corrections.ChooseItem(
    frame=STAFF,
    exams=(("1", "2026 2026 年公需科目"),),
    exam="1",
    query="",
    receipt="KGQY-HYY2-9LD7",
    found=(FOUND,),
    searched=True,
    more=False,
    suspects=(replace(FOUND, place="", told="1204 人，正确率 18%"),),
)
NEW = corrections.NewCorrection(
    frame=STAFF,
    exam_id=1,
    exam_title="2026 年公需科目",
    version_id=17,
    item=ITEM,
    answers=ANSWERS,
    actions=(("new_key", "改答案", "只有新答案算对。"), ("dropped", "作废此题", "这道题不计分。")),
    action="new_key",
    options=tuple(corrections.KeyOption(o.letter.lower(), o.letter, o.text, o.letter == "B") for o in OPTIONS),
    several=False,
    texts="",
    texts_label="",
    texts_hint="",
    groups="",
    upwards=True,
    reason="",
    source="",
    nonce="n",
    errors=(FieldError("reason", "请写更正的理由"), FieldError("key", "请勾选正确的选项")),
)
STEPS = ("选题", "怎样更正", "看影响", "第二人批准", "执行", "完成")
ASKED = corrections.CorrectionPage(
    frame=STAFF,
    correction_id=3,
    title="试题 S-017：答案改为 B",
    steps=tuple(corrections.Step(text, text == "第二人批准") for text in STEPS),
    state="待批准",
    tone="wait",
    say="周敏申请更正。请核对依据和影响，再决定批准或不批准。",
    facts=(Fact("考试", "2026 年公需科目"), Fact("更正", "答案改为 B"), Fact("起草", "周敏", "2026-06-01 09:00:00")),
    item=ITEM,
    exam_id=1,
    version_id=17,
    percent=None,
    progress="",
    refresh_s=0,
    counts=(corrections.Count(812, "份升分"), corrections.Count(2, "人次由及格变不及格", "bad")),
    counts_title="影响预览（2026-06-01 09:00:10）",
    notes=("看过 1204 份已交的试卷，1204 份有这道题，其中 392 份分数不变。",),
    histogram=plots.bars([plots.Bar("−2", 10, "−2：10", strong=False), plots.Bar("+2", 812, "+2：812")], "分数变动"),
    changes=(corrections.StepRow("−2", 10), corrections.StepRow("+2", 812)),
    crossing=(
        corrections.CrossingRow("农建军", "450702********0018", "第 12 题", "58", "60", "不及格 → 及格", falls=False),
        corrections.CrossingRow("黄丽", "450702********0026", "第 3 题", "60", "58", "及格 → 不及格", falls=True),
    ),
    crossing_paging=Paging(1, 2, 36, "/author/corrections/3?page="),
    may_ask=False,
    may_drop=True,
    may_decide=True,
    may_preview=True,
    seen=NOW,
    next_acts=(Act("/author/statistics/1/items/17", "这道题的统计"),),
)
RUNNING = replace(
    ASKED, state="执行中", tone="run", say="正在按新办法评分。", percent=42, progress="已处理 506 份，共 1204 份",
    counts=(), notes=(), histogram=Markup(""), changes=(), crossing=(), crossing_paging=None, may_decide=False,
    may_drop=False, may_preview=False, may_ask=True, refresh_s=0, version_act="在题库里改成新答案（草稿）",
)  # fmt: skip

PUSHED = author.Banks(STAFF, (), suspects=(replace(SUSPECT, answers=ANSWERS),))

PAGES = {
    "banks-suspects": ("author/banks.html", PUSHED),
    "statistics": ("author/statistics.html", STATISTICS),
    "statistics-none": ("author/statistics.html", statistics.Statistics(STAFF, (), ())),
    "statistics-exam": ("author/exam_statistics.html", EXAM),
    "statistics-exam-none": (
        "author/exam_statistics.html",
        replace(EXAM, counted=0, handed_in=0, items=(), at_ms=None, paging=Paging(1, 1, 0, "")),
    ),
    "statistics-item": ("author/item_statistics.html", ITEM_PAGE),
    "statistics-item-none": (
        "author/item_statistics.html",
        replace(ITEM_PAGE, suspicion="", curves=Markup(""), answers=(), corrections=()),
    ),
    "corrections": ("author/corrections.html", LISTED),
    "corrections-none": ("author/corrections.html", corrections.Corrections(STAFF, ())),
    "correction-choose": ("author/correction_choose.html", CHOOSE),
    "correction-choose-none": (
        "author/correction_choose.html",
        replace(CHOOSE, found=(), suspects=(), query="没有", receipt=""),
    ),
    "correction-new": ("author/correction_new.html", NEW),
    "correction-asked": ("author/correction.html", ASKED),
    "correction-running": ("author/correction.html", RUNNING),
}
