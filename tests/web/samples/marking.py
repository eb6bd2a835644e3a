"""Papers with every kind of question, and the markers' pages."""

from dataclasses import replace

from markupsafe import Markup

from examengine.banks.responses import encode
from examengine.web.candidate.marks_shown import row_of
from examengine.web.candidate.paper_page import Section, Shown
from examengine.web.candidate.question_pieces import question_of
from examengine.web.contexts import candidate
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.contexts.marking import AnswerShown, ExamMarking, GivenMark, MarkAnswer, Marking, QueueRow
from tests.kinds import EVERY_KIND
from tests.web.samples.candidate import PAGES as CANDIDATE_PAGES
from tests.web.samples.candidate import RESULT
from tests.web.samples.frames import MINUTE, NOW, staff
from tests.web.samples.paper import exam_page

ESSAY = "先核对发件人地址，不点来历不明的链接和附件。\n重要操作用另一种方式向本人核实；账号启用双因素认证。"
GIVEN = {4: encode(["数据安全法"]), 6: '["b","",""]', 7: encode(["保密性", "3", "a"]), 8: encode([ESSAY])}
MARKER = staff(("/marking", "阅卷"), here="阅卷")
ROW = QueueRow(
    href="/marking/1/12/4",
    stem="论述如何防范网络钓鱼。",
    kind_text="简答题",
    full_hundredths=2_500,
    markers=2,
    tolerance_hundredths=300,
    answers=214,
    tasks=209,
    done=120,
    third=3,
    for_me=41,
    mine=80,
)
ONE = replace(ROW, stem="2021 年施行、规范数据处理活动的法律是？", kind_text="填空题", markers=1, done=209, for_me=0)
MARKS = (
    GivenMark("/marking/tasks/9", "先核对发件人地址，不点来历不明的链接……", 1_850, NOW, may_change=True),
    GivenMark("/marking/tasks/8", "不知道", 0, NOW - 90 * MINUTE, may_change=False),
)
ANSWER = MarkAnswer(
    MARKER,
    "2026 年度公需科目考试",
    ROW,
    Markup("论述如何防范网络钓鱼。"),
    Markup("核对发件人；不点陌生链接；双因素认证。"),
    Markup("每点 8 分，表述通顺 1 分。"),
    AnswerShown("/marking/tasks/10", ESSAY, len(ESSAY), 1, 1),
    MARKS,
    alert=Alert("success", "已记下 18.5 分", "成绩登记以前可以在“我评过的”里改。"),
)


def every_kind() -> list[Section]:
    """One question of each kind, some answered, one in part."""
    made = []
    for position, item in enumerate(EVERY_KIND, 1):
        order = [option.id for option in item.options] or ["c", "a", "d", "b"]
        shown = Shown(question_of(item), position, order, GIVEN.get(position, ""), 1 if position in GIVEN else 0)
        made.append(Section(item.kind.value, 1_000, [shown]))
    return made


def given(*, marked: bool) -> Markup:
    answers = (
        candidate.GivenAnswer(1, "单选题", "B"),
        candidate.GivenAnswer(2, "匹配题", "1. 2021 年 9 月；2. 未答"),
        candidate.GivenAnswer(3, "简答题", ESSAY, not marked, 1_850 if marked else None, 2_500),
        candidate.GivenAnswer(4, "简答题", "", waits=False, full_hundredths=2_500),
    )
    return Markup("".join(map(row_of, answers)))


PAGES: dict[str, tuple[str, object]] = {
    "exam-every-kind": ("exam.html", exam_page(every_kind(), typed=True)),
    "hand-in-partly": (
        "hand_in.html",
        replace(CANDIDATE_PAGES["hand-in"][1], partly=(6, 12)),  # type: ignore[type-var]
    ),
    "result-awaiting-people": (
        "result.html",
        replace(
            RESULT,
            verdict=candidate.Verdict.AWAITING,
            score_hundredths=None,
            sections=(),
            why="已交卷，等待人工评分。全部评完以后登记成绩，您不需要办理什么。",
            next_title="等待人工评分",
            next_text="评完以后成绩会出现在这里，不需要再做什么。",
            act=None,
            given=given(marked=False),
        ),
    ),
    "result-marked-by-people": ("result.html", replace(RESULT, given=given(marked=True))),
    "marking": (
        "marking/queues.html",
        Marking(MARKER, (ExamMarking("2026 年度公需科目考试", 214, (ROW, ONE)),)),
    ),
    "marking-empty": ("marking/queues.html", Marking(MARKER, ())),
    "marking-answer": ("marking/answer.html", ANSWER),
    "marking-wrong": (
        "marking/answer.html",
        replace(
            ANSWER,
            answer=AnswerShown("/marking/tasks/9", ESSAY, len(ESSAY), 12, 2, "30", "要点齐全"),
            changing=True,
            errors=(FieldError("points", "得分须在 0 到 25 之间"),),
            alert=None,
        ),
    ),
    "marking-none": ("marking/answer.html", replace(ANSWER, answer=None, model=None, explanation=None, given=())),
}
