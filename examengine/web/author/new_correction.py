"""A6, the first steps: which question, and what is right instead."""

import hashlib
import secrets
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.item import Item, Kind
from examengine.banks.responses import TextExpected
from examengine.evidence.receipts import read_number
from examengine.grading.correction import to_json
from examengine.grading.statistics import figures_of
from examengine.papers.paper import unpack
from examengine.records import attempts, corrections, evidence, exams, statistics
from examengine.records.corrections import NewCorrection
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.regrading.asking import Obstacle, draft_correction
from examengine.regrading.counting import key_counted
from examengine.web.answers import LETTERS
from examengine.web.author.analysis import (
    CORRECTIONS,
    WHO,
    analysis_frame,
    answer_rows,
    numbers_of,
    percent,
    stem_of,
)
from examengine.web.author.correction_form import Typed, actions_for, ruling_of, texts_of, typed_of
from examengine.web.author.correction_words import ACTIONS, OBSTACLES, STATES, ruling_told
from examengine.web.author.shown import item_view
from examengine.web.contexts import corrections as contexts
from examengine.web.contexts.frame import FieldError
from examengine.web.http import (
    NotAllowed,
    field_of,
    now_of,
    page,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.markup import option_html
from examengine.web.messages import KINDS
from examengine.web.services import Services
from examengine.web.wording import gettext as _

MAX_QUERY = 80
FOUND = 30


@signed_in(*WHO)
async def choose(request: Request) -> Response:
    """Step 1: the question, by number, by a word of its text, from a candidate's paper, or from those suspect."""
    services = services_of(request)
    asked = {name: request.query_params.get(name, "")[:MAX_QUERY].strip() for name in ("exam", "q", "receipt")}
    errors: list[FieldError] = []
    found: list[contexts.FoundItem] = []
    more = False
    async with services.database.reading() as tx:
        lines = await exams.list_exams(tx)
        exam = next((line.exam for line in lines if str(line.exam.id) == asked["exam"]), None)
        if exam is None and len(lines) == 1:
            exam = lines[0].exam
        if asked["receipt"]:
            exam, found, wrong = await _by_receipt(tx, services, asked["receipt"])
            errors += [FieldError("receipt", wrong)] if wrong else []
        elif asked["q"] and exam is None:
            errors.append(FieldError("exam", _("请先选择考试")))
        elif asked["q"] and exam is not None:
            found, more = await _by_words(tx, services, exam, asked["q"])
        suspects = await _suspects(tx, services, 0 if exam is None else exam.id)
    context = contexts.ChooseItem(
        frame=await analysis_frame(request, CORRECTIONS),
        exams=tuple((str(line.exam.id), f"{line.exam.credit_year} {line.exam.title}") for line in lines),
        exam="" if exam is None else str(exam.id),
        query=asked["q"],
        receipt=asked["receipt"],
        found=tuple(found),
        searched=bool(asked["q"] or asked["receipt"]) and not errors,
        more=more,
        suspects=suspects,
        errors=tuple(errors),
    )
    return page("author/correction_choose.html", context, 422 if errors else 200)


async def _by_words(
    tx: Reading, services: Services, exam: exams.Exam, query: str
) -> tuple[list[contexts.FoundItem], bool]:
    release = await services.shelf.release(tx, exam.release_id)
    versions = [item.version_id for item in release.items]
    items = await services.shelf.items(tx, versions)
    numbers = await numbers_of(tx, versions)
    hits = [one for one in versions if numbers[one] == query]
    hits += [one for one in versions if one not in hits and numbers[one].startswith(query)]
    hits += [one for one in versions if one not in hits and query in items[one].stem]
    return [_found(exam.id, one, items[one], numbers[one]) for one in hits[:FOUND]], len(hits) > FOUND


async def _by_receipt(
    tx: Reading, services: Services, typed: str
) -> tuple[exams.Exam | None, list[contexts.FoundItem], str]:
    """A paper in the candidate's own order, by the number of his receipt."""
    number = read_number(typed)
    attempt_id = None if number is None else await evidence.find_attempt_of_receipt(tx, number)
    if attempt_id is None:
        return None, [], _("没有这个编号的回执，请对照考生的回执重新输入")
    owned = await attempts.get_attempt(tx, attempt_id)
    exam = await exams.get_exam(tx, owned.exam_id)
    versions = [item.version_id for item in unpack(owned.attempt.paper).items]
    items, numbers = await services.shelf.items(tx, versions), await numbers_of(tx, versions)
    shown = [_found(exam.id, one, items[one], numbers[one], str(place)) for place, one in enumerate(versions, 1)]
    return exam, shown, ""


async def _suspects(tx: Reading, services: Services, exam_id: int) -> tuple[contexts.FoundItem, ...]:
    found = [one for one in await statistics.suspects(tx) if exam_id in {0, one.exam_id}]
    versions = [one.version_id for one in found]
    items, numbers = await services.shelf.items(tx, sorted(set(versions))), await numbers_of(tx, versions)
    return tuple(
        _found(
            one.exam_id,
            one.version_id,
            items[one.version_id],
            numbers[one.version_id],
            told=_("{n} 人，正确率 {p}").format(n=one.n, p=percent(one.facility)),
        )
        for one in found[:FOUND]
    )


def _found(
    exam_id: int, version_id: int, item: Item, number: str, place: str = "", told: str = ""
) -> contexts.FoundItem:
    href = f"{CORRECTIONS}/new?{urlencode({'exam': exam_id, 'version': version_id})}"
    return contexts.FoundItem(href, place, number, KINDS[item.kind.value], stem_of(item, 80), told)


@signed_in(*WHO)
async def new(request: Request) -> Response:
    """Step 2: what is right instead."""
    exam_id, version_id = _ids(request.query_params.get("exam", ""), request.query_params.get("version", ""))
    before = request.query_params.get("from", "")
    typed = None
    if before.isascii() and before.isdecimal() and len(before) < 19:
        typed = await _typed_before(request, int(before), exam_id, version_id)
    return await _form_page(request, exam_id, version_id, typed, ())


@signed_in(*WHO)
async def draft(request: Request) -> Response:
    """Make the draft; its preview is computed at once. The same form sent twice makes one."""
    services, visitor = services_of(request), await visitor_of(request)
    exam_id, version_id = _ids(field_of(request, "exam", 20), field_of(request, "version", 20))
    item = await _item(request, exam_id, version_id)
    typed = typed_of(request, item)
    ruling, errors = ruling_of(item, typed)
    if ruling is None:
        return await _form_page(request, exam_id, version_id, typed, errors)
    content = "\n".join((typed.nonce, to_json(ruling), str(typed.upwards), typed.reason, typed.source))
    # a form that was changed after going back is another one, though its nonce is the same
    named = hashlib.sha256(f"{visitor.person.id}\n{exam_id}\n{version_id}\n{content}".encode()).hexdigest()
    made = await draft_correction(
        services.database,
        services.shelf,
        NewCorrection(
            exam_id=exam_id,
            version_id=version_id,
            ruling=ruling,
            upwards=typed.upwards,
            reason=typed.reason,
            source=typed.source,
            intent=named,
            by_person=visitor.person.id,
        ),
        now_of(request),
    )
    if isinstance(made, Obstacle):
        what, to_do = OBSTACLES[made]
        return await _form_page(request, exam_id, version_id, typed, (FieldError("action", f"{what}。{to_do}"),))
    return see_other(f"{CORRECTIONS}/{made.id}")


def _ids(exam: str, version: str) -> tuple[int, int]:
    if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in (exam, version)):
        raise NotAllowed(404)
    return int(exam), int(version)


async def _item(request: Request, exam_id: int, version_id: int) -> Item:
    """The item, where the exam was drawn from it.

    Raises:
        NotAllowed: it is not in the exam's release.
    """
    services = services_of(request)
    async with services.database.reading() as tx:
        try:
            exam = await exams.get_exam(tx, exam_id)
        except Missing:
            raise NotAllowed(404) from None
        release = await services.shelf.release(tx, exam.release_id)
        if all(one.version_id != version_id for one in release.items):
            raise NotAllowed(404)
        return (await services.shelf.items(tx, [version_id]))[version_id]


async def _typed_before(request: Request, correction_id: int, exam_id: int, version_id: int) -> Typed | None:
    """What an earlier correction of the same item says, to be changed and sent again."""
    async with services_of(request).database.reading() as tx:
        try:
            known = await corrections.get_correction(tx, correction_id)
        except Missing:
            return None
    if (known.exam_id, known.version_id) != (exam_id, version_id):
        return None
    return Typed(upwards=known.upwards, reason=known.reason, source=known.source)


async def _form_page(
    request: Request, exam_id: int, version_id: int, typed: Typed | None, errors: tuple[FieldError, ...]
) -> Response:
    services = services_of(request)
    item = await _item(request, exam_id, version_id)
    async with services.database.reading() as tx:
        exam = await exams.get_exam(tx, exam_id)
        sums = await statistics.items_of_exam(tx, exam_id, [version_id])
        stands = (await corrections.in_force(tx, exam_id)).get(version_id)
        made = (await corrections.of_version(tx, [version_id])).get(version_id, ())
        numbers = await numbers_of(tx, [version_id])
    key = key_counted(item, stands)
    answers = answer_rows(item, figures_of(sums[0].tally, key), key) if sums else ()
    shown = typed or Typed()
    actions = actions_for(item)
    before = next((one for one in made if one.exam_id == exam_id), None)
    is_text = isinstance(item.expected, TextExpected)
    context = contexts.NewCorrection(
        frame=await analysis_frame(request, CORRECTIONS),
        exam_id=exam_id,
        exam_title=exam.title,
        version_id=version_id,
        item=item_view(item, numbers[version_id]),
        answers=answers,
        actions=tuple((name, *ACTIONS[name]) for name in actions),
        action=shown.action if shown.action in actions else "",
        options=tuple(
            contexts.KeyOption(
                option.id, LETTERS[place % len(LETTERS)], option_html(option), option.id in shown.ticked
            )
            for place, option in enumerate(item.options)
        ),
        several=item.kind is Kind.MULTIPLE_CHOICE,
        texts=shown.texts or texts_of(item),
        texts_label="" if "new_key" not in actions or item.options else _("正确的答案，每行一个"),
        texts_hint=_("写上所有算对的写法。") if is_text else _("写一个数，或一个范围，例如 3.1～3.2。"),
        groups=shown.groups,
        upwards=shown.upwards,
        reason=shown.reason,
        source=shown.source,
        nonce=shown.nonce or secrets.token_urlsafe(12),
        before=""
        if before is None
        else _("这道题已有一项更正：{told}（{state}）。新的更正会替换它。").format(
            told=ruling_told(item, before.ruling), state=STATES[before.state][0]
        ),
        errors=errors,
    )
    return page("author/correction_new.html", context, 422 if errors else 200)
