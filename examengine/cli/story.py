"""An attempt told in order: what the record holds, what its journal says, what follows from its silences."""

from collections.abc import Iterator

import msgspec

from examengine.evidence.receipts import grouped
from examengine.records import archives, attempts, evidence, segments
from examengine.records.as_rules import closing_of
from examengine.records.database import Reading
from examengine.records.exports import standing_of
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_history
from examengine.records.outcomes import Outcome
from examengine.records.shelf import Shelf
from examengine.rules.history import DeadlineReason, Label, OutcomeReason, State
from examengine.sittings.contract import Contract
from examengine.web import times
from examengine.web.journal_words import Told, told_of_journal
from examengine.web.messages import DEADLINE_REASONS, HOW_ENDED, LABELS, OUTCOMES
from examengine.web.support.account import entry_text
from examengine.web.wording import gettext as _

ZONE = "Asia/Shanghai"


async def story_of(tx: Reading, attempt_id: int, now_ms: int) -> tuple[str, ...]:
    """The lines to print.

    Raises:
        Missing: there is no such attempt.
    """
    owned = await attempts.get_attempt(tx, attempt_id)
    attempt = owned.attempt
    record = await load_history(tx, attempt.enrolment_id)
    row = next(a for a in record.attempts if a.id == attempt_id)
    rulebook = await Shelf().rulebook(tx, attempt.rulebook_digest)
    closing = closing_of(rulebook, record, row)
    try:
        journal = await _journal(tx, attempt_id)
    except ValueError:
        journal = None
    until_ms = row.outcomes[0].ended_ms if row.outcomes else min(now_ms, closing.deadline_ms)
    rows = [
        Told(attempt.started_ms, _contract_told(attempt.contract)),
        *_entered(record, row),
        *told_of_journal(journal or (), ZONE, until_ms),
        *(Told(outcome.recorded_ms, _outcome_told(outcome)) for outcome in row.outcomes),
    ]
    rows.sort(key=lambda told: told.at_ms)  # stable: of the same instant, what led to it comes first
    lines = [
        _("考试 {id}：报名 {enrolment}，第 {no} 次，{state}").format(
            id=attempt_id,
            enrolment=attempt.enrolment_id,
            no=attempt.no,
            state=HOW_ENDED[State(row.outcome.state) if row.outcome else State.RUNNING],
        ),
        _("截止：{at}（{why}）").format(
            at=times.exact(closing.deadline_ms, ZONE), why=DEADLINE_REASONS[DeadlineReason(closing.reason)]
        ),
        "",
    ]
    lines += [
        f"{times.exact(told.at_ms, ZONE)}  {told.text}{_('（推断）') if told.inferred else ''}" for told in rows
    ]
    lines += ["", *await _proof(tx, attempt_id, is_readable=journal is not None, is_running=not row.outcomes)]
    return tuple(lines)


async def _journal(tx: Reading, attempt_id: int) -> tuple[str, ...]:
    """Archived lines, or what has been shipped of a running attempt."""
    if await archives.is_archived(tx, attempt_id):
        return await archives.get_journal(tx, attempt_id)
    shipped = await segments.journals(tx, attempt_id % segments.SLOTS, [attempt_id])
    return tuple(line.decode() for line in shipped.of(attempt_id))


def _entered(record: EnrolmentRecord, row: AttemptRecord) -> Iterator[Told]:
    for entry in record.entries:
        undone = next((e for e in record.entries if e.id == entry.undoes), None)
        if row.id in {entry.attempt_id, undone.attempt_id if undone is not None else None}:
            text, change = entry_text(record, entry)
            ticket = _("，工单 {ticket}").format(ticket=entry.ticket) if entry.ticket else ""
            by = _("，经办 {by}").format(by=entry.by_person)
            second = _("，批准 {by}").format(by=entry.second_person) if entry.second_person else ""
            yield Told(entry.at_ms, f"{text} {change}".rstrip() + by + second + ticket)


def _contract_told(text: str) -> str:
    try:
        told = msgspec.json.decode(text, type=Contract)
    except msgspec.MsgspecError:
        return _("开始考试")
    return _("开始考试。考前告知：第 {round} 轮第 {no} 次（{label}），{minutes} 分钟，{at} 截止（{why}）").format(
        round=told.round_no,
        no=told.no,
        label=LABELS[Label(told.label)],
        minutes=told.minutes,
        at=times.exact(told.deadline_ms, ZONE),
        why=DEADLINE_REASONS[DeadlineReason(told.deadline_reason)],
    )


def _outcome_told(outcome: Outcome) -> str:
    state, why = HOW_ENDED[State(outcome.state)], OUTCOMES[OutcomeReason(outcome.reason)]
    waits = outcome.reason == OutcomeReason.AWAITING_MARKING
    score = _("还没有成绩") if waits else _("无成绩")
    if outcome.score_hundredths is not None and outcome.full_hundredths is not None:
        score = _("{score} 分（满分 {full}）").format(
            score=times.points(outcome.score_hundredths), full=times.points(outcome.full_hundredths)
        )
    ended = times.exact(outcome.ended_ms, ZONE)
    named = _("登记结果") if outcome.no == 1 else _("登记新的结果（第 {no} 次）").format(no=outcome.no)
    return _("{named}：{state}，{ended} 结束，{score}。{why}").format(
        named=named, state=state, ended=ended, score=score, why=why
    )


async def _proof(tx: Reading, attempt_id: int, *, is_readable: bool, is_running: bool) -> list[str]:
    if not is_readable:
        return [_("日志已损坏，读不出来；请用 examengine attempt verify --all 核验。")]
    if is_running:
        return [_("考试还在进行：以上日志是已入库的部分，一般不超过 5 秒前。")]
    standing = await standing_of(tx, attempt_id)
    if standing is None:
        return [_("没有存档链：在启用存证之前结束，或者作废后还没有归档。")]
    lines = [_("存档链头 {head}").format(head=standing.head.hex())]
    if standing.seq is None:
        lines.append(_("等待入链"))
    elif standing.signed_ms is None:
        lines.append(_("链第 {seq} 环，等待签名").format(seq=standing.seq))
    else:
        at = times.exact(standing.signed_ms, ZONE)
        lines.append(_("链第 {seq} 环，{at} 签名").format(seq=standing.seq, at=at))
    receipt = await evidence.find_receipt(tx, attempt_id)
    if receipt is not None:
        lines.append(_("回执 {number}").format(number=grouped(receipt.number)))
    return lines
