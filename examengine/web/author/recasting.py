"""A field set for many items at once: asked with its value and what it would change, then done."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.item import DIFFICULTIES
from examengine.banks.wording import LINE_LIMIT, tidy_line
from examengine.publishing import recasting as publishing
from examengine.publishing.recasting import Change, Recast
from examengine.records import editing, item_lists
from examengine.records.database import Missing, Reading
from examengine.records.items import MAX_NOTE
from examengine.records.reviews import Reviewed
from examengine.web import times
from examengine.web.author.banks import HERE, bank_of, names_of
from examengine.web.author.item_rows import item_row
from examengine.web.author.item_words import RECASTS, SKIPS
from examengine.web.contexts.frame import FieldError
from examengine.web.contexts.items import ItemRow, Recasting
from examengine.web.http import ZONE, NotAllowed, field_of, frame_of, now_of, page, services_of, visitor_of
from examengine.web.wording import gettext as _

SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Meant:
    """The versions an act is about, what leads to the form again, and where it came from."""

    bank_id: int
    version_ids: tuple[int, ...]
    hidden: tuple[tuple[str, str], ...]
    back: str


async def ask_or_do(request: Request, field: Recast, meant: Meant) -> Response | Reviewed:
    """The form with what it would change; what was done, where it was sent with a value that can be.

    Raises:
        NotAllowed: there is no such bank, or a version is not the bank's.
    """
    value, note = field_of(request, "value", 4 * LINE_LIMIT), field_of(request, "note", 4 * MAX_NOTE)
    if field_of(request, "sure", 5) != "1":
        return await _page(request, field, meant, "", "")
    value = tidy_line(value)
    errors = _wrong(field, value, note)
    if errors:
        return await _page(request, field, meant, value, note, errors)
    by = (await visitor_of(request)).person.id
    services, change = services_of(request), Change(field, value)
    try:
        return await publishing.recast(
            services.database, meant.bank_id, meant.version_ids, change, by, now_of(request), note
        )
    except Missing:
        raise NotAllowed(404) from None


def _wrong(field: Recast, value: str, note: str) -> tuple[FieldError, ...]:
    found = []
    if field is Recast.DIFFICULTY and value not in {"", *DIFFICULTIES}:
        found.append(FieldError("value", _("请选择难度")))
    if len(value) > LINE_LIMIT:
        found.append(FieldError("value", _("知识点最多 {n} 个字").format(n=LINE_LIMIT)))
    if len(note) > MAX_NOTE:
        found.append(FieldError("note", _("说明最多 {n} 个字").format(n=MAX_NOTE)))
    return tuple(found)


async def _page(
    request: Request, field: Recast, meant: Meant, value: str, note: str, errors: tuple[FieldError, ...] = ()
) -> Response:
    services, words = services_of(request), RECASTS[field]
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        try:
            found = await publishing.foresee(tx, bank.id, meant.version_ids, None)
        except Missing:
            raise NotAllowed(404) from None
        topics = await editing.topics_of(tx, bank.id) if field is Recast.TOPIC else ()
        samples = await _samples(request, tx, meant)
    shown = Recasting(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        bank_name=bank.name,
        title=words.title.format(n=found.changes) if found.changes else words.nothing,
        consequence=words.consequence,
        changes=found.changes,
        left_out=tuple(text.format(n=found.skipped[skip]) for skip, text in SKIPS.items() if found.skipped[skip]),
        samples=samples,
        hidden=meant.hidden,
        confirm_text=_("确认{act} {n} 题").format(act=words.button, n=found.changes),
        back=meant.back,
        label=_("新的知识点") if field is Recast.TOPIC else _("新的难度"),
        choices=tuple((word, word) for word in DIFFICULTIES) if field is Recast.DIFFICULTY else (),
        topics=topics,
        value=value,
        note=note,
        errors=errors,
    )
    return page("author/recast.html", shown, 422 if errors else 200)


async def _samples(request: Request, tx: Reading, meant: Meant) -> tuple[ItemRow, ...]:
    listed = await item_lists.listed_versions(tx, meant.bank_id, meant.version_ids[:SAMPLES])
    names = await names_of(tx, services_of(request), [one.by_person for one in listed])
    today = times.local(now_of(request), ZONE).date().isoformat()
    return tuple(item_row(one, names, today) for one in listed)
