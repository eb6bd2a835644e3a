"""``examengine rules replay CASE.json``: from the file to the printed result."""

import os
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import msgspec

from examengine.refusals import Refusal
from examengine.rules.calendar import iso, window_of
from examengine.rules.closing import closes_at, standing_at
from examengine.rules.decide import allowed, label_of, learning_percent, left, used
from examengine.rules.events import Accommodate, Answers, Case, Compensate, Rescore, Submit
from examengine.rules.history import Attempt, History, Round
from examengine.rules.load import MAX_FILE_BYTES, load, packaged_text, rulebook_ids, usable
from examengine.rules.replay import Answer, Replayed, replay
from examengine.rules.rulebook import Rulebook

MAX_CASE_BYTES = 8 * 1024 * 1024


class CaseError(ValueError):
    """A case file cannot be used; the text says where and what to do."""


def run_case(data: bytes, beside: Path | None = None) -> dict[str, Any]:
    """Replay a case file.

    Args:
        data: the JSON.
        beside: the folder that a rulebook given as a relative path is looked for in, after the current one.

    Raises:
        CaseError: the case cannot be read.
        RulebookError: the rulebook, or what the override made of it, is faulty.
    """
    if len(data) > MAX_CASE_BYTES:
        raise CaseError("用例文件超过 8 MiB")
    try:
        case = msgspec.json.decode(data, type=Case)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CaseError(f"用例文件有误：{' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise CaseError("用例文件有误：嵌套太深") from error
    text, name = rulebook_text(case.rulebook, beside)
    rulebook = usable(load(text, name=name, override=case.override))
    _check_amounts(case, rulebook)
    try:
        return printed(rulebook, replay(rulebook, case.events, case.ask))
    except OverflowError as error:
        raise CaseError("用例里的时间或加时超出日历的范围") from error


def rulebook_text(id_or_path: str, beside: Path | None = None) -> tuple[str, str | None]:
    """The text of a packaged rulebook or of a file, with the id that the text must carry.

    Raises:
        CaseError: neither exists, or the file cannot be read.
    """
    if id_or_path in rulebook_ids():
        return packaged_text(id_or_path), id_or_path
    for path in (Path(id_or_path), *([beside / id_or_path] if beside else [])):
        if os.path.isfile(path):  # Path.is_file() raises where the name is too long to be one
            try:
                with path.open("rb") as file:
                    return file.read(MAX_FILE_BYTES + 1).decode(), None
            except (OSError, UnicodeDecodeError) as error:
                raise CaseError(f"规则文件读不出来（应为 UTF-8 文本）：{path.name}") from error
    known = "、".join(rulebook_ids())
    raise CaseError(f"没有规则 {id_or_path!r}：写自带的编号（{known}）或一个存在的文件路径")


def _check_amounts(case: Case, rulebook: Rulebook) -> None:
    for where, events in (("events", case.events), ("ask", case.ask)):
        for index, event in enumerate(events):
            place = f"{where}[{index}]"
            score = event.score if isinstance(event, Submit | Answers | Rescore) else None
            if isinstance(score, Decimal) and not (score.is_finite() and 0 <= score <= rulebook.exam.full_score):
                raise CaseError(f"{place}.score：应在 0 与 {rulebook.exam.full_score} 之间")
            if isinstance(event, Compensate) and (event.minutes is None) == (event.attempts is None):
                raise CaseError(f"{place}：补偿写 minutes 或 attempts，恰好一项")
            if isinstance(event, Accommodate) and (event.minutes is None) == (event.percent is None):
                raise CaseError(f"{place}：合理便利写 minutes 或 percent，恰好一项")


def printed(rulebook: Rulebook, replayed: Replayed) -> dict[str, Any]:
    """The result as JSON values: ISO times in the rulebook's zone, scores as decimal strings."""
    zone = rulebook.meta.timezone
    rounds = [(history, round_) for history in replayed.histories for round_ in history.rounds]
    return {
        "rulebook": rulebook.meta.id,
        "digest": rulebook.digest,
        "rounds": [_round(rulebook, history, round_, replayed.now_ms) for history, round_ in rounds],
        "attempts": [
            _attempt(rulebook, history, round_, attempt) for history, round_ in rounds for attempt in round_.attempts
        ],
        "refused": [
            {"at": iso(refused.at_ms, zone), "what": refused.what, **_why(refused.refusal)}
            for refused in replayed.refused
        ],
        "answers": [_answer(rulebook, answer) for answer in replayed.answers],
    }


def _why(refusal: Refusal | None) -> dict[str, str | None]:
    if refusal is None:
        return {"reason": None, "next": None}
    return {"reason": refusal.reason.value, "next": refusal.next.value}


def _round(rulebook: Rulebook, history: History, round_: Round, now_ms: int) -> dict[str, Any]:
    return {
        "no": round_.no,
        "opened_by": round_.opened_by.value,
        "credit_year": credited_year(rulebook, history),
        "allowed": allowed(rulebook, round_, now_ms),
        "used": used(rulebook, round_),
        "left": left(rulebook, round_, now_ms),
        "learning_percent": learning_percent(rulebook, round_),
    }


def credited_year(rulebook: Rulebook, history: History) -> int:
    """The year that hours and certificate are credited to (S2024-25)."""
    return rulebook.meta.year if rulebook.backfill.credit_year == "current" else history.credit_year


def _attempt(rulebook: Rulebook, history: History, round_: Round, attempt: Attempt) -> dict[str, Any]:
    zone = rulebook.meta.timezone
    outcome = attempt.outcome
    closing = (
        outcome.closing
        if outcome is not None
        else closes_at(
            rulebook,
            window_of(rulebook, history.credit_year),
            attempt.base,
            (*attempt.time_entries, *standing_at(history.standing, attempt.started_ms)),
        )
    )
    return {
        "round": round_.no,
        "no": attempt.no,
        "label": label_of(rulebook, round_, attempt.no).value,
        "started_at": iso(attempt.started_ms, zone),
        "deadline": iso(closing.deadline_ms, zone),
        "deadline_reason": closing.reason.value,
        "state": outcome.state.value if outcome else "running",
        "score": two_places(outcome.score) if outcome and outcome.score is not None else None,
        "result": outcome.result if outcome else None,
        "reason": outcome.reason.value if outcome else None,
    }


def two_places(score: Decimal) -> str:
    """A score for print; more exact ones are cut, so that no fail looks like a pass."""
    return str(score.quantize(Decimal("0.01"), rounding=ROUND_FLOOR))


def _answer(rulebook: Rulebook, answer: Answer) -> dict[str, Any]:
    zone = rulebook.meta.timezone
    permission = answer.permission
    return {
        "at": iso(answer.at_ms, zone),
        "what": answer.what,
        "allowed": answer.refusal is None,
        **_why(answer.refusal),
        "round": permission.round_no if permission else None,
        "no": permission.no if permission else None,
        "label": permission.label.value if permission else None,
        "left": permission.left if permission else None,
        "deadline": iso(permission.closing.deadline_ms, zone) if permission else None,
        "deadline_reason": permission.closing.reason.value if permission else None,
    }
