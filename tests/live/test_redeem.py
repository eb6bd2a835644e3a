"""Answers that a page brings back after Redis was lost: acknowledged then, written again now."""

import pytest

from examengine.live import CloseReason, Desk, Word
from examengine.live.desk import Acknowledged
from examengine.live.journal import fold
from tests.live.builders import ATTEMPT, DEADLINE_MS, OWNER, a_running_sitting, answer, opening

NOW_MS = DEADLINE_MS - 1_800_000
THEN_MS = DEADLINE_MS - 600_000
LATE_MS = DEADLINE_MS + 5_000


def acknowledged(position: int, sequence: int, value: str, *, epoch: int = 1, kind: str = "a") -> Acknowledged:
    return Acknowledged(kind, position, epoch, sequence, THEN_MS, value)


async def test_what_is_brought_back_after_the_deadline_is_written_as_of_its_own_instant(desk: Desk) -> None:
    await desk.open(opening(generation=2), NOW_MS)
    lost = [acknowledged(1, 3, "a"), acknowledged(2, 4, "bc"), acknowledged(2, 5, "1", kind="f")]
    told = await desk.redeem(ATTEMPT, OWNER, 1, lost, LATE_MS)
    assert (told.word, told.written) == (Word.REDEEMED, 3)
    after = await desk.read(ATTEMPT, LATE_MS)
    assert after.given == {1: "a", 2: "bc"}
    assert {(kept.at_ms, kept.mark) for kept in after.answers.values()} == {(THEN_MS, (1, 3)), (THEN_MS, (1, 4))}
    assert after.journal[1].split() == [b"q", str(LATE_MS).encode()]
    folded = fold(after.journal)
    assert (folded.answers, folded.flags, folded.revision) == (after.answers, after.flags, after.revision)


async def test_brought_back_twice_it_is_written_once(desk: Desk) -> None:
    await desk.open(opening(generation=2), NOW_MS)
    for written in (1, 0):
        told = await desk.redeem(ATTEMPT, OWNER, 1, [acknowledged(1, 3, "a")], LATE_MS)
        assert told.written == written
    assert len((await desk.read(ATTEMPT, LATE_MS)).journal) == 3


@pytest.mark.parametrize(
    ("epoch", "sequence", "value"), [(1, 4, "a"), (1, 5, "b"), (1, 6, "a"), (2, 1, "a"), (0, 9, "b")]
)
async def test_what_stands_under_a_newer_mark_stays(desk: Desk, epoch: int, sequence: int, value: str) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(5, 1, "b"), NOW_MS)
    await desk.redeem(ATTEMPT, OWNER, 1, [acknowledged(1, sequence, "a", epoch=epoch)], NOW_MS)
    newer = (epoch, sequence) > (1, 5)
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {1: "a" if newer else "b"}


async def test_a_sitting_that_was_closed_takes_nothing_back(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.hand_in(pen, CloseReason.HAND_IN, NOW_MS)
    told = await desk.redeem(ATTEMPT, OWNER, 1, [acknowledged(1, 3, "a")], NOW_MS)
    assert (told.word, told.written) == (Word.CLOSED, 0)
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {}


@pytest.mark.parametrize(
    ("owner", "session", "word"), [(OWNER + 1, 1, "not_owner"), (OWNER, 0, "revoked"), (OWNER, 1, "redeemed")]
)
async def test_only_the_owner_brings_back(desk: Desk, owner: int, session: int, word: str) -> None:
    await a_running_sitting(desk)
    told = await desk.redeem(ATTEMPT, owner, session, [acknowledged(1, 3, "a")], NOW_MS)
    assert (told.word, told.written) == (word, int(word == "redeemed"))


async def test_a_question_that_the_paper_does_not_have_is_not_written(desk: Desk) -> None:
    await a_running_sitting(desk)
    told = await desk.redeem(ATTEMPT, OWNER, 1, [acknowledged(51, 3, "a"), acknowledged(50, 4, "a")], NOW_MS)
    assert told.written == 1


@pytest.mark.parametrize("change", [{"kind": "x"}, {"position": 0}, {"sequence": 0}, {"epoch": -1}])
def test_what_no_page_was_ever_told_is_refused(change: dict[str, object]) -> None:
    fields = {"kind": "a", "position": 1, "epoch": 1, "sequence": 1, "at_ms": THEN_MS, "value": "ab"} | change
    with pytest.raises(ValueError, match=r"\S"):
        Acknowledged(**fields)  # type: ignore[arg-type]
