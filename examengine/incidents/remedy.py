"""What an attempt is due for what it lost: decided here for the preview and, once more, when it is given. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from examengine.incidents.loss import QUIET_MS
from examengine.records.as_rules import closing_of, history_of
from examengine.records.entries import Entry
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.words import EntryKind, RemedyKind
from examengine.refusals import Reason, Refusal
from examengine.rules.calendar import MINUTE_MS, SECOND_MS
from examengine.rules.closing import uses_place
from examengine.rules.decide import decide, left
from examengine.rules.rulebook import Rulebook

Least = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
_NOT_RECORDED = 2**62
"""The id of an entry that is only supposed."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is given for how much: whoever lost less than ``least_s`` gets nothing, one whose attempt is over needs
    ``least_attempt_s``; minutes are rounded up to ``round_min``. ``absent_too``: also who had been silent before.
    """

    minutes: bool = True
    attempts: bool = True
    least_s: Least = 30
    least_attempt_s: Least = 60
    round_min: Literal[1, 5, 10] = 1
    absent_too: bool = True


class Why(StrEnum):
    """Why nothing is given; ``CUT``: what is given, the window's end takes back in part."""

    CUT = "cut"
    TOO_LITTLE = "too_little"
    ABSENT_BEFORE = "absent_before"
    OWN = "own"
    PASSED = "passed"
    VOID = "void"
    NOT_USED = "not_used"
    WINDOW = "window"
    POLICY = "policy"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Remedy:
    """``amount``: minutes, or attempts; 0 where nothing is given, and ``why`` says why."""

    kind: RemedyKind
    amount: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """An attempt with what it lost: ``seen_ms`` is the last sign of life before the gap. ``made_good_ms`` of it were
    made good by another incident; ``has_attempt_back``: one gave the attempt back.

    ``attempt_rules`` are those it began under, ``rules`` those of its enrolment now.
    """

    record: EnrolmentRecord
    row: AttemptRecord
    rules: Rulebook
    attempt_rules: Rulebook
    lost_ms: int
    seen_ms: int
    made_good_ms: int = 0
    has_attempt_back: bool = False

    @property
    def due_ms(self) -> int:
        return self.lost_ms - self.made_good_ms


def policy_of(kept: Any) -> Policy:
    """From what is kept.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(kept, Policy)


def to_kept(policy: Policy) -> dict[str, Any]:
    """As it is kept."""
    kept: dict[str, Any] = msgspec.to_builtins(policy)
    return kept


def minutes_for(policy: Policy, lost_ms: int) -> int:
    """Whole minutes that make good what was lost, rounded up."""
    return -(-lost_ms // (policy.round_min * MINUTE_MS)) * policy.round_min


def remedy_of(case: Case, policy: Policy, from_ms: int, by_persons: Collection[int], now_ms: int) -> Remedy:
    """Time for an attempt that still runs, or runs again by it; an attempt for one that is over and not passed.

    Args:
        from_ms: when the incident began.
        by_persons: who opens and who approves it: nobody gives himself anything.
    """
    if case.record.enrolment.person_id in by_persons:
        return _nothing(Why.OWN)
    if case.due_ms < policy.least_s * SECOND_MS:
        return _nothing(_too_little(case))
    if not policy.absent_too and case.seen_ms < from_ms - QUIET_MS:
        return _nothing(Why.ABSENT_BEFORE)
    minutes = minutes_for(policy, case.due_ms)
    if can_be_extended(case, minutes, now_ms):
        return _time(case, minutes) if policy.minutes else _nothing(Why.POLICY)
    return _attempt(case, policy, now_ms)


def can_be_extended(case: Case, minutes: int, now_ms: int) -> bool:
    """Whether the attempt has no outcome, nobody has ordered its hand-in, and it would run with so much more time."""
    if case.row.outcome is not None:
        return False
    if any(entry.kind is EntryKind.HAND_IN and entry.attempt_id == case.row.id for entry in case.record.entries):
        return False
    before = closing_of(case.attempt_rules, case.record, case.row)
    after = closing_of(case.attempt_rules, with_entry(case, EntryKind.COMPENSATE_MINUTES, minutes), case.row)
    return now_ms < max(before.deadline_ms, after.deadline_ms)


def latest_round(record: EnrolmentRecord) -> int:
    """The id of the round in which an attempt is given back: the one that was sat in last, as in ``replay``."""
    started = {
        round_.id: max((row.started_ms for row in record.attempts if row.round_id == round_.id), default=-1)
        for round_ in record.rounds
    }
    return max(record.rounds, key=lambda round_: (started[round_.id], round_.no)).id


def unused(case: Case, entry: Entry) -> int:
    """How many of the attempts of an entry can be taken back: what was started stays."""
    round_no = next(round_.no for round_ in case.record.rounds if round_.id == entry.round_id)
    return min(entry.amount or 0, left(case.rules, history_of(case.record).rounds[round_no - 1], 0))


def with_entry(case: Case, kind: EntryKind, amount: int) -> EnrolmentRecord:
    """The record with an entry that nobody has made."""
    is_time = kind is EntryKind.COMPENSATE_MINUTES
    entry = Entry(
        id=_NOT_RECORDED,
        at_ms=case.record.newest_fact_ms,
        enrolment_id=case.record.enrolment.id,
        kind=kind,
        amount=amount,
        attempt_id=case.row.id if is_time else None,
        round_id=None if is_time else latest_round(case.record),
        by_person=0,
        reason_category="",
        reason="",
        source="",
    )
    return replace(case.record, entries=(*case.record.entries, entry))


def _time(case: Case, minutes: int) -> Remedy:
    before = closing_of(case.attempt_rules, case.record, case.row)
    after = closing_of(case.attempt_rules, with_entry(case, EntryKind.COMPENSATE_MINUTES, minutes), case.row)
    gained_ms = after.deadline_ms - before.deadline_ms
    if gained_ms <= 0:
        return _nothing(Why.WINDOW)
    return Remedy(RemedyKind.MINUTES, minutes, Why.CUT.value if gained_ms < minutes * MINUTE_MS else "")


def _attempt(case: Case, policy: Policy, now_ms: int) -> Remedy:
    history = history_of(case.record)
    round_no = next(round_.no for round_ in case.record.rounds if round_.id == case.row.round_id)
    attempt = next(one for one in history.rounds[round_no - 1].attempts if one.no == case.row.no)
    if attempt.void:
        return _nothing(Why.VOID)
    if attempt.passed or (history.passed and not case.rules.exam.retake_after_pass):
        return _nothing(Why.PASSED)
    if not uses_place(case.rules, attempt):
        return _nothing(Why.NOT_USED)
    if case.has_attempt_back:
        return _nothing(Why.GIVEN)
    if not policy.attempts:
        return _nothing(Why.POLICY)
    if case.due_ms < policy.least_attempt_s * SECOND_MS:
        return _nothing(_too_little(case))
    after = decide(case.rules, history_of(with_entry(case, EntryKind.COMPENSATE_ATTEMPTS, 1)), now_ms)
    if isinstance(after, Refusal) and after.reason in {Reason.WINDOW_CLOSED, Reason.TOO_LITTLE_TIME_LEFT}:
        return _nothing(Why.WINDOW)
    return Remedy(RemedyKind.ATTEMPTS, 1)


def _too_little(case: Case) -> Why:
    return Why.GIVEN if case.made_good_ms else Why.TOO_LITTLE


def _nothing(why: Why) -> Remedy:
    return Remedy(RemedyKind.NONE, 0, why.value)
