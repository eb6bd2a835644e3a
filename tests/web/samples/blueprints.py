"""The pages about blueprints in their states."""

from dataclasses import replace

from markupsafe import Markup

from examengine.web.author.tabs import tabs_of
from examengine.web.contexts import blueprints
from examengine.web.contexts.frame import Alert, Fact, FieldError
from tests.web.samples import staff
from tests.web.samples.frames import NOW, as_author

FEASIBLE = blueprints.ProofView(
    state="feasible",
    title="可以组成试卷",
    facts=(
        Fact("不同的试卷", "约 10³⁸ 份", "按题目算，不算题序和选项顺序"),
        Fact("两名考生的试卷", "平均有 15.2 ± 0.1 题相同，占 30.4%"),
        Fact("同一考生第 2 次", "没有考过的题"),
        Fact("最紧张的一格", "单选题·网络安全：要 10 题，有 12 题，是 1.2 倍", "够考 1 次不重复；规则给 2 次"),
        Fact("每题的曝光率", "20% 到 83.3%，平均 27.8%", "共 180 题参加抽题；另有 3 题哪一格都用不上"),
    ),
    exposure=(blueprints.ExposureRow("单选题·网络安全基础知识", 12, "83.3%", "833"),),
    warnings=("一个人考满 2 次会遇到考过的题；要避免，请给最紧张的一格补题",),
    leaving=("S12 根据《网络安全法》，网络运营者应当：有效期到 2026-08-31",),
    note="以上都是按公式算出的准确值。",
    people="1,000",
)
INFEASIBLE = blueprints.ProofView(
    state="infeasible",
    title="现有的题组不成试卷",
    lacks=(
        blueprints.LackView(
            "单选题·密码、单选题·难：一起要 30 题，只有 24 题",
            ("补充 6 道符合条件的试题，审核通过后再发布题库版本", "少抽 6 题，改由“单选题·信息化”多抽 6 题"),
        ),
    ),
)
ROWS = (
    blueprints.RowView(1, "single_choice", "网络安全基础知识", "", "10", "2", 12, False),
    blueprints.RowView(2, "single_choice", "密码", "难", "20", "2", 14, True),
    blueprints.RowView(3, "", "", "", "x", "", None, False),
)
EDITOR = blueprints.BlueprintEditor(
    frame=as_author(),
    bank_id=1,
    bank_name="2026 年公需科目",
    name="正式卷",
    after=2,
    rulebooks=(("sha256:1", "2026 年度 数字素养与网络安全（practice-2026）"),),
    rulebook="sha256:1",
    stocks=(("", "现在审核通过的试题"), ("4", "已发布的第 4 版")),
    stock="",
    kinds=(("single_choice", "单选题"), ("true_false", "判断题")),
    topics=("网络安全基础知识", "密码"),
    difficulties=("易", "难"),
    people="1000",
    rows=ROWS[:2],
    totals=(
        blueprints.TotalRow("单选题", 30, 30, 6000, 6000, True),
        blueprints.TotalRow("简答题", 2, 2, 2000, 2000, True, "2 人各自阅卷，相差超过 2 分由第三人定分"),
        blueprints.TotalRow("判断题", 10, 0, 1000, 0, False),
    ),
    total_hundredths=6000,
    full_hundredths=7000,
    differences=("判断题：规则要 10 题，组卷规则里没有",),
    proof=FEASIBLE,
    history=(
        blueprints.RevisionLine(9, 2, NOW, "王老师", True),
        blueprints.RevisionLine(8, 1, NOW, "李老师", False),
    ),
)
LIST = blueprints.Blueprints(
    frame=as_author(),
    bank_id=1,
    bank_name="2026 年公需科目",
    tabs=tabs_of(1, "/blueprints"),
    lines=(blueprints.BlueprintLine(9, "正式卷", 2, 50, 10000, 7, NOW, "王老师", ("2026 数字素养",)),),
    rulebooks=EDITOR.rulebooks,
    sources=(("share", "按题库的知识点比例分配"), ("b9", "复制组卷规则：正式卷（第 2 版）")),
)
PAPER = (
    '<section class="part" aria-labelledby="part1"><h2 id="part1">一、单选题</h2><article class="q">'
    '<p class="q-stem">题干</p></article></section>'
)
SAMPLES = blueprints.SamplePapers(
    frame=as_author(),
    bank_id=1,
    bank_name="2026 年公需科目",
    revision_id=9,
    name="正式卷",
    no=2,
    stocks=EDITOR.stocks,
    stock="4",
    seed="1",
    asked=3,
    most=10,
    with_keys=True,
    papers=(blueprints.SampleView(2, "00ff" * 8, Markup(PAPER), ("1. A", "2. BC")),),
    common=(Fact("第 1 份与第 2 份", "15 题相同"),),
)
CLASH = blueprints.Clash(10, 3, "李老师", NOW, ("单选题·密码：第 3 版没有，您的20 题每题 2 分",))

PAGES: dict[str, tuple[str, object]] = {
    "blueprints": ("author/blueprints.html", LIST),
    "blueprints-empty": (
        "author/blueprints.html",
        replace(LIST, lines=(), errors=(FieldError("name", "请写组卷规则的名称"),)),
    ),
    "blueprint": ("author/blueprint.html", replace(EDITOR, alert=Alert("success", "已保存为第 2 版"))),
    "blueprint-short": ("author/blueprint.html", replace(EDITOR, proof=INFEASIBLE, differences=())),
    "blueprint-faulty": (
        "author/blueprint.html",
        replace(
            EDITOR,
            rows=ROWS,
            errors=(FieldError("kind-3", "第 3 行：请选择题型"), FieldError("count-3", "第 3 行：抽取数应是整数")),
            proof=blueprints.ProofView("unknown", "改正左边标出的地方以后，这里给出结论"),
            is_newest=False,
        ),
    ),
    "blueprint-clash": ("author/blueprint.html", replace(EDITOR, clash=CLASH)),
    "blueprint-many-topics": (
        "author/blueprint.html",
        replace(EDITOR, topics=tuple(f"知识点 {n}" for n in range(60))),
    ),
    "samples": ("author/samples.html", SAMPLES),
    "samples-none": (
        "author/samples.html",
        replace(SAMPLES, papers=(), common=(), with_keys=False, alert=Alert("warning", "抽不出试卷")),
    ),
    "publish-blueprint": (
        "operator/publish.html",
        replace(
            staff.PUBLISH,
            blueprints=(("9", "2026 年公需科目：正式卷 第 2 版"),),
            blueprint="9",
            proof=FEASIBLE,
            differences=EDITOR.differences,
        ),
    ),
}
