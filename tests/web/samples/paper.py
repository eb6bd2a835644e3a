"""A sample paper of fifty questions."""

import random
from dataclasses import replace

from examengine.web.candidate.paper_page import (
    Section,
    Shown,
    card_html,
    paper_html,
)
from examengine.web.candidate.question_pieces import compile_question
from examengine.web.contexts import candidate
from tests.web.counts import answered_count, flagged_count
from tests.web.samples.frames import LI, MINUTE, NOW

STEMS = {
    "single_choice": [
        (
            "继续教育中，专业技术人员每年参加公需科目学习，主要目的是什么？",
            ["更新知识，适应岗位需要", "代替专业科目", "代替年度考核", "取得学历"],
        ),
        (
            "下列做法中，能够有效防止账号密码被他人猜到的是哪一项？",
            ["用几个不相关的词组成较长的密码", "用生日作密码", "所有网站用同一个密码", "把密码写在显示器上"],
        ),
        (
            "收到一封自称单位领导、要求立即转账的邮件，最稳妥的处理是：",
            ["通过已知的电话向本人核实", "立即转账以免误事", "回复邮件确认", "以上都对"],
        ),
    ],
    "multiple_choice": [
        (
            "关于个人信息保护，下列说法正确的有哪些？",
            [
                "收集应当限于实现目的的最小范围",
                "应当公开处理规则",
                "个人有权查阅自己的信息",
                "同意一旦作出就不能撤回",
            ],
        ),
        ("循环经济的基本原则包括：", ["减量化", "再利用", "资源化", "一次性"]),
    ],
    "true_false": [
        ("备份的数据也需要定期检查能否恢复。", ["正确", "错误"]),
        ("公共场所的无线网络都经过加密，可以放心办理支付。", ["正确", "错误"]),
    ],
}


def sections(*, answered: int = 37, total: tuple[int, int, int] = (30, 10, 10)) -> list[Section]:
    """A paper of 50 with the first ``answered`` answered and two flagged."""
    chance = random.Random(7)
    made, position = [], 0
    for kind, points, count in (
        ("single_choice", 200, total[0]),
        ("multiple_choice", 300, total[1]),
        ("true_false", 100, total[2]),
    ):
        shown = []
        for number in range(count):
            position += 1
            stem, texts = STEMS[kind][number % len(STEMS[kind])]
            ids = ["t", "f"] if kind == "true_false" else chance.sample("abcdefghijklm", len(texts))
            question = compile_question(kind, f"{stem}", list(zip(ids, texts, strict=True)))
            answer = "" if position > answered else ids[0] if kind != "multiple_choice" else "".join(sorted(ids[:2]))
            shown.append(Shown(question, position, ids, answer, position if answer else 0, position in (4, 31), 1))
        made.append(Section(kind, points, shown))
    return made


def exam_page(parts: list[Section] | None = None, **changes: object) -> candidate.ExamPage:
    parts = sections() if parts is None else parts
    page = candidate.ExamPage(
        frame=LI,
        sitting_id=7,
        title="2026 年度公需科目考试",
        no=2,
        allowed=3,
        label="正考",
        token="sample",
        epoch=1,
        page_id="p1",
        left_ms=41 * MINUTE + 7000,
        deadline_ms=NOW + 41 * MINUTE + 7000,
        deadline_reason="time_limit",
        deadline_note="离开本页不停表，截止前可重新登录继续。",
        paper=paper_html(parts),
        card=card_html(parts),
        total=sum(len(part.shown) for part in parts),
        answered=answered_count(parts),
        blank=sum(len(part.shown) for part in parts) - answered_count(parts),
        flagged=flagged_count(parts),
        saved_at_ms=NOW - 8000 if answered_count(parts) else None,
    )
    return replace(page, **changes)  # type: ignore[arg-type]
