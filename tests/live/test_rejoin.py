"""The pen after a rebuild, what an older page could not send, and what the journal has no room for."""

import pytest

from examengine.live import CloseReason, Coalescer, Desk, Pen, Unavailable, connect
from examengine.live.desk import Acknowledged
from examengine.live.journal import fold
from examengine.live.slots import fence_key
from tests.faults import Line
from tests.live.builders import ATTEMPT, DEADLINE_MS, OWNER, a_page_of, a_running_sitting, answer, flag, opening

NOW_MS = DEADLINE_MS - 1_800_000
SECOND = 1_000_000_000
"""Where the epochs of a sitting that was rebuilt once begin."""


async def test_a_page_of_a_passed_generation_takes_the_pen_above_its_own_epoch(desk: Desk) -> None:
    await desk.open(opening(generation=2), NOW_MS)
    told = await desk.rejoin(ATTEMPT, OWNER, 1, 1, 7, "mine", "chrome-windows", NOW_MS + 5)
    assert (told.word, told.generation, told.epoch, told.page_id, told.device) == (
        "claimed",
        2,
        SECOND + 8,
        "mine",
        "chrome-windows",
    )
    after = await desk.read(ATTEMPT, NOW_MS)
    assert after.journal[-1] == f"c {NOW_MS + 5} {SECOND + 8} mine chrome-windows".encode()
    assert (await desk.save(Pen(ATTEMPT, OWNER, 1, 2, SECOND + 8), answer(1, 1, "a"), NOW_MS + 6)).word == "saved"


async def test_joining_again_and_again_is_joining_once(desk: Desk) -> None:
    await desk.open(opening(generation=2), NOW_MS)
    first = await desk.rejoin(ATTEMPT, OWNER, 1, 1, 7, "mine", "x", NOW_MS)
    again = await desk.rejoin(ATTEMPT, OWNER, 1, 1, 7, "mine", "x", NOW_MS + 1)
    with_the_new_token = await desk.rejoin(ATTEMPT, OWNER, 1, 2, SECOND + 8, "mine", "x", NOW_MS + 2)
    assert [told.epoch for told in (first, again, with_the_new_token)] == [SECOND + 8] * 3
    assert {told.word for told in (first, again, with_the_new_token)} == {"claimed"}
    assert len((await desk.read(ATTEMPT, NOW_MS)).journal) == 2


@pytest.mark.parametrize(("epoch", "word"), [(0, "pen_lost"), (1, "claimed"), (2, "claimed")])
async def test_the_pen_goes_to_a_page_than_which_no_newer_one_is_known(desk: Desk, epoch: int, word: str) -> None:
    await a_running_sitting(desk)  # epoch 1 is known
    told = await desk.rejoin(ATTEMPT, OWNER, 1, 0, epoch, "other", "x", NOW_MS)
    assert (told.word, told.epoch) == (word, 1 if word == "pen_lost" else epoch + 1)
    assert told.items == 50


async def test_a_newer_page_whose_opening_was_lost_gets_the_pen_from_an_older_one_that_joined_before(
    desk: Desk,
) -> None:
    await desk.open(opening(generation=2), NOW_MS)
    words = [
        ((told := await desk.rejoin(ATTEMPT, OWNER, 1, 1, epoch, page, "x", NOW_MS)).word, told.epoch - SECOND)
        for epoch, page in ((1, "older"), (2, "newer"), (1, "older"), (2, "newer"))
    ]
    assert words == [("claimed", 2), ("claimed", 3), ("pen_lost", 3), ("claimed", 3)]


async def test_a_page_that_was_opened_since_the_rebuild_keeps_the_pen(desk: Desk) -> None:
    await desk.open(opening(generation=2), NOW_MS)
    await desk.rejoin(ATTEMPT, OWNER, 1, 1, 1, "older", "x", NOW_MS)
    await a_page_of(desk, NOW_MS, page="fresh")
    assert (await desk.rejoin(ATTEMPT, OWNER, 1, 1, 7, "newer", "x", NOW_MS)).word == "pen_lost"


@pytest.mark.parametrize("joins", [True, False])
async def test_an_answer_since_the_rebuild_is_newer_than_all_that_is_brought_back(desk: Desk, joins: bool) -> None:
    await desk.open(opening(generation=2), NOW_MS)
    if joins:
        told = await desk.rejoin(ATTEMPT, OWNER, 1, 1, 1, "older", "x", NOW_MS)
        pen = Pen(ATTEMPT, OWNER, 1, 2, told.epoch)
    else:
        pen = await a_page_of(desk, NOW_MS)
    await desk.save(pen, answer(1, 1, "b"), NOW_MS + 10)
    lost = [Acknowledged("a", position, 2, 5, NOW_MS - 10, "a") for position in (1, 2)]
    assert (await desk.redeem(ATTEMPT, OWNER, 1, lost, NOW_MS + 20)).written == 1
    after = await desk.read(ATTEMPT, NOW_MS)
    assert after.given == {at: kept.value for at, kept in fold(after.journal).answers.items()} == {1: "b", 2: "a"}
    await desk.save(pen, answer(2, 2, "c"), NOW_MS + 30)
    after = await desk.read(ATTEMPT, NOW_MS)
    assert after.given == {at: kept.value for at, kept in fold(after.journal).answers.items()} == {1: "b", 2: "c"}


async def test_an_older_page_of_this_generation_does_not_get_the_pen_by_joining(desk: Desk) -> None:
    old = await a_running_sitting(desk)
    await a_page_of(desk, NOW_MS, page="newer")
    told = await desk.rejoin(ATTEMPT, OWNER, 1, old.generation, old.epoch, "page", "x", NOW_MS)
    assert (told.word, told.epoch) == ("pen_lost", 2)


@pytest.mark.parametrize(
    ("owner", "session", "now_ms", "word"),
    [
        (OWNER + 1, 1, NOW_MS, "not_owner"),
        (OWNER, 0, NOW_MS, "revoked"),
        (OWNER, 1, DEADLINE_MS, "too_late"),
        (OWNER, 1, DEADLINE_MS - 1, "claimed"),
    ],
)
async def test_joining_again_asks_what_opening_a_page_asks(
    desk: Desk, owner: int, session: int, now_ms: int, word: str
) -> None:
    await desk.open(opening(generation=2), NOW_MS)
    assert (await desk.rejoin(ATTEMPT, owner, session, 1, 3, "p", "x", now_ms)).word == word
    assert (await desk.rejoin(ATTEMPT + 64, OWNER, 1, 1, 3, "p", "x", now_ms)).word == "absent"


async def test_an_answer_of_an_older_page_is_kept_beside_and_never_written(desk: Desk) -> None:
    old = await a_running_sitting(desk)
    await desk.save(old, answer(1, 1, "a"), NOW_MS)
    await a_page_of(desk, NOW_MS)
    for operation in (answer(2, 1, "b"), answer(2, 1, "b"), answer(1, 1, "a"), flag(3, 2), answer(4, 51, "c")):
        assert (await desk.save(old, operation, NOW_MS + 5)).word == "pen_lost"
    after = await desk.read(ATTEMPT, NOW_MS)
    assert after.given == {1: "a"}
    assert after.journal[-1] == f"s {NOW_MS + 5} 1.2 1 b".encode()
    [aside] = fold(after.journal).asides
    assert (aside.position, aside.value, aside.epoch, aside.sequence) == (1, "b", 1, 2)


async def test_what_differs_in_a_form_of_an_older_page_is_kept_beside(desk: Desk) -> None:
    old = await a_running_sitting(desk)
    await desk.save(old, answer(1, 1, "a"), NOW_MS)
    await a_page_of(desk, NOW_MS)
    told = await desk.save_form(old, {1: "a", 2: "bc", 3: ""}, {1: "1"}, NOW_MS)
    assert (told.word, told.written) == ("pen_lost", 0)
    after = await desk.read(ATTEMPT, NOW_MS)
    assert [(each.position, each.value) for each in fold(after.journal).asides] == [(2, "bc")]
    assert (after.given, after.flags) == ({1: "a"}, {})


async def test_side_entries_do_not_fill_the_journal(desk: Desk) -> None:
    old = await a_running_sitting(desk)
    await a_page_of(desk, NOW_MS)
    for sequence in range(1, 300):
        await desk.save(old, answer(sequence, 1, "ab"[sequence % 2]), NOW_MS)
    assert len(fold((await desk.read(ATTEMPT, NOW_MS)).journal).asides) == 250


async def test_a_page_may_always_be_opened_also_where_the_journal_only_counts(desk: Desk, calls: Coalescer) -> None:
    pen = await a_running_sitting(desk)
    key = f"{{{ATTEMPT % 64:02d}}}:journal:{ATTEMPT}"
    await calls.command("RPUSH", key, *[f"p {NOW_MS} 1.0"] * 9_998)
    pages = [await a_page_of(desk, NOW_MS + n) for n in range(3)]
    assert [page.epoch for page in pages] == [2, 3, 4]
    after = await desk.read(ATTEMPT, NOW_MS)
    assert len(after.journal) == 10_000
    assert await calls.command("HGET", f"{{{ATTEMPT % 64:02d}}}:sitting:{ATTEMPT}", "cd") == b"3"
    await desk.save(pages[-1], answer(1, 1, "a"), NOW_MS + 9)
    folded = fold((await desk.read(ATTEMPT, NOW_MS)).journal)
    assert (folded.epoch, folded.answers[1].mark) == (4, (4, 1))
    assert pen.epoch == 1


async def test_an_excuse_takes_a_leave_back_and_is_in_the_journal(desk: Desk) -> None:
    pen = await a_running_sitting(desk, leave_grace_ms=30_000)
    seen_ms = (await desk.read(ATTEMPT, NOW_MS)).seen_ms
    assert (await desk.excuse(ATTEMPT, 1, NOW_MS)).word == "already"
    await desk.leave(pen, 1, NOW_MS)
    assert (await desk.excuse(ATTEMPT, 2, NOW_MS)).word == "stale_generation"
    assert (await desk.excuse(ATTEMPT + 64, 1, NOW_MS)).word == "absent"

    told = await desk.excuse(ATTEMPT, 1, NOW_MS + 40_000)

    assert (told.word, told.left_page_ms, told.seen_ms) == ("excused", None, seen_ms)
    assert (await desk.read(ATTEMPT, NOW_MS)).journal[-1] == f"e {NOW_MS + 40_000}".encode()
    assert (await desk.save(pen, answer(2, 1, "a"), NOW_MS + 50_000)).word == "saved"


async def test_an_excuse_comes_too_late_for_what_is_closed(desk: Desk) -> None:
    pen = await a_running_sitting(desk, leave_grace_ms=30_000)
    await desk.leave(pen, 1, NOW_MS)
    await desk.close(ATTEMPT, 1, CloseReason.PAGE_LEAVE, NOW_MS, NOW_MS)
    assert (await desk.excuse(ATTEMPT, 1, NOW_MS)).word == "closed"


async def test_only_slots_that_are_served_are_heard_and_proofs_do_not_go_back(desk: Desk, calls: Coalescer) -> None:
    for slot in (3, 4):
        await calls.command("HSET", fence_key(slot), "id", "some")
    assert await desk.hear(range(64), NOW_MS) == {3, 4}
    assert await desk.hear([3], NOW_MS - 1) == {3}
    assert await calls.command("HGET", fence_key(3), "hb") == str(NOW_MS).encode()
    assert await calls.command("EXISTS", fence_key(5)) == 0


async def test_nobody_is_heard_while_redis_is_away(redis_url: str) -> None:
    line = Line(redis_url)
    await line.open()
    calls = connect(line.url)
    try:
        line.cut()
        with pytest.raises(Unavailable):
            await Desk(calls, clamp=False).hear(range(64), NOW_MS)
    finally:
        await calls.aclose()
        await line.close()


async def test_a_leave_that_a_pulse_ended_is_ended_in_the_journal_too(desk: Desk) -> None:
    pen = await a_running_sitting(desk, leave_grace_ms=30_000)
    await desk.pulse(pen, NOW_MS)
    await desk.leave(pen, 1, NOW_MS + 1)
    await desk.pulse(pen, NOW_MS + 2)
    folded = fold((await desk.read(ATTEMPT, NOW_MS)).journal)
    assert (folded.left_page_ms, folded.seen_ms) == (None, NOW_MS + 2)
