"""An item's page: a version as candidates see it, where it stands, what changed when, where it is used."""

from collections.abc import Iterable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.differences import Difference, differences
from examengine.banks.item import Item, from_json
from examengine.records import heads, item_pages, reviews
from examengine.records.database import Missing
from examengine.records.item_pages import Head, Use, Written
from examengine.records.reviews import Review, Version
from examengine.records.words import ItemState, ReviewDecision, Role
from examengine.web import times
from examengine.web.author.banks import HERE, bank_of, names_of
from examengine.web.author.item_rows import number_told
from examengine.web.author.item_words import ACTS, PARTS, SAID, STATES
from examengine.web.author.items import told_of
from examengine.web.author.shown import item_view
from examengine.web.contexts.frame import Fact, Tone
from examengine.web.contexts.items import BulkAct, DiffPiece, DiffRow, ReviewRow, UseRow, VersionRow
from examengine.web.contexts.items import ItemPage as Page
from examengine.web.http import ZONE, NotAllowed, frame_of, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.wording import gettext as _

SYSTEM = _("系统")


@signed_in(Role.AUTHOR)
async def show_item(request: Request) -> Response:
    """One item; ``v`` of the address chooses an older version."""
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        try:
            external_no, head = await item_pages.get_head(tx, bank.id, path_id(request, "item"))
        except Missing:
            raise NotAllowed(404) from None
        written = await item_pages.versions_of(tx, head.item_id)
        said = await reviews.reviews_of(tx, head.item_id)
        uses = await item_pages.uses_of(tx, head.item_id)
        makers = [one.by_person for one in written] + [one.by_person for one in said]
        names = await names_of(tx, services, makers)
    shown = _chosen(written, request.query_params.get("v", ""))
    states = _states(written, said)
    item = from_json(shown.version.content)
    today = times.local(now_of(request), ZONE).date()
    is_expired = item.valid_until is not None and item.valid_until < today
    text, tone = STATES[ItemState.RETIRED if head.state is ItemState.RETIRED else states[shown.version.id]]
    return page(
        "author/item.html",
        Page(
            frame=await frame_of(request, HERE, told_of(request.query_params)),
            bank_id=bank.id,
            bank_name=bank.name,
            item_id=head.item_id,
            version_id=shown.version.id,
            version_no=shown.version.no,
            newest_no=head.no,
            view=item_view(item, number_told(external_no, head.item_id), shown.version.no),
            facts=_facts(item, shown, names),
            state_text=text,
            tone=tone,
            is_expired=is_expired and head.state is not ItemState.RETIRED,
            notice=_notice(head, states, shown, visitor.person.id),
            acts=_acts(head, states, shown, visitor.person.id),
            versions=_versions(head, written, said, names, states, shown),
            uses=_uses(uses),
            edit_href=f"/author/banks/{bank.id}/items/{head.item_id}/edit",
        ),
    )


def _chosen(written: Sequence[Written], asked: str) -> Written:
    return next((one for one in written if str(one.version.no) == asked), written[0])


def _states(written: Iterable[Written], said: Iterable[Review]) -> dict[int, ItemState]:
    """What each version is by itself."""
    states = {one.version.id: ItemState.DRAFT for one in written}
    for review in said:
        decision = ReviewDecision(review.decision)
        if decision in heads.SAID:
            states[review.version_id] = heads.SAID[decision]
    return states


def _facts(item: Item, shown: Written, names: Mapping[int | None, str]) -> tuple[Fact, ...]:
    until = str(item.valid_until) if item.valid_until else _("没有期限")
    return (
        Fact(_("依据"), item.source or _("没有写")),
        Fact(_("有效期"), until),
        Fact(_("适用年度"), "、".join(map(str, item.years)) or _("每年")),
        Fact(_("知识点"), item.topic or _("没有写")),
        Fact(_("难度"), item.difficulty or _("没有写")),
        Fact(_("作者"), names.get(shown.by_person, SYSTEM), times.exact(shown.at_ms, ZONE)),
    )


def _notice(head: Head, states: Mapping[int, ItemState], shown: Written, person_id: int) -> str:
    """What somebody who looks at this version should know."""
    if shown.version.no != head.no:
        return _("您看的是第 {n} 版，最新的是第 {m} 版。").format(n=shown.version.no, m=head.no)
    if head.state is not ItemState.RETIRED and head.checked_no not in {None, head.no}:
        return _("这一版还没有审核通过；现在发布题库，用的仍是第 {n} 版。").format(n=head.checked_no)
    if states[shown.version.id] is ItemState.WAITING and shown.by_person == person_id:
        return _("这一版是您写的，由另一位作者审核。")
    return ""


def _acts(head: Head, states: Mapping[int, ItemState], shown: Written, person_id: int) -> tuple[BulkAct, ...]:
    """What this person may do with the version that is shown."""
    version = Version(
        id=shown.version.id,
        item_id=head.item_id,
        made_by=shown.by_person,
        state=states[shown.version.id],
        is_newest=shown.version.no == head.no,
        is_retired=head.state is ItemState.RETIRED,
    )
    return tuple(
        BulkAct(decision, words.button)
        for decision, words in ACTS.items()
        if reviews.skip_of(decision, version, person_id) is None
    )


def _versions(
    head: Head,
    written: Sequence[Written],
    said: Sequence[Review],
    names: Mapping[int | None, str],
    states: Mapping[int, ItemState],
    shown: Written,
) -> tuple[VersionRow, ...]:
    texts = [from_json(one.version.content) for one in written]
    return tuple(
        VersionRow(
            version_id=one.version.id,
            no=one.version.no,
            at_ms=one.at_ms,
            by=names.get(one.by_person, SYSTEM),
            note=one.note,
            batch_no=one.batch_id,
            file_name=one.file_name or "",
            state_text=STATES[states[one.version.id]][0],
            tone=_tone(states[one.version.id]),
            is_released_next=head.checked_id == one.version.id and head.state is not ItemState.RETIRED,
            is_shown=one.version.id == shown.version.id,
            reviews=tuple(
                ReviewRow(
                    review.at_ms,
                    names.get(review.by_person, SYSTEM),
                    SAID[ReviewDecision(review.decision)],
                    review.comment,
                )
                for review in said
                if review.version_id == one.version.id
            ),
            differences=tuple(map(_row, differences(before, after))) if before is not None else (),
        )
        for one, after, before in zip(written, texts, [*texts[1:], None], strict=True)
    )


def _tone(state: ItemState) -> Tone:
    return STATES[state][1]


def _row(difference: Difference) -> DiffRow:
    label = PARTS[difference.part] + (f" {difference.letter}" if difference.letter else "")
    return DiffRow(label, tuple(DiffPiece(piece.sign, piece.text) for piece in difference.pieces))


def _uses(uses: Sequence[Use]) -> tuple[UseRow, ...]:
    """One row a release, with all its exams."""
    exams: dict[tuple[int, int], list[str]] = {}
    for use in uses:
        titles = exams.setdefault((use.release_no, use.version_no), [])
        if use.exam_title is not None:
            titles.append(f"{use.credit_year} {use.exam_title}")
    return tuple(UseRow(release_no, no, tuple(titles)) for (release_no, no), titles in exams.items())
