"""The checks before publishing, the roster and the hotline."""

from dataclasses import replace

from examengine.web.contexts import checks
from examengine.web.contexts.frame import FieldError
from tests.web.samples import staff
from tests.web.samples.frames import MINUTE, NOW, as_operator

DAY = 24 * 60 * MINUTE
EXAM_CHECKS = checks.ExamChecks(
    frame=as_operator(),
    exam_id=3,
    title="高质量共建“一带一路”谱写人类命运共同体新篇章",
    checks=tuple(replace(row, value="", href="" if row.href.startswith("#") else row.href) for row in staff.CHECKS),
    basis=staff.PUBLISH.basis,
    signatures=(
        checks.SignedRow(
            "容量演练", "没有演练过；估计最多 1 240 人同时考", "本周五演练，结果报主任", "周敏", NOW - 9 * MINUTE
        ),
    ),
)
DUTY = checks.Duty(
    frame=as_operator(),
    rows=(
        checks.DutyRow(1, "林秀兰", "考试中心", NOW - DAY, NOW + 9 * DAY, True),
        checks.DutyRow(2, "阿依古丽·买买提江", "考试中心客户服务部", NOW + 9 * DAY, NOW + 20 * DAY, False),
    ),
    people=(("1", "林秀兰　考试中心"), ("2", "韦国强　考试中心")),
    number="0771-1234567 转 2",
    hours="工作日 9:00—12:00，14:00—18:00",
    set_by="周敏",
    set_ms=NOW - 9 * MINUTE,
    nonce="nonce-nonce",
)

PAGES: dict[str, tuple[str, object]] = {
    "publish-signing": (
        "operator/publish.html",
        replace(
            staff.PUBLISH,
            errors=(
                FieldError("check", "请勾选要签字放行的检查"),
                FieldError("reason", "请写明理由：为什么可以这样发布，谁知道，打算怎么补救"),
            ),
        ),
    ),
    "exam-checks": ("operator/checks.html", EXAM_CHECKS),
    "exam-checks-unsigned": ("operator/checks.html", replace(EXAM_CHECKS, signatures=())),
    "duty": ("operator/duty.html", DUTY),
    "duty-empty": (
        "operator/duty.html",
        replace(DUTY, rows=(), people=(), number="", hours="", set_by="", set_ms=None),
    ),
    "duty-wrong": (
        "operator/duty.html",
        replace(
            DUTY,
            person="2",
            from_day="2026-12-31",
            until_day="2026-12-01",
            errors=(
                FieldError("until_day", "最后一天不能早于第一天"),
                FieldError("number", "电话号码只写数字、空格和“-”“转”，如 0771-1234567 转 2"),
            ),
        ),
    ),
}
