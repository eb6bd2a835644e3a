"""The editor in its states."""

from dataclasses import replace

from examengine.banks.item import Kind
from examengine.web.author.expected_fields import GAP_KINDS, GapFields
from examengine.web.author.item_fields import KINDS, ItemFields, OptionFields, RichField, item_of
from examengine.web.author.paper_preview import document_of, paper_of
from examengine.web.contexts.editor import Editor, Meanwhile, Remark
from examengine.web.contexts.frame import FieldError
from examengine.web.messages import KINDS as KIND_TEXTS
from tests.web.samples.frames import NOW, as_author
from tests.web.samples.staff import ITEM

CHOICE = ItemFields(
    kind=Kind.SINGLE_CHOICE,
    stem=RichField("<p>直角边为 <b>a</b>、<b>b</b>，斜边 \\(c\\) 等于：</p>", is_html=True),
    options=(
        OptionFields("k", RichField("\\(\\sqrt{a^2+b^2}\\)"), key=True),
        OptionFields("c", RichField("\\(a+b\\)")),
        OptionFields("x", RichField("以上都不对"), fixed=True),
    ),
    explanation="勾股定理。",
    points="2",
    difficulty="易",
    topic="几何",
)
CLOZE = ItemFields(
    kind=Kind.CLOZE,
    stem=RichField("《网络安全法》自{1}年{2}月1日起施行。"),
    gaps=(GapFields("{1}", "text", "2017"), GapFields("{2}", "choice", "5\n*6\n7")),
)
MATCHING = ItemFields(kind=Kind.MATCHING, stem=RichField("连一连。"), pairs=(("甲", "一"), ("乙", "二")), spare="三")


def editor(fields: ItemFields, **more: object) -> Editor:
    paper = paper_of(item_of(fields).item)
    made = Editor(
        frame=as_author(),
        bank_id=1,
        name="2026 年公需科目",
        address="/author/banks/1/items/7/edit",
        item_id=7,
        no=2,
        state="退回",
        fields=fields,
        remarks=(Remark("warning", "stem", "题干提到图，题里却没有图；请补上图片，或改写题干"),),
        paper=paper,
        document=document_of(paper),
        kinds=tuple((kind.value, KIND_TEXTS[kind.value]) for kind in KINDS),
        gap_kinds=tuple(GAP_KINDS.items()),
        topics=("几何", "算术"),
        letters="qwe",
    )
    return replace(made, **more)  # type: ignore[arg-type]


PAGES = {
    "editor": ("author/editor.html", editor(CHOICE)),
    "editor-cloze": ("author/editor.html", editor(CLOZE, remarks=())),
    "editor-matching": (
        "author/editor.html",
        editor(MATCHING, errors=(FieldError("key", "匹配题的左项“甲”出现了 2 次"),)),
    ),
    "editor-meanwhile": ("author/editor.html", editor(CHOICE, meanwhile=Meanwhile(3, "李雷", NOW, ITEM))),
}
