"""Taking an entry back: a counter-entry, with its effect shown first."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.refusals import Refusal
from examengine.support import undo
from examengine.support.acts import Asked
from examengine.support.undo import OF_TIME, UndoOrder, may_undo
from examengine.web import times
from examengine.web.contexts.acts import Effect
from examengine.web.contexts.frame import Fact
from examengine.web.support.account import entry_text, reason_told
from examengine.web.support.act import (
    Act,
    At,
    ByTwo,
    Confirmed,
    Fields,
    NoAmounts,
    Subject,
    Weighed,
    carry_out,
    to_the_sitting,
)
from examengine.web.support.effect_words import undo_effects
from examengine.web.support.finding import entry_subject
from examengine.web.support.forms import push_now, to_person
from examengine.web.support.wording import UNDO_REASONS, refused_act
from examengine.web.wording import gettext as _


def _read(_subject: Subject, _fields: Fields, _at: At) -> Weighed[NoAmounts]:
    return Weighed(NoAmounts())


def _facts(subject: Subject, at: At) -> tuple[Fact, ...]:
    entry = subject.entry
    text, change = entry_text(subject.case.record, entry)
    return (
        Fact(_("记录"), f"{text} {change}"),
        Fact(_("办理"), subject.agent, times.exact(entry.at_ms, at.zone)),
        Fact(_("原因"), reason_told(entry)),
        Fact(_("工单"), entry.ticket),
    )


def _what(subject: Subject, _amounts: NoAmounts) -> str:
    text, change = entry_text(subject.case.record, subject.entry)
    return _("撤回：{text} {change}").format(text=text, change=change).rstrip()


async def _effect(subject: Subject, _amounts: NoAmounts, at: At) -> Effect:
    case, entry = subject.case, subject.entry
    refusal = may_undo(case.rulebook, case.record, entry, at.now_ms)
    if refusal is not None:
        return Effect(False, (refused_act(refusal),))
    return Effect(True, undo_effects(case.rulebook, case.record, entry, at.now_ms, at.zone))


async def _do(request: Request, subject: Subject, _amounts: NoAmounts, by: Confirmed) -> Response | Refusal | None:
    order = UndoOrder(
        entry_id=subject.id,
        by_person=by.by_person,
        reason_category=by.reason_category,
        reason=by.reason,
        ticket=by.ticket,
        nonce=by.nonce,
    )
    taken = await carry_out(request, undo.KIND, order)
    if isinstance(taken, Refusal):
        return taken
    if isinstance(taken, Asked):
        return to_person(subject.person.id, "asked")
    pushed = subject.entry.kind not in OF_TIME or await push_now(request)
    return to_person(subject.person.id, "undone" if pushed else "undone_later")


ACT = Act(
    slug=undo.KIND.slug,
    path="/support/entries/{id}/undo",
    title=_("撤回一条记录"),
    english="Take back",
    lead=_("原来的记录不会删除，只是再记一条相反的。"),
    button=_("撤回"),
    refused=_("没有撤回"),
    reasons=UNDO_REASONS,
    note_hint=_("为什么撤回；以后有人会读"),
    facts_title=_("要撤回的记录"),
    effect_title=_("撤回以后"),
    find=entry_subject,
    read=_read,
    facts=_facts,
    effect=_effect,
    do=_do,
    by_two=ByTwo(undo.KIND, lambda _order: NoAmounts(), _what, to_the_sitting),
    second=lambda subject: _("这条记录是两个人办理的，撤回也要两个人。") if subject.entry.second_person else "",
)
