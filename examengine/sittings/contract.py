"""The contract (考试须知): what a start at this moment would mean, computed by the function that will enforce it."""

from dataclasses import dataclass

from examengine.records.as_rules import history_of
from examengine.records.history import EnrolmentRecord
from examengine.refusals import Refusal
from examengine.rules.calendar import window_of
from examengine.rules.decide import Permission, allowed, decide
from examengine.rules.history import History
from examengine.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Contract:
    """Attempt ``no`` of round ``round_no``, whose ``allowed`` attempts leave ``left`` with this one counted.

    ``deadline_ms`` is when a sitting started at ``told_ms`` would close, ``deadline_reason`` why. ``asked_ms``: since
    when the person had waited his turn, None where he had not.
    """

    enrolment_id: int
    round_no: int
    no: int
    label: str
    allowed: int
    left: int
    minutes: int
    told_ms: int
    deadline_ms: int
    deadline_reason: str
    base_deadline_ms: int
    base_reason: str
    window_closes_ms: int
    rulebook_digest: str
    asked_ms: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the window's end leaves less than the full time: the person must consent (A-07)."""
        return self.deadline_reason == "window_end"


def contract_of(
    rulebook: Rulebook,
    record: EnrolmentRecord,
    now_ms: int,
    asked_ms: int | None = None,
    history: History | None = None,
) -> Contract | Refusal:
    """The contract for a start at ``now_ms``, or why there is none; ``asked_ms``: since when it waits its turn;
    ``history``: of the record, where it is at hand.
    """
    history = history_of(record) if history is None else history
    decision = decide(rulebook, history, now_ms, asked_ms)
    if not isinstance(decision, Permission):
        return decision
    return Contract(
        enrolment_id=record.enrolment.id,
        round_no=decision.round_no,
        no=decision.no,
        label=decision.label.value,
        allowed=allowed(rulebook, history.rounds[decision.round_no - 1], now_ms),
        left=decision.left,
        minutes=rulebook.exam.minutes,
        told_ms=now_ms,
        deadline_ms=decision.closing.deadline_ms,
        deadline_reason=decision.closing.reason.value,
        base_deadline_ms=decision.base.deadline_ms,
        base_reason=decision.base.reason.value,
        window_closes_ms=window_of(rulebook, history.credit_year).closes_ms,
        rulebook_digest=rulebook.digest,
        asked_ms=asked_ms if asked_ms is not None and asked_ms < now_ms else None,
    )
