"""The pages of question authors, support staff and operators in their states."""

from dataclasses import replace

from examengine.web.contexts import author, finding, imports, operator, support
from examengine.web.contexts.checks import CheckRow, Signing
from examengine.web.contexts.frame import Act, Alert, Fact, FieldError, Paging
from tests.web.samples.candidate import ROW
from tests.web.samples.frames import MINUTE, NOW, as_author, as_operator, as_support, at

ITEM = author.ItemView(
    "12",
    "多选题",
    "关于个人信息保护，下列说法正确的有哪些？",
    (
        author.OptionView("A", "收集应当限于实现目的的最小范围", True),
        author.OptionView("B", "应当公开处理规则", True),
        author.OptionView("C", "同意一旦作出就不能撤回", False),
        author.OptionView("D", "<script>alert(1)</script> 与 100% 的题干都原样显示", False),
    ),
    "个人信息",
    "中",
    "依据《个人信息保护法》第五条至第七条、第十五条。",
    2,
)
KINDS = (author.KindCount("单选题", 90), author.KindCount("多选题", 45), author.KindCount("判断题", 45))

FINDINGS = (
    imports.RowFinding("error", "正确答案（K 列）", "E", "答案 E 没有对应的选项，选项只到 D", "请改答案或补上选项"),
    imports.RowFinding("warning", "选项C（E 列）", "甲", "选项 C 与选项 A 只差标点", ""),
    imports.RowFinding("info", "", "", "解析按字母提到选项，选项打乱后字母会不同", ""),
)
COUNTERS = imports.Counters(
    total=486, importable=480, errors=2, conflicts=1, warnings=12, repeated=3, fixed=1, left_out=1
)
ROWS = (
    imports.RowView(
        12, "工作表“试题” 第 14 行", "单选题", "下列<b>说法</b>正确的是（　　）。", "不能导入", "bad", FINDINGS
    ),
    imports.RowView(
        25, "工作表“试题” 第 27 行", "判断题", "一周有七天。", "可导入", "good", FINDINGS[1:], is_fixed=True
    ),
)
FIX = imports.FixForm(
    kinds=(("单选", "单选题"), ("多选", "多选题")),
    kind="单选",
    controls=(
        imports.Control("stem", "题干", "下列说法正确的是", 3),
        imports.Control("option0", "选项 A", "甲"),
        imports.Control("key", "正确答案", "E"),
    ),
    more=(imports.Control("topic", "知识点", ""), imports.Control("explanation", "解析", "", 2)),
    replaces=7,
)
PREVIEW = imports.BankPreview(
    frame=as_author(),
    bank_id=1,
    name="2026 年公需科目",
    upload_id=3,
    file_name="公需科目题库（终稿）.xlsx",
    file_size=84_211,
    format_text="表格（Excel、CSV）",
    encoding_text="",
    counters=COUNTERS,
    kinds=KINDS,
    understood=(
        "表“试题”第 1 行是表头。",
        "列“试题”当作题干，列“答案”当作正确答案。",
        "判断题的 √ 和 × 识别为正确和错误，共 45 处。",
    ),
    samples=(ITEM, replace(ITEM, no="13")),
    remarks=(imports.RowFinding("info", "工作表“备注”", "", "没有找到题目表头，这张工作表没有读入", ""),),
    show="errors",
    tabs=(("errors", "要改的", 2), ("warnings", "提醒", 12), ("all", "全部", 486)),
    rows=ROWS,
    paging=Paging(1, 3, 60, "?show=errors&page="),
    encodings=(("utf-8", "UTF-8"), ("gb18030", "GB18030（GBK）")),
    encoding="",
    formats=(("sheet", "表格（Excel、CSV）"), ("gift", "GIFT")),
    format="",
    sheets=(
        imports.SheetView(
            "sheet0",
            "试题",
            1,
            (
                imports.ColumnView("column0-A", "A", "题目", "下列说法正确的是", "题干"),
                imports.ColumnView("column0-B", "B", "出题人", "老周", ""),
                imports.ColumnView("column0-C", "C", "第一空", "上海", "填空1"),
            ),
        ),
    ),
    meanings=(("不用", "不用这一列"), ("题干", "题干"), ("正确答案", "正确答案")),
)

ATTEMPT = support.AttemptRow(
    11,
    1,
    "正考",
    "本人交卷",
    "plain",
    at("2026-05-20T20:01:09"),
    at("2026-05-20T21:01:09"),
    "time_limit",
    at("2026-05-20T20:44:51"),
    5_400,
    50,
    50,
    "成绩没有达到及格线。",
    True,
)
DESK = support.PersonDesk(
    frame=as_support(),
    person_id=1,
    name="李建国",
    identity=(
        Fact("证件号", "450702********0018"),
        Fact("手机", "138****6621"),
        Fact("单位", "桂东市第二中学"),
        Fact("人员类别", "专业技术"),
        Fact("最近登录", "2026-06-01 13:58:40"),
    ),
    enrolments=(
        support.EnrolmentBlock(
            1,
            "数字素养与网络安全",
            2026,
            "14:03:12 断线，未交卷，还剩 21 分钟，可继续作答。",
            "run",
            "请考生重新登录，点“继续考试”，已保存的 37 题都在。",
            1,
            3,
            (
                support.RoundBlock(
                    1,
                    "本年度开放",
                    at("2026-05-06T09:00:00"),
                    3,
                    2,
                    100,
                    (
                        ATTEMPT,
                        replace(
                            ATTEMPT,
                            attempt_id=12,
                            no=2,
                            state_text="进行中",
                            tone="run",
                            started_ms=NOW - 39 * MINUTE,
                            deadline_ms=NOW + 21 * MINUTE,
                            ended_ms=None,
                            score_hundredths=None,
                            answered=37,
                            why="",
                            can_void=False,
                        ),
                    ),
                ),
            ),
            (
                support.LedgerEntry(at("2026-05-06T09:00:00"), "第 1 轮：本年度开放", "+3 次"),
                support.LedgerEntry(at("2026-05-20T20:01:09"), "参加第 1 次考试", "−1 次"),
                support.LedgerEntry(
                    NOW - 12 * MINUTE,
                    "补时，第 2 次考试",
                    "+10 分钟",
                    "陈芳",
                    "平台故障：机房切换",
                    "T20260601-011",
                    undo_href="/support/entries/3/undo",
                ),
            ),
            (Act("/support/attempts/12/extra-time", "补时"),),
            (
                support.WaitingLine(
                    "作废第 1 次考试", "陈芳", NOW - 90 * MINUTE, "T20260521-003", "/support/approvals"
                ),
            ),
            "正在考试，考完以后才能增加次数。",
            "attempt_running",
            "resume",
        ),
    ),
    timeline=(
        finding.TimelineRow(NOW - 39 * MINUTE, "开始第 2 次考试，截止 14:24:12（考试时长用完）", "李建国"),
        finding.TimelineRow(NOW - 3 * MINUTE, "保存第 37 题"),
        finding.TimelineRow(NOW - 2 * MINUTE, "断线：此后没有收到页面的消息", inferred=True),
    ),
    reveal_reasons=(("identity", "核对本人身份"),),
)

REASONS = (("platform", "平台故障"), ("network", "考生网络"), ("power", "停电"), ("approved", "特批"))

APPROVAL = support.ApprovalRow(
    5,
    "作废第 1 次考试",
    "李建国",
    "450702********0018",
    (
        Fact("考试", "2026 年度 数字素养与网络安全"),
        Fact("开始", "2026-05-20 20:01:09"),
        Fact("成绩", "54 分，不及格"),
    ),
    "平台故障：20:10 至 20:31 本市机房断电，考生不能作答。",
    "T20260521-003",
    "陈芳",
    NOW - 90 * MINUTE,
    "sample",
    False,
    1,
)

CASE = support.CaseRow(
    3,
    "是否在场待核实",
    "wait",
    1,
    "李建国",
    "450702********0018",
    "数字素养与网络安全，第 1 次考试",
    "19:59:00—20:01:10 收不到考试页面的消息",
    NOW,
    "还没有结果",
    "/support/cases/3",
)
CELLS = (
    operator.CellRow("单选题", 30, 90, 200, 3, True),
    operator.CellRow("多选题", 10, 45, 300, 4, True),
    operator.CellRow("判断题", 10, 8, 100, 0, False),
)
CHECKS = (
    CheckRow(
        "rulebook",
        "年度规则已确认",
        "red",
        "未通过",
        "通知没有写明的值还有 1 项没有人确认",
        "#f-confirm",
        "看假定的值",
    ),
    CheckRow("blueprint", "题库能组成试卷", "red", "未通过", "判断题：要 10 题，只有 8 题", "#proof", "看题库的证明"),
    CheckRow("window", "开放时间", "ok", "通过", "2026年4月29日 — 2026年12月31日"),
    CheckRow("clock", "时钟", "look", "请留意", "看不到时间同步的状态，与 Redis 相差 3 毫秒；请在服务器上核对"),
    CheckRow(
        "drill",
        "容量演练",
        "signed",
        "已签字",
        "没有演练过；估计最多 1 240 人同时考",
        signed="周敏 于 11月22日 09:30 签字放行：本周五演练，结果报主任",
    ),
    CheckRow("duty", "值班人员", "red", "未通过", "开放首日没有人值班", "/operator/duty", "排值班", "duty:no_one"),
    CheckRow(
        "hotline", "客服电话", "ok", "通过", "0771-1234567（工作日 9:00—18:00）", "/operator/duty", "改客服电话"
    ),
)
PUBLISH = operator.Publish(
    frame=as_operator(),
    rulebooks=(("guangxi-2014", "广西 2014 信息技术与信息安全"), ("practice-2026", "演练 2026")),
    releases=(("1", "2026 年公需科目 第 3 版（180 题）"),),
    rulebook="guangxi-2014",
    release="1",
    digest="sha256:4b6f0c2a9d1e8f73c5a0b9e2d4f6a8c0e1b3d5f7a9c1e3b5d7f9a1c3e5b7d9f1",
    assumed=(
        operator.AssumedValue("exam.minutes", "考试时长", "60 分钟", "通知没有写明"),
        operator.AssumedValue("window.end_policy", "开放期结束时", "同时截止", "", "周敏", NOW - 9 * MINUTE),
    ),
    cells=CELLS,
    checks=CHECKS,
    ready=False,
    basis="同时考的人数：开放期不超过 3 天时按全部人员算，更长时按 10 分之一算。",
    signing=Signing("intent", "", ("duty:no_one",)),
)

PEOPLE = operator.PeoplePreview(
    frame=as_operator(),
    upload_id="u2",
    file_name="人员名单.xlsx",
    exam_text="2026 年度 数字素养与网络安全",
    new=412,
    same=3,
    changed=1,
    errors=1,
    rows=(
        operator.PersonRow("人员信息 第 3 行", "李建国", "450702********0018", "桂东市第二中学", "new"),
        operator.PersonRow("人员信息 第 4 行", "阿依古丽·买买提", "650104********0049", "桂东市人民医院", "same"),
        operator.PersonRow(
            "人员信息 第 5 行", "王芳", "450702********123X", "桂东市水利局", "error", "证件号的校验位不对。"
        ),
    ),
    findings=(author.FindingRow("error", "人员信息 第 5 行 身份证号", "校验位不对：最后一位应为 4。"),),
    paging=Paging(2, 9, 417, "?page="),
)
PAGES: dict[str, tuple[str, object]] = {
    "banks": (
        "author/banks.html",
        author.Banks(
            as_author(),
            (
                author.BankRow(1, "2026 年公需科目", "数字素养与网络安全", 180, KINDS, 3, NOW, "周敏"),
                author.BankRow(2, "2014 年重考", "信息技术与信息安全", 0, (), None, NOW, "周敏"),
            ),
        ),
    ),
    "banks-empty": ("author/banks.html", author.Banks(as_author(), (), (FieldError("name", "请写题库名称"),))),
    "upload": (
        "author/upload.html",
        imports.BankUpload(
            as_author(),
            1,
            "2026 年公需科目",
            25,
            (("utf-8", "UTF-8"), ("gb18030", "GB18030（GBK）")),
            (("sheet", "表格（Excel、CSV）"),),
            errors=(FieldError("file", "请选择一个文件"),),
        ),
    ),
    "reading": (
        "author/reading.html",
        imports.BankReading(as_author(), 1, "2026 年公需科目", 3, "题库.xlsx", 84_211),
    ),
    "preview": ("author/preview.html", PREVIEW),
    "preview-clean": (
        "author/preview.html",
        replace(
            PREVIEW,
            counters=imports.Counters(180, 180, 0, 0, 0, 0, 0, 0),
            remarks=(),
            rows=(),
            samples=(),
            paging=Paging(1, 1, 0, "?show=errors&page="),
        ),
    ),
    "import-row": (
        "author/import_row.html",
        imports.ImportRow(as_author(), 1, "2026 年公需科目", 3, "题库.xlsx", ROWS[0], FIX, COUNTERS),
    ),
    "confirm": (
        "author/confirm.html",
        imports.BankConfirm(
            as_author(),
            1,
            "2026 年公需科目",
            3,
            "题库.xlsx",
            COUNTERS,
            added=440,
            changed=30,
            same=7,
            duplicates=3,
            alert=Alert("danger", "没有写入：还有 2 题不能导入", "请先改好这些题。"),
        ),
    ),
    "committed": (
        "author/committed.html",
        imports.BankCommitted(
            as_author(),
            1,
            "2026 年公需科目",
            "公需科目题库（终稿）.xlsx",
            4,
            NOW,
            "周敏",
            440,
            33,
            7,
            6,
            KINDS,
            21,
            "open",
        ),
    ),
    "committed-undone": (
        "author/committed.html",
        imports.BankCommitted(
            as_author(),
            1,
            "2026 年公需科目",
            "题库.xlsx",
            4,
            NOW,
            "周敏",
            440,
            33,
            7,
            6,
            KINDS,
            21,
            "",
            undone_ms=NOW,
        ),
    ),
    "undo-import": (
        "author/undo_import.html",
        imports.UndoImport(as_author(), 1, "2026 年公需科目", "题库.xlsx", 4, 440, 33),
    ),
    "search": ("support/search.html", support.Search(as_support(), "", False, ())),
    "search-hits": (
        "support/search.html",
        support.Search(
            as_support(),
            "0018",
            True,
            (
                support.Found(
                    1, "李建国", "450702********0018", "138****6621", "桂东市第二中学", "断线，还剩 21 分钟"
                ),
                support.Found(
                    2, "阿依古丽·买买提", "650104********0018", "139****0018", "桂东市人民医院", "次数用完"
                ),
            ),
            True,
        ),
    ),
    "search-none": ("support/search.html", support.Search(as_support(), "9999", True, ())),
    "person": ("support/person.html", DESK),
    "person-revealed": (
        "support/person.html",
        replace(DESK, reveal_reasons=(), revealed_until_ms=NOW + 5 * MINUTE, enrolments=(), timeline=()),
    ),
    "cases": ("support/cases.html", support.DeafCases(as_support("待核实"), (CASE,), (replace(CASE, href=""),))),
    "cases-empty": ("support/cases.html", support.DeafCases(as_support("待核实"), (), ())),
    "case": (
        "support/case.html",
        support.DeafCase(
            as_support("待核实"),
            3,
            1,
            "李建国",
            "450702********0018",
            "是否在场待核实",
            APPROVAL.facts,
            (
                support.CaseChoice("hand_in", "按已保存的答案交卷评分", ("已答 30 / 50 题，将按现有答案评分。",)),
                support.CaseChoice("absent", "登记为到时不在场", ("按规定无成绩，登记为不及格。",)),
            ),
            "absent",
            REASONS,
            "",
            "",
            "",
            "sample",
            (FieldError("decision", "请选择怎样登记"),),
        ),
    ),
    "approvals": (
        "support/approvals.html",
        support.Approvals(
            as_support("待审批"),
            (APPROVAL, replace(APPROVAL, approval_id=6, own=True)),
            (support.DecidedRow("作废第 2 次考试", "王芳", "陈芳", "周敏", NOW, True),),
        ),
    ),
    "approvals-empty": ("support/approvals.html", support.Approvals(as_support("待审批"), (), ())),
    "exams": (
        "operator/exams.html",
        operator.Exams(
            as_operator(),
            (
                operator.PublishedRow(
                    1,
                    "数字素养与网络安全",
                    2026,
                    "practice-2026",
                    PUBLISH.digest,
                    "2026 年公需科目",
                    3,
                    "开放中",
                    "go",
                    ROW.opens_ms,
                    ROW.closes_ms,
                    416,
                    23,
                    310,
                    287,
                ),
            ),
        ),
    ),
    "exams-empty": ("operator/exams.html", operator.Exams(as_operator(), ())),
    "publish": ("operator/publish.html", PUBLISH),
    "publish-ready": (
        "operator/publish.html",
        replace(PUBLISH, ready=True, assumed=PUBLISH.assumed[1:], cells=CELLS[:2], checks=CHECKS[2:5]),
    ),
    "publish-first": (
        "operator/publish.html",
        replace(PUBLISH, rulebook="", release="", digest="", assumed=(), cells=(), checks=()),
    ),
    "people": (
        "operator/people.html",
        operator.PeopleImport(as_operator(), 30, (("1", "2026 年度 数字素养与网络安全"),), "1"),
    ),
    "people-preview": ("operator/people_preview.html", PEOPLE),
    "people-done": ("operator/people_preview.html", replace(PEOPLE, errors=0, findings=(), done=True)),
}
