"""O1/O2: a rulebook and a release become an exam, once every assumed value is confirmed and the bank can fill it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine.papers.proof import Proof
from examengine.publishing.exams import NotReadyError, Readiness, confirm_all, examine, publish_exam
from examengine.publishing.rulebooks import Offer, get_offer, keep_offered, offers
from examengine.records import bank_pages, blueprints, rulebooks
from examengine.records.bank_pages import ReleaseUse
from examengine.records.blueprints import Revision
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.words import Role
from examengine.rules.calendar import window_of
from examengine.rules.load import flatten, plain
from examengine.rules.rulebook import Rulebook
from examengine.web import times
from examengine.web.contexts import operator
from examengine.web.contexts.blueprints import ProofView
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.http import (
    NotAllowed,
    field_of,
    form_of,
    now_of,
    page,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.operator.frames import EXAMS, operator_frame
from examengine.web.operator.rule_words import meaning_of, remark_of, value_of
from examengine.web.proof_words import PEOPLE, large, leaving_names, proof_told
from examengine.web.wording import gettext as _

MAX_TITLE = 80
MAX_DIGEST = 80


@signed_in(Role.OPERATOR)
async def publish_page(request: Request) -> Response:
    """Choose, see what is missing, confirm, publish."""
    return await _page(request, _chosen(request.query_params))


@signed_in(Role.OPERATOR)
async def confirm(request: Request) -> Response:
    """Stand for assumed values by one's own name: those ticked, or all that are open."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    chosen = _chosen({name: field_of(request, name, MAX_DIGEST) for name in ("rulebook", "release", "blueprint")})
    digest = chosen.digest
    try:
        await keep_offered(services.database, digest, now_ms)
        async with services.database.reading() as tx:
            offer = await get_offer(tx, digest)
            confirmed = await rulebooks.confirmations_of(tx, digest)
    except Missing:
        raise NotAllowed(404) from None
    waiting = tuple(key for key in offer.loaded.assumed() if key not in confirmed)
    ticked = frozenset(form_of(request).get("confirm", []))
    keys = waiting if field_of(request, "all") else tuple(key for key in waiting if key in ticked)
    if not ticked <= frozenset(offer.loaded.assumed()):
        raise NotAllowed(400)
    if waiting and not keys:
        return await _page(request, chosen, (FieldError("confirm", _("请先勾选要确认的项目")),))
    if keys:
        await confirm_all(services.database, digest, keys, visitor.person.id, visitor.person.name, now_ms)
    return see_other(_address(chosen, "confirmed"))


@signed_in(Role.OPERATOR)
async def publish(request: Request) -> Response:
    """Publish; asked for twice, the second one is the first."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    chosen = _chosen({name: field_of(request, name, MAX_DIGEST) for name in ("rulebook", "release", "blueprint")})
    title = field_of(request, "title", 4 * MAX_TITLE)
    errors = []
    if not chosen.digest:
        errors.append(FieldError("rulebook", _("请选择年度规则")))
    if chosen.release_id is None:
        errors.append(FieldError("release", _("请选择题库版本")))
    if len(title) > MAX_TITLE:
        errors.append(FieldError("title", _("考试名称最多 {n} 个字").format(n=MAX_TITLE)))
    if errors or chosen.release_id is None:
        return await _page(request, chosen, tuple(errors), title)
    try:
        await keep_offered(services.database, chosen.digest, now_ms)
        exam = await publish_exam(
            services.database,
            services.shelf,
            chosen.digest,
            chosen.release_id,
            title,
            visitor.person.id,
            now_ms,
            blueprint_id=chosen.blueprint_id,
        )
    except Missing:
        raise NotAllowed(404) from None
    except NotReadyError as error:
        told = "；".join(error.readiness.missing())
        alert = Alert("danger", _("没有发布"), told)
        return await _page(request, chosen, (), title, alert)
    return see_other(f"/operator/exams/{exam.id}?done=published")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the page was asked about. ``blueprint_id`` None: the rulebook's own, one cell a section."""

    digest: str
    release_id: int | None
    blueprint_id: int | None


def _chosen(asked: Mapping[str, str]) -> Chosen:
    return Chosen(
        asked.get("rulebook", "")[:MAX_DIGEST], _id(asked.get("release", "")), _id(asked.get("blueprint", ""))
    )


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


async def _page(
    request: Request,
    chosen: Chosen,
    errors: tuple[FieldError, ...] = (),
    title: str = "",
    alert: Alert | None = None,
) -> Response:
    services, now_ms = services_of(request), now_of(request)
    ready: Readiness | None = None
    proof: ProofView | None = None
    async with services.database.reading() as tx:
        choices = await offers(tx)
        uses = await bank_pages.releases_in_use(tx)
        offer = next((one for one in choices if chosen.digest and one.digest == chosen.digest), None)
        if chosen.digest and offer is None:
            raise NotAllowed(404)
        confirmed = await rulebooks.confirmations_of(tx, chosen.digest) if offer else {}
        use = next((use for use in uses if use.release.id == chosen.release_id), None)
        if chosen.release_id and use is None:
            raise NotAllowed(404)
        revision = await _revision(tx, chosen)
        plans = await _plans(tx, uses, use, revision)
        if revision is not None and use is not None and revision.bank_id != use.release.bank_id:
            errors = (*errors, FieldError("blueprint", _("这份组卷规则是另一个题库的：请选这个题库的组卷规则")))
        elif offer is not None and use is not None:
            ready = await examine(tx, services.shelf, offer.loaded, confirmed, use.release.id, chosen.blueprint_id)
            stock = await services.proofs.stock(tx, services.shelf, use.release.bank_id, use.release)
            names = await leaving_names(request, tx, [item.version_id for item in ready.leaving])
    if ready is not None:
        proven = await services.proofs.prove(ready.blueprint, stock, ready.rulebook)
        proof = proof_told(proven, ready.blueprint, ready.rulebook, PEOPLE, ready.leaving, names)
    frame = await operator_frame(request, EXAMS, _done(request))
    assumed: tuple[operator.AssumedValue, ...] = ()
    if offer is not None:
        values = plain(flatten(offer.loaded.content))
        assumed = tuple(
            operator.AssumedValue(
                path=key,
                meaning=meaning_of(key),
                value=value_of(key, values[key]),
                note=remark_of(offer.loaded.provenance[key]),
                confirmed_by=confirmed[key].person_name if key in confirmed else "",
                confirmed_ms=confirmed[key].at_ms if key in confirmed else None,
            )
            for key in offer.loaded.assumed()
        )
    shown = operator.Publish(
        frame=frame,
        rulebooks=tuple((one.digest, _offered(one, frame.zone)) for one in choices),
        releases=tuple(
            (
                str(use.release.id),
                _("{bank} 第 {no} 版（{n} 题）").format(bank=use.bank_name, no=use.release.no, n=use.release.size),
            )
            for use in uses
        ),
        rulebook=offer.digest if offer else "",
        release=str(chosen.release_id or ""),
        digest=offer.digest if offer else "",
        assumed=assumed,
        cells=_cells(ready) if ready else (),
        checks=_checks(ready, offer, now_ms),
        ready=ready is not None and ready.is_ready,
        alert=alert,
        errors=errors,
        title=title or (offer.loaded.rulebook.meta.subject if offer and offer.loaded.rulebook else ""),
        blueprints=plans,
        blueprint=str(chosen.blueprint_id or ""),
        differences=ready.differences if ready else (),
        proof=proof,
    )
    return page("operator/publish.html", shown, 422 if errors else 409 if alert else 200)


async def _revision(tx: Reading, chosen: Chosen) -> Revision | None:
    if chosen.blueprint_id is None:
        return None
    try:
        return await blueprints.get_revision(tx, chosen.blueprint_id)
    except Missing:
        raise NotAllowed(404) from None


async def _plans(
    tx: Reading, uses: Sequence[ReleaseUse], use: ReleaseUse | None, chosen: Revision | None
) -> tuple[tuple[str, str], ...]:
    """The newest blueprints of the bank of the release, or of all banks while none is chosen, and the chosen one."""
    bank_id = use.release.bank_id if use is not None else None
    offered = list(await blueprints.list_newest(tx, bank_id))
    if chosen is not None and chosen.id not in {revision.id for revision in offered}:
        offered.append(chosen)
    names = {one.release.bank_id: one.bank_name for one in uses}
    return tuple(
        (
            str(revision.id),
            _("{name} 第 {no} 版（{bank}）").format(
                bank=names.get(revision.bank_id, _("未发布的题库")), name=revision.name, no=revision.no
            ),
        )
        for revision in offered
    )


def _offered(offer: Offer, zone: str) -> str:
    """``guangxi-2014　2014 年度 信息技术与信息安全``, and where it comes from."""
    rulebook = offer.loaded.rulebook
    assert rulebook is not None
    origin = _("随系统附带")
    if offer.added_ms is not None:
        origin = _("{day} 存入").format(day=times.day(offer.added_ms, zone))
    return f"{rulebook.meta.year} 年度 {rulebook.meta.subject}（{offer.rulebook_id}，{origin}）"


def _cells(ready: Readiness) -> tuple[operator.CellRow, ...]:
    return tuple(
        operator.CellRow(
            text=supply.name,
            wanted=supply.cell.count,
            there=supply.available,
            points_hundredths=supply.cell.points_hundredths,
            disjoint=supply.available // supply.cell.count,
            fits=not supply.missing,
        )
        for supply in ready.supplies
    )


def _checks(ready: Readiness | None, offer: Offer | None, now_ms: int) -> tuple[tuple[str, bool, str], ...]:
    """What was examined: text, whether it holds, and the evidence."""
    if offer is None or offer.loaded.rulebook is None:
        return ()
    rulebook = offer.loaded.rulebook
    window = window_of(rulebook, rulebook.meta.year)
    zone = rulebook.meta.timezone
    span = f"{times.day(window.opens_ms, zone)} — {times.last_day(window.closes_ms, zone)}"
    if now_ms >= window.closes_ms:
        span = _("{span}，已经过去：可以发布，但现在没有人能考").format(span=span)
    if ready is None:
        return ((_("选择题库版本"), False, ""), (_("开放时间"), now_ms < window.closes_ms, span))
    agreed: tuple[tuple[str, bool, str], ...] = ()
    if ready.revision is not None:
        told = "；".join(ready.differences) or _("题数、分值、总分都相同")
        agreed = ((_("组卷规则与年度规则一致"), not ready.differences, told),)
    return (
        *agreed,
        (_("题库能组成试卷"), not ready.proof.shortfalls, _proof_told(ready.proof, rulebook, ready)),
        (
            _("通知没有写明的值都有人确认"),
            not ready.unconfirmed,
            _("还有 {n} 项").format(n=len(ready.unconfirmed)) if ready.unconfirmed else "",
        ),
        (_("开放时间"), now_ms < window.closes_ms, span),
    )


def _proof_told(proof: Proof, rulebook: Rulebook, ready: Readiness) -> str:
    if proof.shortfalls:
        return "；".join(lack.told for lack in ready.lacks)
    told = _("可以组成{n} 份不同的试卷，其中互不重复的 {m} 份").format(
        n=large(proof.distinct_papers), m=proof.disjoint_papers
    )
    if proof.disjoint_papers < rulebook.exam.attempts:
        told += _("；一个人考满 {n} 次会遇到考过的题").format(n=rulebook.exam.attempts)
    return told


def _address(chosen: Chosen, done: str = "") -> str:
    asked = {
        "rulebook": chosen.digest,
        "release": chosen.release_id or "",
        "blueprint": chosen.blueprint_id or "",
        "done": done,
    }
    return f"/operator/publish?{urlencode(asked)}"


def _done(request: Request) -> Alert | None:
    match request.query_params.get("done", ""):
        case "confirmed":
            return Alert("success", _("确认已登记"), _("记下了您的姓名和时间。"))
        case "kept":
            return Alert("success", _("规则已保存"), _("请逐项核对下面的值。"))
        case "known":
            return Alert("info", _("这份规则已经有了"), _("内容与已保存的一份相同，沿用那一份和它的确认记录。"))
    return None


def to_publish(digest: str, done: str) -> Response:
    """To the page with a rulebook chosen."""
    return see_other(_address(Chosen(digest, None, None), done))
