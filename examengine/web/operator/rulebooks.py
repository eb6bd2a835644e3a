"""A rulebook that does not come with the system: uploaded or pasted, checked, kept."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from examengine.findings import Finding
from examengine.publishing.rulebooks import keep_new
from examengine.records.words import Role
from examengine.rules.load import MAX_FILE_BYTES, load
from examengine.web.contexts import operator
from examengine.web.contexts.author import FindingRow
from examengine.web.contexts.frame import FieldError
from examengine.web.http import now_of, page, services_of, signed_in, visitor_of
from examengine.web.multipart import posted
from examengine.web.operator.frames import EXAMS, operator_frame
from examengine.web.operator.publish import to_publish
from examengine.web.wording import gettext as _

MAX_KB = MAX_FILE_BYTES // 1024
MAX_FINDINGS = 200


@signed_in(Role.OPERATOR)
async def rulebook_page(request: Request) -> Response:
    """The form."""
    return await _page(request, "")


async def _page(
    request: Request, text: str, field: str = "", told: str = "", found: tuple[Finding, ...] = ()
) -> Response:
    shown = operator.RulebookUpload(
        frame=await operator_frame(request, EXAMS),
        max_kb=MAX_KB,
        text=text,
        findings=tuple(FindingRow(f.severity, f.where, f.message) for f in found[:MAX_FINDINGS]),
        errors=(FieldError(field, told),) if field else (),
    )
    return page("operator/rulebook.html", shown, 422 if field else 200)


@signed_in(Role.OPERATOR)
async def upload(request: Request) -> Response:
    """Check the file, or else the pasted text, and keep it where it has no fault."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    form = await posted(request)
    pasted = form.fields.get("text", "").replace("\r\n", "\n")
    if form.file_name:
        if len(form.content) > MAX_FILE_BYTES:
            return await _page(request, pasted, "file", _("文件超过 {n} KB，不像一份规则").format(n=MAX_KB))
        try:
            text = form.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return await _page(request, pasted, "file", _("文件不是 UTF-8 编码的文本"))
        field = "file"
    else:
        text, field = pasted, "text"
    if not text.strip():
        return await _page(request, "", "file", _("请选择一个文件，或在下面粘贴规则"))
    loaded = await asyncio.to_thread(load, text)
    if loaded.rulebook is None:
        wrong = sum(finding.severity == "error" for finding in loaded.findings)
        told = _("规则有 {n} 处错误，见下表；没有保存").format(n=wrong)
        return await _page(request, text[:MAX_FILE_BYTES], field, told, loaded.findings)
    is_new = await keep_new(services.database, text, loaded.rulebook, visitor.person.id, now_ms)
    return to_publish(loaded.rulebook.digest, "kept" if is_new else "known")
