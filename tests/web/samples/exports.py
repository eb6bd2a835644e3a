"""The page of exports in its states."""

from dataclasses import replace

from examengine.banks.writers import ExportFormat
from examengine.web.author.exports import HOLDS, NAMES
from examengine.web.contexts.exports import Export, FormatChoice, LeftOutRow
from tests.web.samples.frames import as_author

EXPORT = Export(
    as_author(),
    1,
    "2026 年公需科目题库",
    180,
    tuple(FormatChoice(form, NAMES[form], HOLDS[form], here=False) for form in ExportFormat),
)
PAGES: dict[str, tuple[str, object]] = {
    "export": ("author/export.html", EXPORT),
    "export-loses": (
        "author/export.html",
        replace(
            EXPORT,
            chosen="GIFT",
            href="/author/banks/1/exports?as=gift&anyway=1",
            left_out=(
                LeftOutRow(12, "GX-012", "GIFT 没有多空填空题的写法，没有写入；请另存为 Moodle XML 或 QTI"),
                LeftOutRow(40, "下列图中属于哪一种标志？[图]", "图片 3b71bf15cc6d5a67… 不在库里，文件里没有这张图片"),
            ),
            more=3,
        ),
    ),
}
