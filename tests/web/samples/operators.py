"""More pages of operators in their states: one exam, its people, rulebooks and lists that come in."""

from dataclasses import replace

from examengine.web.contexts import author, operator
from examengine.web.contexts.frame import Alert, Fact, FieldError, NavLink, Paging
from tests.web.samples import staff
from tests.web.samples.frames import as_operator

FINDING = author.FindingRow("error", "exam.minutes", "值不合要求：Expected `int`, got `str`")
ROW_FINDING = author.FindingRow("error", "工作表“名单” 第 5 行 B 列", "学习进度应为 0% 至 100%，如 85%")

EXAM = operator.ExamPage(
    frame=as_operator(),
    exam_id=3,
    title="高质量共建“一带一路”谱写人类命运共同体新篇章",
    state_text="开放中",
    tone="go",
    enrolled=12_408,
    running=317,
    finished=9_021,
    passed=8_877,
    facts=(
        Fact("年度", "2026"),
        Fact("开放时间", "2026年4月29日 — 2026年12月31日"),
        Fact("单选题", "30 题，每题 2 分"),
        Fact("年度规则", "guangxi-2024"),
        Fact("发布", "2026-04-28 09:30:00", "周敏"),
    ),
    digest=staff.PUBLISH.digest,
    takes=True,
    years=(("2026", "2026 年度"), ("2025", "2025 年度")),
    year="2026",
    categories=(
        operator.CategoryCount("pro_tech", "专业技术人员", 1_204, True),
        operator.CategoryCount("manual_worker_post", "工勤岗位人员", 3, False),
    ),
    max_mb=25,
)

ENROL = operator.EnrolPreview(
    frame=as_operator(),
    exam_id=3,
    exam_text="2026 年度 数字素养与网络安全",
    upload_id=8,
    year="2026",
    file_name="补报名单.xlsx",
    new=41,
    same=2,
    errors=1,
    rows=(
        operator.EnrolRow("工作表“名单” 第 2 行", "李建国", "450702********0018", "new"),
        operator.EnrolRow("工作表“名单” 第 3 行", "阿依古丽·买买提", "650104********0049", "same"),
        operator.EnrolRow(
            "工作表“名单” 第 4 行", "", "450702********123X", "error", "系统中没有这个证件号，请先导入人员"
        ),
    ),
    findings=(),
    paging=Paging(1, 1, 44, "?page="),
)

LIST = operator.ListPreview(
    frame=as_operator(),
    kind="learning",
    title="导入学习进度",
    upload_id=9,
    file_name="学习进度 6 月.xlsx",
    new=3,
    same=1,
    changed=211,
    errors=1,
    rows=(
        operator.ListRow("工作表“名单” 第 2 行", "new"),
        operator.ListRow("工作表“名单” 第 3 行", "changed"),
        operator.ListRow("工作表“名单” 第 5 行", "error", "学习进度应为 0% 至 100%，如 85%"),
    ),
    findings=(ROW_FINDING,),
    paging=Paging(1, 5, 216, "?page="),
)

TABS = (
    NavLink("/operator/people", "人员"),
    NavLink("/operator/learning", "学习进度", here=True),
    NavLink("/operator/cards", "激活卡"),
)

PAGES: dict[str, tuple[str, object]] = {
    "exam-published": ("operator/exam.html", EXAM),
    "exam-enrolled": (
        "operator/exam.html",
        replace(
            EXAM,
            frame=replace(as_operator(), flash=Alert("success", "本次报名 1204 人", "所选的人员都已报名。")),
            categories=(),
            years=EXAM.years[:1],
        ),
    ),
    "exam-list-wrong": (
        "operator/exam.html",
        replace(
            EXAM,
            numbers="450702198001010018",
            errors=(FieldError("category", "请至少选一类人员"), FieldError("file", "请选择一个文件")),
        ),
    ),
    "exam-withdrawn": ("operator/exam.html", replace(EXAM, takes=False, state_text="已撤回", tone="bad")),
    "withdraw": (
        "operator/withdraw.html",
        operator.Withdraw(as_operator(), 3, EXAM.title, 12_408, 317, (FieldError("sure", "请先勾选，再撤回"),)),
    ),
    "publish-refused": (
        "operator/publish.html",
        replace(
            staff.PUBLISH,
            alert=Alert("danger", "没有发布", "判断题：要 10 题，只有 8 题；exam.minutes：还没有人确认"),
            errors=(FieldError("confirm", "请先勾选要确认的项目"),),
        ),
    ),
    "publish-named": (
        "operator/publish.html",
        replace(staff.PUBLISH, ready=True, assumed=staff.PUBLISH.assumed[1:], title="数字素养与网络安全"),
    ),
    "rulebook": ("operator/rulebook.html", operator.RulebookUpload(as_operator(), 256, "")),
    "rulebook-faulty": (
        "operator/rulebook.html",
        operator.RulebookUpload(
            as_operator(),
            256,
            '[meta]\nid = "guangxi-2026"\nyear = 2026\n',
            (FINDING, FINDING),
            (FieldError("text", "规则有 2 处错误，见下表；没有保存"),),
        ),
    ),
    "enrol-list": ("operator/enrol_list.html", ENROL),
    "enrol-list-empty": (
        "operator/enrol_list.html",
        replace(ENROL, new=0, same=0, errors=0, rows=(), findings=(ROW_FINDING,), paging=Paging(1, 1, 0, "?page=")),
    ),
    "list": (
        "operator/list.html",
        operator.ListImport(
            as_operator(),
            "learning",
            "导入学习进度",
            "Learning",
            "必填：身份证号、年度、学习进度（如 85%）",
            25,
            TABS,
            (FieldError("file", "请选择一个文件"),),
        ),
    ),
    "list-preview": ("operator/list_preview.html", LIST),
    "list-clean": ("operator/list_preview.html", replace(LIST, errors=0, rows=LIST.rows[:2], findings=())),
    "list-done": ("operator/list_preview.html", replace(LIST, errors=0, findings=(), done=True)),
    "people-passwords": (
        "operator/people_preview.html",
        replace(staff.PEOPLE, errors=0, findings=(), done=True, passwords=True),
    ),
    "people-tabs": (
        "operator/people.html",
        operator.PeopleImport(as_operator(), 25, (("1", "2026 年度 数字素养与网络安全"),), "", tabs=TABS),
    ),
    "preview-encodings": (
        "author/preview.html",
        replace(
            staff.PREVIEW,
            encoding="gb18030",
            encodings=(("/author/banks/1/uploads/2-utf-8", "UTF-8"), ("/author/banks/1/uploads/2-big5", "Big5")),
        ),
    ),
}
