"""A bank's items, one item, a review, releases."""

from dataclasses import replace

from examengine.web.contexts import author, items
from examengine.web.contexts.frame import Fact, FieldError, Paging
from tests.web.samples.frames import NOW, as_author
from tests.web.samples.staff import ITEM, KINDS

NAME = "2026 年公需科目"
TABS = (
    items.BankTab("/author/banks/1", "试题", here=True),
    items.BankTab("/author/banks/1/releases", "发布版本"),
)
ROW = items.ItemRow(
    item_id=7,
    version_id=12,
    no="GX-007",
    stem="关于个人信息保护，下列说法正确的有哪些？",
    kind_text="多选题",
    difficulty="中",
    topic="个人信息/处理规则",
    version=2,
    checked_no=1,
    state_text="待审",
    tone="wait",
    valid_until="2026-12-31",
    is_expired=False,
    exams=2,
    by="周敏",
    facility="63%",
    discrimination="0.31",
    figures_about="第 1 版，412 人",
    at_ms=NOW,
)
EXPIRED = replace(
    ROW,
    item_id=8,
    version_id=13,
    no="GX-008",
    state_text="已审",
    tone="good",
    is_expired=True,
    checked_no=None,
    facility="",
    discrimination="",
    figures_about="",
)
RELEASE = author.ReleaseRow(3, 180, NOW, "周敏", ("2026 年度考试",))
ACTS = (items.BulkAct("approved", "审核通过"), items.BulkAct("returned", "退回"))
BANK = items.Bank(
    frame=as_author(),
    bank_id=1,
    name=NAME,
    tabs=TABS,
    kinds=KINDS,
    total=180,
    warnings=("3 题在考试“2026 年度考试”结束（2026-12-31）以前到期（第 3 版）；到期以后不再抽到。",),
    states=(
        items.StateTab("/author/banks/1", "全部", 180, here=True),
        items.StateTab("/author/banks/1?state=waiting", "待审", 12, here=False),
    ),
    topics=(
        items.TopicNode(
            "?topic=x", "个人信息", 60, here=True, below=(items.TopicNode("?topic=y", "处理规则", 20, here=False),)
        ),
    ),
    all_topics="/author/banks/1",
    filter=items.Filter("", "", "", "", "", "", (("topic", "个人信息"),), is_on=True),
    kind_choices=(("single_choice", "单选题"),),
    difficulty_choices=(("易", "易"),),
    validity_choices=(("expired", "已到期"),),
    rows=(ROW, EXPIRED),
    paging=Paging(1, 9, 180, "?page="),
    upto=13,
    acts=ACTS,
    view="",
    other_view="/author/banks/1?view=full",
    releases=(RELEASE,),
    unreleased=2,
    imports=(
        author.ImportRow(5, "公需科目题库（修订）.xlsx", 3, 40, NOW, "周敏", is_undone=True),
        author.ImportRow(4, "公需科目题库（终稿）.xlsx", 478, 2, NOW, "周敏"),
    ),
    heads={
        key: items.SortHead(key, text, f"/author/banks/1?sort={key}", "ascending" if key == "facility" else "")
        for key, text in (("no", "编号"), ("facility", "正确率"), ("discrimination", "区分度"), ("changed", "改动"))
    },
)
REVIEW = items.Review(
    frame=as_author(),
    bank_id=1,
    bank_name=NAME,
    title="退回：2 题",
    consequence="退回的题不会进入以后发布的版本。",
    changes=2,
    left_out=("1 题已经停用，先恢复使用才能办",),
    samples=(ROW, EXPIRED),
    meant=3,
    hidden=(("act", "returned"), ("v", "12")),
    confirm_text="确认退回 2 题",
    back="/author/banks/1",
    needs_comment=True,
)
RECASTING = items.Recasting(
    frame=as_author(),
    bank_id=1,
    bank_name=NAME,
    title="改知识点：2 题",
    consequence="每题写成新的一版草稿，要重新提交、由另一位作者审核；在那以前，发布的仍是已审的那一版。",
    changes=2,
    left_out=("1 题已经停用，先恢复使用才能办",),
    samples=(ROW, EXPIRED),
    hidden=(("act", "topic"), ("v", "12")),
    confirm_text="确认改知识点 2 题",
    back="/author/banks/1",
    label="新的知识点",
    choices=(),
    topics=("个人信息/处理规则", "密码"),
)
VERSION = items.VersionRow(
    version_id=12,
    no=2,
    at_ms=NOW,
    by="周敏",
    note="按 2026 年的新条文改过",
    batch_no=None,
    file_name="",
    state_text="待审",
    tone="wait",
    is_released_next=False,
    is_shown=True,
    reviews=(items.ReviewRow(NOW, "周敏", "提交审核", ""),),
    differences=(
        items.DiffRow(
            "题干",
            (
                items.DiffPiece("same", "关于个人信息"),
                items.DiffPiece("out", "安全"),
                items.DiffPiece("in", "保护"),
            ),
        ),
        items.DiffRow("选项 A", ()),
    ),
)
ITEM_PAGE = items.ItemPage(
    frame=as_author(),
    bank_id=1,
    bank_name=NAME,
    item_id=7,
    version_id=12,
    version_no=2,
    newest_no=2,
    view=ITEM,
    facts=(Fact("依据", "《个人信息保护法》第十五条"), Fact("有效期", "2026-12-31")),
    state_text="待审",
    tone="wait",
    is_expired=True,
    notice="这一版还没有审核通过；现在发布题库，用的仍是第 1 版。",
    acts=ACTS,
    versions=(
        VERSION,
        replace(VERSION, no=1, batch_no=4, file_name="题库.xlsx", is_shown=False, differences=(), reviews=()),
    ),
    uses=(items.UseRow(3, 1, ("2026 年度考试",)),),
    edit_href="/author/banks/1/items/7/edit",
)
RELEASE_PAGE = items.ReleasePage(
    frame=as_author(),
    bank_id=1,
    bank_name=NAME,
    tabs=TABS,
    no=3,
    before_no=2,
    at_ms=NOW,
    by="周敏",
    size=180,
    kinds=KINDS,
    used_by=("2026 年度考试",),
    warnings=(),
    parts=(items.PartTab("?part=all", "all", "全部", 180, here=True),),
    rows=(items.ReleasedRow(7, "GX-007", "题干", "多选题", "个人信息", "中", 2, 1),),
    paging=Paging(1, 4, 180, "?page="),
    can_release=False,
)
PAGES: dict[str, tuple[str, object]] = {
    "bank": ("author/bank.html", BANK),
    "bank-whole": (
        "author/bank.html",
        replace(BANK, view="full", rows=(replace(ROW, view=ITEM),), paging=Paging(1, 1, 1, "?page=")),
    ),
    "bank-empty": (
        "author/bank.html",
        replace(BANK, rows=(), total=0, topics=(), kinds=(), warnings=(), releases=(), paging=Paging(1, 1, 0, "")),
    ),
    "recast": ("author/recast.html", RECASTING),
    "recast-wrong": (
        "author/recast.html",
        replace(
            RECASTING,
            label="新的难度",
            choices=(("易", "易"), ("难", "难")),
            errors=(FieldError("value", "请选择难度"),),
        ),
    ),
    "review": ("author/review.html", REVIEW),
    "review-wrong": ("author/review.html", replace(REVIEW, errors=(FieldError("comment", "请写明哪里要改"),))),
    "review-nothing": ("author/review.html", replace(REVIEW, changes=0, title="没有可以退回的题", samples=())),
    "item": ("author/item.html", ITEM_PAGE),
    "release": ("author/release.html", RELEASE_PAGE),
    "release-next": (
        "author/release.html",
        replace(RELEASE_PAGE, no=None, kinds=(), can_release=True, left_out=("12 题待审",)),
    ),
    "release-none": (
        "author/release.html",
        replace(RELEASE_PAGE, no=None, before_no=None, kinds=(), size=0, rows=(), paging=Paging(1, 1, 0, "")),
    ),
    "releases": ("author/releases.html", items.Releases(as_author(), 1, NAME, TABS, (RELEASE,), 2, 180)),
    "releases-none": ("author/releases.html", items.Releases(as_author(), 1, NAME, TABS, (), 0, 0)),
}
