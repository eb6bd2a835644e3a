"""What would help: the deciding function asked again about a history with one more fact in it, or about a later
instant; and until when a start that is allowed stays allowed.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import window_of
from examengine.rules.decide import Decision, decide, decide_card, decide_grant, opened_round, round_to_use
from examengine.rules.history import History, LearningReport, OpenedBy
from examengine.rules.rulebook import Rulebook


class Suppose(StrEnum):
    """What is supposed to happen."""

    GRANT = "grant"
    CARD = "card"
    LEARNING = "learning"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would be decided at ``at_ms`` if that happened; a start would then be refused from ``until_ms`` on, which
    is None where it would be refused at once.
    """

    suppose: Suppose
    at_ms: int
    decision: Decision
    until_ms: int | None


def starts_until_ms(rulebook: Rulebook, history: History, now_ms: int) -> int:
    """The first instant at which a start that is allowed at ``now_ms`` would be refused if nothing else happened.

    Once time alone has made it refused (the window's end, too little time before it, an expiry), more time changes
    nothing: so the instant is found by asking :func:`decide` 35 times.

    Raises:
        ValueError: it is refused at ``now_ms`` already.
    """
    if isinstance(decide(rulebook, history, now_ms), Refusal):
        raise ValueError("a start that is refused already")
    allowed_ms, refused_ms = now_ms, window_of(rulebook, history.credit_year).closes_ms
    while refused_ms - allowed_ms > 1:
        middle_ms = (allowed_ms + refused_ms) // 2
        if isinstance(decide(rulebook, history, middle_ms), Refusal):
            refused_ms = middle_ms
        else:
            allowed_ms = middle_ms
    return refused_ms


def prospect(rulebook: Rulebook, history: History, now_ms: int, grants_given: int) -> Prospect | None:
    """What the one act that helps against the first refusal would come to. None: a start is allowed, or nothing that
    somebody may do now would help.

    Args:
        grants_given: grants so far, those taken back as well: the rulebook may limit them.
    """
    decision = decide(rulebook, history, now_ms)
    if not isinstance(decision, Refusal):
        return None
    if decision.reason in {Reason.WINDOW_NOT_OPEN, Reason.WAIT_BETWEEN_ATTEMPTS}:
        at_ms = next(value for value in decision.facts.values() if isinstance(value, int))
        return _asked(rulebook, history, Suppose.TIME, at_ms)
    if decision.reason is Reason.LEARNING_INCOMPLETE:
        return _asked(rulebook, _learned(rulebook, history, now_ms), Suppose.LEARNING, now_ms)
    if decision.next in {Next.BUY_CARD, Next.ACTIVATE_CARD} and _takes_cards(rulebook, history, now_ms):
        return _asked(rulebook, _opened(rulebook, history, OpenedBy.CARD, now_ms), Suppose.CARD, now_ms)
    if decision.reason is Reason.ATTEMPTS_EXHAUSTED and not decide_grant(rulebook, history, now_ms, grants_given):
        return _asked(rulebook, _opened(rulebook, history, OpenedBy.GRANT, now_ms), Suppose.GRANT, now_ms)
    return None


def _asked(rulebook: Rulebook, history: History, suppose: Suppose, at_ms: int) -> Prospect:
    decision = decide(rulebook, history, at_ms)
    is_allowed = not isinstance(decision, Refusal)
    return Prospect(suppose, at_ms, decision, starts_until_ms(rulebook, history, at_ms) if is_allowed else None)


def _takes_cards(rulebook: Rulebook, history: History, now_ms: int) -> bool:
    used = sum(round_.opened_by is OpenedBy.CARD for round_ in history.rounds)
    return decide_card(rulebook, history, now_ms, is_used=False, is_booked_out=True, cards_used=used) is None


def _opened(rulebook: Rulebook, history: History, by: OpenedBy, now_ms: int) -> History:
    attempts = 1 if by is OpenedBy.GRANT else None
    return replace(history, rounds=(*history.rounds, opened_round(rulebook, history, by, now_ms, attempts=attempts)))


def _learned(rulebook: Rulebook, history: History, now_ms: int) -> History:
    used = round_to_use(rulebook, history, now_ms)
    assert used is not None
    learned = replace(used, learning=(*used.learning, LearningReport(now_ms, 100)))
    return replace(history, rounds=tuple(learned if one is used else one for one in history.rounds))
