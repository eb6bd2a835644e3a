"""Calls that come while others are under way go together as one."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from examengine.batches import Batches


class Recorder:
    """Answers with the double, and remembers what came together; ``go`` lets it answer."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, asked: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(asked))
        await self.go.wait()
        if len(asked) > 1 and 13 in asked:
            raise ArithmeticError("thirteen and others")
        if 13 in asked or 666 in asked:
            raise ValueError("bad luck")
        return [LookupError(str(one)) if one < 0 else one * 2 for one in asked]


async def test_what_comes_in_one_turn_goes_together_and_each_has_its_own_answer() -> None:
    run = Recorder()
    batches = Batches(run, most=10)
    assert await asyncio.gather(*(batches.ask(number) for number in (1, 2, 3))) == [2, 4, 6]
    assert run.batches == [[1, 2, 3]]


async def test_what_comes_while_a_batch_is_under_way_waits_for_the_next_and_none_is_larger_than_most() -> None:
    run = Recorder()
    run.go.clear()
    batches = Batches(run, most=2)
    first = asyncio.ensure_future(batches.ask(1))
    while not run.batches:
        await asyncio.sleep(0)
    others = [asyncio.ensure_future(batches.ask(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    assert run.batches == [[1]]
    run.go.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8]
    assert run.batches == [[1], [2, 3], [4]]


async def test_as_many_batches_as_allowed_are_under_way_at_once() -> None:
    run = Recorder()
    run.go.clear()
    batches = Batches(run, most=1, at_once=2)
    asked = [asyncio.ensure_future(batches.ask(number)) for number in (1, 2, 3)]
    while len(run.batches) < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert run.batches == [[1], [2]]
    run.go.set()
    assert await asyncio.gather(*asked) == [2, 4, 6]


async def test_an_error_in_the_place_of_an_answer_is_that_ones_own() -> None:
    batches = Batches(Recorder(), most=10)
    told = await asyncio.gather(*(batches.ask(number) for number in (1, -5, 3)), return_exceptions=True)
    assert told[0] == 2
    assert isinstance(told[1], LookupError)
    assert told[2] == 6


async def test_a_batch_that_fails_is_run_one_by_one_and_hurts_nobody_else() -> None:
    run = Recorder()
    batches = Batches(run, most=10)
    told = await asyncio.gather(*(batches.ask(number) for number in (1, 13, 3)), return_exceptions=True)
    assert told[0] == 2
    assert isinstance(told[1], ValueError)
    assert told[2] == 6
    assert run.batches == [[1, 13, 3], [1], [13], [3]]


async def test_everybodys_errors_are_told_to_all_without_another_try() -> None:
    run = Recorder()
    batches = Batches(run, most=10, everybodys=(ValueError,))
    told = await asyncio.gather(*(batches.ask(number) for number in (1, 666)), return_exceptions=True)
    assert [type(one) for one in told] == [ValueError, ValueError]
    assert run.batches == [[1, 666]]


async def test_whoever_is_cancelled_while_waiting_is_left_out_and_nobody_else_notices() -> None:
    run = Recorder()
    run.go.clear()
    batches = Batches(run, most=10)
    first = asyncio.ensure_future(batches.ask(1))
    while not run.batches:
        await asyncio.sleep(0)
    gone, stays = asyncio.ensure_future(batches.ask(2)), asyncio.ensure_future(batches.ask(3))
    await asyncio.sleep(0)
    gone.cancel()
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    run.go.set()
    assert await stays == 6
    assert run.batches == [[1], [3]]
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_batch_that_is_not_answered_in_full_is_an_error_of_each() -> None:
    async def run(asked: Sequence[int]) -> Sequence[int | Exception]:
        return []

    told = await asyncio.gather(*(Batches(run, most=10).ask(n) for n in (1, 2)), return_exceptions=True)
    assert [type(one) for one in told] == [RuntimeError, RuntimeError]


async def test_a_batch_that_is_held_up_holds_nobody_else_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a line is dead and nobody says so."""
    monkeypatch.setattr("examengine.batches.PATIENCE_S", 0.01)
    run = Recorder()
    run.go.clear()
    batches = Batches(run, most=10)
    held_up = asyncio.ensure_future(batches.ask(1))
    while not run.batches:
        await asyncio.sleep(0)
    later = asyncio.ensure_future(batches.ask(2))
    async with asyncio.timeout(30):
        while len(run.batches) < 2:
            await asyncio.sleep(0.001)
    run.go.set()
    assert await asyncio.gather(held_up, later) == [2, 4]
    assert await batches.ask(3) == 6
