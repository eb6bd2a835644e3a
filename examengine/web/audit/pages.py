"""审计: what was done, by whom, to what; the state of the evidence; lines as a file. Nothing here changes anything
but the log itself, in which the auditor stands as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.records import audit, audit_lines, evidence, people, proof
from examengine.records.audit import AuditLine
from examengine.records.audit_lines import MAX_EXPORTED, Wanted
from examengine.records.people import Person
from examengine.records.search import search_people
from examengine.records.words import Role
from examengine.rules.calendar import day_ends_ms
from examengine.sittings.notary import trusted_keys
from examengine.web.audit.act_words import GROUPS, KINDS, Group, act_text, acts_in, facts_text, object_text
from examengine.web.audit.workbook import MIME_TYPE, write_lines
from examengine.web.author.banks import attachment
from examengine.web.contexts.audit import AuditPage, AuditRow, ChainState
from examengine.web.contexts.frame import Alert, Fact, FieldError
from examengine.web.evidence_words import told
from examengine.web.http import (
    ZONE,
    field_of,
    frame_of,
    now_of,
    page,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.times import exact
from examengine.web.wording import gettext as _

HERE = "/audit"
PAGE = 100
VERIFIED = 2_000
"""Links that are checked while someone waits for the page; all of them are checked at the command line."""
BEHIND_MS = 5 * 60_000
MAX_REASON = 200
NAMES = ("group", "kind", "id", "by", "about", "from", "to")
JSON = "application/json"
FOUND = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What the fields come to, with what is wrong about them."""

    wanted: Wanted
    filters: dict[str, str]
    before_id: int | None
    errors: tuple[FieldError, ...] = ()


@signed_in(Role.AUDITOR)
async def audit_page(request: Request) -> Response:
    """The newest lines that fit."""
    return await _page(request, _asked(request.query_params))


@signed_in(Role.AUDITOR)
async def person(request: Request) -> Response:
    """All lines by or about one person, who is named in the body of a POST and found by internal number after it."""
    services = services_of(request)
    text, side = field_of(request, "who", 60), field_of(request, "side", 10)
    async with services.database.reading() as tx:
        found = (await search_people(tx, services.vault, text, FOUND)).people if text else ()
    if len(found) != 1:
        problem = _("请输入姓名或证件号") if not text else _("没有找到这个人，请核对姓名或证件号")
        problem = problem if len(found) == 0 else _("不止一个人，请输入完整的证件号")
        asked = replace(_asked({}), errors=(FieldError("who", problem),))
        return await _page(request, asked)
    return see_other(f"{HERE}?{'by' if side == 'by' else 'about'}={found[0].id}")


@signed_in(Role.AUDITOR)
async def verify(request: Request) -> Response:
    """Check the newest part of the evidence now."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    trusted = trusted_keys(services.settings.evidence_keys)
    async with services.database.reading() as tx:
        found = await proof.prove_newest(tx, trusted, VERIFIED)
    async with services.database.writing() as tx:
        facts = {"links": found.links, "decision": "fault" if found.fault is not None else "ok"}
        await audit.append(tx, now_ms, visitor.person.id, "evidence_checked", "evidence", None, facts)
    if found.fault is not None:
        text = _(
            "请马上保全现场：停用可疑账号，做一份备份，并在服务器上用 examengine attempt verify --all 核验全部。"
        )
        alert = Alert("danger", _("不一致：{fault}").format(fault=told(found.fault)), text)
    else:
        text = _(
            "包括每条记录与链的对应，和每个签名点的签名。核验全部，请在服务器上运行 examengine attempt verify --all。"
        )
        alert = Alert("success", _("一致：已核验最近 {n} 环").format(n=found.links), text)
    return await _page(request, _asked({}), alert)


@signed_in(Role.AUDITOR)
async def export(request: Request) -> Response:
    """The lines that fit as a file: signed, to be checked elsewhere, or as a workbook, to be read."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    asked = _asked({name: field_of(request, name, 40) for name in NAMES})
    reason, kind = field_of(request, "reason", MAX_REASON), field_of(request, "as", 10)
    if not reason:
        asked = replace(asked, errors=(*asked.errors, FieldError("reason", _("请写导出的用途"))))
    if asked.errors:
        return await _page(request, asked)
    async with services.database.reading() as tx:
        about = _("；").join(f"{fact.term} {fact.value}" for fact in _narrowed(asked, {})) or _("全部")
        if kind == "xlsx":
            lines = await audit_lines.lines_of(tx, asked.wanted, before_id=None, limit=MAX_EXPORTED)
            known = await people.find_people(tx, services.vault, _doers(lines))
            log = await evidence.log_of(tx)
            newest = await evidence.newest_checkpoint(tx)
            head = newest.head.hex() if newest is not None else ""
            rows = [_cells(line, known) for line in lines]
            notes = [
                (_("范围"), about),
                (_("导出人"), visitor.person.name),
                (_("导出时间"), exact(now_ms, ZONE)),
                (_("用途"), reason),
                (_("条数"), str(len(rows))),
                (_("存证链"), _("{n} 环，签名到第 {m} 环，链头 {head}").format(n=log.links, m=log.signed, head=head)),
            ]
            content, mime, count, name = write_lines(rows, notes), MIME_TYPE, len(rows), "xlsx"
        else:
            made = await audit_lines.export_lines(tx, asked.wanted, about)
            content, mime, count, name = made.content, JSON, made.lines, "json"
    async with services.database.writing() as tx:
        facts = {
            "lines": count,
            "reason": reason,
            "field": {key: value for key, value in asked.filters.items() if value},
        }
        await audit.append(tx, now_ms, visitor.person.id, "audit_exported", "audit", None, facts)
    return attachment(content, _("审计记录-{at}").format(at=exact(now_ms, ZONE).replace(":", "")) + f".{name}", mime)


async def _page(request: Request, asked: Asked, alert: Alert | None = None) -> Response:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    named = [one for one in (asked.wanted.by_person, asked.wanted.about_person) if one is not None]
    async with services.database.reading() as tx:
        lines = await audit_lines.lines_of(tx, asked.wanted, before_id=asked.before_id, limit=PAGE + 1)
        known = await people.find_people(tx, services.vault, _doers(lines) | set(named))
        chain = await _chain(request)
    if named and asked.before_id is None and not asked.errors:
        async with services.database.writing() as tx:  # whose acts were looked at is an act as well
            for person_id in named:
                await audit.append(tx, now_ms, visitor.person.id, "audit_viewed", "person", person_id)
    shown, filters = lines[:PAGE], {name: value for name, value in asked.filters.items() if value}
    older = f"{HERE}?{urlencode({**filters, 'before': shown[-1].id})}" if len(lines) > PAGE else ""
    context = AuditPage(
        frame=await frame_of(request, HERE),
        chain=chain,
        rows=tuple(_row(line, known) for line in shown),
        groups=tuple((group.value, name) for group, name in GROUPS.items()),
        kinds=tuple(sorted(KINDS.items(), key=lambda kind: kind[1])),
        filters={name: asked.filters.get(name, "") for name in NAMES},
        narrowed=_narrowed(asked, known),
        older=older,
        most=MAX_EXPORTED,
        errors=asked.errors,
        alert=alert,
    )
    return page("audit/audit.html", context, 422 if asked.errors else 200)


async def _chain(request: Request) -> ChainState:
    services, now_ms = services_of(request), now_of(request)
    async with services.database.reading() as tx:
        log = await evidence.log_of(tx)
        newest = await evidence.newest_checkpoint(tx)
    unsigned = log.links > log.signed or log.waiting > 0
    return ChainState(
        links=log.links,
        signed=log.signed,
        waiting=log.waiting,
        signed_ms=log.signed_ms,
        head=newest.head.hex()[:16] if newest is not None else "",
        key_id=newest.key_id if newest is not None else "",
        checkpoint_no=newest.no if newest is not None else 0,
        is_behind=unsigned and log.signed_ms is not None and now_ms - log.signed_ms > BEHIND_MS,
    )


def _asked(given: Mapping[str, str]) -> Asked:
    """The fields of the query or the form; what cannot be understood is said, and does not narrow."""
    filters = {name: given.get(name, "").strip()[:40] for name in NAMES}
    errors = []
    group = next((one for one in Group if one.value == filters["group"]), None)
    kind = filters["kind"] if filters["kind"] in KINDS else None
    numbers: dict[str, int | None] = {}
    for name in ("id", "by", "about"):
        text = filters[name]
        numbers[name] = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
        if text and numbers[name] is None:
            errors.append(FieldError("id" if name == "id" else "who", _("编号是数字")))
    days: dict[str, date | None] = {}
    for name in ("from", "to"):
        days[name] = _day(filters[name])
        if filters[name] and days[name] is None:
            errors.append(FieldError(name, _("日期写成 2026-06-01")))
    first, last = days["from"], days["to"]
    if first is not None and last is not None and first > last:
        errors.append(FieldError("to", _("结束日期早于开始日期")))
    if numbers["id"] is not None and kind is None:
        errors.append(FieldError("kind", _("按编号查，请同时选择对象种类")))
    before = given.get("before", "")
    wanted = Wanted(
        acts=acts_in(group) if group is not None else None,
        object_kind=kind,
        object_id=numbers["id"],
        by_person=numbers["by"],
        about_person=numbers["about"],
        from_ms=None if first is None else day_ends_ms(first - timedelta(days=1), ZONE),
        until_ms=None if last is None else day_ends_ms(last, ZONE),
    )
    before_id = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None
    return Asked(wanted, filters, before_id, tuple(errors))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-06-01") else None
    except ValueError:
        return None
    return day if day is not None and 2000 <= day.year <= 2200 else None


def _narrowed(asked: Asked, known: Mapping[int, Person]) -> tuple[Fact, ...]:
    """What the lines are narrowed by, in words."""
    facts, filters = [], asked.filters
    if asked.wanted.acts is not None:
        facts.append(Fact(_("办理种类"), GROUPS[Group(filters["group"])]))
    if asked.wanted.object_kind is not None:
        facts.append(Fact(_("对象"), object_text(asked.wanted.object_kind, asked.wanted.object_id)))
    for term, person_id in ((_("经办人"), asked.wanted.by_person), (_("涉及的人"), asked.wanted.about_person)):
        if person_id is not None:
            facts.append(Fact(term, _who(known.get(person_id), person_id)))
    if asked.wanted.from_ms is not None:
        facts.append(Fact(_("从"), filters["from"]))
    if asked.wanted.until_ms is not None:
        facts.append(Fact(_("到"), filters["to"]))
    return tuple(facts)


def _who(found: Person | None, person_id: int) -> str:
    if found is None or found.profile is None:
        return _("编号 {id}").format(id=person_id)
    number = mask_document(found.profile.document, Place.STAFF_LIST)
    return _("{name} {number}（编号 {id}）").format(name=found.name, number=number, id=person_id)


def _doers(lines: tuple[AuditLine, ...]) -> set[int]:
    return {line.person_id for line in lines if line.person_id is not None}


def _row(line: AuditLine, known: Mapping[int, Person]) -> AuditRow:
    has_object = line.object_id is not None and line.object_kind in KINDS
    href = f"{HERE}?{urlencode({'kind': line.object_kind, 'id': line.object_id})}" if has_object else ""
    return AuditRow(
        id=line.id,
        at_ms=line.at_ms,
        act=act_text(line.act),
        by=_doer(line, known),
        by_href="" if line.person_id is None else f"{HERE}?by={line.person_id}",
        object=object_text(line.object_kind, line.object_id),
        object_href=href,
        facts=facts_text(line.facts),
    )


def _doer(line: AuditLine, known: Mapping[int, Person]) -> str:
    if line.person_id is None:
        return _("系统")
    found = known.get(line.person_id)
    return found.name if found is not None and found.name else _("编号 {id}").format(id=line.person_id)


def _cells(line: AuditLine, known: Mapping[int, Person]) -> tuple[str, ...]:
    return (
        str(line.id),
        exact(line.at_ms, ZONE),
        _doer(line, known),
        "" if line.person_id is None else str(line.person_id),
        act_text(line.act),
        object_text(line.object_kind, line.object_id),
        facts_text(line.facts),
    )
