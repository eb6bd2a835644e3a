"""Whether a person may sit, computed in one place: the line that decides is :func:`decide`.

Candidate page, support desk, record and ``examengine rules replay`` all print what these functions return.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import MINUTE_MS, day_ends_ms, day_starts_ms, window_of
from examengine.rules.closing import base_closing, closes_at, standing_at, uses_place
from examengine.rules.conditions import Condition, Examined
from examengine.rules.history import Closing, DeadlineReason, History, Label, LearningReport, OpenedBy, Round
from examengine.rules.rulebook import EndPolicy, EnrolmentMode, OnExhausted, Rulebook


@dataclass(frozen=True, slots=True)
class Permission:
    """A start that would be allowed: the attempt it would be, and when that would close."""

    round_no: int
    no: int
    label: Label
    left: int
    base: Closing
    closing: Closing


Decision = Permission | Refusal


def decide(rulebook: Rulebook, history: History | None, now_ms: int, asked_ms: int | None = None) -> Decision:
    """May the person start an attempt at ``now_ms``? Where several conditions fail, the first is named.

    Args:
        history: one enrolment, every attempt settled up to ``now_ms``; None where the person is not enrolled.
        asked_ms: when the person asked for this start, where it had to wait its turn since (``sittings.admission``).
    """
    examined = examine(rulebook, history, now_ms, asked_ms)
    refusal = next((one.refusal for one in examined if one.refusal is not None), None)
    if refusal is not None:
        return refusal
    assert history is not None
    round_ = round_to_use(rulebook, history, now_ms)
    assert round_ is not None
    base, closing = _closings(rulebook, history, now_ms)
    return Permission(
        round_no=round_.no,
        no=next_no(round_),
        label=label_of(rulebook, round_, next_no(round_)),
        left=left(rulebook, round_, now_ms),
        base=base,
        closing=closing,
    )


def examine(
    rulebook: Rulebook, history: History | None, now_ms: int, asked_ms: int | None = None
) -> Iterator[Examined]:
    """Every condition of a start at ``now_ms``, in order: all met, the start is allowed. What the rulebook does not
    ask for is left out.

    What the window's end asks is asked of ``asked_ms`` where that is given: nobody comes too late because he had to
    wait his turn. The deadline is that of a start now; where the window's end leaves no time, it is closed.
    """
    if history is None:
        yield Examined(Condition.ENROLLED, Refusal(Reason.NOT_ENROLLED, Next.ENROL))
        return
    yield Examined(Condition.ENROLLED)
    exam = rulebook.exam
    window = window_of(rulebook, history.credit_year)
    opens, closes = {"opens_ms": window.opens_ms}, {"closes_ms": window.closes_ms}
    asked_ms = now_ms if asked_ms is None else min(asked_ms, now_ms)
    early, over = now_ms < window.opens_ms, asked_ms >= window.closes_ms
    if now_ms >= window.closes_ms and rulebook.window.end_policy is not EndPolicy.LET_FINISH:
        over = True
    yield Examined(
        Condition.OPENED, Refusal(Reason.WINDOW_NOT_OPEN, Next.WAIT_FOR_WINDOW, opens) if early else None, opens
    )
    yield Examined(Condition.NOT_CLOSED, Refusal(Reason.WINDOW_CLOSED, Next.NONE, closes) if over else None, closes)
    if not exam.retake_after_pass:
        yield Examined(Condition.NOT_PASSED, Refusal(Reason.ALREADY_PASSED, Next.NONE) if history.passed else None)
    yield Examined(
        Condition.NONE_RUNNING, Refusal(Reason.ATTEMPT_RUNNING, Next.RESUME) if history.running is not None else None
    )
    if history.awaits_marking and not exam.retake_after_pass:
        yield Examined(Condition.RESULT_KNOWN, Refusal(Reason.RESULT_PENDING, Next.NONE))
    round_ = round_to_use(rulebook, history, now_ms)
    places = {
        "left": sum(left(rulebook, one, now_ms) for one in history.rounds),
        "allowed": sum(allowed(rulebook, one, now_ms) for one in history.rounds),
    }
    yield Examined(Condition.PLACE_LEFT, _no_place(rulebook, history) if round_ is None else None, places)
    if exam_needs_learning(rulebook, history):
        yield _learned(rulebook, round_)
    if exam.wait_minutes_between_attempts:
        until = {"until_ms": _waited_until_ms(rulebook, history)}
        waits = now_ms < until["until_ms"]
        yield Examined(
            Condition.WAITED, Refusal(Reason.WAIT_BETWEEN_ATTEMPTS, Next.WAIT, until) if waits else None, until
        )
    if rulebook.window.min_remaining_minutes_to_start or rulebook.window.end_policy is EndPolicy.REFUSE_IF_NOT_FULL:
        # outside the window there is no such question
        is_open = not early and not over
        remains = {"left_ms": max(0, window.closes_ms - asked_ms)}
        short = is_open and _too_late_to_start(
            rulebook, remains["left_ms"], _closings(rulebook, history, asked_ms)[1]
        )
        refusal = Refusal(Reason.TOO_LITTLE_TIME_LEFT, Next.NONE, remains) if short else None
        yield Examined(Condition.TIME_LEFT, refusal, remains, known=is_open)
    if exam.delivery != "online_unproctored":
        yield Examined(Condition.ONLINE, Refusal(Reason.NOT_ONLINE, Next.NONE))


def round_to_use(rulebook: Rulebook, history: History, now_ms: int) -> Round | None:
    """The oldest round with an attempt left."""
    return next((r for r in history.rounds if left(rulebook, r, now_ms) > 0), None)


def used(rulebook: Rulebook, round_: Round) -> int:
    """Attempts of the round that count against its places; a void one does not."""
    return sum(uses_place(rulebook, attempt) for attempt in round_.attempts)


def allowed(rulebook: Rulebook, round_: Round, now_ms: int) -> int:
    """Attempts the round allows in all; what a grant left unused at its expiry, or a missed batch, has lapsed."""
    lapsed = round_.forfeited or (round_.expires_ms is not None and now_ms >= round_.expires_ms)
    return used(rulebook, round_) if lapsed else round_.places


def left(rulebook: Rulebook, round_: Round, now_ms: int) -> int:
    """Attempts of the round that may still be started."""
    return max(0, allowed(rulebook, round_, now_ms) - used(rulebook, round_))


def next_no(round_: Round) -> int:
    """The next attempt's number: numbers of void attempts stay used."""
    return max((attempt.no for attempt in round_.attempts), default=0) + 1


def label_of(rulebook: Rulebook, round_: Round, no: int) -> Label:
    """正考 or 补考: the last ``attempts_labelled_makeup`` of a round's attempts, void ones not counted (S2014-49)."""
    makeups = rulebook.exam.attempts_labelled_makeup
    before = sum(1 for attempt in round_.attempts if attempt.no < no and not attempt.void)
    is_makeup = makeups > 0 and before + 1 > rulebook.exam.attempts - makeups
    return Label.MAKEUP if is_makeup else Label.REGULAR


def learning_percent(rulebook: Rulebook, round_: Round) -> int:
    """Learning that counts for the round's next attempt, in per cent; it never shrinks.

    Where the rules ask for learning again before a make-up, only what was reported after the last attempt counts.
    """
    reports: Sequence[LearningReport] = round_.learning
    counted = [attempt for attempt in round_.attempts if not attempt.void]
    if rulebook.exam.relearn_before_makeup and counted:
        last = counted[-1]
        since_ms = last.outcome.ended_ms if last.outcome else last.started_ms
        reports = [report for report in reports if report.at_ms >= since_ms]
    return max((report.percent for report in reports), default=0)


def exam_needs_learning(rulebook: Rulebook, history: History) -> bool:
    """Whether the exam opens only after the learning (S2014-47); a make-up year may ask for the exam alone."""
    if history.credit_year != rulebook.meta.year:
        return "learning" in rulebook.backfill.requires and rulebook.learning.required_before_exam
    return rulebook.learning.required_before_exam


def opened_round(
    rulebook: Rulebook,
    history: History,
    opened_by: OpenedBy,
    now_ms: int,
    *,
    attempts: int | None = None,
    expires_ms: int | None = None,
    batch: int | None = None,
) -> Round:
    """The round that a card, a grant, a batch or the year opens, with the learning it may take over (A-16, A-18)."""
    keeps_learning = {
        OpenedBy.CARD: rulebook.card is not None and "learning" not in rulebook.card.rebuy_resets,
        OpenedBy.GRANT: not rulebook.grant.relearn,
    }.get(opened_by, False)
    if attempts is None:
        attempts = rulebook.backfill.attempts if opened_by is OpenedBy.BACKFILL else rulebook.exam.attempts
    return Round(
        no=len(history.rounds) + 1,
        opened_by=opened_by,
        opened_ms=now_ms,
        places=attempts,
        learning=history.rounds[-1].learning if keeps_learning and history.rounds else (),
        expires_ms=expires_ms,
        batch=batch,
    )


def decide_enrol(rulebook: Rulebook, credit_year: int) -> OpenedBy | Refusal | None:
    """What an enrolment opens at once: the year's own round, an earlier year's make-up, or nothing yet."""
    if credit_year == rulebook.meta.year:
        return OpenedBy.OPEN if rulebook.enrolment.mode is EnrolmentMode.OPEN else None
    if rulebook.backfill.enabled and credit_year in rulebook.backfill.source_years:
        return OpenedBy.BACKFILL
    return Refusal(Reason.NOT_OFFERED, Next.NONE, {"credit_year": credit_year})


def decide_card(
    rulebook: Rulebook, history: History, now_ms: int, *, is_used: bool, is_booked_out: bool, cards_used: int
) -> Refusal | None:
    """May this card open a round (A-16, A-17, S2014-11, S2014-19)? A refused card stays unused."""
    card = rulebook.card
    if card is None or not card.required or history.credit_year != rulebook.meta.year:
        return Refusal(Reason.NOT_OFFERED, Next.NONE)
    period = outside_training_period(rulebook, history, now_ms)
    if period is not None:
        return period
    if card.expires and card.expires_on is not None:
        expires_ms = day_ends_ms(card.expires_on, rulebook.meta.timezone)
        if now_ms >= expires_ms:
            return Refusal(Reason.OUTSIDE_TRAINING_PERIOD, Next.NONE, {"closes_ms": expires_ms})
    if is_used:
        return Refusal(Reason.CARD_ALREADY_USED, Next.BUY_CARD)
    if card.stock_ledger_required and not is_booked_out:
        return Refusal(Reason.CARD_NOT_BOOKED_OUT, Next.CALL_SUPPORT)
    return _unless_finished(rulebook, history, now_ms, any_time=card.rebuy_when == "any") or (
        Refusal(Reason.ATTEMPTS_EXHAUSTED, Next.CALL_SUPPORT) if 0 < card.max_per_person <= cards_used else None
    )


def decide_batch(rulebook: Rulebook, history: History, now_ms: int, batch: int) -> Refusal | None:
    """May the person register for the batch of that number, counted from 1 (SGM15-17…27)?"""
    rules = rulebook.batch
    if rules is None or history.credit_year != rulebook.meta.year:
        return Refusal(Reason.NOT_OFFERED, Next.NONE)
    if not 1 <= batch <= len(rules.list):
        return Refusal(Reason.NOT_OFFERED, Next.CALL_SUPPORT if rules.more_by_demand else Next.NONE)
    zone = rulebook.meta.timezone
    opens_ms = day_starts_ms(rules.registration_opens_on, zone)
    if now_ms < opens_ms:
        return Refusal(Reason.WINDOW_NOT_OPEN, Next.WAIT_FOR_WINDOW, {"opens_ms": opens_ms})
    begins_ms = day_starts_ms(rules.list[batch - 1][0], zone)
    closes_ms = min(day_ends_ms(rules.registration_closes_on, zone), begins_ms)
    if now_ms >= closes_ms:
        return Refusal(Reason.WINDOW_CLOSED, Next.NONE, {"closes_ms": closes_ms})
    return _unless_finished(rulebook, history, now_ms, any_time=False)


def decide_grant(rulebook: Rulebook, history: History, now_ms: int, grants_given: int) -> Refusal | None:
    """May support open a further round (S2024-23, A-18, A-19)? Only after every attempt has failed."""
    period = outside_training_period(rulebook, history, now_ms)
    if period is not None:
        return period
    rules = rulebook.grant
    if history.running is not None:
        return Refusal(Reason.GRANT_NOT_ALLOWED, Next.RESUME)
    if history.awaits_marking:
        return Refusal(Reason.RESULT_PENDING, Next.NONE)
    exhausted = bool(history.rounds) and round_to_use(rulebook, history, now_ms) is None
    too_many = 0 < rules.max_per_enrolment <= grants_given
    if not rules.enabled or history.passed or not exhausted or too_many:
        helps = exhausted and not history.passed and not rules.enabled
        return Refusal(Reason.GRANT_NOT_ALLOWED, after_exhaustion(rulebook, history) if helps else Next.NONE)
    return None


def decide_learning(rulebook: Rulebook, history: History, now_ms: int) -> Refusal | None:
    """May learning be reported? It belongs to the latest round and to the training period."""
    period = outside_training_period(rulebook, history, now_ms)
    if period is not None:
        return period
    return None if history.rounds else _no_place(rulebook, history)


def outside_training_period(rulebook: Rulebook, history: History, now_ms: int) -> Refusal | None:
    """A refusal where ``now_ms`` is not inside the window, which is the training period (A-18)."""
    window = window_of(rulebook, history.credit_year)
    if now_ms < window.opens_ms:
        return Refusal(Reason.OUTSIDE_TRAINING_PERIOD, Next.WAIT_FOR_WINDOW, {"opens_ms": window.opens_ms})
    if now_ms >= window.closes_ms:
        return Refusal(Reason.OUTSIDE_TRAINING_PERIOD, Next.NONE, {"closes_ms": window.closes_ms})
    return None


def after_exhaustion(rulebook: Rulebook, history: History) -> Next:
    """What is open to a person who has failed every attempt."""
    match rulebook.exam.on_exhausted:
        case OnExhausted.BUY_CARD:
            return Next.ACTIVATE_CARD if history.has_unused_card else Next.BUY_CARD
        case OnExhausted.SUPPORT_GRANT:
            return Next.CALL_SUPPORT
        case OnExhausted.REREGISTER:
            return Next.REREGISTER
        case OnExhausted.NONE:
            return Next.NONE


def _no_place(rulebook: Rulebook, history: History) -> Refusal:
    if not history.rounds and rulebook.enrolment.mode is EnrolmentMode.CARD:
        return Refusal(Reason.CARD_REQUIRED, Next.ACTIVATE_CARD if history.has_unused_card else Next.BUY_CARD)
    if not history.rounds and rulebook.enrolment.mode is EnrolmentMode.BATCH:
        return Refusal(Reason.BATCH_REQUIRED, Next.REGISTER_BATCH)
    return Refusal(Reason.ATTEMPTS_EXHAUSTED, after_exhaustion(rulebook, history))


def _unless_finished(rulebook: Rulebook, history: History, now_ms: int, *, any_time: bool) -> Refusal | None:
    if history.passed:
        return Refusal(Reason.ALREADY_PASSED, Next.NONE)
    if any_time:
        return None
    if history.running is not None:
        return Refusal(Reason.ATTEMPTS_REMAINING, Next.RESUME)
    if history.awaits_marking:
        return Refusal(Reason.RESULT_PENDING, Next.NONE)
    unused = round_to_use(rulebook, history, now_ms)
    if unused is not None:
        unlearned = exam_needs_learning(rulebook, history) and learning_percent(rulebook, unused) < 100
        return Refusal(Reason.ATTEMPTS_REMAINING, Next.FINISH_LEARNING if unlearned else Next.NONE)
    return None


def _learned(rulebook: Rulebook, round_: Round | None) -> Examined:
    if round_ is None:
        return Examined(Condition.LEARNED, known=False)
    facts = {"percent": learning_percent(rulebook, round_)}
    missing = Refusal(Reason.LEARNING_INCOMPLETE, Next.FINISH_LEARNING, facts) if facts["percent"] < 100 else None
    return Examined(Condition.LEARNED, missing, facts)


def _closings(rulebook: Rulebook, history: History, now_ms: int) -> tuple[Closing, Closing]:
    """The base and the effective deadline of a start at ``now_ms``."""
    window = window_of(rulebook, history.credit_year)
    base = base_closing(rulebook, window, now_ms)
    return base, closes_at(rulebook, window, base, standing_at(history.standing, now_ms))


def _waited_until_ms(rulebook: Rulebook, history: History) -> int:
    ends = [a.outcome.ended_ms for a in history.attempts if a.outcome is not None and not a.void]
    return max(ends, default=0) + rulebook.exam.wait_minutes_between_attempts * MINUTE_MS if ends else 0


def _too_late_to_start(rulebook: Rulebook, left_ms: int, closing: Closing) -> bool:
    rules = rulebook.window
    if left_ms < rules.min_remaining_minutes_to_start * MINUTE_MS:
        return True
    is_cut = closing.reason is DeadlineReason.WINDOW_END
    return rules.end_policy is EndPolicy.REFUSE_IF_NOT_FULL and is_cut
