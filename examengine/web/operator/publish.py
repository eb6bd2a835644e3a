"""O1/O2: a rulebook and a release become an exam, once every check is passed or signed for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine.publishing.checks import Check, CheckKind, in_the_way
from examengine.publishing.exams import NotReadyError, Readiness, confirm_all, examine
from examengine.publishing.rulebooks import Offer, get_offer, keep_offered, offers
from examengine.publishing.signing import NotSignedError, publish_checked, signatures
from examengine.publishing.signing import sign as sign_checks
from examengine.records import bank_pages, blueprints, releases, rulebooks
from examengine.records.bank_pages import ReleaseUse
from examengine.records.blueprints import Revision
from examengine.records.checks import Signature, Subject
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.releases import StoredRelease
from examengine.records.words import Role
from examengine.rules.calendar import window_of
from examengine.rules.load import flatten, plain
from examengine.web import times
from examengine.web.contexts import operator
from examengine.web.contexts.blueprints import ProofView
from examengine.web.contexts.checks import CheckRow, Signing
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
from examengine.web.operator.check_words import TITLES, basis_of_peak, found
from examengine.web.operator.checks import asked_of, fresh_intent, look_around, nonce_of, reason_of, rows_of
from examengine.web.operator.frames import EXAMS, operator_frame
from examengine.web.operator.rule_words import meaning_of, remark_of, value_of
from examengine.web.proof_words import PEOPLE, large, leaving_names, proof_told
from examengine.web.wording import gettext as _

MAX_TITLE = 80
MAX_DIGEST = 80
NOTHING_SIGNED = Signing("")


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
        async with services.database.reading() as tx:
            offer = await get_offer(tx, chosen.digest)
            seen = await _seen(request, tx, chosen, offer, await releases.get_release(tx, chosen.release_id))
        exam = await publish_checked(
            services.database,
            services.shelf,
            Subject(chosen.digest, chosen.release_id, chosen.blueprint_id),
            seen.checked,
            title,
            visitor.person.id,
            now_ms,
        )
    except Missing:
        raise NotAllowed(404) from None
    except NotReadyError as error:  # somebody has changed the bank or the rules in this very moment
        return await _not_published(request, chosen, title, error.readiness.missing())
    except NotSignedError as error:
        lacking = seen.ready.missing() if seen.ready else ()
        unsigned = [f"{TITLES[one.kind]}：{found(one, seen.zone)}" for one in error.checks if one.may_be_signed]
        return await _not_published(request, chosen, title, (*lacking, *unsigned))
    return see_other(f"/operator/exams/{exam.id}?done=published")


async def _not_published(request: Request, chosen: "Chosen", title: str, told: Sequence[str]) -> Response:
    return await _page(request, chosen, (), title, Alert("danger", _("没有发布"), "；".join(told)))


@signed_in(Role.OPERATOR)
async def sign(request: Request) -> Response:
    """Answer by one's own name for publishing although checks are red: those ticked, as they were shown."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    chosen = _chosen({name: field_of(request, name, MAX_DIGEST) for name in ("rulebook", "release", "blueprint")})
    if chosen.release_id is None:
        raise NotAllowed(400)
    asked = asked_of(request)
    reason, errors = reason_of(request)
    if not asked:
        errors.insert(0, FieldError("check", _("请勾选要签字放行的检查")))
    form = Signing("", reason, tuple(f"{one.kind}:{one.finding}" for one in asked))
    if errors:
        return await _page(request, chosen, tuple(errors), signing=form)
    nonce = await nonce_of(request, chosen.release_id)
    if nonce is None:
        told = _("这一页放得太久。请看过下面现在的检查，再签一次。")
        return await _page(request, chosen, (), alert=Alert("warning", _("没有签字"), told), signing=form)
    try:
        async with services.database.reading() as tx:
            offer = await get_offer(tx, chosen.digest)
            seen = await _seen(request, tx, chosen, offer, await releases.get_release(tx, chosen.release_id))
    except Missing:
        raise NotAllowed(404) from None
    subject = Subject(chosen.digest, chosen.release_id, chosen.blueprint_id)
    signed = await sign_checks(
        services.database, subject, seen.checked, asked, reason, visitor.person.id, nonce, now_ms
    )
    if len(signed) < len(asked):
        told = _("有的检查已经变了，没有签：请看过下面现在的检查。")
        return await _page(request, chosen, (), alert=Alert("warning", _("情况有变化"), told), signing=form)
    return see_other(_address(chosen, "signed") + "#checks")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the page was asked about. ``blueprint_id`` None: the rulebook's own, one cell a section."""

    digest: str
    release_id: int | None
    blueprint_id: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the choice gave: what is ready, the checks, and who signed which; times are told in ``zone``."""

    ready: Readiness | None
    checked: tuple[Check, ...]
    known: tuple[Signature, ...]
    zone: str

    def may_be_published(self, now_ms: int) -> bool:
        return self.ready is not None and not in_the_way(self.checked, self.known, now_ms)


async def _seen(request: Request, tx: Reading, chosen: Chosen, offer: Offer, release: StoredRelease | None) -> Seen:
    """Look at a choice as it is in this request; nothing is proved while no release is chosen.

    Raises:
        Missing: the blueprint is not kept here, or another bank's.
    """
    services, now_ms = services_of(request), now_of(request)
    rulebook = offer.loaded.rulebook
    assert rulebook is not None
    confirmed = await rulebooks.confirmations_of(tx, chosen.digest)
    ready: Readiness | None = None
    known: tuple[Signature, ...] = ()
    if release is not None:
        ready = await examine(tx, services.shelf, offer.loaded, confirmed, release.id, chosen.blueprint_id)
        known = await signatures(tx, Subject(chosen.digest, release.id, chosen.blueprint_id), now_ms)
    unconfirmed = sum(key not in confirmed for key in offer.loaded.assumed())
    checked = await look_around(request, tx, rulebook, unconfirmed, ready, release)
    return Seen(ready, checked, known, rulebook.meta.timezone)


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
    signing: Signing = NOTHING_SIGNED,
) -> Response:
    services, now_ms = services_of(request), now_of(request)
    ready: Readiness | None = None
    seen: Seen | None = None
    proof: ProofView | None = None
    rows: tuple[CheckRow, ...] = ()
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
        elif offer is not None:
            seen = await _seen(request, tx, chosen, offer, use.release if use is not None else None)
            ready = seen.ready
            rows = await rows_of(request, tx, seen.checked, seen.known, seen.zone, _details(seen, offer))
        if ready is not None and use is not None:
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
        checks=rows,
        ready=seen is not None and seen.may_be_published(now_ms),
        basis=basis_of_peak(),
        signing=replace(signing, intent=await fresh_intent(request, chosen.release_id or 0)),
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


def _details(seen: Seen, offer: Offer) -> dict[CheckKind, str]:
    """What the page knows more of than the checks: the window, and what the proof says."""
    assert offer.loaded.rulebook is not None
    window = window_of(offer.loaded.rulebook, offer.loaded.rulebook.meta.year)
    span = f"{times.day(window.opens_ms, seen.zone)} — {times.last_day(window.closes_ms, seen.zone)}"
    details = {CheckKind.WINDOW: span}
    if seen.ready is not None:
        told = (*seen.ready.differences, *_proof_told(seen.ready))
        details[CheckKind.BLUEPRINT] = "；".join(told)
    return details


def _proof_told(ready: Readiness) -> tuple[str, ...]:
    proof = ready.proof
    if proof.shortfalls:
        return tuple(lack.told for lack in ready.lacks)
    told = _("可以组成{n} 份不同的试卷").format(n=large(proof.distinct_papers))
    return (told,) if ready.revision is None else (_("组卷规则与年度规则一致"), told)


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
        case "signed":
            return Alert("success", _("已签字"), _("记下了您的姓名、时间和理由；签字 7 天内有效。"))
        case "kept":
            return Alert("success", _("规则已保存"), _("请逐项核对下面的值。"))
        case "known":
            return Alert("info", _("这份规则已经有了"), _("内容与已保存的一份相同，沿用那一份和它的确认记录。"))
    return None


def to_publish(digest: str, done: str) -> Response:
    """To the page with a rulebook chosen."""
    return see_other(_address(Chosen(digest, None, None), done))
