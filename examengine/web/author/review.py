"""Reviews of many items at once: asked with their number, then done."""

from collections import Counter
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from examengine.publishing import items as publishing
from examengine.publishing.items import Foreseen
from examengine.publishing.recasting import Recast
from examengine.records import item_lists
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.item_lists import ItemFilter
from examengine.records.reviews import MAX_COMMENT, Reviewed, Skip
from examengine.records.words import ReviewDecision, Role
from examengine.web import times
from examengine.web.author.banks import HERE, bank_of, names_of
from examengine.web.author.item_filter import Asked, asked_of
from examengine.web.author.item_rows import item_row
from examengine.web.author.item_words import ACTS, RECASTS, SKIPS
from examengine.web.author.items import EXPORT, export_chosen
from examengine.web.author.recasting import Meant, ask_or_do
from examengine.web.contexts.frame import FieldError
from examengine.web.contexts.items import ItemRow
from examengine.web.contexts.items import Review as ReviewPage
from examengine.web.http import (
    ZONE,
    NotAllowed,
    field_of,
    form_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.wording import gettext as _

MAX_TICKED = 200
SAMPLES = 10


@signed_in(Role.AUTHOR)
async def review(request: Request) -> Response:
    """Ask how an act over items is meant, then do it: over the ticked ones, or over all that the list found."""
    services, visitor = services_of(request), await visitor_of(request)
    bank_id = path_id(request)
    act = field_of(request, "act", 20)
    ticked, is_all, asked = _ticked(request), field_of(request, "all", 5) == "1", _asked(request)
    conditions = asked.conditions(now_of(request), _upto(request))
    if not ticked and not is_all:
        return see_other(_back(request, asked, ("done", "none")))
    try:
        if act == EXPORT:
            return await export_chosen(request, bank_id, await _chosen(request, bank_id, ticked, conditions, is_all))
        if act in RECASTS:
            meant = await _meant(request, bank_id, act, ticked, conditions, asked, is_all=is_all)
            changed = await ask_or_do(request, Recast(act), meant)
            if isinstance(changed, Response):
                return changed
            return see_other(_back(request, asked, *_told(act, changed)))
        decision = _decision(act)
        comment = field_of(request, "comment", 4 * MAX_COMMENT)
        is_sure = field_of(request, "sure", 5) == "1"
        wrong = _wrong(decision, comment) if is_sure else ""
        if wrong or not is_sure:
            return await _ask(request, decision, ticked, conditions if is_all else None, asked, wrong, comment)
        database, now_ms, by = services.database, now_of(request), visitor.person.id
        if is_all:
            done = await publishing.review_matching(database, bank_id, decision, conditions, by, now_ms, comment)
        else:
            done = await publishing.review(database, bank_id, decision, ticked, by, now_ms, comment)
    except Missing:
        raise NotAllowed(404) from None
    return see_other(_back(request, asked, *_told(decision.value, done)))


async def _ask(
    request: Request,
    decision: ReviewDecision,
    ticked: tuple[int, ...],
    conditions: ItemFilter | None,
    asked: Asked,
    wrong: str,
    comment: str,
) -> Response:
    services, visitor = services_of(request), await visitor_of(request)
    words = ACTS[decision]
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        found = await _foreseen(tx, bank.id, decision, ticked, conditions, visitor.person.id)
        samples = await _samples(
            request, tx, bank.id, ticked, conditions and publishing.changed_by(decision, conditions)
        )
    hidden = [("act", decision.value), *asked.fields()]
    hidden += [("all", "1"), ("upto", str(_upto(request)))] if conditions else [("v", str(v)) for v in ticked]
    if field_of(request, "item", 20):
        hidden.append(("item", field_of(request, "item", 20)))
    shown = ReviewPage(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        bank_name=bank.name,
        title=words.title.format(n=found.changes) if found.changes else words.nothing,
        consequence=words.consequence,
        changes=found.changes,
        left_out=tuple(text.format(n=found.skipped[skip]) for skip, text in SKIPS.items() if found.skipped[skip]),
        samples=samples,
        meant=found.changes if conditions else found.changes + sum(found.skipped.values()),
        hidden=tuple(hidden),
        confirm_text=_("确认{act} {n} 题").format(act=words.button, n=found.changes),
        back=_back(request, asked),
        needs_comment=decision is ReviewDecision.RETURNED,
        errors=(FieldError("comment", wrong),) if wrong else (),
        comment=comment,
    )
    return page("author/review.html", shown, 422 if wrong else 200)


async def _foreseen(
    tx: Reading,
    bank_id: int,
    decision: ReviewDecision,
    ticked: tuple[int, ...],
    conditions: ItemFilter | None,
    person_id: int,
) -> Foreseen:
    if conditions is None:
        return await publishing.foresee(tx, bank_id, decision, ticked, person_id)
    found = await publishing.foresee_matching(tx, bank_id, decision, conditions, person_id)
    later = (await item_lists.count_by_kind(tx, bank_id, replace(conditions, upto=None))).values()
    newer = sum(later) - found.changes - sum(found.skipped.values())
    return Foreseen(found.changes, found.skipped + Counter({Skip.OLD: newer}))


async def _samples(
    request: Request, tx: Reading, bank_id: int, ticked: tuple[int, ...], conditions: ItemFilter | None
) -> tuple[ItemRow, ...]:
    if conditions is None:
        listed = await item_lists.listed_versions(tx, bank_id, ticked[:SAMPLES])
    else:
        listed = (await item_lists.find_items(tx, bank_id, conditions, limit=SAMPLES)).items
    names = await names_of(tx, services_of(request), [one.by_person for one in listed])
    today = times.local(now_of(request), ZONE).date().isoformat()
    return tuple(item_row(one, names, today) for one in listed)


async def _chosen(
    request: Request, bank_id: int, ticked: tuple[int, ...], conditions: ItemFilter, is_all: bool
) -> tuple[int, ...]:
    async with services_of(request).database.reading() as tx:
        if is_all:
            return await item_lists.newest_ids(tx, bank_id, conditions)
        return await item_lists.of_bank(tx, bank_id, ticked)


async def _meant(
    request: Request,
    bank_id: int,
    act: str,
    ticked: tuple[int, ...],
    conditions: ItemFilter,
    asked: Asked,
    *,
    is_all: bool,
) -> Meant:
    chosen = await _chosen(request, bank_id, ticked, conditions, is_all) if is_all else ticked
    hidden = [("act", act), *asked.fields()]
    hidden += [("all", "1"), ("upto", str(_upto(request)))] if is_all else [("v", str(v)) for v in ticked]
    return Meant(bank_id, chosen, tuple(hidden), _back(request, asked))


def _decision(act: str) -> ReviewDecision:
    try:
        return ReviewDecision(act)
    except ValueError:
        raise NotAllowed(400) from None


def _wrong(decision: ReviewDecision, comment: str) -> str:
    """What is wrong with the comment of an act that is to be done."""
    if decision is ReviewDecision.RETURNED and not comment:
        return _("请写明哪里要改")
    if len(comment) > MAX_COMMENT:
        return _("说明最多 {n} 个字").format(n=MAX_COMMENT)
    return ""


def _ticked(request: Request) -> tuple[int, ...]:
    """The versions that were ticked.

    Raises:
        NotAllowed: what was sent is no version, or more than a page of them.
    """
    values = form_of(request).get("v", [])
    if len(values) > MAX_TICKED or any(not _is_id(value) for value in values):
        raise NotAllowed(400)
    return tuple(dict.fromkeys(map(int, values)))


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= 18


def _upto(request: Request) -> int:
    value = field_of(request, "upto", 20)
    return int(value) if _is_id(value) else 0


def _asked(request: Request) -> Asked:
    return asked_of({name: values[0] for name, values in form_of(request).items()})


def _back(request: Request, asked: Asked, *more: tuple[str, str]) -> str:
    """The page that the act came from: the item's, or the list as it was."""
    address = f"/author/banks/{path_id(request)}"
    item = field_of(request, "item", 20)
    if _is_id(item):
        return f"{address}/items/{int(item)}" + Asked().query(*more)
    return address + asked.query(*more)


def _told(act: str, done: Reviewed) -> list[tuple[str, str]]:
    """What was done, for the page that the act leads to."""
    left = [(skip.value, str(count)) for skip, count in done.skipped.items() if count]
    return [("done", act), ("n", str(len(done.done))), *left]
