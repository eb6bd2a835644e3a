"""The map from decisions to words covers what the engine can decide."""

import re

import pytest

from examengine.banks.item import KIND_LABELS
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.history import DeadlineReason, Label, OpenedBy, OutcomeReason, State
from examengine.web import messages
from examengine.web.contexts.candidate import ExamState, Verdict

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("told", "enum"),
    [
        (messages.REASONS, Reason),
        (messages.NEXTS, Next),
        (messages.OUTCOMES, OutcomeReason),
        (messages.HOW_ENDED, State),
        (messages.STATE_TONES, State),
        (messages.LABELS, Label),
        (messages.OPENED_BY, OpenedBy),
        (messages.DEADLINE_REASONS, DeadlineReason),
        (messages.EXAM_STATES, ExamState),
        (messages.VERDICTS, Verdict),
    ],
)
def test_every_member_has_its_words(told: dict[object, object], enum: type) -> None:
    assert set(told) == set(enum)


def test_every_word_of_the_contract_with_the_live_scripts_is_known() -> None:
    kept = "saved repeated superseded pen_lost closed too_late forced"
    barred = "not_owner revoked stale_generation absent out_of_range too_many"
    assert set(kept.split() + barred.split()) == set(messages.DESK_WORDS)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_refusal_is_told_with_and_without_its_facts(reason: Reason) -> None:
    status, _, text, without = messages.REASONS[reason]
    names = re.findall(r"\{(\w+)\}", text)
    assert bool(names) <= bool(without)
    facts = dict.fromkeys(names, 1_400_000_000_000)
    full = messages.refusal_told(Refusal(reason, Next.NONE, facts), ZONE)
    bare = messages.refusal_told(Refusal(reason, Next.NONE), ZONE)
    for told in (full, bare):
        assert told.status == status
        assert told.title
        assert told.text
        assert "{" not in told.text


def test_facts_are_written_for_people() -> None:
    opens = messages.refusal_told(
        Refusal(Reason.WINDOW_NOT_OPEN, Next.WAIT_FOR_WINDOW, {"opens_ms": 1_399_219_200_000}), ZONE
    )
    assert opens.text == "考试从 2014年5月5日 00:00 起开放。"
    short = messages.refusal_told(Refusal(Reason.TOO_LITTLE_TIME_LEFT, Next.NONE, {"left_ms": 23 * 60_000}), ZONE)
    assert short.text == "离考试结束只有 23 分钟，不能再开始新的考试。"


def test_nobody_is_scolded() -> None:
    everything = str(messages.REASONS) + str(messages.NEXTS) + str(messages.STATUSES) + str(messages.DESK_WORDS)
    assert "请勿" not in everything
    assert "！" not in everything


def test_pages_and_files_call_a_kind_of_question_alike() -> None:
    assert dict(messages.KINDS) == {kind.value: label for kind, label in KIND_LABELS.items()}
