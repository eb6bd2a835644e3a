"""Folds a person's events under a rulebook: what each would have been answered, and what stands at the end.

``replay(rulebook, events, asks)`` is pure. It serves tests, support ("what if I grant one?") and an authority
that wants to see last year's decisions under next year's rules. Every event goes through the functions of
:mod:`examengine.rules.decide` and :mod:`examengine.rules.closing` that the live engine uses.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from examengine.refusals import Next, Reason, Refusal
from examengine.rules import events as ev
from examengine.rules.calendar import MINUTE_MS, day_ends_ms, instant_ms, window_of
from examengine.rules.closing import (
    can_be_rescored,
    closes_at,
    ended,
    focus_losses_exceeded,
    grace_ms,
    rescored,
    settle,
    standing_at,
)
from examengine.rules.decide import (
    Decision,
    Permission,
    decide,
    decide_batch,
    decide_card,
    decide_enrol,
    decide_grant,
    decide_learning,
    left,
    opened_round,
)
from examengine.rules.history import (
    Attempt,
    Closing,
    History,
    LearningReport,
    OpenedBy,
    Round,
    TimeEntry,
)
from examengine.rules.rulebook import Rulebook

_NOT_RUNNING = Refusal(Reason.NOT_RUNNING, Next.NONE)


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that changed nothing, and why."""

    at_ms: int
    what: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rules say of one question; ``permission`` where a start would be allowed."""

    at_ms: int
    what: str
    refusal: Refusal | None
    permission: Permission | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """Everything as of ``now_ms``, the latest question."""

    now_ms: int
    histories: tuple[History, ...]
    refused: tuple[Refused, ...]
    answers: tuple[Answer, ...]


def replay(rulebook: Rulebook, happened: Sequence[ev.AnyEvent], asks: Sequence[ev.AnyEvent]) -> Replayed:
    """Apply ``happened`` in order of time (file order within one instant) and answer ``asks``.

    Each answer uses the events up to its own instant; what happened after the latest question is left out.
    Without a question, everything stands as of the last event.
    """
    zone = ZoneInfo(rulebook.meta.timezone)

    def at_ms(event: ev.AnyEvent) -> int:
        return _at_ms(event.at, zone)

    in_order = sorted(happened, key=at_ms)
    until_ms = max((at_ms(event) for event in (asks or in_order)), default=0)
    fold = Fold(rulebook)
    answers: dict[int, Answer] = {}
    waiting = sorted(range(len(asks)), key=lambda index: at_ms(asks[index]))
    refused = []
    for event in in_order:
        now_ms = at_ms(event)
        if now_ms > until_ms:
            break
        while waiting and at_ms(asks[waiting[0]]) < now_ms:
            index = waiting.pop(0)
            answers[index] = fold.answer(asks[index], at_ms(asks[index]))
        refusal = fold.apply(event, now_ms)
        if refusal is not None:
            refused.append(Refused(now_ms, ev.kind_of(event), refusal))
    for index in waiting:
        answers[index] = fold.answer(asks[index], at_ms(asks[index]))
    fold.settle(until_ms)
    return Replayed(
        now_ms=until_ms,
        histories=tuple(fold.history(year) for year in fold.enrolments),
        refused=tuple(refused),
        answers=tuple(answers[index] for index in range(len(asks))),
    )


def _at_ms(moment: datetime, zone: ZoneInfo) -> int:
    return instant_ms(moment if moment.tzinfo else moment.replace(tzinfo=zone))


@dataclass(slots=True)
class _Entry:
    """An entry that a counter-entry may undo."""

    kind: str
    credit_year: int
    round_no: int = 0
    attempt_no: int = 0
    amount: int = 0
    time: TimeEntry = field(default_factory=TimeEntry)
    undone: bool = False


class Fold:
    """One person's facts while events are applied to them."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.enrolments: dict[int, tuple[Round, ...]] = {}
        self._standing: tuple[TimeEntry, ...] = ()
        self._cards_out: set[str] = set()
        self._cards_used: set[str] = set()
        self._grants: dict[int, int] = {}
        self._entries: dict[str, _Entry] = {}

    def history(self, credit_year: int) -> History:
        """The enrolment of ``credit_year``, which must exist."""
        return History(
            credit_year,
            self.enrolments[credit_year],
            self._standing,
            has_unused_card=bool(self._cards_out - self._cards_used),
        )

    def answer(self, question: ev.AnyEvent, now_ms: int) -> Answer:
        """What the rules would say now; nothing changes."""
        if isinstance(question, ev.Start):
            self.settle(now_ms)
            decision = self._decide(question, now_ms)
            if isinstance(decision, Refusal):
                return Answer(now_ms, "start", decision, None)
            return Answer(now_ms, "start", None, decision)
        trial = copy.deepcopy(self)
        return Answer(now_ms, ev.kind_of(question), trial.apply(question, now_ms), None)

    def settle(self, now_ms: int) -> None:
        """End what has run out of time by ``now_ms``."""
        for credit_year in self.enrolments:
            for round_, attempt in self._running(credit_year):
                closing = self._closing(credit_year, attempt)
                self._put(credit_year, round_, settle(self.rulebook, attempt, closing, now_ms))

    def apply(self, event: ev.AnyEvent, now_ms: int) -> Refusal | None:
        """Apply one event; a refusal says why nothing changed."""
        self.settle(now_ms)
        year = event.credit_year if event.credit_year is not None else self.rulebook.meta.year
        match event:
            case ev.Enrol():
                return self._enrol(year, now_ms)
            case ev.CardOut():
                return self._card_out(str(event.card))
            case ev.Accommodate():
                return self._accommodate(event, year)
            case ev.Undo():
                return self._undo(event)
        if year not in self.enrolments:
            return Refusal(Reason.NOT_ENROLLED, Next.ENROL)
        match event:
            case ev.ActivateCard():
                return self._activate(year, str(event.card), now_ms)
            case ev.RegisterBatch():
                return self._register(year, event.batch, now_ms)
            case ev.Learning():
                return self._learn(year, event.percent, now_ms)
            case ev.Start():
                return self._start(event, year, now_ms)
            case ev.Grant():
                return self._grant(event, year, now_ms)
            case ev.Void():
                return self._void(event, year, now_ms)
            case ev.Rescore():
                return self._rescore(event, year)
            case ev.ExtraTime():
                return self._add_time(event.id, year, TimeEntry(minutes=event.minutes), "extra_time")
            case ev.Compensate():
                return self._compensate(event, year)
        return self._in_sitting(event, year, now_ms)

    # -- how a round is opened

    def _enrol(self, year: int, now_ms: int) -> Refusal | None:
        if year in self.enrolments:
            return None
        opens = decide_enrol(self.rulebook, year)
        if isinstance(opens, Refusal):
            return opens
        self.enrolments[year] = ()
        if opens is not None:
            self._open(year, opens, now_ms)
        return None

    def _card_out(self, card: str) -> Refusal | None:
        if self.rulebook.card is None or not self.rulebook.card.required:
            return Refusal(Reason.NOT_OFFERED, Next.NONE)
        self._cards_out.add(card)
        return None

    def _activate(self, year: int, card: str, now_ms: int) -> Refusal | None:
        refusal = decide_card(
            self.rulebook,
            self.history(year),
            now_ms,
            is_used=card in self._cards_used,
            is_booked_out=card in self._cards_out,
            cards_used=len(self._cards_used),
        )
        if refusal is None:
            self._cards_used.add(card)
            self._open(year, OpenedBy.CARD, now_ms)
        return refusal

    def _register(self, year: int, batch: int | str, now_ms: int) -> Refusal | None:
        number = int(batch) if str(batch).isdecimal() else 0
        before = self.enrolments[year]
        self.enrolments[year] = tuple(self._forfeited(round_, now_ms) for round_ in before)
        refusal = decide_batch(self.rulebook, self.history(year), now_ms, number)
        if refusal is None:
            self._open(year, OpenedBy.BATCH, now_ms, batch=number)
        else:
            self.enrolments[year] = before
        return refusal

    def _forfeited(self, round_: Round, now_ms: int) -> Round:
        """A batch that was registered for and missed is given up; the person registers again (SGM15-26, 27)."""
        rules = self.rulebook.batch
        if rules is None or round_.batch is None or round_.attempts or rules.no_show != "forfeit":
            return round_
        ends_ms = day_ends_ms(rules.list[round_.batch - 1][1], self.rulebook.meta.timezone)
        return replace(round_, forfeited=now_ms >= ends_ms)

    def _grant(self, event: ev.Grant, year: int, now_ms: int) -> Refusal | None:
        refusal = decide_grant(self.rulebook, self.history(year), now_ms, self._grants.get(year, 0))
        if refusal is not None:
            return refusal
        attempts = event.attempts or self.rulebook.grant.attempts
        zone = ZoneInfo(self.rulebook.meta.timezone)
        expires_ms = _at_ms(event.expires_at, zone) if event.expires_at else None
        self._open(year, OpenedBy.GRANT, now_ms, attempts=attempts, expires_ms=expires_ms)
        self._grants[year] = self._grants.get(year, 0) + 1
        self._remember(event.id, _Entry("grant", year, len(self.enrolments[year]), amount=attempts))
        return None

    def _open(
        self,
        year: int,
        opened_by: OpenedBy,
        now_ms: int,
        attempts: int | None = None,
        expires_ms: int | None = None,
        batch: int | None = None,
    ) -> None:
        round_ = opened_round(
            self.rulebook,
            self.history(year),
            opened_by,
            now_ms,
            attempts=attempts,
            expires_ms=expires_ms,
            batch=batch,
        )
        self.enrolments[year] += (round_,)

    def _learn(self, year: int, percent: int, now_ms: int) -> Refusal | None:
        refusal = decide_learning(self.rulebook, self.history(year), now_ms)
        if refusal is None:
            latest = self.enrolments[year][-1]
            report = LearningReport(now_ms, percent)
            self._put_round(year, replace(latest, learning=(*latest.learning, report)))
        return refusal

    # -- the sitting

    def _decide(self, event: ev.AnyEvent, now_ms: int) -> Decision:
        year = event.credit_year if event.credit_year is not None else self.rulebook.meta.year
        history = self.history(year) if year in self.enrolments else None
        asked_at = event.asked_at if isinstance(event, ev.Start) else None
        asked_ms = _at_ms(asked_at, ZoneInfo(self.rulebook.meta.timezone)) if asked_at else None
        return decide(self.rulebook, history, now_ms, asked_ms)

    def _start(self, event: ev.Start, year: int, now_ms: int) -> Refusal | None:
        decision = self._decide(event, now_ms)
        if isinstance(decision, Refusal):
            return decision
        round_ = self.enrolments[year][decision.round_no - 1]
        attempt = Attempt(decision.no, now_ms, decision.base, last_seen_ms=now_ms)
        self._put_round(year, replace(round_, attempts=(*round_.attempts, attempt)))
        return None

    def _in_sitting(self, event: ev.AnyEvent, year: int, now_ms: int) -> Refusal | None:
        running = self._running(year)
        if not running:
            return _NOT_RUNNING
        round_, attempt = running[0]
        closing = self._closing(year, attempt)
        if now_ms >= closing.deadline_ms:
            if isinstance(event, ev.Submit) and now_ms < closing.deadline_ms + grace_ms(self.rulebook):
                self._put(year, round_, replace(attempt, last_seen_ms=now_ms))
            return _NOT_RUNNING
        after = self._after(event, attempt, closing, now_ms)
        if isinstance(after, Refusal):
            return after
        self._put(year, round_, after)
        return None

    def _after(self, event: ev.AnyEvent, attempt: Attempt, closing: Closing, now_ms: int) -> Attempt | Refusal:
        """The running attempt after an event of its page."""
        rules = self.rulebook
        seen = replace(attempt, last_seen_ms=now_ms, left_page_ms=None)
        match event:
            case ev.Answers():
                return replace(seen, saved_score=event.score)
            case ev.LeavePage():
                left_ms = now_ms if attempt.left_page_ms is None else attempt.left_page_ms
                return replace(attempt, left_page_ms=left_ms)
            case ev.FocusLoss():
                counted = replace(attempt, focus_losses=attempt.focus_losses + 1)
                if focus_losses_exceeded(rules, counted.focus_losses):
                    return ended(rules, counted, "forced_exit", now_ms, closing)
                return counted
            case ev.GiveUp():
                return ended(rules, seen, "forced_exit", now_ms, closing)
            case ev.Submit():
                earliest_ms = attempt.started_ms + rules.exam.min_minutes_before_submit * MINUTE_MS
                if now_ms < earliest_ms:
                    return Refusal(Reason.TOO_EARLY_TO_SUBMIT, Next.WAIT, {"until_ms": earliest_ms})
                if event.score is not msgspec.UNSET:
                    seen = replace(seen, saved_score=event.score)
                return ended(rules, seen, "submit", now_ms, closing)
        return seen

    # -- what staff do

    def _void(self, event: ev.Void, year: int, now_ms: int) -> Refusal | None:
        if not two_persons(event.by):
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.CALL_SUPPORT)
        found = self._find(year, event.attempt, event.round)
        if found is None:
            return Refusal(Reason.NO_SUCH_ATTEMPT, Next.NONE)
        round_, attempt = found
        if not attempt.void:
            ended_ms = attempt.outcome.ended_ms if attempt.outcome else now_ms
            closing = attempt.outcome.closing if attempt.outcome else self._closing(year, attempt)
            self._put(year, round_, ended(self.rulebook, attempt, "void", ended_ms, closing))
        return None

    def _rescore(self, event: ev.Rescore, year: int) -> Refusal | None:
        if not two_persons(event.by):
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.CALL_SUPPORT)
        found = self._find(year, event.attempt, event.round)
        if found is None:
            return Refusal(Reason.NO_SUCH_ATTEMPT, Next.NONE)
        round_, attempt = found
        if attempt.outcome is None or not can_be_rescored(attempt.outcome):
            return Refusal(Reason.NO_SCORE_TO_CHANGE, Next.NONE)
        outcome = rescored(self.rulebook, attempt.outcome, event.score)
        self._put(year, round_, replace(attempt, outcome=outcome))
        return None

    def _compensate(self, event: ev.Compensate, year: int) -> Refusal | None:
        if not two_persons(event.by):
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.CALL_SUPPORT)
        if event.minutes is not None:
            return self._add_time(event.id, year, TimeEntry(minutes=event.minutes), "compensate_minutes")
        rounds = self.enrolments[year]
        if not rounds:
            return decide_learning(self.rulebook, self.history(year), window_of(self.rulebook, year).opens_ms)
        latest = max(rounds, key=lambda r: (max((a.started_ms for a in r.attempts), default=-1), r.no))
        attempts = event.attempts or 0
        self._put_round(year, replace(latest, places=latest.places + attempts))
        self._remember(event.id, _Entry("compensate_attempts", year, latest.no, amount=attempts))
        return None

    def _add_time(self, entry_id: str | int | None, year: int, time: TimeEntry, kind: str) -> Refusal | None:
        running = self._running(year)
        if not running:
            return _NOT_RUNNING
        round_, attempt = running[0]
        self._put(year, round_, replace(attempt, time_entries=(*attempt.time_entries, time)))
        self._remember(entry_id, _Entry(kind, year, round_.no, attempt.no, time=time))
        return None

    def _accommodate(self, event: ev.Accommodate, year: int) -> Refusal | None:
        zone = ZoneInfo(self.rulebook.meta.timezone)
        time = TimeEntry(
            minutes=event.minutes or 0,
            percent=event.percent or 0,
            begins_ms=_at_ms(event.begins_at, zone) if event.begins_at else None,
            expires_ms=_at_ms(event.expires_at, zone) if event.expires_at else None,
        )
        self._standing += (time,)
        self._remember(event.id, _Entry("accommodate", year, time=time))
        return None

    def _undo(self, event: ev.Undo) -> Refusal | None:
        entry = self._entries.get(str(event.undo))
        if entry is None or entry.undone:
            return Refusal(Reason.NO_SUCH_ENTRY, Next.NONE)
        refusal = self._take_back(entry)
        entry.undone = refusal is None
        return refusal

    def _take_back(self, entry: _Entry) -> Refusal | None:
        if entry.kind == "accommodate":
            self._standing = _without(self._standing, entry.time)
            return None
        round_ = self.enrolments[entry.credit_year][entry.round_no - 1]
        if entry.kind in {"grant", "compensate_attempts"}:
            unused = left(self.rulebook, round_, 0)
            if unused == 0:
                return Refusal(Reason.ENTRY_ALREADY_USED, Next.NONE)
            places = round_.places - min(entry.amount, unused)
            self._put_round(entry.credit_year, replace(round_, places=places))
            return None
        attempt = next(a for a in round_.attempts if a.no == entry.attempt_no)
        if not attempt.running:
            return _NOT_RUNNING
        entries = _without(attempt.time_entries, entry.time)
        self._put(entry.credit_year, round_, replace(attempt, time_entries=entries))
        return None

    # -- finding and putting back

    def _remember(self, entry_id: str | int | None, entry: _Entry) -> None:
        if entry_id is not None:
            self._entries[str(entry_id)] = entry

    def _running(self, year: int) -> list[tuple[Round, Attempt]]:
        running = self.history(year).running
        return [] if running is None else [running]

    def _closing(self, year: int, attempt: Attempt) -> Closing:
        window = window_of(self.rulebook, year)
        standing = standing_at(self._standing, attempt.started_ms)
        return closes_at(self.rulebook, window, attempt.base, (*attempt.time_entries, *standing))

    def _find(self, year: int, no: int, round_no: int | None) -> tuple[Round, Attempt] | None:
        for round_ in reversed(self.enrolments[year]):
            if round_no in (None, round_.no):
                for attempt in round_.attempts:
                    if attempt.no == no:
                        return round_, attempt
        return None

    def _put(self, year: int, round_: Round, attempt: Attempt) -> None:
        attempts = tuple(attempt if old.no == attempt.no else old for old in round_.attempts)
        self._put_round(year, replace(round_, attempts=attempts))

    def _put_round(self, year: int, round_: Round) -> None:
        self.enrolments[year] = tuple(round_ if r.no == round_.no else r for r in self.enrolments[year])


def two_persons(by: str | Iterable[str] | None) -> bool:
    """Whether two different names stand behind an act."""
    names = set() if by is None or isinstance(by, str) else {name.strip() for name in by}
    return len(names - {""}) >= 2


def _without(entries: tuple[TimeEntry, ...], taken: TimeEntry) -> tuple[TimeEntry, ...]:
    index = entries.index(taken)
    return entries[:index] + entries[index + 1 :]
