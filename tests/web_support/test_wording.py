"""The desk's wording covers what the rules can say, and never speaks to the agent as to the candidate."""

import pytest

from examengine.refusals import Next, Reason, Refusal
from examengine.rules.history import OutcomeReason
from examengine.web.support import wording

STARTS = list(Reason)[:13]


def test_every_refusal_of_a_start_has_its_sentence() -> None:
    assert set(wording.STANDINGS) == set(STARTS)
    assert set(wording.NEXTS) == set(Next)
    assert set(wording.OUTCOMES) == set(OutcomeReason)


@pytest.mark.parametrize("reason", STARTS)
def test_a_sentence_stands_without_facts_too(reason: Reason) -> None:
    told, _tone = wording.standing_told(Refusal(reason, Next.NONE), "Asia/Shanghai")
    assert told.endswith("。")
    assert "{" not in told


def test_the_agent_is_not_spoken_to_as_the_candidate() -> None:
    told = [*wording.NEXTS.values(), *wording.OUTCOMES.values()]
    told += [text for with_facts, without, _tone in wording.STANDINGS.values() for text in (with_facts, without)]
    assert not any("您" in text for text in told)


def test_codes_of_reasons_fit_their_column() -> None:
    assert all(len(code) <= 40 for code in wording.CATEGORIES)
