"""The exam page: taking the pen, the paper as one form, and saving without JavaScript."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from examengine.live import Pen, Sitting, Word
from examengine.papers.blueprint import from_json
from examengine.papers.paper import Paper, unpack
from examengine.records import attempts, exams
from examengine.records.as_rules import closing_of, history_of
from examengine.records.attempts import OwnedAttempt
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_history
from examengine.records.words import Role
from examengine.rules.decide import allowed, label_of
from examengine.rules.rulebook import ForcedExitDetection, Rulebook
from examengine.web.candidate.paper_page import (
    Section,
    Shown,
    answered_count,
    card_html,
    compile_question,
    flagged_count,
    paper_html,
)
from examengine.web.contexts.candidate import ExamPage, Reports, Resumed, Taken, Unsent
from examengine.web.http import (
    NotAllowed,
    error_page,
    form_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    session_of,
    signed_in,
    visitor_of,
)
from examengine.web.messages import LABELS
from examengine.web.tokens import PageToken
from examengine.web.wording import gettext as _

MAX_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Own:
    """One's own attempt with what its pages need."""

    owned: OwnedAttempt
    record: EnrolmentRecord
    row: AttemptRecord
    rulebook: Rulebook
    exam: Exam

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def title(self) -> str:
        return self.exam.title

    @property
    def allowed(self) -> int:
        """Attempts of its round."""
        history = history_of(self.record)
        round_ = history.rounds[self._round_index]
        return allowed(self.rulebook, round_, self.row.started_ms)

    @property
    def label(self) -> str:
        round_ = history_of(self.record).rounds[self._round_index]
        return LABELS[label_of(self.rulebook, round_, self.row.no)]

    @property
    def _round_index(self) -> int:
        return next(i for i, row in enumerate(self.record.rounds) if row.id == self.row.round_id)


async def own_attempt(request: Request, attempt_id: int) -> Own:
    """The visitor's own attempt.

    Raises:
        NotAllowed: there is none of that id, or it is another person's.
    """
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        try:
            owned = await attempts.get_attempt(tx, attempt_id)
        except Missing:
            raise NotAllowed(404) from None
        if owned.person_id != visitor.person.id:
            raise NotAllowed(404)
        record = await load_history(tx, owned.attempt.enrolment_id)
        rulebook = await services.shelf.rulebook(tx, owned.attempt.rulebook_digest)
        exam = await exams.get_exam(tx, owned.exam_id)
    row = next(a for a in record.attempts if a.id == attempt_id)
    return Own(owned, record, row, rulebook, exam)


@signed_in(Role.CANDIDATE)
async def exam(request: Request) -> Response:
    """P4. Opening the page takes the pen; a finished attempt leads to its result."""
    services, now_ms = services_of(request), now_of(request)
    own = await own_attempt(request, path_id(request))
    if own.row.outcome is not None:
        return see_other(f"/sittings/{own.id}/result")
    session = session_of(request)
    assert session is not None
    page_id = secrets.token_urlsafe(6)
    claimed = await services.desk.claim(own.id, session.person_id, session.version, page_id, now_ms)
    if claimed.word is Word.ABSENT:
        await services.starter.open_again(own.id, session.version, now_ms)
        claimed = await services.desk.claim(own.id, session.person_id, session.version, page_id, now_ms)
    match claimed.word:
        case Word.CLAIMED:
            return await _exam_page(request, own, claimed, page_id)
        case Word.NOT_OWNER:
            raise NotAllowed(404)
        case Word.REVOKED:
            raise NotAllowed(401)
        case Word.ABSENT if now_ms >= closing_of(own.rulebook, own.record, own.row).deadline_ms:
            return see_other(f"/sittings/{own.id}/result")
        case Word.CLOSED | Word.TOO_LATE | Word.FORCED:
            return await over(request, own.id, claimed.word)
        case _:
            return await error_page(request, 503)


@signed_in(Role.CANDIDATE)
async def take_pen(request: Request) -> Response:
    """Take the pen back: the page that opens next holds it."""
    return see_other(f"/sittings/{path_id(request)}")


@signed_in(Role.CANDIDATE)
async def form(request: Request) -> Response:
    """保存 and 交卷 without JavaScript: everything is posted, only what differs is written."""
    services, now_ms = services_of(request), now_of(request)
    attempt_id = path_id(request)
    pen = pen_of(request, attempt_id)
    own = await own_attempt(request, attempt_id)
    fields = form_of(request)
    paper = unpack(own.owned.attempt.paper)
    answers, flags = _posted(fields, paper)
    saved = await services.desk.save_form(pen, answers, flags, now_ms)
    match saved.word:
        case Word.SAVED | Word.REPEATED:
            wants_hand_in = fields.get("do", [""])[0] == "hand_in"
            place = "/hand-in" if wants_hand_in else _goes_on_at(fields, answers)
            return see_other(f"/sittings/{attempt_id}{place}")
        case Word.PEN_LOST:
            return await taken_page(request, own, answers)
        case Word.CLOSED | Word.TOO_LATE | Word.FORCED:
            return await over(request, attempt_id, saved.word)
        case Word.STALE_GENERATION:
            return see_other(f"/sittings/{attempt_id}")
        case Word.REVOKED:
            raise NotAllowed(401)
        case Word.NOT_OWNER:
            raise NotAllowed(404)
        case Word.OUT_OF_RANGE:
            raise NotAllowed(400)
        case _:
            return await error_page(request, 503)


def pen_of(request: Request, attempt_id: int) -> Pen:
    """The pen that the page's token names.

    Raises:
        NotAllowed: the token is not of this sitting, or of another person.
    """
    session = session_of(request)
    token = form_of(request).get("t", [""])[0]
    known = services_of(request).tokens.read_page(token)
    if session is None:
        raise NotAllowed(401)
    if known is None or known.attempt_id != attempt_id or known.person_id != session.person_id:
        raise NotAllowed(403)
    return Pen(attempt_id, session.person_id, session.version, known.generation, known.epoch)


async def over(request: Request, attempt_id: int, word: Word) -> Response:
    """The way to the result; what the desk has seen to be a forced exit is recorded before."""
    if word is Word.FORCED:
        await services_of(request).finisher.forced(attempt_id, now_of(request))
    return see_other(f"/sittings/{attempt_id}/result")


async def _exam_page(request: Request, own: Own, claimed: Sitting, page_id: str) -> Response:
    services, visitor = services_of(request), await visitor_of(request)
    frame = await frame_of(request)
    sections = await _sections(request, own, claimed)
    token = PageToken(own.id, visitor.person.id, claimed.generation, claimed.epoch, page_id)
    is_return = claimed.epoch > 1
    context = ExamPage(
        frame=frame,
        sitting_id=own.id,
        title=own.title,
        no=own.row.no,
        allowed=own.allowed,
        label=own.label,
        token=services.tokens.page(token),
        epoch=claimed.epoch,
        page_id=page_id,
        left_ms=claimed.left_ms,
        deadline_ms=claimed.deadline_ms,
        deadline_reason=claimed.deadline_reason,
        deadline_note=_deadline_note(own.rulebook),
        paper=paper_html(sections),
        card=card_html(sections),
        total=claimed.items,
        answered=answered_count(sections),
        flagged=flagged_count(sections),
        reports=_reports(own.rulebook, claimed),
        resumed=Resumed(answered_count(sections), claimed.seen_ms) if is_return else None,
        saved_at_ms=max((kept.at_ms for kept in claimed.answers.values()), default=None),
    )
    return page("exam.html", context)


async def _sections(request: Request, own: Own, claimed: Sitting) -> list[Section]:
    services = services_of(request)
    paper = unpack(own.owned.attempt.paper)
    wanted = services.questions.missing(item.version_id for item in paper.items)
    if wanted:
        async with services.database.reading() as tx:
            items = await services.shelf.items(tx, wanted)
        for version_id, item in items.items():
            options = [(option.id, option.text) for option in item.options]
            services.questions.put(version_id, compile_question(item.kind.value, item.stem, options))
    blueprint = from_json(own.exam.blueprint.encode())
    shown: dict[int, list[Shown]] = {}
    for position, placed in enumerate(paper.items, 1):
        answer, flag = claimed.answers.get(position), claimed.flags.get(position)
        shown.setdefault(placed.cell, []).append(
            Shown(
                question=services.questions.of(placed.version_id),
                position=position,
                option_order=placed.option_order,
                answer=answer.value if answer else "",
                revision=answer.revision if answer else 0,
                flagged=bool(flag and flag.value),
                flag_revision=flag.revision if flag else 0,
            )
        )
    return [
        Section(blueprint.cells[cell].kind.value, blueprint.cells[cell].points_hundredths, questions)
        for cell, questions in shown.items()
    ]


def _reports(rulebook: Rulebook, claimed: Sitting) -> Reports:
    rules = rulebook.exam.forced_exit
    match rules.detect:
        case ForcedExitDetection.PAGE_LEAVE:
            return Reports(leave_grace_s=max(1, rules.page_leave_grace_seconds))
        case ForcedExitDetection.FOCUS_LOSS:
            return Reports(focus_loss_limit=rules.focus_loss_limit, focus_losses=claimed.focus_losses)
        case _:
            return Reports()


def _deadline_note(rulebook: Rulebook) -> str:
    """What leaving means, in one line (S2014-51)."""
    rules = rulebook.exam.interruption
    if not rules.resume:
        return _("考试中断后不能再继续。")
    if rules.clock_stops:
        return _("离开后截止前可重新登录继续。")
    return _("离开本页不停表，截止前可重新登录继续。")


def _goes_on_at(fields: Mapping[str, Sequence[str]], answers: Mapping[int, str]) -> str:
    """Where someone without scripts goes on after a save: at the question cleared, else behind the last answered."""
    [cleared, *_more] = fields.get("clear") or [""]
    if cleared in map(str, answers):
        return f"#q{cleared}"
    last = max((position for position, value in answers.items() if value), default=0)
    return f"#q{last + 1 if last + 1 in answers else last}" if last else ""


def _posted(fields: Mapping[str, Sequence[str]], paper: Paper) -> tuple[dict[int, str], dict[int, str]]:
    """Answers and flags of a posted form; only positions that were shown, so that empty means cleared."""
    answers: dict[int, str] = {}
    flags: dict[int, str] = {}
    cleared = set(fields.get("clear", []))
    for text in fields.get("shown", [""])[0].split(",")[:MAX_ITEMS]:
        if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= len(paper.items):
            raise NotAllowed(400)
        position = int(text)
        options = set(paper.items[position - 1].option_order)
        chosen = set() if text in cleared else set(fields.get(f"q{position}", []))
        if not chosen <= options:
            raise NotAllowed(400)
        answers[position] = "".join(sorted(chosen))
        flags[position] = "1" if fields.get(f"f{position}") else ""
    return answers, flags


async def taken_page(request: Request, own: Own, posted: Mapping[int, str] = MappingProxyType({})) -> Response:
    """A page that lost the pen is told since when, and which of its ``posted`` answers are not the saved ones."""
    live = await services_of(request).desk.read(own.id, now_of(request))
    paper = unpack(own.owned.attempt.paper)
    unsent = []
    for position, value in posted.items():
        saved = live.given.get(position, "")
        if value != saved:
            order = paper.items[position - 1].option_order
            unsent.append(Unsent(position, _letters(value, order), _letters(saved, order)))
    context = Taken(
        frame=await frame_of(request),
        sitting_id=own.id,
        title=own.title,
        since_ms=live.pen_since_ms,
        where=_("另一个页面"),
        unsent=tuple(unsent),
        deadline_ms=live.deadline_ms,
    )
    return page("taken.html", context, 409)


def _letters(value: str, order: Sequence[str]) -> str:
    """Option ids as the letters that this paper shows."""
    return "".join(chr(ord("A") + index) for index, option in enumerate(order) if option in value)
