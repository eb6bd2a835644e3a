"""The line in front of what costs much: fair, one place an account, never more a second than the bucket holds."""

import asyncio
import random
from contextlib import suppress

import pytest

from examengine.live import Coalescer
from examengine.live.admission import EXPIRES_MS, LAST_RETRY_MS, VALID_MS, Pace, Place, Queue, retry_ms

NOW_MS = 1_700_000_000_000
SECOND_MS = 1_000


def a_queue(calls: Coalescer, a_second: float | None = 20) -> Queue:
    return Queue(calls, "test", a_second, clamp_ms=-1)


async def crowd(queue: Queue, size: int, now_ms: int = NOW_MS) -> list[Place]:
    """So many at one instant, one after the other."""
    return [await queue.ask(f"c{n}", now_ms) for n in range(size)]


async def test_who_comes_alone_is_let_in_at_once_and_leaves_nothing_behind(calls: Coalescer) -> None:
    assert await a_queue(calls).ask("li", NOW_MS) == Place(True, NOW_MS)
    assert await calls.command("KEYS", "*") == [b"{queue:test}:state"]


async def test_a_second_of_the_rate_is_let_in_at_once_and_the_next_waits(calls: Coalescer) -> None:
    places = await crowd(a_queue(calls), 25)
    assert [place.is_turn for place in places] == [True] * 20 + [False] * 5
    assert [place.before for place in places[20:]] == [0, 1, 2, 3, 4]
    assert [place.wait_ms for place in places[20:]] == [50, 100, 150, 200, 250]


@pytest.mark.parametrize(("after_ms", "is_turn"), [(49, False), (50, True), (51, True)])
async def test_the_bucket_fills_by_the_rate(calls: Coalescer, after_ms: int, is_turn: bool) -> None:
    queue = a_queue(calls)
    await crowd(queue, 21)
    assert (await queue.ask("c20", NOW_MS + after_ms)).is_turn is is_turn


async def test_those_who_wait_are_let_in_although_only_the_last_one_asks(calls: Coalescer) -> None:
    queue = a_queue(calls)
    await crowd(queue, 24)
    assert (await queue.ask("c23", NOW_MS + 150)).before == 0
    for n in (20, 21, 22):
        assert (await queue.ask(f"c{n}", NOW_MS + 150)).is_turn


async def test_what_flowed_in_while_nobody_asked_is_theirs_who_wait_and_no_more_is_kept(calls: Coalescer) -> None:
    queue = a_queue(calls, 2)
    await crowd(queue, 12)
    assert (await queue.ask("c11", NOW_MS + 4_000)).before == 1
    assert (await queue.ask("c11", NOW_MS + 50_000)).is_turn
    late = [await queue.ask(f"late {n}", NOW_MS + 50_000) for n in range(4)]
    assert [place.is_turn for place in late] == [True, True, False, False]


async def test_who_comes_later_does_not_pass_those_who_wait(calls: Coalescer) -> None:
    queue = a_queue(calls)
    await crowd(queue, 21)
    late = await queue.ask("late", NOW_MS + 60)
    assert not late.is_turn, "the place that there is belongs to the first in the line"
    assert late.before == 0
    assert (await queue.ask("c20", NOW_MS + 60)).is_turn


async def test_an_account_has_one_place_however_often_it_asks(calls: Coalescer) -> None:
    queue = a_queue(calls)
    await crowd(queue, 20)
    first = await queue.ask("li", NOW_MS)
    second = await queue.ask("wang", NOW_MS)
    assert (first.is_new, second.before) == (True, 1)
    tabs = await asyncio.gather(*(queue.ask("li", NOW_MS + 1) for _ in range(5)))
    assert [(tab.before, tab.is_new, tab.joined_ms) for tab in tabs] == [(0, False, NOW_MS)] * 5
    assert (await queue.ask("wang", NOW_MS + 1)).before == 1


@pytest.mark.parametrize(
    ("silent_ms", "kept"), [(EXPIRES_MS - 1, True), (EXPIRES_MS, False), (EXPIRES_MS + 1, False)]
)
async def test_a_place_without_a_sign_for_a_minute_is_given_up(calls: Coalescer, silent_ms: int, kept: bool) -> None:
    queue = a_queue(calls, 0.001)
    await queue.ask("in", NOW_MS)
    await queue.ask("gone", NOW_MS)
    await queue.ask("stays", NOW_MS)
    assert (await queue.ask("stays", NOW_MS + 40_000)).before == 1
    assert (await queue.ask("stays", NOW_MS + silent_ms)).before == kept
    back = await queue.ask("gone", NOW_MS + silent_ms)
    assert (back.before, back.is_new, back.joined_ms) == (
        (0, False, NOW_MS) if kept else (1, True, NOW_MS + silent_ms)
    )


@pytest.mark.parametrize(("after_ms", "valid"), [(VALID_MS - 1, True), (VALID_MS, False), (VALID_MS + 1, False)])
async def test_who_was_let_in_may_come_for_five_minutes(calls: Coalescer, after_ms: int, valid: bool) -> None:
    queue = a_queue(calls, 0.001)
    assert (await queue.ask("li", NOW_MS, keep=True)).is_turn
    assert not (await queue.ask("wang", NOW_MS)).is_turn
    assert (await queue.ask("li", NOW_MS + after_ms)).is_turn is valid


async def test_who_was_let_in_comes_without_taking_another_place(calls: Coalescer) -> None:
    queue = a_queue(calls)
    for n in range(20):
        assert await queue.ask(f"c{n}", NOW_MS, keep=True) == Place(True, NOW_MS)
        assert await queue.ask(f"c{n}", NOW_MS + 1) == Place(True, NOW_MS)
    assert not (await queue.ask("one more", NOW_MS)).is_turn


async def test_who_comes_at_his_turn_is_told_when_he_took_his_place(calls: Coalescer) -> None:
    queue = a_queue(calls, 1)
    await crowd(queue, 2)
    assert await queue.ask("c1", NOW_MS + 1_000) == Place(True, NOW_MS)
    assert await queue.ask("c1", NOW_MS + 90_000) == Place(True, NOW_MS)


async def test_a_line_in_which_people_come_go_and_doze_is_fair_and_never_too_fast(calls: Coalescer) -> None:
    """Two hundred at random instants, asking as the page does; some never ask again."""
    dice, rate = random.Random(5), 20
    queue = a_queue(calls, rate)
    when = {f"c{n}": NOW_MS + dice.randrange(3_000) for n in range(200)}
    dozing = set(dice.sample(sorted(when), 20))
    came, told, let_in, shown = [], {}, [], dict[str, int]()
    while when:
        account = min(when, key=lambda one: (when[one], one))
        now_ms = when.pop(account)
        place = await queue.ask(account, now_ms)
        if place.is_turn:
            let_in.append((account, now_ms))
            continue
        if place.is_new:
            came.append(account)
            told[account] = now_ms + place.wait_ms
        assert place.before <= shown.get(account, 10**6), "a position never grows"
        shown[account] = place.before
        if account not in dozing:
            when[account] = now_ms + min(retry_ms(place, dice.random()), 1_500)
    assert len({account for account, _ in let_in}) == len(let_in) == 200 - len(dozing & set(came))
    # whoever waited learns it when he asks: within 1.5 s; the bucket itself never gave more than its rate
    ends = [at_ms for _, at_ms in let_in]
    for place, end_ms in enumerate(ends):
        assert place + 1 <= rate + (end_ms - NOW_MS) * rate / 1_000
    waited = {account: at_ms for account, at_ms in let_in if account in told}
    assert len(waited) > 100
    assert all(abs(at_ms - told[account]) <= 2_600 for account, at_ms in waited.items()), "what was told came true"


async def test_a_hundred_at_once_are_let_in_in_their_order(calls: Coalescer) -> None:
    queue = a_queue(calls, 10)
    await crowd(queue, 110)
    for seconds in range(1, 11):
        places = [await queue.ask(f"c{n}", NOW_MS + seconds * SECOND_MS) for n in range(109, 9, -1)][::-1]
        assert [place.is_turn for place in places] == [True] * 10 * seconds + [False] * (100 - 10 * seconds)


async def test_slow_starts_let_in_fewer_and_quick_ones_more_again(calls: Coalescer) -> None:
    queue = a_queue(calls, 30)
    await queue.ask("first", NOW_MS)
    queue.pace._slow, queue.pace._looked_at_s = True, float("inf")  # as ten starts of two seconds would have it
    now_ms, rates = NOW_MS, []
    for n in range(8):
        now_ms += 2_000
        await queue.ask(f"c{n}", now_ms)
        rates.append((await queue.standing())[1])
    assert rates[:3] == pytest.approx([20, 40 / 3, 80 / 9], abs=0.01)
    assert rates[-1] == pytest.approx(3), "never below a tenth"
    queue.pace._slow = False
    await queue.ask("quick", now_ms + 2_000)
    assert (await queue.standing())[1] == pytest.approx(4.5)
    await queue.ask("quicker", now_ms + 60_000)
    assert (await queue.standing())[1] == pytest.approx(30)


async def test_the_wait_told_follows_what_is_let_in_by_now(calls: Coalescer) -> None:
    queue = a_queue(calls, 10)
    await crowd(queue, 110)
    assert (await queue.ask("c109", NOW_MS)).wait_ms == 10_000
    queue.pace._slow, queue.pace._looked_at_s = True, float("inf")
    for step in range(1, 4):
        slower = await queue.ask("c109", NOW_MS + 2_000 * step)
    assert slower.wait_ms > 10_000
    assert slower.before < 99


async def test_where_nothing_is_set_everybody_comes_in_and_nobody_asks(calls: Coalescer) -> None:
    queue = a_queue(calls, None)
    assert all(place.is_turn for place in await crowd(queue, 100))
    assert await queue.standing() == (0, None)
    assert await calls.command("KEYS", "*") == []
    with pytest.raises(ValueError, match="places a second"):
        a_queue(calls, 0)


async def test_a_thousand_that_have_gone_stand_in_nobodys_way(calls: Coalescer) -> None:
    queue = a_queue(calls, 0.001)
    await asyncio.gather(*(queue.ask(f"c{n}", NOW_MS) for n in range(1_000)))
    assert await queue.standing() == (999, 0.001)
    assert (await queue.ask("li", NOW_MS + EXPIRES_MS)).before == 0


async def test_a_clock_that_was_moved_back_stops_nobody(calls: Coalescer) -> None:
    queue = a_queue(calls, 1)
    await crowd(queue, 2)
    earlier_ms = NOW_MS - 3_600_000
    assert not (await queue.ask("li", earlier_ms)).is_turn
    assert (await queue.ask("li", earlier_ms + 3_000)).is_turn


async def test_stamps_far_from_the_servers_own_time_fill_no_bucket(calls: Coalescer) -> None:
    queue = Queue(calls, "test", 0.1, clamp_ms=2_000)
    assert (await queue.ask("li", NOW_MS)).is_turn
    for hours in range(1, 4):
        assert not (await queue.ask("wang", NOW_MS + hours * 3_600_000_000)).is_turn


def test_retries_are_spread_and_two_lost_ones_cost_no_place() -> None:
    far, near = Place(False, 0, 900, 45_000), Place(False, 0, 3, 3_000)
    assert (retry_ms(far, 0), retry_ms(far, 1)) == (LAST_RETRY_MS, 26_000)
    assert (retry_ms(near, 0), retry_ms(near, 0.5)) == (3_000, 3_450)
    assert retry_ms(Place(False, 0, 0, 10), 0) == 1_000
    assert 2 * retry_ms(far, 1) < EXPIRES_MS


class Seconds:
    """A counter that stands where it is put."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def took(pace: Pace, seconds: Seconds, *times: float) -> None:
    for each in times:
        with pace.timed():
            seconds.now += each


@pytest.mark.parametrize(
    ("times", "is_slow"),
    [([0.1] * 10, False), ([1.2] * 4, False), ([0.1] * 4 + [1.1], True), ([0.01] * 98 + [1.1], True)],
)
def test_it_is_slow_while_the_99th_of_a_hundred_takes_a_second(times: list[float], is_slow: bool) -> None:
    seconds = Seconds()
    pace = Pace(seconds)
    took(pace, seconds, *times)
    assert pace.is_slow() is is_slow


def test_one_of_a_hundred_may_be_slow() -> None:
    seconds = Seconds()
    pace = Pace(seconds)
    took(pace, seconds, *[0.01] * 99, 1.1)
    assert not pace.is_slow()


def test_what_hangs_is_slow_before_it_ends_and_forgotten_five_seconds_after() -> None:
    seconds = Seconds()
    pace = Pace(seconds)
    took(pace, seconds, *[0.01] * 4)
    with suppress(ValueError), pace.timed():
        assert not pace.is_slow()
        seconds.now += 1.1
        assert pace.is_slow()
        raise ValueError("away")
    seconds.now += 4.9
    assert not pace.is_slow(), "of the five four are forgotten"
