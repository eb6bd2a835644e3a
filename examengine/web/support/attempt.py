"""One attempt told from start to end, its silences, and who else fell silent then (C4, C5)."""

from collections.abc import Iterator, Sequence

from starlette.requests import Request
from starlette.responses import Response

from examengine import live
from examengine.evidence.receipts import grouped
from examengine.live import Sitting
from examengine.live.silences import Silence, silences
from examengine.records import archives, attempts, evidence, segments
from examengine.records.as_rules import closing_of
from examengine.records.errors import Missing
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.words import EntryKind, Role
from examengine.rules.history import Closing, DeadlineReason
from examengine.support.faults import assess
from examengine.support.looking import Case, EnrolmentCase, open_case
from examengine.web import times
from examengine.web.contexts.finding import AttemptStory, FaultBlock, SilenceLink
from examengine.web.contexts.frame import Fact
from examengine.web.http import NotAllowed, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.messages import DEADLINE_REASONS, how_ended
from examengine.web.services import Services
from examengine.web.support.account import attempt_name, entry_text
from examengine.web.support.fault_words import everybody_of, fault_block
from examengine.web.support.forms import desk_frame, masked
from examengine.web.support.timeline import MAX_STORY, attempt_rows, fault_href
from examengine.web.wording import gettext as _

TIME_ENTRIES = (
    EntryKind.EXTRA_TIME,
    EntryKind.COMPENSATE_MINUTES,
    EntryKind.ACCOMMODATE_MINUTES,
    EntryKind.ACCOMMODATE_PERCENT,
)


@signed_in(Role.SUPPORT)
async def attempt_page(request: Request) -> Response:
    """What happened in one attempt; with ``?at=`` also who else fell silent then. The look is logged."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    attempt_id = path_id(request)
    case, enrolment, row = await _opened(services, attempt_id, visitor.person.id, now_ms)
    sitting, journal = await _journal(services, case, row, now_ms)
    lines = [line.decode() for line in sitting.journal] if sitting is not None else list(journal or ())
    frame = await desk_frame(request)
    rows = sorted(
        attempt_rows(enrolment, row, case, journal, sitting, now_ms, frame.zone), key=lambda told: told.at_ms
    )
    every = request.query_params.get("show") == "all"
    shown = [told for told in rows if every or not told.minor]
    quiet = silences(lines, row.outcomes[0].ended_ms if row.outcomes else now_ms)
    at_ms = _at(request, quiet)
    here = f"/support/attempts/{row.id}"
    context = AttemptStory(
        frame=frame,
        person_id=case.person.id,
        attempt_id=row.id,
        name=case.person.name,
        document_masked=masked(case.person),
        subject=enrolment.line.exam_title,
        year=enrolment.record.enrolment.credit_year,
        title=attempt_name(enrolment.record, row),
        facts=tuple(await _facts(services, case, enrolment, row, sitting, frame.zone)),
        rows=tuple(shown[:MAX_STORY]),
        every=every,
        hidden=len(rows) - len(shown),
        later=len(shown) > MAX_STORY,
        filter_href=here if every else f"{here}?show=all",
        silences=tuple(SilenceLink(fault_href(row.id, one.from_ms), one.from_ms, one.span_ms) for one in quiet),
        fault=await _fault(services, row, at_ms, quiet, now_ms, frame.zone) if at_ms is not None else None,
        unreadable=journal is None and sitting is None,
    )
    return page("support/attempt.html", context)


async def _opened(
    services: Services, attempt_id: int, by_person: int, now_ms: int
) -> tuple[Case, EnrolmentCase, AttemptRecord]:
    try:
        async with services.database.reading() as tx:
            owned = await attempts.get_attempt(tx, attempt_id)
        case = await open_case(services.database, services.vault, services.shelf, owned.person_id, by_person, now_ms)
    except Missing:
        raise NotAllowed(404) from None
    enrolment = next(one for one in case.enrolments if one.id == owned.attempt.enrolment_id)
    return case, enrolment, next(row for row in enrolment.record.attempts if row.id == attempt_id)


async def _journal(
    services: Services, case: Case, row: AttemptRecord, now_ms: int
) -> tuple[Sitting | None, Sequence[str] | None]:
    """The live sitting of a running attempt, else its journal: archived, or as far as it is in SQL. Neither: it is
    damaged.
    """
    if row.outcome is None:
        try:
            sitting = await services.desk.read(row.id, now_ms)
        except live.Unavailable:
            sitting = None
        if sitting is not None and sitting.journal:
            return sitting, None
    if row.id in case.journals:
        return None, case.journals[row.id]
    async with services.database.reading() as tx:
        try:
            kept = await archives.get_journal(tx, row.id)
        except archives.UnreadableError:
            return None, None
        if kept:
            return None, kept
        shipped = await segments.journals(tx, row.id % segments.SLOTS, [row.id])
    return None, [line.decode() for line in shipped.of(row.id)]


async def _facts(
    services: Services, case: Case, enrolment: EnrolmentCase, row: AttemptRecord, sitting: Sitting | None, zone: str
) -> list[Fact]:
    record, rulebook = enrolment.record, enrolment.rulebook
    closing = closing_of(rulebook, record, row)
    base = Closing(row.base_deadline_ms, DeadlineReason(row.base_reason))
    total = sum(section.count for section in rulebook.exam.paper.sections().values())
    facts = [Fact(_("开始"), times.exact(row.started_ms, zone))]
    if closing != base:
        facts.append(
            Fact(_("原来的截止"), times.exact(base.deadline_ms, zone), DEADLINE_REASONS[DeadlineReason(base.reason)])
        )
    added = _("、").join(_added(record, row))
    why = DEADLINE_REASONS[DeadlineReason(closing.reason)]
    facts.append(
        Fact(
            _("截止"),
            times.exact(closing.deadline_ms, zone),
            _("{why}：{added}").format(why=why, added=added) if added else why,
        )
    )
    if row.outcome is None:
        given = len(sitting.given) if sitting is not None else 0
        return [*facts, Fact(_("状态"), _("正在考试"), _("已答 {n} / {total}").format(n=given, total=total))]
    ended = how_ended(row.outcome.state, row.outcome.cause)
    facts.append(Fact(_("结束"), times.exact(row.outcomes[0].ended_ms, zone), ended))
    facts.append(Fact(_("已答"), f"{case.answered.get(row.id, 0)} / {total}"))
    async with services.database.reading() as tx:
        receipt = await evidence.find_receipt(tx, row.id)
    return [*facts, *((Fact(_("回执号"), grouped(receipt.number)),) if receipt is not None else ())]


def _added(record: EnrolmentRecord, row: AttemptRecord) -> Iterator[str]:
    """What moved the deadline and counts still."""
    for entry in record.entries:
        counts = entry.kind in TIME_ENTRIES and entry.id not in record.undone
        if counts and entry.attempt_id in (row.id, None):
            text, change = entry_text(record, entry)
            yield f"{text} {change}".replace(f"，{attempt_name(record, row)}", "")


def _at(request: Request, quiet: Sequence[Silence]) -> int | None:
    """The silence that is asked about: one of this attempt's, whatever stands in the address."""
    asked = request.query_params.get("at", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 16):
        return None
    known = min(quiet, key=lambda one: abs(one.from_ms - int(asked)), default=None)
    return known.from_ms if known is not None and abs(known.from_ms - int(asked)) <= 60_000 else None


async def _fault(
    services: Services, row: AttemptRecord, at_ms: int, quiet: Sequence[Silence], now_ms: int, zone: str
) -> FaultBlock | None:
    everybody = await everybody_of(services, at_ms, now_ms)
    found = await assess(services.database, services.desk, row.id, at_ms, now_ms, everybody)
    silence = next(one for one in quiet if one.from_ms == at_ms)
    return None if found is None else fault_block(found, silence, zone)
