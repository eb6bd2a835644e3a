"""O1/O2: a rulebook and a release become an exam, once every assumed value is confirmed and the bank can fill it."""

import math
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine.papers.proof import Proof
from examengine.publishing.exams import NotReadyError, Readiness, confirm_all, examine, publish_exam
from examengine.publishing.rulebooks import Offer, get_offer, keep_offered, offers
from examengine.records import bank_pages, rulebooks
from examengine.records.errors import Missing
from examengine.records.words import Role
from examengine.rules.calendar import window_of
from examengine.rules.load import flatten, plain
from examengine.rules.rulebook import Rulebook
from examengine.web import times
from examengine.web.contexts import operator
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
from examengine.web.wording import gettext as _

MAX_TITLE = 80
MAX_DIGEST = 80
EXACT_BELOW = 1_000_000
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@signed_in(Role.OPERATOR)
async def publish_page(request: Request) -> Response:
    """Choose, see what is missing, confirm, publish."""
    asked = request.query_params
    return await _page(request, asked.get("rulebook", "")[:MAX_DIGEST], asked.get("release", ""))


@signed_in(Role.OPERATOR)
async def confirm(request: Request) -> Response:
    """Stand for assumed values by one's own name: those ticked, or all that are open."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    digest, release = field_of(request, "rulebook", MAX_DIGEST), field_of(request, "release", 20)
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
        return await _page(request, digest, release, (FieldError("confirm", _("请先勾选要确认的项目")),))
    if keys:
        await confirm_all(services.database, digest, keys, visitor.person.id, visitor.person.name, now_ms)
    return see_other(_address(digest, release, "confirmed"))


@signed_in(Role.OPERATOR)
async def publish(request: Request) -> Response:
    """Publish; asked for twice, the second one is the first."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    digest, release = field_of(request, "rulebook", MAX_DIGEST), field_of(request, "release", 20)
    title = field_of(request, "title", 4 * MAX_TITLE)
    errors = []
    if not digest:
        errors.append(FieldError("rulebook", _("请选择年度规则")))
    if not release.isdecimal():
        errors.append(FieldError("release", _("请选择题库版本")))
    if len(title) > MAX_TITLE:
        errors.append(FieldError("title", _("考试名称最多 {n} 个字").format(n=MAX_TITLE)))
    if errors:
        return await _page(request, digest, release, tuple(errors), title)
    try:
        await keep_offered(services.database, digest, now_ms)
        exam = await publish_exam(
            services.database, services.shelf, digest, int(release), title, visitor.person.id, now_ms
        )
    except Missing:
        raise NotAllowed(404) from None
    except NotReadyError as error:
        told = "；".join(error.readiness.missing())
        alert = Alert("danger", _("没有发布"), told)
        return await _page(request, digest, release, (), title, alert)
    return see_other(f"/operator/exams/{exam.id}?done=published")


async def _page(
    request: Request,
    digest: str,
    release: str,
    errors: tuple[FieldError, ...] = (),
    title: str = "",
    alert: Alert | None = None,
) -> Response:
    services, now_ms = services_of(request), now_of(request)
    release_id = int(release) if release.isascii() and release.isdecimal() and len(release) < 18 else 0
    ready: Readiness | None = None
    async with services.database.reading() as tx:
        choices = await offers(tx)
        uses = await bank_pages.releases_in_use(tx)
        offer = next((one for one in choices if digest and one.digest == digest), None)
        if digest and offer is None:
            raise NotAllowed(404)
        confirmed = await rulebooks.confirmations_of(tx, digest) if offer else {}
        if release_id and not any(use.release.id == release_id for use in uses):
            raise NotAllowed(404)
        if offer is not None and release_id:
            ready = await examine(tx, services.shelf, offer.loaded, confirmed, release_id)
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
                _("{bank} 第 {no} 版（{n} 题）").format(bank=use.bank_name, no=use.release.no, n=use.items),
            )
            for use in uses
        ),
        rulebook=offer.digest if offer else "",
        release=str(release_id) if release_id else "",
        digest=offer.digest if offer else "",
        assumed=assumed,
        cells=_cells(ready) if ready else (),
        checks=_checks(ready, offer, now_ms),
        ready=ready is not None and ready.is_ready,
        alert=alert,
        errors=errors,
        title=title or (offer.loaded.rulebook.meta.subject if offer and offer.loaded.rulebook else ""),
    )
    return page("operator/publish.html", shown, 422 if errors else 409 if alert else 200)


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
    return (
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
        return "；".join(ready.missing()[: len(proof.shortfalls)])
    told = _("可以组成{n} 份不同的试卷，其中互不重复的 {m} 份").format(
        n=_large(proof.distinct_papers), m=proof.disjoint_papers
    )
    if proof.disjoint_papers < rulebook.exam.attempts:
        told += _("；一个人考满 {n} 次会遇到考过的题").format(n=rulebook.exam.attempts)
    return told


def _large(count: int) -> str:
    """A count that may have dozens of digits."""
    if count < EXACT_BELOW:
        return f" {count}"
    exponent = int(math.log10(count))
    raised = str(exponent).translate(SUPERSCRIPTS)
    return _("约 {m}×10{e}").format(m=f"{count / 10**exponent:.1f}", e=raised)


def _address(digest: str, release: str, done: str = "") -> str:
    return f"/operator/publish?{urlencode({'rulebook': digest, 'release': release, 'done': done})}"


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
    return see_other(_address(digest, "", done))
