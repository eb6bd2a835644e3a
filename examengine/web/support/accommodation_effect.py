"""What giving or taking back an accommodation would come to, exam by exam, before it is confirmed."""

from collections.abc import Iterable, Sequence

from examengine.records.accommodations import Accommodation
from examengine.records.as_rules import history_of
from examengine.rules.calendar import MINUTE_MS, window_of
from examengine.rules.history import Closing
from examengine.support.accommodation_effects import Carried, carried, with_it, without
from examengine.support.looking import Case, EnrolmentCase
from examengine.web import times
from examengine.web.accommodation_words import given_told, validity_told
from examengine.web.contexts.frame import Frame, Tone
from examengine.web.contexts.support import AccommodationLine
from examengine.web.wording import gettext as _


def given_lines(one: Accommodation, cases: Sequence[EnrolmentCase], now_ms: int, zone: str) -> tuple[str, ...]:
    """What an accommodation would come to."""
    given = given_told(one.percent, one.minutes, one.breaks_minutes)
    lines = [_("每次考试{given}；{valid}。").format(given=given, valid=validity_told(one, zone))]
    if one.expires_ms is not None and one.expires_ms <= now_ms:
        lines.append(_("有效期已经过了，不会再起作用。"))
    for case in _open(cases, now_ms):
        after = with_it(case.record, one)
        change = carried(case.rulebook, case.record, after, one.begins_ms, now_ms)
        lines.append(_told(case, change, now_ms, zone))
    lines.append(_("以后新报名的考试自动适用。") if cases else _("这个人还没有报名；以后报名的每一场都适用。"))
    return tuple(lines)


def end_lines(one: Accommodation, cases: Sequence[EnrolmentCase], now_ms: int, zone: str) -> tuple[str, ...]:
    """What taking an accommodation back would come to."""
    lines = [_("以后开始的考试不再{given}。").format(given=given_told(one.percent, one.minutes, one.breaks_minutes))]
    for case in _open(cases, now_ms):
        after = without(case.record, one)
        if after.entries != case.record.entries:
            lines.append(_told(case, carried(case.rulebook, case.record, after, one.begins_ms, now_ms), now_ms, zone))
    return tuple(lines)


def accommodation_lines(case: Case, frame: Frame, *, own: bool) -> tuple[AccommodationLine, ...]:
    """Every accommodation of a person, the newest first."""

    def state(one: Accommodation) -> tuple[str, Tone]:
        if one.end is not None:
            return _("已收回"), "plain"
        if one.expires_ms is not None and one.expires_ms <= frame.now_ms:
            return _("已过期"), "plain"
        return (_("有效"), "good") if one.begins_ms <= frame.now_ms else (_("还没有开始"), "wait")

    lines = []
    for one in reversed(case.accommodations):
        text, tone = state(one)
        is_over = one.end is not None or tone == "plain"
        lines.append(
            AccommodationLine(
                given=given_told(one.percent, one.minutes, one.breaks_minutes),
                validity=validity_told(one, frame.zone),
                document=case.documents.get(one.id, ""),
                by=case.names.get(one.by_person, ""),
                at_ms=one.at_ms,
                state=text,
                tone=tone,
                href="" if own or is_over else f"/support/accommodations/{one.id}/end",
            )
        )
    return tuple(lines)


def _open(cases: Iterable[EnrolmentCase], now_ms: int) -> Iterable[EnrolmentCase]:
    """Enrolments that still matter: the window is not over, and nobody has passed."""
    for case in cases:
        history = history_of(case.record)
        is_over = now_ms >= window_of(case.rulebook, history.credit_year).closes_ms
        if history.running is not None or not (is_over or history.passed or case.line.exam_withdrawn_ms is not None):
            yield case


def _told(case: EnrolmentCase, change: Carried, now_ms: int, zone: str) -> str:
    exam = _("{year} 年度《{title}》").format(year=case.record.enrolment.credit_year, title=case.line.exam_title)
    before, after = change.full_before_ms // MINUTE_MS, change.full_after_ms // MINUTE_MS
    if change.before is None or change.after is None:
        return _("{exam}：每次 {before} 分钟 → {after} 分钟。").format(exam=exam, before=before, after=after)
    if change.runs:
        if change.full_before_ms == change.full_after_ms:
            return _("{exam}：正在进行的这次不受影响。").format(exam=exam)
        told = _("{exam}：正在进行的这次，截止时间 {before} → {after}。").format(
            exam=exam, before=_at(change.before, now_ms, zone), after=_at(change.after, now_ms, zone)
        )
    else:
        told = _("{exam}：每次 {before} 分钟 → {after} 分钟；{when}开始的话，{at} 截止。").format(
            exam=exam,
            before=before,
            after=after,
            when=_("现在") if change.started_ms == now_ms else times.moment(change.started_ms, zone),
            at=_at(change.after, now_ms, zone),
        )
    if change.missing_ms > 0:
        told += _("考试开放期先结束，实际少 {missing}。").format(missing=times.span(change.missing_ms))
    return told


def _at(closing: Closing, now_ms: int, zone: str) -> str:
    same_day = times.day(closing.deadline_ms, zone) == times.day(now_ms, zone)
    at_ms = closing.deadline_ms
    return times.clock_time(at_ms, zone) if same_day else times.end_moment(at_ms, zone)
