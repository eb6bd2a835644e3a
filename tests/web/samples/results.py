"""Pages of results in their states."""

from dataclasses import replace

from examengine.web.contexts import results
from examengine.web.contexts.frame import Alert, Fact, FieldError
from tests.web.samples.frames import as_operator

TITLE = "高质量共建“一带一路”谱写人类命运共同体新篇章（2026 年度）"
AT_MS = 1_780_300_000_000


def _rate(href: str, title: str, note: str = "") -> results.RateRow:
    return results.RateRow(href, title, note, 12_408, 9_021, 8_504, 515, 2, "94.3%")


EXAMS = results.ResultExams(
    as_operator(),
    (
        _rate("/operator/results/3?year=2026", TITLE),
        _rate("/operator/results/3?year=2025", "高质量共建“一带一路”（2025 年度）"),
        _rate("/operator/results/1?year=2024", "数字素养与网络安全（2024 年度）", "已撤回"),
    ),
    (("2026", "2026 年度"), ("2025", "2025 年度"), ("2024", "2024 年度")),
    "",
)
NARROW = results.Filter(
    "2026", "4507", "钦州市（4507）", "钦州市", "fail", "year=2026&region=4507&unit=x&standing=fail", is_narrow=True
)
WHOLE = results.Filter("2026", "", "", "", "", "year=2026", is_narrow=False)
ROWS = tuple(
    results.ResultRow(
        number,
        number,
        name,
        "450702********0018",
        unit,
        "钦州市钦南区",
        standing,
        tone,  # type: ignore[arg-type]
        score,
        tries,
        AT_MS if tries else None,
    )
    for number, (name, unit, standing, tone, score, tries) in enumerate(
        (
            ("张三", "钦州市第一中学", "不及格", "bad", "54.5", 3),
            ("阿依古丽·买买提", "钦州市灵山县檀圩镇中心卫生院公共卫生与基本医疗服务科", "不及格", "bad", "", 1),
            ("李建国", "钦州市水利局", "待评分", "wait", "", 1),
            ("（已清除）", "", "及格", "good", "86", 2),
            ("王芳", "钦州市第二中学", "未考", "plain", "", 0),
        ),
        start=11,
    )
)
LIST = results.ResultList(
    frame=as_operator(),
    exam_id=3,
    title=TITLE,
    tiles=(
        results.Tile("报名", 12_408, "?year=2026"),
        results.Tile("及格", 8_504, "?standing=pass"),
        results.Tile("不及格", 515, "?standing=fail", here=True),
        results.Tile("待评分", 2, "?standing=pending"),
        results.Tile("未考", 3_387, "?standing=none"),
    ),
    rate="94.3%",
    asked=NARROW,
    years=(("2026", "2026 年度"), ("2025", "2025 年度")),
    regions=(
        ("4507", "钦州市，全部（12408 人）"),
        ("450702", "钦州市钦南区（3410 人）"),
        ("450703", "钦州市钦北区（2201 人）"),
    ),
    standings=(("pass", "及格"), ("fail", "不及格"), ("pending", "待评分"), ("none", "未考")),
    rows=ROWS,
    found=515,
    earlier="/operator/results/3?before=1",
    later="/operator/results/3?after=1",
)
RATES = results.ResultRates(
    frame=as_operator(),
    exam_id=3,
    title=TITLE,
    asked=WHOLE,
    by="region",
    rows=tuple(
        _rate(f"/operator/results/3/rates?region={code}", f"{name}（{code}）")
        for code, name in (("450702", "钦州市钦南区"), ("450703", "钦州市钦北区"), ("450721", "钦州市灵山县"))
    ),
    whole=_rate("/operator/results/3?year=2026", "合计"),
    later="",
    back="/operator/results/3?year=2026",
)
EXPORT = results.ExportForm(
    frame=as_operator(),
    exam_id=3,
    title=TITLE,
    facts=(Fact("年度", "2026"), Fact("区划", "钦州市（4507）"), Fact("单位名称开头", "全部"), Fact("人数", "515")),
    asked=NARROW,
    count=515,
    reasons=(("report", "上报主管部门"), ("unit", "答复单位查询")),
    intent="0" * 32,
)
FILE = results.ExportPage(
    frame=as_operator(),
    export_id=7,
    title=TITLE,
    facts=(*EXPORT.facts, Fact("证件号码", "完整"), Fact("原因", "上报主管部门：报市局备案", "桂人社函〔2026〕7号")),
    is_own=True,
    back="/operator/results/3?year=2026",
)
EXPORTS = results.Exports(
    as_operator(),
    (
        results.ExportRow(7, AT_MS, "周敏", TITLE, 515, True, "上报主管部门：报市局备案", 1),
        results.ExportRow(6, AT_MS, "周敏", TITLE, 12_408, False, "归档：年度归档", 0),
    ),
)
PERSON = results.ResultPerson(
    frame=as_operator(),
    name="张三",
    facts=(
        Fact("证件号码", "450702********0018"),
        Fact("单位", "钦州市第一中学"),
        Fact("区划", "钦州市钦南区（450702）"),
    ),
    exams=(
        results.PersonExam(
            TITLE,
            2026,
            "不及格",
            "bad",
            (
                results.AttemptRow("第 3 次", "进行中", "run", "", "", AT_MS, None, "", "", counts=False),
                results.AttemptRow(
                    "第 2 次",
                    "不及格",
                    "bad",
                    "54.5",
                    "没有达到及格线",
                    AT_MS,
                    AT_MS,
                    "7H2K9QWERTYU",
                    "/x",
                    counts=True,
                ),
                results.AttemptRow(
                    "第 1 次",
                    "不及格",
                    "bad",
                    "",
                    "截止时不在考试页面，没有交卷；按规定无成绩，登记为不及格",
                    AT_MS,
                    AT_MS,
                    "7H2K9QWERTYV",
                    "/x",
                    counts=False,
                ),
            ),
        ),
        results.PersonExam("数字素养与网络安全（2024 年度）", 2024, "未考", "plain", ()),
    ),
    back="/operator/results",
)
PAPER = results.PaperForm(
    frame=as_operator(),
    attempt_id=41,
    person_id=11,
    title="第 2 次考试的答卷",
    facts=(Fact("姓名", "张三"), Fact("证件号码", "450702********0018"), Fact("结果", "没有达到及格线")),
    reasons=(("appeal", "成绩复核、申诉"),),
)

NOBODY = replace(as_operator(), flash=Alert("info", "没有找到", "请核对号码，要写完整。"))

PAGES = {
    "results": ("operator/results.html", EXAMS),
    "results-empty": ("operator/results.html", replace(EXAMS, rows=(), years=())),
    "results-nobody": (
        "operator/results.html",
        replace(EXAMS, frame=NOBODY, rows=(), years=()),
    ),
    "result-list": ("operator/result_list.html", LIST),
    "result-list-many": ("operator/result_list.html", replace(LIST, found=None)),
    "result-list-empty": ("operator/result_list.html", replace(LIST, rows=(), found=0, earlier="", later="")),
    "result-rates": ("operator/result_rates.html", RATES),
    "result-rates-units": ("operator/result_rates.html", replace(RATES, by="unit", asked=NARROW, later="/x")),
    "result-export": ("operator/result_export.html", EXPORT),
    "result-export-wrong": (
        "operator/result_export.html",
        replace(
            EXPORT,
            full=True,
            errors=(FieldError("reason", "请选择原因"), FieldError("password", "密码不对，请再输一次")),
        ),
    ),
    "result-file": ("operator/result_file.html", FILE),
    "result-file-late": ("operator/result_file.html", replace(FILE, is_own=False)),
    "result-exports": ("operator/result_exports.html", EXPORTS),
    "result-exports-empty": ("operator/result_exports.html", replace(EXPORTS, rows=())),
    "result-person": ("operator/result_person.html", PERSON),
    "result-paper": ("operator/result_paper.html", PAPER),
}
